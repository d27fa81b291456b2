"""How a loop body is linearized: what runs forward, what is kept, what is linear."""

from typing import Any

from ...ir import Eqn, Jaxpr, Literal, Var
from ..call import LinearizedJaxpr, linearize_jaxpr
from .common import close, has_effect, split, zero_eqn

__all__ = ["LinearPlan", "linear_plan"]


class LinearPlan:
    """A linearized body, with its residuals sorted by how they change from step to step.

    Attributes
    ----------
    rule_consts : list
        Constants that the derivative rules made; the first operands of `forward`.
    forward : Jaxpr
        (rule_consts, consts, carry, slices) to (carry, outputs, new residuals to stack).
    hoisted : Jaxpr
        (rule_consts, consts) to the residuals that are the same in all steps.
    x_residuals : list of int
        Stacked operands that are residuals as they stand.
    stacked_residuals : list of int
        Results of the forward scan that are stacked residuals.
    linear : Jaxpr
        (fixed residuals, tangents of consts, of carry, stacked residuals, tangents of slices)
        to (tangents of carry, of outputs), only those that are not zero.
    nonzero : list of bool
        Which inputs have a tangent, after the fixpoint.
    out_nonzero : list of bool
        Which outputs have one.
    """

    rule_consts: list[Any]
    forward: Jaxpr
    hoisted: Jaxpr
    x_residuals: list[int]
    stacked_residuals: list[int]
    linear: Jaxpr
    nonzero: list[bool]
    out_nonzero: list[bool]
    n_outs: int
    n_consts: int
    n_carry: int


def linear_plan(jaxpr: Jaxpr, n_consts: int, n_carry: int, nonzero: tuple[bool, ...]) -> LinearPlan:
    """Linearize a loop body; remembered on it."""
    key = ("linear_plan", n_consts, n_carry, nonzero)
    if key not in jaxpr.memo:
        jaxpr.memo[key] = _make_plan(jaxpr, n_consts, n_carry, nonzero)
    return jaxpr.memo[key]


def _make_plan(jaxpr: Jaxpr, n_consts: int, n_carry: int, nonzero: tuple[bool, ...]) -> LinearPlan:
    c, k, x = split(nonzero, n_consts, n_carry)
    while True:
        parts = linearize_jaxpr(jaxpr, (*c, *k, *x))
        grown = [a or b for a, b in zip(k, parts.out_nonzero[:n_carry], strict=True)]
        if grown == k:
            break
        k = grown
    plan = LinearPlan()
    plan.n_consts, plan.n_carry, plan.n_outs = n_consts, n_carry, parts.n_outs
    plan.rule_consts = parts.consts
    plan.nonzero = [*c, *k, *x]
    plan.out_nonzero = [*k, *parts.out_nonzero[n_carry:]]
    _sort_residuals(plan, parts)
    return plan


def _sort_residuals(plan: LinearPlan, parts: LinearizedJaxpr) -> None:
    """Decide for each residual where it comes from, and arrange the jaxprs accordingly."""
    forward, linear = parts.forward, parts.linear
    n_fixed = len(plan.rule_consts) + plan.n_consts
    fixed_vars, fixed_eqns = _invariant(forward, n_fixed)
    slices = {v: i for i, v in enumerate(forward.invars[n_fixed + plan.n_carry :])}
    results: dict[Var, int] = {
        o: i
        for i, o in enumerate(forward.outs)
        if plan.n_carry <= i < plan.n_outs and isinstance(o, Var)
    }
    outs = forward.outs[: plan.n_outs]
    fixed_atoms: list[Any] = []
    fixed_ins: list[Var] = []
    x_ins: list[Var] = []
    stacked_ins: list[Var] = []
    plan.x_residuals, plan.stacked_residuals = [], []
    residuals = forward.outs[plan.n_outs :]
    for atom, v in zip(residuals, linear.invars[: len(residuals)], strict=True):
        if isinstance(atom, Literal) or atom in fixed_vars:
            fixed_atoms.append(atom)
            fixed_ins.append(v)
        elif atom in slices:
            plan.x_residuals.append(slices[atom])
            x_ins.append(v)
        else:
            if atom not in results:
                results[atom] = len(outs)
                outs = [*outs, atom]
            plan.stacked_residuals.append(results[atom])
            stacked_ins.append(v)
    plan.forward = close(Jaxpr([], forward.invars, forward.eqns, outs))
    plan.hoisted = close(Jaxpr([], forward.invars[:n_fixed], fixed_eqns, fixed_atoms))
    c, k, x = [sum(part) for part in split(plan.nonzero, plan.n_consts, plan.n_carry)]
    tc, tk, tx, _ = split(linear.invars[len(residuals) :], c, k, x)
    linear_outs, zeros = _nonzero_outs(plan, parts)
    invars = [*fixed_ins, *tc, *tk, *x_ins, *stacked_ins, *tx]
    plan.linear = Jaxpr([], invars, [*linear.eqns, *zeros], linear_outs)


def _nonzero_outs(plan: LinearPlan, parts: LinearizedJaxpr) -> tuple[list[Any], list[Eqn]]:
    """Return the outputs of the linear body, zeros made explicit for carries that need them."""
    given = iter(parts.linear.outs)
    avals = parts.forward.out_avals
    outs, zeros = [], []
    for want, have, aval in zip(
        plan.out_nonzero, parts.out_nonzero, avals[: plan.n_outs], strict=True
    ):
        if have:
            outs.append(next(given))
        elif want:
            eqns, zero = zero_eqn(aval)
            zeros.extend(eqns)
            outs.append(zero)
    return outs, zeros


def _invariant(jaxpr: Jaxpr, n_fixed: int) -> tuple[set[Var], list[Eqn]]:
    """Return what depends only on the first inputs, and the equations that compute it."""
    known = set(jaxpr.invars[:n_fixed])
    eqns = []
    for eqn in jaxpr.eqns:
        if not has_effect(eqn) and all(isinstance(a, Literal) or a in known for a in eqn.inputs):
            known.update(eqn.outvars)
            eqns.append(eqn)
    return known, eqns
