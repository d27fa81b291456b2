"""Convolution as products with weights in their ordinary layout, ``[o, i * kh * kw]``.

The input is spread into *columns*, one row ``[i, kh, kw]`` for each output pixel, which is small
where there are few pixels. Then no product needs the weights in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .microkernel import tile_dot, tile_outer
from .simd import load_i64, simd

__all__ = ["build_column_dot", "build_column_outer", "build_spread", "build_gather"]

Kernel = Callable[[Any, Any, Any, Any], None]


def build_spread(dtype: str, lanes: int) -> Kernel:
    """Build the kernel that spreads a blocked image into columns.

    Arguments: 0 image, 1 columns, 2 pixel table of the image, 3 tap table, 4 taps, 5 blocks, 6 image
    bytes a block, 7 bytes a row of columns. A work item is one pixel. The taps of a block become
    the rows of squares, which are turned; a square that is not filled writes too far, and what
    comes next, further right or the chunk of taps before, covers that. So rows need room for 16
    elements more.
    """
    v = simd(dtype, lanes)
    transpose, load, store = v.transpose, v.load, v.store
    size = v.size

    def spread(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        pixels = load_i64(args, 2)
        tap_table = load_i64(args, 3)
        taps = load_i64(args, 4)
        blocks = load_i64(args, 5)
        for item in range(lo, hi):
            for k in range(blocks):
                source = load_i64(args, 0) + load_i64(pixels, item) + k * load_i64(args, 6)
                target = load_i64(args, 1) + item * load_i64(args, 7) + k * 16 * taps * size
                for t in range(taps):
                    row = scratch if taps > 1 else target
                    for c in range(0, 16, lanes):
                        value = load(source + load_i64(tap_table, t) + c * size)
                        store(row + (t * 16 + c) * size, value)
                first = (taps - 1) // lanes * lanes
                while first >= 0 and taps > 1:
                    for c in range(0, 16, lanes):
                        square = scratch + (first * 16 + c) * size
                        transpose(
                            square, 16 * size, target + (c * taps + first) * size, taps * size
                        )
                    first -= lanes

    return spread


def build_gather(dtype: str, lanes: int) -> Kernel:
    """Build the kernel that adds columns up to a blocked image, the transpose of ``build_spread``.

    Arguments: 0 columns, 1 image, 2 table of the image's pixels, 3 pixels of the image, 4 target
    table ``[rows, taps]`` of offsets in the image, negative outside of it, 5 rows, 6 taps, 7 bytes
    a row, 8 image bytes a block. A work item is one block.
    """
    v = simd(dtype, lanes)
    transpose, load, store, add, zero = v.transpose, v.load, v.store, v.add, v.zero
    size = v.size

    def gather(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        columns = load_i64(args, 0)
        pixels = load_i64(args, 2)
        targets = load_i64(args, 4)
        taps = load_i64(args, 6)
        for item in range(lo, hi):
            image = load_i64(args, 1) + item * load_i64(args, 8)
            for p in range(load_i64(args, 3)):
                for c in range(0, 16, lanes):
                    store(image + load_i64(pixels, p) + c * size, zero())
            for p in range(load_i64(args, 5)):
                source = columns + p * load_i64(args, 7) + item * 16 * taps * size
                square = source if taps == 1 else scratch
                first = 0
                while first < taps and taps > 1:
                    for c in range(0, 16, lanes):
                        here = source + (c * taps + first) * size
                        transpose(here, taps * size, scratch + (first * 16 + c) * size, 16 * size)
                    first += lanes
                for t in range(taps):
                    target = load_i64(targets, p * taps + t)
                    if target >= 0:
                        for c in range(0, 16, lanes):
                            at = image + target + c * size
                            store(at, add(load(at), load(square + (t * 16 + c) * size)))

    return gather


def build_column_dot(dtype: str, lanes: int, rows: int, columns: int) -> Kernel:
    """Build the forward product: each output is the dot product of two rows.

    Arguments: 0 weights, 1 columns, 2 output, 3 residual (0 for none), 4 bias (0 for none), 5 relu,
    6 output channels, 7 pixels, 8 vectors of a row, 9 bytes a row of weights, 10 of columns, 11
    output bytes a block, 12 pixel table of the output, 13 tiles of an item. A work item is some
    tiles of ``rows`` channels; the last tile begins early enough to be whole.
    """
    v = simd(dtype, lanes)
    tile = tile_dot(dtype, lanes, rows, columns)
    load, store, scalar = v.load_scalar, v.store_scalar, v.scalar
    size = v.size

    def column_dot(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        residual = load_i64(args, 3)
        bias = load_i64(args, 4)
        relu = load_i64(args, 5)
        channels = load_i64(args, 6)
        pixels = load_i64(args, 7)
        w_row = load_i64(args, 9)
        c_row = load_i64(args, 10)
        plane = load_i64(args, 11)
        table = load_i64(args, 12)
        tiles = load_i64(args, 13)
        all_tiles = (channels + rows - 1) // rows
        for item in range(lo, hi):
            p = 0
            while p < pixels:
                p0 = min(p, pixels - columns)
                for t in range(item * tiles, min((item + 1) * tiles, all_tiles)):
                    o0 = min(t * rows, channels - rows)
                    a = load_i64(args, 0) + o0 * w_row
                    b = load_i64(args, 1) + p0 * c_row
                    tile(a, w_row, b, c_row, load_i64(args, 8), scratch)
                    for i in range(rows):
                        block = (o0 + i) // 16
                        channel = block * plane + (o0 + i - 16 * block) * size
                        for j in range(columns):
                            at = channel + load_i64(table, p0 + j)
                            value = load(scratch + (i * columns + j) * size)
                            if residual != 0:
                                value = scalar(value + load(residual + at))
                            if bias != 0:
                                value = scalar(value + load(bias + (o0 + i) * size))
                            if relu != 0 and value < scalar(0):
                                value = scalar(0)
                            store(load_i64(args, 2) + at, value)
                p += columns

    return column_dot


def build_column_outer(dtype: str, lanes: int, rows: int, blocks: int) -> Kernel:
    """Build the sum of outer products ``c[i, j] = sum over t of a[t, i] * b[t, j]``.

    Arguments: 0 a, 1 b, 2 c, 3 table of the terms of a, 4 of b, 5 terms, 6 terms taken together, 7
    rows of an item, 8 rows, 9 table of an item's first row in a, 10 columns of an item, 11 columns,
    a multiple of 16, 12 bytes a row of c, 13 bytes of b from one piece of rows to the next. A work
    item is one (piece of rows, piece of columns).
    """
    v = simd(dtype, lanes)
    tile, single = tile_outer(dtype, lanes, rows, blocks), tile_outer(dtype, lanes, 1, blocks)
    narrow = tile_outer(dtype, lanes, 1, 1)
    size, width = v.size, 16 * blocks

    def column_outer(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        terms = load_i64(args, 5)
        chunk = load_i64(args, 6)
        high = load_i64(args, 7)
        wide = load_i64(args, 10)
        columns = load_i64(args, 11)
        c_row = load_i64(args, 12)
        across = (columns + wide - 1) // wide
        block = 16 * size
        for item in range(lo, hi):
            piece = item // across
            j0 = (item - piece * across) * wide
            j1 = min(j0 + wide, columns)
            count = min(high, load_i64(args, 8) - piece * high)
            a = load_i64(args, 0) + load_i64(load_i64(args, 9), piece)
            c = load_i64(args, 2) + piece * high * c_row
            first = 0
            while first < terms:
                n = min(chunk, terms - first)
                at_a = load_i64(args, 3) + 8 * first
                at_b = load_i64(args, 4) + 8 * first
                j = j0
                while j < j1:
                    b = load_i64(args, 1) + piece * load_i64(args, 13) + j * size
                    out = c + j * size
                    i = 0
                    if j + width <= j1:
                        while i + rows <= count:
                            at = a + i * size
                            tile(at, at_a, b, at_b, block, n, out + i * c_row, c_row, first)
                            i += rows
                        while i < count:
                            at = a + i * size
                            single(at, at_a, b, at_b, block, n, out + i * c_row, c_row, first)
                            i += 1
                        j += width
                    else:
                        while i < count:
                            at = a + i * size
                            narrow(at, at_a, b, at_b, block, n, out + i * c_row, c_row, first)
                            i += 1
                        j += 16
                first += chunk

    return column_outer
