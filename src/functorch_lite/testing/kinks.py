"""Noticing kinks: discrete decisions that change when the input moves a little.

A derivative does not exist where a comparison, an extremum, a sort or a branch decides
differently on the two sides. There a difference quotient measures something else than the
derivative rule, which is a convention, so a check must not count it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir import REGISTRY, Eqn, Jaxpr, bind, is_inexact, summarize
from .walk import Step, all_eqns, inner_runs, run_steps

__all__ = ["Kink", "decides", "find_kinks", "outcomes"]

Rule = Callable[[Step], Any]


def _order(step: Step) -> Any:
    return np.sign(step.values[0] - step.values[1])


def _region(step: Step) -> Any:
    low, x, high = step.values
    return np.sign(x - low) + 3 * np.sign(x - high)


def _where_extreme(step: Step) -> Any:
    x, out = np.asarray(step.values[0]), step.outs[0]
    return x == np.expand_dims(out, step.eqn.params["axes"])


def _permutation(step: Step) -> Any:
    keys = [np.asarray(x) for x in step.values[: step.eqn.params["num_keys"]]]
    axis = step.eqn.params["dimension"]
    # Ties count as a decision: mark equal neighbours.
    order = np.lexsort(keys[::-1], axis=axis)
    first = np.take_along_axis(keys[0], order, axis)
    return order, np.diff(first, axis=axis) == 0


def _window(step: Step) -> Any:
    """Return where each window has its extremum."""
    x, out = step.values[0], step.outs[0]
    return bind(REGISTRY["window_index"], x, out, batch_dims=0, **step.eqn.params)


def _side_of_zero(step: Step) -> Any:
    x = step.values[0]
    return x == 0 if np.asarray(x).dtype.kind == "c" else np.sign(x)


def _vector_signs(step: Step) -> Any:
    """Signs of the largest entries: LAPACK is free to flip singular and eigen vectors."""
    found = []
    for out in step.outs:
        if out.ndim >= 2 and out.size and is_inexact(out.dtype):
            top = np.take_along_axis(out, np.argmax(np.abs(out), axis=-2, keepdims=True), -2)
            found.append(np.sign(np.real(top)))
    return tuple(found)


_OUTCOME: dict[str, Rule] = {
    "max": _order,
    "min": _order,
    "clamp": _region,
    "abs": _side_of_zero,
    "reduce_max": _where_extreme,
    "reduce_min": _where_extreme,
    "cummax": lambda s: s.values[0] == s.outs[0],
    "cummin": lambda s: s.values[0] == s.outs[0],
    "scatter_max": lambda s: np.sign(s.outs[0] - s.values[0]),
    "scatter_min": lambda s: np.sign(s.outs[0] - s.values[0]),
    "sort": _permutation,
    "mod": lambda s: np.floor(s.values[0] / s.values[1]),
    "rem": lambda s: np.trunc(s.values[0] / s.values[1]),
    "cond": lambda s: s.values[0],
    "reduce_window_max": _window,
    "reduce_window_min": _window,
    "eigh": _vector_signs,
    "eig": _vector_signs,
    "svd": _vector_signs,
    "qr": _vector_signs,
    **dict.fromkeys(
        ("sign", "floor", "ceil", "round", "trunc", "floor_divide"), lambda s: s.outs[0]
    ),
}


class Kink(NamedTuple):
    """A decision that changed within a step of the finite differences."""

    primitive: str
    source: str

    def __str__(self) -> str:
        return f"{self.primitive} decides differently nearby, {self.source}"


def decides(eqn: Eqn) -> bool:
    """Tell whether an equation takes a discrete decision on inexact operands.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> [decides(e) for e in fl.make_jaxpr(lambda x: abs(x) + x)(1.0).eqns]
    [True, False]
    """
    if eqn.primitive.name in _OUTCOME:
        return True
    return any(is_inexact(a.aval.dtype) for a in eqn.inputs) and any(
        not is_inexact(v.aval.dtype) for v in eqn.outvars
    )


def outcomes(jaxpr: Jaxpr, args: Sequence[Any]) -> Iterator[tuple[Eqn, Any]]:
    """Yield the decisions of a run in order."""
    for step in run_steps(jaxpr, args):
        for inner, values in inner_runs(step):
            yield from outcomes(inner, values)
        if not decides(step.eqn):
            continue
        rule = _OUTCOME.get(step.eqn.primitive.name)
        with np.errstate(all="ignore"):
            if rule is not None:
                yield step.eqn, rule(step)
            elif not any(True for _ in inner_runs(step)):
                yield step.eqn, tuple(o for o in step.outs if not is_inexact(o.dtype))


def find_kinks(jaxpr: Jaxpr, points: Sequence[Sequence[Any]]) -> list[Kink]:
    """Return the equations that decide differently at some of the points.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> jaxpr = fl.make_jaxpr(abs)(0.0).jaxpr
    >>> [k.primitive for k in find_kinks(jaxpr, [[np.array(-1e-3)], [np.array(1e-3)]])]
    ['abs']
    """
    if not any(decides(e) for e in all_eqns(jaxpr)):
        return []
    runs = [list(outcomes(jaxpr, p)) for p in points]
    kinks = []
    for entries in zip(*runs, strict=False):
        if len({id(eqn) for eqn, _ in entries}) > 1:
            break
        first = entries[0][1]
        if any(not _same(first, other) for _, other in entries[1:]):
            eqn = entries[0][0]
            kinks.append(Kink(eqn.primitive.name, summarize(eqn.source)))
    if not kinks and len({len(r) for r in runs}) > 1:
        kinks.append(Kink("a loop", "which runs for another number of steps"))
    return kinks


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    same = a == b
    if a.dtype.kind in "fc":
        same = same | (np.isnan(a) & np.isnan(b))
    return bool(np.all(same))
