"""A convolutional network from `lax` parts: tells bars apart by their direction."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def bars(key, n):
    """Return noisy 12 x 12 pictures of a horizontal (0) or vertical (1) bar, a diagonal (2)."""
    kind_key, place_key, noise_key = random.split(key, 3)
    kinds = random.randint(kind_key, (n,), 0, 3)
    places = random.randint(place_key, (n,), 2, 10)

    def draw(kind, place):
        row, column = jnp.meshgrid(jnp.arange(12), jnp.arange(12), indexing="ij")
        across = lax.switch(kind, [lambda: row, lambda: column, lambda: row - column + place])
        return (jnp.abs(across - place) < 1.5) * 1.0

    pictures = jax.vmap(draw)(kinds, places)[..., None]
    return pictures + 0.5 * random.normal(noise_key, pictures.shape), kinds


def conv(x, w, stride):
    return lax.conv_general_dilated(
        x, w, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def init(key):
    k1, k2, k3 = random.split(key, 3)
    return {
        "conv1": random.normal(k1, (3, 3, 1, 8)) / 3,
        "conv2": random.normal(k2, (3, 3, 8, 16)) / jnp.sqrt(72.0),
        "dense": random.normal(k3, (16, 3)) / 4,
    }


def logits(params, x):
    x = jax.nn.relu(conv(x, params["conv1"], 1))
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = jax.nn.relu(conv(x, params["conv2"], 2))
    return x.mean(axis=(1, 2)) @ params["dense"]


def loss(params, x, kinds):
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(logits(params, x)) * jax.nn.one_hot(kinds, 3), 1))


@jax.jit
def update(params, velocity, key):
    value, grads = jax.value_and_grad(loss)(params, *bars(key, 32))
    velocity = jax.tree.map(lambda v, g: 0.9 * v - 0.1 * g, velocity, grads)
    return jax.tree.map(jnp.add, params, velocity), velocity, value


def main():
    init_key, train_key, test_key = random.split(random.key(17), 3)
    params = init(init_key)
    velocity = jax.tree.map(jnp.zeros_like, params)
    losses = []
    for key in random.split(train_key, 40):
        params, velocity, value = update(params, velocity, key)
        losses.append(value)
    x, kinds = bars(test_key, 200)
    accuracy = jnp.mean(jnp.argmax(logits(params, x), axis=1) == kinds)
    return {"first": losses[0], "last": losses[-1], "accuracy": accuracy}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
