"""Convolutions with PyTorch's arguments: ``x[n, c, s...]`` and ``weight[o, c, k...]``."""

import functools
from collections.abc import Sequence
from typing import Any

from .. import numpy as fnp
from ..ir import bind, dtype_of, shape_of
from ..prims import conv as cv
from ..prims.conv import merge_axes, move_axis, split_axis
from ..prims.shape import reshape, rev
from ._common import array, each_axis, fail

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "fold",
    "linear",
    "unfold",
]

Size = int | Sequence[int]


def _batched(x: Any, nd: int, name: str) -> tuple[Any, bool]:
    """Give an unbatched input a batch axis; tell whether it was one."""
    x = array(x, name)
    if len(shape_of(x)) == nd + 1:
        return reshape(x, (1, *shape_of(x))), True
    if len(shape_of(x)) != nd + 2:
        raise fail(f"{name} takes [n, c] and {nd} more axes (or without n), got {shape_of(x)}")
    return x, False


def _with_bias(y: Any, bias: Any, nd: int) -> Any:
    if bias is None:
        return y
    bias = array(bias, "bias")
    if shape_of(bias) != (shape_of(y)[1],):
        raise fail(f"bias must have shape ({shape_of(y)[1]},), got {shape_of(bias)}")
    return fnp.add(y, reshape(bias, (1, shape_of(bias)[0]) + (1,) * nd))


def _pads(
    padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any:
    """Return (low, high) pairs; ``"same"`` puts the odd one high, as PyTorch does."""
    nd = len(kernel)
    if padding == "valid":
        return ((0, 0),) * nd
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ValueError('padding="same" needs stride 1')
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return tuple((t // 2, t - t // 2) for t in totals)
    if isinstance(padding, str):
        raise ValueError(f'padding must be a number, a tuple, "valid" or "same", got {padding!r}')
    return tuple((p, p) for p in each_axis(padding, nd, "padding"))


@functools.lru_cache(maxsize=4096)
def _conv_params(
    nd: int, x: tuple[int, ...], weight: tuple[int, ...], stride: Any, padding: Any, dilation: Any
) -> dict[str, Any]:
    """Return the primitive's parameters for operands of these shapes; checked once."""
    if len(weight) != nd + 2:
        raise fail(f"conv{nd}d needs a weight of {nd + 2} axes, got {weight}")
    strides = each_axis(stride, nd, "stride")
    dilations = each_axis(dilation, nd, "dilation")
    pads = _pads(padding, weight[2:], strides, dilations)
    for n, k, (lo, hi), d in zip(x[2:], weight[2:], pads, dilations, strict=True):
        if d * (k - 1) + 1 > n + lo + hi:
            raise fail(
                f"conv{nd}d: the kernel of shape {weight[2:]} does not fit an input of shape {x} "
                f"with padding {padding}: kernel size can't be greater than actual input size"
            )
    return {
        "window_strides": strides,
        "padding": pads,
        "lhs_dilation": (1,) * nd,
        "rhs_dilation": dilations,
        "batch_group_count": 1,
    }


def _conv(
    nd: int, x: Any, weight: Any, bias: Any, stride: Size, padding: Any, dilation: Size, groups: int
) -> Any:
    x, single = _batched(x, nd, f"conv{nd}d")
    weight = array(weight, "weight")
    given = tuple([tuple(v) if type(v) is list else v for v in (stride, padding, dilation)])
    params = _conv_params(nd, shape_of(x), shape_of(weight), *given)
    y = bind(cv.conv_general_dilated_p, x, weight, **params, feature_group_count=groups)
    y = _with_bias(y, bias, nd)
    return reshape(y, shape_of(y)[1:]) if single else y


def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Any = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Convolve over one axis; see `conv2d`."""
    return _conv(1, x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Any = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Convolve (in truth: correlate) over two axes, as `torch.nn.functional.conv2d`.

    Parameters
    ----------
    x : array, shape (n, c, h, w) or (c, h, w)
    weight : array, shape (o, c // groups, kh, kw)
    bias : array, shape (o,), optional
    stride, dilation : int or pair
    padding : int, pair, ``"valid"`` or ``"same"``
    groups : int

    Returns
    -------
    array, shape (n, o, h', w')

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3)), padding=1)[0, 0]
    array([[4., 6., 4.],
           [6., 9., 6.],
           [4., 6., 4.]])
    """
    return _conv(2, x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Any = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Convolve over three axes; see `conv2d`."""
    return _conv(3, x, weight, bias, stride, padding, dilation, groups)


def _conv_transpose(
    nd: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Any:
    x, single = _batched(x, nd, f"conv_transpose{nd}d")
    weight = array(weight, "weight")
    if len(shape_of(weight)) != nd + 2 or shape_of(weight)[0] % groups:
        raise fail(f"conv_transpose{nd}d with {groups} groups cannot use weight {shape_of(weight)}")
    strides, dilations = each_axis(stride, nd, "stride"), each_axis(dilation, nd, "dilation")
    extra = each_axis(output_padding, nd, "output_padding")
    for e, s, d in zip(extra, strides, dilations, strict=True):
        if e and e >= max(s, d):
            raise ValueError(f"output_padding {extra} must be smaller than stride or dilation")
    pads = []
    for k, p, e, d in zip(
        shape_of(weight)[2:], each_axis(padding, nd, "padding"), extra, dilations, strict=True
    ):
        full = d * (k - 1)
        pads.append((full - p, full - p + e))
    kernel = rev(weight, tuple(range(2, nd + 2)))
    # (g c) o k -> (g o) c k
    kernel = merge_axes(move_axis(split_axis(kernel, 0, groups), 1, 2), 0)
    y = cv.conv_general_dilated(x, kernel, (1,) * nd, pads, strides, dilations, groups)
    y = _with_bias(y, bias, nd)
    return reshape(y, shape_of(y)[1:]) if single else y


def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """Transposed convolution over one axis; see `conv_transpose2d`."""
    return _conv_transpose(1, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """Transposed convolution, the gradient of `conv2d` in its input.

    Parameters
    ----------
    x : array, shape (n, c, h, w) or (c, h, w)
    weight : array, shape (c, o // groups, kh, kw)
    bias : array, shape (o,), optional
    stride, padding, output_padding, dilation : int or pair
    groups : int

    Returns
    -------
    array, shape (n, o, h', w')
        ``h' = (h - 1) * stride - 2 * padding + dilation * (kh - 1) + output_padding + 1``.

    Examples
    --------
    >>> import numpy as np
    >>> conv_transpose2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), stride=2).shape
    (1, 1, 4, 4)
    """
    return _conv_transpose(2, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """Transposed convolution over three axes; see `conv_transpose2d`."""
    return _conv_transpose(3, x, weight, bias, stride, padding, output_padding, groups, dilation)


# --- patches ---------------------------------------------------------------------------------------


def _patch_kernel(c: int, kernel: tuple[int, ...], dtype: Any) -> Any:
    """Return one-hot kernels ``[c * prod(k), 1, k...]`` that pick each element of a window."""
    import numpy as np

    count = int(np.prod(kernel, dtype=np.int64))
    one = np.eye(count, dtype=dtype).reshape((count, 1, *kernel))
    return np.tile(one, (c, 1) + (1,) * len(kernel))


def unfold(
    x: Any, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Any:
    """Return the windows of ``x[n, c, h, w]`` as columns ``[n, c * kh * kw, windows]``.

    See `torch.nn.functional.unfold`.
    """
    x, single = _batched(x, 2, "unfold")
    n, c = shape_of(x)[:2]
    kernel = each_axis(kernel_size, 2, "kernel_size")
    pads = [(p, p) for p in each_axis(padding, 2, "padding")]
    steps, holes = each_axis(stride, 2, "stride"), each_axis(dilation, 2, "dilation")
    picks = _patch_kernel(c, kernel, dtype_of(x))
    y = cv.conv_general_dilated(x, picks, steps, pads, None, holes, c)
    y = reshape(y, (n, shape_of(y)[1], shape_of(y)[2] * shape_of(y)[3]))
    return reshape(y, shape_of(y)[1:]) if single else y


def fold(
    x: Any,
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Any:
    """Add columns ``[n, c * kh * kw, windows]`` up to images: the transpose of `unfold`.

    See `torch.nn.functional.fold`.
    """
    x = array(x, "fold")
    single = len(shape_of(x)) == 2
    if single:
        x = reshape(x, (1, *shape_of(x)))
    out, kernel = each_axis(output_size, 2, "output_size"), each_axis(kernel_size, 2, "kernel_size")
    pads, holes = each_axis(padding, 2, "padding"), each_axis(dilation, 2, "dilation")
    steps = each_axis(stride, 2, "stride")
    n, rows, columns = shape_of(x)
    c, rest = divmod(rows, kernel[0] * kernel[1])
    counts, config = [], []
    for m, k, p, d, s in zip(out, kernel, pads, holes, steps, strict=True):
        windows = (m + 2 * p - d * (k - 1) - 1) // s + 1
        counts.append(windows)
        full = d * (k - 1)
        config.append((full - p, m + p - 1 - (windows - 1) * s))
    if rest or counts[0] * counts[1] != columns:
        raise fail(f"fold of {shape_of(x)} to {out}: expected {counts[0] * counts[1]} columns")
    x = reshape(x, (n, rows, *counts))
    # Each channel's picks, flipped, with the k positions as input channels.
    picks = rev(_patch_kernel(c, kernel, dtype_of(x)), (2, 3))
    picks = merge_axes(move_axis(split_axis(picks, 0, c), 1, 2), 0)
    y = cv.conv_general_dilated(x, picks, (1, 1), config, steps, holes, c)
    return reshape(y, shape_of(y)[1:]) if single else y


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """Return ``x @ weight.T + bias``; see `torch.nn.functional.linear`.

    Examples
    --------
    >>> import numpy as np
    >>> linear(np.ones((2, 3)), np.ones((4, 3)), np.ones(4)).shape
    (2, 4)
    """
    x, weight = array(x), array(weight, "weight")
    if not shape_of(x) or shape_of(x)[-1] != shape_of(weight)[-1]:
        raise fail(f"linear: x of shape {shape_of(x)} does not fit weight {shape_of(weight)}")
    dims = len(shape_of(x)) - 1
    y = fnp.tensordot(x, weight, axes=((dims,), (len(shape_of(weight)) - 1,)))
    return y if bias is None else fnp.add(y, bias)
