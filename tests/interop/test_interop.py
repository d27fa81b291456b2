"""Sharing memory with other libraries, pickling, einops."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import interop
from functorch_lite import numpy as fnp

DTYPES = ["bool", "int8", "int32", "int64", "uint8", "float16", "float32", "float64", "complex128"]


def sample(dtype):
    return (np.arange(6).reshape(2, 3) % 4).astype(dtype)


def same_memory(a, b):
    return a.__array_interface__["data"][0] == b.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensor_and_numpy_share(dtype):
    x = sample(dtype)
    t = fl.from_numpy(x)
    assert same_memory(np.asarray(t), x)
    back = interop.from_dlpack(t)
    assert same_memory(back, x) and back.dtype == x.dtype and not back.flags.writeable
    np.testing.assert_array_equal(back, x)
    assert not same_memory(interop.from_dlpack(t, copy=True), x)
    assert t.__dlpack_device__()[0] == 1


def test_a_tensor_with_a_gradient_is_not_exported():
    t = fl.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="detach"):
        interop.from_dlpack(t)
    np.testing.assert_array_equal(interop.from_dlpack(t.detach()), [1.0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_torch_both_ways(dtype):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    x = sample(dtype)
    there = interop.to_torch({"a": x, "b": [fl.from_numpy(x), "text", None]})
    assert same_memory(there["a"].numpy(), x) and there["b"][1:] == ["text", None]
    np.testing.assert_array_equal(there["b"][0].numpy(), x)
    back = interop.from_torch(there)
    assert same_memory(back["a"], x) and back["a"].dtype == x.dtype
    # DLPack directly.
    shared = torch.from_dlpack(fnp.asarray(x))
    np.testing.assert_array_equal(interop.from_dlpack(shared), x)
    assert same_memory(interop.from_dlpack(shared), shared.numpy())


def test_torch_corners():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    x = np.arange(6.0).reshape(2, 3)
    assert interop.to_torch(x[:, ::-1])[0, 0] == 2.0
    w = torch.ones(2, requires_grad=True)
    np.testing.assert_array_equal(interop.from_torch(w), [1, 1])
    z = torch.tensor([1 + 2j]).conj()
    np.testing.assert_array_equal(interop.from_torch(z), [1 - 2j])
    frozen = x.copy()
    frozen.flags.writeable = False
    interop.to_torch(frozen)[0, 0] = 9.0
    assert frozen[0, 0] == 0.0
    # A step of PyTorch on our gradient.
    p = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    p.grad = interop.to_torch(fl.grad(lambda w: fnp.sum((w - 1) ** 2))(interop.from_torch(p)))
    torch.optim.SGD([p], 0.5).step()
    np.testing.assert_allclose(p.detach().numpy(), 1.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_jax_both_ways(dtype):
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):
        x = sample(dtype)
        there = interop.to_jax({"a": x, "b": (fl.from_numpy(x), "text")})
        assert isinstance(there["a"], jax.Array) and there["a"].dtype == dtype
        x_before = x.copy()
        x[0, 0] = 1
        np.testing.assert_array_equal(there["a"], x_before)
        back = interop.from_jax(there)
        assert type(back["a"]) is np.ndarray and not back["a"].flags.writeable
        np.testing.assert_array_equal(back["b"][0], x_before)
        if dtype not in ("bool",):
            np.testing.assert_array_equal(interop.from_dlpack(there["a"]), x_before)
        np.testing.assert_array_equal(jax.dlpack.from_dlpack(fnp.asarray(x)), x)


def test_keys_of_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    from functorch_lite import random

    key = interop.from_jax(jax.random.key(5))
    np.testing.assert_array_equal(
        random.bits(key, (3,), "uint32"), jax.random.bits(jax.random.key(5), (3,), "uint32")
    )


def test_array_namespace():
    found = []

    def f(x):
        xp = x.__array_namespace__()
        found.append(xp)
        return xp.sum(xp.sin(x))

    fl.grad(f)(np.ones(2))
    fl.jit(f)(np.ones(2))
    assert all(xp is fnp for xp in found)


def square(x):
    return x * x


@fl.jit
def decorated(x):
    return x + 1


def test_pickling():
    f = fl.jit(square, static_argnames=())
    for _ in range(3):
        f(np.ones(2))
    g = pickle.loads(pickle.dumps(f))
    assert (float(g(3.0)) == 9.0 and not g.cache) or len(g.cache) == 1
    decorated(1.0)
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    static = pickle.loads(pickle.dumps(fl.jit(np.power, static_argnums=1)))
    assert float(static(2.0, 3)) == 8.0
    objects = [
        fl.tensor([1.0, 2.0], requires_grad=True),
        fl.nn.Parameter(fl.ones(2)),
        fnp.asarray([1.0]),
        fl.ShapeDtypeStruct((2,), "float32"),
        fl.tree_util.tree_structure({"a": [1, 2]}),
    ]
    for x in objects:
        y = pickle.loads(pickle.dumps(x))
        assert type(y).__name__ in (type(x).__name__, "ndarray") and str(y) == str(x)
    module = fl.nn.Sequential(fl.nn.Linear(2, 3), fl.nn.ReLU())
    copy = pickle.loads(pickle.dumps(module))
    x = fl.ones(4, 2)
    np.testing.assert_array_equal(copy(x).detach().numpy(), module(x).detach().numpy())


def einops_cases():
    return [
        ("rearrange", "a b c -> c (b a)", {}),
        ("rearrange", "a (b1 b2) c -> b1 a (c b2)", {"b1": 2}),
        ("reduce", "a b c -> b c", {"reduction": "sum"}),
        ("reduce", "a b c -> a", {"reduction": "mean"}),
        ("reduce", "a (b b2) c -> a b c", {"reduction": "max", "b2": 2}),
        ("reduce", "a b c -> b", {"reduction": "min"}),
        ("reduce", "a b c -> b", {"reduction": "prod"}),
        ("repeat", "a b c -> a r b (c s)", {"r": 2, "s": 3}),
    ]


@pytest.mark.parametrize(("name", "pattern", "kwargs"), einops_cases())
def test_einops(name, pattern, kwargs):
    einops = pytest.importorskip("einops", reason="einops works where it is installed")
    interop.register_einops()
    x = np.linspace(0.5, 2.0, 24).reshape(2, 4, 3)

    def f(x):
        return getattr(einops, name)(x, pattern, **kwargs)

    want = f(x)
    np.testing.assert_allclose(fl.jit(f)(x), want)
    np.testing.assert_allclose(fl.vmap(f)(np.stack([x, x + 1])), [want, f(x + 1)])
    t = f(fl.from_numpy(x))
    assert isinstance(t, fl.Tensor)
    np.testing.assert_allclose(t.numpy(), want)
    g = fl.grad(lambda x: fnp.sum(f(x) ** 2))(x)
    e = 1e-6
    direction = np.cos(np.arange(24.0)).reshape(x.shape)
    fd = (np.sum(f(x + e * direction) ** 2) - np.sum(f(x - e * direction) ** 2)) / (2 * e)
    np.testing.assert_allclose(np.sum(g * direction), fd, rtol=1e-6)


def test_einops_more():
    einops = pytest.importorskip("einops", reason="einops works where it is installed")
    interop.register_einops()
    x, y = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    out = fl.jit(lambda x, y: einops.einsum(x, y, "i j, j k -> i k"))(x, y)
    np.testing.assert_allclose(out, x @ y)
    packed = fl.jit(lambda x: einops.pack([x, x[:, 0]], "b *")[0])(x)
    np.testing.assert_allclose(packed, np.concatenate([x, x[:, :1]], 1))
    stacked = fl.jit(lambda x: einops.rearrange([x, x], "n a b -> a (n b)"))(x)
    np.testing.assert_allclose(stacked, np.concatenate([x, x], 1))


@pytest.mark.parametrize("first", ["einops", "functorch_lite"])
def test_einops_registers_itself_in_the_usual_order(first):
    pytest.importorskip("einops", reason="einops works where it is installed")
    imports = {
        "einops": "import einops, functorch_lite as fl",
        "functorch_lite": "import functorch_lite as fl, einops; fl.interop.register_einops()",
    }[first]
    code = f"{imports}\nimport numpy as np\n"
    code += "print(fl.grad(lambda x: einops.reduce(x, 'a b -> ', 'sum'))(np.ones((1, 2))))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[[1. 1.]]"


def test_a_trained_optimizer_can_be_pickled_and_copied():
    model = fl.nn.Sequential(fl.nn.Linear(3, 4), fl.nn.Linear(4, 1))
    optimizer = fl.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        model(fl.ones(5, 3)).sum().backward()
        optimizer.step()
    for duplicate in (lambda both: pickle.loads(pickle.dumps(both)), copy.deepcopy):
        twin_model, twin = duplicate((model, optimizer))
        assert twin.param_groups[0]["params"][0] is twin_model[0].weight
        for m, o in ((model, optimizer), (twin_model, twin)):
            o.zero_grad()
            m(fl.ones(5, 3)).sum().backward()
            o.step()
        for a, b in zip(model.parameters(), twin_model.parameters(), strict=True):
            np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


def test_a_library_that_knows_no_read_only_memory_gets_a_copy():
    t = fl.tensor([1.0, 2.0])
    assert "dltensor_versioned" in repr(t.__dlpack__(max_version=(1, 0)))
    assert "dltensor_versioned" not in repr(t.__dlpack__())


@pytest.mark.peer
def test_dlpack_to_jax_and_back():
    jnp = pytest.importorskip("jax").numpy
    for x in (fl.tensor([1.0, 2.0]), fnp.arange(3, dtype=np.float32)):
        y = jnp.from_dlpack(x)
        assert y.tolist() == x.tolist()
        np.testing.assert_array_equal(interop.from_dlpack(y), x.tolist())


@pytest.mark.parametrize("first", ["einops", "functorch_lite"])
def test_einops_in_either_order_of_import(first):
    pytest.importorskip("einops", reason="einops works where it is installed")
    second = {"einops": "functorch_lite", "functorch_lite": "einops"}[first]
    code = (
        f"import {first}\nimport {second}\nimport functorch_lite as fl, einops, numpy as np\n"
        "f = lambda x: (einops.rearrange(x, 'a b -> b a') ** 2).sum()\n"
        "print(fl.grad(f)(np.ones((2, 3))).shape)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "(2, 3)"
