"""Exponentials, logarithms and hyperbolic functions for both precisions.

Each builder takes a `Precision` and returns a scalar function without branches.  Methods: argument
reduction by multiples of ln 2 held in two parts (Cody and Waite, *Software Manual for the
Elementary Functions*, 1980), minimax polynomials, and for the logarithm the substitution
s = f / (2 + f) of Tang (1990) and fdlibm.
"""

from typing import Any

from .scalar_ops import (
    LN2,
    Precision,
    bits,
    copysign,
    fabs,
    float_of,
    inline,
    muladd,
    select,
    sqrt,
)

__all__ = ["build"]


def _exp_parts(p: Precision) -> tuple[Any, Any]:
    """Build ``reduce(x) -> (k, r, tail)`` and ``scale(y, k)`` that exp and its kin share.

    exp(x) is 2^k * (1 + (r + tail)), where r is x - k ln 2 rounded, at most ln 2 / 2, and
    ``tail`` holds what rounding lost.
    """
    real, integer = p.real, p.integer
    log2e = real(float(1 / LN2))
    ln2_high, ln2_low = p.split(LN2, p.mantissa - 11 if p.wide else 14)
    magic, q = p.magic, p.polynomial("EXP")
    magic_bits = integer(magic.view(integer))
    mantissa, bias, one_i = integer(p.mantissa), integer(p.bias), integer(1)

    @inline
    def reduce(x: Any) -> Any:
        shifted = muladd(x, log2e, magic)
        k = shifted - magic
        exact = muladd(-k, ln2_high, x)
        r = muladd(-k, ln2_low, exact)
        lost = muladd(-k, ln2_low, exact - r)
        return integer(bits(shifted) - magic_bits), r, muladd(r * r, q(r), lost)

    @inline
    def scale(y: Any, k: Any) -> Any:
        # In two steps, so that neither factor leaves the range and subnormals round once.
        half = integer(k >> one_i)
        y = y * float_of(integer(integer(half + bias) << mantissa))
        return y * float_of(integer(integer(integer(k - half) + bias) << mantissa))

    return reduce, scale


def _exponentials(p: Precision) -> dict[str, Any]:
    """Build exp, exp2, expm1, and exp of a sum."""
    real, integer = p.real, p.integer
    reduce, scale = _exp_parts(p)
    zero, half, one, two = real(0), real(0.5), real(1), real(2)
    # Beyond these the result is infinity or zero; the polynomial never sees larger arguments.
    # Zero is selected rather than computed, since underflow is slow on many processors.
    highest, lowest = (real(712.0), real(-745.2)) if p.wide else (real(91.0), real(-104.0))
    highest2, lowest2 = (real(1025.0), real(-1076.0)) if p.wide else (real(129.0), real(-151.0))
    highest_m1, lowest_m1 = (real(710.0), real(-45.0)) if p.wide else (real(89.0), real(-20.0))
    magic, ln2 = p.magic, real(float(LN2))
    magic_bits = integer(magic.view(integer))
    q, small = p.polynomial("EXP"), real(2.0 ** -(p.mantissa + 2))
    one_i, mantissa, last_bias = integer(1), integer(p.mantissa), integer(p.bias - 1)

    @inline
    def exp_sum(x: Any, low: Any) -> Any:
        """exp(x + low) for a correction `low` that rounding to x has lost."""
        clipped = select(x > highest, highest, x)
        clipped = select(x < lowest, zero, clipped)
        k, r, tail = reduce(clipped)
        tail = muladd(low, one + (r + tail), tail)
        return select(x < lowest, zero, scale(one + (r + tail), k))

    @inline
    def half_exp(x: Any) -> Any:
        """exp(x) / 2 for x >= 0, finite as long as cosh is."""
        k, r, tail = reduce(select(x > highest, highest, x))
        return scale(one + (r + tail), integer(k - one_i))

    @inline
    def exp(x: Any) -> Any:
        clipped = select(x > highest, highest, x)
        clipped = select(x < lowest, zero, clipped)
        k, r, tail = reduce(clipped)
        return select(x < lowest, zero, scale(one + (r + tail), k))

    @inline
    def exp2(x: Any) -> Any:
        clipped = select(x > highest2, highest2, x)
        clipped = select(x < lowest2, zero, clipped)
        shifted = clipped + magic
        r = (clipped - (shifted - magic)) * ln2
        result = scale(one + muladd(r * r, q(r), r), integer(bits(shifted) - magic_bits))
        return select(x < lowest2, zero, result)

    @inline
    def expm1_pair(x: Any) -> Any:
        """expm1(x) as a rounded value and what rounding lost, for lowest_m1 <= x <= highest_m1."""
        k, r, tail = reduce(x)
        # 2^k (1 + r + tail) - 1, with 2^(k-1) which never overflows
        power = float_of(integer(integer(k + last_bias) << mantissa))
        high = muladd(power, r, power - half)
        low = power * tail
        total = high + low
        return two * total, two * ((high - total) + low)

    @inline
    def expm1(x: Any) -> Any:
        clipped = select(x > highest_m1, highest_m1, x)
        clipped = select(clipped < lowest_m1, lowest_m1, clipped)
        unchanged = fabs(x) < small
        clipped = select(unchanged, zero, clipped)  # spares the underflow of r * r
        result, low = expm1_pair(clipped)
        return select(unchanged, x, result)

    return {
        "exp_sum": exp_sum,
        "half_exp": half_exp,
        "exp": exp,
        "exp2": exp2,
        "expm1_pair": expm1_pair,
        "expm1": expm1,
    }


def _log_parts(p: Precision) -> tuple[Any, Any]:
    """Build ``decompose(x) -> (e, m)`` with x = 2^e m, m near one, and ``log1(f, low)``."""
    real, integer = p.real, p.integer
    tiny, up, up_bits = p.tiny, real(2.0 ** (p.mantissa + 2)), integer(p.mantissa + 2)
    zero_i, half, two = integer(0), real(0.5), real(2)
    # Subtracting the bits of sqrt(1/2) makes the exponent round as wanted.
    root = integer(real(0.5**0.5).view(integer))
    mantissa, fraction = integer(p.mantissa), integer((1 << p.mantissa) - 1)
    # An integer in the low bits of 1.5 * 2^mantissa is that float's distance from it.
    magic = p.magic
    magic_bits = integer(magic.view(integer))
    tail = p.polynomial("LOG")

    @inline
    def decompose(x: Any) -> Any:
        subnormal = x < tiny
        i = bits(select(subnormal, x * up, x))
        i = integer(i - root)
        e = integer(integer(i >> mantissa) - select(subnormal, up_bits, zero_i))
        m = float_of(integer(integer(i & fraction) + root))
        return float_of(integer(e + magic_bits)) - magic, m

    @inline
    def log1(f: Any, low: Any) -> Any:
        """log(1 + f) + low as f - (h - (...)), so that the leading term is exact."""
        s = f / (two + f)
        z = s * s
        h = half * f * f
        return h, muladd(s, muladd(z, tail(z), h), low)

    return decompose, log1


def _logarithms(p: Precision) -> dict[str, Any]:
    """Build log, log2 and log1p."""
    real = p.real
    decompose, log1 = _log_parts(p)
    zero, one, inf, nan = real(0), real(1), p.inf, p.nan
    ln2_high, ln2_low = p.split(LN2, p.mantissa - 11 if p.wide else 14)
    log2e_high, log2e_low = p.split(1 / LN2, p.mantissa // 2)
    small = real(2.0**-54) if p.wide else real(2.0**-25)
    low_end, high_end = real(-0.2928), real(0.4142)

    @inline
    def special(x: Any, result: Any) -> Any:
        """The values of a logarithm at 0, infinity and below."""
        result = select(x < zero, nan, result)
        result = select(x == zero, -inf, result)
        return select((x == inf) | (x != x), x, result)

    @inline
    def log(x: Any) -> Any:
        e, m = decompose(x)
        f = m - one
        h, rest = log1(f, e * ln2_low)
        return special(x, muladd(e, ln2_high, f - (h - rest)))

    @inline
    def log2(x: Any) -> Any:
        e, m = decompose(x)
        f = m - one
        h, rest = log1(f, zero)
        high = f - (h - rest)
        low = (f - high) - (h - rest)
        total = muladd(high, log2e_low, low * log2e_high)
        return special(x, muladd(high, log2e_high, total) + e)

    @inline
    def log1p(x: Any) -> Any:
        u = one + x
        e, m = decompose(u)
        # What rounding 1 + x lost, relative to u; nothing is lost where f = x serves as it is.
        lost = select(x > one, one - (u - x), x - (u - one)) / u
        near = (x > low_end) & (x < high_end)
        unchanged = fabs(x) < small
        f = select(near, x, m - one)
        f = select(unchanged, zero, f)  # spares the underflow of f * f
        e = select(near, zero, e)
        h, rest = log1(f, muladd(e, ln2_low, select(near, zero, lost)))
        result = muladd(e, ln2_high, f - (h - rest))
        result = special(u, result)
        return select(unchanged | (x == inf), x, result)

    return {"decompose": decompose, "log": log, "log2": log2, "log1p": log1p}


def _hyperbolic(p: Precision, f: dict[str, Any]) -> dict[str, Any]:
    """Build tanh, sinh, cosh and their inverses, the logistic function and softplus."""
    real = p.real
    zero, half, one, two = real(0), real(0.5), real(1), real(2)
    exp, expm1, log, log1p, half_exp = f["exp"], f["expm1"], f["log"], f["log1p"], f["half_exp"]
    expm1_pair, small = f["expm1_pair"], real(2.0 ** -(p.mantissa // 2 + 2))
    quarter, ln2, nan = real(0.25), real(float(LN2)), p.nan
    flat = real(20.0) if p.wide else real(10.0)
    large = real(2.0**28) if p.wide else real(2.0**14)
    square_max = real(1e150) if p.wide else real(1e18)

    @inline
    def tanh(x: Any) -> Any:
        a = fabs(x)
        clipped = select(a > flat, flat, a)
        clipped = select(a < small, zero, clipped)
        # e / (e + 2) for e = expm1(2 |x|), with a step of Newton's for all that rounding lost
        e, low = expm1_pair(clipped + clipped)
        total = e + two
        inverse = one / total
        quotient = e * inverse
        rest = (muladd(-quotient, total, e) + low) - quotient * (low + (e - (total - two)))
        return select(a < small, x, copysign(muladd(rest, inverse, quotient), x))

    @inline
    def sinh(x: Any) -> Any:
        a = fabs(x)
        e = expm1(select(a > one, one, a))
        large = half_exp(a)
        result = select(a > one, large - quarter / large, half * (e + e / (e + one)))
        return copysign(select(x != x, x, result), x)

    @inline
    def cosh(x: Any) -> Any:
        a = fabs(x)
        large = half_exp(a)
        return large + quarter / large

    @inline
    def asinh(x: Any) -> Any:
        a = fabs(x)
        b = select(a > square_max, one, a)
        square = b * b
        result = log1p(b + square / (one + sqrt(square + one)))
        return copysign(select(a > large, log(a) + ln2, result), x)

    @inline
    def acosh(x: Any) -> Any:
        t = select(x > square_max, one, x) - one
        result = select(x > large, log(x) + ln2, log1p(t + sqrt(muladd(t, t, two * t))))
        return select(x < one, nan, result)

    @inline
    def atanh(x: Any) -> Any:
        a = fabs(x)
        return copysign(half * log1p((a + a) / (one - a)), x)

    @inline
    def logistic(x: Any) -> Any:
        e = exp(-fabs(x))
        # numerator / (1 + e), with a step of Newton's for what the sum and the quotient lost
        numerator = select(x < zero, e, one)
        total = one + e
        inverse = one / total
        quotient = numerator * inverse
        rest = muladd(-quotient, total, numerator) - quotient * (e - (total - one))
        return muladd(rest, inverse, quotient)

    @inline
    def softplus(x: Any) -> Any:
        result = select(x > zero, x, zero) + log1p(exp(-fabs(x)))
        return select(x != x, x, result)

    return {
        "tanh": tanh,
        "sinh": sinh,
        "cosh": cosh,
        "asinh": asinh,
        "acosh": acosh,
        "atanh": atanh,
        "logistic": logistic,
        "softplus": softplus,
    }


def build(p: Precision) -> dict[str, Any]:
    """Build this module's functions for one precision, by name."""
    functions = {**_exponentials(p), **_logarithms(p)}
    return {**functions, **_hyperbolic(p, functions)}
