"""Dropout layers."""

from typing import Any

from . import functional as F
from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d"]


class _Dropout(Module):
    """Dropout by a function of a subclass."""

    function: Any = None

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Drop in training, else return the input."""
        return type(self).function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Zero elements with probability p in training (Srivastava et al. 2014).

    Under vmap and jit call the module by ``functional_call(..., rng=key)``.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.nn.Dropout(0.5).eval()(fl.ones(3))
    tensor([1., 1., 1.])
    """

    function = F.dropout


class Dropout1d(_Dropout):
    """Zero whole channels of (n, c, l) inputs."""

    function = F.dropout1d


class Dropout2d(_Dropout):
    """Zero whole channels of (n, c, h, w) inputs (Tompson et al. 2015)."""

    function = F.dropout2d


class AlphaDropout(Module):
    """Dropout that keeps mean and variance of SELU outputs (Klambauer et al. 2017)."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p

    def forward(self, input: Any) -> Any:
        """Drop in training, else return the input."""
        return F.alpha_dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"p={self.p}, inplace=False"
