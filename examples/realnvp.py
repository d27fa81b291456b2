"""A normalising flow (Dinh, Sohl-Dickstein & Bengio 2017): two moons by affine couplings."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp
from functorch_lite.scipy.stats import norm

LAYERS, WIDTH = 4, 16


def moons(key, n):
    angle_key, noise_key = random.split(key)
    angle = random.uniform(angle_key, (n,)) * jnp.pi
    upper = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    lower = jnp.stack([1 - jnp.cos(angle), 0.5 - jnp.sin(angle)], axis=1)
    points = jnp.where((jnp.arange(n) % 2 == 0)[:, None], upper, lower)
    return points + 0.1 * random.normal(noise_key, (n, 2))


def init(key):
    def layer(key):
        k1, k2 = random.split(key)
        return {
            "w1": random.normal(k1, (1, WIDTH)),
            "b1": jnp.zeros(WIDTH),
            "w2": random.normal(k2, (WIDTH, 2)) * 0.1,
        }

    return jax.vmap(layer)(random.split(key, LAYERS))  # one pytree with a leading axis


def couple(layer, kept):
    hidden = jnp.tanh(kept[None] @ layer["w1"] + layer["b1"])
    log_scale, shift = hidden @ layer["w2"]
    return jnp.tanh(log_scale), shift


def to_noise(params, x):
    def step(carry, layer):
        (a, b), log_det = carry
        log_scale, shift = couple(layer, a)
        return (jnp.stack([b * jnp.exp(log_scale) + shift, a]), log_det + log_scale), None

    return lax.scan(step, (x, 0.0), params)[0]


def to_data(params, z):
    def step(carry, layer):
        b, a = carry
        log_scale, shift = couple(layer, a)
        return jnp.stack([a, (b - shift) * jnp.exp(-log_scale)]), None

    return lax.scan(step, z, params, reverse=True)[0]


def log_density(params, x):
    z, log_det = to_noise(params, x)
    return jnp.sum(norm.logpdf(z)) + log_det


@jax.jit
def update(params, key):
    points = moons(key, 128)
    loss = lambda p: -jnp.mean(jax.vmap(log_density, (None, 0))(p, points))
    value, grads = jax.value_and_grad(loss)(params)
    return jax.tree.map(lambda p, g: p - 0.05 * g, params, grads), value


def main():
    init_key, train_key, sample_key = random.split(random.key(15), 3)
    params = init(init_key)
    losses = []
    for key in random.split(train_key, 200):
        params, value = update(params, key)
        losses.append(value)
    z = random.normal(sample_key, (5, 2))
    samples = jax.vmap(to_data, (None, 0))(params, z)
    back, _ = jax.vmap(to_noise, (None, 0))(params, samples)
    return {"first": losses[0], "last": losses[-1], "round trip": jnp.abs(back - z).max() < 1e-4}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
