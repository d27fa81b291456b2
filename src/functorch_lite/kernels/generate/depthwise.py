"""Depthwise convolution on ordinary NCHW arrays, one plane at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .simd import I64, Emitter, load_i64, make_intrinsic, simd

__all__ = ["build_depthwise", "build_depthwise_weights"]

Kernel = Callable[[Any, Any, Any, Any], None]


def _build_clear(dtype: str, lanes: int) -> Any:
    """Return a numba function that writes zeros from an address on, in whole vectors."""
    import numba

    v = simd(dtype, lanes)
    store, zero, width_bytes = v.store, v.zero, v.bytes

    def clear(start: Any, n_bytes: Any) -> None:
        for p in range(start, start + n_bytes, width_bytes):
            store(p, zero())

    return numba.njit(error_model="numpy", boundscheck=False)(clear)


def _build_fill(dtype: str, lanes: int) -> Any:
    """Return a numba function that copies a padded plane apart into its stride phases.

    Phase (a, b) holds the padded pixels (a + i * sh, b + j * sw), so that every kernel position
    reads consecutive elements whatever the stride. ``dilate`` spreads the source instead:
    pixel (y, x) goes to (top + y * dy, left + x * dx). What lies around and between is the
    caller's to clear, once for many planes.
    """
    import numba

    v = simd(dtype, lanes)
    load_first, store_first = v.load_first, v.store_first
    load_one, store_one = v.load_scalar, v.store_scalar
    size, width_bytes, even, odd = v.size, v.bytes, v.even, v.odd

    def fill(
        source: Any, h: Any, w: Any, row: Any, to: Any, plane: Any, phase_row: Any, top: Any,
        left: Any, sh: Any, sw: Any, dy: Any, dx: Any, phase_rows: Any,
    ) -> None:  # fmt: skip
        for y in range(h):
            high = y * dy + top
            if high >= 0 and high // sh < phase_rows:
                line = to + (high % sh) * sw * plane + (high // sh) * phase_row
                start = source + y * row
                if sw == 1 and dx == 1 and left >= 0 and (w + left) * size <= phase_row:
                    at = line + left * size
                    for x in range(0, w, lanes):
                        store_first(at + x * size, load_first(start + x * size, w - x), w - x)
                elif sw == 2 and dx == 1 and left >= 0 and (w + left + 1) // 2 * size <= phase_row:
                    at = line + left % 2 * plane + left // 2 * size
                    beside = line + (left + 1) % 2 * plane + (left + 1) // 2 * size
                    for x in range(0, w, 2 * lanes):
                        p = start + x * size
                        one = load_first(p, w - x)
                        two = load_first(p + width_bytes, w - x - lanes)
                        store_first(at + x * size // 2, even(one, two), (w - x + 1) // 2)
                        store_first(beside + x * size // 2, odd(one, two), (w - x) // 2)
                elif sw == 1:
                    for x in range(w):
                        wide = x * dx + left
                        if wide >= 0 and (wide + 1) * size <= phase_row:
                            store_one(line + wide * size, load_one(start + x * size))
                else:
                    for x in range(w):
                        wide = x * dx + left
                        if wide >= 0 and (wide // sw + 1) * size <= phase_row:
                            at = line + (wide % sw) * plane + (wide // sw) * size
                            store_one(at, load_one(start + x * size))

    return numba.njit(error_model="numpy", boundscheck=False)(fill)


def _column_sums(dtype: str, lanes: int, kh: int, sh: int, dh: int, rows: int) -> Any:
    """Return the intrinsic ``tile(at, weights, step, next_row, table, kw, phase_row, line, out,
    out_row, left, below)``: ``rows`` rows of one vector of the result.

    Output row j meets input row ``j * sh + k * dh`` at kernel row k. So an input row serves up to
    ``kh`` output rows; it is loaded once for each kernel column. Weights are ``step`` bytes apart
    along a kernel row and ``next_row`` from one to the next; ``phase_row`` is what separates the
    planes of input rows with different remainders modulo the stride. ``left`` columns and
    ``below`` rows of the result are stored.
    """
    v = Emitter(dtype, lanes)
    meetings: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for j in range(rows):
        for k in range(kh):
            meetings.setdefault((k * dh % sh, j + k * dh // sh), []).append((j, k))

    def emit(
        b: Any, at: Any, weights: Any, step: Any, next_row: Any, table: Any, kw: Any,
        phase_row: Any, line: Any, out: Any, out_row: Any, left: Any, below: Any,
    ) -> None:  # fmt: skip
        def scaled(n: int, value: Any) -> Any:
            return b.mul(value, ir.Constant(I64, n))

        sums = [cgutils.alloca_once_value(b, v.zero()) for _ in range(rows)]
        for place in sums:
            b.store(v.zero(), place)
        with cgutils.for_range(b, kw) as loop:
            column = b.add(at, v.load_offset(b, table, loop.index))
            first = b.add(weights, b.mul(loop.index, step))
            factor = [
                v.splat(b, v.load_one(b, b.add(first, scaled(k, next_row)))) for k in range(kh)
            ]
            accs = [b.load(place, typ=v.vector) for place in sums]
            for (phase, i), pairs in sorted(meetings.items(), key=lambda m: (m[0][1], m[0][0])):
                start = b.add(column, b.add(scaled(phase, phase_row), scaled(i, line)))
                values = v.load(b, start)
                for j, k in pairs:
                    accs[j] = v.fma(b, factor[k], values, accs[j])
            for place, acc in zip(sums, accs, strict=True):
                b.store(acc, place)
        for j, place in enumerate(sums):
            with b.if_then(b.icmp_signed(">", below, ir.Constant(I64, j)), likely=True):
                to = b.add(out, scaled(j, out_row))
                v.store_first(b, to, b.load(place, typ=v.vector), left)

    return make_intrinsic(types.void, (types.int64,) * 12, emit)


def build_depthwise(dtype: str, lanes: int, kh: int, sh: int, dh: int, tall: int) -> Kernel:
    """Build ``y[n, c] = sum of w[c, k] * x[n, c // multiplier]`` shifted by kernel position k.

    Arguments: 0 x, 1 w, 2 y, 3 output channels, 4 multiplier, 5 h, 6 w, 7 oh, 8 ow, 9 kh, 10 kw,
    11, 12 strides, 15 padding above, 16 left, 17, 18 dilation of x (1 in the forward pass), 19
    bytes of a phase plane, 20 of its row, 21 table of the kernel positions' byte offsets in the
    phase planes, 22 whether the kernel is turned around. x, w, y are C-contiguous. A work item is
    one output plane; its input is copied to the scratch memory with padding, which stays in the
    first-level cache, and ``tall`` rows are computed at a time.
    """
    size = simd(dtype, lanes).size
    fill, clear = _build_fill(dtype, lanes), _build_clear(dtype, lanes)
    tile = _column_sums(dtype, lanes, kh, sh, dh, tall)

    def depthwise(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        channels = load_i64(args, 3)
        multiplier = load_i64(args, 4)
        h = load_i64(args, 5)
        w = load_i64(args, 6)
        rows = load_i64(args, 7)
        columns = load_i64(args, 8)
        kw = load_i64(args, 10)
        sw = load_i64(args, 12)
        plane = load_i64(args, 19)
        line = load_i64(args, 20)
        taps = load_i64(args, 9) * kw
        inputs = channels // multiplier
        clear(scratch, sh * sw * plane)
        for item in range(lo, hi):
            n = item // channels
            c = item - n * channels
            source = load_i64(args, 0) + (n * inputs + c // multiplier) * h * w * size
            fill(
                source, h, w, w * size, scratch, plane, line, load_i64(args, 15),
                load_i64(args, 16), sh, sw, load_i64(args, 17), load_i64(args, 18), plane // line,
            )  # fmt: skip
            weights = load_i64(args, 1) + c * taps * size
            step = size
            if load_i64(args, 22) != 0:
                weights += (taps - 1) * size
                step = -size
            out = load_i64(args, 2) + item * rows * columns * size
            for y in range(0, rows, tall):
                for x in range(0, columns, lanes):
                    tile(
                        scratch + y * line + x * size, weights, step, kw * step,
                        load_i64(args, 21), kw, sw * plane, line,
                        out + (y * columns + x) * size, columns * size, columns - x, rows - y,
                    )  # fmt: skip

    return depthwise


def build_depthwise_weights(dtype: str, lanes: int) -> Kernel:
    """Build ``dw[c, k] = sum over images and pixels of dy[n, c] * x[n, c // multiplier]``.

    Arguments as in ``build_depthwise`` with dw for w, dy for y, and 22 images, 23 bytes of a
    padded plane of dy, 24 of its row. A work item is one output channel.
    """
    v = simd(dtype, lanes)
    load, fma, zero, sum_lanes = v.load, v.fma, v.zero, v.sum_lanes
    load_one, store_one, scalar = v.load_scalar, v.store_scalar, v.scalar
    size, width = v.size, lanes
    fill, clear = _build_fill(dtype, lanes), _build_clear(dtype, lanes)

    def depthwise_weights(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        channels = load_i64(args, 3)
        multiplier = load_i64(args, 4)
        h = load_i64(args, 5)
        w = load_i64(args, 6)
        rows = load_i64(args, 7)
        columns = load_i64(args, 8)
        taps = load_i64(args, 9) * load_i64(args, 10)
        sh = load_i64(args, 11)
        sw = load_i64(args, 12)
        plane = load_i64(args, 19)
        line = load_i64(args, 20)
        table = load_i64(args, 21)
        images = load_i64(args, 22)
        dy_plane = load_i64(args, 23)
        dy_line = load_i64(args, 24)
        inputs = channels // multiplier
        padded = scratch + sh * sw * plane
        clear(scratch, sh * sw * plane)
        clear(padded, dy_plane)
        for c in range(lo, hi):
            out = load_i64(args, 1) + c * taps * size
            for k in range(taps):
                store_one(out + k * size, scalar(0))
            for n in range(images):
                source = load_i64(args, 0) + (n * inputs + c // multiplier) * h * w * size
                fill(
                    source, h, w, w * size, scratch, plane, line, load_i64(args, 15),
                    load_i64(args, 16), sh, sw, 1, 1, plane // line,
                )  # fmt: skip
                gradient = load_i64(args, 2) + (n * channels + c) * rows * columns * size
                fill(
                    gradient, rows, columns, columns * size, padded, dy_plane, dy_line, 0, 0, 1, 1,
                    1, 1, rows,
                )  # fmt: skip
                for k in range(0, taps, 3):
                    # three kernel positions at a time share the loads of dy
                    second = min(k + 1, taps - 1)
                    third = min(k + 2, taps - 1)
                    at0 = scratch + load_i64(table, k)
                    at1 = scratch + load_i64(table, second)
                    at2 = scratch + load_i64(table, third)
                    sum0 = zero()
                    sum1 = zero()
                    sum2 = zero()
                    for y in range(rows):
                        a = y * line
                        b = padded + y * dy_line
                        for x in range(0, columns * size, width * size):
                            d = load(b + x)
                            sum0 = fma(load(at0 + a + x), d, sum0)
                            sum1 = fma(load(at1 + a + x), d, sum1)
                            sum2 = fma(load(at2 + a + x), d, sum2)
                    at = out + k * size
                    store_one(at, load_one(at) + sum_lanes(sum0))
                    if k + 1 < taps:
                        store_one(at + size, load_one(at + size) + sum_lanes(sum1))
                    if k + 2 < taps:
                        store_one(at + 2 * size, load_one(at + 2 * size) + sum_lanes(sum2))

    return depthwise_weights
