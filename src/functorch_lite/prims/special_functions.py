"""Bessel functions, zeta, exponential and other integrals, error functions, x log y.

NIST DLMF (https://dlmf.nist.gov), chapters 6, 7, 10 and 25.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Primitive, bind
from .arithmetic import add, div, mul, neg, select, sign_p, sub
from .logical import eq, lt
from .special_common import constant as _c
from .special_common import no_derivative, nonzero, special
from .transcendental import cos, erf_p, exp, log, log1p_p, sin

__all__ = [
    "bessel_i0_p",
    "bessel_i0e_p",
    "bessel_i1_p",
    "bessel_i1e_p",
    "cosine_integral_p",
    "dawsn_p",
    "erfcx_p",
    "exp1_p",
    "expi_p",
    "expn_p",
    "fresnel_c_p",
    "fresnel_s_p",
    "log_ndtr_p",
    "ndtri_p",
    "owens_t_p",
    "sine_integral_p",
    "spence_p",
    "xlog1py_p",
    "xlogy_p",
    "zeta_p",
]

_SQRT_PI = float(np.sqrt(np.pi))
_SQRT_2PI = float(np.sqrt(2 * np.pi))


def _near_zero(
    x: Any, power: Any, coefficients: Sequence[float], radius: float, far: Callable[[Any], Any]
) -> Any:
    """Evaluate a power series where |x| < radius, so that all derivatives exist at 0, else far(x)."""
    near = lt(mul(x, x), _c(x, radius**2))
    small = select(near, power, _c(power, 0))
    series = _c(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        series = add(mul(small, series), _c(x, c))
    return select(near, series, far(select(near, _c(x, 1), x)))


# --- Bessel functions -----------------------------------------------------------------------------


def _sign(x: Any) -> Any:
    return bind(sign_p, x)


def _i1e_over_x(x: Any, o: Any) -> Any:
    """i1e(x) / x, and 1/2 at 0."""
    return select(eq(x, _c(x, 0)), _c(x, 0.5), div(o, nonzero(x)))


_I1_RATIO = [0.5 / (4**k * math.factorial(k) * math.factorial(k + 1)) for k in range(7)]


def _i1_over_x(x: Any) -> Any:
    """i1(x) / x, and 1/2 at 0."""
    far = lambda x: div(bind(bessel_i1_p, x), x)  # noqa: E731
    return _near_zero(x, mul(x, x), _I1_RATIO, 0.3, far)


bessel_i0e_p: Primitive = special(
    "bessel_i0e",
    "i0e",
    [lambda t, o, x: mul(t, sub(bind(bessel_i1e_p, x), mul(_sign(x), o)))],
)
bessel_i1e_p: Primitive = special(
    "bessel_i1e",
    "i1e",
    [lambda t, o, x: mul(t, sub(sub(bind(bessel_i0e_p, x), mul(_sign(x), o)), _i1e_over_x(x, o)))],
)
bessel_i0_p: Primitive = special("bessel_i0", "i0", [lambda t, o, x: mul(t, bind(bessel_i1_p, x))])
bessel_i1_p: Primitive = special(
    "bessel_i1",
    "i1",
    [lambda t, o, x: mul(t, sub(bind(bessel_i0_p, x), _i1_over_x(x)))],
)

# --- zeta, dilogarithm, exponential and other integrals ---------------------------------------------

# B_2j / (2j)!
_BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160]
_BERNOULLI += [-691 / 1307674368000, 1 / 74724249600, -3617 / 10670622842880000]
_HEAD = 10


def _zeta_dx(t: Any, o: Any, x: Any, q: Any) -> Any:
    """Differentiate the Euler-Maclaurin formula (25.11.5) in x; all derivatives exist."""

    def power(base: Any, exponent: Any) -> Any:
        return exp(mul(exponent, log(base)))

    total = None
    for k in range(_HEAD):
        base = add(q, _c(q, k)) if k else q
        term = mul(log(base), power(base, neg(x)))
        total = term if total is None else add(total, term)
    end = add(q, _c(q, _HEAD))
    log_end, last = log(end), power(end, neg(x))
    inverse = div(_c(x, 1), sub(x, _c(x, 1)))
    total = add(total, mul(mul(end, last), mul(inverse, add(log_end, inverse))))
    total = add(total, mul(mul(_c(x, 0.5), log_end), last))
    # (x)_(2j - 1), its logarithmic derivative, and end^(-x - 2j + 1).
    rising, harmonic, last = x, div(_c(x, 1), x), div(last, end)
    for j, c in enumerate(_BERNOULLI, 1):
        total = add(total, mul(mul(_c(x, c), mul(rising, last)), sub(log_end, harmonic)))
        for i in (2 * j - 1, 2 * j):
            factor = add(x, _c(x, i))
            rising, harmonic = mul(rising, factor), add(harmonic, div(_c(x, 1), factor))
        last = div(last, mul(end, end))
    return neg(mul(t, total))


zeta_p: Primitive = special(
    "zeta",
    "zeta",
    [
        _zeta_dx,
        lambda t, o, x, q: neg(mul(t, mul(x, bind(zeta_p, add(x, _c(x, 1)), q)))),
    ],
)


# log(1 + y) / y at 1 + y = x.
_LOG_RATIO = [(-1) ** k / (k + 1) for k in range(12)]


def _spence_dx(t: Any, o: Any, x: Any) -> Any:
    """log(x) / (1 - x), and -1 at 1."""
    y = sub(x, _c(x, 1))
    return neg(mul(t, _near_zero(y, y, _LOG_RATIO, 0.04, lambda y: div(bind(log1p_p, y), y))))


spence_p: Primitive = special("spence", "spence", [_spence_dx])
expi_p: Primitive = special("expi", "expi", [lambda t, o, x: mul(t, div(exp(x), x))])
exp1_p: Primitive = special("exp1", "exp1", [lambda t, o, x: neg(mul(t, div(exp(neg(x)), x)))])


def _expn_dx(t: Any, o: Any, n: Any, x: Any) -> Any:
    """-E_(n-1)(x), where E_0(x) = e^-x / x and E_-1(x) = e^-x (1 + 1/x) / x."""
    zero, one = _c(n, 0), _c(n, 1)
    below = bind(expn_p, select(eq(n, zero), zero, sub(n, one)), x)
    minus_one = div(mul(exp(neg(x)), add(_c(x, 1), div(_c(x, 1), x))), x)
    return neg(mul(t, select(eq(n, zero), minus_one, below)))


expn_p: Primitive = special("expn", "expn", [no_derivative("expn", "n"), _expn_dx])


_SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(7)]


def _sinc(x: Any) -> Any:
    """sin(x) / x, and 1 at 0."""
    return _near_zero(x, mul(x, x), _SINC, 0.3, lambda x: div(sin(x), x))


sine_integral_p: Primitive = special(
    "sine_integral", "sici", [lambda t, o, x: mul(t, _sinc(x))], pick=0
)
cosine_integral_p: Primitive = special(
    "cosine_integral", "sici", [lambda t, o, x: mul(t, div(cos(x), x))], pick=1
)


def _quarter(x: Any) -> Any:
    return mul(mul(x, x), _c(x, np.pi / 2))


fresnel_s_p: Primitive = special(
    "fresnel_s", "fresnel", [lambda t, o, x: mul(t, sin(_quarter(x)))], pick=0
)
fresnel_c_p: Primitive = special(
    "fresnel_c", "fresnel", [lambda t, o, x: mul(t, cos(_quarter(x)))], pick=1
)

# --- error functions and the normal distribution ----------------------------------------------------

erfcx_p: Primitive = special(
    "erfcx",
    "erfcx",
    [lambda t, o, x: mul(t, sub(mul(mul(x, o), _c(x, 2)), _c(x, 2 / _SQRT_PI)))],
)
dawsn_p: Primitive = special(
    "dawsn", "dawsn", [lambda t, o, x: mul(t, sub(_c(x, 1), mul(mul(x, o), _c(x, 2))))]
)
ndtri_p: Primitive = special(
    "ndtri",
    "ndtri",
    [lambda t, o, p: mul(t, mul(exp(mul(mul(o, o), _c(o, 0.5))), _c(o, _SQRT_2PI)))],
)
log_ndtr_p: Primitive = special(
    "log_ndtr",
    "log_ndtr",
    [
        lambda t, o, x: mul(
            t, mul(exp(neg(add(mul(mul(x, x), _c(x, 0.5)), o))), _c(x, 1 / _SQRT_2PI))
        )
    ],
)


def _owens_dh(t: Any, o: Any, h: Any, a: Any) -> Any:
    """-phi(h) erf(a h / sqrt 2) / 2."""
    density = exp(mul(mul(h, h), _c(h, -0.5)))
    spread = bind(erf_p, mul(mul(a, h), _c(h, np.sqrt(0.5))))
    return mul(t, mul(mul(density, spread), _c(h, -0.5 / _SQRT_2PI)))


def _owens_da(t: Any, o: Any, h: Any, a: Any) -> Any:
    """exp(-h^2 (1 + a^2) / 2) / (2 pi (1 + a^2))."""
    w = add(mul(a, a), _c(a, 1))
    e = exp(mul(mul(mul(h, h), w), _c(h, -0.5)))
    return mul(t, div(e, mul(w, _c(a, 2 * np.pi))))


owens_t_p: Primitive = special("owens_t", "owens_t", [_owens_dh, _owens_da])

# --- x log y --------------------------------------------------------------------------------------


def _xlogy_dx(t: Any, o: Any, x: Any, y: Any) -> Any:
    """log(y), and 0 at (0, 0)."""
    zero = _c(x, 0)
    hole = select(eq(y, zero), eq(x, zero), np.bool_(False))
    return mul(t, select(hole, zero, log(select(hole, _c(y, 1), y))))


def _xlogy_dy(t: Any, o: Any, x: Any, y: Any) -> Any:
    """x / y, and 0 where x is 0."""
    empty = eq(x, _c(x, 0))
    return mul(t, select(empty, _c(x, 0), div(x, select(empty, _c(y, 1), y))))


xlogy_p: Primitive = special("xlogy", "xlogy", [_xlogy_dx, _xlogy_dy])


def _xlog1py_dx(t: Any, o: Any, x: Any, y: Any) -> Any:
    minus_one, zero = _c(y, -1), _c(x, 0)
    hole = select(eq(y, minus_one), eq(x, zero), np.bool_(False))
    return mul(t, select(hole, zero, bind(log1p_p, select(hole, zero, y))))


xlog1py_p: Primitive = special(
    "xlog1py",
    "xlog1py",
    [_xlog1py_dx, lambda t, o, x, y: _xlogy_dy(t, o, x, add(y, _c(y, 1)))],
)
