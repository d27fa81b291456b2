"""vmap: axes, sizes, chunks, errors."""

import itertools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import PytreeError, ShapeError

RNG = np.random.default_rng(0)
A = RNG.standard_normal((4, 3, 5))


@pytest.mark.parametrize(
    ("in_axis", "out_axis"), list(itertools.product(range(-3, 3), range(-2, 2)))
)
def test_axes(in_axis, out_axis):
    got = fl.vmap(lambda m: fnp.sin(m).sum(0), in_axis, out_axis)(A)
    rows = [np.sin(m).sum(0) for m in np.moveaxis(A, in_axis, 0)]
    np.testing.assert_allclose(got, np.stack(rows, out_axis))


def test_pytree_prefixes():
    tree = {"a": A, "b": (A, A[0, 0])}

    def f(t, s):
        return {"sum": t["a"].sum() * s, "rest": t["b"][0] + t["b"][1]}

    axes = ({"a": 1, "b": (1, None)}, None)
    out = fl.vmap(f, axes, {"sum": 0, "rest": -1})(tree, 2.0)
    assert out["sum"].shape == (3,) and out["rest"].shape == (4, 5, 3)
    np.testing.assert_allclose(out["sum"], 2 * A.sum((0, 2)))


def test_constant_outputs_broadcast_and_none_means_unmapped():
    out, const, same = fl.vmap(lambda x: (x, 1.0, 2.0), out_axes=(0, 0, None))(np.ones(3))
    np.testing.assert_array_equal(const, np.ones(3))
    assert same.shape == () and float(same) == 2.0
    const[0] = 5.0  # outputs are the caller's own
    with pytest.raises(ShapeError, match="out_axes is None"):
        fl.vmap(lambda x: x, out_axes=None)(np.ones(3))


def test_axis_size():
    out = fl.vmap(lambda x: x + 1, in_axes=None, axis_size=4)(1.0)
    np.testing.assert_array_equal(out, 2 * np.ones(4))
    with pytest.raises(ShapeError, match="axis_size"):
        fl.vmap(lambda x: x, in_axes=None)(1.0)
    with pytest.raises(ShapeError, match="axis_size=3"):
        fl.vmap(lambda x: x, axis_size=3)(np.ones(4))


def test_errors_name_arguments():
    def loss(weights, inputs):
        return weights @ inputs

    with pytest.raises(ShapeError, match=r"argument weights: 2, argument inputs: 3"):
        fl.vmap(loss)(np.ones((2, 4)), np.ones((3, 4)))
    with pytest.raises(ShapeError, match=r"axis 1 does not exist in argument inputs"):
        fl.vmap(loss, (None, 1))(np.ones(3), np.ones(3))
    with pytest.raises(PytreeError, match="2 positional"):
        fl.vmap(loss, (0, 0, 0))(np.ones(3), np.ones(3))
    with pytest.raises(TypeError, match="in_axes must be"):
        fl.vmap(loss, "a")(np.ones(3), np.ones(3))


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 4, 100])
def test_chunks(chunk_size):
    f = fl.vmap(lambda m, c: (fnp.sin(m) * c, 3.0), (1, None), chunk_size=chunk_size)
    got, const = f(A, 2.0)
    np.testing.assert_allclose(got, 2 * np.sin(A).swapaxes(0, 1))
    np.testing.assert_array_equal(const, 3 * np.ones(3))
    with pytest.raises(ValueError, match="chunk_size"):
        fl.vmap(fnp.sin, chunk_size=0)(np.ones(3))


def test_nested_and_with_derivatives():
    xs, ys = RNG.standard_normal(3), RNG.standard_normal(4)
    got = fl.vmap(lambda x: fl.vmap(lambda y: fl.grad(lambda v: fnp.sin(v * y))(x))(ys))(xs)
    np.testing.assert_allclose(got, np.cos(xs[:, None] * ys) * ys)


def test_per_example_gradients_equal_a_loop():
    W, X = RNG.standard_normal((5, 3)), RNG.standard_normal((7, 5))

    def loss(W, x):
        return fnp.sum(fnp.tanh(x @ W) ** 2)

    got = fl.vmap(fl.grad(loss), (None, 0))(W, X)
    np.testing.assert_allclose(got, np.stack([fl.grad(loss)(W, x) for x in X]))


def test_keyword_arguments_are_mapped_over_axis_0():
    got = fl.vmap(lambda x, *, y: x * y)(np.arange(3.0), y=np.arange(3.0))
    np.testing.assert_array_equal(got, np.arange(3.0) ** 2)


def test_empty_batch():
    assert fl.vmap(fnp.sin)(np.zeros((0, 2))).shape == (0, 2)
