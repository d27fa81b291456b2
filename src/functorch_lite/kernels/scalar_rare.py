"""Calls of slow functions under rare conditions, inside loops that LLVM still vectorises.

LLVM vectorises a loop with a conditional call only if the function has a vector variant that takes
a mask.  So each slow function gets such variants: they look whether any lane asks at all, which is
one instruction, and only then go through the lanes.  The variants are announced by the attribute
``vector-function-abi-variant``, as ``#pragma omp declare simd`` does (LLVM, *Vector Function ABI*).
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from llvmlite.ir.values import FunctionAttributes
from numba.core import types
from numba.extending import intrinsic

from .scalar_ops import inline

__all__ = ["rarely"]

_LANES = (2, 4, 8, 16)


class _AttributesWithVariants(FunctionAttributes):
    """Function attributes with the string attribute that llvmlite does not know."""

    def __init__(self, variants: str) -> None:
        super().__init__(("noinline", "nounwind", "cold"))
        self._variants = variants

    def _to_list(self, ret_type: Any) -> list[str]:
        return [*super()._to_list(ret_type), f'"vector-function-abi-variant"="{self._variants}"']


def rarely(function: Callable[..., Any]) -> Any:
    """Make an intrinsic that calls a function of one float out of line.

    Parameters
    ----------
    function : callable
        Scalar function of a float32 or float64, with a result of its type.  Its name must be
        unique among those of its module.

    Returns
    -------
    intrinsic
        To be called under an ``if`` that is hardly ever true.
    """
    compiled = inline(function)

    def caller(x: Any) -> Any:
        return compiled(x)

    def call(typingctx: Any, x: Any) -> Any:
        if x not in (types.float32, types.float64):
            return None
        signature = x(x)

        def codegen(context: Any, builder: Any, signature_: Any, args: Any) -> Any:
            name = f"fl_rare_{function.__name__}_{x}"
            rare = builder.module.globals.get(name)
            if rare is None:
                rare = _define(builder.module, name, args[0].type)
                body = ir.IRBuilder(rare.append_basic_block("entry"))
                inner = context.compile_subroutine(body, caller, signature).fndesc
                _status, result = context.call_internal_no_propagate(
                    body, inner, signature, rare.args
                )
                body.ret(result)
            return builder.call(rare, args)

        return signature, codegen

    return intrinsic(call)


def _define(module: Any, name: str, type_: Any) -> Any:
    """Declare the scalar function and define its vector variants."""
    rare = ir.Function(module, ir.FunctionType(type_, [type_]), name)
    rare.linkage = "linkonce_odr"
    rare.attributes = _AttributesWithVariants(
        ",".join(f"_ZGV_LLVM_M{n}v_{name}({name}_{n})" for n in _LANES)
    )
    variants = [_variant(module, rare, type_, n) for n in _LANES]
    pointer = ir.IntType(8).as_pointer()
    used = ir.GlobalVariable(module, ir.ArrayType(pointer, len(variants)), "llvm.compiler.used")
    used.linkage, used.section = "appending", "llvm.metadata"
    used.initializer = ir.Constant(used.value_type, [v.bitcast(pointer) for v in variants])
    return rare


def _variant(module: Any, rare: Any, type_: Any, lanes: int) -> Any:
    """Define the variant for a number of lanes, and its slow part."""
    vector, mask = ir.VectorType(type_, lanes), ir.VectorType(ir.IntType(1), lanes)
    shape = ir.FunctionType(vector, [vector, mask])
    slow = ir.Function(module, shape, f"{rare.name}_{lanes}_slow")
    fast = ir.Function(module, shape, f"{rare.name}_{lanes}")
    for function in (slow, fast):
        function.linkage = "linkonce_odr"
        function.attributes.add("nounwind")
    slow.attributes.add("noinline")
    slow.attributes.add("cold")
    fast.attributes.add("alwaysinline")

    x, wanted = fast.args
    b = ir.IRBuilder(fast.append_basic_block("entry"))
    entry, some, end = b.block, fast.append_basic_block("some"), fast.append_basic_block("end")
    b.cbranch(
        b.icmp_unsigned("==", b.bitcast(wanted, ir.IntType(lanes)), ir.IntType(lanes)(0)), end, some
    )
    b.position_at_end(some)
    result = b.call(slow, [x, wanted])
    b.branch(end)
    b.position_at_end(end)
    out = b.phi(vector)
    out.add_incoming(x, entry)
    out.add_incoming(result, some)
    b.ret(out)

    x, wanted = slow.args
    b = ir.IRBuilder(slow.append_basic_block("entry"))
    result = x
    for i in range(lanes):
        lane = ir.IntType(32)(i)
        with b.if_then(b.extract_element(wanted, lane), likely=False):
            before, inside = result, b.block
            value = b.insert_element(before, b.call(rare, [b.extract_element(x, lane)]), lane)
        result = b.phi(vector)
        result.add_incoming(value, inside)
        for block in b.function.blocks:
            end_ = block.terminator
            if block is not inside and end_ is not None and b.block in end_.operands[1:]:
                result.add_incoming(before, block)
    b.ret(result)
    return fast
