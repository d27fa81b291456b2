"""The error function and its kin, and the logarithm of the gamma function with its derivative.

erfc uses exp(-x^2) and one polynomial for the rest on the whole half-line, by the substitution
t = (x - 4) / (x + 4) of Shepherd and Laframboise (*Chebyshev approximation of (1+2x) exp(x^2)
erfc x*, Math. Comp. 36, 1981).  erfinv starts from polynomials in log(1 - x^2), as Giles
(*Approximating the erfinv function*, 2010), and in float64 adds one step of Halley's method.
"""

import math
from typing import Any

from .scalar_ops import (
    PI,
    Precision,
    bits,
    copysign,
    fabs,
    float_of,
    inline,
    muladd,
    polynomial,
    rint,
    select,
    sqrt,
)

__all__ = ["build"]


def _error_functions(p: Precision, f: dict[str, Any]) -> dict[str, Any]:
    """Build erf, erfc and erf_inv."""
    real, integer = p.real, p.integer
    half, one, two, four, zero = real(0.5), real(1), real(2), real(4), real(0)
    exp_sum, log = f["exp_sum"], f["log"]
    erf_series, erfcx = p.polynomial("ERF"), p.polynomial("ERFCX")
    end = real(28.0) if p.wide else real(11.0)
    high_bits = integer(-1 << (27 if p.wide else 12))
    central, tail = p.polynomial("ERFINV"), p.polynomial("ERFINV_TAIL")
    shift, split, tail_shift = real(2.5), real(5.0), real(4.0) if p.wide else real(3.0)
    slope, inf, wide = real(math.sqrt(math.pi) / 2), p.inf, p.wide
    tiny = p.tiny

    @inline
    def complement(a: Any) -> Any:
        """erfc(a) for a >= 0."""
        a = select(a > end, end, a)
        h = float_of(integer(bits(a) & high_bits))  # so that h * h is exact
        low = (a - h) * (a + h)
        square = h * h + low
        e = exp_sum(-square, (square - h * h) - low)
        return e * (erfcx((a - four) / (a + four)) / muladd(two, a, one))

    @inline
    def near(x: Any) -> Any:
        """erf(x) for |x| <= 1."""
        return muladd(x, erf_series(x * x), x)

    @inline
    def erf(x: Any) -> Any:
        a = fabs(x)
        small = select(a < tiny, x, near(select(a < one, x, zero)))
        small = select(a < tiny * four, x + x * real(0.1283791670955126), small)
        return select(a < one, small, copysign(one - complement(a), x))

    @inline
    def erfc(x: Any) -> Any:
        a = fabs(x)
        c = complement(a)
        return select(a < half, one - near(select(a < half, x, zero)), select(x < zero, two - c, c))

    @inline
    def erf_inv(x: Any) -> Any:
        a = fabs(x)
        w = -log((one - a) * (one + a))
        inner = central(select(w < split, w, shift) - shift)
        outer = tail(sqrt(select(w < split, split, w)) - tail_shift)
        y = a * select(w < split, inner, outer)
        if wide:
            error = select(a < half, near(y) - a, (one - a) - complement(y))
            step = error * slope / exp_sum(-(y * y), zero)
            y = y - step / muladd(y, step, one)
        return copysign(select(a == one, inf, y), x)

    return {"erf": erf, "erfc": erfc, "erf_inv": erf_inv}


# B_2k / (2k (2k - 1)) of Stirling's series, and B_2k / 2k of its derivative
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def _gamma_functions(p: Precision, f: dict[str, Any]) -> dict[str, Any]:
    """Build lgamma and digamma."""
    real = p.real
    log, sin, tan = f["log"], f["sin"], f["tan"]
    zero, half, one, two, ten = real(0), real(0.5), real(1), real(2), real(10)
    pi, inf, nan = real(float(PI)), p.inf, p.nan
    ratio = p.polynomial("LGAMMA")
    stirling, asymptotic = polynomial(_STIRLING, p.real), polynomial(_DIGAMMA, p.real)
    three_halves, five_halves = real(1.5), real(2.5)
    constant = real(0.5 * math.log(2 * math.pi))
    steps = tuple(real(i) for i in range(2, 10))
    shifts = tuple(real(i) for i in range(10))

    @inline
    def lgamma_positive(y: Any) -> Any:
        # Gamma(y) from Gamma(2 + v), |v| <= 1/2, by a product or a quotient whose logarithm has
        # the sign of what it is added to; v comes from y exactly.
        k = rint(select(y < ten, y, two))
        small, unit, middle = y < half, y < three_halves, y < five_halves
        v = select(small, y, select(unit, y - one, select(middle, y - two, y - k)))
        product = one
        for i in steps:
            product = select(i < k, product * (v + i), product)
        product = select(small, y * (one + y), select(unit, y, select(middle, one, product)))
        large = y >= ten
        logarithm = log(select(large, y, product))
        near = muladd(v, ratio(v), select(unit, -logarithm, logarithm))
        safe = select(large, y, ten)
        inverse = one / safe
        series = inverse * stirling(inverse * inverse)
        far = (safe - half) * (logarithm - one) + ((constant - half) + series)
        return select(large, far, near)

    @inline
    def lgamma(x: Any) -> Any:
        a = fabs(x)
        result = lgamma_positive(select(x < zero, one + a, a))
        nearest = x - rint(x)
        # Gamma(-a) Gamma(1 + a) = -pi / sin(pi a)
        reflected = -log(fabs(sin(pi * nearest)) / pi) - result
        result = select(x < zero, select(nearest == zero, inf, reflected), result)
        return select(a == inf, inf, result)

    @inline
    def digamma(x: Any) -> Any:
        y = select(x < zero, one - x, x)
        low = y < ten
        numerator, denominator = zero, one
        base = select(low, y, one)
        for i in shifts:
            numerator = muladd(numerator, base + i, denominator)
            denominator = denominator * (base + i)
        z = select(low, y + ten, y)
        inverse = one / z
        square = inverse * inverse
        result = log(z) - half * inverse - square * asymptotic(square)
        result = result - select(low, numerator / denominator, zero)
        nearest = x - rint(x)
        result = select(x < zero, result - pi / tan(pi * nearest), result)
        result = select((x < zero) & (nearest == zero), nan, result)
        result = select(x == zero, copysign(inf, -x), result)
        result = select(x == inf, inf, result)
        return select(x == -inf, nan, result)

    return {"lgamma": lgamma, "digamma": digamma}


def build(p: Precision, functions: dict[str, Any]) -> dict[str, Any]:
    """Build this module's functions for one precision, by name, on those of the others."""
    return {**_error_functions(p, functions), **_gamma_functions(p, functions)}
