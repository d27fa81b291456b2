"""Order statistics: quantile, percentile, median, also ignoring NaN.

Methods are those of Hyndman & Fan 1996, "Sample quantiles in statistical packages", with NumPy's
names. The derivative flows to the one or two order statistics that a quantile is made of.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError, UnsupportedNumPyError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims import sorting as so
from ._axes import axes_tuple
from ._comparison import isnan, logical_not
from ._dispatch import numpy_first
from ._elementwise import ceil, clip, floor, round, where
from ._indexing import take_along_axis
from ._manipulation import broadcast_to, expand_dims, moveaxis, reshape
from ._promotion import as_array, broadcast_shapes, cast, is_weak, promote_inexact
from ._reductions import any as _any
from ._reductions import sum as _sum

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

_INT64 = np.dtype(np.int64)
Axis = int | tuple[int, ...] | None


class _Method(NamedTuple):
    """Where a quantile lies among the sorted values, counted from 0, and how it interpolates.

    `position(n, q)` is fractional; `weight(gamma, index)` turns its fraction into the weight of the
    upper neighbour, None for methods whose index is whole.
    """

    position: Callable[[Any, Any], Any]
    weight: Callable[[Any, Any], Any] | None


def _family(alpha: float, beta: float) -> _Method:
    """The continuous methods of Hyndman & Fan."""
    return _Method(
        lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1, lambda gamma, index: gamma
    )


def _step(index: Any, stay: Any) -> Any:
    """Round down where `stay`, else to the next whole index; never below 0."""
    return clip(where(stay, floor(index), floor(index) + 1), 0, None)


def _closest(n: Any, q: Any) -> Any:
    index = n * q - 1.5
    return _step(index, (index == floor(index)) & (floor(index) % 2 == 1))


_METHODS = {
    "inverted_cdf": _Method(lambda n, q: _step(n * q - 1, (n * q - 1) == floor(n * q - 1)), None),
    "averaged_inverted_cdf": _Method(
        lambda n, q: n * q - 1, lambda gamma, index: where(gamma == 0, 0.5 + 0 * gamma, 1.0)
    ),
    "closest_observation": _Method(_closest, None),
    "interpolated_inverted_cdf": _family(0, 1),
    "hazen": _family(0.5, 0.5),
    "weibull": _family(0, 0),
    "linear": _Method(lambda n, q: (n - 1) * q, lambda gamma, index: gamma),
    "median_unbiased": _family(1 / 3.0, 1 / 3.0),
    "normal_unbiased": _family(3 / 8.0, 3 / 8.0),
    "lower": _Method(lambda n, q: floor((n - 1) * q), None),
    "higher": _Method(lambda n, q: ceil((n - 1) * q), None),
    "midpoint": _Method(
        lambda n, q: 0.5 * (floor((n - 1) * q) + ceil((n - 1) * q)),
        lambda gamma, index: where(index % 1 == 0, 0.0 * gamma, 0.5),
    ),
    "nearest": _Method(lambda n, q: round((n - 1) * q), None),
}


def _quantile(
    name: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool, ignore_nan: bool
) -> Any:
    x = as_array(a, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    if dtype_of(x).kind == "c":
        raise DTypeError(f"{name} does not order complex numbers {summarize(current_source())}")
    if method not in _METHODS:
        raise ValueError(
            f"{name}: {method!r} is not a method; use one of {', '.join(_METHODS)} "
            f"{summarize(current_source())}"
        )
    q = as_array(q, name)
    weak_q = is_weak(q)
    _check_range(name, q)
    shape = shape_of(x)
    axes = axes_tuple(axis, len(shape))
    kept = tuple(d for d in range(len(shape)) if d not in axes)
    rows = reshape(
        moveaxis(x, axes, tuple(range(len(kept), len(shape)))), (*(shape[d] for d in kept), -1)
    )
    out = _of_rows(rows, q, weak_q, method, ignore_nan)
    if keepdims:
        full = tuple(1 if d in axes else n for d, n in enumerate(shape))
        out = reshape(out, shape_of(q) + full)
    return out


def _check_range(name: str, q: Any) -> None:
    """Check known probabilities."""
    if not isinstance(q, int | float | np.ndarray | np.generic):
        return
    v = np.asarray(q)
    if not ((v >= 0) & (v <= 1)).all():
        top = 100 if "percent" in name else 1
        raise ValueError(f"{name}: q must be between 0 and {top} {summarize(current_source())}")


def _of_rows(rows: Any, q: Any, weak_q: bool, method: str, ignore_nan: bool) -> Any:
    """Quantiles along the last axis; the axes of `q` come first."""
    lead, n = shape_of(rows)[:-1], shape_of(rows)[-1]
    q_shape = shape_of(q)
    d = dtype_of(rows)
    inexact = d.kind == "f"
    given = d if weak_q and inexact else dtype_of(q)
    q = cast(q, given if weak_q and inexact else np.result_type(given, np.float64))
    q = reshape(q, q_shape + (1,) * len(lead)) if q_shape else q
    ordered = so.sort(rows, len(lead))
    nan = isnan(rows) if inexact else None
    count: Any = n
    if ignore_nan and nan is not None:
        count = cast(_sum(logical_not(nan), -1), dtype_of(q))
    method_position, weight = _METHODS[method]
    position = method_position(count, q)
    last = clip(count - 1, 0, None) if ignore_nan and nan is not None else count - 1
    if weight is None:
        out = _at(ordered, clip(position, 0, last), lead, q_shape)
    else:
        low = clip(floor(position), 0, last)
        high = clip(floor(position) + 1, 0, last)
        gamma = weight(position - floor(position), position)
        a, b = _at(ordered, low, lead, q_shape), _at(ordered, high, lead, q_shape)
        # Positions are found in float64; what they weigh has NumPy's dtype of `a` and `q`.
        out = _lerp(a, b, cast(gamma, np.result_type(d, given)) if inexact else gamma)
    if nan is None or n == 0:
        return out
    bad = count == 0 if ignore_nan else _any(nan, -1)
    return where(bad, dtype_of(out).type(np.nan), out)


def _lerp(a: Any, b: Any, t: Any) -> Any:
    """a + t (b - a), exact at both ends."""
    a, b, t = promote_inexact(a, b, t, small_ints=False)
    gap = b - a
    return where(t >= 0.5, b - gap * (1 - t), a + gap * t)


def _at(ordered: Any, index: Any, lead: tuple[int, ...], q_shape: tuple[int, ...]) -> Any:
    """Read sorted rows at positions of shape q_shape + lead (or broadcastable)."""
    i = cast(index, _INT64)
    shape = broadcast_shapes(shape_of(i), q_shape + lead)
    i = broadcast_to(i, shape) if shape_of(i) != shape else i
    i = i if hasattr(i, "shape") else np.asarray(i)
    table = broadcast_to(ordered, q_shape + shape_of(ordered))
    return reshape(take_along_axis(table, expand_dims(i, -1), -1, mode="clip"), shape)


def _refuse_weights(name: str, weights: Any) -> None:
    if weights is not None:
        raise UnsupportedNumPyError(
            f"{name} with weights cannot be traced {summarize(current_source())}"
        )


@numpy_first(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """Quantiles along axes, by any of NumPy's methods. See `numpy.quantile`."""
    _refuse_weights("quantile", weights)
    return _quantile("quantile", a, q, axis, method, keepdims, False)


@numpy_first(np.nanquantile)
def nanquantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """Quantiles of what is not NaN. See `numpy.nanquantile`."""
    _refuse_weights("nanquantile", weights)
    return _quantile("nanquantile", a, q, axis, method, keepdims, True)


def _hundredth(q: Any, a: Any) -> Any:
    """Turn percents into probabilities, in the dtype that NumPy uses."""
    q = as_array(q, "percentile")
    if type(q) in (int, float):
        d = dtype_of(as_array(a))
        return float(np.true_divide(q, d.type(100) if d.kind == "f" else 100))
    return q / 100


@numpy_first(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """Percentiles along axes, by any of NumPy's methods. See `numpy.percentile`."""
    _refuse_weights("percentile", weights)
    return _quantile("percentile", a, _hundredth(q, a), axis, method, keepdims, False)


@numpy_first(np.nanpercentile)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """Percentiles of what is not NaN. See `numpy.nanpercentile`."""
    _refuse_weights("nanpercentile", weights)
    return _quantile("nanpercentile", a, _hundredth(q, a), axis, method, keepdims, True)


@numpy_first(np.median)
def median(
    a: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    """Median; of an even number, the mean of the middle two. See `numpy.median`."""
    return _quantile("median", a, 0.5, axis, "linear", keepdims, False)


@numpy_first(np.nanmedian)
def nanmedian(
    a: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    """Median of what is not NaN. See `numpy.nanmedian`."""
    return _quantile("nanmedian", a, 0.5, axis, "linear", keepdims, True)
