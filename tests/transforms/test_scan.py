"""scan, fori_loop with known bounds, map: against Python loops."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, PytreeError, ShapeError
from functorch_lite.ir import Primitive, bind, check_jaxpr, subjaxprs
from functorch_lite.lax import control as lax
from tests.rules import check_rules
from tests.transforms.oracles import assert_agrees, assert_trees_close

RNG = np.random.default_rng(0)
W = 0.5 * RNG.standard_normal((3, 3))
XS = RNG.standard_normal((4, 3))
H = RNG.standard_normal(3)


def loop(f, init, xs, length=None, reverse=False):
    """What scan means; outputs are stacked leaf by leaf."""
    n = length if length is not None else len(fl.tree_util.tree_leaves(xs)[0])
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, fl.tree_util.tree_map(lambda x, i=i: x[i], xs))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, fl.tree_util.tree_map(lambda *r: fnp.stack(r), *ys)


def rnn(scan, w, h, xs):
    def body(h, x):
        h = fnp.tanh(w @ h + x)
        return h, fnp.sum(h * h)

    return scan(body, h, xs)


def integer_carry(scan, a, xs):
    def body(carry, x):
        i, v = carry
        return (i + 1, v * a + i * x), {"y": v, "count": i}

    return scan(body, (np.int64(2), a), xs)


def carry_grows_a_tangent(scan, a, xs):
    # Which carries have a tangent, or are mapped, is only found by going round the loop.
    def body(carry, x):
        p, q, r = carry
        return (q, r, fnp.sin(r) * a + x), p

    return scan(body, (np.float64(1.0), np.float64(2.0), np.float64(3.0)), xs)


def carry_loses_its_tangent(scan, a, xs):
    def body(c, x):
        return fl.numpy.where(x > 100.0, c, 0.5), c * x

    return scan(body, a, xs)


def nested(scan, a, xs):
    def inner(c, y):
        return fnp.sin(c * a) + y, c * y

    def outer(c, x):
        c, ys = scan(inner, c, x)
        return c * a, (c, ys)

    return scan(outer, a, xs)


def invariant_residual(scan, a, xs):
    return scan(lambda c, x: (c * fnp.exp(a) * 0.1 + x, None), a, xs)


def backwards(scan, a, xs):
    return scan(lambda c, x: (c * fnp.sin(x) + a, c * x), a, xs, reverse=True)


def no_slices(scan, a, xs):
    return scan(lambda c, _: (fnp.sin(c) * fnp.sum(xs), c), a, None, length=4)


def outputs_only(scan, a, xs):
    return scan(lambda c, x: (c, x * x * a), (), xs)


def output_is_the_slice(scan, a, xs):
    return scan(lambda c, x: (c * x, (x, 2.0)), a, xs)


def branch_inside(scan, a, xs):
    def body(c, x):
        return lax.cond(x > 0, lambda v: v * x, lambda v: fnp.sin(v) + x * x, c), c

    return scan(body, a, xs)


def jitted_body(scan, a, xs):
    step = fl.jit(lambda c, x: (fnp.sin(c * a) + x, c))
    return scan(step, a, xs)


ROWS = {
    "rnn": (rnn, [W, H, XS]),
    "integer carry": (integer_carry, [0.7, XS[0]]),
    "carry grows a tangent": (carry_grows_a_tangent, [0.7, XS[:, 0]]),
    "carry loses its tangent": (carry_loses_its_tangent, [0.7, XS[0]]),
    "nested": (nested, [0.7, XS]),
    "invariant residual": (invariant_residual, [0.7, XS[0]]),
    "reverse": (backwards, [0.7, XS[0]]),
    "no slices": (no_slices, [0.7, XS[0]]),
    "outputs only": (outputs_only, [0.7, XS[0]]),
    "output is the slice": (output_is_the_slice, [0.7, XS[0]]),
    "branch inside": (branch_inside, [0.7, XS[0]]),
    "jitted body": (jitted_body, [0.7, XS[0]]),
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_agrees_with_a_python_loop(row):
    f, args = ROWS[row]
    with np.errstate(all="ignore"):
        assert_agrees(lambda *a: f(lax.scan, *a), lambda *a: f(loop, *a), args)


@pytest.mark.parametrize("row", sorted(ROWS))
def test_rules(row):
    f, args = ROWS[row]
    check_rules(lambda *a: f(lax.scan, *a), args)


@pytest.mark.parametrize("row", ["rnn", "integer carry", "reverse", "nested"])
def test_disable_jit_runs_python(row):
    f, args = ROWS[row]
    seen = []

    def spying(body, init, xs, **kwargs):
        def spy(c, x):
            seen.append(type(fl.tree_util.tree_leaves(c)[0]))
            return body(c, x)

        return lax.scan(spy, init, xs, **kwargs)

    with fl.disable_jit():
        got = f(spying, *args)
    assert_trees_close(got, f(lax.scan, *args))
    assert seen
    assert not any(issubclass(t, fl.ir.Tracer) for t in seen)


def test_length_zero_is_the_identity():
    f = lambda x: lax.scan(lambda c, _: (c * 3.0, c), x, None, length=0)  # noqa: E731
    carry, ys = f(2.0)
    assert carry == 2.0 and ys.shape == (0,) and ys.dtype == np.float64
    assert fl.grad(lambda x: f(x)[0])(2.0) == 1.0
    assert fl.jit(fl.grad(lambda x: f(x)[0]))(2.0) == 1.0
    np.testing.assert_array_equal(fl.vmap(lambda x: f(x)[0])(np.arange(3.0)), np.arange(3.0))


def test_python_numbers_take_the_dtype_of_the_body():
    xs = np.arange(3, dtype=np.float32)
    carry, ys = lax.scan(lambda c, x: (c + x, c), 0.0, xs)
    assert carry.dtype == ys.dtype == np.float32 and carry == 3.0
    carry, _ = lax.scan(lambda c, x: (c + x, None), 0, xs)
    assert carry.dtype == np.float32
    carry, _ = lax.scan(lambda c, x: (0.0, None), np.float32(1), xs)
    assert carry.dtype == np.float32
    carry, _ = lax.scan(lambda c, x: (c + 1, None), 0, None, 3)
    assert carry.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_gradients_keep_dtypes(dtype):
    xs = np.arange(3).astype(dtype)
    g = fl.grad(lambda c, xs: fnp.real(lax.scan(lambda c, x: (c * x + 1.0, c), c, xs)[0]), (0, 1))
    for ct in g(dtype(2), xs):
        assert ct.dtype == dtype


def test_constants_sum_over_steps():
    g = fl.grad(lambda w: lax.scan(lambda c, x: (c + w * x, None), 0.0, np.arange(4.0))[0])
    assert g(1.0) == 6.0


def test_inputs_are_neither_written_nor_aliased():
    xs = np.arange(3.0)
    y, pull = fl.vjp(lambda x: lax.scan(lambda c, v: (c * v, c + v), 1.0, x), xs)
    xs[:] = 100.0
    (ct,) = pull((0.0, np.ones(3)))
    want = fl.vjp(lambda x: lax.scan(lambda c, v: (c * v, c + v), 1.0, x), np.arange(3.0))[1]
    np.testing.assert_array_equal(ct, want((0.0, np.ones(3)))[0])


def test_only_changing_residuals_are_stacked():
    big = RNG.standard_normal((50, 50))

    def f(x):
        return fnp.sum(lax.scan(lambda c, _: (fnp.sin(big @ c), None), x, None, length=3)[0])

    jaxpr = fl.make_jaxpr(fl.grad(f))(np.ones(50)).jaxpr
    shapes = {v.aval.shape for e in jaxpr.eqns for v in e.outvars}
    assert (3, 50) in shapes and (3, 50, 50) not in shapes


def test_checkpointed_body_keeps_the_carry_only():
    def body(c, x):
        return fnp.sin(fnp.exp(fnp.sin(c)) * x), fnp.cos(c)

    def f(scan_body, x):
        c, ys = lax.scan(scan_body, x, XS[0])
        return fnp.sum(c) + fnp.sum(ys)

    plain, kept = (lambda x: f(body, x)), (lambda x: f(fl.checkpoint(body), x))
    assert fl.grad(kept)(0.3) == fl.grad(plain)(0.3)
    assert abs(fl.grad(fl.grad(kept))(0.3) - fl.grad(fl.grad(plain))(0.3)) < 1e-12

    def stacked(g):
        jaxpr = fl.make_jaxpr(fl.grad(g))(0.3).jaxpr
        forward = next(e for e in jaxpr.eqns if e.primitive.name == "scan")
        return len(forward.outvars)

    assert stacked(kept) == 3  # the carry, ys, and the carries of all steps
    assert stacked(plain) > 3


@pytest.mark.parametrize("loop_kind", ["scan", "while", "cond"])
def test_custom_rules_inside(loop_kind):
    def run(g, x):
        if loop_kind == "scan":
            return lax.scan(lambda c, _: (g(c), None), x, None, length=3)[0]
        if loop_kind == "while":
            return lax.while_loop(lambda c: c < 20.0, g, x)
        return lax.cond(x > 0, g, lambda v: v, x)

    @fl.custom_vjp
    def double(x):
        return 2.0 * x

    double.defvjp(lambda x: (2.0 * x, None), lambda _, ct: (10.0 * ct,))

    @fl.custom_jvp
    def triple(x):
        return 2.0 * x

    triple.defjvp(lambda p, t: (2.0 * p[0], 10.0 * t[0]))
    steps = {"scan": 3, "while": 3, "cond": 1}[loop_kind]
    for g in (double, triple):
        for transform in (lambda h: h, fl.jit):
            got = transform(fl.grad(lambda x, g=g: run(g, x)))(3.0)
            assert got == 10.0**steps


def test_complex_carry():
    z = np.array([1.0 + 2.0j, 0.5 - 1.0j])

    def f(scan, z):
        c, ys = scan(lambda c, _: (c * c * 0.3 + z, c), z, None, length=3)
        return fnp.sum(fnp.abs(c) ** 2) + fnp.sum(fnp.real(ys))

    want = fl.grad(lambda z: f(loop, z))(z)
    np.testing.assert_allclose(fl.grad(lambda z: f(lax.scan, z))(z), want, rtol=1e-12)
    np.testing.assert_allclose(fl.jit(fl.grad(lambda z: f(lax.scan, z)))(z), want, rtol=1e-12)


def test_body_is_recorded_once_and_derived_forms_are_remembered():
    def f(x):
        return lax.scan(lambda c, v: (fnp.sin(c) * v, c), x, np.arange(3.0))[0]

    jaxprs = []
    for _ in range(2):
        (eqn,) = fl.make_jaxpr(f)(1.0).jaxpr.eqns
        jaxprs.append(eqn.params["jaxpr"])
    assert jaxprs[0] is jaxprs[1]


def test_linear_transpose_with_a_counter():
    # The counter is not linear: it runs ahead.
    def f(x):
        def body(c, _):
            i, v = c
            return (i + 1, v * (i + 1.0)), v

        (_, v), ys = lax.scan(body, (0, x), None, length=4)
        return v, ys

    (ct,) = fl.linear_transpose(f, 1.0)((1.0, np.zeros(4)))
    assert ct == 24.0
    (ct,) = fl.linear_transpose(f, 1.0)((0.0, np.ones(4)))
    assert ct == 1 + 1 + 2 + 6
    jitted = lambda x: lax.scan(  # noqa: E731
        fl.jit(lambda c, _: ((c[0] + 1, c[1] * (c[0] + 1.0)), None)), (0, x), None, length=4
    )[0][1]
    assert fl.linear_transpose(jitted, 1.0)(1.0)[0] == 24.0
    assert fl.jit(lambda ct: fl.linear_transpose(jitted, 1.0)(ct)[0])(2.0) == 48.0


def test_transposing_a_jvp_that_is_mapped():
    xs = np.arange(1.0, 4.0)

    def tangent(t):
        return fl.vmap(
            lambda x, t: fl.jvp(
                lambda v: lax.scan(lambda c, y: (fnp.sin(c) * y, None), v, xs)[0], (x,), (t,)
            )[1]
        )(xs, t)

    want = fl.vmap(fl.grad(lambda v: lax.scan(lambda c, y: (fnp.sin(c) * y, None), v, xs)[0]))(xs)
    (ct,) = fl.linear_transpose(tangent, xs)(np.ones(3))
    np.testing.assert_allclose(ct, want, rtol=1e-12)


# --- effects --------------------------------------------------------------------------------------


def _noting():
    """Return an effectful identity and what it has seen."""
    seen = []

    def impl(x):
        seen.append(np.array(x))
        return x

    prim = Primitive(
        "note",
        impl=impl,
        abstract_eval=lambda x: x.strengthen(),
        jvp=lambda ts, xs, o: ts[0],
        batch=lambda size, args, batched: bind(prim, args[0]),
        effectful=True,
        register=False,
    )
    return (lambda x: bind(prim, x)), seen


def test_effects_are_kept_and_ordered():
    note, seen = _noting()

    def body(c, x):
        note(x)
        return c, None

    fl.jit(lambda xs: lax.scan(body, 0.0, xs)[0])(np.arange(3.0))
    assert [float(s) for s in seen] == [0.0, 1.0, 2.0]
    seen.clear()
    lax.scan(body, 0.0, np.arange(3.0), reverse=True)
    assert [float(s) for s in seen] == [2.0, 1.0, 0.0]


def test_effect_in_a_branch_fires_only_where_taken():
    note, seen = _noting()

    def f(x):
        return lax.cond(x > 0, lambda v: note(v) * 2.0, lambda v: v, x)

    out = fl.vmap(f)(np.array([1.0, -1.0, 3.0]))
    np.testing.assert_array_equal(out, [2.0, -1.0, 6.0])
    assert [float(s) for s in seen] == [1.0, 3.0]


def test_effect_in_a_mapped_while_fires_only_in_active_lanes():
    note, seen = _noting()
    f = lambda x: lax.while_loop(lambda c: c < 10.0, lambda c: note(c) * 2.0, x)  # noqa: E731
    np.testing.assert_array_equal(fl.vmap(f)(np.array([4.0, 20.0, 8.0])), [16.0, 20.0, 16.0])
    assert [float(s) for s in seen] == [4.0, 8.0, 8.0]


# --- errors ---------------------------------------------------------------------------------------

THIS = "test_scan.py"
ERRORS = {
    "dtype": (
        lambda: lax.scan(lambda c, x: (c + x, None), np.int32(1), np.arange(3.0)),
        DTypeError,
        ["carry goes in as int32[] and comes out as float64[]", "astype('float64')", THIS],
    ),
    "named leaf": (
        lambda: lax.scan(
            lambda c, x: ({"a": c["a"], "b": c["b"] + x}, None),
            {"a": np.float32(0), "b": np.float32(0)},
            np.arange(3.0),
        ),
        DTypeError,
        ["carry['b'] goes in as float32[]", "float64[]"],
    ),
    "shape": (
        lambda: lax.scan(lambda c, x: (c + x, None), 0.0, np.ones((3, 2))),
        ShapeError,
        ["float64[] and comes out as float64[2]", "np.zeros((2,))", THIS],
    ),
    "structure": (
        lambda: lax.scan(lambda c, x: ((c, c), None), 0.0, np.ones(3)),
        PytreeError,
        ["initial carry", THIS],
    ),
    "no pair": (
        lambda: lax.scan(lambda c, x: c + x, 0.0, np.ones(3)),
        TypeError,
        ["must return a pair (carry, y)", "(carry, None)"],
    ),
    "lengths": (
        lambda: lax.scan(lambda c, x: (c, None), 0.0, {"a": np.ones(3), "b": np.ones(4)}),
        ShapeError,
        ["xs['a']: 3", "xs['b']: 4"],
    ),
    "length argument": (
        lambda: lax.scan(lambda c, x: (c, None), 0.0, np.ones(3), length=5),
        ShapeError,
        ["xs: 3", "length=5"],
    ),
    "nothing": (
        lambda: lax.scan(lambda c, x: (c, None), 0.0),
        ShapeError,
        ["pass xs or length"],
    ),
    "scalar": (
        lambda: lax.scan(lambda c, x: (c, None), 0.0, 3.0),
        ShapeError,
        ["xs is a scalar", "leading axis"],
    ),
    "unroll": (
        lambda: lax.scan(lambda c, x: (c, None), 0.0, np.ones(3), unroll=0),
        ValueError,
        ["unroll must be a positive int"],
    ),
    "output": (
        lambda: lax.scan(lambda c, x: (c, "text"), 0.0, np.ones(3)),
        DTypeError,
        ["'str'"],
    ),
    "fori dtype": (
        lambda: lax.fori_loop(0, 3, lambda i, c: c + 0.5, np.int64(1)),
        DTypeError,
        ["carry goes in as int64[] and comes out as float64[]", THIS],
    ),
    "fori bound": (
        lambda: lax.fori_loop(0, 3.5, lambda i, c: c, 0),
        DTypeError,
        ["upper must be an int"],
    ),
}


@pytest.mark.parametrize("row", sorted(ERRORS))
def test_errors_say_what_where_and_what_to_write(row):
    call, kind, texts = ERRORS[row]
    with pytest.raises(kind) as e:
        call()
    for text in texts:
        assert text in str(e.value), str(e.value)


def test_errors_inside_jit_name_the_users_line():
    @fl.jit
    def int_carry(x):
        return lax.scan(lambda c, v: (c + v, None), np.int32(1), x)

    with pytest.raises(DTypeError, match="in int_carry"):
        int_carry(np.ones(2))


# --- fori_loop with known bounds --------------------------------------------------------------------


@pytest.mark.parametrize(("lower", "upper"), [(0, 4), (2, 5), (-2, 1), (3, 3), (5, 2)])
def test_fori_loop(lower, upper):
    def f(body, x):
        return body(x)

    def by_loop(x):
        return lax.fori_loop(lower, upper, lambda i, c: fnp.sin(c) * (i + 1.0) + i, x)

    def by_python(x):
        for i in range(lower, upper):
            x = fnp.sin(x) * (i + 1.0) + i
        return x + 0.0

    assert_agrees(lambda x: f(by_loop, x), lambda x: f(by_python, x), [H])


def test_fori_index_gives_way_to_float32():
    out = lax.fori_loop(0, 3, lambda i, c: c * i, np.float32(1))
    assert out.dtype == np.float32
    seen = []
    lax.fori_loop(np.int32(0), np.int32(3), lambda i, c: (seen.append(i.dtype), c)[1], 0.0)
    assert seen[0] == np.int32


# --- map ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 1, 2, 3, 5, 7])
def test_map(batch_size):
    xs = {"a": RNG.standard_normal((5, 2)), "b": RNG.standard_normal(5)}

    def f(x):
        return fnp.sin(x["a"]) * x["b"], {"n": fnp.sum(x["a"])}

    mapped = lambda xs: lax.map(f, xs, batch_size=batch_size)  # noqa: E731
    want = fl.vmap(f)(xs)
    assert_trees_close(mapped(xs), want)
    assert_trees_close(fl.jit(mapped)(xs), want)
    g = lambda m: fl.grad(lambda xs: sum(fnp.sum(y * y) for y in fl.tree_util.tree_leaves(m(xs))))  # noqa: E731
    assert_trees_close(g(mapped)(xs), g(fl.vmap(f))(xs))


def test_map_batch_size_is_checked():
    with pytest.raises(ValueError, match="positive"):
        lax.map(lambda x: x, np.ones(3), batch_size=0)


# --- JAX ------------------------------------------------------------------------------------------


def test_agrees_with_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):

        def f(np_, scan, w, h, xs):
            def body(h, x):
                h = np_.tanh(w @ h + x)
                return h, np_.sum(h * h)

            h, ys = scan(body, h, xs, reverse=True)
            return np_.sum(h) + np_.sum(np_.sin(ys))

        want = jax.grad(lambda *a: f(jax.numpy, jax.lax.scan, *a), (0, 1, 2))(W, H, XS)
        want_h = jax.hessian(lambda *a: f(jax.numpy, jax.lax.scan, *a))(W, H, XS)
    got = fl.grad(lambda *a: f(fnp, lax.scan, *a), (0, 1, 2))(W, H, XS)
    got_h = fl.hessian(lambda *a: f(fnp, lax.scan, *a))(W, H, XS)
    for g, w in zip([*got, got_h], [*want, want_h], strict=True):
        np.testing.assert_allclose(g, np.asarray(w), rtol=1e-10, atol=1e-12)


def test_jaxprs_are_well_formed():
    f = lambda x: lax.scan(lambda c, v: (c * v, c), x, XS[0])[0]  # noqa: E731
    check_jaxpr(fl.make_jaxpr(fl.hessian(f))(1.0).jaxpr)


# --- forward mode ---------------------------------------------------------------------------------


TANGENTS = {
    "all": (0, 1, 2),
    "constants": (0,),
    "carry": (1,),
    "slices": (2,),
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", sorted(TANGENTS))
def test_pushed_tangents_are_those_of_linearize(name, reverse, jit):
    args = [np.array(0.7), np.array([0.1, 0.2]), np.linspace(-1.0, 1.0, 12).reshape(6, 2)]
    nums = TANGENTS[name]

    def f(*chosen):
        full = list(args)
        for i, x in zip(nums, chosen, strict=True):
            full[i] = x
        step = lambda c, x: (fnp.sin(full[0] * c) + x, (c * full[0], x * 2.0))  # noqa: E731
        return lax.scan(step, full[1], full[2], reverse=reverse)

    primals = tuple(args[i] for i in nums)
    tangents = tuple(np.cos(np.asarray(p)) for p in primals)
    y, push = fl.linearize(f, *primals)
    run = lambda p, t: fl.jvp(f, p, t)  # noqa: E731
    got_y, got_t = (fl.jit(run) if jit else run)(primals, tangents)
    for g, w in zip(leaves(got_y), leaves(y), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-14)
    for g, w in zip(leaves(got_t), leaves(push(*tangents)), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-13)


def leaves(tree):
    return fl.tree_util.tree_leaves(tree)


@pytest.mark.parametrize("wrap", [lambda f: f, fl.jit])
def test_forward_mode_keeps_nothing_but_the_carry(wrap):
    f = wrap(lambda x: lax.fori_loop(0, 1000, lambda i, c: fnp.sin(c) * x + c, x))
    jaxpr = fl.make_jaxpr(lambda x: fl.jvp(f, (x,), (np.ones(3),)))(np.ones(3)).jaxpr
    check_jaxpr(jaxpr)

    def shapes(jaxpr):
        for e in jaxpr.eqns:
            yield from (v.aval.shape for v in e.outvars)
            for inner in subjaxprs(e):
                yield from shapes(inner)

    assert all(1000 not in s for s in shapes(jaxpr))


def test_jacobians_and_second_derivatives_through_the_pushed_scan():
    xs = np.linspace(0.1, 0.6, 4)

    def f(c):
        return lax.scan(lambda c, x: (fnp.sin(c) * x + c, c * c), c, xs)

    def unrolled(c):
        ys = []
        for x in xs:
            ys.append(c * c)
            c = fnp.sin(c) * x + c
        return c, fnp.stack(ys)

    c = np.array([0.3, -0.2])
    for transform in (
        fl.jacfwd,
        lambda g: fl.jacfwd(fl.jacfwd(g)),
        lambda g: fl.jacrev(fl.jacfwd(g)),
        lambda g: fl.jacfwd(fl.jacrev(g)),
        lambda g: fl.jit(fl.jacfwd(fl.jacrev(g))),
    ):
        for g, w in zip(leaves(transform(f)(c)), leaves(transform(unrolled)(c)), strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-14)


def test_push_goes_through_branches_of_which_some_have_no_tangent():
    def f(x, which):
        return lax.switch(
            which,
            [lambda x: (x * x, 1.0), lambda x: (fnp.ones(2), fnp.sum(x)), lambda x: (x, 2.0)],
            x,
        )

    x = np.array([1.5, -2.0])
    for i, want in enumerate(((2 * x * x, 0.0), (np.zeros(2), x.sum()), (x, 0.0))):
        for run in (lambda g: g, fl.jit):
            _, got = run(lambda x, i: fl.jvp(lambda x: f(x, i), (x,), (x,)))(x, i)
            for g, w in zip(got, want, strict=True):
                np.testing.assert_allclose(g, w)
