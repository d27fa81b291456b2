"""Names that generated kernels use beside the scalar functions: dtypes and reassociating sums."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["float32", "float64", "int32", "int64", "rsum", "uint8"]

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
