"""Creating Tensors, random numbers, and NumPy's view of Tensors."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp


def test_creation():
    assert fl.zeros(2, 3).shape == fl.zeros((2, 3)).shape == (2, 3)
    assert fl.full((2,), 3).dtype == fl.int64
    assert fl.full((2,), 3.0).dtype == fl.float32
    assert fl.full((2,), 1, dtype=fl.float64).dtype == fl.float64
    assert fl.eye(2).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert fl.linspace(0, 1, 3).tolist() == [0.0, 0.5, 1.0]
    assert fl.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert fl.logspace(0, 2, 3).tolist() == [1.0, 10.0, 100.0]
    assert fl.ones_like(fl.zeros(2, dtype=fl.int64)).dtype == fl.int64
    assert fl.rand_like(fl.zeros(2, 2)).shape == (2, 2)
    assert fl.ones(2, requires_grad=True).requires_grad
    assert fl.scalar_tensor(2.0).shape == ()
    assert fl.tensor([fl.tensor(1.0), fl.tensor(2.0)]).tolist() == [1.0, 2.0]
    assert fl.as_tensor([1, 2]).tolist() == [1, 2]
    t = fl.ones(2)
    assert fl.as_tensor(t) is t
    with pytest.raises(RuntimeError, match="runs on the CPU"):
        fl.zeros(2, device="cuda")
    with pytest.raises(ValueError, match=r"different lengths|inhomogeneous"):
        fl.tensor([[1], [2, 3]])


def test_seeds():
    fl.manual_seed(5)
    state = fl.get_rng_state()
    a = fl.rand(3)
    fl.set_rng_state(state)
    assert fl.equal(a, fl.rand(3))
    assert fl.initial_seed() == 5
    g = fl.Generator().manual_seed(5)
    assert fl.equal(a, fl.rand(3, generator=g))
    assert fl.Generator().initial_seed() >= 0


def test_random_moments():
    fl.manual_seed(0)
    x = fl.randn(20000)
    assert x.dtype == fl.float32
    assert abs(x.mean().item()) < 0.03
    assert abs(x.std().item() - 1) < 0.03
    u = fl.rand(20000)
    assert u.min().item() >= 0
    assert u.max().item() < 1
    assert abs(u.mean().item() - 0.5) < 0.02
    i = fl.randint(2, 5, (1000,))
    assert i.dtype == fl.int64
    assert set(i.tolist()) == {2, 3, 4}
    assert sorted(fl.randperm(10).tolist()) == list(range(10))
    assert abs(fl.bernoulli(fl.full((10000,), 0.3)).mean().item() - 0.3) < 0.03
    assert abs(fl.normal(3.0, 0.1, (1000,)).mean().item() - 3.0) < 0.02
    drawn = fl.multinomial(fl.tensor([0.0, 1.0, 3.0]), 5000, replacement=True)
    assert abs((drawn == 2).float().mean().item() - 0.75) < 0.03
    z = fl.empty(1000)
    assert abs(z.normal_(2.0, 0.5).mean().item() - 2.0) < 0.1
    assert abs(z.uniform_(1.0, 3.0).mean().item() - 2.0) < 0.1
    assert set(z.bernoulli_(0.5).tolist()) == {0.0, 1.0}
    assert fl.randn(3, dtype=fl.complex64).dtype == fl.complex64


def test_size_is_a_number_and_a_method():
    x = fl.zeros(2, 3)
    assert x.size == 6
    assert x.size() == (2, 3)
    assert x.size(-1) == 3
    assert np.zeros(x.size(0)).shape == (2,)
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.size(2)
    assert x.numel() == x.nelement() == 6
    assert (x.dim(), x.ndim, len(x)) == (2, 2, 2)


def test_numpy_functions_take_tensors():
    x = fl.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=fl.float64, requires_grad=True)
    for f in (
        lambda m, v: m.sum(v, axis=0),
        lambda m, v: m.mean(v, axis=1, keepdims=True),
        lambda m, v: m.max(v, axis=1),
        lambda m, v: m.std(v),
        lambda m, v: m.transpose(v, (1, 0)),
        lambda m, v: m.reshape(v, (4,)),
        lambda m, v: m.concatenate([v, v], axis=1),
        lambda m, v: m.where(v > 2, v, 0.0),
        lambda m, v: m.matmul(v, v),
        lambda m, v: v.astype(np.float32),
        lambda m, v: m.repeat(v, 2, axis=0),
    ):
        for module in (np, fnp):
            out = f(module, x)
            assert isinstance(out, fl.Tensor)
            np.testing.assert_allclose(out.detach().numpy(), f(np, x.detach().numpy()))
    assert np.asarray(x.detach()).dtype == np.float64
    assert np.array(x.detach(), dtype=np.float32).flags.writeable


def test_numpys_keywords_are_understood():
    x = fl.tensor([[1.0, 3.0], [2.0, 0.0]])
    assert x.sum(axis=0).tolist() == [3.0, 3.0]
    assert x.max(axis=1, keepdims=True).tolist() == [[3.0], [2.0]]
    assert x.mean(axis=1, keepdims=True).shape == (2, 1)


def test_dtype_methods():
    x = fl.tensor([1.5])
    for name, d in (
        ("double", "float64"),
        ("half", "float16"),
        ("long", "int64"),
        ("int", "int32"),
    ):
        assert getattr(x, name)().dtype == np.dtype(d)
    assert x.to(fl.float32) is x
    assert x.to("cpu") is x
    assert x.to("cpu", fl.float64).dtype == fl.float64
    assert x.to(fl.zeros(1, dtype=fl.int64)).dtype == fl.int64
    assert x.type() == "functorch_lite.float32"
    assert x.is_floating_point()
    with pytest.raises(RuntimeError, match="runs on the CPU"):
        x.to("cuda")
    with pytest.raises(RuntimeError, match="runs on the CPU"):
        x.cuda()


def test_errors_of_shapes():
    x = fl.zeros(2, 3)
    with pytest.raises(RuntimeError, match=r"shape '\[4\]' is invalid for input of size 6"):
        x.view(4)
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        x @ x
    with pytest.raises(IndexError, match="index 2 is out of bounds for dimension 0 with size 2"):
        x[2]
    with pytest.raises(IndexError, match="too many indices"):
        x[0, 0, 0]
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        fl.stack([fl.zeros(1), fl.zeros(2)])
    with pytest.raises(RuntimeError, match="could not infer output dtype"):
        fl.ones(2, dtype=fl.int64).mean()
    with pytest.raises(RuntimeError, match="two bool tensors"):
        fl.ones(1).bool() - fl.ones(1).bool()
    with pytest.raises(TypeError):
        x + "a"
    with pytest.raises(RuntimeError, match="same dtype"):
        x @ x.double().t()


def test_variance_of_one_value_is_nan():
    assert np.isnan(fl.tensor([1.0]).var().item())
    assert fl.tensor([1.0]).var(unbiased=False).item() == 0.0


def test_std_of_constants_has_zero_gradient():
    x = fl.ones(3, requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_membership_and_iteration():
    x = fl.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert 3.0 in x
    assert [row.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    a, b = x
    assert b.tolist() == [3.0, 4.0]
    assert fl.equal(a, x[0])
    assert not fl.equal(a, x)
    assert fl.allclose(x, x + 1e-9)
