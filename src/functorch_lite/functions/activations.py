"""Activation functions: JAX's names, plus what PyTorch adds. All are stable at large inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import bind, shape_of
from ..prims import transcendental as tr
from ..prims.arithmetic import select
from ..prims.elementwise import full_like
from ._common import array, fail, inexact, quiet

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "identity",
    "leaky_relu",
    "log1mexp",
    "log_sigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "soft_sign",
    "softplus",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]

Axis = int | Sequence[int] | None
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946
_SQRT_HALF = float(np.sqrt(0.5))
_SQRT_2_OVER_PI = float(np.sqrt(2.0 / np.pi))


def _where(condition: Any, x: Any, y: Any) -> Any:
    """Select, with scalars of the dtype of the other case."""
    return fnp.where(condition, x, y)


def identity(x: Any) -> Any:
    """Return `x`."""
    return array(x)


def relu(x: Any) -> Any:
    """max(x, 0), with derivative 0 at 0; NaN stays NaN.

    Examples
    --------
    >>> import numpy as np
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    x = array(x)
    if type(x) is np.ndarray:
        return np.maximum(x, x.dtype.type(0))
    zero = full_like(x, 0)
    return select(fnp.less_equal(x, zero), zero, x)


def relu6(x: Any) -> Any:
    """min(max(x, 0), 6), with derivative 0 at 0 and at 6."""
    return _clip_open(array(x), 0.0, 6.0)


def _clip_open(x: Any, lo: float, hi: float) -> Any:
    """Clip, with derivative 0 at the bounds."""
    low, high = full_like(x, lo), full_like(x, hi)
    return _where(fnp.less_equal(x, low), low, _where(fnp.greater_equal(x, high), high, x))


def hard_tanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """Clip to [-1, 1], with derivative 0 at the bounds."""
    return _clip_open(array(x), min_val, max_val)


def hard_sigmoid(x: Any) -> Any:
    """relu6(x + 3) / 6."""
    x = inexact(x)
    return fnp.divide(relu6(fnp.add(x, full_like(x, 3))), full_like(x, 6))


def hard_silu(x: Any) -> Any:
    """Return x * hard_sigmoid(x)."""
    x = inexact(x)
    return fnp.multiply(x, hard_sigmoid(x))


hard_swish = hard_silu


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)).

    Examples
    --------
    >>> float(sigmoid(0.0))
    0.5
    """
    return bind(tr.logistic_p, inexact(x))


def log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x)) = -softplus(-x), exact for large negative x."""
    return fnp.negative(softplus(fnp.negative(inexact(x))))


def softplus(x: Any, beta: float = 1.0, threshold: float | None = None) -> Any:
    """log(1 + exp(beta * x)) / beta without overflow.

    With `threshold`, the identity where ``beta * x`` exceeds it, as in PyTorch (20 there).
    """
    x = inexact(x)
    z = x if beta == 1.0 else fnp.multiply(x, full_like(x, beta))
    y = fnp.logaddexp(z, full_like(x, 0))
    if beta != 1.0:
        y = fnp.divide(y, full_like(x, beta))
    return y if threshold is None else _where(fnp.greater(z, full_like(x, threshold)), x, y)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return fnp.tanh(inexact(x))


@quiet
def log1mexp(x: Any) -> Any:
    """log(1 - exp(-x)) for x >= 0, exact at both ends (Maechler 2012)."""
    x = inexact(x)
    is_small = fnp.less(x, full_like(x, np.log(2)))
    # Each branch gets a number of its own domain, so that no NaN meets a derivative.
    low = fnp.where(is_small, x, full_like(x, 0.5))
    high = fnp.where(is_small, full_like(x, 1), x)
    by_expm1 = fnp.log(fnp.negative(fnp.expm1(fnp.negative(low))))
    return fnp.where(is_small, by_expm1, fnp.log1p(fnp.negative(fnp.exp(fnp.negative(high)))))


def silu(x: Any) -> Any:
    """Return x * sigmoid(x); also called swish (Elfwing, Uchibe & Doya 2017)."""
    x = inexact(x)
    return fnp.multiply(x, sigmoid(x))


swish = silu


def mish(x: Any) -> Any:
    """Return x * tanh(softplus(x)) (Misra 2019)."""
    x = inexact(x)
    return fnp.multiply(x, fnp.tanh(softplus(x)))


def soft_sign(x: Any) -> Any:
    """Return x / (1 + |x|)."""
    x = inexact(x)
    return fnp.divide(x, fnp.add(fnp.absolute(x), full_like(x, 1)))


def squareplus(x: Any, b: float = 4.0) -> Any:
    """(x + sqrt(x**2 + b)) / 2 (Barron 2021)."""
    x = inexact(x)
    return fnp.divide(fnp.add(x, fnp.sqrt(fnp.add(fnp.square(x), b))), full_like(x, 2))


def sparse_plus(x: Any) -> Any:
    """0 up to -1, x from 1 on, (x + 1)**2 / 4 between."""
    x = inexact(x)
    middle = fnp.divide(fnp.square(fnp.add(x, full_like(x, 1))), full_like(x, 4))
    lower = _where(fnp.less_equal(x, full_like(x, -1)), full_like(x, 0), middle)
    return _where(fnp.greater_equal(x, full_like(x, 1)), x, lower)


def sparse_sigmoid(x: Any) -> Any:
    """0 up to -1, 1 from 1 on, (x + 1) / 2 between."""
    x = inexact(x)
    return fnp.divide(fnp.add(_clip_open(x, -1.0, 1.0), full_like(x, 1)), full_like(x, 2))


def _expm1_of_negative(x: Any) -> Any:
    """expm1(x) where x <= 0; elsewhere something finite, so that no NaN meets a derivative."""
    return fnp.expm1(_where(fnp.greater(x, full_like(x, 0)), full_like(x, 0), x))


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x for x > 0, else alpha * expm1(x) (Clevert, Unterthiner & Hochreiter 2015)."""
    x = inexact(x)
    return _where(fnp.greater(x, full_like(x, 0)), x, fnp.multiply(_expm1_of_negative(x), alpha))


def celu(x: Any, alpha: Any = 1.0) -> Any:
    """max(x, 0) + min(0, alpha * expm1(x / alpha)) (Barron 2017)."""
    x = inexact(x)
    scaled = fnp.multiply(_expm1_of_negative(fnp.divide(x, alpha)), alpha)
    return _where(fnp.greater(x, full_like(x, 0)), x, scaled)


def selu(x: Any) -> Any:
    """Self-normalising elu (Klambauer et al. 2017)."""
    x = inexact(x)
    return fnp.multiply(elu(x, _SELU_ALPHA), full_like(x, _SELU_SCALE))


def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """Return x for x >= 0, else negative_slope * x (JAX's choice at 0, where PyTorch has the slope)."""
    x = inexact(x)
    return _where(fnp.greater_equal(x, full_like(x, 0)), x, fnp.multiply(x, negative_slope))


def prelu(x: Any, weight: Any) -> Any:
    """Leaky relu with a learned slope for each channel (axis 1), or one for all."""
    x, weight = inexact(x), array(weight, "weight")
    count, ndim = int(np.prod(shape_of(weight), dtype=np.int64)), len(shape_of(x))
    if count == 1:
        slope = fnp.reshape(weight, ())
    elif ndim > 1 and count == shape_of(x)[1]:
        slope = fnp.reshape(weight, (count,) + (1,) * (ndim - 2))
    else:
        raise fail(f"prelu: weight {shape_of(weight)} does not fit an input of {shape_of(x)}")
    return _where(fnp.greater(x, full_like(x, 0)), x, fnp.multiply(x, slope))


def gelu(x: Any, approximate: bool | str = True) -> Any:
    """Return x * Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016).

    Parameters
    ----------
    approximate : bool or str
        True or ``"tanh"``: by tanh, as is JAX's default. False or ``"none"``: by erf, PyTorch's.
    """
    x = inexact(x)
    if approximate not in (True, False, "tanh", "none"):
        raise ValueError(f'approximate must be "none" or "tanh", got {approximate!r}')
    half = full_like(x, 0.5)
    if approximate in (True, "tanh"):
        inner = fnp.multiply(
            x, fnp.add(fnp.multiply(fnp.square(x), full_like(x, 0.044715)), full_like(x, 1))
        )
        phi = fnp.add(fnp.tanh(fnp.multiply(inner, full_like(x, _SQRT_2_OVER_PI))), full_like(x, 1))
        return fnp.multiply(fnp.multiply(x, half), phi)
    phi = bind(tr.erfc_p, fnp.multiply(x, full_like(x, -_SQRT_HALF)))
    return fnp.multiply(fnp.multiply(x, half), phi)


def glu(x: Any, axis: int = -1) -> Any:
    """First half times sigmoid of the second half along an axis (Dauphin et al. 2016)."""
    x = inexact(x)
    if shape_of(x)[axis] % 2:
        raise fail(f"glu needs an even size along axis {axis}, got {shape_of(x)}")
    a, b = fnp.split(x, 2, axis)
    return fnp.multiply(a, sigmoid(b))


def threshold(x: Any, threshold: float, value: float) -> Any:
    """Return x where x > threshold, else value."""
    x = array(x)
    return _where(fnp.greater(x, full_like(x, threshold)), x, full_like(x, value))


def soft_shrink(x: Any, lambd: float = 0.5) -> Any:
    """Move x toward 0 by lambd, to 0 at most."""
    x = inexact(x)
    c = full_like(x, lambd)
    above = _where(fnp.greater(x, c), fnp.subtract(x, c), full_like(x, 0))
    return _where(fnp.less(x, fnp.negative(c)), fnp.add(x, c), above)


def hard_shrink(x: Any, lambd: float = 0.5) -> Any:
    """Return x where |x| > lambd, else 0."""
    x = inexact(x)
    return _where(fnp.greater(fnp.absolute(x), full_like(x, lambd)), x, full_like(x, 0))


def tanh_shrink(x: Any) -> Any:
    """Return x - tanh(x)."""
    x = inexact(x)
    return fnp.subtract(x, fnp.tanh(x))
