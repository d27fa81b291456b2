"""The text of values in the kernel of a row group: where they are, how they are named and read."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..ir import Eqn, Var
from .accumulate import combine, is_bool, is_float_sum
from .kernel_text import KernelText, merged_loops
from .row_stages import is_across, plan_rows
from .rows import LANES
from .steps import Rows
from .views import View, row_major

__all__ = ["RowText", "operand"]


class RowText(KernelText):
    """Names and places of the values of one row group.

    Names: `p` are arrays that are read, `q` written, `k` scratch; `r` is an element read, `c` one
    carried, `v` a full value, `w` one of a row; `a`, `t` accumulate for a row, `e` for all rows.
    """

    def __init__(self, step: Rows, stored: list[Var], split_above: float) -> None:
        super().__init__()
        self.step, self.stored, self.tails = step, stored, step.reductions
        self.axes = step.axes or ()
        self.across = is_across(step)
        self.plan = plan_rows(step, stored)
        self.made = {e.outvars[0]: k for k, e in enumerate(step.eqns)}
        self.reads: list[View] = []
        self.read_of: dict[Var, int] = {}
        self._collect_reads()
        self.strides = self._array_strides()
        apart = any(e.primitive.name in ("iota", "inside") for e in step.eqns)
        apart |= any(v.bounds is not None for v in self.reads)
        self.loops = merged_loops(step.space, self.axes, self.strides, apart)
        self.kept = [k for k, x in enumerate(self.loops) if not x.reduced]
        self.reduced = [k for k, x in enumerate(self.loops) if x.reduced]
        self.lane = -1
        if self.across:
            self.lane = max(k for k in self.kept if self.loops[k].size > 1)
            self.kept.remove(self.lane)
        self.index = {x.axis: f"i{k}" for k, x in enumerate(self.loops)}
        self.outer = math.prod(self.loops[k].size for k in self.kept)
        if self.across:
            self.outer *= -(-self.loops[self.lane].size // LANES)
        self.is_split = bool(self.tails) and self.outer > 1 and self._cost() >= split_above

    def _cost(self) -> int:
        statements = sum(len(s.eqns) + len(s.reductions) for s in self.plan.stages)
        return math.prod(self.step.space) * (statements + len(self.reads) + len(self.stored))

    def _collect_reads(self) -> None:
        for a, view in self.step.operands.items():
            if view.base in self.made:
                continue
            same = [
                i
                for i, v in enumerate(self.reads)
                if (v.base, v.strides, v.offset, v.bounds)
                == (view.base, view.strides, view.offset, view.bounds)
            ]
            self.read_of[a] = same[0] if same else len(self.reads)
            if not same:
                self.reads.append(view)

    def _array_strides(self) -> list[tuple[int, ...]]:
        """Strides over the space: of reads, stored values, tails, and of scratch, which is last."""
        space, row_shape = self.step.space, self.step.row_shape
        inner = row_major(tuple(n if d in self.axes else 1 for d, n in enumerate(space)))
        out = [v.strides for v in self.reads]
        out += [row_major(space if v in self.step.full else row_shape) for v in self.stored]
        out += [inner if self._is_per_column(e) else (0,) * len(space) for e in self.tails]
        return [*out, inner]

    def _is_per_column(self, tail: Eqn) -> bool:
        """Tell whether a tail has a result for each index of the reduced axes."""
        return tail.outvars[0].aval.size > 1

    # --- indices --------------------------------------------------------------------------------

    def _scratch_at(self) -> str:
        """Return the index within scratch memory."""
        terms = ["jl"] if self.across else []
        for k in self.reduced:
            s = self.loops[k].strides[-1] * (LANES if self.across else 1)
            if s:
                terms.append(f"i{k}" if s == 1 else f"i{k} * {self._number(f'k_{k}', s)}")
        return " + ".join(terms)

    # --- values ---------------------------------------------------------------------------------

    def _names(
        self, eqns: Sequence[Eqn], lines: list[str], carried: Sequence[Var]
    ) -> dict[Var, str]:
        """Name what equations read, and add the statements that load it."""
        own = {e.outvars[0] for e in eqns}
        names: dict[Var, str] = {}
        loaded: set[str] = set()
        for v in carried:
            k = self.made[v]
            memory, at = self._home(v)
            truth = " != 0" if v.aval.dtype.kind == "b" else ""
            lines.append(f"c{k} = {memory}[{at}]{truth}")
        for a in (a for e in eqns for a in e.inputs if isinstance(a, Var)):
            base = self.step.operands[a].base
            if base not in self.made:
                i = self.read_of[a]
                names[a], text = f"r{i}", self._load(i, self.reads[i], self._at(i), self.index)
            elif base in own or base in self.step.full:
                names[a] = f"{'c' if base in carried else self._prefix(base)}{self.made[base]}"
                continue
            else:
                k = self.made[base]
                names[a], text = f"x{k}" if self.across else f"w{k}", self._of_row(base)
                if not self.across:
                    continue
            if names[a] not in loaded:
                loaded.add(names[a])
                lines.append(f"{names[a]} = {text}")
        return names

    def _prefix(self, v: Var) -> str:
        """Return how the name of a value begins where it is computed."""
        return "v" if v in self.step.full else ("y" if self.across else "w")

    def _home(self, v: Var) -> tuple[str, str]:
        """Return the memory of a carried value, and where its element is."""
        if v in self.stored:
            i = self.stored.index(v)
            return f"q{i}", self._at(len(self.reads) + i)
        return f"k{self.made[v]}", self._scratch_at()

    def _compute(self, eqns: Sequence[Eqn], names: dict[Var, str], lines: list[str]) -> None:
        for e in eqns:
            v = e.outvars[0]
            k = self.made[v]
            names[v] = f"{self._prefix(v)}{k}"
            lines.append(f"{names[v]} = {self._text(e, f'd{k}', names, self.index)}")

    def _store(self, vs: Iterable[Var], names: dict[Var, str]) -> list[str]:
        lines = []
        for v in vs:
            memory, at = self._home(v)
            lines.append(f"{memory}[{at}] = {self._in_memory(v, names[v])}")
        return lines

    def _in_memory(self, v: Var, text: str) -> str:
        """Return a value as memory holds it: truth values are bytes."""
        return f"uint8({text})" if v.aval.dtype.kind == "b" else text

    def _of_row(self, v: Var) -> str:
        """Return the text of a value of a row that is computed already."""
        k = self.made[v]
        if not self.across:
            return f"w{k}"
        return f"(w{k}[jl] != 0)" if v.aval.dtype.kind == "b" else f"w{k}[jl]"

    # --- tails ----------------------------------------------------------------------------------

    def _tail_dtype(self, e: Eqn) -> np.dtype[Any]:
        """Return the dtype in which a tail's result is stored; partial sums are wide."""
        wide = self.is_split and is_float_sum(e) and not self._is_per_column(e)
        return np.dtype(np.float64) if wide else e.outvars[0].aval.dtype

    def _column(self, e: Eqn) -> str:
        """Return the text of a tail's element for this column."""
        i = self.tails.index(e)
        at = self._at(len(self.reads) + len(self.stored) + i)
        return f"q{len(self.stored) + i}[{f'columns + {at}' if self.is_split else at}]"

    def _tail(self, e: Eqn, value: str) -> str:
        """Add a value to a tail."""
        if not self._is_per_column(e):
            i = self.tails.index(e)
            return f"e{i} = {combine(e, f'e{i}', value)}"
        target = self._column(e)
        old = f"({target} != 0)" if is_bool(e) else target
        new = combine(e, old, value)
        return f"{target} = uint8({new})" if is_bool(e) else f"{target} = {new}"


def operand(e: Eqn) -> Var:
    """Return what an equation reduces."""
    a = e.inputs[0]
    assert isinstance(a, Var)
    return a
