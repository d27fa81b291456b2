"""A whole list of launches run by a team of threads without returning to Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from .simd import I64, call_kernel, declare, load_i64, make_intrinsic
from .simd import address as to_pointer

__all__ = ["build_program"]

Kernel = Callable[[Any, Any, Any, Any], None]
_SPINS = 2000


def _emit_yield(b: Any) -> None:
    """Let another thread of the system run."""
    b.call(declare(b, "sched_yield", ir.IntType(32), []), [])


def _emit_load(b: Any, p: Any) -> Any:
    """Load with acquire ordering."""
    return b.load_atomic(to_pointer(b, p), "acquire", 8, typ=I64)


_i64 = types.int64
fetch_add = make_intrinsic(
    _i64, (_i64, _i64), lambda b, p, n: b.atomic_rmw("add", to_pointer(b, p), n, "acq_rel")
)
load_acquire = make_intrinsic(_i64, (_i64,), _emit_load)
yield_thread = make_intrinsic(types.void, (), _emit_yield)


def build_program() -> Kernel:
    """Build the interpreter of launch lists that every thread of a team runs.

    Arguments: 0 table of (kernel, arguments, items, grain) for each launch, 1 launches, 2
    threads, 3 counters: two zeroed cache lines a launch. Threads claim ``grain`` items at a time
    from an atomic counter, so a thread that the system interrupts delays the others by one grain,
    and wait for each other after every launch: a short spin, then yielding.
    """

    def program(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        table = load_i64(args, 0)
        threads = load_i64(args, 2)
        counters = load_i64(args, 3)
        for i in range(load_i64(args, 1)):
            kernel = load_i64(table, 4 * i)
            block = load_i64(table, 4 * i + 1)
            items = load_i64(table, 4 * i + 2)
            grain = load_i64(table, 4 * i + 3)
            start = fetch_add(counters + 128 * i, grain)
            while start < items:
                call_kernel(kernel, block, start, min(start + grain, items), scratch)
                start = fetch_add(counters + 128 * i, grain)
            arrived = counters + 128 * i + 64
            fetch_add(arrived, 1)
            spins = 0
            while load_acquire(arrived) < threads:
                spins += 1
                if spins > _SPINS:
                    yield_thread()

    return program
