"""Making a failing program small: fewer equations, fewer outputs, simpler numbers."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ..ir import Eqn, Jaxpr, Var, dce_jaxpr
from .walk import Step, inner_runs, run_steps

__all__ = ["reduce_program", "simplify_values"]

Program = tuple[Jaxpr, list[Any]]
Fails = Callable[[Jaxpr, list[Any]], bool]


def reduce_program(
    jaxpr: Jaxpr, args: Sequence[Any], fails: Fails, seconds: float = 10.0
) -> Program:
    """Shrink a closed program for which ``fails(jaxpr, args)`` holds.

    Greedy delta debugging (Zeller & Hildebrandt 2002): the first smaller program that still
    fails becomes the current one, until none does or the time is over.

    Parameters
    ----------
    jaxpr : Jaxpr
        Without constvars.
    args : sequence of arrays
    fails : callable
        Must be deterministic; an exception counts as "does not fail".
    seconds : float
        When to stop trying.

    Returns
    -------
    jaxpr, args
    """
    end = time.monotonic() + seconds
    current: Program = (jaxpr, [np.asarray(a) for a in args])

    def holds(candidate: Program) -> bool:
        try:
            return fails(*candidate)
        except Exception:
            return False

    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for candidate in _smaller(*current):
            if time.monotonic() > end:
                break
            if holds(candidate):
                current, progress = candidate, True
                break
    jaxpr, values = current
    return jaxpr, simplify_values(values, lambda xs: holds((jaxpr, xs)), end)


def _smaller(jaxpr: Jaxpr, args: list[Any]) -> Iterator[Program]:
    """Yield programs that are smaller in some way, the most ambitious first."""
    pruned = _prune(jaxpr, args)
    if len(pruned[0].eqns) < len(jaxpr.eqns) or len(pruned[1]) < len(args):
        yield pruned
    steps = list(run_steps(jaxpr, args))
    if len(steps) > 1:
        # Most failures are those of one equation, at the values that it met.
        yield from ((single_eqn(step.eqn), list(step.values)) for step in steps)
    for step in steps:
        # What runs inside a call, a branch or a loop, as a program of its own.
        yield from islice(inner_runs(step), 3)
    if len(jaxpr.outs) > 1:
        for o in jaxpr.outs:
            yield _prune(Jaxpr([], jaxpr.invars, jaxpr.eqns, [o]), args)
    n = len(jaxpr.eqns)
    for k in _halving(n):
        for v in jaxpr.eqns[k].outvars:
            if [v] != jaxpr.outs:
                yield _prune(Jaxpr([], jaxpr.invars, jaxpr.eqns, [v]), args)
    yield from ((inlined, args) for inlined in _inlined(jaxpr, steps))
    values = [step.outs for step in steps]
    for k in reversed(list(_halving(n))):
        outvars = jaxpr.eqns[k].outvars
        if n > 1 and not any(o in outvars for o in jaxpr.outs if isinstance(o, Var)):
            rest = jaxpr.eqns[:k] + jaxpr.eqns[k + 1 :]
            yield _prune(Jaxpr([], jaxpr.invars + outvars, rest, jaxpr.outs), args + values[k])
    for k, eqn in enumerate(jaxpr.eqns):
        if len(eqn.outvars) == 1:
            for a in eqn.inputs:
                if isinstance(a, Var) and a.aval == eqn.outvars[0].aval:
                    yield _prune(_substitute(jaxpr, k, eqn.outvars[0], a), args)


def single_eqn(eqn: Eqn) -> Jaxpr:
    """Return a program of one equation; all operands are inputs."""
    invars = [Var(a.aval.strengthen()) for a in eqn.inputs]
    return Jaxpr([], invars, [eqn.replace(inputs=invars)], eqn.outvars)


def _inlined(jaxpr: Jaxpr, steps: list[Step]) -> Iterator[Jaxpr]:
    """Yield programs with one call, or the chosen branch of one cond, written out."""
    for k, (eqn, _, _) in enumerate(steps):
        if eqn.primitive.name not in ("jit", "checkpoint", "cond"):
            continue
        inner, _ = next(inner_runs(steps[k]))
        operands = eqn.inputs[1:] if eqn.primitive.name == "cond" else eqn.inputs
        names: dict[Any, Any] = dict(zip(inner.invars, operands, strict=True))
        eqns = []
        for e in inner.eqns:
            fresh = [Var(v.aval) for v in e.outvars]
            eqns.append(e.replace(inputs=[names.get(a, a) for a in e.inputs], outvars=fresh))
            names.update(zip(e.outvars, fresh, strict=True))
        results: dict[Any, Any] = {
            v: names.get(o, o) for v, o in zip(eqn.outvars, inner.outs, strict=True)
        }
        rest = [
            e.replace(inputs=[results.get(a, a) for a in e.inputs]) for e in jaxpr.eqns[k + 1 :]
        ]
        outs = [results.get(o, o) for o in jaxpr.outs]
        yield Jaxpr([], jaxpr.invars, [*jaxpr.eqns[:k], *eqns, *rest], outs)


def _halving(n: int) -> Iterator[int]:
    """Yield 0 .. n-1, coarse steps first."""
    seen: set[int] = set()
    step = max(n // 2, 1)
    while True:
        for k in range(0, n, step):
            if k not in seen:
                seen.add(k)
                yield k
        if step == 1:
            return
        step //= 2


def _substitute(jaxpr: Jaxpr, k: int, old: Var, new: Var) -> Jaxpr:
    """Remove equation `k` and use `new` in place of its result."""

    def swap(a: Any) -> Any:
        return new if a is old else a

    eqns: list[Eqn] = [
        e.replace(inputs=[swap(a) for a in e.inputs]) for i, e in enumerate(jaxpr.eqns) if i != k
    ]
    return Jaxpr([], jaxpr.invars, eqns, [swap(o) for o in jaxpr.outs])


def _prune(jaxpr: Jaxpr, args: list[Any]) -> Program:
    """Drop what is no longer needed; keep at least one input."""
    pruned, used = dce_jaxpr(jaxpr)
    if not any(used):
        return jaxpr, args
    return pruned, [a for a, u in zip(args, used, strict=True) if u]


def simplify_values(
    args: Sequence[Any], fails: Callable[[list[Any]], bool], end: float = float("inf")
) -> list[Any]:
    """Round floating arguments as far as the failure survives.

    Examples
    --------
    >>> simplify_values([np.array(1.2345)], lambda xs: xs[0] > 1.1)
    [array(1.2)]
    """
    values = list(args)
    for i, x in enumerate(values):
        if np.asarray(x).dtype.kind not in "fc":
            continue
        for digits in (0, 1, 2, 3):
            trial = [*values[:i], np.asarray(np.round(x, digits) + 0.0, x.dtype), *values[i + 1 :]]
            if time.monotonic() > end:
                return values
            if np.array_equal(trial[i], x) or fails(trial):
                values = trial
                break
    return values
