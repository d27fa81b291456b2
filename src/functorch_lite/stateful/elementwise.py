"""Elementwise functions of Tensors, under PyTorch's names."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import bind
from ..numpy._promotion import cast
from ..prims.arithmetic import convert_element_type_p
from .promotion import as_operand, get_default_dtype, promote, to_float
from .tensor import Tensor, wrap

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "angle",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "clone",
    "conj",
    "convert",
    "copysign",
    "cos",
    "cosh",
    "div",
    "divide",
    "eq",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "fmod",
    "frac",
    "ge",
    "gt",
    "hypot",
    "imag",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "lerp",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "nan_to_num",
    "ne",
    "neg",
    "negative",
    "pow",
    "real",
    "reciprocal",
    "relu",
    "remainder",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]

Function = Callable[..., Any]


def _named(f: Function, name: str, text: str) -> Function:
    f.__name__ = f.__qualname__ = name
    f.__doc__ = text
    return f


def _binary(name: str, on: Function, text: str) -> Function:
    def f(input: Any, other: Any) -> Any:
        return wrap(on(*promote(input, other)))

    return _named(f, name, f"{text} See `torch.{name}`.")


def _float_unary(name: str, on: Function | None = None) -> Function:
    compute: Function = getattr(fnp, name) if on is None else on

    def f(input: Any) -> Any:
        return wrap(compute(to_float(input)))

    return _named(f, name, f"{name} of each element; integers give floats. See `torch.{name}`.")


def _unary(name: str, on: Function, text: str) -> Function:
    def f(input: Any) -> Any:
        return wrap(on(as_operand(input)))

    return _named(f, name, f"{text} See `torch.{name}`.")


# --- arithmetic ---------------------------------------------------------------------------------


def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Return input + alpha * other. See `torch.add`."""
    if alpha != 1:
        other = mul(other, alpha)
    return wrap(fnp.add(*promote(input, other)))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Return input - alpha * other. See `torch.sub`."""
    if alpha != 1:
        other = mul(other, alpha)
    x, y = promote(input, other)
    if isinstance(x, Tensor) and x.dtype.kind == "b":
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    return wrap(fnp.subtract(x, y))


mul = _binary("mul", fnp.multiply, "Multiply, broadcasting.")


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Return input / other; integers give floats. See `torch.div`.

    Parameters
    ----------
    rounding_mode : None, "floor" or "trunc"
        Round the quotient and keep integers.
    """
    x, y = promote(input, other)
    if rounding_mode == "floor":
        return wrap(fnp.floor_divide(x, y))
    inexact = isinstance(x, Tensor) and x.dtype.kind in "fc"
    inexact = inexact or (isinstance(y, Tensor) and y.dtype.kind in "fc")
    if not inexact:
        d = get_default_dtype() if rounding_mode is None else np.dtype(np.float64)
        x, y = wrap(cast(x, d)), wrap(cast(y, d))
    out = wrap(fnp.divide(x, y))
    if rounding_mode is None:
        return out
    if rounding_mode != "trunc":
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{rounding_mode}'"
        )
    out = wrap(fnp.trunc(out))
    return out if inexact else convert(out, promote(input, other)[0].dtype)


floor_divide = _binary("floor_divide", fnp.floor_divide, "Return floor(input / other).")
remainder = _binary("remainder", fnp.remainder, "Remainder with the sign of the divisor.")
fmod = _binary("fmod", fnp.fmod, "Remainder with the sign of the dividend.")
maximum = _binary("maximum", fnp.maximum, "The larger element; equal ones share the gradient.")
minimum = _binary("minimum", fnp.minimum, "The smaller element; equal ones share the gradient.")


def pow(input: Any, exponent: Any) -> Any:
    """Raise to a power. See `torch.pow`."""
    x = as_operand(input)
    if isinstance(x, Tensor) and type(exponent) is int:
        kind = x.dtype.kind
        if kind in "iu" and exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        if kind in "fciu":
            return wrap(fnp.power(x, exponent))
    if isinstance(x, Tensor) and type(exponent) is float and x.dtype.kind in "fc":
        if exponent == int(exponent) and abs_(exponent) <= 64:
            return wrap(fnp.power(x, int(exponent)))
        return wrap(fnp.power(x, exponent))
    return wrap(fnp.power(*promote(x, exponent)))


def abs_(x: float) -> float:
    """Return the magnitude of a number (`abs` is a function of Tensors here)."""
    return -x if x < 0 else x


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Return input + value * tensor1 * tensor2. See `torch.addcmul`."""
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Return input + value * tensor1 / tensor2. See `torch.addcdiv`."""
    return add(input, mul(div(tensor1, tensor2), value))


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """Return input + weight * (end - input). See `torch.lerp`."""
    return add(input, mul(sub(end, input), weight))


neg = _unary("neg", fnp.negative, "Change the sign.")
abs = _unary("abs", fnp.absolute, "Magnitude; the gradient at 0 is 0.")
sign = _unary("sign", fnp.sign, "-1, 0 or 1; the gradient is 0.")
floor = _unary("floor", fnp.floor, "Round down; the gradient is 0.")
ceil = _unary("ceil", fnp.ceil, "Round up; the gradient is 0.")
trunc = _unary("trunc", fnp.trunc, "Round towards zero; the gradient is 0.")
square = _unary("square", fnp.square, "Square.")
conj = _unary("conj", fnp.conj, "Complex conjugate.")
real = _unary("real", fnp.real, "Real part.")
imag = _unary("imag", fnp.imag, "Imaginary part.")
angle = _float_unary("angle", fnp.angle)


def round(input: Any, *, decimals: int = 0) -> Any:
    """Round half to even; the gradient is 0. See `torch.round`."""
    return wrap(fnp.round(as_operand(input), decimals))


def frac(input: Any) -> Any:
    """Return the fractional part. See `torch.frac`."""
    return sub(input, trunc(input))


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Limit to [min, max]; the gradient is 1 at the bounds too. See `torch.clamp`."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    x = as_operand(input)
    bounds = [as_operand(b) for b in (min, max) if b is not None]
    for b in bounds:
        x = promote(x, b)[0]
    lo, hi = (None if b is None else promote(x, b)[1] for b in (min, max))
    return wrap(fnp.clip(x, lo, hi))


def clamp_min(input: Any, min: Any) -> Any:
    """Limit from below. See `torch.clamp_min`."""
    return clamp(input, min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """Limit from above. See `torch.clamp_max`."""
    return clamp(input, max=max)


clip = clamp

# --- functions of real and complex analysis ---------------------------------------------------------

exp, exp2, expm1 = _float_unary("exp"), _float_unary("exp2"), _float_unary("expm1")
log, log2 = _float_unary("log"), _float_unary("log2")
log10, log1p = _float_unary("log10"), _float_unary("log1p")
sqrt, sin, cos = _float_unary("sqrt"), _float_unary("sin"), _float_unary("cos")
tan, asin, acos = _float_unary("tan"), _float_unary("asin"), _float_unary("acos")
atan, sinh, cosh = _float_unary("atan"), _float_unary("sinh"), _float_unary("cosh")
tanh, asinh, acosh = _float_unary("tanh"), _float_unary("asinh"), _float_unary("acosh")
atanh = _float_unary("atanh")
rsqrt = _float_unary("rsqrt", lambda x: 1 / fnp.sqrt(x))
reciprocal = _float_unary("reciprocal", fnp.reciprocal)


def _late(module: str, name: str) -> Function:
    """Return a function of a module that depends on more than this one; found when called."""

    def f(*args: Any, **kwargs: Any) -> Any:
        import importlib

        return getattr(importlib.import_module(f"functorch_lite.{module}"), name)(*args, **kwargs)

    return f


sigmoid = _float_unary("sigmoid", _late("functions", "sigmoid"))
erf = _float_unary("erf", _late("scipy.special", "erf"))
erfc = _float_unary("erfc", _late("scipy.special", "erfc"))
lgamma = _float_unary("lgamma", _late("scipy.special", "gammaln"))


def relu(input: Any) -> Any:
    """max(x, 0); the gradient at 0 is 0. See `torch.relu`."""
    return wrap(_late("functions", "relu")(as_operand(input)))


def _float_binary(name: str, on: Function) -> Function:
    def f(input: Any, other: Any) -> Any:
        x, y = promote(input, other)
        return wrap(on(to_float(x), to_float(y)))

    return _named(f, name, f"{name}, broadcasting. See `torch.{name}`.")


atan2 = _float_binary("atan2", fnp.atan2)
hypot = _float_binary("hypot", fnp.hypot)
logaddexp = _float_binary("logaddexp", fnp.logaddexp)
copysign = _float_binary("copysign", fnp.copysign)

# --- comparisons and logic ----------------------------------------------------------------------

eq = _binary("eq", fnp.equal, "Whether elements are equal.")
ne = _binary("ne", fnp.not_equal, "Whether elements differ.")
lt = _binary("lt", fnp.less, "Whether input < other.")
le = _binary("le", fnp.less_equal, "Whether input <= other.")
gt = _binary("gt", fnp.greater, "Whether input > other.")
ge = _binary("ge", fnp.greater_equal, "Whether input >= other.")
bitwise_and = _binary("bitwise_and", fnp.bitwise_and, "Bitwise and.")
bitwise_or = _binary("bitwise_or", fnp.bitwise_or, "Bitwise or.")
bitwise_xor = _binary("bitwise_xor", fnp.bitwise_xor, "Bitwise exclusive or.")
bitwise_not = _unary("bitwise_not", fnp.invert, "Bitwise not.")
logical_not = _unary("logical_not", fnp.logical_not, "Whether elements are zero.")
isnan = _unary("isnan", fnp.isnan, "Whether elements are NaN.")
isinf = _unary("isinf", fnp.isinf, "Whether elements are infinite.")
isfinite = _unary("isfinite", fnp.isfinite, "Whether elements are finite.")


def _logical(name: str, on: Function) -> Function:
    def f(input: Any, other: Any) -> Any:
        return wrap(on(as_operand(input), as_operand(other)))

    return _named(f, name, f"{name} of truth values. See `torch.{name}`.")


logical_and = _logical("logical_and", fnp.logical_and)
logical_or = _logical("logical_or", fnp.logical_or)
logical_xor = _logical("logical_xor", fnp.logical_xor)


def isclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether elements are close. See `torch.isclose`."""
    x, y = promote(input, other)
    near = le(abs(sub(x, y)), add(mul(abs(y), rtol), atol))
    out = logical_or(eq(x, y), logical_and(near, isfinite(y)))
    return logical_or(out, logical_and(isnan(x), isnan(y))) if equal_nan else out


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Choose from `input` where `condition` holds, from `other` elsewhere. See `torch.where`."""
    if input is None and other is None:
        from .indexing import nonzero

        return nonzero(condition, as_tuple=True)
    x, y = as_operand(input), as_operand(other)
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        from .creation import tensor

        x, y = tensor(x), tensor(y)
    return wrap(fnp.where(as_operand(condition), *promote(x, y)))


def nan_to_num(
    input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """Replace NaN and infinities. See `torch.nan_to_num`."""
    x = as_operand(input)
    if x.dtype.kind not in "fc":
        return x
    info = np.finfo(x.dtype)
    high = info.max if posinf is None else posinf
    low = info.min if neginf is None else neginf
    x = where(isnan(x), float(nan), x)
    return where(eq(x, np.inf), float(high), where(eq(x, -np.inf), float(low), x))


# --- copies -------------------------------------------------------------------------------------


def convert(input: Any, dtype: Any) -> Any:
    """Convert to a dtype; the same Tensor if it has it already."""
    x = wrap(input)
    return wrap(cast(x, np.dtype(dtype)))


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """Return a copy through which gradients flow. See `torch.clone`."""
    x = wrap(input)
    return wrap(bind(convert_element_type_p, x, new_dtype=x.dtype))


multiply, divide, true_divide, subtract, negative, absolute = mul, div, div, sub, neg, abs
