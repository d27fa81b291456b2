"""Transforms nested in every order, and perturbation confusion."""

import itertools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp


@fl.custom_jvp
def quarter_turn(x):
    return fnp.cos(x)


quarter_turn.defjvp(lambda p, t: (quarter_turn(*p), -fnp.sin(p[0]) * t[0]))


@fl.custom_vjp
def cube(x):
    return x**3


cube.defvjp(lambda x: (cube(x), x), lambda x, ct: (3.0 * x**2 * ct,))


def horner(x):
    """1 + x (1/2 + x (1/3 + ...)), by a scan over coefficients."""
    step = lambda c, a: (c * x + a, None)  # noqa: E731
    return lax.scan(step, 0.0 * x, 1.0 / np.arange(4.0, 0.0, -1.0))[0]


def doubled(x):
    """4 sin(x), by a loop whose end is not known when it is recorded."""
    done = lambda c: c[1] < 2.0 + 0.0 * c[0]  # noqa: E731
    return lax.while_loop(done, lambda c: (c[0] * 2.0, c[1] + 1.0), (fnp.sin(x), 0.0))[0]


FUNCTIONS = {
    "sin_x": lambda x: fnp.sin(x) * x,
    "rational": lambda x: x / (1.0 + x * x),
    "exp_tanh": lambda x: fnp.exp(-x) + fnp.tanh(x * 2.0),
    "power": lambda x: x**3 - 2.0 * x**2,
    "branch": lambda x: fnp.where(x > 0.1, x * x, fnp.sin(x)),
    "cond": lambda x: lax.cond(x > 0.1, lambda v: v * fnp.sin(v), lambda v: v, x),
    "scan": horner,
    "while": doubled,
    "custom rules": lambda x: quarter_turn(x) * cube(x),
    "solve": lambda x: fnp.sum(
        fnp.linalg.solve(fnp.stack([x, -1.0, 1.0, 2.0 + x]).reshape(2, 2), np.ones(2))
    ),
    "matrix": lambda x: fnp.sum(fnp.stack([x, x * x]) @ np.array([[1.0, 2.0], [3.0, 4.0]])),
}

SLOW = {"cond", "while", "custom rules", "solve"}


def value_jvp(f):
    return lambda x: fl.jvp(f, (x,), (1.0,))[1]


def value_vjp(f):
    def g(x):
        y, pull = fl.vjp(f, x)
        return pull(fnp.ones_like(y))[0]

    return g


def value_linearize(f):
    return lambda x: fl.linearize(f, x)[1](1.0)


DERIVATIVES = {
    "grad": fl.grad,
    "jvp": value_jvp,
    "vjp": value_vjp,
    "linearize": value_linearize,
    "jacfwd": fl.jacfwd,
    "jacrev": fl.jacrev,
}
NEUTRAL = {
    "jit": fl.jit,
    "checkpoint": fl.checkpoint,
    # Mapping over a batch of one keeps the value.
    "vmap": lambda f: lambda x: fl.vmap(f)(fnp.stack([x]))[0],
}
ALL = DERIVATIVES | NEUTRAL


def finite_difference(f, x, order):
    """Derivative of the given order by Richardson-extrapolated central differences."""
    if order == 0:
        return float(f(x))
    h = {1: 1e-3, 2: 4e-3, 3: 2e-2, 4: 5e-2}[order]

    def central(step):
        coeffs = {
            1: ((1, 0.5), (-1, -0.5)),
            2: ((1, 1), (0, -2), (-1, 1)),
            3: ((2, 0.5), (1, -1), (-1, 1), (-2, -0.5)),
            4: ((2, 1), (1, -4), (0, 6), (-1, -4), (-2, 1)),
        }[order]
        return sum(c * float(f(x + k * step)) for k, c in coeffs) / step**order

    table = [central(h / 2**i) for i in range(4)]
    for j in range(1, 4):
        table = [(4**j * b - a) / (4**j - 1) for a, b in itertools.pairwise(table)]
    return table[0]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("depth", [1, 2])
def test_every_order_to_depth_two(name, depth):
    f, x = FUNCTIONS[name], 0.7
    want = {n: finite_difference(f, x, n) for n in range(depth + 1)}
    for stack in itertools.product(sorted(ALL), repeat=depth):
        g, order = f, 0
        for t in stack:
            g, order = ALL[t](g), order + (t in DERIVATIVES)
        assert float(g(x)) == pytest.approx(want[order], rel=1e-6, abs=1e-7), stack


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_order_to_depth_four(name):
    """All stacks of depth 3 and 4 over the transforms that differ in mechanism."""
    f, x = FUNCTIONS[name], 0.7
    kinds = ["grad", "jvp", "jit", "vmap"]
    if name not in SLOW:
        kinds.append("checkpoint")
    want = {n: finite_difference(f, x, n) for n in range(5)}
    tol = {0: 1e-12, 1: 1e-8, 2: 1e-7, 3: 1e-5, 4: 1e-3}
    for depth in (3, 4):
        for stack in itertools.product(kinds, repeat=depth):
            g, order = f, 0
            for t in stack:
                g, order = ALL[t](g), order + (t in DERIVATIVES)
            got = float(g(x))
            assert got == pytest.approx(want[order], rel=tol[order], abs=tol[order]), stack


# --- perturbation confusion -----------------------------------------------------------------------


def test_perturbation_confusion():
    assert float(fl.grad(lambda x: x * fl.grad(lambda y: x)(0.0))(0.7)) == 0.0
    assert float(fl.grad(lambda x: x * fl.grad(lambda y: x + y)(1.0))(1.0)) == 1.0
    d = value_jvp
    assert float(d(lambda x: x * d(lambda y: x + y)(1.0))(1.0)) == 1.0
    assert float(fl.grad(lambda x: x * d(lambda y: x * y)(1.0))(3.0)) == 6.0
    assert float(d(lambda x: x * fl.grad(lambda y: x * y)(1.0))(3.0)) == 6.0


def test_the_shift_example():
    # Manzyuk et al. 2019, "Perturbation confusion in forward automatic differentiation of
    # higher-order functions": D(s)(0)(y) must be cos(y), shifted once, not twice.
    def shift(offset):
        return lambda f: lambda x: f(x + offset)

    d = value_jvp
    derivative_of_shift = d(lambda offset: shift(offset)(fnp.sin)(0.3))(0.0)
    assert float(derivative_of_shift) == pytest.approx(np.cos(0.3))


def test_grad_closing_over_jvp_tracers_inside_jit():
    def f(w):
        return fl.grad(lambda x: fl.jit(lambda y: fnp.sin(y) * w)(x) * 2.0)(0.3)

    assert float(fl.grad(f)(0.5)) == pytest.approx(2 * np.cos(0.3))
    assert float(fl.jvp(f, (0.5,), (1.0,))[1]) == pytest.approx(2 * np.cos(0.3))


def test_vmap_of_grad_closing_over_mapped_values():
    xs, ys = np.array([0.1, 0.2]), np.array([2.0, 3.0])
    got = fl.vmap(lambda x, y: fl.grad(lambda v: fnp.sin(v) * y)(x))(xs, ys)
    np.testing.assert_allclose(got, np.cos(xs) * ys)


def test_deep_chain():
    def f(x):
        for _ in range(5000):
            x = x * 1.0001
        return x

    assert float(fl.grad(f)(0.5)) == pytest.approx(1.0001**5000)
