"""Reading and writing parts of Tensors by index, under PyTorch's names."""

from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import Tracer
from ..numpy._indexing import getitem as _getitem
from .promotion import as_operand
from .shaping import as_view
from .tensor import FunctionalTensor, Tensor, wrap
from .views import before, write

__all__ = [
    "gather",
    "getitem",
    "index_add",
    "index_fill",
    "index_select",
    "masked_fill",
    "masked_select",
    "nonzero",
    "plain_index",
    "scatter",
    "scatter_add",
    "setitem",
    "take",
    "take_along_dim",
]


def plain_index(index: Any) -> Any:
    """Replace Tensors in an index by arrays, or by the tracers that they wrap."""
    if isinstance(index, tuple):
        return tuple(plain_index(i) for i in index)
    if isinstance(index, list):
        return [plain_index(i) for i in index]
    if isinstance(index, FunctionalTensor):
        return index.bare()
    if isinstance(index, Tensor):
        value = index.value
        return value.item() if value.ndim == 0 and value.dtype.kind in "iu" else value
    return index


def _is_basic(index: Any) -> bool:
    """Tell whether an index selects without copying."""
    if isinstance(index, tuple):
        return all(map(_is_basic, index))
    plain = isinstance(index, int | np.integer | slice) or index is None or index is Ellipsis
    return plain and not isinstance(index, bool)


@as_view
def _slice(x: Any, index: Any) -> Any:
    return _getitem(x, index)


def getitem(input: Any, index: Any) -> Any:
    """Return ``x[index]``: a view for slices and integers, a copy for arrays of indices."""
    x = wrap(input)
    plain = plain_index(index)
    _check_bounds(x, plain)
    if _is_basic(plain):
        return _slice(x, plain)
    return wrap(_getitem(x, plain))


def _check_bounds(x: Tensor, index: Any) -> None:
    """Raise PyTorch's error for an integer that is out of range."""
    entries = index if isinstance(index, tuple) else (index,)
    if any(not isinstance(e, int | slice) for e in entries):
        return
    if len(entries) > x.ndim:
        raise IndexError(f"too many indices for tensor of dimension {x.ndim}")
    for d, e in enumerate(entries):
        n = x.shape[d]
        if not isinstance(e, slice) and not -n <= e < n:
            raise IndexError(f"index {e} is out of bounds for dimension {d} with size {n}")


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """Write ``x[index] = value``; the gradient of what was there is cut off."""
    plain = plain_index(index)
    new = as_operand(value) if not isinstance(value, list) else wrap(np.asarray(value))
    if isinstance(new, Tensor) and new.dtype != x.dtype:
        new = new.to(x.dtype)
    write(x, wrap(before(x).at[plain].set(_drop_leading(x, plain, new))))


def _drop_leading(x: Tensor, index: Any, value: Any) -> Any:
    """Drop leading axes of length 1 that the place written to does not have."""
    if not isinstance(value, Tensor) or not value.ndim:
        return value
    target = np.empty(x.shape, np.bool_)[index].ndim if _known(index) else value.ndim
    while value.ndim > target and value.shape[0] == 1:
        value = wrap(fnp.reshape(value, value.shape[1:]))
    return value


def _known(index: Any) -> bool:
    if isinstance(index, tuple | list):
        return all(map(_known, index))
    return not isinstance(index, Tracer)


def _dim_index(ndim: int, dim: int, index: Any) -> tuple[Any, ...]:
    at: list[Any] = [slice(None)] * ndim
    at[dim] = index
    return tuple(at)


def index_select(input: Any, dim: int, index: Any) -> Any:
    """Take positions along an axis. See `torch.index_select`."""
    return wrap(fnp.take(wrap(input), plain_index(index), axis=dim))


def take(input: Any, index: Any) -> Any:
    """Take from the flattened Tensor. See `torch.take`."""
    return wrap(fnp.take(wrap(input), plain_index(index)))


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """Take one element for each index along an axis. See `torch.take_along_dim`."""
    return wrap(fnp.take_along_axis(wrap(input), plain_index(indices), dim))


def _grid(x: Tensor, dim: int, index: Tensor) -> tuple[Any, ...]:
    """Return the full index that gather and scatter stand for."""
    dim %= x.ndim
    at: list[Any] = []
    for d, n in enumerate(index.shape):
        if d == dim:
            at.append(plain_index(index))
        else:
            at.append(np.arange(n).reshape((-1,) + (1,) * (index.ndim - d - 1)))
    return tuple(at)


def gather(input: Any, dim: int, index: Any) -> Any:
    """Read ``input[..., index[i,j,k], ...]`` along an axis. See `torch.gather`."""
    x, index = wrap(input), wrap(index)
    if not x.ndim:
        return wrap(fnp.reshape(x, index.shape))
    return wrap(_getitem(x, _grid(x, dim, index)))


def _source(src: Any, index: Tensor, x: Tensor) -> Any:
    """Return what is scattered: a number, or the part of `src` that `index` covers."""
    if not isinstance(src, Tensor):
        return x.dtype.type(src)
    if src.shape != index.shape:
        src = getitem(src, tuple(slice(0, n) for n in index.shape))
    return src


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
    """Write `src` (or a number) to indexed places along an axis. See `torch.scatter`."""
    x, index = wrap(input), wrap(index)
    given = src if value is None else value
    return wrap(x.at[_grid(x, dim, index)].set(_source(given, index, x)))


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """Add `src` to indexed places along an axis. See `torch.scatter_add`."""
    x, index = wrap(input), wrap(index)
    return wrap(x.at[_grid(x, dim, index)].add(_source(src, index, x)))


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """Add slices to indexed positions along an axis. See `torch.index_add`."""
    x = wrap(input)
    add = source if alpha == 1 else source * alpha
    return wrap(x.at[_dim_index(x.ndim, dim, plain_index(index))].add(add))


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """Write a number to indexed positions along an axis. See `torch.index_fill`."""
    x = wrap(input)
    return wrap(x.at[_dim_index(x.ndim, dim, plain_index(index))].set(x.dtype.type(value)))


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """Write a number where the mask is true. See `torch.Tensor.masked_fill`."""
    x = wrap(input)
    v = value.to(x.dtype) if isinstance(value, Tensor) else x.dtype.type(value)
    return wrap(fnp.where(wrap(mask), v, x))


def masked_select(input: Any, mask: Any) -> Any:
    """Return the elements where the mask is true, flat. See `torch.masked_select`."""
    x, m = wrap(input), wrap(mask)
    shape = fnp.broadcast_shapes(x.shape, m.shape)
    m = fnp.broadcast_to(m, shape)
    return getitem(wrap(fnp.broadcast_to(x, shape)), wrap(m))


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Return the indices of elements that are not zero, one row each. See `torch.nonzero`."""
    value = wrap(input).concrete("item() (nonzero, whose size depends on values)")
    found = np.nonzero(value) if value.ndim else np.nonzero(value.reshape(1))
    if as_tuple:
        return tuple(wrap(i) for i in found)
    rows = np.stack(found, 1) if value.ndim else np.zeros((len(found[0]), 0), np.int64)
    return wrap(rows)
