"""Polynomials by their coefficients, highest power first."""

from typing import Any

import numpy as np

from ..ir import dtype_of, shape_of
from ._creation import zeros_like
from ._joining import concatenate, stack
from ._manipulation import atleast_1d
from ._promotion import as_array, promote_dtypes, promote_inexact

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
    "vander",
]


def _coefficients(p: Any) -> Any:
    return atleast_1d(as_array(p, "a polynomial"))


def polyval(p: Any, x: Any) -> Any:
    """Evaluate a polynomial at `x` by Horner's rule. See `numpy.polyval`."""
    p, x = promote_dtypes(_coefficients(p), as_array(x))
    y = zeros_like(x)
    for i in range(shape_of(p)[0]):
        y = y * x + p[i]
    return y


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Pad the shorter polynomial with leading zeros."""
    a, b = promote_dtypes(_coefficients(a1), _coefficients(a2))
    n = max(shape_of(a)[0], shape_of(b)[0])

    def pad(p: Any) -> Any:
        missing = n - shape_of(p)[0]
        return concatenate([np.zeros(missing, dtype_of(p)), p]) if missing else p

    return pad(a), pad(b)


def polyadd(a1: Any, a2: Any) -> Any:
    """Add polynomials. See `numpy.polyadd`."""
    a, b = _aligned(a1, a2)
    return a + b


def polysub(a1: Any, a2: Any) -> Any:
    """Subtract polynomials. See `numpy.polysub`."""
    a, b = _aligned(a1, a2)
    return a - b


def polymul(a1: Any, a2: Any) -> Any:
    """Multiply polynomials. See `numpy.polymul`."""
    from .. import numpy as fnp

    return fnp.convolve(_coefficients(a1), _coefficients(a2))


def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """Divide polynomials; return quotient and remainder. See `numpy.polydiv`.

    Leading zeros of `v` cannot be told apart while tracing; the remainder keeps its length.
    """
    u, v = promote_inexact(_coefficients(u), _coefficients(v), small_ints=False)
    m, n = shape_of(u)[0], shape_of(v)[0]
    if m < n:
        return np.zeros(1, dtype_of(u)), u
    quotient = []
    rest = u
    for k in range(m - n + 1):
        q = rest[k] / v[0]
        quotient.append(q)
        parts = [rest[:k], rest[k : k + n] - q * v, rest[k + n :]]
        rest = concatenate([p for p in parts if shape_of(p)[0]])
    return stack(quotient), rest[m - n + 1 :] if n > 1 else np.zeros(1, dtype_of(u))


def polyder(p: Any, m: int = 1) -> Any:
    """Differentiate a polynomial. See `numpy.polyder`."""
    p = _coefficients(p)
    for _ in range(m):
        n = shape_of(p)[0] - 1
        if n <= 0:
            return np.zeros(0, dtype_of(p))
        p = p[:-1] * np.arange(n, 0, -1).astype(dtype_of(p))
    return p


def polyint(p: Any, m: int = 1, k: Any = 0) -> Any:
    """Integrate a polynomial. See `numpy.polyint`."""
    (p,) = promote_inexact(_coefficients(p), small_ints=False)
    constants = atleast_1d(as_array(k))
    for i in range(m):
        c = constants[min(i, shape_of(constants)[0] - 1)]
        n = shape_of(p)[0]
        body = p / np.arange(n, 0, -1).astype(dtype_of(p))
        p = concatenate([body, atleast_1d(c * np.ones((), dtype_of(p)))])
    return p


def poly(seq_of_zeros: Any) -> Any:
    """Return the coefficients of the polynomial with given roots. See `numpy.poly`."""
    from .linalg import eigvals

    (z,) = promote_inexact(_coefficients(seq_of_zeros), small_ints=False)
    if len(shape_of(z)) == 2:
        z = eigvals(z)
    out = np.ones(1, dtype_of(z))
    for i in range(shape_of(z)[0]):
        out = polymul(out, stack([np.ones((), dtype_of(z)), -z[i]]))
    return out


def roots(p: Any) -> Any:
    """Return the roots of a polynomial, as eigenvalues of its companion matrix.

    Leading zeros cannot be stripped while tracing: the first coefficient must not be 0.
    See `numpy.roots`.
    """
    from ._promotion import is_plain
    from .linalg import eigvals

    p = _coefficients(p)
    if is_plain(p):
        return np.asanyarray(np.roots(p))
    (p,) = promote_inexact(p, small_ints=False)
    n = shape_of(p)[0] - 1
    if n < 1:
        return np.zeros(0, np.complex128)
    top = (-p[1:] / p[0])[None]
    companion = concatenate([top, np.eye(n, dtype=dtype_of(p))[:-1]])
    return eigvals(companion)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Return the Vandermonde matrix. See `numpy.vander`."""
    x = _coefficients(x)
    n = shape_of(x)[0] if N is None else N
    powers = range(n) if increasing else range(n - 1, -1, -1)
    if n == 0:
        return np.zeros((shape_of(x)[0], 0), dtype_of(x))
    return stack([x**k for k in powers], 1)


def polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: Any = None,
    cov: bool = False,
) -> Any:
    """Fit a polynomial by least squares. See `numpy.polyfit`.

    Returns
    -------
    array
        Coefficients, or ``(coefficients, residuals, rank, singular values, rcond)`` if `full`,
        or ``(coefficients, covariance)`` if `cov`.
    """
    from ._elementwise import sqrt
    from .linalg import inv, lstsq

    x, y = promote_inexact(as_array(x), as_array(y), small_ints=False)
    n = shape_of(x)[0]
    lhs = vander(x, deg + 1)
    rhs = y
    if w is not None:
        lhs = lhs * as_array(w)[:, None]
        rhs = rhs * (as_array(w) if len(shape_of(y)) == 1 else as_array(w)[:, None])
    scale = sqrt((lhs * lhs).sum(0))
    rcond = n * float(np.finfo(dtype_of(x)).eps) if rcond is None else rcond
    c, residuals, rank, s = lstsq(lhs / scale, rhs, rcond)
    c = (c.T / scale).T
    if full:
        return c, residuals, rank, s, rcond
    if not cov:
        return c
    base = inv(lhs.T @ lhs / (scale[:, None] * scale)) / (scale[:, None] * scale)
    factor = residuals / (n - (deg + 1))
    if len(shape_of(y)) == 1:
        return c, base * factor
    return c, base[:, :, None] * factor
