"""``nn.init``: filling parameters, in place and unrecorded.

Sources: Glorot & Bengio 2010 (xavier), He et al. 2015 (kaiming), Saxe et al. 2013 (orthogonal).
"""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..stateful.generator import Generator, numpy_generator
from ..stateful.modes import no_grad
from ..stateful.tensor import Tensor, make
from ..stateful.views import write

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def _fill(tensor: Tensor, value: Any) -> Tensor:
    with no_grad():
        return write(
            tensor, make(np.asarray(value).astype(tensor.dtype).reshape(tensor.shape), None)
        )


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the recommended gain of a nonlinearity.

    Examples
    --------
    >>> round(calculate_gain("relu"), 4), calculate_gain("tanh")
    (1.4142, 1.6666666666666667)
    """
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    linear = ("linear", "sigmoid", "conv1d", "conv2d", "conv3d")
    if nonlinearity in (*linear, "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"):
        return 1.0
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return the numbers of inputs and of outputs of each unit."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    field = int(np.prod(tensor.shape[2:], dtype=np.int64))
    return tensor.shape[1] * field, tensor.shape[0] * field


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn uniformly from [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal numbers."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal numbers truncated to [a, b], by inversion of the distribution function."""
    from scipy.special import ndtr, ndtri

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=2,
        )
    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    u = numpy_generator(generator).uniform(low, high, tensor.shape)
    return _fill(tensor, np.clip(ndtri(u) * std + mean, a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with a number."""
    return _fill(tensor, np.full(tensor.shape, val))


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight with the identity on as many channels as possible."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out, inputs = tensor.shape[:2]
    if out % groups:
        raise ValueError("dim 0 must be divisible by groups")
    value = np.zeros(tensor.shape)
    each = out // groups
    centre = tuple(n // 2 for n in tensor.shape[2:])
    for g in range(groups):
        for d in range(min(each, inputs)):
            value[(g * each + d, d, *centre)] = 1.0
    return _fill(tensor, value)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill uniformly with variance ``2 gain² / (fan_in + fan_out)``."""
    fan_in, fan_out = fans(tensor)
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill normally with variance ``2 gain² / (fan_in + fan_out)``."""
    fan_in, fan_out = fans(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / (fan_in + fan_out)), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = fans(tensor)[0 if mode == "fan_in" else 1]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _kaiming(draw: Callable[[Tensor, float, Any], Tensor], name: str, what: str) -> Any:
    def f(
        tensor: Tensor,
        a: float = 0.0,
        mode: str = "fan_in",
        nonlinearity: str = "leaky_relu",
        generator: Generator | None = None,
    ) -> Tensor:
        if 0 in tensor.shape:
            warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
            return tensor
        return draw(tensor, _kaiming_std(tensor, a, mode, nonlinearity), generator)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Fill {what} with standard deviation ``gain / sqrt(fan)``."
    return f


kaiming_uniform_ = _kaiming(
    lambda t, std, g: uniform_(t, -math.sqrt(3.0) * std, math.sqrt(3.0) * std, g),
    "kaiming_uniform_",
    "uniformly",
)
kaiming_normal_ = _kaiming(lambda t, std, g: normal_(t, 0.0, std, g), "kaiming_normal_", "normally")


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with a (semi-)orthogonal matrix, rows being the first axis."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    rows = tensor.shape[0]
    cols = int(np.prod(tensor.shape[1:], dtype=np.int64))
    flat = numpy_generator(generator).standard_normal((rows, cols))
    q, r = np.linalg.qr(flat.T if rows < cols else flat)
    q = q * np.sign(np.diag(r))
    return _fill(tensor, gain * (q.T if rows < cols else q))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Fill a matrix with normal numbers, a fraction of each column zero."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    g = numpy_generator(generator)
    value = g.standard_normal(tensor.shape) * std
    zeros = math.ceil(sparsity * tensor.shape[0])
    for j in range(tensor.shape[1]):
        value[g.permutation(tensor.shape[0])[:zeros], j] = 0.0
    return _fill(tensor, value)
