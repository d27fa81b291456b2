"""A neural differential equation (Chen et al. 2018): learns a spiral's field from its orbit.

`odeint` integrates with adaptive steps; its gradient solves the adjoint equation backwards.
"""

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random
from functorch_lite.experimental.ode import odeint


def spiral(y, t):
    return jnp.array([[-0.1, 2.0], [-2.0, -0.1]]) @ y


def field(y, t, params):
    hidden = jnp.tanh(params["w1"] @ y + params["b1"])
    return params["w2"] @ hidden + params["b2"]


def init(key, width=16):
    k1, k2 = random.split(key)
    return {
        "w1": random.normal(k1, (width, 2)) / jnp.sqrt(2.0),
        "b1": jnp.zeros(width),
        "w2": random.normal(k2, (2, width)) / jnp.sqrt(width),
        "b2": jnp.zeros(2),
    }


def loss(params, y0, ts, observed):
    solution = odeint(field, y0, ts, params, rtol=1e-8, atol=1e-8)
    return jnp.mean((solution - observed) ** 2)


@jax.jit
def update(params, velocity, y0, ts, observed):
    value, grads = jax.value_and_grad(loss)(params, y0, ts, observed)
    velocity = jax.tree.map(lambda v, g: 0.8 * v - 0.1 * g, velocity, grads)
    return jax.tree.map(jnp.add, params, velocity), velocity, value


def main():
    ts = jnp.linspace(0.0, 1.5, 10)
    y0 = jnp.array([1.0, 0.0])
    observed = odeint(spiral, y0, ts, rtol=1e-8, atol=1e-8)
    params = init(random.key(4))
    velocity = jax.tree.map(jnp.zeros_like, params)
    first = loss(params, y0, ts, observed)
    for _ in range(25):
        params, velocity, value = update(params, velocity, y0, ts, observed)
    return {"first": first, "last": value, "slope at start": field(y0, 0.0, params)}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
