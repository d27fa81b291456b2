"""Factorizations without eigenvalues: Cholesky, LU and QR.

Sources of the derivatives: Murray 2016, "Differentiation of the Cholesky decomposition"
(arXiv:1602.07527); Giles 2008, "An extended collection of matrix derivative results for forward
and reverse mode algorithmic differentiation"; Walter, Lehmann & Lamour 2012, "On evaluating
higher-order derivatives of the QR decomposition of tall matrices with full column rank".
"""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    no_tangent,
    shape_of,
    summarize,
)
from .arithmetic import add, mul, sub
from .linalg_common import (
    LAPACK,
    adjoint,
    batch_leading,
    check_matrix,
    each_matrix,
    eye_like,
    hermitian_part,
    imaginary_only,
    keep_where,
    lapack,
    matmul,
    matrix_slice,
    pad_matrix,
    tril,
    triu,
)
from .linalg_solve import triangular_solve
from .shape import broadcast_in_dim

__all__ = [
    "cholesky",
    "cholesky_p",
    "householder_product",
    "lu",
    "lu_p",
    "lu_pivots_to_permutation",
    "lu_pivots_to_permutation_p",
    "qr",
    "qr_p",
]

INT32 = np.dtype(np.int32)

# --- Cholesky -----------------------------------------------------------------------------------


def _cholesky_impl(a: Any) -> Any:
    """Factor lower triangles; NaN where a matrix is not positive definite."""
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return each_matrix(lambda x: [np.linalg.cholesky(x)], [a], [a.shape[-2:]], [a.dtype])[0]


def _cholesky_abstract(a: ShapedArray) -> ShapedArray:
    return ShapedArray(check_matrix("cholesky", a, square=True), a.dtype)


def _cholesky_jvp(ts: Any, xs: Any, l: Any) -> Any:
    """dL = L phi(L^-1 dA L^-H), where phi takes the lower triangle and half the diagonal."""
    t = hermitian_part(ts[0])
    half = triangular_solve(l, t, left_side=True, lower=True)
    middle = triangular_solve(l, half, lower=True, transpose_a=True, conjugate_a=True)
    n = shape_of(l)[-1]
    weights = np.tri(n, dtype=dtype_of(l)) - 0.5 * np.eye(n, dtype=dtype_of(l))
    shape = shape_of(l)
    weights = broadcast_in_dim(weights, shape, (len(shape) - 2, len(shape) - 1))
    return matmul(l, mul(middle, weights))


cholesky_p: Primitive = Primitive(
    "cholesky",
    impl=_cholesky_impl,
    abstract_eval=_cholesky_abstract,
    jvp=_cholesky_jvp,
    batch=batch_leading(lambda: cholesky_p),
    lower=LAPACK,
)

# --- LU -----------------------------------------------------------------------------------------


def permutation_of_pivots(pivots: Any, m: int) -> np.ndarray[Any, Any]:
    """Turn one matrix's row exchanges into a permutation of its rows."""
    permutation = np.arange(m, dtype=INT32)
    for i, p in enumerate(pivots):
        permutation[[i, p]] = permutation[[p, i]]
    return permutation


def _lu_impl(a: Any) -> Any:
    a = np.asarray(a)
    m, n = a.shape[-2:]
    getrf = lapack("getrf", a)

    def one(x: Any) -> Any:
        lu, pivots, _ = getrf(x)
        return lu, pivots, permutation_of_pivots(pivots, m)

    outs = each_matrix(one, [a], [(m, n), (min(m, n),), (m,)], [a.dtype, INT32, INT32])
    if not a.size:
        outs[2][...] = np.arange(m)
    return outs


def _lu_abstract(a: ShapedArray) -> list[ShapedArray]:
    *lead, m, n = check_matrix("lu", a)
    return [
        ShapedArray(a.shape, a.dtype),
        ShapedArray((*lead, min(m, n)), INT32),
        ShapedArray((*lead, m), INT32),
    ]


def _permute_rows(permutation: Any, x: Any) -> Any:
    """Return x[permutation] for each matrix, as a product with the permutation's matrix."""
    from .arithmetic import convert_element_type
    from .logical import eq

    m = shape_of(x)[-2]
    shape = (*shape_of(permutation), m)
    lead = len(shape) - 1
    index = broadcast_in_dim(np.arange(m, dtype=INT32), shape, (lead,))
    hits = eq(broadcast_in_dim(permutation, shape, range(lead)), index)
    return matmul(convert_element_type(hits, dtype_of(x)), x)


def _lu_jvp(ts: Any, xs: Any, outs: Any) -> Any:
    """P dA = dL U + L dU; with L and U made square, L^-1 P dA U^-1 falls into two triangles."""
    lu, _, permutation = outs
    m, n = shape_of(lu)[-2:]
    k = min(m, n)
    l = tril(matrix_slice(lu, (0, m), (0, k)), -1)
    l = add(pad_matrix(l, m, m), eye_like(lu, m))
    u = triu(pad_matrix(matrix_slice(lu, (0, k), (0, n)), n, n))
    if n > k:
        rest = np.diag(np.arange(n) >= k).astype(dtype_of(lu))
        shape = shape_of(u)
        u = add(u, broadcast_in_dim(rest, shape, (len(shape) - 2, len(shape) - 1)))
    t = _permute_rows(permutation, ts[0])
    inner = triangular_solve(l, t, left_side=True, lower=True, unit_diagonal=True)
    inner = triangular_solve(u, inner)
    d_l = matmul(l, pad_matrix(matrix_slice(tril(inner, -1), (0, m), (0, k)), m, m))
    d_u = matmul(pad_matrix(matrix_slice(triu(inner), (0, k), (0, n)), n, n), u)
    lower = pad_matrix(matrix_slice(d_l, (0, m), (0, k)), m, n)
    upper = pad_matrix(matrix_slice(d_u, (0, k), (0, n)), m, n)
    return [add(tril(lower, -1), triu(upper)), None, None]


lu_p: Primitive = Primitive(
    "lu",
    impl=_lu_impl,
    abstract_eval=_lu_abstract,
    jvp=_lu_jvp,
    batch=batch_leading(lambda: lu_p),
    lower=LAPACK,
    multiple_results=True,
)


def _pivots_impl(pivots: Any, *, permutation_size: int) -> Any:
    pivots = np.asarray(pivots)
    flat = pivots.reshape(-1, pivots.shape[-1])
    rows = [permutation_of_pivots(p, permutation_size) for p in flat]
    out = np.array(rows, INT32).reshape(*pivots.shape[:-1], permutation_size)
    return out


lu_pivots_to_permutation_p: Primitive = Primitive(
    "lu_pivots_to_permutation",
    impl=_pivots_impl,
    abstract_eval=lambda p, *, permutation_size: ShapedArray(
        (*p.shape[:-1], permutation_size), INT32
    ),
    jvp=no_tangent,
    batch=lambda size, args, batched, *, permutation_size: bind(
        lu_pivots_to_permutation_p, args[0], permutation_size=permutation_size
    ),
    lower=LAPACK,
)

# --- QR -----------------------------------------------------------------------------------------


def _qr_impl(a: Any, *, full_matrices: bool) -> Any:
    return list(np.linalg.qr(a, mode="complete" if full_matrices else "reduced"))


def _qr_abstract(a: ShapedArray, *, full_matrices: bool) -> list[ShapedArray]:
    *lead, m, n = check_matrix("qr", a)
    k = m if full_matrices else min(m, n)
    return [ShapedArray((*lead, m, k), a.dtype), ShapedArray((*lead, k, n), a.dtype)]


def _qr_jvp(ts: Any, xs: Any, outs: Any, *, full_matrices: bool) -> Any:
    """W = Q^H dQ is antihermitian; what is below its diagonal is Q^H dA R^-1 there.

    Only the first min(m, n) columns of A determine Q. Columns of a full Q that A does not
    determine are moved as little as possible, so functions that do not depend on their choice
    have their right derivatives.
    """
    q, r = outs
    t = ts[0]
    m, n = shape_of(t)[-2:]
    p, k = shape_of(q)[-1], min(m, n)
    r_square = matrix_slice(r, (0, k), (0, k))
    t_inv = triangular_solve(r_square, matrix_slice(t, (0, m), (0, k)))
    inner = matmul(adjoint(q), t_inv)
    square = pad_matrix(inner, p, p)
    below = tril(square, -1)
    w = sub(below, adjoint(below))
    if dtype_of(q).kind == "c":
        w = add(w, imaginary_only(keep_where(np.eye(p, dtype=bool), square)))
    dq = matmul(q, w)
    if m > p:
        dq = add(dq, sub(t_inv, matmul(q, inner)))
    return [dq, sub(matmul(adjoint(q), t), matmul(w, r))]


qr_p: Primitive = Primitive(
    "qr",
    impl=_qr_impl,
    abstract_eval=_qr_abstract,
    jvp=_qr_jvp,
    batch=batch_leading(lambda: qr_p),
    lower=LAPACK,
    multiple_results=True,
)


# --- the primitives as functions ----------------------------------------------------------------


def cholesky(a: Any, *, symmetrize_input: bool = True) -> Any:
    """Lower Cholesky factor of Hermitian positive definite matrices.

    Only the lower triangle is read, after the Hermitian part is taken if `symmetrize_input`.
    The derivative is that with respect to the Hermitian part. NaN where a matrix is not positive
    definite.
    """
    return bind(cholesky_p, hermitian_part(a) if symmetrize_input else a)


def lu(a: Any) -> tuple[Any, Any, Any]:
    """LU factors in one array, pivots and the permutation of rows: ``a[perm] = L @ U``."""
    out, pivots, permutation = bind(lu_p, a)
    return out, pivots, permutation


def lu_pivots_to_permutation(pivots: Any, permutation_size: int) -> Any:
    """Turn LAPACK's row exchanges (from 0) into a permutation."""
    return bind(lu_pivots_to_permutation_p, pivots, permutation_size=permutation_size)


def qr(a: Any, *, full_matrices: bool = True) -> tuple[Any, Any]:
    """Orthonormal Q and upper triangular R with ``a = Q @ R``."""
    q, r = bind(qr_p, a, full_matrices=full_matrices)
    return q, r


def householder_product(a: Any, taus: Any) -> Any:
    """Product of Householder reflectors, its first columns.

    Parameters
    ----------
    a : array, shape (..., m, n)
        Reflector i has ones at (i, i) and column i of `a` below it.
    taus : array, shape (..., k)
        Scales, k <= n.

    Returns
    -------
    array, shape (..., m, n)
    """
    m, n = shape_of(a)[-2:]
    k = shape_of(taus)[-1]
    if k > n or n > m:
        raise ShapeError(
            f"householder_product: {k} scales and matrices of shape {(m, n)} do not fit "
            f"{summarize(current_source())}"
        )
    lead = shape_of(a)[:-2]
    v = tril(a, -1)
    v = add(v, matrix_slice(eye_like(a, m), (0, m), (0, n)))
    out = matrix_slice(eye_like(a, m), (0, m), (0, n))
    zeros = (0,) * len(lead)
    for i in reversed(range(k)):
        from .shape import reshape, slice_

        column = matrix_slice(v, (0, m), (i, i + 1))
        tau = reshape(slice_(taus, (*zeros, i), (*lead, i + 1)), lead)
        scaled = mul(column, broadcast_in_dim(tau, shape_of(column), range(len(lead))))
        out = sub(out, matmul(scaled, matmul(adjoint(column), out)))
    return out
