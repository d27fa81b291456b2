"""What the CPU can do, and the register tiles that follow from it.

Activations are blocked by 16 channels whatever the vector width: 16 float32 lanes are one
AVX-512 register, two AVX2 registers or four portable ones. So buffers, packed weights and
compiled offset tables look the same on every CPU and only the inner tile differs; the price is
that the narrow widths may not use blocks of 8, which would save some padding for small layers.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = [
    "BLOCK",
    "Tile",
    "dot_tile",
    "host_lanes",
    "lanes_for",
    "matmul_tile",
    "outer_tile",
    "use_lanes",
]

BLOCK = 16
"""Channels of a block of the activation layout, for every dtype and vector width."""

_forced: list[int] = []


@functools.cache
def _detected_lanes() -> int:
    """Return the float32 lanes of the widest vector that this CPU multiplies and adds."""
    import llvmlite.binding as llvm

    try:
        features = llvm.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know this platform's feature list
        return 4
    if features.get("avx512f"):
        return 16
    if features.get("avx2") and features.get("fma"):
        return 8
    return 4


def host_lanes() -> int:
    """Float32 lanes of a vector register: 16 (AVX-512), 8 (AVX2) or 4 (portable).

    Examples
    --------
    >>> host_lanes() in (4, 8, 16)
    True
    """
    return _forced[-1] if _forced else _detected_lanes()


@contextlib.contextmanager
def use_lanes(lanes: int) -> Iterator[None]:
    """Force a vector width while plans are made; for tests and measurements.

    Parameters
    ----------
    lanes : int
        4, 8 or 16 float32 lanes. A width that the CPU lacks is emulated by LLVM.

    Examples
    --------
    >>> with use_lanes(8):
    ...     host_lanes()
    8
    """
    if lanes not in (4, 8, 16):
        raise ValueError(f"vector width must be 4, 8 or 16 float32 lanes, got {lanes}")
    _forced.append(lanes)
    try:
        yield
    finally:
        _forced.pop()


def lanes_for(dtype: np.dtype) -> int:
    """Lanes of ``dtype`` in one vector register.

    Examples
    --------
    >>> with use_lanes(16):
    ...     lanes_for(np.dtype("float32")), lanes_for(np.dtype("float64"))
    (16, 8)
    """
    return host_lanes() * 4 // dtype.itemsize


@dataclass(frozen=True)
class Tile:
    """A register tile: ``rows`` broadcast values times ``blocks`` blocks of 16 channels."""

    rows: int
    blocks: int


def matmul_tile(dtype: np.dtype, channel_blocks: int, rows: int) -> Tile:
    """Choose the tile for ``rows`` pixels and ``channel_blocks`` output blocks.

    AVX-512 has 32 registers: 7 x 4 accumulators, 4 weights and one broadcast value use them
    up, and 7 row pointers still fit the integer registers. The others have 16.

    Examples
    --------
    >>> with use_lanes(16):
    ...     matmul_tile(np.dtype("float32"), 4, 1000)
    Tile(rows=7, blocks=4)
    """
    wide = host_lanes() == 16
    parts = BLOCK // lanes_for(dtype)
    most_vectors = 4 if wide else parts
    blocks = max(b for b in (1, 2, 3, 4) if b == 1 or (b * parts <= most_vectors))
    while channel_blocks % blocks:
        blocks -= 1
    vectors = blocks * parts
    if not wide:
        return Tile(max(1, min(6, 12 // vectors)), blocks)
    tall, short = (7, 4) if vectors <= 4 else (3, 3)
    # the short tile has the same cost per row and wastes less of a small image
    waste_tall, waste_short = -rows % tall, -rows % short
    return Tile(tall if (rows + waste_tall) <= (rows + waste_short) * 1.05 else short, blocks)


def outer_tile(dtype: np.dtype) -> Tile:
    """Choose the tile of a sum of outer products: 16 accumulators, or 8 of 16 registers.

    Examples
    --------
    >>> with use_lanes(8):
    ...     outer_tile(np.dtype("float32"))
    Tile(rows=4, blocks=1)
    """
    parts = BLOCK // lanes_for(dtype)
    if host_lanes() == 16:
        return Tile(4, 4 // parts)
    return Tile(max(1, 8 // parts), 1)


def dot_tile(pixels: int) -> tuple[int, int]:
    """Choose how many channels and how many of the pixels meet in a tile of dot products.

    Examples
    --------
    >>> with use_lanes(16):
    ...     dot_tile(4), dot_tile(9)
    ((6, 4), (6, 3))
    """
    rows, most = (6, 4) if host_lanes() == 16 else (4, 2)

    def cost(columns: int) -> float:
        return -(-pixels // columns) * (rows * columns + (rows + columns) / 2)

    return rows, min(range(min(most, pixels), 0, -1), key=cost)
