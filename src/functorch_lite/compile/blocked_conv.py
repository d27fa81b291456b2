"""Layout rules of convolution.

The gradients of a convolution are convolutions again in the IR. They are told apart here: one
whose kernel is turned, or whose input is dilated, is the gradient of the input; one whose
operands are both swapped (examples for channels) is the gradient of the kernel.
"""

from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, ShapedArray, Var
from ..kernels.conv_tables import Geometry
from ..kernels.host import BLOCK
from ..kernels.layout import Layout
from .blocked import Rewriter
from .blocked_epilogue import Epilogue, epilogue_of, note_relu
from .dense import (
    ConvSpec,
    conv_backward_data_p,
    conv_backward_weights_p,
    conv_forward_p,
    depthwise_backward_data_p,
    depthwise_backward_weights_p,
    depthwise_forward_p,
    pack_weights_p,
    packed_size,
    plan_conv,
    unpack_weights_p,
)

__all__ = ["convolution"]

_FLOATS = ("float32", "float64")
_SWAP = (1, 0, 2, 3)

# --- views, undone where they are undone already ------------------------------------------------


def _view(r: Rewriter, name: str, v: Var, shape: tuple[int, ...], **params: Any) -> Var:
    """Write a view that waits until it is needed."""
    out = Var(ShapedArray(shape, v.aval.dtype))
    r.wait(Eqn(REGISTRY[name], [v], [out], params))
    return out


def _transpose(r: Rewriter, v: Var, permutation: tuple[int, ...]) -> Var:
    made = r.maker(v, "transpose")
    if made is not None:
        before = made.params["permutation"]
        if tuple(before[p] for p in permutation) == tuple(range(len(before))):
            return made.inputs[0]  # type: ignore[return-value]
    shape = tuple(v.aval.shape[p] for p in permutation)
    return _view(r, "transpose", v, shape, permutation=permutation)


def _reshape(r: Rewriter, v: Var, shape: tuple[int, ...]) -> Var:
    if v.aval.shape == shape:
        return v
    made = r.maker(v, "reshape")
    if made is not None and made.inputs[0].aval.shape == shape:
        return made.inputs[0]  # type: ignore[return-value]
    return _view(r, "reshape", v, shape, new_sizes=shape)


def _rev(r: Rewriter, v: Var, dimensions: tuple[int, ...]) -> Var:
    made = r.maker(v, "rev")
    if made is not None and tuple(made.params["dimensions"]) == dimensions:
        return made.inputs[0]  # type: ignore[return-value]
    return _view(r, "rev", v, v.aval.shape, dimensions=dimensions)


def _turn(r: Rewriter, kernel: Var, groups: int) -> Var:
    """Return the forward kernel ``[(g o), c, h, w]`` of a backward one ``[(g c), o, h, w]``."""
    gc, o, h, w = kernel.aval.shape
    if groups == 1:
        return _rev(r, _transpose(r, kernel, _SWAP), (2, 3))
    split = _reshape(r, kernel, (groups, gc // groups, o, h, w))
    merged = _reshape(r, _transpose(r, split, (0, 2, 1, 3, 4)), (groups * o, gc // groups, h, w))
    return _rev(r, merged, (2, 3))


def _is_turned(r: Rewriter, kernel: Var) -> bool:
    """Tell whether a kernel was made from a forward one for the gradient of the input."""
    v: Any = kernel
    for _ in range(4):
        made = r.made_by.get(v)
        if made is None or made.primitive.name not in ("transpose", "reshape", "rev"):
            return False
        if made.primitive.name == "rev":
            return tuple(made.params["dimensions"]) == (2, 3)
        v = made.inputs[0]
    return False


# --- convolution ---------------------------------------------------------------------------------


def convolution(r: Rewriter, eqn: Eqn) -> bool:
    """Rewrite a convolution as one of the three directions; return whether it could."""
    p = eqn.params
    lhs, rhs = eqn.inputs
    out = eqn.outvars[0]
    usable = (
        lhs.aval.ndim == 4
        and lhs.aval.dtype.name in _FLOATS
        and 0 not in (lhs.aval.size, rhs.aval.size, out.aval.size)
        and isinstance(lhs, Var)
        and isinstance(rhs, Var)
    )
    if not usable:
        return False
    assert isinstance(lhs, Var) and isinstance(rhs, Var)
    plain_input = p["lhs_dilation"] == (1, 1)
    swapped = all(
        (m := r.maker(v, "transpose")) is not None and m.params["permutation"] == _SWAP
        for v in (lhs, rhs)
    )
    if (swapped or p["batch_group_count"] > 1) and _backward_weights(r, eqn, lhs, rhs):
        return True
    if p["batch_group_count"] > 1:
        return False
    if p["window_strides"] == (1, 1) and (not plain_input or _is_turned(r, rhs)):
        return _backward_data(r, eqn, lhs, rhs)
    return plain_input and _forward(r, eqn, lhs, rhs)


def _spec(r: Rewriter, n: int, c: int, oc: int, g: Geometry, groups: int, dtype: Any) -> ConvSpec:
    return ConvSpec(n, c, oc, g, groups, dtype.name, r.precision, r.threads)


def _geometry(h: int, w: int, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the geometry of a forward convolution, None if there is none."""
    try:
        kh, kw = kernel
        return Geometry(h, w, kh, kw, tuple(stride), tuple(padding), tuple(dilation))
    except ValueError:
        return None


def _family(c: int, oc: int, groups: int) -> str:
    """Choose the kernels: in blocks, by planes of one channel, or none."""
    if groups == 1 or not ((c // groups) % BLOCK or (oc // groups) % BLOCK):
        return "blocked"
    return "depthwise" if c == groups else "none"


def _forward(r: Rewriter, eqn: Eqn, x: Var, w: Var) -> bool:
    p, out = eqn.params, eqn.outvars[0]
    n, c, h, wide = x.aval.shape
    oc, groups = w.aval.shape[0], p["feature_group_count"]
    g = _geometry(h, wide, w.aval.shape[2:], p["window_strides"], p["padding"], p["rhs_dilation"])
    family = _family(c, oc, groups)
    if g is None or family == "none":
        return False
    spec = _spec(r, n, c, oc, g, groups, x.aval.dtype)
    if family == "depthwise":
        r.emit(depthwise_forward_p, [r.contiguous(x), r.contiguous(w)], [out], conv=spec)
        r.here.add(out)
        return True
    chain = epilogue_of(r, out)
    if not chain.covered:
        _blocked_forward(r, spec, x, w, chain)
        return True
    # What the epilogue reads may be made after this equation; so wait for its last one.
    r.done.update(id(e) for e in chain.covered)
    r.late[id(chain.covered[-1])] = lambda: _blocked_forward(r, spec, x, w, chain)
    return True


def _blocked_forward(r: Rewriter, spec: ConvSpec, x: Var, w: Var, chain: Epilogue) -> None:
    """Write a convolution with its epilogue."""
    xb = r.thin(x)
    scale = None if chain.scale is None else r.contiguous(chain.scale)
    inputs: list[Any] = [xb, _packed(r, w, spec, r.layouts[xb].block, scale)]
    if chain.residual is not None:
        inputs.append(r.block(chain.residual))
    if chain.bias is not None:
        inputs.append(r.vector(chain.bias))
    y = r.blocked[chain.out] = r.new_blocked(chain.out)
    if chain.residual is not None:
        r.alike.append((inputs[2], y))
    r.emit(
        conv_forward_p, inputs, [y], conv=spec, residual=chain.residual is not None,
        bias=chain.bias is not None, relu=chain.relu, frozen=False, transformed=False,
    )  # fmt: skip
    if chain.relu:
        note_relu(r, chain.out, chain.covered[-2])


def _packed(r: Rewriter, w: Var, spec: ConvSpec, block: int, scale: Var | None = None) -> Var:
    """Return packed weights, the same ones for all equations that use them."""
    g = spec.geometry
    x = Layout(spec.n, spec.c, g.h, g.w, g.x_halo, block, np.dtype(spec.dtype))
    layout = plan_conv(spec, x, None).w_layout
    key = (w, layout, r.region, scale)
    known = r.packed.get(key)
    if known is None:
        r.plain(w)
        known = Var(ShapedArray(packed_size(spec, layout), w.aval.dtype))
        r.packed[key] = known
        r.emit(pack_weights_p, [w] if scale is None else [w, scale], [known], layout=layout)
    return known


def _origin(pads: Any, kernel: Any, dilation: Any, stride: Any, large: Any, small: Any) -> Any:
    """Return exact padding of the convolution from `large` to `small` that starts as given."""
    return tuple(
        (lo, (m - 1) * s + d * (k - 1) + 1 - n - lo)
        for lo, k, d, s, n, m in zip(pads, kernel, dilation, stride, large, small, strict=True)
    )


def _backward_data(r: Rewriter, eqn: Eqn, dy: Var, kernel: Var) -> bool:
    p, out = eqn.params, eqn.outvars[0]
    groups = p["feature_group_count"]
    n, c, h, wide = out.aval.shape
    oc, k = dy.aval.shape[1], kernel.aval.shape[2:]
    dilation, stride = p["rhs_dilation"], p["lhs_dilation"]
    before = [d * (q - 1) - lo for d, q, (lo, _) in zip(dilation, k, p["padding"], strict=True)]
    pads = _origin(before, k, dilation, stride, (h, wide), dy.aval.shape[2:])
    g = _geometry(h, wide, k, stride, pads, dilation)
    family = _family(c, oc, groups)
    if g is None or (g.out_h, g.out_w) != dy.aval.shape[2:] or family == "none":
        return False
    spec = _spec(r, n, c, oc, g, groups, dy.aval.dtype)
    w = _turn(r, kernel, groups)
    if family == "depthwise":
        return _depthwise_data(r, spec, dy, w, out)
    dyb = r.block(dy)
    packed = _packed(r, w, spec, BLOCK)
    dx = r.blocked[out] = r.new_blocked(out)
    r.emit(conv_backward_data_p, [dyb, packed], [dx], conv=spec)
    return True


def _depthwise_data(r: Rewriter, spec: ConvSpec, dy: Var, w: Var, out: Var) -> bool:
    """One plane for each output channel; those of one input channel are added up."""
    n, c, h, wide = out.aval.shape
    planes = spec.oc
    operands: list[Any] = [r.contiguous(dy), r.contiguous(w)]
    target = out if planes == c else Var(ShapedArray((n, planes, h, wide), out.aval.dtype))
    r.emit(depthwise_backward_data_p, operands, [target], conv=spec)
    if target is not out:
        split = Var(ShapedArray((n, c, planes // c, h, wide), out.aval.dtype))
        r.emit(REGISTRY["reshape"], [target], [split], new_sizes=split.aval.shape)
        r.emit(REGISTRY["reduce_sum"], [split], [out], axes=(2,))
    r.here.add(out)
    return True


def _backward_weights(r: Rewriter, eqn: Eqn, lhs: Var, rhs: Var) -> bool:
    """Rewrite the correlation of swapped operands as a gradient of weights.

    ``out[i, j, p] = sum over n, t of lhs[i, n, p * d + t * s - lo] * rhs[j, n, t]``. With a
    dilated lhs the roles change: the sum runs over its elements and the kernel comes out turned.
    """
    p, out = eqn.params, eqn.outvars[0]
    groups, k = p["batch_group_count"], out.aval.shape[2:]
    dilated = p["lhs_dilation"] != (1, 1)
    if p["feature_group_count"] > 1 or (dilated and p["rhs_dilation"] != (1, 1)):
        return False
    before = [lo for lo, _ in p["padding"]]
    dilation, stride = p["window_strides"], p["rhs_dilation"]
    first, second = lhs, rhs
    if dilated:
        first, second, stride = rhs, lhs, p["lhs_dilation"]
        before = [d * (q - 1) - lo for d, q, lo in zip(dilation, k, before, strict=True)]
    c, n, h, wide = first.aval.shape
    oc, _, oh, ow = second.aval.shape
    g = _geometry(
        h, wide, k, stride, _origin(before, k, dilation, stride, (h, wide), (oh, ow)), dilation
    )
    family = _family(c, oc, groups)
    if g is None or (g.out_h, g.out_w) != (oh, ow) or family == "none":
        return False
    spec = _spec(r, n, c, oc, g, groups, lhs.aval.dtype)
    x, dy = _transpose(r, first, _SWAP), _transpose(r, second, _SWAP)
    dw = _weights_gradient(r, spec, family, x, dy)
    if dilated:
        dw = _rev(r, dw, (2, 3))
        split = _reshape(r, dw, (groups, oc // groups, c // groups, *k))
        moved = _transpose(r, split, (1, 0, 2, 3, 4)) if groups > 1 else split
        r.wait(Eqn(REGISTRY["reshape"], [moved], [out], {"new_sizes": out.aval.shape}))
    else:
        # What follows is as a rule a swap of its own, which undoes this one.
        r.wait(Eqn(REGISTRY["transpose"], [dw], [out], {"permutation": _SWAP}))
    return True


def _weights_gradient(r: Rewriter, spec: ConvSpec, family: str, x: Var, dy: Var) -> Var:
    """Write the gradient of the weights, ``[oc, c / groups, kh, kw]``."""
    g = spec.geometry
    shape = (spec.oc, spec.c // spec.groups, g.kh, g.kw)
    dw = Var(ShapedArray(shape, x.aval.dtype))
    r.here.add(dw)
    if family == "depthwise":
        operands: list[Any] = [r.contiguous(x), r.contiguous(dy)]
        r.emit(depthwise_backward_weights_p, operands, [dw], conv=spec)
        return dw
    xb, dyb = r.thin(x), r.block(dy)
    lay = Layout(spec.n, spec.c, g.h, g.w, g.x_halo, r.layouts[xb].block, x.aval.dtype)
    layout = plan_conv(spec, lay, None).w_layout
    packed = Var(ShapedArray(packed_size(spec, layout), x.aval.dtype))
    r.emit(conv_backward_weights_p, [xb, dyb], [packed], conv=spec)
    r.emit(unpack_weights_p, [packed], [dw], layout=layout)
    return dw
