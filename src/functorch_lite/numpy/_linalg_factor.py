"""Determinants, factorizations, eigenvalues, rank and condition."""

from typing import Any

import numpy as np

from ..ir import dtype_of, shape_of
from ..prims import linalg as prim
from ..prims.linalg_common import adjoint, hermitian_part
from ..prims.shape import reshape
from ._comparison import greater, isnan, logical_and, logical_not, not_equal
from ._elementwise import divide, multiply, where
from ._linalg_common import (
    EighResult,
    EigResult,
    QRResult,
    SlogdetResult,
    SVDResult,
    as_matrices,
    as_matrix,
)
from ._norms import matrix_norm
from ._promotion import as_array, cast, is_plain
from ._reductions import any as _any
from ._reductions import count_nonzero
from ._reductions import max as _max
from ._reductions import min as _min

# Untyped: NumPy's overloads want literals where users pass strings and flags.
_np_linalg: Any = np.linalg

__all__ = [
    "cholesky",
    "cond",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "matrix_rank",
    "qr",
    "slogdet",
    "svd",
    "svdvals",
]

# --- determinants -----------------------------------------------------------------------------------


def det(a: Any) -> Any:
    """Determinants; derivatives of all orders are exact, at singular matrices too.

    Examples
    --------
    >>> import numpy as np, functorch_lite as fl
    >>> fl.grad(det)(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    x = as_matrix("det", a, square=True)
    return np.asanyarray(np.linalg.det(x)) if is_plain(x) else prim.det(x)


def slogdet(a: Any) -> SlogdetResult:
    """Sign and logarithm of the absolute value of determinants. See `numpy.linalg.slogdet`."""
    x = as_matrix("slogdet", a, square=True)
    if is_plain(x):
        return SlogdetResult(*map(np.asarray, np.linalg.slogdet(x)))
    return SlogdetResult(*prim.slogdet(x))


# --- factorizations -----------------------------------------------------------------------------------


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Cholesky factor L with ``a = L @ L^H``, or its adjoint if `upper`.

    Only the corresponding triangle is read; the derivative is that of the Hermitian part.

    Raises
    ------
    LinAlgError
        If a plain matrix is not positive definite; while tracing the result is NaN then.

    Examples
    --------
    >>> cholesky([[4.0, 2.0], [2.0, 5.0]])
    array([[2., 0.],
           [1., 2.]])
    """
    x = as_matrix("cholesky", a, square=True)
    if is_plain(x):
        return np.linalg.cholesky(x, upper=upper)
    if upper:
        return adjoint(prim.cholesky(adjoint(x), symmetrize_input=False))
    return prim.cholesky(x, symmetrize_input=False)


def qr(a: Any, mode: str = "reduced") -> Any:
    """QR factorization; ``mode`` is "reduced", "complete", "r" or (not traced) "raw".

    See `numpy.linalg.qr`.
    """
    x = as_matrix("qr", a)
    if is_plain(x):
        out = _np_linalg.qr(x, mode)
        return QRResult(*out) if mode in ("reduced", "complete") else out
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode {mode!r} cannot be traced; use 'reduced', 'complete' or 'r'")
    q, r = prim.qr(x, full_matrices=mode == "complete")
    return r if mode == "r" else QRResult(q, r)


def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
    *,
    masked_gaps: bool = False,
) -> Any:
    """Singular value decomposition ``a = U @ diag(S) @ Vh``. See `numpy.linalg.svd`.

    The derivative of singular values always exists (a subgradient at 0); vectors of equal
    singular values have none, and the result is NaN or infinite. With `masked_gaps` gaps at
    rounding level are left out, which is right for functions that do not depend on the choice of
    vectors in such a subspace.
    """
    x = as_matrix("svd", a, square=hermitian)
    if is_plain(x):
        out = _np_linalg.svd(x, full_matrices, compute_uv, hermitian)
        return SVDResult(*out) if compute_uv else out
    x = hermitian_part(x) if hermitian else x
    out = prim.svd(x, full_matrices=full_matrices, compute_uv=compute_uv, masked_gaps=masked_gaps)
    return SVDResult(*out) if compute_uv else out


def svdvals(x: Any, /) -> Any:
    """Singular values in descending order. See `numpy.linalg.svdvals`."""
    return svd(x, compute_uv=False)


def eigh(a: Any, UPLO: str = "L", *, masked_gaps: bool = False) -> EighResult:
    """Eigenvalues (ascending) and eigenvectors of Hermitian matrices. See `numpy.linalg.eigh`.

    Eigenvalues have their derivative also where they coincide; eigenvectors have none there, and
    the result is NaN or infinite. With `masked_gaps` gaps at rounding level are left out, which is
    right for functions that do not depend on the choice of vectors in an eigenspace.
    """
    x = as_matrix("eigh", a, square=True)
    if is_plain(x):
        return EighResult(*_np_linalg.eigh(x, UPLO))
    v, w = prim.eigh(x, lower=_lower(UPLO), symmetrize_input=False, masked_gaps=masked_gaps)
    return EighResult(w, v)


def _lower(uplo: str) -> bool:
    if uplo.upper() not in ("L", "U"):
        raise ValueError(f"UPLO must be 'L' or 'U', got {uplo!r}")
    return uplo.upper() == "L"


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of Hermitian matrices, ascending. See `numpy.linalg.eigvalsh`."""
    x = as_matrix("eigvalsh", a, square=True)
    if is_plain(x):
        return _np_linalg.eigvalsh(x, UPLO)
    return prim.eigvalsh(x, lower=_lower(UPLO))


def eig(a: Any) -> EigResult:
    """Eigenvalues and right eigenvectors of general matrices.

    Both are always complex, as in the Array API standard, while NumPy's dtype depends on the
    values. The derivative of eigenvectors keeps their norm; their phase is a choice. See `numpy.linalg.eig`.
    """
    return EigResult(*prim.eig(as_matrix("eig", a, square=True)))


def eigvals(a: Any) -> Any:
    """Eigenvalues of general matrices, always complex. See `numpy.linalg.eigvals`."""
    return prim.eig(as_matrix("eigvals", a, square=True), compute_v=False)


# --- numbers ------------------------------------------------------------------------------------------


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Rank: the number of singular values above a tolerance. See `numpy.linalg.matrix_rank`."""
    x = as_array(A, "matrix_rank")
    if is_plain(x, tol, rtol):
        return np.asanyarray(np.linalg.matrix_rank(x, tol, hermitian, rtol=rtol))
    if rtol is not None and tol is not None:
        raise ValueError("matrix_rank: `tol` and `rtol` can't be both set.")
    (x,) = as_matrices("matrix_rank", x)
    if len(shape_of(x)) < 2:
        return cast(_any(not_equal(x, 0)), np.dtype(np.int64))
    s = svdvals(hermitian_part(x) if hermitian else x)
    if tol is None:
        eps = float(np.finfo(dtype_of(s)).eps)
        factor = max(shape_of(x)[-2:]) * eps if rtol is None else _column(rtol)
        tol = multiply(_max(s, -1, keepdims=True), factor)
    else:
        tol = _column(tol)
    return count_nonzero(greater(s, tol), -1)


def _column(x: Any) -> Any:
    x = as_array(x)
    return reshape(x, (*shape_of(x), 1)) if shape_of(x) else x


def cond(x: Any, p: Any = None) -> Any:
    """Condition number in a norm; infinite for singular matrices. See `numpy.linalg.cond`."""
    x = as_matrix("cond", x)
    if is_plain(x):
        return np.asanyarray(np.linalg.cond(x, p))
    if p is None or p in (2, -2):
        s = svdvals(x)
        largest, smallest = _max(s, -1), _min(s, -1)
        r = divide(smallest, largest) if p == -2 else divide(largest, smallest)
    else:
        r = multiply(matrix_norm(x, ord=p), matrix_norm(prim.inverse(x), ord=p))
    spoiled = logical_and(isnan(r), logical_not(_any(isnan(x), (-2, -1))))
    return where(spoiled, dtype_of(r).type(np.inf), r)
