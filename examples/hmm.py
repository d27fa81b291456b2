"""A hidden Markov model: forward algorithm by `scan`, posteriors as gradients, Viterbi by argmax.

The gradient of the log-likelihood in the emission scores *is* the posterior of the states
(Eisner 2016, "Inside-outside and forward-backward algorithms are just backprop").
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp
from functorch_lite.scipy.special import logsumexp

TRANSITION = jnp.log(jnp.array([[0.95, 0.05], [0.1, 0.9]]))
START = jnp.log(jnp.array([0.5, 0.5]))
DIE = jnp.log(jnp.array([[1 / 6] * 6, [0.1] * 5 + [0.5]]))  # a fair one and a loaded one


def log_likelihood(emissions):
    def step(alpha, emission):
        return logsumexp(alpha[:, None] + TRANSITION, axis=0) + emission, None

    alpha, _ = lax.scan(step, START + emissions[0], emissions[1:])
    return logsumexp(alpha)


def viterbi(emissions):
    def forward(best, emission):
        scores = best[:, None] + TRANSITION
        return jnp.max(scores, axis=0) + emission, jnp.argmax(scores, axis=0)

    best, parents = lax.scan(forward, START + emissions[0], emissions[1:])
    last = jnp.argmax(best)
    first, path = lax.scan(lambda s, parent: (parent[s], s), last, parents, reverse=True)
    return jnp.concatenate([first[None], path])


def throw(key, n):
    def step(state, key):
        move_key, throw_key = random.split(key)
        face = random.categorical(throw_key, DIE[state])
        return random.categorical(move_key, TRANSITION[state]), (state, face)

    return lax.scan(step, jnp.zeros((), int), random.split(key, n))[1]


def main():
    states, faces = jax.jit(throw, static_argnums=1)(random.key(24), 200)
    emissions = DIE[:, faces].T
    value, posterior = jax.jit(jax.value_and_grad(log_likelihood))(emissions)
    path = jax.jit(viterbi)(emissions)
    return {
        "log likelihood": value,
        "sums to one": jnp.allclose(posterior.sum(axis=1), 1.0, atol=1e-4),
        "posterior agrees": jnp.mean((posterior[:, 1] > 0.5) == states),
        "Viterbi agrees": jnp.mean(path == states),
    }


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
