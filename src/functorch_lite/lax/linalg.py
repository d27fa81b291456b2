"""`jax.lax.linalg`: factorisations and solvers with JAX's arguments and order of results."""

from typing import Any

from .. import numpy as fnp
from ..errors import missing_name
from ..ir import shape_of
from ..prims import linalg as la
from ..prims.arithmetic import add, mul
from ..prims.elementwise import full_like
from ..prims.linalg_common import adjoint, matmul, mT
from ..prims.shape import slice_
from ._operands import array
from ._reflections import cholesky_update as cholesky_update
from ._reflections import hessenberg as hessenberg
from ._reflections import ormqr as ormqr
from ._reflections import tridiagonal as tridiagonal

__all__ = [
    "cholesky",
    "cholesky_update",
    "eig",
    "eigh",
    "hessenberg",
    "householder_product",
    "lu",
    "lu_pivots_to_permutation",
    "ormqr",
    "qr",
    "schur",
    "svd",
    "symmetric_product",
    "triangular_solve",
    "tridiagonal",
    "tridiagonal_solve",
]


def cholesky(x: Any, *, symmetrize_input: bool = True) -> Any:
    """Lower Cholesky factor; NaN where a matrix is not positive definite.

    Examples
    --------
    >>> import numpy as np
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    """
    return la.cholesky(array(x), symmetrize_input=symmetrize_input)


def eig(
    x: Any, *, compute_left_eigenvectors: bool = True, compute_right_eigenvectors: bool = True
) -> list[Any]:
    """Eigenvalues, then left and right eigenvectors as asked for; all complex, norms 1.

    Left eigenvectors are right eigenvectors of the adjoint, in the order that belongs to the
    eigenvalues: ``vl[:, i]^H a = w[i] vl[:, i]^H``.
    """
    w, vr = la.eig(array(x))
    out = [w]
    if compute_left_eigenvectors:
        out.append(_unit_columns(adjoint(la.inverse(vr))))
    if compute_right_eigenvectors:
        out.append(vr)
    return out


def _unit_columns(v: Any) -> Any:
    """Divide each column by its norm."""
    size = fnp.sqrt(fnp.sum(fnp.square(fnp.absolute(v)), axis=-2, keepdims=True))
    return fnp.divide(v, size)


def eigh(
    x: Any,
    *,
    lower: bool = True,
    symmetrize_input: bool = True,
    sort_eigenvalues: bool = True,
    subset_by_index: tuple[int, int] | None = None,
) -> tuple[Any, Any]:
    """Eigenvectors and ascending eigenvalues of Hermitian matrices, in this order."""
    v, w = la.eigh(array(x), lower=lower, symmetrize_input=symmetrize_input)
    if subset_by_index is None:
        return v, w
    lo, hi = subset_by_index
    lead = shape_of(w)[:-1]
    zeros = (0,) * len(lead)
    n = shape_of(w)[-1]
    return (
        slice_(v, (*zeros, 0, lo), (*lead, n, hi)),
        slice_(w, (*zeros, lo), (*lead, hi)),
    )


def householder_product(a: Any, taus: Any) -> Any:
    """Product of Householder reflectors."""
    return la.householder_product(array(a), array(taus))


def lu(x: Any) -> tuple[Any, Any, Any]:
    """LU factors in one array, pivots and the permutation of rows."""
    return la.lu(array(x))


def lu_pivots_to_permutation(pivots: Any, permutation_size: int) -> Any:
    """Turn row exchanges into a permutation."""
    return la.lu_pivots_to_permutation(array(pivots), permutation_size)


def qr(x: Any, *, pivoting: bool = False, full_matrices: bool = True) -> tuple[Any, Any]:
    """Orthonormal Q and upper triangular R."""
    if pivoting:
        raise NotImplementedError("qr with pivoting is not supported; use svd to find the rank")
    return la.qr(array(x), full_matrices=full_matrices)


def schur(x: Any, *, compute_schur_vectors: bool = True) -> tuple[Any, ...]:
    """Schur form T and, if asked for, the vectors Z with ``x = Z @ T @ Z^H``."""
    t, z = la.schur(array(x))
    return (t, z) if compute_schur_vectors else (t,)


def svd(x: Any, *, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return (U, s, V^H), or s alone."""
    return la.svd(array(x), full_matrices=full_matrices, compute_uv=compute_uv)


def symmetric_product(
    a_matrix: Any,
    c_matrix: Any,
    *,
    alpha: float = 1.0,
    beta: float = 0.0,
    symmetrize_output: bool = False,
) -> Any:
    """Return alpha * a @ a^T + beta * c; the result is symmetric if c is."""
    a, c = array(a_matrix), array(c_matrix)
    product = mul(matmul(a, mT(a)), full_like(a, alpha))
    return add(product, mul(c, full_like(c, beta)))


def triangular_solve(
    a: Any,
    b: Any,
    *,
    left_side: bool = False,
    lower: bool = False,
    transpose_a: bool = False,
    conjugate_a: bool = False,
    unit_diagonal: bool = False,
) -> Any:
    """Solve op(a) x = b (`left_side`) or x op(a) = b for triangular `a`."""
    a, b = array(a), array(b)
    is_vector = len(shape_of(b)) == len(shape_of(a)) - 1
    if is_vector:
        b = b[..., None] if left_side else b[..., None, :]
    x = la.triangular_solve(
        a,
        b,
        left_side=left_side,
        lower=lower,
        transpose_a=transpose_a,
        conjugate_a=conjugate_a,
        unit_diagonal=unit_diagonal,
    )
    if not is_vector:
        return x
    return x[..., 0] if left_side else x[..., 0, :]


def tridiagonal_solve(dl: Any, d: Any, du: Any, b: Any) -> Any:
    """Solve tridiagonal systems; ``dl[..., 0]`` and ``du[..., -1]`` are not used."""
    return la.tridiagonal_solve(array(dl), array(d), array(du), array(b))


LEFT_OUT: dict[str, str] = {
    "EigImplementation": "LAPACK is the only one",
    "EighImplementation": "LAPACK is the only one",
    "SvdAlgorithm": "LAPACK is the only one",
    "qdwh": "use functorch_lite.scipy.linalg.polar, which is by the SVD",
}


def __getattr__(name: str) -> Any:
    """Say what to use instead of a name that JAX has and this module has not."""
    raise missing_name(__name__, name, LEFT_OUT)
