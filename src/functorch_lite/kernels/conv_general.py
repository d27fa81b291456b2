"""Convolution of any dtype and any groups by matrix products: the fall-back.

Windows are views; the products go to BLAS for floating-point types. Slower and hungrier than
the blocked kernels, but without conditions.
"""

from __future__ import annotations

import numpy as np

from .conv_tables import Geometry

__all__ = ["general_backward_data", "general_backward_weights", "general_forward"]


def _pad(x: np.ndarray, g: Geometry) -> np.ndarray:
    """Pad with zeros; negative padding crops."""
    pads = [(max(0, a), max(0, b)) for a, b in g.padding]
    crop = [(max(0, -a), max(0, -b)) for a, b in g.padding]
    x = x[:, :, crop[0][0] : x.shape[2] - crop[0][1], crop[1][0] : x.shape[3] - crop[1][1]]
    return np.pad(x, [(0, 0), (0, 0), *pads])


def _windows(x: np.ndarray, g: Geometry, groups: int) -> np.ndarray:
    """Copy the windows to ``[group, channel * kh * kw, n * oh * ow]``."""
    padded = _pad(x, g)
    n, c = x.shape[:2]
    sn, sc, sy, sx = padded.strides
    view = np.lib.stride_tricks.as_strided(
        padded,
        (groups, c // groups, g.kh, g.kw, n, g.out_h, g.out_w),
        (
            sc * (c // groups), sc, sy * g.dilation[0], sx * g.dilation[1], sn,
            sy * g.stride[0], sx * g.stride[1],
        ),
        writeable=False,
    )  # fmt: skip
    return view.reshape(groups, (c // groups) * g.kh * g.kw, n * g.out_h * g.out_w)


def _by_group(y: np.ndarray, groups: int) -> np.ndarray:
    """Return NCHW as ``[group, channel, n * h * w]``."""
    n, c, h, w = y.shape
    return (
        y.reshape(n, groups, c // groups, h * w)
        .transpose(1, 2, 0, 3)
        .reshape(groups, c // groups, -1)
    )


def general_forward(x: np.ndarray, w: np.ndarray, g: Geometry, groups: int) -> np.ndarray:
    """Convolve NCHW with OIHW.

    Examples
    --------
    >>> g = Geometry(2, 2, 2, 2, (1, 1), ((0, 0), (0, 0)), (1, 1))
    >>> general_forward(np.arange(4).reshape(1, 1, 2, 2), np.ones((1, 1, 2, 2), int), g, 1).item()
    6
    """
    out = w.reshape(groups, w.shape[0] // groups, -1) @ _windows(x, g, groups)
    shape = (groups, w.shape[0] // groups, x.shape[0], g.out_h, g.out_w)
    out = out.reshape(shape).transpose(2, 0, 1, 3, 4)
    return np.ascontiguousarray(out).reshape(x.shape[0], w.shape[0], g.out_h, g.out_w)


def general_backward_weights(x: np.ndarray, dy: np.ndarray, g: Geometry, groups: int) -> np.ndarray:
    """Return the weights' gradient, OIHW."""
    out = _by_group(dy, groups) @ _windows(x, g, groups).transpose(0, 2, 1)
    return out.reshape(dy.shape[1], x.shape[1] // groups, g.kh, g.kw)


def general_backward_data(
    dy: np.ndarray, w: np.ndarray, g: Geometry, groups: int, channels: int
) -> np.ndarray:
    """Return the input's gradient, NCHW with ``channels`` channels."""
    n = dy.shape[0]
    flat = w.reshape(groups, w.shape[0] // groups, -1).transpose(0, 2, 1)
    columns = (flat @ _by_group(dy, groups)).reshape(
        groups, channels // groups, g.kh, g.kw, n, g.out_h, g.out_w
    )
    (top, bottom), (left, right) = g.padding
    # with negative padding the frame is larger than the padded image on that side
    high, wide = max(top, 0), max(left, 0)
    frame = (high + g.h + max(bottom, 0), wide + g.w + max(right, 0))
    out = np.zeros((n, groups, channels // groups, *frame), columns.dtype)
    for ky in range(g.kh):
        y0 = high - top + ky * g.dilation[0]
        for kx in range(g.kw):
            x0 = wide - left + kx * g.dilation[1]
            rows = slice(y0, y0 + (g.out_h - 1) * g.stride[0] + 1, g.stride[0])
            cols = slice(x0, x0 + (g.out_w - 1) * g.stride[1] + 1, g.stride[1])
            out[..., rows, cols] += columns[:, :, ky, kx].transpose(2, 0, 1, 3, 4)
    out = out.reshape(n, channels, *frame)[:, :, high : high + g.h, wide : wide + g.w]
    return np.ascontiguousarray(out)
