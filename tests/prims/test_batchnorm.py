"""Batch normalisation: values, accuracy of the statistics, every order of derivative."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, ShapeError
from functorch_lite.prims.batchnorm import batch_norm_train
from tests.rules import check_rules

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4, 2, 3))
W, B = RNG.standard_normal(4), RNG.standard_normal(4)
EPS = 1e-3


def composed(x, weight, bias):
    """The definition, by other functions."""
    axes = (0, *range(2, x.ndim))
    mean = fnp.mean(x, axes, keepdims=True)
    var = fnp.mean((x - mean) ** 2, axes, keepdims=True)
    shape = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    y = (x - mean) / fnp.sqrt(var + EPS) * weight.reshape(shape) + bias.reshape(shape)
    return [y, mean.reshape(-1), var.reshape(-1)]


@pytest.mark.parametrize("shape", [(5, 4), (3, 4, 7), (3, 4, 2, 3), (2, 4, 2, 2, 2)])
def test_is_the_definition(shape):
    x = RNG.standard_normal(shape)
    for got, want in zip(batch_norm_train(x, W, B, EPS), composed(x, W, B), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def test_rules():
    check_rules(lambda x, w, b: batch_norm_train(x, w, b, EPS), [X, W, B], tol=1e-5)


@pytest.mark.parametrize("which", [(0,), (1,), (2,), (1, 2)])
def test_rules_in_some_operands(which):
    """Operands that are constants take other paths through the rules."""

    def f(*given):
        full = [X, W, B]
        for i, v in zip(which, given, strict=True):
            full[i] = v
        return batch_norm_train(*full, EPS)[0]

    check_rules(f, [(X, W, B)[i] for i in which], tol=1e-5)


def test_statistics_alone_and_third_order():
    check_rules(lambda x: batch_norm_train(x, W, B, EPS)[1:], [X], tol=1e-5)
    x = X[:, :2, :1]

    def f(x):
        return fnp.sum(fnp.sin(batch_norm_train(x, W[:2], B[:2], EPS)[0]))

    def g(x):
        return fnp.sum(fnp.sin(composed(x, W[:2], B[:2])[0]))

    got = fl.jacfwd(fl.jacrev(fl.grad(f)))(x)
    np.testing.assert_allclose(got, fl.jacfwd(fl.jacrev(fl.grad(g)))(x), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("layout", ["channels second", "channels last"])
def test_float32_statistics_are_exact(layout):
    x = (RNG.standard_normal((16, 8, 32, 33)) * 3 + 100).astype(np.float32)
    if layout == "channels last":
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    w, b = np.ones(8, np.float32), np.zeros(8, np.float32)
    y, mean, var = batch_norm_train(x, w, b, 1e-5)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean((0, 2, 3)), rtol=2e-7)
    np.testing.assert_allclose(var, exact.var((0, 2, 3)), rtol=1e-6)
    assert y.dtype == mean.dtype == var.dtype == np.float32
    assert abs(y.mean()) < 1e-4


def test_constant_channel():
    x = np.full((4, 2, 3), 7.0)
    y, mean, var = batch_norm_train(x, np.ones(2), np.zeros(2), 1e-5)
    np.testing.assert_array_equal(y, np.zeros_like(x))
    np.testing.assert_array_equal(var, [0.0, 0.0])
    g = fl.grad(lambda x: fnp.sum(batch_norm_train(x, np.ones(2), np.zeros(2), 1e-5)[0] ** 3))(x)
    np.testing.assert_array_equal(g, np.zeros_like(x))


def test_errors():
    with pytest.raises(ShapeError, match="weight and bias of shape"):
        fl.make_jaxpr(lambda x: batch_norm_train(x, np.ones(3), np.ones(3), EPS))(X)
    with pytest.raises(DTypeError, match="one float dtype"):
        fl.make_jaxpr(lambda x: batch_norm_train(x, W, B, EPS))(X.astype(np.float32))
