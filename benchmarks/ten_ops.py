"""Un-jitted grad of a ten-op function on 10 floats, against HIPS autograd, JAX and PyTorch."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import autograd_library, jax_library, our_library, torch

X = np.linspace(0.1, 1.0, 10)


def ten_ops(np_: Any) -> Callable[[Any], Any]:
    """Ten elementwise operations and a sum, over a namespace."""

    def f(x: Any) -> Any:
        y = np_.sin(x) * x
        z = np_.exp(-y) + np_.tanh(x)
        w = z * y - x
        return np_.sum(w * w / (1.0 + z * z))

    return f


def gradient(library: Any) -> Callable[[], Any]:
    """Return the gradient of one library."""
    g, x = library.api.grad(ten_ops(library.np)), library.array(X)
    return lambda: library.wait(g(x))


def torch_func() -> Callable[[], Any]:
    """Return the gradient of ``torch.func``."""
    t = torch()
    g, x = t.func.grad(ten_ops(t)), t.from_numpy(X)
    return lambda: g(x)


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest(
        "un-jitted grad of ten ops, 10 floats",
        timed(
            {
                "ours": lambda: gradient(our_library()),
                "HIPS autograd": lambda: gradient(autograd_library()),
                "JAX, un-jitted": lambda: gradient(jax_library()),
                "torch.func": torch_func,
            }
        ),
        {"HIPS autograd": 1.0, "JAX, un-jitted": 0.1},
    )
