"""A launch is a kernel with its arguments; a pool runs launches.

The whole protocol between kernels and threads: ``pool.run(launches)`` runs them in order and
may split the items ``[0, n)`` of each into ranges, in any order and on any thread, giving every
thread scratch memory of its own. :class:`Serial` is the smallest pool.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .registry import Kernel, get

__all__ = ["Launch", "Pool", "Serial", "aligned_empty", "chain", "pack_args", "pointer"]


def pointer(array: np.ndarray | None) -> int:
    """Address of an array's first element, 0 for None."""
    if array is None:
        return 0
    address: int = array.__array_interface__["data"][0]
    return address


def pack_args(values: Sequence[int | float]) -> np.ndarray:
    """Pack integers and floats into 8-byte slots.

    Examples
    --------
    >>> pack_args([1, 2.0]).view("f8")[1]
    np.float64(2.0)
    """
    kinds = "".join("d" if isinstance(v, float) else "q" for v in values)
    return np.frombuffer(bytearray(struct.pack(kinds, *values)), np.int64)


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype | type | str) -> np.ndarray:
    """Allocate an uninitialised array that starts on a cache line."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    raw = np.empty(size + 64, np.uint8)
    start = -pointer(raw) % 64
    return raw[start : start + size].view(kind).reshape(shape)


@dataclass
class Launch:
    """A kernel, how many work items, its arguments.

    Attributes
    ----------
    kernel : Kernel
    items : int
        Work items, split freely between threads.
    args : ndarray of int64
        The argument block; it holds addresses, so ``keep`` holds the arrays behind them.
    scratch : int
        Bytes of scratch memory a thread needs.
    cost : float
        Estimated floating-point operations or bytes, whichever is more; a pool may run small
        launches on one thread.
    """

    kernel: Kernel
    items: int
    args: np.ndarray
    scratch: int = 0
    cost: float = 0.0
    keep: tuple[Any, ...] = field(default=(), repr=False)
    address: int = field(init=False)

    def __post_init__(self) -> None:
        self.address = pointer(self.args)


def chain(launches: Sequence[Launch], links: Sequence[tuple[int, int, int]], units: int) -> Launch:
    """Fuse launches each of which uses what the one before has made.

    The intermediate results have ``units`` pieces. Each piece is made in scratch memory, by the
    ``units``-th part of a launch's items, and used there at once, so that it never leaves the
    cache.

    Parameters
    ----------
    launches : sequence of Launch
    links : sequence of (int, int, int)
        Between each two: the argument of the first that holds the address of the intermediate
        result, the argument of the second, and the bytes of a piece; or (-1, -1, 0) where the
        intermediate result is to be written to memory all the same.
    units : int
    """
    values: list[int] = []
    front = 512 * len(launches)
    sources = [-1, *(source for _, source, _ in links)]
    targets = [*((target, size) for target, _, size in links), (-1, 0)]
    for launch, source, (target, size) in zip(launches, sources, targets, strict=True):
        per_unit, rest = divmod(launch.items, units)
        if rest:
            raise ValueError(f"{launch.items} items do not divide into {units} units")
        if len(launch.args) > 64:
            raise ValueError(f"{len(launch.args)} arguments; a chain has room for 64")
        values += [launch.kernel.address, launch.address, len(launch.args), per_unit]
        values += [source, target, size]
        front += -(-size // 64) * 64
    return Launch(
        get("program:build_chain"),
        units,
        pack_args([len(launches), front, *values]),
        front + max(launch.scratch for launch in launches),
        sum(launch.cost for launch in launches),
        tuple(launches),
    )


class Pool(Protocol):
    """Runs launches one after another."""

    threads: int

    def run(self, launches: Iterable[Launch]) -> None:
        """Run the launches in order."""


class Serial:
    """One thread, no overhead; scratch memory grows to the largest request and is kept.

    Not for concurrent use by several Python threads: give each its own.
    """

    threads = 1

    def __init__(self) -> None:
        self._scratch = aligned_empty((0,), np.uint8)

    def run(self, launches: Iterable[Launch]) -> None:
        """Run the launches in order in the calling thread."""
        for launch in launches:
            if launch.scratch > self._scratch.size:
                self._scratch = aligned_empty((launch.scratch,), np.uint8)
            launch.kernel.call(launch.address, 0, launch.items, pointer(self._scratch))
