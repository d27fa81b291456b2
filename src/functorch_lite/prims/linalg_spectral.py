"""Eigenvalues and singular values.

Derivatives of vectors divide by the gaps between values. Where two values are equal the vectors
have no derivative and the result is NaN or inf, as in JAX; eigenvalues and singular values are
not affected. With ``masked_gaps`` gaps at rounding level count as infinite, which gives the right
derivative of anything that does not depend on the choice of vectors within an eigenspace.

Sources: Giles 2008 (see `linalg_factor`); Townsend 2016, "Differentiating the singular value
decomposition"; Wan & Zhang 2019, "Automatic differentiation for complex valued SVD"
(arXiv:1909.02659); Boeddeker et al. 2017, "On the computation of complex-valued gradients with
application to statistically optimum beamforming" (eig).
"""

from typing import Any

import numpy as np

from ..ir import Primitive, ShapedArray, bind, dtype_of, shape_of, unsupported
from .arithmetic import add, convert_element_type, div, mul, select, sub
from .complexes import abs_p
from .complexes import complex as make_complex
from .elementwise import elementwise, full_like
from .linalg_common import (
    LAPACK,
    adjoint,
    batch_leading,
    check_matrix,
    conj_if_complex,
    diagonal_of,
    each_matrix,
    eye_like,
    hermitian_part,
    keep_where,
    matmul,
    matrix_slice,
    pad_matrix,
    real_if_complex,
    spread,
)
from .linalg_solve import linear_solve
from .logical import le_p
from .lowering import Library
from .reduction import reduce_max, reduce_sum
from .shape import broadcast_in_dim

__all__ = [
    "eig",
    "eig_p",
    "eigh",
    "eigh_p",
    "eigvalsh",
    "mul_zero_p",
    "schur",
    "schur_p",
    "svd",
    "svd_p",
]


def _real(d: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(d.char.lower())


def _complex(d: np.dtype[Any]) -> np.dtype[Any]:
    return np.result_type(d, np.complex64)


def _rounding_level(values: Any, shape: tuple[int, ...]) -> Any:
    """Return n eps max(values), repeated to `shape`."""
    n = shape_of(values)[-1]
    scale = full_like(values, n * np.finfo(dtype_of(values)).eps)
    lead = len(shape_of(values)) - 1
    return broadcast_in_dim(mul(reduce_max(values, (lead,)), scale), shape, range(lead))


def _reciprocal_gaps(gaps: Any, values: Any, masked: bool) -> Any:
    """Return 1 / gaps, and 0 on the diagonal (and at rounding level, if masked)."""
    off = ~np.eye(shape_of(gaps)[-1], dtype=bool)
    if not masked:
        return keep_where(off, div(full_like(gaps, 1), add(gaps, eye_like(gaps))))
    small = bind(le_p, bind(abs_p, gaps), _rounding_level(values, shape_of(gaps)))
    one = full_like(gaps, 1)
    inverse = div(one, select(small, one, gaps))
    return keep_where(off, select(small, full_like(gaps, 0), inverse))


def _mul_zero_impl(x: Any, w: Any) -> Any:
    return np.where(np.equal(x, 0), x, np.multiply(x, w))


# x * w, linear in x, and 0 where x is 0 even if w is not finite: a zero tangent or cotangent of
# eigenvectors must not turn into NaN where eigenvalues coincide.
mul_zero_p: Primitive = elementwise(
    "mul_zero",
    _mul_zero_impl,
    kinds="inexact",
    partials=[
        lambda t, o, x, w: bind(mul_zero_p, t, w),
        lambda t, o, x, w: bind(mul_zero_p, t, x),
    ],
    linear_in=(0,),
    transpose=lambda ct, i, x, w: bind(mul_zero_p, ct, w),
    lower=Library("its own rule for zero"),
)


def _as(x: Any, like: Any) -> Any:
    return convert_element_type(x, dtype_of(like))


def _column_dots(x: Any, y: Any) -> Any:
    """Real part of the inner products of the columns of x and y."""
    products = mul(conj_if_complex(x), y)
    return real_if_complex(reduce_sum(products, (len(shape_of(x)) - 2,)))


# --- Hermitian eigenvalues --------------------------------------------------------------------------


def _eigh_impl(a: Any, *, lower: bool, compute_v: bool, masked_gaps: bool) -> Any:
    uplo: Any = "L" if lower else "U"
    f: Any
    if compute_v:
        f = lambda x: np.linalg.eigh(x, uplo)[::-1]  # noqa: E731
    else:
        f = lambda x: [np.linalg.eigvalsh(x, uplo)]  # noqa: E731
    a = np.asarray(a)
    try:
        return list(f(a))
    except np.linalg.LinAlgError:
        shapes = [a.shape[-2:], a.shape[-1:]][1 - compute_v :]
        dtypes = [a.dtype, _real(a.dtype)][1 - compute_v :]
        return each_matrix(f, [a], shapes, dtypes)


def _eigh_abstract(
    a: ShapedArray, *, lower: bool, compute_v: bool, masked_gaps: bool
) -> list[ShapedArray]:
    shape = check_matrix("eigh", a, square=True)
    w = ShapedArray(shape[:-1], _real(a.dtype))
    return [ShapedArray(shape, a.dtype), w] if compute_v else [w]


def _eigh_jvp(
    ts: Any, xs: Any, outs: Any, *, lower: bool, compute_v: bool, masked_gaps: bool
) -> Any:
    """dw = diag(V^H dA V), and V^H dV has the other entries of it, divided by gaps."""
    params = {"lower": lower, "compute_v": True, "masked_gaps": masked_gaps}
    v, w = outs if compute_v else bind(eigh_p, xs[0], **params)
    tv = matmul(hermitian_part(ts[0]), v)
    dw = _column_dots(v, tv)
    if not compute_v:
        return [dw]
    shape = shape_of(v)
    gaps = sub(spread(w, shape, -2), spread(w, shape, -1))
    inverse = _as(_reciprocal_gaps(gaps, bind(abs_p, w), masked_gaps), v)
    p = matmul(adjoint(v), tv)
    return [matmul(v, bind(mul_zero_p, p, inverse)), dw]


eigh_p: Primitive = Primitive(
    "eigh",
    impl=_eigh_impl,
    abstract_eval=_eigh_abstract,
    jvp=_eigh_jvp,
    batch=batch_leading(lambda: eigh_p),
    lower=LAPACK,
    multiple_results=True,
)

# --- singular values --------------------------------------------------------------------------------


def _svd_impl(a: Any, *, full_matrices: bool, compute_uv: bool, masked_gaps: bool) -> Any:
    a = np.asarray(a)

    def f(x: Any) -> Any:
        if not compute_uv:
            return [np.linalg.svd(x, compute_uv=False)]
        u, s, vh = np.linalg.svd(x, full_matrices=full_matrices)
        return [s, u, vh]

    try:
        return f(a)
    except np.linalg.LinAlgError:
        avals = _svd_abstract(
            ShapedArray(a.shape[-2:], a.dtype),
            full_matrices=full_matrices,
            compute_uv=compute_uv,
            masked_gaps=masked_gaps,
        )
        return each_matrix(f, [a], [v.shape for v in avals], [v.dtype for v in avals])


def _svd_abstract(
    a: ShapedArray, *, full_matrices: bool, compute_uv: bool, masked_gaps: bool
) -> list[ShapedArray]:
    *lead, m, n = check_matrix("svd", a)
    k = min(m, n)
    s = ShapedArray((*lead, k), _real(a.dtype))
    if not compute_uv:
        return [s]
    p, q = (m, n) if full_matrices else (k, k)
    return [s, ShapedArray((*lead, m, p), a.dtype), ShapedArray((*lead, q, n), a.dtype)]


def _svd_jvp(
    ts: Any, xs: Any, outs: Any, *, full_matrices: bool, compute_uv: bool, masked_gaps: bool
) -> Any:
    """With P = U^H dA V: ds = Re diag P; its symmetric and antisymmetric parts, over differences
    and sums of singular values, give the rotations U^H dU and V^H dV.
    """
    if not compute_uv:
        s, u, vh = bind(svd_p, xs[0], full_matrices=False, compute_uv=True, masked_gaps=masked_gaps)
    else:
        s, u, vh = outs
    m, n, k = shape_of(u)[-2], shape_of(vh)[-1], shape_of(s)[-1]
    v = adjoint(vh)
    tv = matmul(ts[0], v)
    u1 = matrix_slice(u, (0, m), (0, k))
    ds = _column_dots(u1, matrix_slice(tv, (0, m), (0, k)))
    if not compute_uv:
        return [ds]
    p = matmul(adjoint(u), tv)
    core = matrix_slice(p, (0, k), (0, k))
    rotation_u, rotation_v = _rotations(core, s, masked_gaps)
    # What dA brings in from outside the range of U (of V), over the singular values.
    out_u = _over_values(matrix_slice(p, (0, shape_of(u)[-1]), (0, k)), s, masked_gaps)
    out_v = _over_values(adjoint(matrix_slice(p, (0, k), (0, shape_of(v)[-1]))), s, masked_gaps)
    du = _rotate(u, rotation_u, out_u)
    dv = _rotate(v, rotation_v, out_v)
    if m > shape_of(u)[-1]:
        du = add(du, _outside(u, _over_values(matrix_slice(tv, (0, m), (0, k)), s, masked_gaps)))
    if n > shape_of(v)[-1]:
        dv = add(dv, _outside(v, _over_values(matmul(adjoint(ts[0]), u1), s, masked_gaps)))
    return [ds, du, adjoint(dv)]


def _rotations(p: Any, s: Any, masked: bool) -> tuple[Any, Any]:
    """Return the antihermitian U^H dU and V^H dV of the columns that belong to values."""
    shape = shape_of(p)
    rows, cols = spread(s, shape, -1), spread(s, shape, -2)
    both, only = add(p, adjoint(p)), sub(p, adjoint(p))
    by_gap = bind(mul_zero_p, both, _as(_reciprocal_gaps(sub(cols, rows), s, masked), p))
    sums = add(cols, rows)
    by_sum = mul(only, _as(_reciprocal_or_zero(sums), p))
    half_ = full_like(p, 0.5)
    return mul(add(by_gap, by_sum), half_), mul(sub(by_gap, by_sum), half_)


def _reciprocal_or_zero(x: Any, tolerance: Any = None) -> Any:
    """Return 1 / x, and 0 where x is 0 (or not above the tolerance)."""
    small = bind(le_p, x, full_like(x, 0) if tolerance is None else tolerance)
    one = full_like(x, 1)
    return select(small, full_like(x, 0), div(one, select(small, one, x)))


def _over_values(x: Any, s: Any, masked: bool) -> Any:
    """Divide columns by singular values."""
    inverse = div(full_like(s, 1), s)
    if masked:
        inverse = _reciprocal_or_zero(s, _rounding_level(s, shape_of(s)))
    return bind(mul_zero_p, x, _as(spread(inverse, shape_of(x), -2), x))


def _rotate(u: Any, rotation: Any, outside: Any) -> Any:
    """Move the columns of u: by `rotation` among the first k, by `outside` to the further ones.

    The further columns move as little as possible: their derivative is a choice that functions of
    the subspace alone do not see.
    """
    p, k = shape_of(u)[-1], shape_of(rotation)[-1]
    full = pad_matrix(rotation, p, p)
    if p > k:
        mask = (np.arange(p)[:, None] >= k) & (np.arange(p) < k)
        below = keep_where(mask, pad_matrix(outside, p, p))
        full = add(full, sub(below, adjoint(below)))
    return matmul(u, full)


def _outside(u: Any, x: Any) -> Any:
    """Take away from x its part in the range of u."""
    return sub(x, matmul(u, matmul(adjoint(u), x)))


svd_p: Primitive = Primitive(
    "svd",
    impl=_svd_impl,
    abstract_eval=_svd_abstract,
    jvp=_svd_jvp,
    batch=batch_leading(lambda: svd_p),
    lower=LAPACK,
    multiple_results=True,
)

# --- general eigenvalues ----------------------------------------------------------------------------


def _eig_impl(a: Any, *, compute_v: bool) -> Any:
    a = np.asarray(a)
    d = _complex(a.dtype)

    def f(x: Any) -> Any:
        outs = np.linalg.eig(x) if compute_v else [np.linalg.eigvals(x)]
        return [o.astype(d, copy=False) for o in outs]

    if np.isfinite(a).all():
        return f(a)
    shapes = [a.shape[-1:], a.shape[-2:]][: 1 + compute_v]
    return each_matrix(f, [a], shapes, [d, d][: 1 + compute_v])


def _eig_abstract(a: ShapedArray, *, compute_v: bool) -> list[ShapedArray]:
    shape = check_matrix("eig", a, square=True)
    d = _complex(a.dtype)
    return [ShapedArray(shape[:-1], d), ShapedArray(shape, d)][: 1 + compute_v]


def _eig_jvp(ts: Any, xs: Any, outs: Any, *, compute_v: bool) -> Any:
    """With P = V^-1 dA V: dw = diag P and dV = V (P / gaps), scaled so that columns keep norm 1."""
    w, v = outs if compute_v else bind(eig_p, xs[0], compute_v=True)
    t = ts[0] if dtype_of(ts[0]).kind == "c" else make_complex(ts[0], full_like(ts[0], 0))
    p = linear_solve(v, matmul(t, v))
    dw = diagonal_of(p)
    if not compute_v:
        return [dw]
    shape = shape_of(v)
    inverse = _reciprocal_gaps(sub(spread(w, shape, -2), spread(w, shape, -1)), w, False)
    dv = matmul(v, bind(mul_zero_p, p, inverse))
    length = spread(_as(_column_dots(v, dv), v), shape, -2)
    return [dw, sub(dv, mul(v, length))]


eig_p: Primitive = Primitive(
    "eig",
    impl=_eig_impl,
    abstract_eval=_eig_abstract,
    jvp=_eig_jvp,
    batch=batch_leading(lambda: eig_p),
    lower=LAPACK,
    multiple_results=True,
)

# --- Schur ------------------------------------------------------------------------------------------


def _schur_impl(a: Any) -> Any:
    import scipy.linalg

    a = np.asarray(a)
    shape = a.shape[-2:]
    return each_matrix(
        lambda x: scipy.linalg.schur(x, check_finite=False), [a], [shape] * 2, [a.dtype] * 2
    )


schur_p: Primitive = Primitive(
    "schur",
    impl=_schur_impl,
    abstract_eval=lambda a: [ShapedArray(check_matrix("schur", a, square=True), a.dtype)] * 2,
    jvp=unsupported(
        "the Schur form has no derivative here; use eig or eigh, or a function of the matrix "
        "such as expm, sqrtm or solve_sylvester"
    ),
    batch=batch_leading(lambda: schur_p),
    lower=LAPACK,
    multiple_results=True,
)


# --- the primitives as functions ----------------------------------------------------------------


def eigh(
    a: Any, *, lower: bool = True, symmetrize_input: bool = True, masked_gaps: bool = False
) -> tuple[Any, Any]:
    """Eigenvectors and ascending eigenvalues of Hermitian matrices (JAX's order)."""
    a = hermitian_part(a) if symmetrize_input else a
    v, w = bind(eigh_p, a, lower=lower, compute_v=True, masked_gaps=masked_gaps)
    return v, w


def eigvalsh(a: Any, *, lower: bool = True) -> Any:
    """Ascending eigenvalues of Hermitian matrices, of which one triangle is read."""
    return bind(eigh_p, a, lower=lower, compute_v=False, masked_gaps=False)[0]


def svd(
    a: Any, *, full_matrices: bool = True, compute_uv: bool = True, masked_gaps: bool = False
) -> Any:
    """Return (U, s, V^H), or s alone."""
    out = bind(
        svd_p, a, full_matrices=full_matrices, compute_uv=compute_uv, masked_gaps=masked_gaps
    )
    return (out[1], out[0], out[2]) if compute_uv else out[0]


def eig(a: Any, *, compute_v: bool = True) -> Any:
    """Complex eigenvalues, and right eigenvectors of norm 1 as columns."""
    out = bind(eig_p, a, compute_v=compute_v)
    return tuple(out) if compute_v else out[0]


def schur(a: Any) -> tuple[Any, Any]:
    """Return (T, Z) with ``a = Z @ T @ Z^H``; real matrices have the real Schur form."""
    t, z = bind(schur_p, a)
    return t, z
