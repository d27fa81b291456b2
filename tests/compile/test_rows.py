"""Reductions and what reads their results, in one kernel over rows."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode, get_num_threads, set_num_threads
from functorch_lite.compile.cluster import Rows
from functorch_lite.compile.drive import compile_program
from functorch_lite.compile.native import loaded_kernels
from functorch_lite.ir import Jaxpr
from functorch_lite.tree_util import tree_leaves

RNG = np.random.default_rng(0)


def softmax(x, axis=-1):
    e = fnp.exp(x - fnp.max(x, axis, keepdims=True))
    return e / fnp.sum(e, axis, keepdims=True)


def log_softmax(x, axis=-1):
    z = x - fnp.max(x, axis, keepdims=True)
    return z - fnp.log(fnp.sum(fnp.exp(z), axis, keepdims=True))


def logsumexp(x):
    m = fnp.max(x, -1, keepdims=True)
    return fnp.log(fnp.sum(fnp.exp(x - m), -1)) + m[..., 0]


def layer_norm(x, axis=-1):
    centred = x - fnp.mean(x, axis, keepdims=True)
    return centred / fnp.sqrt(fnp.mean(centred**2, axis, keepdims=True) + 1e-5)


def affine(x):
    columns = fnp.arange(x.shape[-1], dtype=x.dtype)
    return layer_norm(x) * fnp.cos(columns) + fnp.sin(columns)


def group_norm(x):
    n, c = x.shape[:2]
    y = layer_norm(fnp.reshape(x, (n, 2, c // 2, *x.shape[2:])), (2, 3, 4))
    scale = fnp.arange(c, dtype=x.dtype)[:, None, None]
    return fnp.reshape(y, x.shape) * scale + scale


def rms_norm(x):
    return x / fnp.sqrt(fnp.mean(x * x, -1, keepdims=True) + 1e-6)


def l2_normalise(x):
    return x / fnp.sqrt(fnp.sum(x * x, -1, keepdims=True))


def standardise(x):
    return (x - fnp.mean(x, 0)) / fnp.sqrt(fnp.var(x, 0) + 1e-5)


def batch_norm(x):
    return layer_norm(x, (0, 2, 3)) * 1.5 + 0.5


def cross_entropy(x):
    t = fnp.arange(x.shape[0])[:, None] % x.shape[1] == fnp.arange(x.shape[1])
    return -fnp.mean(fnp.sum(fnp.where(t, log_softmax(x), 0.0), -1))


def two_norms(x):
    return rms_norm(softmax(layer_norm(x)) * x)


def masked(x):
    n, m = x.shape[-2:]
    lower = fnp.arange(n)[:, None] >= fnp.arange(m)
    return softmax(fnp.where(lower, x, -fnp.inf))


def truth(x):
    some = fnp.any(x > 2.5, 1, keepdims=True)
    return fnp.where(some & (x > 0), x / fnp.max(fnp.abs(x), 1, keepdims=True), 0.0)


def counts(x):
    n = fnp.sum(x > 0, 1, keepdims=True)
    return fnp.where(n > 3, x, -x) * n.astype(x.dtype)


def largest_of_products(x):
    # What is compared with the maximum must be what the maximum was taken of, to the last bit.
    y = x * 1.1 + x[0] * 0.3
    return fnp.where(y == fnp.max(y, 1, keepdims=True), y, 0.0)


FORMS = {
    "softmax": (softmax, (6, 11)),
    "softmax over axis 0": (lambda x: softmax(x, 0), (7, 150)),
    "softmax over the middle": (lambda x: softmax(x, 1), (3, 5, 9)),
    "log_softmax": (log_softmax, (6, 11)),
    "logsumexp": (logsumexp, (6, 11)),
    "layer_norm": (layer_norm, (3, 4, 10)),
    "layer_norm over two axes": (lambda x: layer_norm(x, (1, 2)), (5, 4, 6)),
    "affine": (affine, (6, 11)),
    "group_norm": (group_norm, (3, 4, 5, 2)),
    "rms_norm": (rms_norm, (6, 11)),
    "l2_normalise": (l2_normalise, (6, 11)),
    "standardise": (standardise, (9, 140)),
    "batch_norm": (batch_norm, (4, 3, 5, 2)),
    "batch_norm, channels last": (lambda x: layer_norm(x, (0, 1, 2)), (3, 4, 2, 5)),
    "cross_entropy": (cross_entropy, (6, 11)),
    "two norms": (two_norms, (6, 11)),
    "masked": (masked, (7, 7)),
    "vmap": (fl.vmap(lambda r: fnp.exp(r) / fnp.sum(fnp.exp(r))), (6, 11)),
    "one row": (lambda x: layer_norm(x, (0, 1)), (6, 11)),
    "truth": (truth, (6, 11)),
    "counts": (counts, (6, 11)),
    "largest of products": (largest_of_products, (6, 11)),
    "mean and variance": (lambda x: (fnp.mean(x, 1), fnp.var(x, 1)), (6, 11)),
    "transposed": (lambda x: softmax(x.T), (6, 11)),
    "reversed": (lambda x: softmax(x[::-1, ::2]), (6, 11)),
    "double": (lambda x: softmax(x.astype("float64")).astype("float32"), (6, 11)),
    "kept sum": (lambda x: (softmax(x), fnp.sum(x * x), fnp.sum(x, 0)), (6, 11)),
}
# The others compute something of another shape beside.
ONE_KERNEL = set(FORMS) - {"largest of products", "cross_entropy", "affine"}


def backward(f):
    """The value, and the gradient of a sum in which no two elements weigh the same."""

    def weigh(y):
        weights = fnp.cos(fnp.arange(y.size, dtype=y.dtype))
        return fnp.sum(fnp.reshape(weights, y.shape) * y)

    return fl.value_and_grad(lambda x: sum(weigh(y) for y in tree_leaves(f(x))))


def agrees(f, *args, tol=None):
    with compile_mode("never"):
        want = tree_leaves(fl.jit(f)(*args))
    with compile_mode("always"):
        got = tree_leaves(fl.jit(f)(*args))
    kinds = {x.dtype.name for x in [*args, *want]}
    bound = tol or (2e-5 if "float32" in kinds else 1e-11)
    for g, w in zip(got, want, strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        scale = np.abs(w[np.isfinite(w)]).max(initial=1.0)
        np.testing.assert_allclose(g, w, rtol=bound, atol=bound * scale)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FORMS)
def test_agrees_with_the_interpreter(name, dtype):
    f, shape = FORMS[name]
    x = RNG.standard_normal(shape).astype(dtype)
    agrees(f, x)
    agrees(backward(f), x)


def kernels(f, *args):
    cost = fl.jit(f).lower(*args).cost()
    return cost["kernels"], cost["calls"]


@pytest.mark.parametrize("name", sorted(ONE_KERNEL))
def test_is_one_kernel(name):
    f, shape = FORMS[name]
    assert kernels(f, RNG.standard_normal(shape).astype("float32")) == (1, 0)


WITH_GRADIENT = ["softmax", "log_softmax", "layer_norm", "rms_norm", "l2_normalise", "two norms"]


@pytest.mark.parametrize("name", WITH_GRADIENT)
def test_with_its_gradient_it_is_one_kernel(name):
    f, shape = FORMS[name]
    weights = RNG.standard_normal(shape)
    g = fl.value_and_grad(lambda x, w: fnp.sum(f(x) * w))
    assert kernels(g, RNG.standard_normal(shape), weights) == (1, 0)


def test_gradients_of_scale_and_shift_join():
    def loss(x, scale, shift, w):
        return fnp.sum((layer_norm(x) * scale + shift) * w)

    args = [RNG.standard_normal(s).astype("float32") for s in [(40, 30), (30,), (30,), (40, 30)]]
    f = fl.value_and_grad(loss, (0, 1, 2))
    assert kernels(f, *args) == (1, 0)
    agrees(f, *args)


LIBRARY = {
    "softmax": lambda x: functions.softmax(x),
    "log_softmax": lambda x: functions.log_softmax(x),
    "layer_norm": lambda x: functions.layer_norm(x, x.shape[-1], x[0], x[1]),
    "rms_norm": lambda x: functions.rms_norm(x, x.shape[-1], x[0]),
    "group_norm": lambda x: functions.group_norm(x[:, :10], 2, x[0, :10], x[1, :10]),
    "standardize": lambda x: functions.standardize(x),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_functions_of_the_library_are_one_kernel(name):
    x = RNG.standard_normal((6, 12)).astype("float32")
    assert kernels(LIBRARY[name], x)[0] == 1
    agrees(LIBRARY[name], x)


LARGE = {
    "softmax": (softmax, (300, 700)),
    "layer_norm": (affine, (130, 1100)),
    "long rows": (two_norms, (3, 40_000)),
    "standardise": (standardise, (700, 300)),
    "tall": (lambda x: softmax(x, 0), (5000, 130)),
    "group_norm": (group_norm, (4, 6, 50, 60)),
    "kept sum": (FORMS["kept sum"][0], (300, 701)),
}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", LARGE)
def test_large_ones_on_several_threads(name, threads):
    f, shape = LARGE[name]
    x = RNG.standard_normal(shape).astype("float32")
    before = get_num_threads()
    set_num_threads(threads)
    try:
        agrees(f, x)
        agrees(backward(f), x, tol=1e-4)
    finally:
        set_num_threads(before)


def test_sums_of_long_rows_are_accurate():
    x = RNG.uniform(0.5, 1.5, (2, 300_000)).astype("float32")
    before = get_num_threads()
    set_num_threads(1)
    try:
        with compile_mode("always"):
            for axis, y in ((1, x), (0, x.T.copy())):
                got = fl.jit(lambda x, axis=axis: x / fnp.sum(x, axis, keepdims=True))(y)
                want = y / y.sum(axis, keepdims=True, dtype=np.float64)
                np.testing.assert_allclose(got, want, rtol=3e-7)
    finally:
        set_num_threads(before)


@pytest.mark.parametrize(
    "name", ["softmax", "affine", "standardise", "softmax over axis 0", "batch_norm", "group_norm"]
)
def test_another_size_compiles_no_new_kernel(name):
    f = backward(FORMS[name][0])
    rank = len(FORMS[name][1])
    g = fl.jit(f)

    def shape(n):
        return {2: (n, n + 1), 4: (2, 2 * n, n + 1, 3)}[rank]

    with compile_mode("always"):
        g(RNG.standard_normal(shape(5)))
        loaded = set(loaded_kernels())
        for n in (3, 4, 7):
            g(RNG.standard_normal(shape(n)))
            assert set(loaded_kernels()) == loaded


def test_specials_stay_in_their_row():
    x = RNG.standard_normal((5, 40))
    x[0, 3], x[1, 39], x[2, 0] = np.nan, np.inf, -np.inf
    x[3] = -np.inf
    for f in (softmax, log_softmax, layer_norm, lambda x: softmax(x.T, 0).T):
        with np.errstate(all="ignore"):
            agrees(f, x)


def test_ties_share_the_gradient():
    x = np.zeros((4, 6), np.float32)
    x[1, 2] = x[1, 5] = 3
    agrees(fl.grad(lambda x: fnp.sum(fnp.max(x * x + x, 1) ** 2)), x)


def steps(f, *args):
    j = fl.make_jaxpr(f)(*args)
    closed = Jaxpr([], j.jaxpr.constvars + j.jaxpr.invars, j.jaxpr.eqns, j.jaxpr.outs)
    return compile_program(closed).fused.steps


def test_what_a_call_stands_between_stays_apart():
    def f(x, w):
        e = fnp.exp(x - fnp.max(x, 1, keepdims=True))
        return e / fnp.sum(e @ w, 1, keepdims=True)

    args = RNG.standard_normal((8, 8)), RNG.standard_normal((8, 8))
    assert sum(isinstance(s, Rows) for s in steps(f, *args)) == 2
    agrees(f, *args)


def test_attention_is_a_kernel_between_products():
    def attention(q, k, v):
        scores = fnp.einsum("bhqd,bhkd->bhqk", q, k) / 2.0
        return fnp.einsum("bhqk,bhkd->bhqd", masked(scores), v)

    args = [RNG.standard_normal((2, 3, 8, 4)) for _ in range(3)]
    assert sum(isinstance(s, Rows) for s in steps(attention, *args)) == 1
    agrees(attention, *args)
    agrees(fl.grad(lambda q, k, v: fnp.sum(attention(q, k, v) ** 2), (0, 1, 2)), *args)


def test_fewer_large_rows_than_threads_are_left_to_all_threads():
    x = np.ones((1, 200_000), np.float32)
    before = get_num_threads()
    set_num_threads(2)
    try:
        assert kernels(softmax, x)[0] > 1
        assert kernels(softmax, x[:, :100])[0] == 1
    finally:
        set_num_threads(before)


def test_results_inside_are_results_outside():
    def f(x):
        m = fnp.max(x, 1, keepdims=True)
        e = fnp.exp(x - m)
        s = fnp.sum(e, 1)
        return m, e, s, e / s[:, None], s > 6.0

    x = RNG.standard_normal((6, 11)).astype("float32")
    assert kernels(f, x) == (1, 0)
    agrees(f, x)


def test_a_reduction_reads_its_rows_only():
    # The transposed read of what the kernel makes would need the whole of it.
    def f(x):
        y = softmax(x)
        return y + y.T / fnp.sum(y, 0)

    agrees(f, RNG.standard_normal((9, 9)))


def test_a_program_without_rows_has_none():
    assert not any(isinstance(s, Rows) for s in steps(lambda x: fnp.sum(x * x, 1), np.ones((9, 9))))


def by_labels(x, y):
    return -fnp.mean(fnp.take_along_axis(log_softmax(x), y[:, None], 1))


def by_labels_of_examples(x, y):
    return -fnp.mean(fl.vmap(lambda r, i: r[i])(log_softmax(x), y))


@pytest.mark.parametrize("loss", [by_labels, by_labels_of_examples])
def test_labels_are_compared_in_the_kernel(loss):
    f = fl.value_and_grad(loss)
    x = RNG.standard_normal((6, 11)).astype("float32")
    y = np.array([3, 0, 10, -1, 40, -40])  # from the end, and out of range
    assert kernels(f, x, y) == (2, 0)  # the mean's last division is beside
    agrees(f, x, y)
    loaded = set(loaded_kernels())
    agrees(f, np.concatenate([x, x], 1)[:5], y[:5])
    assert set(loaded_kernels()) == loaded


def test_a_lookup_in_what_is_there_stays_a_lookup():
    def f(x, y):
        return fnp.take_along_axis(x, y, 1) * 2.0

    def several(x, y):
        return fnp.take_along_axis(fnp.exp(x), y, 1)

    x, y = RNG.standard_normal((6, 11)), RNG.integers(0, 11, (6, 1))
    assert kernels(f, x, y)[1] == 1
    y = RNG.integers(0, 11, (6, 3))
    assert kernels(several, x, y)[1] == 1
    agrees(several, x, y)


def test_side_effects_keep_their_order():
    seen = []

    def f(x):
        e = fnp.exp(x - fnp.max(x, 1, keepdims=True))
        fl.debug.callback(lambda v: seen.append("first"), x)
        like = fl.ShapeDtypeStruct(x.shape, x.dtype)
        second = fl.experimental.io_callback(lambda v: seen.append("second") or v, like, x)
        return fnp.sum(e) + fnp.sum(e / fnp.sum(e, 1, keepdims=True) * second)

    x = RNG.standard_normal((6, 11))
    with compile_mode("always"):
        assert any(isinstance(s, Rows) for s in steps(f, x))
        fl.jit(f)(x)
    assert seen == ["first", "second"]
