"""Collectives over named axes: values and gradients against JAX, nesting, jit, errors."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp

X = np.random.default_rng(0).standard_normal((4, 4, 3))
FULL = [(0, 1), (2, 0), (1, 2), (3, 3)]
FUNCTIONS = {
    "psum": lambda lx: lambda a: lx.psum(a, "i") * a,
    "psum of a constant": lambda lx: lambda a: lx.psum(1.0, "i") * a,
    "pmean": lambda lx: lambda a: lx.pmean(a**2, "i") + a,
    "all_gather": lambda lx: lambda a: lx.all_gather(a, "i"),
    "all_gather tiled": lambda lx: lambda a: lx.all_gather(a, "i", axis=1, tiled=True) * 2,
    "psum_scatter": lambda lx: lambda a: lx.psum_scatter(a**2, "i"),
    "psum_scatter tiled": lambda lx: lambda a: lx.psum_scatter(a, "i", tiled=True) ** 2,
    "ppermute": lambda lx: lambda a: lx.ppermute(a, "i", FULL) * a,
    "pshuffle": lambda lx: lambda a: lx.pshuffle(a, "i", [1, 3, 0, 2]),
    "all_to_all": lambda lx: lambda a: lx.all_to_all(a, "i", 0, 1) ** 2,
    "all_to_all tiled": lambda lx: lambda a: lx.all_to_all(a, "i", 0, 1, tiled=True),
    "pswapaxes": lambda lx: lambda a: lx.pswapaxes(a, "i", 0),
    "axis_index": lambda lx: lambda a: lx.axis_index("i") * a,
}
# JAX cannot differentiate these inside of vmap.
ONLY_OUTSIDE = {"all_to_all", "all_to_all tiled", "pswapaxes"}


@pytest.fixture(scope="module")
def jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):
        yield jax


@pytest.mark.parametrize("name", FUNCTIONS)
def test_agrees_with_jax(name, jax):
    ours, theirs = FUNCTIONS[name](lax), FUNCTIONS[name](jax.lax)
    want = np.asarray(jax.vmap(theirs, axis_name="i")(X))
    got = fl.vmap(ours, axis_name="i")(X)
    np.testing.assert_allclose(got, want, atol=1e-12)
    np.testing.assert_allclose(fl.vmap(fl.jit(ours), axis_name="i")(X), want, atol=1e-12)
    np.testing.assert_allclose(fl.jit(fl.vmap(ours, axis_name="i"))(X), want, atol=1e-12)
    weights = np.random.default_rng(1).standard_normal(want.shape)
    g = fl.grad(lambda x: fnp.sum(fl.vmap(ours, axis_name="i")(x) * weights))(X)
    g_jax = jax.grad(lambda x: (jax.vmap(theirs, axis_name="i")(x) * weights).sum())(X)
    np.testing.assert_allclose(g, g_jax, atol=1e-12)
    if name not in ONLY_OUTSIDE:
        inner = fl.vmap(fl.grad(lambda a: fnp.sum(ours(a))), axis_name="i")(X)
        inner_jax = jax.vmap(jax.grad(lambda a: theirs(a).sum()), axis_name="i")(X)
        np.testing.assert_allclose(inner, inner_jax, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_mapped_axis_passes_through(name):
    f = FUNCTIONS[name](lax)
    both = np.stack([X, X**2])
    inside = fl.vmap(fl.vmap(f), axis_name="i")(both.swapaxes(0, 1)).swapaxes(0, 1)
    outside = fl.vmap(fl.vmap(f, axis_name="i"))(both)
    for i in range(2):
        want = fl.vmap(f, axis_name="i")(both[i])
        np.testing.assert_allclose(inside[i], want, atol=1e-12)
        np.testing.assert_allclose(outside[i], want, atol=1e-12)


def test_gradient_of_a_sum_of_psums():
    f = fl.grad(lambda x: fnp.sum(fl.vmap(lambda v: lax.psum(v, "i"), axis_name="i")(x)))
    np.testing.assert_array_equal(f(np.ones(3)), [3.0, 3.0, 3.0])


def test_extrema_share_the_derivative():
    x = np.array([1.0, 5.0, 5.0])
    assert fl.vmap(lambda v: lax.pmax(v, "i"), axis_name="i", out_axes=None)(x) == 5.0
    assert fl.vmap(lambda v: lax.pmin(v, "i"), axis_name="i", out_axes=None)(x) == 1.0
    g = fl.grad(lambda x: fl.vmap(lambda v: lax.pmax(v, "i"), axis_name="i", out_axes=None)(x))(x)
    np.testing.assert_array_equal(g, [0.0, 0.5, 0.5])
    _, t = fl.jvp(fl.vmap(lambda v: lax.pmin(v, "i"), axis_name="i"), (x,), (np.arange(3.0) + 1,))
    np.testing.assert_array_equal(t, [1.0, 1.0, 1.0])


def test_partial_permutation_fills_zeros():
    f = fl.vmap(lambda v: lax.ppermute(v, "i", [(0, 1), (1, 2)]), axis_name="i")
    np.testing.assert_array_equal(f(np.array([1.0, 2.0, 3.0])), [0.0, 1.0, 2.0])
    _, pull = fl.vjp(f, np.zeros(3))
    np.testing.assert_array_equal(pull(np.array([10.0, 20.0, 30.0]))[0], [20.0, 30.0, 0.0])


def test_several_names_and_pytrees():
    x = np.arange(6.0).reshape(2, 3)

    def f(v):
        total = lax.psum({"v": v, "one": 1}, ("i", "j"))
        return total["v"] / total["one"], lax.axis_index(("i", "j")), lax.axis_size(("i", "j"))

    mean, index, size = fl.vmap(fl.vmap(f, axis_name="j"), axis_name="i")(x)
    np.testing.assert_allclose(mean, np.full((2, 3), 2.5))
    np.testing.assert_array_equal(index, np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(size, np.full((2, 3), 6))
    assert index.dtype == np.int32


def test_the_innermost_axis_of_a_name_counts():
    x = np.arange(6.0).reshape(2, 3)
    f = fl.vmap(fl.vmap(lambda v: lax.psum(v, "i"), axis_name="i"), axis_name="i")
    np.testing.assert_array_equal(f(x), np.repeat(x.sum(1, keepdims=True), 3, 1))


def test_a_jitted_function_sees_each_axis_size():
    f = fl.jit(lambda v: lax.all_gather(v, "i"))
    for n in (2, 3, 2):
        got = fl.vmap(f, axis_name="i", out_axes=None)(np.arange(float(n)))
        np.testing.assert_array_equal(got, np.arange(float(n)))


def test_batch_statistics_across_examples():
    """What BatchNorm under vmap needs: the same as on the whole batch, gradients too."""
    x = np.random.default_rng(0).standard_normal((5, 3))

    def normalise(v):
        mean = lax.pmean(v, "batch")
        return (v - mean) / fnp.sqrt(lax.pmean((v - mean) ** 2, "batch") + 1e-5)

    def whole(x):
        return (x - fnp.mean(x, 0)) / fnp.sqrt(fnp.var(x, 0) + 1e-5)

    mapped = fl.vmap(normalise, axis_name="batch")
    np.testing.assert_allclose(mapped(x), whole(x))
    g = fl.grad(lambda x: fnp.sum(fnp.sin(mapped(x))))(x)
    np.testing.assert_allclose(g, fl.grad(lambda x: fnp.sum(fnp.sin(whole(x))))(x), atol=1e-12)


def test_errors():
    with pytest.raises(NameError, match=r"no mapped axis is named 'z' at .*test_collective.py"):
        fl.vmap(lambda v: lax.psum(v, "z"), axis_name="i")(np.ones(3))
    with pytest.raises(NameError, match="no mapped axis"):
        lax.axis_size("i")
    with pytest.raises(ValueError, match="distinct sources"):
        fl.vmap(lambda v: lax.ppermute(v, "i", [(0, 1), (2, 1)]), axis_name="i")(np.ones(3))
    with pytest.raises(ValueError, match="not a permutation"):
        fl.vmap(lambda v: lax.pshuffle(v, "i", [0, 0, 1]), axis_name="i")(np.ones(3))
    with pytest.raises(fl.ShapeError, match="needs 3 entries"):
        fl.vmap(lambda v: lax.psum_scatter(v, "i"), axis_name="i")(np.ones((3, 2)))
    with pytest.raises(NotImplementedError, match="axis_index_groups"):
        fl.vmap(lambda v: lax.psum(v, "i", axis_index_groups=[[0, 1]]), axis_name="i")(np.ones(2))
