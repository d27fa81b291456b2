"""A bounded team of threads that runs kernels over ranges, with the GIL released.

The helpers are Python threads that stay inside native code (`_threads_ir`): after a job they look
out for the next one for some microseconds, then sleep on a lock.  A launch is one native call: it
wakes the helpers, takes pieces of the range like them from a common counter, and waits for all.

What holds whatever happens: a call by one thread while another one's is running, or from inside a
piece, runs alone on its own thread; a child process after ``fork`` makes helpers of its own when it
first needs them; helpers end before the interpreter does; importing starts nothing.
"""

import atexit
import contextlib
import ctypes
import glob
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from . import _threads_ir as native
from .native import NativeFunction, compile_llvm
from .thread_count import MAX_THREADS, available_processors, get_num_threads, set_num_threads

__all__ = [
    "blas_threads",
    "get_num_threads",
    "parallel_for",
    "run_together",
    "set_num_threads",
]

_RANGE = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)
# About 10 microseconds on processors of today.
_SPINS = 300


class _Team:
    """The helpers of one process, and the memory that they share with a launch."""

    def __init__(self) -> None:
        functions = compile_llvm(native.text(), ["fl_launch", "fl_help"])
        pointer, word = ctypes.c_void_p, ctypes.c_int64
        launch = ctypes.CFUNCTYPE(None, pointer, pointer, pointer, *[word] * 5)
        self._launch = launch(functions["fl_launch"])
        self._help = ctypes.CFUNCTYPE(None, pointer, pointer, word)(functions["fl_help"])
        words = native.HELPER_WORDS * (MAX_THREADS + 1)
        self._memory = (ctypes.c_int64 * (words + 8))()
        self._base = -(-ctypes.addressof(self._memory) // 64) * 64
        self._threads: list[threading.Thread] = []
        self._set(native.DONE_LOCK, _taken_lock())

    def _set(self, word: int, value: int) -> None:
        """Write one word of the shared memory."""
        ctypes.c_int64.from_address(self._base + 8 * word).value = value

    def grow(self, helpers: int) -> None:
        """Have at least so many helpers."""
        while len(self._threads) < helpers:
            word = native.HELPER_WORDS * (len(self._threads) + 1)
            self._set(word + native.LOCK, _taken_lock())
            address = self._base + 8 * word
            thread = threading.Thread(
                target=self._help,
                args=(self._base, address, self._spins()),
                name=f"functorch_lite-{len(self._threads) + 1}",
                daemon=True,
            )
            thread.start()
            self._threads.append(thread)

    @staticmethod
    def _spins() -> int:
        """How long to look out before sleeping: not at all where threads share processors."""
        return _SPINS if get_num_threads() <= available_processors() else 0

    def run(self, function: int, args: int, lo: int, hi: int, chunk: int, helpers: int) -> None:
        """Run a range on the calling thread and some helpers."""
        self.grow(helpers)
        self._launch(self._base, function, args, lo, hi, chunk, helpers, self._spins())

    def stop(self) -> None:
        """End the helpers."""
        self._launch(self._base, None, None, 0, 0, 1, len(self._threads), 0)
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads.clear()


def _taken_lock() -> int:
    """Allocate one of Python's own locks, which need no GIL, and take it."""
    allocate, acquire = (
        ctypes.pythonapi.PyThread_allocate_lock,
        ctypes.pythonapi.PyThread_acquire_lock,
    )
    allocate.restype, acquire.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]
    lock = allocate()
    if not lock:
        raise MemoryError("no lock for a helper thread")
    acquire(lock, 1)
    return int(lock)


_team: _Team | None = None
_busy = threading.Lock()  # held by the thread whose launch is running
_closed = False
_inside = threading.local()


def _after_fork() -> None:
    """Forget the parent's helpers, of which a child has none."""
    global _team, _busy, _inside
    _team, _busy, _inside = None, threading.Lock(), threading.local()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def _close() -> None:
    """End the helpers before the interpreter goes; later calls run on their own thread."""
    global _team, _closed
    _closed = True
    if _busy.acquire(timeout=5):
        try:
            if _team is not None:
                _team.stop()
                _team = None
        finally:
            _busy.release()


def parallel_for(
    function: int | NativeFunction | Callable[..., object],
    lo: int,
    hi: int,
    chunk: int,
    args: int | Sequence[Any] = (),
) -> None:
    """Run a function over ``[lo, hi)`` in pieces, on several threads.

    The calling thread takes part.  Each piece ``[a, b)`` has at most ``chunk`` elements; which
    thread runs it is not determined, so pieces must be independent.

    Parameters
    ----------
    function : int, NativeFunction or callable
        A kernel compiled with ``range_at``, whose other arguments are ``args``; or the address of a
        function, or a kernel, of signature ``void(i64*, i64, i64, i64)``, called with a pointer to
        ``args``, ``a``, ``b`` and 0: both the fast way, without the GIL.  Any other callable is called as
        ``function(a, b, *args)``; it gains from threads only as far as it releases the GIL.
    lo, hi : int
        The range; empty if ``hi <= lo``.
    chunk : int
        Largest size of a piece, at least 1.  Take ``(hi - lo) / threads`` for one piece each, and
        less where pieces differ in cost.
    args : int or sequence
        For native functions the address of the arguments, one in each 64-bit word, or the integers
        and floats to put there; for others, arguments to hand on.

    Raises
    ------
    ValueError
        If ``chunk`` is less than 1.
    Exception
        The first exception of a Python callable; pieces not yet begun are then left out.

    Examples
    --------
    >>> total = []
    >>> parallel_for(lambda a, b: total.append((a, b)), 0, 10, 4)
    >>> sorted(total)
    [(0, 4), (4, 8), (8, 10)]
    """
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, not {chunk}")
    if hi <= lo:
        return
    types = None
    if isinstance(function, NativeFunction):
        if function.range_address:
            types = function.range_types
            function = function.range_address
        elif function.signature.args == ("i64*", "i64", "i64", "i64"):
            function = function.address
    if isinstance(function, int):
        if isinstance(args, int):
            _run(function, args, lo, hi, chunk)
        else:
            packed = _packed(args, types)
            _run(function, ctypes.addressof(packed), lo, hi, chunk)
    else:
        _run_callable(function, lo, hi, chunk, () if isinstance(args, int) else args)


def _packed(args: Sequence[int | float], types: Sequence[str] | None) -> Any:
    """Put arguments into an array of 64-bit words; without types they are integers."""
    if types is not None:
        if len(args) != len(types):
            raise TypeError(f"the kernel takes {len(types)} arguments and a range, not {len(args)}")
        if "f32" in types or "f64" in types:
            args = [_word(a, t) for a, t in zip(args, types, strict=True)]
    words: Any = args
    return (ctypes.c_int64 * len(args))(*words)


def _word(value: int | float, type_: str) -> int | float:
    """Return the bits of an argument as an integer."""
    if type_ not in ("f32", "f64"):
        return value
    raw = struct.pack("<f" if type_ == "f32" else "<d", value)
    return int.from_bytes(raw, "little", signed=True)


def _run(address: int, args: int, lo: int, hi: int, chunk: int) -> None:
    """Run a native function over a range, alone if the team is not to be had."""
    global _team
    helpers = min(get_num_threads(), -(-(hi - lo) // chunk)) - 1
    busy = _busy  # in a child process the name stands for another lock
    if helpers > 0 and not getattr(_inside, "piece", False) and busy.acquire(blocking=False):
        try:
            if not _closed:
                if _team is None:
                    _team = _Team()
                _team.run(address, args, lo, hi, chunk, helpers)
                return
        finally:
            busy.release()
    function = _RANGE(address)
    for a in range(lo, hi, chunk):
        function(args, a, min(a + chunk, hi), 0)


def run_together(function: int, args: int, members: int) -> bool:
    """Run the pieces ``[0, 1) ... [members - 1, members)``, all at the same time.

    They may therefore wait for each other.

    Parameters
    ----------
    function : int
        Address of ``void(i64 *args, i64 lo, i64 hi, i64 scratch)``.
    args : int
        Address of its arguments.
    members : int
        How many threads, the caller's included.

    Returns
    -------
    bool
        False, and nothing was run, if the team is not to be had: another thread uses it.
    """
    global _team
    busy = _busy
    if getattr(_inside, "piece", False) or not busy.acquire(blocking=False):
        return False
    try:
        if _closed:
            return False
        if _team is None:
            _team = _Team()
        _team.run(function, args, 0, members, 1, members - 1)
        return True
    finally:
        busy.release()


def _run_callable(
    function: Callable[..., object], lo: int, hi: int, chunk: int, args: Sequence[Any]
) -> None:
    """Run a Python callable over a range."""
    errors: list[BaseException] = []

    def piece(_args: int, a: int, b: int, _scratch: int) -> None:
        if errors:
            return
        outer, _inside.piece = getattr(_inside, "piece", False), True
        try:
            function(a, b, *args)
        except BaseException as e:
            errors.append(e)
        finally:
            _inside.piece = outer

    callback = _RANGE(piece)
    address = ctypes.cast(callback, ctypes.c_void_p).value
    assert address is not None
    _run(address, 0, lo, hi, chunk)
    if errors:
        raise errors[0]


@lru_cache(maxsize=1)
def _blas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Find the getter and the setter of the threads of the OpenBLAS that NumPy brings along."""
    import numpy as np

    root = os.path.dirname(np.__file__)
    folders = [root + ".libs", os.path.join(root, ".dylibs"), os.path.join(root, ".libs")]
    for path in sorted(p for f in folders for p in glob.glob(os.path.join(f, "*openblas*"))):
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            get = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
            put = getattr(library, f"{prefix}openblas_set_num_threads{suffix}", None)
            if get is not None and put is not None:
                get.restype, put.argtypes, put.restype = ctypes.c_int, [ctypes.c_int], None
                return get, put
    return None


@contextlib.contextmanager
def blas_threads(count: int = 1) -> Iterator[None]:
    """Bound the threads of NumPy's OpenBLAS within a ``with`` block.

    Two teams of threads on the same processors stall each other, so BLAS gets one thread while
    kernels of ours run.  Where NumPy uses another BLAS this does nothing.  The bound is the
    process's: another thread's BLAS calls see it too.

    Parameters
    ----------
    count : int
        How many threads.

    Examples
    --------
    >>> import numpy as np
    >>> with blas_threads(1):
    ...     float((np.ones((3, 3)) @ np.ones((3, 3))).sum())
    27.0
    """
    functions = _blas()
    if functions is None:
        yield
        return
    get, put = functions
    before = get()
    put(count)
    try:
        yield
    finally:
        put(before)
