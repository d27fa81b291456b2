"""Writing to parts of Tensors out of place, under PyTorch's names; `indexing` has the common ones."""

from typing import Any

import numpy as np

from .. import numpy as fnp
from .indexing import _dim_index, _grid, _source, plain_index
from .tensor import Tensor, wrap

__all__ = [
    "diagonal_scatter",
    "index_copy",
    "index_put",
    "index_reduce",
    "masked_scatter",
    "put",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
]


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """Write slices to indexed positions along an axis. See `torch.index_copy`."""
    x = wrap(input)
    return wrap(x.at[_dim_index(x.ndim, dim, plain_index(index))].set(wrap(source)))


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Write (or add) values to indexed elements. See `torch.index_put`."""
    x = wrap(input)
    place = x.at[tuple(plain_index(i) if i is not None else slice(None) for i in indices)]
    return wrap(place.add(wrap(values)) if accumulate else place.set(wrap(values)))


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """Write values to places of the flattened Tensor. See `torch.put`."""
    x = wrap(input)
    place = wrap(fnp.reshape(x, (-1,))).at[plain_index(index)]
    flat = place.add(wrap(source)) if accumulate else place.set(wrap(source))
    return wrap(fnp.reshape(flat, x.shape))


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """Write the first elements of `source` where the mask is true. See `torch.masked_scatter`."""
    x = wrap(input)
    chosen = wrap(mask).concrete("masked_scatter, whose result depends on values")
    chosen = np.broadcast_to(chosen, x.shape)
    values = wrap(fnp.reshape(wrap(source), (-1,)))
    if values.shape[0] < chosen.sum():
        raise RuntimeError(
            "masked_scatter: expected the number of elements of source to be >= number of ones in mask"
        )
    return wrap(x.at[np.nonzero(chosen)].set(values[: int(chosen.sum())]))


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """Write one position of an axis. See `torch.select_scatter`."""
    x = wrap(input)
    return wrap(x.at[_dim_index(x.ndim, dim, index)].set(wrap(src)))


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Any:
    """Write a slice of an axis. See `torch.slice_scatter`."""
    x = wrap(input)
    return wrap(x.at[_dim_index(x.ndim, dim, slice(start, end, step))].set(wrap(src)))


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Write a diagonal. See `torch.diagonal_scatter`."""
    x = wrap(input)
    places = np.arange(int(x.size)).reshape(x.shape).diagonal(offset, dim1, dim2)
    flat = wrap(fnp.reshape(x, (-1,))).at[places.reshape(-1)].set(wrap(src).reshape(-1))
    return wrap(fnp.reshape(flat, x.shape))


# --- reductions of what meets in one place ----------------------------------------------------------

_UPDATES = {"sum": "add", "prod": "multiply", "amax": "max", "amin": "min", "mean": "add"}


def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """Reduce `src` into indexed places along an axis. See `torch.scatter_reduce`."""
    x, at = wrap(input), wrap(index)
    return _reduced(x, _grid(x, dim, at), _source(wrap(src), at, x), reduce, include_self)


def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """Reduce slices into indexed positions along an axis. See `torch.index_reduce`."""
    x = wrap(input)
    at = _dim_index(x.ndim, dim, plain_index(index))
    return _reduced(x, at, wrap(source), reduce, include_self)


def _reduced(x: Tensor, at: Any, src: Any, reduce: str, include_self: bool) -> Any:
    """Reduce `src` into the places `at` of `x`; without `include_self`, what was there is lost."""
    if reduce not in _UPDATES:
        raise RuntimeError(f"reduce argument must be one of {sorted(_UPDATES)}, got {reduce!r}")
    if not include_self:
        x = wrap(x.at[at].set(x.dtype.type(_start(reduce, x.dtype))))
    out = wrap(getattr(x.at[at], _UPDATES[reduce])(src))
    if reduce != "mean":
        return out
    ones = fnp.ones(src.shape, np.int64)
    start = np.ones(x.shape, np.int64)
    if not include_self:
        start[at] = 0
    counts = fnp.maximum(wrap(start).at[at].add(ones), 1)
    return wrap(out / counts if x.dtype.kind in "fc" else fnp.floor_divide(out, counts))


def _start(reduce: str, dtype: np.dtype[Any]) -> Any:
    """Return the neutral element of a reduction."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    info = np.iinfo(dtype)
    return info.min if reduce == "amax" else info.max
