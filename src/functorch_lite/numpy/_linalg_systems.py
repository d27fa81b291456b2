"""Linear systems and inverses."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims import linalg as prim
from ..prims.linalg_common import eye_like
from ..prims.shape import reshape
from ._axes import normalize_axis
from ._comparison import greater
from ._elementwise import absolute, multiply, square, subtract
from ._linalg_common import (
    LinAlgShapeError,
    as_matrices,
    as_matrix,
)
from ._manipulation import broadcast_to, moveaxis
from ._products import matmul
from ._promotion import as_array, broadcast_shapes, is_plain
from ._reductions import count_nonzero
from ._reductions import max as _max
from ._reductions import sum as _sum

__all__ = [
    "inv",
    "lstsq",
    "matrix_power",
    "pinv",
    "solve",
    "tensorinv",
    "tensorsolve",
]

# --- systems and inverses -------------------------------------------------------------------------


def solve(a: Any, b: Any) -> Any:
    """Solve ``a @ x = b``.

    Parameters
    ----------
    a : array, shape (..., n, n)
    b : array, shape (n,) or (..., n, k)
        A vector only if it has one axis. Leading axes are broadcast.

    Returns
    -------
    array
        LU factors of `a` are computed once and shared with all derivatives.

    Raises
    ------
    LinAlgError
        If a plain matrix is singular; while tracing the result is NaN or infinite then.

    Examples
    --------
    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    array([1. , 0.5])
    """
    x, y = as_matrices("solve", a, b)
    if is_plain(x, y):
        return np.linalg.solve(x, y)
    x = as_matrix("solve", x, square=True)
    n = shape_of(x)[-1]
    vector = len(shape_of(y)) == 1
    y = reshape(y, (n, 1)) if vector and shape_of(y) == (n,) else y
    if len(shape_of(y)) < 2 or shape_of(y)[-2] != n:
        raise LinAlgShapeError(
            f"solve: matrices of shape {shape_of(x)} and right-hand sides of shape {shape_of(y)} "
            f"do not fit {summarize(current_source())}"
        )
    if len(shape_of(x)) == 2 and len(shape_of(y)) > 2:
        return _solve_many(x, y)
    lead = broadcast_shapes(shape_of(x)[:-2], shape_of(y)[:-2])
    x = broadcast_to(x, lead + shape_of(x)[-2:])
    y = broadcast_to(y, lead + shape_of(y)[-2:])
    out = prim.linear_solve(x, y)
    return reshape(out, shape_of(out)[:-1]) if vector else out


def _solve_many(a: Any, b: Any) -> Any:
    """Solve with one matrix and a stack of right-hand sides, which become columns."""
    *lead, n, k = shape_of(b)
    columns = reshape(moveaxis(b, -2, 0), (n, int(np.prod(lead)) * k))
    return moveaxis(reshape(prim.linear_solve(a, columns), (n, *lead, k)), 0, -2)


def inv(a: Any) -> Any:
    """Inverse matrices. See `numpy.linalg.inv`.

    Raises
    ------
    LinAlgError
        If a plain matrix is singular; while tracing the result is NaN or infinite then.

    Examples
    --------
    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    x = as_matrix("inv", a, square=True)
    return np.linalg.inv(x) if is_plain(x) else prim.inverse(x)


def pinv(
    a: Any, rcond: float | None = None, hermitian: bool = False, *, rtol: Any = "default"
) -> Any:
    """Moore-Penrose inverse; differentiable where the rank is locally constant.

    ``rcond`` or ``rtol`` is a number while tracing; ``rtol=None`` means ``max(m, n) * eps``.
    See `numpy.linalg.pinv`.
    """
    x = as_matrix("pinv", a)
    if rcond is not None and rtol != "default":
        raise ValueError("pinv: `rtol` and `rcond` can't be both set.")
    if rcond is None:
        eps = float(np.finfo(dtype_of(x)).eps)
        rcond = 1e-15 if rtol == "default" else rtol
        rcond = max(shape_of(x)[-2:]) * eps if rcond is None else rcond
    if is_plain(x):
        return np.linalg.pinv(x, rcond, hermitian)
    return prim.pinv(x, float(rcond), hermitian)


def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """Least-squares solution of ``a @ x = b`` of least norm.

    Returns
    -------
    x, residuals, rank, s
        As `numpy.linalg.lstsq`. While tracing, `residuals` are computed whenever ``m > n``, though
        NumPy leaves them empty when the rank is deficient, since a shape cannot depend on values.
    """
    residuals: Any
    x, y = as_matrices("lstsq", a, b)
    if is_plain(x, y):
        out, residuals, rank, s = np.linalg.lstsq(x, y, rcond)
        return out, residuals, np.asarray(rank), s
    x = as_matrix("lstsq", x)
    vector = len(shape_of(y)) == 1
    m, n = shape_of(x)[-2:]
    y = reshape(y, (m, 1)) if vector else y
    rcond = float(np.finfo(dtype_of(x)).eps) * max(m, n) if rcond is None else float(rcond)
    solution = matmul(prim.pinv(x, rcond), y)
    s = prim.svd(x, compute_uv=False)
    rank = count_nonzero(greater(s, multiply(_max(s, -1, keepdims=True), rcond)), -1)
    residuals = np.zeros((0,), dtype_of(s))
    if m > n:
        residuals = _sum(square(absolute(subtract(y, matmul(x, solution)))), -2)
    return reshape(solution, (n,)) if vector else solution, residuals, rank, s


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """Solve ``tensordot(a, x, x.ndim) = b``. See `numpy.linalg.tensorsolve`."""
    x, y = as_matrices("tensorsolve", a, b)
    n = len(shape_of(x))
    if axes is not None:
        moved = [normalize_axis(d, n) for d in axes]
        x = moveaxis(x, moved, range(n - len(moved), n))
    rest = shape_of(x)[len(shape_of(y)) :]
    size = int(np.prod(rest, dtype=np.int64))
    if size * size != int(np.prod(shape_of(x), dtype=np.int64)):
        raise LinAlgShapeError(
            f"tensorsolve: shape {shape_of(x)} does not make a square matrix "
            f"{summarize(current_source())}"
        )
    return reshape(solve(reshape(x, (size, size)), reshape(y, (size,))), rest)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """Inverse of a tensor as a map of its last axes. See `numpy.linalg.tensorinv`."""
    if ind <= 0:
        raise ValueError("tensorinv: ind must be positive")
    (x,) = as_matrices("tensorinv", a)
    shape = shape_of(x)
    rest = int(np.prod(shape[ind:], dtype=np.int64))
    return reshape(
        inv(reshape(x, (-1 if not rest else x.size // rest, rest))), shape[ind:] + shape[:ind]
    )


def matrix_power(a: Any, n: int) -> Any:
    """Integer power of square matrices, by repeated squaring. See `numpy.linalg.matrix_power`.

    Examples
    --------
    >>> matrix_power([[1.0, 1.0], [0.0, 1.0]], 5)
    array([[1., 5.],
           [0., 1.]])
    """
    x = as_array(a, "matrix_power")
    if is_plain(x):
        return np.linalg.matrix_power(np.asarray(x), n)
    k = n.__index__()
    if k < 0:
        x, k = inv(x), -k
    if len(shape_of(x)) < 2 or shape_of(x)[-1] != shape_of(x)[-2]:
        raise LinAlgShapeError(
            f"matrix_power needs square matrices, got shape {shape_of(x)} {summarize(current_source())}"
        )
    if k == 0:
        return eye_like(x)
    out = None
    while True:
        if k & 1:
            out = x if out is None else matmul(out, x)
        k >>= 1
        if not k:
            return out
        x = matmul(x, x)
