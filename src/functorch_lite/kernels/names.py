"""Names that kernels use beside scalar functions: dtypes, reassociating sums, scratch memory."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = [
    "float32",
    "float64",
    "int32",
    "int64",
    "rmax",
    "rmin",
    "rsum",
    "stack_f32",
    "stack_f64",
    "stack_i32",
    "stack_i64",
    "stack_u8",
    "uint8",
]

float32, float64 = np.float32, np.float64
int32, int64, uint8 = np.int32, np.int64, np.uint8


@intrinsic
def rsum(typing_context: Any, x: Any, y: Any) -> Any:
    """x + y that LLVM may reorder with its like, so that a sum runs on vectors.

    Only the additions of a reduction carry the flag: nothing else may be reordered.
    """
    if x != y or not isinstance(x, types.Float):
        return None

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.fadd(args[0], args[1], flags=("reassoc", "nsz", "contract"))

    return x(x, x), codegen


def _extremum(name: str) -> Any:
    """Make the function for the larger or smaller of two floats; NaN wins.

    LLVM knows that the order does not matter, so a reduction runs on vectors.
    """

    @intrinsic
    def extremum(typing_context: Any, x: Any, y: Any) -> Any:
        if x != y or not isinstance(x, types.Float):
            return None

        def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
            kind = args[0].type
            shape = ir.FunctionType(kind, [kind, kind])
            function = builder.module.declare_intrinsic(name, [kind], shape)
            return builder.call(function, args)

        return x(x, x), codegen

    return extremum


rmax, rmin = _extremum("llvm.maximum"), _extremum("llvm.minimum")


def _stack(kind: Any) -> Any:
    """Make the function that reserves `n` elements until the kernel returns."""

    @intrinsic
    def stack(typing_context: Any, n: Any) -> Any:
        if not isinstance(n, types.Integer):
            return None

        def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
            memory = builder.alloca(context.get_value_type(kind), size=args[0])
            memory.align = 64
            return memory

        return types.CPointer(kind)(n), codegen

    return stack


stack_f32, stack_f64 = _stack(types.float32), _stack(types.float64)
stack_i32, stack_i64, stack_u8 = _stack(types.int32), _stack(types.int64), _stack(types.uint8)
