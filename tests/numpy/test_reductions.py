"""Arguments of reductions: masks, initial values, nothing to reduce; against NumPy."""

import numpy as np
import pytest

from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 5))
HOLES = np.where(RNG.random((3, 5)) < 0.3, np.nan, X)
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [1, 0, 1, 0, 1]], bool)
NONE = np.zeros((3, 0))
ROWS = {
    "max of nothing": (lambda n, x: n.max(x, axis=1, initial=-1.0), [NONE]),
    "min of nothing": (lambda n, x: n.min(x, initial=7.0, keepdims=True), [NONE]),
    "max of no ints": (lambda n, x: n.max(x, initial=3), [np.zeros(0, np.int32)]),
    "all where": (lambda n, x: n.all(x > 0, axis=0, where=MASK), [X]),
    "any where": (lambda n, x: n.any(x > 0, axis=1, where=MASK, keepdims=True), [X]),
    "var where": (lambda n, x: n.var(x, axis=1, where=MASK, ddof=1), [X]),
    "var of complex where": (lambda n, x: n.var(x, where=MASK), [X * (1 + 2j)]),
    "std where": (lambda n, x: n.std(x, axis=0, where=MASK, keepdims=True), [X]),
    "var mean": (lambda n, x: n.var(x, 1, mean=n.mean(x, 1, keepdims=True)), [X]),
    "nansum where": (lambda n, x: n.nansum(x, 1, where=MASK, initial=2.0), [HOLES]),
    "nanprod initial": (lambda n, x: n.nanprod(x, axis=0, initial=2.0), [HOLES]),
    "nanmean where": (lambda n, x: n.nanmean(x, axis=0, where=MASK), [X]),
    "nanmax": (lambda n, x: n.nanmax(x, axis=1), [HOLES]),
    "nanmax of ints": (lambda n, x: n.nanmax(x), [np.arange(4)]),
    "nanmin initial": (lambda n, x: n.nanmin(x, 0, initial=0.5, where=MASK), [HOLES]),
    "meshgrid sparse": (lambda n, x, y: tuple(n.meshgrid(x, y, sparse=True)), [X[0], X[:, 0]]),
    "meshgrid sparse ij": (lambda n, x: n.meshgrid(x, x, sparse=True, indexing="ij")[1], [X[0]]),
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    f, args = ROWS[name]
    order = 0 if any(np.asarray(a).dtype.kind != "f" or np.isnan(a).any() for a in args) else 1
    check_agrees(f, args, order=order)
