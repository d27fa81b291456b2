"""Shapes, slices and conversion, with the names and arguments of `jax.lax`."""

import builtins
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import canonical_dtype, dtype_of, shape_of
from ..numpy._promotion import broadcast_shapes as broadcast_shapes
from ..prims import bits
from ..prims import indexing as ix
from ..prims import shape as sh
from ..prims.arithmetic import convert_element_type as _convert
from ._operands import array, canonical_axis, fail, operands

__all__ = [
    "bitcast_convert_type",
    "broadcast",
    "broadcast_in_dim",
    "broadcast_like",
    "broadcast_shapes",
    "broadcast_to_rank",
    "broadcasted_iota",
    "collapse",
    "concatenate",
    "convert_element_type",
    "dtype",
    "dynamic_index_in_dim",
    "dynamic_slice",
    "dynamic_slice_in_dim",
    "dynamic_update_index_in_dim",
    "dynamic_update_slice",
    "dynamic_update_slice_in_dim",
    "empty",
    "expand_dims",
    "full",
    "full_like",
    "index_in_dim",
    "index_take",
    "iota",
    "optimization_barrier",
    "pad",
    "reshape",
    "rev",
    "shape_as_value",
    "slice",
    "slice_in_dim",
    "split",
    "squeeze",
    "stack",
    "tile",
    "transpose",
    "unstack",
]

Ints = Sequence[int]


def dtype(x: Any) -> np.dtype[Any]:
    """Return the dtype of `x`."""
    return dtype_of(array(x))


def convert_element_type(operand: Any, new_dtype: Any) -> Any:
    """Convert to another dtype, elementwise as C does."""
    return _convert(array(operand), canonical_dtype(new_dtype))


def bitcast_convert_type(operand: Any, new_dtype: Any) -> Any:
    """Read the bytes as another dtype; a smaller one adds an axis, a larger one takes it away."""
    return bits.bitcast_convert_type(array(operand), canonical_dtype(new_dtype))


# --- making arrays -------------------------------------------------------------------------------


def iota(dtype: Any, size: int) -> Any:
    """0, 1, ... size - 1.

    Examples
    --------
    >>> import numpy as np
    >>> iota(np.float32, 3)
    array([0., 1., 2.], dtype=float32)
    """
    return sh.iota(canonical_dtype(dtype), (size,))


def broadcasted_iota(dtype: Any, shape: Ints, dimension: int) -> Any:
    """Index along `dimension`, as an array of `shape`."""
    return sh.iota(canonical_dtype(dtype), shape, canonical_axis(dimension, len(shape)))


def full(shape: Ints, fill_value: Any, dtype: Any = None) -> Any:
    """Array of one value."""
    value = array(fill_value)
    if shape_of(value):
        raise fail(f"full needs a scalar fill_value, got shape {shape_of(value)}")
    if dtype is not None:
        value = _convert(value, canonical_dtype(dtype))
    out = sh.broadcast_in_dim(value, tuple(shape), ())
    return out.copy() if isinstance(out, np.ndarray) else out


def full_like(x: Any, fill_value: Any, dtype: Any = None, shape: Ints | None = None) -> Any:
    """Array of one value with the shape and dtype of `x`."""
    return full(
        shape_of(array(x)) if shape is None else shape,
        fill_value,
        dtype_of(array(x)) if dtype is None else dtype,
    )


def empty(shape: Ints, dtype: Any) -> Any:
    """Array of zeros: nothing here is left uninitialised."""
    return full(shape, 0, dtype)


# --- broadcasting and reshaping ------------------------------------------------------------------


def broadcast(operand: Any, sizes: Ints) -> Any:
    """Add leading axes of the given sizes."""
    x = array(operand)
    dims = range(len(sizes), len(sizes) + len(shape_of(x)))
    return sh.broadcast_in_dim(x, (*sizes, *shape_of(x)), dims)


def broadcast_in_dim(operand: Any, shape: Ints, broadcast_dimensions: Ints) -> Any:
    """Broadcast to `shape`; the operand's axes become `broadcast_dimensions`."""
    return sh.broadcast_in_dim(array(operand), shape, broadcast_dimensions)


def broadcast_to_rank(x: Any, rank: int) -> Any:
    """Add leading axes of size 1 up to `rank`."""
    x = array(x)
    return sh.reshape(x, (1,) * (rank - len(shape_of(x))) + shape_of(x))


def reshape(operand: Any, new_sizes: Ints, dimensions: Ints | None = None) -> Any:
    """Reshape in row-major order, after a transpose by `dimensions` if given."""
    x = array(operand)
    if dimensions is not None:
        x = sh.transpose(x, dimensions)
    sizes = list(new_sizes)
    if -1 in sizes:
        at, rest = sizes.index(-1), int(np.prod([n for n in sizes if n != -1], dtype=np.int64))
        size = int(np.prod(shape_of(x), dtype=np.int64))
        sizes[at] = size // rest if rest else 0
    return sh.reshape(x, sizes)


def collapse(operand: Any, start_dimension: int, stop_dimension: int | None = None) -> Any:
    """Merge the axes from start up to stop into one."""
    s = shape_of(array(operand))
    lo, hi, _ = builtins.slice(start_dimension, stop_dimension).indices(len(s))
    if hi < lo:
        raise fail(f"cannot collapse axes {start_dimension} to {stop_dimension} of shape {s}")
    return sh.reshape(array(operand), (*s[:lo], int(np.prod(s[lo:hi], dtype=np.int64)), *s[hi:]))


def transpose(operand: Any, permutation: Ints) -> Any:
    """Permute the axes."""
    return sh.transpose(array(operand), tuple(int(p) for p in permutation))


def rev(operand: Any, dimensions: Ints) -> Any:
    """Reverse the order along axes."""
    return sh.rev(array(operand), dimensions)


def squeeze(array_: Any, dimensions: Ints) -> Any:
    """Drop axes of size 1."""
    x = array(array_)
    s = shape_of(x)
    axes = {canonical_axis(d, len(s)) for d in dimensions}
    if any(s[d] != 1 for d in axes):
        raise fail(f"squeeze: axes {tuple(dimensions)} of shape {s} are not all of size 1")
    return sh.reshape(x, tuple(n for d, n in enumerate(s) if d not in axes))


def expand_dims(array_: Any, dimensions: Ints) -> Any:
    """Add axes of size 1 where the result has `dimensions`."""
    x = array(array_)
    ndim = len(shape_of(x)) + len(dimensions)
    axes = {canonical_axis(d, ndim) for d in dimensions}
    if len(axes) != len(dimensions):
        raise fail(f"expand_dims: repeated axis in {tuple(dimensions)}")
    rest = iter(shape_of(x))
    return sh.reshape(x, tuple(1 if d in axes else next(rest) for d in range(ndim)))


def concatenate(operands_: Sequence[Any], dimension: int) -> Any:
    """Join arrays along an axis."""
    xs = [array(x) for x in operands_]
    return sh.concatenate(xs, canonical_axis(dimension, len(shape_of(xs[0]))))


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays along a new axis."""
    return concatenate([expand_dims(x, (axis,)) for x in arrays], axis)


def unstack(x: Any, axis: int = 0) -> tuple[Any, ...]:
    """Split into the arrays along an axis."""
    n = shape_of(array(x))[axis]
    return tuple(index_in_dim(x, i, axis, keepdims=False) for i in range(n))


def split(operand: Any, sizes: Ints, axis: int = 0) -> list[Any]:
    """Cut an axis into parts of the given sizes."""
    x = array(operand)
    axis = canonical_axis(axis, len(shape_of(x)))
    if sum(sizes) != shape_of(x)[axis]:
        raise fail(f"split: sizes {tuple(sizes)} do not add up to {shape_of(x)[axis]}")
    ends = np.cumsum([0, *sizes]).tolist()
    return [slice_in_dim(x, lo, hi, 1, axis) for lo, hi in itertools.pairwise(ends)]


def tile(operand: Any, reps: Ints) -> Any:
    """Repeat an array along each of its axes."""
    x = array(operand)
    s = shape_of(x)
    if len(reps) != len(s):
        raise fail(f"tile needs {len(s)} repetitions, got {tuple(reps)}")
    doubled = tuple(v for r, n in zip(reps, s, strict=True) for v in (r, n))
    out = sh.broadcast_in_dim(x, doubled, range(1, 2 * len(s), 2))
    return sh.reshape(out, tuple(r * n for r, n in zip(reps, s, strict=True)))


def pad(operand: Any, padding_value: Any, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """Pad each axis by (low, high, interior); negative low and high cut.

    Examples
    --------
    >>> import numpy as np
    >>> pad(np.array([1, 2]), 0, [(1, -1, 1)])
    array([0, 1, 0])
    """
    x, value = operands(operand, padding_value)
    return sh.pad(x, value, padding_config)


def optimization_barrier(operand: Any) -> Any:
    """Return the operand: the compiler here keeps the order of effects as it is."""
    return operand


# --- slices --------------------------------------------------------------------------------------


def slice(
    operand: Any, start_indices: Ints, limit_indices: Ints, strides: Ints | None = None
) -> Any:
    """Static slice ``operand[start:limit:stride]`` along each axis."""
    return sh.slice_(array(operand), start_indices, limit_indices, strides)


def slice_in_dim(
    operand: Any, start_index: int | None, limit_index: int | None, stride: int = 1, axis: int = 0
) -> Any:
    """Static slice along one axis; negative bounds count from the end."""
    x = array(operand)
    s = shape_of(x)
    axis = canonical_axis(axis, len(s))
    lo, hi, _ = builtins.slice(start_index, limit_index).indices(s[axis])
    start, limit, strides = [0] * len(s), list(s), [1] * len(s)
    start[axis], limit[axis], strides[axis] = lo, max(lo, hi), int(stride)
    return sh.slice_(x, start, limit, strides)


def index_in_dim(operand: Any, index: int, axis: int = 0, keepdims: bool = True) -> Any:
    """Element of an axis at a static index."""
    s = shape_of(array(operand))
    axis = canonical_axis(axis, len(s))
    if not -s[axis] <= index < s[axis]:
        raise IndexError(f"index {index} is out of bounds for axis {axis} of size {s[axis]}")
    index %= s[axis]
    out = slice_in_dim(operand, index, index + 1, 1, axis)
    return out if keepdims else squeeze(out, (axis,))


def _starts(start_indices: Any) -> list[Any]:
    if isinstance(start_indices, list | tuple):
        return list(start_indices)
    return [index_in_dim(start_indices, i, 0, False) for i in range(shape_of(start_indices)[0])]


def dynamic_slice(operand: Any, start_indices: Any, slice_sizes: Ints) -> Any:
    """Slice of static size at a computed start, which is moved so that the slice fits.

    Negative starts count from the end.
    """
    return ix.dynamic_slice(array(operand), _starts(start_indices), slice_sizes)


def _starts_along(operand: Any, index: Any, axis: int) -> list[Any]:
    starts: list[Any] = [0] * len(shape_of(operand))
    starts[axis] = index
    return starts


def dynamic_slice_in_dim(operand: Any, start_index: Any, slice_size: int, axis: int = 0) -> Any:
    """`dynamic_slice` along one axis."""
    x = array(operand)
    axis = canonical_axis(axis, len(shape_of(x)))
    sizes = list(shape_of(x))
    sizes[axis] = int(slice_size)
    return ix.dynamic_slice(x, _starts_along(x, start_index, axis), sizes)


def dynamic_index_in_dim(operand: Any, index: Any, axis: int = 0, keepdims: bool = True) -> Any:
    """Element of an axis at a computed index, clamped to the axis."""
    out = dynamic_slice_in_dim(operand, index, 1, axis)
    return out if keepdims else squeeze(out, (axis,))


def dynamic_update_slice(operand: Any, update: Any, start_indices: Any) -> Any:
    """Copy with `update` written at a computed start, moved so that it fits."""
    x, u = array(operand), array(update)
    return ix.dynamic_update_slice(x, u, _starts(start_indices))


def dynamic_update_slice_in_dim(operand: Any, update: Any, start_index: Any, axis: int) -> Any:
    """`dynamic_update_slice` along one axis."""
    x = array(operand)
    axis = canonical_axis(axis, len(shape_of(x)))
    return ix.dynamic_update_slice(x, array(update), _starts_along(x, start_index, axis))


def dynamic_update_index_in_dim(operand: Any, update: Any, index: Any, axis: int) -> Any:
    """Write one element of an axis at a computed index."""
    x, u = array(operand), array(update)
    axis = canonical_axis(axis, len(shape_of(x)))
    if len(shape_of(u)) != len(shape_of(x)):
        u = expand_dims(u, (axis,))
    return dynamic_update_slice_in_dim(x, u, index, axis)


def index_take(src: Any, idxs: Sequence[Any], axes: Ints) -> Any:
    """Elements of several axes at index vectors, which become the leading axis."""
    x = array(src)
    columns = [sh.reshape(array(i), (shape_of(array(i))[0], 1)) for i in idxs]
    indices = sh.concatenate(columns, 1)
    ndim = len(shape_of(x))
    axes = tuple(axes)
    numbers = ix.GatherDimensionNumbers(
        tuple(range(1, ndim - len(axes) + 1)), tuple(sorted(axes)), axes
    )
    sizes = tuple(1 if d in axes else n for d, n in enumerate(shape_of(x)))
    return ix.gather(x, indices, numbers, sizes, "clip")


def broadcast_like(arr: Any, like_arr: Any) -> Any:
    """Broadcast to the shape of another array.

    Examples
    --------
    >>> broadcast_like(1.0, np.zeros(2))
    array([1., 1.])
    """
    from ..numpy._promotion import broadcast_to_shape

    return broadcast_to_shape(array(arr), shape_of(array(like_arr)))


def shape_as_value(shape: Ints) -> Any:
    """Return a shape as an array.

    Examples
    --------
    >>> shape_as_value((2, 3))
    array([2, 3])
    """
    return np.asarray(shape, np.int64)
