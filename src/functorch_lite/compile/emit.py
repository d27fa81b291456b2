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
from typing import Any

import numpy as np

from ..ir import Eqn, Var
from .accumulate import MODULES, combine, combine_spec, initial, is_bool, is_float_sum
from .cluster import Cluster, Fused, Rows
from .emit_rows import emit_rows
from .expression import C_NAMES
from .kernel_text import EmittedKernel, KernelText, Loop, merged_loops
from .native import KernelSpec
from .views import View, row_major

__all__ = ["EmittedKernel", "emit_cluster"]

_CHUNK = 1024


class _Emitter(KernelText):
    """Writes the kernel of one cluster."""

    def __init__(
        self,
        fused: Fused,
        cluster: Cluster,
        stored: list[Var],
        split_above: float = math.inf,
        homes: dict[Var, Var] | None = None,
    ) -> None:
        super().__init__()
        self.fused = fused
        self.cluster = cluster
        self.inside = {e.outvars[0] for e in cluster.eqns}
        self.reads: list[View] = []
        self.read_of: dict[Var, int] = {}
        self.stored = [v for v in stored if v in self.inside]
        self.homes = homes or {}
        self.reductions = cluster.reductions
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
        layouts = self.fused.program.layouts
        plain = row_major(space)
        out += [self.fused.view(v).strides if v in layouts else plain for v in self.stored]
        kept = row_major(tuple(1 if d in axes else n for d, n in enumerate(space)))
        out += [kept] * len(self.reductions)
        return out

    def _make_loops(self) -> list[Loop]:
        """Merge axes and order the loops: kept ones first, reduced ones within."""
        space, axes = self.cluster.space, self.cluster.axes or ()
        strides = self._array_strides()
        loops = merged_loops(space, axes, strides, apart=self.has_iota)
        if not loops:
            loops = [Loop(1, False, 0, [0] * len(strides))]
        if not any(x.reduced for x in loops):
            return loops
        kept = [x for x in loops if not x.reduced]
        reduced = [x for x in loops if x.reduced]
        if not loops[-1].reduced:
            return kept[:-1] + reduced + kept[-1:]  # accumulate rows in memory
        return kept + reduced

    # --- text -----------------------------------------------------------------------------------

    def _range(self, k: int) -> str:
        if k == 0:
            return "range(lo, hi)"
        return f"range({self._size(k)})"

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
            kernel.widths = [1 if reduced[-1] else self.loops[-1].size] * len(self.reductions)
        return kernel

    def _result_dtype(self, r: Eqn) -> np.dtype[Any]:
        """Return the dtype in which a reduction's result is stored; partial sums are wide."""
        wide = self.is_split and is_float_sum(r) and self.loops[-1].reduced
        return np.dtype(np.float64) if wide else r.outvars[0].aval.dtype

    def _body(self) -> list[str]:
        """Return the statements of one element: loads, equations, stores."""
        lines, names = [], {}
        index = {loop.axis: f"i{k}" for k, loop in enumerate(self.loops)}
        for i, view in enumerate(self.reads):
            lines.append(f"r{i} = {self._load(i, view, self._at(i), index)}")
        for v, i in self.read_of.items():
            names[v] = f"r{i}"
        for k, eqn in enumerate(self.cluster.eqns):
            name = names[eqn.outvars[0]] = f"v{k}"
            lines.append(f"{name} = {self._text(eqn, f'd{k}', names, index)}")
        for i, v in enumerate(self.stored):
            text = f"uint8({names[v]})" if v.aval.dtype.kind == "b" else names[v]
            if v in self.homes:
                k = next(k for k, r in enumerate(self.reads) if r.base is self.homes[v])
                lines.append(f"p{k}[{self._at(k)}] = {text}")
            else:
                lines.append(f"q{i}[{self._at(len(self.reads) + i)}] = {text}")
        self.names = names
        return lines

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
            width = "" if self.loops[last].reduced else f" * {self._size(last)}"
            start = f"lo // piece{width} + "
        return [
            (r, f"q{n + i}[{start}{self._at(len(self.reads) + n + i)}]")
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
    if isinstance(cluster, Rows):
        return emit_rows(cluster, stored, split_above)
    return _Emitter(fused, cluster, stored, split_above, homes).emit()
