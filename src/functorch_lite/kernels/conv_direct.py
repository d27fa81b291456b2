"""Direct convolution in the blocked layout: forward and both gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .conv_tables import Geometry, Phase, backward_phases, forward_rows, forward_taps, pad_rows
from .host import BLOCK, Tile, host_lanes, lanes_for, matmul_tile
from .launch import Launch, aligned_empty, chain, pack_args, pointer
from .layout import Layout, WeightLayout
from .registry import get

__all__ = ["DirectConv", "Epilogue", "Level", "matmul_launch", "normalize_padding", "outer_launch"]

_MERGE_PIXELS = 4096  # images this small together share one table, so tiles may span images
_L2_BYTES = 512 * 1024  # what a kernel lets itself keep in the second-level cache
_CHAIN_GROUPS = 4  # with fewer pieces, threads would be idle
_L1_PIXELS = 96  # 64 bytes of x and 256 of dy each: 30 KB

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def normalize_padding(padding: int | Pair | Padding) -> Padding:
    """Return ``((top, bottom), (left, right))``.

    Examples
    --------
    >>> normalize_padding(1)
    ((1, 1), (1, 1))
    >>> normalize_padding(((0, 1), (2, 3)))
    ((0, 1), (2, 3))
    """
    if isinstance(padding, int):
        return ((padding, padding), (padding, padding))
    rows, columns = padding
    top, bottom = (rows, rows) if isinstance(rows, int) else rows
    left, right = (columns, columns) if isinstance(columns, int) else columns
    return ((top, bottom), (left, right))


@dataclass(frozen=True)
class Epilogue:
    """What happens to a result while it is still in registers: ``relu(y + residual + bias)``.

    Attributes
    ----------
    residual : ndarray or None
        Buffer of the output's layout; the output itself accumulates.
    bias : ndarray or None
        One value for each output channel, padded with zeros to whole blocks of 16.
    relu : bool
    """

    residual: np.ndarray | None = None
    bias: np.ndarray | None = None
    relu: bool = False


Level = tuple[int, int, int, int, int, int]
"""One loop: count, then the byte steps of a, b, c, the row tables and the bias."""


def matmul_launch(
    dtype: np.dtype,
    tile: Tile,
    a: int,
    b: int,
    c: int,
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    depth: int,
    c_block: int,
    levels: tuple[Level, Level, Level],
    epilogue: tuple[int, int, bool] = (0, 0, False),
    keep: tuple[object, ...] = (),
) -> Launch:
    """Launch the table-driven matrix product; see ``generate.matmul``.

    ``tables`` are the row offsets in a, the row offsets in c, the taps; ``epilogue`` is residual
    address, bias address, relu.
    """
    kernel = get(
        "matmul:build_table_matmul",
        dtype=dtype.name,
        lanes=lanes_for(dtype),
        rows=tile.rows,
        blocks=tile.blocks,
    )
    rows, c_rows, taps = tables
    residual, bias, relu = epilogue
    head = [a, b, c, residual, bias, int(relu), pointer(rows), pointer(c_rows), pointer(taps)]
    flat = [value for level in levels for value in level]
    items = levels[0][0] * levels[1][0] * levels[2][0]
    flops = 2.0 * items * tile.rows * tile.blocks * BLOCK * depth * len(taps)
    args = pack_args([*head, len(taps), depth, c_block, *flat])
    return Launch(kernel, items, args, cost=flops, keep=(*tables, *keep))


class DirectConv:
    """Everything about a convolution that does not depend on the data, by direct summation.

    Parameters
    ----------
    n, c, h, w : int
        Shape of the input.
    oc, kh, kw : int
        Output channels and kernel size.
    stride, dilation : pair of int
    padding : int, pair, or pair of pairs
        Zeros before and after each spatial axis; negative values crop.
    groups : int
        Each group's channels in and out must fill whole blocks of 16 when there are several.
    dtype : dtype
        float32 or float64.
    x_layout, y_layout, dx_layout : Layout, optional
        Layouts of the caller's buffers; the launches want halos of at least the padding. By default
        exactly that, with a block of ``c`` for inputs thinner than 16 channels; the input's
        gradient has the input's halo.

    Attributes
    ----------
    x_layout, y_layout, dx_layout : Layout
        Layouts of the input, of the output and its gradient, of the input's gradient.
    w_layout : WeightLayout
        Layout of one group's weights; packed weights are ``[groups, *w_layout.shape]``.

    Examples
    --------
    >>> plan = DirectConv(1, 3, 8, 8, 16, 3, 3, padding=1)
    >>> plan.y_layout.shape, plan.x_layout.block
    ((1, 1, 10, 10, 16), 3)
    """

    def __init__(
        self,
        n: int,
        c: int,
        h: int,
        w: int,
        oc: int,
        kh: int,
        kw: int,
        stride: Pair = (1, 1),
        padding: int | Pair | Padding = 0,
        dilation: Pair = (1, 1),
        groups: int = 1,
        dtype: np.dtype | type | str = np.float32,
        x_layout: Layout | None = None,
        y_layout: Layout | None = None,
        dx_layout: Layout | None = None,
    ) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.dtype("f4"), np.dtype("f8")):
            raise TypeError(f"convolution kernels take float32 or float64, got {self.dtype}")
        if c % groups or oc % groups:
            raise ValueError(f"{c} input and {oc} output channels do not divide by {groups} groups")
        if groups > 1 and ((c // groups) % BLOCK or (oc // groups) % BLOCK):
            raise ValueError(
                f"the blocked kernels need groups of whole blocks of {BLOCK} channels, got "
                f"{c // groups} -> {oc // groups}; use conv2d_forward, which takes any groups"
            )
        self.n, self.c, self.oc, self.groups = n, c, oc, groups
        self.geometry = g = Geometry(h, w, kh, kw, stride, normalize_padding(padding), dilation)
        block = c if c < BLOCK else BLOCK
        self.x_layout = x_layout or Layout(n, c, h, w, g.x_halo, block, self.dtype)
        self.y_layout = y_layout or Layout(n, oc, g.out_h, g.out_w, g.y_halo, BLOCK, self.dtype)
        self.dx_layout = dx_layout or Layout(n, c, h, w, self.x_layout.halo, BLOCK, self.dtype)
        self._check(self.x_layout, (n, c, h, w), (0, 0, 0, 0), "input")
        self._check(self.dx_layout, (n, c, h, w), (0, 0, 0, 0), "input gradient")
        self._check(self.y_layout, (n, oc, g.out_h, g.out_w), (0, 0, 0, 0), "output")
        self._merged = n if n * g.out_h * g.out_w <= _MERGE_PIXELS else 1
        pixels = self._merged * g.out_h * g.out_w
        self._tile = matmul_tile(self.dtype, -(-(oc // groups) // BLOCK), pixels)
        self.w_layout = WeightLayout(
            oc // groups, c // groups, kh, kw, self._tile.blocks, self.x_layout.block, self.dtype
        )
        self._rows = forward_rows(g, self.x_layout, self.y_layout, self._merged)
        self._taps, self._depth = forward_taps(g, self.x_layout, self.w_layout.in_blocks)
        rows = self._tile.rows
        self._padded_rows = (pad_rows(self._rows[0], rows), pad_rows(self._rows[1], rows))
        self._phases: list[tuple[Phase, Tile]] | None = None

    def _check(
        self, layout: Layout, shape: tuple[int, ...], halo: tuple[int, ...], what: str
    ) -> None:
        """Refuse a layout that does not fit."""
        if (layout.n, layout.c, layout.h, layout.w) != shape or layout.dtype != self.dtype:
            raise ValueError(f"{what} layout {layout} does not fit shape {shape}, {self.dtype}")
        if any(have < need for have, need in zip(layout.halo, halo, strict=True)):
            raise ValueError(f"{what} buffer has halo {layout.halo}, the convolution needs {halo}")

    def _check_padding(self) -> None:
        """Refuse an input whose halo is less than the padding; other algorithms do not mind."""
        shape = (self.n, self.c, self.geometry.h, self.geometry.w)
        self._check(self.x_layout, shape, self.geometry.x_halo, "input")

    @property
    def flops(self) -> float:
        """Floating-point operations of one direction, by the direct algorithm."""
        g = self.geometry
        pixels = self.n * g.out_h * g.out_w
        return 2.0 * pixels * self.oc * (self.c // self.groups) * g.kh * g.kw

    def packed_weights(self) -> np.ndarray:
        """Allocate packed weights, uninitialised."""
        return aligned_empty((self.groups, *self.w_layout.shape), self.dtype)

    def forward_launches(
        self, x: np.ndarray, w: np.ndarray, y: np.ndarray, epilogue: Epilogue | None = None
    ) -> list[Launch]:
        """Launches of ``y = conv(x, w)``; buffers have the plan's layouts."""
        self._check_padding()
        e = epilogue or Epilogue()
        lx, ly, lw = self.x_layout, self.y_layout, self.w_layout
        tile, size = self._tile, self.dtype.itemsize
        loops = _order(
            (lw.groups, 0, lw.group, tile.blocks * ly.plane, 0, tile.blocks * BLOCK * size),
            (self.n // self._merged, lx.image, 0, ly.image, 0, 0),
            (len(self._padded_rows[0]) // tile.rows, 0, 0, 0, 8 * tile.rows, 0),
            lw.groups * lw.group,
        )
        out = []
        for k in range(self.groups):
            shift_y = k * (ly.blocks // self.groups) * ly.plane
            residual = ly.start(e.residual) + shift_y if e.residual is not None else 0
            bias = pointer(e.bias) + k * lw.o * size if e.bias is not None else 0
            out.append(
                matmul_launch(
                    self.dtype,
                    tile,
                    lx.start(x) + k * (lx.blocks // self.groups) * lx.plane,
                    pointer(w) + k * lw.groups * lw.group,
                    ly.start(y) + shift_y,
                    (*self._padded_rows, self._taps),
                    self._depth,
                    ly.plane,
                    loops,
                    (residual, bias, e.relu),
                    (x, w, y, e),
                )
            )
        return out

    def backward_phases(self) -> list[tuple[Phase, Tile]]:
        """Return the sums of backward-data and their tiles, made on first use."""
        if self._phases is None:
            self._check(
                self.y_layout,
                (self.n, self.oc, self.geometry.out_h, self.geometry.out_w),
                self.geometry.y_halo,
                "output gradient",
            )
            lx = self.dx_layout
            merged = self.n if self.n * lx.h * lx.w <= _MERGE_PIXELS else 1
            wide = WeightLayout(
                self.w_layout.o, self.w_layout.i, self.w_layout.kh, self.w_layout.kw,
                self.w_layout.blocks, BLOCK, self.dtype,
            )  # fmt: skip
            in_blocks = lx.blocks // self.groups
            phases = backward_phases(self.geometry, self.y_layout, lx, wide, merged)
            tiles = [matmul_tile(self.dtype, in_blocks, len(phase.dy_rows)) for phase in phases]
            self._dx_merged, self._wide = merged, wide
            # Last and at once: threads that compile programs share plans.
            self._phases = list(zip(phases, tiles, strict=True))
        return self._phases

    @property
    def backward_data_workspace(self) -> int:
        """Bytes of workspace that backward-data needs for its turned weights."""
        in_blocks = self.dx_layout.blocks // self.groups
        squares = max((len(p.taps) for p, _ in self.backward_phases()), default=0)
        return squares * in_blocks * BLOCK * BLOCK * self.dtype.itemsize

    def backward_data_launches(
        self,
        dy: np.ndarray,
        w: np.ndarray,
        dx: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of the input's gradient, into a buffer of ``dx_layout``."""
        phases = self.backward_phases()
        if self.w_layout.in_block != BLOCK:
            w = self._widen(w)
        if workspace is None:
            workspace = aligned_empty((self.backward_data_workspace,), np.uint8)
        ldx, ldy, wide = self.dx_layout, self.y_layout, self._wide
        in_blocks = ldx.blocks // self.groups
        out = []
        for k in range(self.groups):
            source = pointer(w) + k * wide.groups * wide.group
            to_dx = ldx.start(dx) + k * in_blocks * ldx.plane
            from_dy = ldy.start(dy) + k * (ldy.blocks // self.groups) * ldy.plane
            for phase, tile in phases:
                if len(phase.taps) == 0 and accumulate:
                    continue
                groups = in_blocks // tile.blocks
                group = len(phase.taps) * BLOCK * tile.blocks * BLOCK * self.dtype.itemsize
                turn = self._turn(source, workspace, phase, tile, groups, (w, workspace))
                rows = (pad_rows(phase.dy_rows, tile.rows), pad_rows(phase.dx_rows, tile.rows))
                apart = groups >= _CHAIN_GROUPS and groups * group > _L2_BYTES
                loops = _order(
                    (groups, 0, group, tile.blocks * ldx.plane, 0, 0),
                    (self.n // self._dx_merged, ldy.image, 0, ldx.image, 0, 0),
                    (len(rows[0]) // tile.rows, 0, 0, 0, 8 * tile.rows, 0),
                    groups * group,
                )
                product = matmul_launch(
                    self.dtype, tile, from_dy, pointer(workspace), to_dx, (*rows, phase.taps),
                    BLOCK, ldx.plane, loops, (to_dx if accumulate else 0, 0, False),
                    (dy, workspace, dx),
                )  # fmt: skip
                if apart and len(phase.taps):
                    out.append(chain([turn, product], [(1, 1, group)], groups))
                else:
                    out += [turn, product] if len(phase.taps) else [product]
        return out

    def _turn(
        self,
        source: int,
        workspace: np.ndarray,
        phase: Phase,
        tile: Tile,
        groups: int,
        keep: tuple[object, ...],
    ) -> Launch:
        """Launch the transposition of the weights of one phase."""
        kernel = get(
            "matmul:build_transpose_weights", dtype=self.dtype.name, lanes=lanes_for(self.dtype)
        )
        wide, table = self._wide, phase.weights
        args = pack_args(
            [source, pointer(workspace), pointer(table), len(table), wide.row, wide.in_step,
             tile.blocks]
        )  # fmt: skip
        bytes_moved = 2.0 * groups * len(table) * BLOCK * BLOCK * tile.blocks * self.dtype.itemsize
        return Launch(kernel, groups * len(table), args, cost=bytes_moved, keep=(table, *keep))

    def _widen(self, w: np.ndarray) -> np.ndarray:
        """Pad the input lanes of packed weights to a whole block."""
        out = aligned_empty((self.groups, *self._wide.shape), self.dtype)
        out[...] = 0
        out[..., : self.w_layout.in_block, :] = w
        return out

    def backward_weights_launches(
        self, x: np.ndarray, dy: np.ndarray, dw: np.ndarray, accumulate: bool = False
    ) -> list[Launch]:
        """Launches of the weights' gradient, in the layout of packed weights."""
        self._check_padding()
        lx, ly, lw = self.x_layout, self.y_layout, self.w_layout
        blocks = lw.blocks
        pixels = len(self._rows[0])
        small = lw.groups * lw.group <= _L2_BYTES
        per_pixel = lx.pixel + blocks * ly.pixel
        chunk = _L1_PIXELS if small else max(_L1_PIXELS, _L2_BYTES // per_pixel)
        chunk = -(-pixels // -(-pixels // chunk))
        rows = tuple(np.ascontiguousarray(r, np.int64) for r in self._rows)
        out = []
        for k in range(self.groups):
            out.append(
                outer_launch(
                    self.dtype, blocks,
                    lx.start(x) + k * (lx.blocks // self.groups) * lx.plane,
                    ly.start(dy) + k * (ly.blocks // self.groups) * ly.plane,
                    pointer(dw) + k * lw.groups * lw.group,
                    (rows[0], rows[1], self._taps),
                    (self.n // self._merged, lx.image, ly.image),
                    (1, lw.groups, 0, 0, 0),
                    self._depth, ly.plane, (chunk, min(chunk, _L1_PIXELS)), accumulate,
                    (x, dy, dw),
                )
            )  # fmt: skip
        return out


def outer_launch(
    dtype: np.dtype,
    blocks: int,
    x: int,
    dy: int,
    dw: int,
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    images: tuple[int, int, int],
    planes: tuple[int, int, int, int, int],
    depth: int,
    dy_block: int,
    chunks: tuple[int, int],
    accumulate: bool = False,
    keep: tuple[object, ...] = (),
) -> Launch:
    """Launch the weight-gradient kernel; see ``generate.matmul.build_table_outer``.

    ``tables`` are pixel offsets in x and dy and the taps; ``images`` a count and two strides;
    ``planes`` a count, the groups of each, and the strides of x, dy and dw.
    """
    vectors = blocks * BLOCK // lanes_for(dtype)
    narrow = 4 if host_lanes() == 16 and vectors <= 4 else 2
    kernel = get(
        "matmul:build_table_outer",
        dtype=dtype.name,
        lanes=lanes_for(dtype),
        rows=narrow,
        blocks=blocks,
    )
    pixels, taps = len(tables[0]), tables[2]
    args = pack_args(
        [x, dy, dw, pointer(tables[0]), pointer(tables[1]), pixels, *images, pointer(taps),
         len(taps), depth, dy_block, planes[1], *chunks, int(accumulate), *planes[2:]]
    )  # fmt: skip
    items = planes[0] * planes[1] * len(taps)
    flops = 2.0 * items * depth * blocks * BLOCK * pixels * images[0]
    return Launch(kernel, items, args, cost=flops, keep=(*tables, *keep))


def _order(group: Level, image: Level, tile: Level, weights: int) -> tuple[Level, Level, Level]:
    """Nest the loops: small weights stay in cache for all groups, large ones for one group."""
    return (image, tile, group) if weights <= _L2_BYTES else (group, image, tile)
