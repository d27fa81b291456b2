"""Activation functions of Tensors, with PyTorch's arguments."""

import inspect
import warnings
from typing import Any

import numpy as np

from .. import functions as fn
from .. import numpy as fnp
from ..ir import shape_of
from ..stateful.tensor import Tensor
from ..stateful.views import before
from ._lift import lift, result, torch_signature, write_back

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]


def _activation(f: Any) -> Any:
    on = lift(f)
    signature = torch_signature(f)
    switch = inspect.Parameter("inplace", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False)
    signature = signature.replace(parameters=[*signature.parameters.values(), switch])
    place = len(signature.parameters) - 2  # of `inplace` among `args`

    def activation(input: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        args, given = args[:place], args[place:]
        if not (given[0] if given else inplace):
            return on(input, *args, **kwargs)
        x = before(input) if isinstance(input, Tensor) else input
        return write_back(input, on(x, *args, **kwargs), True)

    activation.__name__ = activation.__qualname__ = f.__name__
    activation.__doc__ = f.__doc__
    activation.__signature__ = signature  # type: ignore[attr-defined]
    return activation


relu, relu6, elu = _activation(fn.relu), _activation(fn.relu6), _activation(fn.elu)
selu, celu, silu = _activation(fn.selu), _activation(fn.celu), _activation(fn.silu)
mish, leaky_relu = _activation(fn.mish), _activation(fn.leaky_relu)
hardtanh, hardsigmoid = _activation(fn.hard_tanh), _activation(fn.hard_sigmoid)
hardswish, threshold = _activation(fn.hard_swish), _activation(fn.threshold)
softsign, softplus, prelu = lift(fn.soft_sign), lift(fn.softplus), lift(fn.prelu)
logsigmoid, tanhshrink = lift(fn.log_sigmoid), lift(fn.tanh_shrink)
softshrink, hardshrink = lift(fn.soft_shrink), lift(fn.hard_shrink)
sigmoid, tanh = lift(fn.sigmoid), lift(fnp.tanh)


def gelu(input: Any, approximate: str = "none") -> Any:
    """Return x * Phi(x); by erf, or with ``approximate="tanh"`` by tanh."""
    return result(fn.gelu(input, approximate), input)


def glu(input: Any, dim: int = -1) -> Any:
    """First half times sigmoid of the second half along an axis."""
    return result(fn.glu(input, dim), input)


def _cast(input: Any, dtype: Any) -> Any:
    return input if dtype is None else fnp.astype(input, np.dtype(dtype))


def _softmax_dim(name: str, input: Any, dim: int | None, stacklevel: int) -> int:
    """Return the axis; where none is given the one that PyTorch has always taken, and warn."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if len(shape_of(input)) in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    dim = _softmax_dim("softmax", input, dim, _stacklevel)
    return result(fn.softmax(_cast(input, dtype), dim), input)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Logarithm of softmax, stable."""
    dim = _softmax_dim("log_softmax", input, dim, _stacklevel)
    return result(fn.log_softmax(_cast(input, dtype), dim), input)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """softmax(-x) along an axis."""
    dim = _softmax_dim("softmin", input, dim, _stacklevel)
    return result(fn.softmin(_cast(input, dtype), dim), input)
