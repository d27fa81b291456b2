"""Winograd convolution on the buffers and packed weights of a :class:`~.conv_direct.DirectConv`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .conv_direct import DirectConv, Epilogue, Level, matmul_launch, outer_launch
from .host import BLOCK, Tile, lanes_for, matmul_tile
from .launch import Launch, Serial, aligned_empty, chain, pack_args, pointer
from .layout import Layout
from .registry import get

__all__ = ["SIZES", "Winograd", "winograd_applies"]

SIZES = {1: (2, 2, 3), 2: (2, 4, 4), 4: (4, 6, 6)}
"""Outputs, inputs and products along an axis of a tile, for each algorithm."""

_CACHE_BYTES = 768 * 1024  # of transformed weights that stay in the second cache
_TILE_BYTES = 300 * 1024  # of transformed tiles beside them
_TILES = (16, 96)  # of a block at least; the more if weights stream by, to use them often
_LEAST_TILES = (4, 16)  # for each thread; with fewer, threads share the channels instead
_ARGS_BYTES = 1024  # room for the copied argument blocks in front of a block's transforms


def winograd_applies(plan: DirectConv, m: int) -> bool:
    """Whether the convolution is 3 x 3, stride 1, undilated, dense, in blocks of 16.

    Algorithm 1 also wants an image of at most 2 x 2 pixels, padded by one.

    Examples
    --------
    >>> conv = DirectConv(1, 32, 8, 8, 32, 3, 3, padding=1)
    >>> winograd_applies(conv, 2), winograd_applies(conv, 1)
    (True, False)
    """
    g = plan.geometry
    if m == 1 and (max(g.h, g.w) > 2 or g.padding != ((1, 1), (1, 1))):
        return False
    return (
        (g.kh, g.kw) == (3, 3)
        and g.stride == (1, 1)
        and g.dilation == (1, 1)
        and plan.groups == 1
        and plan.x_layout.block == BLOCK
    )


class _Workspace:
    """Hands out pieces of a workspace array; without an array it only measures."""

    def __init__(self, array: np.ndarray | None) -> None:
        self.array, self.used = array, 0

    def take(self, size: int) -> int:
        """Return the address of the next ``size`` bytes."""
        start = self.used
        self.used += -(-size // 64) * 64
        return start + (pointer(self.array) if self.array is not None else 0)


def _spread(size: int) -> int:
    """Round up to an odd number of cache lines: t * t streams must not share a cache set."""
    return (-(-size // 64) | 1) * 64


@dataclass(frozen=True)
class _Side:
    """One activation buffer seen as tiles: layout, address of pixel (0, 0), padding before it."""

    layout: Layout
    start: int
    top: int
    left: int


class Winograd:
    """F(m x m, 3 x 3) for one convolution.

    Parameters
    ----------
    plan : DirectConv
        A convolution for which :func:`winograd_applies`.
    m : int
        2 (exact to about 1e-6), 4 (about 1e-5), or 1 for small images (as exact as 2).
    threads : int
        How many threads will share the work.

    Notes
    -----
    Lavin and Gray (2015), arXiv:1509.09308.
    """

    def __init__(self, plan: DirectConv, m: int, threads: int = 1) -> None:
        if not winograd_applies(plan, m):
            raise ValueError(
                "Winograd takes dense 3x3 convolutions of stride 1 without dilation, algorithm 1 "
                "of images of at most 2x2 pixels, padded by one"
            )
        self.plan, self.m, self.threads = plan, m, threads
        self.dtype = plan.dtype
        self.outputs, _, products = SIZES[m]
        self.elements = products**2
        self.static = {"dtype": plan.dtype.name, "lanes": lanes_for(plan.dtype)}
        self.pixel = BLOCK * plan.dtype.itemsize
        self._tables: dict[object, np.ndarray] = {}
        self.spare = 2 * self.elements * self.pixel

    def _table(self, count: int, step: int) -> np.ndarray:
        """Return the offsets 0, step, 2 * step, ..., kept for reuse."""
        key = (count, step)
        if key not in self._tables:
            self._tables[key] = np.arange(count, dtype=np.int64) * step
        return self._tables[key]

    def _large(self, c: int, oc: int) -> bool:
        """Tell whether the transformed weights are too large for the cache."""
        return self.elements * c * oc * self.dtype.itemsize > _CACHE_BYTES

    def _room(self, tiles: int, c: int, oc: int) -> int:
        """Choose how many tiles go through the stages together."""
        per_tile = self.elements * (c + oc) * self.dtype.itemsize
        return min(max(_TILES[self._large(c, oc)], _TILE_BYTES // per_tile), tiles)

    def _split(self, tiles: int, c: int, oc: int, groups: int) -> tuple[int, int]:
        """Choose the tiles of a block, and in how many parts to take the output channels.

        Each thread takes its blocks of tiles through all stages in memory of its own. Where tiles
        are too few to be worth reading all weights for, each takes all of them for its part of the
        channels.
        """
        blocks = -(-tiles // self._room(tiles, c, oc))
        if tiles >= self.threads * _LEAST_TILES[self._large(c, oc) and groups > 1]:
            blocks = -(-blocks // self.threads) * self.threads
        return -(-tiles // blocks), min(groups, -(-self.threads // blocks))

    def _grid(self, out: Layout) -> tuple[int, int]:
        """Tiles across and in an image."""
        across, down = -(-out.w // self.outputs), -(-out.h // self.outputs)
        return across, across * down

    def _input_launch(
        self, side: _Side, out: Layout, count: int, blocks: int, gradient: bool
    ) -> Launch:
        """Launch the transform of ``count`` tiles of ``blocks`` blocks, inputs or gradients."""
        kernel = get("winograd:build_tile_transform", m=self.m, gradient=gradient, **self.static)
        across, per_image = self._grid(out)
        lay, block = side.layout, count * self.pixel
        corner = side.start - side.top * lay.row - side.left * lay.pixel
        args = pack_args(
            [corner, 0, 0, count, across, per_image, lay.row, lay.plane, lay.image,
             side.top, side.left, _spread(blocks * block), block, lay.h, lay.w]
        )  # fmt: skip
        items = lay.blocks * count
        return Launch(kernel, items, args, self.spare, 2.0 * items * self.elements * BLOCK * 4)

    def _output_launch(
        self, lay: Layout, to: int, count: int, blocks: int, stream: bool,
        epilogue: tuple[int, int, bool],
    ) -> Launch:  # fmt: skip
        """Launch the transform of ``count`` product tiles of ``blocks`` blocks to pixels."""
        kernel = get("winograd:build_output_transform", m=self.m, stream=stream, **self.static)
        across, per_image = self._grid(lay)
        block = count * self.pixel
        residual, bias, relu = epilogue
        args = pack_args(
            [0, to, 0, count, across, per_image, lay.row, lay.plane, lay.image, lay.h,
             lay.w, _spread(blocks * block), block, residual, bias, int(relu)]
        )  # fmt: skip
        items = lay.blocks * count
        return Launch(kernel, items, args, self.spare, 2.0 * items * self.elements * BLOCK * 4)

    def _product_launch(
        self, tile: Tile, u: int, count: int, in_blocks: int, groups: int, some: int
    ) -> Launch:
        """Launch the t * t products of ``count`` tiles, for ``some`` of the groups of outputs."""
        square = BLOCK * tile.blocks * self.pixel
        step = count * self.pixel
        padded = self._table(-(-count // tile.rows) * tile.rows, self.pixel).clip(
            max=(count - 1) * self.pixel
        )
        levels: tuple[Level, Level, Level] = (
            (
                self.elements,
                _spread(in_blocks * step),
                _spread(groups * in_blocks * square),
                _spread(some * tile.blocks * step),
                0,
                0,
            ),
            (groups, 0, in_blocks * square, tile.blocks * step, 0, 0),
            (-(-count // tile.rows), 0, 0, 0, 8 * tile.rows, 0),
        )
        taps = self._table(in_blocks, step)
        return matmul_launch(self.dtype, tile, 0, u, 0, (padded, padded, taps), BLOCK, step, levels)

    def _convolve(
        self, side: _Side, u: int, out: Layout, to: int, epilogue: tuple[int, int, bool]
    ) -> Launch:
        """Launch tiles -> products -> pixels with transformed weights at u."""
        in_blocks, out_blocks = side.layout.blocks, out.blocks
        tiles = out.n * self._grid(out)[1]
        wide = matmul_tile(self.dtype, out_blocks, tiles).blocks
        groups = out_blocks // wide
        room, parts = self._split(tiles, in_blocks * BLOCK, out_blocks * BLOCK, groups)
        tile = matmul_tile(self.dtype, out_blocks, room)
        some = -(-groups // parts)
        v_bytes = self.elements * _spread(in_blocks * room * self.pixel)
        m_bytes = self.elements * _spread(some * wide * room * self.pixel)
        stream = parts > 1 and to % 64 == 0  # others will read what a part writes
        stages = [
            self._input_launch(side, out, room, in_blocks, False),
            self._product_launch(tile, u, room, in_blocks, groups, some),
            self._output_launch(out, to, room, some * wide, stream, epilogue),
        ]
        args = pack_args(
            [tiles, room, tile.rows, in_blocks, groups, parts, wide, self.elements, v_bytes,
             m_bytes, self.pixel, *(v for s in stages for v in (s.kernel.address, s.address))]
        )  # fmt: skip
        scratch = _ARGS_BYTES + v_bytes + m_bytes + self.spare
        blocks = -(-tiles // room)
        cost = sum(s.cost for s in stages) * blocks
        kernel = get("winograd_blocks:build_winograd_blocks")
        return Launch(kernel, blocks * parts, args, scratch, cost, keep=tuple(stages))

    def _weights_launch(self, w: int, u: int, squares: int, tap: int) -> Launch:
        """Launch the transform of packed weights."""
        kernel = get("winograd:build_weight_transform", m=self.m, gradient=False, **self.static)
        args = pack_args([w, u, tap, _spread(squares * tap), 0, 0, 0])
        return Launch(kernel, squares, args, cost=2.0 * squares * tap * self.elements)

    def forward_launches(
        self,
        x: np.ndarray,
        w: np.ndarray,
        y: np.ndarray,
        epilogue: Epilogue | None = None,
        workspace: np.ndarray | None = None,
        transformed: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of ``y = conv(x, w)`` on the plan's buffers.

        ``transformed``, from :meth:`transform_weights`, replaces ``w``.
        """
        plan, e = self.plan, epilogue or Epilogue()
        lw, ly = plan.w_layout, plan.y_layout
        given = transformed is not None
        space = self._space(workspace, 0 if given else self.forward_workspace)
        squares = lw.groups * lw.in_blocks
        residual = ly.start(e.residual) if e.residual is not None else 0
        out = []
        if transformed is None:
            u = space.take(self.transformed_bytes)
            out.append(self._weights_launch(pointer(w), u, squares, lw.tap))
        else:
            u = pointer(transformed)
        side = self._x_side(plan.x_layout.start(x))
        out.append(self._convolve(side, u, ly, ly.start(y), (residual, pointer(e.bias), e.relu)))
        return _keep(out, x, w, y, e, space.array, transformed)

    @property
    def transformed_bytes(self) -> int:
        """Bytes of the transformed weights of the forward pass."""
        lw = self.plan.w_layout
        return self.elements * _spread(lw.groups * lw.in_blocks * lw.tap)

    def transform_weights(self, w: np.ndarray) -> np.ndarray:
        """Transform packed weights once, for use in many forward passes."""
        out = aligned_empty((self.transformed_bytes,), np.uint8)
        Serial().run([self.transform_launch(w, out)])
        return out

    def transform_launch(self, w: np.ndarray, out: np.ndarray) -> Launch:
        """Launch :meth:`transform_weights` into memory of ``transformed_bytes``."""
        if out.nbytes != self.transformed_bytes or pointer(out) % 64:
            raise ValueError(
                f"transformed weights take {self.transformed_bytes} bytes, from a cache line on"
            )
        lw = self.plan.w_layout
        squares = lw.groups * lw.in_blocks
        return _keep([self._weights_launch(pointer(w), pointer(out), squares, lw.tap)], w, out)[0]

    def backward_data_launches(
        self,
        dy: np.ndarray,
        w: np.ndarray,
        dx: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of the input's gradient."""
        plan = self.plan
        lw, ldx = plan.w_layout, plan.dx_layout
        space = self._space(workspace, self.backward_data_workspace)
        tile = matmul_tile(self.dtype, ldx.blocks, 1)
        squares = ldx.blocks // tile.blocks * plan.y_layout.blocks
        tap = BLOCK * tile.blocks * self.pixel
        u = space.take(self.elements * _spread(squares * tap))
        table = self._turn_table()
        # the turned weights exist only square by square: `chain` fills in their address
        args = pack_args([pointer(w), 0, pointer(table), len(table), lw.row, lw.in_step,
                          tile.blocks])  # fmt: skip
        kernel = get("matmul:build_transpose_weights", **self.static)
        items = ldx.blocks // tile.blocks * len(table)
        turn = Launch(kernel, items, args, cost=2.0 * items * tap, keep=(table,))
        transform = self._weights_launch(0, u, squares, tap)
        out = [chain([turn, transform], [(1, 0, 9 * tap)], squares)]
        to = ldx.start(dx)
        side = self._dy_side(plan.y_layout.start(dy))
        out.append(self._convolve(side, u, ldx, to, (to if accumulate else 0, 0, False)))
        return _keep(out, dy, w, dx, space.array)

    def backward_weights_launches(
        self,
        x: np.ndarray,
        dy: np.ndarray,
        dw: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of the weights' gradient, in the layout of packed weights."""
        plan = self.plan
        lx, ly, lw = plan.x_layout, plan.y_layout, plan.w_layout
        space = self._space(workspace, self.backward_weights_workspace)
        tiles, room, shares, parts = self._shares()
        blocks = -(-lw.groups // parts) * lw.blocks
        v_bytes = self.elements * _spread(lx.blocks * room * self.pixel)
        m_bytes = self.elements * _spread(blocks * room * self.pixel)
        group = lw.group // 9
        du_element = _spread(lw.groups * group)
        du_bytes = self.elements * du_element
        du = space.take(shares * du_bytes)
        step = room * self.pixel
        pixels = self._table(room, self.pixel)
        dy_side = _Side(ly, ly.start(dy), 0, 0)
        stages = [
            self._input_launch(self._x_side(lx.start(x)), ly, room, lx.blocks, False),
            self._input_launch(dy_side, ly, room, blocks, True),
            outer_launch(
                self.dtype, lw.blocks, 0, 0, du,
                (pixels, pixels, self._table(lx.blocks, step)),
                (1, 0, 0),
                (self.elements, lw.groups, _spread(lx.blocks * step), _spread(blocks * step),
                 du_element),
                BLOCK, step, (room, 96),
            ),
        ]  # fmt: skip
        share = -(-tiles // (room * shares)) * room
        args = pack_args(
            [tiles, room, share, lx.blocks, lw.groups, parts, lw.blocks, self.elements, v_bytes,
             m_bytes, du_bytes, group, *(v for s in stages for v in (s.kernel.address, s.address))]
        )  # fmt: skip
        scratch = _ARGS_BYTES + v_bytes + m_bytes + self.spare
        cost = sum(s.cost for s in stages) * -(-tiles // room)
        kernel = get("winograd_blocks:build_winograd_gradient_blocks")
        out = [Launch(kernel, shares * parts, args, scratch, cost, keep=tuple(stages))]
        kernel = get("winograd:build_weight_transform", m=self.m, gradient=True, **self.static)
        squares = lw.groups * lw.in_blocks
        args = pack_args([pointer(dw), du, lw.tap, du_element, shares, du_bytes, int(accumulate)])
        out.append(Launch(kernel, squares, args, self.spare, 2.0 * du_bytes))
        return _keep(out, x, dy, dw, space.array)

    def _shares(self) -> tuple[int, int, int, int]:
        """Return tiles, tiles of a block, shares of the tiles, parts of the output channels.

        Shares of the tiles have sums of their own; parts of the channels transform all inputs.
        """
        plan = self.plan
        tiles = plan.n * self._grid(plan.y_layout)[1]
        c, oc = plan.x_layout.blocks * BLOCK, plan.y_layout.blocks * BLOCK
        if plan.w_layout.groups >= self.threads and 2 * oc > tiles:
            return tiles, self._room(tiles, c, oc), 1, self.threads
        room, _ = self._split(tiles, c, oc, 1)
        return tiles, room, min(-(-tiles // room), self.threads), 1

    @property
    def forward_workspace(self) -> int:
        """Bytes of workspace of the forward pass."""
        return self.transformed_bytes

    @property
    def backward_data_workspace(self) -> int:
        """Bytes of workspace of backward-data."""
        squares = self.plan.dx_layout.blocks * self.plan.y_layout.blocks
        return self.elements * _spread(squares * BLOCK * self.pixel)

    @property
    def backward_weights_workspace(self) -> int:
        """Bytes of workspace of backward-weights."""
        shares = self._shares()[2]
        return shares * self.transformed_bytes

    def _space(self, workspace: np.ndarray | None, size: int) -> _Workspace:
        """Wrap the caller's workspace or a new one."""
        if workspace is None:
            workspace = aligned_empty((size,), np.uint8)
        if workspace.nbytes < size:
            raise ValueError(f"workspace has {workspace.nbytes} bytes, this needs {size}")
        if size and pointer(workspace) % 64:
            raise ValueError("a workspace starts on a cache line; see aligned_empty()")
        return _Workspace(workspace)

    def _x_side(self, start: int) -> _Side:
        """See the input as tiles of the forward convolution."""
        rows, columns = self.plan.geometry.padding
        top, left = (0, 0) if self.m == 1 else (rows[0], columns[0])
        return _Side(self.plan.x_layout, start, top, left)

    def _dy_side(self, start: int) -> _Side:
        """See the output's gradient as tiles of the turned convolution."""
        rows, columns = self.plan.geometry.padding
        top, left = (0, 0) if self.m == 1 else (2 - rows[0], 2 - columns[0])
        return _Side(self.plan.y_layout, start, top, left)

    def _turn_table(self) -> np.ndarray:
        """Offsets of the squares of the weights turned by half a circle."""
        if "turn" not in self._tables:
            lw, ly = self.plan.w_layout, self.plan.y_layout
            blocks = np.arange(ly.blocks)
            base = blocks // lw.blocks * lw.group + blocks % lw.blocks * self.pixel
            positions = np.arange(8, -1, -1) * lw.tap
            table = (base[:, None] + positions[None, :]).reshape(-1)
            self._tables["turn"] = np.ascontiguousarray(table, np.int64)
        return self._tables["turn"]


def _keep(launches: list[Launch], *arrays: object) -> list[Launch]:
    """Make the last launch keep the arrays alive that all of them use."""
    last = launches[-1]
    last.keep = (*last.keep, *arrays)
    return launches
