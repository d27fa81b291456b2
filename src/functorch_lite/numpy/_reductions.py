"""Sums, means, extrema and other reductions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import bind, dtype_of, shape_of
from ..prims import reduction as rd
from ..prims.shape import reshape
from ._axes import axes_tuple, normalize_axis
from ._comparison import equal, not_equal
from ._elementwise import absolute, divide, exp, log, maximum, multiply, sqrt, square, subtract
from ._elementwise import where as _where
from ._promotion import as_array, cast, is_plain, promote_inexact

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]

Axis = int | Sequence[int] | None


def _restore(y: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> Any:
    """Put size-1 axes back for keepdims."""
    if not keepdims:
        return y
    return reshape(y, tuple(1 if d in axes else n for d, n in enumerate(shape)))


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _sum_dtype(d: np.dtype[Any], dtype: Any) -> np.dtype[Any]:
    """NumPy's accumulator: small integers and bools go to (u)int64."""
    if dtype is not None:
        return np.dtype(dtype)
    if d.kind in "bi":
        return np.dtype(np.int64) if d.itemsize < 8 else d
    if d.kind == "u" and d.itemsize < 8:
        return np.dtype(np.uint64)
    return d


def _masked(x: Any, mask: Any, neutral: Any) -> Any:
    return x if mask is None else _where(mask, x, dtype_of(x).type(neutral))


def sum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Sum of array elements over axes. See `numpy.sum`."""
    x = _array(a, "sum")
    axes = axes_tuple(axis, len(shape_of(x)))
    x = _masked(cast(x, _sum_dtype(dtype_of(x), dtype)), where, 0)
    logical = dtype_of(x).kind == "b"  # by dtype=bool: NumPy's sum of truth values is `or`
    total = bind(rd.reduce_or_p, x, axes=axes) if logical else rd.reduce_sum(x, axes)
    y = _restore(total, shape_of(x), axes, keepdims)
    return y if initial is None else y + initial


def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Product of array elements over axes; zeros are no problem for the derivative.

    See `numpy.prod`.
    """
    x = _array(a, "prod")
    axes = axes_tuple(axis, len(shape_of(x)))
    x = _masked(cast(x, _sum_dtype(dtype_of(x), dtype)), where, 1)
    product = rd.reduce_and_p if dtype_of(x).kind == "b" else rd.reduce_prod_p
    y = _restore(bind(product, x, axes=axes), shape_of(x), axes, keepdims)
    return y if initial is None else multiply(y, initial)


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    n = 1
    for d in axes:
        n *= shape[d]
    return n


def _count_where(mask: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> Any:
    """Return how many elements over axes a mask selects."""
    from ._manipulation import broadcast_to

    return sum(broadcast_to(mask, shape), axes, keepdims=keepdims)


def mean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    where: Any = None,
) -> Any:
    """Arithmetic mean over axes; integers give float64. See `numpy.mean`."""
    x = _array(a, "mean")
    d = dtype_of(x)
    target = np.dtype(dtype) if dtype is not None else (d if d.kind in "fc" else np.dtype(float))
    x = cast(x, target)
    axes = axes_tuple(axis, len(shape_of(x)))
    total = sum(x, axes, keepdims=keepdims, where=where)
    if where is None:
        return divide(total, _count(shape_of(x), axes))
    n = _count_where(where, shape_of(x), axes, keepdims)
    return cast(divide(total, cast(n, target)), target)


_mean = mean  # (an argument of `var` has its name)


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Variance over axes; ``ddof`` (or ``correction``) is subtracted from the count.

    ``mean``, if it is known, has the axes kept. See `numpy.var`.
    """
    x = _array(a, "var")
    d = dtype_of(x)
    target = np.dtype(dtype) if dtype is not None else (d if d.kind in "fc" else np.dtype(float))
    x = cast(x, target)
    axes = axes_tuple(axis, len(shape_of(x)))
    centred = subtract(x, _mean(x, axes, keepdims=True, where=where) if mean is None else mean)
    sq = square(absolute(centred)) if target.kind == "c" else square(centred)
    less = ddof if correction is None else correction
    with np.errstate(all="ignore"):
        total = sum(sq, axes, keepdims=keepdims, where=where)
        if where is not None:
            n = _count_where(where, shape_of(x), axes, keepdims) - less
            return divide(total, maximum(cast(n, dtype_of(total)), 0))
        n = _count(shape_of(x), axes) - less
        if n <= 0:
            _warn_degrees_of_freedom()
        return divide(total, dtype_of(total).type(max_(n, 0)))


def max_(a: float, b: float) -> float:
    """Return the larger of two numbers (`max` is NumPy's here)."""
    return a if a > b else b


def _warn_degrees_of_freedom() -> None:
    import warnings

    warnings.warn("Degrees of freedom <= 0", RuntimeWarning, stacklevel=3)


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Standard deviation over axes; its derivative is 0 where all elements are equal.

    See `numpy.std`.
    """
    v = var(
        a,
        axis,
        dtype,
        ddof=ddof,
        keepdims=keepdims,
        where=where,
        mean=mean,
        correction=correction,
    )
    zero = equal(v, 0)
    return _where(zero, dtype_of(v).type(0), sqrt(_where(zero, dtype_of(v).type(1), v)))


def _extremum(name: str, prim: Any, np_f: Any) -> Callable[..., Any]:
    def f(
        a: Any,
        axis: Axis = None,
        out: None = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        x = _array(a, name)
        if is_plain(x) and initial is None and where is None:
            return np.asanyarray(np_f(x, axis=_as_axis(axis), keepdims=keepdims))
        axes = axes_tuple(axis, len(shape_of(x)))
        if where is not None:
            if initial is None:
                raise ValueError(f"{name} with `where` needs `initial`")
            x = _masked(x, where, initial)
        shape = shape_of(x)
        if initial is not None and _count(shape, axes) == 0:
            from ._manipulation import broadcast_to

            kept = tuple(n for d, n in enumerate(shape) if d not in axes)
            y = broadcast_to(cast(_array(initial, name), dtype_of(x)), kept)
            return _restore(y, shape, axes, keepdims)
        y = _restore(bind(prim, x, axes=axes) if axes else x, shape, axes, keepdims)
        if initial is None:
            return y
        from ._elementwise import minimum

        return (maximum if name == "max" else minimum)(y, initial)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"Return the {name}imum over axes; ties share the derivative equally.\n\n"
        f"NaN propagates. See `numpy.{name}`."
    )
    return f


def _as_axis(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


max = _extremum("max", rd.reduce_max_p, np.max)
min = _extremum("min", rd.reduce_min_p, np.min)
amax, amin = max, min


def ptp(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """Range of values (maximum - minimum) over axes. See `numpy.ptp`."""
    return subtract(max(a, axis, keepdims=keepdims), min(a, axis, keepdims=keepdims))


def _truth(x: Any) -> Any:
    return x if dtype_of(x) == np.bool_ else not_equal(x, dtype_of(x).type(0))


def all(
    a: Any,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Any:
    """Test whether all elements over axes are true. See `numpy.all`."""
    x = _masked(_truth(_array(a, "all")), where, True)
    axes = axes_tuple(axis, len(shape_of(x)))
    return _restore(bind(rd.reduce_and_p, x, axes=axes), shape_of(x), axes, keepdims)


def any(
    a: Any,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Any:
    """Test whether any element over axes is true. See `numpy.any`."""
    x = _masked(_truth(_array(a, "any")), where, False)
    axes = axes_tuple(axis, len(shape_of(x)))
    return _restore(bind(rd.reduce_or_p, x, axes=axes), shape_of(x), axes, keepdims)


def count_nonzero(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Count elements that are not zero. See `numpy.count_nonzero`."""
    return sum(_truth(_array(a, "count_nonzero")), axis, keepdims=keepdims)


def _arg(name: str, prim: Any) -> Callable[..., Any]:
    def f(a: Any, axis: int | None = None, out: None = None, *, keepdims: bool = False) -> Any:
        x = _array(a, name)
        shape = shape_of(x)
        if axis is None:
            flat = reshape(x, (_count(shape, tuple(range(len(shape)))),))
            y = bind(prim, flat, axis=0, index_dtype=np.dtype(np.int64))
            return reshape(y, (1,) * len(shape)) if keepdims else y
        d = normalize_axis(axis, len(shape))
        y = bind(prim, x, axis=d, index_dtype=np.dtype(np.int64))
        return _restore(y, shape, (d,), keepdims)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Return the indices of the extremum; the first one wins. See `numpy.{name}`."
    return f


argmax = _arg("argmax", rd.argmax_p)
argmin = _arg("argmin", rd.argmin_p)


def logsumexp(a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False) -> Any:
    """log(sum(b * exp(a))) without overflow; -inf with derivative 0 where all terms are -inf.

    Source: Blanchard, Higham & Higham 2021, "Accurately computing the log-sum-exp and softmax
    functions".
    """
    from ..prims.arithmetic import stop_gradient

    (x,) = promote_inexact(_array(a, "logsumexp"))
    axes = axes_tuple(axis, len(shape_of(x)))
    shift = max(real_of(x), axes, keepdims=True)
    shift = stop_gradient(_where(equal(absolute(shift), np.inf), dtype_of(shift).type(0), shift))
    terms = exp(subtract(x, shift))
    total = sum(terms if b is None else multiply(terms, b), axes, keepdims=True)
    empty = equal(total, 0)
    safe = log(_where(empty, dtype_of(total).type(1), total))
    y = _where(empty, dtype_of(total).type(-np.inf), safe + shift)
    kept = tuple(n for d, n in enumerate(shape_of(x)) if d not in axes)
    return y if keepdims else reshape(y, kept)


def real_of(x: Any) -> Any:
    """Return the real part of a complex array, anything else as it is."""
    from ._elementwise import real

    return real(x)
