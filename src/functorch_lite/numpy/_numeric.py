"""The rest of NumPy's elementwise functions, tests for closeness, and dtype queries."""

from typing import Any

import numpy as np

from ..ir import dtype_of, shape_of
from ..prims.arithmetic import stop_gradient
from ._comparison import (
    equal,
    isfinite,
    isinf,
    isnan,
    less_equal,
    logical_and,
    logical_or,
    not_equal,
)
from ._creation import full, zeros
from ._elementwise import (
    absolute,
    add,
    cos,
    divide,
    exp,
    floor,
    imag,
    log,
    logaddexp,
    multiply,
    real,
    remainder,
    sin,
    subtract,
    trunc,
    where,
)
from ._promotion import as_array, broadcast_shapes, cast, is_plain, promote, promote_inexact
from ._reductions import all as all_of

__all__ = [
    "allclose",
    "array_equal",
    "array_equiv",
    "bitwise_count",
    "can_cast",
    "cis",
    "fix",
    "frexp",
    "gcd",
    "heaviside",
    "isclose",
    "iscomplex",
    "iscomplexobj",
    "isdtype",
    "isneginf",
    "isposinf",
    "isreal",
    "isrealobj",
    "isscalar",
    "issubdtype",
    "lcm",
    "ldexp",
    "logaddexp2",
    "modf",
    "nan_to_num",
    "promote_types",
    "real_if_close",
    "sinc",
    "unwrap",
]

can_cast, isdtype, issubdtype = np.can_cast, np.isdtype, np.issubdtype
promote_types, isscalar = np.promote_types, np.isscalar
_LN2 = float(np.log(2.0))


def sinc(x: Any, /) -> Any:
    """Return sin(pi x) / (pi x), smooth at 0. See `numpy.sinc`.

    Near 0 the function is its Taylor series, so that derivatives of any order are right there.
    """
    x = as_array(x, "sinc")
    if is_plain(x):
        return np.asanyarray(np.sinc(x))
    (x,) = promote_inexact(x)
    y = multiply(x, float(np.pi))
    d = dtype_of(y)
    # Where y**2 is small the truncated series is exact to rounding: the next term is y**10/11!.
    near = less_equal(absolute(y), 0.02 if d.itemsize > 4 and d.kind == "f" else 0.2)
    y2 = multiply(y, y)
    series = d.type(1 / 362880)
    for c in (-1 / 5040, 1 / 120, -1 / 6, 1.0):
        series = add(multiply(series, y2), c)
    safe = where(near, d.type(1), y)
    return where(near, series, divide(sin(safe), safe))


def logaddexp2(x: Any, y: Any, /) -> Any:
    """Logarithm of the sum of powers of 2. See `numpy.logaddexp2`."""
    x, y = as_array(x), as_array(y)
    if is_plain(x, y):
        return np.asanyarray(np.logaddexp2(x, y))
    return divide(logaddexp(multiply(x, _LN2), multiply(y, _LN2)), _LN2)


def heaviside(x: Any, h: Any, /) -> Any:
    """Step function with value `h` at 0. See `numpy.heaviside`."""
    x, h = as_array(x), as_array(h)
    if is_plain(x, h):
        return np.asanyarray(np.heaviside(x, h))
    x, h = promote(*promote_inexact(x, h))
    step = where(x < 0, dtype_of(x).type(0), where(x > 0, dtype_of(x).type(1), h))
    return where(isnan(x), x, step)


def nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """Replace NaN and infinities by finite numbers. See `numpy.nan_to_num`."""
    x = as_array(x, "nan_to_num")
    d = dtype_of(x)
    if d.kind not in "fc":
        return x if hasattr(x, "shape") else np.asarray(x)
    if d.kind == "c":
        parts = (nan_to_num(p, copy, nan, posinf, neginf) for p in (real(x), imag(x)))
        from ..prims.complexes import complex as complex_of

        return complex_of(*parts)
    info = np.finfo(d)
    high = d.type(info.max if posinf is None else posinf)
    low = d.type(info.min if neginf is None else neginf)
    x = where(isnan(x), d.type(nan), x)
    return where(isposinf(x), high, where(isneginf(x), low, x))


def isposinf(x: Any, /) -> Any:
    """Test for positive infinity. See `numpy.isposinf`."""
    return logical_and(isinf(x), as_array(x) > 0)


def isneginf(x: Any, /) -> Any:
    """Test for negative infinity. See `numpy.isneginf`."""
    return logical_and(isinf(x), as_array(x) < 0)


def isreal(x: Any, /) -> Any:
    """Test whether the imaginary part is 0. See `numpy.isreal`."""
    return equal(imag(x), 0)


def iscomplex(x: Any, /) -> Any:
    """Test whether the imaginary part is not 0. See `numpy.iscomplex`."""
    return not_equal(imag(x), 0)


def isrealobj(x: Any) -> bool:
    """Tell whether the dtype is not complex. See `numpy.isrealobj`."""
    return dtype_of(as_array(x)).kind != "c"


def iscomplexobj(x: Any) -> bool:
    """Tell whether the dtype is complex. See `numpy.iscomplexobj`."""
    return dtype_of(as_array(x)).kind == "c"


def real_if_close(a: Any, tol: float = 100) -> Any:
    """Return `a`: whether it is real cannot depend on values here. See `numpy.real_if_close`."""
    a = as_array(a)
    return np.asanyarray(np.real_if_close(a, tol)) if is_plain(a) else a


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Test for equality within a tolerance. See `numpy.isclose`."""
    x, y = as_array(a), as_array(b)
    if is_plain(x, y):
        return np.asanyarray(np.isclose(x, y, rtol, atol, equal_nan))
    x, y = promote_inexact(x, y, small_ints=False)
    bound = add(multiply(absolute(y), rtol), atol)
    close = logical_and(less_equal(absolute(subtract(x, y)), bound), isfinite(y))
    out = logical_or(close, equal(x, y))
    return logical_or(out, logical_and(isnan(x), isnan(y))) if equal_nan else out


def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Test whether all elements are equal within a tolerance. See `numpy.allclose`."""
    return all_of(isclose(a, b, rtol, atol, equal_nan))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """Test whether two arrays have one shape and equal elements. See `numpy.array_equal`."""
    x, y = as_array(a1), as_array(a2)
    if shape_of(x) != shape_of(y):
        return np.asarray(False)
    same = equal(x, y)
    return all_of(logical_or(same, logical_and(isnan(x), isnan(y))) if equal_nan else same)


def array_equiv(a1: Any, a2: Any) -> Any:
    """Test whether two arrays are equal after broadcasting. See `numpy.array_equiv`."""
    x, y = as_array(a1), as_array(a2)
    try:
        broadcast_shapes(shape_of(x), shape_of(y))
    except ValueError:
        return np.asarray(False)
    return all_of(equal(x, y))


def fix(x: Any, /) -> Any:
    """Round toward zero. See `numpy.fix`."""
    return trunc(promote_inexact(as_array(x))[0])


def modf(x: Any, /) -> tuple[Any, Any]:
    """Return fractional and integral parts; the derivative of the first is 1. See `numpy.modf`."""
    (x,) = promote_inexact(as_array(x))
    whole = trunc(x)
    part = where(
        isinf(x), multiply(stop_gradient(where(isinf(x), 0.0, x)), 0.0), subtract(x, whole)
    )
    return part, whole


def frexp(x: Any, /) -> tuple[Any, Any]:
    """Return mantissa in [0.5, 1) and exponent of 2. See `numpy.frexp`."""
    x = as_array(x)
    if is_plain(x):
        mantissa, exponent = np.frexp(x)
        return np.asarray(mantissa), np.asarray(exponent)
    (x,) = promote_inexact(x)
    magnitude = stop_gradient(absolute(x))
    usual = logical_and(isfinite(magnitude), magnitude > 0)
    e = floor(divide(log(where(usual, magnitude, 1.0)), _LN2)) + 1
    m = magnitude * exp(-e * _LN2)
    # log may be one ulp off at powers of two.
    e = where(m >= 1, e + 1, where(m < 0.5, e - 1, e))
    e = where(usual, e, 0.0)
    return ldexp(x, cast(-e, np.dtype(np.int32))), cast(e, np.dtype(np.int32))


def ldexp(x: Any, i: Any, /) -> Any:
    """Return x * 2**i. See `numpy.ldexp`."""
    x, i = as_array(x), as_array(i)
    if is_plain(x, i):
        return np.asanyarray(np.ldexp(x, i))
    (x,) = promote_inexact(x)
    half = floor(divide(i, 2))
    # In two steps, so that 2**i itself need not be representable.
    from ._elementwise import exp2

    d = dtype_of(x)
    return x * cast(exp2(half), d) * cast(exp2(subtract(i, half)), d)


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    """Take big jumps to their complement with respect to the period. See `numpy.unwrap`."""
    from ._cumulative import cumsum
    from ._joining import concatenate
    from ._manipulation import moveaxis

    (x,) = promote_inexact(as_array(p))
    x = moveaxis(x, axis, -1)
    step = x[..., 1:] - x[..., :-1]
    half = period / 2
    wrapped = remainder(step + half, period) - half
    wrapped = where(logical_and(equal(wrapped, -half), step > 0), half, wrapped)
    jump = stop_gradient(wrapped - step)
    jump = where(absolute(step) < (half if discont is None else max(discont, half)), 0.0, jump)
    out = concatenate([x[..., :1], x[..., 1:] + cumsum(jump, -1)], -1)
    return moveaxis(out, -1, axis)


def gcd(x: Any, y: Any, /) -> Any:
    """Greatest common divisor. See `numpy.gcd`."""
    x, y = as_array(x), as_array(y)
    if is_plain(x, y):
        return np.asanyarray(np.gcd(x, y))
    x, y = promote(x, y)
    s = broadcast_shapes(shape_of(x), shape_of(y))
    a, b = absolute(add(x, zeros(s, dtype_of(x)))), absolute(add(y, zeros(s, dtype_of(x))))
    # Euclid's algorithm for 64-bit numbers takes at most 92 steps (Lame 1844).
    for _ in range(92 if dtype_of(x).itemsize == 8 else 47):
        done = equal(b, 0)
        rest = remainder(a, where(done, dtype_of(x).type(1), b))
        a, b = where(done, a, b), where(done, b, rest)
    return a


def lcm(x: Any, y: Any, /) -> Any:
    """Lowest common multiple. See `numpy.lcm`."""
    x, y = as_array(x), as_array(y)
    if is_plain(x, y):
        return np.asanyarray(np.lcm(x, y))
    x, y = promote(x, y)
    d = gcd(x, y)
    quotient = absolute(x) // where(equal(d, 0), full((), 1, dtype_of(x)), d)
    return multiply(quotient, absolute(y))


def bitwise_count(x: Any, /) -> Any:
    """Count the 1-bits of the absolute value. See `numpy.bitwise_count`."""
    from ..ir import bind
    from ..prims.logical import population_count_p

    x = as_array(x)
    if is_plain(x):
        return np.asanyarray(np.bitwise_count(x))
    return cast(bind(population_count_p, absolute(x)), np.dtype(np.uint8))


def cis(x: Any, /) -> Any:
    """Return cos x + i sin x."""
    from ..prims.complexes import complex as complex_of

    (x,) = promote_inexact(as_array(x))
    return complex_of(cos(x), sin(x))
