"""Primitives and the registry of their rules.

A primitive is declared in one block, in the file of its family::

    sin_p = Primitive(
        "sin",
        impl=np.sin,                                  # NumPy arrays in, NumPy array out
        abstract_eval=same_inexact,                   # avals in, aval out
        jvp=lambda ts, xs, y: mul(ts[0], cos(xs[0])),  # tangent ops only; None is a zero tangent
        transpose=not_linear,                         # or a rule, for linear primitives
        batch=elementwise_batch,                      # mapped operands have the axis in front
        lower=Scalar("sin"),                          # data for the compiler
    )

Signatures, for a primitive with one result (with several, results are lists throughout):

``impl(*arrays, **params) -> array``
``abstract_eval(*avals, **params) -> aval``
``jvp(tangents, primals, out, **params) -> tangent | None``
``transpose(ct, *args, **params) -> list of cotangents | None``; linear args are `Linear`
``batch(size, args, batched, **params) -> out`` with the mapped axis in front
    (several results: ``(outs, out_batched)``)
``linearize(nonzero, primals, **params) -> (outs, lin)`` replaces jvp for call-like primitives;
    ``lin(tangents) -> out tangents`` is traced once and must be linear.
``push(primals, tangents, **params) -> (outs, out tangents)`` beside a linearize rule: forward mode
    in one go, which keeps nothing for later.

Parameters are hashable keywords, arrays are positional, always.
"""

from collections.abc import Callable
from typing import Any

from ..errors import MissingRuleError
from .aval import Linear

__all__ = ["REGISTRY", "Linear", "Primitive", "no_tangent", "not_linear", "unsupported"]

Rule = Callable[..., Any]
REGISTRY: dict[str, "Primitive"] = {}


class Unsupported:
    """A rule that says why it is missing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.where = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise MissingRuleError(f"{self.where}: {self.reason}")


def unsupported(reason: str) -> Unsupported:
    """Declare on purpose that a primitive lacks a rule."""
    return Unsupported(reason)


def no_tangent(*args: Any, **params: Any) -> None:
    """Be the jvp of a primitive whose output never carries a tangent."""


def not_linear(*args: Any, **params: Any) -> Any:
    """Be the transpose of a primitive that is linear in none of its operands."""
    raise MissingRuleError("a primitive that is not linear was asked for its transpose")


class Primitive:
    """A named operation with all of its rules; see the module's docstring.

    Parameters
    ----------
    name : str
        Unique name, printed in jaxprs.
    multiple_results : bool
        Whether rules deal in lists of results.
    keeps_weak_type : bool
        Whether the output is weakly typed when all operands are.
    effectful : bool
        Whether an equation must be kept though nobody uses its results.
    names_axis : bool
        Whether it acts on the mapped axis that its parameter ``axis_name`` names. Its batch rule
        is told by ``here`` whether the axis at work is that one.
    """

    def __init__(
        self,
        name: str,
        *,
        impl: Rule,
        abstract_eval: Rule,
        jvp: Rule | None = None,
        transpose: Rule = not_linear,
        batch: Rule,
        lower: Any = None,
        linearize: Rule | None = None,
        push: Rule | None = None,
        multiple_results: bool = False,
        keeps_weak_type: bool = False,
        effectful: bool = False,
        names_axis: bool = False,
        register: bool = True,
    ) -> None:
        if jvp is None and linearize is None:
            jvp = unsupported("it has no derivative rule")
        self.name = name
        self.impl = impl
        self.abstract_eval = abstract_eval
        self.jvp: Rule = jvp if jvp is not None else unsupported("it is linearized as a whole")
        self.transpose = transpose
        self.batch = batch
        self.lower = lower
        self.linearize = linearize
        self.push = push
        self.multiple_results = multiple_results
        self.keeps_weak_type = keeps_weak_type
        self.effectful = effectful
        self.names_axis = names_axis
        self.is_differentiable = jvp is not no_tangent
        self.pullbacks: dict[Any, Any] = {}
        for kind in ("impl", "abstract_eval", "jvp", "transpose", "batch"):
            rule = getattr(self, kind)
            if isinstance(rule, Unsupported):
                rule.where = f"primitive {name!r} has no {kind} rule"
        if register:
            if name in REGISTRY:
                raise ValueError(f"a primitive named {name!r} exists already")
            REGISTRY[name] = self

    def __repr__(self) -> str:
        return self.name
