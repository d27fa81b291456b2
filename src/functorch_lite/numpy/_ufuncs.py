"""Building the namespace's elementwise functions from primitives and NumPy's ufuncs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Primitive, Tracer, bind, convert_if_needed, dtype_of
from ._promotion import (
    as_array,
    broadcast_operands,
    is_plain,
    promote_dtypes,
    promote_inexact,
)

__all__ = ["Function", "binary", "document", "unary"]

Function = Callable[..., Any]


def document(f: Function, like: Any, name: str, extra: str) -> Function:
    """Give a generated function its name and docstring."""
    f.__name__ = f.__qualname__ = name
    text = (like.__doc__ or "").strip()
    lines = [ln for ln in text.splitlines() if ln.strip()]
    signature = f"{name}("
    summary = next((ln.strip() for ln in lines if not ln.strip().startswith(signature)), name)
    f.__doc__ = f"{summary}\n\n{extra}\n\nSee `numpy.{like.__name__}`."
    return f


def unary(name: str, prim: Primitive, np_f: Any, *, inexact: bool = False) -> Function:
    """Make a function of one operand: NumPy's on plain arrays, the primitive on tracers."""

    def f(x: Any, /) -> Any:
        if isinstance(x, Tracer) and (not inexact or x.dtype.kind in "fc"):
            return bind(prim, x)
        x = as_array(x, name)
        if is_plain(x):
            return np.asanyarray(np_f(x))
        (x,) = promote_inexact(x) if inexact else (x,)
        return bind(prim, x)

    kind = "Integers are computed in float, as NumPy does." if inexact else "Any array shape."
    return document(f, np_f, name, kind)


def binary(
    name: str,
    prim: Primitive,
    np_f: Any,
    *,
    inexact: bool = False,
    small_ints: bool = True,
    numbers: bool = False,
) -> Function:
    """Make a function of two operands, which are promoted and broadcast.

    With `numbers`, booleans are taken for int8, as NumPy does where it has no boolean loop.
    """

    def f(x: Any, y: Any, /) -> Any:
        if isinstance(x, Tracer) and not x.weak_type:
            # The common cases, told apart early: this is the hot path of tracing.
            d = x.dtype
            if not inexact or d.kind in "fc":
                ty = type(y)
                if ty is float or ty is int:
                    if d.kind in "fc" or (ty is int and d.kind == "i"):
                        return bind(prim, x, d.type(y))
                elif (ty is d.type and d.kind != "b") or (
                    not (numbers and d.kind == "b")
                    and ((isinstance(y, Tracer) and not y.weak_type) or ty is np.ndarray)
                    and y.dtype == d
                    and y.shape == x.shape
                ):
                    return bind(prim, x, y)
        elif isinstance(y, Tracer) and not y.weak_type and type(x) in (float, int):
            d = y.dtype
            if d.kind in "fc" or (not inexact and type(x) is int and d.kind == "i"):
                return bind(prim, d.type(x), y)
        x, y = as_array(x, name), as_array(y, name)
        if is_plain(x, y):
            return np.asanyarray(np_f(x, y))
        args = promote_inexact(x, y, small_ints=small_ints) if inexact else promote_dtypes(x, y)
        if numbers and dtype_of(args[0]).kind == "b":
            args = [convert_if_needed(a, np.dtype(np.int8)) for a in args]
        return bind(prim, *broadcast_operands(args))

    return document(f, np_f, name, "Operands are broadcast and promoted by NumPy's rules.")
