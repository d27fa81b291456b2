"""Linear systems: triangular, general, tridiagonal, and the Sylvester equation."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    no_tangent,
    shape_of,
    summarize,
)
from .arithmetic import neg
from .elementwise import add_any
from .linalg_common import (
    LAPACK,
    batch_leading,
    check_inexact,
    check_matrix,
    conj_if_complex,
    each_matrix,
    eye_like,
    lapack,
    matmul,
    mT,
    tril,
    triu,
)
from .shape import reshape, transpose

__all__ = [
    "inverse",
    "linear_factor_p",
    "linear_solve",
    "linear_solve_p",
    "triangular_solve",
    "triangular_solve_p",
]

INT32 = np.dtype(np.int32)


def fit_error(name: str, a: ShapedArray, b: ShapedArray) -> ShapeError:
    return ShapeError(
        f"{name}: matrices of shape {a.shape} and right-hand sides of shape {b.shape} do not fit "
        f"{summarize(current_source())}; leading axes must be equal"
    )


# --- triangular systems ---------------------------------------------------------------------------


def _substitute(a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    """Solve a x = b by substitution, all matrices of a large batch at once."""
    n = a.shape[-1]
    x = np.empty(b.shape, b.dtype)
    for i in range(n) if lower else reversed(range(n)):
        done = slice(0, i) if lower else slice(i + 1, n)
        rest = b[..., i, :] - np.matmul(a[..., i : i + 1, done], x[..., done, :])[..., 0, :]
        x[..., i, :] = rest if unit_diagonal else rest / a[..., i, i, None]
    return x


def _triangular_impl(
    a: Any,
    b: Any,
    *,
    left_side: bool,
    lower: bool,
    transpose_a: bool,
    conjugate_a: bool,
    unit_diagonal: bool,
) -> Any:
    from scipy.linalg.blas import get_blas_funcs

    a, b = np.asarray(a), np.asarray(b)
    if conjugate_a and a.dtype.kind == "c":
        a = a.conj()
    count = int(np.prod(a.shape[:-2], dtype=np.int64))
    n = a.shape[-1]
    if count > 8 and count > n and b.size:
        if not left_side:
            a, b = a.swapaxes(-1, -2), b.swapaxes(-1, -2)
            lower = not lower
        if transpose_a:
            a, lower = a.swapaxes(-1, -2), not lower
        x = _substitute(a, b, lower, unit_diagonal)
        return x if left_side else np.ascontiguousarray(x.swapaxes(-1, -2))
    trsm = get_blas_funcs("trsm", (a, b))

    def one(a: Any, b: Any) -> Any:
        # Row-major a and b are column-major a^T and b^T, and op(a) x = b is x^T op(a)^T = b^T.
        x = trsm(
            1.0,
            a.T,
            b.T,
            side=int(left_side),
            lower=int(not lower),
            trans_a=int(transpose_a),
            diag=int(unit_diagonal),
        )
        return [x.T]

    return each_matrix(one, [a, b], [b.shape[-2:]], [b.dtype])[0]


def _triangular_abstract(a: ShapedArray, b: ShapedArray, **params: Any) -> ShapedArray:
    check_matrix("triangular_solve", a, square=True)
    check_inexact("triangular_solve", a, b)
    if b.ndim != a.ndim or a.shape[:-2] != b.shape[:-2]:
        raise fit_error("triangular_solve", a, b)
    if b.shape[-2 if params["left_side"] else -1] != a.shape[-1]:
        raise fit_error("triangular_solve", a, b)
    return ShapedArray(b.shape, b.dtype)


def _triangular_jvp(ts: Any, xs: Any, x: Any, **params: Any) -> Any:
    """op(A) dx = db - op(dA) x, dA being a triangle too."""
    ta, tb = ts
    rhs = tb
    if ta is not None:
        k = int(params["unit_diagonal"])
        ta = tril(ta, -k) if params["lower"] else triu(ta, k)
        ta = mT(ta) if params["transpose_a"] else ta
        ta = conj_if_complex(ta) if params["conjugate_a"] else ta
        change = matmul(ta, x) if params["left_side"] else matmul(x, ta)
        rhs = add_any(rhs, neg(change))
    return bind(triangular_solve_p, xs[0], rhs, **params)


def _triangular_transpose(ct: Any, a: Any, b: Any, **params: Any) -> list[Any]:
    params["transpose_a"] = not params["transpose_a"]
    return [None, bind(triangular_solve_p, a, ct, **params)]


def _fold_columns(b: Any) -> Any:
    """Turn a batch (size, m, k) of right-hand sides into columns (m, size * k)."""
    size, m, k = shape_of(b)
    return reshape(transpose(b, (1, 0, 2)), (m, size * k))


def _unfold_columns(x: Any, size: int) -> Any:
    m, n = shape_of(x)
    return transpose(reshape(x, (m, size, n // size)), (1, 0, 2))


def _triangular_batch(size: int, args: Any, batched: Any, **params: Any) -> Any:
    """One matrix, many right-hand sides: they become columns (or rows) of one."""
    a, b = args
    if batched[0] or len(shape_of(a)) != 2:
        return batch_leading(lambda: triangular_solve_p)(size, args, batched, **params)
    if params["left_side"]:
        return _unfold_columns(bind(triangular_solve_p, a, _fold_columns(b), **params), size)
    shape = shape_of(b)
    x = bind(triangular_solve_p, a, reshape(b, (size * shape[1], shape[2])), **params)
    return reshape(x, shape)


triangular_solve_p = Primitive(
    "triangular_solve",
    impl=_triangular_impl,
    abstract_eval=_triangular_abstract,
    jvp=_triangular_jvp,
    transpose=_triangular_transpose,
    batch=_triangular_batch,
    lower=LAPACK,
)

# --- general systems ------------------------------------------------------------------------------
#
# linear_solve takes the matrix and, when it is not small, its LU factors: derivatives flow through
# the matrix, and all of them reuse the factors, of which nothing is ever differentiated.

_FACTOR_FROM = 16


def _factor_impl(a: Any) -> Any:
    a = np.asarray(a)
    n = a.shape[-1]
    getrf = lapack("getrf", a)
    return each_matrix(lambda x: getrf(x)[:2], [a], [(n, n), (n,)], [a.dtype, INT32])


linear_factor_p: Primitive = Primitive(
    "linear_factor",
    impl=_factor_impl,
    abstract_eval=lambda a: [
        ShapedArray(check_matrix("solve", a, square=True), a.dtype),
        ShapedArray(a.shape[:-1], INT32),
    ],
    jvp=no_tangent,
    batch=batch_leading(lambda: linear_factor_p),
    lower=LAPACK,
    multiple_results=True,
)


def _solve_impl(a: Any, b: Any, *factors: Any, transpose_a: bool) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    if factors:
        getrs = lapack("getrs", a)
        trans = int(transpose_a)
        return each_matrix(
            lambda lu, pivots, b: [getrs(lu, pivots, b, trans)[0]],
            [factors[0], factors[1], b],
            [b.shape[-2:]],
            [b.dtype],
            [2, 1, 2],
        )[0]
    a = a.swapaxes(-1, -2) if transpose_a else a
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        return each_matrix(lambda a, b: [np.linalg.solve(a, b)], [a, b], [b.shape[-2:]], [b.dtype])[
            0
        ]


def _solve_abstract(
    a: ShapedArray, b: ShapedArray, *factors: Any, transpose_a: bool
) -> ShapedArray:
    check_matrix("solve", a, square=True)
    check_inexact("solve", a, b)
    if a.shape[:-1] != b.shape[:-1] or a.ndim != b.ndim:
        raise fit_error("solve", a, b)
    return ShapedArray(b.shape, b.dtype)


def _solve_jvp(ts: Any, xs: Any, x: Any, *, transpose_a: bool) -> Any:
    """A dx = db - dA x."""
    a, _, *factors = xs
    rhs = ts[1]
    if ts[0] is not None:
        ta = mT(ts[0]) if transpose_a else ts[0]
        rhs = add_any(rhs, neg(matmul(ta, x)))
    return None if rhs is None else bind(linear_solve_p, a, rhs, *factors, transpose_a=transpose_a)


def _solve_transpose(ct: Any, a: Any, b: Any, *factors: Any, transpose_a: bool) -> list[Any]:
    out = bind(linear_solve_p, a, ct, *factors, transpose_a=not transpose_a)
    return [None, out, *(None for _ in factors)]


def _solve_batch(size: int, args: Any, batched: Any, *, transpose_a: bool) -> Any:
    a, b, *factors = args
    if any(batched[:1]) or any(batched[2:]) or len(shape_of(a)) != 2:
        rule = batch_leading(lambda: linear_solve_p)
        return rule(size, args, batched, transpose_a=transpose_a)
    x = bind(linear_solve_p, a, _fold_columns(b), *factors, transpose_a=transpose_a)
    return _unfold_columns(x, size)


linear_solve_p = Primitive(
    "linear_solve",
    impl=_solve_impl,
    abstract_eval=_solve_abstract,
    jvp=_solve_jvp,
    transpose=_solve_transpose,
    batch=_solve_batch,
    lower=LAPACK,
)


# --- the primitives as functions ----------------------------------------------------------------


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
    """Solve op(a) x = b (`left_side`) or x op(a) = b for triangular `a`.

    op conjugates if `conjugate_a` and transposes if `transpose_a`; only one triangle is read.
    """
    return bind(
        triangular_solve_p,
        a,
        b,
        left_side=left_side,
        lower=lower,
        transpose_a=transpose_a,
        conjugate_a=conjugate_a,
        unit_diagonal=unit_diagonal,
    )


def linear_solve(a: Any, b: Any) -> Any:
    """Solve a x = b for matrices b; factors of `a` are shared with all derivatives."""
    factors = bind(linear_factor_p, a) if shape_of(a)[-1] >= _FACTOR_FROM else []
    return bind(linear_solve_p, a, b, *factors, transpose_a=False)


def inverse(a: Any) -> Any:
    """Inverse matrices."""
    return linear_solve(a, eye_like(a))
