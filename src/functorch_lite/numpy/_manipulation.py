"""Changing shape: reshape, transpose, join, split, repeat, flip, pad."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import canonical_dtype, current_source, dtype_of, shape_of, summarize
from ..prims import shape as sh
from ..prims.arithmetic import convert_element_type
from ._axes import axes_tuple, normalize_axis
from ._promotion import (
    as_array,
    broadcast_shapes,
    broadcast_to_shape,
    cast,
)

__all__ = [
    "astype",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "copy",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "ndim",
    "pad",
    "permute_dims",
    "ravel",
    "reshape",
    "roll",
    "rollaxis",
    "rot90",
    "shape",
    "size",
    "squeeze",
    "swapaxes",
    "tile",
    "transpose",
]


def as_ndarray(x: Any, name: str) -> Any:
    """Return `x` as a tracer or an array, scalars as 0-d ones."""
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def shape(a: Any) -> tuple[int, ...]:
    """Return the shape of an array. See `numpy.shape`."""
    return shape_of(as_ndarray(a, "shape"))


def ndim(a: Any) -> int:
    """Return the number of axes. See `numpy.ndim`."""
    return len(shape(a))


def size(a: Any, axis: int | None = None) -> int:
    """Return the number of elements, or the length of an axis. See `numpy.size`."""
    s = shape(a)
    if axis is not None:
        return s[normalize_axis(axis, len(s))]
    return int(np.prod(s, dtype=np.int64))


def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    """Give an array a new shape; one size may be -1. See `numpy.reshape`."""
    x = as_ndarray(a, "reshape")
    new = _infer_shape(shape_of(x), shape)
    if order == "C":
        return sh.reshape(x, new)
    if order != "F":
        raise ValueError(f"reshape: order must be 'C' or 'F', got {order!r}")
    return transpose(sh.reshape(transpose(x), new[::-1]))


def _infer_shape(old: tuple[int, ...], new: Any) -> tuple[int, ...]:
    """Resolve -1 in a shape."""
    sizes = (
        (new,) if hasattr(new, "__index__") and not isinstance(new, tuple | list) else tuple(new)
    )
    dims = [n.__index__() for n in sizes]
    if dims.count(-1) > 1:
        raise ShapeError(
            f"reshape: only one size may be -1, got {new} {summarize(current_source())}"
        )
    if -1 in dims:
        total = int(np.prod(old, dtype=np.int64))
        rest = int(np.prod([n for n in dims if n != -1], dtype=np.int64))
        if rest == 0 or total % rest:
            raise ShapeError(
                f"cannot reshape an array of shape {old} to {tuple(dims)} "
                f"{summarize(current_source())}"
            )
        dims[dims.index(-1)] = total // rest
    return tuple(dims)


def ravel(a: Any, order: str = "C") -> Any:
    """Return a flat array. See `numpy.ravel`."""
    return reshape(a, (-1,), order)


def transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    """Reverse or permute the axes. See `numpy.transpose`."""
    x = as_ndarray(a, "transpose")
    n = len(shape_of(x))
    if axes is None:
        return sh.transpose(x, tuple(range(n))[::-1])
    perm = tuple(normalize_axis(d, n) for d in axes)
    return sh.transpose(x, perm)


permute_dims = transpose


def matrix_transpose(x: Any, /) -> Any:
    """Swap the last two axes. See `numpy.matrix_transpose`."""
    return swapaxes(x, -1, -2)


def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Interchange two axes. See `numpy.swapaxes`."""
    x = as_ndarray(a, "swapaxes")
    n = len(shape_of(x))
    i, j = normalize_axis(axis1, n), normalize_axis(axis2, n)
    perm = list(range(n))
    perm[i], perm[j] = perm[j], perm[i]
    return sh.transpose(x, perm)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Move axes to new positions. See `numpy.moveaxis`."""
    x = as_ndarray(a, "moveaxis")
    n = len(shape_of(x))
    src = [
        normalize_axis(d, n) for d in (source if isinstance(source, tuple | list) else (source,))
    ]
    dst = [
        normalize_axis(d, n)
        for d in (destination if isinstance(destination, tuple | list) else (destination,))
    ]
    if len(src) != len(dst):
        raise ShapeError("moveaxis: source and destination must have as many axes")
    order = [d for d in range(n) if d not in src]
    for d, s in sorted(zip(dst, src, strict=True)):
        order.insert(d, s)
    return sh.transpose(x, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Roll an axis backwards. See `numpy.rollaxis`."""
    n = ndim(a)
    axis = normalize_axis(axis, n)
    start = start + n if start < 0 else start
    return moveaxis(a, axis, start - 1 if axis < start else start)


def expand_dims(a: Any, axis: Any) -> Any:
    """Insert axes of length 1. See `numpy.expand_dims`."""
    x = as_ndarray(a, "expand_dims")
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    n = len(shape_of(x)) + len(axes)
    where_new = {normalize_axis(d, n) for d in axes}
    it = iter(shape_of(x))
    return sh.reshape(x, tuple(1 if d in where_new else next(it) for d in range(n)))


def squeeze(a: Any, axis: Any = None) -> Any:
    """Remove axes of length 1. See `numpy.squeeze`."""
    x = as_ndarray(a, "squeeze")
    s = shape_of(x)
    if axis is None:
        return sh.reshape(x, tuple(n for n in s if n != 1))
    axes = axes_tuple(axis, len(s))
    for d in axes:
        if s[d] != 1:
            raise ShapeError(
                f"cannot squeeze axis {d} of length {s[d]} (shape {s}) {summarize(current_source())}"
            )
    return sh.reshape(x, tuple(n for d, n in enumerate(s) if d not in axes))


def broadcast_to(array: Any, shape: Any) -> Any:
    """Broadcast an array to a shape. See `numpy.broadcast_to`."""
    new = (shape,) if isinstance(shape, int) else tuple(shape)
    return broadcast_to_shape(as_ndarray(array, "broadcast_to"), new)


def broadcast_arrays(*args: Any) -> list[Any]:
    """Broadcast arrays against each other. See `numpy.broadcast_arrays`."""
    xs = [as_ndarray(a, "broadcast_arrays") for a in args]
    s = broadcast_shapes(*(shape_of(x) for x in xs))
    return [broadcast_to_shape(x, s) for x in xs]


def atleast_1d(*arys: Any) -> Any:
    """Give inputs at least one axis. See `numpy.atleast_1d`."""
    return _at_least(arys, lambda s: s if s else (1,))


def atleast_2d(*arys: Any) -> Any:
    """Give inputs at least two axes. See `numpy.atleast_2d`."""
    return _at_least(arys, lambda s: (1,) * (2 - len(s)) + s if len(s) < 2 else s)


def atleast_3d(*arys: Any) -> Any:
    """Give inputs at least three axes. See `numpy.atleast_3d`."""

    def new(s: tuple[int, ...]) -> tuple[int, ...]:
        if len(s) == 2:
            return (*s, 1)
        return {0: (1, 1, 1), 1: (1, *s, 1)}.get(len(s), s)

    return _at_least(arys, new)


def _at_least(arys: Any, new_shape: Any) -> Any:
    out = [sh.reshape(x, new_shape(shape_of(x))) for x in (as_ndarray(a, "an input") for a in arys)]
    return out[0] if len(out) == 1 else out


# --- repeating and reordering -------------------------------------------------------------------


def tile(A: Any, reps: Any) -> Any:
    """Repeat an array as a whole. See `numpy.tile`."""
    x = as_ndarray(A, "tile")
    counts = (reps,) if isinstance(reps, int) else tuple(reps)
    n = max(len(counts), len(shape_of(x)))
    counts = (1,) * (n - len(counts)) + counts
    s = (1,) * (n - len(shape_of(x))) + shape_of(x)
    y = sh.reshape(x, tuple(v for m in s for v in (1, m)))
    y = broadcast_to_shape(y, tuple(v for c, m in zip(counts, s, strict=True) for v in (c, m)))
    return sh.reshape(y, tuple(c * m for c, m in zip(counts, s, strict=True)))


def flip(m: Any, axis: Any = None) -> Any:
    """Reverse the order along axes. See `numpy.flip`."""
    x = as_ndarray(m, "flip")
    return sh.rev(x, axes_tuple(axis, len(shape_of(x))))


def fliplr(m: Any) -> Any:
    """Reverse the order along axis 1. See `numpy.fliplr`."""
    return flip(m, 1)


def flipud(m: Any) -> Any:
    """Reverse the order along axis 0. See `numpy.flipud`."""
    return flip(m, 0)


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Rotate by 90 degrees in a plane. See `numpy.rot90`."""
    n = ndim(m)
    a, b = (normalize_axis(d, n) for d in axes)
    k %= 4
    if k == 0:
        return as_ndarray(m, "rot90")
    if k == 2:
        return flip(m, (a, b))
    return swapaxes(flip(m, b), a, b) if k == 1 else flip(swapaxes(m, a, b), b)


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Roll elements along axes. See `numpy.roll`."""
    x = as_ndarray(a, "roll")
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), shape_of(x))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,) * len(axes)
    axes = tuple(axes) * (len(shifts) if len(axes) == 1 else 1)
    for k, d in zip(shifts, axes, strict=True):
        d = normalize_axis(d, len(shape_of(x)))
        n = shape_of(x)[d]
        k = k.__index__() % n if n else 0
        if k:
            from ._joining import array_split

            head, tail = array_split(x, [n - k], d)
            x = sh.concatenate([tail, head], d)
    return x


def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """Pad an array. Modes: constant, edge, reflect, symmetric, wrap. See `numpy.pad`."""
    x = as_ndarray(array, "pad")
    n = len(shape_of(x))
    widths = [tuple(int(v) for v in w) for w in np.broadcast_to(np.asarray(pad_width), (n, 2))]
    if mode == "constant":
        return _pad_constant(x, widths, kwargs.get("constant_values", 0))
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(
            f"pad: mode {mode!r} is not supported; use constant, edge, reflect, symmetric or wrap"
        )
    from ._indexing import take

    for d, (lo, hi) in enumerate(widths):
        if lo or hi:
            padded: Any = np.pad
            index = padded(np.arange(shape_of(x)[d]), (lo, hi), mode=mode, **kwargs)
            x = take(x, index, axis=d)
    return x


def _pad_constant(x: Any, widths: Sequence[tuple[int, ...]], values: Any) -> Any:
    """Pad with constants; they may differ by axis and side."""
    n = len(widths)
    v = as_array(values)
    if not shape_of(v):
        config = [(lo, hi, 0) for lo, hi in widths]
        return sh.pad(x, cast(v, dtype_of(x)), config)
    table = np.broadcast_to(np.asarray(values), (n, 2))
    for d, (lo, hi) in enumerate(widths):
        before = [(lo, 0, 0) if i == d else (0, 0, 0) for i in range(n)]
        after = [(0, hi, 0) if i == d else (0, 0, 0) for i in range(n)]
        x = sh.pad(x, dtype_of(x).type(table[d, 0]), before)
        x = sh.pad(x, dtype_of(x).type(table[d, 1]), after)
    return x


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """Convert to another dtype. See `numpy.astype`. (There is no device but the CPU.)"""
    if not copy and dtype_of(x) == dtype:  # the usual case, kept quick
        return as_ndarray(x, "astype")
    out = convert_element_type(as_ndarray(x, "astype"), canonical_dtype(dtype))
    return out.copy() if copy and out is x and isinstance(out, np.ndarray) else out


def copy(a: Any) -> Any:
    """Return a copy. See `numpy.copy`."""
    x = as_ndarray(a, "copy")
    return x.copy() if isinstance(x, np.ndarray) else x
