"""Writing whole Tensors in place: numbers, copies, random draws."""

from typing import Any

import numpy as np

from .. import numpy as fnp
from . import creation as cr
from . import elementwise as el
from .draws import DRAWN, drawn_later
from .tape import is_recording
from .tensor import Tensor, wrap
from .views import before, write

__all__ = [
    "bernoulli_",
    "copy_",
    "fill_",
    "normal_",
    "random_",
    "uniform_",
    "zero_",
]


def fill_(self: Tensor, value: Any) -> Tensor:
    """Fill with a number."""
    v = value.to(self.dtype) if isinstance(value, Tensor) else self.dtype.type(value)
    if self.node is None or not is_recording():
        new = v if isinstance(v, Tensor) else wrap(np.full((), v, self.dtype))
        return write(self, wrap(fnp.broadcast_to(new, self.shape)))
    return write(self, wrap(fnp.where(np.ones(self.shape, np.bool_), v, before(self))))


def zero_(self: Tensor) -> Tensor:
    """Fill with zeros."""
    return fill_(self, 0)


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Copy the elements of another Tensor, converted and broadcast."""
    other = src if isinstance(src, Tensor) else cr.as_tensor(src)
    if other.dtype != self.dtype:
        other = other.to(self.dtype)
    new = el.clone(wrap(fnp.broadcast_to(other, self.shape)))
    if is_recording() and self.node is not None and new.node is None:
        # What it was has a gradient: zero.
        new = wrap(fnp.where(np.ones(self.shape, np.bool_), new, before(self)))
    return write(self, new)


def uniform_(self: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Any = None) -> Tensor:
    """Fill with numbers drawn uniformly from [a, b)."""
    if self.dtype in DRAWN:
        return write(
            self, wrap(drawn_later("uniform", self.shape, self.dtype, generator, b - a, a))
        )
    u = cr.draw_uniform(self.shape, self.dtype, generator)
    return write(self, wrap((u * (b - a) + a).astype(self.dtype)))


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Fill with normal numbers."""
    if self.dtype in DRAWN:
        return write(
            self, wrap(drawn_later("normal", self.shape, self.dtype, generator, std, mean))
        )
    z = cr.draw_normal(self.shape, self.dtype, generator)
    return write(self, wrap((z * std + mean).astype(self.dtype)))


def random_(
    self: Tensor, low: int = 0, high: int | None = None, *, generator: Any = None
) -> Tensor:
    """Fill with integers from [low, high)."""
    if high is None:
        low, high = (0, low) if low else (0, 1 << 24)
    draws = cr.randint(low, high, self.shape, generator=generator)
    return write(self, draws.to(self.dtype))


def bernoulli_(self: Tensor, p: float = 0.5, *, generator: Any = None) -> Tensor:
    """Fill with 1 with probability p, else 0."""
    draws = cr.numpy_generator(generator).random(self.shape) < p
    return write(self, wrap(draws.astype(self.dtype)))
