"""Which convolutions read weights as they stand, and that they agree with the interpreter."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.compile.drive import compile_program
from functorch_lite.kernels.host import use_lanes
from tests.compile.test_dense import arrays, compiled_and_interpreted, names, weighted

DIRECTIONS = ["columns_forward", "columns_backward_data", "columns_backward_weights"]


def used(program):
    return sorted(n for n in names(program) if n.startswith(("columns", "conv", "pack_w")))


# x, w, keywords
CASES = {
    "3x3": ((1, 64, 2, 2), (128, 64, 3, 3), {"padding": 1}),
    "stride": ((1, 64, 5, 4), (128, 64, 3, 3), {"padding": 1, "stride": 2}),
    "1x1": ((2, 256, 4, 4), (256, 256, 1, 1), {"stride": (2, 3)}),
    "dilation": ((1, 64, 6, 6), (128, 64, 3, 3), {"padding": 2, "dilation": 2}),
    "5x2": ((1, 64, 3, 3), (112, 64, 5, 2), {"padding": (2, 1)}),
}


@pytest.mark.parametrize("lanes", [None, 4, 8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", sorted(CASES))
def test_convolution_and_its_gradients(case, dtype, lanes):
    x_shape, w_shape, keywords = CASES[case]
    x, w = arrays(x_shape, w_shape, dtype=dtype)
    f = fl.value_and_grad(weighted(lambda x, w: F.conv2d(x, w / 30, **keywords)), (0, 1))
    if lanes is None:
        program, error = compiled_and_interpreted(f, (x, w))
    else:
        with use_lanes(lanes):
            program, error = compiled_and_interpreted(f, (x, w))
    assert error < (2e-5 if dtype == np.float32 else 1e-12)
    assert used(program) == sorted(DIRECTIONS)
    assert names(program).count("spread_columns") == 1


def gradients(shape, w_shape, **keywords):
    x, w = arrays(shape, w_shape)
    f = fl.grad(weighted(lambda x, w: F.conv2d(x, w / 30, padding=1, **keywords)), (0, 1))
    return compiled_and_interpreted(f, (x, w), "default")


PACKED = {
    "many pixels": ((4, 64, 16, 16), (128, 64, 3, 3)),
    "small weights": ((1, 32, 2, 2), (32, 32, 3, 3)),
    "channels that fill no block": ((1, 72, 2, 2), (128, 72, 3, 3)),
    "thin input": ((1, 12, 4, 4), (1024, 12, 3, 3)),
}


@pytest.mark.parametrize("case", sorted(PACKED))
def test_other_convolutions_are_packed(case):
    program, error = gradients(*PACKED[case])
    assert error < 1e-4
    assert "pack_weights" in used(program) and not set(used(program)) & set(DIRECTIONS)


def test_groups_are_packed():
    program, error = gradients((1, 256, 2, 2), (256, 128, 3, 3), groups=2)
    assert error < 1e-4
    assert not set(used(program)) & set(DIRECTIONS)


def test_inference_packs_once():
    x, w = arrays((1, 64, 2, 2), (128, 64, 3, 3))
    program, _ = compiled_and_interpreted(lambda x, w: F.conv2d(x, w, padding=1), (x, w))
    assert used(program) == ["conv_forward", "pack_weights"]
    assert program.steady.steps == 1


def test_weights_that_are_a_view_are_packed():
    x, w = arrays((1, 64, 2, 2), (3, 3, 64, 128), dtype=np.float64)
    f = weighted(lambda x, w: F.conv2d(x, fnp.transpose(w, (3, 2, 0, 1)), padding=1))
    program, error = compiled_and_interpreted(fl.grad(f, (0, 1)), (x, w))
    assert error < 1e-11
    assert "pack_weights" in used(program)


def test_computed_weights():
    x, w = arrays((1, 64, 2, 2), (128, 64, 3, 3), dtype=np.float64)
    f = weighted(lambda x, w: F.conv2d(x, fnp.tanh(w), padding=1))
    program, error = compiled_and_interpreted(fl.grad(f, (0, 1)), (x, w))
    assert error < 1e-11
    assert used(program) == sorted(DIRECTIONS)


def test_weights_used_twice():
    x, w = arrays((1, 128, 2, 2), (128, 128, 3, 3), dtype=np.float64)

    def f(x, w):
        y = F.relu(F.conv2d(x, w / 30, padding=1))
        return F.conv2d(y, w / 30, padding=1, stride=2)

    program, error = compiled_and_interpreted(fl.grad(weighted(f), (0, 1)), (x, w))
    assert error < 1e-11
    assert used(program) == sorted(2 * DIRECTIONS)


def test_only_one_gradient():
    x, w = arrays((1, 64, 2, 2), (128, 64, 3, 3), dtype=np.float64)
    f = weighted(lambda x, w: F.conv2d(x, w, padding=1))
    for k in (0, 1):
        program, error = compiled_and_interpreted(fl.grad(f, k), (x, w))
        assert error < 1e-11
        assert used(program) == sorted([DIRECTIONS[0], DIRECTIONS[1 + k]])


@pytest.mark.parametrize("checkpointed", [False, True])
def test_epilogues_and_checkpoints(checkpointed):
    shape = (2, 128, 3, 3)
    x, w, b, r = arrays((2, 64, 3, 3), (128, 64, 3, 3), (128,), shape, dtype=np.float64)

    def f(x, w, b, r):
        return F.relu(F.conv2d(x, w, padding=1) + b[:, None, None] + r)

    f = fl.checkpoint(f) if checkpointed else f
    g = fl.value_and_grad(weighted(f), (0, 1, 2, 3))
    program, error = compiled_and_interpreted(g, (x, w, b, r))
    assert error < 1e-11
    assert used(program).count("columns_forward") == 1 + checkpointed
    assert "conv_forward" not in used(program)


def sgd(ws, x, rate):
    def loss(ws):
        y = x
        for w in ws:
            y = F.relu(F.conv2d(y, w, padding=1))
        return fnp.sum(y * y)

    return [w - rate * g for w, g in zip(ws, fl.grad(loss)(ws), strict=True)]


def test_parameters_are_updated_in_place_after_their_last_reader():
    ws = [w / 30 for w in arrays(*[(128, 128, 3, 3)] * 3)]
    (x,) = arrays((1, 128, 3, 3))
    args = [*ws, x, np.float32(1e-3)]
    jaxpr = fl.make_jaxpr(lambda *a: sgd(list(a[:3]), *a[3:]))(*args).jaxpr
    program = compile_program(jaxpr, donated=(0, 1, 2))
    assert program.overwritten == [0, 1, 2]
    assert sum(len(s.updates()) for s in program.segments) == 3
    want = fl.ir.run_jaxpr(jaxpr, args)
    given = [np.array(a) for a in args]
    for got, home, expected in zip(program(given), given, want, strict=False):
        assert got is home
        assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()
