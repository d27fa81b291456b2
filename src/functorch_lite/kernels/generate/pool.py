"""Max and average pooling in the blocked layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .simd import load_i64, simd

__all__ = ["build_pool_backward", "build_pool_forward"]

Kernel = Callable[[Any, Any, Any, Any], None]


def build_pool_forward(dtype: str, lanes: int, maximum: bool) -> Kernel:
    """Build max pooling with window indices, or average pooling.

    Arguments: 0 x, 1 y, 2 indices ``[n][block][oh][ow][16]`` int32 (0 for none), 3 h, 4 w, 5 oh,
    6 ow, 7 kh, 8 kw, 9, 10 strides, 11, 12 dilations, 13 padding above, 14 left, 15 what an
    average divides by (0 the pixels inside, 1 the whole window, 2 nothing: the sum), then image, plane and row bytes of 16 x, 19 y, and 22 blocks. A work
    item is one output row of one block of channels. The maximum is the first one in row-major
    window order, or the first NaN; a window without pixels gives -inf and index -1.
    """
    v = simd(dtype, lanes)
    load, store, add, mul, zero, splat = v.load, v.store, v.add, v.mul, v.zero, v.splat
    splat_int, store_int = v.splat_int, v.store_int
    keep_max, keep_index, scalar = v.keep_max, v.keep_index, v.scalar
    size = v.size
    pixel, step = 16 * size, lanes * size

    def pool_forward(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        indices = load_i64(args, 2)
        height = load_i64(args, 3)
        width = load_i64(args, 4)
        rows = load_i64(args, 5)
        columns = load_i64(args, 6)
        kh = load_i64(args, 7)
        kw = load_i64(args, 8)
        stride = load_i64(args, 10)
        dh = load_i64(args, 11)
        dw = load_i64(args, 12)
        left = load_i64(args, 14)
        count_all = load_i64(args, 15)
        x_row = load_i64(args, 18)
        blocks = load_i64(args, 22)
        for item in range(lo, hi):
            plane = item // rows
            oy = item - plane * rows
            n = plane // blocks
            k = plane - n * blocks
            top = oy * load_i64(args, 9) - load_i64(args, 13)
            y0 = (max(-top, 0) + dh - 1) // dh
            y1 = min(kh, (height - top + dh - 1) // dh)
            x = load_i64(args, 0) + n * load_i64(args, 16) + k * load_i64(args, 17)
            y = load_i64(args, 1) + n * load_i64(args, 19) + k * load_i64(args, 20)
            y += oy * load_i64(args, 21)
            for ox in range(columns):
                start = ox * stride - left
                x0 = 0
                x1 = kw
                if start < 0:
                    x0 = (dw - 1 - start) // dw
                if start + (kw - 1) * dw >= width:
                    x1 = (width - start + dw - 1) // dw
                for part in range(0, pixel, step):
                    corner = x + top * x_row + start * pixel + part
                    if maximum:
                        best = splat(scalar(-float("inf")))
                        index = splat_int(-1)
                        if y1 > y0 and x1 > x0:
                            best = load(corner + y0 * dh * x_row + x0 * dw * pixel)
                            index = splat_int(y0 * kw + x0)
                        for ky in range(y0, y1):
                            row = corner + ky * dh * x_row
                            for kx in range(x0, x1):
                                value = load(row + kx * dw * pixel)
                                here = splat_int(ky * kw + kx)
                                index = keep_index(value, best, here, index)
                                best = keep_max(value, best)
                        store(y + ox * pixel + part, best)
                        if indices != 0:
                            store_int(
                                indices + (item * columns + ox) * 64 + part // size * 4, index
                            )
                    else:
                        total = zero()
                        for ky in range(y0, y1):
                            row = corner + ky * dh * x_row
                            line = zero()
                            for kx in range(x0, x1):
                                line = add(line, load(row + kx * dw * pixel))
                            total = add(total, line)
                        count = max(y1 - y0, 0) * max(x1 - x0, 0)
                        if count_all != 0:
                            count = kh * kw if count_all == 1 else 1
                        share = splat(scalar(1.0 / max(count, 1)))
                        store(y + ox * pixel + part, mul(total, share))

    return pool_forward


def build_pool_backward(dtype: str, lanes: int, maximum: bool) -> Kernel:
    """Build the gradient of pooling; arguments as in forward with dx for x and dy for y.

    Argument 23 not 0 accumulates. A work item is one row of dx of one block: each kernel
    position adds its part of the output rows that reach this one.
    """
    v = simd(dtype, lanes)
    load, store, add, zero, splat = v.load, v.store, v.add, v.zero, v.splat
    splat_int, load_int, where_equal, fma = v.splat_int, v.load_int, v.where_equal, v.fma
    scalar, size = v.scalar, v.size
    pixel, step = 16 * size, lanes * size

    def pool_backward(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        indices = load_i64(args, 2)
        height = load_i64(args, 3)
        width = load_i64(args, 4)
        rows = load_i64(args, 5)
        columns = load_i64(args, 6)
        kh = load_i64(args, 7)
        kw = load_i64(args, 8)
        sh = load_i64(args, 9)
        sw = load_i64(args, 10)
        dh = load_i64(args, 11)
        dw = load_i64(args, 12)
        above = load_i64(args, 13)
        left = load_i64(args, 14)
        count_all = load_i64(args, 15)
        blocks = load_i64(args, 22)
        for item in range(lo, hi):
            plane = item // height
            iy = item - plane * height
            n = plane // blocks
            k = plane - n * blocks
            dx = load_i64(args, 0) + n * load_i64(args, 16) + k * load_i64(args, 17)
            dx += iy * load_i64(args, 18)
            dy = load_i64(args, 1) + n * load_i64(args, 19) + k * load_i64(args, 20)
            if load_i64(args, 23) == 0:
                for p in range(0, width * pixel, step):
                    store(dx + p, zero())
            for ky in range(kh):
                reach = iy + above - ky * dh
                oy = reach // sh
                if reach >= 0 and oy * sh == reach and oy < rows:
                    row = dy + oy * load_i64(args, 21)
                    chosen = indices + (plane * rows + oy) * columns * 64
                    top = oy * sh - above
                    high = min(kh, height - top) - max(0, -top)
                    for kx in range(kw):
                        shift = kx * dw - left
                        first = (max(-shift, 0) + sw - 1) // sw
                        last = min(columns, (width - shift + sw - 1) // sw)
                        here = splat_int(ky * kw + kx)
                        for ox in range(first, last):
                            to = dx + (ox * sw + shift) * pixel
                            source = row + ox * pixel
                            if maximum:
                                for part in range(0, pixel, step):
                                    index = load_int(chosen + ox * 64 + part // size * 4)
                                    value = where_equal(index, here, load(source + part))
                                    store(to + part, add(load(to + part), value))
                            else:
                                start = ox * sw - left
                                wide = min(kw, width - start) - max(0, -start)
                                count = high * wide
                                if count_all != 0:
                                    count = kh * kw if count_all == 1 else 1
                                share = splat(scalar(1.0 / max(count, 1)))
                                for part in range(0, pixel, step):
                                    value = fma(load(source + part), share, load(to + part))
                                    store(to + part, value)

    return pool_backward
