"""Tensors that share their data: detached ones, views, and data that is exchanged."""

import numpy as np
import pytest

import functorch_lite as fl


def leaf(*data):
    return fl.tensor(data, requires_grad=True)


# --- a detached tensor has a place of its own in the graph ----------------------------------------


def test_writing_a_tracked_value_to_a_detached_tensor_is_recorded():
    x, w = fl.tensor([1.0, 2.0]), leaf(3.0, 4.0)
    y = x.detach()
    y *= w
    assert y.requires_grad and not x.requires_grad
    assert x.tolist() == y.tolist() == [3.0, 8.0]
    y.sum().backward()
    assert w.grad.tolist() == [1.0, 2.0]


def test_writing_a_tracked_value_into_a_part_of_a_detached_tensor_is_recorded():
    x, w = fl.zeros(2, 2), leaf(3.0, 4.0)
    y = x.detach()
    y[0].add_(w * 2)
    y[1] = w
    assert x.tolist() == [[6.0, 8.0], [3.0, 4.0]]
    y.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]
    assert not x.requires_grad


def test_writing_a_tracked_value_to_a_detached_part():
    x, w = leaf(1.0, 2.0), leaf(3.0)
    row = (x * 1)[:1].detach()
    row.mul_(w)
    row.backward()
    assert w.grad.tolist() == [1.0]
    assert x.grad is None


def test_a_detached_leaf_stays_one_when_its_origin_is_written_to():
    x = fl.tensor([1.0, 2.0])
    y = x.detach().requires_grad_()
    x.mul_(3)
    assert y.requires_grad and y.is_leaf
    (y * y).sum().backward()
    assert y.grad.tolist() == [6.0, 12.0]


# --- x.data = y -----------------------------------------------------------------------------------


def test_data_that_was_exchanged_comes_back():
    p = leaf(1.0, 2.0)
    before = p.data
    p.data = fl.tensor([5.0, 6.0])
    assert before.tolist() == [1.0, 2.0]
    p.data = before
    assert p.tolist() == [1.0, 2.0]
    assert p.requires_grad and p.is_leaf


@pytest.mark.parametrize("shape", [(2, 2), (4,)])
def test_views_keep_the_old_data(shape):
    x = fl.tensor([[1.0, 2.0], [3.0, 4.0]])
    row, same = x[1], x.detach()
    x.data = fl.zeros(shape)
    assert row.tolist() == [3.0, 4.0]
    row.mul_(2)
    assert same.tolist() == [[1.0, 2.0], [6.0, 8.0]]
    same[1, 0] = 9.0
    assert row.tolist() == [9.0, 8.0]
    assert x.tolist() == np.zeros(shape).tolist()


def test_a_view_that_is_given_other_data_leaves_its_base():
    x = fl.tensor([[1.0, 2.0], [3.0, 4.0]])
    row = x[1]
    part = row[:1]
    row.data = fl.tensor([7.0, 7.0])
    row.add_(1)
    part.mul_(10)
    assert x.tolist() == [[1.0, 2.0], [30.0, 4.0]]
    assert row.tolist() == [8.0, 8.0]


def test_what_was_saved_of_the_old_data_is_still_right():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    x.data = fl.tensor([5.0, 5.0])
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


# --- leaves and copies ----------------------------------------------------------------------------


def test_a_leaf_that_stopped_requiring_gradients_gets_none():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w).sum()
    w.requires_grad_(False)
    y.backward()
    assert w.grad is None
    assert x.grad.tolist() == [3.0, 4.0]


def test_copying_a_constant_into_a_tracked_tensor_keeps_it_tracked():
    x = leaf(1.0, np.inf)
    y = x * 2
    y.copy_(fl.tensor([5.0, 6.0]))
    assert y.requires_grad
    y.sum().backward()
    assert y.tolist() == [5.0, 6.0]
    assert x.grad.tolist() == [0.0, 0.0]
