"""Initializers give JAX's numbers."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import random
from functorch_lite.errors import ShapeError
from functorch_lite.functions import initializers as init

NAMED = ["glorot_uniform", "glorot_normal", "xavier_uniform", "xavier_normal", "lecun_uniform"]
NAMED += ["lecun_normal", "he_uniform", "he_normal", "kaiming_uniform", "kaiming_normal"]
ROWS = [
    ("constant", (2.5,), (3, 2)),
    ("uniform", (0.3,), (3, 2)),
    ("normal", (0.3,), (3, 2)),
    ("truncated_normal", (0.3,), (30, 2)),
    ("truncated_normal", (0.3, None, -1.0, 3.0), (30, 2)),
    *[(name, (), (3, 4, 5, 6)) for name in NAMED],
    ("glorot_normal", ((0, 1), 2, 3), (3, 4, 5, 6)),
    *[
        ("variance_scaling", (1.7, mode, law), (4, 9))
        for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
        for law in ("normal", "truncated_normal", "uniform")
    ],
    ("orthogonal", (), (4, 6)),
    ("orthogonal", (2.0,), (6, 4)),
    ("orthogonal", (2.0, 1), (3, 4, 2)),
    ("delta_orthogonal", (), (3, 2, 4)),
    ("delta_orthogonal", (1.5,), (3, 4, 2, 2)),
    ("delta_orthogonal", (), (2, 3, 4, 3, 5)),
]


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize(("name", "args", "shape"), ROWS)
def test_as_in_jax(name, args, shape, dtype):
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    if dtype == "complex128" and name in ("uniform", "truncated_normal"):
        pytest.skip("real numbers only")
    with jax.enable_x64(True):
        theirs = getattr(jax.nn.initializers, name)(*args)(jax.random.key(5), shape, dtype)
        theirs = np.asarray(theirs)
    ours = getattr(init, name)(*args)(random.key(5), shape, dtype)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    tol = 1e-4 if dtype == "float32" else 1e-10
    np.testing.assert_allclose(ours, theirs, rtol=tol, atol=tol)


@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_plain(name):
    out = getattr(init, name)(None, (2, 3), "float32")
    np.testing.assert_array_equal(out, getattr(np, name)((2, 3), np.float32))
    assert out.dtype == np.float32


def test_under_jit_and_vmap():
    f = init.he_normal()
    keys = random.split(random.key(0), 3)
    rows = np.stack([f(k, (4, 2)) for k in keys])
    np.testing.assert_allclose(fl.vmap(lambda k: f(k, (4, 2)))(keys), rows)
    np.testing.assert_allclose(fl.jit(lambda k: f(k, (4, 2)))(keys[0]), rows[0])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: init.he_normal()(random.key(0), (3,)), ShapeError),
        (lambda: init.orthogonal()(random.key(0), (3,)), ShapeError),
        (lambda: init.delta_orthogonal()(random.key(0), (3, 4, 2)), ShapeError),
        (lambda: init.variance_scaling(1.0, "fan", "normal"), ValueError),
        (lambda: init.variance_scaling(1.0, "fan_in", "cauchy"), ValueError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call()
