"""Readable text of jaxprs."""

from typing import Any

import numpy as np

from .jaxpr import Eqn, Jaxpr, Literal, Var
from .primitive import Primitive

__all__ = ["format_eqn", "format_jaxpr"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Names(dict[Var, str]):
    """Names vars a, b, ..., z, ba, bb, ... in order of first sight."""

    def __missing__(self, v: Var) -> str:
        n, digits = len(self), ""
        while True:
            n, r = divmod(n, 26)
            digits = _LETTERS[r] + digits
            if n == 0:
                break
        self[v] = digits
        return digits


def _typed(v: Var, names: _Names) -> str:
    return f"{names[v]}:{short_aval(v.aval)}"


def short_aval(aval: Any) -> str:
    """Render an aval as in f32[2,3]."""
    d = aval.dtype
    kind = {"b": "bool", "i": "i", "u": "u", "f": "f", "c": "c"}[d.kind]
    bits = "" if d.kind == "b" else str(d.itemsize * 8)
    return f"{kind}{bits}[{','.join(map(str, aval.shape))}]"


def _atom(a: Any, names: _Names) -> str:
    if isinstance(a, Literal):
        return f"{a.value!r}" if not isinstance(a.value, np.generic) else f"{a.value.item()!r}"
    return names[a]


def _param(value: Any, indent: str) -> str:
    if isinstance(value, Jaxpr):
        return "\n" + format_jaxpr(value, indent + "    ")
    if isinstance(value, tuple) and value and all(isinstance(v, Jaxpr) for v in value):
        return "(" + ",".join(_param(v, indent) for v in value) + ")"
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, Primitive):
        return value.name
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return repr(value)


def format_eqn(eqn: Eqn, names: _Names | None = None, indent: str = "") -> str:
    """Render one equation."""
    names = _Names() if names is None else names
    params = " ".join(f"{k}={_param(v, indent)}" for k, v in sorted(eqn.params.items()))
    args = " ".join(_atom(a, names) for a in eqn.inputs)
    outs = " ".join(_typed(v, names) for v in eqn.outvars)
    shown = f"[{params}]" if params else ""
    return f"{outs} = {eqn.primitive.name}{shown} {args}".rstrip()


def format_jaxpr(jaxpr: Jaxpr, indent: str = "") -> str:
    """Render a jaxpr, inner jaxprs indented below their equation."""
    names = _Names()
    consts = " ".join(_typed(v, names) for v in jaxpr.constvars)
    ins = " ".join(_typed(v, names) for v in jaxpr.invars)
    lines = [f"{indent}{{ lambda {consts}; {ins}. let"]
    for eqn in jaxpr.eqns:
        lines.append(f"{indent}    {format_eqn(eqn, names, indent + '    ')}")
    outs = ", ".join(_atom(o, names) for o in jaxpr.outs)
    comma = "," if len(jaxpr.outs) == 1 else ""
    lines.append(f"{indent}  in ({outs}{comma}) }}")
    return "\n".join(lines)
