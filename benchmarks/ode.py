"""A 10,000-step ``fori_loop`` of a 3-variable differential equation, vmapped 32."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library

STEPS, DT = 10_000, np.float32(1e-3)


def functional(library: Any) -> Callable[[], Any]:
    """Return the jitted function of JAX or us."""
    starts = np.random.default_rng(0).standard_normal((32, 3), dtype=np.float32)
    starts = library.array(starts)

    def flow(_: Any, state: Any) -> Any:
        # Lorenz's equations where they have a fixed point, so that contenders stay together
        x, y, z = state
        dx, dy, dz = 10.0 * (y - x), x * (10.0 - z) - y, x * y - 8.0 / 3.0 * z
        return x + DT * dx, y + DT * dy, z + DT * dz

    def solve(start: Any) -> Any:
        state = (start[0], start[1], start[2])
        return library.np.stack(library.lax.fori_loop(0, STEPS, flow, state))

    f = library.api.jit(library.api.vmap(solve))
    return lambda: library.wait(f(starts))


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest(
        "fori_loop, 10,000 steps of a 3-variable ODE, vmapped 32",
        timed(
            {
                "ours": lambda: functional(our_library()),
                "JAX": lambda: functional(jax_library()),
            }
        ),
        {"JAX": 0.8},
    )
