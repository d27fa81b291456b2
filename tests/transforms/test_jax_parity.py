"""The transforms against JAX's: signatures, options, and results on a table of calls."""

import dataclasses
import functools
import inspect

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp

X = np.arange(6.0).reshape(2, 3)
V = np.array([0.1, 0.2])


@pytest.fixture(scope="module")
def jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):
        yield jax


# --- signatures ---------------------------------------------------------------------------------

NAMES = [
    "grad",
    "value_and_grad",
    "vjp",
    "jvp",
    "linearize",
    "linear_transpose",
    "jacfwd",
    "jacrev",
    "jacobian",
    "hessian",
    "vmap",
    "jit",
    "make_jaxpr",
    "eval_shape",
    "checkpoint",
    "remat",
    "custom_jvp",
    "custom_vjp",
    "closure_convert",
    "disable_jit",
    "pure_callback",
    "ShapeDtypeStruct",
    "typeof",
]
# What has no meaning on one CPU, or is deprecated in JAX.
LEFT_OUT = [
    "reduce_axes",
    "spmd_axis_name",
    "sum_match",
    "in_shardings",
    "out_shardings",
    "device",
    "backend",
    "compiler_options",
    "concrete",
    "sharding",
    "manual_axis_type",
    "is_ref",
    "weak_type",
]


@pytest.mark.peer
@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_jaxs(jax, name):
    theirs = inspect.signature(getattr(jax, name)).parameters
    ours = inspect.signature(getattr(fl, name)).parameters
    wanted = [p for p in theirs if p not in LEFT_OUT]
    assert [p for p in ours if p in wanted] == wanted
    for p in wanted:
        default = theirs[p].default
        if isinstance(default, int | tuple | str | None):
            # jit and checkpoint are decorators with arguments too: fun may be left out.
            assert ours[p].default == default or p == "fun"


@pytest.mark.peer
def test_methods_of_custom_rules_are_jaxs(jax):
    for cls, method in (("custom_jvp", "defjvp"), ("custom_vjp", "defvjp")):
        theirs = inspect.signature(getattr(getattr(jax, cls), method)).parameters
        ours = inspect.signature(getattr(getattr(fl, cls), method)).parameters
        assert list(ours) == list(theirs)


@pytest.mark.peer
def test_tree_functions_are_jaxs(jax):
    names = {n for n in dir(jax.tree) if not n.startswith("_")} - {"reduce_associative", "static"}
    assert names <= set(fl.tree.__all__)


# --- results --------------------------------------------------------------------------------------


def pulled(result, *cts):
    value, pull, *aux = result
    return value, pull(*cts), *aux


def rule_of_jvp(L, n):
    f = L.custom_jvp(lambda a, b: n.sin(a) * b)
    f.defjvp(lambda p, t: (f(*p), 3 * t[0] + 4 * t[1]))
    return f


def rule_of_vjp(L, n):
    f = L.custom_vjp(lambda a, b: n.sin(a) * b)
    f.defvjp(lambda a, b: (f(a, b), (a, b)), lambda r, ct: (ct * 10 * r[0], None))
    return f


def static_rules(L, n):
    @functools.partial(L.custom_vjp, nondiff_argnums=(0,))
    def by_number(f, a):
        return f(a)

    @functools.partial(L.custom_jvp, nondiff_argnames=("f",))
    def by_name(f, a):
        return f(a)

    by_number.defvjp(lambda f, a: (f(a), a), lambda f, r, ct: (7 * ct,))
    by_name.defjvp(lambda f, p, t: (f(*p), 7 * t[0]))
    return L.grad(lambda a: by_number(n.sin, a) + by_name(n.cos, a))(1.0)


def symbolic_zeros(L, n):
    f = L.custom_vjp(lambda a, b: n.sin(a) * b)
    seen = []

    def fwd(a, b):
        seen[:] = [a.perturbed, b.perturbed]
        return n.sin(a.value) * b.value, b.value

    f.defvjp(fwd, lambda b, ct: (ct * b, ct), symbolic_zeros=True, optimize_remat=False)
    g = L.grad(f)(1.0, 2.0)
    return [g, *seen, L.vmap(L.grad(f, argnums=1))(V, V), *seen]


def closure_converted(L, n):
    def f(c):
        g, consts = L.closure_convert(lambda a: a * c, 1.0)
        return g(2.0, *consts)

    return L.grad(f)(5.0)


def registered(L, n):
    class Pair:
        def __init__(self, a, kind):
            self.a, self.kind = a, kind

    L.tree_util.register_pytree_node(Pair, lambda v: ((v.a,), v.kind), lambda k, c: Pair(*c, k))

    @L.tree_util.register_pytree_node_class
    class Box:
        def __init__(self, a):
            self.a = a

        def tree_flatten(self):
            return (self.a,), None

        @classmethod
        def tree_unflatten(cls, aux, children):
            return cls(*children)

    @L.tree_util.register_dataclass
    @dataclasses.dataclass(frozen=True)
    class Record:
        a: object
        kind: str = dataclasses.field(default="x", metadata={"static": True})

    p = Pair(np.ones(3), "k")
    return [
        L.grad(lambda v: v.a**2)(Pair(3.0, "t")).a,
        L.jit(lambda v: Pair(v.a * 2, v.kind))(p).a,
        L.vmap(lambda v: v.a * 2, in_axes=(Pair(0, "k"),))(p),
        L.vmap(lambda a: Pair(a, "z"), out_axes=Pair(0, "z"))(np.ones(3)).a,
        L.grad(lambda v: v.a**2)(Box(3.0)).a,
        L.grad(lambda v: v.a**2 if v.kind == "x" else 0.0 * v.a)(Record(3.0)).a,
    ]


CALLS = {
    "vmap of a negative axis": lambda L, n: L.vmap(lambda a: n.outer(a, a), -1, -2)(X),
    "vmap of a pytree prefix": lambda L, n: L.vmap(
        lambda d, b: d["a"] * b + d["c"][0], in_axes=({"a": 0, "c": (None,)}, None)
    )({"a": np.ones(3), "c": (2.0,)}, 5.0),
    "vmap of None over a subtree": lambda L, n: L.vmap(
        lambda d: d["a"]["q"] + d["b"], in_axes=({"a": None, "b": 0},)
    )({"a": {"q": 1.0, "r": 2.0}, "b": np.ones(3)}),
    "vmap to several axes": lambda L, n: L.vmap(lambda a: (a, n.sum(a)), out_axes=(1, 0))(X),
    "vmap of a constant": lambda L, n: L.vmap(lambda a: (a, 3.0), out_axes=(1, None))(X),
    "vmap of axis_size": lambda L, n: L.vmap(lambda a: a, in_axes=None, axis_size=4)(1.0),
    "vmap of no arguments": lambda L, n: L.vmap(lambda: 2.0, axis_size=4)(),
    "vmap of keywords": lambda L, n: L.vmap(lambda a, *, b: a + b)(np.ones(3), b=np.arange(3.0)),
    "vmap of lists": lambda L, n: L.vmap(lambda a, b: [a, b], [0, None], [0, 0])(np.ones(3), 2.0),
    "vmap of nothing": lambda L, n: L.vmap(lambda a: a * 2)(np.ones((0, 3))),
    "grad of one": lambda L, n: L.grad(lambda a, b: a * b**2, argnums=1)(2.0, 3.0),
    "grad of the last": lambda L, n: L.grad(lambda a, b: a * b**2, argnums=-1)(2.0, 3.0),
    "grad of several": lambda L, n: L.grad(lambda a, b: a * b**2, argnums=(1, 0))(2.0, 3.0),
    "grad of a list of one": lambda L, n: L.grad(lambda a, b: a * b**2, argnums=[1])(2.0, 3.0),
    "grad of a NumPy integer": lambda L, n: L.grad(lambda a, b: a * b**2, np.int64(1))(2.0, 3.0),
    "grad with aux": lambda L, n: L.grad(lambda a: (a**2, {"k": a}), has_aux=True)(2.0),
    "value_and_grad with aux": lambda L, n: L.value_and_grad(
        lambda a: (a**2, {"k": a, "s": 3}), has_aux=True
    )(2.0),
    "grad of a holomorphic function": lambda L, n: L.grad(lambda z: z**3, holomorphic=True)(1 + 2j),
    "grad of a complex argument": lambda L, n: L.grad(lambda z: n.abs(z) ** 2)(1 + 2j),
    "grad of a real part": lambda L, n: L.grad(lambda z: n.real(z) ** 2 + n.imag(z))(1 + 2j),
    "grad of a list": lambda L, n: L.grad(lambda a: a[0] * a[1])([2.0, 3.0]),
    "grad beside None": lambda L, n: L.grad(lambda a: a["w"] * 2)({"w": 2.0, "n": None}),
    "vjp with aux": lambda L, n: pulled(L.vjp(lambda a: (a**2, {"a": a}), 3.0, has_aux=True), 1.0),
    "vjp of a tuple": lambda L, n: pulled(L.vjp(lambda a, b: (a * b, a + b), 3.0, 4.0), (1.0, 2.0)),
    "jvp with aux": lambda L, n: L.jvp(lambda a: (a**2, a), (3.0,), (1.0,), has_aux=True),
    "linearize": lambda L, n: pulled(
        L.linearize(lambda a, b: (a * b, n.sin(a)), 2.0, 3.0), 1.0, 2.0
    ),
    "linearize with aux": lambda L, n: pulled(
        L.linearize(lambda a: (a**2, {"k": a * 3}), 2.0, has_aux=True), 1.0
    ),
    "linear_transpose": lambda L, n: L.linear_transpose(lambda d: X.T @ d["a"], {"a": V})(X[0]),
    "linear_transpose of shapes": lambda L, n: L.linear_transpose(
        lambda a: 2 * a, L.ShapeDtypeStruct((3,), np.float32)
    )(np.ones(3, np.float32)),
    "jit with a static number": lambda L, n: L.jit(lambda a, k: a**k, static_argnums=1)(2.0, 3),
    "jit with a static name": lambda L, n: L.jit(lambda a, k: a**k, static_argnames="k")(2.0, k=3),
    "jit as a decorator": lambda L, n: L.jit(static_argnums=0)(lambda k, a: a * k)(2, 3.0),
    "jit of None": lambda L, n: L.jit(lambda a: (a, None, {"k": 2}))(2.0),
    "checkpoint with a static number": lambda L, n: L.grad(
        L.checkpoint(lambda a, k: n.sin(a) * 2 if k else a, static_argnums=(1,))
    )(1.0, True),
    "checkpoint with a policy": lambda L, n: L.grad(
        L.checkpoint(lambda a: n.sin(n.sin(a)), policy=L.checkpoint_policies.dots_saveable)
    )(1.0),
    "custom_jvp": lambda L, n: [
        L.grad(rule_of_jvp(L, n), argnums=(0, 1))(1.0, 2.0),
        L.jvp(rule_of_jvp(L, n), (1.0, 2.0), (1.0, 1.0)),
        L.jit(L.vmap(L.grad(rule_of_jvp(L, n))))(V, V),
        L.hessian(rule_of_jvp(L, n))(1.0, 2.0),
    ],
    "custom_vjp": lambda L, n: [
        L.grad(rule_of_vjp(L, n), argnums=(0, 1))(1.0, 2.0),
        L.jit(L.vmap(L.grad(rule_of_vjp(L, n)), in_axes=(0, None)))(V, 2.0),
        L.grad(L.grad(rule_of_vjp(L, n)))(1.0, 2.0),
    ],
    "static arguments of rules": static_rules,
    "symbolic zeros": symbolic_zeros,
    "closure_convert": closure_converted,
    "registered classes": registered,
}
for _name in ("jacfwd", "jacrev", "jacobian", "hessian"):
    CALLS |= {
        f"{_name} of a tree": lambda L, n, t=_name: getattr(L, t)(
            lambda d: {"o": n.sum(d["a"] ** 3) * d["b"] ** 2}
        )({"a": V, "b": 3.0}),
        f"{_name} of several": lambda L, n, t=_name: getattr(L, t)(
            lambda a, b: n.sum(a) * b**2, argnums=(0, 1)
        )(V, 3.0),
        f"{_name} with aux": lambda L, n, t=_name: getattr(L, t)(
            lambda a: (n.sum(a**2), a), has_aux=True
        )(V),
        f"{_name} of a holomorphic function": lambda L, n, t=_name: getattr(L, t)(
            lambda a: a**3, holomorphic=True
        )(V + 1j),
    }
CALLS["jacrev of a complex argument"] = lambda L, n: L.jacrev(lambda z: n.sum(n.abs(z)))(V + 1j)


@pytest.mark.peer
@pytest.mark.parametrize("name", CALLS)
def test_results_are_jaxs(jax, name):
    got, got_tree = jax.tree.flatten(CALLS[name](fl, fnp))
    want, want_tree = jax.tree.flatten(CALLS[name](jax, jax.numpy))
    assert got_tree == want_tree
    for g, w in zip(got, want, strict=True):
        g, w = np.asarray(g), np.asarray(w)
        assert (g.dtype, g.shape) == (w.dtype, w.shape)
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-12)


# --- what JAX does not have, and what both refuse ----------------------------------------------------


def test_chunks_give_what_the_whole_gives():
    f, args = (lambda a, b: (fnp.sin(a) * b, 1.0)), (np.arange(10.0).reshape(2, 5), 2.0)
    for size in (1, 2, 5, 9):
        got = fl.vmap(f, in_axes=(1, None), out_axes=(1, None), chunk_size=size)(*args)
        want = fl.vmap(f, in_axes=(1, None), out_axes=(1, None))(*args)
        for g, w in zip(got, want, strict=True):
            np.testing.assert_array_equal(g, w)
    for t in (fl.jacfwd, fl.jacrev, fl.hessian):
        x = np.array([0.1, 0.2, 0.3])
        cube = lambda a: fnp.sum(a**3) * a  # noqa: E731
        np.testing.assert_allclose(t(cube, chunk_size=2)(x), t(cube)(x), rtol=1e-12)


def test_custom_vjp_under_every_forward_transform():
    f = rule_of_vjp(fl, fnp)  # its derivative in a is 10 a
    assert float(fl.jvp(f, (1.0, 2.0), (1.0, 1.0))[1]) == 10.0
    assert float(fl.linearize(f, 1.0, 2.0)[1](1.0, 0.0)) == 10.0
    np.testing.assert_allclose(fl.jit(fl.vmap(fl.jacfwd(f), in_axes=(0, None)))(V, 2.0), 10 * V)
    assert float(fl.jacfwd(fl.jacfwd(f))(3.0, 2.0)) == float(fl.hessian(f)(3.0, 2.0)) == 10.0


def test_integers_have_no_derivative():
    g = fl.grad(lambda i, a: i * a, argnums=(0, 1), allow_int=True)(3, 2.0)
    assert g[0] is None and float(g[1]) == 3.0
    float0 = np.zeros((), [("float0", np.void, 0)])  # JAX's zero tangent of an integer
    for none in (None, float0):
        _, t = fl.jvp(lambda i, a: i * a, (3, 2.0), (none, 1.0))
        assert float(t) == 3.0
        _, pull = fl.vjp(lambda a: (a, fnp.argmax(a)), V)
        np.testing.assert_array_equal(pull((V, none))[0], V)
    with pytest.raises(fl.DTypeError, match="no derivative"):
        fl.jvp(lambda i: i * 1.0, (3,), (1,))


def test_axis_env_names_axes_that_no_vmap_carries():
    jaxpr = fl.make_jaxpr(lambda a: lax.psum(a, "i"), axis_env=[("i", 3)])(2.0)
    assert "psum" in str(jaxpr)
    with pytest.raises(NameError, match="axis_name"):
        fl.make_jaxpr(lambda a: lax.psum(a, "i"))(2.0)


def test_checkpoint_takes_static_names():
    f = fl.checkpoint(lambda a, k: fnp.sin(a) * 2 if k else a, static_argnames="k")
    for g in (
        fl.grad(f)(1.0, k=True),
        fl.grad(f)(1.0, True),
        fl.jit(fl.grad(f), static_argnums=1)(1.0, True),
    ):
        assert float(g) == pytest.approx(2 * np.cos(1.0))


def test_disable_jit_can_be_turned_off_again():
    f = fl.jit(lambda x: x if x > 0 else -x)
    with fl.disable_jit():
        assert float(f(-2.0)) == 2.0
        with fl.disable_jit(False), pytest.raises(fl.ConcretizationError):
            f(-2.0)
        assert float(f(-2.0)) == 2.0


REFUSED = {
    "not linear": (lambda: fl.linear_transpose(lambda a: a * a, 1.0)(1.0), "two operands"),
    "a static argument too many": (
        lambda: fl.jit(lambda a: a, static_argnums=4)(2.0),
        "static_argnums has 4",
    ),
    "a static name too many": (
        lambda: fl.custom_vjp(lambda a: a, nondiff_argnames="b"),
        "its arguments are",
    ),
    "a real output of a holomorphic function": (
        lambda: fl.grad(lambda z: fnp.real(z), holomorphic=True)(1j),
        "needs a complex output",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_misuse_says_what_is_wrong(name):
    call, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()
