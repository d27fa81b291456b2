"""Exponentials, logarithms, trigonometric, hyperbolic and error functions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of
from .arithmetic import add, div, mul, neg, rsqrt_p, select, sub
from .elementwise import elementwise, full_like
from .logical import eq
from .lowering import Scalar

_LN2 = float(np.log(2.0))
_LN10 = float(np.log(10.0))
_TWO_OVER_SQRT_PI = float(2.0 / np.sqrt(np.pi))


def _special(name: str) -> Callable[..., Any]:
    """Return a function of scipy.special, imported at first use."""

    def impl(*args: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*args).astype(dtype_of(args[0]), copy=False)

    return impl


def _one_minus_square(x: Any) -> Any:
    return sub(full_like(x, 1), mul(x, x))


def _one_plus_square(x: Any) -> Any:
    return add(full_like(x, 1), mul(x, x))


# --- exponentials and logarithms ----------------------------------------------------------------

exp_p = elementwise(
    "exp",
    np.exp,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, o)],
    lower=Scalar("exp({0})"),
)
exp2_p = elementwise(
    "exp2",
    np.exp2,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, mul(o, full_like(x, _LN2)))],
    lower=Scalar("exp2({0})"),
)
expm1_p = elementwise(
    "expm1",
    np.expm1,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, add(o, full_like(x, 1)))],
    lower=Scalar("expm1({0})"),
)
log_p = elementwise(
    "log",
    np.log,
    kinds="inexact",
    partials=[lambda t, o, x: div(t, x)],
    lower=Scalar("log({0})"),
)
log2_p = elementwise(
    "log2",
    np.log2,
    kinds="inexact",
    partials=[lambda t, o, x: div(t, mul(x, full_like(x, _LN2)))],
    lower=Scalar("log2({0})"),
)
log10_p = elementwise(
    "log10",
    np.log10,
    kinds="inexact",
    partials=[lambda t, o, x: div(t, mul(x, full_like(x, _LN10)))],
    lower=Scalar("log10({0})"),
)
log1p_p = elementwise(
    "log1p",
    np.log1p,
    kinds="inexact",
    partials=[lambda t, o, x: div(t, add(x, full_like(x, 1)))],
    lower=Scalar("log1p({0})"),
)


def _logaddexp_weight(x: Any, o: Any) -> Any:
    """exp(x - out), and 0 where both operands are -inf."""
    is_empty = eq(o, full_like(o, -np.inf))
    return exp(sub(x, select(is_empty, full_like(o, np.inf), o)))


logaddexp_p = elementwise(
    "logaddexp",
    np.logaddexp,
    kinds="float",
    partials=[
        lambda t, o, x, y: mul(t, _logaddexp_weight(x, o)),
        lambda t, o, x, y: mul(t, _logaddexp_weight(y, o)),
    ],
    lower=Scalar("logaddexp({0}, {1})"),
)


def _logistic_impl(x: Any) -> Any:
    import scipy.special

    if dtype_of(x).kind == "c":
        return 1 / (1 + np.exp(-x))
    return scipy.special.expit(x)


logistic_p = elementwise(
    "logistic",
    _logistic_impl,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, mul(o, sub(full_like(x, 1), o)))],
    lower=Scalar("sigmoid({0})"),
)

# --- powers ----------------------------------------------------------------------------------------


def _pow_dx(t: Any, o: Any, x: Any, y: Any) -> Any:
    """d(x**y)/dx, with 0 for y == 0 at every order: the exponent is made safe first."""
    is_zero = eq(y, full_like(y, 0))
    exponent = select(is_zero, full_like(y, 1), sub(y, full_like(y, 1)))
    return mul(t, mul(y, pow(x, exponent)))


def _pow_dy(t: Any, o: Any, x: Any, y: Any) -> Any:
    """d(x**y)/dy, with 0 where x == 0."""
    safe = select(eq(x, full_like(x, 0)), full_like(x, 1), x)
    return mul(t, mul(o, log(safe)))


pow_p = elementwise(
    "pow", np.power, kinds="number", partials=[_pow_dx, _pow_dy], lower=Scalar("pow({0}, {1})")
)

# --- trigonometric ------------------------------------------------------------------------------

sin_p = elementwise(
    "sin",
    np.sin,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, cos(x))],
    lower=Scalar("sin({0})"),
)
cos_p = elementwise(
    "cos",
    np.cos,
    kinds="inexact",
    partials=[lambda t, o, x: neg(mul(t, sin(x)))],
    lower=Scalar("cos({0})"),
)
tan_p = elementwise(
    "tan",
    np.tan,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, _one_plus_square(o))],
    lower=Scalar("tan({0})"),
)
asin_p = elementwise(
    "asin",
    np.arcsin,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, rsqrt(_one_minus_square(x)))],
    lower=Scalar("asin({0})"),
)
acos_p = elementwise(
    "acos",
    np.arccos,
    kinds="inexact",
    partials=[lambda t, o, x: neg(mul(t, rsqrt(_one_minus_square(x))))],
    lower=Scalar("acos({0})"),
)
atan_p = elementwise(
    "atan",
    np.arctan,
    kinds="inexact",
    partials=[lambda t, o, x: div(t, _one_plus_square(x))],
    lower=Scalar("atan({0})"),
)
atan2_p = elementwise(
    "atan2",
    np.arctan2,
    kinds="float",
    partials=[
        lambda t, o, x, y: mul(t, div(y, add(mul(x, x), mul(y, y)))),
        lambda t, o, x, y: neg(mul(t, div(x, add(mul(x, x), mul(y, y))))),
    ],
    lower=Scalar("atan2({0}, {1})"),
)


def _over_safe(x: Any, o: Any) -> Any:
    """x / o, and 0 where o is 0."""
    return div(x, select(eq(o, full_like(o, 0)), full_like(o, 1), o))


hypot_p = elementwise(
    "hypot",
    np.hypot,
    kinds="float",
    partials=[
        lambda t, o, x, y: mul(t, _over_safe(x, o)),
        lambda t, o, x, y: mul(t, _over_safe(y, o)),
    ],
    lower=Scalar("hypot({0}, {1})"),
)

# --- hyperbolic ---------------------------------------------------------------------------------

sinh_p = elementwise(
    "sinh",
    np.sinh,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, bind(cosh_p, x))],
    lower=Scalar("sinh({0})"),
)
cosh_p: Primitive = elementwise(
    "cosh",
    np.cosh,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, bind(sinh_p, x))],
    lower=Scalar("cosh({0})"),
)
tanh_p = elementwise(
    "tanh",
    np.tanh,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, _one_minus_square(o))],
    lower=Scalar("tanh({0})"),
)
asinh_p = elementwise(
    "asinh",
    np.arcsinh,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, rsqrt(_one_plus_square(x)))],
    lower=Scalar("asinh({0})"),
)
acosh_p = elementwise(
    "acosh",
    np.arccosh,
    kinds="inexact",
    partials=[
        lambda t, o, x: mul(t, mul(rsqrt(sub(x, full_like(x, 1))), rsqrt(add(x, full_like(x, 1)))))
    ],
    lower=Scalar("acosh({0})"),
)
atanh_p = elementwise(
    "atanh",
    np.arctanh,
    kinds="inexact",
    partials=[lambda t, o, x: div(t, _one_minus_square(x))],
    lower=Scalar("atanh({0})"),
)

# --- error and gamma functions ------------------------------------------------------------------

erf_p = elementwise(
    "erf",
    _special("erf"),
    kinds="float",
    partials=[lambda t, o, x: mul(t, mul(full_like(x, _TWO_OVER_SQRT_PI), exp(neg(mul(x, x)))))],
    lower=Scalar("erf({0})"),
)
erfc_p = elementwise(
    "erfc",
    _special("erfc"),
    kinds="float",
    partials=[lambda t, o, x: mul(t, mul(full_like(x, -_TWO_OVER_SQRT_PI), exp(neg(mul(x, x)))))],
    lower=Scalar("erfc({0})"),
)
erf_inv_p = elementwise(
    "erf_inv",
    _special("erfinv"),
    kinds="float",
    partials=[lambda t, o, x: mul(t, mul(full_like(x, 1 / _TWO_OVER_SQRT_PI), exp(mul(o, o))))],
    lower=Scalar("erfinv({0})"),
)


def exp(x: Any) -> Any:
    """e ** x."""
    return bind(exp_p, x)


def pow(x: Any, y: Any) -> Any:
    """x ** y for equal dtypes and shapes."""
    return bind(pow_p, x, y)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return bind(log_p, x)


def sin(x: Any) -> Any:
    """Sine of x radians."""
    return bind(sin_p, x)


def cos(x: Any) -> Any:
    """Cosine of x radians."""
    return bind(cos_p, x)


def rsqrt(x: Any) -> Any:
    """1 / sqrt(x)."""
    return bind(rsqrt_p, x)


__all__ = [n for n in dir() if n.endswith("_p")] + ["cos", "exp", "log", "pow", "rsqrt", "sin"]
