"""Trigonometric functions and their inverses for both precisions.

Arguments are reduced by multiples of pi/2: below 2^20 pi/2 with pi/2 held in parts whose products
are exact (Cody and Waite, 1980), beyond with the bits of 2/pi that matter, from a table (Payne and
Hanek, *Radian reduction for trigonometric functions*, SIGNUM 18, 1983).  Every finite argument is
reduced correctly.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from .scalar_ops import (
    PI,
    Precision,
    bits,
    copysign,
    fabs,
    float_of,
    fma,
    inline,
    lookup,
    muladd,
    select,
    sqrt,
    widen,
)
from .scalar_rare import rarely

__all__ = ["build"]

_F, _I = np.float64, np.int64
_LIMIT = _F(2.0**20)
_MAGIC = _F(1.5 * 2**52)
_ZERO, _QUARTER, _FOUR = _F(0), _F(0.25), _F(4)
_TWO_OVER_PI = _F(float(2 / PI))


def _floats(value: Fraction, *keep: int) -> list[Any]:
    """Split a number into float64 parts."""
    from .scalar_ops import F64

    return F64.split(value, *keep)


_P1, _P2, _P3, _P4 = _floats(PI / 2, 33, 33, 33)
_Q1, _Q2 = _floats(PI / 2, 53)


def _table() -> list[float]:
    """Tabulate 2^(8j - 32) * 2/pi modulo 4 in four float64 parts each, for j = 0 .. 127."""
    rows: list[float] = []
    for j in range(128):
        value = (2 / PI) * Fraction(2) ** (8 * j - 32)
        value -= 4 * (value // 4)
        rows += [float(v) for v in _floats(value, 53, 53, 53)]
    return rows


_read = lookup(_table())


@inline
def _two_sum(a: Any, b: Any) -> Any:
    """a + b and what rounding lost (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


@inline
def _modulo_4(x: Any) -> Any:
    """x modulo 4 within [-2, 2], exact."""
    k = x * _QUARTER
    rounder = copysign(_F(2.0**52), k)  # beyond it k is an integer
    return select(fabs(k) < _F(2.0**52), x - _FOUR * ((k + rounder) - rounder), _ZERO)


@inline
def _reduce_huge(x: Any) -> Any:
    """x = k pi/2 + (high + low) for |x| >= 2^20: k modulo 4 as a float, and the rest."""
    i = bits(x) & _I(0x7FFFFFFFFFFFFFFF)
    e = _I(i >> _I(52)) - _I(1043)
    e = select(e < _I(0), _I(0), e)
    row = _I(_I(e >> _I(3)) & _I(127)) << _I(2)
    # The significand times 2^(e mod 8), an integer below 2^60.
    exponent = _I(_I(1075) + _I(e & _I(7))) << _I(52)
    m = float_of(_I(_I(i & _I(0xFFFFFFFFFFFFF)) | exponent))
    t0, t1, t2, t3 = _read(row), _read(row + _I(1)), _read(row + _I(2)), _read(row + _I(3))
    p0, p1, p2 = m * t0, m * t1, m * t2
    e0, e1, e2 = fma(m, t0, -p0), fma(m, t1, -p1), fma(m, t2, -p2)
    h, l0 = _two_sum(_modulo_4(p0), _modulo_4(e0))
    h, l1 = _two_sum(h, _modulo_4(p1))
    k = (h + _MAGIC) - _MAGIC
    h, low = _two_sum(h - k, e1)
    h, lost = _two_sum(h, p2)
    low += lost
    h, lost = _two_sum(h, l0)
    low += lost
    h, lost = _two_sum(h, l1)
    low += lost
    low += e2 + m * t3
    total = h + low
    low = (h - total) + low
    high = total * _Q1
    low = fma(total, _Q1, -high) + (total * _Q2 + low * _Q1)
    negative = x < _ZERO
    return select(negative, -k, k), select(negative, -high, high), select(negative, -low, low)


@inline
def _reduce_near(x: Any) -> Any:
    """x = k pi/2 + (high + low) for |x| < 2^20."""
    k = muladd(x, _TWO_OVER_PI, _MAGIC) - _MAGIC
    t = muladd(-k, _P1, x)  # exact, as are the next two products
    r, lost = _two_sum(t, -k * _P2)
    r, lost2 = _two_sum(r, -k * _P3)
    low = (lost + lost2) - k * _P4
    high = r + low
    return k, high, (r - high) + low


@inline
def _reduce_short(x: Any) -> Any:
    """x = k pi/2 + high for |x| < 2^20 and a float32 x, for which one part is enough."""
    k = muladd(x, _TWO_OVER_PI, _MAGIC) - _MAGIC
    t = muladd(-k, _P1, x)
    return k, (t - k * _P2) - k * _P3


def _circular(p: Precision) -> dict[str, Any]:
    """Build sin, cos and tan."""
    real, integer = p.real, p.integer
    half, one, zero = real(0.5), real(1), real(0)
    sin_tail, cos_tail = p.polynomial("SIN"), p.polynomial("COS")
    one_i, two_i, sign_shift = integer(1), integer(2), integer(30 if not p.wide else 62)
    small, nan, inf = real(2.0 ** -(p.mantissa // 2 + 2)), p.nan, p.inf
    magic, wide, limit = p.magic, p.wide, real(_LIMIT)

    @inline
    def sin_cos(high: Any, low: Any) -> Any:
        """The sine and the cosine of high + low, at most pi / 4."""
        z = high * high
        s = high + muladd(high * z, sin_tail(z), low * muladd(-half, z, one))
        h = half * z
        w = one - h
        c = w + (((one - w) - h) + muladd(z * z, cos_tail(z), -high * low))
        return s, c

    @inline
    def turned(q: Any, high: Any, low: Any) -> Any:
        """The sine of high + low and q quarter turns."""
        s, c = sin_cos(high, low)
        r = select(integer(q & one_i) == one_i, c, s)
        return float_of(integer(bits(r) ^ integer(integer(q & two_i) << sign_shift)))

    @inline
    def tangent(q: Any, high: Any, low: Any) -> Any:
        s, c = sin_cos(high, low)
        odd = integer(q & one_i) == one_i
        return select(odd, -c, s) / select(odd, s, c)

    @inline
    def near(x: Any) -> Any:
        if wide:
            k, high, low = _reduce_near(x)
        else:
            k, high = _reduce_short(widen(x))
            low = zero
        return bits(real(k) + magic), real(high), real(low)

    @inline
    def huge(x: Any) -> Any:
        k, high, low = _reduce_huge(widen(x))
        return bits(real(k) + magic), real(high), real(low)

    @rarely
    def sin_huge(x: Any) -> Any:
        q, high, low = huge(x)
        return select(fabs(x) < inf, turned(q, high, low), nan)

    @rarely
    def cos_huge(x: Any) -> Any:
        q, high, low = huge(x)
        return select(fabs(x) < inf, turned(integer(q + one_i), high, low), nan)

    @rarely
    def tan_huge(x: Any) -> Any:
        q, high, low = huge(x)
        return select(fabs(x) < inf, tangent(q, high, low), nan)

    # In the following, `not (a < limit)` takes NaN along.

    @inline
    def sin(x: Any) -> Any:
        q, high, low = near(x)
        r = select(fabs(x) < small, x, turned(q, high, low))
        if not (fabs(x) < limit):
            r = sin_huge(x)
        return r

    @inline
    def cos(x: Any) -> Any:
        q, high, low = near(x)
        r = turned(integer(q + one_i), high, low)
        if not (fabs(x) < limit):
            r = cos_huge(x)
        return r

    @inline
    def tan(x: Any) -> Any:
        q, high, low = near(x)
        r = select(fabs(x) < small, x, tangent(q, high, low))
        if not (fabs(x) < limit):
            r = tan_huge(x)
        return r

    return {"sin": sin, "cos": cos, "tan": tan}


def _inverse(p: Precision) -> dict[str, Any]:
    """Build asin, acos, atan and atan2."""
    real = p.real
    zero, half, one, two = real(0), real(0.5), real(1), real(2)
    atan_tail, asin_tail = p.polynomial("ATAN"), p.polynomial("ASIN")
    pi_high, pi_low = p.split(PI, p.mantissa + 1)
    half_high, half_low = real(pi_high / 2), real(pi_low / 2)
    quarter_high, quarter_low = real(pi_high / 4), real(pi_low / 4)
    large, quarter = real(np.finfo(real).max / 8), real(0.25)
    boost = real(2.0 ** (p.mantissa + 2))
    little = real(p.tiny * boost)
    near, far = real(2**0.5 - 1), real(2**0.5 + 1)
    half_pi, small, inf = real(float(PI / 2)), real(2.0 ** -(p.mantissa // 2 + 2)), p.inf

    @inline
    def atan_quotient(y: Any, x: Any) -> Any:
        """atan(y / x) for y, x >= 0, as a leading part and the rest."""
        # One of y/x, (y - x)/(y + x), -x/y, whose tangent is at most tan(pi/8)
        low, high = y <= near * x, y > far * x
        top = select(low, y, select(high, -x, y - x))
        bottom = select(low, x, select(high, y, y + x))
        t = top / bottom
        z = t * t
        base = select(low, zero, select(high, half_high, quarter_high))
        rest = select(low, zero, select(high, half_low, quarter_low))
        return base, t, muladd(t * z, atan_tail(z), rest)

    @inline
    def atan(x: Any) -> Any:
        a = fabs(x)
        base, t, rest = atan_quotient(a, one)
        result = select(a < small, a, base + (t + rest))
        result = select(a == inf, half_pi, result)
        return select(x != x, x, copysign(result, x))

    @inline
    def atan2(y: Any, x: Any) -> Any:
        a, b = fabs(y), fabs(x)
        # Scaled so that a + b does not overflow, nor a multiple of both lose its bits.
        scale = select((a > large) | (b > large), quarter, one)
        scale = select((a < little) & (b < little), boost, scale)
        a, b = a * scale, b * scale
        # Infinities become ones, and zeros over zeros 0 over 1: the angle stays right.
        both = (a == inf) & (b == inf)
        top = select(both, one, a)
        bottom = select(both, one, select((a == zero) & (b == zero), one, b))
        top = select((top == inf) & (b < inf), one, top)
        bottom = select((a == inf) & (b < inf), zero, bottom)
        base, t, rest = atan_quotient(top, bottom)
        infinite = (b == inf) & (a < inf)
        t, rest = select(infinite, zero, t), select(infinite, zero, rest)
        base = select(infinite, zero, base)
        left = copysign(one, x) < zero
        angle = base + (t + rest)
        turned = (pi_high - base) - (t + (rest - pi_low))
        result = copysign(select(left, turned, angle), y)
        return select((x != x) | (y != y), x + y, result)

    @inline
    def half_angle(a: Any) -> Any:
        """asin(sqrt(z)) for z = (1 - a) / 2, as sqrt(z) and the rest."""
        z = (one - a) * half
        s = sqrt(z)
        lost = muladd(-s, s, z) / (s + s)
        lost = select(s == zero, zero, lost)
        return s, muladd(s * z, asin_tail(z), lost)

    @inline
    def asin(x: Any) -> Any:
        a = fabs(x)
        z = a * a
        inner = muladd(a * z, asin_tail(z), a)
        s, rest = half_angle(a)
        outer = half_high - (two * s + (two * rest - half_low))
        result = select(a < small, a, select(a < half, inner, outer))
        return copysign(result, x)

    @inline
    def acos(x: Any) -> Any:
        a = fabs(x)
        z = a * a
        inner = half_high - (x - (half_low - x * z * asin_tail(z)))
        s, rest = half_angle(a)
        right = two * (s + rest)
        left = pi_high - (two * s + (two * rest - pi_low))
        return select(a < half, inner, select(x < zero, left, right))

    return {"asin": asin, "acos": acos, "atan": atan, "atan2": atan2}


def build(p: Precision) -> dict[str, Any]:
    """Build this module's functions for one precision, by name."""
    return {**_circular(p), **_inverse(p)}
