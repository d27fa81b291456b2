"""Handing work to NumPy itself when nothing is being traced."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Tracer, current_source, current_state, summarize
from ..ir.trace import keep_class
from ._promotion import is_plain

__all__ = ["any_traced", "numpy_first", "write_in_place"]

Function = Callable[..., Any]
_INERT = (np.ndarray, int, float, type(None), str, bool)


def any_traced(xs: Sequence[Any]) -> bool:
    """Tell whether a tracer, or a wrapper of this package's, is among (nested) arguments."""
    for x in xs:
        if type(x) in _INERT:
            continue
        if isinstance(x, list | tuple):
            if any_traced(x):
                return True
        elif isinstance(x, Tracer) or hasattr(x, "__functorch_lite_array__"):
            return True
    return False


def _as_arrays(out: Any, args: Any) -> Any:
    """Make NumPy's scalars arrays, in tuples and lists too; of our class if an argument is."""
    if isinstance(out, tuple | list):
        parts = [_as_arrays(o, args) for o in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)
    return None if out is None else keep_class(out, args)


def numpy_first(np_f: Function, ours: Sequence[str] = ()) -> Callable[[Function], Function]:
    """Return a decorator: call `np_f` if no argument is traced, else the decorated function.

    Parameters
    ----------
    np_f : callable
        NumPy's function of the same signature.
    ours : sequence of str
        Keywords that NumPy does not know; if one is given, NumPy is not asked.
    """

    def decorate(f: Function) -> Function:
        @functools.wraps(f)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if (
                current_state().omni is None
                and not any_traced(args)
                and (not kwargs or not any_traced(tuple(kwargs.values())))
                and not any(kwargs.get(k) is not None for k in ours)
            ):
                if ours:
                    kwargs = {k: v for k, v in kwargs.items() if k not in ours}
                return _as_arrays(np_f(*args, **kwargs), args)
            return f(*args, **kwargs)

        return wrapper

    return decorate


def write_in_place(name: str, np_f: Any, inplace: bool, *args: Any) -> bool:
    """Let NumPy write in place, or explain why that cannot be."""
    if not inplace:
        return False
    if not is_plain(*args):
        raise TypeError(
            f"{name} writes in place, which cannot be traced {summarize(current_source())}; pass inplace=False and "
            "use the returned array"
        )
    np_f(*args)
    return True
