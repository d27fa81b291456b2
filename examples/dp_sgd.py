"""Differentially private gradient descent (Abadi et al. 2016).

Each example's gradient is clipped on its own: `vmap` of `grad`, over a pytree of parameters.
"""

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random

CLIP, NOISE, RATE = 1.0, 0.6, 0.5


def loss(params, x, label):
    hidden = jnp.tanh(x @ params["w1"] + params["b1"])
    logit = hidden @ params["w2"]
    return jnp.logaddexp(0.0, logit) - label * logit


def clipped_grad(params, x, label):
    grads = jax.grad(loss)(params, x, label)
    leaves, structure = jax.tree.flatten(grads)
    norm = jnp.linalg.norm(jnp.array([jnp.linalg.norm(g) for g in leaves]))
    shrink = jnp.minimum(1.0, CLIP / norm)
    return jax.tree.unflatten(structure, [g * shrink for g in leaves]), norm


@jax.jit
def private_step(params, key, x, labels):
    grads, norms = jax.vmap(clipped_grad, in_axes=(None, 0, 0))(params, x, labels)
    leaves, structure = jax.tree.flatten(grads)
    keys = random.split(key, len(leaves))
    noisy = [
        (g.sum(axis=0) + CLIP * NOISE * random.normal(k, g.shape[1:])) / x.shape[0]
        for k, g in zip(keys, leaves, strict=True)
    ]
    noisy = jax.tree.unflatten(structure, noisy)
    return jax.tree.map(lambda p, g: p - RATE * g, params, noisy), norms


def main():
    x_key, k1, k2, noise_key = random.split(random.key(11), 4)
    x = random.normal(x_key, (200, 4))
    labels = (x[:, 0] * x[:, 1] > 0).astype(jnp.float32)
    params = {
        "w1": random.normal(k1, (4, 16)),
        "b1": jnp.zeros(16),
        "w2": random.normal(k2, (16,)) / 4,
    }
    average = lambda p: jnp.mean(jax.vmap(loss, (None, 0, 0))(p, x, labels))
    first = average(params)
    for i in range(150):
        params, norms = private_step(params, random.fold_in(noise_key, i), x, labels)
    return {"first": first, "last": average(params), "clipped": jnp.mean(norms > CLIP)}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
