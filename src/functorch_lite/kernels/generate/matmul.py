"""Kernels that drive the register tiles over a whole convolution or batch of products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .microkernel import tile_matmul, tile_outer
from .simd import load_i64, simd

__all__ = ["build_transpose_weights", "build_table_matmul", "build_table_outer"]

Kernel = Callable[[Any, Any, Any, Any], None]
SUM_LENGTH = 512


def build_table_matmul(dtype: str, lanes: int, rows: int, blocks: int) -> Kernel:
    """Build the kernel that runs ``tile_matmul`` over a three-level loop nest.

    Arguments: 0 a, 1 b, 2 c, 3 residual, 4 bias, 5 relu, 6 row table, 7 row table of c, 8 tap
    table, 9 taps, 10 depth, 11 c_block, then for each level, outermost first: count and the
    byte steps of a, b, c, both row tables, bias. Work items are the nest, flattened. Long sums
    are taken in pieces of ``SUM_LENGTH`` terms, which halves their rounding error. Where the
    innermost loop uses the same part of b again and again, each turn also fetches some of the
    next part into the cache.
    """
    tile = tile_matmul(dtype, lanes, rows, blocks)
    width = 16 * blocks * simd(dtype, lanes).size

    def table_matmul(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        a = load_i64(args, 0)
        b = load_i64(args, 1)
        c = load_i64(args, 2)
        residual = load_i64(args, 3)
        bias = load_i64(args, 4)
        relu = load_i64(args, 5)
        row_table = load_i64(args, 6)
        c_table = load_i64(args, 7)
        taps = load_i64(args, 8)
        n_taps = load_i64(args, 9)
        depth = load_i64(args, 10)
        c_block = load_i64(args, 11)
        chunk = max(1, SUM_LENGTH // max(depth, 1))
        n1 = load_i64(args, 18)
        n2 = load_i64(args, 24)
        i2 = lo % n2
        outer = lo // n2
        i1 = outer % n1
        i0 = outer // n1
        for _ in range(lo, hi):
            at_a = i0 * load_i64(args, 13) + i1 * load_i64(args, 19) + i2 * load_i64(args, 25)
            at_b = i0 * load_i64(args, 14) + i1 * load_i64(args, 20) + i2 * load_i64(args, 26)
            at_c = i0 * load_i64(args, 15) + i1 * load_i64(args, 21) + i2 * load_i64(args, 27)
            row = i0 * load_i64(args, 16) + i1 * load_i64(args, 22) + i2 * load_i64(args, 28)
            add = i0 * load_i64(args, 17) + i1 * load_i64(args, 23) + i2 * load_i64(args, 29)
            before = residual + at_c if residual != 0 else 0
            ahead = b + at_b
            if load_i64(args, 26) == 0 and i2 * 64 < width:
                if i1 + 1 < n1:
                    ahead += load_i64(args, 20)
                else:
                    ahead += load_i64(args, 14) - i1 * load_i64(args, 20)
                ahead += i2 * 64 * depth * n_taps
            start = 0
            while start < n_taps or start == 0:
                count = min(chunk, n_taps - start)
                last = start + count >= n_taps
                tile(
                    a + at_a,
                    row_table + row,
                    taps + 8 * start,
                    count,
                    depth,
                    b + at_b + start * depth * width,
                    ahead + start * depth * 64,
                    c + at_c,
                    c_table + row,
                    c_block,
                    before,
                    bias + add if last and bias != 0 else 0,
                    relu if last else 0,
                )
                before = c + at_c
                start += chunk
            i2 += 1
            if i2 == n2:
                i2 = 0
                i1 += 1
                if i1 == n1:
                    i1 = 0
                    i0 += 1

    return table_matmul


def build_table_outer(dtype: str, lanes: int, rows: int, blocks: int) -> Kernel:
    """Build the weight-gradient kernel.

    Arguments: 0 x, 1 dy, 2 dw, 3 pixel table of x, 4 of dy, 5 pixels an image, 6 images, 7 x
    bytes an image, 8 dy bytes an image, 9 tap table, 10 taps, 11 depth, 12 dy bytes a block,
    13 groups, 14 pixels of an outer chunk, 15 of an inner chunk, 16 accumulate, 17 x bytes a
    plane, 18 dy and 19 dw bytes a plane. A work item is one (plane, group, tap) and writes
    ``depth`` rows of ``dw``. The outer chunk keeps x and dy in the second cache while all taps
    use them, the inner one in the first cache while the rows of one tap do.
    """
    v = simd(dtype, lanes)
    tile, single = tile_outer(dtype, lanes, rows, blocks), tile_outer(dtype, lanes, 1, blocks)
    size, width = v.size, 16 * blocks * v.size

    def table_outer(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        x = load_i64(args, 0)
        dy = load_i64(args, 1)
        dw = load_i64(args, 2)
        x_table = load_i64(args, 3)
        dy_table = load_i64(args, 4)
        pixels = load_i64(args, 5)
        images = load_i64(args, 6)
        taps = load_i64(args, 9)
        n_taps = load_i64(args, 10)
        depth = load_i64(args, 11)
        dy_block = load_i64(args, 12)
        groups = load_i64(args, 13)
        outer = load_i64(args, 14)
        inner = load_i64(args, 15)
        started = load_i64(args, 16)
        for n in range(images):
            # while loops: a range whose step is not a constant may raise
            first = 0
            while first < pixels:
                stop = min(first + outer, pixels)
                for item in range(lo, hi):
                    rest = item // n_taps
                    t = item - rest * n_taps
                    plane = rest // groups
                    g = rest - plane * groups
                    a = x + n * load_i64(args, 7) + plane * load_i64(args, 17)
                    a += load_i64(taps, t)
                    b = dy + n * load_i64(args, 8) + plane * load_i64(args, 18)
                    b += g * dy_block * blocks
                    out = dw + plane * load_i64(args, 19)
                    out += (item - plane * groups * n_taps) * depth * width
                    add = started
                    p = first
                    while p < stop:
                        count = min(inner, stop - p)
                        at_x = x_table + 8 * p
                        at_y = dy_table + 8 * p
                        k = 0
                        while k + rows <= depth:
                            at = a + k * size
                            tile(at, at_x, b, at_y, dy_block, count, out + k * width, width, add)
                            k += rows
                        while k < depth:
                            at = a + k * size
                            single(at, at_x, b, at_y, dy_block, count, out + k * width, width, add)
                            k += 1
                        add = 1
                        p += inner
                started = 1
                first += outer

    return table_outer


def build_transpose_weights(dtype: str, lanes: int) -> Kernel:
    """Build the kernel that turns packed weights around for backward-data.

    Arguments: 0 source, 1 destination, 2 tap table, 3 taps, 4 source bytes a row, 5 source bytes
    from one block of input channels to the next, 6 blocks of a destination group. A work item is
    one (group, tap): ``blocks`` transposed 16 x 16 squares side by side.
    """
    v = simd(dtype, lanes)
    transpose = v.transpose
    size = v.size

    def transpose_weights(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        source = load_i64(args, 0)
        destination = load_i64(args, 1)
        taps = load_i64(args, 2)
        n_taps = load_i64(args, 3)
        row = load_i64(args, 4)
        step = load_i64(args, 5)
        blocks = load_i64(args, 6)
        out_row = 16 * blocks * size
        for item in range(lo, hi):
            g = item // n_taps
            square = source + load_i64(taps, item - g * n_taps)
            for j in range(blocks):
                start = square + (g * blocks + j) * step
                out = destination + item * 16 * out_row + j * 16 * size
                for r in range(0, 16, lanes):
                    for c in range(0, 16, lanes):
                        transpose(
                            start + r * row + c * size, row, out + c * out_row + r * size, out_row
                        )

    return transpose_weights
