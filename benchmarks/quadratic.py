"""What one call costs: ``Q = 3a³ − b²`` and its gradients at size 2."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch

A, B = np.array([2.0, 3.0], np.float32), np.array([6.0, 4.0], np.float32)


def jitted(library: Any) -> Callable[[], Any]:
    """Return value and gradient under jit."""
    a, b = library.array(A), library.array(B)

    def total(a: Any, b: Any) -> Any:
        return library.np.sum(3 * a**3 - b**2)

    f = library.api.jit(library.api.value_and_grad(total, argnums=(0, 1)))
    return lambda: library.wait(f(a, b))


def by_backward(library: Any) -> Callable[[], Any]:
    """Return the tutorial's lines, for PyTorch and for us alike."""
    a = library.tensor(A, requires_grad=True)
    b = library.tensor(B, requires_grad=True)
    ones = library.tensor([1.0, 1.0])

    def run() -> Any:
        a.grad = b.grad = None
        Q = 3 * a**3 - b**2
        Q.backward(gradient=ones)
        return Q.detach().numpy(), a.grad.numpy(), b.grad.numpy()

    return run


def contests() -> Iterator[Contest]:
    """Yield both styles."""
    yield Contest(
        "Q = 3a³ − b² value_and_grad, size 2, jit",
        timed({"ours": lambda: jitted(our_library()), "JAX": lambda: jitted(jax_library())}),
        {"JAX": 0.4},
    )
    yield Contest(
        "Q = 3a³ − b² with .backward(), size 2",
        timed(
            {
                "ours": lambda: by_backward(our_library().api),
                "PyTorch": lambda: by_backward(torch()),
            }
        ),
        {"PyTorch": 1.0},
    )
