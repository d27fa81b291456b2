"""Updates of flat parameter arrays."""

from __future__ import annotations

import math

import numpy as np

from .host import lanes_for
from .launch import Launch, chain, pack_args, pointer
from .registry import get

__all__ = ["axpby_launch", "fuse_update", "sgd_launch"]

_ITEM = 4096  # elements of a work item, as in generate.update
_LARGEST_PIECE = 256 * 1024  # bytes of a gradient's piece that surely stay in the cache


def _check(arrays: list[np.ndarray]) -> None:
    """Refuse arrays of different size or dtype, or with gaps."""
    first = arrays[0]
    for a in arrays:
        if a.size != first.size or a.dtype != first.dtype or not a.flags.c_contiguous:
            raise ValueError("flat updates take C-contiguous arrays of one size and dtype")


def sgd_launch(
    p: np.ndarray,
    g: np.ndarray,
    velocity: np.ndarray | None,
    rate: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    decay: float = 0.0,
    nesterov: bool = False,
) -> Launch:
    """Launch ``g += decay * p; v = momentum * v + (1 - dampening) * g; p -= rate * step``.

    ``step`` is ``v``, ``g + momentum * v`` with Nesterov's variant, ``g`` without velocity.
    PyTorch starts with ``v = g``: zeros and dampening 0 in the first step give that.

    Examples
    --------
    >>> from functorch_lite.kernels.launch import Serial
    >>> p, g = np.ones(3), np.ones(3)
    >>> Serial().run([sgd_launch(p, g, None, rate=0.5)])
    >>> p.tolist()
    [0.5, 0.5, 0.5]
    """
    _check([p, g] if velocity is None else [p, g, velocity])
    kernel = get("update:build_sgd", dtype=p.dtype.name, lanes=lanes_for(p.dtype))
    args = pack_args(
        [pointer(p), pointer(g), pointer(velocity), p.size, float(rate), float(momentum),
         float(1.0 - dampening), float(decay), int(nesterov)]
    )  # fmt: skip
    return Launch(kernel, -(-p.size // _ITEM), args, 0, 5.0 * p.nbytes, (p, g, velocity))


def axpby_launch(x: np.ndarray, y: np.ndarray, a: float, b: float) -> Launch:
    """Launch ``y = a * x + b * y``; with b = 0, y is not read.

    Examples
    --------
    >>> from functorch_lite.kernels.launch import Serial
    >>> x, y = np.ones(3), np.ones(3)
    >>> Serial().run([axpby_launch(x, y, 2.0, 3.0)])
    >>> y.tolist()
    [5.0, 5.0, 5.0]
    """
    _check([x, y])
    kernel = get("update:build_axpby", dtype=y.dtype.name, lanes=lanes_for(y.dtype))
    args = pack_args([pointer(x), pointer(y), y.size, float(a), float(b)])
    return Launch(kernel, -(-y.size // _ITEM), args, 0, 3.0 * y.nbytes, (x, y))


def fuse_update(gradient: Launch, update: Launch) -> Launch | None:
    """Fuse a direct weight gradient with the SGD step that consumes it.

    The gradient then exists only piece by piece in the cache: at small batches, where memory
    bounds the step, that is a third of its traffic. The weights must not be needed afterwards,
    so backward-data comes first.

    Parameters
    ----------
    gradient : Launch
        The only launch of ``DirectConv.backward_weights_launches``, not accumulating.
    update : Launch
        :func:`sgd_launch` over exactly the gradient's packed array.

    Returns
    -------
    Launch or None
        None when the work items of the two do not fall into common pieces.
    """
    size = int(update.args[3])
    units = math.gcd(gradient.items, update.items)
    piece = size * update.keep[0].itemsize // units
    if size % _ITEM or piece > _LARGEST_PIECE:
        return None
    return chain([gradient, update], [(2, 1, piece)], units)
