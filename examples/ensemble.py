"""A deep ensemble (Lakshminarayanan, Pritzel & Blundell 2017): ten networks trained by one `vmap`.

Their disagreement is the uncertainty: small where there was data, large outside.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def init(key, width=20):
    k1, k2, k3 = random.split(key, 3)
    return {
        "w1": random.normal(k1, (1, width)) * 2,
        "b1": random.normal(k2, (width,)),
        "w2": random.normal(k3, (width, 1)) / jnp.sqrt(width),
    }


def predict(params, x):
    return (jnp.tanh(x[:, None] @ params["w1"] + params["b1"]) @ params["w2"])[:, 0]


def train(key, x, y):
    init_key, choice_key = random.split(key)
    rows = random.choice(choice_key, x.shape[0], (x.shape[0],))  # a bootstrap sample

    def loss(params):
        return jnp.mean((predict(params, x[rows]) - y[rows]) ** 2)

    def step(params, _):
        value, grads = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), value

    return lax.scan(step, init(init_key), length=300)


def main():
    x_key, noise_key, train_key = random.split(random.key(19), 3)
    x = random.uniform(x_key, (40,), minval=-1.0, maxval=1.0)
    y = jnp.sin(3 * x) + 0.1 * random.normal(noise_key, (40,))
    members, losses = jax.jit(jax.vmap(train, (0, None, None)))(random.split(train_key, 10), x, y)
    inside, outside = jax.vmap(predict, (0, None))(members, jnp.array([0.5, 3.0])).T
    return {
        "losses": losses[:, -1],
        "inside": jnp.array([inside.mean(), inside.std()]),
        "outside": jnp.array([outside.mean(), outside.std()]),
    }


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
