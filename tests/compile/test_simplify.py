"""Simplification: what goes, what stays, and that nothing changes a bit."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.compile.inline import inline_calls
from functorch_lite.compile.simplify import simplify
from functorch_lite.ir import Jaxpr, run_jaxpr

X = np.array([[-0.0, 0.0, np.nan, np.inf], [-np.inf, 1.5, -2.5, 5e-324]])
I = np.array([[0, 1, -7, 127], [-128, 3, 64, -1]], np.int8)
B = np.array([True, False])


def closed(f, *args):
    j = fl.make_jaxpr(f)(*args)
    return Jaxpr([], j.jaxpr.constvars + j.jaxpr.invars, j.jaxpr.eqns, j.jaxpr.outs), [
        *j.consts,
        *args,
    ]


def check(f, args, want):
    """Compare the names of the equations that are left, and results bit for bit."""
    jaxpr, args = closed(f, *args)
    program = simplify(inline_calls(jaxpr))
    assert [e.primitive.name for e in program.eqns] == want
    with np.errstate(all="ignore"):
        before = run_jaxpr(jaxpr, args)
        after = run_jaxpr(Jaxpr([], program.invars, program.eqns, program.outs), args)
    for a, b in zip(before, after, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(a, b)
        if a.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


GOES = {
    "times one": (lambda x: x * 1.0, X),
    "one times": (lambda x: 1.0 * x, X),
    "by one": (lambda x: x / 1.0, X),
    "minus zero": (lambda x: x - 0.0, X),
    "plus negative zero": (lambda x: x + -0.0, X),
    "two minuses": (lambda x: fnp.negative(-x), X),
    "first power": (lambda x: x**1, X),
    "two transposes": (lambda x: fnp.transpose(x.T), X),
    "reshape there and back": (lambda x: fnp.reshape(fnp.reshape(x, (8,)), (2, 4)), X),
    "reversed twice": (lambda x: fnp.flip(fnp.flip(x, 0), 0), X),
    "same dtype": (lambda x: x.astype(x.dtype), X),
    "either": (lambda x: fnp.maximum(x, x), X),
    "integer plus zero": (lambda x: x + 0, I),
    "integer minus zero": (lambda x: x - 0, I),
    "bitwise or": (lambda x: x | 0, I),
    "bitwise and with itself": (lambda x: x & x, I),
    "not not": (lambda x: ~~x, B),
    "conjugate twice": (lambda x: fnp.conj(fnp.conj(x)), np.array([1 - 2j, 3j])),
    "nested calls": (lambda x: fl.jit(fl.jit(lambda y: y * 1.0))(x), X),
    "dead": (lambda x: (fnp.exp(x), x)[1], X),
    "dead loop": (lambda x: (lax.fori_loop(0, 3, lambda i, c: c * 2, x), x)[1], X),
}


@pytest.mark.parametrize("name", GOES)
def test_nothing_is_left(name):
    f, x = GOES[name]
    check(f, (x,), [])


STAYS = {
    "plus zero": (lambda x: x + 0.0, X, ["add"]),
    "minus negative zero": (lambda x: x - -0.0, X, ["sub"]),
    "times zero": (lambda x: x * 0.0, X, ["mul"]),
    "difference with itself": (lambda x: x - x, X, ["sub"]),
    "quotient with itself": (lambda x: x / x, X, ["div"]),
    "reversed along two axes": (lambda x: fnp.flip(fnp.flip(x, 0), 1), X, ["rev", "rev"]),
    "narrowed and widened": (
        lambda x: x.astype("f4").astype("f8"),
        X,
        ["convert_element_type", "convert_element_type"],
    ),
}


@pytest.mark.parametrize("name", STAYS)
def test_what_is_not_exact_stays(name):
    f, x, want = STAYS[name]
    check(f, (x,), want)


SHARED = {
    "the same": (lambda x: (fnp.sin(x), fnp.sin(x)), ["sin"]),
    "in another order": (lambda x: (x * x.T.T[::-1], x[::-1] * x), ["rev", "mul"]),
    "sums in another order": (lambda x: (x + 2.0, 2.0 + x), ["add"]),
    "idempotent": (lambda x: fnp.abs(fnp.abs(x)), ["abs"]),
    "rounded twice": (lambda x: fnp.floor(fnp.floor(x)), ["floor"]),
    "transposed twice": (lambda x: fnp.transpose(x.T) * 2.0, ["mul"]),
    "constants": (lambda x: x * fnp.exp(fnp.asarray(0.0)) * 3.0, ["mul"]),
    "one branch": (lambda x: fnp.where(x > 0, x, x) * 2.0, ["mul"]),
    "gradient": (fl.grad(lambda x: fnp.sum(fnp.sin(x))), ["cos"]),
    "order that matters": (lambda x: (x - x[::-1], x[::-1] - x), ["rev", "sub", "sub"]),
    "literals that differ": (lambda x: (x * 0.0, x * -0.0), ["mul", "mul"]),
}


@pytest.mark.parametrize("name", SHARED)
def test_what_is_repeated_is_shared(name):
    f, want = SHARED[name]
    check(f, (X,), want)


def test_recomputation_is_not_merged_with_the_original():
    f = fl.grad(fl.checkpoint(lambda x: fnp.sum(fnp.sin(fnp.sin(x)))))
    jaxpr, _ = closed(f, X)
    names = [e.primitive.name for e in simplify(inline_calls(jaxpr)).eqns]
    assert names.count("sin") >= 1 and names.count("cos") == 2


def test_effects_stay(capsys):
    def f(x):
        fl.debug.print("x {}", x)
        fl.debug.print("x {}", x)
        return x * 1.0

    fl.jit(f)(1.0)
    assert capsys.readouterr().out.count("x 1.0") == 2
