"""Objects that build arrays by being indexed: ``r_[1:5, 7]``, ``mgrid[0:3, 0:4]``."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, shape_of, summarize
from ._dispatch import any_traced
from ._joining import concatenate
from ._manipulation import reshape
from ._promotion import as_array, promote_dtypes

__all__ = ["c_", "index_exp", "mgrid", "ogrid", "r_", "s_"]

s_, index_exp, mgrid, ogrid = np.s_, np.index_exp, np.mgrid, np.ogrid


def _piece(key: Any) -> Any:
    """Return what one entry stands for: a range, or an array."""
    if isinstance(key, slice):
        return np.r_[key]
    x = as_array(key, "an entry")
    return x if hasattr(x, "shape") else np.asarray(x)


def _with_axes(x: Any, ndmin: int, first: int) -> Any:
    """Give `x` at least `ndmin` axes; its own begin at `first` (-1: they are the last)."""
    missing = ndmin - len(shape_of(x))
    if missing <= 0:
        return x
    before = missing if first < 0 else min(first, missing)
    return reshape(x, (1,) * before + shape_of(x) + (1,) * (missing - before))


class _Concatenator:
    """``r_`` and ``c_``: NumPy's own, or joined here when an entry is traced."""

    def __init__(self, numpys: Any, axis: int, ndmin: int, first: int) -> None:
        self._numpys, self._defaults = numpys, (axis, ndmin, first)

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if not any_traced(keys):
            return np.asarray(self._numpys[key])
        axis, ndmin, first = self._defaults
        if isinstance(keys[0], str):
            try:
                given = [int(n) for n in keys[0].split(",")]
            except ValueError:
                raise ShapeError(
                    f"r_: a directive is 'axis,ndmin,first', got {keys[0]!r} "
                    f"{summarize(current_source())}"
                ) from None
            axis, ndmin, first = (*given, *(axis, ndmin, first)[len(given) :])
            keys = keys[1:]
        parts = [_with_axes(_piece(k), max(ndmin, 1), first) for k in keys]
        return concatenate(promote_dtypes(*parts), axis)

    def __len__(self) -> int:
        return 0


r_ = _Concatenator(np.r_, 0, 1, -1)
c_ = _Concatenator(np.c_, -1, 2, 0)
