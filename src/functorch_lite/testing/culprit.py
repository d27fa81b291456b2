"""Naming the equation whose rule is wrong.

A derivative rule is local: it must be right at the values that its equation met. So the program
is run once, and each equation is put to the same law that failed, alone, at its own operands. A
call, a branch or a loop that fails is entered. When no equation fails alone (two rules that only
disagree together, or kernels that fuse several equations) the program is shrunk instead.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Eqn, Jaxpr, Primitive, bind, eval_jaxpr, is_inexact, record, summarize
from ..ir.pretty import format_eqn
from ..pytree import tree_unflatten
from ..transforms import make_jaxpr, vjp
from .compare import first_mismatch, inner, random_like
from .excerpt import array_text
from .laws import Law, LawViolation
from .numeric import directional
from .program import program_source
from .reduce import reduce_program, simplify_values, single_eqn
from .subject import Subject
from .walk import Step, inner_runs, run_steps

__all__ = ["Culprit", "find_culprit"]

_RULE_OF_LAW = {
    "jvp": "jvp rule",
    "adjoint": "transpose rule",
    "transpose": "transpose rule",
    "linearity": "jvp rule (it is not linear in the tangents)",
    "jacobian": "transpose rule",
    "hessian": "jvp rule",
    "vmap": "batch rule",
    "vmap_grad": "batch rule",
    "jit": "compiled kernel",
    "jit_grad": "compiled kernel of the derivative",
    "types": "abstract_eval rule",
    "checkpoint": "rule under checkpoint",
    "purity": "implementation (it writes to an operand or keeps one)",
}


class Culprit:
    """The equation, or the small program, that breaks a law.

    Attributes
    ----------
    rule : str
        Which rule of what is wrong.
    eqn : Eqn or None
        The equation; None when several are needed.
    where : str
        The user's line.
    violation : LawViolation
        What the equation alone gives and what was expected.
    evidence : list of str
        Gradients obtained and expected.
    program : str
        Runnable Python that shows it.
    """

    def __init__(
        self,
        rule: str,
        eqn: Eqn | None,
        where: str,
        violation: LawViolation,
        evidence: list[str],
        program: str,
    ) -> None:
        self.rule, self.eqn, self.where = rule, eqn, where
        self.violation, self.evidence, self.program = violation, evidence, program

    def __str__(self) -> str:
        lines = [f"The culprit is the {self.rule}", f"  used {self.where}"]
        if self.eqn is not None:
            lines.append(f"  in the equation  {_short(self.eqn)}")
        lines.append(f"  {self.violation.detail}: {self.violation.mismatch}")
        lines += [f"  {line}" for line in self.evidence]
        return "\n".join([*lines, "", "This program reproduces it:", "", self.program])


def _short(eqn: Eqn) -> str:
    """Render an equation without the programs inside it."""
    params = {
        k: v
        for k, v in eqn.params.items()
        if not isinstance(v, Jaxpr)
        and not (isinstance(v, tuple) and any(isinstance(x, Jaxpr) for x in v))
    }
    return format_eqn(eqn.replace(params=params))


def find_culprit(
    subject: Subject, law: Law, order: int = 1, modes: Sequence[str] = ()
) -> Culprit | None:
    """Find what makes `law` fail for `subject`, at the given order of differentiation."""
    if subject.recorded is None:
        return None
    jaxpr, consts = subject.recorded
    args = [*consts, *subject.point]
    with np.errstate(all="ignore"):
        found = _search(jaxpr, args, law, order, modes)
        return found if found is not None else _shrunk(jaxpr, args, law, order, modes)


def violation_of(
    f: Callable[..., Any], args: Sequence[Any], law: Law, order: int, modes: Sequence[str]
) -> LawViolation | None:
    """Return how a law fails for a function, up to `order`, over a few random directions."""
    for seed in (0, 1):
        try:
            subject = Subject(f, args, seed=seed)
            _apply(subject, law, order, modes)
        except LawViolation as e:
            return e
        except Exception:
            return None
    return None


def _apply(subject: Subject, law: Law, order: int, modes: Sequence[str]) -> None:
    law.apply(subject)
    if order > 1 and subject.differentiable:
        for mode in modes or ("rev",):
            _apply(subject.derivative(mode), law, order - 1, modes)


def _search(
    jaxpr: Jaxpr, args: Sequence[Any], law: Law, order: int, modes: Sequence[str]
) -> Culprit | None:
    """Put each equation to the law, first order first; enter those that fail."""
    for k in range(1, order + 1):
        for step in run_steps(jaxpr, args):
            if law.needs_derivative and not _carries_tangents(step.eqn):
                continue
            violation = violation_of(_alone(step), step.values, law, k, modes)
            if violation is None:
                continue
            if not _has_own_rule(step.eqn):
                for inner_jaxpr, values in inner_runs(step):
                    found = _search(inner_jaxpr, values, law, k, modes)
                    if found is not None:
                        return found
            return _report(step, violation, law, k, modes)
    return None


def _carries_tangents(eqn: Eqn) -> bool:
    return (
        eqn.primitive.is_differentiable
        and any(is_inexact(a.aval.dtype) for a in eqn.inputs)
        and any(is_inexact(v.aval.dtype) for v in eqn.outvars)
    )


def _has_own_rule(eqn: Eqn) -> bool:
    return eqn.primitive.name in ("custom_jvp_call", "custom_vjp_call")


def _alone(step: Step) -> Callable[..., list[Any]]:
    """Return the equation as a function of its operands."""
    eqn = step.eqn

    def apply(*args: Any) -> list[Any]:
        out = bind(eqn.primitive, *args, **eqn.params)
        return list(out) if eqn.primitive.multiple_results else [out]

    return apply


def _report(
    step: Step, violation: LawViolation, law: Law, order: int, modes: Sequence[str]
) -> Culprit:
    step = _smaller_step(step, law, order, modes)
    eqn = step.eqn
    f = _alone(step)
    values = simplify_values(
        step.values, lambda xs: violation_of(f, xs, law, order, modes) is not None
    )
    now = violation_of(f, values, law, order, modes) or violation
    evidence = _gradients(f, values, now) if law.name in ("jvp", "adjoint", "jacobian") else []
    rule = _rule_name(eqn, law, values)
    shown = _call_text(law, order, modes)
    return Culprit(
        rule,
        eqn,
        summarize(eqn.source),
        now,
        evidence,
        program_source(single_eqn(eqn), values, shown),
    )


def _call_text(law: Law, order: int, modes: Sequence[str]) -> str:
    if law.name in ("jvp", "adjoint"):
        chosen = f", modes={tuple(modes)!r}" if order > 1 and len(modes) == 1 else ""
        return f"check_grads(program, args, order={order}{chosen})"
    return f"law_named({law.name!r}).check(program, *args)"


def _smaller_step(step: Step, law: Law, order: int, modes: Sequence[str]) -> Step:
    """Try single elements where the equation does not depend on shapes."""
    values = [np.asarray(v) for v in step.values]
    owner = getattr(step.eqn.params.get("rule"), "owner", None)
    shapes = {v.shape for v in values}
    if len(shapes) != 1 or shapes == {()} or (step.eqn.params and owner is None):
        return step
    for i in range(min(values[0].size, 16)):
        one = _retyped(step.eqn, [v.reshape(-1)[i].reshape(()) for v in values])
        if one is not None and violation_of(_alone(one), one.values, law, order, modes) is not None:
            return one
    return step


def _retyped(eqn: Eqn, values: list[Any]) -> Step | None:
    """Return the same equation on operands of other shapes, or None if that is impossible."""
    rule = eqn.params.get("rule")

    def again(*xs: Any) -> Any:
        if rule is None:
            return bind(eqn.primitive, *xs)
        return rule.owner(*rule.owner._merge(rule.static, tree_unflatten(rule.tree, xs)))

    try:
        recorded = make_jaxpr(again)(*values)
        if recorded.consts or [e.primitive for e in recorded.eqns] != [eqn.primitive]:
            return None
        new = recorded.eqns[0].replace(source=eqn.source)
        return Step(new, values, [])
    except Exception:
        return None


def _gradients(f: Callable[..., Any], values: list[Any], violation: LawViolation) -> list[str]:
    """Show the gradient of the wrong result next to a numerical one, operand by operand."""
    s = Subject(f, values)
    if s.wide is None or not s.inexact_outs:
        return []
    k = min(violation.mismatch.position if violation.law == "jvp" else 0, len(s.inexact_outs) - 1)
    shape = s.outs[s.inexact_outs[k]].shape
    index = violation.mismatch.at if violation.law == "jvp" else (0,) * len(shape)
    cts = [np.zeros_like(s.outs[i]) for i in s.inexact_outs]
    cts[k][index] = 1
    jaxpr, consts = s.wide
    lines = []
    for i, got in enumerate(vjp(s.g, *s.point)[1](cts)):
        want = _numerical_gradient(jaxpr, consts, s.point, i, k, index)
        at = f"[{', '.join(map(str, index))}]" if index else ""
        if want is not None and first_mismatch([got], [want], atol=1e-5, rtol=1e-5) is not None:
            lines.append(f"gradient of result {s.inexact_outs[k]}{at} by operand {s.diff[i]}:")
            lines.append(f"    obtained {array_text(got)}")
            lines.append(f"    expected {array_text(np.asarray(want))}")
    return lines


def _numerical_gradient(
    jaxpr: Jaxpr, consts: list[Any], point: list[Any], i: int, k: int, index: tuple[int, ...]
) -> Any:
    """Differentiate one element of result `k` by each element of operand `i`; None if too many."""
    x = np.asarray(point[i])
    if x.size > 64 or x.dtype.kind == "c":
        return None
    want = np.zeros(x.shape)
    for j in np.ndindex(x.shape):
        t = np.zeros(x.shape)
        t[j] = 1.0
        tangents: list[Any] = [None] * len(consts) + [np.zeros(np.shape(p)) for p in point]
        tangents[len(consts) + i] = t
        wide = [
            np.asarray(p, a.dtype)
            for p, a in zip(point, jaxpr.in_avals[len(consts) :], strict=True)
        ]
        found = directional(jaxpr, [*consts, *wide], tangents)
        if found.problem:
            return None
        want[j] = np.real(found.values[k][index])
    return want


def _rule_name(eqn: Eqn, law: Law, values: list[Any]) -> str:
    """Say whose rule it is, and where that is defined."""
    rule = eqn.params.get("rule")
    owner = getattr(rule, "owner", None)
    kind = _RULE_OF_LAW.get(law.name, "rule")
    if (
        rule is not None
        and owner is not None
        and law.name in ("jvp", "adjoint", "linearity", "jacobian", "hessian")
    ):
        which = "bwd" if eqn.primitive.name == "custom_vjp_call" else "jvp"
        function = getattr(owner, which, None)
        decorator = "custom_vjp" if which == "bwd" else "custom_jvp"
        return f"{which} rule of the {decorator} function {rule.name!r}{_defined(function)}"
    if law.name in ("adjoint", "jacobian"):
        wrong = _wrong_transpose(eqn, values)
        if wrong is not None and wrong is not eqn.primitive:
            return (
                f"transpose rule of the primitive {wrong.name!r}{_defined(wrong.transpose)}, "
                f"which the jvp rule of {eqn.primitive.name!r} applies"
            )
    prim = eqn.primitive
    function = {
        "jvp rule": prim.jvp,
        "transpose rule": prim.transpose,
        "batch rule": prim.batch,
    }.get(kind)
    return f"{kind} of the primitive {prim.name!r}{_defined(function)}"


def _defined(f: Any) -> str:
    """Return " (file:line)" of a function, if it has one."""
    code = getattr(inspect.unwrap(f) if callable(f) else f, "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""


def _wrong_transpose(eqn: Eqn, values: list[Any]) -> Primitive | None:
    """Look at the linear program of an equation's derivative, one equation at a time."""
    s = Subject(lambda *xs: eval_jaxpr(single_eqn(eqn), (), *xs), values)
    avals = [a for i, a in enumerate(v.aval for v in single_eqn(eqn).invars) if i in s.diff]
    jaxpr, consts = record(lambda *ts: s.push(ts), avals, "culprit", omnistaging=False)
    closed = Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs)
    rng = np.random.default_rng(0)
    moving: set[Any] = set(jaxpr.invars)
    for step in run_steps(closed, [*consts, *s.tangents()]):
        linear = [i for i, a in enumerate(step.eqn.inputs) if a in moving]
        if not linear:
            continue
        moving.update(step.eqn.outvars)
        if not _transposes(step, linear, rng):
            return step.eqn.primitive
    return None


def _transposes(step: Step, linear: list[int], rng: np.random.Generator) -> bool:
    """Check one linear equation's transpose."""
    from ..ir import Linear

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


def _shrunk(
    jaxpr: Jaxpr, args: list[Any], law: Law, order: int, modes: Sequence[str]
) -> Culprit | None:
    """Shrink the whole program, since no equation fails alone."""

    def fails(j: Jaxpr, xs: list[Any]) -> bool:
        return violation_of(lambda *a: eval_jaxpr(j, (), *a), xs, law, order, modes) is not None

    if not fails(jaxpr, args):
        return None
    small, values = reduce_program(jaxpr, args, fails, 6.0)
    violation = violation_of(lambda *a: eval_jaxpr(small, (), *a), values, law, order, modes)
    assert violation is not None
    last = small.eqns[-1] if small.eqns else None
    names = ", ".join(dict.fromkeys(repr(e.primitive.name) for e in small.eqns))
    rule = f"{_RULE_OF_LAW.get(law.name, 'rule')}s of {names} taken together"
    where = summarize(last.source if last is not None else None)
    shown = _call_text(law, order, modes)
    return Culprit(rule, None, where, violation, [], program_source(small, values, shown))
