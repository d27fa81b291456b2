"""Pooling against NumPy, window by window."""

from __future__ import annotations

import numpy as np
import pytest

from functorch_lite.kernels import host
from functorch_lite.kernels.launch import Serial
from functorch_lite.kernels.layout import Layout, from_blocked, to_blocked
from functorch_lite.kernels.pool import Pool2d


def reference(x, dy, pool):
    """Return y, window indices, dx by definition."""
    n, c, h, w = x.shape
    (kh, kw), (sh, sw), (top, left), (dh, dw) = (
        pool.kernel,
        pool.stride,
        pool.padding,
        pool.dilation,
    )
    y, index, dx = np.empty(dy.shape), np.full(dy.shape, -1), np.zeros(x.shape)
    for at in np.ndindex(dy.shape):
        b, k, oy, ox = at
        inside = [
            (ky * kw + kx, oy * sh - top + ky * dh, ox * sw - left + kx * dw)
            for ky in range(kh)
            for kx in range(kw)
        ]
        inside = [p for p in inside if 0 <= p[1] < h and 0 <= p[2] < w]
        if pool.maximum:
            y[at] = -np.inf
            best = None
            for p in inside:
                value = x[b, k, p[1], p[2]]
                if best is None or value > y[at] or (np.isnan(value) and not np.isnan(y[at])):
                    best, y[at] = p, value
            if best is not None:
                index[at] = best[0]
                dx[b, k, best[1], best[2]] += dy[at]
        else:
            count = kh * kw if pool.count_padding else max(len(inside), 1)
            y[at] = sum(x[b, k, p[1], p[2]] for p in inside) / count
            for p in inside:
                dx[b, k, p[1], p[2]] += dy[at] / count
    return y, index, dx


# n, c, h, w, kernel, stride, padding, dilation, out
CASES = {
    "3x3 stride 2": (2, 20, 9, 8, (3, 3), (2, 2), (1, 1), (1, 1), (5, 4)),
    "2x2": (1, 16, 6, 7, (2, 2), (2, 2), (0, 0), (1, 1), (3, 3)),
    "overlapping, uneven": (1, 5, 7, 9, (4, 2), (1, 3), (2, 0), (1, 1), (8, 3)),
    "dilated": (1, 16, 11, 12, (3, 2), (1, 2), (1, 0), (2, 3), (9, 4)),
    "global": (2, 32, 7, 5, (7, 5), (1, 1), (0, 0), (1, 1), (1, 1)),
    "windows in the padding": (1, 16, 3, 3, (2, 2), (2, 2), (3, 2), (1, 1), (4, 4)),
    "gaps": (1, 16, 9, 9, (2, 1), (4, 3), (0, 0), (1, 1), (2, 3)),
}


def run(case, maximum, count_padding=True, dtype="f4", special=False):
    n, c, h, w, kernel, stride, padding, dilation, out = case
    rng = np.random.default_rng(0)
    dtype = np.dtype(dtype)
    # few distinct values: ties must go to the first
    x = rng.integers(-3, 3, (n, c, h, w)).astype(dtype)
    if special:
        x[rng.random(x.shape) < 0.2] = np.nan
        x[rng.random(x.shape) < 0.3] = -np.inf
    lx = Layout(n, c, h, w, (1, 0, 2, 1), dtype=dtype)
    ly = Layout(n, c, *out, (0, 1, 1, 0), dtype=dtype)
    pool = Pool2d(lx, ly, kernel, stride, padding, dilation, maximum, count_padding)
    dy = rng.standard_normal((n, c, *out)).astype(dtype)
    y_ref, index_ref, dx_ref = reference(x, dy, pool)
    bx, y, indices, dx = to_blocked(x, lx), ly.zeros(), pool.indices(), to_blocked(x, lx)
    serial = Serial()
    serial.run([pool.forward_launch(bx, y, indices if maximum else None)])
    serial.run([pool.backward_launch(to_blocked(dy, ly), dx, indices if maximum else None)])
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(from_blocked(y, ly), y_ref, **close)
    np.testing.assert_allclose(from_blocked(dx, lx), dx_ref, **close)
    if maximum:
        got = indices.transpose(0, 1, 4, 2, 3).reshape(n, -1, *out)[:, :c]
        np.testing.assert_array_equal(got, index_ref)
    before = from_blocked(dx, lx)
    again = pool.backward_launch(to_blocked(dy, ly), dx, indices if maximum else None, True)
    serial.run([again])
    np.testing.assert_allclose(from_blocked(dx, lx), 2 * before, **close)


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("name", CASES)
def test_maximum(name, lanes):
    with host.use_lanes(lanes):
        run(CASES[name], True)


@pytest.mark.parametrize("name", CASES)
def test_maximum_of_nan_and_infinity(name):
    run(CASES[name], True, special=True)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("name", [n for n in CASES if n != "dilated"])
def test_average(name, count_padding):
    run(CASES[name], False, count_padding)


@pytest.mark.parametrize("maximum", [True, False])
def test_float64(maximum):
    run(CASES["3x3 stride 2"], maximum, dtype="f8")


def test_refuses():
    x, y = Layout(1, 16, 4, 4), Layout(1, 16, 2, 2)
    with pytest.raises(ValueError, match="no dilation"):
        Pool2d(x, y, (2, 2), (2, 2), dilation=(2, 2))
    pool = Pool2d(x, y, (2, 2), (2, 2), maximum=True)
    with pytest.raises(ValueError, match="needs the indices"):
        pool.backward_launch(y.zeros(), x.zeros(), None)
    with pytest.raises(ValueError, match=r"Pool2d.indices\(\)"):
        pool.forward_launch(x.zeros(), y.zeros(), np.zeros((1, 1, 2, 2, 16), np.int64))
    with pytest.raises(ValueError, match="blocks of 16"):
        Pool2d(Layout(1, 3, 4, 4, block=3), y, (2, 2), (2, 2))
