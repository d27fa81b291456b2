"""jit, make_jaxpr, eval_shape: recording, caching, static arguments, closures."""

import functools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode


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


CLOSURES = {
    "array": lambda c, x: x * c["a"],
    "rank 0": lambda c, x: x * c["s"],
    "other dtype": lambda c, x: x * c["i"] + c["f"],
    "rank 0 of other dtype": lambda c, x: x + c["k"],
    "asarray": lambda c, x: fnp.asarray(c["i"], "float32") * x,
    "list": lambda c, x: fnp.array([c["s"], c["k"], 1]) + x,
    "full": lambda c, x: fnp.full(3, c["s"]) + x,
    "numpy's function": lambda c, x: np.add(x, c["i"]),
    "scan": lambda c, x: fl.lax.scan(lambda s, _: (s * c["s"] + c["k"], None), x, None, 2)[0],
    "cond": lambda c, x: fl.lax.cond(x[0] > 0, lambda y: y * c["s"], lambda y: y, x),
    "grad": lambda c, x: fl.grad(lambda y: fnp.sum(y * c["s"] * c["i"]))(x),
    "vmap": lambda c, x: fl.vmap(lambda y: y * c["s"] + c["k"])(x),
    "jit": lambda c, x: fl.jit(lambda y: y * c["s"] + c["i"])(x),
    "result": lambda c, x: (c["a"], c["s"], x),
    "reduced": lambda c, x: fnp.sum(c["a"]) * x,
}


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("name", CLOSURES)
def test_what_is_written_into_closed_over_arrays_is_seen(name, mode):
    c = {
        "a": np.ones(3),
        "f": np.ones(3, np.float32),
        "i": np.arange(3),
        "k": np.array(2),
        "s": np.array(3.0),
    }
    x = np.array([1.0, 2.0, 3.0])
    f = fl.jit(lambda x: CLOSURES[name](c, x))
    with compile_mode(mode):
        f(x), f(x)
        for i, a in enumerate(c.values()):
            a[...] = a + i + 1
        got, want = f(x), CLOSURES[name](c, x)
    assert len(f.cache) == 1
    for g, w in zip(fl.tree_util.tree_leaves(got), fl.tree_util.tree_leaves(want), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-6)
        assert not any(np.may_share_memory(g, a) for a in c.values())


def test_rebinding_a_closed_over_name_is_not_seen():
    # As in JAX: which array a name stands for is read while recording.
    c = np.ones(3)
    f = fl.jit(lambda x: x * c)
    f(1.0)
    c = np.zeros(3)
    np.testing.assert_array_equal(f(1.0), np.ones(3))
    f.clear_cache()
    np.testing.assert_array_equal(f(1.0), np.zeros(3))


def test_scalars_that_nobody_holds_become_literals():
    jaxpr = fl.make_jaxpr(lambda x: x * fnp.zeros(()) + np.array(2.0))(1.0).jaxpr
    assert jaxpr.constvars == []
    held = np.array(2.0)
    view = np.zeros(2)
    jaxpr = fl.make_jaxpr(lambda x: x * held + view[0, ...])(1.0).jaxpr
    assert len(jaxpr.constvars) == 2


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


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["static", "donate"])
def test_options_name_arguments_that_exist(option):
    def f(x, y):
        return x + y

    with pytest.raises(ValueError, match=rf"{option}_argnums has 2, but f takes 2"):
        fl.jit(f, **{f"{option}_argnums": 2})
    with pytest.raises(ValueError, match=rf"{option}_argnames names 'z'.*\['x', 'y'\]"):
        fl.jit(f, **{f"{option}_argnames": "z"})
    with pytest.raises(TypeError, match=f"{option}_argnames takes names"):
        fl.jit(f, **{f"{option}_argnames": [1]})
    with pytest.raises(TypeError, match=f"{option}_argnums takes integers"):
        fl.jit(f, **{f"{option}_argnums": ["x"]})


@pytest.mark.parametrize(
    "options",
    [
        {"static_argnums": 1, "donate_argnums": -1},
        {"static_argnums": 1, "donate_argnames": "y"},
        {"static_argnames": "y", "donate_argnums": (0, 1)},
    ],
)
def test_an_argument_is_not_static_and_donated(options):
    with pytest.raises(ValueError, match=r"argument 'y' of .* is static and donated"):
        fl.jit(lambda x, y: x + y, **options)


def test_keep_unused():
    def f(x, unused, y):
        return x + y

    x = np.ones(3)
    for keep, n in ((False, 2), (True, 3)):
        g = fl.jit(f, keep_unused=keep)
        for mode in ("never", "always"):
            with compile_mode(mode):
                for _ in range(3):
                    np.testing.assert_array_equal(g(x, np.ones(7), x), 2 * x)
                    np.testing.assert_array_equal(g(1.0, {"a": 1, "b": (2, 3)}, x), 2 * x)
        call = next(iter(g.cache.values()))
        assert len(call.jaxpr.invars) == n
        compiled = g.lower(x, np.ones(7), x).compile()
        np.testing.assert_array_equal(compiled(x, np.ones(7), x), 2 * x)
        with pytest.raises(fl.ShapeError, match="lower it again"):
            compiled(x, np.ones(8), x)
    # An argument that is not used is not read either: it need not be contiguous.
    assert fl.grad(lambda y: fl.jit(f)(1.0, y, 2.0))(3.0) == 0.0


def test_inline():
    inlined = fl.jit(lambda x: fnp.sin(x) * 2.0, inline=True)
    called = fl.jit(lambda x: fnp.sin(x) * 2.0)

    def names(f):
        return [e.primitive.name for e in fl.make_jaxpr(lambda x: f(x) + 1.0)(0.5).eqns]

    assert names(inlined) == ["sin", "mul", "add"]
    assert names(called) == ["jit", "add"]
    assert names(fl.grad(inlined))[-1] == "add" and "jit" not in names(fl.grad(inlined))
    np.testing.assert_allclose(inlined(0.5), called(0.5))
    np.testing.assert_allclose(fl.jit(fl.grad(inlined))(0.5), 2 * np.cos(0.5))
    x = np.ones(3)
    assert not np.may_share_memory(fl.jit(lambda x: x, inline=True)(x), x)


def test_outputs_do_not_share_memory_with_each_other():
    def f(x):
        y = x * 2
        return y, y, y[:2], y.T, x, x

    for mode in ("never", "always"):
        with compile_mode(mode):
            g = fl.jit(f)
            outs = [*g(np.ones(3)), *g(np.ones(3))]
        pairs = [(a, b) for i, a in enumerate(outs) for b in outs[:i]]
        assert not any(np.may_share_memory(a, b) for a, b in pairs)


def test_collectives_of_values_under_jit():
    f = fl.jit(lambda x: fl.lax.psum(x, "i") * 2)
    for mode in ("never", "auto", "always"):
        with compile_mode(mode):
            for size in (2, 2, 2, 3):
                out = fl.vmap(lambda y: f(np.ones(3)) + y, axis_name="i")(np.zeros((size, 3)))
                np.testing.assert_array_equal(out, np.full((size, 3), 2.0 * size))


def test_recording_for_shapes_alone():
    f = fl.jit(lambda x, n: x @ x * n, static_argnames="n")
    lowered = f.lower(fl.ShapeDtypeStruct((4, 4), "float32"), n=2)
    x = np.ones((4, 4), np.float32)
    np.testing.assert_array_equal(lowered.compile()(x), x @ x * 2)
    np.testing.assert_array_equal(f(x, n=2), x @ x * 2)
    assert len(f.cache) == 1  # what was lowered is what is called
