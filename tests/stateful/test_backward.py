"""backward, grad, hooks and modes: PyTorch's rules, each pinned by a fact."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.stateful.lazy import current_graph


def leaf(*values, dtype=None):
    data = list(values) if len(values) > 1 else values[0]
    return fl.tensor(data, dtype=dtype, requires_grad=True)


def test_the_tutorial():
    a, b = leaf(2.0, 3.0), leaf(6.0, 4.0)
    q = 3 * a**3 - b**2
    q.backward(gradient=fl.tensor([1.0, 1.0]))
    assert a.grad.tolist() == [36.0, 81.0]
    assert b.grad.tolist() == [-12.0, -8.0]
    assert repr(a.grad) == "tensor([36., 81.])"


def test_gradients_accumulate():
    x = leaf(2.0)
    for expected in (4.0, 8.0, 12.0):
        (x * x).backward()
        assert x.grad.item() == expected
    before = x.grad
    (x * x).backward()
    assert before is x.grad
    assert before.item() == 16.0


def test_backward_needs_a_scalar_or_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(
        RuntimeError, match="grad can be implicitly created only for scalar outputs"
    ):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        (x * 2).sum().backward(fl.ones(2))
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        fl.ones(1).backward()


@pytest.mark.parametrize(
    ("f", "saves"),
    [
        (lambda x: x + 1, False),
        (lambda x: -x, False),
        (lambda x: x.view(2, 1), False),
        (lambda x: x.sum(), False),
        (lambda x: x * 2, True),
        (lambda x: x * x, True),
        (lambda x: x.sin(), True),
        (lambda x: x @ x, True),
        (lambda x: x.relu(), True),
    ],
)
def test_second_backward_raises_where_something_was_saved(f, saves):
    x = leaf(1.0, 2.0)
    y = f(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    if saves:
        with pytest.raises(
            RuntimeError, match="Trying to backward through the graph a second time"
        ):
            y.backward()
    else:
        y.backward()
        assert x.grad is not None


def test_non_leaf_grad_is_none_unless_retained():
    x = leaf(3.0)
    y = x * 2
    z = y * y
    z.backward()
    with pytest.warns(UserWarning, match="is not a leaf Tensor is being accessed"):
        assert y.grad is None
    y = x * 2
    y.retain_grad()
    assert y.retains_grad
    (y * y).backward()
    assert y.grad.item() == 12.0
    with pytest.raises(RuntimeError, match="can't retain_grad"):
        fl.ones(1).retain_grad()


def test_inputs_writes_only_there():
    w, x = leaf(2.0), leaf(3.0)
    y = w * x
    z = y * y
    z.backward(inputs=[w], retain_graph=True)
    assert w.grad.item() == 36.0
    assert x.grad is None
    z.backward(inputs=y)
    assert y.grad.item() == 12.0
    assert x.grad is None
    with pytest.raises(RuntimeError, match="cannot be empty"):
        z.backward(inputs=[])


def test_grad_of_unused():
    x, y = leaf(2.0), leaf(3.0)
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        fl.autograd.grad(x * x, [x, y])
    gx, gy = fl.autograd.grad(x * x, [x, y], allow_unused=True)
    assert (gx.item(), gy) == (4.0, None)
    gx, gy = fl.autograd.grad(x * x, [x, y], materialize_grads=True)
    assert gy.item() == 0.0
    assert x.grad is None
    with pytest.raises(
        RuntimeError, match="One of the differentiated Tensors does not require grad"
    ):
        fl.autograd.grad(x * x, fl.ones(1))
    with pytest.raises(ValueError, match="Expected allow_unused to be True"):
        fl.autograd.grad(x * x, [x], allow_unused=False, materialize_grads=True)


def test_grad_with_respect_to_non_leaves_and_outputs():
    x = leaf(2.0)
    y = x * 3
    z = y * y
    gy, gx, gz = fl.autograd.grad(z, [y, x, z])
    assert (gy.item(), gx.item(), gz.item()) == (12.0, 36.0, 1.0)


def test_grads_batched():
    x = leaf(1.0, 2.0, 3.0)
    y = x * x
    (jacobian,) = fl.autograd.grad(y, x, fl.eye(3), is_grads_batched=True)
    assert jacobian.tolist() == np.diag([2.0, 4.0, 6.0]).tolist()


# --- higher order ---------------------------------------------------------------------------------


def test_third_derivative():
    x = leaf(2.0, dtype=fl.float64)
    (g,) = fl.autograd.grad(x**4, x, create_graph=True)
    (h,) = fl.autograd.grad(g, x, create_graph=True)
    (k,) = fl.autograd.grad(h, x)
    assert (g.item(), h.item(), k.item()) == (32.0, 48.0, 48.0)


def test_create_graph_through_saved_results():
    """exp saves its result: the gradient must reach the very node that the user holds."""
    x = leaf(0.5, dtype=fl.float64)
    y = x.exp()
    (g,) = fl.autograd.grad(y, x, create_graph=True)
    (to_y,) = fl.autograd.grad(g, y, retain_graph=True)
    assert to_y.item() == 1.0
    (h,) = fl.autograd.grad(g, x)
    np.testing.assert_allclose(h.item(), np.exp(0.5))


def test_create_graph_accumulates_a_recorded_gradient():
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    assert x.grad.requires_grad
    penalty = x.grad**2
    x.grad = None
    penalty.backward()
    assert x.grad.item() == 2 * 27 * 18.0


@pytest.mark.parametrize("wrap", [fl.jit, fl.checkpoint], ids=["jit", "checkpoint"])
def test_double_backward_through_calls(wrap):
    f = wrap(lambda x, w: fl.numpy.sum(fl.numpy.sin(x * w)))
    x, w = leaf(0.3, 0.4, dtype=fl.float64), leaf(2.0, dtype=fl.float64)
    y = f(x, w)
    assert isinstance(y, fl.Tensor)
    gx, gw = fl.autograd.grad(y, [x, w], create_graph=True)
    np.testing.assert_allclose(gx.detach().numpy(), 2 * np.cos([0.6, 0.8]))
    (h,) = fl.autograd.grad(gx.sum() + gw, w)
    xs = np.array([0.3, 0.4])
    expected = (np.cos(2 * xs) - 2 * xs * np.sin(2 * xs)).sum() - (xs**2 * np.sin(2 * xs)).sum()
    np.testing.assert_allclose(h.item(), expected)


def test_double_backward_through_custom_vjp():
    @fl.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, ct: (5.0 * x**2 * ct,))
    x = leaf(2.0, dtype=fl.float64)
    (g,) = fl.autograd.grad(cube(x), x, create_graph=True)
    assert g.item() == 20.0
    assert fl.autograd.grad(g, x)[0].item() == 20.0


# --- in place -------------------------------------------------------------------------------------


def test_in_place_on_a_leaf_raises():
    x = leaf(1.0, 2.0)
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 5.0), lambda: x.zero_()):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            write()
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x[0].add_(1)
    with fl.no_grad():
        x.add_(1)
        x[0] = 7.0
    assert x.tolist() == [7.0, 3.0]
    assert x.is_leaf
    assert x.requires_grad


def test_version_counter():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.add_(1)
    assert y._version == 1
    with pytest.raises(
        RuntimeError, match=r"modified by an inplace operation.*exp.*is at version 1"
    ):
        y.sum().backward()
    y = x * 2
    y.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    y = x * x
    with fl.no_grad():
        x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_in_place_is_recorded():
    x = leaf(1.0, 2.0)
    y = x * 1
    y.mul_(x)
    y += 1
    y[0] = 5.0
    y.sum().backward()
    assert y.tolist() == [5.0, 5.0]
    assert x.grad.tolist() == [0.0, 4.0]


def test_writing_a_tracked_value_makes_a_tensor_tracked():
    x = leaf(3.0)
    buffer = fl.zeros(2)
    buffer[1] = x * x
    assert buffer.requires_grad
    buffer.sum().backward()
    assert x.grad.item() == 6.0


def test_fill_and_zero_keep_the_place_in_the_graph():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.zero_()
    assert y.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_in_place_checks_dtype_and_shape():
    with pytest.raises(
        RuntimeError, match="result type Float can't be cast to the desired output type Long"
    ):
        fl.ones(2, dtype=fl.int64).add_(1.5)
    with pytest.raises(
        RuntimeError, match=r"output with shape \[2\] doesn't match the broadcast shape"
    ):
        fl.ones(2).add_(fl.ones(3, 2))


VIEWS = {
    "getitem": lambda x: x[1],
    "slice": lambda x: x[:, ::2],
    "view": lambda x: x.view(6),
    "reshape": lambda x: x.reshape(3, 2),
    "transpose": lambda x: x.t(),
    "T": lambda x: x.T,
    "unsqueeze": lambda x: x.unsqueeze(0),
    "chunk": lambda x: x.chunk(2)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "diagonal": lambda x: x.diagonal(),
    "nested": lambda x: x.t()[1:].reshape(-1)[::2],
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data[0],
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_share_as_in_torch(name):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def run(lib):
        x = lib.arange(6).double().reshape(2, 3) * 1.0
        base, view = x, VIEWS[name](x)
        view.add_(10.0)
        seen = [base.tolist(), view.tolist()]
        base.mul_(2.0)
        seen += [base.tolist(), view.tolist()]
        VIEWS[name](base)[...] = -1.0
        return [*seen, base.tolist(), view.tolist()]

    assert run(fl) == run(torch)


@pytest.mark.parametrize(
    "name", [n for n in VIEWS if n not in ("detach", "data", "chunk", "unbind")]
)
def test_gradients_through_writes_to_views(name):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def run(lib):
        w = lib.arange(6).double().requires_grad_()
        x = (w * 2.0).reshape(2, 3) * 1.0
        view = VIEWS[name](x)
        view.mul_(view.detach().clone() + 1.0)
        x.mul_(3.0)
        (x.sum() + (view * view).sum()).backward()
        return w.grad.tolist()

    assert run(fl) == run(torch)


def test_writing_to_an_expanded_tensor_raises():
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        fl.ones(2).expand(3, 2).add_(1)


def test_detach_shares_versions():
    x = leaf(1.0, 2.0)
    y = x * x
    x.detach().zero_()
    assert x.tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_data_can_change_shape_and_dtype():
    x = leaf(1.0, 2.0)
    x.data = fl.ones(3, dtype=fl.float64)
    assert x.shape == (3,)
    assert x.requires_grad
    assert x.is_leaf
    (x * x).sum().backward()
    assert x.grad.dtype == np.float64


# --- what a Tensor refuses ------------------------------------------------------------------------


def test_only_floats_require_gradients():
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype"):
        fl.tensor([1], requires_grad=True)
    with pytest.raises(RuntimeError, match="only Tensors of floating point and complex dtype"):
        fl.tensor([1]).requires_grad_()
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf"):
        (x * 2).requires_grad_(False)


def test_numpy_of_a_tracked_tensor_raises():
    x = leaf(1.0, 2.0)
    for convert in (lambda: x.numpy(), lambda: np.asarray(x), lambda: np.array(x)):
        with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\) instead"):
            convert()
    a = x.detach().numpy()
    assert a.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 5.0
    assert x.numpy(force=True).tolist() == [1.0, 2.0]


def test_scalars():
    assert fl.tensor([[2.5]]).item() == 2.5
    with pytest.raises(
        RuntimeError, match="a Tensor with 2 elements cannot be converted to Scalar"
    ):
        fl.ones(2).item()
    with pytest.raises(
        RuntimeError, match="Boolean value of Tensor with more than one value is ambiguous"
    ):
        bool(fl.ones(2))
    with pytest.raises(TypeError, match="only integer tensors"):
        range(fl.tensor(2.0))
    assert list(range(fl.tensor(2))) == [0, 1]
    assert f"{fl.tensor(2.0):.2f}" == "2.00"
    with pytest.raises(TypeError, match="0-d tensor"):
        len(fl.tensor(1.0))


def test_grad_assignment_is_checked():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="attempting to assign a gradient of size"):
        x.grad = fl.ones(3)
    with pytest.raises(RuntimeError, match="with dtype"):
        x.grad = fl.ones(2, dtype=fl.float64)
    with pytest.raises(TypeError):
        x.grad = 1.0
    x.grad = fl.ones(2)
    x.grad = None
    assert x.grad is None


def test_dtypes_of_creation():
    assert fl.tensor([1.0]).dtype == fl.float32
    assert fl.tensor([1]).dtype == fl.int64
    assert fl.tensor(np.ones(2)).dtype == fl.float64
    assert fl.tensor(1j).dtype == fl.complex64
    assert fl.tensor([True]).dtype == fl.bool
    assert fl.zeros(2).dtype == fl.float32
    assert (fl.ones(2) * 2.0 + 1).dtype == fl.float32
    assert fl.arange(3).dtype == fl.int64
    assert fl.arange(3.0).dtype == fl.float32
    before = fl.get_default_dtype()
    fl.set_default_dtype(fl.float64)
    try:
        assert fl.tensor([1.0]).dtype == fl.float64
        assert fl.rand(1).dtype == fl.float64
    finally:
        fl.set_default_dtype(before)
    with pytest.raises(TypeError):
        fl.set_default_dtype(fl.int32)


def test_tensor_copies_and_from_numpy_shares():
    a = np.ones(2)
    copied, shared = fl.tensor(a), fl.from_numpy(a)
    a[0] = 5.0
    assert copied.tolist() == [1.0, 1.0]
    assert shared.tolist() == [5.0, 1.0]


# --- modes ----------------------------------------------------------------------------------------


def test_no_grad():
    x = leaf(2.0)
    with fl.no_grad():
        y = x * x
        with fl.enable_grad():
            z = x * x
        assert not fl.is_grad_enabled()
    assert fl.is_grad_enabled()
    assert not y.requires_grad
    assert z.requires_grad

    @fl.no_grad()
    def f():
        return x * x

    @fl.no_grad
    def g():
        return x * x

    assert not f().requires_grad
    assert not g().requires_grad


def test_set_grad_enabled():
    x = leaf(2.0)
    with fl.set_grad_enabled(False):
        assert not (x * x).requires_grad
    assert (x * x).requires_grad
    fl.set_grad_enabled(False)
    try:
        assert not (x * x).requires_grad
    finally:
        fl.set_grad_enabled(True)


def test_modes_are_per_thread():
    seen = []
    with fl.no_grad():
        t = threading.Thread(target=lambda: seen.append(fl.is_grad_enabled()))
        t.start()
        t.join()
    assert seen == [True]


def test_no_grad_and_functional_grad():
    def half_stopped(x):
        with fl.no_grad():
            c = x * x
        return x * c

    assert float(fl.grad(half_stopped)(3.0)) == 9.0
    with fl.no_grad():
        assert float(fl.grad(lambda x: x * x)(3.0)) == 6.0


def test_inference_mode_raises_rather_than_giving_zeros():
    x = leaf(2.0)
    with fl.inference_mode():
        y = x * 3
        with pytest.raises(RuntimeError, match="inside inference_mode"):
            fl.grad(lambda v: v * v)(3.0)
        with pytest.raises(RuntimeError, match="inside inference_mode"):
            fl.jvp(lambda v: v * v, (3.0,), (1.0,))
    assert y.is_inference()
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        x * y
    with pytest.raises(RuntimeError, match="outside InferenceMode is not allowed"):
        y.requires_grad_()
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        y.add_(1)

    def inside(v):
        with fl.inference_mode():
            w = v * v
        return v * w

    with pytest.raises(RuntimeError, match="would make its derivatives vanish"):
        fl.grad(inside)(3.0)
    assert fl.is_grad_enabled()
    assert (x * y.clone()).requires_grad


# --- hooks ----------------------------------------------------------------------------------------


def test_tensor_hooks():
    x = leaf(1.0, 2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    handle = y.register_hook(lambda g: g * 2)
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward(retain_graph=True)
    assert seen == [[1.0, 1.0], [2.0, 2.0]]
    assert x.grad.tolist() == [6.0, 6.0]
    handle.remove()
    x.grad = None
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_leaf_hooks_see_the_sum():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2 + x * 3).backward()
    assert seen == [5.0]
    after = []
    x.register_post_accumulate_grad_hook(lambda t: after.append(t.grad.item()))
    (x * 2).backward()
    assert after == [7.0]
    with pytest.raises(RuntimeError, match="cannot register a hook"):
        fl.ones(1).register_hook(print)


def test_hooks_under_create_graph_are_differentiated():
    x = leaf(2.0, dtype=fl.float64)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = fl.autograd.grad(y, x, create_graph=True)
    assert g.item() == 8.0
    assert fl.autograd.grad(g, x)[0].item() == 8.0


# --- memory ---------------------------------------------------------------------------------------


def test_graphs_are_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = x.exp()
        z = (y * y).view(2, 1).sum()
        refs = [weakref.ref(t.node) for t in (y, z)] + [weakref.ref(y), weakref.ref(z)]
        del y, z
        assert [r() for r in refs] == [None] * 4
        z = (x * x).sum()
        (g,) = fl.autograd.grad(z, x, create_graph=True)
        refs = [weakref.ref(g.node), weakref.ref(z.node)]
        del g, z
        assert [r() for r in refs] == [None] * 2
    finally:
        gc.enable()


def test_long_chains():
    x = leaf(0.5, dtype=fl.float64)
    y = x
    for _ in range(20000):
        y = y * 1.00001
    y.backward()
    np.testing.assert_allclose(x.grad.item(), 1.00001**20000)
    del y


def test_residuals_are_freed_by_backward():
    x = leaf(1.0, 2.0)
    big = fl.rand(1000)
    held = weakref.ref(big.value)
    y = (x.sum() * big).sum()
    del big
    assert held() is not None
    y.backward()
    fl.synchronize()  # (what is deferred holds its operands)
    assert held() is None


# --- copies ---------------------------------------------------------------------------------------


def test_deepcopy_and_pickle():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    assert y is not x
    assert y.requires_grad
    assert y.grad.tolist() == [2.0, 4.0]
    (y * 3).sum().backward()
    assert y.grad.tolist() == [5.0, 7.0]
    assert x.grad.tolist() == [2.0, 4.0]
    z = pickle.loads(pickle.dumps(x))
    assert z.tolist() == [1.0, 2.0]
    assert z.requires_grad
    with pytest.raises(RuntimeError, match="support the deepcopy"):
        copy.deepcopy(x * 2)


def test_grad_fn():
    x = leaf(1.0, 2.0)
    y = x * x + 1
    assert repr(y.grad_fn) == "<AddBackward>"
    ((inner, _), *_rest) = y.grad_fn.next_functions
    assert inner.name() == "MulBackward"
    assert inner.next_functions[0][0].variable is x
    assert x.grad_fn is None
    assert y.is_leaf is False
    assert x.detach().is_leaf
    assert y.grad_fn == y.grad_fn


def test_complex_gradients_are_torchs():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def run(lib):
        z = lib.tensor([1 + 2j, -0.5 + 0.3j], dtype=lib.complex128).requires_grad_()
        w = lib.tensor([0.2 - 1j, 1 + 1j], dtype=lib.complex128).requires_grad_()
        out = (z * w).exp() * z.conj() + w.abs() * z.real
        seen = []
        out.register_hook(lambda g: seen.append(g.tolist()))
        out.backward(lib.tensor([1 + 1j, 2 - 1j], dtype=lib.complex128))
        return np.array([z.grad.tolist(), w.grad.tolist(), seen[0]])

    np.testing.assert_allclose(run(fl), run(torch), rtol=1e-12)
    z = fl.tensor(1 + 2j, requires_grad=True)
    (z.abs() ** 2).backward()
    assert abs(z.grad.item() - (2 + 4j)) < 1e-6
    assert fl.grad(lambda v: fl.numpy.abs(v) ** 2)(1 + 2j) == pytest.approx(2 - 4j)


def test_piecewise_constants_have_zero_gradients():
    x = leaf(1.5, 2.5)
    for f in (fl.floor, fl.ceil, fl.round, fl.sign, fl.trunc):
        y = f(x)
        assert y.requires_grad
        x.grad = None
        y.sum().backward()
        assert x.grad.tolist() == [0.0, 0.0]


def test_backward_inside_jit_raises():
    x = leaf(2.0)
    loss = x * x

    def f(v):
        loss.backward()
        return v

    with pytest.raises(RuntimeError, match="inside a function that is recorded"):
        fl.jit(f)(1.0)


def test_gradients_that_are_missing_in_a_deferred_pass_are_zeros_that_the_compiler_sees():
    x = fl.tensor(np.arange(96.0).reshape(2, 3, 4, 4) % 7, requires_grad=True)
    with fl.deferred():
        # The mean and the variance, which go into buffers, have no gradient.
        (fl.nn.BatchNorm2d(3)(x) ** 3).sum().backward()
        zeros = [
            kind
            for kind in current_graph().kinds
            if kind.prim.name == "broadcast_in_dim" and kind.params["shape"] == (3,)
        ]
    assert len(zeros) == 1  # they are of one type
    got, x.grad = x.grad.numpy(), None
    (fl.nn.BatchNorm2d(3)(x) ** 3).sum().backward()
    np.testing.assert_allclose(got, x.grad.numpy(), rtol=1e-5, atol=1e-6)
