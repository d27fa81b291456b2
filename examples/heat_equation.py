"""An inverse problem: the initial temperature of a plate from its temperature later.

The gradient goes through forty explicit steps of the heat equation.
"""

import functorch_lite as jax
from functorch_lite import lax
from functorch_lite import numpy as jnp

SIZE, STEPS = 24, 40


def laplacian(u):
    neighbours = sum(jnp.roll(u, s, axis=a) for s in (1, -1) for a in (0, 1))
    return neighbours - 4 * u


def simulate(u):
    return lax.fori_loop(0, STEPS, lambda _, u: u + 0.2 * laplacian(u), u)


def loss(u, observed):
    roughness = jnp.sum((jnp.roll(u, 1, 0) - u) ** 2) + jnp.sum((jnp.roll(u, 1, 1) - u) ** 2)
    return jnp.sum((simulate(u) - observed) ** 2) + 1e-6 * roughness


@jax.jit
def update(u, velocity, observed):
    value, g = jax.value_and_grad(loss)(u, observed)
    velocity = 0.9 * velocity - 0.4 * g
    return u + velocity, velocity, value


def main():
    row, column = jnp.meshgrid(jnp.arange(SIZE), jnp.arange(SIZE), indexing="ij")
    truth = jnp.exp(-((row - 8.0) ** 2 + (column - 14.0) ** 2) / 18.0)
    observed = simulate(truth)
    u = jnp.zeros((SIZE, SIZE))
    first = loss(u, observed)
    velocity = jnp.zeros_like(u)
    for _ in range(100):
        u, velocity, value = update(u, velocity, observed)
    peak = jnp.stack(jnp.unravel_index(jnp.argmax(u), u.shape))
    return {"first": first, "last": value, "peak": peak, "error": jnp.abs(u - truth).max()}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
