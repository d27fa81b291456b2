"""Layout rules of normalisation and pooling, and the table of all rules."""

from typing import Any

import numpy as np

from ..ir import Eqn, ShapedArray, Var
from ..kernels.host import BLOCK
from .blocked import Rewriter
from .blocked_conv import convolution
from .blocked_epilogue import is_zero, note_relu, relu_after, sum_after
from .dense import (
    batch_norm_backward_p,
    batch_norm_p,
    pool_backward_p,
    pool_forward_p,
    unpack_p,
)

__all__ = ["DENSE", "RULES"]

_FLOATS = ("float32", "float64")

# --- normalisation -------------------------------------------------------------------------------


def _batch_norm(r: Rewriter, eqn: Eqn) -> bool:
    x, gamma, beta = eqn.inputs
    if x.aval.ndim != 4 or x.aval.dtype.name not in _FLOATS:
        return False
    y, mean, var = eqn.outvars
    covered: list[Eqn] = []
    residual = None
    relu = relu_after(r, y)
    if relu is None:
        added = sum_after(r, y, now=True)
        if added is not None:
            relu = relu_after(r, added[0])
            y, residual = added[0], added[1]
            covered.append(added[2])
    if relu is not None:
        y = relu[0]
        covered += relu[1]
    xb = r.block(x)  # type: ignore[arg-type]
    inputs: list[Any] = [xb, r.vector(gamma), r.vector(beta)]  # type: ignore[arg-type]
    if residual is not None:
        inputs.append(r.block(residual))
    yb = r.blocked[y] = r.new_blocked(y)
    targets = [r.vector_result(v) for v in (mean, var)]
    inverse = r.new_vector(mean)
    r.emit(
        batch_norm_p, inputs, [yb, *(t for t, _ in targets), inverse],
        epsilon=eqn.params["epsilon"], relu=relu is not None, residual=residual is not None,
    )  # fmt: skip
    _unpad(r, (mean, var), targets)
    r.done.update(id(e) for e in covered)
    if relu is not None:
        note_relu(r, y, covered[-2])
    return True


def _unpad(r: Rewriter, vectors: Any, targets: Any) -> None:
    """Cut padded vectors to their length."""
    for v, (target, padded) in zip(vectors, targets, strict=True):
        if padded:
            r.emit(unpack_p, [target], [v])
            r.here.add(v)


def _batch_norm_backward(r: Rewriter, eqn: Eqn) -> bool:
    dy, dmean, dvar, x, gamma, mean, rstd = eqn.inputs
    if x.aval.ndim != 4 or x.aval.dtype.name not in _FLOATS:
        return False
    if not (is_zero(r, dmean) and is_zero(r, dvar)):
        return False
    dx, dgamma, dbeta = eqn.outvars
    xb = r.block(x)  # type: ignore[arg-type]
    masked = _masked(r, dy)
    rest: list[Any] = []
    extra: list[Var] = []
    if masked is None:
        dyb = r.block(dy)  # type: ignore[arg-type]
    else:
        source, y = masked
        dyb = r.block(source)
        rest = [r.block(y)]
        assert isinstance(dy, Var)
        if len(r.users[dy]) > 1 or dy in r.results:
            extra = [r.new_blocked(dy)]
            r.blocked[dy] = extra[0]
            r.waiting.pop(dy)
    vectors = [r.vector(v) for v in (gamma, mean, rstd)]  # type: ignore[arg-type]
    dxb = r.blocked[dx] = r.new_blocked(dx)
    targets = [r.vector_result(v) for v in (dgamma, dbeta)]
    r.emit(
        batch_norm_backward_p,
        [xb, dyb, *vectors, *rest],
        [dxb, *(t for t, _ in targets), *extra],
    )
    _unpad(r, (dgamma, dbeta), targets)
    return True


def _masked(r: Rewriter, dy: Any) -> tuple[Var, Var] | None:
    """Return (source, y) if dy is still to be made, as source where y > 0 and 0 elsewhere."""
    if dy not in r.waiting or dy in r.blocked:
        return None
    eqn = r.waiting[dy][0]
    if eqn.primitive.name != "select_n" or eqn.inputs[0] not in r.masks:
        return None
    return eqn.inputs[1], r.masks[eqn.inputs[0]]  # type: ignore[return-value]


def _select(r: Rewriter, eqn: Eqn) -> bool:
    """The gradient of a ReLU waits, since the normalisation before it can take it along."""
    which, source, *zero = eqn.inputs
    if which not in r.masks or not isinstance(source, Var) or source.aval.ndim != 4:
        return False
    if len(zero) != 1 or not is_zero(r, zero[0]) or source.aval.shape != which.aval.shape:
        return False
    r.wait(eqn)
    return True


# --- pooling -------------------------------------------------------------------------------------


def _window(eqn: Eqn) -> dict[str, Any] | None:
    """Return the two-dimensional window of a pooling over ``[n, c, h, w]``."""
    p = eqn.params
    names = ("window_dimensions", "window_strides", "base_dilation", "window_dilation")
    lead = all(p[k][:2] == (1, 1) for k in names) and p["padding"][:2] == ((0, 0), (0, 0))
    aval = eqn.inputs[0].aval
    if (
        aval.ndim != 4
        or not lead
        or aval.dtype.name not in _FLOATS
        or eqn.outvars[0].aval.size == 0
    ):
        return None
    if any(lo < 0 for lo, _ in p["padding"]) or aval.size == 0:
        return None
    return {k: p[k][2:] for k in (*names, "padding")}


def _pool_params(w: dict[str, Any], stride: Any, padding: Any, maximum: bool) -> dict[str, Any]:
    return {
        "kernel": tuple(w["window_dimensions"]),
        "stride": tuple(stride),
        "padding": tuple(padding),
        "dilation": tuple(w["window_dilation"]),
        "maximum": maximum,
    }


def _max_pool(r: Rewriter, eqn: Eqn) -> bool:
    w = _window(eqn)
    x, out = eqn.inputs[0], eqn.outvars[0]
    if w is None or w["base_dilation"] != (1, 1) or not isinstance(x, Var):
        return False
    params = _pool_params(w, w["window_strides"], [lo for lo, _ in w["padding"]], True)
    xb = r.block(x)
    y = r.blocked[out] = r.new_blocked(out)
    outvars = [y]
    for user in r.users.get(out, []):
        same = user.params == eqn.params | {"batch_dims": 2}
        if user.primitive.name == "window_index" and user.inputs[0] is x and same:
            n, c, oh, ow = out.aval.shape
            chosen = Var(ShapedArray((n, -(-c // BLOCK), oh, ow, BLOCK), np.dtype(np.int32)))
            outvars.append(chosen)
            r.indices[user.outvars[0]] = chosen
            r.done.add(id(user))
            r.wait(user)
            r.pool_params[chosen] = params
            break
    r.emit(pool_forward_p, [xb], outvars, **params)
    return True


def _put_add(r: Rewriter, eqn: Eqn) -> bool:
    """The gradient of max pooling."""
    dy, index = eqn.inputs
    out = eqn.outvars[0]
    if index not in r.indices or not isinstance(dy, Var):
        return False
    assert isinstance(index, Var)
    made, _ = r.waiting.get(index, (r.made_by[index], 0))
    if eqn.params["batch_dims"] != 2 or made.inputs[0].aval.shape != out.aval.shape:
        return False
    chosen = r.indices[index]
    dyb = r.block(dy)
    dx = r.blocked[out] = r.new_blocked(out)
    r.emit(pool_backward_p, [dyb, chosen], [dx], **r.pool_params[chosen])
    return True


def _sum_pool(r: Rewriter, eqn: Eqn) -> bool:
    """Sums over windows, and their gradient, which is a sum over windows of a dilated array."""
    w = _window(eqn)
    x, out = eqn.inputs[0], eqn.outvars[0]
    if w is None or not isinstance(x, Var) or w["window_dilation"] != (1, 1):
        return False
    before = [lo for lo, _ in w["padding"]]
    if w["base_dilation"] == (1, 1):
        params = _pool_params(w, w["window_strides"], before, False)
        xb = r.block(x)
        y = r.blocked[out] = r.new_blocked(out)
        r.emit(pool_forward_p, [xb], [y], **params)
        return True
    pads = [k - 1 - lo for k, lo in zip(w["window_dimensions"], before, strict=True)]
    if w["window_strides"] != (1, 1) or min(pads) < 0:
        return False
    params = _pool_params(w, w["base_dilation"], pads, False)
    dyb = r.block(x)
    dx = r.blocked[out] = r.new_blocked(out)
    r.emit(pool_backward_p, [dyb], [dx], **params)
    return True


DENSE = {
    "conv_general_dilated": convolution,
    "batch_norm_train": _batch_norm,
    "batch_norm_cotangent": _batch_norm_backward,
    "reduce_window_max": _max_pool,
    "reduce_window_sum": _sum_pool,
}
"""By primitive; a rule returns whether it has rewritten the equation."""

RULES = DENSE | {"window_put_add": _put_add, "select_n": _select}
"""With those that matter only after one of the others."""
