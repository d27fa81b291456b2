"""Per-sample gradients: ``vmap(grad)`` of a 784-256-10 MLP, batch 256."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch


def operands() -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Return parameters, images and one-hot labels."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    parameters = [normal(784, 256) * 0.05, normal(256), normal(256, 10) * 0.1, normal(10)]
    return parameters, normal(256, 784), np.eye(10, dtype=np.float32)[rng.integers(0, 10, 256)]


def loss(np_: Any, log_softmax: Any, parameters: Any, x: Any, y: Any) -> Any:
    """Cross entropy of one image."""
    w1, b1, w2, b2 = parameters
    scores = np_.tanh(x @ w1 + b1) @ w2 + b2
    return -(log_softmax(scores) * y).sum()


def functional(library: Any) -> Callable[[], Any]:
    """Return the jitted function of JAX or us."""
    arguments = library.tree_map(library.array, operands())

    def one(parameters: Any, x: Any, y: Any) -> Any:
        return loss(library.np, library.nn.log_softmax, parameters, x, y)

    g = library.api.jit(library.api.vmap(library.api.grad(one), in_axes=(None, 0, 0)))
    return lambda: library.wait(g(*arguments))


def torch_func() -> Callable[[], Any]:
    """Return that of ``torch.func``."""
    t = torch()
    parameters, x, y = operands()
    parameters, x, y = [t.from_numpy(p) for p in parameters], t.from_numpy(x), t.from_numpy(y)

    def one(parameters: Any, x: Any, y: Any) -> Any:
        return loss(t, lambda z: t.log_softmax(z, 0), parameters, x, y)

    g = t.func.vmap(t.func.grad(one), in_dims=(None, 0, 0))
    return lambda: g(parameters, x, y)


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest(
        "per-sample gradients, vmap(grad), MLP 784-256-10, batch 256",
        timed(
            {
                "ours": lambda: functional(our_library()),
                "torch.func": torch_func,
                "JAX": lambda: functional(jax_library()),
            }
        ),
        {"torch.func": 0.7, "JAX": 0.9},
    )
