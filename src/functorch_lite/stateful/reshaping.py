"""Changes of a Tensor's own shape (``x.unsqueeze_(0)``), and questions about its memory."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import shaping as sh
from .tape import Counter, is_recording
from .tensor import Tensor, wrap
from .views import View, _assign, before, check_writable, write

__all__ = [
    "IN_PLACE",
    "apply_",
    "fill_diagonal_",
    "is_contiguous",
    "map_",
    "storage_offset",
    "stride",
]


def _reshaped_in_place(f: Callable[..., Any], name: str) -> Callable[..., Tensor]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self)
        view = self._view
        new = f(before(self), *args, **kwargs)
        _assign(self, new, is_recording())
        if view is None:
            # Views that were taken before keep their shapes; they no longer share memory.
            self._counter = Counter()
        else:
            take = view.take
            self._view = View(
                view.base, lambda b: wrap(f(take(b), *args, **kwargs)), view.tracked, False
            )
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}`, of this Tensor itself; returns it. See `torch.Tensor.{name}_`."
    return method


IN_PLACE = {
    f"{name}_": _reshaped_in_place(getattr(sh, name), name)
    for name in ("squeeze", "unsqueeze", "transpose", "swapaxes", "swapdims", "t")
}


# --- memory ---------------------------------------------------------------------------------------


def stride(self: Tensor, dim: int | None = None) -> Any:
    """Return the step in elements from one entry to the next, along each axis or one.

    How a Tensor lies in memory is not visible: each counts as row-major, views too.
    """
    steps = [1]
    for n in reversed(self.shape[1:]):
        steps.append(steps[-1] * max(n, 1))
    found = tuple(reversed(steps)) if self.ndim else ()
    return found if dim is None else found[dim]


def is_contiguous(self: Tensor, **kwargs: Any) -> bool:
    """Return True: see `stride`."""
    return True


def storage_offset(self: Tensor) -> int:
    """Return 0: every Tensor starts its own array. See `torch.Tensor.storage_offset`."""
    return 0


# --- elements, by Python functions -------------------------------------------------------------------


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by what a Python function returns. See `torch.Tensor.apply_`."""
    if self.requires_grad:
        raise TypeError(
            "apply_() does not record gradients: use it under no_grad(), on detached data"
        )
    new = [callable(v) for v in self.reshape(-1).tolist()]
    return write(self, wrap(np.array(new, self.dtype).reshape(self.shape)))


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by ``callable(a, b)``. See `torch.Tensor.map_`."""
    if self.requires_grad or tensor.requires_grad:
        raise TypeError(
            "map_() does not record gradients: use it under no_grad(), on detached data"
        )
    other = tensor.expand(self.shape).reshape(-1).tolist()
    pairs = zip(self.reshape(-1).tolist(), other, strict=True)
    new = [callable(a, b) for a, b in pairs]
    return write(self, wrap(np.array(new, self.dtype).reshape(self.shape)))


def fill_diagonal_(self: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Write a number to the main diagonal. See `torch.Tensor.fill_diagonal_`."""
    mask = np.zeros(self.shape, np.bool_)
    if wrap or mask.ndim != 2:
        np.fill_diagonal(mask, True, wrap)
    else:
        n = min(mask.shape)
        mask[np.arange(n), np.arange(n)] = True
    return self.masked_fill_(Tensor._make(mask), fill_value)
