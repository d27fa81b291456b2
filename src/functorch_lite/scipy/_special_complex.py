"""Special functions beyond real elementwise ones: complex arguments, orders, harmonics."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import bind, current_source, dtype_of, is_tracer, summarize
from ..numpy import _elementwise as el
from ..numpy._joining import stack
from ..numpy._promotion import as_array, cast, promote_inexact
from ..numpy._reductions import sum as _sum
from ..prims import special as sp

__all__ = ["bessel_jn", "loggamma", "sph_harm_y", "wofz"]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    return promote_inexact(x, small_ints=False)[0]


def loggamma(x: Any) -> Any:
    """Logarithm of gamma, continued from the positive numbers to the complex plane.

    For negative real numbers NaN; give them as complex ones. See `scipy.special.loggamma`.

    Examples
    --------
    >>> loggamma(np.array([4.0])).round(6)
    array([1.791759])
    """
    z = _array(x, "loggamma")
    if dtype_of(z).kind == "c":
        return bind(sp.loggamma_p, z)
    with np.errstate(all="ignore"):
        return el.where(el.less(z, 0), dtype_of(z).type(np.nan), bind(sp.lgamma_p, z))


def wofz(z: Any) -> Any:
    """Faddeeva function, ``exp(-z**2) erfc(-iz)``. See `scipy.special.wofz`.

    Examples
    --------
    >>> wofz(np.array([1j])).real.round(6)
    array([0.427584])
    """
    x = _array(z, "wofz")
    return bind(sp.wofz_p, cast(x, np.result_type(dtype_of(x), np.complex64)))


def bessel_jn(z: Any, *, v: int, n_iter: int = 50) -> Any:
    """Bessel functions of the first kind of orders 0 to `v`, along a new first axis.

    By downward recurrence of ratios from order `n_iter` (Gautschi 1967), which should be well above
    abs(z) and `v`.

    Examples
    --------
    >>> bessel_jn(np.array([1.0]), v=1).round(6)
    array([[0.765198],
           [0.440051]])
    """
    if not 0 <= v < n_iter:
        raise ValueError(
            f"bessel_jn: the order v must be in 0 <= v < n_iter, got {v} and {n_iter} "
            f"{summarize(current_source())}"
        )
    x = _array(z, "bessel_jn")
    ratio: Any = el.multiply(x, 0)
    ratios = []
    for k in range(n_iter, 0, -1):
        ratio = x / (2 * k - x * ratio)
        ratios.append(ratio)
    # J0 + 2 (J2 + J4 + ...) = 1.
    term: Any = el.multiply(x, 0) + 1
    terms = [term]
    for ratio in reversed(ratios):
        term = term * ratio
        terms.append(term)
    total = terms[0] + 2 * sum(terms[4::2], terms[2]) if n_iter > 1 else terms[0]
    return stack(terms[: v + 1]) / total


def _legendre(n_max: int, theta: Any) -> dict[tuple[int, int], Any]:
    """Return Legendre functions of cos(theta), normalised for spherical harmonics, for m >= 0."""
    c, s = el.cos(theta), el.sin(theta)
    p: dict[tuple[int, int], Any] = {}
    diagonal: Any = el.multiply(c, 0) + np.sqrt(0.25 / np.pi)
    for m in range(n_max + 1):
        if m:
            diagonal = -np.sqrt((2 * m + 1) / (2 * m)) * s * diagonal
        p[m, m] = diagonal
        if m < n_max:
            p[m + 1, m] = np.sqrt(2 * m + 3) * c * diagonal
        for n in range(m + 2, n_max + 1):
            a = np.sqrt((4 * n * n - 1) / (n * n - m * m))
            b = np.sqrt(((n - 1) ** 2 - m * m) / (4 * (n - 1) ** 2 - 1))
            p[n, m] = a * (c * p[n - 1, m] - b * p[n - 2, m])
    return p


def sph_harm_y(
    n: Any, m: Any, theta: Any, phi: Any, diff_n: int | None = None, n_max: int | None = None
) -> Any:
    """Spherical harmonics of degrees `n` and orders `m` at colatitudes and longitudes.

    Parameters
    ----------
    n, m : arrays of integers
        ``abs(m) <= n``.
    theta, phi : arrays
        Polar angle in [0, pi], azimuth in [0, 2 pi].
    n_max : int, optional
        The largest degree; needed where `n` is traced.

    Examples
    --------
    >>> sph_harm_y(np.array([1]), np.array([0]), np.array([0.0]), np.array([0.0])).real.round(6)
    array([0.488603])
    """
    if diff_n is not None:
        raise ValueError(f"sph_harm_y: use grad in place of diff_n {summarize(current_source())}")
    degrees, orders = as_array(n, "sph_harm_y"), as_array(m, "sph_harm_y")
    if n_max is None:
        if is_tracer(degrees):
            raise ShapeError(
                "sph_harm_y: the degrees are not known while tracing "
                f"{summarize(current_source())}; pass n_max"
            )
        n_max = int(np.max(degrees))
    t, f = promote_inexact(as_array(theta), as_array(phi), small_ints=False)
    size = el.absolute(orders)
    degrees = el.minimum(degrees, n_max)
    values = _legendre(n_max, t)
    found = [
        el.where(el.logical_and(el.equal(degrees, i), el.equal(size, j)), v, dtype_of(v).type(0))
        for (i, j), v in values.items()
    ]
    value = _sum(stack(found), 0)
    sign = el.where(el.logical_and(orders < 0, el.equal(orders % 2, 1)), -1, 1)
    angle = f * cast(orders, dtype_of(f))
    from ..numpy._promotion import broadcast_operands
    from ..prims.complexes import complex as complex_of

    return complex_of(
        *broadcast_operands([value * sign * el.cos(angle), value * sign * el.sin(angle)])
    )
