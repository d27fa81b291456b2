"""Batch normalisation in the blocked layout, fused with residual addition and ReLU."""

from __future__ import annotations

import numpy as np

from .host import BLOCK, lanes_for
from .launch import Launch, pack_args, pointer
from .layout import Layout
from .registry import get

__all__ = ["backward_launch", "channel_vector", "forward_launch"]


def channel_vector(values: np.ndarray | float, c: int, dtype: np.dtype) -> np.ndarray:
    """Pad one value for each channel with zeros to whole blocks of 16.

    Examples
    --------
    >>> channel_vector(np.ones(3), 3, np.dtype("f4")).shape
    (16,)
    """
    out = np.zeros(-(-c // BLOCK) * BLOCK, dtype)
    out[:c] = values
    return out


def _strides(layout: Layout | None) -> list[int]:
    """Image, plane and row strides, zeros for an absent buffer."""
    return [layout.image, layout.plane, layout.row] if layout else [0, 0, 0]


def _start(buffer: np.ndarray | None, layout: Layout | None) -> int:
    """Address of the first pixel, 0 for an absent buffer."""
    return layout.start(buffer) if buffer is not None and layout is not None else 0


def _check(layout: Layout, vectors: tuple[np.ndarray, ...]) -> None:
    """Refuse channel vectors that are too short for whole blocks."""
    for vector in vectors:
        if vector.size < layout.blocks * BLOCK or vector.dtype != layout.dtype:
            raise ValueError(
                f"channel vector {vector.dtype}{vector.shape} does not cover {layout.blocks} "
                f"blocks of 16 channels of {layout.dtype}; pad it by channel_vector()"
            )


def forward_launch(
    x: np.ndarray,
    y: np.ndarray,
    layouts: tuple[Layout, Layout],
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    inverse: np.ndarray,
    eps: float = 1e-5,
    *,
    relu: bool = False,
    residual: np.ndarray | None = None,
    residual_layout: Layout | None = None,
    training: bool = True,
) -> Launch:
    """Launch ``y = relu((x - mean) / sqrt(var + eps) * gamma + beta + residual)``.

    Parameters
    ----------
    x, y : ndarray
        Buffers of the two layouts; the same buffer may be both.
    gamma, beta : ndarray
        Channel vectors, see :func:`channel_vector`.
    mean, var : ndarray
        Written in training (``var`` divided by the count, not the count less one), read otherwise.
    inverse : ndarray
        Written: ``1 / sqrt(var + eps)``, which the backward pass reads.
    residual : ndarray, optional
        Added before the ReLU, of ``residual_layout`` (default: y's).
    """
    lx, ly = layouts
    _check(lx, (gamma, beta, mean, var, inverse))
    lr = (residual_layout or ly) if residual is not None else None
    kernel = get(
        "batchnorm:build_batchnorm_forward", dtype=lx.dtype.name, lanes=lanes_for(lx.dtype)
    )
    args = pack_args(
        [lx.start(x), ly.start(y), _start(residual, lr), *map(pointer, (gamma, beta, mean, var,
         inverse)), float(eps), int(relu), int(training), lx.n, lx.h, lx.w, *_strides(lx),
         *_strides(ly), *_strides(lr)]
    )  # fmt: skip
    items = lx.blocks * BLOCK // lanes_for(lx.dtype)
    keep = (x, y, residual, gamma, beta, mean, var, inverse)
    return Launch(kernel, items, args, 1024, 3.0 * x.nbytes, keep)


def backward_launch(
    x: np.ndarray,
    dy: np.ndarray,
    dx: np.ndarray,
    layouts: tuple[Layout, Layout, Layout],
    gamma: np.ndarray,
    mean: np.ndarray,
    inverse: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
    *,
    y: np.ndarray | None = None,
    y_layout: Layout | None = None,
    dresidual: np.ndarray | None = None,
    dresidual_layout: Layout | None = None,
) -> Launch:
    """Launch the gradients of training batch normalisation.

    Parameters
    ----------
    x, dy, dx : ndarray
        Buffers of the three layouts.
    y : ndarray, optional
        The forward result when it ended in a ReLU: dy counts where y > 0.
    dresidual : ndarray, optional
        Receives the masked dy, the residual's gradient.
    """
    lx, ld, lo = layouts
    _check(lx, (gamma, mean, inverse, dgamma, dbeta))
    ly = (y_layout or ld) if y is not None else None
    lr = (dresidual_layout or ld) if dresidual is not None else None
    kernel = get(
        "batchnorm:build_batchnorm_backward", dtype=lx.dtype.name, lanes=lanes_for(lx.dtype)
    )
    args = pack_args(
        [lx.start(x), _start(y, ly), ld.start(dy), lo.start(dx), _start(dresidual, lr),
         *map(pointer, (gamma, mean, inverse, dgamma, dbeta)), lx.n, lx.h, lx.w, *_strides(lx),
         *_strides(ly), *_strides(ld), *_strides(lo), *_strides(lr)]
    )  # fmt: skip
    items = lx.blocks * BLOCK // lanes_for(lx.dtype)
    keep = (x, y, dy, dx, dresidual, gamma, mean, inverse, dgamma, dbeta)
    return Launch(kernel, items, args, 1024, 5.0 * x.nbytes, keep)
