"""Draws of many numbers: by several threads, when they are needed, from the seed alone."""

import copy
import threading

import numpy as np
import pytest
from scipy import stats

import functorch_lite as fl
from functorch_lite.stateful import draws

MANY = 3 * draws._BLOCK + 7


def filled(kind="normal", dtype=fl.float32, n=MANY):
    t = fl.empty(n, dtype=dtype)
    return t.normal_(0.5, 2.0) if kind == "normal" else t.uniform_(-1.0, 3.0)


@pytest.fixture
def drawn_now(monkeypatch):
    """Record the kinds of numbers that are drawn in blocks."""
    kinds = []
    now = draws.Draw.now

    def recorded(self):
        kinds.append(self.kind)
        return now(self)

    monkeypatch.setattr(draws.Draw, "now", recorded)
    return kinds


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("dtype", [fl.float32, fl.float64])
def test_numbers_depend_on_the_seed_and_not_on_threads(kind, dtype, monkeypatch):
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(draws, "get_num_threads", lambda threads=threads: threads)
        fl.manual_seed(3)
        results.append(filled(kind, dtype).numpy())
    assert results[0].dtype == dtype
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
    assert len(np.unique(results[0])) > 0.9 * MANY  # no block repeats another


@pytest.mark.parametrize("n", [draws._BLOCK - 1, MANY])
@pytest.mark.parametrize("dtype", [fl.float32, fl.float64])
def test_normal_numbers_are_normal(n, dtype):
    fl.manual_seed(0)
    x = filled("normal", dtype, n).numpy()
    assert stats.kstest(x[:20_000], stats.norm(0.5, 2.0).cdf).pvalue > 1e-3
    assert abs(x.mean() - 0.5) < 0.03 and abs(x.std() - 2.0) < 0.03
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 0.02


def test_uniform_numbers_are_uniform():
    fl.manual_seed(0)
    x = filled("uniform").numpy()
    assert x.min() >= -1.0 and x.max() <= 3.0
    assert stats.kstest(x[:20_000], stats.uniform(-1.0, 4.0).cdf).pvalue > 1e-3


def test_filling_and_creating_draw_the_same_numbers():
    fl.manual_seed(1)
    a = fl.randn(MANY).numpy()
    fl.manual_seed(1)
    np.testing.assert_array_equal(a, fl.empty(MANY).normal_().numpy())


def test_the_state_of_the_generator_moves_on_when_the_numbers_are_asked_for():
    fl.manual_seed(1)
    state = fl.get_rng_state()
    first, second = filled(), filled()
    later = fl.rand(3).numpy()
    fl.set_rng_state(state)
    again, _ = filled().numpy(), filled().numpy()
    np.testing.assert_array_equal(later, fl.rand(3).numpy())
    np.testing.assert_array_equal(first.numpy(), again)
    assert (first.numpy() != second.numpy()).any()


def test_what_is_overwritten_unseen_is_not_drawn(drawn_now):
    fl.manual_seed(0)
    conv = fl.nn.Conv2d(64, 128, 3, bias=False)
    fl.nn.init.kaiming_normal_(conv.weight)
    assert conv.weight.is_pending and drawn_now == []
    conv.weight.detach().numpy()
    assert not conv.weight.is_pending and drawn_now == ["normal"]


def test_eager_execution_draws_at_once(drawn_now):
    with fl.eager():
        assert not filled().is_pending
    assert drawn_now == ["normal"]


def test_threads_that_look_at_the_same_time_see_one_draw(drawn_now):
    t = filled()
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(t.numpy())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn_now == ["normal"]
    assert all((s == seen[0]).all() for s in seen)


def test_a_copy_of_what_is_not_drawn_yet_has_the_same_numbers():
    t = filled()
    np.testing.assert_array_equal(copy.deepcopy(t).numpy(), t.numpy())


def test_a_module_is_trained_from_weights_that_are_drawn_on_the_way():
    def losses():
        fl.manual_seed(0)
        model = fl.nn.Linear(256, 512)
        optimizer = fl.optim.SGD(model.parameters(), lr=0.1)
        out = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = (model(fl.ones(4, 256)) ** 2).mean()
            loss.backward()
            optimizer.step()
            out.append(loss.item())
        return out

    deferred = losses()
    with fl.eager():
        np.testing.assert_allclose(losses(), deferred, rtol=1e-5)
    assert deferred[2] < deferred[0]


def test_a_draw_inside_a_transform_is_an_array(drawn_now):
    def f(x):
        return x * filled().numpy().sum()

    fl.grad(f)(1.0)
    assert drawn_now == ["normal"]
