"""An implicit layer (Bai, Kolter & Koltun 2019): the fixed point of a layer is its output.

The forward pass iterates in a `while_loop`; the gradient is a second fixed point, of the
transposed linearisation (the implicit function theorem), written as a `custom_vjp` rule.
"""

from functools import partial

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def iterate(f, start, tolerance=1e-10):
    def going(state):
        before, after, n = state
        return (jnp.max(jnp.abs(after - before)) > tolerance) & (n < 200)

    def body(state):
        _, after, n = state
        return after, f(after), n + 1

    return lax.while_loop(going, body, (start, f(start), 0))[1]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def fixed_point(f, params, start):
    return iterate(partial(f, params), start)


def forward(f, params, start):
    z = fixed_point(f, params, start)
    return z, (params, z)


def backward(f, saved, z_bar):
    params, z = saved
    _, pull_z = jax.vjp(lambda z: f(params, z), z)
    _, pull_params = jax.vjp(lambda params: f(params, z), params)
    u = iterate(lambda u: z_bar + pull_z(u)[0], z_bar)
    return pull_params(u)[0], jnp.zeros_like(z)


fixed_point.defvjp(forward, backward)


def layer(params, z):
    w, u, x = params
    return jnp.tanh(w @ z + u @ x)


def loss(weights, xs, ys):
    def predict(x):
        z = fixed_point(layer, (weights["w"], weights["u"], x), jnp.zeros(8))
        return weights["out"] @ z

    return jnp.mean((jax.vmap(predict)(xs) - ys) ** 2)


@jax.jit
def update(weights, xs, ys):
    value, grads = jax.value_and_grad(loss)(weights, xs, ys)
    return jax.tree.map(lambda w, g: w - 0.05 * g, weights, grads), value


def main():
    k1, k2, k3, k4 = random.split(random.key(7), 4)
    weights = {
        "w": random.normal(k1, (8, 8)) * 0.15,
        "u": random.normal(k2, (8, 2)),
        "out": random.normal(k3, (8,)) * 0.3,
    }
    xs = random.normal(k4, (40, 2))
    ys = xs[:, 0] * xs[:, 1]
    first = loss(weights, xs, ys)
    for _ in range(60):
        weights, value = update(weights, xs, ys)
    return {"first": first, "last": value, "norm of w": jnp.linalg.norm(weights["w"])}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
