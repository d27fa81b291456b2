"""Arrays of convolutions on NumPy: sizes, groups, padding, windows, chunks."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

__all__ = [
    "CHUNK_BYTES",
    "Array",
    "Index",
    "Ints",
    "channels_last",
    "chunks",
    "conv_output_size",
    "dilate",
    "dilated_size",
    "merge_groups",
    "offsets",
    "pad",
    "split_groups",
    "strided_slices",
    "windows_of",
]

Array = np.ndarray[Any, Any]
Index = tuple[Any, ...]
Ints = tuple[int, ...]
CHUNK_BYTES = 2 << 20  # about a core's L2 cache
LEAST_ROWS = 128  # rows of a chunk below which a matrix product is slow


def dilated_size(n: int, dilation: int) -> int:
    """Return the length of an axis with ``dilation - 1`` holes between elements.

    Examples
    --------
    >>> dilated_size(3, 2), dilated_size(0, 2)
    (5, 0)
    """
    return 1 + dilation * (n - 1) if n else 0


def conv_output_size(n: int, k: int, lo: int, hi: int, stride: int, d: int, r: int) -> int:
    """Return the number of windows along an axis; `d` and `r` dilate the input and the kernel.

    Examples
    --------
    >>> conv_output_size(5, 3, 1, 1, 2, 1, 1)
    3
    """
    room = dilated_size(n, d) + lo + hi - dilated_size(k, r)
    return room // stride + 1 if room >= 0 else 0


def split_groups(x: Array, w: Array, feature_groups: int, batch_groups: int) -> tuple[Array, Array]:
    """View ``x[n, c, s...], w[o, c, k...]`` as ``x[g, n, c, s...], w[g, o, c, k...]``."""
    n, c = x.shape[:2]
    if batch_groups > 1:
        xg = x.reshape((batch_groups, n // batch_groups, c, *x.shape[2:]))
    else:
        xg = x.reshape((n, feature_groups, c // feature_groups, *x.shape[2:])).swapaxes(0, 1)
    g = max(feature_groups, batch_groups)
    return xg, w.reshape((g, w.shape[0] // g, *w.shape[1:]))


def merge_groups(out: Array) -> Array:
    """Return ``out[g, n, o, t...]`` as ``[n, (g o), t...]``."""
    if out.shape[0] == 1:
        return out[0]
    n, spatial = out.shape[1], out.shape[3:]
    return out.swapaxes(0, 1).reshape((n, out.shape[0] * out.shape[2], *spatial))


def dilate(x: Array, dilation: Ints) -> Array:
    """Put zeros between the elements of the spatial axes."""
    shape = x.shape[:3] + tuple(map(dilated_size, x.shape[3:], dilation))
    out = channels_last(x.dtype, shape)
    index: Index = (..., *(slice(None, None, d) for d in dilation))
    out[index] = x
    return out


def channels_last(dtype: Any, shape: Ints, is_kernel_gradient: bool = False) -> Array:
    """Allocate zeros ``[g, n, c, s...]`` that lie in memory as n, s, g, c.

    In a kernel gradient n are the channels and c the examples, so as c, s, g, n.
    """
    g, n, c, *spatial = shape
    if is_kernel_gradient:
        return np.moveaxis(np.zeros((c, *spatial, g, n), dtype), (-2, -1, 0), (0, 1, 2))
    return np.moveaxis(np.zeros((n, *spatial, g, c), dtype), (-2, -1), (0, 2))


def pad(x: Array, padding: Sequence[tuple[int, int]], is_kernel_gradient: bool) -> Array:
    """Pad with zeros (negative widths cut) and bring the channels innermost."""
    cut: Index = (
        ...,
        *(
            slice(max(0, -lo), max(0, n - max(0, -hi)))
            for n, (lo, hi) in zip(x.shape[3:], padding, strict=True)
        ),
    )
    x = x[cut]
    widths = [(max(lo, 0), max(hi, 0)) for lo, hi in padding]
    channels = x.strides[1 if is_kernel_gradient else 2]
    is_last = channels <= min((abs(v) for v in x.strides[3:]), default=channels)
    if is_last and not any(lo or hi for lo, hi in widths):
        return x
    shape = (*x.shape[:3], *(lo + n + hi for n, (lo, hi) in zip(x.shape[3:], widths, strict=True)))
    out = channels_last(x.dtype, shape, is_kernel_gradient)
    inside: Index = (
        ...,
        *(slice(lo, lo + n) for n, (lo, _) in zip(x.shape[3:], widths, strict=True)),
    )
    out[inside] = x
    return out


def windows_of(x: Array, kernel: Ints, out_spatial: Ints, strides: Ints, dilation: Ints) -> Array:
    """View ``x[..., s...]`` as ``[..., t..., k...]``."""
    lead = x.ndim - len(kernel)
    steps = x.strides[lead:]
    return np.lib.stride_tricks.as_strided(
        x,
        x.shape[:lead] + out_spatial + kernel,
        x.strides[:lead]
        + tuple(b * s for b, s in zip(steps, strides, strict=True))
        + tuple(b * r for b, r in zip(steps, dilation, strict=True)),
        writeable=False,
    )


def chunks(
    first: int, second: int, item_bytes: int, rows_each: int
) -> Iterator[tuple[slice, slice]]:
    """Cut two leading axes so that a chunk fits the cache, but is not too thin."""
    rows_wanted = max(CHUNK_BYTES // max(item_bytes, 1), LEAST_ROWS)
    both = max(second * rows_each, 1)
    if both <= 2 * rows_wanted:
        step = max(1, rows_wanted // both)
        for i in range(0, first, step):
            yield slice(i, min(i + step, first)), slice(0, second)
        return
    step = max(1, rows_wanted // max(rows_each, 1))
    for i, j in itertools.product(range(first), range(0, second, step)):
        yield slice(i, i + 1), slice(j, min(j + step, second))


def offsets(kernel: Ints) -> Iterator[Ints]:
    """Yield every index of an array of this shape, in row-major order."""
    return itertools.product(*map(range, kernel))


def strided_slices(start: Ints, count: Ints, step: Ints) -> tuple[slice, ...]:
    """Return slices of `count` elements, `step` apart."""
    return tuple(
        slice(a, a + (m - 1) * s + 1, s) for a, m, s in zip(start, count, step, strict=True)
    )
