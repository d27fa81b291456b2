"""Gradient, unpacking if it is packed, and update of a weight as one launch."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.compile import threads
from functorch_lite.compile.drive import compile_program
from functorch_lite.ir import run_jaxpr

RNG = np.random.default_rng(11)
RATE = np.float32(1e-3)


def momentum(w, v, x, rate, stride):
    g = fl.grad(lambda w: fnp.sum(F.conv2d(x, w, stride=stride, padding=1) ** 2))(w)
    v = 0.9 * v + g
    return w - rate * v, v


def arguments(n, c, oc, size):
    x = RNG.standard_normal((n, c, size, size)).astype("f4")
    w = (RNG.standard_normal((oc, c, 3, 3)) / 50).astype("f4")
    return [w, RNG.standard_normal(w.shape).astype("f4"), x, RATE]


def chained(program):
    return sum(len(s.updates()) for s in program.segments)


# Weights as they stand, with few and with more pixels; Winograd's with tiles of 2 and of 4; direct.
SHAPES = {"columns": (1, 256, 128, 4, 1), "more columns": (2, 128, 256, 8, 2)}
SHAPES |= {"f2": (16, 128, 128, 4, 1), "f4": (4, 128, 128, 28, 1), "direct": (4, 128, 256, 16, 2)}


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("donated", [(), (0, 1)])
def test_chained_update_agrees_with_the_interpreter(name, donated, count):
    *shape, stride = SHAPES[name]
    args = arguments(*shape)
    jaxpr = fl.make_jaxpr(lambda *a: momentum(*a, stride))(*args).jaxpr
    want = run_jaxpr(jaxpr, args)
    before = threads.get_num_threads()
    threads.set_num_threads(count)
    try:
        program = compile_program(jaxpr, donated=donated)
        assert chained(program) == 1
        packed = any(e.primitive.name == "pack_weights" for e in program.lowered.eqns)
        assert packed == ("columns" not in name)
        got = program([a.copy() for a in args])
    finally:
        threads.set_num_threads(before)
    for a, b in zip(got, want, strict=True):
        assert np.abs(a - b).max() < 1e-5 * np.abs(b).max()


@pytest.mark.parametrize("returned", [True, False])
def test_a_gradient_that_is_needed_otherwise_is_written_too(returned):
    def step(w, v, x, rate):
        g = fl.grad(lambda w: fnp.sum(F.conv2d(x, w, padding=1) ** 2))(w)
        return w - rate * g, g if returned else fnp.sum(g.T * v.T, 0)

    args = arguments(1, 256, 128, 4)
    jaxpr = fl.make_jaxpr(step)(*args).jaxpr
    program = compile_program(jaxpr)
    assert chained(program) == int(returned)
    for a, b in zip(program(args), run_jaxpr(jaxpr, args), strict=True):
        assert np.abs(a - b).max() < 1e-5 * np.abs(b).max()


@pytest.mark.parametrize(("oc", "c"), [(64, 256), (120, 128)])
def test_odd_groups_are_not_chained(oc, c):
    args = arguments(1, c, oc, 24)
    jaxpr = fl.make_jaxpr(lambda *a: momentum(*a, 1))(*args).jaxpr
    program = compile_program(jaxpr)
    assert chained(program) == 0
    for a, b in zip(program(args), run_jaxpr(jaxpr, args), strict=True):
        assert np.abs(a - b).max() < 1e-5 * np.abs(b).max()


def test_an_update_that_stays_in_the_arena_is_not_chained():
    def step(w, v, x, rate):
        g = fl.grad(lambda w: fnp.sum(F.conv2d(x, w, padding=1) ** 2))(w)
        return fnp.sum(F.conv2d(x, w - rate * g, padding=1), (0, 2, 3))

    args = arguments(2, 256, 128, 6)
    jaxpr = fl.make_jaxpr(step)(*args).jaxpr
    program = compile_program(jaxpr)
    assert chained(program) == 0
    for a, b in zip(program(args), run_jaxpr(jaxpr, args), strict=True):
        assert np.abs(a - b).max() < 1e-5 * np.abs(b).max()
