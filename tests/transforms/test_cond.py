"""cond and switch: values, derivatives, maps, joined types."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, PytreeError, ShapeError
from functorch_lite.ir import check_jaxpr
from functorch_lite.lax import control as lax
from tests.rules import check_rules
from tests.transforms.oracles import assert_agrees, assert_trees_close

RNG = np.random.default_rng(0)
H = RNG.standard_normal(3)


def cond_python(pred, true_fun, false_fun, *operands):
    return true_fun(*operands) if pred else false_fun(*operands)


def switch_python(index, branches, *operands):
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def two_arguments(cond, x, y):
    return cond(x > y, lambda a, b: a * b, lambda a, b: fnp.sin(a) + b * b, x, y)


def closures(cond, x, y):
    # Only one branch depends on y, only the other on x; the residuals differ in number.
    return cond(x > 0.5, lambda: fnp.exp(x) * fnp.sin(x), lambda: y * y * y + 0.0)


def pytrees(cond, x, v):
    def yes(c):
        return {"s": c["s"] * 2.0, "v": fnp.sin(c["v"]) * c["s"], "n": np.int64(1)}

    def no(c):
        return {"s": c["s"], "v": c["v"], "n": np.int64(2)}

    return cond(fnp.sum(v) > x, yes, no, {"s": x, "v": v})


def one_branch_constant(cond, x, v):
    return cond(x > 0.5, lambda v: fnp.ones(3), lambda v: v * v * x, v)


def branch_in_branch(cond, x, y):
    def yes(a):
        return cond(a > 1.0, lambda b: b * b * y, lambda b: fnp.cos(b), a)

    return cond(x > y, yes, lambda a: a * 3.0, x)


ROWS = {
    "two arguments, true": (two_arguments, [1.3, 0.9]),
    "two arguments, false": (two_arguments, [0.3, 0.9]),
    "closures, true": (closures, [0.7, 0.9]),
    "closures, false": (closures, [0.3, 0.9]),
    "pytrees": (pytrees, [0.3, H]),
    "one branch constant": (one_branch_constant, [0.45, H]),
    "branch in branch": (branch_in_branch, [1.05, 0.9]),
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_agrees_with_python(row):
    f, args = ROWS[row]
    assert_agrees(lambda *a: f(lax.cond, *a), lambda *a: f(cond_python, *a), args)


@pytest.mark.parametrize("row", sorted(ROWS))
def test_rules(row):
    f, args = ROWS[row]
    check_rules(lambda *a: f(lax.cond, *a), args)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_switch(dtype):
    branches = [lambda x, y: x * x * y, lambda x, y: fnp.sin(y) + x, lambda x, y: fnp.exp(x * y)]

    def f(switch, i, x, y):
        return switch(i, branches, x, y)

    for i in (0, 1, 2):
        args = [dtype(i), H, 0.7]
        assert_agrees(
            lambda *a: f(lax.switch, *a), lambda *a: f(switch_python, *a), args, second=i == 1
        )


def test_switch_clamps():
    branches = [lambda x: x, lambda x: 2.0 * x, lambda x: 3.0 * x]
    for transform in (lambda f: f, fl.jit):
        f = transform(lambda i, x: lax.switch(i, branches, x))
        assert [float(f(i, 1.0)) for i in (-5, 0, 1, 2, 9)] == [1.0, 1.0, 2.0, 3.0, 3.0]
    mapped = fl.vmap(lambda i: lax.switch(i, branches, 1.0))(np.array([-5, 1, 9]))
    np.testing.assert_array_equal(mapped, [1.0, 2.0, 3.0])
    one = fl.jit(lambda i, x: lax.switch(i, [lambda x: x + 1], x))
    assert one(7, 1.0) == 2.0


def test_old_form_and_keywords():
    assert lax.cond(True, 3.0, lambda x: x + 1, 4.0, lambda x: x * 2) == 4.0
    assert lax.cond(False, 3.0, lambda x: x + 1, 4.0, lambda x: x * 2) == 8.0
    old = fl.jit(lambda p, a, b: lax.cond(p, a, lambda x: x + 1, b, lambda x: x * 2))
    assert old(True, 3.0, 4.0) == 4.0 and old(False, 3.0, 4.0) == 8.0
    assert lax.cond(0, lambda x: x, lambda x: -x, operand=2.0) == -2.0
    assert lax.cond(1.5, lambda: 1, lambda: 2) == 1
    assert lax.cond(True, true_fun=lambda x: x, false_fun=lambda x: -x, operand=2.0) == 2.0
    assert lax.switch(1, (lambda x: x, lambda x: -x), operand=2.0) == -2.0


# --- semantics --------------------------------------------------------------------------------------


def test_branch_not_taken_cannot_spoil_a_gradient():
    f = lambda x: lax.cond(x > 0, fnp.sqrt, lambda x: 0 * x, x)  # noqa: E731
    xs = np.array([0.0, 4.0, -1.0])
    for g in (
        fl.grad(lambda v: fnp.sum(fl.vmap(f)(v))),
        fl.jit(fl.grad(lambda v: fnp.sum(fl.vmap(f)(v)))),
        fl.vmap(fl.grad(f)),
        fl.jit(fl.vmap(fl.grad(f))),
        fl.vmap(fl.jacfwd(f)),
    ):
        np.testing.assert_array_equal(g(xs), [0.0, 0.25, 0.0])


def test_shared_operand_of_a_branch_not_taken():
    # 1/w is infinite where the branch is not taken; w itself is not mapped.
    f = lambda p, w: lax.cond(p, lambda w: w * 2.0, lambda w: 1.0 / w, w)  # noqa: E731
    g = fl.grad(lambda w: fnp.sum(fl.vmap(f, (0, None))(np.array([True, True]), w)))
    assert g(0.0) == 4.0


def test_unmapped_predicate_stays_a_choice():
    f = lambda p, x: lax.cond(p, fnp.sin, fnp.cos, x)  # noqa: E731
    jaxpr = fl.make_jaxpr(fl.vmap(f, (None, 0)))(True, np.ones(3)).jaxpr
    assert [e.primitive.name for e in jaxpr.eqns] == ["cond"]
    mapped = fl.make_jaxpr(fl.vmap(f))(np.array([True, False]), np.ones(2)).jaxpr
    assert "cond" not in [e.primitive.name for e in mapped.eqns]


def test_predicate_mapped_only_by_broadcasting_is_unmapped():
    ran = []

    def spy(x):
        ran.append(1)
        return x

    f = fl.custom_jvp(spy)
    f.defjvp(lambda p, t: (p[0], t[0]))
    same = np.broadcast_to(np.array(True), (3,))
    out = fl.vmap(lambda p, x: lax.cond(p, lambda v: v * 2.0, lambda v: v, x))(same, np.ones(3))
    np.testing.assert_array_equal(out, [2.0, 2.0, 2.0])
    one = fl.make_jaxpr(fl.vmap(lambda p, x: lax.cond(p, fnp.sin, fnp.cos, x)))(
        np.array([True]), np.ones(1)
    )
    assert "cond" in [e.primitive.name for e in one.jaxpr.eqns]


def test_known_predicate_calls_the_branch():
    seen = []

    def yes(x):
        seen.append(fl.is_tracer(x))
        return x * 2.0

    def run(x):
        return lax.cond(True, yes, lambda x: x, x)

    assert run(1.0) == 2.0 and run(1.0) == 2.0
    # Called with the value each time, and recorded once for the check.
    assert seen == [False, True, False]
    assert fl.grad(run)(3.0) == 2.0


def test_branches_join_python_numbers():
    x = np.float32(2)
    for p in (True, False):
        for transform in (lambda f: f, fl.jit):
            out = transform(lambda p, x: lax.cond(p, lambda x: x, lambda x: 0.0, x))(p, x)
            assert out.dtype == np.float32, (p, transform)
            out = transform(lambda p: lax.cond(p, lambda: 1, lambda: 2.5))(p)
            assert out == (1.0 if p else 2.5) and out.dtype == np.float64


def test_join_follows_closures_not_code():
    def f(p, x):
        return lax.cond(p, lambda: x, lambda: x * 2)

    assert f(True, np.float32(1)).dtype == np.float32
    assert f(True, np.ones(2)).shape == (2,)
    assert f(False, 3) == 6


def test_constants_shared_by_branches_are_one_operand():
    big = RNG.standard_normal((5, 5))
    f = lambda p, x: lax.cond(p, lambda x: big @ x, lambda x: x @ big, x)  # noqa: E731
    (eqn,) = fl.make_jaxpr(f)(True, np.ones(5)).jaxpr.eqns
    assert len(eqn.inputs) == 3


def test_residuals_of_branches_share_places():
    f = lambda x: lax.cond(  # noqa: E731
        fnp.sum(x) > 0, lambda x: fnp.sum(fnp.sin(x) * fnp.exp(x)), lambda x: fnp.sum(fnp.cos(x)), x
    )
    jaxpr = fl.make_jaxpr(fl.grad(f))(H).jaxpr
    check_jaxpr(jaxpr)
    forward = next(e for e in jaxpr.eqns if e.primitive.name == "cond")
    # sin'(x), exp(x), sin(x) of one branch; the other has one residual, in one of these places.
    assert len(forward.outvars) <= 1 + 4


def test_effect_free_disable_jit():
    with fl.disable_jit():
        assert lax.cond(True, lambda: 1, lambda: np.ones(2)) == 1


# --- errors ---------------------------------------------------------------------------------------

THIS = "test_cond.py"
ERRORS = {
    "predicate": (
        lambda: lax.cond(np.array([True, False]), lambda: 1, lambda: 2),
        DTypeError,
        ["must be a scalar", "bool[2]", "where", THIS],
    ),
    "structure": (
        lambda: lax.cond(True, lambda x: x, lambda x: (x, x), 1.0),
        PytreeError,
        ["true_fun", "false_fun", THIS],
    ),
    "shape": (
        lambda: lax.cond(False, lambda x: x, lambda x: x[:1], np.ones(2)),
        ShapeError,
        ["float64[2]", "float64[1]", "branches must agree", THIS],
    ),
    "dtype": (
        lambda: lax.cond(True, lambda x: {"a": x}, lambda x: {"a": x > 0}, np.ones(2)),
        DTypeError,
        ["output['a']", "bool[2]", "astype", THIS],
    ),
    "no functions": (lambda: lax.cond(True, 1.0, 2.0), TypeError, ["must be a function"]),
    "too few": (lambda: lax.cond(True, lambda: 1), TypeError, ["two functions"]),
    "index": (
        lambda: lax.switch(1.0, [lambda: 1, lambda: 2]),
        DTypeError,
        ["scalar int", THIS],
    ),
    "no branches": (lambda: lax.switch(0, []), TypeError, ["non-empty"]),
}


@pytest.mark.parametrize("row", sorted(ERRORS))
def test_errors_say_what_where_and_what_to_write(row):
    call, kind, texts = ERRORS[row]
    for _ in range(2):  # the second time the branches have been seen
        with pytest.raises(kind) as e:
            call()
        for text in texts:
            assert text in str(e.value), str(e.value)


def test_errors_under_jit():
    f = fl.jit(lambda p, x: lax.cond(p, lambda x: x, lambda x: x > 0, x))
    with pytest.raises(DTypeError, match="false_fun"):
        f(True, 1.0)


def test_agrees_with_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")

    def f(np_, lax_, x, y):
        z = lax_.cond(x > y, lambda a: np_.sin(a) * y, lambda a: a * a + y, x)
        return lax_.switch((z > 1).astype("int32"), [lambda v: v * x, lambda v: np_.exp(v)], z)

    xs = np.linspace(-1.0, 2.0, 5)
    with jax.enable_x64(True):
        g = jax.grad(lambda *a: f(jax.numpy, jax.lax, *a), (0, 1))
        want = [np.asarray(w) for w in jax.vmap(g)(xs, xs[::-1])]
    mine = fl.grad(lambda *a: f(fnp, lax, *a), (0, 1))
    for got in (fl.vmap(mine)(xs, xs[::-1]), fl.jit(fl.vmap(mine))(xs, xs[::-1])):
        assert_trees_close(list(got), want)
