"""Batch normalisation against float64."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from functorch_lite.kernels import batchnorm, host
from functorch_lite.kernels.launch import Serial
from functorch_lite.kernels.layout import Layout, from_blocked, to_blocked

EPS = 1e-3


def reference(x, gamma, beta, residual, dy, relu):
    """Return y, mean, var, dx, dgamma, dbeta, dresidual."""
    x, gamma, beta, residual, dy = (
        np.asarray(a, np.float64) for a in (x, gamma, beta, residual, dy)
    )
    axes, wide = (0, 2, 3), (slice(None), None, None)
    mean, var = x.mean(axes), x.var(axes)
    unit = (x - mean[wide]) / np.sqrt(var + EPS)[wide]
    y = unit * gamma[wide] + beta[wide] + residual
    if relu:
        dy = np.where(y > 0, dy, 0)
        y = np.maximum(y, 0)
    dgamma, dbeta = (dy * unit).sum(axes), dy.sum(axes)
    count = x.size / x.shape[1]
    inner = dy - (dbeta[wide] + unit * dgamma[wide]) / count
    dx = inner * (gamma / np.sqrt(var + EPS))[wide]
    return y, mean, var, dx, dgamma, dbeta, dy


def check(shape, relu, add, dtype="f4", offset=0.0):
    n, c, h, w = shape
    dtype = np.dtype(dtype)
    rng = np.random.default_rng(0)
    x, residual, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(3))
    x += dtype.type(offset)
    residual = residual if add else np.zeros_like(x)
    gamma, beta = (rng.standard_normal(c).astype(dtype) for _ in range(2))
    want = reference(x, gamma, beta, residual, dy, relu)
    tol = 3e-6 if dtype.itemsize == 4 else 1e-13
    tol *= max(1.0, offset)
    layouts = [
        Layout(n, c, h, w, halo, dtype=dtype) for halo in ((1, 1, 1, 1), (0, 1, 2, 0), (0, 0, 0, 0))
    ]
    lx, ly, lr = layouts

    def vector(v):
        return batchnorm.channel_vector(v, c, dtype)

    g, b = vector(gamma), vector(beta)
    mean, var, inverse, dg, db = (vector(0.0) for _ in range(5))
    bx, y, br = to_blocked(x, lx), ly.zeros(), to_blocked(residual, lr)
    serial = Serial()
    options = {"relu": relu, "residual": br if add else None, "residual_layout": lr}
    serial.run(
        [batchnorm.forward_launch(bx, y, (lx, ly), g, b, mean, var, inverse, EPS, **options)]
    )

    def close(got, ref):
        return np.testing.assert_allclose(got, ref, rtol=tol, atol=tol * np.abs(ref).max())

    close(from_blocked(y, ly), want[0])
    close(mean[:c], want[1])
    close(var[:c], want[2])
    dx, dr = lx.zeros(), lr.zeros()
    serial.run(
        [
            batchnorm.backward_launch(
                bx, to_blocked(dy, ly), dx, (lx, ly, lx), g, mean, inverse, dg, db,
                y=y if relu else None, y_layout=ly, dresidual=dr if add else None,
                dresidual_layout=lr,
            )
        ]
    )  # fmt: skip
    for got, ref in ((from_blocked(dx, lx), want[3]), (dg[:c], want[4]), (db[:c], want[5])):
        close(got, ref)
    if add:
        close(from_blocked(dr, lr), want[6])
    again = ly.zeros()
    serial.run(
        [
            batchnorm.forward_launch(
                bx, again, (lx, ly), g, b, mean, var, inverse, EPS, training=False, **options
            )
        ]
    )
    close(from_blocked(again, ly), want[0])


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize(("relu", "add"), list(itertools.product([False, True], repeat=2)))
def test_fused(relu, add, lanes):
    with host.use_lanes(lanes):
        check((2, 20, 5, 7), relu, add)


@pytest.mark.parametrize("shape", [(1, 16, 2, 3), (3, 48, 9, 1), (2, 7, 33, 40)])
def test_shapes(shape):
    check(shape, True, True)


def test_float64():
    check((2, 20, 5, 7), True, True, "f8")


def test_large_mean():
    # the plain sum of squares would lose everything: mean 300, deviation 1
    check((2, 16, 20, 20), False, False, offset=300.0)


def test_same_buffer_in_and_out():
    layout = Layout(2, 16, 4, 4, (1, 1, 1, 1))
    x = np.random.default_rng(1).standard_normal((2, 16, 4, 4)).astype("f4")

    def vector(v):
        return batchnorm.channel_vector(v, 16, layout.dtype)

    results = []
    for same in (False, True):
        bx = to_blocked(x, layout)
        y = bx if same else layout.zeros()
        rest = [vector(1.5), vector(0.5), *(vector(0.0) for _ in range(3))]
        Serial().run([batchnorm.forward_launch(bx, y, (layout, layout), *rest, relu=True)])
        results.append(from_blocked(y, layout))
    np.testing.assert_array_equal(*results)


def test_refuses_short_vectors():
    layout = Layout(1, 20, 2, 2)
    short = np.ones(20, "f4")
    with pytest.raises(ValueError, match=r"channel_vector\(\)"):
        batchnorm.forward_launch(layout.zeros(), layout.zeros(), (layout, layout), *[short] * 5)
