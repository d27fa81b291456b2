"""Bilevel optimisation: a ridge penalty chosen through the solution of the inner problem.

`lax.custom_root` finds weights at which the inner gradient is zero, and differentiates by the
implicit function theorem.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def inner_loss(w, penalty, x, y):
    return jnp.mean(jnp.logaddexp(0.0, -y * (x @ w))) + 0.5 * jnp.exp(penalty) * jnp.sum(w**2)


def newton(f, start):
    def step(_, w):
        return w - jnp.linalg.solve(jax.jacobian(f)(w), f(w))

    return lax.fori_loop(0, 10, step, start)


def fit(penalty, x, y):
    optimality = lambda w: jax.grad(inner_loss)(w, penalty, x, y)
    tangent_solve = lambda g, b: jnp.linalg.solve(jax.jacobian(g)(b), b)
    return lax.custom_root(optimality, jnp.zeros(x.shape[1]), newton, tangent_solve)


def outer_loss(penalty, train, test):
    w = fit(penalty, *train)
    return inner_loss(w, -jnp.inf, *test)


def main():
    x_key, w_key, noise_key = random.split(random.key(8), 3)
    x = random.normal(x_key, (60, 8))
    noisy = x @ random.normal(w_key, (8,)) + 2 * random.normal(noise_key, (60,))
    y = jnp.sign(noisy)
    train, test = (x[:25], y[:25]), (x[25:], y[25:])
    descend = jax.jit(jax.value_and_grad(outer_loss))
    penalty = jnp.array(-5.0)
    first, slope = descend(penalty, train, test)
    for _ in range(30):
        last, g = descend(penalty, train, test)
        penalty = penalty - 5.0 * g
    return {"first": first, "first slope": slope, "last": last, "log penalty": penalty}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
