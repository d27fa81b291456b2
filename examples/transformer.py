"""A small transformer (Vaswani et al. 2017): learns to write a sequence of digits backwards.

Pre-norm blocks, causal attention by einsum, tied embeddings.
"""

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random

VOCABULARY, LENGTH, WIDTH, HEADS, DEPTH = 6, 3, 24, 2, 2


def init(key):
    keys = iter(random.split(key, 2 + 4 * DEPTH))
    normal = lambda *shape: random.normal(next(keys), shape) / jnp.sqrt(shape[0])

    def block():
        return {
            "qkv": normal(WIDTH, 3 * WIDTH),
            "out": normal(WIDTH, WIDTH),
            "up": normal(WIDTH, 4 * WIDTH),
            "down": normal(4 * WIDTH, WIDTH),
        }

    embed = random.normal(next(keys), (VOCABULARY, WIDTH)) * 0.3
    place = random.normal(next(keys), (2 * LENGTH, WIDTH)) * 0.3
    return {"embed": embed, "place": place, "blocks": [block() for _ in range(DEPTH)]}


def layer_norm(x):
    return jax.nn.standardize(x, axis=-1, epsilon=1e-5)


def attention(block, x):
    n = x.shape[0]
    q, k, v = jnp.moveaxis((x @ block["qkv"]).reshape(n, 3, HEADS, WIDTH // HEADS), 1, 0)
    scores = jnp.einsum("qhd,khd->hqk", q, k) / jnp.sqrt(WIDTH / HEADS)
    scores = jnp.where(jnp.tril(jnp.ones((n, n), bool)), scores, -jnp.inf)
    mixed = jnp.einsum("hqk,khd->qhd", jax.nn.softmax(scores), v)
    return mixed.reshape(n, WIDTH) @ block["out"]


def logits(params, tokens):
    x = params["embed"][tokens] + params["place"][: tokens.shape[0]]
    for block in params["blocks"]:
        x = x + attention(block, layer_norm(x))
        x = x + jax.nn.gelu(layer_norm(x) @ block["up"]) @ block["down"]
    return layer_norm(x) @ params["embed"].T


def loss(params, digits):
    text = jnp.concatenate([digits, digits[::-1]])
    log_p = jax.nn.log_softmax(logits(params, text[:-1]))
    return -jnp.mean(jnp.take_along_axis(log_p, text[1:, None], axis=1)[LENGTH - 1 :])


@jax.jit
def update(params, state, step, key):
    batch = random.randint(key, (32, LENGTH), 0, VOCABULARY)
    mean_loss = lambda p: jnp.mean(jax.vmap(loss, (None, 0))(p, batch))
    value, grads = jax.value_and_grad(mean_loss)(params)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state[0], grads)
    v = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g**2, state[1], grads)

    def adam(p, m, v):
        return p - 3e-3 * (m / (1 - 0.9**step)) / (jnp.sqrt(v / (1 - 0.99**step)) + 1e-8)

    return jax.tree.map(adam, params, m, v), (m, v), value


def main():
    init_key, train_key = random.split(random.key(16))
    params = init(init_key)
    state = (jax.tree.map(jnp.zeros_like, params),) * 2
    losses = []
    for i, key in enumerate(random.split(train_key, 60)):
        params, state, value = update(params, state, i + 1.0, key)
        losses.append(value)
    return {"first": losses[0], "last": losses[-1], "chance": jnp.log(VOCABULARY)}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
