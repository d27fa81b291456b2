"""Checks of a function's derivatives and transforms, with a report that names the culprit."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

from ..errors import NonDifferentiableError
from ..transforms import custom_jvp, custom_vjp
from .culprit import Culprit, Question, find_culprit, shrunk_culprit
from .laws import LAWS, Law, LawViolation
from .subject import Subject

__all__ = [
    "CheckError",
    "CheckReport",
    "check_grads",
    "check_jit",
    "check_jvp",
    "check_laws",
    "check_vjp",
    "check_vmap",
]


class CheckError(AssertionError):
    """A check failed.

    Attributes
    ----------
    violation : LawViolation
        What disagrees.
    culprit : Culprit or None
        The equation whose rule is wrong, where it could be found. It is looked for when it is
        first asked for, so that a search that meets many failures stays quick.
    problem : str
        Why the search for it failed, or "".
    """

    def __init__(
        self, name: str, violation: LawViolation, find: Callable[[], Culprit | None]
    ) -> None:
        self.name, self.violation, self._find = name, violation, find
        self.problem = ""
        super().__init__(name, violation)

    @cached_property
    def culprit(self) -> Culprit | None:
        """The equation whose rule is wrong."""
        try:
            return self._find()
        except (
            Exception
        ) as e:  # A report of a failure must not fail: it says what is wrong with it.
            self.problem = f"(The culprit was not found: {type(e).__name__}: {e})"
            return None

    def __str__(self) -> str:
        parts = [f"{self.name} failed: {self.violation}", str(self.culprit or self.problem)]
        return "\n\n".join(part for part in parts if part)


class CheckReport:
    """What a successful check did.

    Attributes
    ----------
    checked : list of str
        The laws, with the order and mode of differentiation.
    notes : list of str
        What was left out, and why: kinks, points where the function is not finite.
    """

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.notes: list[str] = []

    def __repr__(self) -> str:
        return f"CheckReport(checked={self.checked}, notes={self.notes})"


def _run(
    name: str,
    subject: Subject,
    laws: Sequence[Law],
    report: CheckReport,
    root: Subject,
    order: int,
    modes: Sequence[str],
) -> None:
    """Apply laws; on a violation look for the culprit in the root's program."""
    for law in laws:
        try:
            _apply(law, subject)
        except LawViolation as violation:
            law = LAWS[violation.law]
            root.record()
            question = Question(law, order, tuple(modes))
            raise CheckError(name, violation, partial(_culprit, root, question)) from None
    report.notes.extend(n for n in subject.notes if n not in report.notes)


def _apply(law: Law, subject: Subject) -> None:
    """Apply a law. A backward pass that is not linear has no forward mode: it is a wrong one."""
    try:
        law.apply(subject)
    except NonDifferentiableError:
        LAWS["vjp"].apply(subject)
        raise


def _culprit(root: Subject, question: Question) -> Culprit | None:
    return find_culprit(root, question) or shrunk_culprit(root, question)


def _as_args(args: Any) -> tuple[Any, ...]:
    return tuple(args) if isinstance(args, tuple | list) else (args,)


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    *,
    directions: int = 2,
    seed: int = 0,
) -> CheckReport:
    """Check derivatives against numerical ones, and reverse mode against forward mode.

    Random directions and pairings are used, never whole Jacobians. Numerical derivatives come
    from the complex step where every primitive allows it, else from Richardson-extrapolated
    central differences, and always from a double precision evaluation of the same program.

    Parameters
    ----------
    f : callable
        Maps pytrees of arrays to pytrees of arrays.
    args : tuple
        Where; integer leaves are passed through.
    order : int
        Highest order of derivative.
    modes : sequence of {"fwd", "rev"}
        Forward mode, reverse mode; at higher orders all compositions of them.
    atol, rtol : float, optional
        Tolerances, relative to the largest element expected; by dtype if not given.
    eps : float, optional
        Step of the difference quotients; several are tried if not given.
    directions : int
        How many random directions.
    seed : int
        Of the directions.

    Returns
    -------
    CheckReport
        Its `notes` say which directions were not counted, because a comparison, an extremum, a
        sort or a branch changes there.

    Raises
    ------
    CheckError
        Naming the equation whose rule is wrong, the line, the values, and a program to run.

    References
    ----------
    The signature is that of `jax.test_util.check_grads`.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> check_grads(np.sin, (0.5,)).notes
    []
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown:
        raise ValueError(f"modes are 'fwd' and 'rev', got {sorted(unknown)}")
    report = CheckReport()
    for k in range(directions):
        root = Subject(f, _as_args(args), seed=seed + 1000 * k, atol=atol, rtol=rtol, eps=eps)
        _check_order(root, root, 1, order, tuple(modes), report)
    return report


def _check_order(
    root: Subject,
    subject: Subject,
    now: int,
    order: int,
    modes: tuple[str, ...],
    report: CheckReport,
) -> None:
    """Check this order, then the next one of each mode."""
    if now > order or not subject.differentiable:
        return
    laws = [LAWS[name] for name in _laws_of(modes, first=now == 1)]
    _run("check_grads", subject, laws, report, root, now, modes)
    report.checked.append(f"order {now}: {', '.join(law.name for law in laws)}")
    if now == 1 and order > 1:
        # A rule may be right at this point alone: then its derivative is wrong.
        near = root.nearby()
        numerical = LAWS["jvp" if "fwd" in modes else "vjp"]
        _run("check_grads", near, [numerical], report, near, 1, modes)
    if now < order:
        for mode in modes:
            _check_order(root, subject.derivative(mode), now + 1, order, modes, report)


def _laws_of(modes: Sequence[str], first: bool) -> list[str]:
    """Return the laws that check derivatives; reverse mode alone does without forward mode."""
    laws = ["primal"] if first else []
    if "fwd" in modes:
        laws += ["jvp", "pushforward"]
    if "rev" in modes:
        laws += ["adjoint" if "fwd" in modes else "vjp", "linearity"]
    return laws


def check_laws(
    f: Callable[..., Any],
    args: Sequence[Any],
    laws: Sequence[str | Law],
    *,
    name: str = "check_laws",
    **settings: Any,
) -> CheckReport:
    """Check some laws for ``f(*args)``; on failure name the culprit.

    Parameters
    ----------
    f, args
        The function and where.
    laws : sequence of str or Law
        Keys of `LAWS`, or laws.
    **settings
        ``seed``, ``atol``, ``rtol``, ``eps``.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> check_laws(np.sum, (np.ones(3),), ["vmap", "hessian"]).checked
    ['vmap', 'hessian']
    """
    report = CheckReport()
    root = Subject(f, _as_args(args), **settings)
    chosen = [LAWS[x] if isinstance(x, str) else x for x in laws]
    _run(name, root, chosen, report, root, 1, ())
    report.checked.extend(law.name for law in chosen)
    return report


def check_jvp(
    f: Callable[..., Any],
    f_jvp: Callable[..., Any] | Sequence[Any],
    args: Sequence[Any] | None = None,
    **settings: Any,
) -> CheckReport:
    """Check forward mode against numerical derivatives.

    Parameters
    ----------
    f : callable
    f_jvp : callable, optional
        ``f_jvp(primals, tangents) -> (value, tangent)``, to be checked in place of ``jvp(f)``;
        ``check_jvp(f, args)`` checks that.
    args : tuple
    **settings
        ``seed``, ``atol``, ``rtol``, ``eps``.

    References
    ----------
    The signature is that of `jax.test_util.check_jvp`.

    Examples
    --------
    >>> from functorch_lite import jvp, numpy as np
    >>> check_jvp(np.exp, (0.5,)).checked
    ['primal', 'jvp', 'pushforward']
    >>> check_jvp(np.exp, lambda primals, tangents: jvp(np.exp, primals, tangents), (0.5,)).notes
    []
    """
    laws = _laws_of(("fwd",), first=True)
    if not callable(f_jvp):
        return check_laws(f, f_jvp, laws, name="check_jvp", **settings)
    given = custom_jvp(f)
    given.defjvp(f_jvp)
    return check_laws(given, _needed(args), laws, name="check_jvp", **settings)


def check_vjp(
    f: Callable[..., Any],
    f_vjp: Callable[..., Any] | Sequence[Any],
    args: Sequence[Any] | None = None,
    **settings: Any,
) -> CheckReport:
    """Check reverse mode against numerical derivatives; forward mode is not used.

    Parameters
    ----------
    f : callable
    f_vjp : callable, optional
        ``f_vjp(*args) -> (value, pullback)``, to be checked in place of ``vjp(f)``;
        ``check_vjp(f, args)`` checks that.
    args : tuple
    **settings
        ``seed``, ``atol``, ``rtol``, ``eps``.

    References
    ----------
    The signature is that of `jax.test_util.check_vjp`.

    Examples
    --------
    >>> from functorch_lite import numpy as np, vjp
    >>> check_vjp(np.exp, (0.5,)).checked
    ['primal', 'vjp', 'linearity', 'types']
    >>> check_vjp(np.exp, lambda x: vjp(np.exp, x), (0.5,)).notes
    []
    """
    laws = [*_laws_of(("rev",), first=True), "types"]
    if not callable(f_vjp):
        return check_laws(f, f_vjp, laws, name="check_vjp", **settings)
    rule = f_vjp

    def fwd(*xs: Any) -> Any:
        return rule(*xs)[0], xs

    def bwd(xs: Any, ct: Any) -> Any:
        return rule(*xs)[1](ct)

    bwd.stands_for = rule  # type: ignore[attr-defined]  # (The report names the user's line.)
    given = custom_vjp(f)
    given.defvjp(fwd, bwd)
    return check_laws(given, _needed(args), laws, name="check_vjp", **settings)


def _needed(args: Sequence[Any] | None) -> Sequence[Any]:
    if args is None:
        raise TypeError("give the arguments too: check_vjp(f, f_vjp, args) or check_vjp(f, args)")
    return args


def check_vmap(f: Callable[..., Any], args: Sequence[Any], **settings: Any) -> CheckReport:
    """Check vmap against a loop; `args` are one example, others are made from it.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> check_vmap(np.cumsum, (np.arange(3.0),)).checked
    ['vmap']
    """
    return check_laws(f, args, ["vmap"], name="check_vmap", **settings)


def check_jit(f: Callable[..., Any], args: Sequence[Any], **settings: Any) -> CheckReport:
    """Check the interpreter and the compiled kernels against the call.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> check_jit(np.flip, (np.arange(3.0),)).checked
    ['jit']
    """
    return check_laws(f, args, ["jit"], name="check_jit", **settings)
