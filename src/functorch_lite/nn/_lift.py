"""Functions of arrays made functions of Tensors."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..stateful.tensor import Tensor, wrap
from ..stateful.views import write

__all__ = [
    "given_options",
    "index_array",
    "lift",
    "options_signature",
    "result",
    "torch_signature",
    "write_back",
]


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
    """Make a function of arrays return Tensors for Tensors; its ``x`` is PyTorch's ``input``."""
    signature = torch_signature(f)
    renamed = "input" in signature.parameters

    @functools.wraps(f)
    def lifted(*args: Any, **kwargs: Any) -> Any:
        if renamed and "input" in kwargs:
            args = (kwargs.pop("input"), *args)
        return result(f(*args, **kwargs), args, tuple(kwargs.values()))

    lifted.__signature__ = signature  # type: ignore[attr-defined]
    return lifted


def torch_signature(f: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function of arrays, its first argument named as in PyTorch."""
    signature = inspect.signature(f)
    first, *rest = signature.parameters.values()
    first = first.replace(name="input") if first.name == "x" else first
    return signature.replace(parameters=[first, *rest])


def index_array(x: Any) -> Any:
    """Return integer Tensors as plain arrays, so that their values can be checked."""
    if type(x).__name__ == "FunctionalTensor" or not isinstance(x, Tensor):
        return x
    return x.value if x.dtype.kind in "biu" else x


def write_back(input: Any, out: Any, inplace: bool) -> Any:
    """Write the result to the input where that was asked for."""
    if not inplace:
        return out
    return write(input, out) if isinstance(input, Tensor) else out


def options_signature(defaults: dict[str, Any]) -> inspect.Signature:
    """Return the signature of a layer whose constructor takes these options."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(k, kind, default=v) for k, v in defaults.items()])


def given_options(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the options given to the constructor of such a layer, by name."""
    names = list(layer.defaults)
    if len(args) > len(names):
        raise TypeError(f"{type(layer).__name__} takes {len(names)} arguments, got {len(args)}")
    given = dict(zip(names, args, strict=False)) | kwargs
    for name in given:
        if name not in names:
            raise TypeError(f"{type(layer).__name__} got an unexpected argument {name!r}")
    return given
