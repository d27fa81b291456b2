"""Pooling with PyTorch's arguments: ``x[n, c, s...]`` or ``x[c, s...]``."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..prims import window as wn
from ._common import array, each_axis, fail

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]

Size = int | Sequence[int]


def _output_size(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """Count windows; with `ceil_mode` the last one must start in the input or the left padding."""
    room = n + 2 * p - d * (k - 1) - 1
    count = (-(-room // s) if ceil_mode else room // s) + 1
    if ceil_mode and (count - 1) * s >= n + p:
        count -= 1
    return count


def _geometry(
    nd: int, x: Any, kernel_size: Size, stride: Any, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Any, ...]:
    """Return kernel, stride, padding, dilation and the exact (low, high) pairs."""
    name = f"pooling over {nd} axes"
    if len(shape_of(x)) not in (nd + 1, nd + 2):
        raise fail(f"{name} takes [n, c] (or [c]) and {nd} more axes, got {shape_of(x)}")
    kernel = each_axis(kernel_size, nd, "kernel_size")
    empty = stride is None or (isinstance(stride, tuple | list) and not stride)
    steps = kernel if empty else each_axis(stride, nd, "stride")
    pads, holes = each_axis(padding, nd, "padding"), each_axis(dilation, nd, "dilation")
    pairs = []
    for n, k, s, p, d in zip(shape_of(x)[-nd:], kernel, steps, pads, holes, strict=True):
        if p < 0 or 2 * p > d * (k - 1) + 1:
            raise fail(f"{name}: padding {p} must be between 0 and half the kernel size {k}")
        count = _output_size(n, k, s, p, d, ceil_mode)
        if count < 1:
            raise fail(f"{name}: kernel {kernel} does not fit an input of shape {shape_of(x)}")
        pairs.append((p, (count - 1) * s + d * (k - 1) + 1 - n - p))
    return kernel, steps, pads, holes, tuple(pairs)


def _over_all_axes(
    x: Any, nd: int, kernel: Any, steps: Any, pairs: Any, holes: Any
) -> dict[str, Any]:
    """Extend window parameters to the batch and channel axes."""
    lead = len(shape_of(x)) - nd
    return {
        "window_dimensions": (1,) * lead + tuple(kernel),
        "window_strides": (1,) * lead + tuple(steps),
        "padding": ((0, 0),) * lead + tuple(pairs),
        "base_dilation": (1,) * len(shape_of(x)),
        "window_dilation": (1,) * lead + tuple(holes),
    }


def _max_pool(
    nd: int,
    x: Any,
    kernel_size: Size,
    stride: Any,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x = array(x)
    kernel, steps, _, holes, pairs = _geometry(
        nd, x, kernel_size, stride, padding, dilation, ceil_mode
    )
    p = _over_all_axes(x, nd, kernel, steps, pairs, holes)
    y = wn.reduce_window_max(x, **p)
    if not return_indices:
        return y
    return y, wn.window_index(x, y, batch_dims=len(shape_of(x)) - nd, **p)


def max_pool1d(
    x: Any,
    kernel_size: Size,
    stride: Any = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maximum over windows of one axis; see `max_pool2d`."""
    return _max_pool(1, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    x: Any,
    kernel_size: Size,
    stride: Any = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maximum over windows of two axes, as `torch.nn.functional.max_pool2d`.

    Padding never wins. The derivative goes to the first maximum in row-major order; NaN wins.

    Parameters
    ----------
    x : array, shape (n, c, h, w) or (c, h, w)
    kernel_size : int or pair
    stride : int or pair, optional
        By default the kernel size.
    padding, dilation : int or pair
    ceil_mode : bool
        Count windows that reach beyond the right edge.
    return_indices : bool
        Return positions in the flattened ``h * w`` too.

    Examples
    --------
    >>> import numpy as np
    >>> max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    return _max_pool(2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    x: Any,
    kernel_size: Size,
    stride: Any = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maximum over windows of three axes; see `max_pool2d`."""
    return _max_pool(3, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _window_counts(
    shape: tuple[int, ...], kernel: Any, steps: Any, pads: Any, pairs: Any, include_pad: bool
) -> Any:
    """Return how many elements each window has, inside the input or the padded input."""
    counts: Any = np.ones((), np.int64)
    for n, k, s, p, (_, high) in zip(shape, kernel, steps, pads, pairs, strict=True):
        start = np.arange((n + p + high - k) // s + 1) * s - p
        first, last = (-p, n + p) if include_pad else (0, n)
        counts = counts[..., None] * (np.minimum(start + k, last) - np.maximum(start, first))
    return counts


def _avg_pool(
    nd: int,
    x: Any,
    kernel_size: Size,
    stride: Any,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    x = array(x)
    kernel, steps, pads, holes, pairs = _geometry(nd, x, kernel_size, stride, padding, 1, ceil_mode)
    total = wn.reduce_window_sum(x, **_over_all_axes(x, nd, kernel, steps, pairs, holes))
    dtype = dtype_of(x)
    if divisor_override is not None:
        if divisor_override == 0:
            raise ValueError("divisor_override must not be 0")
        return fnp.divide(total, dtype.type(divisor_override))
    counts = _window_counts(shape_of(x)[-nd:], kernel, steps, pads, pairs, count_include_pad)
    if counts.min() == counts.max():
        return fnp.divide(total, dtype.type(counts.flat[0]))
    return fnp.divide(total, counts.astype(dtype))


def avg_pool1d(
    x: Any,
    kernel_size: Size,
    stride: Any = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Mean over windows of one axis; see `avg_pool2d`.

    Examples
    --------
    >>> import numpy as np
    >>> avg_pool1d(np.ones((1, 1, 3)), 3, 1, 1).round(3)
    array([[[0.667, 1.   , 0.667]]])
    """
    return _avg_pool(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    x: Any,
    kernel_size: Size,
    stride: Any = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Mean over windows of two axes, as `torch.nn.functional.avg_pool2d`.

    Parameters
    ----------
    x : array, shape (n, c, h, w) or (c, h, w)
    kernel_size, stride, padding : int or pair
        The stride is by default the kernel size.
    ceil_mode : bool
        Count windows that reach beyond the right edge.
    count_include_pad : bool
        Whether padding counts in the divisor.
    divisor_override : int, optional
        Divide by this instead.
    """
    return _avg_pool(
        2, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    x: Any,
    kernel_size: Size,
    stride: Any = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Mean over windows of three axes; see `avg_pool2d`."""
    return _avg_pool(
        3, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _lp_pool(nd: int, x: Any, p: float, kernel_size: Size, stride: Any, ceil_mode: bool) -> Any:
    x = array(x)
    kernel, steps, _, holes, pairs = _geometry(nd, x, kernel_size, stride, 0, 1, ceil_mode)
    params = _over_all_axes(x, nd, kernel, steps, pairs, holes)
    total = wn.reduce_window_sum(fnp.power(x, p), **params)
    is_zero = fnp.equal(total, 0)
    safe = fnp.where(is_zero, dtype_of(x).type(1), fnp.absolute(total))
    root = fnp.multiply(fnp.sign(total), fnp.power(safe, 1.0 / p))
    return fnp.where(is_zero, dtype_of(x).type(0), root)


def lp_pool1d(
    x: Any, norm_type: float, kernel_size: Size, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """Return ``sum(x ** p) ** (1 / p)`` over windows of one axis."""
    return _lp_pool(1, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    x: Any, norm_type: float, kernel_size: Size, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """Return ``sum(x ** p) ** (1 / p)`` over windows of two axes."""
    return _lp_pool(2, x, norm_type, kernel_size, stride, ceil_mode)
