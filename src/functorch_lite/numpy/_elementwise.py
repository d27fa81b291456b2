"""Elementwise functions: NumPy's ufuncs and the Array API's names for them.

On plain arrays each calls NumPy; on tracers it promotes, broadcasts and binds a primitive.
"""

from typing import Any

import numpy as np

from ..ir import Primitive, Tracer, bind, dtype_of, shape_of
from ..ir.trace import keep_class
from ..prims import arithmetic as ar
from ..prims import complexes as cx
from ..prims import logical as lg
from ..prims import transcendental as tr
from ..prims.elementwise import broadcast_scalar_to
from ._comparison import *  # noqa: F403
from ._comparison import equal, isnan, less, truth
from ._promotion import (
    as_array,
    broadcast_operands,
    cast,
    is_plain,
    promote,
    promote_dtypes,
    promote_inexact,
)
from ._ufuncs import Function, binary, document, unary

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "angle",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "around",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clip",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "divmod",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "hypot",
    "imag",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "nextafter",
    "positive",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "real",
    "reciprocal",
    "remainder",
    "rint",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]

# --- arithmetic ---------------------------------------------------------------------------------

add = binary("add", ar.add_p, np.add)
subtract = binary("subtract", ar.sub_p, np.subtract)
multiply = binary("multiply", ar.mul_p, np.multiply)
divide = binary("divide", ar.div_p, np.divide, inexact=True, small_ints=False)
true_divide = divide
floor_divide = binary("floor_divide", ar.floor_divide_p, np.floor_divide, numbers=True)
remainder = binary("remainder", ar.mod_p, np.remainder, numbers=True)
mod = remainder
fmod = binary("fmod", ar.rem_p, np.fmod, numbers=True)
maximum = binary("maximum", ar.max_p, np.maximum)
minimum = binary("minimum", ar.min_p, np.minimum)
negative = unary("negative", ar.neg_p, np.negative)
sqrt = unary("sqrt", ar.sqrt_p, np.sqrt, inexact=True)
cbrt = unary("cbrt", ar.cbrt_p, np.cbrt, inexact=True)
nextafter = binary("nextafter", ar.nextafter_p, np.nextafter, inexact=True)


def power(x: Any, y: Any, /) -> Any:
    """First array elements raised to powers from second array, element-wise.

    A Python int exponent is exact at every point: ``x**0`` has derivative 0 and ``x**2`` is
    defined for negative `x`. The derivative in `y` is 0 where `x` is 0.

    See `numpy.power`.
    """
    if type(y) is int and isinstance(x, Tracer) and (y >= 0 or x.dtype.kind in "fc"):
        return bind(ar.integer_pow_p, x, y=y)
    x, y = as_array(x, "power"), as_array(y, "power")
    if is_plain(x, y):
        return np.asanyarray(np.power(x, y))
    return bind(tr.pow_p, *promote(x, y))


pow = power


def float_power(x: Any, y: Any, /) -> Any:
    """Power computed in at least float64. See `numpy.float_power`."""
    (x, y) = promote_dtypes(as_array(x), as_array(y))
    d = np.result_type(dtype_of(x), np.float64)
    return bind(tr.pow_p, *broadcast_operands([cast(x, d), cast(y, d)]))


def square(x: Any, /) -> Any:
    """Return the element-wise square of the input. See `numpy.square`."""
    x = as_array(x, "square")
    return np.asanyarray(np.square(x)) if is_plain(x) else bind(ar.square_p, x)


def positive(x: Any, /) -> Any:
    """Return a copy of the input. See `numpy.positive`."""
    x = as_array(x, "positive")
    return x if isinstance(x, Tracer) else np.array(x)


def reciprocal(x: Any, /) -> Any:
    """Return 1 / x, element-wise. See `numpy.reciprocal`."""
    x = as_array(x, "reciprocal")
    if is_plain(x):
        return np.asanyarray(np.reciprocal(x))
    return bind(ar.div_p, dtype_of(x).type(1), x)


def absolute(x: Any, /) -> Any:
    """Calculate the absolute value element-wise; its derivative at 0 is 0. See `numpy.absolute`."""
    x = as_array(x, "absolute")
    if is_plain(x):
        return np.asanyarray(np.absolute(x))
    return x if dtype_of(x).kind in "bu" else bind(cx.abs_p, x)


abs = absolute


def fabs(x: Any, /) -> Any:
    """Absolute value in float. See `numpy.fabs`."""
    (x,) = promote_inexact(as_array(x, "fabs"))
    return absolute(x)


def sign(x: Any, /) -> Any:
    """Return -1, 0 or 1 by the sign of each element; x / abs(x) for complex. See `numpy.sign`."""
    x = as_array(x, "sign")
    if is_plain(x):
        return np.asanyarray(np.sign(x))
    if dtype_of(x).kind == "c":
        r = absolute(x)
        return divide(x, cast(where(equal(r, 0), dtype_of(r).type(1), r), dtype_of(x)))
    return bind(ar.sign_p, x)


def divmod(x: Any, y: Any, /) -> tuple[Any, Any]:
    """Return quotient and remainder, element-wise. See `numpy.divmod`."""
    return floor_divide(x, y), remainder(x, y)


def hypot(x: Any, y: Any, /) -> Any:
    """Return sqrt(x**2 + y**2); the derivative at the origin is 0. See `numpy.hypot`."""
    x, y = as_array(x, "hypot"), as_array(y, "hypot")
    if is_plain(x, y):
        return np.asanyarray(np.hypot(x, y))
    return bind(tr.hypot_p, *broadcast_operands(promote_inexact(x, y)))


def fmax(x: Any, y: Any, /) -> Any:
    """Element-wise maximum that ignores NaN. See `numpy.fmax`."""
    return where(isnan(y), x, where(isnan(x), y, maximum(x, y)))


def fmin(x: Any, y: Any, /) -> Any:
    """Element-wise minimum that ignores NaN. See `numpy.fmin`."""
    return where(isnan(y), x, where(isnan(x), y, minimum(x, y)))


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """Limit the values of an array.

    The derivative in `x` is 1 inside the closed interval, bounds included, and 0 outside.
    See `numpy.clip`.
    """
    x = as_array(x, "clip")
    if is_plain(x, min, max):
        return np.asanyarray(np.clip(x, min, max))
    if min is None and max is None:
        return x
    if min is not None and max is not None:
        lo, y, hi = promote(as_array(min), x, as_array(max))
        return _broadcast_result(bind(ar.clamp_p, lo, y, hi), x, min, max)
    bound = as_array(max if min is None else min)
    d = dtype_of(promote_dtypes(x, bound)[0])
    info = np.finfo(d) if d.kind == "f" else np.iinfo(d)
    lowest, highest = (-np.inf, np.inf) if d.kind == "f" else (info.min, info.max)
    y, b = promote(x, bound)
    lo, hi = (d.type(lowest), b) if min is None else (b, d.type(highest))
    return bind(ar.clamp_p, lo, y, hi)


def _broadcast_result(out: Any, *args: Any) -> Any:
    shape = np.broadcast_shapes(*(shape_of(a) for a in args))
    return broadcast_scalar_to(out, shape) if shape_of(out) == () else out


# --- rounding -----------------------------------------------------------------------------------


def _rounding(name: str, prim: Primitive, np_f: Any) -> Function:
    def f(x: Any, /) -> Any:
        x = as_array(x, name)
        if is_plain(x):
            return np.asanyarray(np_f(x))
        return bind(prim, x) if dtype_of(x).kind == "f" else x

    return document(f, np_f, name, "The derivative is 0; integers are returned as they are.")


floor = _rounding("floor", ar.floor_p, np.floor)
ceil = _rounding("ceil", ar.ceil_p, np.ceil)
trunc = _rounding("trunc", ar.trunc_p, np.trunc)
rint = _rounding("rint", ar.round_p, np.rint)


def round(x: Any, /, decimals: int = 0) -> Any:
    """Round half to even, to the given number of decimals; the derivative is 0.

    See `numpy.round`.
    """
    x = as_array(x, "round")
    if is_plain(x):
        return np.asanyarray(np.round(x, decimals))
    d = dtype_of(x)
    if d.kind in "biu" and decimals >= 0:
        return x
    if d.kind == "c":
        return bind(cx.complex_p, round(real(x), decimals), round(imag(x), decimals))
    scale = 10.0**decimals
    y = promote_inexact(x)[0]
    out = (
        bind(ar.round_p, y)
        if decimals == 0
        else divide(bind(ar.round_p, multiply(y, scale)), scale)
    )
    return cast(out, d)


around = round

# --- exponentials, logarithms, trigonometry ---------------------------------------------------------

exp = unary("exp", tr.exp_p, np.exp, inexact=True)
exp2 = unary("exp2", tr.exp2_p, np.exp2, inexact=True)
expm1 = unary("expm1", tr.expm1_p, np.expm1, inexact=True)
log = unary("log", tr.log_p, np.log, inexact=True)
log2 = unary("log2", tr.log2_p, np.log2, inexact=True)
log10 = unary("log10", tr.log10_p, np.log10, inexact=True)
log1p = unary("log1p", tr.log1p_p, np.log1p, inexact=True)
logaddexp = binary("logaddexp", tr.logaddexp_p, np.logaddexp, inexact=True)
sin = unary("sin", tr.sin_p, np.sin, inexact=True)
cos = unary("cos", tr.cos_p, np.cos, inexact=True)
tan = unary("tan", tr.tan_p, np.tan, inexact=True)
arcsin = asin = unary("arcsin", tr.asin_p, np.arcsin, inexact=True)
arccos = acos = unary("arccos", tr.acos_p, np.arccos, inexact=True)
arctan = atan = unary("arctan", tr.atan_p, np.arctan, inexact=True)
arctan2 = atan2 = binary("arctan2", tr.atan2_p, np.arctan2, inexact=True)
sinh = unary("sinh", tr.sinh_p, np.sinh, inexact=True)
cosh = unary("cosh", tr.cosh_p, np.cosh, inexact=True)
tanh = unary("tanh", tr.tanh_p, np.tanh, inexact=True)
arcsinh = asinh = unary("arcsinh", tr.asinh_p, np.arcsinh, inexact=True)
arccosh = acosh = unary("arccosh", tr.acosh_p, np.arccosh, inexact=True)
arctanh = atanh = unary("arctanh", tr.atanh_p, np.arctanh, inexact=True)


def signbit(x: Any, /) -> Any:
    """Test whether the sign bit is set. See `numpy.signbit`."""
    x = as_array(x, "signbit")
    if is_plain(x):
        return np.asanyarray(np.signbit(x))
    if dtype_of(x).kind != "f":
        return less(x, 0)
    return less(copysign(dtype_of(x).type(1), x), 0)


def copysign(x: Any, y: Any, /) -> Any:
    """Return `x` with the sign of `y`, element-wise. See `numpy.copysign`."""
    x, y = as_array(x, "copysign"), as_array(y, "copysign")
    if is_plain(x, y):
        return np.asanyarray(np.copysign(x, y))
    x, y = broadcast_operands(promote_inexact(x, y))
    one = dtype_of(x).type(1)
    # The sign of zero shows only in its reciprocal.
    inverse = bind(ar.div_p, one, y)
    negative_y = bind(lg.lt_p, where(equal(y, 0), inverse, y), dtype_of(x).type(0))
    magnitude = bind(cx.abs_p, x)
    return where(negative_y, negative(magnitude), magnitude)


# --- complex ------------------------------------------------------------------------------------


def real(x: Any, /) -> Any:
    """Return the real part. See `numpy.real`."""
    x = as_array(x, "real")
    return bind(cx.real_p, x) if dtype_of(x).kind == "c" else x


def imag(x: Any, /) -> Any:
    """Return the imaginary part. See `numpy.imag`."""
    x = as_array(x, "imag")
    if dtype_of(x).kind == "c":
        return bind(cx.imag_p, x)
    return keep_class(np.zeros(shape_of(x), dtype_of(x)), (x,))


def conj(x: Any, /) -> Any:
    """Return the complex conjugate, element-wise. See `numpy.conj`."""
    x = as_array(x, "conj")
    return bind(cx.conj_p, x) if dtype_of(x).kind == "c" else x


conjugate = conj


def angle(z: Any, deg: bool = False) -> Any:
    """Return the angle of the complex argument. See `numpy.angle`."""
    z = as_array(z, "angle")
    (z,) = promote_inexact(z)
    a = arctan2(imag(z), real(z))
    return multiply(a, 180.0 / np.pi) if deg else a


# --- selection ----------------------------------------------------------------------------------


def where(
    condition: Any,
    x: Any = None,
    y: Any = None,
    /,
    *,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Return elements chosen from `x` or `y` depending on `condition`.

    The derivative flows only into what was chosen; but what was not chosen is computed all the
    same, so ``where(x > 0, sqrt(x), 0)`` has a NaN derivative at 0. Guard the argument too:
    ``where(x > 0, sqrt(where(x > 0, x, 1)), 0)``.

    With one argument: the indices of true elements, as `numpy.nonzero`. See `numpy.where`.
    """
    if x is None and y is None:
        from ._search import nonzero

        return nonzero(condition, size=size, fill_value=fill_value)
    if x is None or y is None:
        raise TypeError("where needs both x and y, or neither")
    c, x, y = as_array(condition, "where"), as_array(x, "where"), as_array(y, "where")
    if is_plain(c, x, y):
        return keep_class(np.where(c, x, y), (c, x, y))
    x, y = promote_dtypes(x, y)
    c, x, y = broadcast_operands([truth(c), x, y])
    return bind(ar.select_n_p, c, y, x)


# --- conversions --------------------------------------------------------------------------------


def deg2rad(x: Any, /) -> Any:
    """Convert degrees to radians. See `numpy.deg2rad`."""
    return multiply(promote_inexact(as_array(x))[0], float(np.pi / 180))


def rad2deg(x: Any, /) -> Any:
    """Convert radians to degrees. See `numpy.rad2deg`."""
    return multiply(promote_inexact(as_array(x))[0], float(180 / np.pi))


radians = deg2rad
degrees = rad2deg
