"""Interpolation, image coordinates, codes, samples' statistics and densities against SciPy."""

import functools

import numpy as np
import pytest
import scipy
import scipy.cluster.vq
import scipy.interpolate
import scipy.ndimage
import scipy.stats

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite import scipy as fls
from tests.rules import check_rules
from tests.scipy.agree import check_agrees

RNG = np.random.default_rng(0)
GRID = (np.array([0.0, 0.3, 1.0, 1.5]), np.linspace(-1, 1, 5))
VALUES = RNG.standard_normal((4, 5, 2))
POINTS = np.stack([RNG.uniform(0.01, 1.4, 6), RNG.uniform(-0.9, 0.9, 6)], 1)


@pytest.mark.parametrize("method", ["linear", "nearest"])
@pytest.mark.parametrize("fill", [np.nan, 7.0, None])
def test_grid_interpolation(method, fill):
    def call(m, v, x):
        f = m.interpolate.RegularGridInterpolator(
            GRID, v, method, bounds_error=False, fill_value=fill
        )
        return f(x)

    check_agrees(fls, scipy, call, [VALUES, POINTS])
    outside = POINTS + np.array([1.2, -0.5])
    np.testing.assert_allclose(call(fls, VALUES, outside), call(scipy, VALUES, outside), rtol=1e-9)


def test_grid_interpolation_explains_mistakes():
    f = fls.interpolate.RegularGridInterpolator(GRID, VALUES, bounds_error=True)
    with pytest.raises(ValueError, match="outside"):
        f(POINTS + 9)
    with pytest.raises(fl.ShapeError, match="does not fit"):
        fls.interpolate.RegularGridInterpolator(GRID, VALUES[1:])
    with pytest.raises(fl.ShapeError, match="positions"):
        f(POINTS[:, :1])


@pytest.mark.parametrize("mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("order", [0, 1])
def test_map_coordinates(mode, order):
    image = RNG.standard_normal((4, 5))
    # SciPy's "wrap" has a period one shorter (its "grid-wrap" is JAX's and ours).
    names = {"wrap": "grid-wrap", "constant": "grid-constant"}
    at = RNG.uniform(-3, 8, (2, 7))

    def ours(x, a, b):
        return fls.ndimage.map_coordinates(x, [a, b], order, mode, 0.5)

    want = scipy.ndimage.map_coordinates(
        image, at, order=order, mode=names.get(mode, mode), cval=0.5
    )
    np.testing.assert_allclose(ours(image, *at), want, atol=1e-12)
    check_rules(ours, [image, *at], order=1)


def test_map_coordinates_of_integers_and_mistakes():
    image = np.arange(6).reshape(2, 3)
    got = fls.ndimage.map_coordinates(image, [np.array([0.5]), np.array([1.4])], 1)
    assert got.dtype == np.int64 and got.tolist() == [3]
    with pytest.raises(fl.ShapeError, match="2 axes"):
        fls.ndimage.map_coordinates(image, [np.array([0.5])], 1)
    with pytest.raises(ValueError, match="order"):
        fls.ndimage.map_coordinates(image, [np.zeros(1)] * 2, 3)


def test_vq():
    obs, codes = RNG.standard_normal((6, 3)), RNG.standard_normal((4, 3))
    check_agrees(fls, scipy, lambda m, x, c: m.cluster.vq.vq(x, c), [obs, codes])
    with pytest.raises(fl.ShapeError, match="features"):
        fls.cluster.vq.vq(obs, codes[:, :2])


TIES = RNG.integers(0, 4, (5, 6)).astype(float)
HOLES = np.where(RNG.random((5, 6)) < 0.2, np.nan, TIES)


def _ranks(m, x, method, axis):
    return m.stats.rankdata(x, method, axis=axis)


def _mode(m, x, axis, keepdims):
    return list(m.stats.mode(x, axis, keepdims=keepdims))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_statistics_of_samples(axis):
    for method in ("average", "min", "max", "dense", "ordinal"):
        call = functools.partial(_ranks, method=method, axis=axis)
        check_agrees(fls, scipy, call, [TIES], order=0)
    check_agrees(fls, scipy, lambda m, x: m.stats.rankdata(x, axis=axis), [HOLES], order=0)
    for keep in (False, True):
        call = functools.partial(_mode, axis=axis, keepdims=keep)
        check_agrees(fls, scipy, call, [TIES], order=0)
        check_agrees(fls, scipy, lambda m, x: m.stats.sem(x, axis, keepdims=keep), [TIES])  # noqa: B023
    check_agrees(fls, scipy, lambda m, x: m.stats.sem(x, axis, nan_policy="omit"), [HOLES], order=0)


def test_entropy_of_poisson():
    mu = np.array([0.0, 0.1, 1.0, 5.0, 30.0, 99.0, 101.0, 500.0])
    check_agrees(fls, scipy, lambda m, x: m.stats.poisson.entropy(x), [mu], order=0)
    check_rules(fls.stats.poisson.entropy, [mu[2:]], order=1)


@pytest.mark.parametrize("bandwidth", [None, "silverman", 0.3])
def test_kernel_densities(bandwidth):
    data, weights = RNG.standard_normal((2, 9)), RNG.random(9) + 0.1
    at = RNG.standard_normal((2, 4))

    def call(m, d, w, x):
        f = m.stats.gaussian_kde(d, bandwidth, w)
        gaussian = f.integrate_gaussian(np.zeros(2), np.eye(2))
        return f(x), f.logpdf(x), f.pdf(x), f.inv_cov, f.integrate_kde(f), gaussian

    # SciPy's takes weights as they are; ours may be differentiated in them too.
    check_agrees(fls, scipy, call, [data, weights, at])


def test_kernel_densities_in_one_dimension():
    data = RNG.standard_normal(9)
    ours, theirs = fls.stats.gaussian_kde(data), scipy.stats.gaussian_kde(data)
    np.testing.assert_allclose(ours.integrate_box_1d(-1, 0.5), theirs.integrate_box_1d(-1, 0.5))
    drawn = ours.resample(fl.random.key(0), (4000,))
    assert drawn.shape == (1, 4000) and abs(fnp.mean(drawn) - data.mean()) < 0.1
    with pytest.raises(fl.ShapeError, match="one feature"):
        fls.stats.gaussian_kde(RNG.standard_normal((2, 5))).integrate_box_1d(0, 1)
