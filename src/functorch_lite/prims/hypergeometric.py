"""The hypergeometric functions 1F1 and 2F1, with derivatives in their parameters.

NIST DLMF (https://dlmf.nist.gov), chapters 13 and 15. Values are SciPy's. A derivative in a
parameter is the series differentiated term by term; where its terms alternate (x < 0) the
function is transformed first: 1F1 by Kummer's formula (13.2.39), 2F1 by Pfaff's (15.8.1).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of
from .arithmetic import add, div, mul, neg
from .elementwise import elementwise
from .lowering import Library
from .special_common import constant, no_derivative, special

__all__ = ["hyp1f1_p", "hyp1f1_sensitivity_p", "hyp2f1_p", "hyp2f1_sensitivity_p"]

# So many terms of a series are enough for 1F1 below overflow, and for 2F1 up to |x| = 0.998.
_MOST_TERMS = 20_000
# Terms between two looks at whether it has converged.
_LOOK = 16


def _series_derivative(
    upper: Sequence[Any], lower: Sequence[Any], x: Any, which: int
) -> np.ndarray[Any, Any]:
    """Differentiate the series of pFq in one of its parameters, those of `upper` first.

    NaN where it has not converged after `_MOST_TERMS` terms.
    """
    least = min([0.0, *(np.min(p, initial=0.0) for p in (*upper, *lower))])
    term, slope, total = np.ones_like(x), np.zeros_like(x), np.zeros_like(x)
    converged = np.zeros(x.shape, bool)
    for k in range(_MOST_TERMS):
        scale = x / (k + 1)
        for b in lower:
            scale = scale / (b + k)
        ratio, others = scale, scale
        for i, a in enumerate(upper):
            ratio = ratio * (a + k)
            others = others * (a + k) if i != which else others
        if which >= len(upper):
            others = -ratio / (lower[which - len(upper)] + k)
        slope = slope * ratio + term * others
        term = term * ratio
        total = total + slope
        if k % _LOOK == 0 and k > -least:
            # What follows is at most a geometric series.
            rest = np.abs(slope) + np.abs(term * others)
            converged = rest <= 5e-17 * (1 - np.abs(ratio)) * np.abs(total)
            if (converged | ~np.isfinite(total)).all():
                break
    return np.where(converged, total, np.where(np.isinf(total), total, np.nan))


def _broadcast(*args: Any) -> list[np.ndarray[Any, Any]]:
    """Return operands in double precision and one shape."""
    return [np.asarray(a, np.float64) for a in np.broadcast_arrays(*args)]


# --- 1F1 ------------------------------------------------------------------------------------------


def _hyp1f1_sensitivity(a: Any, b: Any, x: Any, *, which: int) -> Any:
    """Return the derivative of 1F1(a, b, x) in a (0) or b (1)."""
    dtype = dtype_of(x)
    a, b, x = _broadcast(a, b, x)
    turned = x < 0
    upper, z = np.where(turned, b - a, a), np.abs(x)
    direct = _series_derivative([upper], [b], z, which)
    if turned.any():
        inner = _series_derivative([upper], [b], z, 0)
        direct = np.where(turned, np.exp(x) * (inner + direct if which else -inner), direct)
    return direct.astype(dtype)


def _next(x: Any) -> Any:
    return add(x, constant(x, 1))


def _hyp1f1_sensitivity_dx(t: Any, o: Any, a: Any, b: Any, x: Any, *, which: int) -> Any:
    """Differentiate a / b 1F1(a + 1, b + 1, x), the derivative in x, in a parameter."""
    at = (_next(a), _next(b), x)
    value, slope = bind(hyp1f1_p, *at), bind(hyp1f1_sensitivity_p, *at, which=which)
    own = neg(div(mul(a, value), b)) if which else value
    return mul(t, div(add(own, mul(a, slope)), b))


hyp1f1_sensitivity_p: Primitive = elementwise(
    "hyp1f1_sensitivity",
    _hyp1f1_sensitivity,
    kinds="float",
    partials=[
        no_derivative("the derivative of hyp1f1 in a parameter", "a"),
        no_derivative("the derivative of hyp1f1 in a parameter", "b"),
        _hyp1f1_sensitivity_dx,
    ],
    lower=Library("series"),
)

hyp1f1_p: Primitive = special(
    "hyp1f1",
    "hyp1f1",
    [
        lambda t, o, a, b, x: mul(t, bind(hyp1f1_sensitivity_p, a, b, x, which=0)),
        lambda t, o, a, b, x: mul(t, bind(hyp1f1_sensitivity_p, a, b, x, which=1)),
        lambda t, o, a, b, x: mul(t, mul(div(a, b), bind(hyp1f1_p, _next(a), _next(b), x))),
    ],
)

# --- 2F1 ------------------------------------------------------------------------------------------


def _hyp2f1_sensitivity(a: Any, b: Any, c: Any, x: Any, *, which: int) -> Any:
    """Return the derivative of 2F1(a, b; c; x) in a (0) or c (2); it is symmetric in a and b."""
    from scipy.special import hyp2f1

    dtype = dtype_of(x)
    a, b, c, x = _broadcast(a, b, c, x)
    turned = x < 0
    second, z = np.where(turned, c - b, b), np.where(turned, x / (x - 1), x)
    out = _series_derivative([a, second], [c], z, which)
    if turned.any():
        if which:
            inner = out + _series_derivative([a, second], [c], z, 1)
        else:
            inner = out - np.log1p(-x) * hyp2f1(a, second, c, z)
        out = np.where(turned, (1 - x) ** -a * inner, out)
    return out.astype(dtype)


def _hyp2f1_sensitivity_dx(t: Any, o: Any, a: Any, b: Any, c: Any, x: Any, *, which: int) -> Any:
    """Differentiate a b / c 2F1(a + 1, b + 1; c + 1; x), the derivative in x, in a parameter."""
    at = (_next(a), _next(b), _next(c), x)
    value, slope = bind(hyp2f1_p, *at), bind(hyp2f1_sensitivity_p, *at, which=which)
    own = neg(div(mul(a, value), c)) if which else value
    return mul(t, mul(div(b, c), add(own, mul(a, slope))))


hyp2f1_sensitivity_p: Primitive = elementwise(
    "hyp2f1_sensitivity",
    _hyp2f1_sensitivity,
    kinds="float",
    partials=[
        no_derivative("the derivative of hyp2f1 in a parameter", "a"),
        no_derivative("the derivative of hyp2f1 in a parameter", "b"),
        no_derivative("the derivative of hyp2f1 in a parameter", "c"),
        _hyp2f1_sensitivity_dx,
    ],
    lower=Library("series"),
)

hyp2f1_p: Primitive = special(
    "hyp2f1",
    "hyp2f1",
    [
        lambda t, o, a, b, c, x: mul(t, bind(hyp2f1_sensitivity_p, a, b, c, x, which=0)),
        lambda t, o, a, b, c, x: mul(t, bind(hyp2f1_sensitivity_p, b, a, c, x, which=0)),
        lambda t, o, a, b, c, x: mul(t, bind(hyp2f1_sensitivity_p, a, b, c, x, which=2)),
        lambda t, o, a, b, c, x: mul(
            t, mul(div(mul(a, b), c), bind(hyp2f1_p, _next(a), _next(b), _next(c), x))
        ),
    ],
)
