"""Array: `.at` and indices that are tracers, on arrays that this namespace creates."""

import copy
import pickle

import numpy as onp
import pytest

import functorch_lite as fl
from functorch_lite import numpy as np
from functorch_lite.numpy import Array


def test_jax_code_runs_eagerly_and_traced():
    def f(v):
        x = np.zeros(3)
        x = x.at[0].set(v)
        y = np.sin(x).at[1].add(1)
        return np.concatenate([y, x]).at[-1].multiply(2.0).at[2].max(0.5)

    want = [onp.sin(1.0), 1.0, 0.5, 1.0, 0.0, 0.0]
    for how in (lambda f: f, fl.jit, lambda f: lambda v: fl.jvp(f, (v,), (1.0,))[0]):
        onp.testing.assert_allclose(how(f)(1.0), want)
    onp.testing.assert_allclose(fl.grad(lambda v: f(v).sum())(1.0), onp.cos(1.0) + 1)


@pytest.mark.parametrize(
    "how", [fl.vmap, lambda f: fl.jit(fl.vmap(f)), lambda f: fl.vmap(fl.jit(f))]
)
def test_closed_over_arrays_are_indexed_by_tracers(how):
    table = np.arange(12.0).reshape(4, 3)
    i = onp.array([3, 0, -1])
    onp.testing.assert_array_equal(how(lambda i: table[i])(i), table[i])
    onp.testing.assert_array_equal(how(lambda i: table[i, 1:])(i), table[i, 1:])
    onp.testing.assert_array_equal(how(lambda i: table[:, i - 1])(i % 2), table[:, i % 2 - 1].T)


def test_wrong_indices_still_raise_numpys_errors():
    x = np.arange(3)
    for index in (5, (0, 0), "a", 1.5):
        with pytest.raises(IndexError):
            x[index]
    with pytest.raises(fl.ConcretizationError, match="mask"):
        fl.jit(lambda m: x[m])(onp.array([True, False, True]))


def test_an_array_in_gives_an_array_out():
    x = np.linspace(0.1, 0.9, 9).reshape(3, 3)
    i = np.array([2, 0])
    outs = {
        "operator": x * 2 + 1,
        "method": x.sum(0),
        "slice": x[1:],
        "ufunc": np.exp(x),
        "binary": np.hypot(x, 1.0),
        "reduce": np.sum(x, axis=0),
        "where": np.where(x > 0.5, x, 0.0),
        "stack": np.stack([x, x]),
        "take": np.take(x, i, axis=0),
        "sort": np.sort(x),
        "matmul": np.matmul(x, x),
        "einsum": np.einsum("ij,kj->ik", x, x),
        "cumsum": np.cumsum(x, 1),
        "median": np.median(x, axis=0),
        "unique": np.unique(x),
        "set": x.at[0].set(1.0),
        "drop": x.at[7].set(1.0, mode="drop"),
    }
    for name, out in outs.items():
        assert isinstance(out, Array), name
        assert out.at[0].add(1.0)[0].sum() == pytest.approx(out[0].sum() + out[0].size), name


def test_numpy_arrays_stay_numpy_arrays():
    x = onp.linspace(0, 1, 3)
    for out in (np.exp(x), np.sum(x), np.where(x > 0, x, 0), np.cumsum(x), np.at(x)[0].set(1.0)):
        assert type(out) is onp.ndarray
    assert type(fl.jit(np.exp)(np.asarray(x))) is onp.ndarray


def test_an_array_is_an_ndarray_in_all_else():
    x = np.arange(3.0)
    assert isinstance(x, onp.ndarray) and repr(x) == "array([0., 1., 2.])"
    assert type(pickle.loads(pickle.dumps(x))) is onp.ndarray
    assert type(copy.deepcopy(x)) is Array
    assert onp.shares_memory(np.asarray(x), x)
    x[0] = 5.0
    assert x[0] == 5.0


def test_transforms_do_not_alias_arrays():
    x = np.ones(3)
    _, pull = fl.vjp(lambda v: v * v, x)
    y = fl.jit(lambda v: v)(x)
    z = np.copy(x)
    x[0] = 100.0
    onp.testing.assert_array_equal(pull(onp.ones(3))[0], [2, 2, 2])
    assert y[0] == z[0] == 1.0
