"""Recurrent, transformer, padding and rearranging layers agree with PyTorch."""

import numpy as np
import pytest

import functorch_lite as fl

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
torch.set_num_threads(1)

R = np.random.default_rng(3)
SEQ = R.standard_normal((4, 2, 3))  # length, n, features
ROW = R.standard_normal((2, 3))
STATE = R.standard_normal((2, 2, 5))
IMG = R.standard_normal((2, 4, 6, 4))
LINE = R.standard_normal((2, 3, 5))
TOKENS = R.standard_normal((2, 5, 8))
MEMORY = R.standard_normal((2, 3, 8))
MASK = np.triu(np.ones((5, 5), bool), 1)

LAYERS = [
    ("RNN", lambda n: n.RNN(3, 5, 2), (SEQ,)),
    ("RNN relu", lambda n: n.RNN(3, 5, nonlinearity="relu", bias=False), (SEQ,)),
    ("LSTM", lambda n: n.LSTM(3, 5, 2), (SEQ,)),
    ("LSTM state", lambda n: n.LSTM(3, 5, 2), (SEQ, (STATE, STATE * 0.5))),
    ("LSTM both ways", lambda n: n.LSTM(3, 5, 2, bidirectional=True, batch_first=True), (SEQ,)),
    ("LSTM alone", lambda n: n.LSTM(3, 5), (SEQ[:, 0],)),
    ("GRU", lambda n: n.GRU(3, 5, 2), (SEQ, STATE)),
    ("GRU both ways", lambda n: n.GRU(3, 5, bidirectional=True, bias=False), (SEQ,)),
    ("RNNCell", lambda n: n.RNNCell(3, 5), (ROW,)),
    ("LSTMCell", lambda n: n.LSTMCell(3, 5), (ROW,)),
    ("LSTMCell state", lambda n: n.LSTMCell(3, 5, bias=False), (ROW, (STATE[0], STATE[1]))),
    ("GRUCell", lambda n: n.GRUCell(3, 5), (ROW, STATE[0])),
    ("Encoder", lambda n: n.TransformerEncoderLayer(8, 2, 12, 0.0, batch_first=True), (TOKENS,)),
    (
        "Encoder mask",
        lambda n: n.TransformerEncoderLayer(
            8, 2, 12, 0.0, "gelu", batch_first=True, norm_first=True
        ),
        (TOKENS, MASK),
    ),
    (
        "Encoders",
        lambda n: n.TransformerEncoder(
            n.TransformerEncoderLayer(8, 4, 12, 0.0, batch_first=True), 2, n.LayerNorm(8)
        ),
        (TOKENS,),
    ),
    (
        "Decoders",
        lambda n: n.TransformerDecoder(
            n.TransformerDecoderLayer(8, 2, 12, 0.0, batch_first=True, norm_first=True), 2
        ),
        (TOKENS, MEMORY, MASK),
    ),
    ("Decoder", lambda n: n.TransformerDecoderLayer(8, 2, 12, 0.0), (TOKENS, TOKENS[::-1] * 0.5)),
    ("ConstantPad1d", lambda n: n.ConstantPad1d(2, 1.5), (LINE,)),
    ("ZeroPad2d", lambda n: n.ZeroPad2d((1, 2, 0, -1)), (IMG,)),
    ("ReflectionPad2d", lambda n: n.ReflectionPad2d(2), (IMG,)),
    ("ReplicationPad1d", lambda n: n.ReplicationPad1d((1, 3)), (LINE,)),
    ("CircularPad2d", lambda n: n.CircularPad2d(1), (IMG,)),
    ("PixelShuffle", lambda n: n.PixelShuffle(2), (IMG,)),
    ("PixelUnshuffle", lambda n: n.PixelUnshuffle(2), (IMG,)),
    ("ChannelShuffle", lambda n: n.ChannelShuffle(2), (IMG,)),
    ("Unfold", lambda n: n.Unfold(2, padding=1, stride=2), (IMG,)),
    ("Fold", lambda n: n.Fold((3, 3), 2), (R.standard_normal((2, 8, 4)),)),
    ("CosineSimilarity", lambda n: n.CosineSimilarity(), (ROW, ROW[::-1].copy())),
    ("PairwiseDistance", lambda n: n.PairwiseDistance(keepdim=True), (ROW, ROW[::-1].copy())),
]


def _leaves(out):
    return [leaf for o in out for leaf in _leaves(o)] if isinstance(out, tuple | list) else [out]


def _run(lib, layer, args):
    def convert(a):
        if isinstance(a, tuple):
            return tuple(convert(v) for v in a)
        t = lib.tensor(a)
        return t.requires_grad_() if a.dtype.kind == "f" else t

    xs = [convert(a) for a in args]
    outs = _leaves(layer(*xs))
    total = sum((o * lib.tensor(np.cos(np.arange(o.numel())).reshape(o.shape))).sum() for o in outs)
    total.backward()
    grads = [x.grad for x in _leaves(xs)] + [p.grad for p in layer.parameters()]
    return [o.detach() for o in outs] + grads


@pytest.mark.parametrize(("name", "make", "args"), LAYERS, ids=[r[0] for r in LAYERS])
def test_layer(name, make, args):
    torch.manual_seed(0)
    theirs = make(torch.nn).double()
    ours = make(fl.nn).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    if "Transformer" not in repr(theirs):  # there PyTorch names a private linear layer
        assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    for a, b in zip(_run(fl, ours, args), _run(torch, theirs, args), strict=True):
        if a is None or b is None:
            assert a is None and b is None
            continue
        mine, other = a.numpy(), b.numpy()
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-11)


def test_initial_values_of_recurrent_layers():
    fl.manual_seed(0)
    layer = fl.nn.LSTM(3, 16)
    bound = 1 / 4
    for p in layer.parameters():
        assert bool((p.abs() <= bound).all()) and float(p.abs().max()) > 0.6 * bound


def test_recurrent_layers_under_transforms():
    layer = fl.nn.GRU(3, 5).double()
    params = {k: p.detach().numpy() for k, p in layer.named_parameters()}

    def loss(params, x):
        return fl.functional_call(layer, (params, {}), x)[0][0].sum()

    each = fl.vmap(fl.grad(loss), in_axes=(None, 1))(params, SEQ)
    whole = fl.jit(fl.grad(loss))(params, SEQ)
    for k, g in each.items():
        np.testing.assert_allclose(g.sum(0), whole[k], rtol=1e-9)


ERRORS = {
    "features": lambda n, t: n.LSTM(3, 5).double()(t(SEQ[..., :2])),
    "channels": lambda n, t: n.PixelShuffle(3)(t(IMG)),
    "size": lambda n, t: n.PixelUnshuffle(4)(t(IMG)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_misuse(name):
    for lib in (fl, torch):
        with pytest.raises(RuntimeError):
            ERRORS[name](lib.nn, lib.tensor)


def test_transformer_encoder_takes_pytorchs_arguments():
    layer = fl.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    plain = fl.nn.TransformerEncoder(layer, 2, None)
    same = fl.nn.TransformerEncoder(layer, 2, None, enable_nested_tensor=False, mask_check=False)
    x = fl.ones(1, 3, 4)
    assert fl.equal(plain.eval()(x), same.eval()(x))
