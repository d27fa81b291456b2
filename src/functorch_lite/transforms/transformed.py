"""What transforms return: a function that remembers how it was made, so that it can be pickled."""

import functools
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any

from .flatten import function_name

__all__ = ["Transformed", "global_name", "transformed"]


class Transformed:
    """A transformed function.

    It is pickled and copied as what it was made from: by name if it is a module's, else as the
    transform, the function and the options.

    Parameters
    ----------
    call : callable
        Does the work.
    transform : callable
        ``transform(fun, **options)`` makes it again.
    fun : callable
    options : dict
    """

    def __init__(
        self,
        call: Callable[..., Any],
        transform: Callable[..., Any],
        fun: Callable[..., Any],
        options: dict[str, Any],
    ) -> None:
        functools.update_wrapper(self, fun, updated=())
        self._call = call
        self._transform, self._fun, self._options = transform, fun, options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self._call(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method."""
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<{self._transform.__name__} of {function_name(self._fun)}>"

    def __reduce__(self) -> Any:
        return global_name(self) or (_transform, (self._transform, self._fun, self._options))


def _transform(
    transform: Callable[..., Any], fun: Callable[..., Any], options: dict[str, Any]
) -> Any:
    return transform(fun, **options)


def transformed(
    transform: Callable[..., Any], fun: Callable[..., Any], **options: Any
) -> Callable[[Callable[..., Any]], Transformed]:
    """Make what is decorated the result of ``transform(fun, **options)``.

    Examples
    --------
    >>> def twice(f):
    ...     @transformed(twice, f)
    ...     def twice_f(x):
    ...         return f(f(x))
    ...     return twice_f
    >>> twice(abs), twice(abs)(-1)
    (<twice of abs>, 1)
    """
    return lambda call: Transformed(call, transform, fun, options)


def global_name(f: Any) -> str:
    """Return the name by which a module knows a callable, empty if it knows none.

    Examples
    --------
    >>> global_name(transformed), global_name(lambda x: x)
    ('transformed', '')
    """
    qualname: str = getattr(f, "__qualname__", "")
    found: Any = sys.modules.get(f.__module__)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return qualname if found is f else ""
