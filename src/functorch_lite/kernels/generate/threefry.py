"""Random words of Threefry-2x32, in vectors: as bits or as floats in [0, 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from .simd import I64, address, load_i64, make_intrinsic

__all__ = ["ITEM", "build_stream"]

Kernel = Callable[[Any, Any, Any, Any], None]
ITEM = 8192
"""Words of a work item."""

_I32 = ir.IntType(32)
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
# For each kind of result: bytes, and for floats the bits of 1.0 and the shift to the mantissa.
_KINDS: dict[str, tuple[int, int, int]] = {
    "uint32": (4, 0, 0),
    "uint64": (8, 0, 0),
    "float32": (4, 0x3F800000, 9),
    "float64": (8, 0x3FF0000000000000, 12),
}


class _Emitter:
    """Emits the cipher for a vector of counters."""

    def __init__(self, kind: str, lanes: int) -> None:
        self.kind = kind
        self.lanes = lanes
        self.size, self.one, self.shift = _KINDS[kind]
        self.words = ir.VectorType(_I32, lanes)
        self.wide = ir.VectorType(I64, lanes)

    def constant(self, value: int, kind: ir.VectorType | None = None) -> Any:
        kind = self.words if kind is None else kind
        return ir.Constant(kind, [value] * self.lanes)

    def splat(self, b: Any, x: Any) -> Any:
        undefined = ir.Constant(self.words, ir.Undefined)
        one = b.insert_element(undefined, b.trunc(x, _I32), ir.Constant(_I32, 0))
        return b.shuffle_vector(one, undefined, self.constant(0))

    def encipher(self, b: Any, k0: Any, k1: Any, first: Any) -> tuple[Any, Any]:
        """Return the words of counters first, first + 1 ..., all below 2**32."""
        keys = [self.splat(b, k0), self.splat(b, k1)]
        keys.append(b.xor(b.xor(keys[0], keys[1]), self.constant(_PARITY)))
        steps = ir.Constant(self.words, list(range(self.lanes)))
        x0, x1 = keys[0], b.add(b.add(self.splat(b, first), steps), keys[1])
        for i in range(5):
            for r in _ROTATIONS[i % 2]:
                x0 = b.add(x0, x1)
                left, right = b.shl(x1, self.constant(r)), b.lshr(x1, self.constant(32 - r))
                x1 = b.xor(b.or_(left, right), x0)
            x0 = b.add(x0, keys[(i + 1) % 3])
            x1 = b.add(b.add(x1, keys[(i + 2) % 3]), self.constant(i + 1))
        return x0, x1

    def block(self, b: Any, out: Any, k0: Any, k1: Any, first: Any) -> None:
        """Store the results of `lanes` counters."""
        x0, x1 = self.encipher(b, k0, k1, first)
        kind = self.words if self.size == 4 else self.wide
        if self.size == 4:
            bits = b.xor(x0, x1)
        else:
            high = b.shl(b.zext(x0, self.wide), self.constant(32, self.wide))
            bits = b.or_(high, b.zext(x1, self.wide))
        if self.shift:
            bits = b.lshr(bits, self.constant(self.shift, kind))
            bits = b.or_(bits, self.constant(self.one, kind))
            element = ir.FloatType() if self.size == 4 else ir.DoubleType()
            floats = ir.VectorType(element, self.lanes)
            bits = b.fsub(b.bitcast(bits, floats), ir.Constant(floats, [1.0] * self.lanes))
        b.store(bits, address(b, out), align=self.size)


def build_stream(kind: str, lanes: int) -> Kernel:
    """Build the first words of a key's stream.

    Arguments: 0 results, 1 how many (a multiple of `lanes`, below 2**32), 2 and 3 the key. A work
    item is ``ITEM`` words.
    """
    emitter = _Emitter(kind, lanes)
    block = make_intrinsic(types.void, (types.int64,) * 4, emitter.block)
    size = emitter.size

    def stream(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        out = load_i64(args, 0)
        first = load_i64(args, 2)
        second = load_i64(args, 3)
        last = min(hi * ITEM, load_i64(args, 1))
        for i in range(lo * ITEM, last, lanes):
            block(out + i * size, first, second, i)

    return stream
