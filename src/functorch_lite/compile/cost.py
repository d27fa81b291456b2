"""What a compiled program costs: operations, bytes moved, memory at the worst moment."""

from typing import Any

from ..ir import Eqn, Jaxpr, Literal, Var
from .cluster import Call, Cluster, Fused, fuse
from .flops import total_flops
from .inline import inline_calls
from .plan import MemoryPlan, plan_memory
from .simplify import simplify
from .views import View

__all__ = ["program_cost"]


def program_cost(fused: Fused, plan: MemoryPlan, eqns: list[Eqn]) -> dict[str, Any]:
    """Count a program's costs; the fields are those of `Lowered.cost`."""
    uncounted: set[str] = set()
    flops = total_flops(eqns, uncounted)
    program = fused.program
    arguments = sum(_nbytes(v.aval) for v in {*program.invars, *(v for v, _ in program.consts)})
    given = {*plan.reuse.home, *plan.reuse.passed}  # their memory is among the arguments
    outputs = sum(_nbytes(o.aval) for o in program.outs if o not in given)
    temporaries = plan.arena_bytes + _most_held(fused, plan)
    return {
        "flops": flops,
        "bytes": _moved(fused, plan),
        "peak_memory": arguments + outputs + temporaries,
        "arguments": arguments,
        "outputs": outputs,
        "temporaries": temporaries,
        "kernels": sum(type(s) is not Call for s in fused.steps),
        "calls": sum(type(s) is Call for s in fused.steps),
        "uncounted": tuple(sorted(uncounted)),
    }


def _nbytes(aval: Any) -> int:
    return int(aval.size) * int(aval.dtype.itemsize)


def _moved(fused: Fused, plan: MemoryPlan) -> int:
    """Add up what the steps read and write; a scalar stays at hand once it is read."""
    total = 0
    scalars: set[Var] = set()
    for step in fused.steps:
        if isinstance(step, Cluster):
            inside = {e.outvars[0] for e in step.eqns}
            eqns = [*step.eqns, *step.reductions]
            operands = {a for e in eqns for a in e.inputs if isinstance(a, Var)}
            reads = {a for a in operands if fused.view(a).base not in inside}
            reads -= scalars
            scalars |= {a for a in reads if a.aval.ndim == 0}
            written = [*plan.stored[step], *(r.outvars[0] for r in step.reductions)]
            total += _read(fused, reads) + sum(_nbytes(v.aval) for v in written)
        else:
            total += _call_bytes(fused, step.eqn)
    return total


def _read(fused: Fused, vars: set[Var]) -> int:
    """Count the bytes that are read: of a buffer never more than it has."""
    of_base: dict[Var, int] = {}
    for view in {fused.view(v) for v in vars}:
        of_base[view.base] = of_base.get(view.base, 0) + _touched(view)
    return sum(min(n, _nbytes(base.aval)) for base, n in of_base.items())


def _touched(view: View) -> int:
    """Count the bytes that a view reads; what it repeats is read once."""
    elements = 1
    for n, stride in zip(view.shape, view.strides, strict=True):
        elements *= n if stride or n == 0 else 1
    return elements * int(view.base.aval.dtype.itemsize)


def _call_bytes(fused: Fused, eqn: Eqn) -> int:
    """Count what a call reads and writes; a loop does what its body does, as often as it runs."""
    bodies = [v for v in eqn.params.values() if isinstance(v, Jaxpr)]
    if eqn.primitive.name == "scan":
        return int(eqn.params["length"]) * _body_bytes(bodies[0])
    if eqn.primitive.name == "cond":
        selector = _nbytes(eqn.inputs[0].aval)
        return selector + max(_body_bytes(j) for j in eqn.params["branches"])
    operands = {a for a in eqn.inputs if isinstance(a, Var)}
    return _read(fused, operands) + sum(_nbytes(v.aval) for v in eqn.outvars)


def _body_bytes(jaxpr: Jaxpr) -> int:
    fused = fuse(simplify(inline_calls(jaxpr)))
    return _moved(fused, plan_memory(fused))


def _most_held(fused: Fused, plan: MemoryPlan) -> int:
    """Return the most bytes that results of calls, which the arena does not hold, take at a time."""
    returned = {
        o for o in fused.program.outs if not isinstance(o, Literal) and fused.view(o).base is o
    }
    alive: dict[Var, int] = {}
    most = 0
    for i, step in enumerate(fused.steps):
        if isinstance(step, Call):
            made = [
                v
                for v in step.eqn.outvars
                if v not in plan.offsets and v not in plan.lodged and v not in returned
            ]
            alive.update((v, plan.last_use.get(v, i)) for v in made)
        most = max(most, sum(_nbytes(v.aval) for v in alive))
        alive = {v: last for v, last in alive.items() if last > i}
    return most
