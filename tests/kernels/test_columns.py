"""Convolution on weights as they stand against a float64 reference."""

from __future__ import annotations

import numpy as np
import pytest

from functorch_lite.kernels import host
from functorch_lite.kernels.columns import ColumnConv, columns_cost
from functorch_lite.kernels.conv import Conv2dPlan, packed_cost
from functorch_lite.kernels.conv_direct import Epilogue
from functorch_lite.kernels.conv_tables import Geometry
from functorch_lite.kernels.launch import Launch, Serial, aligned_empty
from functorch_lite.kernels.layout import Layout, from_blocked, to_blocked
from tests.kernels.test_conv import Backwards, error, reference

ONE = ((1, 1), (1, 1))
NONE = ((0, 0), (0, 0))
# n, c, (h, w), oc, kernel, stride, padding, dilation
SHAPES = {
    "3x3": (1, 64, (2, 2), 48, (3, 3), (1, 1), ONE, (1, 1)),
    "long sums": (1, 512, (2, 2), 96, (3, 3), (1, 1), ONE, (1, 1)),
    "many pixels": (5, 16, (7, 6), 32, (3, 3), (1, 1), ONE, (1, 1)),
    "one pixel": (1, 32, (1, 1), 16, (3, 3), (1, 1), ONE, (1, 1)),
    "three pixels": (3, 32, (1, 1), 16, (1, 1), (1, 1), NONE, (1, 1)),
    "1x1 stride 2": (1, 32, (4, 4), 48, (1, 1), (2, 2), NONE, (1, 1)),
    "stride": (2, 16, (5, 4), 32, (3, 3), (2, 1), ONE, (1, 1)),
    "asymmetric": (3, 16, (9, 8), 16, (5, 2), (1, 2), ((2, 1), (0, 3)), (2, 1)),
    "wide kernel": (1, 48, (7, 7), 16, (7, 7), (1, 1), ((3, 3), (3, 3)), (1, 1)),
    "no padding": (2, 16, (3, 3), 16, (3, 3), (1, 1), NONE, (1, 1)),
    "cropping": (1, 32, (6, 6), 16, (3, 3), (1, 1), ((-1, 1), (0, -1)), (1, 1)),
    "stride beyond kernel": (1, 16, (11, 11), 16, (2, 2), (4, 3), NONE, (1, 1)),
}


class Case:
    """A convolution's operands, in buffers with halos larger than they need be."""

    def __init__(self, name, dtype="float32", threads=1):
        n, c, (h, w), oc, kernel, *self.rest = SHAPES[name]
        stride, padding, dilation = self.rest
        g = Geometry(h, w, *kernel, stride, padding, dilation)
        self.conv = ColumnConv(g, n, c, oc, dtype, threads)
        rng = np.random.default_rng(0)
        shapes = (n, c, h, w), (oc, c, *kernel), (n, oc, g.out_h, g.out_w)
        self.x, self.w, self.dy = (rng.standard_normal(s).astype(dtype) for s in shapes)
        kind = {"dtype": np.dtype(dtype)}
        halo = tuple(k + 1 for k in g.x_halo)
        self.x_layout = Layout(n, c, h, w, halo, **kind)
        self.y_layout = Layout(n, oc, g.out_h, g.out_w, (1, 0, 2, 1), **kind)
        self.dx_layout = Layout(n, c, h, w, (0, 1, 0, 2), **kind)
        self.columns = np.full(self.conv.columns_shape, np.nan, dtype)

    def spread(self, pool):
        pool.run(
            [
                self.conv.spread_launch(
                    to_blocked(self.x, self.x_layout), self.x_layout, self.columns
                )
            ]
        )

    def forward(self, pool, epilogue=None):
        y = self.y_layout.zeros()
        pool.run([self.conv.forward_launch(self.columns, self.w, y, self.y_layout, epilogue)])
        return from_blocked(y, self.y_layout)

    def backward_data(self, pool):
        dx, dy = self.dx_layout.zeros(), to_blocked(self.dy, self.y_layout)
        dx[...] = np.nan
        space = aligned_empty((self.conv.backward_data_workspace,), np.uint8)
        space[...] = 255
        pool.run(
            self.conv.backward_data_launches(dy, self.y_layout, self.w, dx, self.dx_layout, space)
        )
        return from_blocked(dx, self.dx_layout)

    def backward_weights(self, pool):
        dy, dw = to_blocked(self.dy, self.y_layout), np.full_like(self.w, np.nan)
        pool.run([self.conv.backward_weights_launch(self.columns, dy, self.y_layout, dw)])
        return dw


def check(name, dtype="float32", pool=None, threads=1):
    case, pool = Case(name, dtype, threads), pool or Serial()
    case.spread(pool)
    got = case.forward(pool), case.backward_data(pool), case.backward_weights(pool)
    for a, b in zip(got, reference(case.x, case.w, case.dy, *case.rest, 1), strict=True):
        assert error(a, b) < (1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHAPES)
def test_all_directions(name, dtype):
    check(name, dtype)


@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHAPES)
def test_narrow_vectors(name, dtype, lanes):
    with host.use_lanes(lanes):
        check(name, dtype)


@pytest.mark.parametrize("name", ["3x3", "many pixels", "wide kernel"])
def test_items_in_any_order(name):
    check(name, pool=Backwards(), threads=3)


def test_epilogue():
    case = Case("many pixels")
    case.spread(Serial())
    y = reference(case.x, case.w, case.dy, *case.rest, 1)[0]
    bias = np.linspace(-1, 1, case.conv.oc).astype("f4")
    residual = to_blocked(case.dy, case.y_layout)
    got = case.forward(Serial(), Epilogue(residual, bias, True))
    assert error(got, np.maximum(y + case.dy + bias[:, None, None], 0)) < 1e-6
    assert error(case.forward(Serial(), Epilogue(bias=bias)), y + bias[:, None, None]) < 1e-6


def test_nan_goes_where_it_is_read():
    case = Case("3x3")
    case.x[0, 5] = np.nan
    case.spread(Serial())
    assert np.isnan(case.forward(Serial(), Epilogue(relu=True))).all()
    assert np.isnan(case.backward_weights(Serial())).any((0, 2, 3)).nonzero()[0].tolist() == [5]


def test_columns_are_what_the_kernel_meets():
    case = Case("3x3")
    case.spread(Serial())
    padded = np.pad(case.x[0], ((0, 0), (1, 1), (1, 1)))
    row = case.columns[3, : case.conv.row].reshape(64, 3, 3)
    np.testing.assert_array_equal(row, padded[:, 1:4, 1:4])


def test_a_gradient_in_pieces_is_the_same():
    """The rows of an item are the unit of a chain with the update; see `kernels.launch.chain`."""
    case = Case("many pixels")
    case.spread(Serial())
    dy, dw = to_blocked(case.dy, case.y_layout), np.full_like(case.w, np.nan)
    launch = case.conv.backward_weights_launch(case.columns, dy, case.y_layout, dw)
    assert isinstance(launch, Launch) and launch.items * case.conv.gradient_rows == case.conv.oc
    launch.kernel.call(launch.address, 1, 2, 0)
    high = case.conv.gradient_rows
    assert np.isnan(dw[:high]).all() and not np.isnan(dw[high : 2 * high]).any()
    assert np.isnan(dw[2 * high :]).all()


def test_cost_favours_few_pixels():
    def ratio(n, size):
        plan = Conv2dPlan(n, 256, size, size, 256, 3, 3, padding=1)
        return columns_cost(plan.direct) / packed_cost([plan])

    assert ratio(1, 2) < ratio(1, 4) < 1 < ratio(16, 8) < ratio(16, 16)


def test_what_is_refused():
    g = Geometry(4, 4, 3, 3, (1, 1), ONE, (1, 1))
    with pytest.raises(ValueError, match="blocks of 16, got 20 and 16"):
        ColumnConv(g, 1, 20, 16)
    with pytest.raises(TypeError, match="float32 or float64, got int32"):
        ColumnConv(g, 1, 16, 16, "int32")
