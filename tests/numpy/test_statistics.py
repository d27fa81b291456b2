"""average, cov and corrcoef against NumPy."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((3, 6)), RNG.standard_normal((2, 6))
W = RNG.random(6) + 0.5
ROWS = {
    "average": (lambda n, x: n.average(x), [X]),
    "average axis": (lambda n, x: n.average(x, axis=1, keepdims=True), [X]),
    "average weights": (lambda n, x, w: n.average(x, 1, w), [X, W]),
    "average full": (lambda n, x, w: n.average(x, weights=w), [X, X**2]),
    "average returned": (lambda n, x, w: n.average(x, 1, w, returned=True), [X, W]),
    "average counted": (lambda n, x: n.average(x, 0, returned=True), [X]),
    "average ints": (lambda n, x: n.average(x, 1), [np.arange(6).reshape(2, 3)]),
    "cov": (lambda n, x: n.cov(x), [X]),
    "cov of two": (lambda n, x, y: n.cov(x, y), [X, Y]),
    "cov columns": (lambda n, x: n.cov(x, rowvar=False), [X]),
    "cov biased": (lambda n, x: n.cov(x, bias=True), [X]),
    "cov ddof": (lambda n, x: n.cov(x, ddof=2), [X]),
    "cov of a vector": (lambda n, x: n.cov(x), [W]),
    "cov weights": (lambda n, x, w: n.cov(x, aweights=w), [X, W]),
    "cov counts": (lambda n, x: n.cov(x, fweights=np.array([1, 2, 0, 3, 1, 1])), [X]),
    "cov both": (
        lambda n, x, w: n.cov(x, fweights=np.array([1, 2, 0, 3, 1, 1]), aweights=w),
        [X, W],
    ),
    "corrcoef": (lambda n, x: n.corrcoef(x), [X]),
    "corrcoef of two": (lambda n, x, y: n.corrcoef(x, y), [X, Y]),
    "corrcoef of a vector": (lambda n, x: n.corrcoef(x), [W]),
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    f, args = ROWS[name]
    # Correlations are clipped at 1, where finite differences see a kink.
    order = 0 if "corrcoef" in name else 1
    check_agrees(f, args, order=order, value_tol=1e-11)


def test_complex_covariance():
    z = X + 1j * X[::-1]
    check_agrees(lambda n, z: n.cov(z), [z], order=0)
    check_agrees(lambda n, z: n.corrcoef(z), [z], order=0, value_tol=1e-11)


def test_correlation_has_the_derivative_of_its_formula():
    def formula(x):
        a, b = x[0] - x[0].mean(), x[1] - x[1].mean()
        return (a * b).sum() / fnp.sqrt((a * a).sum() * (b * b).sum())

    got = fl.grad(lambda x: fnp.corrcoef(x)[0, 1])(X[:2])
    np.testing.assert_allclose(got, fl.grad(formula)(X[:2]), atol=1e-12)


def test_wrong_weights_are_explained():
    with pytest.raises(fl.ShapeError, match=r"test_statistics\.py"):
        fl.jit(lambda x: fnp.average(x, 0, np.ones(4)))(X)
