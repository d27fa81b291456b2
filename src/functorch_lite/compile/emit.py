"""From a cluster to the source of one kernel.

The kernel for ``sum(tanh(x) * y, axis=1)`` with x, y of shape (m, n) comes out as::

    def kernel(p0, p1, q0, lo, hi, n1, s0_0, s1_0):
        for i0 in range(lo, hi):
            t0 = float64(0.0)
            for j1 in range(0, n1, 1024):
                a0 = float32(0.0)
                for i1 in range(j1, min(j1 + 1024, n1)):
                    v0 = p0[i0 * s0_0 + i1]
                    v1 = p1[i0 * s1_0 + i1]
                    v2 = tanh_f32(v0)
                    v3 = float32(v2 * v1)
                    a0 = rsum(a0, v3)
                t0 += a0
            q0[i0] = float32(t0)

Sizes and strides are run-time arguments (only strides 0 and 1 are written out), so kernels are
shared across sizes. Axes that every operand runs through together are merged first. A float32
sum is taken in float32 over a thousand elements and in float64 beyond.

A large kernel whose outermost loop is summed over is *split*: each piece of the loop leaves its
own partial results, ``q0[lo // piece]``, which a second small kernel combines in order. So the
result depends on the number of threads, never on which of them was faster.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir import Eqn, Literal, Var
from .accumulate import MODULES, combine, combine_spec, initial, is_bool
from .cluster import Cluster, Fused
from .expression import C_NAMES, expression, literal_text
from .native import KernelSpec
from .views import View

__all__ = ["EmittedKernel", "emit_cluster"]

_CHUNK = 1024


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
    width : int
        How many elements one partial result has.
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
    width: int = 1


@dataclass
class _Loop:
    """One merged axis: its length, and whether it is reduced."""

    size: int
    reduced: bool
    axis: int
    strides: list[int] = field(default_factory=list)


class _Emitter:
    """Writes the kernel of one cluster."""

    def __init__(
        self,
        fused: Fused,
        cluster: Cluster,
        stored: list[Var],
        split_above: float = math.inf,
        homes: dict[Var, Var] | None = None,
    ) -> None:
        self.fused = fused
        self.cluster = cluster
        self.inside = {e.outvars[0] for e in cluster.eqns}
        self.reads: list[View] = []
        self.read_of: dict[Var, int] = {}
        self.stored = [v for v in stored if v in self.inside]
        self.homes = homes or {}
        self.reductions = cluster.reductions
        self.parameters: list[str] = []
        self.numbers: list[int] = []
        self._collect_reads()
        self.has_iota = any(e.primitive.name in ("iota", "inside") for e in cluster.eqns)
        self.has_iota |= any(v.bounds is not None for v in self.reads)
        self.loops = self._make_loops()
        self.is_split = self.loops[0].reduced and self._cost() >= split_above

    def _cost(self) -> int:
        """Count the statements that run."""
        statements = len(self.cluster.eqns) + len(self.reads) + len(self.stored)
        return math.prod(x.size for x in self.loops) * statements

    def _collect_reads(self) -> None:
        for e in [*self.cluster.eqns, *self.reductions]:
            for a in e.inputs:
                if isinstance(a, Var) and a not in self.inside and a not in self.read_of:
                    view = self.fused.view(a)
                    if view in self.reads:
                        self.read_of[a] = self.reads.index(view)
                    else:
                        self.read_of[a] = len(self.reads)
                        self.reads.append(view)

    def _array_strides(self) -> list[tuple[int, ...]]:
        """Strides over the iteration space: of reads, stored values, reduction results."""
        space, axes = self.cluster.space, self.cluster.axes or ()
        rank = len(space)
        out = [v.strides if len(v.shape) == rank else (0,) * rank for v in self.reads]
        row, step = [], 1
        for n in reversed(space):
            row.append(0 if n == 1 else step)
            step *= n
        layouts = self.fused.program.layouts
        plain = tuple(reversed(row))
        out += [self.fused.view(v).strides if v in layouts else plain for v in self.stored]
        kept, step = [0] * rank, 1
        for d in reversed(range(rank)):
            if d not in axes:
                kept[d] = 0 if space[d] == 1 else step
                step *= space[d]
        out += [tuple(kept)] * len(self.reductions)
        return out

    def _make_loops(self) -> list[_Loop]:
        """Merge axes and order the loops: kept ones first, reduced ones within."""
        space, axes = self.cluster.space, self.cluster.axes or ()
        strides = self._array_strides()
        loops: list[_Loop] = []
        for d, n in enumerate(space):
            if n == 1 and not self.has_iota:
                continue
            mine = [s[d] for s in strides]
            before = loops[-1] if loops else None
            merges = (
                before is not None
                and not self.has_iota
                and before.reduced == (d in axes)
                and all(o == m * n for o, m in zip(before.strides, mine, strict=True))
            )
            if merges:
                assert before is not None
                before.size *= n
                before.strides = mine
            else:
                loops.append(_Loop(n, d in axes, d, mine))
        if not loops:
            loops = [_Loop(1, False, 0, [0] * len(strides))]
        if not any(x.reduced for x in loops):
            return loops
        kept = [x for x in loops if not x.reduced]
        reduced = [x for x in loops if x.reduced]
        if not loops[-1].reduced:
            return kept[:-1] + reduced + kept[-1:]  # accumulate rows in memory
        return kept + reduced

    # --- text -----------------------------------------------------------------------------------

    def _number(self, name: str, value: int) -> str:
        """Add a run-time argument."""
        if name not in self.parameters:
            self.parameters.append(name)
            self.numbers.append(value)
        return name

    def _index(self, array: int) -> str:
        """Return the index expression of an array in the innermost loop."""
        terms = []
        for k, loop in enumerate(self.loops):
            s = loop.strides[array]
            if s == 1:
                terms.append(f"i{k}")
            elif s != 0:
                terms.append(f"i{k} * {self._number(f's{array}_{k}', s)}")
        return " + ".join(terms) or "0"

    def _range(self, k: int) -> str:
        if k == 0:
            return "range(lo, hi)"
        return f"range({self._number(f'n{k}', self.loops[k].size)})"

    def emit(self) -> EmittedKernel:
        """Write the kernel."""
        body = self._body()
        reduced = [x.reduced for x in self.loops]
        if not self.reductions:
            lines = self._nest(body, 0, len(self.loops), 1)
        elif not reduced[-1]:
            lines = self._row_reduction(body)
        else:
            lines = self._register_reduction(body)
        arrays = [f"p{i}" for i in range(len(self.reads))]
        made = [*self.stored, *(r.outvars[0] for r in self.reductions)]
        writes = [v for v in made if v not in self.homes]
        arrays += [f"q{i}" for i, v in enumerate(made) if v not in self.homes]
        numbers = [*self.parameters, "piece"] if self.is_split else self.parameters
        head = ", ".join([*arrays, "lo", "hi", *numbers])
        source = "\n".join([f"def kernel({head}):", *lines, ""])
        types = [C_NAMES[v.base.aval.dtype.name] + "*" for v in self.reads]
        types += [C_NAMES[v.aval.dtype.name] + "*" for v in self.stored if v not in self.homes]
        types += [C_NAMES[self._result_dtype(r).name] + "*" for r in self.reductions]
        types += ["i64"] * (2 + len(numbers))
        signature = f"void({', '.join(types)})"
        spec = KernelSpec(source, "kernel", signature, MODULES, range_at=len(arrays))
        kernel = EmittedKernel(
            spec,
            self.reads,
            writes,
            self.loops[0].size,
            self.numbers,
            not reduced[0],
            self._cost(),
        )
        if self.is_split:
            kernel.partials = [self._result_dtype(r) for r in self.reductions]
            kernel.combine = combine_spec(self.reductions, kernel.partials)
            kernel.width = 1 if reduced[-1] else self.loops[-1].size
        return kernel

    def _result_dtype(self, r: Eqn) -> np.dtype[Any]:
        """Return the dtype in which a reduction's result is stored; partial sums are wide."""
        dtype = r.outvars[0].aval.dtype
        wide = self.is_split and r.primitive.name == "reduce_sum" and dtype.kind == "f"
        return np.dtype(np.float64) if wide and self.loops[-1].reduced else dtype

    def _body(self) -> list[str]:
        """Return the statements of one element: loads, equations, stores."""
        lines, names = [], {}
        index = {loop.axis: f"i{k}" for k, loop in enumerate(self.loops)}
        for i, view in enumerate(self.reads):
            load = f"p{i}[{self._index(i)}]"
            is_bool = view.base.aval.dtype.kind == "b"
            load = f"{load} != 0" if is_bool else load
            if view.bounds is not None:
                zero = literal_text(0, view.base.aval.dtype)
                test = self._within(f"p{i}", view.bounds, view.shape, index)
                load = f"({load} if {test} else {zero})"
            lines.append(f"r{i} = {load}")
        for v, i in self.read_of.items():
            names[v] = f"r{i}"
        for k, eqn in enumerate(self.cluster.eqns):
            name = names[eqn.outvars[0]] = f"v{k}"
            lines.append(f"{name} = {self._text(eqn, f'd{k}', names, index)}")
        for i, v in enumerate(self.stored):
            text = f"uint8({names[v]})" if v.aval.dtype.kind == "b" else names[v]
            if v in self.homes:
                k = next(k for k, r in enumerate(self.reads) if r.base is self.homes[v])
                lines.append(f"p{k}[{self._index(k)}] = {text}")
            else:
                lines.append(f"q{i}[{self._index(len(self.reads) + i)}] = {text}")
        self.names = names
        return lines

    def _text(self, eqn: Eqn, number: str, names: dict[Var, str], index: dict[int, str]) -> str:
        operands = [
            literal_text(a.value, a.aval.dtype) if isinstance(a, Literal) else names[a]
            for a in eqn.inputs
        ]
        for i, a in enumerate(eqn.inputs):
            size = _size_in(eqn, a)
            if size:
                operands[i] = _with_size(eqn, a, self._number(number, size))
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

    def _nest(self, body: list[str], first: int, last: int, depth: int) -> list[str]:
        """Wrap statements in the loops [first, last)."""
        lines = []
        for k in range(first, last):
            lines.append("    " * (depth + k - first) + f"for i{k} in {self._range(k)}:")
        return lines + ["    " * (depth + last - first) + s for s in body]

    def _value(self, r: Eqn) -> str:
        a = r.inputs[0]
        assert isinstance(a, Var)
        return self.names[a]

    def _targets(self) -> list[tuple[Eqn, str]]:
        """Return reductions and the text of where they are stored."""
        n = len(self.stored)
        start = ""
        if self.is_split:
            last = len(self.loops) - 1
            width = "" if self.loops[last].reduced else f" * {self._range(last)[6:-1]}"
            start = f"lo // piece{width} + "
        return [
            (r, f"q{n + i}[{start}{self._index(len(self.reads) + n + i)}]")
            for i, r in enumerate(self.reductions)
        ]

    def _row_reduction(self, body: list[str]) -> list[str]:
        """Kept outer, reduced middle, kept inner loop: accumulate into the result's row."""
        targets = self._targets()
        n_outer = sum(not x.reduced for x in self.loops[:-1])
        last = len(self.loops) - 1
        lines = self._nest([], 0, n_outer, 1)
        pad = "    " * (1 + n_outer)
        lines.append(f"{pad}for i{last} in {self._range(last)}:")
        lines += [f"{pad}    {t} = {initial(r, store=True)}" for r, t in targets]
        inner = list(body)
        for r, t in targets:
            old = f"({t} != 0)" if is_bool(r) else t
            new = combine(r, old, self._value(r))
            inner.append(f"{t} = uint8({new})" if is_bool(r) else f"{t} = {new}")
        return lines + self._nest(inner, n_outer, len(self.loops), 1 + n_outer)

    def _register_reduction(self, body: list[str]) -> list[str]:
        """Kept outer loops, reduced inner ones: accumulate in registers, in chunks."""
        targets = self._targets()
        n_outer = sum(not x.reduced for x in self.loops)
        last = len(self.loops) - 1
        lines = self._nest([], 0, n_outer, 1)
        pad = "    " * (1 + n_outer)
        lines += [f"{pad}t{i} = {initial(r, wide=True)}" for i, (r, _) in enumerate(targets)]
        lines += self._nest([], n_outer, last, 1 + n_outer)
        pad2 = "    " * (1 + last)
        start, stop = (
            ("lo", "hi") if last == 0 else ("0", self._number(f"n{last}", self.loops[last].size))
        )
        lines.append(f"{pad2}for j in range({start}, {stop}, {_CHUNK}):")
        lines += [f"{pad2}    a{i} = {initial(r)}" for i, (r, _) in enumerate(targets)]
        lines.append(f"{pad2}    for i{last} in range(j, min(j + {_CHUNK}, {stop})):")
        lines += [f"{pad2}        {s}" for s in body]
        for i, (r, _) in enumerate(targets):
            lines.append(f"{pad2}        a{i} = {combine(r, f'a{i}', self._value(r), chunk=True)}")
        for i, (r, _) in enumerate(targets):
            lines.append(f"{pad2}    t{i} = {combine(r, f't{i}', f'a{i}')}")
        for i, (r, t) in enumerate(targets):
            dtype = self._result_dtype(r)
            text = f"uint8(t{i})" if is_bool(r) else f"{dtype.name}(t{i})"
            lines.append(f"{pad}{t} = {text}")
        return lines


def _size_in(eqn: Eqn, a: Any) -> int:
    """Return the whole number that a divisor is, or a factor divides one by; 0 for neither.

    A mean divides by a size, its gradient multiplies by the size's reciprocal. Such numbers are
    passed, not written into the source, so that one kernel serves all sizes.
    """
    if not isinstance(a, Literal) or a.aval.dtype.name not in ("float32", "float64"):
        return 0
    value, size = float(a.value), 0.0
    if eqn.primitive.name == "div" and a is eqn.inputs[1]:
        size = value if value.is_integer() else 0.0
    elif eqn.primitive.name == "mul" and 2**-24 < value < 0.5:
        kind = a.aval.dtype.type
        size = float(round(1 / value))
        size = size if kind(1) / kind(size) == kind(value) else 0.0
    return int(size) if 3 <= size < 2**24 else 0


def _with_size(eqn: Eqn, a: Any, name: str) -> str:
    """Return the text of such an operand, by the name of its number."""
    dtype = a.aval.dtype
    size = f"{dtype.name}({name})"
    return size if eqn.primitive.name == "div" else f"({literal_text(1, dtype)} / {size})"


def emit_cluster(
    fused: Fused,
    cluster: Cluster,
    stored: list[Var],
    split_above: float = math.inf,
    homes: dict[Var, Var] | None = None,
) -> EmittedKernel:
    """Write the kernel of a cluster.

    Parameters
    ----------
    fused : Fused
    cluster : Cluster
    stored : list of Var
        Values inside that others need.
    split_above : float
        The cost from which on a kernel that sums over its outermost loop is split.
    homes : dict of Var to Var, optional
        Of `stored` those that replace, in place, something that the cluster reads.
    """
    return _Emitter(fused, cluster, stored, split_above, homes).emit()
