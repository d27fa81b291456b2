"""What the kernels of clusters have in common: loops, run-time numbers, and the text of elements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir import Eqn, Literal, Var
from .expression import expression, literal_text
from .native import KernelSpec
from .views import View

__all__ = ["EmittedKernel", "KernelText", "Loop", "merged_loops"]


@dataclass
class EmittedKernel:
    """A kernel's source, and what to pass.

    Attributes
    ----------
    spec : KernelSpec
    reads : list of View
        What the leading pointers point to.
    writes : list of Var
        What the following pointers point to.
    outer : int
        Length of the outermost loop, to be split in [lo, hi).
    numbers : list of int
        The sizes and strides that follow.
    parallel : bool
        Whether ranges of the outermost loop may run at the same time.
    cost : int
        Elements times equations, for deciding about threads.
    combine : KernelSpec or None
        Of a split kernel: what combines the partial results of its pieces.
    partials : list of dtype
        Of the partial results.
    widths : list of int
        How many elements the partial results of one piece have.
    """

    spec: KernelSpec
    reads: list[View]
    writes: list[Var]
    outer: int
    numbers: list[int]
    parallel: bool
    cost: int
    combine: KernelSpec | None = None
    partials: list[np.dtype[Any]] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)


@dataclass
class Loop:
    """One merged axis: its length, and whether it is reduced."""

    size: int
    reduced: bool
    axis: int
    strides: list[int] = field(default_factory=list)


def merged_loops(
    space: Sequence[int],
    axes: Sequence[int],
    strides: Sequence[Sequence[int]],
    apart: bool,
) -> list[Loop]:
    """Return loops over a space, merging axes that every array runs through together.

    Parameters
    ----------
    space : sequence of int
    axes : sequence of int
        The reduced ones.
    strides : sequence of sequence of int
        Of each array.
    apart : bool
        Whether axes must stay what they are, for their indices are values.
    """
    loops: list[Loop] = []
    for d, n in enumerate(space):
        if n == 1 and not apart:
            continue
        mine = [s[d] for s in strides]
        before = loops[-1] if loops else None
        if (
            before is not None
            and not apart
            and before.reduced == (d in axes)
            and all(o == m * n for o, m in zip(before.strides, mine, strict=True))
        ):
            before.size *= n
            before.strides = mine
        else:
            loops.append(Loop(n, d in axes, d, mine))
    return loops


class KernelText:
    """Writes parts of a kernel; sizes and strides are run-time arguments."""

    loops: list[Loop]

    def __init__(self) -> None:
        self.parameters: list[str] = []
        self.numbers: list[int] = []

    def _number(self, name: str, value: int) -> str:
        """Add a run-time argument."""
        if name not in self.parameters:
            self.parameters.append(name)
            self.numbers.append(value)
        return name

    def _size(self, k: int) -> str:
        """Return the length of a loop."""
        return self._number(f"n{k}", self.loops[k].size)

    def _at(self, array: int) -> str:
        """Return the index of an array in the innermost loop."""
        terms = []
        for k, loop in enumerate(self.loops):
            s = loop.strides[array]
            if s == 1:
                terms.append(f"i{k}")
            elif s != 0:
                terms.append(f"i{k} * {self._number(f's{array}_{k}', s)}")
        return " + ".join(terms) or "0"

    def _load(self, i: int, view: View, at: str, index: dict[int, str]) -> str:
        """Return the text of the element that is read from array `i`."""
        dtype = view.base.aval.dtype
        load = f"p{i}[{at}]"
        load = f"{load} != 0" if dtype.kind == "b" else load
        if view.bounds is None:
            return load
        test = self._within(f"p{i}", view.bounds, view.shape, index)
        return f"({load} if {test} else {literal_text(0, dtype)})"

    def _text(self, eqn: Eqn, number: str, names: dict[Var, str], index: dict[int, str]) -> str:
        operands = [
            literal_text(a.value, a.aval.dtype) if isinstance(a, Literal) else names[a]
            for a in eqn.inputs
        ]
        for i, a in enumerate(eqn.inputs):
            size = _size_in(eqn, a)
            if size:
                operands[i] = _with_size(eqn, a, self._number(f"{number}_{i}", size))
        if eqn.primitive.name == "broadcast_in_dim":
            return operands[0]
        if eqn.primitive.name == "inside":
            low, size = eqn.params["low"], eqn.params["size"]
            bounds = [(a, a + n) for a, n in zip(low, size, strict=True)]
            test = self._within(names[eqn.outvars[0]], bounds, eqn.outvars[0].aval.shape, index)
            return f"({operands[0]} if {test} else {operands[1]})"
        return expression(eqn, operands, index)

    def _within(self, what: str, bounds: Any, shape: tuple[int, ...], index: dict[int, str]) -> str:
        """Return the test that the loops are within bounds; borders are run-time arguments."""
        tests = []
        for d, ((lo, hi), n) in enumerate(zip(bounds, shape, strict=True)):
            if lo > 0:
                tests.append(f"{index[d]} >= {self._number(f'lo_{what}_{d}', lo)}")
            if hi < n:
                tests.append(f"{index[d]} < {self._number(f'hi_{what}_{d}', hi)}")
        return " and ".join(tests) or "True"


_RECIPROCALS = ("mul", "select_n", "broadcast_in_dim")
_WHOLE = ("add", "sub", "max", "min", "eq", "ne", "lt", "le", "gt", "ge")


def _size_in(eqn: Eqn, a: Any) -> int:
    """Return the whole number that an operand is, or divides ±1 by; 0 if it is written as it is.

    A mean divides by a size, its gradient multiplies by the size's reciprocal, an index is compared
    with a length. Such numbers are passed, not written into the source, so that one kernel serves
    all sizes.
    """
    if not isinstance(a, Literal):
        return 0
    name, dtype = eqn.primitive.name, a.aval.dtype
    if dtype.name in ("int32", "int64"):
        return int(a.value) if name in _WHOLE and abs(int(a.value)) >= 3 else 0
    if dtype.name not in ("float32", "float64"):
        return 0
    value, size = float(a.value), 0.0
    if name == "div" and a is eqn.inputs[1]:
        size = value if value.is_integer() else 0.0
    elif name in _RECIPROCALS and 2**-24 < abs(value) < 0.5:
        size = float(round(1 / value))
        size = size if dtype.type(1) / dtype.type(size) == dtype.type(value) else 0.0
    return int(size) if 3 <= abs(size) < 2**24 else 0


def _with_size(eqn: Eqn, a: Any, name: str) -> str:
    """Return the text of such an operand, by the name of its number."""
    dtype = a.aval.dtype
    size = f"{dtype.name}({name})"
    whole = eqn.primitive.name == "div" or dtype.kind == "i"
    return size if whole else f"({literal_text(1, dtype)} / {size})"
