"""Reductions that ignore NaN."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import dtype_of
from ._comparison import equal, isnan, logical_not
from ._elementwise import absolute, divide, multiply, sqrt, square, subtract
from ._elementwise import where as choose
from ._promotion import as_array, cast, is_plain, promote_inexact
from ._reductions import Axis, argmax, argmin, max, min, prod
from ._reductions import all as all_of
from ._reductions import sum as _sum

__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _nan_arg(name: str, arg: Callable[..., Any], worst: float, np_f: Any) -> Callable[..., Any]:
    def f(a: Any, axis: int | None = None, out: None = None, *, keepdims: bool = False) -> Any:
        x = _array(a, name)
        if is_plain(x):
            return np.asarray(np_f(x, axis, keepdims=keepdims))
        if dtype_of(x).kind not in "fc":
            return arg(x, axis, keepdims=keepdims)
        missing = isnan(x)
        at = arg(choose(missing, dtype_of(x).type(worst), x), axis, keepdims=keepdims)
        return choose(all_of(missing, axis, keepdims=keepdims), np.int64(-1), at)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"Return the index of the extremum among what is not NaN. See `numpy.{name}`.\n\n"
        "    Where all is NaN, NumPy's ValueError is raised; while tracing, the index is -1."
    )
    return f


nanargmax = _nan_arg("nanargmax", argmax, -np.inf, np.nanargmax)
nanargmin = _nan_arg("nanargmin", argmin, np.inf, np.nanargmin)


def _neutral(name: str, of: Callable[..., Any], value: int) -> Callable[..., Any]:
    def f(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: None = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        x = _array(a, name)
        x = choose(isnan(x), dtype_of(x).type(value), x)
        return of(x, axis, dtype, keepdims=keepdims, initial=initial, where=where)

    f.__name__ = f.__qualname__ = name
    what = "Sum" if name == "nansum" else "Product"
    f.__doc__ = f"{what} over axes, NaN counting as {value}. See `numpy.{name}`."
    return f


nansum = _neutral("nansum", _sum, 0)
nanprod = _neutral("nanprod", prod, 1)


def nanmean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    where: Any = None,
) -> Any:
    """Mean of what is not NaN. See `numpy.nanmean`."""
    (x,) = promote_inexact(_array(a, "nanmean"))
    n = _sum(logical_not(isnan(x)), axis, dtype_of(x), keepdims=keepdims, where=where)
    return divide(nansum(x, axis, dtype, keepdims=keepdims, where=where), n)


def _nan_extremum(name: str, of: Callable[..., Any], worst: float) -> Callable[..., Any]:
    def f(
        a: Any,
        axis: Axis = None,
        out: None = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        x = _array(a, name)
        if dtype_of(x).kind not in "fc":
            return of(x, axis, keepdims=keepdims, initial=initial, where=where)
        some = choose(isnan(x), dtype_of(x).type(worst), x)
        y = of(some, axis, keepdims=keepdims, initial=initial, where=where)
        if initial is not None:
            return y
        return choose(all_of(isnan(x), axis, keepdims=keepdims), dtype_of(x).type(np.nan), y)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Return the {name[3:]}imum of what is not NaN over axes. See `numpy.{name}`."
    return f


nanmax = _nan_extremum("nanmax", max, -np.inf)
nanmin = _nan_extremum("nanmin", min, np.inf)


def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = None,
    *,
    correction: float | None = None,
) -> Any:
    """Variance of what is not NaN. See `numpy.nanvar`.

    Examples
    --------
    >>> import numpy as np
    >>> nanvar(np.array([1.0, np.nan, 3.0]))
    array(1.)
    """
    (x,) = promote_inexact(_array(a, "nanvar"), small_ints=False)
    x = x if dtype is None else cast(x, np.dtype(dtype))
    keep = logical_not(isnan(x)) if where is None else logical_not(isnan(x)) & where
    centred = subtract(x, nanmean(choose(keep, x, np.nan), axis, keepdims=True))
    centred = choose(keep, centred, dtype_of(x).type(0))
    squares = square(absolute(centred)) if dtype_of(x).kind == "c" else multiply(centred, centred)
    total = _sum(squares, axis, keepdims=keepdims)
    n = _sum(keep, axis, dtype_of(total), keepdims=keepdims)
    n = n - (ddof if correction is None else correction)
    enough = n > 0
    one = dtype_of(total).type(1)
    return choose(enough, divide(total, choose(enough, n, one)), dtype_of(total).type(np.nan))


def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = None,
    *,
    correction: float | None = None,
) -> Any:
    """Standard deviation of what is not NaN; its derivative is 0 where all is equal.

    See `numpy.nanstd`.

    Examples
    --------
    >>> import numpy as np
    >>> nanstd(np.array([1.0, np.nan, 3.0]))
    array(1.)
    """
    v = nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, correction=correction)
    zero, d = equal(v, 0), dtype_of(v)
    return choose(zero, d.type(0), sqrt(choose(zero, d.type(1), v)))
