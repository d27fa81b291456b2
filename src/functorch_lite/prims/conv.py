"""conv_general_dilated: convolution with strides, padding, dilations and groups.

The primitive sees ``lhs[n, c, s...]``, ``rhs[o, c, k...]`` and returns ``[n, o, t...]``; other
orders of axes are transposed by `lax.conv_general_dilated`. It is bilinear, and both transposes
are convolutions again, which gives every order of derivative (as in JAX).
"""

from collections.abc import Sequence
from typing import Any

from ..errors import DTypeError, ShapeError
from ..ir import (
    Linear,
    Primitive,
    ShapedArray,
    bind,
    current_source,
    shape_of,
    summarize,
)
from .conv_numpy import conv_numpy, conv_output_size, dilated_size
from .elementwise import add_any
from .lowering import Kernel
from .shape import reshape, rev, transpose

Pads = tuple[tuple[int, int], ...]


def _fail(message: str) -> ShapeError:
    return ShapeError(f"conv_general_dilated: {message} {summarize(current_source())}")


def _abstract(
    x: ShapedArray,
    w: ShapedArray,
    *,
    window_strides: tuple[int, ...],
    padding: Pads,
    lhs_dilation: tuple[int, ...],
    rhs_dilation: tuple[int, ...],
    feature_group_count: int,
    batch_group_count: int,
) -> ShapedArray:
    nd = x.ndim - 2
    if x.dtype != w.dtype:
        raise DTypeError(
            f"conv_general_dilated needs equal dtypes, got {x.dtype} and {w.dtype} "
            f"{summarize(current_source())}; convert with x.astype(...)"
        )
    if nd < 0 or w.ndim != x.ndim:
        raise _fail(f"the input has shape {x.shape} and the kernel {w.shape}; ranks must be equal")
    for name, value in (
        ("window_strides", window_strides),
        ("padding", padding),
        ("lhs_dilation", lhs_dilation),
        ("rhs_dilation", rhs_dilation),
    ):
        if len(value) != nd:
            raise _fail(f"{name} {value} must have {nd} entries for an input of shape {x.shape}")
        if name != "padding" and any(not isinstance(v, int) or v < 1 for v in value):
            raise _fail(f"{name} {value} must be positive")
    fg, bg = feature_group_count, batch_group_count
    if fg < 1 or bg < 1 or (fg > 1 and bg > 1):
        raise _fail(f"feature_group_count {fg} and batch_group_count {bg}: one of them must be 1")
    if x.shape[1] != w.shape[1] * fg:
        raise _fail(
            f"the input of shape {x.shape} has {x.shape[1]} channels, but the kernel of shape "
            f"{w.shape} takes {w.shape[1]} in each of {fg} groups"
        )
    if w.shape[0] % (fg * bg) or x.shape[0] % bg:
        raise _fail(
            f"{w.shape[0]} output channels or a batch of {x.shape[0]} do not divide into groups"
        )
    spatial = tuple(
        conv_output_size(n, k, lo, hi, s, d, r)
        for n, k, (lo, hi), s, d, r in zip(
            x.shape[2:],
            w.shape[2:],
            padding,
            window_strides,
            lhs_dilation,
            rhs_dilation,
            strict=True,
        )
    )
    return ShapedArray((x.shape[0] // bg, w.shape[0], *spatial), x.dtype)


def _bind(x: Any, w: Any, **params: Any) -> Any:
    return bind(conv_general_dilated_p, x, w, **params)


def _jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
    left = None if ts[0] is None else _bind(ts[0], xs[1], **params)
    right = None if ts[1] is None else _bind(xs[0], ts[1], **params)
    return add_any(left, right)


# --- transposes ----------------------------------------------------------------------------------


def _swap(x: Any) -> Any:
    """Swap the two leading axes."""
    return transpose(x, (1, 0, *range(2, len(shape_of(x)))))


def split_axis(x: Any, axis: int, groups: int) -> Any:
    """Split an axis into (groups, rest)."""
    s = shape_of(x)
    return reshape(x, (*s[:axis], groups, s[axis] // groups, *s[axis + 1 :]))


def merge_axes(x: Any, axis: int) -> Any:
    """Merge an axis with the next one."""
    s = shape_of(x)
    return reshape(x, (*s[:axis], s[axis] * s[axis + 1], *s[axis + 2 :]))


def move_axis(x: Any, source: int, destination: int) -> Any:
    """Move one axis."""
    order = [d for d in range(len(shape_of(x))) if d != source]
    order.insert(destination, source)
    return transpose(x, tuple(order))


def _transpose_lhs(ct: Any, x: ShapedArray, w: Any, p: dict[str, Any]) -> Any:
    """Cotangent of the input: convolve the dilated ct with the flipped, transposed kernel."""
    groups = max(p["feature_group_count"], p["batch_group_count"])
    k_shape = shape_of(w)[2:]
    padding = []
    for n, k, m, (lo, _), s, d, r in zip(
        x.shape[2:],
        k_shape,
        shape_of(ct)[2:],
        p["padding"],
        p["window_strides"],
        p["lhs_dilation"],
        p["rhs_dilation"],
        strict=True,
    ):
        k_dilated = dilated_size(k, r)
        before = k_dilated - lo - 1
        after = dilated_size(n, d) + k_dilated - 1 - dilated_size(m, s) - before
        padding.append((before, after))
    flipped = rev(w, tuple(range(2, 2 + len(k_shape))))
    # (g o) c k -> (g c) o k
    kernel = (
        _swap(flipped)
        if groups == 1
        else merge_axes(move_axis(split_axis(flipped, 0, groups), 1, 2), 0)
    )
    out = _bind(
        ct,
        kernel,
        window_strides=p["lhs_dilation"],
        padding=tuple(padding),
        lhs_dilation=p["window_strides"],
        rhs_dilation=p["rhs_dilation"],
        feature_group_count=groups,
        batch_group_count=1,
    )
    if p["batch_group_count"] > 1:  # n (g c) -> (g n) c
        out = merge_axes(move_axis(split_axis(out, 1, groups), 1, 0), 0)
    return out


def _transpose_rhs(ct: Any, x: Any, w: ShapedArray, p: dict[str, Any]) -> Any:
    """Cotangent of the kernel: convolve the input with ct, examples being channels."""
    padding = []
    for n, k, m, (lo, _), s, d, r in zip(
        shape_of(x)[2:],
        w.shape[2:],
        shape_of(ct)[2:],
        p["padding"],
        p["window_strides"],
        p["lhs_dilation"],
        p["rhs_dilation"],
        strict=True,
    ):
        total = dilated_size(m, s) + dilated_size(k, r) - dilated_size(n, d) - 1
        padding.append((lo, total - lo))
    out = _bind(
        _swap(x),
        _swap(ct),
        window_strides=p["rhs_dilation"],
        padding=tuple(padding),
        lhs_dilation=p["lhs_dilation"],
        rhs_dilation=p["window_strides"],
        feature_group_count=p["batch_group_count"],
        batch_group_count=p["feature_group_count"],
    )
    return _swap(out)


def _transpose(ct: Any, x: Any, w: Any, **params: Any) -> list[Any]:
    if isinstance(x, Linear):
        return [_transpose_lhs(ct, x.aval, w, params), None]
    return [None, _transpose_rhs(ct, x, w.aval, params)]


# --- batching ------------------------------------------------------------------------------------


def _batch(size: int, args: Any, batched: Any, **p: Any) -> Any:
    """Mapped inputs join the batch, mapped kernels the output channels; both make groups."""
    x, w = args
    fg, bg = p["feature_group_count"], p["batch_group_count"]
    if all(batched):
        return _batch_both(size, x, w, p)
    if batched[0]:
        if bg == 1:
            return split_axis(_bind(merge_axes(x, 0), w, **p), 0, size)
        x = merge_axes(
            merge_axes(move_axis(split_axis(x, 1, bg), 1, 0), 0), 0
        )  # b (g n) -> (g b n)
        return split_axis(_bind(x, w, **p), 0, size)
    groups = max(fg, bg)
    if groups == 1:
        return move_axis(split_axis(_bind(x, merge_axes(w, 0), **p), 1, size), 1, 0)
    w = merge_axes(
        merge_axes(move_axis(split_axis(w, 1, groups), 1, 0), 0), 0
    )  # b (g o) -> (g b o)
    out = split_axis(split_axis(_bind(x, w, **p), 1, groups), 2, size)  # n g b o
    return move_axis(merge_axes(move_axis(out, 2, 1), 2), 1, 0)


def _batch_both(size: int, x: Any, w: Any, p: dict[str, Any]) -> Any:
    """A kernel for each example: one group each."""
    fg, bg = p["feature_group_count"], p["batch_group_count"]
    if fg > 1:
        x = merge_axes(move_axis(x, 0, 1), 1)  # n (b c)
        grouped = p | {"feature_group_count": fg * size}
    else:
        x = merge_axes(x, 0)  # (b n) c: no copy
        grouped = p | {"batch_group_count": bg * size}
    return move_axis(split_axis(_bind(x, merge_axes(w, 0), **grouped), 1, size), 1, 0)


conv_general_dilated_p: Primitive = Primitive(
    "conv_general_dilated",
    impl=conv_numpy,
    abstract_eval=_abstract,
    jvp=_jvp,
    transpose=_transpose,
    batch=_batch,
    lower=Kernel("conv_general_dilated"),
)


def conv_general_dilated(
    x: Any,
    w: Any,
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
) -> Any:
    """Convolve ``x[n, c, s...]`` with ``w[o, c, k...]``; padding as (low, high) pairs."""
    nd = len(shape_of(x)) - 2
    return _bind(
        x,
        w,
        window_strides=tuple(window_strides),
        padding=tuple((int(lo), int(hi)) for lo, hi in padding),
        lhs_dilation=(1,) * nd if lhs_dilation is None else tuple(lhs_dilation),
        rhs_dilation=(1,) * nd if rhs_dilation is None else tuple(rhs_dilation),
        feature_group_count=feature_group_count,
        batch_group_count=batch_group_count,
    )


__all__ = [
    "conv_general_dilated",
    "conv_general_dilated_p",
    "merge_axes",
    "move_axis",
    "split_axis",
]
