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
from .lazy import DEFERRED, Borrowed, Lazy, is_wanted, lift

__all__ = ["rule", "scalar"]


def scalar(x: float, dtype: Any) -> Lazy:
    """Return a number that may change from step to step, such as a learning rate.

    It is an input of the program that uses it, where a plain number is a constant.
    """
    return lift(np.asarray(x, dtype))


def rule(f: Callable[..., Sequence[Any]]) -> Callable[..., list[Any]]:
    """Make a pure function of arrays, with static keywords, an operation on Tensors' values.

    Parameters
    ----------
    f : callable
        ``f(*arrays, **static) -> arrays``, written with `functorch_lite.numpy` or operators.

    Returns
    -------
    callable
        Takes and returns values as Tensors hold them (``Tensor.raw``): arrays or pending.

    Examples
    --------
    >>> @rule
    ... def average(old, new, *, weight):
    ...     return [old * (1 - weight) + new * weight]
    >>> average(np.zeros(2), np.ones(2), weight=0.25)
    [array([0.25, 0.25])]
    """
    jaxprs: dict[Any, tuple[Jaxpr, list[Any]]] = {}

    @functools.wraps(f)
    def call(*values: Any, **static: Any) -> list[Any]:
        if not is_wanted(jit_p, values):
            arrays = [np.asarray(v.force() if type(v) is Lazy else v) for v in values]
            with np.errstate(all="ignore"):
                return [np.asarray(o) for o in f(*arrays, **static)]
        ready = [np.array(v) if type(v) is Borrowed else v for v in values]
        key = (*[(v.shape, v.dtype) for v in ready], *static.items())
        found = jaxprs.get(key)
        if found is None:
            avals = [typeof(v) for v in ready]
            found = jaxprs[key] = trace_to_jaxpr(lambda *xs: list(f(*xs, **static)), avals)
        jaxpr, consts = found
        params = {"jaxpr": jaxpr, "name": f.__name__}
        return DEFERRED.process(jit_p, (*consts, *ready), params)

    return call
