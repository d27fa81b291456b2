"""Model-agnostic meta-learning (Finn, Abbeel & Levine 2017): sine curves from five points.

The outer gradient goes through the inner gradient step; tasks are a `vmap`.
"""

import functools

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random

INNER_RATE = 0.1


def init(key, width=24):
    sizes = [(1, width), (width, width), (width, 1)]
    return [
        (random.normal(k, s) * jnp.sqrt(2 / s[0]), jnp.zeros(s[1]))
        for k, s in zip(random.split(key, 3), sizes, strict=True)
    ]


def net(params, x):
    for w, b in params[:-1]:
        x = jnp.tanh(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def loss(params, x, y):
    return jnp.mean((net(params, x) - y) ** 2)


def adapt(params, x, y):
    grads = jax.grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - INNER_RATE * g, params, grads)


def task_loss(params, task):
    x_seen, y_seen, x_new, y_new = task
    return loss(adapt(params, x_seen, y_seen), x_new, y_new)


def meta_loss(params, tasks):
    return jnp.mean(jax.vmap(functools.partial(task_loss, params))(tasks))


def sample_task(key):
    a_key, p_key, x_key = random.split(key, 3)
    amplitude = random.uniform(a_key, minval=0.5, maxval=2.0)
    phase = random.uniform(p_key, minval=0.0, maxval=jnp.pi)
    x = random.uniform(x_key, (15, 1), minval=-3.0, maxval=3.0)
    y = amplitude * jnp.sin(x + phase)
    return x[:5], y[:5], x[5:], y[5:]


@jax.jit
def update(params, key):
    tasks = jax.vmap(sample_task)(random.split(key, 16))
    value, grads = jax.value_and_grad(meta_loss)(params, tasks)
    return jax.tree.map(lambda p, g: p - 0.02 * g, params, grads), value


def main():
    init_key, train_key, test_key = random.split(random.key(5), 3)
    params = init(init_key)
    test = jax.vmap(sample_task)(random.split(test_key, 50))
    before = meta_loss(params, test)
    for key in random.split(train_key, 150):
        params, _ = update(params, key)
    unadapted = jnp.mean(jax.vmap(lambda t: loss(params, t[2], t[3]))(test))
    return {"before": before, "after": meta_loss(params, test), "without a step": unadapted}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
