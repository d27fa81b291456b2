"""The equations of a program, one at a time, each at the values that it met.

Operands that the program's inputs do not reach are held fixed: a rule may leave out the
derivative by its labels or by what it closes over, and that is no error of this program.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir import Eqn, Jaxpr, Literal, Var, bind, eval_jaxpr, is_inexact, shape_of
from ..pytree import tree_unflatten
from ..transforms import make_jaxpr
from ..transforms.custom import bind_custom
from .walk import Step, inner_runs, run_steps

__all__ = ["Suspect", "has_own_rule", "inner_programs", "retyped", "suspects"]

# Rows of a mapped custom rule that are looked at, one by one.
_ROWS = 8


class Suspect(NamedTuple):
    """An equation as a function of the operands that move.

    Attributes
    ----------
    eqn : Eqn
    values : list of arrays
        Of all operands.
    moving : tuple of bool
        Which operands the inputs reach.
    """

    eqn: Eqn
    values: list[Any]
    moving: tuple[bool, ...]

    @property
    def free(self) -> list[Any]:
        """The values of the operands that move."""
        return [v for v, m in zip(self.values, self.moving, strict=True) if m]

    def with_free(self, free: Sequence[Any]) -> "Suspect":
        """Return the same equation at other values."""
        it = iter(free)
        values = [next(it) if m else v for v, m in zip(self.values, self.moving, strict=True)]
        return self._replace(values=values)

    def program(self) -> Jaxpr:
        """Return a program of this one equation; what is fixed is a literal."""
        inputs: list[Any] = [
            Var(a.aval.strengthen()) if m else Literal(v, a.aval)
            for a, v, m in zip(self.eqn.inputs, self.values, self.moving, strict=True)
        ]
        invars = [a for a, m in zip(inputs, self.moving, strict=True) if m]
        return Jaxpr([], invars, [self.eqn.replace(inputs=inputs)], self.eqn.outvars)

    def apply(self, *free: Any) -> list[Any]:
        """Apply the equation."""
        return eval_jaxpr(self.program(), (), *free)


def has_own_rule(eqn: Eqn) -> bool:
    """Tell whether an equation calls a function that has a custom rule."""
    return eqn.primitive.name in ("custom_jvp_call", "custom_vjp_call")


def _passes(eqn: Eqn, derivative: bool) -> bool:
    """Tell whether an equation hands on what moves."""
    if not derivative:
        return True
    return eqn.primitive.is_differentiable and any(is_inexact(v.aval.dtype) for v in eqn.outvars)


def _reached(jaxpr: Jaxpr, moving: Sequence[bool], derivative: bool) -> set[Var]:
    """Return the variables that the moving inputs reach."""
    reached = {v for v, m in zip(jaxpr.invars, moving, strict=True) if m}
    for eqn in jaxpr.eqns:
        if _passes(eqn, derivative) and any(a in reached for a in eqn.inputs):
            reached.update(eqn.outvars)
    return reached


def suspects(
    jaxpr: Jaxpr, args: Sequence[Any], moving: Sequence[bool], derivative: bool
) -> Iterator[Suspect]:
    """Run a closed program and yield the equations that the moving inputs reach.

    Parameters
    ----------
    jaxpr, args
        Without constvars.
    moving : sequence of bool
        Which inputs vary.
    derivative : bool
        Whether only what carries tangents counts.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> jaxpr = fl.make_jaxpr(lambda x, y: (x * 2.0, y + 1.0))(1.0, 2.0).jaxpr
    >>> [s.eqn.primitive.name for s in suspects(jaxpr, [1.0, 2.0], [True, False], True)]
    ['mul']
    """
    reached = _reached(jaxpr, moving, derivative)
    for step in run_steps(jaxpr, args, copied=True):
        flags = tuple(isinstance(a, Var) and a in reached for a in step.eqn.inputs)
        if not any(flags) or not _passes(step.eqn, derivative):
            continue
        if derivative and not any(
            m and is_inexact(a.aval.dtype) for a, m in zip(step.eqn.inputs, flags, strict=True)
        ):
            continue
        yield Suspect(step.eqn, step.values, flags)


def inner_programs(
    suspect: Suspect, derivative: bool
) -> Iterator[tuple[Jaxpr, list[Any], list[bool]]]:
    """Yield the programs that an equation ran, with their inputs and which of those move."""
    eqn, flags = suspect.eqn, list(suspect.moving)
    if derivative and has_own_rule(eqn):
        yield from _rows(suspect)
        return
    for jaxpr, values in inner_runs(Step(eqn, suspect.values, [])):
        yield jaxpr, values, _inner_flags(eqn, jaxpr, flags, derivative)


def _inner_flags(eqn: Eqn, jaxpr: Jaxpr, flags: list[bool], derivative: bool) -> list[bool]:
    name, params = eqn.primitive.name, eqn.params
    if name == "cond":
        return flags[1:]
    if name == "scan":
        n, k = params["n_consts"], params["n_carry"]
        return _loop_flags(jaxpr, flags[:n], flags[n : n + k], flags[n + k :], derivative)
    if name == "while":
        n_cond, n = params["n_cond_consts"], params["n_body_consts"]
        consts, carry = flags[n_cond : n_cond + n], flags[n_cond + n :]
        full = _loop_flags(params["body_jaxpr"], consts, carry, [], derivative)
        return full if jaxpr is params["body_jaxpr"] else flags[:n_cond] + full[n:]
    return flags


def _loop_flags(
    body: Jaxpr, consts: list[bool], carry: list[bool], xs: list[bool], derivative: bool
) -> list[bool]:
    """Let what moves grow from step to step until it stays."""
    while True:
        reached = _reached(body, [*consts, *carry, *xs], derivative)
        grown = [c or o in reached for c, o in zip(carry, body.outs, strict=False)]
        if grown == carry:
            return [*consts, *carry, *xs]
        carry = grown


def _rows(suspect: Suspect) -> Iterator[tuple[Jaxpr, list[Any], list[bool]]]:
    """Yield the calls that a mapped function with a custom rule stands for."""
    eqn = suspect.eqn
    rule, n = eqn.params["rule"], eqn.params["n_consts"]
    single = getattr(rule, "unmapped", None)
    if single is None:
        return
    args, flags = suspect.values[n:], list(suspect.moving[n:])
    size = next(shape_of(x)[0] for x, m in zip(args, rule.mapped, strict=True) if m)
    for i in range(min(size, _ROWS)):
        row = [x[i] if m else x for x, m in zip(args, rule.mapped, strict=True)]
        recorded = make_jaxpr(lambda *xs: bind_custom(eqn.primitive, single, xs))(*row)
        inner = recorded.jaxpr
        eqns = [e.replace(source=eqn.source) for e in inner.eqns]
        closed = Jaxpr([], inner.constvars + inner.invars, eqns, inner.outs)
        fixed = [False] * len(recorded.consts)
        yield closed, [*recorded.consts, *map(np.asarray, row)], [*fixed, *flags]


def retyped(suspect: Suspect, values: list[Any]) -> Suspect | None:
    """Return the same equation on operands of other shapes, or None if that is impossible."""
    eqn, rule = suspect.eqn, suspect.eqn.params.get("rule")

    def again(*xs: Any) -> Any:
        if rule is None:
            return bind(eqn.primitive, *xs)
        return rule.owner(*rule.owner._merge(rule.static, tree_unflatten(rule.tree, xs)))

    try:
        recorded = make_jaxpr(again)(*values)
        if recorded.consts or [e.primitive for e in recorded.jaxpr.eqns] != [eqn.primitive]:
            return None
        new = recorded.jaxpr.eqns[0].replace(source=eqn.source)
        return Suspect(new, values, suspect.moving)
    except Exception:
        return None
