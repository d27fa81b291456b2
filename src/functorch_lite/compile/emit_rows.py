"""From a row group to the source of one kernel: several passes over each row.

The kernel for ``exp(x - max(x, 1)) / sum(exp(x - max(x, 1)), 1)`` with x of shape (m, n) is, in
short (sizes and strides are run-time arguments, sums are chunked as in `emit`)::

    def kernel(p0, q0, lo, hi, n1, s0_0, s1_0):
        for u in range(lo, hi):
            i0 = u
            t0 = float32(-1e999)
            for i1 in range(n1):
                r0 = p0[i0 * s0_0 + i1]
                t0 = (r0 if (r0 > t0 or r0 != r0) else t0)
            w0 = float32(t0)
            t2 = float64(0)
            for i1 in range(n1):
                ...
                k0[i1] = v2
                t2 += v2
            w2 = float32(t2)
            for i1 in range(n1):
                c0 = k0[i1]
                q0[i0 * s1_0 + i1] = c0 / w2

`k0` is scratch memory of one row, on the stack. Rows that lie *across* memory, whose neighbouring
elements belong to different rows, are worked on `LANES` at a time: what is one number for a row
is an array of so many, and the innermost loop runs over them.

Tails are added up over the rows of a call: a large kernel is split, as in `emit`, and each piece
leaves its own partial results.
"""

import math
from collections.abc import Sequence

from ..ir import Eqn, Var
from .accumulate import MODULES, combine, combine_spec, initial, is_bool, is_float_sum
from .expression import C_NAMES
from .kernel_text import EmittedKernel
from .native import KernelSpec
from .row_stages import Stage
from .row_text import RowText, operand
from .rows import LANES
from .steps import Rows

__all__ = ["emit_rows"]

_CHUNK = 1024  # elements of a row, summed before they are added to a wider sum
_ROWS_OF_CHUNK = 64  # the same, where each lane has a sum of its own


def emit_rows(step: Rows, stored: Sequence[Var], split_above: float = math.inf) -> EmittedKernel:
    """Write the kernel of a row group; see `emit.emit_cluster`."""
    return _RowEmitter(step, list(stored), split_above).emit()


class _RowEmitter(RowText):
    """Writes the kernel of one row group."""

    def emit(self) -> EmittedKernel:
        """Write the kernel."""
        lines = self._allocations() + self._tails_begin()
        lines.append("for u in range(lo, hi):")
        lines += _indented(self._row_index())
        for k, stage in enumerate(self.plan.stages):
            lines += _indented(self._before(stage, k) + self._pass(stage))
        lines += self._tails_end()
        arrays = [f"p{i}" for i in range(len(self.reads))]
        arrays += [f"q{i}" for i in range(len(self.stored) + len(self.tails))]
        numbers = [*self.parameters, "piece"] if self.is_split else self.parameters
        head = ", ".join([*arrays, "lo", "hi", *numbers])
        source = "\n".join([f"def kernel({head}):", *_indented(lines), ""])
        types = [C_NAMES[v.base.aval.dtype.name] + "*" for v in self.reads]
        types += [C_NAMES[v.aval.dtype.name] + "*" for v in self.stored]
        types += [C_NAMES[self._tail_dtype(e).name] + "*" for e in self.tails]
        signature = f"void({', '.join(types + ['i64'] * (2 + len(numbers)))})"
        spec = KernelSpec(source, "kernel", signature, MODULES, range_at=len(arrays))
        writes = [*self.stored, *(e.outvars[0] for e in self.tails)]
        parallel = self.is_split or not self.tails
        kernel = EmittedKernel(
            spec, self.reads, writes, self.outer, self.numbers, parallel, self._cost()
        )
        if self.is_split:
            kernel.partials = [self._tail_dtype(e) for e in self.tails]
            kernel.combine = combine_spec(self.tails, kernel.partials)
            kernel.widths = [e.outvars[0].aval.size for e in self.tails]
        return kernel

    def _allocations(self) -> list[str]:
        """Reserve scratch memory, and in lanes the values and accumulators of rows."""
        size = " * ".join([self._size(k) for k in self.reduced] + [str(LANES)] * self.across)
        lines = [
            f"k{self.made[v]} = stack_{C_NAMES[v.aval.dtype.name]}({size})"
            for v in self.plan.scratch
        ]
        if not self.across:
            return lines
        for e in self.step.eqns:
            v, k = e.outvars[0], self.made[e.outvars[0]]
            if v not in self.step.full:
                lines.append(f"w{k} = stack_{C_NAMES[v.aval.dtype.name]}({LANES})")
        for s in self.plan.stages:
            for name, e in self._accumulated(s):
                kind = C_NAMES[e.outvars[0].aval.dtype.name]
                lines.append(f"a{name} = stack_{kind}({LANES})")
                lines.append(f"t{name} = stack_{'f64' if is_float_sum(e) else kind}({LANES})")
        return lines

    def _row_index(self) -> list[str]:
        """Find the indices along the kept axes of row, or group of lanes, `u`."""
        lines, rest = [], "u"
        if self.across:
            size = self._size(self.lane)
            tiles = self._number("tiles", -(-self.loops[self.lane].size // LANES))
            lines += [f"start = u % {tiles} * {LANES}", f"lanes = min({LANES}, {size} - start)"]
            if self.kept:
                lines.append(f"row = u // {tiles}")
                rest = "row"
        for n, k in enumerate(reversed(self.kept)):
            if n == len(self.kept) - 1:
                lines.append(f"i{k} = {rest}")
            else:
                lines += [f"i{k} = {rest} % {self._size(k)}", f"row = {rest} // {self._size(k)}"]
                rest = "row"
        return lines

    def _in_lanes(self, lines: list[str]) -> list[str]:
        """Repeat statements for each lane."""
        if not self.across or not lines:
            return lines
        return ["for jl in range(lanes):", *_indented([f"i{self.lane} = start + jl", *lines])]

    # --- passes ---------------------------------------------------------------------------------

    def _before(self, stage: Stage, number: int) -> list[str]:
        """Compute what has one value for a row, once it can be."""
        lines: list[str] = []
        tails = stage.tails_before
        reduced = self.plan.stages[number - 1].reductions if number else []
        names = self._names([*stage.before, *tails], lines, ())
        self._compute(stage.before, names, lines)
        for v in (e.outvars[0] for e in stage.before):
            if self.across:
                lines.append(f"w{self.made[v]}[jl] = {self._in_memory(v, names[v])}")
            if v in self.stored:
                lines += self._store([v], names)
        lines += [self._tail(e, names[operand(e)]) for e in tails]
        results = [e.outvars[0] for e in reduced if e.outvars[0] in self.stored]
        lines += self._store(results, {v: self._of_row(v) for v in results})
        return self._in_lanes(lines)

    def _pass(self, stage: Stage) -> list[str]:
        """Run over the row once."""
        roots = [*stage.reductions, *stage.tails]
        if not roots and not stage.stored and not stage.carried_out:
            return []
        body: list[str] = []
        names = self._names([*stage.eqns, *roots], body, stage.carried_in)
        self._compute(stage.eqns, names, body)
        body += self._store(dict.fromkeys([*stage.stored, *stage.carried_out]), names)
        columns = [e for e in stage.tails if self._is_per_column(e)]
        body += [self._tail(e, names[operand(e)]) for e in columns]
        accumulated = self._accumulated(stage)
        values = [(n, e, names[operand(e)]) for n, e in accumulated]
        lines = self._lanes_loop(body, values) if self.across else self._row_loop(body, values)
        after = [self._finish(n, e) for n, e in accumulated]
        return lines + self._in_lanes(after)

    def _finish(self, name: str, e: Eqn) -> str:
        """Use what a pass has accumulated for the row."""
        total = self._total(name, e)
        if e in self.tails:
            return self._tail(e, total)
        v = e.outvars[0]
        if not self.across:
            return f"w{self.made[v]} = {total if is_bool(e) else f'{v.aval.dtype.name}({total})'}"
        name = "uint8" if is_bool(e) else v.aval.dtype.name
        return f"w{self.made[v]}[jl] = {name}({total})"

    def _total(self, name: str, e: Eqn) -> str:
        """Return a row's accumulator as a value."""
        if not self.across:
            return f"t{name}"
        return f"(t{name}[jl] != 0)" if is_bool(e) else f"t{name}[jl]"

    def _accumulated(self, stage: Stage) -> list[tuple[str, Eqn]]:
        """Return what a pass accumulates for the row, with names."""
        found = [(str(self.made[e.outvars[0]]), e) for e in stage.reductions]
        tails = [e for e in stage.tails if not self._is_per_column(e)]
        return found + [(f"e{self.tails.index(e)}", e) for e in tails]

    def _row_loop(self, body: list[str], values: list[tuple[str, Eqn, str]]) -> list[str]:
        """Loop over one row; sums of floats in chunks."""
        *outer, last = self.reduced
        lines = [f"t{n} = {initial(e, wide=True)}" for n, e, _ in values]
        inner = [f"for i{last} in range({self._size(last)}):"]
        if values:
            size = self._size(last)
            inner = [f"for j in range(0, {size}, {_CHUNK}):"]
            inner += [f"    a{n} = {initial(e)}" for n, e, _ in values]
            inner.append(f"    for i{last} in range(j, min(j + {_CHUNK}, {size})):")
            body = body + [f"a{n} = {combine(e, f'a{n}', v, chunk=True)}" for n, e, v in values]
            inner += _indented(body, 2)
            inner += [f"    t{n} = {combine(e, f't{n}', f'a{n}')}" for n, e, _ in values]
        else:
            inner += _indented(body)
        return lines + self._nest(outer, inner)

    def _nest(self, loops: Sequence[int], lines: list[str]) -> list[str]:
        for k in reversed(loops):
            lines = [f"for i{k} in range({self._size(k)}):", *_indented(lines)]
        return lines

    def _lanes_loop(self, body: list[str], values: list[tuple[str, Eqn, str]]) -> list[str]:
        """Loop over rows that lie side by side."""
        *outer, last = self.reduced
        size = self._size(last)
        sums = [x for x in values if is_float_sum(x[1])]
        begin = [f"t{n}[jl] = {_stored_initial(e, wide=True)}" for n, e, _ in values]
        body = list(body)
        for n, e, v in values:
            acc = f"a{n}" if is_float_sum(e) else f"t{n}"
            old = f"({acc}[jl] != 0)" if is_bool(e) else f"{acc}[jl]"
            new = combine(e, old, v)
            body.append(f"{acc}[jl] = uint8({new})" if is_bool(e) else f"{acc}[jl] = {new}")
        inner = self._in_lanes(body)
        if sums:
            inner = [
                f"for j in range(0, {size}, {_ROWS_OF_CHUNK}):",
                *_indented(self._in_lanes([f"a{n}[jl] = {initial(e)}" for n, e, _ in sums])),
                f"    for i{last} in range(j, min(j + {_ROWS_OF_CHUNK}, {size})):",
                *_indented(inner, 2),
                *_indented(self._in_lanes([f"t{n}[jl] = t{n}[jl] + a{n}[jl]" for n, _, _ in sums])),
            ]
        else:
            inner = [f"for i{last} in range({size}):", *_indented(inner)]
        return self._in_lanes(begin) + self._nest(outer, inner)

    def _tails_begin(self) -> list[str]:
        lines = []
        if self.is_split:  # where the partial results of this piece begin
            width = " * ".join(self._size(k) for k in self.reduced)
            lines += ["part = lo // piece", f"columns = part * {width}"]
        for i, e in enumerate(self.tails):
            if self._is_per_column(e):
                first = [f"{self._column(e)} = {initial(e, store=True)}"]
                lines += self._nest(self.reduced, first)
            else:
                lines.append(f"e{i} = {initial(e, wide=True)}")
        return lines

    def _tails_end(self) -> list[str]:
        lines = []
        for i, e in enumerate(self.tails):
            if not self._is_per_column(e):
                name = "uint8" if is_bool(e) else self._tail_dtype(e).name
                lines.append(
                    f"q{len(self.stored) + i}[{'part' if self.is_split else '0'}] = {name}(e{i})"
                )
        return lines


def _indented(lines: Sequence[str], levels: int = 1) -> list[str]:
    return ["    " * levels + s for s in lines]


def _stored_initial(e: Eqn, wide: bool) -> str:
    return initial(e, store=True) if is_bool(e) else initial(e, wide=wide)
