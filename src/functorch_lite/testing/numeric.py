"""Directional derivatives without derivative rules: complex step and Richardson extrapolation.

The complex step (Squire & Trapp 1998, "Using complex variables to estimate derivatives of real
functions") is exact to rounding, but needs a program of analytic primitives. Otherwise central
differences with steps h, h/2, h/4 are extrapolated (Richardson 1911); the difference of the last
two extrapolations estimates the error. Both evaluate the program in double precision.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir import Jaxpr, run_jaxpr
from .frozen import frozen
from .kinks import Kink, find_kinks
from .widen import holomorphic, run_complex

__all__ = ["Numeric", "directional"]

Array = np.ndarray[Any, Any]
_STEPS = (1e-3, 6e-5, 4e-6)
# Beyond this relative error a difference quotient decides nothing.
_USELESS = 1e-4


class Numeric(NamedTuple):
    """A directional derivative found by evaluating the program.

    Attributes
    ----------
    values : list of ndarray
        One for each output.
    errors : list of ndarray
        Their estimated errors.
    method : str
        "complex step" or "finite differences".
    problem : str
        Why the values do not count, or "".
    """

    values: list[Array]
    errors: list[Array]
    method: str
    problem: str


def directional(
    jaxpr: Jaxpr, args: Sequence[Any], tangents: Sequence[Any], eps: float | None = None
) -> Numeric:
    """Differentiate a closed jaxpr at `args` in the direction `tangents`.

    Parameters
    ----------
    jaxpr : Jaxpr
        In double precision.
    args : sequence of arrays
        One for each input.
    tangents : sequence of arrays or None
        None for an input that is kept.
    eps : float, optional
        The first step; by default several are tried.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> jaxpr = fl.make_jaxpr(lambda x: x * x * x)(2.0).jaxpr
    >>> found = directional(jaxpr, [np.array(2.0)], [np.array(1.0)])
    >>> found.method, float(found.values[0])
    ('complex step', 12.0)
    """
    args = [np.asarray(a) for a in args]
    real = all(a.dtype.kind != "c" for a in [*args, *_output_dtypes(jaxpr)])
    with np.errstate(all="ignore"):
        if real and eps is None and holomorphic(jaxpr):
            try:
                return _complex_step(jaxpr, args, tangents)
            except (TypeError, ValueError):
                pass  # some implementation does not take complex numbers
        return _best_difference(jaxpr, frozen(jaxpr, args), args, tangents, eps)


def _output_dtypes(jaxpr: Jaxpr) -> list[Any]:
    return jaxpr.out_avals


def _complex_step(jaxpr: Jaxpr, args: Sequence[Array], tangents: Sequence[Any]) -> Numeric:
    h = 1e-30
    shifted = [a if t is None else a + 1j * h * t for a, t in zip(args, tangents, strict=True)]
    values = [np.asarray(np.imag(o) / h, np.float64) for o in run_complex(jaxpr, shifted)]
    errors = [np.abs(v) * 1e-13 for v in values]
    # Complex numbers go on where the real function ends, as sqrt does below 0.
    problem = _finite(values) or _finite(run_jaxpr(jaxpr, args))
    return Numeric(values, errors, "complex step", problem)


def _finite(values: Sequence[Array]) -> str:
    return (
        "" if all(np.all(np.isfinite(v)) for v in values) else "the function is not finite nearby"
    )


def _shift(args: Sequence[Array], tangents: Sequence[Any], h: float) -> list[Array]:
    return [a if t is None else a + h * t for a, t in zip(args, tangents, strict=True)]


def _best_difference(
    jaxpr: Jaxpr, run: Any, args: Sequence[Array], tangents: Sequence[Any], eps: float | None
) -> Numeric:
    """Try smaller and smaller steps; keep the result with the smallest error."""
    best: Numeric | None = None
    kinks: list[Kink] = []
    size = max([1.0, *(float(np.max(np.abs(t), initial=0.0)) for t in tangents if t is not None)])
    for h in _STEPS if eps is None else (eps,):
        h /= size
        points = [_shift(args, tangents, s * h) for s in (-1.0, 0.0, 1.0)]
        found = find_kinks(jaxpr, points)
        if found:
            kinks = found
            continue
        now = _richardson(run, args, tangents, h)
        if now.problem and best is not None:
            continue
        if best is None or best.problem or _total(now.errors) < _total(best.errors):
            best = now
        if not now.problem and _relative(now) < 1e-10:
            break
    if best is None:
        return Numeric([], [], "finite differences", "; ".join(map(str, kinks[:3])))
    if not best.problem and _relative(best) > _USELESS:
        return best._replace(problem="the difference quotients do not converge")
    return best


def _richardson(run: Any, args: Sequence[Array], tangents: Sequence[Any], h: float) -> Numeric:
    """Extrapolate central differences with steps h, h/2, h/4."""
    table = []
    for step in (h, h / 2, h / 4):
        high, low = run(_shift(args, tangents, step)), run(_shift(args, tangents, -step))
        quotient = [(_number(a) - _number(b)) / (2 * step) for a, b in zip(high, low, strict=True)]
        table.append((quotient, high))
    problem = _finite([q for quotients, _ in table for q in quotients])
    (d1, high), (d2, _), (d3, _) = table
    first = [(4 * b - a) / 3 for a, b in zip(d1, d2, strict=True)]
    second = [(4 * b - a) / 3 for a, b in zip(d2, d3, strict=True)]
    values = [(16 * b - a) / 15 for a, b in zip(first, second, strict=True)]
    errors = [
        np.abs(b - a) + 4e-15 * np.max(np.abs(_number(o)), initial=0.0) / h
        for a, b, o in zip(first, second, high, strict=True)
    ]
    return Numeric(values, errors, "finite differences", problem)


def _number(x: Any) -> Array:
    """Make differences of an output meaningful: booleans and integers count as floats."""
    a = np.asarray(x)
    return a if a.dtype.kind in "fc" else a.astype(np.float64)


def _total(errors: Sequence[Array]) -> float:
    return float(sum(np.sum(e) for e in errors))


def _relative(n: Numeric) -> float:
    """Return the largest error relative to the size of its array."""
    worst = 0.0
    for v, e in zip(n.values, n.errors, strict=True):
        if v.size:
            worst = max(worst, float(np.max(e)) / max(float(np.max(np.abs(v))), 1e-3))
    return worst
