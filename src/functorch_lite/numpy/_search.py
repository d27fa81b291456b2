"""Searching: nonzero and its kin, searchsorted, digitize, interp."""

from typing import Any

import numpy as np

from ..errors import ConcretizationError
from ..ir import Tracer, current_source, dtype_of, shape_of, summarize
from ..ir.trace import keep_class
from ..prims import searching
from ..prims.arithmetic import convert_element_type
from ._dispatch import numpy_first
from ._promotion import as_array, cast, is_plain, promote_dtypes

__all__ = ["argwhere", "digitize", "flatnonzero", "interp", "nonzero", "searchsorted"]


def _truth(x: Any) -> Any:
    return x if dtype_of(x) == np.bool_ else convert_element_type(x, np.dtype(np.bool_))


def _unknown_size(name: str, x: Any) -> ConcretizationError:
    """Return the error for a result whose shape depends on values."""
    return ConcretizationError(
        f"the shape of {name} depends on the values of {x!r}, which are not known while tracing "
        f"{summarize(current_source())}.\nGive the number of elements to return: {name}(..., "
        "size=n); missing ones are padded with fill_value. Or keep the shape with "
        "functorch_lite.numpy.where(condition, x, y)."
    )


def nonzero(a: Any, *, size: int | None = None, fill_value: Any = None) -> tuple[Any, ...]:
    """Return the positions of nonzero elements, an array for each axis. See `numpy.nonzero`.

    Parameters
    ----------
    size : int, optional
        How many positions to return; needed while tracing, when the number is not known.
    fill_value : int or tuple of int, optional
        What fills up to `size`; 0 by default.

    Raises
    ------
    ConcretizationError
        For a tracer without `size`.

    Examples
    --------
    >>> import numpy as np
    >>> nonzero(np.array([0, 3, 0, 4]), size=3, fill_value=-1)
    (array([ 1,  3, -1]),)
    """
    x = as_array(a, "nonzero")
    if is_plain(x) and size is None:
        return tuple(keep_class(i, (x,)) for i in np.nonzero(np.atleast_1d(x)))
    x = np.asarray(x) if not hasattr(x, "shape") else x
    if size is None:
        if not isinstance(x, Tracer):
            return np.nonzero(np.atleast_1d(x))
        raise _unknown_size("nonzero", x)
    from ._cumulative import cumsum
    from ._elementwise import floor_divide, remainder, where
    from ._index_update import IndexUpdate
    from ._manipulation import ravel
    from ._reductions import sum as sum_

    shape = shape_of(x) or (1,)
    mask = _truth(ravel(x))
    n = int(np.prod(shape, dtype=np.int64))
    rank = cumsum(convert_element_type(mask, np.dtype(np.int64))) - 1
    # The k-th true element writes its position to place k; all others are dropped.
    place = where(mask, rank, max(size, n))
    flat = IndexUpdate(np.zeros(size, np.int64))[place].set(np.arange(n), mode="drop")
    missing = np.arange(size) >= sum_(mask)
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value or 0,) * len(shape)
    out = []
    for d, fill in enumerate(fills):
        below = int(np.prod(shape[d + 1 :], dtype=np.int64))
        index = remainder(floor_divide(flat, max(below, 1)), max(shape[d], 1))
        out.append(where(missing, fill, index))
    return tuple(out)


def flatnonzero(a: Any, *, size: int | None = None, fill_value: Any = None) -> Any:
    """Return the flat positions of nonzero elements. See `numpy.flatnonzero` and `nonzero`."""
    from ._manipulation import ravel

    return nonzero(ravel(a), size=size, fill_value=fill_value)[0]


def argwhere(a: Any, *, size: int | None = None, fill_value: Any = None) -> Any:
    """Return the positions of nonzero elements as rows. See `numpy.argwhere` and `nonzero`."""
    from ._joining import stack

    x = as_array(a, "argwhere")
    if is_plain(x) and size is None:
        return keep_class(np.argwhere(x), (x,))
    if shape_of(x) == ():
        found = nonzero(x, size=size, fill_value=fill_value)[0]
        return np.zeros((shape_of(found)[0], 0), np.int64)
    return stack(nonzero(x, size=size, fill_value=fill_value), 1)


# --- sorted arrays ------------------------------------------------------------------------------


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def searchsorted(
    a: Any, v: Any, side: str = "left", sorter: Any = None, *, method: Any = None
) -> Any:
    """Return where values belong in a sorted array. See `numpy.searchsorted`.

    `method` is accepted for the sake of JAX's signature; the search is always binary.
    """
    x, values = _array(a, "searchsorted"), _array(v, "searchsorted")
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    if sorter is not None:
        from ._indexing import take

        x = take(x, sorter)
    if is_plain(x, values):
        return keep_class(np.searchsorted(x, values, side), (x, values))  # type: ignore[call-overload]
    x, values = promote_dtypes(x, values)
    return searching.searchsorted(x, values, side)


@numpy_first(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Return the bin of each value; bins rise or fall. See `numpy.digitize`."""
    from ._elementwise import where
    from ._manipulation import flip

    x, b = promote_dtypes(_array(x, "digitize"), _array(bins, "digitize"))
    n = shape_of(b)[0]
    if not n:
        return np.zeros(shape_of(x), np.int64)
    rising = searchsorted(b, x, "left" if right else "right")
    falling = n - searchsorted(flip(b), x, "right" if right else "left")
    return where(b[-1] >= b[0], rising, falling)


@numpy_first(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Interpolate linearly between points. See `numpy.interp`.

    Differentiable in all of `x`, `xp` and `fp`; at a point, the derivative is that of the piece
    to its right.
    """
    from ._elementwise import clip, where
    from ._indexing import take
    from ._sorting import argsort

    d = np.result_type(dtype_of(as_array(fp)), np.float64)
    x, xp = (cast(_array(v, "interp"), np.dtype(np.float64)) for v in (x, xp))
    fp = cast(_array(fp, "interp"), np.dtype(d))
    if period is not None:
        from ._joining import concatenate

        period = abs(period)
        x, xp = x % period, xp % period
        order = argsort(xp)
        xp, fp = take(xp, order), take(fp, order)
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
    n = shape_of(xp)[0]
    if n == 1:
        y = fp[0] + 0 * x
    else:
        i = clip(searchsorted(xp, x, "right"), 1, n - 1)
        x0, x1, f0, f1 = take(xp, i - 1), take(xp, i), take(fp, i - 1), take(fp, i)
        flat = x1 == x0
        slope = (f1 - f0) / where(flat, 1.0, x1 - x0)
        y = where(flat, f1, f0 + slope * (x - x0))
    below = fp[0] if left is None or period is not None else left
    above = fp[-1] if right is None or period is not None else right
    y = where(x < xp[0], below, y)
    return where(x >= xp[-1], where(x > xp[-1], above, fp[-1]), y)
