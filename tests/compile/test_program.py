"""Compiled programs agree with the interpreter."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.compile.native import loaded_kernels
from functorch_lite.ir import Jaxpr, run_jaxpr
from functorch_lite.tree_util import tree_leaves

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 17, 23))
V = RNG.standard_normal(7)
W = RNG.standard_normal((23, 5))


def softmax_loss(w, x):
    z = x @ w
    z = z - fnp.max(z, 1, keepdims=True)
    return -fnp.mean(z[:, 0] - fnp.log(fnp.sum(fnp.exp(z), 1)))


def rosenbrock(v):
    return fnp.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2)


PROGRAMS = {
    "row_sum": (lambda x, y: fnp.sum(fnp.tanh(x) * y, 1), X, Y),
    "column_sum": (lambda x, y: fnp.sum(x * y, 0), X, Y),
    "full_sum": (lambda x: fnp.sum(fnp.exp(-x * x)), X),
    "middle_axis": (lambda x: fnp.sum(fnp.reshape(x[:16, :20], (4, 4, 20)) * 2.0, 1), X),
    "outer_axes": (lambda x: fnp.sum(fnp.reshape(x[:16, :20], (4, 4, 20)) * 2.0, (0, 2)), X),
    "value_and_grad": (fl.value_and_grad(lambda x, y: fnp.sum(fnp.sin(x) * y), (0, 1)), X, Y),
    "normalise": (lambda x: (x - x.mean(0)) / fnp.sqrt(fnp.mean((x - x.mean(0)) ** 2, 0)), X),
    "softmax_grad": (fl.value_and_grad(softmax_loss), W, X),
    # A reduction's result comes back, broadcast, to what it was made from.
    "softmax_by_rows": (lambda x: fnp.exp(x * 2 - fnp.max(x * 2, 1, keepdims=True)), X),
    "logsumexp_grads": (
        fl.vmap(fl.grad(lambda v: fnp.log(fnp.sum(fnp.exp(v - fnp.max(v)))) + fnp.max(v))),
        X,
    ),
    "square_of_centred": (lambda x: ((x - x.sum()) * x).sum() * x, X),
    "hessian": (fl.hessian(rosenbrock), V),
    "vmap_grad": (fl.vmap(fl.grad(lambda v: fnp.sum(fnp.sin(v) * v))), X),
    "views": (lambda x: fnp.where(x > 0, x, 0.1 * x).T[::-1, ::2].reshape(-1) + 1.0, X),
    "broadcast": (lambda x, v: x[:, :7] * v + v[:, None].T, X, V),
    "extrema": (lambda x: (fnp.max(x * 2, 1), fnp.min(x * 2, 1)), X),
    "product": (lambda x: fnp.prod(x[:, :4] * 1.5, 1), X),
    "logic": (lambda x: ((x > 0) & (x < 1)).any(0), X),
    "scalars": (lambda x: x.sum() * 2.0 + fnp.exp(x[0, 0]), X),
    "powers": (lambda x: x**3 + x**-2 + fnp.abs(x) ** 0.5 + x**0, X),
    "special": (lambda x: fnp.log1p(fnp.abs(x)) + fnp.arctan2(x, 2.0) + fnp.floor(x), X),
    "iota": (lambda x: x * fnp.reshape(fl.jit(lambda: fnp.zeros((17, 23)))() + 1.0, (17, 23)), X),
    "constants": (lambda x: (x * 0 + 1.0, fnp.ones((3,)), 2.5), X),
    "identity": (lambda x: (x, x.T, x[1:3]), X),
    "checkpoint": (fl.grad(fl.checkpoint(lambda x: fnp.sum(fnp.exp(fnp.sin(x))))), X),
}


def closed(f, args):
    j = fl.make_jaxpr(f)(*args)
    return Jaxpr([], j.jaxpr.constvars + j.jaxpr.invars, j.jaxpr.eqns, j.jaxpr.outs), j.consts


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_agrees_with_the_interpreter(name, dtype):
    from functorch_lite.compile.drive import compile_program

    f, *args = PROGRAMS[name]
    args = [a.astype(dtype) for a in args]
    jaxpr, consts = closed(f, args)
    leaves = [*consts, *args]
    before = [x.copy() for x in leaves]
    got, want = compile_program(jaxpr)(leaves), run_jaxpr(jaxpr, leaves)
    tol = 1e-12 if dtype == np.float64 else 3e-5
    for g, w in zip(got, want, strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol)
    for x, b in zip(leaves, before, strict=True):
        np.testing.assert_array_equal(x, b)


SHARED = {
    "elementwise": (lambda x: fnp.tanh(x) * 2 + x, lambda n: [(n, n + 1)]),
    "rows": (lambda x: fnp.sum(fnp.tanh(x), 1), lambda n: [(n, n + 1)]),
    "columns": (lambda x: fnp.sum(fnp.tanh(x), 0), lambda n: [(n, n + 1)]),
    "mean and variance": (
        lambda x: (x - x.mean(0)) / fnp.sqrt(fnp.var(x, 0) + 1e-5),
        lambda n: [(n, n + 1)],
    ),
    "softmax": (
        lambda x: fnp.exp(x) / fnp.sum(fnp.exp(x), 1, keepdims=True),
        lambda n: [(n, n + 1)],
    ),
    "views": (lambda x: x.T[::-1, ::2] * 2, lambda n: [(2 * n, n + 1)]),
    "broadcast": (lambda x, v: x * v, lambda n: [(n, n + 1), (n + 1,)]),
    "slices": (lambda x: x[1:] * x[:-1], lambda n: [(n,)]),
    "loss and gradients": (
        fl.value_and_grad(lambda w, x: fnp.mean((fnp.tanh(x @ w) - 1) ** 2), (0, 1)),
        lambda n: [(n, n + 1), (n + 2, n)],
    ),
    "hessian": (fl.hessian(rosenbrock), lambda n: [(n,)]),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SHARED)
def test_another_size_compiles_no_new_kernel(name, dtype):
    function, shapes = SHARED[name]
    f = fl.jit(function)
    with compile_mode("always"):
        f(*[RNG.standard_normal(s).astype(dtype) for s in shapes(5)])
        loaded = set(loaded_kernels())
        for n in (4, 8, 17):
            args = [RNG.standard_normal(s).astype(dtype) for s in shapes(n)]
            got = f(*args)
            with compile_mode("never"):
                want = fl.jit(function)(*args)
            assert set(loaded_kernels()) == loaded
            for g, w in zip(tree_leaves(got), tree_leaves(want), strict=True):
                np.testing.assert_allclose(g, w, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_few_rows(size):
    f = fl.jit(lambda x: fnp.sum(fnp.tanh(x), 1))
    x = RNG.standard_normal((size, 9))
    with compile_mode("always"):
        np.testing.assert_allclose(f(x), np.tanh(x).sum(1))


def test_per_example_gradients_of_a_network():
    def loss(p, x, y):
        h = fnp.tanh(x @ p[0] + p[1])
        o = h @ p[2] + p[3]
        o = o - fnp.max(o)
        return -fnp.sum(y * (o - fnp.log(fnp.sum(fnp.exp(o)))))

    shapes = [(7, 6), (6,), (6, 4), (4,)]
    p = tuple(RNG.standard_normal(s) for s in shapes)
    x, y = RNG.standard_normal((5, 7)), np.eye(4)[[0, 1, 2, 3, 0]]
    f = fl.vmap(fl.grad(loss), (None, 0, 0))
    with compile_mode("always"):
        got = fl.jit(f)(p, x, y)
    for g, w in zip(got, f(p, x, y), strict=True):
        assert g.shape == w.shape
        np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-12)


def test_strided_inputs():
    f = fl.jit(lambda x: x * 2.0 + fnp.sum(x, 0))
    with compile_mode("always"):
        for x in (X[::2, ::-1], X.T, np.broadcast_to(V, (3, 7)), np.float64(2.0)[None]):
            np.testing.assert_allclose(f(x), x * 2 + x.sum(0))


def test_outputs_are_fresh_every_time():
    f = fl.jit(lambda x: (x * 2.0, fnp.sum(x, 0), x.T))
    with compile_mode("always"):
        first = f(X)
        kept = [o.copy() for o in first]
        second = f(X + 1)
        for a, b, k in zip(first, second, kept, strict=True):
            np.testing.assert_array_equal(a, k)
            assert not np.may_share_memory(a, b) and not np.may_share_memory(a, X)
            a[...] = 0


def test_identity_outputs_are_copies():
    f = fl.jit(lambda x: (x, x * 2.0, x[1:]))
    x = X.copy()
    with compile_mode("always"):
        for _ in range(3):
            for out in f(x):
                assert not np.may_share_memory(out, x)
    g = fl.jit(lambda x: (x, x.T))
    for _ in range(4):
        assert not any(np.may_share_memory(o, x) for o in g(x))


def test_nan_wins_extrema_and_propagates():
    x = X.copy()
    x[3, 4] = np.nan
    with compile_mode("always"):
        assert np.isnan(fl.jit(lambda x: fnp.max(x * 1.5))(x))
        assert np.isnan(fl.jit(lambda x: fnp.minimum(x, 0.0) * 2.0)(x)[3, 4])


def test_second_run_is_the_compiled_one():
    f = fl.jit(lambda x: fnp.sin(x) * 2.0)
    f(X)
    (call,) = f.cache.values()
    assert "program" not in call.jaxpr.memo
    f(X)
    assert "program" in call.jaxpr.memo
    g = fl.jit(lambda x: fnp.sin(x) * 2.0)
    with compile_mode("never"):
        for _ in range(3):
            g(X)
    (call,) = g.cache.values()
    assert "program" not in call.jaxpr.memo


def test_lower_shows_stages_and_compiles_ahead_of_time():
    f = fl.jit(lambda x: fnp.sum(fnp.tanh(x) * 2.0))
    lowered = f.lower(X)
    assert "tanh" in lowered.jaxpr and "kernel" in lowered.fused and "def drive" in lowered.driver
    cost = lowered.cost()
    assert cost["kernels"] == 1 and cost["flops"] == 3 * X.size
    compiled = lowered.compile()
    np.testing.assert_allclose(compiled(X), np.sum(np.tanh(X) * 2))
    with pytest.raises(ValueError, match="lower it again"):
        compiled(X[0])


def test_threads_running_one_program_do_not_mix():
    from concurrent.futures import ThreadPoolExecutor

    f = fl.jit(lambda x: fnp.sum(fnp.exp(x @ x.T) @ x, 0))
    inputs = [RNG.standard_normal((40, 40)) * 0.1 * k for k in range(8)]
    want = [np.sum(np.exp(x @ x.T) @ x, 0) for x in inputs]
    with compile_mode("always"), ThreadPoolExecutor(4) as pool:
        for got, w in zip(pool.map(f, inputs), want, strict=True):
            np.testing.assert_allclose(got, w)


SPLIT = {
    "full": (lambda x: (fnp.sum(x * x), fnp.max(x), fnp.any(x > 3.0), fnp.tanh(x)), (100_003,)),
    "rows": (lambda x: (fnp.sum(x * x, 0), fnp.min(x, 0), fnp.all(x > -9.0, 0)), (30_001, 7)),
    "extrema": (lambda x: (fnp.max(x), fnp.prod(fnp.where(x > 0, 1.0, -1.0))), (301, 1001)),
}


@pytest.mark.parametrize("name", sorted(SPLIT))
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_reductions_are_split_between_threads(name, threads):
    from functorch_lite.compile.threads import get_num_threads, set_num_threads

    f, shape = SPLIT[name]
    x = RNG.standard_normal(shape).astype(np.float32)
    jitted, before = fl.jit(f), get_num_threads()
    assert "lo // piece" in jitted.lower(x).source
    set_num_threads(threads)
    try:
        with compile_mode("always"):
            got, again = jitted(x), jitted(x)
    finally:
        set_num_threads(before)
    for g, a, w in zip(got, again, f(x.astype(np.float64)), strict=True):
        np.testing.assert_array_equal(g, a)
        np.testing.assert_allclose(g, w, rtol=2e-5)


def test_extrema_of_pieces_keep_nan():
    x = np.zeros(200_000)
    x[150_000] = np.nan
    with compile_mode("always"):
        assert np.isnan(fl.jit(lambda x: fnp.max(fnp.sin(x)))(x))
