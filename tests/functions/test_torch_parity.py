"""The PyTorch-like functions against PyTorch: values and gradients on tables of arguments."""

# ruff: noqa: B023  (the lambdas are called at once)

import numpy as np
import pytest

from functorch_lite import functions as F
from tests.functions.helpers import agree

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
T = torch.nn.functional

CONV = [
    (2, (2, 4, 7, 6), (6, 4, 3, 2), {}),
    (2, (2, 4, 7, 6), (6, 4, 3, 3), {"stride": 2, "padding": 1}),
    (2, (2, 4, 7, 6), (6, 4, 3, 2), {"stride": (1, 2), "padding": (2, 0), "dilation": (2, 1)}),
    (2, (2, 4, 7, 6), (6, 2, 3, 3), {"groups": 2, "padding": "same"}),
    (2, (2, 4, 7, 6), (8, 1, 3, 3), {"groups": 4, "padding": 1, "stride": 2}),
    (2, (2, 4, 7, 6), (6, 4, 2, 4), {"padding": "same", "dilation": 2}),
    (2, (2, 4, 7, 6), (6, 4, 1, 1), {"stride": 2}),
    (2, (4, 7, 6), (6, 4, 3, 3), {"padding": "valid"}),
    (1, (2, 4, 9), (6, 4, 3), {"stride": 2, "padding": 1}),
    (1, (4, 9), (4, 1, 3), {"groups": 4}),
    (3, (1, 2, 4, 5, 4), (3, 2, 2, 3, 2), {"stride": (1, 2, 1), "padding": (0, 1, 1)}),
]


@pytest.mark.parametrize(("nd", "x", "w", "kw"), CONV)
def test_conv(nd, x, w, kw):
    rng = np.random.default_rng(0)
    args = [rng.standard_normal(x), rng.standard_normal(w), rng.standard_normal(w[0])]
    name = f"conv{nd}d"
    agree(lambda *a: getattr(F, name)(*a, **kw), lambda *a: getattr(T, name)(*a, **kw), args)


CONV_TRANSPOSE = [
    (2, (2, 4, 5, 4), (4, 3, 3, 2), {}),
    (2, (2, 4, 5, 4), (4, 3, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    (2, (2, 4, 5, 4), (4, 3, 3, 2), {"stride": (1, 3), "dilation": (2, 1), "padding": (3, 0)}),
    (2, (2, 4, 5, 4), (4, 3, 3, 3), {"groups": 2, "stride": 2}),
    (2, (4, 5, 4), (4, 1, 2, 2), {"groups": 4, "stride": 2}),
    (1, (2, 4, 5), (4, 3, 4), {"stride": 3, "output_padding": 2}),
    (3, (1, 2, 3, 2, 3), (2, 3, 2, 2, 2), {"stride": (1, 2, 1)}),
]


@pytest.mark.parametrize(("nd", "x", "w", "kw"), CONV_TRANSPOSE)
def test_conv_transpose(nd, x, w, kw):
    rng = np.random.default_rng(0)
    bias = rng.standard_normal(w[1] * kw.get("groups", 1))
    args = [rng.standard_normal(x), rng.standard_normal(w), bias]
    name = f"conv_transpose{nd}d"
    agree(lambda *a: getattr(F, name)(*a, **kw), lambda *a: getattr(T, name)(*a, **kw), args)


@pytest.mark.parametrize(
    "kw", [{}, {"padding": 1, "stride": 2}, {"dilation": 2, "padding": (1, 0)}]
)
def test_fold_and_unfold(kw):
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 6))
    agree(lambda x: F.unfold(x, (3, 2), **kw), lambda x: T.unfold(x, (3, 2), **kw), [x])
    columns = F.unfold(x, (3, 2), **kw)
    agree(
        lambda c: F.fold(c, (7, 6), (3, 2), **kw),
        lambda c: T.fold(c, (7, 6), (3, 2), **kw),
        [columns],
    )


def test_linear():
    rng = np.random.default_rng(0)
    args = [rng.standard_normal(s) for s in [(2, 3, 4), (5, 4), (5,)]]
    agree(F.linear, T.linear, args)
    agree(F.linear, T.linear, [args[0][0, 0], *args[1:]])
    agree(F.linear, T.linear, [args[0], args[1][0]])


MAX_POOL = [
    (1, (2, 3, 9), (3,), {"stride": 2, "padding": 1}),
    (2, (2, 3, 9, 8), (3,), {}),
    (2, (2, 3, 9, 8), ((3, 2),), {"stride": (2, 1), "padding": 1}),
    (2, (2, 3, 9, 8), (3,), {"stride": 2, "padding": 1, "ceil_mode": True}),
    (2, (2, 3, 9, 8), (2,), {"stride": 3, "ceil_mode": True}),
    (2, (3, 9, 8), (3,), {"dilation": 2, "stride": 1}),
    (3, (1, 2, 5, 4, 5), (2,), {"stride": 2, "padding": 1}),
]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("nd", "shape", "args", "kw"), MAX_POOL)
def test_max_pool(nd, shape, args, kw, ties):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, shape).astype(float) if ties else rng.standard_normal(shape)
    name = f"max_pool{nd}d"
    agree(
        lambda x: getattr(F, name)(x, *args, **kw), lambda x: getattr(T, name)(x, *args, **kw), [x]
    )
    _, got = getattr(F, name)(x, *args, **kw, return_indices=True)
    _, want = getattr(T, name)(torch.tensor(x), *args, **kw, return_indices=True)
    np.testing.assert_array_equal(got, want.numpy())


AVG_POOL = [
    (1, (2, 3, 9), (3,), {"stride": 2, "padding": 1}),
    (2, (2, 3, 9, 8), (3,), {}),
    (2, (2, 3, 9, 8), ((3, 2),), {"stride": (2, 1), "padding": (1, 1)}),
    (2, (2, 3, 9, 8), (3,), {"stride": 2, "padding": 1, "ceil_mode": True}),
    (2, (2, 3, 9, 8), (3,), {"stride": 2, "padding": 1, "count_include_pad": False}),
    (2, (2, 3, 9, 8), (2,), {"stride": 3, "ceil_mode": True, "count_include_pad": False}),
    (2, (2, 3, 9, 8), (3,), {"stride": 2, "padding": 1, "divisor_override": 5}),
    (2, (2, 3, 9, 8), (4,), {"stride": 3, "padding": 2, "ceil_mode": True}),
    (3, (1, 2, 5, 4, 5), (2,), {"stride": 2, "padding": 1, "ceil_mode": True}),
]


@pytest.mark.parametrize(("nd", "shape", "args", "kw"), AVG_POOL)
def test_avg_pool(nd, shape, args, kw):
    x = np.random.default_rng(0).standard_normal(shape)
    name = f"avg_pool{nd}d"
    agree(
        lambda x: getattr(F, name)(x, *args, **kw), lambda x: getattr(T, name)(x, *args, **kw), [x]
    )


@pytest.mark.parametrize(("shape", "size"), [((2, 3, 7, 6), 3), ((2, 3, 7, 6), (1, 1)), ((3, 7, 6), (None, 4)),
                                             ((2, 3, 4, 4), (2, 2)), ((1, 2, 3, 5), (5, 7))])  # fmt: skip
def test_adaptive_pool(shape, size):
    x = np.random.default_rng(0).standard_normal(shape)
    agree(lambda x: F.adaptive_avg_pool2d(x, size), lambda x: T.adaptive_avg_pool2d(x, size), [x])
    ties = np.round(x)
    agree(
        lambda x: F.adaptive_max_pool2d(x, size), lambda x: T.adaptive_max_pool2d(x, size), [ties]
    )
    got = F.adaptive_max_pool2d(ties, size, return_indices=True)[1]
    full = (
        tuple(n if m is None else m for m, n in zip(size, shape[-2:], strict=True))
        if isinstance(size, tuple)
        else size
    )
    want = T.adaptive_max_pool2d(torch.tensor(ties), full, return_indices=True)[1]
    np.testing.assert_array_equal(got, want.numpy())


def test_adaptive_pool_1d_3d():
    rng = np.random.default_rng(0)
    x1, x3 = rng.standard_normal((2, 3, 7)), rng.standard_normal((2, 3, 4, 5, 7))
    agree(lambda x: F.adaptive_avg_pool1d(x, 3), lambda x: T.adaptive_avg_pool1d(x, 3), [x1])
    agree(lambda x: F.adaptive_max_pool1d(x, 3), lambda x: T.adaptive_max_pool1d(x, 3), [x1])
    agree(lambda x: F.adaptive_avg_pool3d(x, 3), lambda x: T.adaptive_avg_pool3d(x, 3), [x3])
    agree(
        lambda x: F.adaptive_max_pool3d(x, (2, 3, 7)),
        lambda x: T.adaptive_max_pool3d(x, (2, 3, 7)),
        [x3],
    )


@pytest.mark.parametrize("p", [2.0, 3.0])
def test_lp_pool(p):
    x = np.random.default_rng(0).uniform(0.1, 2, (2, 3, 6, 5))
    agree(lambda x: F.lp_pool2d(x, p, 2), lambda x: T.lp_pool2d(x, p, 2), [x])


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 6), (2, 3, 4, 5)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(shape, training):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal(shape), rng.standard_normal(3), rng.standard_normal(3)
    mean, var = rng.standard_normal(3), rng.uniform(0.5, 2, 3)
    agree(
        lambda x, w, b: F.batch_norm(x, mean, var, w, b, training, 0.3, 1e-3)[0],
        lambda x, w, b: T.batch_norm(
            x, torch.tensor(mean), torch.tensor(var), w, b, training, 0.3, 1e-3
        ),
        [x, w, b],
    )
    _, new_mean, new_var = F.batch_norm(x, mean, var, w, b, training, 0.3)
    tm, tv = torch.tensor(mean), torch.tensor(var)
    T.batch_norm(torch.tensor(x), tm, tv, None, None, training, 0.3)
    np.testing.assert_allclose(new_mean, tm.numpy(), rtol=1e-12)
    np.testing.assert_allclose(new_var, tv.numpy(), rtol=1e-12)


def test_other_norms():
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 4, 3, 5)), rng.standard_normal(4), rng.standard_normal(4)
    agree(
        lambda *a: F.group_norm(a[0], 2, *a[1:]),
        lambda *a: T.group_norm(a[0], 2, *a[1:]),
        [x, w, b],
    )
    agree(
        lambda x, w, b: F.instance_norm(x, None, None, w, b)[0],
        lambda x, w, b: T.instance_norm(x, None, None, w, b),
        [x, w, b],
    )
    lw, lb = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    agree(
        lambda *a: F.layer_norm(a[0], (3, 5), *a[1:]),
        lambda *a: T.layer_norm(a[0], (3, 5), *a[1:]),
        [x, lw, lb],
    )
    agree(lambda x, w: F.rms_norm(x, (3, 5), w), lambda x, w: T.rms_norm(x, (3, 5), w), [x, lw])
    agree(
        lambda x: F.local_response_norm(x, 3, 0.1), lambda x: T.local_response_norm(x, 3, 0.1), [x]
    )
    mean, var = np.zeros(4), np.ones(4)
    _, new_mean, new_var = F.instance_norm(x, mean, var)
    tm, tv = torch.zeros(4, dtype=torch.float64), torch.ones(4, dtype=torch.float64)
    T.instance_norm(torch.tensor(x), tm, tv)
    np.testing.assert_allclose(new_mean, tm.numpy())
    np.testing.assert_allclose(new_var, tv.numpy())


def test_vectors():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    x[1] = 0.0
    for p in (1.0, 2.0, 3.0):
        agree(lambda x: F.normalize(x, p), lambda x: T.normalize(x, p), [x])
    agree(F.cosine_similarity, T.cosine_similarity, [x, y])
    agree(F.pairwise_distance, T.pairwise_distance, [x, y])


# --- losses --------------------------------------------------------------------------------------

LOGITS = [(5, 4), (2, 4, 3), (2, 4, 3, 2), (4,)]


@pytest.mark.parametrize("shape", LOGITS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy(shape, weighted, reduction, smoothing):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    axis = 0 if len(shape) == 1 else 1
    index_shape = shape[:axis] + shape[axis + 1 :]
    w = rng.uniform(0.5, 2, 4) if weighted else None
    tw = None if w is None else torch.tensor(w)
    kw = {"reduction": reduction, "label_smoothing": smoothing}
    target = np.asarray(rng.integers(0, 4, index_shape))
    agree(
        lambda x, t: F.cross_entropy(x, t, w, **kw),
        lambda x, t: T.cross_entropy(x, t, tw, **kw),
        [x, target],
    )
    ignored = np.where(target == 1, -100, target)
    agree(
        lambda x, t: F.cross_entropy(x, t, w, **kw),
        lambda x, t: T.cross_entropy(x, t, tw, **kw),
        [x, ignored],
    )
    agree(
        lambda x, t: F.cross_entropy(x, t, w, 2, **kw),
        lambda x, t: T.cross_entropy(x, t, tw, ignore_index=2, **kw),
        [x, target],
    )
    soft = rng.uniform(0, 1, shape)
    agree(
        lambda x, t: F.cross_entropy(x, t, w, **kw),
        lambda x, t: T.cross_entropy(x, t, tw, **kw),
        [x, soft],
    )
    if not smoothing:
        logp = np.asarray(F.log_softmax(x, axis))
        agree(
            lambda x, t: F.nll_loss(x, t, w, reduction=reduction),
            lambda x, t: T.nll_loss(x, t, tw, reduction=reduction),
            [logp, ignored],
        )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_elementwise_losses(reduction):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    x[0] = y[0]
    x[1, 0] = y[1, 0] + 1.0
    kw = {"reduction": reduction}
    for name, extra in [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.5}),
        ("smooth_l1_loss", {"beta": 0.0}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 0.7}),
        ("poisson_nll_loss", {}),
    ]:
        both = kw | extra
        agree(
            lambda *a: getattr(F, name)(*a, **both), lambda *a: getattr(T, name)(*a, **both), [x, y]
        )
    sign = np.sign(y)
    agree(
        lambda x: F.soft_margin_loss(x, sign, **kw),
        lambda x: T.soft_margin_loss(x, torch.tensor(sign), **kw),
        [x],
    )
    counts = rng.integers(0, 5, (3, 4)).astype(float)
    both = kw | {"full": True, "log_input": False}
    agree(
        lambda x: F.poisson_nll_loss(x, counts, **both),
        lambda x: T.poisson_nll_loss(x, torch.tensor(counts), **both),
        [np.abs(x)],
    )
    var = rng.uniform(0, 1, (3, 4))
    var[0, 0] = 0.0
    both = kw | {"full": True}
    agree(
        lambda *a: F.gaussian_nll_loss(*a, **both),
        lambda *a: T.gaussian_nll_loss(*a, **both),
        [x, y, var],
        1e-9,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_binary_losses(reduction):
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0, 1, (3, 4)), rng.uniform(0, 1, (3, 4))
    p[0], t[0] = [0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]
    w, pw = rng.uniform(0.5, 2, (3, 4)), rng.uniform(0.5, 2, 4)
    kw = {"reduction": reduction}
    agree(
        lambda p: F.binary_cross_entropy(p, t, w, **kw),
        lambda p: T.binary_cross_entropy(p, torch.tensor(t), torch.tensor(w), **kw),
        [p],
        1e-8,  # PyTorch's 1e-12 is a float32
    )
    agree(
        lambda p, t: F.binary_cross_entropy(p, t, **kw),
        lambda p, t: T.binary_cross_entropy(p, t, **kw),
        [p[1:], t[1:]],
    )
    logits = rng.standard_normal((3, 4))
    logits[0] = [-1e3, 1e3, 0.0, 30.0]
    agree(
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, w, pos_weight=pw, **kw),
        lambda x, t: T.binary_cross_entropy_with_logits(
            x, t, torch.tensor(w), pos_weight=torch.tensor(pw), **kw
        ),
        [logits, t],
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.filterwarnings("ignore:reduction")
def test_kl_div(reduction):
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((3, 4)), rng.uniform(0, 1, (3, 4))
    agree(
        lambda *a: F.kl_div(*a, reduction=reduction),
        lambda *a: T.kl_div(*a, reduction=reduction),
        [x, t],
    )
    kw = {"reduction": reduction, "log_target": True}
    agree(lambda *a: F.kl_div(*a, **kw), lambda *a: T.kl_div(*a, **kw), [x, t])
    t[0, 0] = 0.0
    agree(
        lambda x: F.kl_div(x, t, reduction=reduction),
        lambda x: T.kl_div(x, torch.tensor(t), reduction=reduction),
        [x],
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_margin_losses(reduction):
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal((3, 4)) for _ in range(3))
    sign = np.sign(rng.standard_normal(3))
    s, st = np.sign(c), torch.tensor(np.sign(c))
    kw = {"reduction": reduction}
    agree(
        lambda x: F.hinge_embedding_loss(x, s, **kw),
        lambda x: T.hinge_embedding_loss(x, st, **kw),
        [a],
    )
    agree(
        lambda x, y: F.margin_ranking_loss(x, y, s, 0.2, **kw),
        lambda x, y: T.margin_ranking_loss(x, y, st, 0.2, **kw),
        [a, b],
    )
    agree(
        lambda x, y: F.cosine_embedding_loss(x, y, sign, 0.1, **kw),
        lambda x, y: T.cosine_embedding_loss(x, y, torch.tensor(sign), 0.1, **kw),
        [a, b],
    )
    for swap in (False, True):
        both = kw | {"swap": swap}
        agree(
            lambda *v: F.triplet_margin_loss(*v, **both),
            lambda *v: T.triplet_margin_loss(*v, **both),
            [a, b, c],
        )
    t = (b > 0).astype(float)
    agree(
        lambda x: F.multilabel_soft_margin_loss(x, t, **kw),
        lambda x: T.multilabel_soft_margin_loss(x, torch.tensor(t), **kw),
        [a],
    )


# --- activations ---------------------------------------------------------------------------------

KINKS = np.array(
    [-1e3, -40.0, -3.0, -1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0, 3.0, 6.0, 7.0, 40.0, 1e3]
)
SAME = ["relu", "relu6", "celu", "elu", "selu", "silu", "mish", "sigmoid"]
RENAMED = [
    ("hard_tanh", "hardtanh", {}),
    ("hard_sigmoid", "hardsigmoid", {}),
    ("hard_shrink", "hardshrink", {}),
    ("soft_shrink", "softshrink", {}),
    ("soft_sign", "softsign", {}),
    ("tanh_shrink", "tanhshrink", {}),
    ("log_sigmoid", "logsigmoid", {}),
]


@pytest.mark.parametrize("name", SAME)
def test_activation(name):
    theirs = getattr(T, name) if name != "sigmoid" else torch.sigmoid
    agree(getattr(F, name), theirs, [KINKS], 1e-12)


@pytest.mark.parametrize(("ours", "theirs", "kw"), RENAMED)
def test_renamed_activation(ours, theirs, kw):
    tol = 1e-7 if ours == "hard_sigmoid" else 1e-12  # PyTorch's 1/6 is a float32
    agree(lambda x: getattr(F, ours)(x, **kw), lambda x: getattr(T, theirs)(x, **kw), [KINKS], tol)


def test_activations_with_arguments():
    agree(lambda x: F.gelu(x, "none"), T.gelu, [KINKS], 1e-12)
    agree(lambda x: F.gelu(x, "tanh"), lambda x: T.gelu(x, approximate="tanh"), [KINKS], 1e-12)
    agree(lambda x: F.softplus(x, 2.0, 20.0), lambda x: T.softplus(x, 2.0, 20.0), [KINKS], 1e-12)
    agree(lambda x: F.threshold(x, 0.5, 2.0), lambda x: T.threshold(x, 0.5, 2.0), [KINKS])
    nonzero = KINKS[KINKS != 0]
    agree(lambda x: F.leaky_relu(x, 0.2), lambda x: T.leaky_relu(x, 0.2), [nonzero])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4, 2))
    agree(F.prelu, T.prelu, [x, rng.standard_normal(4)])
    agree(F.prelu, T.prelu, [x, rng.standard_normal(1)])
    for axis in (0, 1, -1):
        agree(lambda x: F.softmax(x, axis), lambda x: T.softmax(x, axis), [x])
        agree(lambda x: F.log_softmax(x, axis), lambda x: T.log_softmax(x, axis), [x])
        agree(lambda x: F.softmin(x, axis), lambda x: T.softmin(x, axis), [x])
    agree(lambda x: F.glu(x, 1), lambda x: T.glu(x, 1), [x])
