"""The part of `Module` that converts its state to another dtype."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..stateful.modes import no_grad
from ..stateful.tensor import Tensor
from ._state import State

__all__ = ["Converting"]

C = TypeVar("C", bound="Converting")


class Converting(State):
    """Conversions of all parameters and buffers at once."""

    def _convert(self: C, fn: Callable[[Any], Any]) -> C:
        """Replace the data of parameters, gradients and buffers by ``fn`` of them."""
        for module in self.modules():
            for tensors in (module._parameters, module._buffers):
                for t in tensors.values():
                    if t is None:
                        continue
                    with no_grad():
                        new = fn(t.detach())
                        if new.dtype != t.dtype:
                            t.data = new
                        if t._grad is not None:
                            t._grad.data = fn(t._grad.detach())
        return self

    def to(self: C, *args: Any, **kwargs: Any) -> C:
        """Convert floating-point parameters and buffers to a dtype; return the module.

        The only device is the CPU.
        """
        from ..stateful.creation import check_device

        dtype = kwargs.get("dtype")
        check_device(kwargs.get("device"))
        for a in args:
            if isinstance(a, Tensor):
                dtype = a.dtype
            elif isinstance(a, str) and not _is_dtype_name(a):
                check_device(a)
            elif not isinstance(a, bool) and a is not None:
                dtype = a
        if dtype is None:
            return self
        d = np.dtype(dtype)
        if d.kind not in "fc":
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={d.name}"
            )
        return self._convert(lambda t: t.to(d) if t.dtype.kind in "fc" else t)

    def float(self: C) -> C:
        """Convert to float32."""
        return self.to(np.float32)

    def double(self: C) -> C:
        """Convert to float64."""
        return self.to(np.float64)

    def half(self: C) -> C:
        """Convert to float16."""
        return self.to(np.float16)

    def cpu(self: C) -> C:
        """Return the module: everything is on the CPU."""
        return self

    def cuda(self: C, device: Any = None) -> C:
        """Raise: there is no other device."""
        return self.to("cuda")


def _is_dtype_name(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True
