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

__all__ = ["OutputSlot"]

# Below this, memory comes from the allocator's own store.
SMALLEST = 1 << 18
_KEPT = 2
_ALIGN = 64


def _counts_references() -> bool:
    """Tell whether reference counts are exact in this interpreter."""
    locked: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return hasattr(sys, "getrefcount") and sys.implementation.name == "cpython" and locked


class OutputSlot:
    """Makes the arrays for one result of a program.

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

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = shape, dtype
        self.nbytes = dtype.itemsize
        for n in shape:
            self.nbytes *= n
        self._buffers: list[Memory] = []
        self._lock = threading.Lock()
        self._pooled = self.nbytes >= SMALLEST and _counts_references()
        self._free_count = 0
        if self._pooled:
            self._free_count = self._references([Memory((1,), np.uint8)])[0]

    @staticmethod
    def _references(buffers: list[Any]) -> list[int]:
        """Count the references to each buffer; one that is free has as many as a new one."""
        return [sys.getrefcount(b) for b in buffers]

    def __call__(self) -> np.ndarray[Any, Any]:
        """Return an uninitialised array that shares memory with no other."""
        if not self._pooled:
            return np.empty(self.shape, self.dtype)
        with self._lock:
            for buffer, count in zip(self._buffers, self._references(self._buffers), strict=True):
                if count == self._free_count:
                    return self._array(buffer)
            buffer = Memory((self.nbytes + _ALIGN,), np.uint8)
            if len(self._buffers) < _KEPT:
                self._buffers.append(buffer)
            return self._array(buffer)

    def _array(self, buffer: Memory) -> np.ndarray[Any, Any]:
        """Return the array in a buffer, on a cache line."""
        shift = -buffer.ctypes.data % _ALIGN
        part = buffer[shift : shift + self.nbytes].view(self.dtype).reshape(self.shape)
        return part.view(np.ndarray)
