"""Modules: registration, walking, state, hooks, containers, printing."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import nn
from functorch_lite.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)
        self.scale = nn.Parameter(fl.ones(1))
        self.register_buffer("seen", fl.zeros(()))
        self.register_buffer("scratch", fl.zeros(2), persistent=False)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(2 * 36, 3, bias=False))

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x))) * self.scale
        return self.head(x)


def test_registration_and_walking():
    net = Net()
    names = ["scale", "conv.weight", "conv.bias", "bn.weight", "bn.bias", "head.1.weight"]
    assert [n for n, _ in net.named_parameters()] == names
    buffers = ["seen", "scratch", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked"]
    assert [n for n, _ in net.named_buffers()] == buffers
    assert [n for n, _ in net.named_modules()] == ["", "conv", "bn", "head", "head.0", "head.1"]
    assert [n for n, _ in net.named_children()] == ["conv", "bn", "head"]
    assert [n for n, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert net.get_submodule("head.1") is net.head[1]
    assert net.get_parameter("conv.weight") is net.conv.weight
    assert net.get_buffer("bn.running_var") is net.bn.running_var
    with pytest.raises(AttributeError, match="has no submodule"):
        net.get_submodule("head.7")
    assert "conv" in dir(net)
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'missing'"):
        _ = net.missing


def test_assignment_rules():
    net = Net()
    with pytest.raises(TypeError, match="cannot assign 'Tensor' as parameter 'scale'"):
        net.scale = fl.ones(1)
    with pytest.raises(TypeError, match="as child module 'conv'"):
        net.conv = 3
    with pytest.raises(TypeError, match="as buffer 'seen'"):
        net.seen = 1.0
    with pytest.raises(KeyError, match="already exists"):
        net.register_parameter("forward", nn.Parameter(fl.ones(1)))
    with pytest.raises(KeyError, match="buffer name can"):
        net.register_buffer("a.b", fl.ones(1))
    p = nn.Parameter(fl.ones(1))
    p._node = (p * 2).node
    with pytest.raises(ValueError, match="Cannot assign non-leaf Tensor"):
        net.register_parameter("q", p)
    net.scale = None
    assert "scale" not in dict(net.named_parameters())
    net.scale = nn.Parameter(fl.ones(1))
    assert "scale" in dict(net.named_parameters())
    del net.scale
    assert not hasattr(net, "scale")
    net.extra = nn.Buffer(fl.ones(2), persistent=False)
    assert "extra" in dict(net.named_buffers())
    assert "extra" not in net.state_dict()

    class Early(nn.Module):
        def __init__(self):
            self.p = nn.Parameter(fl.ones(1))

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Early()


def test_shared_parameters_count_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 3
    assert len(net.state_dict()) == 4
    twice = nn.Sequential(net[0], net[0])
    assert [n for n, _ in twice.named_modules()] == ["", "0"]


def test_state_dict_round_trip():
    a, b = Net(), Net()
    state = a.state_dict()
    assert list(state)[:2] == ["scale", "seen"]
    assert "scratch" not in state
    assert not any(t.requires_grad for t in state.values())
    assert repr(b.load_state_dict(state)) == "<All keys matched successfully>"
    for k, v in b.state_dict().items():
        assert fl.equal(v, state[k])
    with fl.no_grad():
        a.scale.fill_(5.0)
    assert state["scale"].item() == 5.0
    assert b.scale.item() == 1.0


def test_load_state_dict_errors_name_everything_and_change_nothing():
    net = Net()
    before = {k: v.tolist() for k, v in net.state_dict().items()}
    state = {k: v + 1 for k, v in net.state_dict().items()}
    del state["scale"]
    state["head.9.weight"] = fl.ones(1)
    state["conv.bias"] = fl.ones(7)
    with pytest.raises(RuntimeError) as e:
        net.load_state_dict(state)
    text = str(e.value)
    assert text.startswith("Error(s) in loading state_dict for Net:\n\t")
    assert 'Missing key(s) in state_dict: "scale".' in text
    assert 'Unexpected key(s) in state_dict: "head.9.weight".' in text
    assert "size mismatch for conv.bias: copying a param with shape (7,) from checkpoint" in text
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before
    del state["conv.bias"]
    keys = net.load_state_dict(state, strict=False)
    assert keys.missing_keys == ["scale", "conv.bias"]
    assert keys.unexpected_keys == ["head.9.weight"]


def test_old_checkpoints_without_num_batches_tracked():
    net = nn.BatchNorm2d(2)
    state = {k: v.numpy() for k, v in net.state_dict().items() if k != "num_batches_tracked"}
    assert net.load_state_dict(state).missing_keys == []
    new = net.state_dict()
    del new["num_batches_tracked"]
    with pytest.raises(RuntimeError, match="num_batches_tracked"):
        net.load_state_dict(new)


def test_load_converts_or_assigns():
    net = nn.Linear(2, 1)
    state = {"weight": np.ones((1, 2)), "bias": np.zeros(1)}
    net.load_state_dict(state)
    assert net.weight.dtype == fl.float32
    net.load_state_dict(state, assign=True)
    assert net.weight.dtype == fl.float64
    assert isinstance(net.weight, nn.Parameter)
    assert net.weight.requires_grad


def test_modes_and_conversions():
    net = Net()
    assert net.eval() is net
    assert not net.bn.training
    assert net.train().head[0].training
    net.double()
    assert net.conv.weight.dtype == fl.float64
    assert net.bn.running_mean.dtype == fl.float64
    assert net.bn.num_batches_tracked.dtype == fl.int64
    assert net.to(fl.float32).conv.weight.is_leaf
    with pytest.raises(TypeError, match="only accepts floating point"):
        net.to(fl.int32)
    with pytest.raises(RuntimeError, match="runs on the CPU"):
        net.cuda()
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    names = []
    net.apply(lambda m: names.append(type(m).__name__))
    assert names == ["Conv2d", "BatchNorm2d", "Flatten", "Linear", "Sequential", "Net"]


def test_zero_grad():
    net = nn.Linear(2, 1)
    net(fl.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.weight.grad.tolist() == [[0.0, 0.0]]
    net.zero_grad()
    assert net.weight.grad is None


def test_deepcopy_and_pickle():
    net = Net()
    twin = copy.deepcopy(net)
    assert twin.conv.weight is not net.conv.weight
    with fl.no_grad():
        twin.conv.weight.zero_()
    assert net.conv.weight.abs().sum().item() > 0
    back = pickle.loads(pickle.dumps(net))
    x = fl.rand(2, 1, 8, 8)
    assert fl.equal(back.eval()(x), net.eval()(x))


def test_forward_hooks():
    net = nn.Linear(2, 2)
    calls = []
    pre = net.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    post = net.register_forward_hook(lambda m, args, out: calls.append(args[0].tolist()))
    double = net.register_forward_hook(lambda m, args, out: out * 10)
    x = fl.ones(1, 2)
    out = net(x)
    assert calls == [[[2.0, 2.0]]]
    for h in (pre, post, double):
        h.remove()
    np.testing.assert_allclose(out.tolist(), (10 * net(2 * x)).tolist(), rtol=1e-6)


def test_backward_hooks_agree_with_torch():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def run(lib):
        net = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Tanh())
        with lib.no_grad():
            net[0].weight.copy_(lib.tensor([[1.0, 2.0], [3.0, 4.0]]))
            net[0].bias.zero_()
        seen = []
        net[0].register_full_backward_hook(
            lambda m, gi, go: (seen.extend(g.tolist()[0] for g in (*gi, *go)), (gi[0] * 2,))[1]
        )
        net[1].register_full_backward_pre_hook(lambda m, go: (go[0] * 3,))
        x = lib.tensor([[0.1, 0.2]], requires_grad=True)
        net(x).sum().backward()
        return [*seen, x.grad.tolist()[0], net[0].weight.grad.tolist()[0]]

    for ours, theirs in zip(run(fl), run(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_containers():
    seq = nn.Sequential(OrderedDict(a=nn.Linear(1, 2), b=nn.ReLU()))
    assert seq.a is seq[0]
    assert isinstance(seq[:1], nn.Sequential)
    assert len(seq) == 2
    items = nn.ModuleList([nn.Linear(1, 1)])
    items.append(nn.ReLU()).extend([nn.Tanh()])
    items.insert(1, nn.Identity())
    assert [type(m).__name__ for m in items] == ["Linear", "Identity", "ReLU", "Tanh"]
    del items[1]
    items[-1] = nn.Sigmoid()
    assert [n for n, _ in items.named_children()] == ["0", "1", "2"]
    assert isinstance(items[2], nn.Sigmoid)
    d = nn.ModuleDict({"x": nn.Linear(1, 1)})
    d["y"] = nn.ReLU()
    assert list(d) == ["x", "y"]
    assert "y" in d
    d.pop("y")
    assert len(d) == 1
    params = nn.ParameterList([fl.ones(1), nn.Parameter(fl.zeros(2))])
    assert [p.shape for p in params] == [(1,), (2,)]
    assert len(list(params.parameters())) == 2
    table = nn.ParameterDict({"w": fl.ones(3)})
    assert table["w"].requires_grad
    assert list(table) == ["w"]
    with pytest.raises(IndexError):
        seq[5]


def test_repr_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def build(lib):
        n = lib.nn
        return n.Sequential(
            n.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            n.Conv2d(8, 8, 3, padding="same", groups=2, dilation=2),
            n.ConvTranspose2d(8, 4, 2, stride=2, output_padding=1),
            n.BatchNorm2d(4, momentum=None),
            n.ReLU(inplace=True),
            n.ModuleList([n.GELU(), n.LeakyReLU(0.2), n.ELU(), n.Softmax(dim=1), n.SiLU()]),
            n.MaxPool2d(3, 2, 1),
            n.AvgPool2d(2),
            n.AdaptiveAvgPool2d((1, 1)),
            n.Flatten(),
            n.LayerNorm(4),
            n.GroupNorm(2, 4),
            n.Dropout(0.1),
            n.Embedding(5, 3, padding_idx=1),
            n.Linear(4, 2),
            n.Identity(),
            n.CrossEntropyLoss(),
            n.Tanh(),
        )

    # Newer versions of torch show the bias of normalisation layers too.
    ours, theirs = (repr(build(lib)).replace(", bias=True", "") for lib in (fl, torch))
    assert ours == theirs


def test_plain_arrays_and_nested_inputs_become_tensors():
    class Pair(nn.Module):
        def forward(self, pair, scale=None):
            a, b = pair
            return (a.view(-1) + b.flatten()) * scale

    out = Pair()((np.ones((2, 2)), np.ones((4,))), scale=np.float64(3.0))
    assert isinstance(out, fl.Tensor)
    assert out.tolist() == [6.0] * 4


def test_clip_grad_norm():
    net = nn.Linear(3, 1)
    net(fl.ones(1, 3) * 10).sum().backward()
    total = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    np.testing.assert_allclose(total.item(), np.sqrt(301), rtol=1e-6)
    after = nn.utils.parameters_to_vector([p.grad for p in net.parameters()]).norm()
    np.testing.assert_allclose(after.item(), 1.0, rtol=1e-5)
    nn.utils.clip_grad_value_(net.parameters(), 0.1)
    assert max(p.grad.abs().max().item() for p in net.parameters()) <= 0.1 + 1e-7


def test_vector_round_trip():
    net = nn.Linear(2, 2)
    vec = nn.utils.parameters_to_vector(net.parameters()).detach()
    nn.utils.vector_to_parameters(vec * 2, net.parameters())
    assert fl.equal(nn.utils.parameters_to_vector(net.parameters()).detach(), vec * 2)
    assert net.weight.is_leaf
