"""Activation layers."""

from typing import Any

from ..stateful.creation import full
from . import functional as F
from ._lift import given_options, options_signature
from .module import Module
from .parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _Activation(Module):
    """An activation whose options are attributes, in the order of its function's arguments.

    Subclasses set `function`, and `defaults`: the options by name. `shown` are those that `repr`
    names; ``inplace`` is shown only when it is on.
    """

    function: Any = None
    defaults: dict[str, Any] = {}

    def __init_subclass__(cls) -> None:
        cls.__signature__ = options_signature(cls.defaults)  # type: ignore[attr-defined]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        given = given_options(self, args, kwargs)
        for name, default in self.defaults.items():
            setattr(self, name, given.get(name, default))

    def forward(self, input: Any) -> Any:
        """Apply to every element."""
        options = {name: getattr(self, name) for name in self.defaults}
        return type(self).function(input, **options)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        options = [(n, getattr(self, n)) for n in self.defaults]
        shown = [f"{n}={v!r}" for n, v in options if n != "inplace" or v]
        return ", ".join(shown)


class ReLU(_Activation):
    """max(x, 0); the gradient at 0 is 0.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.nn.ReLU()(fl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    function = F.relu
    defaults = {"inplace": False}


class ReLU6(_Activation):
    """min(max(x, 0), 6)."""

    function = F.relu6
    defaults = {"inplace": False}


class LeakyReLU(_Activation):
    """x where positive, else negative_slope * x."""

    function = F.leaky_relu
    defaults = {"negative_slope": 0.01, "inplace": False}


class ELU(_Activation):
    """x where positive, else alpha * (exp(x) - 1)."""

    function = F.elu
    defaults = {"alpha": 1.0, "inplace": False}


class CELU(_Activation):
    """x where positive, else alpha * (exp(x / alpha) - 1)."""

    function = F.celu
    defaults = {"alpha": 1.0, "inplace": False}


class SELU(_Activation):
    """Self-normalising ELU (Klambauer et al. 2017)."""

    function = F.selu
    defaults = {"inplace": False}


class SiLU(_Activation):
    """x * sigmoid(x)."""

    function = F.silu
    defaults = {"inplace": False}


class Mish(_Activation):
    """x * tanh(softplus(x))."""

    function = F.mish
    defaults = {"inplace": False}


class GELU(_Activation):
    """x * Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016)."""

    function = F.gelu
    defaults = {"approximate": "none"}


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""

    function = F.sigmoid


class LogSigmoid(_Activation):
    """Logarithm of sigmoid, stable."""

    function = F.logsigmoid


class Tanh(_Activation):
    """Hyperbolic tangent."""

    function = F.tanh


class Softsign(_Activation):
    """x / (1 + |x|)."""

    function = F.softsign


class Tanhshrink(_Activation):
    """x - tanh(x)."""

    function = F.tanhshrink


class Softplus(_Activation):
    """log(1 + exp(beta x)) / beta; linear above the threshold."""

    function = F.softplus
    defaults = {"beta": 1.0, "threshold": 20.0}


class Softshrink(_Activation):
    """x shrunk toward zero by lambd."""

    function = F.softshrink
    defaults = {"lambd": 0.5}


class Hardshrink(_Activation):
    """x where |x| > lambd, else 0."""

    function = F.hardshrink
    defaults = {"lambd": 0.5}


class Hardtanh(_Activation):
    """x limited to [min_val, max_val]."""

    function = F.hardtanh
    defaults = {"min_val": -1.0, "max_val": 1.0, "inplace": False}


class Hardsigmoid(_Activation):
    """relu6(x + 3) / 6."""

    function = F.hardsigmoid
    defaults = {"inplace": False}


class Hardswish(_Activation):
    """x * relu6(x + 3) / 6."""

    function = F.hardswish
    defaults = {"inplace": False}


class Threshold(_Activation):
    """x where x > threshold, else value."""

    function = F.threshold
    defaults = {"threshold": 0.0, "value": 0.0, "inplace": False}


class GLU(_Activation):
    """First half times sigmoid of the second half along an axis."""

    function = F.glu
    defaults = {"dim": -1}


class Softmax(_Activation):
    """exp(x) / sum(exp(x)) along an axis."""

    function = F.softmax
    defaults = {"dim": None}


class LogSoftmax(_Activation):
    """Logarithm of softmax along an axis."""

    function = F.log_softmax
    defaults = {"dim": None}


class Softmin(_Activation):
    """softmax(-x) along an axis."""

    function = F.softmin
    defaults = {"dim": None}


class PReLU(Module):
    """x where positive, else a learned slope times x (He et al. 2015)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype))

    def forward(self, input: Any) -> Any:
        """Apply to every element."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"num_parameters={self.num_parameters}"
