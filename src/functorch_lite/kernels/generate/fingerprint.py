"""Fingerprints of memory, in vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from .simd import I64, VectorType, address, load_i64, make_intrinsic, simd, store_i64

__all__ = ["build_fingerprint"]

Kernel = Callable[[Any, Any, Any, Any], None]
_I32 = ir.IntType(32)
# Odd multipliers with well spread bits (those of xxHash), and rotations that bring high bits, which
# a multiplication does not mix, down.
_FIRST = (0x9E3779B1, 13)
_SECOND = (0x85EBCA77, 17)
_FINAL = -7046029254386353131  # 0x9E3779B97F4A7C15


def _mixer(lanes: int, multiplier: int, rotation: int) -> Any:
    """Return ``rotate(state ^ data, rotation) * multiplier`` for vectors of 32-bit words."""
    vector, kind = VectorType("int32", lanes), ir.VectorType(_I32, lanes)

    def constant(value: int) -> Any:
        return ir.Constant(kind, [value] * lanes)

    def emit(b: Any, state: Any, data: Any) -> Any:
        mixed = b.xor(state, data)
        left, right = b.shl(mixed, constant(rotation)), b.lshr(mixed, constant(32 - rotation))
        return b.mul(b.or_(left, right), constant(multiplier))

    return make_intrinsic(vector, (vector, vector), emit)


def _load_byte(b: Any, p: Any) -> Any:
    """Load one byte as a 64-bit integer."""
    return b.zext(b.load(address(b, p), typ=ir.IntType(8), align=1), I64)


def build_fingerprint(lanes: int) -> Kernel:
    """Build the kernel that takes 64-bit fingerprints of pieces of memory.

    Arguments: 0 address and bytes of each piece, 1 destination, one word for each. A work item is a
    piece. Each lane has two states, each step of which is a bijection of the state and of the
    data: a change of one word always shows, any other one with a probability of 1 - 2**-64.
    """
    v = simd("float32", lanes)
    load, store, splat = v.load_int, v.store_int, v.splat_int
    first, second = _mixer(lanes, *_FIRST), _mixer(lanes, *_SECOND)
    load_byte = make_intrinsic(types.int64, (types.int64,), _load_byte)
    step = v.bytes

    def fingerprint(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        pieces = load_i64(args, 0)
        for item in range(lo, hi):
            at = load_i64(pieces, 2 * item)
            end = at + load_i64(pieces, 2 * item + 1)
            a0, a1, a2, a3 = splat(1), splat(2), splat(3), splat(4)
            b0, b1, b2, b3 = splat(5), splat(6), splat(7), splat(8)
            while at + 4 * step <= end:
                x0, x1 = load(at), load(at + step)
                x2, x3 = load(at + 2 * step), load(at + 3 * step)
                a0, b0 = first(a0, x0), second(b0, x0)
                a1, b1 = first(a1, x1), second(b1, x1)
                a2, b2 = first(a2, x2), second(b2, x2)
                a3, b3 = first(a3, x3), second(b3, x3)
                at += 4 * step
            store(scratch, a0)
            store(scratch + step, a1)
            store(scratch + 2 * step, a2)
            store(scratch + 3 * step, a3)
            store(scratch + 4 * step, b0)
            store(scratch + 5 * step, b1)
            store(scratch + 6 * step, b2)
            store(scratch + 7 * step, b3)
            state = end - load_i64(pieces, 2 * item)
            for k in range(step):
                state = (state ^ load_i64(scratch, k)) * _FINAL
                state ^= state >> 29
            while at < end:
                state = (state ^ load_byte(at)) * _FINAL
                state ^= state >> 29
                at += 1
            store_i64(load_i64(args, 1), item, state)

    return fingerprint
