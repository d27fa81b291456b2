"""Sorting, order statistics and sets against NumPy."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.numpy._quantile import _METHODS
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5))
TIES = RNG.integers(0, 4, (5, 6))
NAN = np.where(X > 1, np.nan, X)
V = RNG.standard_normal(9)
ROWS = {
    "sort": (lambda n, x: n.sort(x), [X]),
    "sort axis": (lambda n, x: n.sort(x, axis=0, kind="stable"), [X]),
    "sort flat": (lambda n, x: n.sort(x, axis=None), [X]),
    "sort times": (lambda n, x: n.sort(x) * x, [X]),
    "sort nan": (lambda n, x: n.sort(x), [NAN]),
    "sort ints": (lambda n, x: n.sort(x, 0), [TIES]),
    "argsort": (lambda n, x: n.argsort(x, kind="stable"), [TIES]),
    "argsort axis": (lambda n, x: n.argsort(x, axis=0, stable=True), [X]),
    "argsort flat": (lambda n, x: n.argsort(x, None), [X]),
    "argsort nan": (lambda n, x: n.argsort(x, stable=True), [NAN]),
    "lexsort": (lambda n, a, b: n.lexsort((a, b)), [TIES[0], TIES[1]]),
    "lexsort axis": (lambda n, a, b: n.lexsort([a, b], axis=0), [TIES, TIES[::-1]]),
    "sort_complex": (lambda n, x: n.sort_complex(x), [V]),
    "sort_complex ints": (lambda n, x: n.sort_complex(x), [TIES[0].astype(np.int8)]),
    "median": (lambda n, x: n.median(x), [X]),
    "median axis": (lambda n, x: n.median(x, axis=1), [X]),
    "median even": (lambda n, x: n.median(x, axis=0, keepdims=True), [X]),
    "median axes": (lambda n, x: n.median(x, axis=(0, 2)), [X.reshape(2, 2, 5)]),
    "median ints": (lambda n, x: n.median(x, axis=1), [TIES]),
    "quantile": (lambda n, x: n.quantile(x, 0.3), [X]),
    "quantile many": (lambda n, x: n.quantile(x, [[0.0, 0.3], [0.5, 1.0]], axis=1), [X]),
    "quantile traced": (lambda n, x, q: n.quantile(x, q, axis=0), [X, np.array([0.21, 0.77])]),
    "quantile keepdims": (lambda n, x: n.quantile(x, [0.2, 0.9], axis=1, keepdims=True), [X]),
    "quantile float32": (lambda n, x: n.quantile(x, 0.3), [X.astype(np.float32)]),
    "quantile float32 q": (lambda n, x: n.quantile(x, np.float32(0.3)), [X.astype(np.float32)]),
    "percentile": (lambda n, x: n.percentile(x, 30, axis=1), [X]),
    "percentile many": (lambda n, x: n.percentile(x, [10, 55.5], axis=1), [X]),
    "nan median": (lambda n, x: n.median(x, axis=0), [NAN]),
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    f, args = ROWS[name]
    has_nan = any(a.dtype.kind == "f" and np.isnan(a).any() for a in args)
    exact = "float32" in name
    order = 0 if has_nan or exact else 2 if name == "sort times" else 1
    with np.errstate(all="ignore"):
        check_agrees(f, args, order=order, vmap=not has_nan, value_tol=1e-6 if exact else 1e-12)


def test_nan_survives_vmap_of_sort():
    for f in (fnp.sort, fnp.argsort, lambda x: fnp.median(x)):
        got = fl.vmap(f)(NAN)
        np.testing.assert_array_equal(got, np.stack([f(r) for r in NAN]))


@pytest.mark.parametrize("method", _METHODS)
@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_every_quantile_method(method, n):
    x, q = V[:n], np.array([0.0, 0.1, 1 / 7, 0.25, 0.5, 0.6, 0.75, 0.99, 1.0])
    check_agrees(lambda m, x: m.quantile(x, q, method=method), [x], order=0)
    check_agrees(lambda m, x, q: m.quantile(x, q, method=method), [x, q], order=0)
    check_agrees(lambda m, x: m.percentile(x, 40, method=method), [x], order=1)
    check_agrees(lambda m, x: m.quantile(x, 0.4, method=method), [np.arange(n)], order=0)


@pytest.mark.parametrize("method", _METHODS)
def test_nan_quantiles(method):
    x = NAN.copy()
    x[0] = np.arange(5.0)
    q = np.array([0.0, 0.25, 0.5, 0.9, 1.0])
    for axis in (0, 1, None):
        want = np.nanquantile(x, q, axis=axis, method=method)
        got = fl.jit(lambda x, a=axis: fnp.nanquantile(x, q, axis=a, method=method))(x)
        np.testing.assert_allclose(got, want, rtol=1e-12)
    got = fl.jit(lambda x: fnp.nanpercentile(x, 25, axis=1, method=method))(x)
    np.testing.assert_allclose(got, np.nanpercentile(x, 25, axis=1, method=method))


def test_nanmedian():
    for axis in (0, 1, None):
        got = fl.jit(lambda x, a=axis: fnp.nanmedian(x, axis=a))(NAN)
        np.testing.assert_allclose(got, np.nanmedian(NAN, axis=axis))
    g = fl.grad(lambda x: fnp.nanmedian(x))(np.array([1.0, np.nan, 3.0]))
    np.testing.assert_array_equal(g, [0.5, 0.0, 0.5])
    assert np.isnan(fl.jit(fnp.nanmedian)(np.full(3, np.nan)))


def test_median_of_an_even_number_shares_its_derivative():
    np.testing.assert_array_equal(
        fl.grad(fnp.median)(np.array([4.0, 1.0, 2.0, 9.0])), [0.5, 0.0, 0.5, 0.0]
    )


def test_descending_is_stable_and_puts_nan_first():
    x = np.array([1.0, np.nan, 2.0, 1.0, 2.0])
    for f in (fnp.sort, fl.jit(lambda x, descending: fnp.sort(x, descending=True))):
        np.testing.assert_array_equal(f(x, descending=True), [np.nan, 2, 2, 1, 1])
    for f in (fnp.argsort, fl.jit(lambda x, descending: fnp.argsort(x, descending=True))):
        np.testing.assert_array_equal(f(x, descending=True), [1, 2, 4, 0, 3])


def test_sorting_equals_permutes_their_tangents_stably():
    x, t = np.array([2.0, 1.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0, 4.0])
    _, dy = fl.jvp(fnp.sort, (x,), (t,))
    np.testing.assert_array_equal(dy, [2, 4, 1, 3])


@pytest.mark.parametrize("kth", [0, 2, -1, (1, 3)])
def test_partition(kth):
    x = X.copy()
    for got in (fnp.partition(x, kth), fl.jit(lambda x: fnp.partition(x, kth))(x)):
        np.testing.assert_array_equal(np.take(got, kth, -1), np.take(np.sort(x), kth, -1))
        np.testing.assert_array_equal(np.sort(got), np.sort(x))
    order = fl.jit(lambda x: fnp.argpartition(x, kth))(x)
    np.testing.assert_array_equal(
        np.take(np.take_along_axis(x, order, -1), kth, -1), np.take(np.sort(x), kth, -1)
    )
    with pytest.raises(ValueError, match="out of bounds"):
        fl.jit(lambda x: fnp.partition(x, 9))(x)


# --- sets ---------------------------------------------------------------------------------------

SETS = {
    "isin": (lambda n, a, b: n.isin(a, b), [TIES, np.array([1, 3, 9])]),
    "isin inverted": (lambda n, a, b: n.isin(a, b, invert=True), [TIES, np.array([1, 3])]),
    "isin floats": (lambda n, a, b: n.isin(a, b), [X, X[1, :3]]),
    "isin empty": (lambda n, a: n.isin(a, np.array([], int)), [TIES]),
}


@pytest.mark.parametrize("name", SETS)
def test_membership(name):
    check_agrees(*SETS[name], order=0)


def test_unique_with_size():
    x = np.array([3, 1, 3, 2, 1, 7])
    values, index, inverse, counts = np.unique(x, True, True, True)
    for size in (4, 6):
        got = fl.jit(lambda x, s=size: fnp.unique(x, True, True, True, size=s, fill_value=-1))(x)
        pad = size - 4
        np.testing.assert_array_equal(got[0], np.pad(values, (0, pad), constant_values=-1))
        np.testing.assert_array_equal(got[1][:4], index)
        np.testing.assert_array_equal(got[2], inverse)
        np.testing.assert_array_equal(got[3], np.pad(counts, (0, pad)))
    np.testing.assert_array_equal(fl.jit(lambda x: fnp.unique(x, size=2))(x), [1, 2])
    np.testing.assert_array_equal(fnp.unique(x), values)


def test_unique_rows_and_nan():
    rows = TIES[:, :2]
    want = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    n = len(want[0])
    got = fl.jit(lambda x: fnp.unique(x, False, True, True, 0, size=n))(rows)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_array_equal(g, w)
    x = np.array([np.nan, 1.0, np.nan])
    np.testing.assert_array_equal(fl.jit(lambda x: fnp.unique(x, size=2))(x), [1, np.nan])
    assert np.isnan(fl.jit(lambda x: fnp.unique_values(x, size=3))(x)[1:]).all()
    got = fl.vmap(lambda x: fnp.unique(x, size=3, fill_value=0))(np.array([[1, 1, 2], [5, 4, 3]]))
    np.testing.assert_array_equal(got, [[1, 2, 0], [3, 4, 5]])


def test_unique_named_results():
    x = np.array([[3, 1], [3, 2]])
    for name in ("unique_all", "unique_counts", "unique_inverse"):
        want = getattr(np, name)(x)
        for got in (
            getattr(fnp, name)(x),
            fl.jit(lambda x, f=name: tuple(getattr(fnp, f)(x, size=3)))(x),
        ):
            for g, w in zip(got, want, strict=True):
                np.testing.assert_array_equal(g, w)
        assert getattr(fnp, name)(x)._fields == want._fields


def test_set_operations_with_size():
    a, b = np.array([5, 1, 3, 3, 2]), np.array([3, 4, 1, 1])
    for name in ("union1d", "setdiff1d", "setxor1d", "intersect1d"):
        want = getattr(np, name)(a, b)
        np.testing.assert_array_equal(getattr(fnp, name)(a, b), want)
        f = getattr(fnp, name)
        got = fl.jit(lambda a, b, f=f: f(a, b, size=6, fill_value=99))(a, b)
        np.testing.assert_array_equal(got, np.pad(want, (0, 6 - len(want)), constant_values=99))
        with pytest.raises(fl.ConcretizationError, match=r"test_sorting\.py"):
            fl.jit(f)(a, b)
    want = np.intersect1d(a, b, return_indices=True)
    got = fl.jit(lambda a, b: fnp.intersect1d(a, b, return_indices=True, size=2))(a, b)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_array_equal(g, w)


def test_unknown_sizes_are_explained():
    with pytest.raises(fl.ConcretizationError, match="size=n"):
        fl.jit(fnp.unique)(V)
