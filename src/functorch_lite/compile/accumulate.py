"""How the accumulators of reductions start, grow and meet, as text of kernels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Eqn
from .expression import C_NAMES
from .native import KernelSpec

__all__ = ["MODULES", "combine", "combine_spec", "initial", "is_bool", "is_float_sum"]

MODULES = ("functorch_lite.kernels.scalar", "functorch_lite.kernels.names")


def is_bool(r: Eqn) -> bool:
    """Tell whether a reduction gives truth values."""
    return bool(r.outvars[0].aval.dtype.kind == "b")


def is_float_sum(r: Eqn) -> bool:
    """Tell whether a reduction is a sum of floats, which is accumulated in two steps."""
    return bool(r.primitive.name == "reduce_sum" and r.outvars[0].aval.dtype.kind == "f")


def initial(r: Eqn, wide: bool = False, store: bool = False) -> str:
    """Return the neutral element of a reduction."""
    name, dtype = r.primitive.name, r.outvars[0].aval.dtype
    kind = dtype.name
    if name in ("reduce_and", "reduce_or"):
        truth = name == "reduce_and"
        if not is_bool(r):
            ones = 2 ** (8 * dtype.itemsize) - 1 if dtype.kind == "u" else -1
            return f"{kind}({ones if truth else 0})"
        return f"uint8({int(truth)})" if store else str(truth)
    if name == "reduce_sum":
        kind = "float64" if wide and is_float_sum(r) else kind
        return f"{kind}(0)"
    if name == "reduce_prod":
        return f"{kind}(1)"
    return f"{kind}(-1e999)" if name == "reduce_max" else f"{kind}(1e999)"


def combine(r: Eqn, acc: str, value: str, chunk: bool = False) -> str:
    """Return accumulator combined with a value; NaN wins an extremum."""
    name = r.primitive.name
    if name == "reduce_sum":
        return f"rsum({acc}, {value})" if chunk and is_float_sum(r) else f"{acc} + {value}"
    if name == "reduce_prod":
        return f"{acc} * {value}"
    if name in ("reduce_and", "reduce_or") and not is_bool(r):
        return f"({acc} & {value})" if name == "reduce_and" else f"({acc} | {value})"
    if name in ("reduce_and", "reduce_or"):
        return f"({acc} and {value})" if name == "reduce_and" else f"({acc} or {value})"
    return f"{'rmax' if name == 'reduce_max' else 'rmin'}({acc}, {value})"


def combine_spec(reductions: Sequence[Eqn], partials: Sequence[np.dtype[Any]]) -> KernelSpec:
    """Return the kernel that combines the results of `n` pieces, of `m0`, `m1`... elements each."""
    k = len(reductions)
    names = [f"{x}{i}" for x in "wq" for i in range(k)]
    sizes = [f"m{i}" for i in range(k)]
    lines = [f"def combine({', '.join([*names, 'n', *sizes])}):"]
    for i, r in enumerate(reductions):
        value = f"(w{i}[j * m{i} + i] != 0)" if is_bool(r) else f"w{i}[j * m{i} + i]"
        dtype = r.outvars[0].aval.dtype
        lines += [
            f"    for i in range(m{i}):",
            f"        t = {initial(r, wide=partials[i] == np.float64)}",
            "        for j in range(n):",
            f"            t = {combine(r, 't', value)}",
            f"        q{i}[i] = {'uint8' if is_bool(r) else dtype.name}(t)",
        ]
    types = [C_NAMES[d.name] + "*" for d in partials]
    types += [C_NAMES[r.outvars[0].aval.dtype.name] + "*" for r in reductions]
    signature = f"void({', '.join(types + ['i64'] * (k + 1))})"
    return KernelSpec("\n".join([*lines, ""]), "combine", signature, MODULES)
