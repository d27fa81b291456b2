"""Long short-term memory (Hochreiter & Schmidhuber 1997): forecasts a sum of two waves.

`jax.checkpoint` around the cell keeps only the states and computes the rest again.
"""

from typing import NamedTuple

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


class State(NamedTuple):
    hidden: object
    cell: object


def init(key, width=12):
    k1, k2 = random.split(key)
    return {
        "w": random.normal(k1, (1 + width, 4 * width)) / jnp.sqrt(1.0 + width),
        "b": jnp.zeros(4 * width).at[width : 2 * width].set(1.0),  # remember at first
        "out": random.normal(k2, (width,)) / jnp.sqrt(width),
    }


@jax.checkpoint
def step(params, state, x):
    joined = jnp.concatenate([x[None], state.hidden])
    i, f, g, o = jnp.split(joined @ params["w"] + params["b"], 4)
    cell = jax.nn.sigmoid(f) * state.cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
    return State(hidden, cell), hidden @ params["out"]


def forecast(params, xs):
    zeros = jnp.zeros_like(params["out"])
    return lax.scan(lambda state, x: step(params, state, x), State(zeros, zeros), xs)[1]


def loss(params, xs):
    return jnp.mean((forecast(params, xs[:-1]) - xs[1:]) ** 2)


@jax.jit
def train(params, xs):
    def descend(_, carry):
        params, velocity = carry
        grads = jax.grad(loss)(params, xs)
        velocity = jax.tree.map(lambda v, g: 0.9 * v - 0.05 * g, velocity, grads)
        return jax.tree.map(jnp.add, params, velocity), velocity

    zeros = jax.tree.map(jnp.zeros_like, params)
    return lax.fori_loop(0, 150, descend, (params, zeros))[0]


def main():
    t = jnp.arange(60.0)
    xs = 0.6 * jnp.sin(0.4 * t) + 0.4 * jnp.sin(0.9 * t + 1.0)
    params = init(random.key(10))
    trained = train(params, xs)
    return {
        "before": loss(params, xs),
        "after": loss(trained, xs),
        "next": forecast(trained, xs)[-1],
    }


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
