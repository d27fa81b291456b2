"""autograd.Function and autograd.functional."""

import gc
import weakref

import numpy as np
import pytest

import functorch_lite as fl


class Scale(fl.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, n):
        ctx.save_for_backward(x, w)
        ctx.n = n
        return x * w * n

    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        gw = (grad * x * ctx.n).sum() if ctx.needs_input_grad[1] else None
        return grad * w * ctx.n, gw, None


def test_forward_and_backward():
    x = fl.tensor([1.0, 2.0], requires_grad=True)
    w = fl.tensor(3.0, requires_grad=True)
    y = Scale.apply(x, w, 2)
    assert y.requires_grad
    assert repr(y.grad_fn) == "<ScaleBackward>"
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]
    assert w.grad.item() == 6.0
    assert not Scale.apply(x.detach(), w.detach(), 2).requires_grad


def test_double_backward():
    x = fl.tensor([1.0, 2.0], dtype=fl.float64, requires_grad=True)
    w = fl.tensor(3.0, dtype=fl.float64, requires_grad=True)
    (g,) = fl.autograd.grad(Scale.apply(x, w, 2).sum(), x, create_graph=True)
    assert fl.autograd.grad(g.sum(), w)[0].item() == 4.0


def test_saved_results_and_no_cycles():
    class Exp(fl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            (y,) = ctx.saved_tensors
            return grad * y

    x = fl.tensor([0.5], dtype=fl.float64, requires_grad=True)
    (g,) = fl.autograd.grad(Exp.apply(x), x, create_graph=True)
    (h,) = fl.autograd.grad(g, x)
    np.testing.assert_allclose(h.tolist(), np.exp([0.5]))
    gc.collect()
    gc.disable()
    try:
        y = Exp.apply(x)
        ref = weakref.ref(y.node)
        del y
        assert ref() is None
    finally:
        gc.enable()
    y = Exp.apply(x)
    y.backward()
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()
    y = Exp.apply(x)
    y.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_setup_context():
    class Square(fl.autograd.Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, grad):
            return grad * 2 * ctx.saved_tensors[0]

    x = fl.tensor([3.0], requires_grad=True)
    Square.apply(x).backward()
    assert x.grad.tolist() == [6.0]


def test_several_outputs_and_constants():
    class Split(fl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            index = x.argmax()
            doubled = x * 2
            rounded = x.round()
            ctx.mark_non_differentiable(rounded)
            return doubled, rounded, index, x

        @staticmethod
        def backward(ctx, g, g_rounded, g_index, g_same):
            return g * 2 + g_same * 5

    x = fl.tensor([1.0, 2.6], requires_grad=True)
    doubled, rounded, index, same = Split.apply(x)
    assert not rounded.requires_grad
    assert index.item() == 1
    assert same is not x
    doubled.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_wrong_number_of_gradients():
    class Wrong(fl.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, grad):
            return grad

    x = fl.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="returned an incorrect number of gradients"):
        Wrong.apply(x, x).backward()


def test_once_differentiable():
    class Cube(fl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @fl.autograd.once_differentiable
        def backward(ctx, grad):
            return grad * 3 * ctx.saved_tensors[0] ** 2

    x = fl.tensor(2.0, requires_grad=True)
    (g,) = fl.autograd.grad(Cube.apply(x), x, create_graph=True)
    assert (g.item(), g.requires_grad) == (12.0, False)
    (g,) = fl.autograd.grad(Cube.apply(x) * x, x, create_graph=True)
    assert g.item() == 32.0
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.backward()


def test_complex_functions_agree_with_torch():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def run(lib):
        class Product(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                ctx.save_for_backward(x, y)
                return x * y

            @staticmethod
            def backward(ctx, grad):
                x, y = ctx.saved_tensors
                return grad * y.conj(), grad * x.conj()

        x = lib.tensor(1 + 2j, dtype=lib.complex128).requires_grad_()
        y = lib.tensor(3 - 1j, dtype=lib.complex128).requires_grad_()
        (Product.apply(x, y) * y).abs().backward()
        return [x.grad.item(), y.grad.item()]

    np.testing.assert_allclose(run(fl), run(torch))


# --- autograd.functional --------------------------------------------------------------------------


def _f(x, y):
    return (x.exp() * y).sum(dim=0) + x.view(-1)[:2]


def _scalar(x, y):
    return (x**3).sum() * y.sum() + (x[0] * y).prod()


def _flat(t):
    return [x for v in t for x in _flat(v)] if isinstance(t, tuple | list) else [t]


@pytest.mark.parametrize("name", ["jacobian", "hessian", "vjp", "jvp", "hvp", "vhp"])
def test_functional_agrees_with_torch(name):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    r = np.random.default_rng(0)
    a, b, va, vb, vo = (r.standard_normal(s) for s in ((3, 2), (2,), (3, 2), (2,), (2,)))
    for many in (True, False):

        def run(lib, many=many):
            ins = (lib.tensor(a), lib.tensor(b)) if many else lib.tensor(a)
            v = (lib.tensor(va), lib.tensor(vb)) if many else lib.tensor(va)
            scalar = name in ("hessian", "hvp", "vhp")
            f = _scalar if scalar else _f
            g = f if many else (lambda u: f(u, lib.tensor(b)))
            method = getattr(lib.autograd.functional, name)
            if name in ("jacobian", "hessian"):
                return method(g, ins)
            return method(g, ins, lib.tensor(vo) if name == "vjp" else v)

        ours, theirs = run(fl), run(torch)

        assert len(_flat(ours)) == len(_flat(theirs))
        for x, y in zip(_flat(ours), _flat(theirs), strict=True):
            assert isinstance(x, fl.Tensor)
            assert not x.requires_grad
            np.testing.assert_allclose(x.tolist(), y.tolist(), rtol=1e-10)


def test_functional_create_graph_and_modes():
    x = fl.tensor([1.0, 2.0], dtype=fl.float64, requires_grad=True)
    jacobian = fl.autograd.functional.jacobian(lambda v: v**3, x, create_graph=True)
    jacobian.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]
    forward = fl.autograd.functional.jacobian(lambda v: v**3, x, strategy="forward-mode")
    np.testing.assert_allclose(forward.tolist(), jacobian.tolist())
    with pytest.raises(TypeError, match="must be Tensors"):
        fl.autograd.functional.hessian(lambda v: v, 1.0)
    with pytest.raises(RuntimeError, match="can only be None"):
        fl.autograd.functional.vjp(lambda v: v, x)
