"""A denoising diffusion model (Ho, Jain & Abbeel 2020) of points on a line with two peaks."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

STEPS = 30
BETAS = jnp.linspace(1e-3, 0.3, STEPS)
KEPT = jnp.cumprod(1 - BETAS)


def data(key, n):
    sign_key, noise_key = random.split(key)
    return random.rademacher(sign_key, (n,)) * 1.0 + 0.1 * random.normal(noise_key, (n,))


def init(key, width=32):
    k1, k2, k3 = random.split(key, 3)
    return {
        "w1": random.normal(k1, (6, width)) / 2,
        "b1": jnp.zeros(width),
        "w2": random.normal(k2, (width, width)) / jnp.sqrt(width),
        "b2": jnp.zeros(width),
        "w3": random.normal(k3, (width,)) / jnp.sqrt(width),
    }


def noise_in(params, x, t):
    time = t / STEPS
    features = jnp.stack([x, x * time, time, time**2, jnp.sin(6 * time), jnp.cos(6 * time)])
    hidden = jax.nn.silu(features @ params["w1"] + params["b1"])
    hidden = jax.nn.silu(hidden @ params["w2"] + params["b2"])
    return hidden @ params["w3"]


def loss(params, x, t, noise):
    noisy = jnp.sqrt(KEPT[t]) * x + jnp.sqrt(1 - KEPT[t]) * noise
    return (noise_in(params, noisy, t) - noise) ** 2


@jax.jit
def update(params, velocity, key):
    x_key, t_key, noise_key = random.split(key, 3)
    x, noise = data(x_key, 256), random.normal(noise_key, (256,))
    t = random.randint(t_key, (256,), 0, STEPS)
    mean = lambda p: jnp.mean(jax.vmap(loss, (None, 0, 0, 0))(p, x, t, noise))
    value, grads = jax.value_and_grad(mean)(params)
    velocity = jax.tree.map(lambda v, g: 0.9 * v - 0.02 * g, velocity, grads)
    return jax.tree.map(jnp.add, params, velocity), velocity, value


@jax.jit
def generate(params, key, start):
    def step(x, inputs):
        t, key = inputs
        predicted = jax.vmap(noise_in, (None, 0, None))(params, x, t)
        x = (x - BETAS[t] / jnp.sqrt(1 - KEPT[t]) * predicted) / jnp.sqrt(1 - BETAS[t])
        noise = random.normal(key, x.shape)
        return x + jnp.where(t > 0, jnp.sqrt(BETAS[t]), 0.0) * noise, None

    return lax.scan(step, start, (jnp.arange(STEPS), random.split(key, STEPS)), reverse=True)[0]


def main():
    init_key, train_key, start_key, noise_key = random.split(random.key(28), 4)
    params = init(init_key)
    velocity = jax.tree.map(jnp.zeros_like, params)
    losses = []
    for key in random.split(train_key, 100):
        params, velocity, value = update(params, velocity, key)
        losses.append(value)
    samples = generate(params, noise_key, random.normal(start_key, (200,)))
    return {
        "first": losses[0],
        "last": losses[-1],
        "mean of |x|": jnp.abs(samples).mean(),
        "share above 0": jnp.mean(samples > 0),
    }


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
