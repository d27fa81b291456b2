"""Kinks, infinities, purity and errors, without a peer."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.errors import ShapeError


def slope(f, x):
    return float(fl.grad(f)(x))


def test_kinks_of_activations():
    assert slope(F.relu, 0.0) == 0.0
    assert slope(F.relu6, 0.0) == slope(F.relu6, 6.0) == 0.0
    assert slope(F.hard_tanh, 1.0) == slope(F.hard_tanh, -1.0) == 0.0
    assert slope(F.log_sigmoid, 0.0) == 0.5
    assert slope(F.softplus, 1e3) == 1.0
    assert slope(F.softplus, -1e3) == 0.0
    assert slope(F.leaky_relu, 0.0) == 1.0
    assert np.isnan(F.relu(np.nan))
    assert np.isnan(fl.jit(F.relu)(np.nan))


def test_all_minus_infinity():
    x = np.full(3, -np.inf)
    assert F.logsumexp(x) == -np.inf
    np.testing.assert_array_equal(fl.grad(F.logsumexp)(x), np.zeros(3))
    np.testing.assert_array_equal(F.softmax(np.array([0.0, -np.inf])), [1.0, 0.0])
    assert np.all(np.isnan(F.softmax(x)))


def test_dtypes():
    for f in (F.relu, F.gelu, F.softmax, F.log_softmax, F.softplus, F.selu, F.mish, F.standardize):
        x = np.linspace(-1, 1, 6, dtype=np.float32)
        assert f(x).dtype == np.float32
        assert fl.grad(lambda x: fnp.sum(f(x)))(x).dtype == np.float32  # noqa: B023
    assert F.relu(np.array([-1, 2])).dtype == np.int64
    assert F.sigmoid(np.array([-1, 2])).dtype == np.float64


def test_cross_entropy_corner_cases():
    x = np.random.default_rng(0).standard_normal((3, 4))
    ignored = np.full(3, -100)
    assert np.isnan(F.cross_entropy(x, ignored))
    assert F.cross_entropy(x, ignored, reduction="sum") == 0.0
    some = np.array([1, -100, 2])
    np.testing.assert_allclose(
        F.cross_entropy(x, some), F.cross_entropy(x[[0, 2]], np.array([1, 2]))
    )
    g = fl.grad(lambda x: F.cross_entropy(x, some))(x)
    np.testing.assert_array_equal(g[1], np.zeros(4))
    # A class that cannot be has no say in the gradient of another.
    x[0, 3] = -np.inf
    g = fl.grad(lambda x: F.cross_entropy(x, np.array([0, 1, 2])))(x)
    assert np.all(np.isfinite(g))
    with pytest.raises(IndexError, match="target 4 is out of bounds for 4 classes"):
        F.cross_entropy(x, np.array([0, 4, 1]))
    with pytest.raises(ShapeError, match="class indices must have shape"):
        F.cross_entropy(x, np.array([0, 1]))
    with pytest.raises(ShapeError, match="class probabilities"):
        F.cross_entropy(x, np.ones(3))
    with pytest.raises(ValueError, match="reduction"):
        F.cross_entropy(x, some, reduction="average")


def test_losses_compose_with_transforms():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((5, 3, 4)), rng.integers(0, 4, (5, 3))
    got = fl.vmap(F.cross_entropy)(x, t)
    np.testing.assert_allclose(got, [F.cross_entropy(a, b) for a, b in zip(x, t, strict=True)])
    got = fl.jit(fl.vmap(fl.grad(F.cross_entropy)))(x, t)
    want = [fl.grad(F.cross_entropy)(a, b) for a, b in zip(x, t, strict=True)]
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_batch_norm_updates_buffers_purely():
    x = np.array([[1.0], [2.0], [4.0]])
    mean, var = np.zeros(1), np.ones(1)
    out, new_mean, new_var = F.batch_norm(x, mean, var, training=True)
    np.testing.assert_allclose(new_mean, [0.7 / 3])  # 0.1 * 7/3
    np.testing.assert_allclose(new_var, [0.9 + 0.1 * 7 / 3])  # the unbiased variance is 7/3
    np.testing.assert_array_equal(mean, [0.0])
    np.testing.assert_allclose(out.mean(), 0.0, atol=1e-12)
    np.testing.assert_allclose((out**2).mean(), 1.0, rtol=1e-4)  # the biased one normalises
    third = F.batch_norm(x, mean, var, training=True, momentum=1 / 3)[1]  # cumulative average
    np.testing.assert_allclose(third, [7 / 9])
    same, m, v = F.batch_norm(x, mean, var, training=False)
    assert m is mean
    assert v is var
    np.testing.assert_allclose(same, x / np.sqrt(1 + 1e-5))
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        F.batch_norm(np.ones((1, 3)), None, None, training=True)
    with pytest.raises(ShapeError, match="running_mean"):
        F.batch_norm(np.ones((2, 3)), np.zeros(2), np.ones(3))


def test_batch_norm_buffers_carry_no_derivative():
    x = np.random.default_rng(0).standard_normal((4, 2))
    mean, var = np.zeros(2), np.ones(2)

    def f(x):
        return fnp.sum(fnp.stack(F.batch_norm(x, mean, var, training=True)[1:]))

    np.testing.assert_array_equal(fl.grad(f)(x), np.zeros((4, 2)))


def test_batch_norm_under_vmap_and_jit():
    rng = np.random.default_rng(0)
    x, mean, var = (
        rng.standard_normal((5, 4, 3, 2)),
        rng.standard_normal((5, 3)),
        rng.uniform(1, 2, (5, 3)),
    )

    def f(x, mean, var):
        return F.batch_norm(x, mean, var, np.arange(3.0), np.ones(3), True)

    for got, want in zip(
        fl.jit(fl.vmap(f))(x, mean, var),
        zip(*[f(*row) for row in zip(x, mean, var, strict=True)], strict=True),
        strict=True,
    ):
        np.testing.assert_allclose(got, np.stack(want), rtol=1e-12, atol=1e-12)


def test_pooling_semantics():
    np.testing.assert_array_equal(
        fl.grad(lambda x: fnp.sum(F.max_pool1d(x, 3, 1, 1)))(np.ones((1, 1, 4))),
        [[[2.0, 1.0, 1.0, 0.0]]],
    )
    np.testing.assert_allclose(F.avg_pool1d(np.ones((1, 1, 3)), 3, 1, 1), [[[2 / 3, 1, 2 / 3]]])
    np.testing.assert_allclose(F.adaptive_avg_pool1d(np.arange(7.0)[None], 3), [[1.0, 3.0, 5.0]])
    with pytest.raises(ValueError, match="half the kernel size"):
        F.max_pool1d(np.ones((1, 1, 4)), 2, 1, 2)
    with pytest.raises(ShapeError, match="does not fit an input"):
        F.max_pool2d(np.ones((1, 1, 4, 4)), 5)
    x = np.ones((1, 1, 6))
    x[0, 0, 0] = np.inf
    np.testing.assert_array_equal(F.adaptive_avg_pool1d(x, 3)[0, 0, 1:], [1.0, 1.0])


def test_pooling_under_transforms():
    x = np.random.default_rng(0).standard_normal((3, 2, 5, 6))
    for f in (
        lambda x: F.max_pool2d(x, 2, 2, 1),
        lambda x: F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False),
        lambda x: F.adaptive_max_pool2d(x, (2, 4)),
        lambda x: F.adaptive_avg_pool2d(x, (3, 4)),
        lambda x: F.max_pool2d(x, 2, return_indices=True)[1],
        lambda x: F.adaptive_max_pool2d(x, 2, return_indices=True)[1],
    ):
        want = f(x)
        np.testing.assert_allclose(fl.jit(f)(x), want)
        np.testing.assert_allclose(fl.vmap(f)(x), want)  # an image has no batch axis


def test_vectors_of_zeros():
    zero = np.zeros((2, 3))
    np.testing.assert_array_equal(fl.grad(lambda x: fnp.sum(F.vector_norm(x)))(zero), zero)
    g = fl.grad(lambda x: fnp.sum(F.normalize(x)))(zero)
    np.testing.assert_allclose(g, np.full((2, 3), 1e12))
    h = fl.hessian(lambda x: fnp.sum(F.vector_norm(x)))(np.zeros(2))
    np.testing.assert_array_equal(h, np.zeros((2, 2)))


def test_errors_name_the_users_line():
    for call in (
        lambda: F.conv2d(np.ones((2, 3)), np.ones((1, 3, 1, 1))),
        lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((1, 3, 2))),
        lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 2, 2)), np.ones(3)),
        lambda: F.linear(np.ones((2, 3)), np.ones((4, 5))),
        lambda: F.layer_norm(np.ones((2, 3)), 4),
        lambda: F.group_norm(np.ones((2, 3, 4)), 2),
        lambda: F.glu(np.ones(3)),
        lambda: F.prelu(np.ones((2, 3)), np.ones(2)),
    ):
        with pytest.raises(ShapeError, match=r"test_semantics\.py"):
            call()
