"""A generative adversarial network (Goodfellow et al. 2014) that learns a ring of points."""

import itertools

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def ring(key, n):
    angle = random.uniform(key, (n,), maxval=2 * jnp.pi)
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)


def init(key, sizes):
    pairs = list(itertools.pairwise(sizes))
    keys = random.split(key, len(pairs))
    return [
        (random.normal(k, p) / jnp.sqrt(p[0]), jnp.zeros(p[1]))
        for k, p in zip(keys, pairs, strict=True)
    ]


def network(params, x):
    for w, b in params[:-1]:
        x = jax.nn.leaky_relu(x @ w + b, 0.2)
    return x @ params[-1][0] + params[-1][1]


def critic_loss(critic, generator, noise, real):
    fake = lax.stop_gradient(network(generator, noise))
    return jnp.mean(
        jax.nn.softplus(-network(critic, real)) + jax.nn.softplus(network(critic, fake))
    )


def generator_loss(generator, critic, noise):
    return jnp.mean(jax.nn.softplus(-network(critic, network(generator, noise))))


def descend(params, grads, rate=0.1):
    return jax.tree.map(lambda p, g: p - rate * g, params, grads)


@jax.jit
def train(generator, critic, key):
    def step(players, key):
        generator, critic = players
        noise_key, real_key = random.split(key)
        noise, real = random.normal(noise_key, (64, 2)), ring(real_key, 64)
        critic = descend(critic, jax.grad(critic_loss)(critic, generator, noise, real))
        loss, grads = jax.value_and_grad(generator_loss)(generator, critic, noise)
        return (descend(generator, grads), critic), loss

    return lax.scan(step, (generator, critic), random.split(key, 150))


def main():
    k1, k2, train_key, sample_key = random.split(random.key(18), 4)
    generator, critic = init(k1, [2, 24, 2]), init(k2, [2, 24, 1])
    noise = random.normal(sample_key, (200, 2))
    radius = lambda g: jnp.mean(jnp.linalg.norm(network(g, noise), axis=1))
    before = radius(generator)
    (generator, critic), losses = train(generator, critic, train_key)
    return {"radius before": before, "radius after": radius(generator), "last loss": losses[-1]}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
