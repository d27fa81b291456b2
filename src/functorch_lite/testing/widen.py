"""Evaluating a program in other precision: float64 for float32, complex for the complex step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, Jaxpr, Literal, ShapedArray, Var, bind, dtype_of, trace_to_jaxpr

__all__ = ["holomorphic", "is_narrow", "run_complex", "widen_dtype", "widen_jaxpr"]

_WIDER = {np.dtype(a): np.dtype(b) for a, b in (("f2", "f8"), ("f4", "f8"), ("c8", "c16"))}

# Evaluated on complex arrays by NumPy, these continue their real functions analytically.
_ANALYTIC = frozenset(
    [
        "add",
        "sub",
        "neg",
        "mul",
        "div",
        "integer_pow",
        "square",
        "exp",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "sqrt",
        "reduce_sum",
        "reduce_prod",
        "dot_general",
        "reshape",
        "transpose",
        "broadcast_in_dim",
        "slice",
        "pad",
        "rev",
        "concatenate",
        "squeeze",
        "cumsum",
        "cumprod",
        "gather",
        "dynamic_slice",
        "dynamic_update_slice",
        "scatter_add",
        "copy",
        "name",
    ]
)
_CALLS = ("jit", "checkpoint", "custom_jvp_call", "custom_vjp_call")


def widen_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return float64 for shorter floats and complex128 for complex64.

    Examples
    --------
    >>> widen_dtype(np.dtype("float32")), widen_dtype(np.dtype("int32"))
    (dtype('float64'), dtype('int32'))
    """
    return _WIDER.get(np.dtype(dtype), np.dtype(dtype))


def is_narrow(dtype: np.dtype[Any]) -> bool:
    """Tell whether a dtype has a wider one of its kind."""
    return np.dtype(dtype) in _WIDER


def _wide(x: Any) -> Any:
    """Convert a constant."""
    a = np.asarray(x)
    return a.astype(_WIDER[a.dtype]) if a.dtype in _WIDER else x


def _wide_param(value: Any) -> Any:
    if isinstance(value, np.dtype):
        return widen_dtype(value)
    if isinstance(value, Jaxpr):
        return widen_jaxpr(value)
    if isinstance(value, tuple) and value and all(isinstance(v, Jaxpr) for v in value):
        return tuple(widen_jaxpr(v) for v in value)
    return value


def _opaque(value: Any) -> bool:
    """Tell whether a parameter may hold code that was made for the narrow dtype."""
    if isinstance(value, tuple):
        return any(map(_opaque, value))
    plain = (int, float, complex, str, bytes, np.dtype, np.generic, Jaxpr, type(None))
    return not isinstance(value, plain)


def _bind_narrow(eqn: Eqn, values: Sequence[Any]) -> list[Any]:
    """Bind an equation as it is, between conversions."""
    convert = REGISTRY["convert_element_type"]

    def to(x: Any, dtype: np.dtype[Any]) -> Any:
        return x if dtype_of(x) == dtype else bind(convert, x, new_dtype=dtype)

    args = [to(x, a.aval.dtype) for x, a in zip(values, eqn.inputs, strict=True)]
    out = bind(eqn.primitive, *args, **eqn.params)
    outs = list(out) if eqn.primitive.multiple_results else [out]
    return [to(o, widen_dtype(dtype_of(o))) for o in outs]


def _rebind(jaxpr: Jaxpr, args: Sequence[Any]) -> list[Any]:
    """Bind the equations again, constants and dtype parameters widened."""
    env: dict[Var, Any] = dict(zip(jaxpr.invars, args, strict=True))

    def read(a: Any) -> Any:
        return _wide(a.value) if isinstance(a, Literal) else env[a]

    for eqn in jaxpr.eqns:
        values = [read(a) for a in eqn.inputs]
        if eqn.primitive.name in _CALLS:
            # A custom rule was recorded for the narrow dtype, and jit would compile: only the
            # values are wanted here.
            outs = _rebind(eqn.params["jaxpr"], values)
        elif any(map(_opaque, eqn.params.values())):
            outs = _bind_narrow(eqn, values)
        else:
            params = {k: _wide_param(v) for k, v in eqn.params.items()}
            out = bind(eqn.primitive, *values, **params)
            outs = list(out) if eqn.primitive.multiple_results else [out]
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(o) for o in jaxpr.outs]


def widen_jaxpr(jaxpr: Jaxpr) -> Jaxpr:
    """Return a closed jaxpr with all floats and complex numbers in double precision.

    Parameters
    ----------
    jaxpr : Jaxpr
        Without constvars.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> jaxpr = fl.make_jaxpr(lambda x: x * 0.5)(np.float32(1.0)).jaxpr
    >>> widen_jaxpr(jaxpr).out_avals
    [float64[]]
    """
    found = jaxpr.memo.get("widened")
    if found is None:
        avals = [ShapedArray(a.shape, widen_dtype(a.dtype)) for a in jaxpr.in_avals]
        found, consts = trace_to_jaxpr(lambda *xs: _rebind(jaxpr, xs), avals, "widen")
        assert not consts
        jaxpr.memo["widened"] = found
    return found


def holomorphic(jaxpr: Jaxpr) -> bool:
    """Tell whether the complex step may be used: all primitives continue analytically.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> holomorphic(fl.make_jaxpr(lambda x: x * x)(1.0).jaxpr)
    True
    >>> holomorphic(fl.make_jaxpr(abs)(1.0).jaxpr)
    False
    """
    return all(
        e.primitive.name in _ANALYTIC
        or (e.primitive.name in _CALLS and holomorphic(e.params["jaxpr"]))
        for e in jaxpr.eqns
    )


def _complex(x: Any) -> Any:
    return np.asarray(x, np.complex128) if np.asarray(x).dtype.kind == "f" else x


def run_complex(jaxpr: Jaxpr, args: Sequence[Any]) -> list[Any]:
    """Evaluate a holomorphic jaxpr on complex arrays."""
    env: dict[Var, Any] = dict(zip(jaxpr.invars, args, strict=True))

    def read(a: Any) -> Any:
        return a.value if isinstance(a, Literal) else env[a]

    for eqn in jaxpr.eqns:
        values = [read(a) for a in eqn.inputs]
        if eqn.primitive.name in _CALLS:
            outs = run_complex(eqn.params["jaxpr"], values)
        else:
            if any(np.asarray(v).dtype.kind == "c" for v in values):
                # An implementation may give the result the dtype of one operand.
                values = [_complex(v) for v in values]
            outs = [eqn.primitive.impl(*values, **eqn.params)]
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(o) for o in jaxpr.outs]
