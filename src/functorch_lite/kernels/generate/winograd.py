"""Winograd's minimal filtering F(m x m, 3 x 3): the transforms around the products.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015): with t = m + 2,
``y = A' [(G w G') * (B' x B)] A`` for each tile of t x t inputs, where ``*`` sums over input
channels. In the transformed domain there are t * t independent matrix products, which
``table_matmul`` computes. The gradients are the transposed maps: with respect to the weights
``G' [(B' x B) * (A dy A')] G``; with respect to the input the same convolution with the weights
turned around.

A transform is one intrinsic: t or m rows of vectors are loaded, combined by columns, then by
rows, and stored; coefficients are constants in the code and pairs of rows or columns of the
matrix that differ in signs only share their halves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from .simd import (
    I64,
    call_kernel,
    declare,
    element_type,
    emit_stream,
    gep,
    load_i64,
    make_intrinsic,
    simd,
    store_i64,
)
from .simd import address as to_pointer

__all__ = [
    "MATRICES",
    "build_output_transform",
    "build_tile_transform",
    "build_weight_transform",
    "build_winograd_blocks",
    "build_winograd_gradient_blocks",
]

Kernel = Callable[[Any, Any, Any, Any], None]
_POINTS = {2: (1.0,), 4: (0.625, 1.5)}


def _matrices(m: int) -> dict[str, np.ndarray]:
    """Return B', G and A' of F(m, 3) by Toom and Cook's construction.

    The interpolation points are 0, each of ``_POINTS[m]`` with both signs, and infinity. The
    usual 1 and 2 for m = 4 lose three to four times as much accuracy as 5/8 and 3/2 (Barabasz
    et al., "Error analysis and improving the accuracy of Winograd convolution for deep neural
    networks", 2018, explain why), and cost the same.
    """
    points = [0.0]
    for p in _POINTS[m]:
        points += [p, -p]
    a = [[p**i for p in points] + [float(i == m - 1)] for i in range(m)]
    b, g = [], []
    for i, p in enumerate(points):
        others = points[:i] + points[i + 1 :]
        g.append([p**j / math.prod(p - q for q in others) for j in range(3)])
        b.append([*np.poly(others)[::-1], 0.0])
    g.append([0.0, 0.0, 1.0])
    b.append(list(np.poly(points)[::-1]))
    return {"B": np.array(b), "G": np.array(g), "A": np.array(a)}


MATRICES = {m: _matrices(m) for m in _POINTS}
"""B', G and A' of each tile size m."""


class _Combiner:
    """Emits linear combinations of vectors with constant coefficients."""

    def __init__(self, b: Any, vector: Any, fma: Any) -> None:
        self.b, self.vector, self.fma = b, vector, fma

    def constant(self, value: float) -> Any:
        return ir.Constant(self.vector, [float(value)] * self.vector.count)

    def combine(self, coefficients: np.ndarray, values: list[Any]) -> Any:
        """Return the sum of coefficient * value, None when all coefficients are zero."""
        b, total = self.b, None
        terms = [(c, v) for c, v in zip(coefficients, values, strict=True) if c != 0]
        for c, v in sorted(terms, key=lambda term: abs(term[0]) != 1):
            if total is None:
                total = v if c == 1 else b.fneg(v) if c == -1 else b.fmul(v, self.constant(c))
            elif abs(c) == 1:
                total = b.fadd(total, v) if c == 1 else b.fsub(total, v)
            else:
                total = b.call(self.fma, [v, self.constant(c), total])
        return total

    def apply(self, matrix: np.ndarray, values: list[Any]) -> list[Any]:
        """Return matrix @ values."""
        matrix, values = self._merge_columns(matrix, values)
        out: list[Any] = []
        while len(out) < len(matrix):
            i = len(out)
            if i + 1 < len(matrix):
                even, odd = (matrix[i] + matrix[i + 1]) / 2, (matrix[i] - matrix[i + 1]) / 2
                if even.any() and odd.any() and not (even * odd).any():
                    x, y = self.combine(even, values), self.combine(odd, values)
                    out += [self.b.fadd(x, y), self.b.fsub(x, y)]
                    continue
            out.append(self.combine(matrix[i], values))
        return out

    def _merge_columns(self, matrix: np.ndarray, values: list[Any]) -> tuple[np.ndarray, list[Any]]:
        """Replace neighbouring columns that agree up to sign by their sum and difference."""
        columns, out = [], []
        i = 0
        while i < len(values):
            pair = i + 1 < len(values) and len(matrix) > 1
            if pair and (abs(matrix[:, i]) == abs(matrix[:, i + 1])).all():
                left, right = matrix[:, i], matrix[:, i + 1]
                if (left * right > 0).any() and (left * right < 0).any():
                    out += [self.b.fadd(*values[i : i + 2]), self.b.fsub(*values[i : i + 2])]
                    columns += [np.where(left == right, left, 0), np.where(left == right, 0, left)]
                    i += 2
                    continue
            columns.append(matrix[:, i])
            out.append(values[i])
            i += 1
        return np.stack(columns, axis=1), out


def _transform(dtype: str, lanes: int, matrix: np.ndarray, stream: bool = False) -> Any:
    """Return the intrinsic ``dst = matrix @ src @ matrix'`` of vectors.

    Its arguments are source, bytes between source rows and columns, the same of the destination.
    With ``stream`` the result goes past the caches.
    """
    n_out, n_in = matrix.shape

    def emit(b: Any, s: Any, s_row: Any, s_col: Any, d: Any, d_row: Any, d_col: Any) -> None:
        element, size = element_type(dtype)
        vector = ir.VectorType(element, lanes)
        fma = declare(b, f"llvm.fmuladd.v{lanes}f{8 * size}", vector, [vector] * 3)
        combiner = _Combiner(b, vector, fma)

        def grid(base: Any, row: Any, col: Any, count: int) -> list[list[Any]]:
            start = to_pointer(b, base)
            rows = [gep(b, start, b.mul(row, ir.Constant(I64, y))) for y in range(count)]
            offsets = [b.mul(col, ir.Constant(I64, x)) for x in range(count)]
            return [[gep(b, p, o) for o in offsets] for p in rows]

        source, target = grid(s, s_row, s_col, n_in), grid(d, d_row, d_col, n_out)
        columns = []
        for x in range(n_in):
            loaded = [b.load(source[y][x], typ=vector, align=size) for y in range(n_in)]
            columns.append(combiner.apply(matrix, loaded))
        for y in range(n_out):
            row = combiner.apply(matrix, [column[y] for column in columns])
            for x in range(n_out):
                if stream:
                    emit_stream(b, row[x], target[y][x], lanes * size)
                else:
                    b.store(row[x], target[y][x], align=size)

    return make_intrinsic(types.void, (types.int64,) * 6, emit)


def build_tile_transform(dtype: str, lanes: int, m: int, gradient: bool) -> Kernel:
    """Build ``B' x B`` of input tiles, or ``A dy A'`` of gradient tiles.

    Arguments: 0 top left of the first tile, 1 destination ``[t * t][block][tile][16]``, 2 first
    tile, 3 tiles, 4 tiles in a row, 5 tiles in an image, 6 source bytes a row, 7 a plane, 8 an
    image, 9 readable rows and 10 columns from the first tile's corner, 11 destination bytes an
    element of the transform, 12 a block. A work item is one (block, tile). Tiles that reach
    beyond the readable part are copied and completed with zeros first.
    """
    v = simd(dtype, lanes)
    load, store, zero = v.load, v.store, v.zero
    size = v.size
    pixel, part_bytes, parts = 16 * size, lanes * size, 16 // lanes
    reach = m if gradient else m + 2
    spread = m + 2
    matrix = MATRICES[m]["A"].T if gradient else MATRICES[m]["B"]
    transform = _transform(dtype, lanes, matrix)

    def tile_transform(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        first = load_i64(args, 2)
        tiles = load_i64(args, 3)
        across = load_i64(args, 4)
        per_image = load_i64(args, 5)
        row = load_i64(args, 6)
        rows = load_i64(args, 9)
        columns = load_i64(args, 10)
        element = load_i64(args, 11)
        for item in range(lo, hi):
            k = item // tiles
            q = item - k * tiles
            n = (first + q) // per_image
            r = (first + q) - n * per_image
            ty = r // across
            tx = r - ty * across
            source = load_i64(args, 0) + n * load_i64(args, 8) + k * load_i64(args, 7)
            source += ty * m * row + tx * m * pixel
            out = load_i64(args, 1) + k * load_i64(args, 12) + q * pixel
            high = rows - ty * m
            wide = columns - tx * m
            step = row
            if high < reach or wide < reach:
                for y in range(reach):
                    for x in range(reach):
                        for part in range(0, pixel, part_bytes):
                            to = scratch + (y * reach + x) * pixel + part
                            if y < high and x < wide:
                                store(to, load(source + y * row + x * pixel + part))
                            else:
                                store(to, zero())
                source = scratch
                step = reach * pixel
            for part in range(0, parts * part_bytes, part_bytes):
                transform(source + part, step, pixel, out + part, spread * element, element)

    return tile_transform


def build_output_transform(dtype: str, lanes: int, m: int) -> Kernel:
    """Build ``A' M A`` of product tiles with residual, bias and relu.

    Arguments: 0 products ``[t * t][block][tile][16]``, 1 output pixel (0, 0), 2 first tile, 3
    tiles, 4 tiles in a row, 5 tiles in an image, 6 output bytes a row, 7 a plane, 8 an image, 9
    height, 10 width, 11 product bytes an element, 12 a block, 13 residual (0 for none), 14 bias
    (0 for none), 15 relu. A work item is one (block, tile).
    """
    v = simd(dtype, lanes)
    load, store, add, relu_of, zero = v.load, v.store, v.add, v.relu, v.zero
    size = v.size
    pixel, part_bytes = 16 * size, lanes * size
    spread = m + 2
    transform = _transform(dtype, lanes, MATRICES[m]["A"])

    def output_transform(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        first = load_i64(args, 2)
        tiles = load_i64(args, 3)
        across = load_i64(args, 4)
        per_image = load_i64(args, 5)
        row = load_i64(args, 6)
        element = load_i64(args, 11)
        residual = load_i64(args, 13)
        bias = load_i64(args, 14)
        relu = load_i64(args, 15)
        plain = residual == 0 and bias == 0 and relu == 0
        for item in range(lo, hi):
            k = item // tiles
            q = item - k * tiles
            n = (first + q) // per_image
            r = (first + q) - n * per_image
            ty = r // across
            tx = r - ty * across
            source = load_i64(args, 0) + k * load_i64(args, 12) + q * pixel
            offset = n * load_i64(args, 8) + k * load_i64(args, 7) + ty * m * row + tx * m * pixel
            out = load_i64(args, 1) + offset
            high = min(m, load_i64(args, 9) - ty * m)
            wide = min(m, load_i64(args, 10) - tx * m)
            if plain and high == m and wide == m:
                for part in range(0, pixel, part_bytes):
                    transform(source + part, spread * element, element, out + part, row, pixel)
            else:
                for part in range(0, pixel, part_bytes):
                    transform(
                        source + part, spread * element, element, scratch + part, m * pixel, pixel
                    )
                    shift = zero()
                    if bias != 0:
                        shift = load(bias + k * pixel + part)
                    for y in range(high):
                        for x in range(wide):
                            at = y * row + x * pixel + part
                            value = add(load(scratch + (y * m + x) * pixel + part), shift)
                            if residual != 0:
                                value = add(value, load(residual + offset + at))
                            if relu != 0:
                                value = relu_of(value)
                            store(out + at, value)

    return output_transform


def build_weight_transform(dtype: str, lanes: int, m: int, gradient: bool) -> Kernel:
    """Build ``G w G'`` of packed weights, or ``G' dU G`` back to them.

    Arguments: 0 packed weights, 1 transformed, 2 bytes of a kernel position in the packed
    weights, 3 transformed bytes an element, 4 how many gradients to add, 5 bytes between them, 6
    accumulate. A work item is one (group, input block): a square of ``[16][blocks * 16]``.
    """
    v = simd(dtype, lanes)
    load, store, add = v.load, v.store, v.add
    size = v.size
    step, spread = lanes * size, m + 2
    matrix = MATRICES[m]["G"].T.copy() if gradient else MATRICES[m]["G"]
    transform = _transform(dtype, lanes, matrix, stream=not gradient)

    def weight_transform(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        tap = load_i64(args, 2)
        element = load_i64(args, 3)
        for item in range(lo, hi):
            weights = load_i64(args, 0) + item * 9 * tap
            transformed = load_i64(args, 1) + item * tap
            for at in range(0, tap, step):
                transform(weights + at, 3 * tap, tap, transformed + at, spread * element, element)

    def weight_gradient(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        tap = load_i64(args, 2)
        element = load_i64(args, 3)
        copies = load_i64(args, 4)
        for item in range(lo, hi):
            weights = load_i64(args, 0) + item * 9 * tap
            transformed = load_i64(args, 1) + item * tap
            for at in range(0, tap, step):
                for k in range(1, copies):
                    for e in range(spread * spread):
                        to = transformed + at + e * element
                        store(to, add(load(to), load(to + k * load_i64(args, 5))))
                if load_i64(args, 6) != 0:
                    transform(transformed + at, spread * element, element, scratch, 3 * step, step)
                    for t in range(9):
                        to = weights + at + t * tap
                        store(to, add(load(to), load(scratch + t * step)))
                else:
                    transform(
                        transformed + at, spread * element, element, weights + at, 3 * tap, tap
                    )

    return weight_gradient if gradient else weight_transform


def build_winograd_blocks() -> Kernel:
    """Build the kernel that takes blocks of tiles through all three stages.

    Arguments: 0 tiles, 1 tiles of a block, 2 rows of the register tile, 3 input blocks, 4 output
    blocks, 5 products (elements x groups), 6 bytes of transformed input, 7 of products, then
    address of kernel and arguments of 8, 9 input transform, 10, 11 product, 12, 13 output
    transform. Arguments are copied to the scratch memory, which also holds the transformed
    block, and pointed at the block. A work item is one block of tiles.
    """

    def winograd_blocks(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        block = load_i64(args, 1)
        rows = load_i64(args, 2)
        a = scratch
        b = scratch + 256
        c = scratch + 512
        transformed = scratch + 768
        products = transformed + load_i64(args, 6)
        spare = products + load_i64(args, 7)
        for i in range(13):
            store_i64(a, i, load_i64(load_i64(args, 9), i))
        for i in range(30):
            store_i64(b, i, load_i64(load_i64(args, 11), i))
        for i in range(16):
            store_i64(c, i, load_i64(load_i64(args, 13), i))
        store_i64(a, 1, transformed)
        store_i64(b, 0, transformed)
        store_i64(b, 2, products)
        store_i64(c, 0, products)
        for k in range(lo, hi):
            first = k * block
            count = min(block, load_i64(args, 0) - first)
            height = (count + rows - 1) // rows
            store_i64(a, 2, first)
            store_i64(a, 3, count)
            store_i64(b, 24, height)
            store_i64(c, 2, first)
            store_i64(c, 3, count)
            call_kernel(load_i64(args, 8), a, 0, load_i64(args, 3) * count, spare)
            call_kernel(load_i64(args, 10), b, 0, load_i64(args, 5) * height, spare)
            call_kernel(load_i64(args, 12), c, 0, load_i64(args, 4) * count, spare)

    return winograd_blocks


def build_winograd_gradient_blocks() -> Kernel:
    """Build the kernel that sums the weights' transformed gradient over parts of the tiles.

    Arguments: 0 tiles, 1 tiles of a block, 2 tiles of a part, 3 input blocks, 4 output blocks, 5
    items of the product, 6 bytes of transformed input, 7 of transformed gradient, 8 bytes of one
    part's sum, then address of kernel and arguments of 9, 10 input transform, 11, 12 gradient
    transform, 13, 14 product. A work item is one part and writes a sum of its own.
    """

    def winograd_gradient_blocks(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        a = scratch
        b = scratch + 256
        c = scratch + 512
        inputs = scratch + 768
        gradients = inputs + load_i64(args, 6)
        spare = gradients + load_i64(args, 7)
        for i in range(13):
            store_i64(a, i, load_i64(load_i64(args, 10), i))
            store_i64(b, i, load_i64(load_i64(args, 12), i))
        for i in range(20):
            store_i64(c, i, load_i64(load_i64(args, 14), i))
        store_i64(a, 1, inputs)
        store_i64(b, 1, gradients)
        store_i64(c, 0, inputs)
        store_i64(c, 1, gradients)
        block = load_i64(args, 1)
        for part in range(lo, hi):
            start = part * load_i64(args, 2)
            stop = min(start + load_i64(args, 2), load_i64(args, 0))
            store_i64(c, 2, load_i64(load_i64(args, 14), 2) + part * load_i64(args, 8))
            first = start
            while first < stop:
                count = min(block, stop - first)
                store_i64(a, 2, first)
                store_i64(a, 3, count)
                store_i64(b, 2, first)
                store_i64(b, 3, count)
                store_i64(c, 5, count)
                store_i64(c, 16, 1 if first > start else 0)
                call_kernel(load_i64(args, 9), a, 0, load_i64(args, 3) * count, spare)
                call_kernel(load_i64(args, 11), b, 0, load_i64(args, 4) * count, spare)
                call_kernel(load_i64(args, 13), c, 0, load_i64(args, 5), spare)
                first += block

    return winograd_gradient_blocks
