"""The rarer elementwise functions of Tensors, under PyTorch's names."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import numpy as fnp
from . import elementwise as el
from .elementwise import _binary, _float_binary, _float_unary, _late, _unary
from .promotion import as_operand, promote, to_float
from .tensor import wrap

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "bitwise_left_shift",
    "bitwise_right_shift",
    "celu",
    "deg2rad",
    "digamma",
    "erfinv",
    "fix",
    "float_power",
    "fmax",
    "fmin",
    "gcd",
    "greater",
    "greater_equal",
    "hardshrink",
    "heaviside",
    "i0",
    "igamma",
    "igammac",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "isneginf",
    "isposinf",
    "isreal",
    "lcm",
    "ldexp",
    "less",
    "less_equal",
    "logaddexp2",
    "logit",
    "mvlgamma",
    "nextafter",
    "not_equal",
    "numel",
    "polygamma",
    "positive",
    "prelu",
    "rad2deg",
    "selu",
    "sgn",
    "signbit",
    "sinc",
    "threshold",
    "xlogy",
]

Function = Callable[..., Any]

arccos, arccosh, arcsin, arcsinh = el.acos, el.acosh, el.asin, el.asinh
arctan, arctanh, arctan2 = el.atan, el.atanh, el.atan2
greater, greater_equal, less, less_equal, not_equal = el.gt, el.ge, el.lt, el.le, el.ne
fix = el.trunc

digamma = _float_unary("digamma", _late("scipy.special", "digamma"))
erfinv = _float_unary("erfinv", _late("scipy.special", "erfinv"))
i0 = _float_unary("i0", _late("scipy.special", "i0"))
sinc = _float_unary("sinc", fnp.sinc)
deg2rad, rad2deg = _float_unary("deg2rad", fnp.deg2rad), _float_unary("rad2deg", fnp.rad2deg)
igamma = _float_binary("igamma", _late("scipy.special", "gammainc"))
igammac = _float_binary("igammac", _late("scipy.special", "gammaincc"))
xlogy = _float_binary("xlogy", _late("scipy.special", "xlogy"))
logaddexp2 = _float_binary("logaddexp2", fnp.logaddexp2)
nextafter = _float_binary("nextafter", fnp.nextafter)
gcd = _binary("gcd", fnp.gcd, "Greatest common divisor.")
lcm = _binary("lcm", fnp.lcm, "Least common multiple.")
heaviside = _binary("heaviside", fnp.heaviside, "0, 1, or `other` at 0.")
bitwise_left_shift = _binary("bitwise_left_shift", fnp.left_shift, "Shift bits to the left.")
bitwise_right_shift = _binary("bitwise_right_shift", fnp.right_shift, "Shift bits to the right.")
signbit = _unary("signbit", fnp.signbit, "Whether the sign bit is set.")
isposinf = _unary("isposinf", fnp.isposinf, "Whether elements are plus infinity.")
isneginf = _unary("isneginf", fnp.isneginf, "Whether elements are minus infinity.")
isreal = _unary("isreal", fnp.isreal, "Whether the imaginary part is zero.")
positive = _unary("positive", fnp.positive, "The elements as they are.")
sgn = el.sign


def fmax(input: Any, other: Any) -> Any:
    """Return the larger element, the first of equal ones; NaN gives way. See `torch.fmax`."""
    x, y = promote(input, other)
    return el.where(el.logical_or(el.ge(x, y), el.isnan(y)), x, y)


def fmin(input: Any, other: Any) -> Any:
    """Return the smaller element, the first of equal ones; NaN gives way. See `torch.fmin`."""
    x, y = promote(input, other)
    return el.where(el.logical_or(el.le(x, y), el.isnan(y)), x, y)


def logit(input: Any, eps: float | None = None) -> Any:
    """Return log(x / (1 - x)), x limited to [eps, 1 - eps] if given. See `torch.logit`."""
    x = to_float(input)
    x = x if eps is None else el.clamp(x, eps, 1 - eps)
    return el.log(el.div(x, el.sub(1, x)))


def polygamma(n: int, input: Any) -> Any:
    """Return the n-th derivative of digamma. See `torch.polygamma`."""
    if n == 0:
        return digamma(input)
    return wrap(_late("scipy.special", "polygamma")(n, to_float(input)))


def mvlgamma(input: Any, p: int) -> Any:
    """Return the logarithm of the p-variate gamma function. See `torch.mvlgamma`."""
    return wrap(_late("scipy.special", "multigammaln")(to_float(input), p))


def float_power(input: Any, exponent: Any) -> Any:
    """Raise to a power in double precision. See `torch.float_power`."""
    x, y = as_operand(input), as_operand(exponent)
    pair = [getattr(v, "dtype", np.dtype(type(v))) for v in (x, y)]
    dtype = np.complex128 if any(d.kind == "c" for d in pair) else np.float64
    x, y = (v.to(dtype) if hasattr(v, "to") else v for v in (x, y))
    return el.pow(x if hasattr(x, "to") else wrap(np.asarray(x, dtype)), y)


def ldexp(input: Any, other: Any) -> Any:
    """Return input * 2 ** other. See `torch.ldexp`."""
    return el.mul(input, el.pow(2.0, as_operand(other)))


# --- activations that PyTorch also has at its top level ---------------------------------------------


def selu(input: Any) -> Any:
    """Self-normalising ELU. See `torch.selu`."""
    return wrap(_late("functions", "selu")(as_operand(input)))


def celu(input: Any, alpha: float = 1.0) -> Any:
    """Return x where positive, else alpha * (exp(x / alpha) - 1). See `torch.celu`."""
    return wrap(_late("functions", "celu")(as_operand(input), alpha))


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """Return x where |x| > lambd, else 0. See `torch.hardshrink`."""
    return wrap(_late("functions", "hard_shrink")(as_operand(input), lambd))


def threshold(input: Any, threshold: float, value: float) -> Any:
    """Return x where x > threshold, else value. See `torch.threshold`."""
    return wrap(_late("functions", "threshold")(as_operand(input), threshold, value))


def prelu(input: Any, weight: Any) -> Any:
    """Return x where positive, else weight * x. See `torch.prelu`."""
    return _late("nn.functional", "prelu")(input, weight)


# --- questions ------------------------------------------------------------------------------------


def is_tensor(obj: Any) -> bool:
    """Tell whether `obj` is a Tensor. See `torch.is_tensor`."""
    from .tensor import Tensor

    return isinstance(obj, Tensor)


def is_floating_point(input: Any) -> bool:
    """Tell whether the dtype is a real float. See `torch.is_floating_point`."""
    return wrap(input).dtype.kind == "f"


def is_complex(input: Any) -> bool:
    """Tell whether the dtype is complex. See `torch.is_complex`."""
    return wrap(input).dtype.kind == "c"


def is_signed(input: Any) -> bool:
    """Tell whether the dtype has negative numbers. See `torch.Tensor.is_signed`."""
    return wrap(input).dtype.kind in "ifc"


def is_nonzero(input: Any) -> bool:
    """Tell whether the one element is not zero. See `torch.is_nonzero`."""
    return bool(wrap(input))


def is_same_size(input: Any, other: Any) -> bool:
    """Tell whether two Tensors have the same shape. See `torch.is_same_size`."""
    return wrap(input).shape == wrap(other).shape


def numel(input: Any) -> int:
    """Return the number of elements. See `torch.numel`."""
    return int(wrap(input).size)
