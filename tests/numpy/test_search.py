"""Searching, counting and interpolation against NumPy."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5))
V = RNG.standard_normal(20)
EDGES = np.array([-2.0, -1.0, 0.0, 0.5, 0.5, 3.0])
XP = np.array([0.0, 1.0, 2.5, 4.0])
FP = RNG.standard_normal(4)
ROWS = {
    "searchsorted": (lambda n, a, v: n.searchsorted(a, v), [EDGES, X]),
    "searchsorted right": (lambda n, a, v: n.searchsorted(a, v, side="right"), [EDGES, EDGES]),
    "searchsorted mixed": (lambda n, a, v: n.searchsorted(a, v), [np.arange(4), X]),
    "digitize": (lambda n, x, b: n.digitize(x, b), [X, EDGES]),
    "digitize right": (lambda n, x, b: n.digitize(x, b, right=True), [EDGES, EDGES]),
    "digitize falling": (lambda n, x, b: n.digitize(x, b), [X, EDGES[::-1]]),
    "interp": (lambda n, x, xp, fp: n.interp(x, xp, fp), [np.array([-1.0, 0.3, 2.0, 9.0]), XP, FP]),
    "interp ends": (
        lambda n, x, xp, fp: n.interp(x, xp, fp, left=-7.0, right=7.0),
        [np.array([-1.0, 0.3, 3.3, 9.0]), XP, FP],
    ),
    "histogram": (lambda n, x: n.histogram(x, 4), [V]),
    "histogram range": (lambda n, x: n.histogram(x, 3, (-1.0, 1.0)), [V]),
    "histogram edges": (lambda n, x, e: n.histogram(x, e), [V, np.unique(EDGES)]),
    "histogram density": (lambda n, x: n.histogram(x, 4, density=True), [V]),
    "histogram weights": (lambda n, x, w: n.histogram(x, 4, weights=w), [V, V**2]),
    "histogram constant": (lambda n, x: n.histogram(x, 3), [np.ones(5)]),
    "histogram_bin_edges": (lambda n, x: n.histogram_bin_edges(x, 5), [V]),
    "histogram2d": (lambda n, x, y: n.histogram2d(x, y, 3), [V, V[::-1]]),
    "histogram2d bins": (lambda n, x, y: n.histogram2d(x, y, [2, 4], density=True), [V, V[::-1]]),
    "histogramdd": (lambda n, x: n.histogramdd(x, (2, 3, 2))[0], [RNG.standard_normal((30, 3))]),
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    f, args = ROWS[name]
    differentiable = name.startswith("interp")
    # Mapped samples are permuted independently, which bin edges must not be.
    vmap = not any(
        k in name for k in ("searchsorted", "digitize", "interp", "edges", "histogramdd")
    )
    check_agrees(f, args, order=2 if differentiable else 0, vmap=vmap)


def test_interp_at_points_and_with_a_period():
    x = np.concatenate([XP, [5.0, -3.0, 0.2]])
    check_agrees(lambda n, x: n.interp(x, XP, FP), [x], order=0)
    check_agrees(lambda n, x, fp: n.interp(x, XP, fp, period=5.0), [x, FP], order=0)
    check_agrees(lambda n, x: n.interp(x, XP, FP + 1j), [x], order=0)
    check_agrees(lambda n, x: n.interp(x, XP[:1], FP[:1]), [x], order=0)
    got = fl.vmap(fnp.interp, (None, None, 0))(x, XP, np.stack([FP, 2 * FP]))
    np.testing.assert_allclose(got, [np.interp(x, XP, FP), np.interp(x, XP, 2 * FP)])


def test_nan_belongs_last():
    a, v = np.array([1.0, 2.0, np.nan]), np.array([np.nan, 1.5])
    check_agrees(lambda n, a, v: n.searchsorted(a, v), [a, v], order=0, vmap=False)


@pytest.mark.parametrize("size", [0, 2, 5, 25])
def test_nonzero_with_size(size):
    x = np.where(np.abs(X) > 1, X, 0)
    for got in (
        fnp.nonzero(x, size=size, fill_value=-1),
        fl.jit(lambda x: fnp.nonzero(x, size=size, fill_value=-1))(x),
    ):
        for g, w in zip(got, np.nonzero(x), strict=True):
            want = np.full(size, -1)
            k = min(size, w.size)
            want[:k] = w[:k]
            np.testing.assert_array_equal(g, want)
    n = np.count_nonzero(x)
    np.testing.assert_array_equal(fl.jit(lambda x: fnp.argwhere(x, size=n))(x), np.argwhere(x))
    np.testing.assert_array_equal(
        fl.jit(lambda x: fnp.flatnonzero(x, size=n))(x), np.flatnonzero(x)
    )
    got = fl.jit(lambda x: fnp.nonzero(x, size=n + 1, fill_value=(8, 9)))(x)
    assert (got[0][-1], got[1][-1]) == (8, 9)


def test_nonzero_maps_and_explains():
    m = np.array([[True, False, True], [False, True, False]])
    got = fl.vmap(lambda m: fnp.nonzero(m, size=2, fill_value=3)[0])(m)
    np.testing.assert_array_equal(got, [[0, 2], [1, 3]])
    for f in (fnp.nonzero, fnp.argwhere, fnp.flatnonzero, fnp.where):
        with pytest.raises(fl.ConcretizationError, match=r"size=n") as e:
            fl.jit(lambda x, f=f: f(x))(m)
        assert "test_search.py" in str(e.value)
    np.testing.assert_array_equal(fl.jit(lambda x: x[fnp.nonzero(x > 0, size=3)])(V), V[V > 0][:3])
    np.testing.assert_array_equal(fnp.nonzero(m)[1], [0, 2, 1])


def test_bincount():
    x, w = np.array([0, 3, 3, 1]), np.array([0.5, 1.0, 2.0, 4.0])
    np.testing.assert_array_equal(fnp.bincount(x, minlength=6), np.bincount(x, minlength=6))
    for length in (2, 4, 6):
        want = np.bincount(x, minlength=6)[:length]
        got = fl.jit(lambda x, n=length: fnp.bincount(x, length=n))(x)
        np.testing.assert_array_equal(got, want, strict=True)
        want = np.bincount(x, w, minlength=6)[:length]
        got = fl.jit(lambda x, w, n=length: fnp.bincount(x, w, length=n))(x, w)
        np.testing.assert_array_equal(got, want, strict=True)
    g = fl.grad(lambda w: (fnp.bincount(x, w, length=4) ** 2).sum())(w)
    np.testing.assert_array_equal(g, [1, 6, 6, 8])
    got = fl.vmap(lambda x: fnp.bincount(x, length=4))(np.stack([x, x[::-1] * 0]))
    np.testing.assert_array_equal(got, [[1, 1, 0, 2], [4, 0, 0, 0]])
    with pytest.raises(fl.ConcretizationError, match="length=n"):
        fl.jit(fnp.bincount)(x)


def test_histogram_of_weights_has_a_derivative():
    g = fl.grad(lambda w: (fnp.histogram(V, 4, weights=w)[0] ** 2).sum())(np.ones(20))
    counts, edges = np.histogram(V, 4)
    np.testing.assert_allclose(g, 2 * counts[np.clip(np.digitize(V, edges) - 1, 0, 3)])


def test_bins_by_name_are_for_known_data():
    counts, _ = fnp.histogram(V, "auto")
    np.testing.assert_array_equal(counts, np.histogram(V, "auto")[0])
    with pytest.raises(fl.ConcretizationError, match="auto"):
        fl.jit(lambda x: fnp.histogram(x, "auto"))(V)


def test_where_with_one_argument_fills():
    (at,) = fl.jit(lambda x: fnp.where(x > 1, size=3, fill_value=-1))(np.array([0.0, 2.0, 3.0]))
    assert at.tolist() == [1, 2, -1]
