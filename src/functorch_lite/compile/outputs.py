"""Memory for results that are returned.

Large results are not made afresh each time: the system would have to map and clear their pages,
which takes longer than many a kernel. A program keeps up to two buffers for each of its large
results. A buffer is used again when nobody but the program refers to it, which its reference
count tells: every array that shares its memory holds a reference to it.
"""

import sys
import threading
from typing import Any

import numpy as np

from ..transforms.donate import Memory

__all__ = ["BufferPool", "OutputSlot"]

# Below this, memory comes from the allocator's own store.
SMALLEST = 1 << 18
_KEPT = 2
_ALIGN = 64


def _counts_references() -> bool:
    """Tell whether reference counts are exact in this interpreter."""
    locked: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return hasattr(sys, "getrefcount") and sys.implementation.name == "cpython" and locked


class BufferPool:
    """Keeps up to two buffers for results of one kind, which may differ in length.

    Examples
    --------
    >>> pool = BufferPool()
    >>> first = pool.take(1 << 20)
    >>> where = first.ctypes.data
    >>> del first
    >>> pool.take(1 << 19).ctypes.data == where
    True
    """

    def __init__(self) -> None:
        self._buffers: list[Memory] = []
        self._lock = threading.Lock()
        self._free_count = self._references([Memory((1,), np.uint8)])[0]

    @staticmethod
    def _references(buffers: list[Any]) -> list[int]:
        """Count the references to each buffer; one that is free has as many as a new one."""
        return [sys.getrefcount(b) for b in buffers]

    def take(self, nbytes: int) -> Memory:
        """Return a buffer of at least so many bytes that nobody refers to."""
        with self._lock:
            counts = self._references(self._buffers)
            free = [i for i, count in enumerate(counts) if count == self._free_count]
            for i in free:
                if nbytes <= self._buffers[i].nbytes <= 2 * nbytes:
                    return self._buffers[i]
            buffer = Memory((nbytes,), np.uint8)
            if len(self._buffers) < _KEPT:
                self._buffers.append(buffer)
            elif free:  # of another length, which is not asked for now
                self._buffers[free[0]] = buffer
            return buffer


class OutputSlot:
    """Makes the arrays for one result of a program.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    pool : BufferPool, optional
        Where large ones come from; by default the slot has one of its own.

    Examples
    --------
    >>> slot = OutputSlot((1 << 20,), np.dtype("float32"))
    >>> first, second = slot(), slot()
    >>> bool(np.shares_memory(first, second))
    False
    >>> where = first.ctypes.data
    >>> del first
    >>> slot().ctypes.data == where
    True
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], pool: BufferPool | None = None
    ) -> None:
        self.shape, self.dtype = shape, dtype
        self.nbytes = dtype.itemsize
        for n in shape:
            self.nbytes *= n
        pooled = self.nbytes >= SMALLEST and _counts_references()
        self._pool = (pool or BufferPool()) if pooled else None

    def __call__(self) -> np.ndarray[Any, Any]:
        """Return an uninitialised array that shares memory with no other."""
        if self._pool is None:
            return np.empty(self.shape, self.dtype)
        return self._array(self._pool.take(self.nbytes + _ALIGN))

    def _array(self, buffer: Memory) -> np.ndarray[Any, Any]:
        """Return the array in a buffer, on a cache line."""
        shift = -buffer.ctypes.data % _ALIGN
        part = buffer[shift : shift + self.nbytes].view(self.dtype).reshape(self.shape)
        return part.view(np.ndarray)
