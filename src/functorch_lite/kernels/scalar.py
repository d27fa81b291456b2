"""Scalar functions for numba kernels that LLVM can vectorise, in float32 and float64.

numba's own calls of libm make a loop scalar and lose even to NumPy.  The functions here are
polynomials without branches; a loop around them runs on vectors.  They follow NumPy and C at
infinities, NaN, signed zeros and subnormals, and never depend on fast-math flags.  Errors, in units
in the last place, are tabulated by ``benchmarks/scalar_ulps.py`` and bounded by
``tests/kernels/test_scalar.py``.

Each function exists under a name such as ``exp_f32`` or ``floor_divide_i64``; `SCALAR_FUNCTIONS`
maps a primitive's name and a dtype's name to it.  Arguments must have exactly that type.

Examples
--------
>>> import numpy as np
>>> from functorch_lite.compile.native import compile_source
>>> kernel = compile_source(
...     "def f(x, y, n):\\n    for i in range(n):\\n        y[i] = exp_f64(x[i])\\n",
...     "f", "void(f64*, f64*, i64)", modules=["functorch_lite.kernels.scalar"])
>>> x, y = np.array([0.0, -np.inf]), np.empty(2)
>>> kernel(x.ctypes.data, y.ctypes.data, 2)
>>> y
array([1., 0.])
"""

from typing import Any

import numpy as np

from . import scalar_arith, scalar_exp, scalar_special, scalar_trig
from .scalar_ops import F32, F64, Precision

_SHORT = {
    "float32": "f32",
    "float64": "f64",
    **{f"int{n}": f"i{n}" for n in (8, 16, 32, 64)},
    **{f"uint{n}": f"u{n}" for n in (8, 16, 32, 64)},
}
# Parts that the functions share; no primitive means them.
_PARTS = ("exp_sum", "half_exp", "expm1_pair", "decompose")


def _functions(p: Precision, wide: dict[str, Any]) -> dict[str, Any]:
    """Build all functions of a precision; `wide` are those of float64."""
    functions = {**scalar_exp.build(p), **scalar_trig.build(p)}
    wide = wide or functions
    functions.update(scalar_special.build(p, functions))
    functions.update(scalar_arith.build(p, functions, wide))
    return functions


def _table() -> dict[str, dict[str, Any]]:
    """Build everything, by primitive and dtype."""
    by_dtype: dict[str, dict[str, Any]] = {"float64": _functions(F64, {})}
    by_dtype["float32"] = _functions(F32, by_dtype["float64"])
    for dtype in _SHORT:
        if dtype not in by_dtype:
            by_dtype[dtype] = scalar_arith.build_integer(getattr(np, dtype))
    table: dict[str, dict[str, Any]] = {}
    for dtype, functions in by_dtype.items():
        for name, function in functions.items():
            if name not in _PARTS:
                table.setdefault(name, {})[dtype] = function
    return table


SCALAR_FUNCTIONS: dict[str, dict[str, Any]] = _table()
"""Function by primitive name and dtype name: ``SCALAR_FUNCTIONS["exp"]["float32"]``."""


def scalar_name(primitive: str, dtype: str) -> str:
    """Name the function of a primitive, as generated source should spell it.

    Parameters
    ----------
    primitive : str
        Such as ``"exp"``.
    dtype : str
        NumPy's name of the dtype, such as ``"float32"``.

    Returns
    -------
    str

    Examples
    --------
    >>> scalar_name("exp", "float32")
    'exp_f32'
    """
    return f"{primitive}_{_SHORT[dtype]}"


_NAMED = {
    scalar_name(name, dtype): function
    for name, by_dtype in SCALAR_FUNCTIONS.items()
    for dtype, function in by_dtype.items()
}
globals().update(_NAMED)


def _signature(name: str, dtype: str) -> str:
    """Write the C signature of a function."""
    type_ = _SHORT[dtype]
    second = {"integer_pow": "i64"}.get(name, type_ if name in _BINARY else None)
    return f"{type_}({type_}{', ' + second if second else ''})"


_BINARY = ("atan2", "div", "floor_divide", "max", "min", "pow", "rem", "remainder")

SIGNATURES: dict[str, str] = {
    scalar_name(name, dtype): _signature(name, dtype)
    for name, by_dtype in SCALAR_FUNCTIONS.items()
    for dtype in by_dtype
}
"""C signature by function name; the compiler keeps such functions as bitcode."""

__all__ = ["SCALAR_FUNCTIONS", "SIGNATURES", "scalar_name", *_NAMED]
