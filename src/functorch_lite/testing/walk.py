"""Running a jaxpr one equation at a time, also inside loops, branches and calls."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir import Eqn, Jaxpr, Literal, Var, run_jaxpr, subjaxprs
from ..ir.trace import apply_impl

__all__ = ["Step", "all_eqns", "all_steps", "inner_runs", "run_steps"]

# Steps of a loop that are looked at, one by one.
MAX_STEPS = 32


class Step(NamedTuple):
    """An equation with the values that it met."""

    eqn: Eqn
    values: list[Any]
    outs: list[Any]


def run_steps(jaxpr: Jaxpr, args: Sequence[Any], *, copied: bool = False) -> Iterator[Step]:
    """Evaluate a closed jaxpr on arrays, yielding after each equation.

    Parameters
    ----------
    copied : bool
        Whether implementations get copies, since some may write to their operands.
    """
    env: dict[Var, Any] = dict(zip(jaxpr.invars, args, strict=True))
    for eqn in jaxpr.eqns:
        values = [a.value if isinstance(a, Literal) else env[a] for a in eqn.inputs]
        given = [np.array(v) for v in values] if copied else values
        with np.errstate(all="ignore"):
            out = apply_impl(eqn.primitive, given, eqn.params)
        outs = list(out) if eqn.primitive.multiple_results else [out]
        env.update(zip(eqn.outvars, outs, strict=True))
        yield Step(eqn, values, outs)


def inner_runs(step: Step) -> Iterator[tuple[Jaxpr, list[Any]]]:
    """Yield the jaxprs that an equation ran and the arguments they ran on."""
    name, values, params = step.eqn.primitive.name, step.values, step.eqn.params
    if name in ("jit", "checkpoint", "custom_jvp_call", "custom_vjp_call"):
        yield params["jaxpr"], values
    elif name == "cond":
        branches = params["branches"]
        yield branches[min(max(int(values[0]), 0), len(branches) - 1)], values[1:]
    elif name == "scan":
        yield from _scan_runs(values, **params)
    elif name == "while":
        yield from _while_runs(values, **params)


def _scan_runs(
    values: list[Any], *, jaxpr: Jaxpr, n_consts: int, n_carry: int, length: int, reverse: bool
) -> Iterator[tuple[Jaxpr, list[Any]]]:
    consts = values[:n_consts]
    carry, xs = values[n_consts : n_consts + n_carry], values[n_consts + n_carry :]
    order = range(length)[::-1] if reverse else range(length)
    for i in list(order)[:MAX_STEPS]:
        args = [*consts, *carry, *(np.asarray(x)[i] for x in xs)]
        yield jaxpr, args
        carry = run_jaxpr(jaxpr, args)[:n_carry]


def _while_runs(
    values: list[Any],
    *,
    cond_jaxpr: Jaxpr,
    body_jaxpr: Jaxpr,
    n_cond_consts: int,
    n_body_consts: int,
) -> Iterator[tuple[Jaxpr, list[Any]]]:
    cond_consts = values[:n_cond_consts]
    body_consts = values[n_cond_consts : n_cond_consts + n_body_consts]
    carry = values[n_cond_consts + n_body_consts :]
    for _ in range(MAX_STEPS):
        yield cond_jaxpr, [*cond_consts, *carry]
        if not bool(run_jaxpr(cond_jaxpr, [*cond_consts, *carry])[0]):
            return
        yield body_jaxpr, [*body_consts, *carry]
        carry = run_jaxpr(body_jaxpr, [*body_consts, *carry])


def all_steps(jaxpr: Jaxpr, args: Sequence[Any]) -> Iterator[Step]:
    """Run a closed jaxpr and yield its steps and those inside loops, branches and calls."""
    for step in run_steps(jaxpr, args):
        yield step
        for inner, values in inner_runs(step):
            yield from all_steps(inner, values)


def all_eqns(jaxpr: Jaxpr) -> Iterator[Eqn]:
    """Yield the equations of a jaxpr and of all jaxprs inside."""
    for eqn in jaxpr.eqns:
        yield eqn
        for inner in subjaxprs(eqn):
            yield from all_eqns(inner)
