"""Hamiltonian Monte Carlo (Neal 2011): the posterior of a Bayesian logistic regression.

The leapfrog steps are a `fori_loop`, the chain is a `scan`, the chains are a `vmap`.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def log_posterior(w, x, labels):
    logits = x @ w
    likelihood = jnp.sum(labels * logits - jnp.logaddexp(0.0, logits))
    return likelihood - 0.5 * jnp.sum(w**2)


def leapfrog(force, position, momentum, step, n):
    momentum = momentum + 0.5 * step * force(position)

    def body(_, state):
        position, momentum = state
        position = position + step * momentum
        return position, momentum + step * force(position)

    position, momentum = lax.fori_loop(0, n - 1, body, (position, momentum))
    position = position + step * momentum
    return position, momentum + 0.5 * step * force(position)


def transition(log_density, position, key, step=0.15, n=10):
    momentum_key, accept_key = random.split(key)
    momentum = random.normal(momentum_key, position.shape)
    proposal, end = leapfrog(jax.grad(log_density), position, momentum, step, n)
    gain = log_density(proposal) - log_density(position)
    gain = gain + 0.5 * jnp.sum(momentum**2) - 0.5 * jnp.sum(end**2)
    accept = jnp.log(random.uniform(accept_key)) < gain
    return jnp.where(accept, proposal, position), accept


def chain(log_density, start, key, n):
    def body(position, key):
        position, accept = transition(log_density, position, key)
        return position, (position, accept)

    return lax.scan(body, start, random.split(key, n))[1]


def main():
    x_key, label_key, start_key, chain_key = random.split(random.key(3), 4)
    x = random.normal(x_key, (60, 3))
    truth = jnp.array([1.0, -2.0, 0.5])
    labels = random.bernoulli(label_key, jax.nn.sigmoid(x @ truth)).astype(float)

    @jax.jit
    def sample(starts, keys):
        density = lambda w: log_posterior(w, x, labels)
        return jax.vmap(lambda start, key: chain(density, start, key, 60))(starts, keys)

    samples, accepted = sample(random.normal(start_key, (4, 3)), random.split(chain_key, 4))
    kept = samples[:, 20:].reshape(-1, 3)
    return {"accepted": accepted.mean(), "mean": kept.mean(axis=0), "std": kept.std(axis=0)}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
