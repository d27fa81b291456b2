"""Products moved out of loops: the same results, fewer products inside."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.lax.control import scan

RNG = np.random.default_rng(0)
W, U = RNG.standard_normal((2, 5, 5)) * 0.4
XS = RNG.standard_normal((12, 5))
BATCH = RNG.standard_normal((12, 3, 5))


def rnn(w, u, xs, reverse=False):
    start = np.zeros(xs.shape[1:])
    return scan(lambda h, x: (fnp.tanh(h @ w + x @ u), h), start, xs, reverse=reverse)


def loss(w, u, xs, reverse=False):
    h, ys = rnn(w, u, xs, reverse)
    return fnp.sum(h * h) + fnp.sum(ys)


def through_elementwise(w, u, xs):
    """The product's operand is made from the slice, inside the loop."""
    return scan(lambda h, x: (fnp.tanh(h @ w + fnp.sin(x) @ (u * 2.0).T), None), XS[0], xs)[0]


def both_factors_change(us, xs):
    return scan(lambda h, ux: (fnp.tanh(h + ux[1] @ ux[0]), None), XS[0], (us, xs))[0]


def invariant(w, u, xs):
    return scan(lambda h, x: (fnp.tanh(h @ (w @ u) + x), None), XS[0], xs)[0]


def collected(xs):
    """A carry that only collects products, and one that is read as well."""

    def step(c, x):
        total, seen = c
        return (total + fnp.outer(x, x).T, seen + fnp.outer(x, x) + 0.1 * seen), None

    return scan(step, (np.eye(5), np.zeros((5, 5))), xs)[0]


def also_returned(xs):
    def step(total, x):
        total = total + fnp.outer(x, 2 * x)
        return total, total

    return scan(step, np.zeros((5, 5)), xs)


def checkpointed(w, u, xs):
    step = fl.checkpoint(lambda h, x: (fnp.tanh(h @ w + x @ u), None))
    return fnp.sum(scan(step, XS[0], xs)[0])


PROGRAMS = {
    "forward": (rnn, W, U, XS),
    "batched": (rnn, W, U, BATCH),
    "gradients": (fl.value_and_grad(loss, (0, 1, 2)), W, U, XS),
    "batched_gradients": (fl.value_and_grad(loss, (0, 1, 2)), W, U, BATCH),
    "reverse_gradients": (fl.grad(lambda *a: loss(*a, reverse=True), (0, 1)), W, U, XS),
    "vmapped_gradients": (fl.vmap(fl.grad(loss, (0, 1)), (0, None, None)), [W, U], U, XS),
    "hvp": (lambda w, u: fl.hvp(lambda w: loss(w, u, XS), (w,), (u,)), W, U),
    "through_elementwise": (through_elementwise, W, U, XS),
    "both_factors_change": (both_factors_change, RNG.standard_normal((12, 5, 5)), XS),
    "invariant": (invariant, W, U, XS),
    "collected": (collected, XS),
    "also_returned": (also_returned, XS),
    "checkpointed": (fl.grad(checkpointed, (0, 1)), W, U, XS),
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_agrees_with_the_interpreter(name):
    f, *args = PROGRAMS[name]
    args = [np.array(a) for a in args]
    with compile_mode("always"):
        got = fl.tree.leaves(fl.jit(f)(*args))
    for g, w in zip(got, fl.tree.leaves(f(*args)), strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-12)


def products_inside(f, *args):
    lines = fl.jit(f).lower(*args).simplified.splitlines()
    return sum("= dot_general" in s for s in lines if s.startswith(" " * 6))


def test_only_the_recurrent_product_stays_inside():
    assert products_inside(rnn, W, U, XS) == 1
    # One in the forward loop, its transpose in the backward one.
    assert products_inside(fl.grad(loss, (0, 1)), W, U, XS) == 2
    assert products_inside(both_factors_change, RNG.standard_normal((12, 5, 5)), XS) == 1


def test_factors_that_take_too_much_memory_stay(monkeypatch):
    from functorch_lite.compile import hoist

    monkeypatch.setattr(hoist, "_MOST_BYTES", 100)
    assert products_inside(rnn, W, U, XS) == 2
