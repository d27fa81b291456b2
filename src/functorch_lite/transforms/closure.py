"""closure_convert: making closed-over values explicit."""

from collections.abc import Callable
from typing import Any

from ..errors import PytreeError
from ..ir import (
    eval_jaxpr,
    is_inexact,
    record,
    typeof,
)
from ..pytree import tree_flatten
from .flatten import FlatFunction, check_array, function_name

__all__ = ["closure_convert"]


def closure_convert(
    fun: Callable[..., Any], *example_args: Any
) -> tuple[Callable[..., Any], list[Any]]:
    """Turn what `fun` closes over into explicit arguments.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    *example_args
        Arguments of the types that it will be called with.

    Returns
    -------
    converted : callable
        Takes ``(*args, *consts)``.
    consts : list
        The arrays and tracers that `fun` closed over and that can be differentiated.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> def f(c):
    ...     g, consts = fl.closure_convert(lambda x: x * c, 1.0)
    ...     return g(2.0, *consts)
    >>> float(fl.grad(f)(5.0))
    2.0
    """
    leaves, tree = tree_flatten((example_args, {}))
    flat = FlatFunction(fun, tree)
    avals = [typeof(check_array(x, function_name(fun))) for x in leaves]
    jaxpr, consts = record(lambda *xs: flat(*xs), avals, "closure_convert", omnistaging=False)
    hoisted = [is_inexact(typeof(c).dtype) for c in consts]
    n_hoisted = sum(hoisted)

    def converted(*args: Any) -> Any:
        n = len(args) - n_hoisted
        given = iter(args[n:])
        full = [next(given) if h else c for h, c in zip(hoisted, consts, strict=True)]
        xs, got = tree_flatten((args[:n], {}))
        if got != tree:
            raise PytreeError(
                f"a closure-converted function was called with {got}, expected {tree}"
            )
        return flat.unflatten(eval_jaxpr(jaxpr, full, *xs))

    return converted, [c for c, h in zip(consts, hoisted, strict=True) if h]
