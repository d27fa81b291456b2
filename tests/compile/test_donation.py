"""Donated arguments: results in their memory, and never a wrong one."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.compile.drive import compile_program
from functorch_lite.compile.executor import execute
from functorch_lite.ir import run_jaxpr

RNG = np.random.default_rng(3)
A, B, C = RNG.standard_normal((3, 6, 6))


def momentum(p, v, g, rate):
    v = 0.9 * v + (g + 0.01 * p)
    return p - rate * v, v


def convolutional_step(w, x):
    def loss(w):
        return fnp.sum(F.relu(F.conv2d(x, w, padding=1)) ** 2)

    return w - 0.01 * fl.grad(loss)(w)


def run_donated(f, args, donated):
    """Run with donated copies; return results, the arguments after the run, what is expected."""
    closed = fl.make_jaxpr(f)(*args)
    args = [*closed.consts, *args]
    jaxpr = closed.jaxpr
    expected = run_jaxpr(jaxpr, args)
    given = [np.array(a) for a in args]
    return compile_program(jaxpr, donated=donated)(given), given, expected


IN_PLACE = {
    "momentum": (momentum, (A, B, C, np.float64(0.1)), (0, 1), {0: 0, 1: 1}),
    "results in another order": (
        lambda v, p: momentum(p, v, p, 0.1),
        (A, B),
        (0, 1),
        {0: 0, 1: 1},
    ),
    "read for the last time before": (lambda a, b: fnp.exp(b @ a), (A, B), (0,), {0: 0}),
    "only some are given up": (lambda a, b: a * b, (A, B), (1,), {0: 1}),
    "reduced as well": (lambda a: (a * 2.0, fnp.sum(a * 2.0, 1)), (A,), (0,), {0: 0}),
    "with a convolution": (
        convolutional_step,
        (RNG.standard_normal((16, 16, 3, 3)), RNG.standard_normal((2, 16, 5, 5))),
        (0,),
        {0: 0},
    ),
}
KEPT = {
    "read turned": (lambda a: a.T + 1.0, (A,), (0,)),
    "read both ways": (lambda a: a + a.T, (A,), (0,)),
    "read broadcast": (lambda a, b: a[0] * b, (A, B), (0,)),
    "read again later": (lambda a, b: (fnp.exp(a), (b @ fnp.exp(a)) @ a), (A, B), (0,)),
    "read through what a call returns": (
        lambda a, b: (
            fnp.tanh(fnp.sort(a, 0))
            + fl.pure_callback(lambda x: x[::-1], fl.ShapeDtypeStruct((6, 6), "float64"), a)
        ),
        (A, B),
        (0,),
    ),
    "returned as a view": (lambda a: (a.T, a * 2.0), (A,), (0,)),
    "of another dtype": (lambda a: a.astype("float32"), (A,), (0,)),
    "of another shape": (lambda a: fnp.sum(a, 0), (A,), (0,)),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_result_is_in_the_memory_of_the_argument(name):
    f, args, donated, homes = IN_PLACE[name]
    outs, given, expected = run_donated(f, args, donated)
    for out, want in zip(outs, expected, strict=True):
        np.testing.assert_allclose(out, want, rtol=1e-12, atol=1e-12)
    assert {k: i for k, o in enumerate(outs) for i, g in enumerate(given) if o is g} == homes
    for i, (a, g) in enumerate(zip(args, given, strict=True)):
        if i not in donated:
            np.testing.assert_array_equal(a, g)


@pytest.mark.parametrize("name", KEPT)
def test_argument_that_is_needed_otherwise_is_left_alone(name):
    f, args, donated = KEPT[name]
    outs, given, expected = run_donated(f, args, donated)
    for out, want in zip(outs, expected, strict=True):
        np.testing.assert_allclose(out, want, rtol=1e-12, atol=1e-12)
        assert not any(np.shares_memory(out, g) for g in given)
    for a, g in zip(args, given, strict=True):
        np.testing.assert_array_equal(a, g)


def test_read_only_argument_is_copied():
    jaxpr = fl.make_jaxpr(lambda a: a + 1.0)(A).jaxpr
    a = A.copy()
    a.flags.writeable = False
    (out,) = compile_program(jaxpr, donated=(0,))([a])
    np.testing.assert_array_equal(out, A + 1.0)
    np.testing.assert_array_equal(a, A)


def test_nothing_is_overwritten_unless_donated():
    jaxpr = fl.make_jaxpr(lambda a: a + 1.0)(A).jaxpr
    a = A.copy()
    with compile_mode("always"):
        (fresh,) = execute(jaxpr, [a])
        np.testing.assert_array_equal(a, A)
        (out,) = execute(jaxpr, [a], (0,))
        assert out is a
        (again,) = execute(jaxpr, [A])
    np.testing.assert_array_equal(out, fresh)
    np.testing.assert_array_equal(again, fresh)


def test_updates_that_share_a_rate_stay_apart():
    def together(ws, gs, rate):
        return [w - rate * g for w, g in zip(ws, gs, strict=True)]

    jaxpr = fl.make_jaxpr(together)([A, B], [C, A @ B], np.float64(0.1)).jaxpr
    assert len(compile_program(jaxpr).kernels) == 2
