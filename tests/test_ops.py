"""Reductions within segments."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import ops
from functorch_lite.errors import DTypeError

NAMES = ["segment_sum", "segment_prod", "segment_max", "segment_min"]
REFERENCE = {
    "segment_sum": (np.sum, 0.0),
    "segment_prod": (np.prod, 1.0),
    "segment_max": (np.max, -np.inf),
    "segment_min": (np.min, np.inf),
}
IDS = np.array([2, 0, -1, 2, 5, 0])


def _reference(name, x, ids, n):
    f, empty = REFERENCE[name]
    rows = [x[ids == i] for i in range(n)]
    return np.stack([f(r, axis=0) if len(r) else np.full(x.shape[1:], empty) for r in rows])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(6,), (6, 2)])
def test_values_under_transforms(name, shape):
    x = np.random.default_rng(0).normal(size=shape)
    f = lambda x, ids: getattr(ops, name)(x, ids, 4)  # noqa: E731
    want = _reference(name, x, IDS, 4)
    np.testing.assert_allclose(f(x, IDS), want, rtol=1e-12)
    np.testing.assert_allclose(fl.jit(f)(x, IDS), want, rtol=1e-12)
    both = np.stack([IDS, np.roll(IDS, 1)])
    got = fl.vmap(f, (None, 0))(x, both)
    np.testing.assert_allclose(got, [_reference(name, x, i, 4) for i in both], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives(name):
    x = np.random.default_rng(1).normal(size=6)
    f = lambda x: getattr(ops, name)(x, IDS, 3)  # noqa: E731
    jacobian = fl.jacrev(f)(x)
    np.testing.assert_allclose(jacobian, fl.jacfwd(f)(x), rtol=1e-12)
    assert np.all(jacobian[:, [2, 4]] == 0) and np.all(jacobian[1] == 0)
    assert np.all(np.isfinite(jacobian)) and np.any(jacobian[0] != 0)


def test_integers_and_number_of_segments():
    x = np.array([3, 1, 2], np.int32)
    np.testing.assert_array_equal(ops.segment_max(x, [3, 0, 3])[[0, 3]], [1, 3])
    assert ops.segment_max(x, [3, 0, 3])[1] == np.iinfo(np.int32).min
    assert ops.segment_sum(x, [0, 0, 1]).dtype == np.int32
    with pytest.raises(TypeError, match="num_segments"):
        fl.jit(lambda ids: ops.segment_sum(x, ids))(np.array([0, 1, 1]))
    with pytest.raises(DTypeError, match="integer"):
        ops.segment_sum(x, [0.0, 1.0, 1.0], 2)


@pytest.mark.peer
@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_jax(name):
    jax = pytest.importorskip("jax")
    x = np.random.default_rng(2).normal(size=(6, 2)).astype(np.float32)
    want = getattr(jax.ops, name)(x, IDS, 4)
    np.testing.assert_allclose(getattr(ops, name)(x, IDS, 4), want, rtol=1e-6)
    if name == "segment_prod":
        return  # JAX has no gradient of products
    grad = lambda g, m: g(lambda x: (getattr(m, name)(x, IDS, 3)[np.array([0, 2])] ** 2).sum())(x)  # noqa: E731
    np.testing.assert_allclose(grad(fl.grad, ops), grad(jax.grad, jax.ops), rtol=1e-5)
