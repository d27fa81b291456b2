"""What a law is, and the table of all laws."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .compare import Mismatch, first_mismatch
from .subject import Subject

__all__ = ["LAWS", "Law", "LawViolation", "agree", "declare_law", "law_named"]

Check = Callable[[Subject], None]
LAWS: dict[str, "Law"] = {}


class LawViolation(AssertionError):
    """Two ways of computing the same thing disagree.

    Attributes
    ----------
    law : str
        The name of the law.
    detail : str
        How the two sides were computed.
    mismatch : Mismatch
        Where and by how much they differ.
    """

    def __init__(self, law: str, detail: str, mismatch: Mismatch) -> None:
        self.law, self.detail, self.mismatch = law, detail, mismatch
        super().__init__(f"law {law!r} is violated: {detail}\n{mismatch}")


class Law:
    """A named identity.

    Parameters
    ----------
    name : str
        Its key in `LAWS`.
    statement : str
        The identity.
    verify : callable
        Raises LawViolation on a `Subject`.
    needs_derivative : bool
        Whether it says nothing about functions of integers.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.testing import LAWS
    >>> LAWS["adjoint"].check(np.sin, 1.0)
    []
    """

    def __init__(self, name: str, statement: str, verify: Check, needs_derivative: bool) -> None:
        self.name, self.statement = name, statement
        self.verify, self.needs_derivative = verify, needs_derivative

    def __repr__(self) -> str:
        return f"Law({self.name}: {self.statement})"

    def check(self, f: Callable[..., Any], *args: Any, **settings: Any) -> list[str]:
        """Check the law for ``f(*args)``.

        Parameters
        ----------
        f : callable
            Maps pytrees of arrays to pytrees of arrays.
        *args
            Where.
        **settings
            ``seed``, ``atol``, ``rtol``, ``eps``.

        Returns
        -------
        list of str
            What was left out, and why: kinks, places where the function is not finite.

        Raises
        ------
        LawViolation
        """
        subject = Subject(f, args, **settings)
        self.apply(subject)
        return subject.notes

    def apply(self, subject: Subject) -> None:
        """Check the law on a prepared subject."""
        if self.needs_derivative and not subject.differentiable:
            return
        with np.errstate(all="ignore"):
            self.verify(subject)


def law_named(name: str) -> Law:
    """Return a law; the error lists all names."""
    if name not in LAWS:
        raise KeyError(f"no law is named {name!r}; there are {', '.join(LAWS)}")
    return LAWS[name]


def declare_law(
    name: str, statement: str, needs_derivative: bool = True
) -> Callable[[Check], Check]:
    """Make a verifying function a law; it keeps its name for direct use."""

    def declare(verify: Check) -> Check:
        LAWS[name] = Law(name, statement, verify, needs_derivative)
        return verify

    return declare


def agree(
    law: str,
    detail: str,
    got: Sequence[Any],
    want: Sequence[Any],
    s: Subject,
    *,
    rough: bool = False,
    types: bool = True,
    slack: Sequence[Any] | None = None,
) -> None:
    """Raise LawViolation unless two lists of arrays agree."""
    atol, rtol = (s.rough_atol, s.rough_rtol) if rough else (s.atol, s.rtol)
    found = first_mismatch(got, want, atol=atol, rtol=rtol, slack=slack, types=types)
    if found is not None:
        raise LawViolation(law, detail, found)
