"""Joining and splitting arrays."""

import itertools
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, shape_of, summarize
from ..prims import shape as sh
from ._axes import normalize_axis
from ._manipulation import (
    as_ndarray,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    expand_dims,
    moveaxis,
    ndim,
    ravel,
    size,
)
from ._promotion import cast, promote_dtypes

__all__ = [
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]


def _sequence(arrays: Any) -> list[Any]:
    """Return the arrays of a sequence; an array is a sequence of its rows."""
    if isinstance(arrays, list | tuple):
        return [as_ndarray(a, "an input") for a in arrays]
    x = as_ndarray(arrays, "an input")
    return [x[i] for i in range(shape_of(x)[0])]


def concatenate(arrays: Any, axis: int | None = 0, dtype: Any = None) -> Any:
    """Join arrays along an existing axis. See `numpy.concatenate`."""
    xs = _sequence(arrays)
    if not xs:
        raise ShapeError(f"concatenate needs at least one array {summarize(current_source())}")
    xs = promote_dtypes(*xs) if dtype is None else [cast(x, np.dtype(dtype)) for x in xs]
    if axis is None:
        xs, axis = [ravel(x) for x in xs], 0
    if not shape_of(xs[0]):
        raise ShapeError(
            f"0-d arrays cannot be concatenated {summarize(current_source())}; use stack"
        )
    return sh.concatenate(xs, normalize_axis(axis, len(shape_of(xs[0]))))


concat = concatenate


def stack(arrays: Any, axis: int = 0, dtype: Any = None) -> Any:
    """Join arrays along a new axis. See `numpy.stack`."""
    xs = _sequence(arrays)
    if not xs:
        raise ShapeError(f"stack needs at least one array {summarize(current_source())}")
    shapes = {shape_of(x) for x in xs}
    if len(shapes) > 1:
        raise ShapeError(
            f"stack needs arrays of one shape, got {sorted(shapes)} {summarize(current_source())}"
        )
    return concatenate(
        [expand_dims(x, axis) for x in xs], normalize_axis(axis, len(shape_of(xs[0])) + 1), dtype
    )


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Split an array into the arrays along an axis. See `numpy.unstack`."""
    x = moveaxis(x, axis, 0)
    return tuple(x[i] for i in range(shape_of(x)[0]))


def vstack(tup: Any, dtype: Any = None) -> Any:
    """Stack rows. See `numpy.vstack`."""
    return concatenate([atleast_2d(x) for x in _sequence(tup)], 0, dtype)


def hstack(tup: Any, dtype: Any = None) -> Any:
    """Stack columns. See `numpy.hstack`."""
    xs = [atleast_1d(x) for x in _sequence(tup)]
    return concatenate(xs, 0 if len(shape_of(xs[0])) == 1 else 1, dtype)


def dstack(tup: Any, dtype: Any = None) -> Any:
    """Stack along the third axis. See `numpy.dstack`."""
    return concatenate([atleast_3d(x) for x in _sequence(tup)], 2, dtype)


def column_stack(tup: Any) -> Any:
    """Stack 1-d arrays as columns. See `numpy.column_stack`."""
    xs = [x[:, None] if len(shape_of(x)) == 1 else x for x in _sequence(tup)]
    return concatenate([atleast_2d(x) for x in xs], 1)


def block(arrays: Any) -> Any:
    """Assemble an array from nested lists of blocks. See `numpy.block`.

    Examples
    --------
    >>> import numpy as np
    >>> block([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 3))]])
    array([[1., 0., 0.],
           [0., 1., 0.],
           [1., 1., 1.]])
    """
    depth, inner = 0, arrays
    while isinstance(inner, list):
        if not inner:
            raise ShapeError(f"block: a list of blocks is empty {summarize(current_source())}")
        depth, inner = depth + 1, inner[0]
    return _block(arrays, depth, _block_rank(arrays, depth))


def _block_rank(arrays: Any, depth: int) -> int:
    """Return how many axes the result has."""
    if isinstance(arrays, list):
        return max(_block_rank(a, depth) for a in arrays)
    return max(depth, len(shape_of(as_ndarray(arrays, "a block"))))


def _block(arrays: Any, depth: int, rank: int) -> Any:
    """Join the innermost lists along the last axis, the next ones along the one before."""
    if isinstance(arrays, list) != (depth > 0):
        raise ShapeError(
            f"block: lists must be nested equally deep everywhere {summarize(current_source())}"
        )
    if depth == 0:
        x = as_ndarray(arrays, "a block")
        return x.reshape((1,) * (rank - len(shape_of(x))) + shape_of(x))
    return concatenate([_block(a, depth - 1, rank) for a in arrays], rank - depth)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Split into parts that need not be equal. See `numpy.array_split`."""
    x = as_ndarray(ary, "array_split")
    axis = normalize_axis(axis, len(shape_of(x)))
    n = shape_of(x)[axis]
    if hasattr(indices_or_sections, "__index__"):
        k = indices_or_sections.__index__()
        each, extra = divmod(n, k)
        sizes = [each + 1] * extra + [each] * (k - extra)
        cuts = [0, *np.cumsum(sizes).tolist()]
    else:
        cuts = [0, *(int(i) for i in indices_or_sections), n]
    out = []
    for lo, hi in itertools.pairwise(cuts):
        index = [slice(None)] * len(shape_of(x))
        index[axis] = slice(lo, hi)
        out.append(x[tuple(index)])
    return out


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Split into equal parts, or at indices. See `numpy.split`."""
    if hasattr(indices_or_sections, "__index__"):
        n = size(ary, axis)
        if n % indices_or_sections.__index__():
            raise ShapeError(
                f"split: axis of {n} does not divide into {indices_or_sections} equal parts "
                f"{summarize(current_source())}; use array_split"
            )
    return array_split(ary, indices_or_sections, axis)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the second axis. See `numpy.hsplit`."""
    return split(ary, indices_or_sections, 0 if ndim(ary) == 1 else 1)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the first axis. See `numpy.vsplit`."""
    return split(ary, indices_or_sections, 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the third axis. See `numpy.dsplit`."""
    return split(ary, indices_or_sections, 2)
