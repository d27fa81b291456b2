"""Convolution on weights as they stand, for layers whose weights are larger than their images.

Packed weights are written and read once more by each training step, which at small batches costs
more than the products. Here the input is spread into *columns* ``[pixel, (i, kh, kw)]`` instead
(im2col; Chellapilla, Puri and Simard 2006), and all three directions are products of two small
matrices and the weights ``[o, (i, kh, kw)]``, each of whose elements is read once, in order:

- forward: dot products of a row of weights and a row of columns;
- the input's gradient: the outer products ``dy[o, pixel] * w[o, :]``, summed over o, give columns,
  which are gathered into an image;
- the weights' gradient: the outer products ``dy[pixel, o] * columns[pixel, :]``, summed over pixels,
  give the gradient in the ordinary layout.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .conv import product_cost
from .conv_direct import DirectConv, Epilogue
from .conv_tables import Geometry, forward_rows, forward_taps
from .host import BLOCK, dot_tile, lanes_for, outer_tile
from .launch import Launch, aligned_empty, pack_args, pointer
from .layout import Layout, unpack_launch
from .registry import get

__all__ = ["ColumnConv", "columns_cost"]

_PIECES = 2  # of a launch for each thread, at least
_CACHE_BYTES = 512 * 1024  # of weights that meet all pixels before the next ones are read
_L1_PIXELS = 96
_FEW_PIXELS = 16  # up to so many, columns are cheap to read again for each four channels
_ROWS = (16, 32)  # of weights read side by side in backward-data, with few and with more pixels

# As in `conv`, in operations that take as long: spreading and gathering one element of the columns.
_ELEMENT_COST = 100.0
_SLOWER = 1.2  # than the products of transformed weights


def columns_cost(direct: DirectConv) -> float:
    """Return what a training step of a convolution costs, in operations that take as long.

    Examples
    --------
    >>> direct = DirectConv(1, 512, 2, 2, 512, 3, 3, padding=1)
    >>> columns_cost(direct) > 3 * direct.flops
    True
    """
    g = direct.geometry
    taps, pixels = g.kh * g.kw, direct.n * g.out_h * g.out_w
    product = product_cost(direct, taps * _SLOWER, taps, pixels)
    return 3.0 * product + _ELEMENT_COST * pixels * direct.c * taps


class ColumnConv:
    """A convolution between blocked images, with weights ``[oc, c, kh, kw]`` row by row.

    Parameters
    ----------
    geometry : Geometry
    n, c, oc : int
        Examples, input and output channels; channels are multiples of 16, in one group.
    dtype : dtype
        float32 or float64.
    threads : int
        How many will share the work.

    Attributes
    ----------
    columns_shape : tuple of int
        Columns as an array; its rows are a little longer than what is in them.

    Examples
    --------
    >>> from functorch_lite.kernels.launch import Serial
    >>> from functorch_lite.kernels.layout import from_blocked, to_blocked
    >>> conv = ColumnConv(Geometry(4, 4, 3, 3, (1, 1), ((1, 1), (1, 1)), (1, 1)), 1, 16, 16)
    >>> x_layout = Layout(1, 16, 4, 4, conv.geometry.x_halo)
    >>> x = to_blocked(np.ones((1, 16, 4, 4), "f4"), x_layout)
    >>> w, columns = np.ones((16, 16, 3, 3), "f4"), np.empty(conv.columns_shape, "f4")
    >>> y = Layout(1, 16, 4, 4).zeros()
    >>> spread = conv.spread_launch(x, x_layout, columns)
    >>> Serial().run([spread, conv.forward_launch(columns, w, y, Layout(1, 16, 4, 4))])
    >>> float(y[0, 0, 0, 0, 0])
    64.0
    """

    def __init__(
        self,
        geometry: Geometry,
        n: int,
        c: int,
        oc: int,
        dtype: np.dtype | type | str = np.float32,
        threads: int = 1,
    ) -> None:
        self.geometry, self.n, self.c, self.oc = geometry, n, c, oc
        self.threads = threads
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.dtype("f4"), np.dtype("f8")):
            raise TypeError(f"convolution kernels take float32 or float64, got {self.dtype}")
        if c % BLOCK or oc % BLOCK:
            raise ValueError(f"channels come in blocks of {BLOCK}, got {c} and {oc}")
        self.taps = geometry.kh * geometry.kw
        self.row = c * self.taps
        self.pixels = n * geometry.out_h * geometry.out_w
        self.columns_shape = (self.pixels, self.row + BLOCK)
        self._row_bytes = (self.row + BLOCK) * self.dtype.itemsize
        self._square = -(-self.taps // BLOCK) * BLOCK * BLOCK * self.dtype.itemsize
        self._kernel = {"dtype": self.dtype.name, "lanes": lanes_for(self.dtype)}

    def _steps(self, count: int, step: int) -> np.ndarray:
        """Return the offsets 0, step, 2 * step, ..."""
        return np.arange(count, dtype=np.int64) * step

    def spread_launch(self, x: np.ndarray, layout: Layout, columns: np.ndarray) -> Launch:
        """Launch the spreading of an image, whose halo must be there, into columns."""
        rows = np.ascontiguousarray(forward_rows(self.geometry, layout, layout, self.n)[0])
        taps, _ = forward_taps(self.geometry, layout, 1)
        args = pack_args(
            [layout.start(x), pointer(columns), pointer(rows), pointer(taps), self.taps,
             layout.blocks, layout.plane, self._row_bytes]
        )  # fmt: skip
        kernel = get("columns:build_spread", **self._kernel)
        cost = 2.0 * columns.nbytes
        return Launch(kernel, self.pixels, args, self._square, cost, (x, columns, rows, taps))

    def forward_launch(
        self,
        columns: np.ndarray,
        w: np.ndarray,
        y: np.ndarray,
        layout: Layout,
        epilogue: Epilogue | None = None,
    ) -> Launch:
        """Launch ``y = relu(conv(x, w) + residual + bias)`` from x's columns."""
        e, size = epilogue or Epilogue(), self.dtype.itemsize
        high, wide = dot_tile(self.pixels)
        table = np.ascontiguousarray(self._out_pixels(layout))
        tiles = -(-self.oc // high)
        each = _CACHE_BYTES // (high * self.row * size) if self.pixels > wide else 1
        each = max(1, min(each, tiles // (4 * self.threads)))
        args = pack_args(
            [pointer(w), pointer(columns), layout.start(y),
             0 if e.residual is None else layout.start(e.residual), pointer(e.bias), int(e.relu),
             self.oc, self.pixels, self.row // lanes_for(self.dtype), self.row * size,
             self._row_bytes, layout.plane, pointer(table), each]
        )  # fmt: skip
        kernel = get("columns:build_column_dot", **self._kernel, rows=high, columns=wide)
        scratch = high * wide * size
        cost = 2.0 * self.pixels * self.row * self.oc
        items = -(-tiles // each)
        return Launch(kernel, items, args, scratch, cost, (columns, w, y, e, table))

    def _out_pixels(self, layout: Layout) -> np.ndarray:
        """Return the offsets of the output's pixels in a buffer."""
        return forward_rows(self.geometry, layout, layout, self.n)[1]

    @functools.cached_property
    def backward_data_workspace(self) -> int:
        """Bytes of workspace that backward-data needs: dy by channels, and sums of columns."""
        turned = self.oc * self.pixels * self.dtype.itemsize
        return -(-turned // 64) * 64 + self._parts * self.pixels * self._row_bytes

    @property
    def _parts(self) -> int:
        """Return in how many parts backward-data sums over the output channels.

        One for each thread: so each reads the weights that it updates, as in the other directions,
        and no others (see `functorch_lite.kernels.program` on memory that changes hands).
        """
        return math.gcd(self.oc // BLOCK, self.threads)

    def backward_data_launches(
        self,
        dy: np.ndarray,
        dy_layout: Layout,
        w: np.ndarray,
        dx: np.ndarray,
        dx_layout: Layout,
        workspace: np.ndarray | None = None,
    ) -> list[Launch]:
        """Launches of the input's gradient."""
        if workspace is None:
            workspace = aligned_empty((self.backward_data_workspace,), np.uint8)
        g, size = self.geometry, self.dtype.itemsize
        space = workspace[: self.backward_data_workspace]
        at = self.oc * self.pixels * size
        flat = space[:at].view(self.dtype).reshape(self.oc, self.n, g.out_h, g.out_w)
        parts, each = self._parts, self.oc // self._parts
        columns = space[-(-at // 64) * 64 :].view(self.dtype).reshape(-1, self.columns_shape[1])
        turn = unpack_launch(dy, flat.transpose(1, 0, 2, 3), dy_layout)
        wide = -(-self.row // (_PIECES * 4 * BLOCK)) * 4 * BLOCK
        tables = (
            self._steps(each, self.pixels * size),
            self._steps(each, self.row * size),
            self._steps(parts, each * self.pixels * size),
        )
        ends = (pointer(flat), pointer(w), pointer(columns))
        product = self._outer(
            ends, tables, (each, _ROWS[self.pixels > _FEW_PIXELS]),
            (self.pixels, parts * self.pixels), wide, self._row_bytes, (flat, w, columns),
            each * self.row * size,
        )  # fmt: skip
        return [turn, product, self._gather(columns, dx, dx_layout)]

    def _gather(self, columns: np.ndarray, dx: np.ndarray, layout: Layout) -> Launch:
        """Launch the gathering of all parts' columns into an image."""
        g = self.geometry
        every = self._steps(self.n, layout.image)[:, None, None]
        every = every + self._steps(g.h, layout.row)[:, None] + self._steps(g.w, layout.pixel)
        pixels, targets = every.reshape(-1), np.tile(self._targets(layout).reshape(-1), self._parts)
        args = pack_args(
            [pointer(columns), layout.start(dx), pointer(pixels), len(pixels), pointer(targets),
             self._parts * self.pixels, self.taps, self._row_bytes, layout.plane]
        )  # fmt: skip
        kernel = get("columns:build_gather", **self._kernel)
        keep = (columns, dx, pixels, targets)
        return Launch(kernel, layout.blocks, args, self._square, 2.0 * columns.nbytes, keep)

    def _targets(self, layout: Layout) -> np.ndarray:
        """Return, for each output pixel and tap, the offset of the pixel that they meet, or -1."""
        g = self.geometry
        axes = []
        for k, (size, out, taps) in enumerate(((g.h, g.out_h, g.kh), (g.w, g.out_w, g.kw))):
            at = np.arange(out)[:, None] * g.stride[k] - g.padding[k][0]
            at = at + np.arange(taps) * g.dilation[k]
            axes.append((at, (at >= 0) & (at < size)))
        (y, y_in), (x, x_in) = axes
        place = y[:, None, :, None] * layout.row + x[None, :, None, :] * layout.pixel
        inside = y_in[:, None, :, None] & x_in[None, :, None, :]
        images = self._steps(self.n, layout.image)[:, None, None, None, None]
        return np.ascontiguousarray(np.where(inside, place + images, -1), np.int64)

    @property
    def gradient_rows(self) -> int:
        """Output channels of a work item of :meth:`backward_weights_launch`."""
        return 4 if self.pixels <= _FEW_PIXELS else BLOCK

    def backward_weights_launch(
        self, columns: np.ndarray, dy: np.ndarray, layout: Layout, dw: np.ndarray
    ) -> Launch:
        """Launch the weights' gradient ``[oc, c, kh, kw]`` from x's columns."""
        size, high = self.dtype.itemsize, self.gradient_rows
        first = np.arange(0, self.oc, high)
        tables = (
            np.ascontiguousarray(self._out_pixels(layout)),
            self._steps(self.pixels, self._row_bytes),
            np.ascontiguousarray(first // BLOCK * layout.plane + first % BLOCK * size),
        )
        ends = (layout.start(dy), pointer(columns), pointer(dw))
        return self._outer(ends, tables, (self.pixels, _L1_PIXELS), (high, self.oc), self.row,
                           self.row * size, (columns, dy, dw))  # fmt: skip

    def _outer(
        self,
        ends: tuple[int, int, int],
        tables: tuple[np.ndarray, np.ndarray, np.ndarray],
        terms: tuple[int, int],
        rows: tuple[int, int],
        wide: int,
        row_bytes: int,
        keep: tuple[np.ndarray, ...],
        b_step: int = 0,
    ) -> Launch:
        """Launch a sum of outer products; see ``generate.columns.build_column_outer``."""
        tile = outer_tile(self.dtype)
        args = pack_args(
            [*ends, pointer(tables[0]), pointer(tables[1]), *terms, *rows, pointer(tables[2]),
             wide, self.row, row_bytes, b_step]
        )  # fmt: skip
        kernel = get(
            "columns:build_column_outer", **self._kernel, rows=tile.rows, blocks=tile.blocks
        )
        items = -(-rows[1] // rows[0]) * -(-self.row // wide)
        cost = 2.0 * self.pixels * self.row * self.oc
        return Launch(kernel, items, args, 0, cost, (*tables, *keep))
