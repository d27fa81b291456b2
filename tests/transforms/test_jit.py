"""jit, make_jaxpr, eval_shape: recording, caching, static arguments, closures."""

import functools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp


def counting(f):
    calls = []

    @functools.wraps(f)
    def g(*args, **kwargs):
        calls.append(1)
        return f(*args, **kwargs)

    return g, calls


def test_records_once_for_each_type():
    g, calls = counting(lambda x: fnp.sin(x) * 2)
    f = fl.jit(g)
    for x in (np.ones(3), np.zeros(3), np.ones(4), np.ones(3, np.float32), 1.0, np.float64(1.0)):
        np.testing.assert_allclose(f(x), np.sin(x) * 2, rtol=1e-6)
    assert len(calls) == 5  # two values of one type; a Python float is weak, a float64 is not
    f.clear_cache()
    f(np.ones(3))
    assert len(calls) == 6


def test_static_arguments():
    g, calls = counting(lambda x, n, mode="a": x * n if mode == "a" else x + n)
    f = fl.jit(g, static_argnums=1, static_argnames="mode")
    assert float(f(1.0, 2)) == 2.0 and float(f(3.0, 2)) == 6.0
    assert float(f(3.0, 4, mode="b")) == 7.0
    assert len(calls) == 2
    # 1, 1.0 and True are equal but of different types.
    h = fl.jit(lambda x, n: x * n, static_argnums=(1,))
    assert h(np.ones(2, np.int64), 1).dtype == np.int64
    assert h(np.ones(2, np.int64), 1.0).dtype == np.float64


def test_static_argument_named_either_way():
    g, calls = counting(lambda x, n: fnp.zeros(n) + x)
    f = fl.jit(g, static_argnames="n")
    assert f(1.0, 3).shape == f(1.0, n=3).shape == (3,)
    with pytest.raises(ValueError, match="static_argnames names 'm'"):
        fl.jit(lambda x, n: x, static_argnames="m")


def test_unhashable_static_argument():
    with pytest.raises(TypeError, match=r"static argument 1 .* tuple instead of a list"):
        fl.jit(lambda x, n: x, static_argnums=1)(1.0, [1, 2])


def test_closed_over_arrays_are_operands():
    c = np.ones(3)
    f = fl.jit(lambda x: x * c)
    np.testing.assert_array_equal(f(np.ones(3)), np.ones(3))
    c *= 5  # the array itself is passed at each call, so there is no stale constant
    np.testing.assert_array_equal(f(np.ones(3)), 5 * np.ones(3))


def test_closed_over_tracers_never_enter_the_cache():
    def outer(w):
        f = fl.jit(lambda x: x * w)
        return f(2.0) + f(3.0)

    for w in (1.0, 4.0):
        assert float(fl.grad(outer)(w)) == 5.0
    np.testing.assert_array_equal(fl.vmap(outer)(np.arange(3.0)), 5 * np.arange(3.0))


def test_inputs_are_not_modified_and_outputs_not_aliased():
    x = np.arange(3.0)
    y = fl.jit(lambda x: (x, x[:2], x * 1.0))(x)
    for out in y:
        out[...] = 7.0
    np.testing.assert_array_equal(x, np.arange(3.0))


def test_decorator_forms_methods_and_names():
    @fl.jit
    def f(x):
        """Docstring."""
        return x

    assert f.__name__ == "f" and f.__doc__ == "Docstring."

    @fl.jit
    def g(x):
        return f(x) + 1

    class Model:
        def __init__(self, w):
            self.w = w

        @fl.jit
        def __call__(self, x):
            return x * 2

    fl.tree_util.register_pytree_node(Model, lambda m: ((m.w,), None), lambda _, c: Model(*c))
    assert float(g(1.0)) == 2.0 and float(Model(3.0)(2.0)) == 4.0
    h = fl.jit(static_argnums=0)(lambda n, x: x * n)
    assert float(h(2, 3.0)) == 6.0


def test_jit_is_differentiated_through():
    f = fl.jit(lambda x: fnp.sin(x) * x)
    jaxpr = fl.make_jaxpr(fl.grad(f))(0.3).jaxpr
    assert [e.primitive.name for e in jaxpr.eqns] == ["jit", "jit"]


def test_disable_jit():
    with fl.disable_jit():
        assert float(fl.jit(lambda x: x if x > 0 else -x)(-2.0)) == 2.0


def test_dead_code_is_dropped():
    f = fl.jit(lambda x, y: (fnp.exp(y), x)[1])
    f(1.0, 2.0)
    (call,) = f.cache.values()
    assert call.jaxpr.eqns == []


def test_make_jaxpr_static_and_shapes():
    closed, shapes = fl.make_jaxpr(lambda n, x: {"y": fnp.zeros(n) + x}, 0, return_shape=True)(
        3, 1.0
    )
    assert shapes == {"y": fl.ShapeDtypeStruct((3,), np.float64)}
    assert closed.in_avals[0].weak_type


def test_eval_shape_computes_nothing():
    big = fl.ShapeDtypeStruct((100_000, 100_000), np.float32)
    out = fl.eval_shape(lambda x: (x @ x, x.sum(0)), big)
    assert out[0].shape == (100_000, 100_000) and out[1] == fl.ShapeDtypeStruct((100_000,), "f4")


def test_no_outputs_and_no_inputs():
    assert fl.jit(lambda: ())() == ()
    np.testing.assert_array_equal(fl.jit(lambda: fnp.ones(2) * 2)(), 2 * np.ones(2))


def test_weak_types_of_outputs():
    assert fl.jit(lambda s: s * 2)(3.0).dtype == np.float64
    inner = fl.jit(lambda s: s * 2)
    assert fl.jit(lambda s: inner(s) * np.ones(2, np.float32))(3.0).dtype == np.float32
