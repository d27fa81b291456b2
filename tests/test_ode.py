"""odeint against closed forms, SciPy and JAX; its gradients by both ways."""

import numpy as np
import pytest
import scipy.integrate

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, ShapeError
from functorch_lite.ode import odeint


def lotka(y, t, a, b):
    u, v = y
    return fnp.stack([a * u - b * u * v, -v + 0.5 * u * v]) * (1 + 0.1 * fnp.sin(t))


def oscillator(y, t, w):
    return {"x": y["v"], "v": -(w**2) * y["x"]}


TIMES = np.array([0.0, 0.3, 1.0, 2.5])
Y0 = np.array([1.5, 0.7])


@pytest.mark.parametrize("adjoint", [True, False])
@pytest.mark.parametrize("times", [TIMES, TIMES[::-1].copy(), TIMES - 3])
def test_against_scipy(adjoint, times):
    ys = odeint(lotka, Y0, times, 1.1, 0.4, adjoint=adjoint)
    want = scipy.integrate.solve_ivp(
        lambda t, y: lotka(y, t, 1.1, 0.4), (times[0], times[-1]), Y0, "DOP853", times, rtol=1e-11,
        atol=1e-12,
    ).y.T  # fmt: skip
    np.testing.assert_allclose(ys, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fl.jit(lambda y: odeint(lotka, y, times, 1.1, 0.4))(Y0), ys)


def test_tolerance_is_met():
    exact = np.exp(-2 * TIMES)
    for tol in (1e-4, 1e-7, 1e-10):
        ys = odeint(lambda y, t: -2 * y, 1.0, TIMES, rtol=tol, atol=tol)
        assert np.abs(ys - exact).max() < 20 * tol


def test_pytrees():
    y0 = {"x": np.array([1.0, 2.0]), "v": np.zeros(2)}
    ys = odeint(oscillator, y0, TIMES, 3.0)
    np.testing.assert_allclose(ys["x"], np.cos(3 * TIMES)[:, None] * [1, 2], atol=1e-6)
    assert ys["v"].shape == (4, 2)


def test_dtype():
    ys = odeint(lambda y, t: -y, np.float32(1), TIMES.astype(np.float32), rtol=1e-5, atol=1e-6)
    assert ys.dtype == np.float32
    np.testing.assert_allclose(ys, np.exp(-TIMES), rtol=1e-4)


def loss(y0, times, a, b, adjoint=True):
    ys = odeint(lotka, y0, times, a, b, rtol=1e-10, atol=1e-10, adjoint=adjoint)
    return fnp.sum(fnp.sin(ys) * np.arange(8.0).reshape(4, 2))


@pytest.mark.parametrize("times", [TIMES, TIMES[::-1].copy()])
def test_gradients(times):
    args = (Y0, times, np.float64(1.1), np.float64(0.4))
    by_adjoint = fl.grad(loss, (0, 1, 2, 3))(*args)
    by_steps = fl.grad(lambda *a: loss(*a, adjoint=False), (0, 1, 2, 3))(*args)
    jitted = fl.jit(fl.grad(loss, (0, 1, 2, 3)))(*args)
    e = 1e-5
    for i, (g, h, j) in enumerate(zip(by_adjoint, by_steps, jitted, strict=True)):
        fd = np.zeros(np.shape(args[i]))
        for k in np.ndindex(fd.shape):
            step = np.zeros(fd.shape)
            step[k] = e
            hi, lo = (loss(*args[:i], args[i] + s * step, *args[i + 1 :]) for s in (1, -1))
            fd[k] = (hi - lo) / (2 * e)
        np.testing.assert_allclose(g, fd, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(j, g, rtol=1e-7, atol=1e-8)
        if i != 1:
            np.testing.assert_allclose(h, fd, rtol=1e-5, atol=1e-5)


def test_as_in_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    from jax.experimental.ode import odeint as theirs

    def f(y, t, a, b):
        u, v = y
        slope = jax.numpy.stack([a * u - b * u * v, -v + 0.5 * u * v])
        return slope * (1 + 0.1 * jax.numpy.sin(t))

    with jax.enable_x64(True):
        want = theirs(f, Y0, TIMES, 1.1, 0.4)
        ours = odeint(lotka, Y0, TIMES, 1.1, 0.4)
        np.testing.assert_allclose(ours, want, rtol=1e-6)
        w = jax.grad(lambda y, a: theirs(f, y, TIMES, a, 0.4).sum(), (0, 1))(Y0, 1.1)
        g = fl.grad(lambda y, a: fnp.sum(odeint(lotka, y, TIMES, a, 0.4)), (0, 1))(Y0, 1.1)
        np.testing.assert_allclose(g[0], w[0], rtol=1e-5)
        np.testing.assert_allclose(g[1], w[1], rtol=1e-5)


def test_closed_over_values_are_differentiated():
    def f(w):
        return odeint(lambda y, t: -w * y, 1.0, np.array([0.0, 1.0]))[-1]

    np.testing.assert_allclose(fl.grad(f)(2.0), -np.exp(-2.0), rtol=1e-6)
    np.testing.assert_allclose(fl.jit(fl.grad(f))(2.0), -np.exp(-2.0), rtol=1e-6)


def test_second_order_and_forward_mode_through_the_steps():
    def f(w):
        t = np.array([0.0, 1.0])
        return odeint(lambda y, t: -w * y, 1.0, t, rtol=1e-10, atol=1e-10, adjoint=False)[-1]

    np.testing.assert_allclose(fl.jvp(f, (2.0,), (1.0,))[1], -np.exp(-2.0), rtol=1e-7)
    np.testing.assert_allclose(fl.grad(fl.grad(f))(2.0), np.exp(-2.0), rtol=1e-6)


def test_vmap():
    rates = np.array([0.5, 1.0, 4.0])
    f = lambda r: odeint(lambda y, t, r: -r * y, 1.0, TIMES, r)  # noqa: E731
    np.testing.assert_allclose(fl.vmap(f)(rates), [f(r) for r in rates], rtol=1e-9)
    g = fl.grad(lambda r: fnp.sum(f(r)))
    np.testing.assert_allclose(fl.vmap(g)(rates), [g(r) for r in rates], rtol=1e-7)


def test_integer_and_pytree_arguments():
    def f(y, t, p, k):
        return -p["rate"] * y * k

    def end(p):
        return odeint(f, 1.0, np.array([0.0, 1.0]), p, 2)[-1]

    g = fl.grad(end)({"rate": 0.5})
    np.testing.assert_allclose(g["rate"], -2 * np.exp(-1.0), rtol=1e-6)


def test_limits():
    stiff = lambda y, t: -1000 * (y - fnp.cos(t))  # noqa: E731
    assert np.isnan(odeint(stiff, 0.0, np.array([0.0, 1.0]), mxstep=5)[1])
    explosion = odeint(lambda y, t: y**2, 1.0, np.array([0.0, 0.5, 2.0]))
    np.testing.assert_allclose(explosion[1], 2.0, rtol=1e-6)
    assert np.isnan(explosion[2])
    short = odeint(lambda y, t: 0 * y + (t > 0.5), 0.0, np.array([0.0, 1.0]), hmax=0.01)
    np.testing.assert_allclose(short[1], 0.5, atol=0.01)
    np.testing.assert_allclose(odeint(stiff, 0.0, np.array([1.0])), [0.0])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: odeint(lambda y, t: y, 1.0, 2.0), ShapeError),
        (lambda: odeint(lambda y, t: y, 1.0, np.arange(3)), ShapeError),
        (lambda: odeint(lambda y, t: y, 1, TIMES), DTypeError),
        (lambda: odeint(lambda y, t: fnp.stack([y, y]), 1.0, TIMES), ShapeError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error, match="odeint"):
        call()
