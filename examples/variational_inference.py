"""Automatic differentiation variational inference (Kucukelbir et al. 2017).

A Gaussian with a full covariance is fitted to the posterior of a robust regression; the noise's
scale is positive, so that it is inferred through its logarithm.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp
from functorch_lite.scipy import stats


def log_joint(theta, x, y):
    intercept, slope, log_scale = theta
    prior = jnp.sum(stats.norm.logpdf(theta))
    likelihood = stats.t.logpdf(y, 4.0, intercept + slope * x, jnp.exp(log_scale))
    return prior + jnp.sum(likelihood)


def sample(params, key):
    lower = jnp.tril(params["cholesky"], -1) + jnp.diag(jnp.exp(params["log_diagonal"]))
    return params["mean"] + lower @ random.normal(key, (3,))


def negative_bound(params, key, x, y):
    draws = jax.vmap(sample, (None, 0))(params, random.split(key, 16))
    energy = jnp.mean(jax.vmap(log_joint, (0, None, None))(draws, x, y))
    return -energy - jnp.sum(params["log_diagonal"])


@jax.jit
def fit(params, key, x, y):
    def step(params, inputs):
        key, rate = inputs
        value, grads = jax.value_and_grad(negative_bound)(params, key, x, y)
        return jax.tree.map(lambda p, g: p - rate * g, params, grads), value

    rates = 1e-2 * 0.1 ** jnp.linspace(0.0, 1.0, 300)
    return lax.scan(step, params, (random.split(key, 300), rates))


def main():
    x_key, noise_key, fit_key = random.split(random.key(21), 3)
    x = random.uniform(x_key, (40,), minval=-2.0, maxval=2.0)
    y = 0.5 + 1.5 * x + 0.3 * random.t(noise_key, 4.0, (40,))
    start = {"mean": jnp.zeros(3), "log_diagonal": jnp.full(3, -2.0), "cholesky": jnp.zeros((3, 3))}
    params, losses = fit(start, fit_key, x, y)
    return {
        "bound": -losses[-20:].mean(),
        "mean": params["mean"],
        "std": jnp.exp(params["log_diagonal"]),
    }


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
