"""check_grads and its relatives: what they accept, what they refuse, and what they name."""

import time

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite import testing as T
from functorch_lite.ir import Primitive, bind
from functorch_lite.prims.arithmetic import mul
from functorch_lite.prims.elementwise import elementwise_batch
from functorch_lite.prims.transcendental import cos

rng = np.random.default_rng(0)


def half_plus(x):
    return fnp.sum(fnp.sin(x) * x)


def test_right_functions_pass():
    report = T.check_grads(half_plus, (rng.standard_normal((2, 3)),))
    assert any(c.startswith("order 2") for c in report.checked)
    assert report.notes == []


def test_pytrees_integers_and_float32():
    def f(d, i):
        return {"y": d["w"][i] * fnp.exp(d["b"])}

    args = ({"w": np.ones((3, 2), np.float32), "b": np.zeros(2, np.float32)}, np.array([0, 2]))
    assert T.check_grads(f, args).notes == []


def test_complex_functions():
    z = rng.standard_normal(3) + 1j * rng.standard_normal(3)
    T.check_grads(lambda z: fnp.exp(z) * z, (z,))
    T.check_grads(lambda z: fnp.abs(z) ** 2, (z,))


@pytest.mark.parametrize(
    ("f", "x", "word"),
    [
        (fnp.abs, [0.0, 1.0], "abs"),
        (lambda x: fnp.maximum(x, 0.5), [0.5, 1.0], "max"),
        (fnp.max, [1.0, 1.0], "reduce_max"),
        (fnp.sort, [1.0, 1.0, 2.0], "sort"),
        (lambda x: fnp.where(x > 0, x, 2 * x), [0.0], "gt"),
        (lambda x: fnp.clip(x, 0.0, 1.0), [1.0], ""),
        (lambda x: fnp.floor(x) * x, [2.0], "floor"),
    ],
)
def test_kinks_are_reported_and_not_counted(f, x, word):
    report = T.check_grads(f, (np.array(x),), order=1)
    assert report.notes
    assert word in report.notes[0]


def test_a_branch_that_changes_is_a_kink():
    from functorch_lite.transforms.control.choose import cond

    def f(x):
        return cond(x > 1.0, lambda x: 3 * x, lambda x: x * x, x)

    assert "cond" in T.check_grads(f, (np.array(1.0),), order=1).notes[0]
    assert T.check_grads(f, (np.array(1.5),)).notes == []


def test_stop_gradient_is_held_fixed():
    from functorch_lite.testing import prim

    def f(x):
        return x * prim.stop_gradient(fnp.sin(x))

    assert T.check_grads(f, (np.array([0.3, 1.0]),)).notes == []


def test_stop_gradient_inside_a_loop_is_held_fixed_too():
    """The difference quotient must see the values of each step, in their order."""
    from functorch_lite import lax

    def f(x):
        def step(c, row):
            return c * lax.stop_gradient(fnp.sin(c)) + row, lax.cond(c > -9, lambda c: c, abs, c)

        return fl.jit(lambda x: lax.scan(step, 0.7, x))(x)

    assert T.check_grads(f, (np.array([0.3, 1.0, -0.4]),)).notes == []
    wrong = fl.custom_jvp(lambda x: x * x)
    wrong.defjvp(lambda p, t: (p[0] * p[0], p[0] * t[0]))
    with pytest.raises(T.CheckError, match="custom_jvp"):
        T.check_grads(
            lambda x: lax.scan(lambda c, r: (wrong(c) + f(x)[0], c), 0.5, x), (np.ones(2),)
        )


def test_small_results_do_not_hide_behind_a_tolerance():
    wrong = fl.custom_jvp(fnp.sin)
    wrong.defjvp(lambda p, t: (fnp.sin(p[0]), t[0] * 1.01 * fnp.cos(p[0])))
    for f in (lambda x: 1e-6 * wrong(x), lambda x: wrong(x).mean()):
        with pytest.raises(T.CheckError):
            T.check_grads(f, (np.linspace(0.0, 1.0, 4000),), order=1)


def test_cancellation_is_no_error():
    x = rng.standard_normal(50)
    T.check_grads(lambda x: (fnp.exp(x) / fnp.exp(x).sum()).sum() - 1.0, (x,))
    T.check_grads(lambda x: (x + 100.0) - 100.0 - x, (x.astype("f4"),))


def test_check_jvp_and_check_vjp_take_the_rule_as_jax_does():
    from functools import partial

    x = np.array([0.3, 1.0])
    assert T.check_jvp(fnp.sin, partial(fl.jvp, fnp.sin), (x,), atol=1e-5, rtol=1e-5).notes == []
    assert T.check_vjp(fnp.sin, partial(fl.vjp, fnp.sin), (x,), atol=1e-5, rtol=1e-5).notes == []
    with pytest.raises(T.CheckError):
        T.check_vjp(fnp.sin, partial(fl.vjp, fnp.cos), (x,))
    with pytest.raises(TypeError, match="arguments"):
        T.check_vjp(fnp.sin, partial(fl.vjp, fnp.sin))


def test_reverse_mode_alone_does_not_need_forward_mode():
    """As for a rule that cannot be transposed."""

    @fl.custom_vjp
    def f(x):
        return fnp.sum(x * x)

    def bwd(x, ct):
        return (np.asarray(2.0 * x) * float(ct),)

    f.defvjp(lambda x: (fnp.sum(x * x), x), bwd)
    assert T.check_grads(f, (np.array([0.3, 1.0]),), order=1, modes=("rev",)).notes == []


def test_functions_that_need_values_are_still_checked():
    def f(x):
        return x * x if float(x) > 0 else -x

    report = T.check_grads(f, (np.array(2.0),))
    assert any("cannot be recorded" in n for n in report.notes)


def test_unknown_mode():
    with pytest.raises(ValueError, match="modes"):
        T.check_grads(fnp.sin, (1.0,), modes=("sideways",))


# --- planted errors ---------------------------------------------------------------------------


@fl.custom_vjp
def swish(x):
    return x / (1 + fnp.exp(-x))


def swish_fwd(x):
    return swish(x), x


def swish_bwd(x, ct):
    s = 1 / (1 + fnp.exp(-x))
    return (ct * (s + s * (1 - s)),)  # the x of x s (1 - s) is missing


swish.defvjp(swish_fwd, swish_bwd)


def model(w, x):
    h = fnp.tanh(x @ w)
    y = swish(h)
    return fnp.sum(y * y)


def run_program(source):
    """Run a printed program; return the error that it raises."""
    with pytest.raises(AssertionError) as e:
        exec(compile(source, "<program>", "exec"), {})
    return e.value


def test_a_wrong_custom_vjp_is_named_fast():
    start = time.process_time()
    with pytest.raises(T.CheckError) as e:
        T.check_grads(model, (rng.standard_normal((4, 3)), rng.standard_normal((5, 4))))
    assert time.process_time() - start < 10
    culprit = e.value.culprit
    assert "bwd rule of the custom_vjp function 'swish'" in culprit.rule
    assert "y = swish(h)" in culprit.where
    assert f"test_checks.py:{swish_bwd.__code__.co_firstlineno}" in culprit.rule
    assert any("obtained" in line for line in culprit.evidence)
    again = run_program(culprit.program)
    assert "swish" in again.culprit.rule


def test_a_wrong_custom_jvp_inside_a_scan_is_named():
    from functorch_lite.lax.control import scan

    @fl.custom_jvp
    def cube(x):
        return x * x * x

    @cube.defjvp
    def rule(primals, tangents):
        return cube(primals[0]), 2 * primals[0] ** 2 * tangents[0]

    def f(x):
        def step(c, row):
            return fnp.sin(c) + row, cube(c)

        return scan(step, 0.5, x)[1]

    with pytest.raises(T.CheckError) as e:
        T.check_grads(f, (rng.standard_normal(4),))
    assert "jvp rule of the custom_jvp function 'cube'" in e.value.culprit.rule
    assert "cube(c)" in e.value.culprit.where
    run_program(e.value.culprit.program)


def _same(x):
    return x


wrong_sine_p = Primitive(
    "test_wrong_sine",
    impl=np.sin,
    abstract_eval=_same,
    jvp=lambda ts, xs, y: mul(ts[0], mul(cos(xs[0]), np.float64(0.5))),
    batch=elementwise_batch(lambda: wrong_sine_p),
    register=False,
)


def test_a_wrong_user_primitive_is_named():
    def f(x):
        y = fnp.exp(x)
        z = bind(wrong_sine_p, y)
        return fnp.sum(z)

    with pytest.raises(T.CheckError) as e:
        T.check_grads(f, (np.array([0.1, 0.2]),))
    assert "jvp rule of the primitive 'test_wrong_sine'" in e.value.culprit.rule
    assert "z = bind(wrong_sine_p, y)" in e.value.culprit.where


def test_check_primitive_catches_a_wrong_batch_rule():
    def batch(size, args, batched):
        return bind(p, args[0][::-1])

    p = Primitive(
        "test_reversed_lanes",
        impl=np.sin,
        abstract_eval=_same,
        jvp=lambda ts, xs, y: mul(ts[0], cos(xs[0])),
        batch=batch,
        register=False,
    )
    with pytest.raises(T.CheckError) as e:
        T.check_primitive(p, np.array([0.1, 0.2]), laws=("vmap",))
    assert "batch rule of the primitive 'test_reversed_lanes'" in e.value.culprit.rule


def test_a_rule_that_is_not_linear_is_refused():
    @fl.custom_jvp
    def f(x):
        return x * x

    @f.defjvp
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return f(x), 2 * x * t + 0.1

    with pytest.raises(T.CheckError):
        T.check_grads(f, (np.array(1.5),))


def test_a_report_that_fails_still_reports_the_failure():
    def find():
        raise RuntimeError("no luck")

    violation = T.LawViolation("jvp", "this against that", "result 0 differs")
    error = T.CheckError("check_grads", violation, find)
    assert error.culprit is None
    assert "law 'jvp' is violated" in str(error)
    assert "RuntimeError: no luck" in str(error)


def test_second_order_errors_are_found():
    """A jvp rule that is right at first order and wrong at second."""
    wrong = fl.custom_jvp(lambda x: fnp.sin(x))
    wrong.defjvp(lambda p, t: (wrong(p[0]), t[0] * np.cos(0.7)))
    T.check_grads(wrong, (np.array(0.7),), order=1)
    with pytest.raises(T.CheckError):
        T.check_grads(wrong, (np.array(0.7),), order=2)


def test_check_jit_and_check_vmap_pass_and_fail():
    T.check_jit(half_plus, (np.ones(3),))
    T.check_vmap(half_plus, (np.ones(3),))
    calls = iter(range(100))
    with pytest.raises(T.CheckError):
        T.check_vmap(lambda x: x + float(next(calls)), (np.ones(3),))


def test_check_transforms_covers_all_stacks():
    report = T.check_transforms(lambda x, y: fnp.sin(x) * y, (np.ones(2), np.ones(2)), depth=2)
    assert len(report.checked) == 7 + 49


def test_complex_numbers_do_not_go_on_where_the_function_ends():
    T.check_grads(lambda x: fnp.sum(fnp.sqrt(x)), (np.array([1e-12, 1e-20]),))


def test_branches_that_are_not_taken_are_not_blamed():
    @fl.custom_jvp
    def wrong(x):
        return x**2

    wrong.defjvp(lambda primals, tangents: (wrong(*primals), primals[0] * tangents[0]))

    def f(x):
        return fl.vmap(lambda x: fl.lax.cond(x > 0, wrong, fnp.sin, x))(x)

    with pytest.raises(T.CheckError, match="the custom_jvp function 'wrong'"):
        T.check_grads(f, (np.array([0.5, -0.5]),))
    with pytest.raises(T.CheckError, match="the custom_jvp function 'wrong'"):
        T.check_grads(f, (np.array([0.5, 1.5]),))
