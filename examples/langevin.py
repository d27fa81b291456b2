"""Langevin dynamics with a Metropolis correction (Roberts & Tweedie 1996) on a mixture.

A thousand particles cross between three modes; the score is the gradient of a `logsumexp`.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp
from functorch_lite.scipy.special import logsumexp

MODES = jnp.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
WEIGHTS = jnp.array([0.5, 0.25, 0.25])


def log_density(x):
    distances = jnp.sum((x - MODES) ** 2, axis=1)
    return logsumexp(-distances / (2 * 0.5**2), b=WEIGHTS)


def log_proposal(to, start, score, h):
    return -jnp.sum((to - start - h * score) ** 2) / (4 * h)


def step(x, key, h=0.05):
    noise_key, accept_key = random.split(key)
    value, score = jax.value_and_grad(log_density)(x)
    proposal = x + h * score + jnp.sqrt(2 * h) * random.normal(noise_key, x.shape)
    new_value, new_score = jax.value_and_grad(log_density)(proposal)
    gain = new_value - value
    gain += log_proposal(x, proposal, new_score, h) - log_proposal(proposal, x, score, h)
    accept = jnp.log(random.uniform(accept_key)) < gain
    return jnp.where(accept, proposal, x), accept


@jax.jit
def run(xs, key):
    def sweep(xs, key):
        xs, accept = jax.vmap(step)(xs, random.split(key, xs.shape[0]))
        return xs, jnp.mean(accept)

    return lax.scan(sweep, xs, random.split(key, 100))


def main():
    start_key, run_key = random.split(random.key(23))
    xs, accepted = run(random.normal(start_key, (1000, 2)), run_key)
    nearest = jnp.argmin(jnp.sum((xs[:, None] - MODES) ** 2, axis=-1), axis=1)
    shares = jnp.bincount(nearest, length=3) / xs.shape[0]
    return {"accepted": accepted.mean(), "mean": xs.mean(axis=0), "shares": shares}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
