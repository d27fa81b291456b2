"""Powers, roots, rounding, division and comparison, with NumPy's conventions.

Floats: `rem` is C's fmod and ``numpy.fmod``, `remainder` and `floor_divide` are Python's.
Integers: ``x // 0 == x % 0 == 0``, and the smallest integer divided by -1 is itself, as in NumPy.
The power function carries the logarithm in two floats (Dekker, *A floating-point technique for
extending the available precision*, 1971), so that its error stays below one ulp.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from .scalar_ops import (
    F64,
    LN2,
    Precision,
    bits,
    ceil,
    copysign,
    fabs,
    float_of,
    floor,
    fma,
    frem,
    inline,
    muladd,
    polynomial,
    rint,
    select,
    sqrt,
    trunc,
    widen,
)
from .scalar_tables import F64 as F64_TABLE

__all__ = ["build", "build_integer"]


def _log_pair(decompose: Any) -> Any:
    """Build the natural logarithm of a positive float64 in two parts, about 2^-66 exact."""
    one, two = np.float64(1), np.float64(2)
    ln2_high, ln2_low = F64.split(LN2, 42)
    third_high, third_low = F64.split(Fraction(2, 3), 53)
    tail = polynomial(F64_TABLE["LOG_2"], np.float64)

    @inline
    def log_pair(x: Any) -> Any:
        e, m = decompose(x)
        # s = (m - 1) / (m + 1), z = s^2, w = 2/3 + z tail(z); then log m = 2 s + s z w
        f = m - one
        d = m + one
        inverse = one / d
        s = f * inverse
        s_low = (fma(-s, d, f) - s * (m - (d - one))) * inverse
        z = s * s
        z_low = fma(s, s, -z) + two * s * s_low
        rest = z * tail(z)
        w = third_high + rest
        w_low = ((third_high - w) + rest) + third_low
        p = z * w
        p_low = fma(z, w, -p) + (z * w_low + z_low * w)
        q = s * p
        q_low = fma(s, p, -q) + (s * p_low + s_low * p)
        log_m = two * s + q
        low = ((two * s - log_m) + q) + (two * s_low + q_low)
        scaled = e * ln2_high  # exact
        high = scaled + log_m
        back = high - scaled
        low += ((scaled - (high - back)) + (log_m - back)) + e * ln2_low
        total = high + low
        return total, (high - total) + low

    return log_pair


def _power(p: Precision, f: dict[str, Any], log64: Any, exp64: Any, log_pair: Any) -> Any:
    """Build pow; in float32 by way of float64's functions."""
    real, is_wide = p.real, p.wide
    zero, half, one, inf, nan = real(0), real(0.5), real(1), p.inf, p.nan
    limit = real(1000.0)
    exp_sum = f["exp_sum"]

    @inline
    def magnitude(a: Any, y: Any) -> Any:
        """a ** y for a >= 0, but for a == 1."""
        if is_wide:
            high, low = log_pair(a)
            high = select(a == zero, -inf, select(a < inf, high, a))
            product = y * high
            rest = fma(y, high, -product) + y * low
            return exp_sum(product, select(fabs(product) < limit, rest, zero))
        return real(exp64(widen(y) * log64(widen(a))))

    @inline
    def pow_(x: Any, y: Any) -> Any:
        a = fabs(x)
        result = select(a == one, select(y == y, one, y), magnitude(a, y))
        whole = trunc(y) == y
        odd = whole & (trunc(half * y) != half * y)
        result = select(odd, copysign(result, x), result)
        result = select((x < zero) & (a < inf) & (not whole), nan, result)
        return select((y == zero) | (x == one), one, result)

    return pow_


def _roots(p: Precision, f: dict[str, Any]) -> dict[str, Any]:
    """Build sqrt, rsqrt and cbrt."""
    real, integer = p.real, p.integer
    one, two, third, inf, zero = real(1), real(2), real(1 / 3), p.inf, real(0)
    decompose, start, magic = f["decompose"], p.polynomial("CBRT"), p.magic
    high_bits = integer(-1 << (28 if p.wide else 13))
    mantissa, bias = integer(p.mantissa), integer(p.bias)
    magic_bits = integer(magic.view(integer))

    @inline
    def square_root(x: Any) -> Any:
        return sqrt(x)

    @inline
    def rsqrt(x: Any) -> Any:
        return one / sqrt(x)

    @inline
    def power_of_two(k: Any) -> Any:
        return float_of(integer(integer(integer(bits(k + magic) - magic_bits) + bias) << mantissa))

    @inline
    def cbrt(x: Any) -> Any:
        a = fabs(x)
        e, m = decompose(a)
        k = muladd(e, third, magic) - magic
        m = m * power_of_two(e - (k + k + k))
        t = start(m)
        cube = t * t * t
        t = t * ((cube + two * m) / (two * cube + m))  # Halley
        t = float_of(integer(bits(t) & high_bits))  # so that t * t is exact
        r = m / (t * t)
        t = muladd(t, (r - t) / (two * t + r), t)
        result = copysign(t * power_of_two(k), x)
        return select((a < inf) & (a != zero), result, x)

    return {"sqrt": square_root, "rsqrt": rsqrt, "cbrt": cbrt}


def _rounding(p: Precision) -> dict[str, Any]:
    """Build floor, ceil, rint, trunc, round_away, sign, and division with remainder."""
    real = p.real
    zero, half, one, nan = real(0), real(0.5), real(1), p.nan

    @inline
    def floor_(x: Any) -> Any:
        return floor(x)

    @inline
    def ceil_(x: Any) -> Any:
        return ceil(x)

    @inline
    def rint_(x: Any) -> Any:
        return rint(x)

    @inline
    def trunc_(x: Any) -> Any:
        return trunc(x)

    @inline
    def round_away(x: Any) -> Any:
        whole = trunc(x)
        return select(fabs(x - whole) < half, whole, whole + copysign(one, x))

    @inline
    def sign(x: Any) -> Any:
        result = select(x > zero, one, select(x < zero, -one, zero))
        return select(x == x, result, x)

    @inline
    def rem(x: Any, y: Any) -> Any:
        return frem(x, y)

    @inline
    def remainder(x: Any, y: Any) -> Any:
        r = frem(x, y)
        shifted = select((r < zero) != (y < zero), r + y, r)
        return select(r == zero, copysign(zero, y), shifted)

    @inline
    def floor_divide(x: Any, y: Any) -> Any:
        r = frem(x, y)
        quotient = (x - r) / y
        quotient = select((r != zero) & ((r < zero) != (y < zero)), quotient - one, quotient)
        down = floor(quotient)
        result = select(quotient - down > half, down + one, down)
        result = select(quotient == zero, copysign(zero, x / y), result)
        return select(y == zero, x / y, select(r == r, result, nan))

    @inline
    def max_(x: Any, y: Any) -> Any:
        return select((x >= y) | (x != x), x, y)

    @inline
    def min_(x: Any, y: Any) -> Any:
        return select((x <= y) | (x != x), x, y)

    return {
        "floor": floor_,
        "ceil": ceil_,
        "rint": rint_,
        "trunc": trunc_,
        "round_away": round_away,
        "sign": sign,
        "rem": rem,
        "remainder": remainder,
        "floor_divide": floor_divide,
        "max": max_,
        "min": min_,
    }


def _integer_power(type_: Any) -> Any:
    """Build x ** n for an integer n >= 0, by squaring."""
    one, zero = type_(1), np.int64(0)

    @inline
    def integer_pow(x: Any, n: Any) -> Any:
        result, count = one, np.int64(n)
        while count > zero:
            if count & np.int64(1):
                result = type_(result * x)
            x = type_(x * x)
            count >>= np.int64(1)
        return result

    return integer_pow


def build(p: Precision, f: dict[str, Any], wide: dict[str, Any]) -> dict[str, Any]:
    """Build this module's functions for one precision, by name, on those of the others."""
    return {
        **_rounding(p),
        **_roots(p, f),
        "pow": _power(p, f, wide["log"], wide["exp"], _log_pair(f["decompose"])),
        "integer_pow": _integer_power(p.real),
    }


def build_integer(type_: Any) -> dict[str, Any]:
    """Build the functions of one integer type, by name."""
    info = np.iinfo(type_)
    zero, one = type_(0), type_(1)
    signed, narrow = info.min < 0, info.bits <= 32
    minus = type_(-1) if signed else one
    f64, i64 = np.float64, np.int64

    @inline
    def parts(x: Any, y: Any) -> Any:
        """The quotient towards zero and the remainder, for y neither 0 nor -1."""
        if narrow:  # float64 holds both, its quotient is right, and it has vector instructions
            quotient = type_(i64(trunc(f64(x) / f64(y))))
        else:
            quotient = type_(x // y)
            if signed:
                up = (type_(quotient * y) != x) & ((x < zero) != (y < zero))
                quotient = select(up, type_(quotient + one), quotient)
        return quotient, type_(x - type_(quotient * y))

    @inline
    def divisor(y: Any) -> Any:
        """A divisor that the processor survives."""
        if signed:
            return select((y == zero) | (y == minus), one, y)
        return select(y == zero, one, y)

    @inline
    def finish(x: Any, y: Any, result: Any, at_minus: Any) -> Any:
        if signed:
            result = select(y == minus, at_minus, result)
        return select(y == zero, zero, result)

    @inline
    def div(x: Any, y: Any) -> Any:
        quotient, _ = parts(x, divisor(y))
        return finish(x, y, quotient, type_(zero - x))

    @inline
    def floor_divide(x: Any, y: Any) -> Any:
        safe = divisor(y)
        quotient, r = parts(x, safe)
        if signed:
            down = (r != zero) & ((r < zero) != (safe < zero))
            quotient = select(down, type_(quotient - one), quotient)
        return finish(x, y, quotient, type_(zero - x))

    @inline
    def rem(x: Any, y: Any) -> Any:
        _, r = parts(x, divisor(y))
        return finish(x, y, r, zero)

    @inline
    def remainder(x: Any, y: Any) -> Any:
        safe = divisor(y)
        _, r = parts(x, safe)
        if signed:
            r = select((r != zero) & ((r < zero) != (safe < zero)), type_(r + safe), r)
        return finish(x, y, r, zero)

    @inline
    def sign(x: Any) -> Any:
        return select(x > zero, one, select(x < zero, minus, zero))

    @inline
    def max_(x: Any, y: Any) -> Any:
        return select(x >= y, x, y)

    @inline
    def min_(x: Any, y: Any) -> Any:
        return select(x <= y, x, y)

    return {
        "div": div,
        "floor_divide": floor_divide,
        "rem": rem,
        "remainder": remainder,
        "sign": sign,
        "max": max_,
        "min": min_,
        "integer_pow": _integer_power(type_),
    }
