"""Softmax, cross entropy, layer norm and standardisation with gradients: reductions that come back.

All are written by hand for JAX and us; PyTorch gets its own fused operations where it has them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch

Loss = Callable[..., Any]


def operands(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Return float32 arrays."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(s, dtype=np.float32) for s in shapes]


def softmax(np: Any, x: Any, weights: Any) -> Any:
    """Sum a weighted softmax."""
    e = np.exp(x - np.max(x, -1, keepdims=True))
    return np.sum(e / np.sum(e, -1, keepdims=True) * weights)


def cross_entropy(np: Any, x: Any, targets: Any) -> Any:
    """Compare with probabilities."""
    z = x - np.max(x, -1, keepdims=True)
    logs = z - np.log(np.sum(np.exp(z), -1, keepdims=True))
    return -np.mean(np.sum(logs * targets, -1))


def cross_entropy_of_labels(np: Any, x: Any, labels: Any) -> Any:
    """Compare with one class for each row."""
    z = x - np.max(x, -1, keepdims=True)
    logs = z - np.log(np.sum(np.exp(z), -1, keepdims=True))
    return -np.mean(np.take_along_axis(logs, labels[:, None], 1))


def layer_norm(np: Any, x: Any, weights: Any, scale: Any, shift: Any) -> Any:
    """Sum a weighted layer norm."""
    centred = x - np.mean(x, -1, keepdims=True)
    y = centred / np.sqrt(np.mean(centred**2, -1, keepdims=True) + 1e-5)
    return np.sum((y * scale + shift) * weights)


def standardise(np: Any, x: Any, weights: Any) -> Any:
    """Sum weighted columns of mean 0 and variance 1."""
    return np.sum((x - np.mean(x, 0)) / np.sqrt(np.var(x, 0) + 1e-5) * weights)


def functional(library: Any, loss: Loss, arrays: list[np.ndarray], argnums: Any) -> Any:
    """Return the jitted value and gradients of JAX or us."""
    placed = [library.array(x) for x in arrays]

    def f(*args: Any) -> Any:
        return loss(library.np, *args)

    g = library.api.jit(library.api.value_and_grad(f, argnums))
    return lambda: library.wait(g(*placed))


def forward(library: Any, x: np.ndarray) -> Callable[[], Any]:
    """Return the jitted softmax alone."""
    np, placed = library.np, library.array(x)

    def f(x: Any) -> Any:
        e = np.exp(x - np.max(x, -1, keepdims=True))
        return e / np.sum(e, -1, keepdims=True)

    g = library.api.jit(f)
    return lambda: library.wait(g(placed))


def pytorch(loss: Loss, arrays: list[np.ndarray], argnums: Any) -> Callable[[], Any]:
    """Return PyTorch's value and gradients."""
    t = torch()
    tensors = [t.from_numpy(x) for x in arrays]
    wanted = [tensors[i] for i in (argnums if isinstance(argnums, tuple) else (argnums,))]
    for x in wanted:
        x.requires_grad_()

    def run() -> Any:
        value = loss(t, *tensors)
        return value.detach(), *t.autograd.grad(value, wanted)

    return run


def pytorch_forward(x: np.ndarray) -> Callable[[], Any]:
    """Return PyTorch's softmax alone."""
    t = torch()
    tensor = t.from_numpy(x)
    return lambda: t.softmax(tensor, -1)


def torch_softmax(t: Any, x: Any, weights: Any) -> Any:
    """Use PyTorch's own."""
    return (t.softmax(x, -1) * weights).sum()


def torch_cross_entropy(t: Any, x: Any, targets: Any) -> Any:
    """Use PyTorch's own."""
    return t.nn.functional.cross_entropy(x, targets)


def torch_layer_norm(t: Any, x: Any, weights: Any, scale: Any, shift: Any) -> Any:
    """Use PyTorch's own."""
    return (t.nn.functional.layer_norm(x, x.shape[-1:], scale, shift) * weights).sum()


def torch_standardise(t: Any, x: Any, weights: Any) -> Any:
    """Take mean and variance at once."""
    var, mean = t.var_mean(x, 0, correction=0)
    return ((x - mean) / t.sqrt(var + 1e-5) * weights).sum()


Case = tuple[str, Loss, Loss, list[np.ndarray], Any]


def cases() -> list[Case]:
    """List work, loss, PyTorch's loss, arguments and what is differentiated."""
    wide = operands((512, 1024), (512, 1024))
    affine = operands((512, 1024), (512, 1024), (1024,), (1024,))
    deep = operands((32, 128, 768), (32, 128, 768), (768,), (768,))
    labelled = [wide[0], np.random.default_rng(0).integers(0, 1024, 512)]
    return [
        ("value_and_grad of softmax, 512×1024", softmax, torch_softmax, wide, 0),
        ("value_and_grad of cross entropy, 512×1024", cross_entropy, torch_cross_entropy, wide, 0),
        (
            "value_and_grad of cross entropy with labels, 512×1024",
            cross_entropy_of_labels,
            torch_cross_entropy,
            labelled,
            0,
        ),
        (
            "value_and_grad of layer norm, 512×1024",
            layer_norm,
            torch_layer_norm,
            affine,
            (0, 2, 3),
        ),
        (
            "value_and_grad of layer norm, 32×128×768",
            layer_norm,
            torch_layer_norm,
            deep,
            (0, 2, 3),
        ),
        (
            "value_and_grad of standardised columns, 512×1024",
            standardise,
            torch_standardise,
            wide,
            0,
        ),
    ]


def contests() -> Iterator[Contest]:
    """Yield the softmax alone, then values and gradients."""
    (x,) = operands((512, 1024))
    yield Contest(
        "softmax, 512×1024",
        timed(
            {
                "ours": lambda: forward(our_library(), x),
                "JAX": lambda: forward(jax_library(), x),
                "PyTorch": lambda: pytorch_forward(x),
            }
        ),
        {"JAX": 1.0, "PyTorch": 1.0},
    )
    for work, loss, theirs, arrays, argnums in cases():
        yield Contest(
            work,
            timed(
                {
                    "ours": lambda f=loss, a=arrays, n=argnums: functional(our_library(), f, a, n),
                    "JAX": lambda f=loss, a=arrays, n=argnums: functional(jax_library(), f, a, n),
                    "PyTorch": lambda f=theirs, a=arrays, n=argnums: pytorch(f, a, n),
                }
            ),
            {"JAX": 0.7, "PyTorch": 1.0},
        )
