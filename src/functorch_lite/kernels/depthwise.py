"""Depthwise convolution and its gradients on C-contiguous NCHW arrays.

The general case has ``multiplier`` output channels for each input channel. Gradients for the
input exist for multiplier 1 and above: the planes of one input channel are summed.
"""

from __future__ import annotations

import numpy as np

from .conv_tables import Geometry
from .host import host_lanes, lanes_for
from .launch import Launch, Pool, Serial, pack_args, pointer
from .registry import get

__all__ = [
    "depthwise_backward_data",
    "depthwise_backward_data_launch",
    "depthwise_backward_weights",
    "depthwise_backward_weights_launch",
    "depthwise_forward",
    "depthwise_launch",
]


def _tall(rows: int) -> int:
    """Return how many rows to compute at a time: eight if the registers hold them."""
    return 8 if host_lanes() == 16 and -rows % 8 < 4 else 4


class _Phases:
    """Where a padded plane's elements lie in scratch memory."""

    def __init__(
        self, g: Geometry, rows: int, columns: int, dtype: np.dtype, stride: tuple[int, int]
    ) -> None:
        size, lanes = dtype.itemsize, lanes_for(dtype)
        (sh, sw), (dh, dw) = stride, g.dilation
        # whole vectors beyond the last column, whole groups of rows beyond the last row
        self.tall = _tall(rows)
        width = -(-columns // (2 * lanes)) * 2 * lanes + (g.kw - 1) * dw // sw + 1
        height = -(-rows // self.tall) * self.tall + (g.kh - 1) * dh // sh + 1
        self.line = -(-width // lanes) * lanes * size
        self.plane = height * self.line
        self.bytes = sh * sw * self.plane + 2 * lanes * size
        y, x = np.arange(g.kh)[:, None] * dh, np.arange(g.kw)[None, :] * dw
        table = (y % sh * sw + x % sw) * self.plane + y // sh * self.line + x // sw * size
        self.table = np.ascontiguousarray(table.reshape(-1), np.int64)


def _sums_launch(
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray], args: list[int], phases: _Phases,
    g: Geometry, stride: int, turned: bool,
) -> Launch:  # fmt: skip
    """Launch the sums over the kernel's positions."""
    out = arrays[2]
    kernel = get(
        "depthwise:build_depthwise", dtype=out.dtype.name, lanes=lanes_for(out.dtype), kh=g.kh,
        sh=stride, dh=g.dilation[0], tall=phases.tall,
    )  # fmt: skip
    rest = [phases.plane, phases.line, pointer(phases.table), int(turned)]
    args = [*map(pointer, arrays), *args, *rest]
    cost = 2.0 * out.size * g.kh * g.kw
    planes = out.shape[0] * out.shape[1]
    return Launch(kernel, planes, pack_args(args), phases.bytes, cost, (*arrays, phases.table))


def depthwise_forward(
    x: np.ndarray, w: np.ndarray, g: Geometry, pool: Pool | None = None
) -> np.ndarray:
    """Convolve each channel with its own kernels.

    Parameters
    ----------
    x : ndarray, shape (n, c, h, w)
    w : ndarray, shape (c * multiplier, 1, kh, kw)
    g : Geometry
    pool : Pool, optional

    Returns
    -------
    ndarray, shape (n, c * multiplier, oh, ow)

    Examples
    --------
    >>> x, w = np.ones((1, 2, 4, 4)), np.ones((2, 1, 3, 3))
    >>> g = Geometry(4, 4, 3, 3, (1, 1), ((1, 1), (1, 1)), (1, 1))
    >>> depthwise_forward(x, w, g)[0, 0, 0].tolist()
    [4.0, 6.0, 6.0, 4.0]
    """
    x, w = np.ascontiguousarray(x), np.ascontiguousarray(w)
    out = np.empty((x.shape[0], w.shape[0], g.out_h, g.out_w), x.dtype)
    (pool or Serial()).run([depthwise_launch(x, w, out, g)])
    return out


def depthwise_launch(x: np.ndarray, w: np.ndarray, out: np.ndarray, g: Geometry) -> Launch:
    """Launch :func:`depthwise_forward` on C-contiguous arrays."""
    c, channels = x.shape[1], w.shape[0]
    phases = _Phases(g, g.out_h, g.out_w, x.dtype, g.stride)
    args = [channels, channels // c, g.h, g.w, g.out_h, g.out_w, g.kh, g.kw, *g.stride,
            *g.dilation, g.padding[0][0], g.padding[1][0], 1, 1]  # fmt: skip
    return _sums_launch((x, w, out), args, phases, g, g.stride[0], False)


def depthwise_backward_data(
    dy: np.ndarray, w: np.ndarray, g: Geometry, channels: int, pool: Pool | None = None
) -> np.ndarray:
    """Return the gradient with respect to the input of ``channels`` channels.

    It is the forward sum over the output gradient spread by the stride, with the kernel turned.
    """
    dy, w = np.ascontiguousarray(dy), np.ascontiguousarray(w)
    n, planes = dy.shape[:2]
    out = np.empty((n, planes, g.h, g.w), dy.dtype)
    (pool or Serial()).run([depthwise_backward_data_launch(dy, w, out, g)])
    if planes != channels:
        out = out.reshape(n, channels, planes // channels, g.h, g.w).sum(axis=2)
    return out


def depthwise_backward_data_launch(
    dy: np.ndarray, w: np.ndarray, out: np.ndarray, g: Geometry
) -> Launch:
    """Launch the input's gradient, one plane for each output channel; arrays are C-contiguous."""
    phases = _Phases(g, g.h, g.w, dy.dtype, (1, 1))
    above = g.dilation[0] * (g.kh - 1) - g.padding[0][0]
    left = g.dilation[1] * (g.kw - 1) - g.padding[1][0]
    args = [dy.shape[1], 1, g.out_h, g.out_w, g.h, g.w, g.kh, g.kw, 1, 1, *g.dilation, above, left,
            *g.stride]  # fmt: skip
    return _sums_launch((dy, w, out), args, phases, g, 1, True)


def depthwise_backward_weights(
    x: np.ndarray, dy: np.ndarray, g: Geometry, pool: Pool | None = None
) -> np.ndarray:
    """Return the gradient with respect to the weights, shape (c * multiplier, 1, kh, kw)."""
    x, dy = np.ascontiguousarray(x), np.ascontiguousarray(dy)
    out = np.empty((dy.shape[1], 1, g.kh, g.kw), x.dtype)
    (pool or Serial()).run([depthwise_backward_weights_launch(x, dy, out, g)])
    return out


def depthwise_backward_weights_launch(
    x: np.ndarray, dy: np.ndarray, out: np.ndarray, g: Geometry
) -> Launch:
    """Launch the weights' gradient on C-contiguous arrays."""
    (n, c), channels = x.shape[:2], dy.shape[1]
    phases = _Phases(g, g.out_h, g.out_w, x.dtype, g.stride)
    lanes, size = lanes_for(x.dtype), x.dtype.itemsize
    dy_line = -(-g.out_w // (2 * lanes)) * 2 * lanes * size
    dy_plane = g.out_h * dy_line
    args = [pointer(x), pointer(out), pointer(dy), channels, channels // c, g.h, g.w, g.out_h,
            g.out_w, g.kh, g.kw, *g.stride, *g.dilation, g.padding[0][0], g.padding[1][0], 1, 1,
            phases.plane, phases.line, pointer(phases.table), n, dy_plane, dy_line]  # fmt: skip
    cost = 2.0 * dy.size * g.kh * g.kw
    scratch = phases.bytes + dy_plane + 64
    keep = (x, dy, out, phases.table)
    kernel = get("depthwise:build_depthwise_weights", dtype=x.dtype.name, lanes=lanes)
    return Launch(kernel, channels, pack_args(args), scratch, cost, keep)
