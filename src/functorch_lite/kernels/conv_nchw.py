"""Convolution on ordinary NCHW arrays and OIHW weights: every stride, padding, dilation, group.

These functions copy into the blocked layout and back; a compiler that keeps buffers blocked uses
:class:`~.conv.Conv2dPlan` instead. Depthwise convolutions run on NCHW directly. Other groups
that do not fill blocks of 16, and other dtypes, use matrix products.
"""

from __future__ import annotations

import functools

import numpy as np

from .conv import Conv2dPlan, Precision
from .conv_direct import Padding, Pair, normalize_padding
from .conv_general import general_backward_data, general_backward_weights, general_forward
from .conv_tables import Geometry
from .depthwise import depthwise_backward_data, depthwise_backward_weights, depthwise_forward
from .host import BLOCK, host_lanes
from .launch import Pool, Serial
from .layout import from_blocked, pack_weights, to_blocked, unpack_weights

__all__ = [
    "conv2d_backward_data",
    "conv2d_backward_weights",
    "conv2d_forward",
    "conv2d_transpose",
]

_FAST = (np.dtype(np.float32), np.dtype(np.float64))


def _geometry(
    x_shape: tuple[int, ...],
    w_shape: tuple[int, ...],
    stride: Pair,
    padding: int | Pair | Padding,
    dilation: Pair,
    groups: int,
) -> Geometry:
    """Check shapes against each other and return the geometry."""
    if len(x_shape) != 4 or len(w_shape) != 4:
        raise ValueError(f"conv2d takes NCHW and OIHW arrays, got shapes {x_shape} and {w_shape}")
    if x_shape[1] != w_shape[1] * groups or w_shape[0] % groups:
        raise ValueError(
            f"weights of shape {w_shape} with {groups} groups need {w_shape[1] * groups} input "
            f"channels, got {x_shape[1]}"
        )
    return Geometry(
        *x_shape[2:], *w_shape[2:], stride, normalize_padding(padding), dilation
    )  # fmt: skip


def _kind(x_shape: tuple[int, ...], w_shape: tuple[int, ...], groups: int, dtype: np.dtype) -> str:
    """Choose the family of kernels."""
    if dtype not in _FAST or not dtype.isnative or 0 in x_shape or 0 in w_shape:
        return "general"
    if groups > 1 and w_shape[1] == 1:
        return "depthwise"
    if groups > 1 and (w_shape[1] % BLOCK or (w_shape[0] // groups) % BLOCK):
        return "general"
    return "blocked"


@functools.lru_cache(maxsize=128)
def _plan(
    x_shape: tuple[int, int, int, int],
    w_shape: tuple[int, int, int, int],
    g: Geometry,
    groups: int,
    dtype: np.dtype,
    precision: Precision,
    threads: int,
    lanes: int,
) -> Conv2dPlan:
    """Keep plans, whose tables take longer to make than a small convolution to run."""
    return Conv2dPlan(
        *x_shape, w_shape[0], *w_shape[2:], g.stride, g.padding, g.dilation, groups, dtype,
        precision, threads,
    )  # fmt: skip


def _pack(w: np.ndarray, plan: Conv2dPlan, groups: int, pool: Pool) -> np.ndarray:
    """Pack the weights of all groups."""
    out = plan.packed_weights()
    size = w.shape[0] // groups
    for k in range(groups):
        pack_weights(w[k * size : (k + 1) * size], plan.w_layout, pool, out[k])
    return out


def conv2d_forward(
    x: np.ndarray,
    w: np.ndarray,
    stride: Pair = (1, 1),
    padding: int | Pair | Padding = 0,
    dilation: Pair = (1, 1),
    groups: int = 1,
    precision: Precision = "default",
    pool: Pool | None = None,
) -> np.ndarray:
    """Cross-correlate NCHW images with OIHW weights.

    Parameters
    ----------
    x : ndarray, shape (n, c, h, w)
    w : ndarray, shape (oc, c / groups, kh, kw), same dtype
    stride, dilation : pair of int
    padding : int, (rows, columns) or ((top, bottom), (left, right))
    groups : int
    precision : {"default", "high", "highest"}
    pool : Pool, optional

    Returns
    -------
    ndarray, shape (n, oc, oh, ow)

    Raises
    ------
    ValueError
        Shapes do not fit each other.
    TypeError
        Different dtypes.

    Examples
    --------
    >>> conv2d_forward(np.ones((1, 2, 3, 3)), np.ones((1, 2, 3, 3)), padding=1)[0, 0, 1].tolist()
    [12.0, 18.0, 12.0]
    """
    _same_dtype(x, w)
    g = _geometry(x.shape, w.shape, stride, padding, dilation, groups)
    kind = _kind(x.shape, w.shape, groups, x.dtype)
    if kind == "general":
        return general_forward(x, w, g, groups)
    if kind == "depthwise":
        return depthwise_forward(x, w, g, pool)
    pool = pool or Serial()
    plan = _plan(x.shape, w.shape, g, groups, x.dtype, precision, pool.threads, host_lanes())
    y = plan.y_layout.zeros()
    plan.forward(to_blocked(x, plan.x_layout, pool), _pack(w, plan, groups, pool), y, pool=pool)
    return from_blocked(y, plan.y_layout, pool)


def conv2d_backward_data(
    dy: np.ndarray,
    w: np.ndarray,
    x_shape: tuple[int, int, int, int],
    stride: Pair = (1, 1),
    padding: int | Pair | Padding = 0,
    dilation: Pair = (1, 1),
    groups: int = 1,
    precision: Precision = "default",
    pool: Pool | None = None,
) -> np.ndarray:
    """Return the gradient of :func:`conv2d_forward` with respect to ``x``, of ``x_shape``.

    Examples
    --------
    >>> dx = conv2d_backward_data(np.ones((1, 1, 2, 2)), np.ones((1, 3, 2, 2)), (1, 3, 3, 3))
    >>> dx[0, 0].tolist()
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    _same_dtype(dy, w)
    g = _geometry(x_shape, w.shape, stride, padding, dilation, groups)
    _check_output(dy, g, x_shape[0], w.shape[0])
    kind = _kind(x_shape, w.shape, groups, dy.dtype)
    if kind == "general":
        return general_backward_data(dy, w, g, groups, x_shape[1])
    if kind == "depthwise":
        return depthwise_backward_data(dy, w, g, x_shape[1], pool)
    pool = pool or Serial()
    plan = _plan(x_shape, w.shape, g, groups, dy.dtype, precision, pool.threads, host_lanes())
    dx = plan.dx_layout.zeros()
    plan.backward_data(
        to_blocked(dy, plan.y_layout, pool), _pack(w, plan, groups, pool), dx, pool=pool
    )
    return from_blocked(dx, plan.dx_layout, pool)


def conv2d_backward_weights(
    x: np.ndarray,
    dy: np.ndarray,
    w_shape: tuple[int, int, int, int],
    stride: Pair = (1, 1),
    padding: int | Pair | Padding = 0,
    dilation: Pair = (1, 1),
    groups: int = 1,
    precision: Precision = "default",
    pool: Pool | None = None,
) -> np.ndarray:
    """Return the gradient of :func:`conv2d_forward` with respect to ``w``, of ``w_shape``.

    Examples
    --------
    >>> x, dy = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))
    >>> conv2d_backward_weights(x, dy, (1, 1, 2, 2)).ravel().tolist()
    [4.0, 4.0, 4.0, 4.0]
    """
    _same_dtype(x, dy)
    g = _geometry(x.shape, w_shape, stride, padding, dilation, groups)
    _check_output(dy, g, x.shape[0], w_shape[0])
    kind = _kind(x.shape, w_shape, groups, x.dtype)
    if kind == "general":
        return general_backward_weights(x, dy, g, groups)
    if kind == "depthwise":
        return depthwise_backward_weights(x, dy, g, pool)
    pool = pool or Serial()
    plan = _plan(x.shape, w_shape, g, groups, x.dtype, precision, pool.threads, host_lanes())
    packed = plan.packed_weights()
    plan.backward_weights(
        to_blocked(x, plan.x_layout, pool), to_blocked(dy, plan.y_layout, pool), packed, pool=pool
    )
    out = np.empty(w_shape, x.dtype)
    size = w_shape[0] // groups
    for k in range(groups):
        unpack_weights(packed[k], plan.w_layout, pool, out[k * size : (k + 1) * size])
    return out


def conv2d_transpose(
    x: np.ndarray,
    w: np.ndarray,
    stride: Pair = (1, 1),
    padding: int | Pair | Padding = 0,
    dilation: Pair = (1, 1),
    groups: int = 1,
    output_padding: Pair = (0, 0),
    precision: Precision = "default",
    pool: Pool | None = None,
) -> np.ndarray:
    """Transposed convolution: the gradient of a convolution as an operation of its own.

    Parameters
    ----------
    x : ndarray, shape (n, c, h, w)
    w : ndarray, shape (c, oc / groups, kh, kw)
    output_padding : pair of int
        Rows and columns added below and right, which the stride leaves undetermined.

    Examples
    --------
    >>> conv2d_transpose(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), stride=(2, 2)).shape
    (1, 1, 4, 4)
    """
    pads = normalize_padding(padding)
    sizes = [
        (x.shape[2 + a] - 1) * stride[a] - sum(pads[a]) + dilation[a] * (w.shape[2 + a] - 1)
        + output_padding[a] + 1
        for a in (0, 1)
    ]  # fmt: skip
    shape = (x.shape[0], w.shape[1] * groups, sizes[0], sizes[1])
    return conv2d_backward_data(x, w, shape, stride, padding, dilation, groups, precision, pool)


def _same_dtype(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse mixed dtypes: promotion is the caller's."""
    if a.dtype != b.dtype:
        raise TypeError(f"convolution takes arrays of one dtype, got {a.dtype} and {b.dtype}")


def _check_output(dy: np.ndarray, g: Geometry, n: int, oc: int) -> None:
    """Refuse an output gradient that does not fit."""
    if dy.shape != (n, oc, g.out_h, g.out_w):
        raise ValueError(
            f"the output's gradient has shape {dy.shape}, expected {(n, oc, g.out_h, g.out_w)}"
        )
