"""A gated recurrent unit (Cho et al. 2014) by `scan`: remembers the first symbol of a sequence."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

SYMBOLS, WIDTH, LENGTH = 4, 16, 12


def init(key):
    k1, k2, k3 = random.split(key, 3)
    return {
        "input": random.normal(k1, (SYMBOLS, 3 * WIDTH)) * 0.5,
        "hidden": random.normal(k2, (WIDTH, 3 * WIDTH)) / jnp.sqrt(WIDTH),
        "bias": jnp.zeros(3 * WIDTH),
        "out": random.normal(k3, (WIDTH, SYMBOLS)) / jnp.sqrt(WIDTH),
    }


def cell(params, h, x):
    xz, xr, xn = jnp.split(x @ params["input"] + params["bias"], 3)
    hz, hr, hn = jnp.split(h @ params["hidden"], 3)
    keep = jax.nn.sigmoid(xz + hz)
    reset = jax.nn.sigmoid(xr + hr)
    candidate = jnp.tanh(xn + reset * hn)
    return keep * h + (1 - keep) * candidate


def logits(params, sequence):
    one_hot = jax.nn.one_hot(sequence, SYMBOLS)
    h, _ = lax.scan(lambda h, x: (cell(params, h, x), None), jnp.zeros(WIDTH), one_hot)
    return h @ params["out"]


def loss(params, sequences):
    scores = jax.vmap(logits, (None, 0))(params, sequences)
    log_p = jax.nn.log_softmax(scores)
    return -jnp.mean(jnp.sum(log_p * jax.nn.one_hot(sequences[:, 0], SYMBOLS), axis=1))


@jax.jit
def update(params, key):
    sequences = random.randint(key, (64, LENGTH), 0, SYMBOLS)
    value, grads = jax.value_and_grad(loss)(params, sequences)
    norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(grads)))
    scale = 1.0 / jnp.maximum(1.0, norm)
    return jax.tree.map(lambda p, g: p - 1.0 * scale * g, params, grads), value


def main():
    init_key, train_key, test_key = random.split(random.key(9), 3)
    params = init(init_key)
    losses = []
    for key in random.split(train_key, 150):
        params, value = update(params, key)
        losses.append(value)
    test = random.randint(test_key, (100, LENGTH), 0, SYMBOLS)
    guesses = jnp.argmax(jax.vmap(logits, (None, 0))(params, test), axis=1)
    return {"first": losses[0], "last": losses[-1], "accuracy": jnp.mean(guesses == test[:, 0])}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
