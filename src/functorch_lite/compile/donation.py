"""Donation: results written into the memory of arguments.

A donated argument is one whose array the caller gives up. A result of the same shape and dtype is
written into it if nothing reads the argument after the step that makes the result. In the very
step that reads it last, the result is written in place: element by element, by the kernel that
read that element, through one and the same pointer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ir import Literal, Var
from .cluster import Call, Cluster, Dense, Fused, Rows

__all__ = ["Reuse", "made_at", "plan_donation"]


@dataclass
class Reuse:
    """Which results live in which arguments' memory.

    Attributes
    ----------
    home : dict
        For a result, the argument.
    in_place : dict
        For a cluster, those of its results that it writes in place.
    passed : set
        Arguments that are results as they are.
    """

    home: dict[Var, Var] = field(default_factory=dict)
    in_place: dict[Cluster, list[Var]] = field(default_factory=dict)
    passed: set[Var] = field(default_factory=set)

    @property
    def given(self) -> set[Var]:
        """The arguments whose memory is that of a result."""
        return {*self.home.values(), *self.passed}


def plan_donation(fused: Fused, donated: Sequence[Var], last_use: dict[Var, int]) -> Reuse:
    """Pair results with donated arguments.

    Parameters
    ----------
    fused : Fused
    donated : sequence of Var
        Inputs of the program that may be overwritten.
    last_use : dict
        Index of the last step that needs the buffer of a var; of results it is past the end.

    Returns
    -------
    Reuse
        Results take arguments in order, first those that they replace in place.

    Examples
    --------
    >>> import functorch_lite as fl, numpy as np
    >>> from functorch_lite.compile.drive import compile_program
    >>> w, g = np.ones(5), np.ones(5)
    >>> jaxpr = fl.make_jaxpr(lambda w, g: w - 0.1 * g)(w, g).jaxpr
    >>> compile_program(jaxpr, donated=(0,))([w, g])[0] is w
    True
    """
    reuse = Reuse()
    made = made_at(fused)
    results = list(dict.fromkeys(o for o in fused.program.outs if isinstance(o, Var)))
    reuse.passed.update(set(results).intersection(donated))
    results = [o for o in results if o in made]
    end = len(fused.steps)
    free = [d for d in donated if last_use.get(d, -1) < end]
    for in_place in (True, False):
        for o in results:
            if o in reuse.home:
                continue
            for d in free:
                if d.aval.shape != o.aval.shape or d.aval.dtype != o.aval.dtype:
                    continue
                at, last = made[o], last_use.get(d, -1)
                step = fused.steps[at]
                if in_place and last == at and _is_in_place(fused, step, o, d, last_use):
                    reuse.in_place.setdefault(step, []).append(o)
                elif in_place or last >= at:
                    continue
                reuse.home[o] = d
                free.remove(d)
                break
    return reuse


def made_at(fused: Fused) -> dict[Var, int]:
    """Return the step that makes each value whose memory the program chooses."""
    made: dict[Var, int] = {}
    for i, step in enumerate(fused.steps):
        if isinstance(step, Call) and not isinstance(step, Dense):
            continue
        eqns = [step.eqn] if isinstance(step, Call) else [*step.eqns, *step.reductions]
        made.update({v: i for e in eqns for v in e.outvars if v not in fused.program.layouts})
    return {v: i for v, i in made.items() if v not in fused.views}


def _is_in_place(fused: Fused, step: object, o: Var, d: Var, last_use: dict[Var, int]) -> bool:
    """Tell whether a cluster makes each element of `o` after its only look at that of `d`."""
    if not isinstance(step, Cluster) or step.space != d.aval.shape:
        return False
    if isinstance(step, Rows):
        return False  # a later pass may look again
    if all(o is not e.outvars[0] for e in step.eqns):
        return False  # the result of a reduction
    inputs = [a for e in [*step.eqns, *step.reductions] for a in e.inputs]
    views = [fused.view(a) for a in inputs if not isinstance(a, Literal)]
    looks = [v for v in views if v.base is d]
    if not looks or not all(v.is_whole and v.shape == step.space for v in looks):
        return False
    # What it reads must not be a view of `d` that a call has returned.
    return not any(
        last_use.get(v, -1) >= last_use[d]
        for call in fused.steps
        if isinstance(call, Call) and not isinstance(call, Dense)
        if any(isinstance(a, Var) and fused.view(a).base is d for a in call.eqn.inputs)
        for v in call.eqn.outvars
    )
