"""Pooling to a given size, with PyTorch's arguments.

Bin i of m covers floor(i n / m) to ceil((i + 1) n / m).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..prims import window as wn
from ..prims.shape import concatenate, reshape, slice_
from ._common import array, fail

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]


OutputSize = int | None | Sequence[int | None]


def _output_sizes(nd: int, x: Any, output_size: OutputSize) -> tuple[int, ...]:
    sizes = (
        (output_size,) * nd
        if output_size is None or isinstance(output_size, int)
        else tuple(output_size)
    )
    if len(sizes) != nd or len(shape_of(x)) not in (nd + 1, nd + 2):
        raise fail(f"adaptive pooling of {shape_of(x)} to {sizes}: expected {nd} sizes")
    return tuple(n if m is None else m for m, n in zip(sizes, shape_of(x)[-nd:], strict=True))


def _by_bins(x: Any, axis: int, m: int, pool: Callable[[Any, int, int, int], Any]) -> Any:
    """Pool one axis to m bins; `pool` takes (x, axis, kernel, stride)."""
    n = shape_of(x)[axis]
    if n == m:
        return x
    if m and n % m == 0:
        return pool(x, axis, n // m, n // m)
    parts = []
    for i in range(m):
        lo, hi = i * n // m, -(-(i + 1) * n // m)
        start, limit = [0] * len(shape_of(x)), list(shape_of(x))
        start[axis], limit[axis] = lo, hi
        parts.append(pool(slice_(x, start, limit), axis, hi - lo, 1))
    if not parts:
        raise fail("adaptive pooling to no bins")
    return concatenate(parts, axis)


def _axis_params(x: Any, axis: int, kernel: int, stride: int) -> tuple[Any, Any]:
    ndim = len(shape_of(x))
    return (
        tuple(kernel if d == axis else 1 for d in range(ndim)),
        tuple(stride if d == axis else 1 for d in range(ndim)),
    )


def _mean_bins(x: Any, axis: int, kernel: int, stride: int) -> Any:
    if kernel == shape_of(x)[axis]:
        return fnp.mean(x, axis=axis, keepdims=True)
    total = wn.reduce_window_sum(x, *_axis_params(x, axis, kernel, stride))
    return fnp.divide(total, dtype_of(x).type(kernel))


def _max_bins(x: Any, axis: int, kernel: int, stride: int) -> Any:
    return wn.reduce_window_max(x, *_axis_params(x, axis, kernel, stride))


def _adaptive_avg(nd: int, x: Any, output_size: OutputSize) -> Any:
    x = array(x)
    sizes = _output_sizes(nd, x, output_size)
    lead = len(shape_of(x)) - nd
    if all(m == 1 for m in sizes):
        return fnp.mean(x, axis=tuple(range(lead, lead + nd)), keepdims=True)
    for i in reversed(range(nd)):
        x = _by_bins(x, lead + i, sizes[i], _mean_bins)
    return x


def _adaptive_max(nd: int, x: Any, output_size: OutputSize, return_indices: bool) -> Any:
    x = array(x)
    sizes = _output_sizes(nd, x, output_size)
    lead, y = len(shape_of(x)) - nd, x
    for i in reversed(range(nd)):  # so that ties go to the first in row-major order
        y = _by_bins(y, lead + i, sizes[i], _max_bins)
    return (y, _bin_indices(nd, x, y)) if return_indices else y


def _bin_indices(nd: int, x: Any, y: Any) -> Any:
    """Find each bin's maximum, one bin at a time."""
    lead, spatial = len(shape_of(x)) - nd, shape_of(x)[-nd:]
    flat = np.arange(int(np.prod(spatial)), dtype=np.int64).reshape(spatial)
    out_spatial = shape_of(y)[-nd:]
    columns = []
    for cell in np.ndindex(*out_spatial):
        bounds = [
            (i * n // m, -(-(i + 1) * n // m))
            for i, n, m in zip(cell, spatial, out_spatial, strict=True)
        ]
        part = x[(..., *(slice(lo, hi) for lo, hi in bounds))]
        part = reshape(part, (*shape_of(x)[:lead], _size(bounds)))
        inside = flat[tuple(slice(lo, hi) for lo, hi in bounds)].ravel()
        local = fnp.argmax(part, axis=-1)
        one_hot = fnp.equal(local[..., None], np.arange(inside.size))
        columns.append(fnp.sum(fnp.where(one_hot, inside, np.int64(0)), axis=-1))
    return reshape(fnp.stack(columns, axis=-1), (*shape_of(x)[:lead], *out_spatial))


def _size(bounds: list[tuple[int, int]]) -> int:
    return int(np.prod([hi - lo for lo, hi in bounds], dtype=np.int64))


def adaptive_avg_pool1d(x: Any, output_size: OutputSize) -> Any:
    """Mean over bins of one axis; see `adaptive_avg_pool2d`.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_avg_pool1d(np.arange(7.0).reshape(1, 1, 7), 3)
    array([[[1., 3., 5.]]])
    """
    return _adaptive_avg(1, x, output_size)


def adaptive_avg_pool2d(x: Any, output_size: OutputSize) -> Any:
    """Mean over ``output_size`` bins, as `torch.nn.functional.adaptive_avg_pool2d`.

    Bin i of m over n elements covers ``floor(i n / m)`` up to ``ceil((i + 1) n / m)``. None
    keeps an axis as it is.
    """
    return _adaptive_avg(2, x, output_size)


def adaptive_avg_pool3d(x: Any, output_size: OutputSize) -> Any:
    """Mean over bins of three axes; see `adaptive_avg_pool2d`."""
    return _adaptive_avg(3, x, output_size)


def adaptive_max_pool1d(x: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Maximum over bins of one axis; see `adaptive_max_pool2d`."""
    return _adaptive_max(1, x, output_size, return_indices)


def adaptive_max_pool2d(x: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Maximum over ``output_size`` bins, as `torch.nn.functional.adaptive_max_pool2d`.

    The bins are those of `adaptive_avg_pool2d`.
    """
    return _adaptive_max(2, x, output_size, return_indices)


def adaptive_max_pool3d(x: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Maximum over bins of three axes; see `adaptive_max_pool2d`."""
    return _adaptive_max(3, x, output_size, return_indices)
