"""Linear algebra: `scipy.linalg`, differentiable; leading axes are batch axes.

Singular matrices give NaN or infinities while tracing, as in `functorch_lite.numpy.linalg`; on
plain arrays `solve`, `inv` and `cholesky` raise LinAlgError. Arguments ``overwrite_*`` and
``check_finite`` are accepted and have no effect.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import bind, current_source, dtype_of, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy import linalg as nla
from ..numpy._linalg_common import as_matrices, as_matrix
from ..numpy._manipulation import broadcast_to
from ..numpy._promotion import broadcast_shapes
from ..prims import linalg as prim
from ..prims.linalg_common import adjoint, eye_like, matmul, matrix_slice, mT, tril, triu
from ..prims.shape import reshape
from . import _reductions, _structured
from ._reductions import *  # noqa: F403
from ._structured import *  # noqa: F403

__all__ = [
    "cho_factor",
    "cho_solve",
    "cholesky",
    "det",
    "eigh",
    "expm",
    "expm_frechet",
    "inv",
    "lu",
    "lu_factor",
    "lu_solve",
    "polar",
    "qr",
    "schur",
    "solve",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
    "svd",
]
__all__ += [*_reductions.__all__, *_structured.__all__]


def _right_hand_sides(name: str, a: Any, b: Any) -> tuple[Any, Any, Callable[[Any], Any]]:
    """Return matrices and right-hand sides with equal leading axes, and what undoes a vector."""
    vector = len(shape_of(b)) == 1
    y = reshape(b, (*shape_of(b), 1)) if vector else b
    if len(shape_of(y)) < 2 or shape_of(y)[-2] != shape_of(a)[-1]:
        raise ShapeError(
            f"{name}: matrices of shape {shape_of(a)} and right-hand sides of shape {shape_of(b)} "
            f"do not fit {summarize(current_source())}"
        )
    lead = broadcast_shapes(shape_of(a)[:-2], shape_of(y)[:-2])
    a = broadcast_to(a, lead + shape_of(a)[-2:])
    y = broadcast_to(y, lead + shape_of(y)[-2:])
    return a, y, (lambda x: reshape(x, shape_of(x)[:-1])) if vector else (lambda x: x)


# --- factorizations -------------------------------------------------------------------------------


def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Cholesky factor, upper by default. See `scipy.linalg.cholesky`."""
    return nla.cholesky(a, upper=not lower)


def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[Any, bool]:
    """Cholesky factor for `cho_solve`; the other triangle is zero. See `scipy.linalg.cho_factor`."""
    return cholesky(a, lower), lower


def cho_solve(
    c_and_lower: tuple[Any, bool], b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """Solve with a Cholesky factor. See `scipy.linalg.cho_solve`.

    Examples
    --------
    >>> cho_solve(cho_factor(np.diag([4.0, 2.0])), np.array([4.0, 4.0])).round(12)
    array([1., 2.])
    """
    c, lower = c_and_lower
    c, y = as_matrices("cho_solve", c, b)
    c, y, restore = _right_hand_sides("cho_solve", c, y)
    flags = {"left_side": True, "lower": bool(lower), "conjugate_a": True}
    if lower:
        y = prim.triangular_solve(c, y, left_side=True, lower=True)
        return restore(prim.triangular_solve(c, y, transpose_a=True, **flags))
    y = prim.triangular_solve(c, y, transpose_a=True, **flags)
    return restore(prim.triangular_solve(c, y, left_side=True))


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, Any]:
    """LU factors in one array, and pivots. See `scipy.linalg.lu_factor`."""
    factors, pivots, _ = prim.lu(as_matrix("lu_factor", a))
    return factors, pivots


def lu_solve(
    lu_and_piv: tuple[Any, Any],
    b: Any,
    trans: int = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """Solve with the result of `lu_factor`. See `scipy.linalg.lu_solve`."""
    factors, pivots = lu_and_piv
    x, y = as_matrices("lu_solve", factors, b)
    x, y, restore = _right_hand_sides("lu_solve", x, y)
    n = shape_of(x)[-1]
    permutation = prim.lu_pivots_to_permutation(pivots, n)
    rows = _permutation_matrix(permutation, x)
    if trans == 0:
        y = prim.triangular_solve(
            x, matmul(rows, y), left_side=True, lower=True, unit_diagonal=True
        )
        return restore(prim.triangular_solve(x, y, left_side=True))
    flags = {"left_side": True, "transpose_a": True, "conjugate_a": trans == 2}
    y = prim.triangular_solve(x, y, **flags)
    y = prim.triangular_solve(x, y, lower=True, unit_diagonal=True, **flags)
    return restore(matmul(mT(rows), y))


def _permutation_matrix(permutation: Any, like: Any) -> Any:
    """Matrices P with ``P @ x = x[permutation]``."""
    n = shape_of(permutation)[-1]
    shape = (*shape_of(like)[:-2], n, n)
    column = reshape(permutation, (*shape_of(permutation), 1))
    hits = el.equal(broadcast_to(column, shape), np.arange(n, dtype=np.int32))
    return el.where(hits, dtype_of(like).type(1), dtype_of(like).type(0))


def lu(
    a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Return (P, L, U) with ``a = P @ L @ U``, or (P @ L, U). See `scipy.linalg.lu`."""
    x = as_matrix("lu", a)
    m, n = shape_of(x)[-2:]
    k = min(m, n)
    factors, _, permutation = prim.lu(x)
    ones = matrix_slice(eye_like(factors, m), (0, m), (0, k))
    lower = el.add(tril(matrix_slice(factors, (0, m), (0, k)), -1), ones)
    upper = triu(matrix_slice(factors, (0, k), (0, n)))
    p = mT(_permutation_matrix(permutation, x))
    return (matmul(p, lower), upper) if permute_l else (p, lower, upper)


def qr(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """QR factorization; ``mode`` is "full", "economic" or "r". See `scipy.linalg.qr`."""
    if pivoting:
        raise NotImplementedError("qr with pivoting is not available; use svd for rank decisions")
    if mode not in ("full", "economic", "r"):
        raise ValueError(f"qr: mode must be 'full', 'economic' or 'r', got {mode!r}")
    q, r = prim.qr(as_matrix("qr", a), full_matrices=mode != "economic")
    return (r,) if mode == "r" else (q, r)


def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """Singular value decomposition (U, s, Vh), or s. See `scipy.linalg.svd`."""
    out = nla.svd(a, full_matrices, compute_uv)
    return tuple(out) if compute_uv else out


def eigh(
    a: Any,
    b: Any = None,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
) -> Any:
    """Solve the Hermitian eigenvalue problem, generalized if `b` is given.

    ``type`` 1: ``a v = w b v``; 2: ``a b v = w v``; 3: ``b a v = w v``. See `scipy.linalg.eigh`.

    Examples
    --------
    >>> eigh(np.diag([4.0, 2.0]), np.diag([2.0, 2.0]), eigvals_only=True)
    array([1., 2.])
    """
    uplo = "L" if lower else "U"
    if b is None:
        return nla.eigvalsh(a, uplo) if eigvals_only else tuple(nla.eigh(a, uplo))
    x, y = as_matrices("eigh", a, b)
    factor = nla.cholesky(y) if lower else adjoint(nla.cholesky(y, upper=True))
    x = el.add(tril(x), adjoint(tril(x, -1))) if lower else el.add(triu(x), adjoint(triu(x, 1)))
    if type == 1:
        half = prim.triangular_solve(factor, x, left_side=True, lower=True)
        x = prim.triangular_solve(factor, half, lower=True, transpose_a=True, conjugate_a=True)
    elif type in (2, 3):
        x = matmul(adjoint(factor), matmul(x, factor))
    else:
        raise ValueError(f"eigh: type must be 1, 2 or 3, got {type}")
    if eigvals_only:
        return nla.eigvalsh(x)
    w, v = nla.eigh(x)
    if type == 3:
        return w, matmul(factor, v)
    flags = {"left_side": True, "lower": True, "transpose_a": True, "conjugate_a": True}
    return w, prim.triangular_solve(factor, v, **flags)


def schur(a: Any, output: str = "real") -> tuple[Any, Any]:
    """Return (T, Z) with ``a = Z @ T @ Z^H``; it has no derivative. See `scipy.linalg.schur`."""
    if output not in ("real", "complex"):
        raise ValueError(f"schur: output must be 'real' or 'complex', got {output!r}")
    x = as_matrix("schur", a)
    if output == "complex":
        x = el.add(x, np.zeros((), np.result_type(dtype_of(x), np.complex64)))
    return prim.schur(x)


def polar(
    a: Any,
    side: str = "right",
    *,
    method: str = "svd",
    eps: float | None = None,
    max_iterations: int | None = None,
) -> tuple[Any, Any]:
    """Polar decomposition (U, P), by the SVD whatever `method` says. See `scipy.linalg.polar`."""
    if side not in ("right", "left"):
        raise ValueError(f"polar: side must be 'right' or 'left', got {side!r}")
    u, s, vh = prim.svd(as_matrix("polar", a), full_matrices=False, masked_gaps=True)
    unitary = matmul(u, vh)
    values = reshape(s, (*shape_of(s)[:-1], 1, shape_of(s)[-1]))
    if side == "right":
        return unitary, matmul(el.multiply(adjoint(vh), values), vh)
    return unitary, matmul(el.multiply(u, values), adjoint(u))


# --- systems --------------------------------------------------------------------------------------


def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str = "gen",
) -> Any:
    """Solve ``a @ x = b``; ``assume_a`` is "gen", "sym", "her" or "pos". See `scipy.linalg.solve`.

    For "sym", "her" and "pos" only the triangle that `lower` names is read.
    """
    names = {"general": "gen", "symmetric": "sym", "hermitian": "her", "positive definite": "pos"}
    kind = names.get(assume_a, assume_a)
    if kind == "pos":
        return cho_solve(cho_factor(a, lower), b)
    if kind not in ("gen", "sym", "her"):
        raise ValueError(f"solve: assume_a must be 'gen', 'sym', 'her' or 'pos', got {assume_a!r}")
    x, y = as_matrices("solve", a, b)
    if kind != "gen":
        flip = adjoint if kind == "her" else mT
        x = el.add(tril(x), flip(tril(x, -1))) if lower else el.add(triu(x), flip(triu(x, 1)))
    return nla.solve(x, y)


def solve_triangular(
    a: Any,
    b: Any,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """Solve op(a) x = b for triangular `a`; ``trans`` is 0/"N", 1/"T" or 2/"C".

    See `scipy.linalg.solve_triangular`.
    """
    codes = {0: 0, 1: 1, 2: 2, "N": 0, "T": 1, "C": 2}
    if trans not in codes:
        raise ValueError(f"solve_triangular: trans must be 0, 1, 2, 'N', 'T' or 'C', got {trans!r}")
    code = codes[trans]
    x, y = as_matrices("solve_triangular", a, b)
    x, y, restore = _right_hand_sides("solve_triangular", x, y)
    return restore(
        prim.triangular_solve(
            x,
            y,
            left_side=True,
            lower=bool(lower),
            transpose_a=code > 0,
            conjugate_a=code == 2,
            unit_diagonal=bool(unit_diagonal),
        )
    )


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """Solve ``a @ x + x @ b = q``. See `scipy.linalg.solve_sylvester`."""
    return prim.sylvester(*as_matrices("solve_sylvester", a, b, q))


def inv(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Inverse matrices. See `scipy.linalg.inv`."""
    return nla.inv(a)


def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Determinants, with exact derivatives at singular matrices. See `scipy.linalg.det`."""
    return nla.det(a)


# --- functions of matrices ------------------------------------------------------------------------


def expm(A: Any, *, upper_triangular: bool = False, max_squarings: int = 16) -> Any:
    """Matrix exponential (Al-Mohy & Higham 2009), with derivatives of every order.

    The keywords are JAX's; SciPy's algorithm finds out for itself. See `scipy.linalg.expm`.

    Examples
    --------
    >>> expm(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    return prim.expm(as_matrix("expm", A, square=True))


def expm_frechet(
    A: Any, E: Any, method: str | None = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """Exponential, and its derivative in the direction E. See `scipy.linalg.expm_frechet`."""
    x, e = as_matrices("expm_frechet", A, E)
    derivative = bind(prim.expm_p, x, e)
    return (prim.expm(x), derivative) if compute_expm else derivative


def sqrtm(A: Any, blocksize: int = 64) -> Any:
    """Principal square root, always complex; differentiable if `A` is nonsingular.

    See `scipy.linalg.sqrtm`.
    """
    return prim.sqrtm(as_matrix("sqrtm", A, square=True))
