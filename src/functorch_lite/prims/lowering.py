"""Lowering specifications: data that says how the compiler may lower a primitive.

They keep `prims/` free of numba: `compile/` interprets them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Inline", "Kernel", "Library", "Reduce", "Scalar", "View"]


@dataclass(frozen=True)
class Scalar:
    """An elementwise operation: one scalar expression an element.

    Attributes
    ----------
    expr : str
        A template with ``{0}``, ``{1}`` ... for the operands, ``{p}`` for the parameter p and
        ``{dtype}`` for the result's dtype, over the operators of Python and the names of
        `kernels.scalar`.
    """

    expr: str


@dataclass(frozen=True)
class Reduce:
    """A reduction: an initial value and a combining operation.

    Attributes
    ----------
    init : str
        ``"zero"``, ``"one"``, ``"lowest"``, ``"highest"``, ``"true"``, ``"false"`` or ``"all_ones"``.
    combine : str
        A template over ``{0}`` (accumulator) and ``{1}`` (element).
    """

    init: str
    combine: str


@dataclass(frozen=True)
class View:
    """Moves no data: an index map.

    Attributes
    ----------
    kind : str
        ``"broadcast"``, ``"transpose"``, ``"reshape"``, ``"slice"``, ``"reverse"`` or
        ``"expand"``.
    """

    kind: str


@dataclass(frozen=True)
class Kernel:
    """A hand-written kernel of `kernels/`, by name."""

    name: str


@dataclass(frozen=True)
class Library:
    """Best left to NumPy or LAPACK: the compiler calls the primitive's own impl."""

    reason: str = ""


@dataclass(frozen=True)
class Inline:
    """A call-like primitive whose jaxpr the compiler inlines, or compiles as a loop or branch."""

    kind: str


@dataclass(frozen=True)
class Call:
    """Lowered by a function from params and avals to one of the other specifications."""

    choose: Callable[..., Any]
