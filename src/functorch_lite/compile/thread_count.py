"""How many threads a kernel may run on. Apart from `threads`, which needs LLVM."""

import os

__all__ = [
    "MAX_THREADS",
    "available_processors",
    "default_threads",
    "get_num_threads",
    "set_num_threads",
]

MAX_THREADS = 256


def available_processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def default_threads() -> int:
    """Read the number of threads from the environment, else take all processors."""
    for name in ("FUNCTORCH_LITE_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").partition(",")[0].strip()
        if first.isdecimal() and int(first) > 0:
            return min(int(first), MAX_THREADS)
    return min(available_processors(), MAX_THREADS)


_threads: int | None = None


def get_num_threads() -> int:
    """Return how many threads a kernel may run on, the caller's included.

    The default is ``FUNCTORCH_LITE_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the number of
    processors that the process may use.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    global _threads
    if _threads is None:
        _threads = default_threads()
    return _threads


def set_num_threads(count: int) -> None:
    """Bound the number of threads that a kernel may run on, the caller's included.

    Parameters
    ----------
    count : int
        1 to 256; 1 runs everything on the calling thread.

    Raises
    ------
    ValueError
        If ``count`` is out of range.
    """
    global _threads
    if not 1 <= count <= MAX_THREADS:
        raise ValueError(f"the number of threads must be 1 to {MAX_THREADS}, not {count}")
    _threads = count
