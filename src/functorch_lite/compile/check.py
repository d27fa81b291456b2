"""The checker: what is legal after each pass. Off unless asked for; on in the tests.

After *inline* (and *hoist*) and *reroll* a program is flat and well typed; after *simplify* it holds no dead and no repeated
equation; after *layout* blocked vars have layouts; after *fuse* each equation is in exactly one
step or a view, and steps follow what they read; after *plan* no two temporaries that live at the
same time overlap; after *emit* each kernel is Python of as many arguments as it reads and writes.
"""

import ast
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..ir import Eqn, Literal, Var, check_jaxpr, subjaxprs
from .cluster import Call, Cluster, Fused, Rows
from .dense import Native
from .inline import FlatProgram, is_spliced
from .plan import MemoryPlan
from .simplify import drop_dead, equation_key
from .syntax import syntax_tree
from .views import View, row_major

__all__ = ["PassError", "check_passes", "check_stage"]

_checking = [os.environ.get("FUNCTORCH_LITE_CHECK", "0") not in ("", "0")]


class PassError(AssertionError):
    """A pass of the compiler made something illegal: a bug in the pass that it names."""


@contextmanager
def check_passes(enabled: bool = True) -> Iterator[None]:
    """Check what each pass of the compiler makes, for a while.

    ``FUNCTORCH_LITE_CHECK=1`` switches the checker on for a process.

    Raises
    ------
    PassError
        In the block, when a program is compiled and a pass makes something illegal.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with check_passes():
    ...     text = fl.jit(lambda x: x * 2.0).lower(1.0).fused
    """
    before, _checking[0] = _checking[0], enabled
    try:
        yield
    finally:
        _checking[0] = before


def check_stage(stage: str, *parts: Any) -> None:
    """Check what a pass made, if checking is on.

    Parameters
    ----------
    stage : {"inline", "simplify", "reroll", "layout", "fuse", "plan", "emit"}
    *parts
        A FlatProgram; for "fuse" a Fused, for "plan" a Fused and its MemoryPlan, for "emit" the
        kernels.
    """
    if not _checking[0]:
        return
    try:
        _CHECKS[stage](*parts)
    except AssertionError as e:
        raise PassError(f"after the pass {stage!r}: {e}") from e


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _check_inlined(program: FlatProgram) -> None:
    jaxpr = program.to_jaxpr()
    check_jaxpr(jaxpr)
    _require(len(program.eqns) == len(program.regions), "equations without region")
    for eqn in program.eqns:
        _require(not is_spliced(eqn), f"`{eqn}` should have been spliced in")


def _check_simplified(program: FlatProgram) -> None:
    _check_inlined(program)
    copy = FlatProgram(program.invars, program.consts)
    copy.eqns, copy.regions, copy.outs = program.eqns, program.regions, program.outs
    live = {id(e) for e in drop_dead(copy).eqns}
    seen: dict[Any, Eqn] = {}
    for eqn, region in zip(program.eqns, program.regions, strict=True):
        _require(id(eqn) in live, f"`{eqn}` is dead")
        key = equation_key(eqn, region)
        if key is not None:
            _require(key not in seen, f"`{eqn}` repeats another equation")
            seen[key] = eqn


def _check_laid_out(program: FlatProgram) -> None:
    """Check binding; types too, but of the dense primitives, which have no type rule."""
    bound = {*program.invars, *(v for v, _ in program.consts)}
    for eqn in program.eqns:
        for a in eqn.inputs:
            _require(isinstance(a, Literal) or a in bound, f"`{eqn}` reads {a} before it is made")
        for v in eqn.outvars:
            _require(v not in bound, f"`{eqn}` makes {v} twice")
        bound.update(eqn.outvars)
        if not isinstance(eqn.primitive.lower, Native):
            _check_types(program, eqn)
    for o in program.outs:
        _require(isinstance(o, Literal) or o in bound, f"output {o} is not made")
        _require(o not in program.layouts, f"output {o} is blocked")
    for v, layout in program.layouts.items():
        _require(v in bound, f"{v} has a layout and is not made")
        _require(len(layout.shape) == v.aval.ndim, f"{v} does not fit its layout {layout}")


def _check_types(program: FlatProgram, eqn: Eqn) -> None:
    """Check the results' types; a reduction of blocks leaves channels in one axis, not two."""
    found = eqn.primitive.abstract_eval(*[a.aval for a in eqn.inputs], **eqn.params)
    avals = found if eqn.primitive.multiple_results else [found]
    blocked = any(isinstance(a, Var) and a in program.layouts for a in eqn.inputs)
    for aval, v in zip(avals, eqn.outvars, strict=True):
        same = aval.size == v.aval.size if blocked else aval.shape == v.aval.shape
        _require(same and aval.dtype == v.aval.dtype, f"`{eqn}` makes {aval}, not {v.aval}")


def _check_fused(fused: Fused) -> None:
    placed: dict[int, Any] = {}
    made: set[Var] = {*fused.program.invars, *(v for v, _ in fused.program.consts)}
    for step in fused.steps:
        eqns = [step.eqn] if isinstance(step, Call) else [*step.eqns, *step.reductions]
        _require(bool(eqns), "an empty step")
        inside = {v for e in eqns for v in e.outvars}
        for e in eqns:
            _require(id(e) not in placed, f"`{e}` is in two steps")
            placed[id(e)] = step
            for a in e.inputs:
                at_hand = (
                    isinstance(step, Rows) and isinstance(a, Var) and fused.view(a).base in inside
                )
                if isinstance(a, Var) and a not in inside and not at_hand:
                    view = fused.view(a)
                    _require(view.base in made, f"`{e}` runs before what it reads")
                    _check_view(fused, view)
        made |= inside
        if isinstance(step, Rows):
            _check_rows(step)
        elif isinstance(step, Cluster):
            _check_cluster(step)
    for e in fused.program.eqns:
        is_view = all(v in fused.views for v in e.outvars) and bool(e.outvars)
        _require(is_view != (id(e) in placed), f"`{e}` is not in exactly one step")
    for o in fused.program.outs:
        _require(isinstance(o, Literal) or fused.view(o).base in made, f"output {o} is not made")


def _check_cluster(step: Cluster) -> None:
    for e in step.eqns:
        _require(e.outvars[0].aval.shape == step.space, f"`{e}` is not of shape {step.space}")
        _require(not any(subjaxprs(e)), f"`{e}` is no elementwise equation")
    for e in step.reductions:
        _require(e.inputs[0].aval.shape == step.space, f"`{e}` does not reduce {step.space}")
        _require(e.params["axes"] == step.axes, f"`{e}` reduces other axes than {step.axes}")


def _check_rows(step: Rows) -> None:
    """Check that values inside are read where they are made, and after they are."""
    rows = row_major(step.row_shape)
    made: set[Var] = set()
    tails = {e.outvars[0] for e in step.reductions}
    for e in [*step.eqns, *step.reductions]:
        for a in e.inputs:
            view = step.operands[a] if isinstance(a, Var) else None
            if view is None or view.base not in {x.outvars[0] for x in step.eqns} | tails:
                continue
            _require(view.base in made, f"`{e}` runs before what it reads")
            expected = row_major(step.space) if view.base in step.full else rows
            _require(view.strides == expected, f"`{e}` reads {view.base} elsewhere")
        if e.outvars[0] not in tails:
            made.add(e.outvars[0])


def _check_view(fused: Fused, view: View) -> None:
    """Check that a view stays within its buffer, as far as it is bounded."""
    low = high = view.offset
    bounds = view.bounds or [(0, n) for n in view.shape]
    for n, stride, (first, stop) in zip(view.shape, view.strides, bounds, strict=True):
        first, last = max(first, 0), min(stop, n) - 1
        if first > last:
            return
        low, high = (
            low + min(first * stride, last * stride),
            high + max(first * stride, last * stride),
        )
    size = 1
    for n in fused.storage(view.base):
        size *= n
    _require(low >= 0 and high < size, f"{view} leaves its buffer of {size} elements")


def _nbytes(fused: Fused, v: Var) -> int:
    """Return the bytes of a var's memory, without those that round it up."""
    size = v.aval.dtype.itemsize
    for n in fused.storage(v):
        size *= n
    return int(size)


def _check_plan(fused: Fused, plan: MemoryPlan) -> None:
    outside = {*fused.program.invars, *(v for v, _ in fused.program.consts)}
    outside |= {fused.view(o).base for o in fused.program.outs if isinstance(o, Var)}
    made = {}
    for i, step in enumerate(fused.steps):
        eqns = [step.eqn] if isinstance(step, Call) else [*step.eqns, *step.reductions]
        made.update({v: i for e in eqns for v in e.outvars})
    for v, host in plan.lodged.items():
        _require(host in outside, f"{v} lodges in {host}, which is no result")
        _require(plan.last_use[v] < made[host], f"{v} is needed when {host} is made in its place")
        _require(_nbytes(fused, v) <= _nbytes(fused, host), f"{v} leaves the memory of {host}")
    live = []
    for v, start in plan.offsets.items():
        _require(v not in outside, f"{v} belongs to the caller and is in the arena")
        size = _nbytes(fused, v)
        _require(start % 64 == 0, f"{v} does not begin on a cache line")
        _require(start + size <= plan.arena_bytes, f"{v} leaves the arena")
        live.append((start, start + size, made[v], plan.last_use.get(v, made[v]), v))
    for i, (a, b, first, last, v) in enumerate(live):
        for c, d, begins, ends, w in live[:i]:
            apart = b <= c or d <= a or last < begins or ends < first
            _require(apart, f"{v} and {w} share memory at the same time")


def _check_emitted(kernels: dict[Cluster, Any]) -> None:
    for kernel in kernels.values():
        function = syntax_tree(kernel.spec.source)[-1]
        _require(isinstance(function, ast.FunctionDef), "a kernel is one function")
        assert isinstance(function, ast.FunctionDef)
        names = len(function.args.args)
        split = kernel.combine is not None  # its pieces are told how long they are
        expected = len(kernel.reads) + len(kernel.writes) + 2 + len(kernel.numbers) + split
        _require(names == expected, f"a kernel of {names} arguments, {expected} are passed")


_CHECKS: dict[str, Callable[..., None]] = {
    "inline": _check_inlined,
    "reroll": _check_inlined,
    "simplify": _check_simplified,
    "layout": _check_laid_out,
    "fuse": _check_fused,
    "plan": _check_plan,
    "emit": _check_emitted,
}
