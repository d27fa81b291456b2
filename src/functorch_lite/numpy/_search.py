"""Searching: nonzero and its kin, searchsorted, digitize, interp."""

from typing import Any

import numpy as np

from ..errors import ConcretizationError
from ..ir import Tracer, current_source, dtype_of, shape_of, summarize
from ..prims.arithmetic import convert_element_type
from ._promotion import as_array, is_plain

__all__ = ["argwhere", "flatnonzero", "nonzero"]


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
        return np.nonzero(np.atleast_1d(x))
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
    from ._manipulation import stack

    x = as_array(a, "argwhere")
    if is_plain(x) and size is None:
        return np.argwhere(x)
    if shape_of(x) == ():
        found = nonzero(x, size=size, fill_value=fill_value)[0]
        return np.zeros((shape_of(found)[0], 0), np.int64)
    return stack(nonzero(x, size=size, fill_value=fill_value), 1)
