"""Value and gradient through ``scan`` of a 64-wide RNN, 500 steps."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch

STEPS, WIDTH = 500, 64


def operands() -> tuple[list[np.ndarray], np.ndarray]:
    """Return parameters and inputs."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32) / np.float32(np.sqrt(WIDTH))

    # a spectral radius near 1, so that gradients neither die out nor explode
    parameters = [normal(WIDTH, WIDTH) * np.float32(1.2), normal(WIDTH, WIDTH), normal(WIDTH)]
    return parameters, normal(STEPS, WIDTH) * np.float32(8)


def functional(library: Any) -> Callable[[], Any]:
    """Return the jitted function of JAX or us."""
    parameters, xs = library.tree_map(library.array, operands())

    def loss(parameters: Any, xs: Any) -> Any:
        w, u, b = parameters

        def step(h: Any, x: Any) -> Any:
            h = library.np.tanh(h @ w + x @ u + b)
            return h, library.np.mean(h**2)

        return library.np.mean(library.lax.scan(step, xs[0] * 0, xs)[1])

    f = library.api.jit(library.api.value_and_grad(loss))
    return lambda: library.wait(f(parameters, xs))


def pytorch() -> Callable[[], Any]:
    """Return PyTorch's loop."""
    t = torch()
    parameters, xs = operands()
    parameters, xs = [t.from_numpy(p).requires_grad_() for p in parameters], t.from_numpy(xs)
    w, u, b = parameters

    def run() -> Any:
        h, total = t.zeros(WIDTH), 0.0
        for x in xs:
            h = t.tanh(h @ w + x @ u + b)
            total = total + (h**2).mean()
        loss = total / STEPS
        return loss.detach(), t.autograd.grad(loss, parameters)

    return run


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest(
        "value_and_grad through scan, 64-wide RNN, 500 steps",
        timed(
            {
                "ours": lambda: functional(our_library()),
                "JAX": lambda: functional(jax_library()),
                "PyTorch": pytorch,
            },
            rtol=1e-2,
        ),
        {"JAX": 0.8, "PyTorch": 0.2},
    )
