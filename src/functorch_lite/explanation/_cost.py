"""What each equation costs: operations, bytes, what is kept for the backward pass, time."""

import math
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compile.inline import FlatProgram
from ..ir import Eqn, Jaxpr, Literal, Var, subjaxprs
from ..ir.pretty import _Names
from ..prims.lowering import Scalar
from ._stages import short_eqn

__all__ = ["Row", "count_bytes", "count_flops", "measure"]


class Row:
    """Costs of one equation.

    Attributes
    ----------
    eqn : Eqn
    text : str
    flops : int or None
        None where it depends on values (while loops) or is not known.
    bytes : int
        Read and written, if nothing is fused.
    kept : int
        Bytes of results that a later backward equation reads.
    seconds : float
        Median time of the equation alone, by its NumPy implementation.
    """

    def __init__(self, eqn: Eqn, text: str) -> None:
        self.eqn = eqn
        self.text = text
        self.flops = count_flops(eqn)
        self.bytes = count_bytes(eqn)
        self.kept = 0
        self.seconds = math.nan


def _nbytes(aval: Any) -> int:
    return int(aval.size) * int(aval.dtype.itemsize)


def count_bytes(eqn: Eqn) -> int:
    """Return the bytes of operands and results."""
    operands = {a for a in eqn.inputs if isinstance(a, Var)}
    return sum(_nbytes(v.aval) for v in (*operands, *eqn.outvars))


def _program_flops(jaxpr: Jaxpr) -> int | None:
    counts = [count_flops(e) for e in jaxpr.eqns]
    return None if None in counts else sum(c for c in counts if c is not None)


# Per matrix of n rows (m columns), to leading order: Golub & Van Loan (2013), "Matrix computations".
_MATRIX_FLOPS = {
    "cholesky": lambda m, n: n**3 / 3,
    "lu": lambda m, n: 2 * n**3 / 3,
    "qr": lambda m, n: 4 * (m * m * n - m * n * n + n**3 / 3),
    "svd": lambda m, n: 14 * m * n * n + 8 * n**3,
    "eigh": lambda m, n: 9 * n**3,
    "eig": lambda m, n: 25 * n**3,
}


def count_flops(eqn: Eqn) -> int | None:
    """Count operations: one for each element of elementwise results, two for a multiply-add.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> jaxpr = fl.make_jaxpr(lambda a, b: np.sin(a @ b))(np.ones((2, 3)), np.ones((3, 4)))
    >>> [count_flops(e) for e in jaxpr.eqns]
    [48, 8]
    """
    name, params = eqn.primitive.name, eqn.params
    out = sum(int(v.aval.size) for v in eqn.outvars)
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        return 2 * out * math.prod(eqn.inputs[0].aval.shape[d] for d in contracted)
    if name == "conv_general_dilated":
        return _conv_flops(eqn, out)
    if name.startswith(("reduce_", "arg", "cum")):
        return int(eqn.inputs[0].aval.size)
    if name in ("sort", "top_k"):
        n = eqn.inputs[0].aval.shape[params.get("dimension", -1)]
        return int(eqn.inputs[0].aval.size * max(1.0, math.log2(max(n, 1))))
    if name == "fft":
        n = math.prod(params["fft_lengths"]) if "fft_lengths" in params else out
        return int(5 * out * math.log2(max(n, 2)))
    if name in _MATRIX_FLOPS:
        *batch, m, n = eqn.inputs[0].aval.shape
        return int(math.prod(batch) * _MATRIX_FLOPS[name](max(m, n), min(m, n)))
    inner = list(subjaxprs(eqn))
    if inner:
        if name == "scan":
            body = _program_flops(inner[0])
            return None if body is None else int(params["length"]) * body
        if name == "cond":
            counts = [_program_flops(j) for j in inner]
            return None if None in counts else max(c for c in counts if c is not None)
        return None
    return out if isinstance(eqn.primitive.lower, Scalar) and name not in _MOVES else 0


_MOVES = frozenset(["convert_element_type", "copy", "iota", "select_n", "stop_gradient"])


def _conv_flops(eqn: Eqn, out: int) -> int:
    """Two for each weight that meets each output."""
    weights = eqn.inputs[1].aval
    numbers = eqn.params.get("dimension_numbers")
    spec = getattr(numbers, "rhs_spec", None)
    channels_out = weights.shape[spec[0] if spec is not None else 0]
    return 2 * out * int(weights.size) // max(1, int(channels_out))


def _is_backward(eqn: Eqn) -> bool:
    return eqn.source is not None and eqn.source.backward


def _mark_kept(program: FlatProgram, rows: list[Row]) -> None:
    """Find forward results that backward equations read."""
    made = {v: row for row in rows if not _is_backward(row.eqn) for v in row.eqn.outvars}
    needed = {a for e in program.eqns if _is_backward(e) for a in e.inputs if isinstance(a, Var)}
    for v in needed:
        if v in made:
            made[v].kept += _nbytes(v.aval)


def measure(program: FlatProgram, args: Sequence[Any], repeats: int) -> list[Row]:
    """Run a program equation by equation and return the costs of each.

    Equations with side effects run once, all others `repeats` times.
    """
    names = _Names()
    for v in [*(v for v, _ in program.consts), *program.invars]:
        names[v]
    rows = [Row(e, short_eqn(e, names)) for e in program.eqns]
    _mark_kept(program, rows)
    if not repeats:
        return rows
    env: dict[Var, Any] = dict(program.consts)
    env.update(zip(program.invars, args, strict=True))
    with np.errstate(all="ignore"):
        for row in rows:
            eqn = row.eqn
            values = [np.asarray(a.value) if isinstance(a, Literal) else env[a] for a in eqn.inputs]
            effect = eqn.primitive.effectful or any(j.effectful for j in subjaxprs(eqn))
            times = []
            for _ in range(1 if effect else repeats):
                start = time.perf_counter()
                out = eqn.primitive.impl(*values, **eqn.params)
                times.append(time.perf_counter() - start)
            row.seconds = statistics.median(times)
            outs = out if eqn.primitive.multiple_results else [out]
            env.update(zip(eqn.outvars, map(np.asarray, outs), strict=True))
    return rows
