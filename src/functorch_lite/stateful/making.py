"""The rarer ways to make Tensors, under PyTorch's names: other libraries; windows, draws."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .creation import _dtype, _finish, as_tensor, randint
from .generator import Generator, numpy_generator
from .tensor import Tensor, wrap
from .views import write

__all__ = [
    "asarray",
    "bartlett_window",
    "blackman_window",
    "can_cast",
    "from_dlpack",
    "frombuffer",
    "hamming_window",
    "hann_window",
    "poisson",
    "promote_types",
    "randint_like",
]

# --- from other libraries ---------------------------------------------------------------------------


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return `obj` as a Tensor, sharing memory where possible. See `torch.asarray`."""
    out = as_tensor(obj, dtype, device)
    return out.clone() if copy else out


def from_dlpack(ext_tensor: Any) -> Tensor:
    """Return a Tensor over another library's CPU memory. See `torch.from_dlpack`."""
    return _finish(np.from_dlpack(ext_tensor))


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a flat Tensor over a buffer's bytes. See `torch.frombuffer`."""
    return _finish(np.frombuffer(buffer, _dtype(dtype), count, offset), requires_grad)


# --- dtypes -----------------------------------------------------------------------------------------


def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """Return the dtype that two Tensors of these dtypes meet in. See `torch.promote_types`."""
    from .promotion import _promote_types

    return _promote_types(np.dtype(type1), np.dtype(type2))


def can_cast(from_: Any, to: Any) -> bool:
    """Tell whether a result of one dtype may be written to another. See `torch.can_cast`."""
    kinds = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
    return kinds[np.dtype(from_).kind] <= kinds[np.dtype(to).kind]


# --- sequences ------------------------------------------------------------------------------------


def _window(name: str, terms: Callable[[Any], Any], what: str) -> Callable[..., Tensor]:
    def f(window_length: int, periodic: bool = True, *, dtype: Any = None) -> Tensor:
        if window_length < 1:
            return _finish(np.zeros(0, _dtype(dtype)))
        n = window_length if periodic else window_length - 1
        at = np.arange(window_length) / max(n, 1)
        value = terms(at) if n else np.ones(1)
        return _finish(value.astype(_dtype(dtype)))

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Return {what} window. See `torch.{name}`."
    return f


hann_window = _window("hann_window", lambda t: 0.5 - 0.5 * np.cos(2 * np.pi * t), "Hann's")
hamming_window = _window(
    "hamming_window", lambda t: 0.54 - 0.46 * np.cos(2 * np.pi * t), "Hamming's"
)
blackman_window = _window(
    "blackman_window",
    lambda t: 0.42 - 0.5 * np.cos(2 * np.pi * t) + 0.08 * np.cos(4 * np.pi * t),
    "Blackman's",
)
bartlett_window = _window("bartlett_window", lambda t: 1 - np.abs(2 * t - 1), "Bartlett's")

# --- draws ------------------------------------------------------------------------------------------


def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: Any = None) -> Tensor:
    """Return integers with the shape and dtype of a Tensor. See `torch.randint_like`."""
    lo, hi = (0, low) if high is None else (low, high)
    return randint(lo, hi, tuple(input.shape)).to(input.dtype if dtype is None else dtype)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Return Poisson counts of given rates. See `torch.poisson`."""
    draws = numpy_generator(generator).poisson(np.asarray(input.detach().value))
    return _finish(draws.astype(input.dtype))


def _filled_by(draw: Callable[..., Any], name: str, what: str) -> Callable[..., Tensor]:
    def f(self: Tensor, *args: float, generator: Generator | None = None) -> Tensor:
        value = draw(numpy_generator(generator), self.shape, *args)
        return write(self, wrap(np.asarray(value).astype(self.dtype)))

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Fill with {what}. See `torch.Tensor.{name}`."
    return f


def _exponential(g: np.random.Generator, shape: Any, lambd: float = 1.0) -> Any:
    return g.exponential(1.0 / lambd, shape)


def _geometric(g: np.random.Generator, shape: Any, p: float) -> Any:
    return g.geometric(p, shape)


def _cauchy(g: np.random.Generator, shape: Any, median: float = 0.0, sigma: float = 1.0) -> Any:
    return median + sigma * g.standard_cauchy(shape)


def _log_normal(g: np.random.Generator, shape: Any, mean: float = 1.0, std: float = 2.0) -> Any:
    return g.lognormal(mean, std, shape)


exponential_ = _filled_by(_exponential, "exponential_", "exponentially distributed numbers")
geometric_ = _filled_by(_geometric, "geometric_", "geometrically distributed numbers")
cauchy_ = _filled_by(_cauchy, "cauchy_", "Cauchy-distributed numbers")
log_normal_ = _filled_by(_log_normal, "log_normal_", "log-normal numbers")
