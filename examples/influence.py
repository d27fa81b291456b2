"""Influence functions (Koh & Liang 2017): which training example moved the prediction most?

Hessian-vector products are forward over reverse; the inverse is conjugate gradients on pytrees.
"""

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random
from functorch_lite.scipy.optimize import minimize
from functorch_lite.scipy.sparse.linalg import cg


def example_loss(w, x, label):
    logit = x @ w[:-1] + w[-1]
    return jnp.logaddexp(0.0, logit) - label * logit


def loss(w, x, labels):
    losses = jax.vmap(example_loss, (None, 0, 0))(w, x, labels)
    return jnp.mean(losses) + 0.01 * jnp.sum(w**2)


def hvp(w, v, x, labels):
    return jax.jvp(jax.grad(lambda w: loss(w, x, labels)), (w,), (v,))[1]


def main():
    x_key, label_key = random.split(random.key(20))
    x = random.normal(x_key, (50, 3))
    labels = (x @ jnp.array([1.0, -1.0, 0.5]) + random.normal(label_key, (50,)) > 0) * 1.0
    fit = lambda x, labels: minimize(loss, jnp.zeros(4), args=(x, labels), method="BFGS").x
    w = jax.jit(fit)(x, labels)

    test_x, test_label = jnp.array([0.3, 0.2, -0.1]), 1.0
    test_grad = jax.grad(example_loss)(w, test_x, test_label)
    solved, _ = cg(lambda v: hvp(w, v, x, labels), test_grad, tol=1e-10)
    train_grads = jax.vmap(jax.grad(example_loss), (None, 0, 0))(w, x, labels)
    influence = train_grads @ solved / x.shape[0]  # how the loss grows when an example is left out

    worst = jnp.argmax(jnp.abs(influence))
    keep = jnp.arange(50) != worst
    refit = fit(x[keep], labels[keep])
    change = example_loss(refit, test_x, test_label) - example_loss(w, test_x, test_label)
    return {"example": worst, "predicted change": influence[worst], "true change": change}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
