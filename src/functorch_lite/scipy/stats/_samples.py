"""Statistics of samples: ranks, the mode, the standard error."""

from typing import Any, NamedTuple

import numpy as np

from ...ir import current_source, dtype_of, shape_of, summarize
from ...lax import cummax, cummin
from ...numpy import _elementwise as el
from ...numpy._axes import normalize_axis
from ...numpy._comparison import isnan
from ...numpy._cumulative import cumsum
from ...numpy._indexing import take_along_axis
from ...numpy._joining import concatenate
from ...numpy._manipulation import broadcast_to, moveaxis, ravel, reshape
from ...numpy._nan_reductions import nanstd
from ...numpy._promotion import as_array, cast, promote_inexact
from ...numpy._reductions import argmax, count_nonzero, std
from ...numpy._sorting import argsort, sort

__all__ = ["mode", "rankdata", "sem"]


class ModeResult(NamedTuple):
    """The most common value, and how often it occurs."""

    mode: Any
    count: Any


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _runs(x: Any) -> Any:
    """Tell where a new value begins in sorted rows; NaNs are one value."""
    new = el.not_equal(x[..., 1:], x[..., :-1])
    new = el.logical_and(new, el.logical_not(el.logical_and(isnan(x[..., 1:]), isnan(x[..., :-1]))))
    return concatenate([np.ones((*shape_of(x)[:-1], min(1, shape_of(x)[-1])), bool), new], -1)


def mode(
    a: Any, axis: int | None = 0, nan_policy: str = "propagate", keepdims: bool = False
) -> Any:
    """Return the most common value along an axis (the smallest of them), and its count.

    `nan_policy` must be "propagate": NaN counts as a value. See `scipy.stats.mode`.

    Examples
    --------
    >>> m = mode(np.array([3, 1, 3, 2, 1]))
    >>> int(m.mode), int(m.count)
    (1, 2)
    """
    if nan_policy != "propagate":
        raise ValueError(
            f"mode: nan_policy must be 'propagate', got {nan_policy!r} {summarize(current_source())}"
        )
    x = _array(a, "mode")
    ndim = len(shape_of(x))
    x, at_axis = (ravel(x), 0) if axis is None else (x, normalize_axis(axis, ndim))
    x = sort(moveaxis(x, at_axis, -1), -1)
    n = shape_of(x)[-1]
    if not n:
        raise ValueError(f"mode of no values {summarize(current_source())}")
    position = broadcast_to(np.arange(n), shape_of(x))
    starts = cummax(el.where(_runs(x), position, 0), axis=len(shape_of(x)) - 1)
    length = position - starts + 1
    last = argmax(length, -1, keepdims=True)
    value, count = (take_along_axis(v, last, -1)[..., 0] for v in (x, length))
    if keepdims:
        shape = (1,) * ndim if axis is None else None
        value, count = (
            reshape(v, shape) if shape else moveaxis(v[..., None], -1, at_axis)
            for v in (value, count)
        )
    return ModeResult(value, count)


def rankdata(
    a: Any, method: str = "average", *, axis: int | None = None, nan_policy: str = "propagate"
) -> Any:
    """Rank values, from 1. See `scipy.stats.rankdata`.

    Parameters
    ----------
    method : {"average", "min", "max", "dense", "ordinal"}
        Which rank equal values get.

    Examples
    --------
    >>> rankdata(np.array([0.0, 2.0, 3.0, 2.0]))
    array([1. , 2.5, 4. , 2.5])
    """
    methods = ("average", "min", "max", "dense", "ordinal")
    if method not in methods or nan_policy != "propagate":
        raise ValueError(
            f"rankdata: method must be one of {', '.join(methods)}, got {method!r}, and nan_policy "
            f"'propagate', got {nan_policy!r} {summarize(current_source())}"
        )
    x = _array(a, "rankdata")
    x, at_axis = (ravel(x), 0) if axis is None else (x, normalize_axis(axis, len(shape_of(x))))
    x = moveaxis(x, at_axis, -1)
    order = argsort(x, -1, stable=True)
    back = argsort(order, -1, stable=True)
    if method == "ordinal":
        return moveaxis(back + 1, -1, at_axis)
    ordered = take_along_axis(x, order, -1)
    new, n, last = _runs(ordered), shape_of(x)[-1], len(shape_of(x)) - 1
    position = broadcast_to(np.arange(1, n + 1), shape_of(x))
    low = cummax(el.where(new, position, 1), axis=last)
    ends = concatenate([new[..., 1:], np.ones((*shape_of(x)[:-1], 1), bool)], -1)
    high = cummin(el.where(ends, position, n), axis=last, reverse=True)
    dense = cumsum(cast(new, np.dtype(np.int64)), -1)
    ranks = {"min": low, "max": high, "dense": dense, "average": (low + high) / 2}[method]
    out = moveaxis(take_along_axis(ranks, back, -1), -1, at_axis)
    if dtype_of(x).kind != "f":
        return out
    lost = isnan(x).any(-1, keepdims=True)
    return el.where(moveaxis(lost, -1, at_axis), np.nan, out)


def sem(
    a: Any,
    axis: int | None = 0,
    ddof: int = 1,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
) -> Any:
    """Return the standard error of the mean. See `scipy.stats.sem`.

    Examples
    --------
    >>> sem(np.array([1.0, 2.0, 3.0, 4.0])).round(6)
    np.float64(0.645497)
    """
    (x,) = promote_inexact(_array(a, "sem"), small_ints=False)
    if nan_policy == "omit":
        kept = count_nonzero(el.logical_not(isnan(x)), axis, keepdims=keepdims)
        return nanstd(x, axis, ddof=ddof, keepdims=keepdims) / el.sqrt(cast(kept, dtype_of(x)))
    if nan_policy != "propagate":
        raise ValueError(
            f"sem: nan_policy must be 'propagate' or 'omit', got {nan_policy!r} "
            f"{summarize(current_source())}"
        )
    n = np.prod(shape_of(x)) if axis is None else shape_of(x)[axis]
    return std(x, axis, ddof=ddof, keepdims=keepdims) / dtype_of(x).type(np.sqrt(n))
