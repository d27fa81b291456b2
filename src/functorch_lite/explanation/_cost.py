"""What each equation costs: operations, bytes, what is kept for the backward pass, time."""

import math
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compile.flops import count_flops
from ..compile.inline import FlatProgram
from ..ir import Eqn, Literal, Var, subjaxprs
from ..ir.pretty import _Names
from ._stages import short_eqn

__all__ = ["Row", "count_bytes", "measure"]


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
