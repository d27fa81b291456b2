"""Memory that the allocator keeps, given back to the system.

glibc keeps freed memory, more of it the larger the arrays have been. What an interpreted run leaves
behind is of no use to its compiled successor, whose arena is one array that seldom fits in.
"""

import ctypes
import sys

__all__ = ["trim_memory"]


def trim_memory() -> bool:
    """Give freed memory back to the system; tell whether there was any.

    Does nothing where the C library has no ``malloc_trim`` (it is glibc's).

    Examples
    --------
    >>> trim_memory() in (True, False)
    True
    """
    if not sys.platform.startswith("linux"):
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(ctypes.c_size_t(0)))
