"""Counting: bincount and histograms."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConcretizationError, ShapeError
from ..ir import Tracer, current_source, dtype_of, shape_of, summarize
from ._comparison import logical_and
from ._creation import linspace
from ._cumulative import diff
from ._dispatch import numpy_first
from ._elementwise import clip, where
from ._index_update import IndexUpdate
from ._manipulation import ravel, reshape
from ._promotion import as_array, cast, promote_dtypes, promote_inexact
from ._reductions import max as _max
from ._reductions import min as _min
from ._reductions import sum as _sum
from ._search import searchsorted

__all__ = ["bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _where() -> str:
    return summarize(current_source())


@numpy_first(np.bincount, ours=("length",))
def bincount(
    x: Any, /, weights: Any = None, minlength: int = 0, *, length: int | None = None
) -> Any:
    """Count how often each non-negative integer occurs. See `numpy.bincount`.

    Parameters
    ----------
    length : int, optional
        The length of the result, needed when `x` is traced; larger integers are not counted,
        negative ones count as 0.
    """
    i = _array(x, "bincount")
    if length is None:
        if isinstance(i, Tracer):
            raise ConcretizationError(
                f"the length of bincount depends on values that are not known while tracing "
                f"{_where()}: pass length=n"
            )
        length = max(int(minlength), int(i.max(initial=-1)) + 1)
    d = np.dtype(np.int64 if weights is None else np.float64)
    w: Any = np.int64(1) if weights is None else cast(_array(weights, "bincount"), d)
    return IndexUpdate(np.zeros(length, d))[clip(i, 0, None)].add(w, mode="drop")


def _edges(a: Any, bins: Any, range: Any) -> Any:
    """Return the edges: as given, or evenly spaced over the range of the data."""
    if isinstance(bins, str):
        raise ConcretizationError(
            f"histogram(bins={bins!r}) chooses the number of bins by values that are not known while "
            f"tracing {_where()}; give a number"
        )
    b = as_array(bins)
    if shape_of(b) != ():
        return b
    n = int(b.__index__())
    if n < 1:
        raise ValueError(f"histogram: the number of bins must be positive, got {n} {_where()}")
    if range is not None:
        lo, hi = (as_array(v) for v in range)
    elif int(np.prod(shape_of(a), dtype=np.int64)) == 0:
        lo, hi = 0.0, 1.0
    else:
        lo, hi = _min(a), _max(a)
    lo, hi = promote_inexact(*promote_dtypes(lo, hi), small_ints=False)
    flat = lo == hi
    lo, hi = where(flat, lo - 0.5, lo), where(flat, hi + 0.5, hi)
    return linspace(lo, hi, n + 1)


@numpy_first(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """Return the edges of the bins that `histogram` would use. See `numpy.histogram_bin_edges`."""
    return _edges(ravel(_array(a, "histogram_bin_edges")), bins, range)


def _bin(x: Any, edges: Any) -> Any:
    """Return the bin of each value, -1 or the number of bins if there is none."""
    x, edges = promote_dtypes(x, edges)
    n = shape_of(edges)[0] - 1
    i = searchsorted(edges, x, "right") - 1
    return where(x == edges[-1], n - 1, i)


@numpy_first(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    """Count values in bins; the last bin is closed. See `numpy.histogram`."""
    x = ravel(_array(a, "histogram"))
    edges = _edges(x, bins, range)
    w = None if weights is None else ravel(_array(weights, "histogram"))
    counts = _count([_bin(x, edges)], [shape_of(edges)[0] - 1], w)
    if density:
        counts = counts / _sum(counts) / diff(edges)
    return counts, edges


def _count(places: Sequence[Any], sizes: Sequence[int], weights: Any) -> Any:
    """Count points by their bins along each axis."""
    inside: Any = True
    for i, n in zip(places, sizes, strict=True):
        inside = logical_and(inside, logical_and(i >= 0, i < n))
    flat: Any = 0
    for i, n in zip(places, sizes, strict=True):
        flat = flat * n + i
    total = int(np.prod(sizes, dtype=np.int64))
    d = np.dtype(np.int64) if weights is None else dtype_of(weights)
    flat = where(inside, flat, total)
    counts = IndexUpdate(np.zeros(total, d))[flat].add(
        1 if weights is None else weights, mode="drop"
    )
    return reshape(counts, tuple(sizes))


@numpy_first(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, list[Any]]:
    """Count points in boxes. See `numpy.histogramdd`."""
    if isinstance(sample, list | tuple):
        columns = [ravel(_array(c, "histogramdd")) for c in sample]
    else:
        x = _array(sample, "histogramdd")
        x = x if len(shape_of(x)) == 2 else reshape(x, (-1, 1))
        columns = [x[:, j] for j in np.arange(shape_of(x)[1]).tolist()]
    d = len(columns)
    every = bins if isinstance(bins, list | tuple) else [bins] * d
    ranges = [None] * d if range is None else list(range)
    if len(every) != d or len(ranges) != d:
        raise ShapeError(f"histogramdd: {d} coordinates need {d} bins and ranges {_where()}")
    edges = [_edges(c, b, r) for c, b, r in zip(columns, every, ranges, strict=True)]
    w = None if weights is None else ravel(_array(weights, "histogramdd"))
    places = [_bin(c, e) for c, e in zip(columns, edges, strict=True)]
    counts = _count(places, [shape_of(e)[0] - 1 for e in edges], w)
    counts = cast(counts, np.dtype(np.float64)) if dtype_of(counts).kind != "c" else counts
    if density:
        counts = counts / _sum(counts)
        for j, e in enumerate(edges):
            counts = counts / reshape(
                diff(e), tuple(-1 if k == j else 1 for k in np.arange(d).tolist())
            )
    return counts, edges


@numpy_first(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any, Any]:
    """Count points of the plane in rectangles. See `numpy.histogram2d`."""
    if isinstance(bins, list | tuple) and len(bins) == 2:
        every: Any = bins
    elif isinstance(bins, int):
        every = [bins, bins]
    else:
        every = [as_array(bins)] * 2
    counts, edges = histogramdd([x, y], every, range, density, weights)
    return counts, edges[0], edges[1]
