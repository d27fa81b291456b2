"""A physics-informed neural network (Raissi, Perdikaris & Karniadakis 2019).

Solves the steady equation ``u'' + u' = f`` on [0, 1] with ``u(0) = u(1) = 0`` by making the
residual small at collocation points; the derivatives of the network are forward mode.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def solution(x):
    return jnp.sin(jnp.pi * x)


def source(x):
    return -(jnp.pi**2) * jnp.sin(jnp.pi * x) + jnp.pi * jnp.cos(jnp.pi * x)


def init(key, width=16):
    k1, k2, k3 = random.split(key, 3)
    return {
        "w1": random.normal(k1, (width,)) * 2,
        "b1": random.normal(k2, (width,)),
        "w2": random.normal(k3, (width,)) / jnp.sqrt(width),
    }


def u(params, x):
    network = params["w2"] @ jnp.tanh(params["w1"] * x + params["b1"])
    return x * (1 - x) * network  # the boundary values hold by construction


def residual(params, x):
    du = lambda x: jax.jvp(lambda x: u(params, x), (x,), (1.0,))[1]
    slope, curvature = jax.jvp(du, (x,), (1.0,))
    return curvature + slope - source(x)


def loss(params, xs):
    return jnp.mean(jax.vmap(residual, (None, 0))(params, xs) ** 2)


@jax.jit
def train(params, xs):
    def step(carry, _):
        params, velocity = carry
        value, grads = jax.value_and_grad(loss)(params, xs)
        velocity = jax.tree.map(lambda v, g: 0.9 * v - 2e-4 * g, velocity, grads)
        return (jax.tree.map(jnp.add, params, velocity), velocity), value

    start = (params, jax.tree.map(jnp.zeros_like, params))
    (params, _), losses = lax.scan(step, start, length=1000)
    return params, losses


def main():
    xs = jnp.linspace(0.0, 1.0, 24)
    params, losses = train(init(random.key(6)), xs)
    error = jnp.max(jnp.abs(jax.vmap(u, (None, 0))(params, xs) - solution(xs)))
    return {"first": losses[0], "last": losses[-1], "largest error": error}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
