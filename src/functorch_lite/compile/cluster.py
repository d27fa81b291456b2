"""Fusion: grouping equations into kernels.

A *cluster* is a set of elementwise equations of one shape, its iteration space, with the
reductions that consume them; it becomes one kernel. What it reads from other clusters it reads
through views. Everything else is a *call* of the primitive's own implementation.

An equation joins the clusters that make its operands if the iteration spaces agree and no other
step stands between (which would have to run both before and after the cluster).
"""

from collections.abc import Iterator
from typing import Any

from ..ir import Eqn, Var
from .dense import Native
from .inline import FlatProgram
from .rows import in_groups, row_groups
from .steps import REDUCTIONS, Call, Cluster, Dense, Fused, Rows, Step, is_fusable, is_reduction
from .views import view_of_eqn

__all__ = ["REDUCTIONS", "Call", "Cluster", "Dense", "Fused", "Rows", "fuse", "is_reduction"]

# Beyond this a kernel holds too many values at once and compiles slowly.
MOST_EQNS = 64


def fuse(program: FlatProgram, rows: bool = False) -> Fused:
    """Group the equations of a program into steps, in an order that respects dependences.

    With `rows` reductions and what reads their results may share a kernel; see `rows`.
    """
    fused = Fused(program)
    live: list[Step] = []
    _find_views(fused)
    groups = row_groups(fused) if rows else []
    for position, item in enumerate(in_groups(fused, groups) if groups else program.eqns):
        step = _connect(fused, item) if isinstance(item, Rows) else _place(fused, item)
        if step is None:
            continue
        step.position = position
        if step not in live:
            live.append(step)
    clusters = [s for s in live if isinstance(s, Cluster) and not isinstance(s, Rows)]
    _merge_siblings(fused, [s for s in clusters if _is_current(fused, s)])
    steps = [s for s in live if _is_current(fused, s)]
    fused.steps = _ends_early(fused, _in_order(steps))
    return fused


def _merge_siblings(fused: Fused, clusters: list[Cluster]) -> None:
    """Merge independent clusters that run over one space and read a buffer in common."""
    by_space: dict[tuple[int, ...], list[Cluster]] = {}
    for c in clusters:
        for home in by_space.setdefault(c.space, []):
            if (
                _axes_agree(home.axes, c.axes)
                and len(home.eqns) + len(c.eqns) < MOST_EQNS
                and _buffers(fused, home) & _buffers(fused, c)
                and not _reaches(home, c)
                and not _reaches(c, home)
            ):
                _merge(fused, home, c)
                break
        else:
            by_space[c.space].append(c)


def _buffers(fused: Fused, cluster: Cluster) -> set[Var]:
    """Return the buffers that a cluster reads, apart from scalars that meet arrays.

    The updates of all parameters of one shape read the learning rate. As one kernel they would
    wait for the last gradient, when the first have left the cache.
    """
    eqns = [*cluster.eqns, *cluster.reductions]
    read = {fused.view(a).base for e in eqns for a in e.inputs if isinstance(a, Var)}
    return {v for v in read if v.aval.size > 1 or set(cluster.space) <= {1}}


def _is_current(fused: Fused, step: Step) -> bool:
    """Tell whether a step was not merged into another."""
    if isinstance(step, Call):
        return True
    assert isinstance(step, Cluster)
    return any(fused.made_by[e.outvars[0]] is step for e in step.eqns + step.reductions)


def _operand_steps(fused: Fused, eqn: Eqn) -> list[tuple[Var, Step]]:
    """Return the steps that make an equation's operands (through views)."""
    found = []
    for a in eqn.inputs:
        if isinstance(a, Var):
            step = fused.made_by.get(fused.view(a).base)
            if step is not None:
                found.append((a, step))
    return found


def _find_views(fused: Fused) -> None:
    """Note which results are views."""
    for eqn in fused.program.eqns:
        if len(eqn.inputs) >= 1 and isinstance(eqn.inputs[0], Var):
            view = view_of_eqn(eqn, fused.view(eqn.inputs[0]))
            if view is not None:
                fused.views[eqn.outvars[0]] = view


def _connect(fused: Fused, rows: Rows) -> Rows:
    """Make a row group a step among the others."""
    eqns = [*rows.eqns, *rows.reductions]
    rows.depends.update(s for e in eqns for _, s in _operand_steps(fused, e))
    fused.made_by.update((v, rows) for e in eqns for v in e.outvars)
    return rows


def _place(fused: Fused, eqn: Eqn) -> Step | None:
    """Join a cluster or start a step; None for a view."""
    if eqn.outvars and eqn.outvars[0] in fused.views:
        return None
    operands = _operand_steps(fused, eqn)
    reduces = is_reduction(eqn)
    if not reduces and not is_fusable(eqn):
        call = Dense(eqn) if isinstance(eqn.primitive.lower, Native) else Call(eqn)
        call.depends.update(s for _, s in operands)
        fused.made_by.update(dict.fromkeys(eqn.outvars, call))
        return call
    space = eqn.inputs[0].aval.shape if reduces else eqn.outvars[0].aval.shape
    axes = eqn.params["axes"] if reduces else None
    home = _join(fused, space, axes, operands)
    # Looked up again: joining may have merged some of them.
    home.depends.update(s for _, s in _operand_steps(fused, eqn) if s is not home)
    if reduces:
        home.reductions.append(eqn)
        home.axes = axes
    else:
        home.eqns.append(eqn)
    fused.made_by[eqn.outvars[0]] = home
    return home


def _join(
    fused: Fused,
    space: tuple[int, ...],
    axes: tuple[int, ...] | None,
    operands: list[tuple[Var, Step]],
) -> Cluster:
    """Return the cluster for an equation, merging the clusters of its operands where allowed."""
    home: Cluster | None = None
    for v, step in operands:
        if not isinstance(step, Cluster) or step.space != space or not _is_inside(fused, v, step):
            continue
        if isinstance(step, Rows):
            continue
        if step is home or not _axes_agree(step.axes, axes):
            continue
        # An operand that exists only once the cluster has run, as the result of its reduction or
        # through a view, keeps the equation out; so does one that depends on the cluster.
        if any(s is step and not _is_inside(fused, o, step) for o, s in operands):
            continue
        if any(s is not step and _reaches(s, step) for _, s in operands):
            continue
        if home is None:
            if len(step.eqns) < MOST_EQNS:
                home = step
        elif (
            _axes_agree(step.axes, home.axes)
            and len(step.eqns) + len(home.eqns) < MOST_EQNS
            and not _reaches(step, home)
            and not _reaches(home, step)
        ):
            _merge(fused, home, step)
    return home if home is not None else Cluster(space)


def _is_inside(fused: Fused, v: Var, step: Cluster) -> bool:
    """Tell whether a var is an elementwise value of a cluster, at hand in its loop."""
    return v not in fused.views and all(v is not r.outvars[0] for r in step.reductions)


def _axes_agree(a: Any, b: Any) -> bool:
    return a is None or b is None or a == b


def _reaches(start: Step, goal: Step) -> bool:
    """Tell whether `start` depends on `goal`, directly or not."""
    stack, seen = [start], {start}
    while stack:
        step = stack.pop()
        if step is goal:
            return True
        for d in step.depends:
            if d not in seen:
                seen.add(d)
                stack.append(d)
    return False


def _merge(fused: Fused, home: Cluster, other: Cluster) -> None:
    """Move everything of `other` into `home`."""
    for e in other.eqns + other.reductions:
        fused.made_by[e.outvars[0]] = home
    ordered = _dependence_order([*home.eqns, *other.eqns])
    home.eqns[:] = ordered
    home.reductions += other.reductions
    home.axes = home.axes if home.axes is not None else other.axes
    home.depends |= other.depends
    home.depends -= {home, other}
    for step in set(fused.made_by.values()):
        if other in step.depends:
            step.depends.discard(other)
            if step is not home:
                step.depends.add(home)
    other.eqns, other.reductions = [], []


def _dependence_order(eqns: list[Eqn]) -> list[Eqn]:
    """Sort equations so that operands come first."""
    made = {v: e for e in eqns for v in e.outvars}
    done: set[int] = set()
    out: list[Eqn] = []

    def visit(eqn: Eqn) -> Iterator[Eqn]:
        for a in eqn.inputs:
            if isinstance(a, Var) and a in made and id(made[a]) not in done:
                yield made[a]

    for root in eqns:
        stack = [root]
        while stack:
            e = stack[-1]
            if id(e) in done:
                stack.pop()
                continue
            waiting = next(visit(e), None)
            if waiting is None:
                done.add(id(e))
                out.append(e)
                stack.pop()
            else:
                stack.append(waiting)
    return out


def _in_order(steps: list[Step]) -> list[Step]:
    """Sort steps topologically, otherwise in program order."""
    done: set[Step] = set()
    out: list[Step] = []
    for root in sorted(steps, key=lambda s: s.position):
        stack = [root]
        while stack:
            step = stack[-1]
            waiting = [d for d in step.depends if d not in done]
            if step in done:
                stack.pop()
            elif waiting:
                stack.append(min(waiting, key=lambda s: s.position))
            else:
                done.add(step)
                out.append(step)
                stack.pop()
    return out


def _ends_early(fused: Fused, steps: list[Step]) -> list[Step]:
    """Move clusters that nothing waits for to where they can run first.

    A parameter's update follows its gradient at once, which is in the cache then and need not be
    kept. It leaves the parameter's memory to the dense steps that read it, so that it can write
    there: if one of them comes later, the gradient waits too. Calls stay, for they may have effects.
    """
    users: dict[Step, list[Step]] = {}
    readers: dict[Var, list[Step]] = {}
    for s in steps:
        for d in s.depends:
            users.setdefault(d, []).append(s)
        if isinstance(s, Dense):
            for a in s.eqn.inputs:
                if isinstance(a, Var):
                    readers.setdefault(fused.view(a).base, []).append(s)
    at = {s: i for i, s in enumerate(steps)}
    place = {s: (i, 0, 0) for s, i in at.items()}
    for s in steps:
        if not isinstance(s, Cluster) or s in users or not s.depends:
            continue
        ready = max(at[d] for d in s.depends)
        replaced = {
            v for v in _buffers(fused, s) & {*fused.program.invars} if v.aval.shape == s.space
        }
        start = max([ready, *(at[r] for v in replaced for r in readers.get(v, []))])
        place[s] = (start, at[s], 1)
        for d in s.depends:
            if start > ready and isinstance(d, Dense) and users[d] == [s]:
                place[d] = (start, at[s], 0)
    return sorted(steps, key=place.__getitem__)
