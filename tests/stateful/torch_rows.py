"""Running one function of Tensors here and in PyTorch, and comparing values and gradients."""

import numpy as np
import pytest

import functorch_lite as fl

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
torch.set_num_threads(1)


def run(library, convert, arrays, f):
    """Return the outputs of `f` and the gradients of a weighted sum of them."""
    xs = [convert(a) for a in arrays]
    for x, a in zip(xs, arrays, strict=True):
        if a.dtype.kind == "f":
            x.requires_grad_()
    out = f(library, *xs)
    outs = list(out) if isinstance(out, tuple | list) else [out]
    total = None
    for k, o in enumerate(outs):
        if o.requires_grad:
            weights = np.cos(np.arange(o.numel()) + k).reshape(tuple(o.shape))
            parts = (o.real, o.imag) if o.is_complex() else (o,)
            for part in parts:
                term = (part * convert(weights.astype(str(part.dtype).split(".")[-1]))).sum()
                total = term.double() if total is None else total + term.double()
    if total is not None:
        total.backward()
    return outs, [x.grad for x in xs]


def close(ours, theirs, what):
    """Check one output or gradient: dtype, shape, value."""
    if ours is None or theirs is None:
        assert ours is None and theirs is None, what
        return
    mine, other = ours.detach().numpy(), theirs.detach().resolve_conj().numpy(force=True)
    assert mine.dtype == other.dtype, what
    assert mine.shape == other.shape, what
    tol = 1e-5 if mine.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(mine, other, rtol=tol, atol=tol, err_msg=str(what))


def agree(arrays, f):
    """Check that a function gives the same here and in PyTorch."""
    arrays = [np.asarray(a) for a in arrays]
    ours, our_grads = run(fl, fl.tensor, arrays, f)
    theirs, their_grads = run(torch, torch.tensor, arrays, f)
    assert len(ours) == len(theirs)
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert isinstance(a, fl.Tensor)
        assert a.requires_grad == b.requires_grad, f"output {k}"
        close(a, b, f"output {k}")
    for k, (a, b) in enumerate(zip(our_grads, their_grads, strict=True)):
        close(a, b, f"gradient {k}")
