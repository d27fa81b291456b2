"""Launch lists that run in native code.

Python is left once for a whole list: every thread that runs it interprets the list itself,
claims work items from atomic counters and waits for the others' after each launch, which costs
about a microsecond instead of the tens of a Python-level hand-over. This module makes no
threads: it is given a function that runs something on several at once.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable, Iterable

import numpy as np

from .launch import Launch, aligned_empty, pack_args, pointer
from .registry import get

__all__ = ["Program"]

_SMALL = 5e4  # floating-point operations or bytes below which a launch stays on one thread
_GRAINS = 8  # pieces of a launch for each thread

Together = Callable[[int, int, int], bool]
"""Runs ``function(args, k, k + 1, 0)`` for all k below a count, on several threads; False, and
nothing was run, if it cannot."""


@functools.cache
def _yield_address() -> int:
    """Address of the C function that gives up the processor."""
    if os.name == "nt":
        function = ctypes.WinDLL("kernel32").SwitchToThread  # type: ignore[attr-defined,unused-ignore]
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _spins(threads: int) -> int:
    """Return how often a thread that waits for the others' work looks before it yields.

    For about a millisecond, which is longer than a piece of work: one that yields may have to
    leave the processor to another process for a whole time slice. Where threads share
    processors it yields soon.
    """
    return 1_000_000 if threads <= (os.cpu_count() or 1) else 2000


class Program:
    """A launch list compiled to a table; it may be run again and again, one run at a time.

    Parameters
    ----------
    launches : iterable of Launch
    threads : int
        How many will share each launch.

    Examples
    --------
    >>> from functorch_lite.kernels.update import axpby_launch
    >>> x, y = np.ones(10000), np.zeros(10000)
    >>> Program([axpby_launch(x, y, 3.0, 0.0)] * 2, 1).run()
    >>> float(y.sum())
    30000.0
    """

    def __init__(self, launches: Iterable[Launch], threads: int = 1) -> None:
        if threads < 1:
            raise ValueError(f"a program runs on at least one thread, got {threads}")
        self.launches = [launch for launch in launches if launch.items > 0]
        self.threads = threads
        rows = []
        for launch in self.launches:
            pieces = threads * _GRAINS if threads > 1 and launch.cost >= _SMALL else 1
            grain = -(-launch.items // pieces)
            rows.append((launch.kernel.address, launch.address, launch.items, grain))
        self.table = np.array(rows, np.int64).reshape(-1, 4)
        self.counters = aligned_empty((len(rows), threads + 1, 8), np.int64)
        each = max((launch.scratch for launch in self.launches), default=0)
        each = -(-each // 4096) * 4096  # so that threads do not share pages
        self.scratch = aligned_empty((threads * each,), np.uint8)
        self.args = pack_args(
            [pointer(self.table), len(rows), pointer(self.counters), _yield_address(),
             pointer(self.scratch), each, _spins(threads), threads]
        )  # fmt: skip
        self.address = pointer(self.args)
        self._kernel = get("program:build_program")

    def run(self, together: Together | None = None) -> None:
        """Run the launches in order.

        Parameters
        ----------
        together : callable, optional
            Runs the program on several threads; without it, or if it cannot, the calling thread
            runs alone.
        """
        self.counters[...] = 0
        several = self.threads > 1 and together is not None
        if several and together(self._kernel.address, self.address, self.threads):  # type: ignore[misc]
            return
        self._kernel.call(self.address, 0, 1, 0)
