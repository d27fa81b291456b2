"""Functions of matrices: determinant, pseudoinverse, exponential, square root.

The determinant and the exponential come with the family of all their derivatives, which is closed
under differentiation and transposition, so every order is exact at every matrix, singular or not.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from ..ir import Linear, Primitive, ShapedArray, bind, dtype_of, not_linear
from .arithmetic import add, convert_element_type, mul, neg, sub
from .complexes import complex as make_complex
from .complexes import imag
from .elementwise import add_any, full_like
from .linalg_common import (
    LAPACK,
    adjoint,
    batch_leading,
    check_inexact,
    check_matrix,
    each_matrix,
    hermitian_part,
    inner,
    matmul,
    mT,
    real_if_complex,
)
from .linalg_solve import inverse
from .linalg_structured import sylvester

__all__ = [
    "det",
    "det_form_p",
    "det_p",
    "expm",
    "expm_p",
    "pinv",
    "pinv_p",
    "slogdet",
    "slogdet_p",
    "sqrtm",
    "sqrtm_p",
]

# --- the derivatives of a function tr f or det: symmetric multilinear forms ---------------------------
#
# Let F be a real or complex function of matrices, and G(A; T1 ... Tk) the matrix with
# D^(k+1) F(A)[T1 ... Tk, X] = sum(G(A; T1 ... Tk) * X). As the form is symmetric, G's derivative in A
# is G with one more direction, in Ti it is G itself, and so is its transpose in Ti.


def _form_abstract(name: str) -> Callable[..., ShapedArray]:
    def abstract_eval(*avals: ShapedArray) -> ShapedArray:
        shape = check_matrix(name, avals[0], square=True)
        check_inexact(name, *avals)
        if any(a.shape != shape for a in avals):
            raise ValueError(f"{name} needs equal shapes, got {[a.shape for a in avals]}")
        return ShapedArray(shape, avals[0].dtype)

    return abstract_eval


def _form_jvp(prim: Callable[[], Primitive]) -> Callable[..., Any]:
    def jvp(ts: Any, xs: Any, out: Any) -> Any:
        total = None if ts[0] is None else bind(prim(), *xs, ts[0])
        for i, t in enumerate(ts[1:], 1):
            if t is not None:
                total = add_any(total, bind(prim(), *xs[:i], t, *xs[i + 1 :]))
        return total

    return jvp


# --- determinant ----------------------------------------------------------------------------------


def _exclusive_products(x: Any) -> Any:
    """Products along the last axis without each element, by no division."""
    before = np.ones_like(x)
    after = np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=before[..., 1:])
    after[..., :-1] = np.cumprod(x[..., :0:-1], axis=-1)[..., ::-1]
    return before * after


def _cofactors(a: Any) -> Any:
    """Cofactor matrices: det(A) A^-T, through the SVD where that would lose digits."""
    try:
        inverse = np.linalg.inv(a)
        size = np.abs(a).max((-1, -2)) * np.abs(inverse).max((-1, -2))
        if (size * a.shape[-1] < 1e-2 / np.sqrt(np.finfo(a.dtype).eps)).all():
            return np.linalg.det(a)[..., None, None] * inverse.swapaxes(-1, -2)
    except np.linalg.LinAlgError:
        pass
    u, s, vh = np.linalg.svd(a)
    phase = np.linalg.det(u) * np.linalg.det(vh)
    scaled = u.conj() * _exclusive_products(s)[..., None, :]
    return phase[..., None, None] * (scaled @ vh.conj())


def _cofactor_derivative(a: Any, t: Any) -> Any:
    """Derivative of the cofactors along t: in the frame of the SVD the matrix is diagonal."""
    u, s, vh = np.linalg.svd(a)
    phase = np.linalg.det(u) * np.linalg.det(vh)
    p = u.conj().swapaxes(-1, -2) @ t @ vh.conj().swapaxes(-1, -2)
    n = a.shape[-1]
    eye = np.eye(n, dtype=bool)
    others = _exclusive_products(np.where(eye, 1, s[..., None, :]))
    pairs = np.where(eye, 0, others)
    diagonal = np.einsum("...kk,...ik->...i", p, pairs)
    adjugate = np.where(eye, diagonal[..., None], -p * pairs)
    return phase[..., None, None] * (u.conj() @ adjugate.swapaxes(-1, -2) @ vh.conj())


def _cofactor_form(a: Any, *ts: Any) -> Any:
    """Any derivative of the cofactors, by polarization and interpolation at roots of unity."""
    n, k = a.shape[-1], len(ts)
    if k > n - 1:
        return np.zeros_like(a)
    base = a.astype(np.complex128)
    norm = np.linalg.norm(base, axis=(-2, -1))[..., None, None]
    roots = np.exp(2j * np.pi * np.arange(n) / n)
    total = np.zeros_like(base)
    for signs in product((1, -1), repeat=k - 1):
        x = ts[0] + sum(s * t for s, t in zip(signs, ts[1:], strict=True))
        x_norm = np.linalg.norm(x, axis=(-2, -1))[..., None, None]
        radius = np.where(norm > 0, norm, 1) / np.where(x_norm > 0, x_norm, 1)
        values = np.stack([_cofactors(base + radius * z * x) for z in roots])
        coefficient = np.tensordot(roots ** (-k) / n, values, 1) / radius**k
        total += np.prod(signs) * coefficient
    total /= 2 ** (k - 1)
    return total.astype(a.dtype) if a.dtype.kind == "c" else total.real.astype(a.dtype)


def _det_form_impl(a: Any, *ts: Any) -> Any:
    a = np.asarray(a)
    if not np.isfinite(a).all() or not a.size:
        return np.full(a.shape, np.nan, a.dtype)
    if not ts:
        return _cofactors(a)
    if len(ts) == 1:
        return _cofactor_derivative(a, ts[0]).astype(a.dtype, copy=False)
    return _cofactor_form(a, *ts)


def _det_form_transpose(ct: Any, a: Any, *ts: Any) -> list[Any]:
    if isinstance(a, Linear):
        not_linear()
    i = next(i for i, t in enumerate(ts) if isinstance(t, Linear))
    cts: list[Any] = [None] * (1 + len(ts))
    cts[1 + i] = bind(det_form_p, a, *ts[:i], ct, *ts[i + 1 :])
    return cts


det_form_p: Primitive = Primitive(
    "det_form",
    impl=_det_form_impl,
    abstract_eval=_form_abstract("det"),
    jvp=_form_jvp(lambda: det_form_p),
    transpose=_det_form_transpose,
    batch=batch_leading(lambda: det_form_p),
    lower=LAPACK,
)

det_p: Primitive = Primitive(
    "det",
    impl=np.linalg.det,
    abstract_eval=lambda a: ShapedArray(check_matrix("det", a, square=True)[:-2], a.dtype),
    jvp=lambda ts, xs, o: inner(bind(det_form_p, xs[0]), ts[0]),
    batch=batch_leading(lambda: det_p),
    lower=LAPACK,
)


def _slogdet_jvp(ts: Any, xs: Any, outs: Any) -> Any:
    """tr(A^-1 dA): its real part moves the logarithm, its imaginary part turns the sign."""
    trace = inner(mT(inverse(xs[0])), ts[0])
    if dtype_of(trace).kind != "c":
        return [None, trace]
    angle = imag(trace)
    return [mul(outs[0], make_complex(full_like(angle, 0), angle)), real_if_complex(trace)]


slogdet_p: Primitive = Primitive(
    "slogdet",
    impl=lambda a: list(np.linalg.slogdet(a)),
    abstract_eval=lambda a: [
        ShapedArray(check_matrix("slogdet", a, square=True)[:-2], a.dtype),
        ShapedArray(a.shape[:-2], np.dtype(a.dtype.char.lower())),
    ],
    jvp=_slogdet_jvp,
    batch=batch_leading(lambda: slogdet_p),
    lower=LAPACK,
    multiple_results=True,
)

# --- pseudoinverse --------------------------------------------------------------------------------


def _pinv_impl(a: Any, *, rtol: float, hermitian: bool) -> Any:
    a = np.asarray(a)
    shape = (a.shape[-1], a.shape[-2])
    if np.isfinite(a).all():
        return np.linalg.pinv(a, rtol, hermitian)
    return each_matrix(lambda x: [np.linalg.pinv(x, rtol, hermitian)], [a], [shape], [a.dtype])[0]


def _pinv_abstract(a: ShapedArray, *, rtol: float, hermitian: bool) -> ShapedArray:
    *lead, m, n = check_matrix("pinv", a, square=hermitian)
    return ShapedArray((*lead, n, m), a.dtype)


def _pinv_jvp(ts: Any, xs: Any, x: Any, *, rtol: float, hermitian: bool) -> Any:
    """Golub & Pereyra 1973, "The differentiation of pseudo-inverses ...", for constant rank."""
    a, t = xs[0], ts[0]
    if hermitian:
        a, t = hermitian_part(a), hermitian_part(t)
    th, xh = adjoint(t), adjoint(x)
    out = neg(matmul(x, matmul(t, x)))
    left = matmul(x, matmul(xh, th))
    out = add(out, sub(left, matmul(matmul(left, a), x)))
    right = matmul(matmul(th, xh), x)
    out = add(out, sub(right, matmul(x, matmul(a, right))))
    return out


pinv_p: Primitive = Primitive(
    "pinv",
    impl=_pinv_impl,
    abstract_eval=_pinv_abstract,
    jvp=_pinv_jvp,
    batch=batch_leading(lambda: pinv_p),
    lower=LAPACK,
)

# --- exponential ----------------------------------------------------------------------------------


def _expm_impl(a: Any, *ts: Any) -> Any:
    """Exponentials and their directional derivatives.

    Al-Mohy & Higham 2009, "A new scaling and squaring algorithm for the matrix exponential", and
    "Computing the Frechet derivative of the matrix exponential"; higher orders by block triangular
    matrices, Higham & Relton 2014, "Higher order Frechet derivatives of matrix functions".
    """
    import scipy.linalg

    a = np.asarray(a)
    n = a.shape[-1]
    if not ts:
        return scipy.linalg.expm(a).astype(a.dtype, copy=False) if a.size else a.copy()
    if len(ts) == 1:

        def frechet(x: Any, t: Any) -> Any:
            return [scipy.linalg.expm_frechet(x, t, compute_expm=False, check_finite=False)]

        return each_matrix(frechet, [a, ts[0]], [a.shape[-2:]], [a.dtype])[0]
    block = a
    for t in ts:
        size = block.shape[-1]
        wide = np.zeros((*a.shape[:-2], 2 * size, 2 * size), a.dtype)
        wide[..., :size, :size] = wide[..., size:, size:] = block
        copies = np.kron(np.eye(size // n), np.ones((n, n))) * np.tile(t, (size // n,) * 2)
        wide[..., :size, size:] = copies
        block = wide
    return scipy.linalg.expm(block)[..., :n, -n:].astype(a.dtype)


def _expm_transpose(ct: Any, a: Any, *ts: Any) -> list[Any]:
    """tr(X D^k exp(A)[T1 ... Tk]) is symmetric in X and the directions."""
    if isinstance(a, Linear):
        not_linear()
    i = next(i for i, t in enumerate(ts) if isinstance(t, Linear))
    cts: list[Any] = [None] * (1 + len(ts))
    cts[1 + i] = mT(bind(expm_p, a, *ts[:i], mT(ct), *ts[i + 1 :]))
    return cts


expm_p: Primitive = Primitive(
    "expm",
    impl=_expm_impl,
    abstract_eval=_form_abstract("expm"),
    jvp=_form_jvp(lambda: expm_p),
    transpose=_expm_transpose,
    batch=batch_leading(lambda: expm_p),
    lower=LAPACK,
)

# --- square root ----------------------------------------------------------------------------------


def _sqrtm_impl(a: Any) -> Any:
    import scipy.linalg

    a = np.asarray(a)
    return each_matrix(lambda x: [scipy.linalg.sqrtm(x)], [a], [a.shape[-2:]], [a.dtype])[0]


sqrtm_p: Primitive = Primitive(
    "sqrtm",
    impl=_sqrtm_impl,
    abstract_eval=_form_abstract("sqrtm"),
    jvp=lambda ts, xs, x: sylvester(x, x, ts[0]),
    batch=batch_leading(lambda: sqrtm_p),
    lower=LAPACK,
)


# --- the primitives as functions ----------------------------------------------------------------


def det(a: Any) -> Any:
    """Determinant; all derivatives are exact at singular matrices too."""
    return bind(det_p, a)


def slogdet(a: Any) -> tuple[Any, Any]:
    """Sign and logarithm of the absolute value of the determinant."""
    sign, logabsdet = bind(slogdet_p, a)
    return sign, logabsdet


def pinv(a: Any, rtol: float, hermitian: bool = False) -> Any:
    """Moore-Penrose inverse; singular values below rtol * largest count as zero."""
    return bind(pinv_p, a, rtol=float(rtol), hermitian=bool(hermitian))


def expm(a: Any) -> Any:
    """Matrix exponential."""
    return bind(expm_p, a)


def sqrtm(a: Any) -> Any:
    """Principal square root, in complex arithmetic."""
    d = dtype_of(a)
    return bind(sqrtm_p, convert_element_type(a, np.result_type(d, np.complex64)))
