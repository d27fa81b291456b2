"""Sorting and order: sort, argsort, lexsort, partition."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..ir.trace import keep_class
from ..prims import sorting as so
from ..prims.shape import iota
from ._axes import normalize_axis
from ._dispatch import numpy_first
from ._manipulation import flip, ravel
from ._promotion import as_array, cast, is_plain

__all__ = ["argpartition", "argsort", "lexsort", "partition", "sort", "sort_complex"]

_KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _sortable(a: Any, axis: int | None, kind: Any, order: Any, name: str) -> tuple[Any, int]:
    """Check the arguments; return the array and the axis counted from the front."""
    if kind not in _KINDS:
        raise ValueError(f"{name}: unknown kind {kind!r} {summarize(current_source())}")
    if order is not None:
        raise ValueError(f"{name}: `order` is for structured arrays {summarize(current_source())}")
    x = _array(a, name)
    if axis is None:
        return ravel(x), 0
    return x, normalize_axis(axis, len(shape_of(x)))


def sort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool = True,
    descending: bool = False,
) -> Any:
    """Return a sorted copy; NaN comes last (first if descending). See `numpy.sort`.

    Examples
    --------
    >>> import numpy as np
    >>> sort(np.array([2.0, 3.0, 1.0]), descending=True)
    array([3., 2., 1.])
    """
    x, axis = _sortable(a, axis, kind, order, "sort")
    if is_plain(x):
        out = np.sort(x, axis, kind)  # type: ignore[arg-type]
        return np.flip(out, axis) if descending else out
    out = so.sort(x, axis, stable)
    return flip(out, axis) if descending else out


def argsort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool = True,
    descending: bool = False,
) -> Any:
    """Return the positions that would sort an array, stably. See `numpy.argsort`.

    Equals keep their order, descending too.
    """
    x, axis = _sortable(a, axis, kind, order, "argsort")
    n = shape_of(x)[axis]
    if is_plain(x):
        if not descending:
            return np.argsort(x, axis, "stable")
        return np.flip(n - 1 - np.argsort(np.flip(x, axis), axis, "stable"), axis)
    x = flip(x, axis) if descending else x
    index = iota(np.int64, shape_of(x), axis)
    out = so.sort([x, index], axis, True)[1]
    return flip(n - 1 - out, axis) if descending else out


def lexsort(keys: Any, axis: int = -1) -> Any:
    """Sort by several keys, the last one first. See `numpy.lexsort`."""
    xs = list(keys) if isinstance(keys, list | tuple) else [*_array(keys, "lexsort")]
    if not xs:
        raise TypeError(f"lexsort needs at least one key {summarize(current_source())}")
    xs = [_array(x, "lexsort") for x in xs]
    if is_plain(*xs):
        return keep_class(np.lexsort(xs, axis), xs)
    if len({shape_of(x) for x in xs}) > 1:
        raise ShapeError(
            f"lexsort needs keys of one shape, got {[shape_of(x) for x in xs]} "
            f"{summarize(current_source())}"
        )
    axis = normalize_axis(axis, len(shape_of(xs[0])))
    index = iota(np.int64, shape_of(xs[0]), axis)
    return so.sort([*xs[::-1], index], axis, True, len(xs))[-1]


def _check_kth(kth: int | Sequence[int], n: int) -> None:
    for k in np.atleast_1d(kth):
        if not -n <= k < n:
            raise ValueError(f"kth (= {k}) is out of bounds ({n}) {summarize(current_source())}")


@numpy_first(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect") -> Any:
    """Return a copy with the kth element where sorting would put it. See `numpy.partition`.

    While tracing, the whole array is sorted, which is one of the permitted results.
    """
    x, axis = _sortable(a, axis, None, None, "partition")
    _check_kth(kth, shape_of(x)[axis])
    return so.sort(x, axis)


@numpy_first(np.argpartition)
def argpartition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect") -> Any:
    """Return the positions that would partition an array. See `numpy.argpartition`."""
    x, axis = _sortable(a, axis, None, None, "argpartition")
    _check_kth(kth, shape_of(x)[axis])
    return argsort(x, axis)


def sort_complex(a: Any) -> Any:
    """Sort by real part, then imaginary part, as complex numbers. See `numpy.sort_complex`."""
    x = _array(a, "sort_complex")
    d = dtype_of(x)
    if d.kind != "c":
        d = (
            np.result_type(d, np.complex64)
            if d.kind == "f" or d.itemsize < 4
            else np.dtype(complex)
        )
    return sort(cast(x, np.dtype(d)))
