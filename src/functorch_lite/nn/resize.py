"""Resizing images by interpolation."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ._lift import result

__all__ = ["interpolate"]


def interpolate(
    input: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """Resize the axes behind (n, c). See `torch.nn.functional.interpolate`.

    Parameters
    ----------
    input : array, shape (n, c, s...)
    size, scale_factor : number or sequence
        One of the two: the new lengths, or the factors.
    mode : "nearest", "linear", "bilinear" or "trilinear"
    align_corners : bool, optional
        Whether the corners' centres, rather than their outer edges, coincide.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.nn.functional.interpolate(fl.tensor([[[1.0, 3.0]]]), size=4, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    shape = shape_of(input)
    nd = len(shape) - 2
    if (size is None) == (scale_factor is None):
        raise ValueError("only one of size or scale_factor should be defined, and one must be")
    if mode not in ("nearest", "linear", "bilinear", "trilinear"):
        raise NotImplementedError(f"interpolate: mode {mode!r} is not supported")
    if size is not None:
        sizes = (size,) * nd if isinstance(size, int) else tuple(size)
        scales = [n / m for n, m in zip(shape[2:], sizes, strict=True)]
    else:
        assert scale_factor is not None
        given = scale_factor if isinstance(scale_factor, Sequence) else (scale_factor,) * nd
        sizes = tuple(int(np.floor(n * f)) for n, f in zip(shape[2:], given, strict=True))
        scales = [1.0 / f for f in given]
    x = input
    for d, (m, scale) in enumerate(zip(sizes, scales, strict=True)):
        if mode == "nearest":
            index = np.minimum((np.arange(m) * scale).astype(np.int64), shape[d + 2] - 1)
            x = fnp.take(x, index, axis=d + 2)
        else:
            x = _linear(x, d + 2, m, scale, bool(align_corners))
    return result(x, input)


def _linear(x: Any, axis: int, m: int, scale: float, align: bool) -> Any:
    """Interpolate linearly along one axis."""
    n = shape_of(x)[axis]
    if align:
        position = np.arange(m) * ((n - 1) / (m - 1) if m > 1 else 0.0)
    else:
        position = np.maximum((np.arange(m) + 0.5) * scale - 0.5, 0.0)
    low = np.minimum(position.astype(np.int64), n - 1)
    high = np.minimum(low + 1, n - 1)
    w = (position - low).astype(dtype_of(x)).reshape((-1,) + (1,) * (len(shape_of(x)) - axis - 1))
    one = dtype_of(x).type(1)
    return fnp.add(
        fnp.multiply(fnp.take(x, low, axis=axis), one - w),
        fnp.multiply(fnp.take(x, high, axis=axis), w),
    )
