"""One elementwise equation as a scalar expression of a kernel.

The template of a primitive's `Scalar` lowering becomes Python text in which functions have the
names of `kernels.scalar`, and every result is cast to its dtype (numba widens freely).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..ir import Eqn, Var
from ..prims.lowering import Scalar

__all__ = ["C_NAMES", "can_express", "expression", "literal_text", "scalar_functions"]

C_NAMES = {"float32": "f32", "float64": "f64", "bool": "u8", "int32": "i32", "int64": "i64"}
_SUFFIX = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
# Names in templates -> names in kernels.scalar.
_FUNCTIONS = {
    "maximum": "max",
    "minimum": "min",
    "fmod": "rem",
    "sigmoid": "logistic",
    "erfinv": "erf_inv",
}
_FLOAT_ONLY = frozenset(
    [
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log1p",
        "tanh",
        "sinh",
        "cosh",
        "asinh",
        "acosh",
        "atanh",
        "logistic",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "erf",
        "erfc",
        "erf_inv",
        "lgamma",
        "digamma",
        "floor",
        "ceil",
        "rint",
        "trunc",
        "sqrt",
        "rsqrt",
        "cbrt",
        "pow",
    ]
)
_ANY = frozenset(["max", "min", "rem", "remainder", "floor_divide", "sign"])
_CALL = re.compile(r"\b([a-z_][a-z_0-9]*)\(")
_SPECIAL = frozenset(["select", "cast", "abs", "div", "integer_pow", "isfinite", "invert", "index"])
_LONGEST_POWER = 16


def can_express(eqn: Eqn) -> bool:
    """Tell whether an equation can be part of a generated kernel."""
    lower = eqn.primitive.lower
    if not isinstance(lower, Scalar) or len(eqn.outvars) != 1:
        return False
    avals = [a.aval for a in eqn.inputs] + [eqn.outvars[0].aval]
    if any(a.dtype.name not in C_NAMES for a in avals):
        return False
    kind = avals[0].dtype
    if eqn.primitive.name == "select_n" and (kind != np.bool_ or len(eqn.inputs) != 3):
        return False
    if eqn.primitive.name == "integer_pow":
        y = eqn.params["y"]
        return abs(y) <= _LONGEST_POWER and (y >= 0 or kind.kind == "f")
    for name in _CALL.findall(lower.expr):
        name = _FUNCTIONS.get(name, name)
        if name in _SPECIAL:
            if name == "div" and kind.kind != "f":
                return False
            if name == "invert" and kind != np.bool_:
                return False
        elif name in _FLOAT_ONLY:
            if kind.kind != "f":
                return False
        elif name in _ANY:
            if kind.kind == "b":
                return False
        else:
            return False
    if kind.kind == "b" and eqn.primitive.name in ("add", "mul", "abs", "sign", "neg"):
        return False
    return not any(c in lower.expr for c in (".real", ".imag", "<<", ">>"))


def literal_text(value: Any, dtype: np.dtype[Any]) -> str:
    """Write a scalar constant of a dtype.

    Examples
    --------
    >>> literal_text(2.5, np.dtype("float32"))
    'float32(2.5)'
    """
    name = dtype.name
    if name == "bool":
        return "True" if value else "False"
    if dtype.kind == "f":
        v = float(value)
        text = f"float('{v}')" if not np.isfinite(v) else repr(v)
        return f"{name}({_NON_FINITE.get(str(v), text)})"
    return f"{name}({int(value)})"


_NON_FINITE = {"inf": "1e999", "-inf": "-1e999", "nan": "(1e999 - 1e999)"}


def expression(eqn: Eqn, operands: Sequence[str], index: Mapping[int, str]) -> str:
    """Return the text that computes one element.

    Parameters
    ----------
    eqn : Eqn
        For which `can_express` holds.
    operands : sequence of str
        Names of the operands' elements.
    index : mapping of int to str
        Names of the loop indices by axis, for iota.
    """
    lower = eqn.primitive.lower
    out = eqn.outvars[0].aval.dtype
    if eqn.primitive.name == "integer_pow":
        return _cast(_power(operands[0], eqn.params["y"], out), out)
    if eqn.primitive.name == "convert_element_type":
        return _convert(operands[0], eqn.inputs[0].aval.dtype, out)
    if eqn.primitive.name == "iota":
        return f"{out.name}({index[eqn.params['dimension']]})"
    operand_dtype = eqn.inputs[-1].aval.dtype

    def rename(match: "re.Match[str]") -> str:
        name = _FUNCTIONS.get(match[1], match[1])
        return f"{name}(" if name in _SPECIAL else f"{name}_{_SUFFIX[operand_dtype.name]}("

    text = _CALL.sub(rename, lower.expr)
    for special, form in _FORMS.items():
        if f"{special}(" in text:
            text = form
    return _cast(text.format(*operands), out)


# (`select`'s cases come as false, true.)
_FORMS = {
    "select": "({2} if {0} else {1})",
    "div": "({0} / {1})",
    "abs": "abs({0})",
    "isfinite": "(({0} - {0}) == 0)",
    "invert": "(not {0})",
}


def _power(x: str, y: int, dtype: np.dtype[Any]) -> str:
    """Write a power as products; numba shares the common ones."""
    if y < 0:
        return f"({literal_text(1, dtype)} / {_power(x, -y, dtype)})"
    if y == 0:
        return literal_text(1, dtype)
    if y == 1:
        return x
    half = _power(x, y // 2, dtype)
    product = f"({half} * {half})"
    return f"({product} * {x})" if y % 2 else product


def _convert(x: str, old: np.dtype[Any], new: np.dtype[Any]) -> str:
    if new == np.bool_:
        return f"({x} != 0)" if old != np.bool_ else x
    return f"{new.name}({x})"


def _cast(text: str, dtype: np.dtype[Any]) -> str:
    """Cast a result where numba would widen it."""
    return f"{dtype.name}({text})" if dtype.name in ("float32", "int32") else text


def element_type(v: Var) -> str:
    """Return the C type name of a var's elements."""
    return C_NAMES[v.aval.dtype.name]


def scalar_functions() -> list[str]:
    """List the functions of `kernels.scalar` that expressions may call."""
    floats = [f"{name}_{suffix}" for name in sorted(_FLOAT_ONLY) for suffix in ("f32", "f64")]
    return floats + [f"{name}_{s}" for name in sorted(_ANY) for s in sorted(_SUFFIX.values())]
