"""Products of several matrices, and parts of matrices."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims.linalg_common import diagonal_of, matrix_slice
from ..prims.shape import reshape
from . import _products
from ._comparison import not_equal
from ._linalg_common import (
    LinAlgShapeError,
)
from ._products import matmul
from ._promotion import as_array, cast, is_plain, promote_dtypes
from ._reductions import sum as _sum

__all__ = [
    "cross",
    "diagonal",
    "multi_dot",
    "outer",
    "trace",
]

# --- products -----------------------------------------------------------------------------------------


def multi_dot(arrays: Sequence[Any], *, out: None = None) -> Any:
    """Product of several matrices in the cheapest order. See `numpy.linalg.multi_dot`.

    The order is found by dynamic programming (Cormen et al., "Introduction to Algorithms", 15.2).
    """
    xs = _promoted(arrays)
    if len(xs) < 2:
        raise ValueError("multi_dot: expecting at least two arrays")
    first, last = len(shape_of(xs[0])) == 1, len(shape_of(xs[-1])) == 1
    if first:
        xs[0] = reshape(xs[0], (1, -1 if not shape_of(xs[0])[0] else shape_of(xs[0])[0]))
    if last:
        xs[-1] = reshape(xs[-1], (shape_of(xs[-1])[0], 1))
    if any(len(shape_of(x)) != 2 for x in xs):
        raise LinAlgShapeError(
            f"multi_dot needs matrices (vectors first or last), got shapes "
            f"{[shape_of(x) for x in xs]} {summarize(current_source())}"
        )
    y = _multiply_chain(xs, _chain_order([*(shape_of(x)[0] for x in xs), shape_of(xs[-1])[1]]))
    kept = tuple(n for n, drop in zip(shape_of(y), (first, last), strict=True) if not drop)
    return reshape(y, kept)


def _promoted(arrays: Sequence[Any]) -> list[Any]:
    xs = [as_array(a, "multi_dot") for a in arrays]
    return promote_dtypes(*[x if hasattr(x, "shape") else np.asarray(x) for x in xs])


def _chain_order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return where to split each product i..j of matrices with these sizes."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            best = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
            cost[i, j], split[i, j] = best
    return split


def _multiply_chain(xs: list[Any], split: dict[tuple[int, int], int]) -> Any:
    def run(i: int, j: int) -> Any:
        if i == j:
            return xs[i]
        k = split[i, j]
        return matmul(run(i, k), run(k + 1, j))

    return run(0, len(xs) - 1)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Cross product of vectors of length 3. See `numpy.linalg.cross`."""
    return _products.cross(x1, x2, axis=axis)


def outer(x1: Any, x2: Any, /) -> Any:
    """Outer product of two vectors. See `numpy.linalg.outer`."""
    x, y = as_array(x1, "outer"), as_array(x2, "outer")
    if len(shape_of(x)) != 1 or len(shape_of(y)) != 1:
        raise ShapeError(
            f"linalg.outer needs two vectors, got shapes {shape_of(x)} and {shape_of(y)} "
            f"{summarize(current_source())}; numpy.outer flattens its operands"
        )
    return _products.outer(x, y)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Diagonals of the matrices in the last two axes. See `numpy.linalg.diagonal`.

    Examples
    --------
    >>> diagonal([[1.0, 2.0], [3.0, 4.0]], offset=1)
    array([2.])
    """
    x = as_array(x, "diagonal")
    if is_plain(x):
        return np.array(np.linalg.diagonal(x, offset=offset))
    s = shape_of(x)
    if len(s) < 2:
        raise LinAlgShapeError(
            f"diagonal needs matrices, got shape {s} {summarize(current_source())}"
        )
    k = offset.__index__()
    rows, cols = max(-k, 0), max(k, 0)
    n = max(0, min(s[-2] - rows, s[-1] - cols))
    if n == 0:
        return np.zeros((*s[:-2], 0), dtype_of(x))
    block = matrix_slice(x, (rows, rows + n), (cols, cols + n))
    if dtype_of(x) == np.bool_:
        return not_equal(diagonal_of(cast(block, np.dtype(np.uint8))), 0)
    return diagonal_of(block)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sum along the diagonals of the last two axes. See `numpy.linalg.trace`."""
    return _sum(diagonal(x, offset=offset), -1, dtype)
