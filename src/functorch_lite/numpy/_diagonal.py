"""Diagonals and triangles of matrices, and their positions."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..ir.trace import keep_class
from ._axes import normalize_axis
from ._dispatch import write_in_place
from ._elementwise import where
from ._getitem import getitem
from ._index_update import IndexUpdate
from ._manipulation import broadcast_to, ravel, reshape
from ._promotion import as_array, is_plain

__all__ = [
    "diag",
    "diag_indices",
    "diag_indices_from",
    "diagflat",
    "diagonal",
    "fill_diagonal",
    "mask_indices",
    "tri",
    "tril",
    "tril_indices",
    "tril_indices_from",
    "triu",
    "triu_indices",
    "triu_indices_from",
]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _where() -> str:
    return summarize(current_source())


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return a diagonal; its axis comes last. See `numpy.diagonal`.

    A diagonal is a strided slice of the flattened matrix, so that nothing is gathered.
    """
    x = _array(a, "diagonal")
    if is_plain(x):
        return np.diagonal(x, offset, axis1, axis2)
    ndim = len(shape_of(x))
    if ndim < 2:
        raise ShapeError(f"diagonal needs at least two axes, got shape {shape_of(x)} {_where()}")
    i, j = normalize_axis(axis1, ndim), normalize_axis(axis2, ndim)
    if i == j:
        raise ShapeError(f"diagonal needs two different axes {_where()}")
    from ..prims.shape import transpose

    x = transpose(x, (*(d for d in range(ndim) if d not in (i, j)), i, j))
    *lead, m, n = shape_of(x)
    length = max(0, min(m, n - offset) if offset >= 0 else min(m + offset, n))
    start = (offset if offset >= 0 else -offset * n) if length else 0
    flat = reshape(x, (*lead, m * n))
    stop = start + (length - 1) * (n + 1) + 1 if length else start
    return getitem(flat, (..., slice(start, stop, n + 1)))


def diag(v: Any, k: int = 0) -> Any:
    """Return the diagonal of a matrix, or the matrix with that diagonal. See `numpy.diag`."""
    x = _array(v, "diag")
    if is_plain(x):
        return keep_class(np.diag(x, k), (x,))
    if len(shape_of(x)) == 2:
        return diagonal(x, k)
    if len(shape_of(x)) != 1:
        raise ShapeError(f"diag takes a vector or a matrix, got shape {shape_of(x)} {_where()}")
    from ..prims.shape import pad

    length = shape_of(x)[0]
    n = length + abs(k)
    if not length:
        return np.zeros((n, n), dtype_of(x))
    start = k if k >= 0 else -k * n
    covered = start + (length - 1) * (n + 1) + 1
    return reshape(pad(x, dtype_of(x).type(0), [(start, n * n - covered, n)]), (n, n))


def diagflat(v: Any, k: int = 0) -> Any:
    """Return the matrix whose diagonal is the flattened input. See `numpy.diagflat`."""
    return diag(ravel(v), k)


def fill_diagonal(a: Any, val: Any, wrap: bool = False, inplace: bool = True) -> Any:
    """Fill the main diagonal. See `numpy.fill_diagonal`.

    With ``inplace=False`` `a` is left alone and an updated copy is returned.
    """
    if write_in_place("fill_diagonal", lambda a, v: np.fill_diagonal(a, v, wrap), inplace, a, val):
        return None
    x, v = _array(a, "fill_diagonal"), ravel(_array(val, "fill_diagonal"))
    s = shape_of(x)
    if len(s) < 2 or (len(s) > 2 and len(set(s)) != 1):
        raise ShapeError(f"fill_diagonal: shape {s} has no main diagonal {_where()}")
    if len(s) == 2 and wrap:
        flat = np.arange(0, s[0] * s[1], s[1] + 1)
    else:
        flat = np.ravel_multi_index((np.arange(min(s)),) * len(s), s)
    v = getitem(v, np.arange(flat.size) % shape_of(v)[0])
    return reshape(IndexUpdate(ravel(x))[flat].set(v, unique_indices=True), s)


def mask_indices(n: int, mask_func: Any, k: Any = 0) -> tuple[Any, ...]:
    """Return the positions where a function such as `triu` keeps something. See `numpy.mask_indices`.

    Examples
    --------
    >>> mask_indices(3, triu, 1)
    (array([0, 0, 1]), array([1, 2, 2]))
    """
    return np.nonzero(np.asarray(mask_func(np.ones((n, n), int), k)))


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Any:
    """Return ones at and below a diagonal. See `numpy.tri`."""
    return np.tri(N, M, k, dtype)


def _triangle(name: str, m: Any, k: int, lower: bool) -> Any:
    x = _array(m, name)
    s = shape_of(x)
    if len(s) == 1:
        x, s = broadcast_to(x, s * 2), s * 2
    if len(s) < 2:
        raise ShapeError(f"{name} needs at least one axis {_where()}")
    mask = np.broadcast_to(np.tri(s[-2], s[-1], k if lower else k - 1, np.bool_), s)
    zero = dtype_of(x).type(0)
    return where(mask, x, zero) if lower else where(mask, zero, x)


def tril(m: Any, k: int = 0) -> Any:
    """Return the lower triangle, zeros elsewhere. See `numpy.tril`."""
    return _triangle("tril", m, k, True)


def triu(m: Any, k: int = 0) -> Any:
    """Return the upper triangle, zeros elsewhere. See `numpy.triu`."""
    return _triangle("triu", m, k, False)


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, ...]:
    """Return the positions of a lower triangle. See `numpy.tril_indices`."""
    return np.tril_indices(n, k, m)


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, ...]:
    """Return the positions of an upper triangle. See `numpy.triu_indices`."""
    return np.triu_indices(n, k, m)


def _matrix_shape(arr: Any, name: str) -> tuple[int, int]:
    s = shape_of(_array(arr, name))
    if len(s) != 2:
        raise ShapeError(f"{name} takes a matrix, got shape {s} {_where()}")
    return s


def tril_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """Return the positions of the lower triangle of `arr`. See `numpy.tril_indices_from`."""
    m, n = _matrix_shape(arr, "tril_indices_from")
    return np.tril_indices(m, k, n)


def triu_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """Return the positions of the upper triangle of `arr`. See `numpy.triu_indices_from`."""
    m, n = _matrix_shape(arr, "triu_indices_from")
    return np.triu_indices(m, k, n)


def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """Return the positions of a main diagonal. See `numpy.diag_indices`."""
    return np.diag_indices(n, ndim)


def diag_indices_from(arr: Any) -> tuple[Any, ...]:
    """Return the positions of the main diagonal of `arr`. See `numpy.diag_indices_from`."""
    s = shape_of(_array(arr, "diag_indices_from"))
    if len(s) < 2 or len(set(s)) != 1:
        raise ShapeError(f"diag_indices_from needs equal axes, got shape {s} {_where()}")
    return np.diag_indices(s[0], len(s))
