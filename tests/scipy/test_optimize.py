"""Minimisation against known minima, SciPy and JAX; under jit and vmap."""

import numpy as np
import pytest
import scipy.optimize

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.scipy.optimize import (
    least_squares_with_scipy,
    minimize,
    minimize_with_scipy,
)


def rosenbrock(x):
    return fnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(p):
    x, y = p
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def quadratic(x):
    a = np.diag([1.0, 10.0, 1000.0]) + 0.1
    return 0.5 * x @ a @ x - fnp.sum(x)


def matyas(p):
    x, y = p
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def flat_valley(x):
    return fnp.sum(fnp.log1p(x**2)) + 0.1 * fnp.sum(fnp.exp(-x))


def guarded(x):
    """Not finite beyond 1: the line search must come back."""
    return -fnp.sum(fnp.log(1 - x**2)) + fnp.sum((x - 0.9) ** 2) * 5


ROWS = [
    (rosenbrock, np.zeros(2)),
    (rosenbrock, np.array([-1.2, 1.0])),
    (rosenbrock, np.zeros(10)),
    (himmelblau, np.array([1.0, 1.0])),
    (quadratic, np.zeros(3)),
    (matyas, np.array([5.0, -3.0])),
    (flat_valley, np.array([3.0, -2.0, 0.5])),
    (guarded, np.array([0.0, -0.5])),
]


@pytest.mark.parametrize(("f", "x0"), ROWS)
def test_finds_what_scipy_finds(f, x0):
    with np.errstate(all="ignore"):
        want = scipy.optimize.minimize(
            lambda v: float(f(v)), x0, jac=lambda v: np.asarray(fl.grad(f)(v)), method="BFGS"
        )
    for run in (minimize, lambda f, x0: fl.jit(lambda v: minimize(f, v))(x0)):
        out = run(f, x0)
        assert bool(out.success) and int(out.status) == 0
        np.testing.assert_allclose(out.x, want.x, atol=2e-4)
        np.testing.assert_allclose(out.fun, f(out.x), rtol=1e-12)
        np.testing.assert_allclose(out.jac, fl.grad(f)(out.x), atol=1e-8)
        assert np.abs(out.jac).max() <= 1e-5
        # Work comparable to SciPy's.
        assert int(out.nfev) <= 2 * want.nfev + 10


def test_inverse_hessian_of_a_quadratic():
    out = minimize(quadratic, np.array([1.0, -1.0, 2.0]), tol=1e-10)
    inverse = np.linalg.inv(np.diag([1.0, 10.0, 1000.0]) + 0.1)
    np.testing.assert_allclose(out.hess_inv, inverse, rtol=0.05, atol=1e-3)


def test_as_in_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    from jax.scipy.optimize import minimize as theirs

    with jax.enable_x64(True):
        want = theirs(rosenbrock_jax, jax.numpy.zeros(4), method="BFGS")
        out = minimize(rosenbrock, np.zeros(4))
        assert out._fields == want._fields
        assert bool(want.success) == bool(out.success)
        np.testing.assert_allclose(out.x, want.x, atol=1e-4)


def rosenbrock_jax(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def test_pytrees_and_arguments():
    def f(p, target):
        return fnp.sum((p["a"] - target) ** 2) + (p["b"][0] + 1) ** 2

    x0 = {"a": np.zeros((2, 2)), "b": (np.zeros(()),)}
    out = minimize(f, x0, args=(3.0,))
    np.testing.assert_allclose(out.x["a"], np.full((2, 2), 3.0), atol=1e-6)
    np.testing.assert_allclose(out.x["b"][0], -1.0, atol=1e-6)
    assert out.jac["a"].shape == (2, 2)


def test_float32():
    out = minimize(lambda x: fnp.sum((x - 1) ** 2), np.zeros(3, np.float32), tol=1e-3)
    assert out.x.dtype == np.float32 and bool(out.success)
    np.testing.assert_allclose(out.x, 1.0, atol=1e-3)


def test_vmap_and_derivative_of_the_minimum():
    starts = np.array([[0.0, 0.0], [2.0, 2.0], [-1.0, 1.5]])
    out = fl.vmap(lambda x: minimize(rosenbrock, x))(starts)
    rows = [minimize(rosenbrock, x) for x in starts]
    np.testing.assert_allclose(out.x, [r.x for r in rows], atol=1e-6)
    np.testing.assert_array_equal(out.nit, [int(r.nit) for r in rows])

    def value(c):
        return minimize(lambda x: fnp.sum((x - c) ** 2 + x**4), np.zeros(2)).fun

    e = 1e-5
    want = (value(1.0 + e) - value(1.0 - e)) / (2 * e)
    np.testing.assert_allclose(fl.grad(value)(1.0), want, rtol=1e-4)

    def place(c):
        f = lambda x: fnp.sum((x - c) ** 2 + x**4) + x[0] * x[1]  # noqa: E731
        return minimize(f, np.zeros(2), tol=1e-10).x

    np.testing.assert_allclose(fl.jit(fl.jacobian(place))(1.0), [1 / 3, 1 / 3], rtol=1e-6)
    second = fl.jacobian(fl.jacobian(place))(1.0)
    np.testing.assert_allclose(second, [-2 / 9, -2 / 9], rtol=1e-5)


def test_failures_are_reported():
    out = minimize(rosenbrock, np.array([-1.2, 1.0]), options={"maxiter": 3})
    assert (bool(out.success), int(out.status), int(out.nit)) == (False, 1, 3)
    assert int(minimize(rosenbrock, np.zeros(2), options={"maxiter": 0}).status) == 1
    out = minimize(lambda x: fnp.log(-fnp.sum(x**2)), np.ones(2))
    assert int(out.status) == 3
    # Unbounded from below: steps grow until the function is no longer finite, or time is up.
    assert not bool(minimize(lambda x: fnp.sum(x), np.ones(2)).success)
    assert bool(minimize(lambda x: fnp.sum(x**2), np.zeros(2)).success)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: minimize(rosenbrock, np.zeros(2), method="Powell"), ValueError, "with_scipy"),
        (lambda: minimize(rosenbrock, np.zeros(2), options={"eps": 1}), ValueError, "eps"),
        (lambda: minimize(rosenbrock, np.zeros(2, int)), TypeError, "float"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


METHODS = ["Nelder-Mead", "Powell", "CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", "COBYLA"]
METHODS += ["Newton-CG", "trust-ncg", "trust-krylov", "trust-exact", "dogleg", "trust-constr"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")
def test_every_method_of_scipy(method):
    def f(p):
        return fnp.sum((p["a"] - 2) ** 2) + (p["b"] + 1) ** 2 * 3 + 0.1 * fnp.sum(p["a"]) * p["b"]

    out = minimize_with_scipy(f, {"a": np.zeros(2), "b": 0.5}, method=method, tol=1e-8)
    want = minimize(f, {"a": np.zeros(2), "b": 0.5}, tol=1e-9)
    np.testing.assert_allclose(out.x["a"], want.x["a"], atol=1e-3)
    np.testing.assert_allclose(out.x["b"], want.x["b"], atol=1e-3)


def test_scipy_gets_second_derivatives():
    for method in ("Newton-CG", "trust-exact"):
        out = minimize_with_scipy(rosenbrock, np.zeros(4), method=method, tol=1e-10)
        np.testing.assert_allclose(out.x, 1.0, atol=1e-6)
        assert out.nhev > 0


def test_scipy_bounds_and_callback():
    seen = []
    f = lambda p: fnp.sum((p["a"] - 2) ** 2)  # noqa: E731
    for bounds in ((-1.0, 1.0), ({"a": -np.ones(2)}, {"a": np.ones(2)})):
        out = minimize_with_scipy(
            f, {"a": np.zeros(2)}, bounds=bounds, callback=lambda x: seen.append(x["a"])
        )
        np.testing.assert_allclose(out.x["a"], [1.0, 1.0])
    assert seen[0].shape == (2,)


def test_least_squares():
    t = np.linspace(0, 2, 30)
    data = 2.5 * np.exp(-1.3 * t) + 0.5

    def model(p, t):
        return p["s"] * fnp.exp(-p["r"] * t) + p["c"] - data

    x0 = {"s": 1.0, "r": 0.5, "c": 0.0}
    for kwargs in ({}, {"method": "lm"}, {"bounds": (0.0, 10.0)}, {"loss": "soft_l1"}):
        out = least_squares_with_scipy(model, x0, (t,), **kwargs)
        np.testing.assert_allclose([out.x["s"], out.x["r"], out.x["c"]], [2.5, 1.3, 0.5], rtol=1e-5)


def test_ravel_pytree():
    from functorch_lite.flatten_util import ravel_pytree

    tree = {"a": np.arange(6.0).reshape(2, 3), "b": [np.float32(2), (np.int64(3),)], "c": None}
    vector, unravel = ravel_pytree(tree)
    assert vector.dtype == np.float64 and vector.shape == (8,)
    back = unravel(vector)
    assert back["b"][0].dtype == np.float32 and back["b"][1][0].dtype == np.int64
    np.testing.assert_array_equal(back["a"], tree["a"])
    assert back["c"] is None and ravel_pytree({})[0].shape == (0,)
    g = fl.jit(fl.grad(lambda t: fnp.sum(ravel_pytree(t)[0] ** 2)))({"x": np.ones(3), "y": 2.0})
    np.testing.assert_allclose(g["x"], 2 * np.ones(3))
    with pytest.raises(ValueError, match="8 elements"):
        unravel(np.zeros(3))
