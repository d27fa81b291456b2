"""Dense programs agree with the interpreter: convolution, normalisation, pooling."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.compile.drive import compile_program
from functorch_lite.ir import Jaxpr, run_jaxpr

RNG = np.random.default_rng(0)


def arrays(*shapes, dtype=np.float32):
    rng = np.random.default_rng(0)  # of its own, so that tests do not depend on their order
    return [rng.standard_normal(s).astype(dtype) for s in shapes]


def compiled_and_interpreted(f, args, precision="highest"):
    """Run a function both ways; return the program and the largest relative difference."""
    closed = fl.make_jaxpr(f)(*args)
    j = closed.jaxpr
    jaxpr = Jaxpr([], j.constvars + j.invars, j.eqns, j.outs)
    leaves = [*closed.consts, *fl.tree_util.tree_leaves(args)]
    before = [np.array(x) for x in leaves]
    program = compile_program(jaxpr, precision)
    error = 0.0
    for _ in range(2):  # the second run finds the arena full of the first one's values
        got = program(leaves)
    want = run_jaxpr(jaxpr, leaves)
    for g, w in zip(got, want, strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        scale = np.abs(w).max(initial=1e-30) if w.dtype.kind == "f" else 1
        difference = np.abs(g - w).max(initial=0) / scale
        assert not np.isnan(difference)  # max(error, nan) is error
        error = max(error, float(difference))
    for x, b in zip(leaves, before, strict=True):
        np.testing.assert_array_equal(x, b)
    return program, error


def names(program):
    return [e.primitive.name for e in program.lowered.eqns]


def weighted(f):
    """Make a loss of f whose cotangent is not constant."""

    def loss(*args):
        y = f(*args)
        return fnp.sum(fnp.sin(y) * y)

    return loss


# x, w, keywords, kernels
CONVOLUTIONS = {
    "3x3": ((2, 32, 9, 7), (48, 32, 3, 3), {"padding": 1}, "conv"),
    "odd channels": ((2, 5, 8, 9), (7, 5, 3, 3), {"padding": 1}, "conv"),
    "many odd channels": ((2, 20, 8, 9), (33, 20, 3, 3), {"padding": 1}, "conv"),
    "stem": ((1, 3, 20, 18), (64, 3, 7, 7), {"stride": 2, "padding": 3}, "conv"),
    "stride": ((2, 16, 11, 8), (16, 16, 3, 3), {"stride": (2, 3), "padding": 1}, "conv"),
    "1x1": ((2, 16, 5, 5), (32, 16, 1, 1), {}, "conv"),
    "1x1 stride": ((2, 16, 8, 7), (32, 16, 1, 1), {"stride": 2}, "conv"),
    "dilation": ((1, 16, 12, 13), (16, 16, 3, 3), {"dilation": (2, 3), "padding": 2}, "conv"),
    "no padding": ((1, 16, 6, 6), (16, 16, 5, 2), {}, "conv"),
    "wide padding": ((1, 16, 4, 5), (16, 16, 3, 3), {"padding": 4}, "conv"),
    "groups": ((2, 64, 7, 7), (64, 32, 3, 3), {"groups": 2, "padding": 1}, "conv"),
    "depthwise": ((2, 12, 9, 8), (12, 1, 3, 3), {"groups": 12, "padding": 1}, "depthwise"),
    "depthwise twice": ((2, 6, 9, 8), (12, 1, 3, 3), {"groups": 6, "stride": 2}, "depthwise"),
    "small groups": ((2, 8, 6, 6), (12, 4, 3, 3), {"groups": 2, "padding": 1}, None),
    "one pixel": ((3, 16, 1, 1), (16, 16, 1, 1), {}, "conv"),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", sorted(CONVOLUTIONS))
def test_convolution_and_its_gradients(case, dtype):
    x_shape, w_shape, keywords, kind = CONVOLUTIONS[case]
    x, w = arrays(x_shape, w_shape, dtype=dtype)
    f = weighted(lambda x, w: F.conv2d(x, w, **keywords))
    program, error = compiled_and_interpreted(fl.value_and_grad(f, (0, 1)), (x, w))
    assert error < (1e-4 if dtype == np.float32 else 1e-12)
    used = {n for n in names(program) if n.startswith(("conv", "depthwise"))}
    if kind is None:
        assert used == {"conv_general_dilated"}
    else:
        assert used == {f"{kind}_{d}" for d in ("forward", "backward_data", "backward_weights")}


@pytest.mark.parametrize("case", ["3x3", "stride", "groups", "depthwise"])
def test_second_derivatives(case):
    x_shape, w_shape, keywords, _ = CONVOLUTIONS[case]
    x, w = arrays(x_shape, w_shape, dtype=np.float64)
    loss = weighted(lambda x, w: F.conv2d(x, w, **keywords))

    def f(x, w):
        return fnp.sum(fl.grad(loss)(x, w) ** 2)

    program, error = compiled_and_interpreted(fl.grad(f, (0, 1)), (x, w))
    assert error < 1e-11
    assert "conv_general_dilated" not in names(program)


TRANSPOSED = {
    "stride 2": ((2, 16, 5, 6), (16, 32, 4, 4), {"stride": 2, "padding": 1}),
    "stride 1": ((2, 16, 5, 6), (16, 8, 3, 3), {}),
    "output padding": ((1, 5, 4, 4), (5, 6, 3, 3), {"stride": 2, "output_padding": 1}),
    "groups": ((1, 32, 4, 4), (32, 16, 3, 3), {"groups": 2, "stride": 2}),
    "dilation": ((1, 16, 6, 5), (16, 16, 3, 3), {"dilation": 2, "padding": 1}),
}


@pytest.mark.parametrize("case", sorted(TRANSPOSED))
def test_transposed_convolution(case):
    x_shape, w_shape, keywords = TRANSPOSED[case]
    x, w = arrays(x_shape, w_shape, dtype=np.float64)
    f = weighted(lambda x, w: F.conv_transpose2d(x, w, **keywords))
    program, error = compiled_and_interpreted(fl.value_and_grad(f, (0, 1)), (x, w))
    assert error < 1e-11
    assert "conv_general_dilated" not in names(program)


GENERAL = {
    "dilated input with strides": ((1, 16, 5, 5), (16, 16, 3, 3), (2, 2), (2, 2), (1, 1), 1, 1),
    "batch groups": ((4, 16, 6, 6), (32, 16, 3, 3), (1, 1), (1, 1), (1, 1), 1, 2),
    "everything": ((2, 32, 6, 7), (32, 16, 2, 3), (1, 1), (2, 3), (2, 1), 2, 1),
}


@pytest.mark.parametrize("case", sorted(GENERAL))
def test_general_convolution(case):
    xs, ws, strides, lhs, rhs, fg, bg = GENERAL[case]
    x, w = arrays(xs, ws, dtype=np.float64)

    def f(x, w):
        return lax.conv_general_dilated(
            x, w, strides, [(1, 2), (2, 1)], lhs_dilation=lhs, rhs_dilation=rhs,
            feature_group_count=fg, batch_group_count=bg,
        )  # fmt: skip

    _, error = compiled_and_interpreted(fl.value_and_grad(weighted(f), (0, 1)), (x, w))
    assert error < 1e-11


@pytest.mark.parametrize(("precision", "tolerance"), [("default", 1e-5), ("high", 5e-6)])
def test_precision_of_winograd(precision, tolerance):
    x, w = arrays((2, 64, 16, 16), (64, 64, 3, 3))
    x64, w64 = x.astype(np.float64), w.astype(np.float64)

    def f(x, w):
        return F.conv2d(x, w, padding=1)

    program, _ = compiled_and_interpreted(f, (x, w), precision)
    got = program([x, w])[0]
    want = F.conv2d(x64, w64, padding=1)
    assert np.linalg.norm(got - want) < tolerance * np.linalg.norm(want)
    direct, _ = compiled_and_interpreted(f, (x, w), "highest")
    assert np.linalg.norm(direct([x, w])[0] - want) < 1e-6 * np.linalg.norm(want)


def test_the_forward_pass_before_gradients_is_as_exact_as_high_precision():
    """F(4 x 4) there would flip ReLUs; alone, and in the gradients, it may be used."""
    x, w = arrays((2, 64, 32, 32), (64, 64, 3, 3))

    def f(x, w):
        return F.conv2d(x, w, padding=1)

    def results(g, precision):
        return compiled_and_interpreted(g, (x, w), precision)[0]([x, w])

    step = fl.value_and_grad(lambda x, w: (fnp.sum(y := f(x, w)), y), (0, 1), has_aux=True)
    levels = ("default", "high")
    (alone,), (alone_high,) = (results(f, p) for p in levels)
    (_, y, dx, _), (_, y_high, dx_high, _) = (results(step, p) for p in levels)
    assert not np.array_equal(alone, alone_high)
    assert not np.array_equal(dx, dx_high)
    np.testing.assert_array_equal(y, y_high)


# --- normalisation and its neighbours ------------------------------------------------------------


def bn(x, w, b):
    return F.batch_norm(x, None, None, w, b, training=True)[0]


def bn_all(x, w, b):
    y, mean, var = F.batch_norm(x, 0.5 * w, b * b, w, b, training=True)
    return y, mean, var


NORMS = {
    "alone": lambda x, w, b, r: bn(x, w, b),
    "relu": lambda x, w, b, r: F.relu(bn(x, w, b)),
    "residual": lambda x, w, b, r: bn(x, w, b) + r,
    "residual and relu": lambda x, w, b, r: F.relu(r * 2.0 + bn(x, w, b)),
    "two of one": lambda x, w, b, r: F.relu(bn(x, w, b) + bn(r, b, w)),
    "read twice": lambda x, w, b, r: F.relu(y := bn(x, w, b)) + y,
    "mask read": lambda x, w, b, r: F.relu(bn(x, w, b)) * (bn(r, w, b) > 0),
    "smooth": lambda x, w, b, r: F.gelu(bn(x, w, b)) * fnp.tanh(r),
    "no affine": lambda x, w, b, r: F.batch_norm(x, None, None, None, None, True)[0] + r,
    "statistics": lambda x, w, b, r: bn_all(x, w, b)[0] + fnp.sum(bn_all(x, w, b)[1]),
    "slices": lambda x, w, b, r: bn(x, w[::-1], b),
    "evaluation": lambda x, w, b, r: F.relu(F.batch_norm(x, w, b * b, w, b)[0] + r),
}


@pytest.mark.parametrize("channels", [32, 5, 20])
@pytest.mark.parametrize("case", sorted(NORMS))
def test_batch_norm_and_its_gradient(case, channels):
    shape = (3, channels, 6, 5)
    x, w, b, r = arrays(shape, (channels,), (channels,), shape, dtype=np.float64)
    f = weighted(NORMS[case])
    _, error = compiled_and_interpreted(fl.value_and_grad(f, (0, 1, 2, 3)), (x, w, b, r))
    assert error < 1e-10


def test_fused_block_needs_one_kernel_each_way():
    x, w, b, r = arrays((2, 16, 4, 4), (16,), (16,), (2, 16, 4, 4))
    f = fl.value_and_grad(weighted(NORMS["residual and relu"]), (0, 1, 2, 3))
    program, error = compiled_and_interpreted(f, (x, w, b, r))
    used = names(program)
    assert error < 1e-4
    assert used.count("batch_norm") == used.count("batch_norm_backward") == 1
    (forward,) = (e for e in program.lowered.eqns if e.primitive.name == "batch_norm")
    (backward,) = (e for e in program.lowered.eqns if e.primitive.name == "batch_norm_backward")
    assert forward.params["relu"] and forward.params["residual"]
    assert len(backward.inputs) == 6 and len(backward.outvars) == 4


def test_tangents_of_batch_norm():
    x, w, b = arrays((3, 16, 4, 4), (16,), (16,), dtype=np.float64)

    def f(x):
        return fl.jvp(lambda x: F.relu(bn(x, w, b)), (x,), (fnp.sin(x),))

    _, error = compiled_and_interpreted(f, (x,))
    assert error < 1e-11


POOLS = {
    "max 3/2": lambda x: F.max_pool2d(x, 3, 2, 1),
    "max 2": lambda x: F.max_pool2d(x, 2),
    "max dilated": lambda x: F.max_pool2d(x, 2, 1, 0, 2),
    "max ceil": lambda x: F.max_pool2d(x, 3, 2, 0, ceil_mode=True),
    "average": lambda x: F.avg_pool2d(x, 3, 2, 1),
    "average inside": lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    "average 1": lambda x: F.avg_pool2d(x, 2, 1),
    "global": lambda x: fnp.mean(x, (2, 3)),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, 1),
    "max indices": lambda x: F.max_pool2d(x, 2, return_indices=True)[0] + 1.0,
    "channels": lambda x: fnp.sum(x, (0, 2, 3)),
    "examples": lambda x: fnp.max(x, (1, 2, 3)),
    "rows": lambda x: fnp.sum(x, 3),
}


@pytest.mark.parametrize("channels", [16, 6])
@pytest.mark.parametrize("case", sorted(POOLS))
def test_pooling_and_its_gradient(case, channels):
    x, w = arrays((2, 3, 9, 11), (channels, 3, 3, 3), dtype=np.float64)
    f = weighted(lambda x, w: POOLS[case](F.conv2d(x, w, padding=1)))
    _, error = compiled_and_interpreted(fl.value_and_grad(f, (0, 1)), (x, w))
    assert error < 1e-11


def test_indices_are_those_of_the_interpreter():
    (x,) = arrays((2, 16, 7, 8))
    _, error = compiled_and_interpreted(
        lambda x: F.max_pool2d(x, 3, 2, 1, return_indices=True), (x,)
    )
    assert error == 0


def test_nan_and_infinities_spread_as_they_do_in_the_interpreter():
    x, w = arrays((1, 16, 5, 5), (16, 16, 3, 3))
    x[0, 3, 2, 2] = np.nan

    def f(x, w):
        return F.max_pool2d(F.relu(F.conv2d(x, w)), 2, 1)

    closed = fl.make_jaxpr(f)(x, w)
    got = compile_program(closed.jaxpr, "highest")([x, w])[0]
    np.testing.assert_array_equal(np.isnan(got), np.isnan(run_jaxpr(closed.jaxpr, [x, w])[0]))


# --- epilogues of convolutions -------------------------------------------------------------------


def evaluated(y, w, b):
    return F.batch_norm(y, w, b * b + 0.5, b, w)[0]


EPILOGUES = {
    "bias": (lambda y, w, b, r: y + b[:, None, None], "bias"),
    "bias and relu": (lambda y, w, b, r: F.relu(y + fnp.reshape(b, (1, -1, 1, 1))), "bias relu"),
    "relu": (lambda y, w, b, r: F.relu(y), "relu"),
    "residual": (lambda y, w, b, r: r + y, "residual"),
    "scale": (lambda y, w, b, r: w[:, None, None] * y, "scale"),
    "scale of a view": (lambda y, w, b, r: y * w[::-1][:, None, None], "scale"),
    "norm": (lambda y, w, b, r: evaluated(y, w, b), "scale bias"),
    "all": (lambda y, w, b, r: F.relu(evaluated(y, w, b) + r), "scale bias residual relu"),
    "made later": (lambda y, w, b, r: evaluated(y, w, b) + fnp.tanh(r), "scale bias residual"),
    "read twice": (lambda y, w, b, r: F.relu(y + b[:, None, None]) + y, ""),
    "square": (lambda y, w, b, r: y * y, ""),
}


@pytest.mark.parametrize("channels", [32, 7])
@pytest.mark.parametrize("case", sorted(EPILOGUES))
def test_epilogue_of_a_convolution(case, channels):
    f, parts = EPILOGUES[case]
    shape = (2, channels, 7, 6)
    x, k = arrays((2, 16, 7, 6), (channels, 16, 3, 3), dtype=np.float64)
    w, b, r = arrays((channels,), (channels,), shape, dtype=np.float64)

    def network(x, k, w, b, r):
        return f(F.conv2d(x, k, padding=1), w, b, r * 0.5)

    program, error = compiled_and_interpreted(network, (x, k, w, b, r))
    assert error < 1e-12
    (conv,) = (e for e in program.lowered.eqns if e.primitive.name == "conv_forward")
    (pack,) = (e for e in program.lowered.eqns if e.primitive.name == "pack_weights")
    used = {n for n in ("bias", "residual", "relu") if conv.params[n]}
    used |= {"scale"} if len(pack.inputs) == 2 else set()
    assert used == set(parts.split())
    _, error = compiled_and_interpreted(
        fl.grad(weighted(network), (0, 1, 2, 3, 4)), (x, k, w, b, r)
    )
    assert error < 1e-10


def test_epilogue_of_winograd():
    x, k, w, b, r = arrays((4, 32, 24, 24), (32, 32, 3, 3), (32,), (32,), (4, 32, 24, 24))

    def f(x, k, w, b, r):
        return F.relu(evaluated(F.conv2d(x, k, padding=1), w, b) + r)

    _, error = compiled_and_interpreted(f, (x, k, w, b, r), "default")
    assert error < 2e-5


# --- whole networks -------------------------------------------------------------------------------


def small_net(p, x):
    """Two residual blocks, one with a convolution on the shortcut."""
    y = F.relu(bn(F.conv2d(x, p["stem"], None, 2, 3), p["g"], p["b"]))
    y = F.max_pool2d(y, 3, 2, 1)
    z = F.relu(bn(F.conv2d(y, p["w1"], padding=1), p["g"], p["b"]))
    y = F.relu(bn(F.conv2d(z, p["w2"], padding=1), p["g"], p["b"]) + y)
    z = bn(F.conv2d(y, p["w3"], stride=2, padding=1), p["g3"], p["b3"])
    y = F.relu(z + bn(F.conv2d(y, p["w4"], stride=2), p["g3"], p["b3"]))
    return F.linear(fnp.mean(y, (2, 3)), p["fc"])


def small_params(c, dtype=np.float32):
    shapes = {
        "stem": (c, 3, 7, 7), "g": (c,), "b": (c,), "w1": (c, c, 3, 3),
        "w2": (c, c, 3, 3), "w3": (2 * c, c, 3, 3), "w4": (2 * c, c, 1, 1), "g3": (2 * c,),
        "b3": (2 * c,), "fc": (4, 2 * c),
    }  # fmt: skip
    return {k: a * 0.3 for k, a in zip(shapes, arrays(*shapes.values(), dtype=dtype), strict=True)}


def step(p, v, x, y):
    loss, g = fl.value_and_grad(lambda p: F.cross_entropy(small_net(p, x), y))(p)
    tree_map = fl.tree_util.tree_map
    v = tree_map(lambda v, g, p: 0.9 * v + g + 1e-3 * p, v, g, p)
    return loss, tree_map(lambda p, v: p - 0.1 * v, p, v), v


@pytest.mark.parametrize("channels", [16, 12])
def test_training_step(channels):
    p = small_params(channels, np.float64)
    v = {k: np.zeros_like(a) for k, a in p.items()}
    (x,) = arrays((2, 3, 33, 32), dtype=np.float64)
    program, error = compiled_and_interpreted(step, (p, v, x, np.array([1, 3])))
    assert error < 1e-9
    used = names(program)
    assert "conv_general_dilated" not in used and "batch_norm_cotangent" not in used
    if channels == 16:
        assert used.count("pack") == 2 and "unpack" not in used


def test_step_under_checkpoint_recomputes_in_blocks():
    p = small_params(16, np.float64)
    (x,) = arrays((2, 3, 33, 32), dtype=np.float64)
    f = fl.value_and_grad(fl.checkpoint(lambda p: fnp.sum(small_net(p, x) ** 2)))
    program, error = compiled_and_interpreted(f, (p,))
    assert error < 1e-9
    assert names(program).count("batch_norm") == 10


def test_per_sample_gradients():
    w, x = arrays((16, 16, 3, 3), (4, 16, 6, 6), dtype=np.float64)

    def loss(w, x):
        return fnp.sum(F.relu(F.conv2d(x[None], w, padding=1)) ** 2)

    _, error = compiled_and_interpreted(fl.vmap(fl.grad(loss), (None, 0)), (w, x))
    assert error < 1e-11


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_number_of_threads(threads):
    from functorch_lite.compile.threads import get_num_threads, set_num_threads

    before = get_num_threads()
    set_num_threads(threads)
    try:
        p = small_params(16)
        (x,) = arrays((4, 3, 33, 32))
        f = fl.value_and_grad(lambda p: fnp.sum(small_net(p, x) ** 2))
        program, error = compiled_and_interpreted(f, (p,))
        assert error < 1e-3
        set_num_threads(3 - threads // 2)  # a program follows the setting
        leaves = [x, *fl.tree_util.tree_leaves(p)]
        assert len(program(leaves)) == len(p) + 1
    finally:
        set_num_threads(before)
