"""Facts about training semantics that are easily got wrong; no peer needed."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import nn
from functorch_lite.nn import functional as F


def test_batch_norm_statistics():
    bn = nn.BatchNorm1d(1)
    bn(fl.tensor([[1.0], [2.0], [4.0]]))
    np.testing.assert_allclose(bn.running_mean.item(), 0.23333, atol=1e-5)
    np.testing.assert_allclose(bn.running_var.item(), 1.13333, atol=1e-5)
    assert bn.num_batches_tracked.item() == 1
    assert bn.num_batches_tracked.dtype == fl.int64
    assert bn.num_batches_tracked.shape == ()


def test_batch_norm_updates_under_no_grad_and_not_in_eval():
    bn = nn.BatchNorm1d(1)
    with fl.no_grad():
        bn(fl.tensor([[1.0], [3.0]]))
    assert bn.num_batches_tracked.item() == 1
    bn.eval()
    bn(fl.tensor([[1.0], [3.0]]))
    assert bn.num_batches_tracked.item() == 1


def test_batch_norm_uses_the_biased_variance():
    out = nn.BatchNorm1d(1, eps=0.0)(fl.tensor([[1.0], [2.0], [4.0]]))
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(out.detach().numpy()[:, 0], (x - x.mean()) / x.std(), rtol=1e-5)


def test_batch_norm_of_one_value_raises():
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        nn.BatchNorm1d(2)(fl.ones(1, 2))
    nn.BatchNorm1d(2).eval()(fl.ones(1, 2))
    with pytest.raises(ValueError, match="expected 4D input"):
        nn.BatchNorm2d(2)(fl.ones(1, 2))


def test_batch_norm_without_tracking_has_no_buffers():
    bn = nn.BatchNorm2d(2, track_running_stats=False)
    assert list(bn.state_dict()) == ["weight", "bias"]
    x = fl.rand(2, 2, 3, 3)
    assert fl.equal(bn.eval()(x), bn.train()(x))


def test_cumulative_average():
    bn = nn.BatchNorm1d(1, momentum=None)
    for v in (0.0, 10.0, 20.0):
        bn(fl.tensor([[v], [v + 2]]))
    np.testing.assert_allclose(bn.running_mean.item(), 11.0, rtol=1e-6)


def test_max_pool_ties_go_to_the_first():
    x = fl.ones(1, 1, 4, requires_grad=True)
    F.max_pool1d(x, 3, 1, 1).sum().backward()
    assert x.grad.tolist() == [[[2.0, 1.0, 1.0, 0.0]]]


def test_avg_pool_counts_padding():
    out = F.avg_pool1d(fl.ones(1, 1, 3), 3, 1, 1)
    np.testing.assert_allclose(out.numpy()[0, 0], [2 / 3, 1, 2 / 3], rtol=1e-6)


def test_cross_entropy_of_ignored_targets_only_is_nan():
    loss = F.cross_entropy(fl.zeros(2, 3), fl.tensor([-100, -100]))
    assert np.isnan(loss.item())


def test_default_bounds():
    fl.manual_seed(0)
    conv = nn.Conv2d(64, 32, 3)
    bound = 1 / np.sqrt(64 * 9)
    for p in (conv.weight, conv.bias):
        value = p.detach().numpy()
        assert np.abs(value).max() <= bound
        assert np.abs(value).max() > 0.8 * bound
    linear = nn.Linear(100, 50)
    assert np.abs(linear.weight.detach().numpy()).max() <= 0.1
    assert np.abs(linear.weight.detach().numpy()).max() > 0.099


def test_init_moments():
    fl.manual_seed(0)
    w = fl.empty(128, 64, 3, 3)
    nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu")
    np.testing.assert_allclose(w.numpy().std(), np.sqrt(2 / (128 * 9)), rtol=0.01)
    nn.init.xavier_uniform_(w, gain=2.0)
    np.testing.assert_allclose(w.numpy().std(), 2 * np.sqrt(2 / (192 * 9)), rtol=0.01)
    nn.init.kaiming_uniform_(w, nonlinearity="relu")
    np.testing.assert_allclose(w.numpy().std(), np.sqrt(2 / (64 * 9)), rtol=0.01)
    nn.init.trunc_normal_(w, 1.0, 2.0, 0.0, 3.0)
    assert w.numpy().min() >= 0.0
    assert w.numpy().max() <= 3.0
    assert abs(w.numpy().mean() - 1.4133) < 0.01
    q = nn.init.orthogonal_(fl.empty(5, 8), gain=2.0)
    np.testing.assert_allclose((q @ q.t()).numpy(), 4 * np.eye(5), atol=1e-5)
    assert nn.init.constant_(fl.empty(2), 3.0).tolist() == [3.0, 3.0]
    assert nn.init.eye_(fl.empty(2, 2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    x = fl.rand(1, 2, 4, 4)
    w = nn.init.dirac_(fl.empty(2, 2, 3, 3))
    assert fl.equal(F.conv2d(x, w, padding=1), x)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_normal_(fl.empty(3))
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        nn.init.calculate_gain("sine")


def test_init_on_a_parameter_is_unrecorded():
    p = nn.Parameter(fl.ones(2, 2))
    nn.init.zeros_(p)
    assert p.is_leaf
    assert p.requires_grad
    assert p.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_dropout():
    fl.manual_seed(0)
    layer = nn.Dropout(0.25)
    x = fl.ones(10000, requires_grad=True)
    y = layer(x)
    kept = y.detach().numpy() != 0
    assert abs(kept.mean() - 0.75) < 0.02
    np.testing.assert_allclose(y.detach().numpy()[kept], 1 / 0.75, rtol=1e-6)
    y.sum().backward()
    assert fl.equal(x.grad, y.detach())
    assert layer.eval()(x) is x
    channels = F.dropout2d(fl.ones(20, 10, 3, 3), 0.5).numpy()
    assert set(channels.reshape(200, 9).std(1)) == {0.0}
    assert F.dropout(fl.ones(3), 1.0).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.Dropout(1.5)


def test_jax_names():
    x = np.array([-1.0, 0.0, 2.0])
    assert nn.relu(x).tolist() == [0.0, 0.0, 2.0]
    assert isinstance(nn.relu(fl.tensor(x)), fl.Tensor)
    assert type(nn.softmax(x)) is np.ndarray
    np.testing.assert_allclose(fl.grad(lambda v: nn.gelu(v).sum())(x).shape, (3,))
    assert nn.one_hot(np.array([1]), 3).tolist() == [[0.0, 1.0, 0.0]]


def test_parameters_print():
    assert repr(nn.Parameter(fl.ones(2))) == (
        "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    )


def test_embedding_padding_gets_no_gradient():
    layer = nn.Embedding(4, 2, padding_idx=1)
    assert layer.weight[1].tolist() == [0.0, 0.0]
    layer(fl.tensor([0, 1, 1, 3])).sum().backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]


def test_errors_of_functions_name_the_users_line():
    """(Loss functions run within np.errstate, whose frames are not the user's.)"""
    scores, wrong = fl.zeros(4, 3), fl.zeros(3)
    with pytest.raises(fl.errors.ShapeError, match=r"test_semantics\.py:\d+"):
        fl.nn.functional.cross_entropy(scores, wrong)
