"""Views, joins and splits of Tensors, under PyTorch's names.

A view shares data with its base as in PyTorch: writing to one shows in the other (see `views`).
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from .tensor import wrap
from .views import attach

__all__ = [
    "adjoint",
    "broadcast_tensors",
    "broadcast_to",
    "chunk",
    "contiguous",
    "diagonal",
    "expand",
    "expand_as",
    "flatten",
    "movedim",
    "narrow",
    "permute",
    "ravel",
    "reshape",
    "reshape_as",
    "select",
    "split",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unbind",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]


def read_sizes(args: tuple[Any, ...]) -> tuple[int, ...]:
    """Read sizes given one by one or as one sequence."""
    given = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
    return tuple(n.__index__() for n in given)


def as_view(f: Callable[..., Any], may_copy: bool = False) -> Callable[..., Any]:
    """Make the result of a function of a Tensor a view of that Tensor.

    `may_copy` says that PyTorch copies where the Tensor is not contiguous.
    """

    @functools.wraps(f)
    def viewed(input: Any, *args: Any, **kwargs: Any) -> Any:
        x = wrap(input)
        out = wrap(f(x, *args, **kwargs))
        if out is x:
            return out
        return attach(out, x, lambda base: wrap(f(base, *args, **kwargs)), may_copy=may_copy)

    return viewed


_as_reshape = functools.partial(as_view, may_copy=True)


def _dim(dim: int, n: int) -> int:
    """Return an axis counted from the front."""
    span = max(n, 1)
    if not -span <= dim < span:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})"
        )
    return dim % span


@_as_reshape
def reshape(input: Any, *shape: Any) -> Any:
    """Give another shape; one size may be -1. See `torch.reshape`."""
    return _reshaped(input, read_sizes(shape))


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    size = x.size
    known = int(np.prod([n for n in shape if n != -1], dtype=np.int64))
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    fits = known == size if -1 not in shape else known > 0 and size % known == 0
    if not fits:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {int(size)}")
    return fnp.reshape(x, shape)


@as_view
def view(input: Any, *shape: Any) -> Any:
    """Give another shape. See `torch.Tensor.view`; a dtype cannot be given."""
    if len(shape) == 1 and isinstance(shape[0], np.dtype | type):
        raise NotImplementedError("view(dtype) is not supported; convert with x.to(dtype)")
    return _reshaped(input, read_sizes(shape))


def view_as(input: Any, other: Any) -> Any:
    """Give the shape of another Tensor. See `torch.Tensor.view_as`."""
    return view(input, *other.shape)


reshape_as = view_as


@_as_reshape
def ravel(input: Any) -> Any:
    """Return a flat view. See `torch.ravel`."""
    return fnp.reshape(input, (-1,))


@_as_reshape
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Join the axes from `start_dim` to `end_dim`. See `torch.flatten`."""
    shape = input.shape
    if not shape:
        return fnp.reshape(input, (1,))
    lo, hi = _dim(start_dim, len(shape)), _dim(end_dim, len(shape))
    if lo > hi:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    joined = int(np.prod(shape[lo : hi + 1], dtype=np.int64))
    return fnp.reshape(input, (*shape[:lo], joined, *shape[hi + 1 :]))


@as_view
def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """Split an axis into several. See `torch.unflatten`."""
    shape = input.shape
    d = _dim(dim, len(shape))
    parts = list(sizes)
    if -1 in parts:
        rest = int(np.prod([n for n in parts if n != -1], dtype=np.int64))
        parts[parts.index(-1)] = shape[d] // rest
    return _reshaped(input, (*shape[:d], *parts, *shape[d + 1 :]))


@as_view
def permute(input: Any, *dims: Any) -> Any:
    """Reorder the axes. See `torch.permute`."""
    order = read_sizes(dims)
    if len(order) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(order)}"
        )
    return fnp.transpose(input, order)


@as_view
def transpose(input: Any, *dims: Any) -> Any:
    """Swap two axes. See `torch.transpose`; more than two axes are a permutation."""
    axes = read_sizes(dims)
    if len(axes) != 2:
        return fnp.transpose(input, axes or None)
    if not input.ndim:
        return fnp.reshape(input, ())
    return fnp.swapaxes(input, _dim(axes[0], input.ndim), _dim(axes[1], input.ndim))


swapaxes = swapdims = transpose


@as_view
def t(input: Any) -> Any:
    """Transpose a matrix. See `torch.t`."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return fnp.transpose(input)


@as_view
def reversed_axes(input: Any) -> Any:
    """Reverse all axes (``x.T``)."""
    return fnp.transpose(input)


@as_view
def matrix_transpose(input: Any) -> Any:
    """Swap the last two axes (``x.mT``)."""
    if input.ndim < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches, got {input.ndim}-D"
        )
    return fnp.swapaxes(input, -1, -2)


def adjoint(input: Any) -> Any:
    """Conjugate transpose. See `torch.adjoint`."""
    return wrap(fnp.conj(matrix_transpose(input)))


@as_view
def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Move axes. See `torch.movedim`."""
    return fnp.moveaxis(input, source, destination)


@as_view
def unsqueeze(input: Any, dim: int) -> Any:
    """Insert an axis of length 1. See `torch.unsqueeze`."""
    return fnp.expand_dims(input, _dim(dim, input.ndim + 1))


@as_view
def squeeze(input: Any, dim: Any = None) -> Any:
    """Remove axes of length 1; others are left alone. See `torch.squeeze`."""
    shape = input.shape
    if dim is None:
        return fnp.squeeze(input)
    dims = dim if isinstance(dim, tuple | list) else (dim,)
    drop = tuple(d for d in (_dim(d, len(shape)) for d in dims) if shape and shape[d] == 1)
    return fnp.squeeze(input, drop) if drop else fnp.reshape(input, shape)


@as_view
def expand(input: Any, *sizes: Any) -> Any:
    """Repeat axes of length 1 without copying; -1 keeps an axis. See `torch.Tensor.expand`."""
    shape = read_sizes(sizes)
    extra = len(shape) - input.ndim
    full = tuple(
        input.shape[i - extra] if n == -1 and i >= extra else n for i, n in enumerate(shape)
    )
    return fnp.broadcast_to(input, full)


def expand_as(input: Any, other: Any) -> Any:
    """Expand to the shape of another Tensor. See `torch.Tensor.expand_as`."""
    return expand(input, *other.shape)


def broadcast_to(input: Any, shape: Any) -> Any:
    """Broadcast to a shape. See `torch.broadcast_to`."""
    return expand(input, *shape)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Broadcast Tensors against each other. See `torch.broadcast_tensors`."""
    shape = fnp.broadcast_shapes(*(wrap(x).shape for x in tensors))
    return tuple(expand(x, *shape) for x in tensors)


@as_view
def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """Take a range along an axis. See `torch.narrow`."""
    d = _dim(dim, input.ndim)
    start = start + input.shape[d] if start < 0 else start
    if start + length > input.shape[d]:
        raise RuntimeError(
            f"start ({start}) + length ({length}) exceeds dimension size ({input.shape[d]})."
        )
    return _cut(input, d, start, start + length)


def _cut(x: Any, d: int, lo: int, hi: int) -> Any:
    from ..numpy._indexing import getitem

    index: list[Any] = [slice(None)] * x.ndim
    index[d] = slice(lo, hi)
    return getitem(x, tuple(index))


@as_view
def select(input: Any, dim: int, index: int) -> Any:
    """Take one position along an axis. See `torch.select`."""
    from ..numpy._indexing import getitem

    at: list[Any] = [slice(None)] * input.ndim
    at[_dim(dim, input.ndim)] = index
    return getitem(input, tuple(at))


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return the slices along an axis. See `torch.unbind`."""
    x = wrap(input)
    if not x.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return tuple(select(x, dim, i) for i in range(x.shape[_dim(dim, x.ndim)]))


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Split into pieces of a size, or of given sizes. See `torch.split`."""
    x = wrap(tensor)
    d = _dim(dim, x.ndim)
    n = x.shape[d]
    if isinstance(split_size_or_sections, tuple | list):
        sizes = list(split_size_or_sections)
        if sum(sizes) != n:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at "
                f"dimension {d}), but got split_sizes={sizes}"
            )
    else:
        k = split_size_or_sections
        sizes = [min(k, n - lo) for lo in range(0, n, k)] or [0]
    out, lo = [], 0
    for size in sizes:
        out.append(narrow(x, d, lo, size))
        lo += size
    return tuple(out)


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Split into at most so many equal pieces. See `torch.chunk`."""
    x = wrap(input)
    n = x.shape[_dim(dim, x.ndim)]
    return split(x, max(1, -(-n // chunks)), dim)


@as_view
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Return a diagonal. See `torch.diagonal`."""
    return fnp.diagonal(input, offset, dim1, dim2)


def contiguous(input: Any, **kwargs: Any) -> Any:
    """Return the Tensor itself: all are contiguous in effect. See `torch.Tensor.contiguous`."""
    return wrap(input)
