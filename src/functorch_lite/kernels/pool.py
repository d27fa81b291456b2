"""Pooling in the blocked layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .host import BLOCK, lanes_for
from .launch import Launch, pack_args, pointer
from .layout import Layout
from .registry import Kernel, get

__all__ = ["Pool2d"]

Pair = tuple[int, int]


@dataclass(frozen=True)
class Pool2d:
    """A max or average pooling between two buffers.

    Attributes
    ----------
    x, y : Layout
        Layouts of input and output; gradients have the same ones. Global average pooling is a
        kernel of the whole image: its output buffer without halo is the matrix ``[n, c]``.
    kernel, stride, dilation : pair of int
    padding : pair of int
        Rows above and columns left that lie outside the image; what lies below and right follows
        from the output's size. Padding counts as -inf for the maximum.
    maximum : bool
    count_padding : bool
        Whether averages divide by the whole window or by its part inside the image.
    total : bool
        Sums instead of averages.

    Examples
    --------
    >>> from functorch_lite.kernels.launch import Serial
    >>> from functorch_lite.kernels.layout import from_blocked, to_blocked
    >>> x, y = Layout(1, 1, 4, 4), Layout(1, 1, 2, 2)
    >>> pool = Pool2d(x, y, (2, 2), (2, 2), maximum=True)
    >>> source, out = to_blocked(np.arange(16, dtype="f4").reshape(1, 1, 4, 4), x), y.zeros()
    >>> Serial().run([pool.forward_launch(source, out, None)])
    >>> from_blocked(out, y).ravel().tolist()
    [5.0, 7.0, 13.0, 15.0]
    """

    x: Layout
    y: Layout
    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    maximum: bool = False
    count_padding: bool = True
    total: bool = False

    def __post_init__(self) -> None:
        if not self.maximum and self.dilation != (1, 1):
            raise ValueError("average pooling has no dilation")
        if self.x.block != BLOCK or self.y.block != BLOCK:
            raise ValueError("pooling takes buffers in blocks of 16 channels")

    def indices(self) -> np.ndarray:
        """Allocate the window indices that the maximum's backward pass needs."""
        shape = (self.y.n, self.y.blocks, self.y.h, self.y.w, BLOCK)
        return np.empty(shape, np.int32)

    def _args(self, x: int, y: int, indices: np.ndarray | None, accumulate: bool) -> np.ndarray:
        """Pack the arguments that both directions share."""
        if indices is not None and (
            indices.shape != (self.y.n, self.y.blocks, self.y.h, self.y.w, BLOCK)
            or indices.dtype != np.int32
            or not indices.flags.c_contiguous
        ):
            raise ValueError("window indices must come from Pool2d.indices()")
        lx, ly = self.x, self.y
        divisor = 2 if self.total else int(self.count_padding)
        return pack_args(
            [x, y, pointer(indices), lx.h, lx.w, ly.h, ly.w, *self.kernel, *self.stride,
             *self.dilation, *self.padding, divisor, lx.image, lx.plane, lx.row,
             ly.image, ly.plane, ly.row, lx.blocks, int(accumulate)]
        )  # fmt: skip

    def forward_launch(self, x: np.ndarray, y: np.ndarray, indices: np.ndarray | None) -> Launch:
        """Launch the forward pass; ``indices`` may be None when no gradient follows."""
        args = self._args(self.x.start(x), self.y.start(y), indices, False)
        items = self.y.n * self.y.blocks * self.y.h
        cost = float(y.size * self.kernel[0] * self.kernel[1])
        return Launch(self._get("forward"), items, args, 0, cost, (x, y, indices))

    def backward_launch(
        self,
        dy: np.ndarray,
        dx: np.ndarray,
        indices: np.ndarray | None,
        accumulate: bool = False,
    ) -> Launch:
        """Launch the backward pass, which writes (or adds to) all of dx's interior."""
        if self.maximum and indices is None:
            raise ValueError("the gradient of max pooling needs the indices of its forward pass")
        args = self._args(self.x.start(dx), self.y.start(dy), indices, accumulate)
        items = self.x.n * self.x.blocks * self.x.h
        cost = float(dy.size * self.kernel[0] * self.kernel[1])
        return Launch(self._get("backward"), items, args, 0, cost, (dy, dx, indices))

    def _get(self, direction: str) -> Kernel:
        """Look the kernel up."""
        return get(
            f"pool:build_pool_{direction}",
            dtype=self.x.dtype.name,
            lanes=lanes_for(self.x.dtype),
            maximum=self.maximum,
        )
