"""Functions of arrays made functions of Tensors."""

import functools
from collections.abc import Callable
from typing import Any

from ..stateful.tensor import Tensor, wrap

__all__ = ["index_array", "lift", "result", "write_back"]


def holds_tensor(args: Any) -> bool:
    """Tell whether a Tensor is among arguments, or in a sequence among them."""
    for a in args:
        if isinstance(a, Tensor):
            return True
        if isinstance(a, tuple | list) and holds_tensor(a):
            return True
    return False


def result(out: Any, *inputs: Any) -> Any:
    """Return results as Tensors if an input is one."""
    if not holds_tensor(inputs):
        return out
    if isinstance(out, tuple | list):
        return type(out)(None if o is None else wrap(o) for o in out)
    return wrap(out)


def lift(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of arrays return Tensors for Tensors."""

    @functools.wraps(f)
    def lifted(*args: Any, **kwargs: Any) -> Any:
        return result(f(*args, **kwargs), args, tuple(kwargs.values()))

    return lifted


def index_array(x: Any) -> Any:
    """Return integer Tensors as plain arrays, so that their values can be checked."""
    if type(x).__name__ == "FunctionalTensor" or not isinstance(x, Tensor):
        return x
    return x.value if x.dtype.kind in "biu" else x


def write_back(input: Any, out: Any, inplace: bool) -> Any:
    """Write the result to the input where that was asked for."""
    if not inplace:
        return out
    from ..stateful.views import write

    return write(input, out) if isinstance(input, Tensor) else out
