"""Logistic regression by Newton's method: gradient and Hessian of one function, in one loop."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def loss(w, x, labels):
    logits = x @ w
    return jnp.mean(jax.nn.softplus(logits) - labels * logits) + 1e-3 * jnp.sum(w**2)


@jax.jit
def fit(w, x, labels):
    def unfinished(state):
        _, decrement, n = state
        return (decrement > 1e-12) & (n < 50)

    def newton(state):
        w, _, n = state
        g = jax.grad(loss)(w, x, labels)
        step = jnp.linalg.solve(jax.hessian(loss)(w, x, labels), g)
        return w - step, g @ step, n + 1

    return lax.while_loop(unfinished, newton, (w, jnp.inf, 0))


def main():
    x_key, label_key = random.split(random.key(12))
    truth = jnp.array([2.0, -1.0, 0.0, 0.5])
    x = random.normal(x_key, (300, 4))
    labels = random.bernoulli(label_key, jax.nn.sigmoid(x @ truth)) * 1.0
    w, _, steps = fit(jnp.zeros(4), x, labels)
    errors = jnp.sqrt(jnp.diagonal(jnp.linalg.inv(300 * jax.hessian(loss)(w, x, labels))))
    return {"weights": w, "standard errors": errors, "steps": steps}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
