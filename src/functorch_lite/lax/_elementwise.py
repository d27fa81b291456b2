"""Elementwise functions of `lax`: one primitive each, equal dtypes and shapes."""

import enum
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of, shape_of
from ..prims import arithmetic as ar
from ..prims import bits
from ..prims import complexes as cx
from ..prims import logical as lg
from ..prims import special as sp
from ..prims import transcendental as tr
from ..prims.elementwise import broadcast_scalar_to, full_like
from ..pytree import tree_map
from ._operands import array, fail, operands

__all__ = ["RoundingMethod"]


def _define(name: str, prim: Primitive, arity: int, text: str) -> Callable[..., Any]:
    """Define a function of one, two or three operands that binds a primitive."""

    def unary(x: Any) -> Any:
        return bind(prim, array(x))

    def binary(x: Any, y: Any) -> Any:
        return bind(prim, *operands(x, y))

    def ternary(x: Any, y: Any, z: Any) -> Any:
        return bind(prim, *operands(x, y, z))

    f: Callable[..., Any] = (unary, binary, ternary)[arity - 1]
    f.__name__ = f.__qualname__ = name
    f.__module__ = __name__
    agree = "" if arity == 1 else "\n\nOperands have one dtype and one shape; scalars meet any."
    f.__doc__ = text + agree
    __all__.append(name)
    return f


abs = _define("abs", cx.abs_p, 1, "Absolute value.")
neg = _define("neg", ar.neg_p, 1, "-x.")
sign = _define("sign", ar.sign_p, 1, "-1, 0 or 1.")
floor = _define("floor", ar.floor_p, 1, "Largest integer not above x.")
ceil = _define("ceil", ar.ceil_p, 1, "Smallest integer not below x.")
is_finite = _define("is_finite", lg.is_finite_p, 1, "Neither infinite nor NaN.")
exp = _define("exp", tr.exp_p, 1, "e ** x.")
exp2 = _define("exp2", tr.exp2_p, 1, "2 ** x.")
expm1 = _define("expm1", tr.expm1_p, 1, "e ** x - 1, exact near 0.")
log = _define("log", tr.log_p, 1, "Natural logarithm.")
log1p = _define("log1p", tr.log1p_p, 1, "log(1 + x), exact near 0.")
logistic = _define("logistic", tr.logistic_p, 1, "1 / (1 + exp(-x)).")
sqrt = _define("sqrt", ar.sqrt_p, 1, "Square root.")
rsqrt = _define("rsqrt", ar.rsqrt_p, 1, "1 / sqrt(x).")
cbrt = _define("cbrt", ar.cbrt_p, 1, "Cube root.")
square = _define("square", ar.square_p, 1, "x * x.")
sin = _define("sin", tr.sin_p, 1, "Sine of x radians.")
cos = _define("cos", tr.cos_p, 1, "Cosine of x radians.")
tan = _define("tan", tr.tan_p, 1, "Tangent of x radians.")
asin = _define("asin", tr.asin_p, 1, "Inverse sine.")
acos = _define("acos", tr.acos_p, 1, "Inverse cosine.")
atan = _define("atan", tr.atan_p, 1, "Inverse tangent.")
sinh = _define("sinh", tr.sinh_p, 1, "Hyperbolic sine.")
cosh = _define("cosh", tr.cosh_p, 1, "Hyperbolic cosine.")
tanh = _define("tanh", tr.tanh_p, 1, "Hyperbolic tangent.")
asinh = _define("asinh", tr.asinh_p, 1, "Inverse hyperbolic sine.")
acosh = _define("acosh", tr.acosh_p, 1, "Inverse hyperbolic cosine.")
atanh = _define("atanh", tr.atanh_p, 1, "Inverse hyperbolic tangent.")
erf = _define("erf", tr.erf_p, 1, "Error function.")
erfc = _define("erfc", tr.erfc_p, 1, "1 - erf(x), exact for large x.")
erf_inv = _define("erf_inv", tr.erf_inv_p, 1, "Inverse of erf.")
lgamma = _define("lgamma", sp.lgamma_p, 1, "Logarithm of |gamma(x)|.")
digamma = _define("digamma", sp.digamma_p, 1, "Derivative of lgamma.")
bessel_i0e = _define("bessel_i0e", sp.bessel_i0e_p, 1, "exp(-|x|) * I0(x), modified Bessel.")
bessel_i1e = _define("bessel_i1e", sp.bessel_i1e_p, 1, "exp(-|x|) * I1(x), modified Bessel.")
real = _define("real", cx.real_p, 1, "Real part of a complex array.")
imag = _define("imag", cx.imag_p, 1, "Imaginary part of a complex array.")
bitwise_not = _define("bitwise_not", lg.not_p, 1, "Inverted bits.")
population_count = _define("population_count", lg.population_count_p, 1, "Number of bits set.")
clz = _define("clz", bits.clz_p, 1, "Number of leading zero bits.")

add = _define("add", ar.add_p, 2, "x + y.")
sub = _define("sub", ar.sub_p, 2, "x - y.")
mul = _define("mul", ar.mul_p, 2, "x * y.")
div = _define("div", ar.div_p, 2, "x / y; integers round toward zero.")
rem = _define("rem", ar.rem_p, 2, "Remainder of x / y with the sign of x, as C's fmod.")
max = _define("max", ar.max_p, 2, "Larger of x and y; equal ones share the derivative.")
min = _define("min", ar.min_p, 2, "Smaller of x and y; equal ones share the derivative.")
atan2 = _define("atan2", tr.atan2_p, 2, "Angle of the point (y, x), the first operand being y.")
nextafter = _define("nextafter", ar.nextafter_p, 2, "Next number after x toward y.")
complex = _define("complex", cx.complex_p, 2, "x + i y.")
eq = _define("eq", lg.eq_p, 2, "x == y.")
ne = _define("ne", lg.ne_p, 2, "x != y.")
lt = _define("lt", lg.lt_p, 2, "x < y.")
le = _define("le", lg.le_p, 2, "x <= y.")
gt = _define("gt", lg.gt_p, 2, "x > y.")
ge = _define("ge", lg.ge_p, 2, "x >= y.")
bitwise_and = _define("bitwise_and", lg.and_p, 2, "x & y.")
bitwise_or = _define("bitwise_or", lg.or_p, 2, "x | y.")
bitwise_xor = _define("bitwise_xor", lg.xor_p, 2, "x ^ y.")
shift_left = _define("shift_left", lg.shift_left_p, 2, "x shifted left by y bits.")
shift_right_logical = _define(
    "shift_right_logical", lg.shift_right_logical_p, 2, "x shifted right by y bits, zeros move in."
)
shift_right_arithmetic = _define(
    "shift_right_arithmetic", lg.shift_right_arithmetic_p, 2, "x shifted right by y bits, signed."
)
igamma = _define("igamma", sp.igamma_p, 2, "Regularised lower incomplete gamma P(a, x).")
igammac = _define("igammac", sp.igammac_p, 2, "Regularised upper incomplete gamma Q(a, x).")
zeta = _define("zeta", sp.zeta_p, 2, "Hurwitz zeta function.")
betainc = _define(
    "betainc", sp.regularized_incomplete_beta_p, 3, "Regularised incomplete beta I_x(a, b)."
)
clamp = _define(
    "clamp", ar.clamp_p, 3, "min(max(x, lo), hi) of (lo, x, hi); derivative 1 at a bound."
)


def polygamma(m: Any, x: Any) -> Any:
    """Derivative of order `m` of digamma; `m` may be an array of x's dtype."""
    if isinstance(m, int):
        return sp.polygamma(m, array(x))
    return bind(sp.polygamma_p, *operands(m, x))


def conj(x: Any) -> Any:
    """Complex conjugate; of a real array, as a complex one."""
    x = array(x)
    if dtype_of(x).kind != "c":
        return complex(x, full_like(x, 0))
    return bind(cx.conj_p, x)


def reciprocal(x: Any) -> Any:
    """1 / x."""
    x = array(x)
    return div(full_like(x, 1), x)


def integer_pow(x: Any, y: int) -> Any:
    """x ** y for a Python int y, exact at every point."""
    return ar.integer_pow(array(x), int(y))


def pow(x: Any, y: Any) -> Any:
    """x ** y; an integer `y` is exact for negative x, a Python int at every point."""
    if isinstance(y, int) and not isinstance(y, bool):
        return integer_pow(x, y)
    x, y = array(x), y if isinstance(y, float) else array(y)
    if dtype_of(y).kind in "iu" and dtype_of(x).kind in "fc":
        y = ar.convert_element_type(y, dtype_of(x))
    return bind(tr.pow_p, *operands(x, y))


class RoundingMethod(enum.IntEnum):
    """How `round` treats halves."""

    AWAY_FROM_ZERO = 0
    TO_NEAREST_EVEN = 1


@np.errstate(invalid="ignore")  # of inf - inf
def round(x: Any, rounding_method: RoundingMethod = RoundingMethod.AWAY_FROM_ZERO) -> Any:
    """Round to integers; halves go away from zero, or to the even neighbour.

    Examples
    --------
    >>> import numpy as np
    >>> round(np.array([0.5, 1.5, -2.5]))
    array([ 1.,  2., -3.])
    """
    x = array(x)
    if RoundingMethod(rounding_method) == RoundingMethod.TO_NEAREST_EVEN:
        return bind(ar.round_p, x)
    whole = ar.trunc(x)
    far = ge(bind(cx.abs_p, sub(x, whole)), full_like(x, 0.5))
    return add(whole, ar.select(far, bind(ar.sign_p, x), full_like(x, 0)))


def select(pred: Any, on_true: Any, on_false: Any) -> Any:
    """Choose elementwise; `pred` is bool, of the cases' shape or a scalar."""
    return select_n(pred, on_false, on_true)


def select_n(which: Any, *cases: Any) -> Any:
    """Choose case ``which[i]`` elementwise; `which` is bool (two cases) or integer.

    Examples
    --------
    >>> import numpy as np
    >>> select_n(np.array([True, False]), np.array([1, 2]), np.array([3, 4]))
    array([3, 2])
    """
    which, given = array(which), [array(c) for c in operands(*cases)]
    if len({shape_of(c) for c in given}) > 1:
        raise fail(f"select_n needs cases of one shape, got {[shape_of(c) for c in given]}")
    if shape_of(which) not in ((), shape_of(given[0])):
        raise fail(f"select_n: which has shape {shape_of(which)}, the cases {shape_of(given[0])}")
    return broadcast_scalar_to(bind(ar.select_n_p, which, *given), shape_of(given[0]))


def reduce_precision(operand: Any, exponent_bits: int, mantissa_bits: int) -> Any:
    """Round to a float format of fewer bits, and keep the dtype.

    Examples
    --------
    >>> import numpy as np
    >>> float(reduce_precision(np.float32(1.0009), 8, 7))
    1.0
    """
    x = array(operand)
    return bind(
        bits.reduce_precision_p,
        x,
        exponent_bits=int(exponent_bits),
        mantissa_bits=int(mantissa_bits),
    )


def random_gamma_grad(a: Any, sample: Any) -> Any:
    """Derivative of a gamma sample with respect to its shape parameter `a`."""
    return sp.random_gamma_grad(*operands(a, sample))


def igamma_grad_a(a: Any, x: Any) -> Any:
    """Derivative of the regularized lower incomplete gamma function in `a`.

    Examples
    --------
    >>> igamma_grad_a(1.0, 1.0).round(6)
    np.float64(-0.43173)
    """
    a, x = operands(a, x)
    log_density = sub(sub(mul(sub(a, full_like(a, 1)), log(x)), x), lgamma(a))
    return mul(exp(log_density), sp.igamma_sensitivity(a, x, 1))


def mulhi(x: Any, y: Any, /) -> Any:
    """Upper half of the product of integers, which has twice their bits.

    Examples
    --------
    >>> import numpy as np
    >>> mulhi(np.int32(2**30), np.int32(8))
    array(2, dtype=int32)
    """
    x, y = operands(x, y)
    d = dtype_of(x)
    if d.kind not in "iu":
        raise fail(f"mulhi multiplies integers, got {d.name}")
    bits_half = 4 * d.itemsize
    if d.itemsize < 8:
        wide = np.dtype(f"{d.kind}{2 * d.itemsize}")
        product = mul(ar.convert_element_type(x, wide), ar.convert_element_type(y, wide))
        shift = shift_right_arithmetic if d.kind == "i" else shift_right_logical
        return ar.convert_element_type(shift(product, full_like(product, 8 * d.itemsize)), d)
    # Schoolbook multiplication of halves: the upper ones signed, the lower ones not.
    half, low = full_like(x, bits_half), full_like(x, (1 << bits_half) - 1)
    upper = shift_right_arithmetic if d.kind == "i" else shift_right_logical
    x0, y0, x1, y1 = bitwise_and(x, low), bitwise_and(y, low), upper(x, half), upper(y, half)
    carry = shift_right_logical(mul(x0, y0), half)
    middle = add(mul(x1, y0), carry)
    other = add(mul(x0, y1), bitwise_and(middle, low))
    return add(add(mul(x1, y1), upper(middle, half)), upper(other, half))


def stop_gradient(x: Any) -> Any:
    """Pass a pytree on, but no derivative."""

    def stop(leaf: Any) -> Any:
        leaf = array(leaf)
        return ar.stop_gradient(leaf) if dtype_of(leaf).kind in "fc" else leaf

    return tree_map(stop, x)


__all__ += [
    "conj",
    "igamma_grad_a",
    "integer_pow",
    "mulhi",
    "polygamma",
    "pow",
    "random_gamma_grad",
    "reciprocal",
    "reduce_precision",
    "round",
    "select",
    "select_n",
    "stop_gradient",
]
