"""Joining, repeating and reordering Tensors, under PyTorch's names; the results are copies."""

from collections.abc import Sequence
from typing import Any

from .. import numpy as fnp
from ..ir import Tracer
from ..numpy._promotion import cast
from .promotion import result_type
from .shaping import read_sizes
from .tensor import Tensor, wrap

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "cat",
    "concat",
    "concatenate",
    "diag",
    "flip",
    "hstack",
    "meshgrid",
    "repeat",
    "repeat_interleave",
    "roll",
    "rot90",
    "stack",
    "tile",
    "tril",
    "triu",
    "vstack",
]


def repeat(input: Any, *repeats: Any) -> Any:
    """Tile. See `torch.Tensor.repeat`."""
    x = wrap(input)
    counts = read_sizes(repeats)
    if len(counts) < x.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    return wrap(fnp.tile(x, counts))


def tile(input: Any, *dims: Any) -> Any:
    """Tile. See `torch.tile`."""
    return wrap(fnp.tile(wrap(input), read_sizes(dims)))


def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Any:
    """Repeat each element. See `torch.repeat_interleave`."""
    n = repeats.value if isinstance(repeats, Tensor) else repeats
    return wrap(fnp.repeat(wrap(input), n, dim))


def flip(input: Any, *dims: Any) -> Any:
    """Reverse the order along axes. See `torch.flip`."""
    return wrap(fnp.flip(wrap(input), read_sizes(dims)))


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Roll along axes. See `torch.roll`."""
    return wrap(fnp.roll(wrap(input), shifts, dims))


def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Any:
    """Rotate in a plane. See `torch.rot90`."""
    return wrap(fnp.rot90(wrap(input), k, tuple(dims)))  # type: ignore[arg-type]


def tril(input: Any, diagonal: int = 0) -> Any:
    """Keep the lower triangle. See `torch.tril`."""
    return wrap(fnp.tril(wrap(input), diagonal))


def triu(input: Any, diagonal: int = 0) -> Any:
    """Keep the upper triangle. See `torch.triu`."""
    return wrap(fnp.triu(wrap(input), diagonal))


def diag(input: Any, diagonal: int = 0) -> Any:
    """Return a diagonal, or a matrix with one. See `torch.diag`."""
    return wrap(fnp.diag(wrap(input), diagonal))


def _common(tensors: Any) -> list[Any]:
    """Return Tensors of one dtype, by PyTorch's promotion."""
    xs = [wrap(x) for x in tensors]
    if not xs:
        raise RuntimeError("expected a non-empty list of Tensors")
    d = result_type(*xs)
    return [x if x.dtype == d else wrap(cast(x, d)) for x in xs]


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Any:
    """Join along an existing axis. See `torch.cat`."""
    xs = _common(tensors)
    kept = [x for x in xs if x.shape != (0,)] or xs[:1]
    return wrap(fnp.concatenate(kept, dim if axis is None else axis))


concat = concatenate = cat


def stack(tensors: Any, dim: int = 0) -> Any:
    """Join along a new axis. See `torch.stack`."""
    xs = _common(tensors)
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(xs[0].shape)} at entry 0 "
                f"and {list(x.shape)} at entry {i}"
            )
    return wrap(fnp.stack(xs, dim))


def hstack(tensors: Any) -> Any:
    """Stack columns. See `torch.hstack`."""
    return wrap(fnp.hstack(_common(tensors)))


def vstack(tensors: Any) -> Any:
    """Stack rows. See `torch.vstack`."""
    return wrap(fnp.vstack(_common(tensors)))


def atleast_1d(input: Any) -> Any:
    """Give at least one axis. See `torch.atleast_1d`."""
    return wrap(fnp.atleast_1d(wrap(input)))


def atleast_2d(input: Any) -> Any:
    """Give at least two axes. See `torch.atleast_2d`."""
    return wrap(fnp.atleast_2d(wrap(input)))


def atleast_3d(input: Any) -> Any:
    """Give at least three axes. See `torch.atleast_3d`."""
    return wrap(fnp.atleast_3d(wrap(input)))


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """Return coordinate grids; ``indexing="ij"`` by default. See `torch.meshgrid`."""
    xs = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tracer) else tensors
    return tuple(wrap(g) for g in fnp.meshgrid(*(wrap(x) for x in xs), indexing=indexing))
