"""custom_jvp, custom_vjp, closure_convert, checkpoint."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import MissingRuleError, PytreeError, ShapeError

XS = np.array([0.1, 0.2, 0.3])


def doubled_sine():
    """Sine whose rule claims twice the derivative, so that use of the rule shows."""

    @fl.custom_jvp
    def f(x):
        return fnp.sin(x)

    f.defjvp(lambda p, t: (f(p[0]), 2.0 * t[0] * fnp.cos(p[0])))
    return f


def test_custom_jvp_in_every_transform():
    f, x = doubled_sine(), 0.3
    want = 2 * np.cos(x)
    assert float(fl.grad(f)(x)) == pytest.approx(want)
    assert float(fl.jvp(f, (x,), (1.0,))[1]) == pytest.approx(want)
    assert float(fl.linearize(f, x)[1](1.0)) == pytest.approx(want)
    assert float(fl.jit(fl.grad(fl.jit(f)))(x)) == pytest.approx(want)
    np.testing.assert_allclose(fl.vmap(fl.grad(f))(XS), 2 * np.cos(XS))
    np.testing.assert_allclose(fl.grad(lambda v: fl.vmap(f)(v).sum())(XS), 2 * np.cos(XS))
    np.testing.assert_allclose(fl.jit(fl.vmap(fl.grad(fl.jit(f))))(XS), 2 * np.cos(XS))
    # The rule is code: its own derivative is ordinary.
    assert float(fl.grad(fl.grad(f))(x)) == pytest.approx(-2 * np.sin(x))
    np.testing.assert_allclose(fl.jacfwd(fl.vmap(f))(XS), np.diag(2 * np.cos(XS)))


def test_custom_jvp_uses_python_control_flow_on_values():
    @fl.custom_jvp
    def f(x):
        return x if x > 0 else -x

    f.defjvp(lambda p, t: (f(p[0]), t[0] * (5.0 if p[0] > 0 else 7.0)))
    assert float(fl.grad(f)(1.0)) == 5.0 and float(fl.grad(f)(-1.0)) == 7.0
    assert float(f(-3.0)) == 3.0


def test_custom_jvp_several_arguments_and_defjvps():
    @fl.custom_jvp
    def f(x, y):
        return x * y

    f.defjvps(lambda t, out, x, y: 10.0 * t * y, None)
    assert [float(g) for g in fl.grad(f, (0, 1))(2.0, 3.0)] == [30.0, 0.0]


def test_custom_jvp_nondiff_and_pytrees():
    import functools

    @functools.partial(fl.custom_jvp, nondiff_argnums=(0,))
    def apply(fn, tree):
        return {"out": fn(tree["a"])}

    @apply.defjvp
    def _(fn, primals, tangents):
        (tree,), (t,) = primals, tangents
        return apply(fn, tree), {"out": t["a"] * 3.0}

    assert float(fl.grad(lambda a: apply(fnp.sin, {"a": a})["out"])(1.0)) == 3.0


def test_custom_jvp_errors():
    f = fl.custom_jvp(fnp.sin)
    with pytest.raises(MissingRuleError, match="defjvp"):
        f(1.0)
    f.defjvp(lambda p, t: (fnp.sin(p[0]), np.ones(7)))
    with pytest.raises(ShapeError, match=r"shape \(7,\)"):
        fl.grad(f)(1.0)
    f.defjvp(lambda p, t: fnp.sin(p[0]))
    with pytest.raises(TypeError, match="pair"):
        fl.grad(f)(1.0)


# --- custom_vjp ---------------------------------------------------------------------------------


def scaled_product():
    calls = []

    @fl.custom_vjp
    def f(x, y):
        calls.append("f")
        return fnp.sin(x) * y

    def fwd(x, y):
        calls.append("fwd")
        return fnp.sin(x) * y, (x, y)

    def bwd(res, ct):
        x, y = res
        return 2.0 * ct * fnp.cos(x) * y, ct * fnp.sin(x)

    f.defvjp(fwd, bwd)
    return f, calls


def test_custom_vjp_in_every_transform():
    f, _ = scaled_product()
    x, y = 0.3, 2.0
    want = 2 * np.cos(x) * y
    assert float(fl.grad(f)(x, y)) == pytest.approx(want)
    assert float(fl.jvp(f, (x, y), (1.0, 0.0))[1]) == pytest.approx(want)
    assert float(fl.jvp(f, (x, y), (0.0, 1.0))[1]) == pytest.approx(np.sin(x))
    assert float(fl.linearize(f, x, y)[1](1.0, 0.0)) == pytest.approx(want)
    assert float(fl.jacfwd(f)(x, y)) == pytest.approx(want)
    assert float(fl.jit(fl.grad(fl.jit(f)))(x, y)) == pytest.approx(want)
    np.testing.assert_allclose(fl.vmap(fl.grad(f), (0, None))(XS, y), 2 * np.cos(XS) * y)
    total = fl.grad(lambda y: fl.vmap(f, (0, None))(XS, y).sum())(y)
    assert float(total) == pytest.approx(np.sin(XS).sum())
    jitted = fl.jit(fl.grad(lambda y: fl.vmap(fl.jit(f), (0, None))(XS, y).sum()))(y)
    assert float(jitted) == pytest.approx(np.sin(XS).sum())


def test_second_derivatives_differentiate_the_rule():
    f, _ = scaled_product()
    want = -2 * np.sin(0.3) * 2.0
    assert float(fl.grad(fl.grad(f))(0.3, 2.0)) == pytest.approx(want)
    assert float(fl.hessian(f)(0.3, 2.0)) == pytest.approx(want)
    assert float(fl.jvp(fl.grad(f), (0.3, 2.0), (1.0, 0.0))[1]) == pytest.approx(want)
    assert float(fl.grad(lambda x: fl.jvp(lambda v: f(v, 2.0), (x,), (1.0,))[1])(0.3)) == (
        pytest.approx(want)
    )


def test_the_primal_function_runs_when_nothing_is_differentiated():
    f, calls = scaled_product()
    f(0.3, 2.0)
    assert calls == ["f"]
    calls.clear()
    fl.grad(f)(0.3, 2.0)
    assert calls == ["fwd"]


def test_custom_vjp_integer_and_none_cotangents():
    @fl.custom_vjp
    def f(x, n):
        return x * n

    f.defvjp(lambda x, n: (x * n, (x, n)), lambda r, ct: (ct * 100.0, None))
    assert float(fl.grad(f)(2.0, 3)) == 100.0
    np.testing.assert_array_equal(fl.vmap(fl.grad(f), (0, None))(np.ones(2), 3), [100.0, 100.0])


def test_custom_vjp_errors_name_the_leaf():
    @fl.custom_vjp
    def f(p):
        return p["a"].sum() + p["b"].sum()

    args = ({"a": np.ones(2), "b": np.ones(3)},)
    with pytest.raises(MissingRuleError, match="defvjp"):
        f(*args)

    def fwd(p):
        return p["a"].sum() + p["b"].sum(), None

    f.defvjp(fwd, lambda r, ct: ({"a": np.ones(2), "b": np.ones(7)},))
    with pytest.raises(ShapeError, match=r"argument 0\['b'\]"):
        fl.grad(f)(*args)
    f.defvjp(fwd, lambda r, ct: (1.0, 2.0))
    with pytest.raises(PytreeError, match="1 arguments"):
        fl.grad(f)(*args)


def test_nondiff_argnums_of_custom_vjp():
    import functools

    @functools.partial(fl.custom_vjp, nondiff_argnums=(1,))
    def f(x, k):
        return x * k

    f.defvjp(lambda x, k: (x * k, None), lambda k, r, ct: (ct * k * 10,))
    assert float(fl.grad(f)(2.0, 3)) == 30.0


# --- closure_convert ----------------------------------------------------------------------------


def test_closure_convert_makes_closures_differentiable():
    @fl.custom_vjp
    def apply(f, x, *consts):
        return f(x, *consts)

    def outer(c):
        f, consts = fl.closure_convert(lambda x: fnp.sin(x) * c, 1.0)
        assert len(consts) == 1
        return f(0.5, *consts)

    assert float(fl.grad(outer)(3.0)) == pytest.approx(np.sin(0.5))


# --- checkpoint ---------------------------------------------------------------------------------


def residual_count(f, *args):
    jaxpr = fl.make_jaxpr(lambda *xs: fl.vjp(f, *xs)[1](1.0))(*args).jaxpr
    return sum(e.primitive.name == "exp" for e in all_eqns(jaxpr))


def all_eqns(jaxpr):
    from functorch_lite.ir import subjaxprs

    for e in jaxpr.eqns:
        yield e
        for j in subjaxprs(e):
            yield from all_eqns(j)


def chain(x):
    return fnp.sum(fnp.exp(fnp.exp(fnp.exp(x))))


def test_checkpoint_recomputes_and_is_identical():
    x = np.array([0.1, -0.2])
    f = fl.checkpoint(chain)
    np.testing.assert_array_equal(fl.grad(f)(x), fl.grad(chain)(x))
    np.testing.assert_allclose(fl.hessian(f)(x), fl.hessian(chain)(x))
    np.testing.assert_allclose(fl.jit(fl.grad(fl.jit(f)))(x), fl.grad(chain)(x))
    np.testing.assert_allclose(fl.vmap(fl.grad(f))(x[:, None]), fl.vmap(fl.grad(chain))(x[:, None]))
    assert residual_count(f, x) > residual_count(chain, x)


def test_checkpoint_policies():
    x = np.array([0.1, -0.2])
    pol = fl.checkpoint_policies
    everything = fl.checkpoint(chain, policy=pol.everything_saveable)
    assert residual_count(everything, x) == residual_count(chain, x)
    for p in (pol.nothing_saveable, pol.dots_saveable, pol.save_only_these_names("a")):
        np.testing.assert_allclose(fl.grad(fl.checkpoint(chain, policy=p))(x), fl.grad(chain)(x))

    def named(x):
        return fnp.sum(fnp.exp(fl.checkpoint_name(fnp.exp(fnp.exp(x)), "a")))

    saved = fl.checkpoint(named, policy=pol.save_only_these_names("a"))
    assert residual_count(saved, x) < residual_count(fl.checkpoint(named), x)
    np.testing.assert_allclose(fl.grad(saved)(x), fl.grad(chain)(x))


def test_checkpoint_static_arguments_and_closures():
    w = 3.0
    f = fl.checkpoint(lambda x, n: fnp.sin(x) ** n * w, static_argnums=1)
    assert float(fl.grad(f)(0.5, 2)) == pytest.approx(2 * np.sin(0.5) * np.cos(0.5) * w)
    g = fl.grad(lambda w: fl.checkpoint(lambda x: fnp.sin(x) * w)(0.5))(2.0)
    assert float(g) == pytest.approx(np.sin(0.5))
