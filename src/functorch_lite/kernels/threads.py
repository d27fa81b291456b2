"""A team of threads that runs launch lists in native code.

Python is left once for a whole list: every thread of the team interprets the list itself,
claims work items from atomic counters and waits at a barrier after each launch, which costs
about a microsecond instead of the tens of a Python-level hand-over.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from collections.abc import Iterable

import numpy as np

from .launch import Launch, aligned_empty, pack_args, pointer
from .registry import get

__all__ = ["Program", "Team"]

_SMALL = 5e4  # floating-point operations or bytes below which a launch stays on one thread
_GRAINS = 4  # pieces of a launch for each thread


@functools.cache
def _yield_address() -> int:
    """Address of the C function that gives up the processor."""
    if os.name == "nt":
        function = ctypes.WinDLL("kernel32").SwitchToThread  # type: ignore[attr-defined,unused-ignore]
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


class Program:
    """A launch list compiled to a table; it may be run again and again.

    Parameters
    ----------
    launches : iterable of Launch
    threads : int
    """

    def __init__(self, launches: Iterable[Launch], threads: int) -> None:
        self.launches = [launch for launch in launches if launch.items > 0]
        self.threads = threads
        rows = []
        for launch in self.launches:
            pieces = threads * _GRAINS if threads > 1 and launch.cost >= _SMALL else 1
            grain = -(-launch.items // pieces)
            rows.append((launch.kernel.address, launch.address, launch.items, grain))
        self.table = np.array(rows, np.int64).reshape(-1, 4)
        self.counters = aligned_empty((len(rows), 16), np.int64)
        self.scratch = max((launch.scratch for launch in self.launches), default=0)
        self.args = pack_args(
            [pointer(self.table), len(rows), threads, pointer(self.counters), _yield_address()]
        )
        self.address = pointer(self.args)


class Team:
    """Threads that run programs together; implements :class:`~.launch.Pool`.

    Parameters
    ----------
    threads : int

    Notes
    -----
    Runs are serialised by a lock, so several Python threads may share a team. After a fork the
    child starts helpers of its own. Call :meth:`close`, or use ``with``, to stop them.

    Examples
    --------
    >>> from functorch_lite.kernels.update import axpby_launch
    >>> x, y = np.ones(10000), np.zeros(10000)
    >>> with Team(2) as team:
    ...     team.run([axpby_launch(x, y, 3.0, 0.0)])
    >>> float(y.sum())
    30000.0
    """

    def __init__(self, threads: int) -> None:
        if threads < 1:
            raise ValueError(f"a team has at least one thread, got {threads}")
        self.threads = threads
        self._lock = threading.Lock()
        self._scratch = [aligned_empty((0,), np.uint8)] * threads
        self._kernel = get("program:build_program")
        self._start_helpers()

    def _start_helpers(self) -> None:
        """Start all threads but the caller's."""
        self._process = os.getpid()
        self._todo: Program | None = None
        self._go = [threading.Semaphore(0) for _ in range(self.threads - 1)]
        self._done = threading.Semaphore(0)
        for k in range(self.threads - 1):
            threading.Thread(target=self._help, args=(k,), daemon=True).start()

    def _help(self, k: int) -> None:
        """Run programs as thread k + 1 until told to stop."""
        go, done = self._go[k], self._done
        while True:
            go.acquire()
            program = self._todo
            if program is None:
                return
            self._kernel.call(program.address, k + 1, 0, pointer(self._scratch[k + 1]))
            done.release()

    def run(self, launches: Iterable[Launch]) -> None:
        """Run launches in order."""
        self.run_program(Program(launches, self.threads))

    def run_program(self, program: Program) -> None:
        """Run a program that was made for this many threads."""
        if program.threads != self.threads:
            raise ValueError(f"program for {program.threads} threads, team of {self.threads}")
        with self._lock:
            if self._process != os.getpid():
                self._start_helpers()
            if program.scratch > self._scratch[0].size:
                self._scratch = [
                    aligned_empty((program.scratch,), np.uint8) for _ in range(self.threads)
                ]
            program.counters[...] = 0
            self._todo = program
            for go in self._go:
                go.release()
            self._kernel.call(program.address, 0, 0, pointer(self._scratch[0]))
            for _ in self._go:
                self._done.acquire()

    def close(self) -> None:
        """Stop the helpers; the team cannot run any more with several threads."""
        with self._lock:
            if self._process == os.getpid():
                self._todo = None
                for go in self._go:
                    go.release()
            self._go = []
            self.threads = 1

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
