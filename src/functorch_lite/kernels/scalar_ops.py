"""Building blocks of the scalar functions: numba intrinsics on floats, and the two precisions.

Every operation is one or two LLVM instructions without control flow, so that a loop around it can
be vectorised.  Nothing here carries fast-math flags: what may be fused is said with `muladd`.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic

from . import scalar_tables

__all__ = [
    "F32",
    "F64",
    "LN2",
    "PI",
    "Precision",
    "bits",
    "ceil",
    "copysign",
    "fabs",
    "float_of",
    "floor",
    "fma",
    "frem",
    "inline",
    "lookup",
    "muladd",
    "rint",
    "select",
    "sqrt",
    "trunc",
    "widen",
]


def _arctan_inverse(n: int, scale: int) -> int:
    """Return atan(1/n) * scale by Taylor's series in integers."""
    term = total = scale // n
    k = 1
    while term:
        term //= -n * n
        total += term // (2 * k + 1)
        k += 1
    return total


_SCALE = 1 << 1400
# Machin's formula, and ln 2 = 2 atanh(1/3), to about 1390 bits.
PI = Fraction(4 * (4 * _arctan_inverse(5, _SCALE) - _arctan_inverse(239, _SCALE)), _SCALE)
LN2 = Fraction(sum(2 * _SCALE // (3 ** (2 * k + 1) * (2 * k + 1)) for k in range(450)), _SCALE)

_FLOATS = (types.float32, types.float64)


def _intrinsic(definition: Callable[..., Any]) -> Any:
    """numba's decorator, for mypy: the result is called without the typing context."""
    return intrinsic(definition)


@_intrinsic
def select(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    """``a if condition else b``, both evaluated, without a branch."""
    if a != b:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return a(types.boolean, a, a), codegen


@_intrinsic
def bits(typingctx: Any, x: Any) -> Any:
    """The bits of a float, as a signed integer of its size."""
    if x not in _FLOATS:
        return None
    integer: Any = types.int32 if x == types.float32 else types.int64

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(integer.bitwidth))

    return integer(x), codegen


@_intrinsic
def float_of(typingctx: Any, i: Any) -> Any:
    """The float whose bits an int32 or int64 holds."""
    if i not in (types.int32, types.int64):
        return None
    result = types.float32 if i == types.int32 else types.float64

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(result))

    return result(i), codegen


def _float_intrinsic(name: str, arity: int, doc: str) -> Any:
    """Make an intrinsic of one of LLVM's floating-point functions."""

    def typed(x: Any, *others: Any) -> Any:
        if x not in _FLOATS or any(o != x for o in others):
            return None

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            type_ = args[0].type
            signature_ = ir.FunctionType(type_, [type_] * arity)
            function = builder.module.declare_intrinsic(name, [type_], signature_)
            return builder.call(function, args)

        return x(*[x] * arity), codegen

    # numba reads the number of arguments off the function.
    wrappers: dict[int, Callable[..., Any]] = {
        1: lambda typingctx, x: typed(x),
        2: lambda typingctx, x, y: typed(x, y),
        3: lambda typingctx, x, y, z: typed(x, y, z),
    }
    wrapper = wrappers[arity]
    wrapper.__name__ = name.rpartition(".")[2]
    wrapper.__doc__ = doc
    return _intrinsic(wrapper)


fabs = _float_intrinsic("llvm.fabs", 1, "The absolute value.")
sqrt = _float_intrinsic("llvm.sqrt", 1, "The square root, correctly rounded.")
floor = _float_intrinsic("llvm.floor", 1, "The largest integer that is not larger.")
ceil = _float_intrinsic("llvm.ceil", 1, "The smallest integer that is not smaller.")
trunc = _float_intrinsic("llvm.trunc", 1, "The integer part.")
rint = _float_intrinsic("llvm.rint", 1, "The nearest integer, half to even.")
copysign = _float_intrinsic("llvm.copysign", 2, "The first's magnitude with the second's sign.")
muladd = _float_intrinsic("llvm.fmuladd", 3, "``x * y + z``, fused where that is fast.")
fma = _float_intrinsic("llvm.fma", 3, "``x * y + z`` with one rounding, always.")


@_intrinsic
def frem(typingctx: Any, x: Any, y: Any) -> Any:
    """C's fmod, exact; a call of libm for each element."""
    if x not in _FLOATS or x != y:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.frem(*args)

    return x(x, x), codegen


@_intrinsic
def widen(typingctx: Any, x: Any) -> Any:
    """A float as float64."""
    if x not in _FLOATS:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return args[0] if x == types.float64 else builder.fpext(args[0], ir.DoubleType())

    return types.float64(x), codegen


def polynomial(coefficients: Sequence[float], dtype: type) -> Any:
    """Make an intrinsic that evaluates a polynomial by Horner's rule, lowest power first."""
    rounded = [float(dtype(c)) for c in coefficients]

    def evaluate(typingctx: Any, x: Any) -> Any:
        if x not in _FLOATS:
            return None

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            type_ = args[0].type
            function = builder.module.declare_intrinsic(
                "llvm.fmuladd", [type_], ir.FunctionType(type_, [type_] * 3)
            )
            total = ir.Constant(type_, rounded[-1])
            for c in reversed(rounded[:-1]):
                total = builder.call(function, [total, args[0], ir.Constant(type_, c)])
            return total

        return x(x), codegen

    return _intrinsic(evaluate)


def lookup(table: Sequence[float]) -> Any:
    """Make an intrinsic that reads a constant table of float64 at an int64 index."""
    values = [float(v) for v in table]
    digest = hashlib.sha256(repr(values).encode()).hexdigest()[:16]

    def read(typingctx: Any, index: Any) -> Any:
        if index != types.int64:
            return None

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            type_ = ir.ArrayType(ir.DoubleType(), len(values))
            name = f"fl_table_{digest}"
            constant = builder.module.globals.get(name)
            if constant is None:
                constant = ir.GlobalVariable(builder.module, type_, name)
                constant.initializer = ir.Constant(type_, values)
                constant.global_constant = True
                constant.linkage = "linkonce_odr"
            zero = ir.Constant(ir.IntType(64), 0)
            return builder.load(builder.gep(constant, [zero, args[0]], inbounds=True))

        return types.float64(index), codegen

    return _intrinsic(read)


def inline(function: Callable[..., Any]) -> Any:
    """Compile a function for use inside kernels only: always inlined, no Python wrappers."""
    options: dict[str, Any] = {
        "error_model": "numpy",
        "fastmath": False,  # said, as else the flags of the first caller would be inherited
        "forceinline": True,
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
    }
    return njit(**options)(function)


@dataclass(frozen=True)
class Precision:
    """A floating-point format, with its constants and its polynomials.

    Attributes
    ----------
    name : str
        ``"float32"`` or ``"float64"``.
    real, integer : type
        NumPy's scalar types of the float and of the integer of its size.
    mantissa : int
        Stored bits of the significand.
    bias : int
        The exponent's bias.
    """

    name: str
    real: Any
    integer: Any
    mantissa: int
    bias: int

    @property
    def wide(self) -> bool:
        """Whether this is float64."""
        return self.mantissa == 52

    @property
    def magic(self) -> Any:
        """1.5 * 2^mantissa: adding it rounds to an integer, which the low bits then hold."""
        return self.real(1.5 * 2**self.mantissa)

    @property
    def tiny(self) -> Any:
        """The smallest normal number."""
        return self.real(np.finfo(self.real).tiny)

    @property
    def inf(self) -> Any:
        """Infinity."""
        return self.real(np.inf)

    @property
    def nan(self) -> Any:
        """A quiet NaN."""
        return self.real(np.nan)

    def split(self, value: Fraction, *keep: int) -> list[Any]:
        """Split a number into a sum of floats.

        Parameters
        ----------
        value : Fraction
            What to split.
        *keep : int
            Significant bits of each part but the last, which has as many as the format.

        Returns
        -------
        list
            ``len(keep) + 1`` floats.  Products of a part of `n` bits with an integer of
            ``mantissa + 1 - n`` bits are exact.
        """
        parts = []
        for count in keep:
            unit = Fraction(2) ** (math.frexp(float(value))[1] - count)
            part = math.floor(value / unit) * unit
            parts.append(self.real(float(part)))
            value -= part
        return [*parts, self.real(float(value))]

    def polynomial(self, name: str) -> Any:
        """Make the intrinsic of a polynomial of `scalar_tables`."""
        table = scalar_tables.F64 if self.wide else scalar_tables.F32
        return polynomial(table[name], self.real)


F32 = Precision("float32", np.float32, np.int32, 23, 127)
F64 = Precision("float64", np.float64, np.int64, 52, 1023)
