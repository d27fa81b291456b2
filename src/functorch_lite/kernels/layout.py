"""The blocked activation layout ``[n][c / 16][h + halo][w + halo][16]`` and packed weights.

A halo of zeros stands for a convolution's padding, so that no inner loop tests for borders:
buffers are allocated zeroed and kernels write interiors only. Channels beyond the last are lanes
of zeros. The network's input, with its three channels, uses a block of its own size instead.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from .host import BLOCK, lanes_for
from .launch import Launch, Pool, Serial, aligned_empty, pack_args, pointer
from .registry import get

__all__ = [
    "Halo",
    "Layout",
    "WeightLayout",
    "clear_halo_launch",
    "from_blocked",
    "pack_launch",
    "pack_weights",
    "pack_weights_launch",
    "to_blocked",
    "unpack_launch",
    "unpack_weights",
    "unpack_weights_launch",
]

_FLOAT32 = np.dtype(np.float32)
Halo = tuple[int, int, int, int]
"""Rows above and below, columns left and right."""


@dataclass(frozen=True)
class Layout:
    """Shape and strides of a blocked activation buffer.

    Attributes
    ----------
    n, c, h, w : int
        The logical NCHW shape.
    halo : tuple of int
        Zero rows above and below, zero columns left and right.
    block : int
        Channels of a block: 16, or ``c`` itself for thin inputs that are only read.
    dtype : numpy.dtype

    Examples
    --------
    >>> Layout(2, 20, 5, 5, halo=(1, 1, 1, 1)).shape
    (2, 2, 7, 7, 16)
    """

    n: int
    c: int
    h: int
    w: int
    halo: Halo = (0, 0, 0, 0)
    block: int = BLOCK
    dtype: np.dtype = _FLOAT32

    @property
    def blocks(self) -> int:
        """Blocks of channels."""
        return -(-self.c // self.block)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the buffer."""
        top, bottom, left, right = self.halo
        return (self.n, self.blocks, self.h + top + bottom, self.w + left + right, self.block)

    @functools.cached_property
    def pixel(self) -> int:
        """Bytes from one pixel to the next."""
        return self.block * self.dtype.itemsize

    @functools.cached_property
    def row(self) -> int:
        """Bytes from one row to the next."""
        return self.shape[3] * self.pixel

    @functools.cached_property
    def plane(self) -> int:
        """Bytes from one block of channels to the next."""
        return self.shape[2] * self.row

    @functools.cached_property
    def image(self) -> int:
        """Bytes from one image to the next."""
        return self.blocks * self.plane

    @functools.cached_property
    def origin(self) -> int:
        """Bytes from the buffer's start to pixel (0, 0)."""
        return self.halo[0] * self.row + self.halo[2] * self.pixel

    def zeros(self) -> np.ndarray:
        """Allocate a buffer whose halo and spare lanes are zero."""
        out = aligned_empty(self.shape, self.dtype)
        out[...] = 0
        return out

    def start(self, buffer: np.ndarray) -> int:
        """Address of pixel (0, 0) of the first image in a buffer of this layout."""
        if buffer.shape != self.shape or buffer.dtype != self.dtype:
            raise ValueError(
                f"buffer of shape {buffer.shape} and dtype {buffer.dtype} does not have the "
                f"layout's shape {self.shape} and dtype {self.dtype}"
            )
        if not buffer.flags.c_contiguous:
            raise ValueError("a blocked buffer must be C-contiguous; allocate it by Layout.zeros()")
        return pointer(buffer) + self.origin

    def interior(self, buffer: np.ndarray) -> np.ndarray:
        """View the buffer without its halo."""
        top, _, left, _ = self.halo
        return buffer[:, :, top : top + self.h, left : left + self.w]


def _move(plain: np.ndarray, blocked: np.ndarray, layout: Layout, unpack: bool) -> Launch:
    """Make the launch of either direction."""
    if plain.shape != (layout.n, layout.c, layout.h, layout.w) or plain.dtype != layout.dtype:
        raise ValueError(f"array {plain.dtype}{plain.shape} does not match {layout}")
    kernel = get(
        "layout:build_move_blocks",
        dtype=layout.dtype.name,
        lanes=lanes_for(layout.dtype),
        unpack=unpack,
    )
    args = pack_args(
        [
            pointer(plain),
            layout.start(blocked),
            layout.c,
            layout.h,
            layout.w,
            *plain.strides,
            layout.block,
            layout.image,
            layout.plane,
            layout.row,
        ]
    )
    items = layout.n * layout.blocks * layout.h
    return Launch(kernel, items, args, cost=2.0 * plain.nbytes, keep=(plain, blocked))


def pack_launch(plain: np.ndarray, blocked: np.ndarray, layout: Layout) -> Launch:
    """Copy an NCHW array of any strides into a blocked buffer, as a launch."""
    return _move(plain, blocked, layout, False)


def unpack_launch(blocked: np.ndarray, plain: np.ndarray, layout: Layout) -> Launch:
    """Copy a blocked buffer into a writable NCHW array of any strides, as a launch."""
    return _move(plain, blocked, layout, True)


def clear_halo_launch(buffer: np.ndarray, layout: Layout) -> Launch:
    """Write zeros into a buffer's halo, as a launch.

    Examples
    --------
    >>> layout = Layout(1, 16, 1, 1, halo=(1, 1, 1, 1))
    >>> buffer = np.ones(layout.shape, np.float32)
    >>> Serial().run([clear_halo_launch(buffer, layout)])
    >>> float(buffer.sum())
    16.0
    """
    top, _, left, right = layout.halo
    layout.start(buffer)  # checks the buffer
    kernel = get("layout:build_clear_halo", dtype=layout.dtype.name, lanes=lanes_for(layout.dtype))
    sides = [top * layout.row, left * layout.pixel, right * layout.pixel]
    args = pack_args([pointer(buffer), layout.plane, layout.row, *sides, layout.h])
    items = layout.n * layout.blocks
    cost = float(buffer.nbytes - items * layout.h * layout.w * layout.pixel)
    return Launch(kernel, items, args, 0, cost, (buffer,))


def to_blocked(plain: np.ndarray, layout: Layout, pool: Pool | None = None) -> np.ndarray:
    """Copy an NCHW array into a new blocked buffer.

    Examples
    --------
    >>> x = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    >>> layout = Layout(1, 2, 3, 4, halo=(1, 1, 1, 1))
    >>> buffer = to_blocked(x, layout)
    >>> bool((from_blocked(buffer, layout) == x).all())
    True
    """
    out = layout.zeros()
    (pool or Serial()).run([pack_launch(plain, out, layout)])
    return out


def from_blocked(blocked: np.ndarray, layout: Layout, pool: Pool | None = None) -> np.ndarray:
    """Copy a blocked buffer into a new C-contiguous NCHW array."""
    out = np.empty((layout.n, layout.c, layout.h, layout.w), layout.dtype)
    (pool or Serial()).run([unpack_launch(blocked, out, layout)])
    return out


@dataclass(frozen=True)
class WeightLayout:
    """Packed weights ``[group][in block][kh][kw][in lane][blocks * 16 out lanes]``.

    A group here is what one register tile computes: ``blocks`` blocks of 16 output channels.

    Examples
    --------
    >>> WeightLayout(o=64, i=32, kh=3, kw=3, blocks=4).shape
    (1, 2, 3, 3, 16, 64)
    """

    o: int
    i: int
    kh: int
    kw: int
    blocks: int
    in_block: int = BLOCK
    dtype: np.dtype = _FLOAT32

    @property
    def groups(self) -> int:
        """Groups of output blocks."""
        return -(-self.o // (BLOCK * self.blocks))

    @property
    def in_blocks(self) -> int:
        """Blocks of input channels."""
        return -(-self.i // self.in_block)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the packed array."""
        width = self.blocks * BLOCK
        return (self.groups, self.in_blocks, self.kh, self.kw, self.in_block, width)

    @property
    def row(self) -> int:
        """Bytes of one input lane's row."""
        return self.blocks * BLOCK * self.dtype.itemsize

    @property
    def tap(self) -> int:
        """Bytes of one kernel position of one input block."""
        return self.in_block * self.row

    @property
    def in_step(self) -> int:
        """Bytes from one input block to the next."""
        return self.kh * self.kw * self.tap

    @property
    def group(self) -> int:
        """Bytes of a group."""
        return self.in_blocks * self.in_step

    def empty(self) -> np.ndarray:
        """Allocate packed weights, uninitialised."""
        return aligned_empty(self.shape, self.dtype)


def _weights_launch(
    name: str,
    plain: np.ndarray,
    packed: np.ndarray,
    lay: WeightLayout,
    factors: np.ndarray | None = None,
) -> Launch:
    """Make the launch of packing or unpacking."""
    if plain.shape != (lay.o, lay.i, lay.kh, lay.kw) or plain.dtype != lay.dtype:
        raise ValueError(f"weights {plain.dtype}{plain.shape} do not match {lay}")
    if packed.shape != lay.shape or packed.dtype != lay.dtype or not packed.flags.c_contiguous:
        raise ValueError(f"packed weights {packed.dtype}{packed.shape} do not match {lay}")
    kernel = get(f"layout:{name}", dtype=lay.dtype.name, lanes=lanes_for(lay.dtype))
    args = pack_args(
        [
            pointer(plain),
            pointer(packed),
            *plain.shape,
            *plain.strides,
            lay.in_block,
            lay.blocks,
            lay.in_blocks,
            pointer(factors),
        ]
    )
    items, scratch = lay.groups * lay.in_blocks, BLOCK * BLOCK * lay.dtype.itemsize
    return Launch(kernel, items, args, scratch, 2.0 * plain.nbytes, keep=(plain, packed, factors))


def pack_weights_launch(
    plain: np.ndarray,
    packed: np.ndarray,
    layout: WeightLayout,
    factors: np.ndarray | None = None,
) -> Launch:
    """Pack OIHW weights of any strides, as a launch; ``factors`` scale the output channels."""
    if factors is not None and (factors.shape != (layout.o,) or factors.dtype != layout.dtype):
        raise ValueError(
            f"{layout.o} output channels of {layout.dtype}, but factors {factors.shape}"
        )
    return _weights_launch("build_pack_weights", plain, packed, layout, factors)


def unpack_weights_launch(packed: np.ndarray, plain: np.ndarray, layout: WeightLayout) -> Launch:
    """Unpack into an OIHW array of any strides, as a launch."""
    return _weights_launch("build_unpack_weights", plain, packed, layout)


def pack_weights(
    plain: np.ndarray,
    layout: WeightLayout,
    pool: Pool | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Pack OIHW weights of any strides; absent channels become zeros."""
    packed = layout.empty() if out is None else out
    (pool or Serial()).run([_weights_launch("build_pack_weights", plain, packed, layout)])
    return packed


def unpack_weights(
    packed: np.ndarray,
    layout: WeightLayout,
    pool: Pool | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Unpack to OIHW; ``out`` may have any strides.

    Examples
    --------
    >>> w = np.arange(2 * 3 * 9, dtype=np.float32).reshape(2, 3, 3, 3)
    >>> lay = WeightLayout(2, 3, 3, 3, blocks=1)
    >>> bool((unpack_weights(pack_weights(w, lay), lay) == w).all())
    True
    """
    if out is None:
        out = np.empty((layout.o, layout.i, layout.kh, layout.kw), layout.dtype)
    (pool or Serial()).run([_weights_launch("build_unpack_weights", out, packed, layout)])
    return out
