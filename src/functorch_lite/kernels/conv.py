"""Two-dimensional convolution: chooses between direct summation and Winograd.

:class:`Conv2dPlan` works on blocked buffers and packed weights, which a compiler keeps through a
whole network; :mod:`.conv_nchw` has plain functions on NCHW arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from .conv_direct import DirectConv, Epilogue, Padding, Pair
from .host import BLOCK
from .launch import Launch, Pool, Serial
from .layout import Layout, WeightLayout
from .winograd import SIZES, Winograd, winograd_applies

__all__ = ["Conv2dPlan", "Precision", "choose_algorithm", "packed_cost", "product_cost"]

Precision = Literal["default", "high", "highest"]
"""``"highest"``: direct sums only (relative error below 1e-6 in float32). ``"high"``: also
F(2 x 2) and its variant for small images, about as exact. ``"default"``: also F(4 x 4), below 1e-5."""

# Measured on AVX-512 with two threads, in floating-point operations that take as long: transforming
# one channel of one tile there and back, transforming one weight, and a byte of weights that comes
# from memory (the products wait for it only if they are done sooner).
_TILE_COST = {1: 300.0, 2: 390.0, 4: 1300.0}
_WEIGHT_COST = {1: 230.0, 2: 300.0, 4: 450.0}
_BYTE_COST = 3.0
_DIRECT = 1.07  # direct sums run at so much less than the rate of the others' products
_PACKING_COST = 130.0  # a weight, for the forward pass, and turned for the gradient of the input
_L2_BYTES = 1 << 20
_LEAST_ROWS = 4  # of a register tile
_MARGIN = 1.05  # the more exact algorithm stays unless it is this much slower
_TILES = {"default": (1, 2, 4), "high": (1, 2), "highest": ()}


def choose_algorithm(
    direct: DirectConv, precision: Precision = "default", frozen: bool = False
) -> int:
    """Return the cheapest algorithm by the cost model: 0 (direct), or Winograd's 1, 2 or 4.

    With ``frozen`` weights their transform costs nothing but its larger size.

    Examples
    --------
    >>> conv = DirectConv(8, 64, 56, 56, 64, 3, 3, padding=1)
    >>> choose_algorithm(conv), choose_algorithm(conv, "high"), choose_algorithm(conv, "highest")
    (4, 2, 0)
    """
    return _cheapest(direct, precision, frozen)[0]


def packed_cost(plans: Sequence[Conv2dPlan]) -> float:
    """Return what a training step of convolutions with the same packed weights costs.

    Examples
    --------
    >>> plan = Conv2dPlan(1, 512, 2, 2, 512, 3, 3, padding=1)
    >>> packed_cost([plan]) > 3 * plan.cost, packed_cost([plan] * 2) < 2 * packed_cost([plan])
    (True, True)
    """
    direct = plans[0].direct
    weights = direct.c * direct.oc * direct.geometry.kh * direct.geometry.kw
    return 3.0 * sum(plan.cost for plan in plans) + _PACKING_COST * weights


def _cheapest(direct: DirectConv, precision: Precision, frozen: bool) -> tuple[int, float]:
    """Return the cheapest algorithm and what it costs."""
    if precision not in _TILES:
        raise ValueError(f"precision is one of {sorted(_TILES)}, got {precision!r}")
    c, oc = direct.x_layout.blocks * BLOCK, direct.y_layout.blocks * BLOCK
    g = direct.geometry
    taps = g.kh * g.kw
    best, best_cost = 0, product_cost(direct, taps * _DIRECT, taps, direct.n * g.out_h * g.out_w)
    for m in _TILES[precision]:
        if not winograd_applies(direct, m):
            continue
        outputs, _, across = SIZES[m]
        tiles = direct.n * -(-g.out_h // outputs) * -(-g.out_w // outputs)
        cost = product_cost(direct, across**2, across**2, tiles) + _TILE_COST[m] * tiles * (c + oc)
        if not frozen:
            cost += _WEIGHT_COST[m] * c * oc
        if cost * _MARGIN < best_cost:
            best, best_cost = m, cost
    return best, best_cost


def product_cost(direct: DirectConv, work: float, elements: int, rows: int) -> float:
    """Estimate ``work`` products of ``rows`` rows with ``elements`` matrices of weights."""
    pairs = direct.x_layout.blocks * direct.y_layout.blocks * BLOCK**2
    size = elements * pairs * direct.dtype.itemsize
    compute = 2.0 * work * pairs * -(-rows // _LEAST_ROWS) * _LEAST_ROWS
    return max(compute, _BYTE_COST * size if size > _L2_BYTES else 0.0)


class Conv2dPlan:
    """A convolution's buffers, weights and algorithm; independent of the data.

    Parameters
    ----------
    n, c, h, w, oc, kh, kw : int
        Input shape, output channels, kernel size.
    stride, dilation : pair of int
    padding : int, pair, or pair of pairs
    groups : int
        With several, each must have whole blocks of 16 channels in and out.
    dtype : dtype
        float32 or float64.
    precision : {"default", "high", "highest"}
        Which algorithms are allowed, see :data:`Precision`.
    threads_hint : int
        Threads that will share the work.
    x_layout, y_layout, dx_layout : Layout, optional
        Layouts of the caller's buffers, by default the smallest that serve.
    frozen_weights : bool
        Whether the same weights will serve many forward passes, see :meth:`freeze`.

    Attributes
    ----------
    x_layout, y_layout, dx_layout : Layout
        Buffers of the input, of the output and its gradient, of the input's gradient.
    w_layout : WeightLayout
        One group's packed weights.
    tile : int
        0 for direct sums, else Winograd's output tile, or 1: its algorithm for small images.
    cost : float
        Of the forward pass, in operations that take as long.

    Examples
    --------
    >>> from functorch_lite.kernels.layout import from_blocked, pack_weights, to_blocked
    >>> plan = Conv2dPlan(1, 16, 6, 6, 16, 3, 3, padding=1)
    >>> x, w = np.ones((1, 16, 6, 6), "f4"), np.ones((16, 16, 3, 3), "f4")
    >>> y = plan.y_layout.zeros()
    >>> packed = pack_weights(w, plan.w_layout)[None]
    >>> plan.forward(to_blocked(x, plan.x_layout), packed, y)
    >>> float(from_blocked(y, plan.y_layout)[0, 0, 0, 0])
    64.0
    """

    def __init__(
        self,
        n: int,
        c: int,
        h: int,
        w: int,
        oc: int,
        kh: int,
        kw: int,
        stride: Pair = (1, 1),
        padding: int | Pair | Padding = 0,
        dilation: Pair = (1, 1),
        groups: int = 1,
        dtype: np.dtype | type | str = np.float32,
        precision: Precision = "default",
        threads_hint: int = 1,
        x_layout: Layout | None = None,
        y_layout: Layout | None = None,
        frozen_weights: bool = False,
        dx_layout: Layout | None = None,
    ) -> None:
        self.direct = DirectConv(
            n, c, h, w, oc, kh, kw, stride, padding, dilation, groups, dtype, x_layout, y_layout,
            dx_layout,
        )  # fmt: skip
        self.tile, self.cost = _cheapest(self.direct, precision, frozen_weights)
        self.fast = Winograd(self.direct, self.tile, threads_hint) if self.tile else None
        self.x_layout, self.y_layout = self.direct.x_layout, self.direct.y_layout
        self.dx_layout = self.direct.dx_layout
        self.w_layout: WeightLayout = self.direct.w_layout
        self.dtype, self.flops = self.direct.dtype, self.direct.flops

    def packed_weights(self) -> np.ndarray:
        """Allocate packed weights of all groups, uninitialised."""
        return self.direct.packed_weights()

    def freeze(self, w: np.ndarray) -> np.ndarray | None:
        """Prepare packed weights for many forward passes; None where there is nothing to do."""
        return None if self.fast is None else self.fast.transform_weights(w)

    def freeze_launch(self, w: np.ndarray, out: np.ndarray) -> Launch:
        """Launch :meth:`freeze`, of a plan whose ``fast`` is not None, into given memory."""
        assert self.fast is not None
        return self.fast.transform_launch(w, out)

    @functools.cached_property
    def workspace(self) -> int:
        """Bytes of workspace that any of the three directions needs."""
        fast = self.fast
        if fast is None:
            return self.direct.backward_data_workspace
        return max(
            fast.forward_workspace, fast.backward_data_workspace, fast.backward_weights_workspace
        )

    def forward_launches(
        self,
        x: np.ndarray,
        w: np.ndarray,
        y: np.ndarray,
        epilogue: Epilogue | None = None,
        workspace: np.ndarray | None = None,
        frozen: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of ``y = relu(conv(x, w) + residual + bias)``, see :class:`Epilogue`.

        ``frozen``, from :meth:`freeze`, spares the transform of the weights.
        """
        if self.fast is not None:
            return self.fast.forward_launches(x, w, y, epilogue, workspace, frozen)
        return self.direct.forward_launches(x, w, y, epilogue)

    def backward_data_launches(
        self,
        dy: np.ndarray,
        w: np.ndarray,
        dx: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of the input's gradient, written or added to ``dx``."""
        method = (self.fast or self.direct).backward_data_launches
        return method(dy, w, dx, accumulate, workspace)

    def backward_weights_launches(
        self,
        x: np.ndarray,
        dy: np.ndarray,
        dw: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of the weights' gradient in the packed layout, written or added to ``dw``."""
        if self.fast is not None:
            return self.fast.backward_weights_launches(x, dy, dw, accumulate, workspace)
        return self.direct.backward_weights_launches(x, dy, dw, accumulate)

    def forward(
        self,
        x: np.ndarray,
        w: np.ndarray,
        y: np.ndarray,
        epilogue: Epilogue | None = None,
        workspace: np.ndarray | None = None,
        pool: Pool | None = None,
    ) -> None:
        """Run :meth:`forward_launches`."""
        _run(pool, self.forward_launches(x, w, y, epilogue, workspace))

    def backward_data(
        self,
        dy: np.ndarray,
        w: np.ndarray,
        dx: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
        pool: Pool | None = None,
    ) -> None:
        """Run :meth:`backward_data_launches`."""
        _run(pool, self.backward_data_launches(dy, w, dx, accumulate, workspace))

    def backward_weights(
        self,
        x: np.ndarray,
        dy: np.ndarray,
        dw: np.ndarray,
        accumulate: bool = False,
        workspace: np.ndarray | None = None,
        pool: Pool | None = None,
    ) -> None:
        """Run :meth:`backward_weights_launches`."""
        _run(pool, self.backward_weights_launches(x, dy, dw, accumulate, workspace))


def _run(pool: Pool | None, launches: Iterable[Launch]) -> None:
    """Run on the given pool or on this thread."""
    (pool or Serial()).run(launches)
