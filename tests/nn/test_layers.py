"""Layers and functions agree with PyTorch: outputs and gradients, from equal parameters."""

import inspect

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.nn import functional as F

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
torch.set_num_threads(1)
TF = torch.nn.functional

R = np.random.default_rng(1)
IMG = R.standard_normal((2, 4, 7, 6))
SEQ = R.standard_normal((2, 4, 9))
ROW = R.standard_normal((5, 6))
LOGITS = R.standard_normal((5, 4))
TARGET = np.array([0, 3, -100, 1, 2])
PROBS = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
TOKENS = np.array([[1, 0, 3], [4, 4, 2]])
VOL = R.standard_normal((2, 2, 4, 5, 3))

LAYERS = [
    ("Linear", lambda n: n.Linear(6, 3), (ROW,)),
    ("Linear no bias", lambda n: n.Linear(6, 3, bias=False), (ROW,)),
    ("Bilinear", lambda n: n.Bilinear(6, 6, 3), (ROW, ROW)),
    ("Conv1d", lambda n: n.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), (SEQ,)),
    ("Conv2d", lambda n: n.Conv2d(4, 6, 3, stride=2, padding=1), (IMG,)),
    ("Conv2d unbatched", lambda n: n.Conv2d(4, 6, 3), (IMG[0],)),
    ("Conv2d same", lambda n: n.Conv2d(4, 6, (4, 3), padding="same", dilation=2), (IMG,)),
    ("Conv2d depthwise", lambda n: n.Conv2d(4, 8, 3, groups=4, bias=False), (IMG,)),
    ("Conv2d reflect", lambda n: n.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect"), (IMG,)),
    ("Conv2d circular", lambda n: n.Conv2d(4, 2, 3, padding=1, padding_mode="circular"), (IMG,)),
    ("Conv3d", lambda n: n.Conv3d(2, 3, 2, padding=1), (VOL,)),
    ("ConvTranspose1d", lambda n: n.ConvTranspose1d(4, 2, 3, stride=2), (SEQ,)),
    (
        "ConvTranspose2d",
        lambda n: n.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        (IMG,),
    ),
    ("BatchNorm1d", lambda n: n.BatchNorm1d(6), (ROW,)),
    ("BatchNorm1d seq", lambda n: n.BatchNorm1d(4, momentum=0.3), (SEQ,)),
    ("BatchNorm2d", lambda n: n.BatchNorm2d(4), (IMG,)),
    ("BatchNorm2d cumulative", lambda n: n.BatchNorm2d(4, momentum=None), (IMG,)),
    ("BatchNorm2d untracked", lambda n: n.BatchNorm2d(4, track_running_stats=False), (IMG,)),
    ("BatchNorm2d not affine", lambda n: n.BatchNorm2d(4, affine=False), (IMG,)),
    ("BatchNorm2d eval", lambda n: n.BatchNorm2d(4).eval(), (IMG,)),
    ("BatchNorm3d", lambda n: n.BatchNorm3d(2), (VOL,)),
    ("InstanceNorm2d", lambda n: n.InstanceNorm2d(4, affine=True), (IMG,)),
    ("InstanceNorm1d", lambda n: n.InstanceNorm1d(4, track_running_stats=True), (SEQ,)),
    ("LayerNorm", lambda n: n.LayerNorm(6), (ROW,)),
    ("LayerNorm 2", lambda n: n.LayerNorm((7, 6), bias=False), (IMG,)),
    ("RMSNorm", lambda n: n.RMSNorm(6), (ROW,)),
    ("GroupNorm", lambda n: n.GroupNorm(2, 4), (IMG,)),
    ("LocalResponseNorm", lambda n: n.LocalResponseNorm(3), (IMG,)),
    *[
        (name, lambda n, name=name: getattr(n, name)(), (ROW,))
        for name in [
            "ReLU",
            "ReLU6",
            "LeakyReLU",
            "ELU",
            "CELU",
            "SELU",
            "SiLU",
            "Mish",
            "GELU",
            "Sigmoid",
            "LogSigmoid",
            "Tanh",
            "Softsign",
            "Tanhshrink",
            "Softplus",
            "Softshrink",
            "Hardshrink",
            "Hardtanh",
            "Hardsigmoid",
            "Hardswish",
            "PReLU",
            "GLU",
            "Identity",
            "Flatten",
        ]
    ],
    ("ReLU inplace", lambda n: n.Sequential(n.Linear(6, 6), n.ReLU(inplace=True)), (ROW,)),
    ("GELU tanh", lambda n: n.GELU(approximate="tanh"), (ROW,)),
    ("Softmax", lambda n: n.Softmax(dim=1), (ROW,)),
    ("LogSoftmax", lambda n: n.LogSoftmax(dim=0), (ROW,)),
    ("Softmin", lambda n: n.Softmin(dim=1), (ROW,)),
    ("Threshold", lambda n: n.Threshold(0.1, -2.0), (ROW,)),
    ("MaxPool1d", lambda n: n.MaxPool1d(3, 2, 1), (SEQ,)),
    ("MaxPool2d", lambda n: n.MaxPool2d(3, stride=2, padding=1), (IMG,)),
    ("MaxPool2d ceil", lambda n: n.MaxPool2d(2, ceil_mode=True), (IMG,)),
    ("MaxPool2d dilated", lambda n: n.MaxPool2d(2, 1, dilation=2), (IMG,)),
    ("AvgPool2d", lambda n: n.AvgPool2d(3, 2, 1), (IMG,)),
    ("AvgPool2d no pad", lambda n: n.AvgPool2d(3, 2, 1, count_include_pad=False), (IMG,)),
    ("AvgPool1d", lambda n: n.AvgPool1d(2), (SEQ,)),
    ("AdaptiveAvgPool2d", lambda n: n.AdaptiveAvgPool2d((3, None)), (IMG,)),
    ("AdaptiveMaxPool2d", lambda n: n.AdaptiveMaxPool2d(2), (IMG,)),
    ("Upsample", lambda n: n.Upsample(scale_factor=2), (IMG,)),
    ("Upsample bilinear", lambda n: n.Upsample((5, 9), mode="bilinear"), (IMG,)),
    (
        "Upsample corners",
        lambda n: n.Upsample(scale_factor=1.5, mode="bilinear", align_corners=True),
        (IMG,),
    ),
    ("Embedding", lambda n: n.Embedding(5, 3, padding_idx=0), (TOKENS,)),
    ("Embedding max_norm", lambda n: n.Embedding(5, 3, max_norm=1.0), (TOKENS,)),
    ("Embedding scaled", lambda n: n.Embedding(5, 3, 1, None, 1.0, True), (TOKENS,)),
    ("Unflatten", lambda n: n.Unflatten(1, (2, 3)), (ROW,)),
    ("CrossEntropy", lambda n: n.CrossEntropyLoss(), (LOGITS, TARGET)),
    ("CrossEntropy sum", lambda n: n.CrossEntropyLoss(reduction="sum"), (LOGITS, TARGET)),
    ("CrossEntropy none", lambda n: n.CrossEntropyLoss(reduction="none"), (LOGITS, TARGET)),
    ("CrossEntropy smooth", lambda n: n.CrossEntropyLoss(label_smoothing=0.2), (LOGITS, TARGET)),
    ("CrossEntropy probs", lambda n: n.CrossEntropyLoss(), (LOGITS, PROBS[::-1].copy())),
    ("CrossEntropy images", lambda n: n.CrossEntropyLoss(), (IMG, np.ones((2, 7, 6), int))),
    ("NLLLoss", lambda n: n.NLLLoss(ignore_index=3), (LOGITS, np.abs(TARGET) % 4)),
    ("MSELoss", lambda n: n.MSELoss(), (LOGITS, PROBS)),
    ("L1Loss", lambda n: n.L1Loss(reduction="sum"), (LOGITS, PROBS)),
    ("SmoothL1Loss", lambda n: n.SmoothL1Loss(beta=0.5), (LOGITS, PROBS)),
    ("HuberLoss", lambda n: n.HuberLoss(delta=0.7), (LOGITS, PROBS)),
    ("BCELoss", lambda n: n.BCELoss(), (PROBS, np.round(PROBS))),
    ("BCEWithLogitsLoss", lambda n: n.BCEWithLogitsLoss(), (LOGITS, PROBS)),
    (
        "KLDivLoss",
        lambda n: n.KLDivLoss(reduction="batchmean"),
        (np.log(PROBS), PROBS[::-1].copy()),
    ),
    ("MultiheadAttention", lambda n: n.MultiheadAttention(6, 2), (ROW[:, None],) * 3),
    (
        "MultiheadAttention batch_first",
        lambda n: n.MultiheadAttention(6, 3, batch_first=True),
        (R.standard_normal((2, 4, 6)),) * 3,
    ),
]


def _copy_parameters(ours, theirs):
    state = {k: v.numpy() for k, v in theirs.state_dict().items()}
    ours.load_state_dict(state)


def _tensors(lib, arrays, dtype):
    out = []
    for a in arrays:
        if a.dtype.kind == "f":
            t = lib.tensor(a, dtype=getattr(lib, dtype)).requires_grad_()
        else:
            t = lib.tensor(a)
        out.append(t)
    return out


def _run(lib, layer, arrays, dtype):
    xs = _tensors(lib, arrays, dtype)
    for _ in range(2):  # twice, so that running statistics matter
        out = layer(*xs)
    out = out[0] if isinstance(out, tuple) else out
    weights = np.cos(np.arange(out.numel())).reshape(tuple(out.shape))
    if out.requires_grad:
        (out * lib.tensor(weights, dtype=getattr(lib, dtype))).sum().backward()
    grads = [x.grad for x in xs] + [p.grad for p in layer.parameters()]
    return [out.detach(), *grads, *layer.buffers()]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "make", "arrays"), LAYERS, ids=[r[0] for r in LAYERS])
def test_layer(name, make, arrays, dtype):
    torch.manual_seed(0)
    theirs = make(torch.nn).to(getattr(torch, dtype))
    ours = make(fl.nn).to(getattr(fl, dtype))
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    _copy_parameters(ours, theirs)
    tol = 1e-11 if dtype == "float64" else 1e-5
    if name == "Hardsigmoid":  # torch's gradient is a float32 sixth in float64 too
        tol = 1e-7
    for a, b in zip(_run(fl, ours, arrays, dtype), _run(torch, theirs, arrays, dtype), strict=True):
        if a is None or b is None:
            assert a is None
            assert b is None or not b.any()
            continue
        mine, other = a.detach().numpy(), b.detach().numpy()
        assert mine.dtype == other.dtype
        assert mine.shape == other.shape
        norm = np.abs(other).max(initial=1e-3)
        np.testing.assert_allclose(mine, other, rtol=tol, atol=tol * norm, equal_nan=True)


FUNCTIONS = [
    ("pad", lambda f, x: f.pad(x, (1, 2, 0, 1), value=3.0), (IMG,)),
    ("pad crop", lambda f, x: f.pad(x, (-1, 2, 1, -2)), (IMG,)),
    ("pad replicate", lambda f, x: f.pad(x, (1, 2, 3, 0), mode="replicate"), (IMG,)),
    ("normalize", lambda f, x: f.normalize(x, dim=1), (ROW,)),
    ("cosine_similarity", lambda f, x, y: f.cosine_similarity(x, y), (ROW, ROW[::-1].copy())),
    ("unfold", lambda f, x: f.unfold(x, 3, padding=1, stride=2), (IMG,)),
    ("sdpa", lambda f, x: f.scaled_dot_product_attention(x, x * 2, x, is_causal=True), (IMG,)),
    ("relu positional", lambda f, x: f.relu(x * 1, True), (ROW,)),
    ("elu positional", lambda f, x: f.elu(x * 1, 0.5, True), (ROW,)),
    ("keywords", lambda f, x: f.layer_norm(input=x, normalized_shape=(6,)), (ROW,)),
    ("sigmoid keyword", lambda f, x: f.sigmoid(input=x), (ROW,)),
    ("softmax dtype", lambda f, x: f.softmax(x, dim=0), (ROW,)),
    (
        "triplet",
        lambda f, x, y, z: f.triplet_margin_loss(x, y, z, swap=True),
        (ROW, ROW[::-1].copy(), ROW * 0.3),
    ),
    ("hardtanh", lambda f, x: f.hardtanh(x, -0.2, 0.5), (ROW,)),
]


@pytest.mark.parametrize(("name", "f", "arrays"), FUNCTIONS, ids=[r[0] for r in FUNCTIONS])
def test_function(name, f, arrays):
    results = []
    for lib, space in ((fl, F), (torch, TF)):
        xs = _tensors(lib, arrays, "float64")
        out = f(space, *xs)
        weights = np.cos(np.arange(out.numel())).reshape(tuple(out.shape))
        (out * lib.tensor(weights)).sum().backward()
        results.append([out.detach().numpy(), *(x.grad.numpy() for x in xs)])
    for mine, other in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-12)


def test_class_weights():
    w = np.array([0.2, 1.0, 3.0, 0.5])
    for reduction in ("mean", "sum", "none"):
        ours = fl.nn.CrossEntropyLoss(fl.tensor(w), reduction=reduction)
        theirs = torch.nn.CrossEntropyLoss(torch.tensor(w), reduction=reduction)
        a = ours(fl.tensor(LOGITS), fl.tensor(TARGET))
        b = theirs(torch.tensor(LOGITS), torch.tensor(TARGET))
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    assert list(ours.state_dict()) == ["weight"]


def test_one_hot_and_indices_are_checked():
    t = np.array([0, 2, 1])
    assert F.one_hot(fl.tensor(t)).tolist() == TF.one_hot(torch.tensor(t)).tolist()
    assert F.one_hot(fl.tensor(t), 5).dtype == fl.int64
    with pytest.raises(RuntimeError, match="smaller than num_classes"):
        F.one_hot(fl.tensor(t), 2)
    with pytest.raises(IndexError, match="out of range"):
        fl.nn.Embedding(3, 2)(fl.tensor([3]))
    with pytest.raises(IndexError, match="out of bounds"):
        F.cross_entropy(fl.zeros(1, 3), fl.tensor([3]))


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_softmax_without_an_axis_warns_and_takes_pytorchs(rank):
    x = R.standard_normal((2, 3, 4, 5)[:rank])
    for name in ("softmax", "log_softmax", "softmin"):
        with pytest.warns(UserWarning, match="Implicit dimension choice"):
            want = getattr(TF, name)(torch.tensor(x))
        with pytest.warns(UserWarning, match="Implicit dimension choice"):
            got = getattr(F, name)(fl.tensor(x))
        np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-12)


def test_signatures_can_be_read():
    assert str(inspect.signature(fl.nn.LeakyReLU)) == "(negative_slope=0.01, inplace=False)"
    assert list(inspect.signature(fl.nn.CrossEntropyLoss).parameters)[:2] == [
        "weight",
        "ignore_index",
    ]
    assert list(inspect.signature(F.relu).parameters) == ["input", "inplace"]
    assert next(iter(inspect.signature(F.conv2d).parameters)) == "input"
