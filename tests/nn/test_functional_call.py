"""Modules under grad, vmap and jit; buffers; stacked models; Tensors through transforms."""

import threading

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import nn
from functorch_lite import numpy as fnp
from functorch_lite.nn import functional as F


class TorchStyle(nn.Module):
    """Written with Tensor methods, as PyTorch users write."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = F.max_pool2d(self.bn(self.conv(x)).relu(), 2)
        x = x.view(x.size(0), -1)
        values, _ = x.max(dim=1, keepdim=True)
        x = (x - values) / (x.std(dim=1, keepdim=True) + 1.0)
        padded = fl.zeros(x.size(0), 8, dtype=x.dtype)
        padded[:, :4] = x[:, :4] * 2
        padded[:, 4:] += x[:, 4:].flip(1)
        return self.fc(padded)


def _net():
    fl.manual_seed(1)
    return TorchStyle().double()


def _state(net):
    params = {k: v.detach().numpy().copy() for k, v in net.named_parameters()}
    buffers = {k: v.numpy().copy() for k, v in net.named_buffers()}
    return params, buffers


X = np.random.default_rng(0).standard_normal((4, 1, 6, 6))
Y = np.array([0, 2, 1, 1])


def _loss(net, params, buffers, x, y, **kwargs):
    out, new = fl.functional_call(net, {**params, **buffers}, x, **kwargs)
    return nn.functional.cross_entropy(out, y), new


def test_training_batch_norm_under_grad_and_jit():
    net = _net()
    params, buffers = _state(net)
    net(fl.tensor(X)).sum()  # moves the module's own buffers, which must not matter below
    loss = F.cross_entropy(_net()(fl.tensor(X)), fl.tensor(Y))
    twin = _net()
    expected = F.cross_entropy(twin(fl.tensor(X)), fl.tensor(Y))
    expected.backward()
    own = {k: v.numpy().copy() for k, v in net.named_buffers()}

    def f(p, b, x):
        return _loss(net, p, b, x, Y)

    for transform in (lambda g: g, fl.jit):
        g = transform(fl.value_and_grad(f, has_aux=True))
        (value, new), grads = g(params, buffers, X)
        assert type(value) is np.ndarray
        np.testing.assert_allclose(value, loss.item(), rtol=1e-12)
        for k, p in twin.named_parameters():
            np.testing.assert_allclose(grads[k], p.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=k)
        for k, b in twin.named_buffers():
            np.testing.assert_allclose(new[k], b.numpy(), rtol=1e-12, err_msg=k)
            assert new[k].dtype == b.dtype
    for k, v in net.named_buffers():
        assert np.array_equal(v.numpy(), own[k]), f"{k} of the module was touched"
    assert all(p.grad is None for p in net.parameters())


def test_forward_mode_agrees_with_reverse():
    net = _net()
    params, buffers = _state(net)
    rng = np.random.default_rng(3)
    tangents = {k: rng.standard_normal(v.shape) for k, v in params.items()}

    def f(p):
        return _loss(net, p, buffers, X, Y)[0]

    _, t = fl.jvp(f, (params,), (tangents,))
    grads = fl.grad(f)(params)
    np.testing.assert_allclose(t, sum((grads[k] * tangents[k]).sum() for k in params), rtol=1e-9)


def test_per_sample_gradients():
    net = _net().eval()
    params, buffers = _state(net)

    def f(p, x, y):
        return _loss(net, p, buffers, x[None], y[None])[0]

    for transform in (lambda g: g, fl.jit):
        per_sample = transform(fl.vmap(fl.grad(f), in_axes=(None, 0, 0)))(params, X, Y)
        for i in range(len(X)):
            one = fl.grad(f)(params, X[i], Y[i])
            for k in params:
                np.testing.assert_allclose(per_sample[k][i], one[k], rtol=1e-8, atol=1e-12)


def test_shared_buffers_under_vmap():
    net = nn.BatchNorm1d(2).double()
    params, buffers = _state(net)
    xs = np.random.default_rng(0).standard_normal((3, 5, 2))

    def f(x, how="error"):
        return fl.functional_call(net, {**params, **buffers}, x, shared_buffers=how)[1]

    with pytest.raises(RuntimeError, match="the buffer 'running_mean' is shared by all examples"):
        fl.vmap(f)(xs)
    each = [f(x) for x in xs]
    means = np.stack([e["running_mean"] for e in each])
    batched = fl.vmap(lambda x: f(x, "batched"))(xs)
    np.testing.assert_allclose(batched["running_mean"], means)
    for how, expected in (("mean", means.mean(0)), ("first", means[0])):
        got = fl.vmap(lambda x, how=how: f(x, how), out_axes=None)(xs)
        np.testing.assert_allclose(got["running_mean"], expected)
        assert got["num_batches_tracked"] == 1
    mapped = {k: np.stack([v] * 3) for k, v in buffers.items()}
    new = fl.vmap(lambda b, x: fl.functional_call(net, {**params, **b}, x)[1])(mapped, xs)
    np.testing.assert_allclose(new["running_mean"], means)
    with pytest.raises(ValueError, match="shared_buffers must be"):
        f(xs[0], "nonsense")


def test_shared_buffers_inside_grad_inside_vmap():
    net = nn.BatchNorm1d(2).double()
    params, buffers = _state(net)
    xs = np.random.default_rng(0).standard_normal((3, 5, 2))

    def loss(p, x):
        out, new = fl.functional_call(net, {**p, **buffers}, x, shared_buffers="mean")
        return (out**2).sum(), new

    grads, new = fl.vmap(fl.grad(loss, has_aux=True), in_axes=(None, 0), out_axes=(0, None))(
        params, xs
    )
    assert grads["weight"].shape == (3, 2)
    np.testing.assert_allclose(new["running_mean"], 0.1 * xs.mean(1).mean(0))


def test_direct_calls_refuse_to_leak_into_buffers():
    net = nn.BatchNorm1d(2).double()
    xs = np.random.default_rng(0).standard_normal((3, 5, 2))
    with pytest.raises(RuntimeError, match="the buffer 'running_mean' cannot be updated here"):
        fl.vmap(net)(xs)
    with pytest.raises(RuntimeError, match="functional_call"):
        fl.jit(net)(xs[0])
    assert net.running_mean.tolist() == [0.0, 0.0]


def test_direct_calls_under_grad_update_buffers_once():
    net = nn.BatchNorm1d(2).double()
    x = np.random.default_rng(0).standard_normal((5, 2))
    g = fl.grad(lambda v: (net(v) ** 3).sum())(x)
    np.testing.assert_allclose(net.running_mean.numpy(), 0.1 * x.mean(0))
    assert net.num_batches_tracked.item() == 1
    twin, t = nn.BatchNorm1d(2).double(), fl.tensor(x, requires_grad=True)
    (twin(t) ** 3).sum().backward()
    np.testing.assert_allclose(g.detach().numpy(), t.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_modules_map_and_jit_directly():
    net = _net().eval()
    expected = net(fl.tensor(X)).detach().numpy()
    mapped = fl.vmap(lambda x: net(x[None])[0])(X)
    np.testing.assert_allclose(mapped.detach().numpy(), expected, rtol=1e-9)
    np.testing.assert_allclose(fl.jit(net)(X).detach().numpy(), expected, rtol=1e-9)


def test_ensembles():
    models = [nn.Linear(3, 2).double() for _ in range(4)]
    params, buffers = fl.stack_module_state(models)
    assert params["weight"].shape == (4, 2, 3)
    assert params["weight"].requires_grad
    assert buffers == {}
    x = fl.tensor(np.random.default_rng(0).standard_normal((5, 3)))
    out = fl.vmap(lambda p, v: fl.functional_call(models[0], p, v)[0], in_axes=(0, None))(params, x)
    assert isinstance(out, fl.Tensor)
    for i, m in enumerate(models):
        np.testing.assert_allclose(out[i].tolist(), m(x).tolist(), rtol=1e-12)
    (out**2).sum().backward()
    for i, m in enumerate(models):
        (m(x) ** 2).sum().backward()
        np.testing.assert_allclose(params["weight"].grad[i].numpy(), m.weight.grad.numpy())
    with pytest.raises(RuntimeError, match="at least one model"):
        fl.stack_module_state([])
    with pytest.raises(RuntimeError, match="same class"):
        fl.stack_module_state([models[0], nn.ReLU()])
    with pytest.raises(RuntimeError, match="training/eval"):
        fl.stack_module_state([models[0], nn.Linear(3, 2).eval()])


def test_arguments_are_checked():
    net = nn.Linear(2, 1)
    with pytest.raises(
        KeyError, match="no parameter or buffer named 'wieght'; the nearest are weight"
    ):
        fl.functional_call(net, {"wieght": np.ones((1, 2))}, np.ones((1, 2)))
    with pytest.raises(
        RuntimeError, match=r"'weight' has shape \(3, 2\), the module's own has \(1, 2\)"
    ):
        fl.functional_call(net, {"weight": np.ones((3, 2))}, np.ones((1, 2)))
    with pytest.raises(RuntimeError, match="missing bias"):
        fl.functional_call(net, {"weight": np.ones((1, 2))}, np.ones((1, 2)), strict=True)


def test_signatures():
    class Two(nn.Module):
        def forward(self, a, b, scale=1.0):
            return (a + b) * scale

    a, b = np.ones(2), np.full(2, 2.0)
    for call in (
        lambda: fl.functional_call(Two(), {}, a, b, scale=3.0),
        lambda: fl.functional_call(Two(), {}, (a, b), {"scale": 3.0}),
        lambda: fl.functional_call(Two(), {}, (a, b), scale=3.0),
        lambda: fl.functional_call(Two(), [{}, {}], a, b, scale=3.0),
    ):
        out, buffers = call()
        assert type(out) is np.ndarray
        assert out.tolist() == [9.0, 9.0]
        assert buffers == {}


def test_tied_parameters_are_replaced_everywhere():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    w = np.array([[0.0, 1.0], [2.0, 0.0]])
    out, _ = fl.functional_call(net, {"0.weight": w}, np.ones((1, 2)))
    np.testing.assert_allclose(out, np.ones((1, 2)) @ w.T @ w.T)


def test_parameters_seen_inside_are_the_given_ones():
    class Penalised(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 1, bias=False)

        def forward(self, x):
            return self.fc(x).sum() + sum((p**2).sum() for p in self.parameters())

    w = np.array([[1.0, 3.0]])
    net = Penalised()
    g = fl.grad(lambda p: fl.functional_call(net, p, np.ones((1, 2)))[0])({"fc.weight": w})
    np.testing.assert_allclose(g["fc.weight"], 1 + 2 * w)


def test_other_threads_see_the_module_as_it_is():
    net = nn.Linear(1, 1, bias=False)
    own = net.weight.detach().clone()
    seen = []

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net

        def forward(self, x):
            t = threading.Thread(target=lambda: seen.append(net.weight.item()))
            t.start()
            t.join()
            return self.inner(x)

    out, _ = fl.functional_call(Spy(), {"inner.weight": np.full((1, 1), 7.0)}, np.ones((1, 1)))
    assert out.item() == 7.0
    assert seen == [own.item()]


def test_buffers_assigned_by_attribute_are_returned():
    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("n", fl.zeros(()))

        def forward(self, x):
            self.n = self.n + x.sum()
            return x * self.n

    net = Counter()
    out, new = fl.jit(lambda b, x: fl.functional_call(net, b, x))(
        {"n": np.float64(2.0)}, np.ones(3)
    )
    assert out.tolist() == [5.0] * 3
    assert new["n"] == 5.0
    assert net.n.item() == 0.0
    with pytest.raises(RuntimeError, match="buffer 'n' of Counter was set inside jit"):
        fl.jit(net)(np.ones(3))


def test_dropout_needs_a_key_under_vmap_and_jit():
    net = nn.Dropout(0.5)
    x = np.ones((3, 100))
    for transformed in (fl.vmap(net), fl.jit(net)):
        with pytest.raises(RuntimeError, match="random numbers inside vmap or jit"):
            transformed(x)
    keys = fl.random.split(fl.random.key(0), 3)

    def f(key, v):
        return fl.functional_call(net, {}, v, rng=key)[0]

    out = fl.vmap(f)(keys, x)
    assert set(np.unique(out)) == {0.0, 2.0}
    assert not np.array_equal(out[0], out[1])
    np.testing.assert_array_equal(fl.jit(f)(keys[0], x[0]), out[0])
    a, b = (
        fl.functional_call(nn.Sequential(net, nn.Identity()), {}, x, rng=keys[0])[0] for _ in "ab"
    )
    np.testing.assert_array_equal(a, b)


# --- Tensors and transforms ---------------------------------------------------------------------


def test_transforms_of_tensors_give_tensors_on_the_tape():
    w = fl.tensor([2.0, 3.0], dtype=fl.float64, requires_grad=True)
    g = fl.grad(lambda v: fnp.sum(v**3))(w)
    assert isinstance(g, fl.Tensor)
    g.sum().backward()
    assert w.grad.tolist() == [12.0, 18.0]
    h = fl.hessian(lambda v: fnp.sum(v**3))(w)
    assert isinstance(h, fl.Tensor)
    assert h.tolist() == [[12.0, 0.0], [0.0, 18.0]]
    m = fl.vmap(fl.grad(lambda v: v * v))(w)
    w.grad = None
    (m * fl.tensor([1.0, 10.0], dtype=fl.float64)).sum().backward()
    assert w.grad.tolist() == [2.0, 20.0]
    _, t = fl.jvp(lambda v: v**2, (w,), (fl.ones(2, dtype=fl.float64),))
    assert isinstance(t, fl.Tensor)
    assert t.tolist() == [4.0, 6.0]


def test_transforms_close_over_tensors():
    w = fl.tensor(3.0, dtype=fl.float64, requires_grad=True)
    g = fl.grad(lambda x: x**2 * w)(2.0)
    assert isinstance(g, fl.Tensor)
    g.backward()
    assert w.grad.item() == 4.0
    w.grad = None
    fl.jit(lambda x: x * w)(5.0).backward()
    assert w.grad.item() == 5.0
    f = fl.jit(lambda x: x * w)
    assert f(1.0).item() == 3.0
    with fl.no_grad():
        w.fill_(4.0)
    assert f(1.0).item() == 4.0


def test_numpy_functions_on_tensors():
    x = fl.tensor([1.0, 2.0], requires_grad=True)
    y = np.sin(x) + np.sum(x * np.float32(2.0))
    assert isinstance(y, fl.Tensor)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), np.cos([1.0, 2.0]) + 4.0, rtol=1e-6)
    z = np.ones(2, np.float32) * x
    assert isinstance(z, fl.Tensor)


def test_autograd_function_under_transforms():
    class Cube(fl.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.save_for_backward(x)
            ctx.factor = factor
            return x**3 * factor

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x**2 * ctx.factor * 10, None

    x = fl.tensor([1.0, 2.0], dtype=fl.float64, requires_grad=True)
    Cube.apply(x, 2.0).sum().backward()
    expected = [60.0, 240.0]
    assert x.grad.tolist() == expected
    a = np.array([1.0, 2.0])
    assert fl.grad(lambda v: Cube.apply(v, 2.0).sum())(a).tolist() == expected
    assert fl.vmap(fl.grad(lambda v: Cube.apply(v, 2.0)))(a).tolist() == expected
    assert fl.jit(fl.grad(lambda v: Cube.apply(v, 2.0).sum()))(a).tolist() == expected
