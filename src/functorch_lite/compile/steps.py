"""What a program consists of once it is fused: steps, and the views that they read through.

A *cluster* is one kernel, a *call* is left to the primitive's own implementation. Whether an
equation can be in a kernel at all is decided here too.
"""

from collections.abc import Mapping
from typing import Any

from ..ir import Eqn, Literal, Var
from ..prims.lowering import Reduce
from .expression import C_NAMES, can_express
from .inline import FlatProgram
from .views import View, blocked_interior, contiguous

__all__ = [
    "REDUCTIONS",
    "Call",
    "Cluster",
    "Dense",
    "Fused",
    "Rows",
    "Step",
    "is_fusable",
    "is_reduction",
]

REDUCTIONS = ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or")


class Step:
    """Something to run; `depends` are the steps that must run before."""

    def __init__(self) -> None:
        self.depends: set[Step] = set()
        self.position = 0


class Cluster(Step):
    """One kernel."""

    def __init__(self, space: tuple[int, ...]) -> None:
        super().__init__()
        self.space = space
        self.eqns: list[Eqn] = []
        self.reductions: list[Eqn] = []
        self.axes: tuple[int, ...] | None = None


class Rows(Cluster):
    """One kernel in several passes over each row of its space.

    A *row* is what one index of the kept axes leaves. Of the equations some have one value for
    each element (*full*), the others, the reductions over `axes` among them, one for each row;
    `eqns` are all of them in order. `reductions` are *tails*: sums and the like over all axes, or
    over exactly those that are kept, whose results exist when the kernel has run.

    Attributes
    ----------
    full : set of Var
        Values with one element for each of the space.
    operands : mapping of Var to View
        How operands are read in terms of the space; one element for each row has stride 0 along
        the reduced axes.
    """

    def __init__(
        self,
        space: tuple[int, ...],
        axes: tuple[int, ...],
        full: set[Var],
        operands: Mapping[Var, View],
    ) -> None:
        super().__init__(space)
        self.axes = axes
        self.full = full
        self.operands = operands

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The space with length 1 along the reduced axes."""
        axes = self.axes or ()
        return tuple(1 if d in axes else n for d, n in enumerate(self.space))


class Call(Step):
    """One equation left to its own implementation."""

    def __init__(self, eqn: Eqn) -> None:
        super().__init__()
        self.eqn = eqn


class Dense(Call):
    """One equation for dense kernels."""


class Fused:
    """A program of steps, with the views that they read through."""

    def __init__(self, program: FlatProgram) -> None:
        self.program = program
        self.steps: list[Any] = []
        self.views: dict[Var, View] = {}
        self.made_by: dict[Var, Step] = {}

    def view(self, v: Var) -> View:
        """Return how a var is read."""
        known = self.views.get(v)
        if known is not None:
            return known
        layout = self.program.layouts.get(v)
        return contiguous(v) if layout is None else blocked_interior(v, layout)

    def storage(self, v: Var) -> tuple[int, ...]:
        """Return the shape of a var's memory, halo included."""
        layout = self.program.layouts.get(v)
        return v.aval.shape if layout is None else layout.shape

    def __str__(self) -> str:
        from ..ir.pretty import _Names, format_eqn

        names, lines = _Names(), []
        for step in self.steps:
            if isinstance(step, Call):
                kind = "dense" if isinstance(step, Dense) else "call "
                lines.append(f"{kind}    {format_eqn(step.eqn, names)}")
                continue
            reduced = f" reduce over {step.axes}" if step.reductions else ""
            if isinstance(step, Rows):
                reduced = f" by rows, reduce over {step.axes}"
            lines.append(f"kernel   {step.space}{reduced}")
            lines += [f"         {format_eqn(e, names)}" for e in step.eqns + step.reductions]
        return "\n".join(lines)


def is_fusable(eqn: Eqn) -> bool:
    """Tell whether an equation can be in a kernel; a scalar broadcast is one too."""
    if eqn.primitive.name == "broadcast_in_dim" and isinstance(eqn.inputs[0], Literal):
        return eqn.outvars[0].aval.dtype.name in C_NAMES and eqn.outvars[0].aval.size > 0
    return can_express(eqn) and eqn.outvars[0].aval.size > 0


def is_reduction(eqn: Eqn) -> bool:
    """Tell whether an equation is a reduction that can be in a kernel."""
    x = eqn.inputs[0].aval if eqn.inputs else None
    return (
        eqn.primitive.name in REDUCTIONS
        and isinstance(eqn.primitive.lower, Reduce)
        and x is not None
        and isinstance(eqn.inputs[0], Var)
        and x.dtype.name in ("float32", "float64", "bool", "int64")
        and (x.dtype.kind == "f" or eqn.primitive.name in ("reduce_and", "reduce_or", "reduce_sum"))
        and x.size > 0
        and len(eqn.params["axes"]) > 0
    )
