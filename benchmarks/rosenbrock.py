"""Hessian of the 200-dimensional Rosenbrock function in float64."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch

X = np.linspace(-1.0, 1.5, 200)


def rosenbrock(x: Any) -> Any:
    """The function, for any library."""
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def functional(library: Any) -> Callable[[], Any]:
    """Return the jitted Hessian of JAX or us."""
    x, h = library.array(X), library.api.jit(library.api.hessian(rosenbrock))
    return lambda: library.wait(h(x))


def torch_func() -> Callable[[], Any]:
    """Return that of ``torch.func``."""
    t = torch()
    x, h = t.from_numpy(X), t.func.hessian(rosenbrock)
    return lambda: h(x)


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest(
        "hessian of Rosenbrock, 200 dimensions, float64",
        timed(
            {
                "ours": lambda: functional(our_library()),
                "JAX": lambda: functional(jax_library()),
                "torch.func": torch_func,
            }
        ),
        {"JAX": 0.7, "torch.func": 0.2},
    )
