"""Register-tiled inner products over tables of offsets.

All tiles keep their accumulators in registers over one long loop and differ in what is summed:

``tile_matmul``
    ``c[i, j] = sum over taps t and k < depth of a[row[i] + tap[t] + k] * b[t, k, j]``.
    Convolution forward and backward-data, Winograd's products and plain matrix products are
    all this sum; only the tables differ. A row is an output pixel, a tap is one kernel
    position of one block of input channels.

``tile_outer``
    ``c[i, j] += sum over pixels p of a[xoff[p] + i] * b[yoff[p], j]``,
    the gradient with respect to the weights.

``tile_dot``
    ``c[i, j] = sum over k of a[i, k] * b[j, k]``, where both operands have k side by side.

What comes out for 7 rows and 4 vectors of 16 floats is a loop body of 4 x (4 loads of ``b``, 7
broadcasts of ``a``, 28 ``vfmadd231ps zmm``): 28 accumulators, 4 weights in the 32 registers, 7
row pointers in integer registers. Per multiply-add it reads 0.4 vectors, so neither load port
nor latency binds, only the two multiply-add units. All sizes and strides are run-time values:
measured, constants gain nothing. The epilogue adds a residual and a bias and clips at zero
while the results are still in registers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from .simd import I32, I64, POINTER, declare, element_type, gep, make_intrinsic, sum_lanes
from .simd import address as to_pointer

__all__ = ["tile_dot", "tile_matmul", "tile_outer"]

_BLOCK = 16
_LINE = 64
_Accs = list[Any]


class _TileEmitter:
    """State shared by the emission of one tile."""

    def __init__(self, b: Any, dtype: str, lanes: int, rows: int, blocks: int) -> None:
        self.b = b
        self.element, self.size = element_type(dtype)
        self.lanes, self.rows = lanes, rows
        self.parts = _BLOCK // lanes
        self.vectors = blocks * self.parts
        self.vector = ir.VectorType(self.element, lanes)
        self.vector_bytes = lanes * self.size
        self.zero = ir.Constant(self.vector, [0.0] * lanes)
        name = f"llvm.fmuladd.v{lanes}f{8 * self.size}"
        self.fma = declare(b, name, self.vector, [self.vector] * 3)

    def const(self, value: int) -> Any:
        return ir.Constant(I64, value)

    def load(self, pointer: Any) -> Any:
        return self.b.load(pointer, typ=self.vector, align=self.size)

    def prefetch(self, pointer: Any) -> None:
        """Ask for a cache line, to be read, in the second cache."""
        kinds = [POINTER, I32, I32, I32]
        fetch = declare(self.b, "llvm.prefetch.p0", ir.VoidType(), kinds)
        self.b.call(fetch, [pointer, *(ir.Constant(I32, k) for k in (0, 2, 1))])

    def load_offset(self, table: Any, index: Any) -> Any:
        where = gep(self.b, table, self.b.mul(index, self.const(8)))
        return self.b.load(where, typ=I64, align=8)

    def broadcast(self, pointer: Any) -> Any:
        scalar = self.b.load(pointer, typ=self.element, align=self.size)
        undefined = ir.Constant(self.vector, ir.Undefined)
        one = self.b.insert_element(undefined, scalar, ir.Constant(I32, 0))
        mask = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.b.shuffle_vector(one, undefined, mask)

    def multiply_add(self, rows: list[Any], columns: list[Any], accs: _Accs) -> _Accs:
        """Add the outer product of broadcast rows and vector columns to the accumulators."""
        b, out = self.b, list(accs)
        vectors = [self.load(p) for p in columns]
        for i, pointer in enumerate(rows):
            value = self.broadcast(pointer)
            for j, vector in enumerate(vectors):
                at = i * self.vectors + j
                out[at] = b.call(self.fma, [value, vector, out[at]])
        return out

    def loop(
        self, count: Any, state: list[Any], body: Callable[[Any, list[Any]], list[Any]]
    ) -> Any:
        """Emit ``for i in range(count): state = body(i, state)`` and return the final state."""
        b = self.b
        before = b.block
        head = b.function.append_basic_block("tile.loop")
        done = b.function.append_basic_block("tile.done")
        b.cbranch(b.icmp_signed(">", count, self.const(0)), head, done)
        b.position_at_end(head)
        index = b.phi(I64)
        phis = [b.phi(value.type) for value in state]
        new = body(index, phis)
        following = b.add(index, self.const(1))
        last = b.block
        index.add_incoming(self.const(0), before)
        index.add_incoming(following, last)
        for phi, start, value in zip(phis, state, new, strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(value, last)
        b.cbranch(b.icmp_signed("<", following, count), head, done)
        b.position_at_end(done)
        out = [b.phi(value.type) for value in state]
        for phi, start, value in zip(out, state, new, strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(value, last)
        return out

    def choose(self, test: Any, accs: _Accs, change: Callable[[_Accs], _Accs]) -> _Accs:
        """Emit ``change(accs) if test else accs``."""
        b = self.b
        before = b.block
        yes = b.function.append_basic_block("tile.if")
        done = b.function.append_basic_block("tile.endif")
        b.cbranch(b.icmp_signed("!=", test, self.const(0)), yes, done)
        b.position_at_end(yes)
        new = change(accs)
        last = b.block
        b.branch(done)
        b.position_at_end(done)
        out = [b.phi(self.vector) for _ in accs]
        for phi, old, value in zip(out, accs, new, strict=True):
            phi.add_incoming(old, before)
            phi.add_incoming(value, last)
        return out

    def column_offsets(self, block_stride: Any) -> list[Any]:
        """Byte offsets of the vectors of one row of C: block_stride apart, parts inside."""
        out = []
        for j in range(self.vectors):
            block, part = divmod(j, self.parts)
            start = self.b.mul(block_stride, self.const(block)) if block else self.const(0)
            out.append(self.b.add(start, self.const(part * self.vector_bytes)))
        return out


def tile_matmul(dtype: str, lanes: int, rows: int, blocks: int, unroll: int = 4) -> Any:
    """Return the intrinsic ``tile(a, rows, taps, n_taps, depth, b, ahead, c, c_rows, c_block, r,
    bias, relu)``.

    ``rows`` and ``c_rows`` are addresses of int64 byte offsets, one per row of the tile, into
    ``a`` and ``c``; ``taps`` of ``n_taps`` offsets into ``a``. ``b`` is dense:
    ``[n_taps][depth][blocks * 16]``. For each of its rows one cache line from ``ahead`` on is
    fetched into the cache: weights that a later call will need. ``r`` (0 for none) is added with the offsets of ``c``, so
    ``r == c`` accumulates; ``bias`` (0 for none) has ``blocks * 16`` elements; ``relu`` not 0
    clips at zero.
    """

    def emit(
        b: Any, a: Any, rows_: Any, taps: Any, n_taps: Any, depth: Any, b_: Any, ahead: Any, c: Any,
        c_rows: Any, c_block: Any, r: Any, bias: Any, relu: Any,
    ) -> None:  # fmt: skip
        t = _TileEmitter(b, dtype, lanes, rows, blocks)
        const, k_bytes = t.const, t.vectors * t.vector_bytes
        table, tap_table = to_pointer(b, rows_), to_pointer(b, taps)
        base = to_pointer(b, a)
        pointers = [gep(b, base, t.load_offset(table, const(i))) for i in range(rows)]
        whole = b.sdiv(depth, const(unroll))
        rest = b.sub(depth, b.mul(whole, const(unroll)))

        def steps(count: int) -> Callable[[list[Any]], Callable[[Any, list[Any]], list[Any]]]:
            def at_tap(starts: list[Any]) -> Callable[[Any, list[Any]], list[Any]]:
                def body(index: Any, state: list[Any]) -> list[Any]:
                    weights, later, offset, accs = state[0], state[1], state[2], state[3:]
                    here = [gep(b, p, offset) for p in starts]
                    for u in range(count):
                        t.prefetch(gep(b, later, u * _LINE))
                        row = [gep(b, p, u * t.size) for p in here]
                        column = [
                            gep(b, weights, u * k_bytes + j * t.vector_bytes)
                            for j in range(t.vectors)
                        ]
                        accs = t.multiply_add(row, column, accs)
                    moved = b.add(offset, const(count * t.size))
                    later = gep(b, later, count * _LINE)
                    return [gep(b, weights, count * k_bytes), later, moved, *accs]

                return body

            return at_tap

        def tap(index: Any, state: list[Any]) -> list[Any]:
            offset = t.load_offset(tap_table, index)
            starts = [gep(b, p, offset) for p in pointers]
            state = t.loop(whole, [*state[:2], const(0), *state[2:]], steps(unroll)(starts))
            if unroll > 1:
                state = t.loop(rest, state, steps(1)(starts))
            return [*state[:2], *state[3:]]

        start = [to_pointer(b, b_), to_pointer(b, ahead)] + [t.zero] * (rows * t.vectors)
        accs = t.loop(n_taps, start, tap)[2:]
        _epilogue(t, accs, c, c_rows, c_block, r, bias, relu)

    return make_intrinsic(types.void, (types.int64,) * 13, emit)


def _epilogue(
    t: _TileEmitter, accs: _Accs, c: Any, c_rows: Any, c_block: Any, r: Any, bias: Any, relu: Any
) -> None:
    """Add residual and bias, clip, store."""
    b = t.b
    table = to_pointer(b, c_rows)
    row_offsets = [t.load_offset(table, t.const(i)) for i in range(t.rows)]
    columns = t.column_offsets(c_block)
    offsets = [b.add(row, column) for row in row_offsets for column in columns]

    def add_residual(values: _Accs) -> _Accs:
        base = to_pointer(b, r)
        return [b.fadd(v, t.load(gep(b, base, o))) for v, o in zip(values, offsets, strict=True)]

    def add_bias(values: _Accs) -> _Accs:
        base = to_pointer(b, bias)
        loaded = [t.load(gep(b, base, j * t.vector_bytes)) for j in range(t.vectors)]
        return [b.fadd(v, loaded[k % t.vectors]) for k, v in enumerate(values)]

    def clip(values: _Accs) -> _Accs:
        return [b.select(b.fcmp_ordered("<", v, t.zero), t.zero, v) for v in values]

    accs = t.choose(r, accs, add_residual)
    accs = t.choose(bias, accs, add_bias)
    accs = t.choose(relu, accs, clip)
    base = to_pointer(b, c)
    for value, offset in zip(accs, offsets, strict=True):
        b.store(value, gep(b, base, offset), align=t.size)


def tile_outer(dtype: str, lanes: int, rows: int, blocks: int, unroll: int = 2) -> Any:
    """Return the intrinsic ``tile(a, a_pixels, b, b_pixels, b_block, n, c, c_row, add)``.

    ``a_pixels`` and ``b_pixels`` are addresses of ``n`` int64 byte offsets; the blocks of ``b``
    are ``b_block`` bytes apart; rows of ``c`` are ``c_row`` bytes apart and hold
    ``blocks * 16`` elements. ``add`` not 0 accumulates into ``c``.
    """

    def emit(
        b: Any, a: Any, a_pixels: Any, b_: Any, b_pixels: Any, b_block: Any, n: Any, c: Any,
        c_row: Any, add: Any,
    ) -> None:  # fmt: skip
        t = _TileEmitter(b, dtype, lanes, rows, blocks)
        const = t.const
        base_a, base_b = to_pointer(b, a), to_pointer(b, b_)
        columns = t.column_offsets(b_block)
        bases_b = [gep(b, base_b, column) for column in columns]

        def steps(count: int) -> Callable[[Any, list[Any]], list[Any]]:
            def body(index: Any, state: list[Any]) -> list[Any]:
                table_a, table_b, accs = state[0], state[1], state[2:]
                for u in range(count):
                    at = gep(b, base_a, t.load_offset(table_a, const(u)))
                    over = t.load_offset(table_b, const(u))
                    row = [gep(b, at, i * t.size) for i in range(rows)]
                    accs = t.multiply_add(row, [gep(b, p, over) for p in bases_b], accs)
                return [gep(b, table_a, 8 * count), gep(b, table_b, 8 * count), *accs]

            return body

        start = [to_pointer(b, a_pixels), to_pointer(b, b_pixels)] + [t.zero] * (rows * t.vectors)
        whole = b.sdiv(n, const(unroll))
        state = t.loop(whole, start, steps(unroll))
        rest = b.sub(n, b.mul(whole, const(unroll)))
        accs = t.loop(rest, state, steps(1))[2:]
        base = to_pointer(b, c)
        where = [
            gep(b, gep(b, base, b.mul(c_row, const(i))), j * t.vector_bytes)
            for i in range(rows)
            for j in range(t.vectors)
        ]
        accs = t.choose(
            add, accs, lambda v: [b.fadd(x, t.load(p)) for x, p in zip(v, where, strict=True)]
        )
        for value, pointer in zip(accs, where, strict=True):
            b.store(value, pointer, align=t.size)

    return make_intrinsic(types.void, (types.int64,) * 9, emit)


def tile_dot(dtype: str, lanes: int, rows: int, columns: int) -> Any:
    """Return the intrinsic ``tile(a, a_row, b, b_row, vectors, out)``.

    ``out[rows][columns]``, dense, becomes the dot products of ``rows`` rows of ``a`` and
    ``columns`` rows of ``b``, each of ``vectors`` whole vectors. Every accumulator is a vector,
    whose lanes are added up at the end.
    """

    def emit(b: Any, a: Any, a_row: Any, b_: Any, b_row: Any, vectors: Any, out: Any) -> None:
        t = _TileEmitter(b, dtype, lanes, rows, 1)
        starts = [
            [gep(b, to_pointer(b, base), b.mul(step, t.const(i))) for i in range(count)]
            for base, step, count in ((a, a_row, rows), (b_, b_row, columns))
        ]

        def body(index: Any, accs: list[Any]) -> list[Any]:
            offset = b.mul(index, t.const(t.vector_bytes))
            left, right = ([t.load(gep(b, p, offset)) for p in side] for side in starts)
            pairs = [(x, y) for x in left for y in right]
            return [b.call(t.fma, [x, y, s]) for (x, y), s in zip(pairs, accs, strict=True)]

        sums = t.loop(vectors, [t.zero] * (rows * columns), body)
        for k, value in enumerate(sums):
            target = gep(b, to_pointer(b, out), k * t.size)
            b.store(sum_lanes(b, value, lanes), target, align=t.size)

    return make_intrinsic(types.void, (types.int64,) * 6, emit)
