"""The functions that `jax.nn` has, against it: values, and derivatives away from agreed kinks."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp

X = np.array([-1e3, -40.0, -4.0, -2.5, -1.5, -0.4, -0.1, 0.1, 0.4, 1.5, 2.5, 4.0, 40.0, 1e3])
NAMES = ["relu", "relu6", "gelu", "sigmoid", "softplus", "silu", "swish", "elu", "celu", "selu"]
NAMES += ["leaky_relu", "hard_tanh", "hard_sigmoid", "hard_silu", "hard_swish", "soft_sign", "glu"]
NAMES += ["log_sigmoid", "squareplus", "mish", "sparse_plus", "sparse_sigmoid", "identity", "tanh"]
NAMES += ["softmax", "log_softmax", "logsumexp", "logmeanexp", "standardize"]


@pytest.fixture(scope="module")
def nn():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):
        yield jax.nn


def agree(ours, theirs, x, tol=1e-12):
    import jax

    want = np.asarray(theirs(x))
    np.testing.assert_allclose(ours(x), want, rtol=tol, atol=tol)
    np.testing.assert_allclose(fl.jit(ours)(x), want, rtol=tol, atol=tol)
    weights = np.random.default_rng(0).standard_normal(want.shape)
    got = fl.grad(lambda v: fnp.sum(ours(v) * weights))(x)
    np.testing.assert_allclose(
        got, jax.grad(lambda v: (theirs(v) * weights).sum())(x), rtol=tol, atol=tol
    )


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_jax(name, nn):
    agree(getattr(F, name), getattr(nn, name), X)


@pytest.mark.parametrize(
    "name", ["softmax", "log_softmax", "logsumexp", "logmeanexp", "standardize"]
)
@pytest.mark.parametrize("axis", [0, -1, (0, 2)])
def test_axes(name, axis, nn):
    x = np.random.default_rng(0).standard_normal((3, 4, 2))
    agree(lambda v: getattr(F, name)(v, axis), lambda v: getattr(nn, name)(v, axis), x, 1e-10)
    import jax.numpy as jnp

    mask = np.random.default_rng(1).random((3, 4, 2)) < 0.7
    mask[:, 0] = True
    if name.startswith("log") and name.endswith("exp"):
        agree(
            lambda v: getattr(F, name)(v, axis, where=mask),
            lambda v: getattr(nn, name)(v, axis, where=mask),
            x,
            1e-10,
        )
    elif name != "standardize":
        agree(
            lambda v: fnp.where(mask, getattr(F, name)(v, axis, where=mask), 0.0),
            lambda v: jnp.where(mask, getattr(nn, name)(v, axis, where=mask), 0.0),
            x,
            1e-10,
        )


def test_arguments(nn):
    agree(lambda v: F.gelu(v, False), lambda v: nn.gelu(v, False), X)
    agree(lambda v: F.elu(v, 0.5), lambda v: nn.elu(v, 0.5), X)
    agree(lambda v: F.celu(v, 0.5), lambda v: nn.celu(v, 0.5), X)
    agree(lambda v: F.leaky_relu(v, 0.2), lambda v: nn.leaky_relu(v, 0.2), X)
    agree(lambda v: F.squareplus(v, 2.0), lambda v: nn.squareplus(v, 2.0), X)
    agree(F.log1mexp, nn.log1mexp, np.array([1e-9, 0.1, 0.5, 0.8, 3.0, 50.0, 800.0]))
    x, b = np.random.default_rng(0).standard_normal((2, 3, 4))
    y, sign = F.logsumexp(x, 1, b, return_sign=True)
    y_jax, sign_jax = nn.logsumexp(x, 1, b, return_sign=True)
    np.testing.assert_allclose(y, y_jax)
    np.testing.assert_array_equal(sign, sign_jax)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_one_hot(axis, nn):
    x = np.array([[0, 2, 5], [1, -1, 0]])
    got = F.one_hot(x, 3, axis=axis)
    np.testing.assert_array_equal(got, nn.one_hot(x, 3, axis=axis))
    assert F.one_hot(x, 3, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(fl.jit(lambda v: F.one_hot(v, 3, axis=axis))(x), got)


ATTENTION = [
    {},
    {"is_causal": True},
    {"scale": 0.3},
    {"local_window_size": 2},
    {"local_window_size": (1, 0)},
    {"query_seq_lengths": np.int32([2, 5]), "key_value_seq_lengths": np.int32([6, 3])},
    {"mask": True},
    {"bias": True},
]


@pytest.mark.parametrize(("kw", "heads"), [*((kw, 2) for kw in ATTENTION), ({}, 1), ({}, 4)])
def test_attention(kw, heads, nn):
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((2, 5, 4, 3)), *rng.standard_normal((2, 2, 6, heads, 3))
    kw = dict(kw)
    if "mask" in kw:
        kw["mask"] = rng.random((2, 1, 5, 6)) < 0.7
        kw["mask"][..., 0] = True
    if "bias" in kw:
        kw["bias"] = rng.standard_normal((1, 4, 5, 6))
    agree(
        lambda q: F.dot_product_attention(q, k, v, **kw),
        lambda q: nn.dot_product_attention(q, k, v, **kw),
        q,
        1e-6,  # JAX's softmax of logits is in float32
    )
    if not {"mask", "bias", "query_seq_lengths"} & set(kw):
        one = F.dot_product_attention(q[0], k[0], v[0], **kw)
        np.testing.assert_allclose(one, F.dot_product_attention(q, k, v, **kw)[0])
