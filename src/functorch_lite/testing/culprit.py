"""Naming the equation whose rule is wrong.

A derivative rule is local: it must be right at the values that its equation met. So the program
is run once, and each equation is put to the same law that failed, alone, at its own operands. A
call, a branch or a loop that fails is entered. When no equation fails alone (two rules that only
disagree together, or kernels that fuse several equations) the program is shrunk instead.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import FunctorchLiteError
from ..ir import Eqn, Jaxpr, eval_jaxpr, summarize
from ..ir.pretty import format_eqn
from ..transforms import vjp
from .blame import rule_kind, rule_name
from .compare import first_mismatch
from .excerpt import array_text
from .laws import Law, LawViolation
from .numeric import directional
from .program import program_source
from .reduce import reduce_program, simplify_values
from .subject import Subject
from .suspect import Suspect, inner_programs, retyped, suspects

__all__ = ["Culprit", "Question", "find_culprit", "shrunk_culprit"]


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


class Question(NamedTuple):
    """A law at an order of differentiation: what is asked of each equation.

    Attributes
    ----------
    law : Law
    order : int
    modes : tuple of str
        Through which modes higher orders are reached.
    """

    law: Law
    order: int = 1
    modes: tuple[str, ...] = ()

    def violation(self, f: Callable[..., Any], args: Sequence[Any]) -> LawViolation | None:
        """Return how the law fails for a function, over a few random directions."""
        for seed in (0, 1):
            try:
                self._apply(Subject(f, args, seed=seed), self.order)
            except LawViolation as e:
                return e
            except Exception:
                return None
        return None

    def _apply(self, subject: Subject, order: int) -> None:
        self.law.apply(subject)
        if order > 1 and subject.differentiable:
            for mode in self.modes or ("rev",):
                self._apply(subject.derivative(mode), order - 1)

    def fails(self, suspect: Suspect) -> bool:
        """Tell whether an equation alone breaks the law."""
        return self.violation(suspect.apply, suspect.free) is not None

    @property
    def call(self) -> str:
        """The last line of a program that asks the same."""
        law = self.law.name
        if law in ("primal", "jvp", "vjp", "adjoint", "linearity", "pushforward"):
            reverse = self.modes == ("rev",) or law == "vjp"
            modes = ("rev",) if reverse else self.modes if self.order > 1 else ()
            chosen = f", modes={modes!r}" if len(modes) == 1 else ""
            return f"check_grads(program, args, order={self.order}{chosen})"
        return f"check_laws(program, args, [{law!r}])"


def find_culprit(subject: Subject, question: Question) -> Culprit | None:
    """Find the equation that makes a law fail for `subject`."""
    found = _recorded(subject, question)
    if found is None:
        return None
    jaxpr, args, moving = found
    with np.errstate(all="ignore"):
        return _search(jaxpr, args, moving, question)


def shrunk_culprit(
    subject: Subject,
    question: Question,
    violation: Callable[[Callable[..., Any], Sequence[Any]], LawViolation | None] | None = None,
    call: str = "",
) -> Culprit | None:
    """Shrink the whole program, when no equation fails alone.

    Parameters
    ----------
    violation : callable, optional
        How a program fails, if not by the law itself.
    call : str
        The last line of the printed program.
    """
    found = _recorded(subject, question)
    if found is None:
        return None
    jaxpr, args, _ = found
    ask = violation or question.violation

    def violated(j: Jaxpr, xs: list[Any]) -> LawViolation | None:
        return ask(lambda *a: eval_jaxpr(j, (), *a), xs)

    with np.errstate(all="ignore"):
        if violated(jaxpr, args) is None:
            return None
        small, values = reduce_program(
            jaxpr, args, lambda j, xs: violated(j, xs) is not None, seconds=6.0
        )
        last = violated(small, values)
    assert last is not None
    names = ", ".join(dict.fromkeys(repr(e.primitive.name) for e in small.eqns))
    rule = f"{rule_kind(question.law.name)}s of {names} taken together"
    where = summarize(small.eqns[-1].source if small.eqns else None)
    program = program_source(small, values, call or question.call)
    return Culprit(rule, None, where, last, [], program)


def _recorded(subject: Subject, question: Question) -> tuple[Jaxpr, list[Any], list[bool]] | None:
    """Return the program that a law is about, its inputs, and which of them vary."""
    derivative = question.law.needs_derivative
    recorded = subject.recorded if derivative else subject.recorded_flat
    if recorded is None:
        return None
    jaxpr, consts = recorded
    point = subject.point if derivative else subject.leaves
    return jaxpr, [*consts, *point], [False] * len(consts) + [True] * len(point)


def _search(
    jaxpr: Jaxpr, args: Sequence[Any], moving: Sequence[bool], question: Question
) -> Culprit | None:
    """Put each equation to the law, first order first; enter those that fail."""
    derivative = question.law.needs_derivative
    for order in range(1, question.order + 1):
        now = question._replace(order=order)
        for suspect in suspects(jaxpr, args, moving, derivative):
            violation = now.violation(suspect.apply, suspect.free)
            if violation is None:
                continue
            for program, values, flags in inner_programs(suspect, derivative):
                found = _search(program, values, flags, now)
                if found is not None:
                    return found
            return _report(suspect, violation, now)
    return None


def _report(suspect: Suspect, violation: LawViolation, question: Question) -> Culprit:
    suspect = _smaller(suspect, violation, question)
    simple = simplify_values(suspect.free, lambda xs: question.fails(suspect.with_free(xs)))
    suspect = suspect.with_free(simple)
    now = question.violation(suspect.apply, suspect.free) or violation
    law = question.law.name
    evidence = _gradients(suspect, now) if law in ("jvp", "vjp", "adjoint", "jacobian") else []
    program = program_source(suspect.program(), suspect.free, question.call)
    where = summarize(suspect.eqn.source)
    return Culprit(rule_name(suspect, law), suspect.eqn, where, now, evidence, program)


def _smaller(suspect: Suspect, violation: LawViolation, question: Question) -> Suspect:
    """Try single elements where the equation does not depend on shapes."""
    values = [np.asarray(v) for v in suspect.values]
    owner = getattr(suspect.eqn.params.get("rule"), "owner", None)
    shapes = {v.shape for v in values}
    if len(shapes) != 1 or shapes == {()} or (suspect.eqn.params and owner is None):
        return suspect
    size = values[0].size
    where = [*range(min(size, 16)), *np.random.default_rng(0).integers(0, max(size, 1), 16)]
    if np.shape(values[0]) and violation.mismatch.at and size:
        at = violation.mismatch.at
        if len(at) == values[0].ndim and all(
            i < n for i, n in zip(at, values[0].shape, strict=True)
        ):
            where.insert(0, int(np.ravel_multi_index(at, values[0].shape)))
    for i in where if size else ():
        one = retyped(suspect, [v.reshape(-1)[i].reshape(()) for v in values])
        if one is not None and question.fails(one):
            return one
    return suspect


def _gradients(suspect: Suspect, violation: LawViolation) -> list[str]:
    """Show the gradient of the wrong result next to a numerical one, operand by operand."""
    s = Subject(suspect.apply, suspect.free)
    if s.wide is None or not s.inexact_outs:
        return []
    of_jvp = violation.law == "jvp"
    k = min(violation.mismatch.position if of_jvp else 0, len(s.inexact_outs) - 1)
    shape = s.outs[s.inexact_outs[k]].shape
    index = violation.mismatch.at if of_jvp else (0,) * len(shape)
    cts = [np.zeros_like(s.outs[i]) for i in s.inexact_outs]
    cts[k][index] = 1
    lines = []
    try:
        gradients = vjp(s.g, *s.point)[1](cts)
    except FunctorchLiteError:
        return []  # the rule is not linear: there is no gradient to show
    for i, got in enumerate(gradients):
        want = _numerical_gradient(s, i, k, index)
        at = f"[{', '.join(map(str, index))}]" if index else ""
        if want is not None and first_mismatch([got], [want], atol=1e-5, rtol=1e-5) is not None:
            lines.append(f"gradient of result {s.inexact_outs[k]}{at} by operand {s.diff[i]}:")
            lines.append(f"    obtained {array_text(got)}")
            lines.append(f"    expected {array_text(np.asarray(want))}")
    return lines


def _numerical_gradient(s: Subject, i: int, k: int, index: tuple[int, ...]) -> Any:
    """Differentiate one element of result `k` by each element of operand `i`; None if too many."""
    x = s.point[i]
    if x.size > 64 or x.dtype.kind == "c" or s.wide is None:
        return None
    jaxpr, consts = s.wide
    n = len(consts)
    point = [np.asarray(p, a.dtype) for p, a in zip(s.point, jaxpr.in_avals[n:], strict=True)]
    want = np.zeros(x.shape)
    for j in np.ndindex(x.shape):
        t = np.zeros(x.shape)
        t[j] = 1.0
        tangents: list[Any] = [None] * n + [np.zeros(p.shape) for p in point]
        tangents[n + i] = t
        found = directional(jaxpr, [*consts, *point], tangents)
        if found.problem:
            return None
        want[j] = np.real(found.values[k][index])
    return want
