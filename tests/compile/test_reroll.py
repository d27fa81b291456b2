"""Loops found again in unrolled programs: the same results, fewer equations."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode

RNG = np.random.default_rng(0)
X = RNG.standard_normal(7)
W = RNG.standard_normal((4, 4)) * 0.4


def pendulum(x, steps=40, dt=0.01):
    angle, speed = x, x * 0.0
    for _ in range(steps):
        speed = speed - dt * fnp.sin(angle)
        angle = angle + dt * speed
    return angle, speed


def all_steps(x):
    seen = []
    for _ in range(40):
        x = fnp.tanh(x * 1.1 + 0.1)
        seen.append(x)
    return seen, x


def two_steps_back(x):
    before = x
    for _ in range(60):
        x, before = fnp.sin(x) + 0.5 * before, x
    return x


def changing_constants(x):
    for i in range(60):
        x = fnp.sin(x) + 0.01 * i
    return x


def irregular_ends(x):
    y = fnp.cos(x)
    for i in range(50):
        x = fnp.sin(x) * y if i != 3 else x + 1.0
    return x * y + fnp.sin(y)


def two_at_once(x):
    y = 2 * x
    for _ in range(40):
        x, y = fnp.sin(y) * 0.9, fnp.cos(x) + 0.1 * y
    return x, y


def two_loops(x):
    steps = [x]
    for _ in range(50):
        steps.append(fnp.sin(steps[-1]) * 1.5)
    y = x
    for s in reversed(steps):
        y = y * 0.5 + s * s
    for s in steps[5:45]:
        y = fnp.tanh(y - s)
    return y, steps[20]


def network(w, x):
    for _ in range(40):
        x = fnp.tanh(x @ w + 0.1)
    return fnp.sum(x)


PROGRAMS = {
    "pendulum": (pendulum, X),
    "scalar": (pendulum, np.array(0.7)),
    "float32": (pendulum, X.astype(np.float32)),
    "gradient": (fl.grad(lambda x: fnp.sum(pendulum(x)[0])), X),
    "value_and_grad": (fl.value_and_grad(lambda x: fnp.sum(fnp.sin(pendulum(x)[1]))), X),
    "hvp": (lambda x: fl.hvp(lambda v: fnp.sum(pendulum(v)[0] ** 2), (x,), (x,)), X),
    "jacobian": (fl.jacrev(lambda x: pendulum(x)[0]), X[:3]),
    "vmapped": (fl.vmap(pendulum), np.stack([X, 2 * X])),
    "all_steps": (all_steps, X),
    "all_steps_gradient": (fl.grad(lambda x: sum(s.sum() for s in all_steps(x)[0])), X),
    "two_steps_back": (two_steps_back, X),
    "two_steps_back_gradient": (fl.grad(lambda x: fnp.sum(two_steps_back(x))), X),
    "changing_constants": (changing_constants, X),
    "irregular_ends": (irregular_ends, X),
    "irregular_gradient": (fl.grad(lambda x: fnp.sum(irregular_ends(x))), X),
    "two_at_once": (two_at_once, X),
    "two_loops": (two_loops, X),
    "two_loops_gradient": (fl.grad(lambda x: fnp.sum(two_loops(x)[0])), X),
    "network": (fl.value_and_grad(network, (0, 1)), W, X[:4]),
    "checkpointed": (
        fl.grad(lambda x: fnp.sum(fl.checkpoint(lambda x: pendulum(x)[0])(x))),
        X,
    ),
}
TOLERANCE = {"float32": 1e-5}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_agrees_with_the_interpreter(name):
    f, *args = PROGRAMS[name]
    with compile_mode("always"):
        got = fl.tree.leaves(fl.jit(f)(*args))
    tol = TOLERANCE.get(name, 1e-10)
    for g, w in zip(got, fl.tree.leaves(f(*args)), strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol)


def scans(f, *args):
    lowered = fl.jit(f).lower(*args)
    return lowered.simplified.count("= scan["), len(lowered.simplified.splitlines())


def test_unrolled_steps_become_one_scan():
    n, lines = scans(lambda x: pendulum(x, 200)[0], X)
    assert n == 1 and lines < 25


def test_the_backward_pass_reads_the_forward_pass_in_reverse():
    n, lines = scans(fl.grad(lambda x: fnp.sum(pendulum(x, 200)[0])), X)
    assert n == 2 and lines < 60


def test_large_arrays_and_short_loops_stay():
    assert scans(lambda x: pendulum(x, 200)[0], np.zeros(5000))[0] == 0
    assert scans(lambda x: pendulum(x, 6)[0], X)[0] == 0


def random_recurrence(seed):
    """A body of random operations on a random number of carries, unrolled."""
    rng = np.random.default_rng(seed)
    n_carries, n_steps = rng.integers(1, 4), rng.integers(20, 60)
    plan = [
        (rng.integers(0, 5), rng.integers(0, 9), rng.integers(0, 9))
        for _ in range(rng.integers(3, 9))
    ]
    ops = [
        lambda a, b: fnp.sin(a) + 0.5 * b,
        lambda a, b: a * fnp.tanh(b),
        lambda a, b: fnp.maximum(a, b) * 0.5,
        lambda a, b: fnp.where(a > b, a, 0.3 * b),
        lambda a, b: fnp.cos(a - b),
    ]

    def f(x, y):
        carries = [x * (i + 1) for i in range(n_carries)]
        total = y
        for k in range(n_steps):
            values = [*carries, y]
            for op, a, b in plan:
                values.append(ops[op](values[a % len(values)], values[b % len(values)]))
            carries = values[-n_carries:]
            if seed % 3 == 0 or k == 7:
                total = total + fnp.sin(carries[0])
        return total, carries

    return f


@pytest.mark.parametrize("seed", range(12))
def test_random_recurrences(seed):
    f = random_recurrence(seed)
    y = RNG.standard_normal(5)

    def loss(x, y):
        total, carries = f(x, y)
        return fnp.sum(total) + sum(fnp.sum(c) for c in carries)

    with compile_mode("always"):
        got = [*fl.tree.leaves(fl.jit(f)(X[:5], y)), *fl.jit(fl.grad(loss, (0, 1)))(X[:5], y)]
    want = [*fl.tree.leaves(f(X[:5], y)), *fl.grad(loss, (0, 1))(X[:5], y)]
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-9)
