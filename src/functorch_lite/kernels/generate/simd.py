"""LLVM vectors as values of numba code.

``simd(dtype, lanes)`` gives operations on ``<lanes x dtype>`` that a numba function calls like
ordinary functions; local variables hold vectors and LLVM keeps them in registers. An explicit
``<16 x float>`` compiles to zmm registers without any target flag, and to pairs or quadruples
of narrower registers where the CPU has no zmm. Pointers are plain int64 addresses.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

__all__ = [
    "KERNEL_SIGNATURE",
    "Emitter",
    "I64",
    "POINTER",
    "call_kernel",
    "declare",
    "element_type",
    "emit_stream",
    "gep",
    "load_f64",
    "load_i64",
    "make_intrinsic",
    "simd",
    "store_i64",
    "sum_lanes",
]

I64 = ir.IntType(64)
I32 = ir.IntType(32)
I8 = ir.IntType(8)
POINTER = ir.PointerType()
_ELEMENTS = {"float32": (ir.FloatType(), 4), "float64": (ir.DoubleType(), 8)}

KERNEL_SIGNATURE = types.void(types.int64, types.int64, types.int64, types.int64)
"""``void kernel(args, lo, hi, scratch)``."""


class VectorType(types.Type):
    """The numba type of an LLVM vector."""

    def __init__(self, name: str, lanes: int) -> None:
        self.element, self.lanes = name, lanes
        super().__init__(name=f"Vector({name}, {lanes})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    """A vector is stored as it is."""

    def __init__(self, manager: Any, fe_type: VectorType) -> None:
        element = I32 if fe_type.element == "int32" else _ELEMENTS[fe_type.element][0]
        super().__init__(manager, fe_type, ir.VectorType(element, fe_type.lanes))


def element_type(dtype: str) -> tuple[ir.Type, int]:
    """Return the LLVM type and the size in bytes of one element."""
    return _ELEMENTS[dtype]


def make_intrinsic(ret: Any, params: tuple[Any, ...], emit: Callable[..., Any]) -> Any:
    """Make a numba intrinsic of fixed types from ``emit(builder, *values)``."""

    def template(typingctx: Any, *args: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            out = emit(builder, *values)
            return context.get_dummy_value() if ret is types.void else out

        return ret(*params), codegen

    names = ["typingctx"] + [f"a{i}" for i in range(len(params))]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    template.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(n, kind) for n in names]
    )
    return intrinsic(template)


def gep(b: ir.IRBuilder, pointer: Any, offset: Any) -> Any:
    """Advance a pointer by a number of bytes, constant or not."""
    if isinstance(offset, int):
        if offset == 0:
            return pointer
        offset = ir.Constant(I64, offset)
    return b.gep(pointer, [offset], source_etype=I8)


def address(b: ir.IRBuilder, value: Any) -> Any:
    """Turn an int64 into a pointer."""
    return b.inttoptr(value, POINTER)


def emit_stream(b: ir.IRBuilder, value: Any, where: Any, size: int) -> None:
    """Store a vector of ``size`` bytes, at a multiple of that, past the caches.

    For what another processor will read next: a cached line that another one has read costs
    about twenty times as much to overwrite (measured between two cores that share no cache).
    """
    mark = b.module.add_metadata([ir.Constant(I32, 1)])
    b.store(value, where, align=size).set_metadata("nontemporal", mark)


def declare(b: ir.IRBuilder, name: str, ret: Any, params: list[Any]) -> Any:
    """Declare an LLVM intrinsic in the current module."""
    return cgutils.get_or_insert_function(b.module, ir.FunctionType(ret, params), name)


def _slot(b: ir.IRBuilder, pointer: Any, index: Any) -> Any:
    """Point at the index-th 8-byte slot."""
    return gep(b, address(b, pointer), b.mul(index, ir.Constant(I64, 8)))


def _emit_call(b: ir.IRBuilder, function: Any, *args: Any) -> None:
    """Call another kernel by its address."""
    kind = ir.FunctionType(ir.VoidType(), [I64] * 4)
    b.call(b.inttoptr(function, kind.as_pointer()), args)


_i64, _f64 = types.int64, types.float64
load_i64 = make_intrinsic(
    _i64, (_i64, _i64), lambda b, p, i: b.load(_slot(b, p, i), typ=I64, align=8)
)
load_f64 = make_intrinsic(
    _f64, (_i64, _i64), lambda b, p, i: b.load(_slot(b, p, i), typ=ir.DoubleType(), align=8)
)
store_i64 = make_intrinsic(
    types.void, (_i64, _i64, _i64), lambda b, p, i, v: b.store(v, _slot(b, p, i), align=8)
)
call_kernel = make_intrinsic(types.void, (_i64,) * 5, _emit_call)


def sum_lanes(b: ir.IRBuilder, v: Any, lanes: int) -> Any:
    """Add all lanes of a vector by halving."""
    while lanes > 1:
        lanes //= 2
        index = ir.VectorType(I32, lanes)
        low = b.shuffle_vector(v, v, ir.Constant(index, list(range(lanes))))
        high = b.shuffle_vector(v, v, ir.Constant(index, list(range(lanes, 2 * lanes))))
        v = b.fadd(low, high)
    return b.extract_element(v, ir.Constant(I32, 0))


class Emitter:
    """Emits the operations of one vector type."""

    def __init__(self, dtype: str, lanes: int) -> None:
        self.element, self.size = element_type(dtype)
        self.lanes = lanes
        self.vector = ir.VectorType(self.element, lanes)
        self.ints = ir.VectorType(I32, lanes)
        self.suffix = f"v{lanes}f{8 * self.size}"

    def load(self, b: Any, p: Any) -> Any:
        """Load a vector."""
        return b.load(address(b, p), typ=self.vector, align=self.size)

    def load_one(self, b: Any, p: Any) -> Any:
        """Load one element."""
        return b.load(address(b, p), typ=self.element, align=self.size)

    def load_offset(self, b: Any, table: Any, index: Any) -> Any:
        """Load the index-th of a table of int64."""
        return b.load(_slot(b, table, index), typ=I64, align=8)

    def store(self, b: Any, p: Any, v: Any) -> None:
        """Store a vector."""
        b.store(v, address(b, p), align=self.size)

    def stream(self, b: Any, p: Any, v: Any) -> None:
        """Store a vector past the caches."""
        emit_stream(b, v, address(b, p), self.size * self.lanes)

    def load_int(self, b: Any, p: Any) -> Any:
        """Load 32-bit integers."""
        return b.load(address(b, p), typ=self.ints, align=4)

    def store_int(self, b: Any, p: Any, v: Any) -> None:
        """Store 32-bit integers."""
        b.store(v, address(b, p), align=4)

    def _repeat(self, b: Any, scalar: Any, kind: ir.VectorType) -> Any:
        undefined = ir.Constant(kind, ir.Undefined)
        one = b.insert_element(undefined, scalar, ir.Constant(I32, 0))
        return b.shuffle_vector(one, undefined, ir.Constant(self.ints, [0] * self.lanes))

    def splat(self, b: Any, x: Any) -> Any:
        """Repeat a scalar."""
        return self._repeat(b, x, self.vector)

    def splat_int(self, b: Any, x: Any) -> Any:
        """Repeat an integer."""
        return self._repeat(b, b.trunc(x, I32), self.ints)

    def zero(self) -> Any:
        """Return zeros."""
        return ir.Constant(self.vector, [0.0] * self.lanes)

    def fma(self, b: Any, x: Any, y: Any, z: Any) -> Any:
        """Fused where the CPU fuses; never a library call."""
        return b.call(
            declare(b, f"llvm.fmuladd.{self.suffix}", self.vector, [self.vector] * 3), [x, y, z]
        )

    def relu(self, b: Any, x: Any) -> Any:
        """Return max(x, 0), keeping NaN."""
        return b.select(b.fcmp_ordered("<", x, self.zero()), self.zero(), x)

    def where_positive(self, b: Any, test: Any, x: Any) -> Any:
        """Return x where test > 0, else 0."""
        return b.select(b.fcmp_ordered(">", test, self.zero()), x, self.zero())

    def beats(self, b: Any, new: Any, best: Any) -> Any:
        """Lanes where new replaces best: larger, or the first NaN."""
        seen_number = b.fcmp_ordered("ord", best, best)
        return b.and_(b.fcmp_unordered(">", new, best), seen_number)

    def where_equal(self, b: Any, i: Any, j: Any, x: Any) -> Any:
        """Return x in lanes where the integers agree, else 0."""
        return b.select(b.icmp_signed("==", i, j), x, self.zero())

    def add_wide(self, b: Any, p: Any, v: Any) -> None:
        """Add the lanes of v to ``lanes`` float64 numbers at p."""
        wide = ir.VectorType(ir.DoubleType(), self.lanes)
        where = address(b, p)
        value = v if self.size == 8 else b.fpext(v, wide)
        b.store(b.fadd(b.load(where, typ=wide, align=8), value), where, align=8)

    def every_other(self, b: Any, x: Any, y: Any, start: int) -> Any:
        """Take elements start, start + 2, ... of x followed by y."""
        mask = ir.Constant(self.ints, list(range(start, 2 * self.lanes, 2)))
        return b.shuffle_vector(x, y, mask)

    def store_first(self, b: Any, p: Any, v: Any, n: Any) -> None:
        """Store the first n lanes."""
        lane = ir.Constant(self.ints, list(range(self.lanes)))
        mask = b.icmp_signed("<", lane, self.splat_int(b, n))
        name = f"llvm.masked.store.{self.suffix}.p0"
        kinds = [self.vector, POINTER, I32, mask.type]
        store = declare(b, name, ir.VoidType(), kinds)
        b.call(store, [v, address(b, p), ir.Constant(I32, self.size), mask])

    def load_first(self, b: Any, p: Any, n: Any) -> Any:
        """Load the first n lanes and zeros; nothing beyond them is touched."""
        lane = ir.Constant(self.ints, list(range(self.lanes)))
        mask = b.icmp_signed("<", lane, self.splat_int(b, n))
        name = f"llvm.masked.load.{self.suffix}.p0"
        load = declare(b, name, self.vector, [POINTER, I32, mask.type, self.vector])
        return b.call(load, [address(b, p), ir.Constant(I32, self.size), mask, self.zero()])

    def transpose(self, b: Any, src: Any, src_row: Any, dst: Any, dst_row: Any) -> None:
        """Transpose a lanes x lanes tile; rows are src_row and dst_row bytes apart."""
        s, d = address(b, src), address(b, dst)
        rows = range(self.lanes)
        v = [
            b.load(gep(b, s, b.mul(src_row, ir.Constant(I64, i))), typ=self.vector, align=self.size)
            for i in rows
        ]
        step = self.lanes // 2
        while step:
            low = [l if not l & step else self.lanes + l - step for l in rows]
            high = [l + step if not l & step else self.lanes + l for l in rows]
            for i in rows:
                if not i & step:
                    x, y = v[i], v[i + step]
                    v[i] = b.shuffle_vector(x, y, ir.Constant(self.ints, low))
                    v[i + step] = b.shuffle_vector(x, y, ir.Constant(self.ints, high))
            step //= 2
        for i in rows:
            where = gep(b, d, b.mul(dst_row, ir.Constant(I64, i)))
            b.store(v[i], where, align=self.size)


@functools.cache
def simd(dtype: str, lanes: int) -> SimpleNamespace:
    """Return the operations on ``<lanes x dtype>``.

    Parameters
    ----------
    dtype : str
        ``"float32"`` or ``"float64"``.
    lanes : int
        Elements of the vector.

    Returns
    -------
    SimpleNamespace
        ``load, store, splat, zero, add, sub, mul, fma, relu, ...``, numba intrinsics. Addresses
        are int64, scalars have the element's type.

    Examples
    --------
    >>> simd("float32", 8).size
    4
    """
    e = Emitter(dtype, lanes)
    vec, ints = VectorType(dtype, lanes), VectorType("int32", lanes)
    scalar = types.float32 if dtype == "float32" else types.float64
    void, new = types.void, make_intrinsic
    return SimpleNamespace(
        size=e.size,
        bytes=e.size * lanes,
        scalar=scalar,
        load=new(vec, (_i64,), e.load),
        store=new(void, (_i64, vec), e.store),
        stream=new(void, (_i64, vec), e.stream),
        load_int=new(ints, (_i64,), e.load_int),
        store_int=new(void, (_i64, ints), e.store_int),
        splat=new(vec, (scalar,), e.splat),
        splat_int=new(ints, (_i64,), e.splat_int),
        zero=new(vec, (), lambda b: e.zero()),
        add=new(vec, (vec, vec), lambda b, x, y: b.fadd(x, y)),
        sub=new(vec, (vec, vec), lambda b, x, y: b.fsub(x, y)),
        mul=new(vec, (vec, vec), lambda b, x, y: b.fmul(x, y)),
        fma=new(vec, (vec, vec, vec), e.fma),
        relu=new(vec, (vec,), e.relu),
        where_positive=new(vec, (vec, vec), e.where_positive),
        keep_max=new(
            vec, (vec, vec), lambda b, new_, best: b.select(e.beats(b, new_, best), new_, best)
        ),
        keep_index=new(
            ints,
            (vec, vec, ints, ints),
            lambda b, new_, best, i, j: b.select(e.beats(b, new_, best), i, j),
        ),
        where_equal=new(vec, (ints, ints, vec), e.where_equal),
        add_wide=new(void, (_i64, vec), e.add_wide),
        sum_lanes=new(scalar, (vec,), lambda b, x: sum_lanes(b, x, lanes)),
        even=new(vec, (vec, vec), lambda b, x, y: e.every_other(b, x, y, 0)),
        odd=new(vec, (vec, vec), lambda b, x, y: e.every_other(b, x, y, 1)),
        store_first=new(void, (_i64, vec, _i64), e.store_first),
        load_first=new(vec, (_i64, _i64), e.load_first),
        transpose=new(void, (_i64,) * 4, e.transpose),
        load_scalar=new(scalar, (_i64,), e.load_one),
        store_scalar=new(
            void, (_i64, scalar), lambda b, p, x: b.store(x, address(b, p), align=e.size)
        ),
    )
