"""Loops and branches as native functions agree with the interpreter's."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode, outputs
from functorch_lite.compile.loops import native_loop
from functorch_lite.compile.native import loaded_kernels
from functorch_lite.ir import subjaxprs
from functorch_lite.lax.control import cond, fori_loop, scan, switch, while_loop

RNG = np.random.default_rng(0)
W = RNG.standard_normal((8, 8)) * 0.3
XS = RNG.standard_normal((20, 8))


def rnn(W, h, xs):
    return scan(lambda h, x: (fnp.tanh(W @ h + x), fnp.sum(h)), h, xs)


def rnn_loss(W):
    h, ys = rnn(W, np.zeros(8), XS)
    return fnp.sum(h * h) + fnp.sum(ys)


def rotate(v):
    return fori_loop(0, 200, lambda i, v: v + 0.01 * fnp.stack([v[1], -v[0], v[2] * v[0]]), v)


def collatz(n):
    def step(state):
        n, k = state
        return fnp.where(n % 2 == 0, n // 2, 3 * n + 1), k + 1

    return while_loop(lambda s: s[0] != 1, step, (n, 0))[1]


PROGRAMS = {
    "scalar_scan": (lambda c, xs: scan(lambda c, x: (c * x + 1.0, c), c, xs), 1.0, XS[:, 0]),
    "reverse": (lambda c, xs: scan(lambda c, x: (c + x, c), c, xs, reverse=True), 1.0, XS[:, 0]),
    "rnn": (rnn, W, np.zeros(8), XS),
    "rnn_transposed_weights": (
        lambda W, xs: scan(lambda h, x: (fnp.tanh(h @ W + x), h), np.zeros(8), xs),
        W,
        XS,
    ),
    "rnn_grad": (fl.grad(rnn_loss), W),
    "rnn_hvp": (lambda W: fl.jvp(fl.grad(rnn_loss), (W,), (W,))[1], W),
    "vmap_rnn": (fl.vmap(rnn, (None, 0, None)), W, XS[:3], XS),
    "swap": (
        lambda a, b: scan(lambda c, _: ((c[1], c[0]), None), (a, b), None, 5)[0],
        XS[0],
        XS[1],
    ),
    "swap_scalars": (lambda a, b: fori_loop(0, 3, lambda i, c: (c[1], c[0]), (a, b)), 1.0, 2.0),
    "fori": (rotate, np.array([1.0, 0.0, 0.5])),
    "fori_vmapped": (fl.vmap(rotate), RNG.standard_normal((5, 3))),
    "while": (lambda x: while_loop(lambda v: v < 100.0, lambda v: v * 2.0, x), 1.0),
    "while_batched": (
        fl.vmap(lambda x: while_loop(lambda v: v < 100.0, lambda v: v * 2.0, x)),
        np.array([1.0, 3.0, 200.0]),
    ),
    "integers": (collatz, 27),
    "while_in_scan": (
        lambda xs: scan(
            lambda c, x: (while_loop(lambda v: v < 5.0, lambda v: v + 1.5, c * 0.5 + x), c), 0.0, xs
        ),
        XS[:, 0],
    ),
    "cond_in_scan": (
        lambda xs: scan(
            lambda c, x: (cond(x > 0, lambda c: c * 2.0, lambda c: c + 1.0, c), x), 0.0, xs
        ),
        XS[:, 0],
    ),
    "switch_in_scan": (
        lambda xs: scan(
            lambda c, i: (switch(i, [lambda c: c + 1, lambda c: c * 2, lambda c: -c], c), c),
            np.ones(3),
            xs,
        ),
        np.array([0, 1, 2, 5, -1]),
    ),
    "cond_grad": (
        fl.grad(lambda x: fnp.sum(cond(x[0] > 0, fnp.sin, lambda x: x * x, x))),
        np.array([1.0, 2.0]),
    ),
    "update_in_loop": (
        lambda x: fori_loop(0, 6, lambda i, v: v.at[i].set(v[i] * 2.0 + i), x),
        np.arange(6.0),
    ),
    "bool_carry": (lambda xs: scan(lambda c, x: (c ^ (x > 0), c), np.bool_(True), xs), XS[:, 0]),
    "length_zero": (lambda c: scan(lambda c, x: (c * x, c), c, np.zeros((0,))), 3.0),
    "long_reduction": (lambda x: scan(lambda c, r: (c + fnp.max(r) * r.sum(), c), 0.0, x), XS),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_agrees_with_the_interpreter(name, dtype):
    f, *args = PROGRAMS[name]
    args = [a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype == float else a for a in args]
    with compile_mode("never"):
        want = fl.tree_util.tree_leaves(fl.jit(f)(*args))
    with compile_mode("always"):
        jitted = fl.jit(f)
        for _ in range(2):  # the second call takes the short way
            got = fl.tree_util.tree_leaves(jitted(*args))
            for g, w in zip(got, want, strict=True):
                assert (g.shape, g.dtype) == (w.shape, w.dtype)
                tol = 1e-11 if g.dtype == np.float64 else 2e-4
                np.testing.assert_allclose(g, w, rtol=tol, atol=tol)


def control_eqns(jaxpr):
    for e in jaxpr.eqns:
        if e.primitive.name in ("scan", "while", "cond"):
            yield e
        else:
            for j in subjaxprs(e):
                yield from control_eqns(j)


@pytest.mark.parametrize("name", ["rnn", "rnn_grad", "fori_vmapped", "while_in_scan", "integers"])
def test_has_a_native_form(name):
    f, *args = PROGRAMS[name]
    eqns = list(control_eqns(fl.make_jaxpr(f)(*args).jaxpr))
    assert eqns and all(native_loop(e) is not None for e in eqns)


def test_what_has_no_native_form_falls_back():
    f = fl.jit(lambda xs: scan(lambda c, x: (c + fnp.sum(fnp.sort(x)), c), 0.0, xs))
    with compile_mode("always"):
        total, _ = f(XS)
    assert float(total) == pytest.approx(XS.sum())


def test_outputs_are_fresh():
    f = fl.jit(lambda h: scan(lambda h, x: (h, h), h, None, 2))
    with compile_mode("always"):
        first, _ = f(XS)
        second, _ = f(XS)
    assert not np.may_share_memory(first, second) and not np.may_share_memory(first, XS)


def power_iteration(x, n):
    step = lambda i, c: fnp.sin(c) * x + 0.5 * c  # noqa: E731
    return fnp.sum(fori_loop(0, n, step, x))


def counting_kernels(*calls):
    """Return how many kernels each call adds to those that are loaded."""
    counts = []
    for call in calls:
        before = len(loaded_kernels())
        call()
        counts.append(len(loaded_kernels()) - before)
    return counts


@pytest.mark.parametrize("reverse", [False, True])
def test_lengths_share_machine_code(reverse):
    def body(c, x):
        return 0.75 * c + fnp.sin(x), c

    xs = RNG.standard_normal(501)
    with compile_mode("always"):
        f = fl.jit(lambda c, xs: scan(body, c, xs, reverse=reverse))
        df = fl.jit(fl.grad(lambda c, xs: scan(body, c, xs, reverse=reverse)[0], (0, 1)))
        counts = counting_kernels(
            lambda: (f(0.5, xs[:500]), df(0.5, xs[:500])),
            lambda: (f(0.5, xs), df(0.5, xs)),
            lambda: f(0.5, xs[:0]),
        )
    assert counts[0] > 0 and counts[1:] == [0, 0]


def test_fori_loops_of_all_lengths_share_machine_code():
    x = XS[0]
    with compile_mode("always"):
        counts = counting_kernels(
            *[lambda n=n: fl.jit(lambda x: power_iteration(x, n))(x) for n in (10, 1000)]
        )
    assert counts[0] > 0 and counts[1] == 0


def test_reverse_mode_of_a_loop_of_unknown_length_is_native():
    grad = fl.grad(power_iteration)
    x = XS[0]
    jitted = fl.jit(grad)
    with compile_mode("always"):
        counts = counting_kernels(*[lambda n=n: jitted(x, n) for n in (10, 11, 0, 300)])
        for n in (10, 11, 0, 300):
            np.testing.assert_allclose(jitted(x, n), grad(x, n), rtol=1e-12)
    assert counts[0] > 0 and counts[1:] == [0, 0, 0]


def test_so_is_it_in_lanes_of_different_lengths():
    grad = fl.vmap(fl.grad(power_iteration))
    jitted = fl.jit(grad)
    lengths = [np.array([3, 7, 2, 0]), np.array([3, 7, 2, 12])]
    with compile_mode("always"):
        counts = counting_kernels(*[lambda n=n: jitted(XS[:4], n) for n in lengths])
        for n in lengths:
            np.testing.assert_allclose(jitted(XS[:4], n), grad(XS[:4], n), rtol=1e-12)
    assert counts[0] > 0 and counts[1] == 0


def test_many_lengths_are_forgotten_again():
    f = fl.jit(fl.grad(lambda x, n: fori_loop(0, n, lambda i, c: c * x, x)))
    with compile_mode("always"):
        for n in (*range(300), 0, 299):
            assert float(f(1.0, n)) == n + 1


def test_the_interpreter_is_still_asked_when_it_should_be():
    f = fl.jit(fl.grad(lambda x, n: fori_loop(0, n, lambda i, c: c * x, x)))
    with compile_mode("never"):
        counts = counting_kernels(*[lambda: f(1.5, 3)] * 3)
    assert counts == [0, 0, 0]


def test_lengths_share_memory_for_residuals(monkeypatch):
    made = []
    original = outputs.Memory

    def counting(shape, dtype):
        made.append(shape[0])
        return original(shape, dtype)

    monkeypatch.setattr(outputs, "Memory", counting)
    x = np.linspace(0.1, 0.9, 1 << 12)
    f = fl.jit(fl.grad(lambda x, n: fnp.sum(fori_loop(0, n, lambda i, c: fnp.sin(c) * x, x))))
    with compile_mode("always"):
        f(x, 40)
        first = len([n for n in made if n > 1])
        for n in (39, 38, 37, 36, 35, 38):
            f(x, n)
    assert first > 0 and len([n for n in made if n > 1]) == first
