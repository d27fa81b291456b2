"""Running reductions along an axis: cumsum, cumprod, cummax, cummin, cumlogsumexp.

With ``reverse`` they run from the end. The derivative of a running product or logsumexp is a
linear recurrence; it is evaluated by a work-efficient parallel prefix (Blelloch 1990, "Prefix
sums and their applications") in primitives, so that it has derivatives of any order.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    REGISTRY,
    Primitive,
    ShapedArray,
    bind,
    current_source,
    not_linear,
    shape_of,
    summarize,
)
from .arithmetic import add, mul, select, sub
from .elementwise import full_like
from .logical import eq, ne_p
from .lowering import Library
from .shape import concatenate, iota, pad, reshape, rev, slice_
from .sorting import take_along

# --- prefix sums of any associative operation ----------------------------------------------------

Elements = list[Any]


def _cut(x: Any, axis: int, start: int, stop: int, step: int = 1) -> Any:
    """x[start:stop:step] along one axis."""
    shape = shape_of(x)
    lo, hi, steps = [0] * len(shape), list(shape), [1] * len(shape)
    lo[axis], hi[axis], steps[axis] = start, max(start, stop), step
    return slice_(x, lo, hi, steps)


def _interleave(even: Any, odd: Any, axis: int, n: int) -> Any:
    """Return even[0], odd[0], even[1], ... of total length n."""
    shape = shape_of(even)
    if shape_of(odd) != shape:
        config = [(0, int(d == axis), 0) for d in range(len(shape))]
        odd = pad(odd, full_like(odd, 0), config)
    lead, rest = shape[: axis + 1], shape[axis + 1 :]
    pairs = concatenate([reshape(v, (*lead, 1, *rest)) for v in (even, odd)], axis + 1)
    both = reshape(pairs, (*shape[:axis], 2 * shape[axis], *rest))
    return _cut(both, axis, 0, n)


def prefix(combine: Callable[[Elements, Elements], Elements], xs: Elements, axis: int) -> Elements:
    """Return the running combination of `xs` along an axis; `combine` must be associative."""
    n = shape_of(xs[0])[axis]
    if n < 2:
        return xs
    pairs = combine([_cut(x, axis, 0, n - 1, 2) for x in xs], [_cut(x, axis, 1, n, 2) for x in xs])
    odd = prefix(combine, pairs, axis)
    m = (n - 1) // 2
    later = combine([_cut(x, axis, 0, m) for x in odd], [_cut(x, axis, 2, n, 2) for x in xs])
    even = [concatenate([_cut(x, axis, 0, 1), e], axis) for x, e in zip(xs, later, strict=True)]
    return [_interleave(e, o, axis, n) for e, o in zip(even, odd, strict=True)]


def _reversible(f: Callable[..., Any], xs: Sequence[Any], axis: int, reverse: bool) -> Any:
    """Apply `f` to the operands, or to their mirror images and mirror the result."""
    if not reverse:
        return f(*xs)
    return rev(f(*(rev(x, (axis,)) for x in xs)), (axis,))


def _recurrence(a: Any, b: Any, axis: int) -> Any:
    """Return y with y[k] = a[k] * y[k-1] + b[k], y[-1] = 0."""

    def combine(first: Elements, second: Elements) -> Elements:
        (a1, b1), (a2, b2) = first, second
        return [mul(a1, a2), add(mul(a2, b1), b2)]

    return prefix(combine, [a, b], axis)[1]


def _previous(x: Any, first: Any, axis: int) -> Any:
    """Return x shifted by one along an axis, beginning with the scalar `first`."""
    config = [(int(d == axis), -int(d == axis), 0) for d in range(len(shape_of(x)))]
    return pad(x, first, config)


# --- derivatives --------------------------------------------------------------------------------


def _cumsum_jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
    return bind(cumsum_p, ts[0], **params)


def _cumsum_transpose(ct: Any, x: Any, *, axis: int, reverse: bool) -> list[Any]:
    return [bind(cumsum_p, ct, axis=axis, reverse=not reverse)]


def _cumprod_jvp(ts: Any, xs: Any, o: Any, *, axis: int, reverse: bool) -> Any:
    """y[k] = x[k] y[k-1] + t[k] o[k-1]: no division, so zeros are no problem."""

    def run(x: Any, t: Any, o: Any) -> Any:
        return _recurrence(x, mul(t, _previous(o, full_like(o, 1), axis)), axis)

    return _reversible(run, [xs[0], ts[0], o], axis, reverse)


def _cumextremum_jvp(ts: Any, xs: Any, o: Any, *, axis: int, reverse: bool) -> Any:
    """Read the tangent where the running extremum was first attained."""

    def run(t: Any, o: Any) -> Any:
        index = iota(np.int64, shape_of(o), axis)
        n = shape_of(o)[axis]
        if n == 0:
            return t
        first = _cut(o, axis, 0, 1)
        before = concatenate([first, _cut(o, axis, 0, n - 1)], axis)
        starts = select(bind(ne_p, o, before), index, np.int64(0))
        return take_along(t, bind(cummax_p, starts, axis=axis, reverse=False), axis)

    return _reversible(run, [ts[0], o], axis, reverse)


def _cumlogsumexp_jvp(ts: Any, xs: Any, o: Any, *, axis: int, reverse: bool) -> Any:
    """y[k] = w y[k-1] + (1 - w) t[k] with weights between 0 and 1: nothing can overflow."""

    def weight(v: Any, o: Any) -> Any:
        lowest = full_like(o, -np.inf)
        gap = select(eq(v, o), full_like(o, 0), sub(v, o))
        gap = select(eq(v, lowest), lowest, gap)
        return bind(REGISTRY["exp"], gap)

    def run(x: Any, t: Any, o: Any) -> Any:
        before = _previous(o, full_like(o, -np.inf), axis)
        return _recurrence(weight(before, o), mul(t, weight(x, o)), axis)

    return _reversible(run, [xs[0], ts[0], o], axis, reverse)


# --- the primitives -----------------------------------------------------------------------------


def _cumulative(
    name: str,
    ufunc: np.ufunc,
    kinds: str,
    jvp: Callable[..., Any],
    transpose: Callable[..., Any] = not_linear,
) -> Primitive:
    def impl(x: Any, *, axis: int, reverse: bool) -> Any:
        x = np.asarray(x)
        if not reverse:
            return ufunc.accumulate(x, axis, dtype=x.dtype)
        return np.flip(ufunc.accumulate(np.flip(x, axis), axis, dtype=x.dtype), axis)

    def abstract_eval(x: ShapedArray, *, axis: int, reverse: bool) -> ShapedArray:
        where = summarize(current_source())
        if not 0 <= axis < x.ndim:
            raise ShapeError(f"{name} along axis {axis} of shape {x.shape} {where}")
        if x.dtype.kind not in kinds:
            raise DTypeError(f"{name} does not take {x.dtype.name} {where}")
        return x.strengthen()

    def batch(size: int, args: Any, batched: Any, *, axis: int, reverse: bool) -> Any:
        return bind(prim, args[0], axis=axis + 1, reverse=reverse)

    prim = Primitive(
        name,
        impl=impl,
        abstract_eval=abstract_eval,
        jvp=jvp,
        transpose=transpose,
        batch=batch,
        lower=Library("a running ufunc"),
    )
    return prim


cumsum_p = _cumulative("cumsum", np.add, "iufc", _cumsum_jvp, _cumsum_transpose)
cumprod_p = _cumulative("cumprod", np.multiply, "iufc", _cumprod_jvp)
cummax_p = _cumulative("cummax", np.maximum, "biuf", _cumextremum_jvp)
cummin_p = _cumulative("cummin", np.minimum, "biuf", _cumextremum_jvp)
cumlogsumexp_p = _cumulative("cumlogsumexp", np.logaddexp, "f", _cumlogsumexp_jvp)


# --- the primitives as functions ----------------------------------------------------------------


def _apply(prim: Primitive, x: Any, axis: int, reverse: bool) -> Any:
    ndim = len(shape_of(x))
    return bind(prim, x, axis=axis + ndim if axis < 0 else axis, reverse=reverse)


def cumsum(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Running sum along an axis, in the dtype of the operand.

    Examples
    --------
    >>> import numpy as np
    >>> cumsum(np.array([1, 2, 3]), reverse=True)
    array([6, 5, 3])
    """
    return _apply(cumsum_p, operand, axis, reverse)


def cumprod(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Running product along an axis; its derivative is exact at zeros.

    Examples
    --------
    >>> import numpy as np
    >>> cumprod(np.array([1, 2, 3]))
    array([1, 2, 6])
    """
    return _apply(cumprod_p, operand, axis, reverse)


def cummax(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Running maximum along an axis; the first of equals gets the whole derivative.

    Examples
    --------
    >>> import numpy as np
    >>> cummax(np.array([1, 3, 2]))
    array([1, 3, 3])
    """
    return _apply(cummax_p, operand, axis, reverse)


def cummin(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Running minimum along an axis; the first of equals gets the whole derivative.

    Examples
    --------
    >>> import numpy as np
    >>> cummin(np.array([3, 1, 2]))
    array([3, 1, 1])
    """
    return _apply(cummin_p, operand, axis, reverse)


def cumlogsumexp(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Running log of the sum of exponentials along an axis.

    Examples
    --------
    >>> import numpy as np
    >>> cumlogsumexp(np.array([1000.0, 1000.0])).round(4)
    array([1000.    , 1000.6931])
    """
    return _apply(cumlogsumexp_p, operand, axis, reverse)


__all__ = [
    "cumlogsumexp",
    "cumlogsumexp_p",
    "cummax",
    "cummax_p",
    "cummin",
    "cummin_p",
    "cumprod",
    "cumprod_p",
    "cumsum",
    "cumsum_p",
    "prefix",
]
