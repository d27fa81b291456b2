"""Copies into and out of the blocked layout and packed weights."""

from __future__ import annotations

import numpy as np
import pytest

from functorch_lite.kernels import host
from functorch_lite.kernels.launch import Serial
from functorch_lite.kernels.layout import (
    Layout,
    WeightLayout,
    from_blocked,
    pack_weights,
    to_blocked,
    unpack_launch,
    unpack_weights,
)

LAYOUTS = {
    "whole blocks": Layout(2, 32, 5, 20, (1, 1, 1, 1)),
    "odd channels, odd halo": Layout(1, 19, 3, 17, (0, 2, 1, 0)),
    "thin": Layout(2, 3, 6, 5, (3, 3, 3, 3), block=3),
    "float64": Layout(1, 20, 4, 33, dtype=np.dtype("f8")),
    "one pixel": Layout(3, 64, 1, 1),
}


def numpy_blocked(x, layout):
    """Return the blocked buffer by NumPy alone."""
    out = np.zeros(layout.shape, layout.dtype)
    for c in range(layout.c):
        layout.interior(out)[:, c // layout.block, :, :, c % layout.block] = x[:, c]
    return out


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("name", LAYOUTS)
def test_round_trip(name, lanes):
    layout = LAYOUTS[name]
    x = np.random.default_rng(0).standard_normal((layout.n, layout.c, layout.h, layout.w))
    x = x.astype(layout.dtype)
    with host.use_lanes(lanes):
        for source in (x, np.asfortranarray(x), x[:, ::-1, ::-1, ::-1].copy()[:, ::-1, ::-1, ::-1]):
            buffer = to_blocked(source, layout)
            np.testing.assert_array_equal(buffer, numpy_blocked(x, layout))
        np.testing.assert_array_equal(from_blocked(buffer, layout), x)
        out = np.zeros(x.shape[::-1], layout.dtype).transpose()
        Serial().run([unpack_launch(buffer, out, layout)])
        np.testing.assert_array_equal(out, x)


def test_packing_overwrites_stale_lanes():
    layout = Layout(1, 3, 2, 2)
    x = np.ones((1, 3, 2, 2), "f4")
    buffer = layout.zeros()
    buffer[...] = np.nan
    from functorch_lite.kernels.layout import pack_launch

    Serial().run([pack_launch(x, buffer, layout)])
    assert (buffer[..., 3:] == 0).all()


WEIGHTS = {
    "3x3": WeightLayout(64, 32, 3, 3, blocks=4),
    "two groups of one": WeightLayout(32, 16, 3, 3, blocks=1),
    "odd": WeightLayout(40, 20, 2, 5, blocks=3),
    "thin": WeightLayout(32, 3, 7, 7, blocks=2, in_block=3),
    "1x1 float64": WeightLayout(32, 48, 1, 1, blocks=2, dtype=np.dtype("f8")),
}


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("name", WEIGHTS)
def test_weights(name, lanes):
    lay = WEIGHTS[name]
    w = np.random.default_rng(1).standard_normal((lay.o, lay.i, lay.kh, lay.kw)).astype(lay.dtype)
    want = np.zeros(lay.shape, lay.dtype)
    for o in range(lay.o):
        g, lane = divmod(o, 16 * lay.blocks)
        for i in range(lay.i):
            want[g, i // lay.in_block, :, :, i % lay.in_block, lane] = w[o, i]
    with host.use_lanes(lanes):
        strided = np.ascontiguousarray(w.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1)
        for source in (w, strided):
            np.testing.assert_array_equal(pack_weights(source, lay), want)
        np.testing.assert_array_equal(unpack_weights(want, lay), w)
        out = np.empty(w.shape[::-1], lay.dtype).transpose()
        np.testing.assert_array_equal(unpack_weights(want, lay, out=out), w)


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_packed_weights_may_start_anywhere(lanes):
    w = np.random.default_rng(4).standard_normal((32, 16, 3, 3)).astype("f4")
    with host.use_lanes(lanes):
        layout = WeightLayout(32, 16, 3, 3, 1)
        want = pack_weights(w, layout)
        raw = np.zeros(want.size + 17, "f4")
        for shift in range(17):
            packed = raw[shift : shift + want.size].reshape(want.shape)
            np.testing.assert_array_equal(pack_weights(w, layout, out=packed), want)


def test_refuses_other_shapes():
    layout = Layout(1, 16, 2, 2)
    with pytest.raises(ValueError, match="does not match"):
        to_blocked(np.zeros((1, 16, 2, 3), "f4"), layout)
    with pytest.raises(ValueError, match="does not match"):
        to_blocked(np.zeros((1, 16, 2, 2)), layout)
    with pytest.raises(ValueError, match="do not match"):
        pack_weights(np.zeros((16, 16, 1, 1), "f4"), WeightLayout(16, 8, 1, 1, blocks=1))
    with pytest.raises(ValueError, match="4, 8 or 16"), host.use_lanes(2):
        pass
