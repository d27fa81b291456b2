"""Kernels between the ordinary layouts (NCHW, OIHW, any strides) and the blocked ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .simd import load_i64, simd

__all__ = ["build_clear_halo", "build_move_blocks", "build_pack_weights", "build_unpack_weights"]

Kernel = Callable[[Any, Any, Any, Any], None]


def build_move_blocks(dtype: str, lanes: int, unpack: bool) -> Kernel:
    """Build strided NCHW -> blocked (or back).

    Arguments: 0 NCHW pixel (0, 0), 1 blocked pixel (0, 0), 2 channels, 3 height, 4 width, 5..8
    byte strides n, c, h, w of the NCHW side, 9 block, 10..12 blocked bytes an image, a plane, a
    row. A work item is one row of one block. Lanes beyond the channels are written as zero.
    """
    v = simd(dtype, lanes)
    transpose, load, store, scalar = v.transpose, v.load_scalar, v.store_scalar, v.scalar
    size = v.size

    def move_blocks(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        plain = load_i64(args, 0)
        blocked = load_i64(args, 1)
        channels = load_i64(args, 2)
        height = load_i64(args, 3)
        width = load_i64(args, 4)
        sc = load_i64(args, 6)
        sw = load_i64(args, 8)
        block = load_i64(args, 9)
        pixel = block * size
        n_blocks = (channels + block - 1) // block
        for item in range(lo, hi):
            rest = item // height
            h = item - rest * height
            n = rest // n_blocks
            k = rest - n * n_blocks
            row = plain + n * load_i64(args, 5) + k * block * sc + h * load_i64(args, 7)
            out = blocked + n * load_i64(args, 10) + k * load_i64(args, 11) + h * load_i64(args, 12)
            here = min(block, channels - k * block)
            done = 0
            if sw == size and here == 16:
                done = width // lanes * lanes
                for c in range(0, 16, lanes):
                    for x in range(0, done, lanes):
                        at_plain = row + c * sc + x * size
                        at_block = out + x * pixel + c * size
                        if unpack:
                            transpose(at_block, pixel, at_plain, sc)
                        else:
                            transpose(at_plain, sc, at_block, pixel)
            for x in range(done, width):
                for c in range(here):
                    if unpack:
                        store(row + c * sc + x * sw, load(out + x * pixel + c * size))
                    else:
                        store(out + x * pixel + c * size, load(row + c * sc + x * sw))
                if not unpack:
                    for c in range(here, block):
                        store(out + x * pixel + c * size, scalar(0))

    return move_blocks


def build_clear_halo(dtype: str, lanes: int) -> Kernel:
    """Build the kernel that writes zeros around the pixels of every plane.

    Arguments: 0 buffer, 1 bytes of a plane, 2 of a row, 3 of the halo above, 4 left, 5 right, 6
    rows of pixels. A work item is one plane; in it the halo is one piece before each row and one
    after the last.
    """
    v = simd(dtype, lanes)
    store, zero, store_one, scalar = v.store, v.zero, v.store_scalar, v.scalar
    size, step = v.size, lanes * v.size

    def clear_halo(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        plane = load_i64(args, 1)
        row = load_i64(args, 2)
        above = load_i64(args, 3)
        left = load_i64(args, 4)
        right = load_i64(args, 5)
        rows = load_i64(args, 6)
        for item in range(lo, hi):
            start = load_i64(args, 0) + item * plane
            for k in range(rows + 1):
                at = start + above + k * row - right
                end = start + above + k * row + left
                if k == 0:
                    at = start
                if k == rows:
                    end = start + plane
                while at + step <= end:
                    store(at, zero())
                    at += step
                while at < end:
                    store_one(at, scalar(0))
                    at += size

    return clear_halo


def build_pack_weights(dtype: str, lanes: int) -> Kernel:
    """Build strided OIHW -> ``[group][in block][kh][kw][in lane][blocks * 16 out lanes]``.

    Arguments: 0 source, 1 destination, 2 out channels, 3 in channels, 4 kh, 5 kw, 6..9 byte
    strides o, i, h, w, 10 in block, 11 out blocks of a group, 12 input blocks, 13 a factor for each
    out channel (0 for none). A work item is one (group, input block). Absent channels are written as zero. Dense squares of 16 x 16 are
    transposed in registers through the scratch memory, everything else moves one by one.
    """
    v = simd(dtype, lanes)
    transpose, load, store, scalar = v.transpose, v.load_scalar, v.store_scalar, v.scalar
    load_vector, store_vector, stream, mul = v.load, v.store, v.stream, v.mul
    size = v.size

    def pack_weights(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        out_channels = load_i64(args, 2)
        in_channels = load_i64(args, 3)
        kw = load_i64(args, 5)
        taps = load_i64(args, 4) * kw
        so = load_i64(args, 6)
        si = load_i64(args, 7)
        sh = load_i64(args, 8)
        sw = load_i64(args, 9)
        block = load_i64(args, 10)
        blocks = load_i64(args, 11)
        in_blocks = load_i64(args, 12)
        factors = load_i64(args, 13)
        row = 16 * blocks * size
        aligned = load_i64(args, 1) % 64 == 0  # as a rule; memory of results may not be
        dense = sw == size and sh == kw * size and si == taps * size and block == 16
        for item in range(lo, hi):
            g = item // in_blocks
            i0 = (item - g * in_blocks) * block
            destination = load_i64(args, 1) + item * taps * block * row
            for j in range(blocks):
                o0 = (g * blocks + j) * 16
                corner = load_i64(args, 0) + o0 * so + i0 * si
                if dense and o0 + 16 <= out_channels and i0 + 16 <= in_channels:
                    for m in range(taps):
                        for r in range(0, 16, lanes):
                            for c in range(0, 16, lanes):
                                transpose(
                                    corner + r * so + (m * 16 + c) * size,
                                    so,
                                    scratch + (c * 16 + r) * size,
                                    16 * size,
                                )
                        for r in range(16):
                            i = (m * 16 + r) // taps
                            t = (m * 16 + r) - i * taps
                            at = destination + (t * 16 + i) * row + j * 16 * size
                            for c in range(0, 16, lanes):
                                value = load_vector(scratch + (r * 16 + c) * size)
                                if factors != 0:
                                    value = mul(value, load_vector(factors + (o0 + c) * size))
                                if aligned:
                                    stream(at + c * size, value)
                                else:
                                    store_vector(at + c * size, value)
                else:
                    for t in range(taps):
                        y = t // kw
                        tap = corner + y * sh + (t - y * kw) * sw
                        for i in range(block):
                            at = destination + (t * block + i) * row + j * 16 * size
                            for o in range(16):
                                if o0 + o < out_channels and i0 + i < in_channels:
                                    one = load(tap + o * so + i * si)
                                    if factors != 0:
                                        one = scalar(one * load(factors + (o0 + o) * size))
                                    store(at + o * size, one)
                                else:
                                    store(at + o * size, scalar(0))

    return pack_weights


def build_unpack_weights(dtype: str, lanes: int) -> Kernel:
    """Build the inverse of ``build_pack_weights``; same arguments, source and destination too."""
    v = simd(dtype, lanes)
    transpose, load, store = v.transpose, v.load_scalar, v.store_scalar
    load_vector, store_vector = v.load, v.store
    size = v.size

    def unpack_weights(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        out_channels = load_i64(args, 2)
        in_channels = load_i64(args, 3)
        kw = load_i64(args, 5)
        taps = load_i64(args, 4) * kw
        so = load_i64(args, 6)
        si = load_i64(args, 7)
        sh = load_i64(args, 8)
        sw = load_i64(args, 9)
        block = load_i64(args, 10)
        blocks = load_i64(args, 11)
        in_blocks = load_i64(args, 12)
        row = 16 * blocks * size
        dense = sw == size and sh == kw * size and si == taps * size and block == 16
        for item in range(lo, hi):
            g = item // in_blocks
            i0 = (item - g * in_blocks) * block
            source = load_i64(args, 1) + item * taps * block * row
            for j in range(blocks):
                o0 = (g * blocks + j) * 16
                corner = load_i64(args, 0) + o0 * so + i0 * si
                if dense and o0 + 16 <= out_channels and i0 + 16 <= in_channels:
                    for m in range(taps):
                        for r in range(16):
                            i = (m * 16 + r) // taps
                            t = (m * 16 + r) - i * taps
                            at = source + (t * 16 + i) * row + j * 16 * size
                            for c in range(0, 16, lanes):
                                store_vector(
                                    scratch + (r * 16 + c) * size, load_vector(at + c * size)
                                )
                        for r in range(0, 16, lanes):
                            for c in range(0, 16, lanes):
                                transpose(
                                    scratch + (c * 16 + r) * size,
                                    16 * size,
                                    corner + r * so + (m * 16 + c) * size,
                                    so,
                                )
                else:
                    for t in range(taps):
                        y = t // kw
                        tap = corner + y * sh + (t - y * kw) * sw
                        for i in range(min(block, in_channels - i0)):
                            at = source + (t * block + i) * row + j * 16 * size
                            for o in range(min(16, out_channels - o0)):
                                store(tap + o * so + i * si, load(at + o * size))

    return unpack_weights
