"""Offset tables that turn every convolution into the same sum.

A convolution's output pixel is a row, a kernel position of an input block is a tap; the
element they meet at is ``row offset + tap offset`` bytes from the input's first pixel, whatever
the stride, padding and dilation. Backward-data is such a sum over the output gradient, one for
each residue of the pixel position modulo the stride.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .layout import Halo, Layout, WeightLayout

__all__ = ["Geometry", "Phase", "backward_phases", "forward_rows", "forward_taps", "pad_rows"]


@dataclass(frozen=True)
class Geometry:
    """Sizes of a two-dimensional convolution.

    Examples
    --------
    >>> g = Geometry(5, 5, 3, 3, (2, 2), ((1, 1), (1, 1)), (1, 1))
    >>> g.out_h, g.out_w, g.x_halo
    (3, 3, (1, 1, 1, 1))
    """

    h: int
    w: int
    kh: int
    kw: int
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    dilation: tuple[int, int]

    def __post_init__(self) -> None:
        if min(self.stride) < 1 or min(self.dilation) < 1:
            raise ValueError(f"stride {self.stride} and dilation {self.dilation} must be positive")
        if self.out_h < 1 or self.out_w < 1:
            raise ValueError(
                f"a {self.kh}x{self.kw} kernel with dilation {self.dilation} does not fit an "
                f"image of {self.h}x{self.w} padded by {self.padding}"
            )

    @property
    def out_h(self) -> int:
        """Output rows."""
        reach = self.dilation[0] * (self.kh - 1) + 1
        return (self.h + sum(self.padding[0]) - reach) // self.stride[0] + 1

    @property
    def out_w(self) -> int:
        """Output columns."""
        reach = self.dilation[1] * (self.kw - 1) + 1
        return (self.w + sum(self.padding[1]) - reach) // self.stride[1] + 1

    @property
    def x_halo(self) -> Halo:
        """Halo that the input buffer needs for forward and backward-weights."""
        sides = []
        sizes = ((self.h, self.out_h, self.kh), (self.w, self.out_w, self.kw))
        for axis, (size, out, k) in enumerate(sizes):
            before = self.padding[axis][0]
            last = (out - 1) * self.stride[axis] - before + self.dilation[axis] * (k - 1)
            sides += [max(0, before), max(0, last - (size - 1))]
        return (sides[0], sides[1], sides[2], sides[3])

    @property
    def y_halo(self) -> Halo:
        """Halo that the output gradient's buffer needs for backward-data."""
        sides = []
        sizes = ((self.h, self.out_h, self.kh), (self.w, self.out_w, self.kw))
        for axis, (size, out, k) in enumerate(sizes):
            s, d, before = self.stride[axis], self.dilation[axis], self.padding[axis][0]
            low = -((d * (k - 1) - before) // s)
            high = (size - 1 + before) // s
            sides += [max(0, -low), max(0, high - (out - 1))]
        return (sides[0], sides[1], sides[2], sides[3])


def _grid(ys: np.ndarray, xs: np.ndarray, row: int, pixel: int) -> np.ndarray:
    """Byte offsets of the pixels at rows ys and columns xs, flat."""
    return (ys[:, None] * row + xs[None, :] * pixel).reshape(-1)


def _images(offsets: np.ndarray, images: int, stride: int) -> np.ndarray:
    """Repeat pixel offsets for several images."""
    return (np.arange(images)[:, None] * stride + offsets[None, :]).reshape(-1)


def pad_rows(offsets: np.ndarray, rows: int) -> np.ndarray:
    """Repeat the last offset until the length is a multiple of the tile.

    The repeated rows compute and store the last one's value again, which is harmless even when
    accumulating because a tile loads everything before it stores anything.

    Examples
    --------
    >>> pad_rows(np.array([0, 8, 16]), 2).tolist()
    [0, 8, 16, 16]
    """
    spare = -len(offsets) % rows
    return np.ascontiguousarray(np.pad(offsets, (0, spare), mode="edge"), np.int64)


def forward_rows(g: Geometry, x: Layout, y: Layout, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Offsets of the output pixels of ``images`` images, in x and in y."""
    oy, ox = np.arange(g.out_h), np.arange(g.out_w)
    at_x = _grid(
        oy * g.stride[0] - g.padding[0][0], ox * g.stride[1] - g.padding[1][0], x.row, x.pixel
    )
    at_y = _grid(oy, ox, y.row, y.pixel)
    return _images(at_x, images, x.image), _images(at_y, images, y.image)


def forward_taps(g: Geometry, x: Layout, blocks: int) -> tuple[np.ndarray, int]:
    """Return the offsets of the taps in x and the depth of a tap.

    Thin inputs (a block below 16) have the columns of the kernel side by side in memory, so a
    row of the kernel becomes one tap of ``kw * block``.
    """
    columns, depth = g.kw, x.block
    if x.block < 16 and g.dilation[1] == 1:
        columns, depth = 1, g.kw * x.block
    k = np.arange(blocks)[:, None, None] * x.plane
    y = np.arange(g.kh)[:, None] * g.dilation[0] * x.row
    z = np.arange(columns) * g.dilation[1] * x.pixel
    return np.ascontiguousarray((k + y + z).reshape(-1), np.int64), depth


@dataclass(frozen=True)
class Phase:
    """One residue of backward-data.

    Attributes
    ----------
    dy_rows, dx_rows : ndarray
        Pixel offsets of one image, in dy and dx.
    taps : ndarray
        Offsets in dy.
    weights : ndarray
        Offsets of each tap's 16 x 16 square in the packed weights of the first input block.
    """

    dy_rows: np.ndarray
    dx_rows: np.ndarray
    taps: np.ndarray
    weights: np.ndarray


def _axis_phase(
    residue: int, size: int, k: int, s: int, d: int, before: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return steps of a residue class, its kernel positions, their shift in the output."""
    steps = np.arange(-(-(size - residue) // s) if size > residue else 0)
    positions = np.array([t for t in range(k) if (residue + before - t * d) % s == 0], np.int64)
    return steps, positions, (residue + before - positions * d) // s


def backward_phases(
    g: Geometry, dy: Layout, dx: Layout, w: WeightLayout, images: int
) -> list[Phase]:
    """Return the sums that make up backward-data."""
    out = []
    sh, sw = g.stride
    blocks = np.arange(-(-w.o // 16))
    group, within = blocks // w.blocks, blocks % w.blocks
    base = group * w.group + within * 16 * w.dtype.itemsize
    for ry in range(min(sh, g.h)):
        iy, ky, shift_y = _axis_phase(ry, g.h, g.kh, sh, g.dilation[0], g.padding[0][0])
        for rx in range(min(sw, g.w)):
            ix, kx, shift_x = _axis_phase(rx, g.w, g.kw, sw, g.dilation[1], g.padding[1][0])
            at = shift_y[:, None] * dy.row + shift_x[None, :] * dy.pixel
            taps = blocks[:, None, None] * dy.plane + at[None]
            square = (ky[:, None] * g.kw + kx[None, :]) * w.tap
            weights = base[:, None, None] + square[None]
            dy_rows = _images(_grid(iy, ix, dy.row, dy.pixel), images, dy.image)
            dx_rows = _images(_grid(ry + iy * sh, rx + ix * sw, dx.row, dx.pixel), images, dx.image)
            flat = [np.ascontiguousarray(a.reshape(-1), np.int64) for a in (taps, weights)]
            out.append(Phase(dy_rows, dx_rows, *flat))
    return out
