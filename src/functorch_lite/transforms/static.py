"""Static arguments: Python values that are known while a function is traced."""

import inspect
import operator
from collections.abc import Callable
from typing import Any

from .flatten import function_name

__all__ = ["Static", "as_tuple", "resolve_static", "with_static"]


def as_tuple(x: Any) -> tuple[Any, ...]:
    """Return what was given as one number or name, as a sequence of them, or as None."""
    if x is None:
        return ()
    if isinstance(x, str):
        return (x,)
    return (operator.index(x),) if hasattr(x, "__index__") else tuple(x)


class Static:
    """Static arguments of a call, compared by value and type."""

    __slots__ = ("key", "values")

    def __init__(self, values: dict[Any, Any], name: str) -> None:
        self.values = values
        self.key = tuple((k, type(v), v) for k, v in values.items())
        try:
            hash(self.key)
        except TypeError:
            bad = next(k for k, v in values.items() if not _hashable(v))
            raise TypeError(
                f"static argument {bad!r} of {name} is not hashable ({type(values[bad]).__name__}); "
                "pass a tuple instead of a list, a frozen dataclass instead of a dict, or do not "
                "mark it static"
            ) from None


def _hashable(x: Any) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True


def resolve_static(
    fun: Callable[..., Any], nums: tuple[int, ...], names: tuple[str, ...]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Let a static argument be named by position and by keyword alike."""
    if not nums and not names:
        return nums, names
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        return nums, names
    positional = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        for i in nums:
            if not -len(positional) <= i < len(positional):
                raise ValueError(
                    f"static_argnums has {i}, but {function_name(fun)} takes {len(positional)} "
                    f"positional arguments: {positional}"
                )
    known = {p.name for p in parameters}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for name in names:
        if name not in known and not takes_any:
            raise ValueError(
                f"static_argnames names {name!r}, which is not an argument of {function_name(fun)}"
                f"; its arguments are {sorted(known)}"
            )
    by_name = {positional[i] for i in nums if -len(positional) <= i < len(positional)}
    by_number = {positional.index(k) for k in names if k in positional}
    return tuple({*nums, *by_number}), tuple({*names, *by_name})


def with_static(fun: Callable[..., Any], static: Static, n_args: int) -> Callable[..., Any]:
    """Fill the static arguments in."""

    def f(*dynamic: Any, **kwargs: Any) -> Any:
        rest = iter(dynamic)
        args = [static.values[i] if i in static.values else next(rest) for i in range(n_args)]
        named = {k: v for k, v in static.values.items() if isinstance(k, str)}
        return fun(*args, **kwargs, **named)

    f.__name__ = function_name(fun)
    return f
