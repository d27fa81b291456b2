"""Value and gradient of ``sum(tanh(x)·y + exp(−x²))`` in float32: fusion, vector maths, memory."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch


def operands(n: int) -> list[np.ndarray]:
    """Return x and y."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(n, dtype=np.float32) for _ in range(2)]


def functional(library: Any, n: int) -> Callable[[], Any]:
    """Return the jitted function of JAX or us."""
    x, y = map(library.array, operands(n))

    def f(x: Any, y: Any) -> Any:
        return library.np.sum(library.np.tanh(x) * y + library.np.exp(-(x**2)))

    g = library.api.jit(library.api.value_and_grad(f))
    return lambda: library.wait(g(x, y))


def pytorch(n: int) -> Callable[[], Any]:
    """Return PyTorch's."""
    t = torch()
    x, y = map(t.from_numpy, operands(n))
    x.requires_grad_()

    def run() -> Any:
        value = (t.tanh(x) * y + t.exp(-(x**2))).sum()
        return value.detach(), *t.autograd.grad(value, x)

    return run


def contests() -> Iterator[Contest]:
    """Yield three sizes."""
    for n in (10**3, 10**6, 10**7):
        yield Contest(
            f"value_and_grad of sum(tanh(x)·y + exp(−x²)), {n:.0e}".replace("e+0", "e"),
            timed(
                {
                    "ours": lambda n=n: functional(our_library(), n),
                    "JAX": lambda n=n: functional(jax_library(), n),
                    "PyTorch": lambda n=n: pytorch(n),
                }
            ),
            {"JAX": 0.7, "PyTorch": 0.3},
        )
