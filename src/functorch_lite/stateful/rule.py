"""Pure functions of arrays as single operations on the values of Tensors.

An optimiser's update or a running statistic is a handful of array operations without a gradient.
As a `rule` it is recorded as one operation when it is deferred, which costs a tenth of recording
each, and runs as plain NumPy when it is not.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Jaxpr, trace_to_jaxpr, typeof
from ..transforms.call import jit_p
from .lazy import DEFERRED, Borrowed, Lazy, is_wanted, lift, number_of_type

__all__ = ["Rule", "rule", "scalar"]


def scalar(x: float, dtype: Any) -> Lazy:
    """Return a number that may change from step to step, such as a learning rate.

    It is an input of the program that uses it, where a plain number is a constant.
    """
    return lift(np.asarray(x, dtype))


class Rule:
    """A pure function of arrays as an operation on Tensors' values; see `rule`."""

    def __init__(self, f: Callable[..., Sequence[Any]]) -> None:
        functools.update_wrapper(self, f)
        self._f = f
        self._jaxprs: dict[Any, tuple[Jaxpr, list[Any]]] = {}

    def __call__(self, *values: Any, **static: Any) -> list[Any]:
        """Apply the function to values as Tensors hold them: arrays or pending."""
        return self.over([values], (), **static)[0]

    def over(
        self, rows: Sequence[Sequence[Any]], shared: Sequence[Any] = (), **static: Any
    ) -> list[list[Any]]:
        """Apply the function to each row of values, with `shared` ones after them.

        All rows are one operation when they are deferred.
        """
        flat = [v for row in rows for v in row]
        if not is_wanted(jit_p, flat):
            return self._now(rows, shared, static)
        flat = [np.array(v) if type(v) is Borrowed else v for v in [*flat, *shared]]
        width = len(rows[0])
        key = (width, len(rows), *map(number_of_type, flat), *static.items())
        found = self._jaxprs.get(key)
        if found is None:
            if len(self._jaxprs) >= _MAX_JAXPRS:
                self._jaxprs.clear()
            found = self._jaxprs[key] = self._trace(flat, width, len(rows), static)
        jaxpr, consts = found
        params = {"jaxpr": jaxpr, "name": self._f.__name__}
        outs = DEFERRED.process(jit_p, (*consts, *flat), params)
        n = len(outs) // len(rows)
        return [outs[i * n : i * n + n] for i in range(len(rows))]

    def _now(
        self, rows: Sequence[Sequence[Any]], shared: Sequence[Any], static: dict[str, Any]
    ) -> list[list[Any]]:
        """Compute with NumPy."""
        more = [_array(v) for v in shared]
        with np.errstate(all="ignore"):
            return [
                [np.asarray(o) for o in self._f(*map(_array, row), *more, **static)] for row in rows
            ]

    def _trace(
        self, flat: Sequence[Any], width: int, n_rows: int, static: dict[str, Any]
    ) -> tuple[Jaxpr, list[Any]]:
        """Return the program of all rows."""

        def f(*xs: Any) -> list[Any]:
            starts = range(0, n_rows * width, width)
            more = xs[n_rows * width :]
            return [o for i in starts for o in self._f(*xs[i : i + width], *more, **static)]

        return trace_to_jaxpr(f, [typeof(v) for v in flat])


_MAX_JAXPRS = 1000


def _array(v: Any) -> np.ndarray[Any, Any]:
    return np.asarray(v.force() if type(v) is Lazy else v)


def rule(f: Callable[..., Sequence[Any]]) -> Rule:
    """Make a pure function of arrays, with static keywords, an operation on Tensors' values.

    Parameters
    ----------
    f : callable
        ``f(*arrays, **static) -> arrays``, written with `functorch_lite.numpy` or operators.

    Examples
    --------
    >>> @rule
    ... def average(old, new, *, weight):
    ...     return [old * (1 - weight) + new * weight]
    >>> average(np.zeros(2), np.ones(2), weight=0.25)
    [array([0.25, 0.25])]
    """
    return Rule(f)
