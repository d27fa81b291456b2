"""Winograd's minimal filtering F(m x m, 3 x 3): the transforms around the products.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015): with t = m + 2,
``y = A' [(G w G') * (B' x B)] A`` for each tile of t x t inputs, where ``*`` sums over input
channels. In the transformed domain there are t * t independent matrix products, which
``table_matmul`` computes. The gradients are the transposed maps: with respect to the weights
``G' [(B' x B) * (A dy A')] G``; with respect to the input the same convolution with the weights
turned around.

An image of at most 2 x 2 pixels, padded by one, needs less: along an axis ``y = T x`` with the
Toeplitz matrix ``T = [[w1, w2], [w0, w1]]``, and ``w1 (x0 + x1) + (w2 - w1) x1``,
``w1 (x0 + x1) + (w0 - w1) x0`` are three products in the place of F(2)'s four: 9 for an image
instead of 16, with weights no larger than before and hardly any rounding. This is algorithm 1.

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
    declare,
    element_type,
    emit_stream,
    gep,
    load_i64,
    make_intrinsic,
    simd,
)
from .simd import address as to_pointer

__all__ = [
    "MATRICES",
    "build_output_transform",
    "build_tile_transform",
    "build_weight_transform",
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


_SMALL_IMAGE = {
    "B": np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]),
    "G": np.array([[0.0, 1.0, 0.0], [0.0, -1.0, 1.0], [1.0, -1.0, 0.0]]),
    "A": np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]),
}
MATRICES = {1: _SMALL_IMAGE} | {m: _matrices(m) for m in _POINTS}
"""B', G and A' of each algorithm: 1 for small images, else the size m of a tile."""


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


def _transform(
    dtype: str, lanes: int, matrix: np.ndarray, stream: bool = False, bordered: bool = False
) -> Any:
    """Return the intrinsic ``dst = matrix @ src @ matrix'`` of vectors.

    Its arguments are source, bytes between source rows and columns, the same of the destination.
    With ``stream`` the result goes past the caches. With ``bordered`` there are five more: the
    rows ``[y0, y1)`` and columns ``[x0, x1)`` that the source has, and the address of a vector of
    zeros, which stands for the others.
    """
    n_out, n_in = matrix.shape

    def emit(
        b: Any, s: Any, s_row: Any, s_col: Any, d: Any, d_row: Any, d_col: Any, *border: Any
    ) -> None:
        element, size = element_type(dtype)
        vector = ir.VectorType(element, lanes)
        fma = declare(b, f"llvm.fmuladd.v{lanes}f{8 * size}", vector, [vector] * 3)
        combiner = _Combiner(b, vector, fma)

        def grid(base: Any, row: Any, col: Any, count: int) -> list[list[Any]]:
            start = to_pointer(b, base)
            rows = [gep(b, start, b.mul(row, ir.Constant(I64, y))) for y in range(count)]
            offsets = [b.mul(col, ir.Constant(I64, x)) for x in range(count)]
            return [[gep(b, p, o) for o in offsets] for p in rows]

        def within(low: Any, high: Any) -> list[Any]:
            at = [ir.Constant(I64, i) for i in range(n_in)]
            return [b.and_(b.icmp_signed("<=", low, i), b.icmp_signed("<", i, high)) for i in at]

        source, target = grid(s, s_row, s_col, n_in), grid(d, d_row, d_col, n_out)
        if border:
            y0, y1, x0, x1, zeros = border
            rows, cols, nothing = within(y0, y1), within(x0, x1), to_pointer(b, zeros)
            source = [
                [b.select(b.and_(rows[y], cols[x]), source[y][x], nothing) for x in range(n_in)]
                for y in range(n_in)
            ]
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

    return make_intrinsic(types.void, (types.int64,) * (11 if bordered else 6), emit)


def build_tile_transform(dtype: str, lanes: int, m: int, gradient: bool) -> Kernel:
    """Build ``B' x B`` of input tiles, or ``A dy A'`` of gradient tiles.

    Arguments: 0 top left of the first tile, 1 destination ``[t * t][block][tile][16]``, 2 first
    tile, 3 tiles, 4 tiles in a row, 5 tiles in an image, 6 source bytes a row, 7 a plane, 8 an
    image, 9 rows and 10 columns of padding that the first tile starts with, 11 destination bytes
    an element of the transform, 12 a block, 13 height, 14 width. A work item is one (block,
    tile). Whatever lies outside the image is zero, and is not read.
    """
    v = simd(dtype, lanes)
    store, zero = v.store, v.zero
    size = v.size
    pixel, part_bytes, parts = 16 * size, lanes * size, 16 // lanes
    matrix = MATRICES[m]["A"].T if gradient else MATRICES[m]["B"]
    spread, reach = matrix.shape
    outputs = MATRICES[m]["A"].shape[0]
    inner, border = (
        _transform(dtype, lanes, matrix),
        _transform(dtype, lanes, matrix, bordered=True),
    )

    def tile_transform(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        first = load_i64(args, 2)
        tiles = load_i64(args, 3)
        across = load_i64(args, 4)
        per_image = load_i64(args, 5)
        row = load_i64(args, 6)
        element = load_i64(args, 11)
        store(scratch, zero())
        for item in range(lo, hi):
            k = item // tiles
            q = item - k * tiles
            n = (first + q) // per_image
            r = (first + q) - n * per_image
            ty = r // across
            tx = r - ty * across
            source = load_i64(args, 0) + n * load_i64(args, 8) + k * load_i64(args, 7)
            source += ty * outputs * row + tx * outputs * pixel
            out = load_i64(args, 1) + k * load_i64(args, 12) + q * pixel
            y0 = load_i64(args, 9) - ty * outputs
            x0 = load_i64(args, 10) - tx * outputs
            y1 = y0 + load_i64(args, 13)
            x1 = x0 + load_i64(args, 14)
            for part in range(0, parts * part_bytes, part_bytes):
                if max(y0, x0) > 0 or min(y1, x1) < reach:
                    border(
                        source + part, row, pixel, out + part, spread * element, element,
                        y0, y1, x0, x1, scratch,
                    )  # fmt: skip
                else:
                    inner(source + part, row, pixel, out + part, spread * element, element)

    return tile_transform


def build_output_transform(dtype: str, lanes: int, m: int, stream: bool) -> Kernel:
    """Build ``A' M A`` of product tiles with residual, bias and relu.

    Arguments: 0 products ``[t * t][block][tile][16]``, 1 output pixel (0, 0), 2 first tile, 3
    tiles, 4 tiles in a row, 5 tiles in an image, 6 output bytes a row, 7 a plane, 8 an image, 9
    height, 10 width, 11 product bytes an element, 12 a block, 13 residual (0 for none), 14 bias
    (0 for none), 15 relu. A work item is one (block, tile). With ``stream`` the pixels, which
    other threads will read, go past the caches.
    """
    v = simd(dtype, lanes)
    load, add, relu_of, zero, store = v.load, v.add, v.relu, v.zero, v.store
    size = v.size
    pixel, part_bytes = 16 * size, lanes * size
    matrix = MATRICES[m]["A"]
    outputs, spread = matrix.shape
    transform = _transform(dtype, lanes, matrix)
    to_pixels = _transform(dtype, lanes, matrix, stream)
    store_pixel = v.stream if stream else store

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
            offset = (
                n * load_i64(args, 8)
                + k * load_i64(args, 7)
                + ty * outputs * row
                + tx * outputs * pixel
            )
            out = load_i64(args, 1) + offset
            high = min(outputs, load_i64(args, 9) - ty * outputs)
            wide = min(outputs, load_i64(args, 10) - tx * outputs)
            if plain and high == outputs and wide == outputs:
                for part in range(0, pixel, part_bytes):
                    to_pixels(source + part, spread * element, element, out + part, row, pixel)
            else:
                for part in range(0, pixel, part_bytes):
                    transform(
                        source + part,
                        spread * element,
                        element,
                        scratch + part,
                        outputs * pixel,
                        pixel,
                    )
                    shift = zero()
                    if bias != 0:
                        shift = load(bias + k * pixel + part)
                    for y in range(high):
                        for x in range(wide):
                            at = y * row + x * pixel + part
                            value = add(load(scratch + (y * outputs + x) * pixel + part), shift)
                            if residual != 0:
                                value = add(value, load(residual + offset + at))
                            if relu != 0:
                                value = relu_of(value)
                            store_pixel(out + at, value)

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
    step, spread = lanes * size, len(MATRICES[m]["G"])
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
