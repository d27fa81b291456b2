"""sort, top_k and searchsorted: values against NumPy and JAX, rules, ties and NaN."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.prims.searching import searchsorted
from functorch_lite.prims.sorting import sort, take_along, top_k
from tests.rules import check_rules

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 5))
TIES = RNG.integers(0, 3, (3, 5))


@pytest.mark.parametrize("dimension", [0, 1, -1])
def test_sort(dimension):
    np.testing.assert_array_equal(sort(X, dimension), np.sort(X, dimension))
    check_rules(lambda x: sort(x, dimension) * x, [X], order=2)


@pytest.mark.parametrize("dimension", [0, 1])
def test_sort_of_several_operands(dimension):
    y = RNG.standard_normal((3, 5))
    got = sort([TIES, y], dimension)
    order = np.argsort(TIES, dimension, kind="stable")
    np.testing.assert_array_equal(got[1], np.take_along_axis(y, order, dimension))
    check_rules(lambda k, x, y: sort([k, x, y], dimension), [TIES, X, y], order=1)
    check_rules(lambda x, y: sort((x, y), dimension)[1], [X, y], order=2)


def test_sort_by_two_keys():
    y = RNG.standard_normal((3, 5))
    a, b, c = sort([TIES, y, X], 1, num_keys=2)
    order = np.lexsort((y, TIES), 1)
    for got, x in ((a, TIES), (b, y), (c, X)):
        np.testing.assert_array_equal(got, np.take_along_axis(x, order, 1))
    check_rules(lambda k, y, x: sort([k, y, x], 1, num_keys=2), [TIES, y, X], order=1)


def test_nan_sorts_last_and_equals_keep_their_order():
    x = np.array([np.nan, 1.0, -np.inf, 1.0, np.inf])
    i = np.arange(5)
    values, order = fl.jit(lambda x: sort([x, i]))(x)
    np.testing.assert_array_equal(values, [-np.inf, 1, 1, np.inf, np.nan])
    np.testing.assert_array_equal(order, [2, 1, 3, 4, 0])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1,)])
def test_sort_of_little(shape):
    x = np.ones(shape)
    _, dy = fl.jvp(lambda x: sort(x, 0), (x,), (x,))
    assert dy.shape == shape


@pytest.mark.parametrize("k", [0, 1, 3, 5])
def test_top_k(k):
    values, index = top_k(X, k)
    np.testing.assert_array_equal(values, -np.sort(-X)[:, :k])
    np.testing.assert_array_equal(np.take_along_axis(X, index.astype(int), -1), values)
    check_rules(lambda x: top_k(x, k)[0] ** 2, [X], order=2)
    check_rules(lambda x: top_k(x, k), [X], order=1)


def test_top_k_of_ties_and_nan():
    values, index = top_k(np.array([1.0, 3.0, 3.0, np.nan, 3.0]), 4)
    np.testing.assert_array_equal(values, [np.nan, 3, 3, 3])
    np.testing.assert_array_equal(index, [3, 1, 2, 4])
    assert index.dtype == np.int32


@pytest.mark.parametrize("mode", ["clip", "fill"])
def test_take_along(mode):
    index = RNG.integers(-1, 6, (3, 2))
    check_rules(lambda x, i: take_along(x, i, 1, mode, 0.5), [X, index], order=2)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(side):
    a = np.array([1.0, 2.0, 2.0, 4.0, np.nan])
    v = np.array([[0.0, 2.0, 3.0], [4.0, np.nan, 9.0]])
    np.testing.assert_array_equal(searchsorted(a, v, side), np.searchsorted(a, v, side))
    check_rules(lambda a, v: searchsorted(a, v, side), [a, v], vmap=False)


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0)])
def test_searchsorted_maps(axes):
    a, v = np.sort(RNG.standard_normal((3, 4))), RNG.standard_normal((3, 2, 5))
    aa, vv = (x if m is not None else x[0] for x, m in zip((a, v), axes, strict=True))
    got = fl.vmap(searchsorted, axes)(aa, vv)
    want = [
        np.searchsorted(aa[i] if axes[0] == 0 else aa, vv[i] if axes[1] == 0 else vv)
        for i in range(3)
    ]
    np.testing.assert_array_equal(got, want)
    twice = fl.vmap(fl.vmap(searchsorted, (None, 0)), (0, None))(a, v[0])
    np.testing.assert_array_equal(twice, [[np.searchsorted(r, w) for w in v[0]] for r in a])


def test_errors_name_the_line():
    for f in (
        lambda x: sort([x, x[0]]),
        lambda x: sort(x, num_keys=2),
        lambda x: top_k(x, 9),
        lambda x: searchsorted(x, x),
    ):
        with pytest.raises(fl.ShapeError, match=r"test_sorting\.py"):
            fl.jit(f)(X)


def test_agrees_with_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    x = np.array([[3.0, 1.0, 3.0, 2.0], [5.0, 5.0, 5.0, -1.0]])
    with jax.enable_x64(True):
        for k in (1, 3):
            for got, want in zip(top_k(x, k), jax.lax.top_k(x, k), strict=True):
                np.testing.assert_array_equal(got, want)
            want = jax.jacobian(lambda x, k=k: jax.lax.top_k(x, k)[0])(x)
            np.testing.assert_array_equal(fl.jacobian(lambda x, k=k: top_k(x, k)[0])(x), want)
        want = jax.jacobian(lambda x: jax.lax.sort(x, dimension=1))(x)
        np.testing.assert_array_equal(fl.jacobian(lambda x: sort(x, 1))(x), want)
