"""Memory: where each value of a program lives.

Temporaries share one arena; a first-fit allocator places each for the steps between its making
and its last use. Outputs are allocated afresh at each call, so that nothing the user holds is
ever overwritten, and results of calls live in the arrays that the calls return.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..ir import Literal, Var
from .cluster import Call, Cluster, Dense, Fused, Rows
from .dense import pack_weights_p
from .donation import Reuse, made_at, plan_donation
from .outputs import SMALLEST
from .row_stages import spilled_vars

__all__ = ["MemoryPlan", "plan_memory", "stored_vars"]

_ALIGN = 64
# Implementations whose results never share memory with their operands.
_FRESH = frozenset(["dot_general", "conv_general_dilated", "concatenate", "pad"])


@dataclass
class MemoryPlan:
    """Offsets into the arena, in bytes.

    Attributes
    ----------
    offsets : dict
        For each temporary.
    arena_bytes : int
    stored : dict
        For each cluster, the values inside it that are needed outside.
    last_use : dict
        Index of the last step that needs the buffer of a var.
    reuse : Reuse
        Results that live in the memory of donated arguments.
    lodged : dict
        Temporaries that live in the memory of a result until the result is made.
    """

    offsets: dict[Var, int] = field(default_factory=dict)
    arena_bytes: int = 0
    stored: dict[Cluster, list[Var]] = field(default_factory=dict)
    last_use: dict[Var, int] = field(default_factory=dict)
    reuse: Reuse = field(default_factory=Reuse)
    lodged: dict[Var, Var] = field(default_factory=dict)

    def host(self, v: Var) -> Var:
        """Return the var whose memory is that of `v`."""
        return self.lodged.get(v, v)


def stored_vars(fused: Fused) -> dict[Cluster, list[Var]]:
    """Return, for each cluster, the values inside that others or the caller need.

    Results of its `reductions` are needed always and not among them.
    """
    needed: set[Var] = {fused.view(o).base for o in fused.program.outs if isinstance(o, Var)}
    for step in fused.steps:
        eqns = [step.eqn] if isinstance(step, Call) else [*step.eqns, *step.reductions]
        inside = set() if isinstance(step, Call) else {e.outvars[0] for e in step.eqns}
        for e in eqns:
            for a in e.inputs:
                if isinstance(a, Var) and fused.view(a).base not in inside:
                    needed.add(fused.view(a).base)
    stored: dict[Cluster, list[Var]] = {}
    for s in fused.steps:
        if isinstance(s, Cluster):
            stored[s] = [e.outvars[0] for e in s.eqns if e.outvars[0] in needed]
            if isinstance(s, Rows):
                stored[s] += spilled_vars(s, stored[s])
    return stored


def plan_memory(
    fused: Fused, donated: Sequence[Var] = (), kept: Collection[Var] = ()
) -> MemoryPlan:
    """Place the temporaries of a program.

    Parameters
    ----------
    fused : Fused
    donated : sequence of Var
        Inputs that may be overwritten.
    kept : collection of Var
        Temporaries that must outlast a run.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.compile.cluster import fuse
    >>> from functorch_lite.compile.inline import inline_calls
    >>> f = lambda x: np.sum(np.exp(x @ x), 0) @ x
    >>> plan_memory(fuse(inline_calls(fl.make_jaxpr(f)(np.ones((8, 8))).jaxpr))).arena_bytes
    64
    """
    plan = MemoryPlan(stored=stored_vars(fused))
    outputs = {fused.view(o).base for o in fused.program.outs if isinstance(o, Var)}
    plan.last_use = _last_uses(fused, outputs)
    if donated:
        plan.reuse = plan_donation(fused, donated, plan.last_use)
    made: dict[Var, int] = {}
    for i, step in enumerate(fused.steps):
        if isinstance(step, Cluster):
            for v in [*plan.stored[step], *(r.outvars[0] for r in step.reductions)]:
                if v not in outputs:
                    made[v] = i
        elif isinstance(step, Dense):
            made.update({v: i for v in step.eqn.outvars if v not in outputs})
    made.update(dict.fromkeys(kept, 0))
    plan.last_use.update(dict.fromkeys(kept, len(fused.steps)))
    _lodge(plan, fused, made)
    _place(plan, fused, {v: i for v, i in made.items() if v not in plan.lodged})
    return plan


def _lodge(plan: MemoryPlan, fused: Fused, made: dict[Var, int]) -> None:
    """Let packed weights live where results will be, such as the weights' gradients.

    Most of them are needed from the forward pass until just before their gradients are made.
    """
    results = {fused.view(o).base for o in fused.program.outs if isinstance(o, Var)}
    rooms = [
        (_exact_bytes(fused, v), i, v)
        for v, i in made_at(fused).items()
        if v in results and v not in plan.reuse.home and _exact_bytes(fused, v) >= SMALLEST
    ]
    guests = [e.outvars[0] for e in fused.program.eqns if e.primitive is pack_weights_p]
    for v in sorted(guests, key=lambda v: -_bytes(fused, v)):
        last = plan.last_use.get(v, len(fused.steps))
        fits = [r for r in rooms if r[0] >= _exact_bytes(fused, v) and last < r[1]]
        if v in made and fits:
            room = min(fits, key=lambda r: r[:2])
            rooms.remove(room)
            plan.lodged[v] = room[2]


def _last_uses(fused: Fused, outputs: set[Var]) -> dict[Var, int]:
    """Return the last step that needs each buffer, through views and aliasing calls."""
    end = len(fused.steps)
    last: dict[Var, int] = dict.fromkeys(outputs, end)
    for i in reversed(range(end)):
        step = fused.steps[i]
        eqns = [step.eqn] if isinstance(step, Call) else [*step.eqns, *step.reductions]
        until = i
        aliases = isinstance(step, Call) and not isinstance(step, Dense)
        if aliases and step.eqn.primitive.name not in _FRESH:
            until = max([last.get(v, i) for v in step.eqn.outvars], default=i)
        for e in eqns:
            for a in e.inputs:
                if isinstance(a, Var):
                    base = fused.view(a).base
                    last[base] = max(last.get(base, -1), until)
    for o in fused.program.outs:
        if isinstance(o, Literal):
            continue
        last[fused.view(o).base] = end
    return last


def _exact_bytes(fused: Fused, v: Var) -> int:
    """Return the bytes of a var's memory."""
    elements = 1
    for n in fused.storage(v):
        elements *= n
    return int(max(1, elements) * v.aval.dtype.itemsize)


def _bytes(fused: Fused, v: Var) -> int:
    """Return the bytes of a var's memory, in whole cache lines."""
    return -(-_exact_bytes(fused, v) // _ALIGN) * _ALIGN


def _place(plan: MemoryPlan, fused: Fused, made: dict[Var, int]) -> None:
    """Give each temporary the lowest offset that is free for its lifetime."""
    placed: list[tuple[int, int, int, int]] = []  # (start, stop, first step, last step)
    sizes = {v: _bytes(fused, v) for v in made}
    for v in sorted(made, key=lambda v: -sizes[v]):
        size = sizes[v]
        first, last = made[v], plan.last_use.get(v, made[v])
        busy = sorted((a, b) for a, b, f, u in placed if not (u < first or last < f))
        offset = 0
        for a, b in busy:
            if offset + size <= a:
                break
            offset = max(offset, b)
        plan.offsets[v] = offset
        placed.append((offset, offset + size, first, last))
        plan.arena_bytes = max(plan.arena_bytes, offset + size)
