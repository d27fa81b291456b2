"""Inlining: from nested calls to one flat list of equations.

Calls (jit, custom rules) are spliced in; identities vanish. A checkpointed region is spliced in
too, but keeps a *region* number of its own: common subexpressions are shared only within a
region, so that a recomputation is never merged with the original. Loops and branches stay.
"""

from collections.abc import Sequence
from typing import Any

from ..ir import Eqn, Jaxpr, Literal, Var, trace_to_jaxpr
from ..kernels.layout import Layout
from ..prims.lowering import Inline

__all__ = ["FlatProgram", "inline_calls", "is_spliced"]

_IDENTITIES = ("stop_gradient", "name")


class FlatProgram:
    """A jaxpr without calls, the checkpoint region of each equation, the layouts of blocked vars."""

    def __init__(self, invars: list[Var], consts: list[tuple[Var, Any]]) -> None:
        self.invars = invars
        self.consts = consts
        self.eqns: list[Eqn] = []
        self.regions: list[int] = []
        self.outs: list[Any] = []
        self.layouts: dict[Var, Layout] = {}

    def to_jaxpr(self) -> Jaxpr:
        """Return the text form's jaxpr; constants that rules made are constvars."""
        return Jaxpr([v for v, _ in self.consts], self.invars, self.eqns, self.outs)


def inline_calls(jaxpr: Jaxpr) -> FlatProgram:
    """Splice all calls of a closed jaxpr into one flat program.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> f = fl.jit(lambda x: x * 2.0)
    >>> program = inline_calls(fl.make_jaxpr(lambda x: f(f(x)))(1.0).jaxpr)
    >>> [e.primitive.name for e in program.eqns]
    ['mul', 'mul']
    """
    program = FlatProgram(list(jaxpr.invars), [])
    env: dict[Var, Any] = {v: v for v in jaxpr.invars}
    counter = [0]
    program.outs = _splice(jaxpr, env, program, 0, counter)
    return program


def _splice(
    jaxpr: Jaxpr, env: dict[Var, Any], program: FlatProgram, region: int, counter: list[int]
) -> list[Any]:
    """Copy equations with fresh vars; return the outputs' atoms."""

    def atom(a: Any) -> Any:
        return a if isinstance(a, Literal) else env[a]

    for eqn in jaxpr.eqns:
        inputs = [atom(a) for a in eqn.inputs]
        if eqn.primitive.name in _IDENTITIES:
            env[eqn.outvars[0]] = inputs[0]
            continue
        inner = _callee(eqn, program)
        if inner is None:
            outvars = [Var(v.aval) for v in eqn.outvars]
            env.update(zip(eqn.outvars, outvars, strict=True))
            program.eqns.append(eqn.replace(inputs=inputs, outvars=outvars))
            program.regions.append(region)
            continue
        body, extra = inner
        inner_region = region
        if _kind(eqn) == "barrier":
            counter[0] += 1
            inner_region = counter[0]
        inner_env = dict(zip(body.invars, [*extra, *inputs], strict=True))
        outs = _splice(body, inner_env, program, inner_region, counter)
        env.update(zip(eqn.outvars, outs, strict=True))
    return [atom(o) for o in jaxpr.outs]


def _kind(eqn: Eqn) -> str | None:
    """Return how a call-like primitive asks to be inlined."""
    lower = eqn.primitive.lower
    return lower.kind if isinstance(lower, Inline) else None


def is_spliced(eqn: Eqn) -> bool:
    """Tell whether an equation does not survive inlining."""
    return eqn.primitive.name in _IDENTITIES or _kind(eqn) in ("call", "barrier", "transposed")


def _callee(eqn: Eqn, program: FlatProgram) -> tuple[Jaxpr, Sequence[Any]] | None:
    """Return the body to splice in for a call, and its leading constants."""
    kind = _kind(eqn)
    if kind in ("call", "barrier"):
        return eqn.params["jaxpr"], ()
    if kind == "transposed":
        body, consts = trace_to_jaxpr(
            lambda *xs: eqn.primitive.impl(*xs, **eqn.params), [a.aval for a in eqn.inputs]
        )
        held = []
        for v, value in zip(body.invars, consts, strict=False):
            var = Var(v.aval)
            program.consts.append((var, value))
            held.append(var)
        return body, held
    return None
