"""Depthwise convolution on ordinary NCHW arrays, one plane at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .simd import load_i64, simd

__all__ = ["build_depthwise", "build_depthwise_weights"]

Kernel = Callable[[Any, Any, Any, Any], None]


def _build_fill(dtype: str, lanes: int) -> Any:
    """Return a numba function that copies a padded plane apart into its stride phases.

    Phase (a, b) holds the padded pixels (a + i * sh, b + j * sw), so that every kernel position
    reads consecutive elements whatever the stride. ``dilate`` spreads the source instead:
    pixel (y, x) goes to (top + y * dy, left + x * dx).
    """
    import numba

    v = simd(dtype, lanes)
    load_first, store_first = v.load_first, v.store_first
    store, load_one, store_one, zero = v.store, v.load_scalar, v.store_scalar, v.zero
    size, width_bytes, even, odd = v.size, v.bytes, v.even, v.odd

    def fill(
        source: Any, h: Any, w: Any, row: Any, to: Any, plane: Any, phase_row: Any, top: Any,
        left: Any, sh: Any, sw: Any, dy: Any, dx: Any, phase_rows: Any,
    ) -> None:  # fmt: skip
        for p in range(to, to + sh * sw * plane, width_bytes):
            store(p, zero())
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


def build_depthwise(dtype: str, lanes: int) -> Kernel:
    """Build ``y[n, c] = sum of w[c, k] * x[n, c // multiplier]`` shifted by kernel position k.

    Arguments: 0 x, 1 w, 2 y, 3 output channels, 4 multiplier, 5 h, 6 w, 7 oh, 8 ow, 9 kh, 10 kw,
    11, 12 strides, 15 padding above, 16 left, 17, 18 dilation of x (1 in the forward pass), 19
    bytes of a phase plane, 20 of its row, 21 table of the kernel positions' byte offsets in the
    phase planes. x, w, y are C-contiguous. A work item is one output plane; its input is copied
    to the scratch memory with padding, which stays in the first-level cache, and four rows are
    computed at a time, so that a weight is broadcast once for four multiply-adds.
    """
    v = simd(dtype, lanes)
    load, fma, splat, zero, store_first = v.load, v.fma, v.splat, v.zero, v.store_first
    load_one = v.load_scalar
    size, width = v.size, lanes
    fill = _build_fill(dtype, lanes)

    def depthwise(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        channels = load_i64(args, 3)
        multiplier = load_i64(args, 4)
        h = load_i64(args, 5)
        w = load_i64(args, 6)
        rows = load_i64(args, 7)
        columns = load_i64(args, 8)
        sh = load_i64(args, 11)
        sw = load_i64(args, 12)
        plane = load_i64(args, 19)
        line = load_i64(args, 20)
        table = load_i64(args, 21)
        taps = load_i64(args, 9) * load_i64(args, 10)
        for item in range(lo, hi):
            n = item // channels
            c = item - n * channels
            inputs = channels // multiplier
            source = load_i64(args, 0) + (n * inputs + c // multiplier) * h * w * size
            fill(
                source, h, w, w * size, scratch, plane, line, load_i64(args, 15),
                load_i64(args, 16), sh, sw, load_i64(args, 17), load_i64(args, 18), plane // line,
            )  # fmt: skip
            weights = load_i64(args, 1) + c * taps * size
            out = load_i64(args, 2) + item * rows * columns * size
            for y in range(0, rows, 4):
                for x in range(0, columns, width):
                    acc0 = zero()
                    acc1 = zero()
                    acc2 = zero()
                    acc3 = zero()
                    at = scratch + y * line + x * size
                    for k in range(taps):
                        p = at + load_i64(table, k)
                        weight = splat(load_one(weights + k * size))
                        acc0 = fma(weight, load(p), acc0)
                        acc1 = fma(weight, load(p + line), acc1)
                        acc2 = fma(weight, load(p + 2 * line), acc2)
                        acc3 = fma(weight, load(p + 3 * line), acc3)
                    to = out + (y * columns + x) * size
                    left = columns - x
                    store_first(to, acc0, left)
                    if y + 1 < rows:
                        store_first(to + columns * size, acc1, left)
                    if y + 2 < rows:
                        store_first(to + 2 * columns * size, acc2, left)
                    if y + 3 < rows:
                        store_first(to + 3 * columns * size, acc3, left)

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
    fill = _build_fill(dtype, lanes)

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
