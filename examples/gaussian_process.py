"""Gaussian process regression: kernel parameters by the gradient of the marginal likelihood.

Rasmussen & Williams (2006), algorithm 2.1.
"""

import functorch_lite as jax
from functorch_lite import numpy as jnp
from functorch_lite import random
from functorch_lite.scipy.linalg import cho_factor, cho_solve, solve_triangular


def kernel(params, a, b):
    scaled = (a - b) / jnp.exp(params["log_length"])
    return jnp.exp(2 * params["log_amplitude"]) * jnp.exp(-0.5 * scaled**2)


def gram(params, xs, ys):
    return jax.vmap(lambda x: jax.vmap(lambda y: kernel(params, x, y))(ys))(xs)


def covariance(params, xs):
    noise = jnp.exp(2 * params["log_noise"]) + 1e-6
    return gram(params, xs, xs) + noise * jnp.eye(xs.shape[0])


def negative_log_likelihood(params, xs, ys):
    factor, lower = cho_factor(covariance(params, xs), lower=True)
    misfit = 0.5 * ys @ cho_solve((factor, lower), ys)
    volume = jnp.sum(jnp.log(jnp.diagonal(factor)))
    return misfit + volume + 0.5 * xs.shape[0] * jnp.log(2 * jnp.pi)


def posterior(params, xs, ys, new):
    factor = jnp.linalg.cholesky(covariance(params, xs))
    cross = gram(params, xs, new)
    mean = cross.T @ cho_solve((factor, True), ys)
    v = solve_triangular(factor, cross, lower=True)
    variance = jnp.diagonal(gram(params, new, new)) - jnp.sum(v**2, axis=0)
    return mean, jnp.sqrt(variance)


@jax.jit
def update(params, xs, ys):
    value, grads = jax.value_and_grad(negative_log_likelihood)(params, xs, ys)
    return jax.tree.map(lambda p, g: p - 0.02 * g, params, grads), value


def main():
    x_key, noise_key = random.split(random.key(2))
    xs = jnp.sort(random.uniform(x_key, (30,), minval=-3.0, maxval=3.0))
    ys = jnp.sin(2 * xs) + 0.1 * random.normal(noise_key, (30,))
    params = {"log_length": 0.0, "log_amplitude": 0.0, "log_noise": -1.0}
    first = negative_log_likelihood(params, xs, ys)
    for _ in range(100):
        params, value = update(params, xs, ys)
    mean, std = posterior(params, xs, ys, jnp.array([0.0, 1.0, 5.0]))
    return {
        "first": first,
        "last": value,
        "noise": jnp.exp(params["log_noise"]),
        "mean": mean,
        "std": std,
    }


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
