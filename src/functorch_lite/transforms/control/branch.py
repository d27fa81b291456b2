"""cond_p: one of several branches, chosen by a bool or an int.

Operands are the index (a bool for two branches, false first) and what all branches take.

Linearizing keeps one set of residuals for all branches: residuals of equal type share a place,
and a branch that has none of a type leaves zeros there. Batching keeps a real choice while the
index is the same for all lanes; otherwise every branch runs on all lanes and the results are
selected. What a branch does to lanes that did not choose it has no derivative (`guard`), as in
JAX, so that sqrt at 0 in a branch not taken cannot spoil a gradient. Branches with side effects
are run lane by lane instead.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ir import (
    Eqn,
    Jaxpr,
    Linear,
    Literal,
    Primitive,
    ShapedArray,
    Var,
    bind,
    eval_jaxpr,
    is_inexact,
    shape_of,
    to_python,
    typeof,
)
from ...prims.arithmetic import select_n_p
from ...prims.logical import eq
from ...prims.lowering import Inline
from ...prims.shape import broadcast_in_dim, reshape
from ..batch import batch_jaxpr, materialize
from ..call import jvp_jaxpr, linearize_jaxpr
from ..transpose import instantiate, transpose_jaxpr
from .common import close, guard, zero_eqn

__all__ = ["cond_p"]

Branches = tuple[Jaxpr, ...]


def _impl(index: Any, *args: Any, branches: Branches) -> list[Any]:
    return to_python(branches[int(index)])(*args)


def _abstract(index: ShapedArray, *avals: ShapedArray, branches: Branches) -> list[ShapedArray]:
    return [a.strengthen() for a in branches[0].out_avals]


# --- linearize ------------------------------------------------------------------------------------


class _Plan:
    """The linearized branches.

    Attributes
    ----------
    consts : list
        Constants of the rules, of all branches; the first operands after the index.
    forward : tuple of Jaxpr
        (consts, operands) to (results, shared residuals).
    linear : tuple of Jaxpr
        (consts, operands, shared residuals, nonzero tangents) to nonzero tangents.
    out_nonzero : list of bool
        Which results have a tangent in some branch.
    """

    consts: list[Any]
    forward: Branches
    linear: Branches
    out_nonzero: list[bool]


def _plan(branches: Branches, nonzero: tuple[bool, ...]) -> _Plan:
    """Linearize the branches; remembered on the first."""
    key = ("linear_branches", branches, nonzero)
    memo = branches[0].memo
    if key not in memo:
        memo[key] = _make_plan(branches, nonzero)
    return memo[key]


def _make_plan(branches: Branches, nonzero: tuple[bool, ...]) -> _Plan:
    parts = [linearize_jaxpr(b, nonzero) for b in branches]
    n_outs = parts[0].n_outs
    plan = _Plan()
    plan.consts = [c for p in parts for c in p.consts]
    plan.out_nonzero = [any(flags) for flags in zip(*(p.out_nonzero for p in parts), strict=True)]
    slots: list[ShapedArray] = []
    uses: list[list[tuple[str, Any]]] = []
    for p in parts:
        inputs = {v: i for i, v in enumerate(p.forward.invars)}
        taken: set[int] = set()
        use: list[tuple[str, Any]] = []
        for atom in p.forward.outs[n_outs:]:
            if isinstance(atom, Literal):
                use.append(("literal", atom))
            elif atom in inputs:
                use.append(("input", inputs[atom]))
            else:
                use.append(("slot", _slot(slots, taken, atom.aval.strengthen())))
        uses.append(use)
    first = 0
    forward, linear = [], []
    for p, use in zip(parts, uses, strict=True):
        forward.append(_forward_branch(plan, p, use, slots, first))
        linear.append(_linear_branch(plan, p, use, slots, first))
        first += len(p.consts)
    plan.forward, plan.linear = tuple(forward), tuple(linear)
    return plan


def _slot(slots: list[ShapedArray], taken: set[int], aval: ShapedArray) -> int:
    """Return a shared place for a residual of type `aval` that this branch has not used yet."""
    for i, a in enumerate(slots):
        if i not in taken and a == aval:
            taken.add(i)
            return i
    slots.append(aval)
    taken.add(len(slots) - 1)
    return len(slots) - 1


def _inputs(plan: _Plan, invars: list[Var], n_own: int, first: int) -> list[Var]:
    """Return invars for (all consts, operands), with this branch's own among the consts."""
    consts = [Var(typeof(c)) for c in plan.consts]
    consts[first : first + n_own] = invars[:n_own]
    return consts + invars[n_own:]


def _forward_branch(
    plan: _Plan, part: Any, use: Any, slots: list[ShapedArray], first: int
) -> Jaxpr:
    fwd = part.forward
    filled = {
        where: atom
        for (kind, where), atom in zip(use, fwd.outs[part.n_outs :], strict=True)
        if kind == "slot"
    }
    eqns, residuals = list(fwd.eqns), []
    for i, aval in enumerate(slots):
        if i in filled:
            residuals.append(filled[i])
        else:
            more, zero = zero_eqn(aval)
            eqns.extend(more)
            residuals.append(zero)
    invars = _inputs(plan, fwd.invars, len(part.consts), first)
    return close(Jaxpr([], invars, eqns, [*fwd.outs[: part.n_outs], *residuals]))


def _linear_branch(plan: _Plan, part: Any, use: Any, slots: list[ShapedArray], first: int) -> Jaxpr:
    lin, n_own = part.linear, len(part.consts)
    inputs = [Var(v.aval) for v in part.forward.invars]
    places = [Var(a) for a in slots]
    env: dict[Any, Any] = {}
    for (kind, where), v in zip(use, lin.invars[: len(use)], strict=True):
        env[v] = where if kind == "literal" else inputs[where] if kind == "input" else places[where]

    def new(a: Any) -> Any:
        return env.get(a, a) if isinstance(a, Var) else a

    eqns: list[Eqn] = [e.replace(inputs=[new(a) for a in e.inputs]) for e in lin.eqns]
    outs, given = [], iter(lin.outs)
    for want, have, aval in zip(
        plan.out_nonzero, part.out_nonzero, part.forward.out_avals[: part.n_outs], strict=True
    ):
        if have:
            outs.append(new(next(given)))
        elif want:
            more, zero = zero_eqn(aval)
            eqns.extend(more)
            outs.append(zero)
    invars = [*_inputs(plan, inputs, n_own, first), *places, *lin.invars[len(use) :]]
    return Jaxpr([], invars, eqns, outs)


def _linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, branches: Branches
) -> tuple[list[Any], Callable[..., Any]]:
    index, args = primals[0], primals[1:]
    mask = tuple(nonzero[1:])
    plan = _plan(branches, mask)
    n_outs = len(plan.out_nonzero)
    operands = [*plan.consts, *args]
    results = bind(cond_p, index, *operands, branches=plan.forward)

    def linear(tangents: Sequence[Any]) -> list[Any]:
        if not any(plan.out_nonzero):
            return [None] * n_outs
        given = [
            instantiate(t, typeof(a).strengthen())
            for t, a, nz in zip(tangents[1:], args, mask, strict=True)
            if nz
        ]
        residuals = results[n_outs:]
        ts = iter(bind(cond_p, index, *operands, *residuals, *given, branches=plan.linear))
        return [next(ts) if nz else None for nz in plan.out_nonzero]

    return results[:n_outs], linear


def _push(
    primals: Sequence[Any], tangents: Sequence[Any], *, branches: Branches
) -> tuple[list[Any], list[Any]]:
    mask = tuple([t is not None for t in tangents[1:]])
    nonzero = [jvp_jaxpr(b, mask)[2] for b in branches]
    out = tuple([any(flags) for flags in zip(*nonzero, strict=True)])
    parts = [jvp_jaxpr(b, mask, out) for b in branches]
    consts = [c for p in parts for c in p[1]]
    operands = [*consts, *primals[1:], *[t for t in tangents[1:] if t is not None]]
    results = bind(cond_p, primals[0], *operands, branches=_with_all_consts(parts, consts))
    ts = iter(results[len(out) :])
    return results[: len(out)], [next(ts) if nz else None for nz in out]


# --- transpose ------------------------------------------------------------------------------------


def _transpose(cts: Sequence[Any], index: Any, *args: Any, branches: Branches) -> list[Any]:
    linear = tuple(isinstance(a, Linear) for a in args)
    cts = [
        ct if ct is None or is_inexact(o.aval.dtype) else None
        for ct, o in zip(cts, branches[0].outs, strict=True)
    ]
    nonzero = tuple(ct is not None for ct in cts)
    key = ("transposed_branches", branches, linear, nonzero)
    memo = branches[0].memo
    if key not in memo:
        memo[key] = _transposed(branches, linear, nonzero)
    new, consts, in_nonzero = memo[key]
    known = [a for a in args if not isinstance(a, Linear)]
    given = [ct for ct in cts if ct is not None]
    outs = iter(bind(cond_p, index, *consts, *known, *given, branches=new))
    flags = iter(in_nonzero)
    return [None, *[next(outs) if lin and next(flags) else None for lin in linear]]


def _transposed(
    branches: Branches, linear: tuple[bool, ...], nonzero: tuple[bool, ...]
) -> tuple[Branches, list[Any], list[bool]]:
    """Transpose each branch; a cotangent that only some have is zero in the others."""
    parts = [transpose_jaxpr(b, linear, nonzero) for b in branches]
    all_consts = [c for _, consts, _ in parts for c in consts]
    in_nonzero = [any(flags) for flags in zip(*(flags for _, _, flags in parts), strict=True)]
    avals = [v.aval for v, lin in zip(branches[0].invars, linear, strict=True) if lin]
    first, new = 0, []
    for jaxpr, consts, have in parts:
        invars: list[Var] = [Var(typeof(c)) for c in all_consts]
        invars[first : first + len(consts)] = jaxpr.invars[: len(consts)]
        first += len(consts)
        eqns, outs, given = list(jaxpr.eqns), [], iter(jaxpr.outs)
        for want, has, aval in zip(in_nonzero, have, avals, strict=True):
            if has:
                outs.append(next(given))
            elif want:
                more, zero = zero_eqn(aval)
                eqns.extend(more)
                outs.append(zero)
        new.append(close(Jaxpr([], invars + jaxpr.invars[len(consts) :], eqns, outs)))
    return tuple(new), all_consts, in_nonzero


# --- batch ----------------------------------------------------------------------------------------


def _batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, branches: Branches
) -> tuple[list[Any], list[bool]]:
    index, operands = args[0], args[1:]
    mask = tuple(batched[1:])
    if batched[0]:
        index, is_mapped = _one_index(index, size)
        if is_mapped:
            if any(b.effectful for b in branches):
                from .scan import map_lanes

                return map_lanes(cond_p, size, args, batched, {"branches": branches})
            return _select_branches(size, index, operands, mask, branches)
    out = [False] * len(branches[0].outs)
    for b in branches:
        out = [x or y for x, y in zip(out, batch_jaxpr(b, size, mask)[2], strict=True)]
    if any(mask):
        parts = [batch_jaxpr(b, size, mask, tuple(out)) for b in branches]
        all_consts = [c for _, consts, _ in parts for c in consts]
        branches = _with_all_consts(parts, all_consts)
        operands = [*all_consts, *operands]
    return bind(cond_p, index, *operands, branches=branches), out


def _with_all_consts(parts: Sequence[Any], all_consts: list[Any]) -> Branches:
    """Let every branch take the constants of all branches."""
    first, new = 0, []
    for jaxpr, consts, _ in parts:
        n = len(consts)
        invars: list[Var] = [Var(typeof(c)) for c in all_consts]
        invars[first : first + n] = jaxpr.invars[:n]
        first += n
        new.append(Jaxpr([], invars + jaxpr.invars[n:], jaxpr.eqns, jaxpr.outs))
    return tuple(new)


def _one_index(index: Any, size: int) -> tuple[Any, bool]:
    """Return the index of all lanes if it is evidently the same, else the mapped index."""
    if size == 1:
        return reshape(index, ()), False
    if type(index) is np.ndarray and size > 0 and index.strides[0] == 0:
        return index[0], False
    return index, True


def _select_branches(
    size: int, index: Any, operands: Sequence[Any], mask: tuple[bool, ...], branches: Branches
) -> tuple[list[Any], list[bool]]:
    """Run every branch on all lanes and select."""
    boolean = typeof(index).dtype.kind == "b"
    inexact = [is_inexact(typeof(x).dtype) for x in operands]
    # Guarding needs a value for each lane.
    mapped = tuple(b or f for b, f in zip(mask, inexact, strict=True))
    full = [
        materialize(x, size) if m and not b else x
        for x, m, b in zip(operands, mapped, mask, strict=True)
    ]
    cases = []
    for i, branch in enumerate(branches):
        taken = eq(index, typeof(index).dtype.type(i))
        own = [guard(taken, x) if f else x for x, f in zip(full, inexact, strict=True)]
        jaxpr, consts, _ = batch_jaxpr(branch, size, mapped, True)
        cases.append(eval_jaxpr(jaxpr, (), *consts, *own))
    outs = []
    for values in zip(*cases, strict=True):
        which = broadcast_in_dim(index, shape_of(values[0]), (0,))
        if not boolean and len(values) == 1:
            outs.append(values[0])
        else:
            outs.append(bind(select_n_p, which, *values))
    return outs, [True] * len(outs)


cond_p = Primitive(
    "cond",
    impl=_impl,
    abstract_eval=_abstract,
    linearize=_linearize,
    push=_push,
    transpose=_transpose,
    batch=_batch,
    lower=Inline("cond"),
    multiple_results=True,
)
