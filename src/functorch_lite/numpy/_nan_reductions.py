"""Reductions that ignore NaN, beyond sums and extrema."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import dtype_of
from ._comparison import equal, isnan, logical_not
from ._elementwise import absolute, divide, multiply, sqrt, square, subtract, where
from ._promotion import as_array, cast, is_plain, promote_inexact
from ._reductions import Axis, argmax, argmin, nanmean
from ._reductions import all as all_of
from ._reductions import sum as _sum

__all__ = ["nanargmax", "nanargmin", "nanstd", "nanvar"]


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
        at = arg(where(missing, dtype_of(x).type(worst), x), axis, keepdims=keepdims)
        return where(all_of(missing, axis, keepdims=keepdims), np.int64(-1), at)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"Return the index of the extremum among what is not NaN. See `numpy.{name}`.\n\n"
        "    Where all is NaN, NumPy's ValueError is raised; while tracing, the index is -1."
    )
    return f


nanargmax = _nan_arg("nanargmax", argmax, -np.inf, np.nanargmax)
nanargmin = _nan_arg("nanargmin", argmin, np.inf, np.nanargmin)


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
    from ._elementwise import where as choose

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
    from ._elementwise import where as choose

    v = nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, correction=correction)
    zero, d = equal(v, 0), dtype_of(v)
    return choose(zero, d.type(0), sqrt(choose(zero, d.type(1), v)))
