"""Compare a function of ours with PyTorch's, value and gradients."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import functorch_lite as fl
from functorch_lite import numpy as fnp


def agree(
    ours: Callable[..., Any], theirs: Callable[..., Any], args: Sequence[Any], tol: float = 1e-10
) -> None:
    """Check values and the gradients of a weighted sum in every float64 argument."""
    import torch

    tensors = [
        torch.tensor(a, requires_grad=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a
        for a in args
    ]
    want = theirs(*tensors)
    got = ours(*args)
    assert np.shape(got) == tuple(want.shape)
    np.testing.assert_allclose(got, want.detach().numpy(), rtol=tol, atol=tol, equal_nan=True)
    diff = [i for i, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if not diff or not want.requires_grad:
        return
    weights = np.random.default_rng(7).standard_normal(np.shape(got))

    def weighted(*xs: Any) -> Any:
        full = list(args)
        for i, x in zip(diff, xs, strict=True):
            full[i] = x
        return fnp.sum(ours(*full) * weights)

    grads = fl.grad(weighted, tuple(range(len(diff))))(*[args[i] for i in diff])
    (want * torch.tensor(weights)).sum().backward()
    for i, g in zip(diff, grads, strict=True):
        theirs_g = tensors[i].grad
        expected = np.zeros_like(args[i]) if theirs_g is None else theirs_g.numpy()
        np.testing.assert_allclose(g, expected, rtol=tol, atol=tol, equal_nan=True)
