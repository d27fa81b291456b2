"""The Ising model on a chequerboard: Gibbs sampling in a `fori_loop`, temperatures by `vmap`.

Above the critical temperature 2.27 (Onsager 1944) the magnetisation is lost.
"""

from functools import partial

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

SIZE, SWEEPS = 16, 100


def half_sweep(colour, temperature, spins, key):
    field = sum(jnp.roll(spins, s, axis=a) for s in (1, -1) for a in (0, 1))
    up = random.bernoulli(key, jax.nn.sigmoid(2 * field / temperature))
    row, column = jnp.indices((SIZE, SIZE))
    new = 2 * up.astype(spins.dtype) - 1
    return jnp.where((row + column) % 2 == colour, new, spins)


def magnetisation(temperature, key):
    def sweep(i, state):
        spins, total = state
        black_key, white_key = random.split(random.fold_in(key, i))
        spins = half_sweep(0, temperature, spins, black_key)
        spins = half_sweep(1, temperature, spins, white_key)
        return spins, total + jnp.where(i >= SWEEPS // 2, jnp.abs(spins.mean()), 0.0)

    start = (jnp.ones((SIZE, SIZE), jnp.int32), 0.0)
    return lax.fori_loop(0, SWEEPS, sweep, start)[1] / (SWEEPS - SWEEPS // 2)


@partial(jax.jit, static_argnames="n")
def curve(temperatures, key, n):
    return jax.vmap(magnetisation)(temperatures, random.split(key, n))


def main():
    temperatures = jnp.array([1.5, 2.0, 2.5, 3.5])
    return {"magnetisation": curve(temperatures, random.key(27), n=4)}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
