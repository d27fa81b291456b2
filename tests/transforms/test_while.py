"""while_loop and fori_loop with traced bounds: forward, reverse, mapped; against Python loops."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, NonDifferentiableError, PytreeError
from functorch_lite.ir import check_jaxpr
from functorch_lite.lax import control as lax
from tests.rules import check_rules
from tests.transforms.oracles import assert_agrees, assert_trees_close

RNG = np.random.default_rng(0)
H = RNG.standard_normal(3)


def while_python(cond, body, init):
    c = init
    while cond(c):
        c = body(c)
    return c


def fori_python(lo, hi, body, init):
    for i in range(int(lo), int(hi)):
        init = body(i, init)
    return init


def grow(w, x, a):
    return w(lambda c: c < 10.0, lambda c: c * (1.2 + fnp.sin(a) ** 2) + 0.1, x)


def tuple_carry(w, x, a):
    def body(c):
        i, v, s = c
        return i + 1, fnp.sin(v) * a + v, s + fnp.sum(v)

    return w(lambda c: c[0] < 4, body, (np.int64(0), x, np.float64(0.0)))


def newton(w, a):
    """A fixed-point iteration, whose derivative is that of the square root."""

    def goes_on(c):
        x, before = c
        return fnp.abs(x - before) > 1e-12

    def body(c):
        x, _ = c
        return 0.5 * (x + a / x), x

    return w(goes_on, body, (a, a * 0.5 + 3.0))[0]


def never_runs(w, x):
    return w(lambda c: c < -100.0, lambda c: c * 2.0, x)


def loop_in_loop(w, x, a):
    def body(v):
        return w(lambda u: u < 5.0, lambda u: u * 1.5 + a * a, v) * 0.3 + 1.0 + v * 0.2

    return w(lambda v: v < 3.0, body, x)


def constant_carry(w, x, a):
    # A carry that stays as it is, one that is not differentiated, one that starts without.
    def body(c):
        x, i, k, v = c
        return x, i + k, k, fnp.cos(v) * x + a

    return w(lambda c: c[1] < 7, body, (x, np.int64(0), np.int64(2), np.float64(0.3)))[3]


def closed_over_predicate(w, x, a):
    return w(lambda c: fnp.sum(c) < a + 8.0, lambda c: c * c * 0.3 + 1.1 * a, x)


ROWS = {
    "grow": (grow, [0.5, 0.7]),
    "tuple carry": (tuple_carry, [H, 0.3]),
    "newton": (newton, [2.0]),
    "never runs": (never_runs, [1.5]),
    "loop in loop": (loop_in_loop, [0.5, 0.4]),
    "constant carry": (constant_carry, [0.5, 0.2]),
    "closed-over predicate": (closed_over_predicate, [np.abs(H) + 1.0, 0.8]),
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_agrees_with_a_python_loop(row):
    f, args = ROWS[row]
    with np.errstate(all="ignore"):
        assert_agrees(lambda *a: f(lax.while_loop, *a), lambda *a: f(while_python, *a), args)


@pytest.mark.parametrize("row", sorted(set(ROWS) - {"newton"}))
def test_rules(row):
    f, args = ROWS[row]
    check_rules(lambda *a: f(lax.while_loop, *a), args)


def test_fori_loop_with_traced_bounds():
    def f(fori, lo, hi, x):
        return fori(lo, hi, lambda i, c: fnp.sin(c) * 1.3 + i, x)

    assert_agrees(
        lambda *a: f(lax.fori_loop, *a),
        lambda *a: f(fori_python, *a) + 0.0,
        [np.int64(1), np.int64(3), H],
    )
    check_rules(lambda *a: f(lax.fori_loop, *a), [np.int64(-1), np.int64(2), H])
    jitted = fl.jit(lambda n, x: lax.fori_loop(0, n, lambda i, c: c * i, x))
    assert jitted(np.int32(0), np.float32(1)).dtype == np.float32
    assert jitted(-3, 5.0) == 5.0


def test_third_derivative_under_jit():
    f = lambda x: lax.while_loop(lambda c: c < 10.0, lambda c: c * c + x, x)  # noqa: E731
    g = lambda x: while_python(lambda c: c < 10.0, lambda c: c * c + x, x)  # noqa: E731
    want = fl.grad(fl.grad(fl.grad(g)))(1.1)
    np.testing.assert_allclose(fl.grad(fl.grad(fl.grad(f)))(1.1), want, rtol=1e-12)
    np.testing.assert_allclose(fl.jit(fl.grad(fl.jit(fl.grad(fl.grad(f)))))(1.1), want, rtol=1e-12)


def test_vmap_of_vmap():
    f = lambda x, a: lax.while_loop(lambda c: c < 10.0, lambda c: c * a, x)  # noqa: E731
    xs, scales = np.array([1.0, 3.0, 20.0]), np.array([1.5, 2.0])
    mapped = fl.vmap(fl.vmap(f, (0, None)), (None, 0))
    want = [[while_python(lambda c: c < 10, lambda c, a=a: c * a, x) for x in xs] for a in scales]
    np.testing.assert_allclose(mapped(xs, scales), want)
    g = fl.vmap(fl.vmap(fl.grad(f, (0, 1)), (0, None)), (None, 0))
    for transform in (lambda h: h, fl.jit):
        dx, da = transform(g)(xs, scales)
        for i, a in enumerate(scales):
            for j, x in enumerate(xs):
                n = round(np.log(want[i][j] / x) / np.log(a))
                np.testing.assert_allclose(dx[i, j], a**n, rtol=1e-10)
                np.testing.assert_allclose(da[i, j], x * n * a ** (n - 1), rtol=1e-10)


# --- semantics --------------------------------------------------------------------------------------


def test_finished_lanes_are_frozen():
    double = lambda x: lax.while_loop(lambda c: c < 10, lambda c: c * 2, x)  # noqa: E731
    np.testing.assert_array_equal(fl.vmap(double)(np.array([1.0, 3.0])), [16.0, 12.0])
    np.testing.assert_array_equal(fl.vmap(double)(np.array([1, 3, 30])), [16, 12, 30])
    assert fl.vmap(double)(np.zeros((0,))).shape == (0,)


def test_every_leaf_of_a_finished_lane_is_frozen():
    def f(x):
        body = lambda c: {"v": c["v"] * 2, "n": c["n"] + 1}  # noqa: E731
        return lax.while_loop(lambda c: c["v"] < 10, body, {"v": x, "n": 0})

    np.testing.assert_array_equal(fl.vmap(f)(np.array([1.0, 3.0, 30.0]))["n"], [4, 2, 0])


def test_unmapped_predicate_stays_a_plain_loop():
    def f(x, n):
        return lax.fori_loop(0, n, lambda i, c: c * 2.0, x)

    jaxpr = fl.make_jaxpr(fl.vmap(f, (0, None)))(np.ones(3), 4).jaxpr
    (eqn,) = [e for e in jaxpr.eqns if e.primitive.name == "while"]
    assert eqn.params["cond_jaxpr"].out_avals[0].shape == ()
    assert not any(e.primitive.name == "select_n" for e in eqn.params["body_jaxpr"].eqns)


def test_garbage_in_finished_lanes_has_no_derivative():
    # A finished lane sits at c = 1, where sqrt(c - 1) has an infinite derivative.
    def f(x):
        return lax.while_loop(lambda c: c > 1.0, lambda c: fnp.sqrt(c - 1.0), x)

    xs = np.array([1.0, 2.5, 0.5])
    want = [1.0, 0.5 / np.sqrt(1.5) * 0.5 / np.sqrt(np.sqrt(1.5) - 1.0), 1.0]
    for g in (
        fl.grad(lambda v: fnp.sum(fl.vmap(f)(v))),
        fl.jit(fl.grad(lambda v: fnp.sum(fl.vmap(f)(v)))),
        fl.vmap(fl.grad(f)),
        fl.jit(fl.vmap(fl.grad(f))),
        fl.vmap(lambda x: fl.jvp(f, (x,), (1.0,))[1]),
    ):
        np.testing.assert_allclose(g(xs), want, rtol=1e-12)


def test_python_numbers_take_the_dtype_of_the_body():
    x = np.float32(3)
    out = lax.while_loop(lambda c: c < 5, lambda c: c + x, 0)
    assert out.dtype == np.float32
    out = lax.while_loop(lambda c: c < 5, lambda c: c + 1, 0)
    assert out.dtype == np.int64


def test_forward_mode_under_jit_keeps_nothing_but_the_carry():
    f = lambda x: lax.while_loop(lambda c: c < 10.0, lambda c: fnp.sin(c) + c * x, x)  # noqa: E731
    jaxpr = fl.make_jaxpr(lambda x: fl.jvp(f, (x,), (1.0,)))(1.5).jaxpr
    check_jaxpr(jaxpr)
    assert {e.primitive.name for e in jaxpr.eqns} == {"while"}


def test_residuals_are_those_of_the_moment():
    x = np.array([1.0, 2.0])
    f = lambda v: lax.while_loop(lambda c: fnp.sum(c) < 50.0, lambda c: c * c + v, v)  # noqa: E731
    y, pull = fl.vjp(f, x)
    (want,) = pull(np.ones(2))
    y, pull = fl.vjp(f, x)
    x[:] = 100.0
    np.testing.assert_array_equal(pull(np.ones(2))[0], want)


def test_linear_transpose_of_a_counted_loop():
    def f(x):
        def body(c):
            i, v = c
            return i + 1, v * (i + 1.0)

        return lax.while_loop(lambda c: c[0] < 4, body, (0, x))[1]

    assert fl.linear_transpose(f, 1.0)(2.0)[0] == 48.0
    assert fl.jit(lambda ct: fl.linear_transpose(f, 1.0)(ct)[0])(2.0) == 48.0
    cts = np.arange(3.0)
    np.testing.assert_array_equal(
        fl.vmap(lambda ct: fl.linear_transpose(f, 1.0)(ct)[0])(cts), 24 * cts
    )


def test_transpose_of_a_loop_that_decides_by_its_input_raises():
    f = lambda x: lax.while_loop(lambda c: c < 10.0, lambda c: c * 2.0, x)  # noqa: E731
    with pytest.raises(NonDifferentiableError, match="depends on the linear input"):
        fl.linear_transpose(f, 1.0)(1.0)


def test_disable_jit_runs_python():
    seen = []
    with fl.disable_jit():
        out = lax.while_loop(lambda c: c < 10, lambda c: (seen.append(c), c * 2)[1], 3)
        total = lax.fori_loop(0, 3, lambda i, c: (seen.append(i), c + i)[1], 0)
    assert out == 12 and total == 3 and seen == [3, 6, 0, 1, 2]


def test_scan_with_while_with_cond_inside():
    def f(scan, loop, choose, x, xs):
        def step(c, x):
            c = loop(
                lambda v: v < 5.0,
                lambda v: choose(
                    v < 2.0, lambda v: v * 1.5 + x * x, lambda v: v + 1.0 + 0.1 * x * v, v
                ),
                c,
            )
            return c * 0.1, c

        return scan(step, x, xs)

    def scan_python(step, c, xs):
        ys = []
        for i in range(xs.shape[0]):
            c, y = step(c, xs[i])
            ys.append(y)
        return c, fnp.stack(ys)

    assert_agrees(
        lambda *a: f(lax.scan, lax.while_loop, lax.cond, *a),
        lambda *a: f(scan_python, while_python, lambda p, t, e, v: t(v) if p else e(v), *a),
        [0.5, H],
    )


# --- errors ---------------------------------------------------------------------------------------

THIS = "test_while.py"
ERRORS = {
    "dtype": (
        lambda: lax.while_loop(lambda c: c < 3, lambda c: c * 1.5, np.int32(1)),
        DTypeError,
        ["carry goes in as int32[] and comes out as float64[]", THIS],
    ),
    "structure": (
        lambda: lax.while_loop(lambda c: c[0] < 3, lambda c: c[0], (np.int32(1),)),
        PytreeError,
        ["initial carry", THIS],
    ),
    "predicate shape": (
        lambda: lax.while_loop(lambda c: c < 3, lambda c: c, np.ones(2)),
        DTypeError,
        ["must be a bool of shape ()", "bool[2]", ".all()", THIS],
    ),
    "predicate dtype": (
        lambda: lax.while_loop(lambda c: c, lambda c: c, 1),
        DTypeError,
        ["must be a bool of shape ()", "comparison", THIS],
    ),
    "predicate structure": (
        lambda: lax.while_loop(lambda c: (c < 1, c < 2), lambda c: c, 1),
        DTypeError,
        ["must be one bool", THIS],
    ),
}


@pytest.mark.parametrize("row", sorted(ERRORS))
def test_errors_say_what_where_and_what_to_write(row):
    call, kind, texts = ERRORS[row]
    with pytest.raises(kind) as e:
        call()
    for text in texts:
        assert text in str(e.value), str(e.value)


def test_agrees_with_jax_forward():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")

    def f(np_, loop, x):
        return np_.sum(loop(lambda c: np_.sum(c) < 40.0, lambda c: np_.sin(c) * x + c * 1.4, x))

    x = np.array([1.1, 0.7])
    with jax.enable_x64(True):
        run = lambda v: f(jax.numpy, jax.lax.while_loop, v)  # noqa: E731
        want = jax.jacfwd(run)(x), jax.jacfwd(jax.jacfwd(run))(x)
    mine = lambda v: f(fnp, lax.while_loop, v)  # noqa: E731
    assert_trees_close(fl.grad(mine)(x), np.asarray(want[0]))
    assert_trees_close(fl.hessian(mine)(x), np.asarray(want[1]))
    assert_trees_close(fl.jit(fl.jacrev(fl.grad(mine)))(x), np.asarray(want[1]))
