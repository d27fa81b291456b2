"""The same keys give JAX's numbers: integers exactly, floats to rounding."""

import numpy as np
import pytest

from functorch_lite import random

jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")


@pytest.fixture(autouse=True)
def _wide():
    with jax.enable_x64(True):
        yield


A = np.array([0.05, 0.4, 1.0, 1.7, 3.0, 20.0, 400.0])
P = np.array([0.02, 0.2, 0.5, 0.7, 0.99])
COV = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
LOGITS = np.log(np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]]))

# name, positional arguments after the key, keywords
EXACT = [
    ("bits", (), {}),
    ("bits", ((5, 3),), {"dtype": "uint32"}),
    ("bits", ((17,),), {"dtype": "uint8"}),
    ("bits", ((20000,),), {"dtype": "uint64"}),
    ("split", (), {}),
    ("split", (7,), {}),
    ("split", ((2, 3),), {}),
    ("fold_in", (12345,), {}),
    ("uniform", ((100,),), {}),
    ("uniform", ((3, 7),), {"dtype": "float32"}),
    ("uniform", ((3, 7),), {"dtype": "float16"}),
    ("randint", ((50,), 0, 10), {}),
    ("randint", ((50,), -(2**40), 2**41), {}),
    ("randint", ((50,), -5, 2**31 - 1), {"dtype": "int32"}),
    ("randint", ((50,), 0, 256), {"dtype": "uint8"}),
    ("randint", ((50,), -128, 128), {"dtype": "int8"}),
    ("randint", ((50,), np.uint64(0), np.uint64(2**64 - 1)), {"dtype": "uint64"}),
    ("randint", ((50,), -(2**31), 2**31), {"dtype": "int32"}),
    ("randint", ((3,), np.array([0, 5, 9]), np.array([3, 5, 2])), {}),
    ("bernoulli", (), {"shape": (100,)}),
    ("bernoulli", (P,), {}),
    ("bernoulli", (P.astype(np.float32),), {"shape": (4, 5)}),
    ("bernoulli", (P.astype(np.float32),), {"mode": "high"}),
    ("rademacher", ((30,),), {}),
    ("rademacher", ((30,),), {"dtype": "float32"}),
    ("permutation", (11,), {}),
    ("permutation", (5000,), {}),
    ("permutation", (np.arange(24.0).reshape(4, 6),), {}),
    ("permutation", (np.arange(24.0).reshape(4, 6),), {"axis": -1}),
    ("permutation", (np.arange(24.0).reshape(4, 6),), {"axis": 1, "independent": True}),
    ("choice", (10,), {}),
    ("choice", (10, (4, 5)), {}),
    ("choice", (10, (2, 3)), {"replace": False}),
    ("choice", (np.arange(20.0).reshape(4, 5), (6,)), {"axis": 1}),
    ("choice", (np.arange(20.0).reshape(4, 5), (2,)), {"replace": False}),
    ("choice", (5, (30,)), {"p": P / P.sum()}),
    ("choice", (5, (3,)), {"p": P / P.sum(), "replace": False}),
    ("choice", (5, (3,)), {"p": P / P.sum(), "replace": False, "mode": "high"}),
    ("categorical", (LOGITS,), {}),
    ("categorical", (LOGITS,), {"axis": 0}),
    ("categorical", (LOGITS,), {"shape": (50, 2)}),
    ("categorical", (LOGITS,), {"shape": (3, 2), "replace": False}),
    ("geometric", (P,), {"shape": (40, 5)}),
    ("poisson", (np.array([0.0, 0.5, 4.0, 9.9, 30.0, 1000.0]),), {"shape": (50, 6)}),
    ("poisson", (3.0,), {"dtype": "int32"}),
    ("binomial", (np.array([0.0, 5, 20, 100, 3000]), P), {"shape": (40, 5)}),
    ("binomial", (np.array([-1.0, np.nan, 5, np.inf, 5]), np.array([0.5, 0.5, np.nan, 0.3, -0.1])), {}),
    ("multinomial", (10, P / P.sum()), {}),
    ("multinomial", (np.array([3.0, 500.0]), np.array([[0.2, 0.8], [0.6, 0.4]])), {}),
]  # fmt: skip
CLOSE = [
    ("uniform", ((50,),), {"minval": -3.0, "maxval": 5.0}),
    ("uniform", ((4, 5),), {"minval": A[:5], "maxval": A[:5] + 1}),
    ("normal", ((500,),), {}),
    ("normal", ((50,),), {"dtype": "float32"}),
    ("normal", ((50,),), {"dtype": "complex128"}),
    ("normal", ((50,),), {"dtype": "complex64"}),
    ("lognormal", (A[:3],), {"shape": (5, 3)}),
    ("truncated_normal", (-1.0, 2.0), {"shape": (200,)}),
    ("truncated_normal", (np.array([-2.0, 0.0]), np.array([0.0, 3.0])), {}),
    ("gumbel", ((50,),), {}),
    ("gumbel", ((50,),), {"mode": "high"}),
    ("exponential", ((50,),), {}),
    ("laplace", ((50,),), {}),
    ("logistic", ((50,),), {}),
    ("cauchy", ((50,),), {}),
    ("pareto", (A,), {}),
    ("rayleigh", (A,), {"shape": (3, 7)}),
    ("weibull_min", (2.0, 3.0), {"shape": (9,)}),
    ("maxwell", ((9, 2),), {}),
    ("double_sided_maxwell", (1.0, 2.0, (9,)), {}),
    ("double_sided_maxwell", (A, 2.0), {}),
    ("wald", (A,), {"shape": (5, 7)}),
    ("triangular", (0.0, 0.3, A + 1), {"shape": (5, 7)}),
    ("gamma", (A,), {"shape": (30, 7)}),
    ("gamma", (A,), {"dtype": "float32"}),
    ("loggamma", (A,), {"shape": (30, 7)}),
    ("beta", (A, A[::-1]), {}),
    ("beta", (A[:, None], A), {}),
    ("dirichlet", (A,), {}),
    ("dirichlet", (A,), {"shape": (4,)}),
    ("t", (A,), {}),
    ("chisquare", (A,), {}),
    ("f", (A, 3.0), {}),
    ("generalized_normal", (3.0, (9,)), {}),
    ("ball", (3,), {"shape": (5,)}),
    ("ball", (2,), {"p": 1.0, "shape": (5,)}),
    ("orthogonal", (4,), {}),
    ("orthogonal", (3,), {"m": 5, "shape": (2,)}),
    ("orthogonal", (5,), {"m": 3}),
    ("multivariate_normal", (np.ones(3), COV), {"shape": (6,)}),
    ("multivariate_normal", (np.ones((2, 3)), COV), {}),
]


def draw(name, args, kwargs, seed):
    ours = getattr(random, name)(random.key(seed), *args, **kwargs)
    theirs = getattr(jax.random, name)(jax.random.key(seed), *args, **kwargs)
    if name in ("split", "fold_in"):
        theirs = jax.random.key_data(theirs)
    theirs = np.asarray(theirs)
    assert isinstance(ours, np.ndarray)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    return ours, theirs


@pytest.mark.parametrize(("name", "args", "kwargs"), EXACT)
def test_equal(name, args, kwargs):
    ours, theirs = draw(name, args, kwargs, 42)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("name", "args", "kwargs"), CLOSE)
def test_close(name, args, kwargs):
    ours, theirs = draw(name, args, kwargs, 7)
    tol = 3e-5 if ours.dtype in (np.float32, np.complex64) else 1e-10
    np.testing.assert_allclose(ours, theirs, rtol=tol, atol=tol)


@pytest.mark.parametrize("seed", [0, 1, 2**32 + 5, -1, np.int32(-7), np.uint8(3), np.int64(2**40)])
def test_seeds(seed):
    np.testing.assert_array_equal(random.key(seed), jax.random.key_data(jax.random.key(seed)))
    np.testing.assert_array_equal(random.PRNGKey(seed), jax.random.PRNGKey(seed))


@pytest.mark.parametrize("name", ["gamma", "loggamma"])
def test_implicit_gradient_of_gamma(name):
    """d sample / d a agrees with JAX's."""
    import functorch_lite as fl

    for a in (0.3, 1.0, 4.0, 50.0):
        ours = fl.grad(lambda a: getattr(random, name)(random.key(3), a))(a)
        theirs = jax.grad(lambda a: getattr(jax.random, name)(jax.random.key(3), a))(a)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_vmap_over_keys_is_as_in_jax():
    import functorch_lite as fl

    a = np.linspace(0.5, 4.0, 5)
    keys, jkeys = random.split(random.key(0), 5), jax.random.split(jax.random.key(0), 5)
    for name in ("gamma", "poisson", "normal"):
        if name == "normal":
            ours = fl.vmap(lambda k: random.normal(k, (3,)))(keys)
            theirs = jax.vmap(lambda k: jax.random.normal(k, (3,)))(jkeys)
        else:
            ours = fl.vmap(getattr(random, name))(keys, a)
            theirs = jax.vmap(getattr(jax.random, name))(jkeys, a)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
