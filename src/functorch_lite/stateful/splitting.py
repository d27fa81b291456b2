"""The rarer ways to split, join and arrange Tensors, under PyTorch's names."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from .joining import _common, flip, meshgrid, stack
from .shaping import _dim, as_view, movedim, narrow, split
from .tensor import wrap

__all__ = [
    "argwhere",
    "block_diag",
    "broadcast_shapes",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "complex",
    "diag_embed",
    "diagflat",
    "dsplit",
    "dstack",
    "fliplr",
    "flipud",
    "hsplit",
    "moveaxis",
    "narrow_copy",
    "polar",
    "row_stack",
    "split_with_sizes",
    "tensor_split",
    "tril_indices",
    "triu_indices",
    "unravel_index",
    "vander",
    "view_as_complex",
    "view_as_real",
    "vsplit",
]

# --- splits: views --------------------------------------------------------------------------------


def split_with_sizes(input: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Split into pieces of given sizes. See `torch.split_with_sizes`."""
    return split(input, list(split_sizes), dim)


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Split into so many pieces, or at indices. See `torch.tensor_split`."""
    x = wrap(input)
    n = x.shape[_dim(dim, x.ndim)]
    if isinstance(indices_or_sections, int):
        k, extra = divmod(n, indices_or_sections)
        sizes = [k + 1] * extra + [k] * (indices_or_sections - extra)
        edges = [0, *itertools.accumulate(sizes)]
    else:
        inner = np.asarray(getattr(indices_or_sections, "value", indices_or_sections)).tolist()
        edges = [slice(0, i).indices(n)[1] for i in [0, *inner, n]]
    pairs = itertools.pairwise(edges)
    return tuple(narrow(x, dim, lo, max(0, hi - lo)) for lo, hi in pairs)


def _split_along(name: str, axis: int, least: int) -> Callable[..., Any]:
    def f(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
        x = wrap(input)
        if x.ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension"
                f"{'s' if least > 1 else ''}, but got a tensor with {x.ndim} dimensions!"
            )
        d = 0 if x.ndim == 1 else axis
        if isinstance(indices_or_sections, int) and x.shape[d] % indices_or_sections:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of the "
                f"dimension {x.shape[d]} is not divisible by the split_size {indices_or_sections}!"
            )
        return tensor_split(x, indices_or_sections, d)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Split along axis {axis}. See `torch.{name}`."
    return f


hsplit, vsplit = _split_along("hsplit", 1, 1), _split_along("vsplit", 0, 2)
dsplit = _split_along("dsplit", 2, 3)
moveaxis = movedim


def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    """Return a copy of part of an axis. See `torch.narrow_copy`."""
    return narrow(input, dim, start, length).clone()


@as_view
def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """Return all windows of an axis, as a new last axis. See `torch.Tensor.unfold`."""
    d = _dim(dimension, input.ndim)
    if size > (input.shape[d] if input.ndim else 1):
        raise RuntimeError(
            f"maximum size for tensor at dimension {dimension} is {input.shape[d]} but size is {size}"
        )
    starts = np.arange(0, input.shape[d] - size + 1, step)
    windows = fnp.take(input, starts[:, None] + np.arange(size), axis=d)
    return fnp.moveaxis(windows, d + 1, -1)


# --- joins ------------------------------------------------------------------------------------------


def dstack(tensors: Any) -> Any:
    """Stack along a third axis. See `torch.dstack`."""
    return wrap(fnp.dstack(_common(tensors)))


def column_stack(tensors: Any) -> Any:
    """Stack vectors as columns. See `torch.column_stack`."""
    return wrap(fnp.column_stack(_common(tensors)))


def row_stack(tensors: Any) -> Any:
    """Stack rows: `vstack` by another name. See `torch.row_stack`."""
    return wrap(fnp.vstack(_common(tensors)))


def block_diag(*tensors: Any) -> Any:
    """Return a matrix with blocks on its diagonal. See `torch.block_diag`."""
    from ..scipy.linalg import block_diag as on

    return wrap(on(*_common(tensors)))


def cartesian_prod(*tensors: Any) -> Any:
    """Return all combinations of elements of vectors, one a row. See `torch.cartesian_prod`."""
    if len(tensors) == 1:
        return wrap(tensors[0])
    return stack([g.reshape(-1) for g in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Return the combinations of elements, one a row. See `torch.combinations`."""
    x = wrap(input)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(choose(range(x.shape[0]), r))
    return wrap(fnp.take(x, np.array(chosen, np.int64).reshape(-1, r), axis=0))


# --- arrangements ---------------------------------------------------------------------------------


def fliplr(input: Any) -> Any:
    """Reverse the columns. See `torch.fliplr`."""
    return flip(input, 1)


def flipud(input: Any) -> Any:
    """Reverse the rows. See `torch.flipud`."""
    return flip(input, 0)


def diagflat(input: Any, offset: int = 0) -> Any:
    """Return a matrix with the flattened elements on a diagonal. See `torch.diagflat`."""
    return wrap(fnp.diagflat(wrap(input), offset))


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Put the last axis on the diagonal of a new plane. See `torch.diag_embed`."""
    x = wrap(input)
    n, k = x.shape[-1], abs(offset)
    rows, columns = np.arange(n) + max(-offset, 0), np.arange(n) + max(offset, 0)
    plane = wrap(fnp.zeros((*x.shape[:-1], n + k, n + k), x.dtype))
    out = wrap(plane.at[..., rows, columns].set(x))
    return movedim(out, (-2, -1), (dim1, dim2))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Return powers of the elements, one row each. See `torch.vander`."""
    return wrap(fnp.vander(wrap(x), N, increasing))


def argwhere(input: Any) -> Any:
    """Return the indices of elements that are not zero, one row each. See `torch.argwhere`."""
    from .indexing import nonzero

    return nonzero(input)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64) -> Any:
    """Return the indices of the lower triangle, two rows. See `torch.tril_indices`."""
    return wrap(np.stack(np.tril_indices(row, offset, col)).astype(dtype))


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64) -> Any:
    """Return the indices of the upper triangle, two rows. See `torch.triu_indices`."""
    return wrap(np.stack(np.triu_indices(row, offset, col)).astype(dtype))


def unravel_index(indices: Any, shape: Sequence[int]) -> tuple[Any, ...]:
    """Turn flat indices into one index for each axis. See `torch.unravel_index`."""
    size = (shape,) if isinstance(shape, int) else tuple(shape)
    return tuple(wrap(i) for i in fnp.unravel_index(wrap(indices), size))


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """Return the shape that shapes broadcast to. See `torch.broadcast_shapes`."""
    return np.broadcast_shapes(*shapes)


# --- complex numbers --------------------------------------------------------------------------------


def complex(real: Any, imag: Any) -> Any:
    """Return real + i imag. See `torch.complex`."""
    x, y = wrap(real), wrap(imag)
    if x.dtype != y.dtype or x.dtype.kind != "f":
        raise RuntimeError(
            f"Expected both inputs to be floats of one dtype, got {x.dtype.name} and {y.dtype.name}"
        )
    return wrap(x + y * np.result_type(x.dtype, np.complex64).type(1j))


def polar(abs: Any, angle: Any) -> Any:
    """Return the complex number of a magnitude and an angle. See `torch.polar`."""
    size, phi = wrap(abs), wrap(angle)
    return complex(size * phi.cos(), size * phi.sin())


def view_as_real(input: Any) -> Any:
    """Return real and imaginary parts as a last axis. See `torch.view_as_real`; a copy here."""
    x = wrap(input)
    if x.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return stack([x.real, x.imag], -1)


def view_as_complex(input: Any) -> Any:
    """Return complex numbers from a last axis of pairs. See `torch.view_as_complex`; a copy here."""
    x = wrap(input)
    if not x.ndim or x.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    return complex(x[..., 0], x[..., 1])
