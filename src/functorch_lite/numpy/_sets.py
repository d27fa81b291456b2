"""Set functions: unique, isin, unions, intersections and differences.

The size of a set depends on values. On arrays all is as in NumPy; while tracing, `size` says how
many elements to return: too many are cut off, too few are padded with `fill_value`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np

from ..ir import dtype_of, shape_of
from ..ir.trace import keep_class
from ..prims import sorting as so
from ..prims.shape import iota
from ._axes import normalize_axis
from ._comparison import isnan, logical_and, logical_not, logical_or, not_equal
from ._dispatch import any_traced, numpy_first
from ._elementwise import where
from ._index_update import IndexUpdate
from ._indexing import take
from ._joining import concatenate
from ._manipulation import moveaxis, ravel, reshape
from ._promotion import as_array, promote_dtypes
from ._reductions import any as _any
from ._reductions import sum as _sum
from ._search import _unknown_size, nonzero, searchsorted

__all__ = [
    "in1d",
    "intersect1d",
    "isin",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


class UniqueAllResult(NamedTuple):
    """What `unique_all` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """What `unique_counts` returns."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """What `unique_inverse` returns."""

    values: Any
    inverse_indices: Any


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _differs(a: Any, b: Any, equal_nan: bool) -> Any:
    out = not_equal(a, b)
    if equal_nan and dtype_of(a).kind in "fc":
        out = logical_and(out, logical_not(logical_and(isnan(a), isnan(b))))
    return out


class _Groups(NamedTuple):
    """A sorted list of rows: where groups of equals begin, and how it came from the original."""

    order: Any
    first: Any


def _group(rows: Any, equal_nan: bool) -> _Groups:
    """Sort the rows of a matrix and mark the first of each group of equal ones."""
    n, m = shape_of(rows)
    columns = [rows[:, j] for j in range(m)]
    *ordered, order = so.sort([*columns, iota(np.int64, (n,))], 0, True, m) if m else [np.arange(n)]
    changed: Any = np.zeros(max(n - 1, 0), np.bool_)
    for c in ordered:
        changed = logical_or(changed, _differs(c[1:], c[:-1], equal_nan))
    first = concatenate([np.ones(min(n, 1), np.bool_), changed], 0)
    return _Groups(order, first)


def _np_unique(ar: Any, *args: Any, **kwargs: Any) -> Any:
    kwargs.pop("size", None)
    kwargs.pop("fill_value", None)
    return np.unique(ar, *args, **kwargs)


@numpy_first(_np_unique, ours=("size",))
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    size: int | None = None,
    fill_value: Any = None,
    sorted: bool = True,
) -> Any:
    """Return the sorted unique elements. See `numpy.unique`.

    Parameters
    ----------
    size : int, optional
        How many to return; needed while tracing.
    fill_value : scalar, optional
        What fills up to `size`; the smallest element by default.

    Examples
    --------
    >>> import numpy as np
    >>> unique(np.array([3, 1, 3]), size=3)
    array([1, 3, 1])
    """
    x = _array(ar, "unique")
    if size is None:
        raise _unknown_size("unique", x)
    if axis is None:
        table, rows = ravel(x), reshape(x, (-1, 1))
    else:
        table = moveaxis(x, normalize_axis(axis, len(shape_of(x))), 0)
        rows = reshape(table, (shape_of(table)[0], -1))
    groups = _group(rows, equal_nan)
    n = shape_of(rows)[0]
    (begin,) = nonzero(groups.first, size=size, fill_value=n)
    index = take(groups.order, begin, mode="fill", fill_value=0) if n else np.zeros(size, np.int64)
    missing = begin == n
    smallest = groups.order[:1] if n else None
    if smallest is not None:
        index = where(missing, smallest, index)
    values = take(table, index, 0)
    if fill_value is not None:
        spread = reshape(missing, (size,) + (1,) * (len(shape_of(values)) - 1))
        values = where(spread, dtype_of(values).type(fill_value), values)
    out = [values]
    if return_index:
        out.append(index)
    if return_inverse:
        from ._cumulative import cumsum

        rank = cumsum(groups.first) - 1
        inverse = IndexUpdate(np.zeros(n, np.int64))[groups.order].set(rank, unique_indices=True)
        out.append(reshape(inverse, shape_of(x)) if axis is None else inverse)
    if return_counts:
        end = concatenate([begin[1:], np.full(1, n)], 0)
        out.append(where(missing, 0, end - begin))
    return tuple(out) if len(out) > 1 else values


def unique_all(x: Any, /, *, size: int | None = None, fill_value: Any = None) -> UniqueAllResult:
    """Return unique values, positions, inverse and counts. See `numpy.unique_all`."""
    options = _options(size, fill_value)
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False, **options))


def unique_counts(
    x: Any, /, *, size: int | None = None, fill_value: Any = None
) -> UniqueCountsResult:
    """Return unique values and counts. See `numpy.unique_counts`."""
    options = _options(size, fill_value)
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False, **options))


def unique_inverse(
    x: Any, /, *, size: int | None = None, fill_value: Any = None
) -> UniqueInverseResult:
    """Return unique values and the inverse. See `numpy.unique_inverse`."""
    options = _options(size, fill_value)
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False, **options))


def unique_values(x: Any, /, *, size: int | None = None, fill_value: Any = None) -> Any:
    """Return unique values. See `numpy.unique_values`."""
    return unique(x, equal_nan=False, **_options(size, fill_value))


def _options(size: int | None, fill_value: Any) -> dict[str, Any]:
    return {} if size is None else {"size": size, "fill_value": fill_value}


# --- membership ---------------------------------------------------------------------------------


@numpy_first(np.isin, ours=("method",))
def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
    method: str | None = None,
) -> Any:
    """Tell which elements are in a second array. See `numpy.isin`."""
    x, tests = promote_dtypes(_array(element, "isin"), ravel(_array(test_elements, "isin")))
    n = shape_of(tests)[0]
    if n == 0:
        return np.full(shape_of(x), invert)
    if dtype_of(x).kind in "cb":
        found = _any(x[..., None] == tests, -1)
    else:
        ordered = so.sort(tests, 0)
        found = take(ordered, searchsorted(ordered, x), mode="clip") == x
    return logical_not(found) if invert else found


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Tell which elements of the flattened array are in a second one; see `isin`."""
    return isin(ravel(ar1), ar2, assume_unique, invert)


# --- sets as sorted vectors ---------------------------------------------------------------------


def _needs_size(name: str, size: int | None, *args: Any) -> bool:
    """Tell whether `size` is given; explain if it must be."""
    if size is None and any_traced(args):
        raise _unknown_size(name, next(a for a in args if any_traced((a,))))
    return size is not None


def _kept(values: Any, keep: Any, size: int, fill_value: Any) -> Any:
    """Return the first `size` of the values to keep, padded."""
    n = shape_of(values)[0]
    (i,) = nonzero(keep, size=size, fill_value=n)
    fill = 0 if fill_value is None else fill_value
    return take(values, i, mode="fill", fill_value=dtype_of(values).type(fill).item())


def _distinct(x: Any) -> tuple[Any, Any]:
    """Return the sorted elements, and which of them are the first of their kind."""
    x = ravel(x)
    groups = _group(reshape(x, (-1, 1)), True)
    return take(x, groups.order), groups.first


def union1d(ar1: Any, ar2: Any, *, size: int | None = None, fill_value: Any = None) -> Any:
    """Return the sorted union. See `numpy.union1d`; `size` as in `unique`."""
    a, b = _array(ar1, "union1d"), _array(ar2, "union1d")
    if not _needs_size("union1d", size, a, b):
        return keep_class(np.union1d(a, b), (a, b))
    return unique(concatenate([ravel(a), ravel(b)]), size=size, fill_value=fill_value)


def setdiff1d(
    ar1: Any,
    ar2: Any,
    assume_unique: bool = False,
    *,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Return what is in the first array only, sorted. See `numpy.setdiff1d`."""
    a, b = _array(ar1, "setdiff1d"), _array(ar2, "setdiff1d")
    if not _needs_size("setdiff1d", size, a, b):
        return keep_class(np.setdiff1d(a, b, assume_unique), (a, b))
    assert size is not None
    if assume_unique:
        a = ravel(a)
        return _kept(a, isin(a, b, invert=True), size, fill_value)
    values, first = _distinct(a)
    return _kept(values, logical_and(first, isin(values, b, invert=True)), size, fill_value)


def setxor1d(
    ar1: Any,
    ar2: Any,
    assume_unique: bool = False,
    *,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Return what is in exactly one of the arrays, sorted. See `numpy.setxor1d`."""
    a, b = _array(ar1, "setxor1d"), _array(ar2, "setxor1d")
    if not _needs_size("setxor1d", size, a, b):
        return keep_class(np.setxor1d(a, b, assume_unique), (a, b))
    assert size is not None
    a, b = promote_dtypes(ravel(a), ravel(b))
    values, first = _distinct(concatenate([a, b]))
    one = not_equal(isin(values, a), isin(values, b))
    return _kept(values, logical_and(first, one), size, fill_value)


_np_intersect1d = cast(Callable[..., Any], np.intersect1d)


def intersect1d(
    ar1: Any,
    ar2: Any,
    assume_unique: bool = False,
    return_indices: bool = False,
    *,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Return what is in both arrays, sorted, and where it is first. See `numpy.intersect1d`.

    Positions of padding are the length of their array.
    """
    a, b = _array(ar1, "intersect1d"), _array(ar2, "intersect1d")
    if not _needs_size("intersect1d", size, a, b):
        return _np_intersect1d(a, b, assume_unique, return_indices)
    assert size is not None
    a, b = promote_dtypes(ravel(a), ravel(b))
    values, first = _distinct(a)
    keep = logical_and(first, isin(values, b))
    out = _kept(values, keep, size, fill_value)
    if not return_indices:
        return out
    there = np.arange(size) < _sum(keep)
    places = []
    for x in (a, b):
        n = shape_of(x)[0]
        ordered, order = so.sort([x, iota(np.int64, (n,))], 0, True)
        i = take(order, searchsorted(ordered, out), mode="clip")
        places.append(where(there, i, n))
    return (out, *places)
