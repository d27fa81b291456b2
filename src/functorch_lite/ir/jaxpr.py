"""The intermediate representation: jaxprs, their parts and the checker.

Grammar::

    jaxpr   ::= { lambda constvars ; invars . let eqn* in (atom*) }
    eqn     ::= outvars = primitive[params] atom*
    atom    ::= var | literal
    literal ::= a scalar; arrays are never literals, they come in as constvars

Every var is bound once, before its uses. A parameter may hold a jaxpr (jit, scan, cond ...);
such an inner jaxpr is closed: it has no constvars.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .aval import ShapedArray, aval_of_value
from .primitive import Primitive
from .source import Source, summarize

__all__ = [
    "Atom",
    "ClosedJaxpr",
    "Eqn",
    "Jaxpr",
    "JaxprError",
    "Literal",
    "Var",
    "check_jaxpr",
    "subjaxprs",
]


class JaxprError(AssertionError):
    """A jaxpr breaks the grammar or a type rule: a bug in a rule or a pass."""


class Var:
    """A variable; compared by identity."""

    __slots__ = ("aval",)

    def __init__(self, aval: ShapedArray) -> None:
        self.aval = aval

    def __repr__(self) -> str:
        return f"Var({self.aval})"


class Literal:
    """A scalar constant inside an equation."""

    __slots__ = ("aval", "value")

    def __init__(self, value: Any, aval: ShapedArray | None = None) -> None:
        self.value = value
        self.aval = aval_of_value(value) if aval is None else aval

    def __repr__(self) -> str:
        return f"Literal({self.value})"


Atom = Var | Literal


class Eqn:
    """One application of a primitive."""

    __slots__ = ("inputs", "outvars", "params", "primitive", "source")

    def __init__(
        self,
        primitive: Primitive,
        inputs: Sequence[Atom],
        outvars: Sequence[Var],
        params: dict[str, Any],
        source: Source | None = None,
    ) -> None:
        self.primitive = primitive
        self.inputs = list(inputs)
        self.outvars = list(outvars)
        self.params = params
        self.source = source

    def replace(self, **changes: Any) -> "Eqn":
        """Return a copy with some fields changed."""
        fields: dict[str, Any] = {
            "primitive": self.primitive,
            "inputs": self.inputs,
            "outvars": self.outvars,
            "params": self.params,
            "source": self.source,
        }
        return Eqn(**(fields | changes))

    def __repr__(self) -> str:
        from .pretty import format_eqn

        return format_eqn(self)


class Jaxpr:
    """A program: see the module's docstring for the grammar.

    `memo` holds what has been derived from this jaxpr (its compiled form, its linearization,
    its batched forms), so that it lives exactly as long as the jaxpr.
    """

    __slots__ = ("__weakref__", "constvars", "eqns", "invars", "memo", "outs")

    def __init__(
        self,
        constvars: Sequence[Var],
        invars: Sequence[Var],
        eqns: Sequence[Eqn],
        outs: Sequence[Atom],
    ) -> None:
        self.constvars = list(constvars)
        self.invars = list(invars)
        self.eqns = list(eqns)
        self.outs = list(outs)
        self.memo: dict[Any, Any] = {}

    @property
    def in_avals(self) -> list[ShapedArray]:
        """Avals of the inputs."""
        return [v.aval for v in self.invars]

    @property
    def out_avals(self) -> list[ShapedArray]:
        """Avals of the outputs."""
        return [a.aval for a in self.outs]

    @property
    def effectful(self) -> bool:
        """Whether some equation, at any depth, has a side effect."""
        answer = self.memo.get("effectful")
        if answer is None:
            answer = any(
                e.primitive.effectful or any(j.effectful for j in subjaxprs(e)) for e in self.eqns
            )
            self.memo["effectful"] = answer
        return answer

    def __str__(self) -> str:
        from .pretty import format_jaxpr

        return format_jaxpr(self)

    __repr__ = __str__


class ClosedJaxpr:
    """A jaxpr with the values of its constvars.

    Attributes
    ----------
    jaxpr : Jaxpr
        The program.
    consts : list
        One value for each constvar.
    """

    def __init__(self, jaxpr: Jaxpr, consts: Sequence[Any]) -> None:
        self.jaxpr = jaxpr
        self.consts = list(consts)

    @property
    def eqns(self) -> list[Eqn]:
        """The equations."""
        return self.jaxpr.eqns

    @property
    def in_avals(self) -> list[ShapedArray]:
        """Avals of the inputs."""
        return self.jaxpr.in_avals

    @property
    def out_avals(self) -> list[ShapedArray]:
        """Avals of the outputs."""
        return self.jaxpr.out_avals

    def __str__(self) -> str:
        return str(self.jaxpr)

    __repr__ = __str__


def subjaxprs(eqn: Eqn) -> Iterator[Jaxpr]:
    """Yield the jaxprs held by an equation's parameters."""
    for value in eqn.params.values():
        if isinstance(value, Jaxpr):
            yield value
        elif isinstance(value, tuple):
            yield from (v for v in value if isinstance(v, Jaxpr))


def check_jaxpr(jaxpr: Jaxpr) -> None:
    """Check binding and types, here and in inner jaxprs.

    Raises
    ------
    JaxprError
        Naming the first equation that is wrong and the user's line it comes from.
    """
    bound: set[Var] = set()
    for v in (*jaxpr.constvars, *jaxpr.invars):
        if v in bound:
            raise JaxprError(f"input {v} is bound twice")
        bound.add(v)
    for eqn in jaxpr.eqns:
        try:
            _check_eqn(eqn, bound)
        except JaxprError as e:
            raise JaxprError(f"{e}\nin eqn `{eqn}` {summarize(eqn.source)}\nof\n{jaxpr}") from None
        bound.update(eqn.outvars)
    for out in jaxpr.outs:
        if isinstance(out, Var) and out not in bound:
            raise JaxprError(f"output {out} is not bound in\n{jaxpr}")


def _check_eqn(eqn: Eqn, bound: set[Var]) -> None:
    """Check one equation given the vars bound before it."""
    for a in eqn.inputs:
        if isinstance(a, Literal):
            if np.ndim(a.value) != 0:
                raise JaxprError(f"literal {a} is not a scalar")
        elif a not in bound:
            raise JaxprError(f"operand {a} is used before it is bound")
    for v in eqn.outvars:
        if v in bound:
            raise JaxprError(f"{v} is bound twice")
    for j in subjaxprs(eqn):
        if j.constvars:
            raise JaxprError("an inner jaxpr has constvars")
        if not j.memo.get("checked"):
            check_jaxpr(j)
            j.memo["checked"] = True
    avals = eqn.primitive.abstract_eval(*[a.aval for a in eqn.inputs], **eqn.params)
    avals = avals if eqn.primitive.multiple_results else [avals]
    if len(avals) != len(eqn.outvars):
        raise JaxprError(f"{len(avals)} results expected, {len(eqn.outvars)} outvars found")
    for a, v in zip(avals, eqn.outvars, strict=True):
        if (a.shape, a.dtype) != (v.aval.shape, v.aval.dtype):
            raise JaxprError(f"type {v.aval} does not match the inferred {a}")
