"""Callbacks and prints: kept, in order, under every transform."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import debug, io_callback, pure_callback
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, MissingRuleError, ShapeError
from functorch_lite.lax.control import cond, fori_loop, scan, while_loop

ONE = fl.ShapeDtypeStruct((), float)


@pytest.fixture(params=["never", "always"])
def mode(request):
    with fl.compile.compile_mode(request.param):
        yield request.param


def test_print_once_a_run_in_order(capsys, mode):
    @fl.jit
    def f(x):
        debug.print("first {}", x)
        y = fnp.sin(x) * 2
        debug.print("second {y:.3f} of {name}", y=y, name="run")
        return fnp.sum(y)

    for x in (0.0, 1.0):
        f(x)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["first 0.0", "second 0.000 of run", "first 1.0", "second 1.683 of run"]


def test_print_under_transforms(capsys, mode):
    def f(x):
        debug.print("x {}", x)
        return x * x

    def printed(run):
        run()
        return capsys.readouterr().out.splitlines()

    xs = np.array([1.0, 2.0])
    both = ["x 1.0", "x 2.0"]
    assert printed(lambda: f(1.0)) == ["x 1.0"]
    assert printed(lambda: fl.grad(f)(1.0)) == ["x 1.0"]
    assert printed(lambda: fl.jit(fl.grad(f))(1.0)) == ["x 1.0"]
    assert printed(lambda: fl.grad(fl.jit(f))(1.0)) == ["x 1.0"]
    assert printed(lambda: fl.jvp(f, (1.0,), (1.0,))) == ["x 1.0"]
    assert printed(lambda: fl.vmap(f)(xs)) == both
    assert printed(lambda: fl.jit(fl.vmap(fl.grad(f)))(xs)) == both
    assert printed(lambda: scan(lambda c, x: (c, f(x)), 0, xs)) == both
    assert printed(lambda: fl.jit(lambda xs: scan(lambda c, x: (c, f(x)), 0, xs))(xs)) == both
    assert printed(lambda: fori_loop(0, 2, lambda i, c: c + f(c), 1.0)) == both
    assert printed(lambda: while_loop(lambda c: c < 3, lambda c: c + f(c), 1.0)) == [*both][:2]
    for x, want in ((1.0, "x 1.0"), (-1.0, "x 2.0")):
        branch = fl.jit(lambda x: cond(x > 0, lambda: f(x), lambda: f(2.0)))
        assert printed(lambda x=x, branch=branch: branch(x)) == [want]
    # Recomputing prints again, as in JAX.
    assert printed(lambda: fl.grad(fl.checkpoint(f))(1.0)) == ["x 1.0", "x 1.0"]


def test_unused_effects_are_kept():
    seen = []

    def f(x):
        debug.callback(seen.append, x)
        io_callback(lambda v: seen.append(-v), None, x)
        io_callback(lambda: 1.0, ONE)
        return 3.0

    g = fl.jit(f)
    for _ in range(3):
        g(2.0)
    assert [float(v) for v in seen] == [2.0, -2.0] * 3
    assert str(fl.make_jaxpr(f)(1.0)).count("callback") >= 3


def test_callback_may_keep_its_arguments(mode):
    kept = []

    @fl.jit
    def f(x):
        for _ in range(3):
            x = fnp.tanh(x * 1.5)
            debug.callback(kept.append, x)
        return fnp.sum(x)

    f(np.linspace(0, 1, 1000))
    y = np.linspace(0, 1, 1000)
    for k in kept:
        y = np.tanh(y * 1.5)
        np.testing.assert_allclose(k, y, rtol=1e-12)
    assert len(kept) == 3


def test_callback_takes_pytrees_and_plain_objects():
    seen = []
    debug.callback(lambda d, *, tag: seen.append((d, tag)), {"a": 1.0, "b": "text"}, tag=None)
    assert float(seen[0][0]["a"]) == 1.0 and seen[0][0]["b"] == "text" and seen[0][1] is None


@pytest.mark.parametrize(
    ("fmt", "args", "kwargs"),
    [
        ("{} {}", (1.0,), {}),
        ("{x}", (), {}),
        ("{}", (1.0, 2.0), {}),
        ("x", (1.0,), {}),
        ("{", (), {}),
    ],
)
def test_bad_formats(fmt, args, kwargs):
    with pytest.raises(ValueError, match=r"cannot format .*test_callbacks"):
        debug.print(fmt, *args, **kwargs)


def host(x, y):
    return np.sin(x) + y


@pytest.mark.parametrize("method", ["sequential", "expand_dims", "broadcast_all"])
def test_pure_callback(method, mode):
    def f(x, y):
        return pure_callback(host, fl.ShapeDtypeStruct(x.shape, x.dtype), x, y, vmap_method=method)

    x, y = np.linspace(0, 1, 6).reshape(2, 3), np.arange(3.0)
    np.testing.assert_allclose(f(x[0], y), np.sin(x[0]) + y)
    np.testing.assert_allclose(fl.jit(f)(x[0], y), np.sin(x[0]) + y)
    np.testing.assert_allclose(fl.vmap(f, (0, None))(x, y), np.sin(x) + y)
    np.testing.assert_allclose(fl.jit(fl.vmap(f, (0, None)))(x, y), np.sin(x) + y)
    np.testing.assert_allclose(fl.vmap(f)(x, x), np.sin(x) + x)


def test_pure_callback_calls():
    calls = []

    def f(method):
        def g(x):
            calls.append(x.shape)
            return x

        return lambda x: pure_callback(g, ONE, x, vmap_method=method)

    fl.vmap(f("sequential"))(np.arange(3.0))
    fl.vmap(f("broadcast_all"))(np.arange(3.0))
    assert calls == [(), (), (), (3,)]
    # A result that nobody needs is not computed.
    fl.jit(lambda x: (f(None)(x), x + 1)[1])(1.0)
    assert len(calls) == 4


def test_pure_callback_of_a_pytree_with_a_rule():
    @fl.custom_jvp
    def f(x):
        out = {"s": fl.ShapeDtypeStruct((), float), "c": fl.ShapeDtypeStruct((), float)}
        return pure_callback(lambda v: {"s": np.sin(v), "c": np.cos(v)}, out, x)

    f.defjvp(lambda p, t: (f(*p), {"s": fnp.cos(p[0]) * t[0], "c": -fnp.sin(p[0]) * t[0]}))
    g = fl.jit(fl.grad(lambda x: f(x)["s"] * f(x)["c"]))
    np.testing.assert_allclose(g(0.3), np.cos(0.6), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fl.grad(lambda x: pure_callback(np.sin, ONE, x))(1.0), MissingRuleError, "custom_jvp"),
        (lambda: fl.vmap(lambda x: pure_callback(np.sin, ONE, x))(np.ones(2)), MissingRuleError, "vmap_method"),
        (lambda: pure_callback(lambda x: np.ones(2), ONE, 1.0), ShapeError, "declared"),
        (lambda: pure_callback(lambda x: np.float32(1), ONE, 1.0), DTypeError, "declared"),
        (lambda: pure_callback(lambda x: (x, x), ONE, 1.0), TypeError, "declared"),
        (lambda: pure_callback(np.sin, 3.0, 1.0), DTypeError, "ShapeDtypeStruct"),
        (lambda: pure_callback(np.sin, ONE, 1.0, vmap_method="x"), ValueError, "vmap_method"),
        (lambda: fl.vmap(lambda x: io_callback(np.sin, ONE, x, ordered=True))(np.ones(2)), MissingRuleError, "ordered"),
        (lambda: fl.grad(lambda x: io_callback(np.sin, ONE, x))(1.0), MissingRuleError, "derivative"),
    ],
)  # fmt: skip
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_pure_callback_cannot_write():
    def spoil(x):
        x[0] = 1.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        pure_callback(spoil, fl.ShapeDtypeStruct((2,), float), np.zeros(2))


def test_io_callback_counts(mode):
    counter = iter(range(100))
    f = fl.jit(lambda x: x + io_callback(lambda: float(next(counter)), ONE))
    assert [float(f(0.0)) for _ in range(3)] == [0.0, 1.0, 2.0]
    out = fl.vmap(lambda x: x + io_callback(lambda v: v * 0 + next(counter), ONE, x))(np.zeros(3))
    assert out.tolist() == [3.0, 4.0, 5.0]


def test_breakpoint_shows_values(mode):
    seen = []

    def f(x, n=2):
        y = x * n
        debug.breakpoint(console=lambda names, banner: seen.append((names, banner)))
        return y + 1

    assert float(fl.jit(f)(3.0)) == 7.0
    names, banner = seen[0]
    assert float(names["y"]) == 6.0 and names["n"] == 2 and "test_callbacks" in banner


def test_breakpoint_console(monkeypatch, capsys):
    typed = iter(["print(y + 1)"])

    def read(prompt=""):
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)

    def f(x):
        y = x * 2
        debug.breakpoint()
        return y

    f(3.0)
    assert "7.0" in capsys.readouterr().out
