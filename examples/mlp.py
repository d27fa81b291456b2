"""A multilayer perceptron from scratch: two spirals told apart by gradient descent."""

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random


def spirals(key, n=100):
    angle = jnp.sqrt(random.uniform(key, (n,))) * 2 * jnp.pi
    arm = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1) * angle[:, None] / 6
    return jnp.concatenate([arm, -arm]), jnp.repeat(jnp.arange(2), n)


def init(key, sizes):
    keys = random.split(key, len(sizes) - 1)
    return [
        {"w": random.normal(k, (m, n)) * jnp.sqrt(2 / m), "b": jnp.zeros(n)}
        for k, m, n in zip(keys, sizes, sizes[1:], strict=False)
    ]


def predict(params, x):
    *hidden, last = params
    for layer in hidden:
        x = jax.nn.relu(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]


def loss(params, x, labels):
    log_p = jax.nn.log_softmax(predict(params, x))
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1))


@jax.jit
def update(params, x, labels):
    value, grads = jax.value_and_grad(loss)(params, x, labels)
    return jax.tree.map(lambda p, g: p - 0.3 * g, params, grads), value


def main():
    data_key, init_key = random.split(random.key(0))
    x, labels = spirals(data_key)
    params = init(init_key, [2, 32, 32, 2])
    first = loss(params, x, labels)
    for _ in range(200):
        params, value = update(params, x, labels)
    accuracy = jnp.mean(jnp.argmax(predict(params, x), axis=1) == labels)
    return {"first loss": first, "last loss": value, "accuracy": accuracy}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
