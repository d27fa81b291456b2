"""A variational autoencoder (Kingma & Welling 2014) of 8 x 8 pictures of a bright blob.

The reparameterised bound on the evidence is raised by Adam, written out for pytrees.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

LATENT = 2


def blobs(key, n):
    centre = random.uniform(key, (n, 2), minval=1.0, maxval=6.0)
    grid = jnp.stack(jnp.meshgrid(jnp.arange(8.0), jnp.arange(8.0), indexing="ij"), axis=-1)
    distance = jnp.sum((grid - centre[:, None, None, :]) ** 2, axis=-1)
    return jnp.exp(-distance / 2).reshape(n, 64)


def dense(key, m, n):
    return {"w": random.normal(key, (m, n)) / jnp.sqrt(m), "b": jnp.zeros(n)}


def init(key):
    k = random.split(key, 4)
    encoder = [dense(k[0], 64, 32), dense(k[1], 32, 2 * LATENT)]
    decoder = [dense(k[2], LATENT, 32), dense(k[3], 32, 64)]
    return {"encoder": encoder, "decoder": decoder}


def two_layers(layers, x):
    x = jnp.tanh(x @ layers[0]["w"] + layers[0]["b"])
    return x @ layers[1]["w"] + layers[1]["b"]


def negative_bound(params, key, x):
    mean, log_std = jnp.split(two_layers(params["encoder"], x), 2)
    z = mean + jnp.exp(log_std) * random.normal(key, (LATENT,))
    logits = two_layers(params["decoder"], z)
    misfit = jnp.sum(jax.nn.softplus(logits) - x * logits)
    divergence = 0.5 * jnp.sum(jnp.exp(2 * log_std) + mean**2 - 1 - 2 * log_std)
    return misfit + divergence


def batch_loss(params, key, xs):
    keys = random.split(key, xs.shape[0])
    return jnp.mean(jax.vmap(negative_bound, in_axes=(None, 0, 0))(params, keys, xs))


def adam(params, grads, state, rate=1e-2, b1=0.9, b2=0.999):
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, grads)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g**2, v, grads)

    def move(p, m, v):
        return p - rate * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + 1e-8)

    return jax.tree.map(move, params, m, v), (m, v, t)


@jax.jit
def train(params, key, xs):
    zeros = jax.tree.map(jnp.zeros_like, params)

    def step(carry, key):
        params, state = carry
        value, grads = jax.value_and_grad(batch_loss)(params, key, xs)
        return adam(params, grads, state), value

    (params, _), losses = lax.scan(step, (params, (zeros, zeros, 0.0)), random.split(key, 200))
    return params, losses


def main():
    data_key, init_key, train_key = random.split(random.key(1), 3)
    params, losses = train(init(init_key), train_key, blobs(data_key, 64))
    middle = jax.nn.sigmoid(two_layers(params["decoder"], jnp.zeros(LATENT)))
    return {"first": losses[0], "last": losses[-1], "brightness at z = 0": middle.mean()}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
