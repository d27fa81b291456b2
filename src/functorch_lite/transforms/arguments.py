"""Which arguments of a jitted function are static, which are donated: named by position or name."""

import inspect
import operator
from collections.abc import Callable, Iterable
from typing import Any

from ..pytree import tree_leaves, tree_map
from .flatten import function_name

__all__ = ["ArgumentOptions", "Static", "as_tuple", "resolve_arguments", "with_static"]


class Static:
    """Static arguments of a call, compared by value and type.

    Parameters
    ----------
    values : dict
        By position or by keyword.
    name : str
        Of the function, for errors.
    """

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


class ArgumentOptions:
    """The static and the donated arguments of a function, each by position and by name.

    Parameters
    ----------
    fun : callable
    static_argnums, static_argnames, donate_argnums, donate_argnames : sequences
        As `jit` takes them.

    Raises
    ------
    ValueError
        If a number or name is none of the function's arguments, or one argument is both static
        and donated.
    TypeError
        If a number is no integer or a name no string.
    """

    def __init__(
        self,
        fun: Callable[..., Any],
        static_argnums: Iterable[Any] = (),
        static_argnames: Iterable[Any] = (),
        donate_argnums: Iterable[Any] = (),
        donate_argnames: Iterable[Any] = (),
    ) -> None:
        static = tuple(static_argnums), tuple(static_argnames)
        donated = tuple(donate_argnums), tuple(donate_argnames)
        self.static_nums, self.static_names = resolve_arguments(fun, *static, "static")
        self.donated_nums, self.donated_names = resolve_arguments(fun, *donated, "donate")
        both = sorted({*self.static_nums} & {*self.donated_nums})
        named = sorted({*self.static_names} & {*self.donated_names})
        if both or named:
            raise ValueError(
                f"argument {(named or both)[0]!r} of {function_name(fun)} is static and donated; "
                "a static argument is a Python value and has no memory to give: drop one of the two"
            )

    def split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], name: str
    ) -> tuple[Static | None, tuple[Any, ...], dict[str, Any]]:
        """Separate the static arguments of a call from the traced ones."""
        if not self.static_nums and not self.static_names:
            return None, args, kwargs
        n = len(args)
        nums = {i % n if -n <= i < 0 else i for i in self.static_nums}
        values: dict[Any, Any] = {i: args[i] for i in sorted(nums) if i < n}
        values |= {k: kwargs[k] for k in sorted(kwargs) if k in self.static_names}
        rest = tuple(a for i, a in enumerate(args) if i not in values)
        rest_kw = {k: v for k, v in kwargs.items() if k not in values}
        return Static(values, name), rest, rest_kw

    def donated_leaves(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[bool]:
        """Tell for each leaf of a call's traced arguments, in order, whether it is donated."""
        n = len(args)
        given = {i % n for i in self.donated_nums if -n <= i < n}
        static = {i % n for i in self.static_nums if -n <= i < n}

        def marked(x: Any, mark: bool) -> Any:
            return tree_map(lambda _: mark, x)

        traced = [marked(a, i in given) for i, a in enumerate(args) if i not in static]
        named = {
            k: marked(v, k in self.donated_names)
            for k, v in kwargs.items()
            if k not in self.static_names
        }
        return tree_leaves((tuple(traced), named))


def resolve_arguments(
    fun: Callable[..., Any], nums: tuple[Any, ...], names: tuple[Any, ...], what: str = "static"
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Let an argument be named by position and by keyword alike."""
    for i in nums:
        if not isinstance(i, int) or isinstance(i, bool):
            raise TypeError(f"{what}_argnums takes integers, got {i!r}")
    for k in names:
        if not isinstance(k, str):
            raise TypeError(f"{what}_argnames takes names of arguments, got {k!r}")
    if not nums and not names:
        return (), ()
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        return nums, names
    kinds = {p.kind for p in parameters}
    positional = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    known = [p.name for p in parameters]
    for name in names:
        if name not in known and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise ValueError(
                f"{what}_argnames names {name!r}, which is not an argument of {function_name(fun)}"
                f"; its arguments are {sorted(known)}"
            )
    n = len(positional)
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        for i in nums:
            if not -n <= i < n:
                raise ValueError(
                    f"{what}_argnums has {i}, but {function_name(fun)} takes {n} positional "
                    f"arguments: {positional}"
                )
        nums = tuple(i % n for i in nums)
    by_name = {positional[i] for i in nums if -n <= i < n}
    by_number = {positional.index(k) for k in names if k in positional}
    return tuple(sorted({*nums, *by_number})), tuple(sorted({*names, *by_name}))


def with_static(fun: Callable[..., Any], static: Static, n_args: int) -> Callable[..., Any]:
    """Fill the static arguments in."""

    def f(*dynamic: Any, **kwargs: Any) -> Any:
        rest = iter(dynamic)
        args = [static.values[i] if i in static.values else next(rest) for i in range(n_args)]
        named = {k: v for k, v in static.values.items() if isinstance(k, str)}
        return fun(*args, **kwargs, **named)

    f.__name__ = function_name(fun)
    return f


def as_tuple(x: Any) -> tuple[Any, ...]:
    """Return what was given as one number or name, as a sequence of them, or as None."""
    if x is None:
        return ()
    if isinstance(x, str):
        return (x,)
    return (operator.index(x),) if hasattr(x, "__index__") else tuple(x)
