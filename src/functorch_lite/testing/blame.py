"""Saying whose rule is wrong and where it is defined."""

import inspect
from typing import Any

import numpy as np

from ..ir import Jaxpr, Linear, Primitive, not_linear, record
from .compare import inner, random_like
from .subject import Subject
from .suspect import Suspect
from .walk import Step, run_steps

__all__ = ["rule_kind", "rule_name"]

_RULE_OF_LAW = {
    "primal": "jvp rule (its primal result is another)",
    "jvp": "jvp rule",
    "vjp": "transpose rule",
    "adjoint": "transpose rule",
    "transpose": "transpose rule",
    "linearity": "transpose rule (it is not linear)",
    "pushforward": "jvp rule (it is not linear in the tangents)",
    "jacobian": "transpose rule",
    "hessian": "jvp rule",
    "vmap": "batch rule",
    "vmap_grad": "batch rule",
    "jit": "compiled kernel",
    "jit_grad": "compiled kernel of the derivative",
    "types": "abstract_eval rule",
    "checkpoint": "rule under checkpoint",
    "purity": "implementation (it writes to an operand or keeps one)",
    "backward": "rule of the stateful layer",
}
# Laws that a custom derivative rule can break; it has no say in the others.
_OF_DERIVATIVES = (
    "primal",
    "jvp",
    "vjp",
    "adjoint",
    "linearity",
    "pushforward",
    "jacobian",
    "hessian",
    "vmap_grad",
)


def rule_kind(law: str) -> str:
    """Return what a law is about.

    Examples
    --------
    >>> rule_kind("vmap")
    'batch rule'
    """
    return _RULE_OF_LAW.get(law, "rule")


def rule_name(suspect: Suspect, law: str) -> str:
    """Say whose rule it is, and where that is defined."""
    eqn = suspect.eqn
    rule = eqn.params.get("rule")
    owner = getattr(rule, "owner", None)
    if owner is not None and law in _OF_DERIVATIVES:
        return _custom_rule(eqn.primitive, rule, owner, law)
    kind = rule_kind(law)
    if law in ("adjoint", "vjp", "jacobian", "linearity"):
        wrong = _wrong_transpose(suspect)
        if wrong is None and law == "vjp":
            kind = "jvp rule"
        elif wrong is not None and wrong is not eqn.primitive:
            return (
                f"transpose rule of the primitive {wrong.name!r}{_defined(wrong.transpose)}, "
                f"which the jvp rule of {eqn.primitive.name!r} applies"
            )
    prim = eqn.primitive
    function = {
        "jvp": prim.jvp,
        "transpose": prim.transpose,
        "batch": prim.batch,
        "abstract_eval": prim.abstract_eval,
        "implementation": prim.impl,
    }.get(kind.split()[0])
    return f"{kind} of the primitive {prim.name!r}{_defined(function)}"


def _custom_rule(primitive: Primitive, rule: Any, owner: Any, law: str) -> str:
    """Name the rule of a function that has a custom one."""
    if primitive.name == "custom_jvp_call":
        which, decorator, function = "jvp", "custom_jvp", owner.jvp
    elif law == "primal":
        which, decorator, function = "fwd", "custom_vjp", owner.fwd
    else:
        which, decorator, function = "bwd", "custom_vjp", owner.bwd
    cls = getattr(owner, "autograd_function", None)
    if cls is not None:
        method = "forward" if which == "fwd" else "backward"
        where = _defined(inspect.getattr_static(cls, method).__func__)
        return f"{method} of the autograd.Function {cls.__name__!r}{where}"
    more = " (its primal result is another)" if law == "primal" else ""
    return f"{which} rule of the {decorator} function {rule.name!r}{_defined(function)}{more}"


def _defined(f: Any) -> str:
    """Return " (file:line)" of a function, if it has one."""
    f = getattr(f, "stands_for", f)
    code = getattr(inspect.unwrap(f) if callable(f) else f, "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""


def _wrong_transpose(suspect: Suspect) -> Primitive | None:
    """Look at the linear program of an equation's derivative, one equation at a time."""
    s = Subject(suspect.apply, suspect.free)
    avals = [v.aval for i, v in enumerate(suspect.program().invars) if i in s.diff]
    jaxpr, consts = record(lambda *ts: s.push(ts), avals, "culprit", omnistaging=False)
    closed = Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs)
    rng = np.random.default_rng(0)
    moving: set[Any] = set(jaxpr.invars)
    for step in run_steps(closed, [*consts, *s.tangents()]):
        linear = [i for i, a in enumerate(step.eqn.inputs) if a in moving]
        if not linear:
            continue
        moving.update(step.eqn.outvars)
        if step.eqn.primitive.transpose is not not_linear and not _transposes(step, linear, rng):
            return step.eqn.primitive
    return None


def _transposes(step: Step, linear: list[int], rng: np.random.Generator) -> bool:
    """Check one linear equation's transpose."""
    prim, params = step.eqn.primitive, step.eqn.params
    cts = [random_like(rng, o) for o in step.outs]
    args = [
        Linear(a.aval) if i in linear else v
        for i, (a, v) in enumerate(zip(step.eqn.inputs, step.values, strict=True))
    ]
    back = prim.transpose(cts if prim.multiple_results else cts[0], *args, **params)
    pairs = [(back[i], step.values[i]) for i in linear if back[i] is not None]
    left = inner(cts, step.outs)
    right = inner([b for b, _ in pairs], [v for _, v in pairs])
    return bool(abs(left - right) <= 1e-8 * (1 + abs(left)) or not np.isfinite(left))
