"""Transposing a scan that is linear in some operands.

What does not depend on a linear operand (a counter, say) runs forward first and is stacked; the
rest runs backwards.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ir import (
    REGISTRY,
    Eqn,
    Jaxpr,
    Linear,
    Primitive,
    Var,
    bind,
    is_inexact,
)
from ..transpose import instantiate, transpose_jaxpr
from .common import close, depends_on, split, zero_eqn

__all__ = ["inline_calls", "transpose_scan"]


class KnownPart:
    """A scan body cut in two along what its linear inputs reach.

    Attributes
    ----------
    linear_carry : list of bool
        Which carries depend on linear operands.
    known : Jaxpr or None
        (all consts, known carry, all slices) to (known carry, crossing values); None if there
        is nothing to run ahead.
    body : Jaxpr
        (consts, linear carry, slices, crossing values) to (linear carry, outputs).
    """

    def __init__(self, linear_carry: list[bool], known: Jaxpr | None, body: Jaxpr) -> None:
        self.linear_carry = linear_carry
        self.known = known
        self.body = body


def _known_part(jaxpr: Jaxpr, linear: tuple[bool, ...], n_consts: int, n_carry: int) -> KnownPart:
    """Cut a body; remembered on it."""
    key = ("known_part", linear, n_consts, n_carry)
    if key not in jaxpr.memo:
        jaxpr.memo[key] = _cut(jaxpr, linear, n_consts, n_carry)
    return jaxpr.memo[key]


def _cut(jaxpr: Jaxpr, linear: tuple[bool, ...], n_consts: int, n_carry: int) -> KnownPart:
    c, k, x = split(linear, n_consts, n_carry)
    if not all(k):
        jaxpr = inline_calls(jaxpr)
    while True:
        starts = [v for v, lin in zip(jaxpr.invars, [*c, *k, *x], strict=True) if lin]
        reached = depends_on(jaxpr, starts)
        grown = [
            lin or (isinstance(o, Var) and o in reached)
            for lin, o in zip(k, jaxpr.outs[:n_carry], strict=True)
        ]
        if grown == k:
            break
        k = grown
    if all(k):
        return KnownPart(k, None, jaxpr)
    consts, carry, xs = split(jaxpr.invars, n_consts, n_carry)
    ahead = [e for e in jaxpr.eqns if not any(v in reached for v in e.outvars)]
    behind = [e for e in jaxpr.eqns if any(v in reached for v in e.outvars)]
    made = {v for v, lin in zip(carry, k, strict=True) if not lin}
    made.update(v for e in ahead for v in e.outvars)
    linear_outs = [o for o, lin in zip(jaxpr.outs, k, strict=False) if lin]
    linear_outs += jaxpr.outs[n_carry:]
    used: list[Any] = [*[a for e in behind for a in e.inputs], *linear_outs]
    crossing = list(dict.fromkeys(a for a in used if isinstance(a, Var) and a in made))
    known_carry = [v for v, lin in zip(carry, k, strict=True) if not lin]
    known_outs = [o for o, lin in zip(jaxpr.outs, k, strict=False) if not lin]
    known = close(Jaxpr([], consts + known_carry + xs, ahead, [*known_outs, *crossing]))
    linear_carry = [v for v, lin in zip(carry, k, strict=True) if lin]
    # An input cannot be bound by two jaxprs of one program in different roles: rename.
    fresh = {v: Var(v.aval) for v in crossing}
    body = _renamed(behind, linear_outs, fresh)
    invars = consts + linear_carry + xs + [fresh[v] for v in crossing]
    return KnownPart(k, known, Jaxpr([], invars, *body))


def _renamed(
    eqns: Sequence[Eqn], outs: Sequence[Any], names: dict[Var, Var]
) -> tuple[list[Eqn], list[Any]]:
    """Replace vars in equations and outputs."""

    def new(a: Any) -> Any:
        return names.get(a, a) if isinstance(a, Var) else a

    return [e.replace(inputs=[new(a) for a in e.inputs]) for e in eqns], [new(o) for o in outs]


def inline_calls(jaxpr: Jaxpr) -> Jaxpr:
    """Put the equations of jitted calls in their place, at any depth."""
    if not any(e.primitive.name == "jit" for e in jaxpr.eqns):
        return jaxpr
    env: dict[Var, Any] = {}
    eqns: list[Eqn] = []

    def read(a: Any) -> Any:
        return env.get(a, a) if isinstance(a, Var) else a

    for e in jaxpr.eqns:
        inputs = [read(a) for a in e.inputs]
        if e.primitive.name != "jit":
            eqns.append(e.replace(inputs=inputs))
            continue
        inner = inline_calls(e.params["jaxpr"])
        names: dict[Var, Any] = dict(zip(inner.invars, inputs, strict=True))
        for f in inner.eqns:
            outvars = [Var(v.aval) for v in f.outvars]
            args = [names.get(a, a) if isinstance(a, Var) else a for a in f.inputs]
            eqns.append(f.replace(inputs=args, outvars=outvars))
            names.update(zip(f.outvars, outvars, strict=True))
        for v, o in zip(e.outvars, inner.outs, strict=True):
            env[v] = names.get(o, o) if isinstance(o, Var) else o
    return Jaxpr([], jaxpr.invars, eqns, [read(o) for o in jaxpr.outs])


class BackwardPlan:
    """The transposed body as the body of a scan.

    Attributes
    ----------
    jaxpr : Jaxpr
        (rule_consts, known consts, sums of const cotangents, carry cotangents, known slices,
        output cotangents) to (sums, carry cotangents, slice cotangents).
    rule_consts : list
        Constants that the rules made.
    carry_nonzero, const_nonzero, x_nonzero : list of bool
        Which linear carries, consts and slices get a cotangent.
    """

    jaxpr: Jaxpr
    rule_consts: list[Any]
    carry_nonzero: list[bool]
    const_nonzero: list[bool]
    x_nonzero: list[bool]


def _backward_plan(
    body: Jaxpr, linear: tuple[bool, ...], n_consts: int, n_carry: int, ct_nonzero: tuple[bool, ...]
) -> BackwardPlan:
    """Transpose a body whose carries are all linear; remembered on it."""
    key = ("backward_plan", linear, n_consts, n_carry, ct_nonzero)
    if key not in body.memo:
        body.memo[key] = _make_backward(body, linear, n_consts, n_carry, ct_nonzero)
    return body.memo[key]


def _make_backward(
    body: Jaxpr, linear: tuple[bool, ...], n_consts: int, n_carry: int, ct_nonzero: tuple[bool, ...]
) -> BackwardPlan:
    n_c = sum(linear[:n_consts])
    k, y = split(ct_nonzero, n_carry)
    while True:
        transposed, rule_consts, in_nonzero = transpose_jaxpr(body, linear, (*k, *y))
        c_in, k_in, x_in = split(in_nonzero, n_c, n_carry)
        grown = [a or b for a, b in zip(k, k_in, strict=True)]
        if grown == k:
            break
        k = grown
    plan = BackwardPlan()
    plan.rule_consts, plan.carry_nonzero = rule_consts, k
    plan.const_nonzero, plan.x_nonzero = c_in, x_in
    n_known_consts = n_consts - n_c
    n_known = len(linear) - sum(linear)
    rule, known_c, known_x, ct_k, ct_y = split(
        transposed.invars, len(rule_consts), n_known_consts, n_known - n_known_consts, sum(k)
    )
    outs = iter(transposed.outs)
    eqns = list(transposed.eqns)
    sums, new_sums = [], []
    lines = {v: e.source for e in eqns for v in e.outvars}
    for nz in c_in:
        if nz:
            ct = next(outs)
            total, new = Var(ct.aval.strengthen()), Var(ct.aval.strengthen())
            line = lines.get(ct) if isinstance(ct, Var) else None
            eqns.append(Eqn(REGISTRY["add"], [total, ct], [new], {}, line))
            sums.append(total)
            new_sums.append(new)
    carry_outs: list[Any] = []
    carry_avals = [v.aval for v, lin in zip(body.invars, linear, strict=True) if lin][n_c:]
    for want, have, aval in zip(k, k_in, carry_avals[:n_carry], strict=True):
        if have:
            carry_outs.append(next(outs))
        elif want:
            more, zero = zero_eqn(aval)
            eqns.extend(more)
            carry_outs.append(zero)
    invars = [*rule, *known_c, *sums, *ct_k, *known_x, *ct_y]
    plan.jaxpr = close(Jaxpr([], invars, eqns, [*new_sums, *carry_outs, *outs]))
    return plan


def transpose_scan(
    prim: Primitive,
    cts: Sequence[Any],
    args: Sequence[Any],
    jaxpr: Jaxpr,
    n_consts: int,
    n_carry: int,
    *,
    length: int,
    reverse: bool,
) -> list[Any]:
    """Be the transpose rule of `scan_p`; a carry that starts from a known value starts from 0."""
    linear = tuple(isinstance(a, Linear) for a in args)
    part = _known_part(jaxpr, linear, n_consts, n_carry)
    consts, carry, xs = split(args, n_consts, n_carry)
    c_lin, _, x_lin = split(linear, n_consts, n_carry)
    crossing: list[Any] = []
    is_linear = part.linear_carry
    if part.known is not None:
        crossing = _run_ahead(prim, part, args, n_consts, n_carry, length, reverse)
    cts = [
        ct if ct is None or is_inexact(o.aval.dtype) else None
        for ct, o in zip(cts, jaxpr.outs, strict=True)
    ]
    ct_carry, ct_ys = split(cts, n_carry)
    ct_carry = [ct for ct, lin in zip(ct_carry, is_linear, strict=True) if lin]
    mask = (*c_lin, *[True] * sum(is_linear), *x_lin, *[False] * len(crossing))
    nonzero = tuple(ct is not None for ct in (*ct_carry, *ct_ys))
    plan = _backward_plan(part.body, mask, n_consts, sum(is_linear), nonzero)
    avals = [o.aval.strengthen() for o in part.body.outs[: sum(is_linear)]]
    start = [
        instantiate(ct, a)
        for ct, a, nz in zip(ct_carry, avals, plan.carry_nonzero, strict=True)
        if nz
    ]
    lin_consts = [a for a in consts if isinstance(a, Linear)]
    sums = [
        np.zeros(a.aval.shape, a.aval.dtype)
        for a, nz in zip(lin_consts, plan.const_nonzero, strict=True)
        if nz
    ]
    known_consts = [a for a in consts if not isinstance(a, Linear)]
    known_xs = [a for a in xs if not isinstance(a, Linear)] + crossing
    given = [ct for ct in ct_ys if ct is not None]
    outs = iter(
        bind(
            prim,
            *plan.rule_consts,
            *known_consts,
            *sums,
            *start,
            *known_xs,
            *given,
            jaxpr=plan.jaxpr,
            n_consts=len(plan.rule_consts) + len(known_consts),
            n_carry=len(sums) + len(start),
            length=length,
            reverse=not reverse,
        )
    )
    return _gather(args, outs, plan, is_linear, n_consts, n_carry)


def _gather(
    args: Sequence[Any],
    outs: Any,
    plan: BackwardPlan,
    is_linear: Sequence[bool],
    n_consts: int,
    n_carry: int,
) -> list[Any]:
    """Put the cotangents where their operands are."""
    result: list[Any] = [None] * len(args)
    c_nonzero = iter(plan.const_nonzero)
    k_nonzero, x_nonzero = iter(plan.carry_nonzero), iter(plan.x_nonzero)
    for i, a in enumerate(args):
        if n_consts <= i < n_consts + n_carry:
            if is_linear[i - n_consts] and next(k_nonzero):
                ct = next(outs)
                result[i] = ct if isinstance(a, Linear) else None
        elif isinstance(a, Linear):
            nonzero = c_nonzero if i < n_consts else x_nonzero
            result[i] = next(outs) if next(nonzero) else None
    return result


def _run_ahead(
    prim: Primitive,
    part: KnownPart,
    args: Sequence[Any],
    n_consts: int,
    n_carry: int,
    length: int,
    reverse: bool,
) -> list[Any]:
    """Scan what does not depend on linear operands; return what crosses over, stacked."""
    assert part.known is not None

    def known(a: Any) -> Any:
        return np.zeros(a.aval.shape, a.aval.dtype) if isinstance(a, Linear) else a

    consts, carry, xs = split([known(a) for a in args], n_consts, n_carry)
    start = [v for v, lin in zip(carry, part.linear_carry, strict=True) if not lin]
    results = bind(
        prim,
        *consts,
        *start,
        *xs,
        jaxpr=part.known,
        n_consts=n_consts,
        n_carry=len(start),
        length=length,
        reverse=reverse,
    )
    return results[len(start) :]
