"""A whole list of launches run by a team of threads without returning to Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as ll
from llvmlite import ir
from numba.core import types

from .simd import I64, call_kernel, declare, load_i64, make_intrinsic, store_i64
from .simd import address as to_pointer

__all__ = ["build_chain", "build_program"]

Kernel = Callable[[Any, Any, Any, Any], None]


def _emit_yield(b: Any, function: Any) -> None:
    """Call a C function without arguments."""
    kind = ir.FunctionType(ir.IntType(32), [])
    b.call(b.inttoptr(function, kind.as_pointer()), [])


def _emit_load(b: Any, p: Any) -> Any:
    """Load with acquire ordering."""
    return b.load_atomic(to_pointer(b, p), "acquire", 8, typ=I64)


def _emit_stream_fence(b: Any) -> None:
    """Order what kernels stored past the caches before all later stores.

    On x86 the language makes no release ordering wait for such stores; elsewhere it does.
    """
    if ll.get_process_triple().startswith("x86_64"):
        b.call(declare(b, "llvm.x86.sse.sfence", ir.VoidType(), []), [])


_i64 = types.int64
fetch_add = make_intrinsic(
    _i64, (_i64, _i64), lambda b, p, n: b.atomic_rmw("add", to_pointer(b, p), n, "acq_rel")
)
load_acquire = make_intrinsic(_i64, (_i64,), _emit_load)
stream_fence = make_intrinsic(types.void, (), _emit_stream_fence)
yield_thread = make_intrinsic(types.void, (_i64,), _emit_yield)


def build_program() -> Kernel:
    """Build the interpreter of launch lists that every thread of a team runs.

    Arguments: 0 table of (kernel, arguments, items, grain) for each launch, 1 launches, 2
    counters: for each launch a zeroed cache line and one more for every thread, 3 address of the
    system's function that lets another thread run, 4 scratch memory, 5 its bytes for each thread,
    6 how often to look before yielding, 7 threads. ``lo`` is the thread's number.

    Each thread has a share of the items of a launch, always the same part of them, and claims
    ``grain`` items at a time from an atomic counter; when its share is taken it helps with the
    others'. So memory is as a rule written by the thread that wrote and read it before: a line
    that another processor has read costs up to forty times as much to write. Threads go on when
    all items of the launch are done: a spin, then yielding. They do not wait for threads, so one
    that the system interrupts, or has not started yet, delays the others by one grain at most.
    """

    def program(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        table = load_i64(args, 0)
        own = load_i64(args, 4) + lo * load_i64(args, 5)
        threads = load_i64(args, 7)
        for i in range(load_i64(args, 1)):
            kernel = load_i64(table, 4 * i)
            block = load_i64(table, 4 * i + 1)
            items = load_i64(table, 4 * i + 2)
            grain = load_i64(table, 4 * i + 3)
            done = load_i64(args, 2) + 64 * i * (threads + 1)
            shares = threads if grain < items else 1
            for k in range(shares):
                share = (lo + k) % shares
                counter = done + 64 * (share + 1)
                first = share * items // shares
                stop = (share + 1) * items // shares
                start = first + fetch_add(counter, grain)
                while start < stop:
                    end = min(start + grain, stop)
                    call_kernel(kernel, block, start, end, own)
                    stream_fence()  # others read what was made once it counts as done
                    fetch_add(done, end - start)
                    start = first + fetch_add(counter, grain)
            spins = 0
            while load_acquire(done) < items:
                spins += 1
                if spins > load_i64(args, 6):
                    yield_thread(load_i64(args, 3))

    return program


def build_chain() -> Kernel:
    """Build the kernel that runs others turn by turn on pieces that stay in cache.

    Arguments: 0 kernels, 1 bytes of scratch memory in front of their own; then for each kernel
    address, arguments, how many, items a unit, the slot in which it reads what the one before has
    made (-1 for none), the slot in which it says where to write (-1 for none), and the bytes of a
    unit of that. Intermediate results live in the scratch memory. A work item is one unit.
    """

    def chain(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        kernels = load_i64(args, 0)
        for k in range(kernels):
            for i in range(load_i64(args, 7 * k + 4)):
                store_i64(scratch + 512 * k, i, load_i64(load_i64(args, 7 * k + 3), i))
        spare = scratch + load_i64(args, 1)
        for unit in range(lo, hi):
            piece = scratch + 512 * kernels
            made = piece
            for k in range(kernels):
                block = scratch + 512 * k
                items = load_i64(args, 7 * k + 5)
                source = load_i64(args, 7 * k + 6)
                target = load_i64(args, 7 * k + 7)
                unit_bytes = load_i64(args, 7 * k + 8)
                if source >= 0:
                    store_i64(block, source, made)
                if target >= 0:
                    # kernels add unit * unit_bytes, which cancels
                    made = piece - unit * unit_bytes
                    store_i64(block, target, made)
                    piece += (unit_bytes + 63) // 64 * 64
                call_kernel(
                    load_i64(args, 7 * k + 2), block, unit * items, (unit + 1) * items, spare
                )

    return chain
