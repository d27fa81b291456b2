"""Holding what `stop_gradient` lets through at its value while the inputs move.

A derivative takes the argument of `stop_gradient` for a constant, so a difference quotient must
too: at the base point the values are written down in the order of execution, also inside loops
and branches, and read again at the points around it. So it is with the lanes that `guard` stops.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..ir import Eqn, Jaxpr, Primitive, run_jaxpr, subjaxprs
from .walk import all_eqns

__all__ = ["frozen", "stops_gradients"]


class _Tape:
    """Values in the order of execution; `reading` is None while they are written."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.reading: Iterator[Any] | None = None

    def __call__(self, x: Any, **params: Any) -> Any:
        if self.reading is None:
            self.values.append(np.array(x))
            return self.values[-1]
        # Where a loop runs for more steps than at the base point, which is a kink, go on.
        return next(self.reading, x)

    def where_stopped(self, passes: Any, x: Any) -> Any:
        """Hold what `guard` lets no derivative through for."""
        return np.where(passes, x, self(x))


def stops_gradients(jaxpr: Jaxpr) -> bool:
    """Tell whether `stop_gradient` or `guard` is used, here or inside a loop, a branch or a call.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> stops_gradients(fl.make_jaxpr(lambda x: x * fl.lax.stop_gradient(x))(1.0).jaxpr)
    True
    """
    return any(e.primitive.name in ("stop_gradient", "guard") for e in all_eqns(jaxpr))


def frozen(jaxpr: Jaxpr, args: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """Return a function that evaluates a closed jaxpr, `stop_gradient` as it is at `args`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> jaxpr = fl.make_jaxpr(lambda x: x * fl.lax.stop_gradient(x))(2.0).jaxpr
    >>> [float(y) for y in frozen(jaxpr, [np.array(2.0)])([np.array(3.0)])]
    [6.0]
    """
    if not stops_gradients(jaxpr):
        return lambda xs: run_jaxpr(jaxpr, xs)
    tape = _Tape()
    held = Primitive(
        "held",
        impl=tape,
        abstract_eval=lambda x: x,
        batch=lambda size, xs, batched: tape(xs[0]),
        register=False,
    )
    guarded = Primitive(
        "held_guard",
        impl=tape.where_stopped,
        abstract_eval=lambda passes, x: x,
        batch=lambda size, xs, batched: tape.where_stopped(*xs),
        register=False,
    )
    copy = _replaced(jaxpr, {"stop_gradient": held, "guard": guarded})
    run_jaxpr(copy, args)

    def run(xs: Sequence[Any]) -> list[Any]:
        tape.reading = iter(tape.values)
        return run_jaxpr(copy, xs)

    return run


def _replaced(jaxpr: Jaxpr, held: dict[str, Primitive]) -> Jaxpr:
    """Put other primitives in the place of those that stop derivatives, at every depth."""
    eqns = []
    for e in jaxpr.eqns:
        if e.primitive.name in held:
            eqns.append(Eqn(held[e.primitive.name], e.inputs, e.outvars, {}, e.source))
        elif any(stops_gradients(j) for j in subjaxprs(e)):
            params = {k: _replaced_param(v, held) for k, v in e.params.items()}
            eqns.append(e.replace(params=params))
        else:
            eqns.append(e)
    return Jaxpr(jaxpr.constvars, jaxpr.invars, eqns, jaxpr.outs)


def _replaced_param(value: Any, held: dict[str, Primitive]) -> Any:
    if isinstance(value, Jaxpr):
        return _replaced(value, held)
    if isinstance(value, tuple):
        return tuple(_replaced_param(v, held) for v in value)
    return value
