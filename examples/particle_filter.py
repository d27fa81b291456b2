"""A bootstrap particle filter (Gordon, Salmond & Smith 1993) for stochastic volatility."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp
from functorch_lite.scipy.special import logsumexp
from functorch_lite.scipy.stats import norm

PERSISTENCE, SHOCK, PARTICLES = 0.95, 0.3, 200


def simulate(key, n):
    def step(h, key):
        h_key, y_key = random.split(key)
        h = PERSISTENCE * h + SHOCK * random.normal(h_key)
        return h, (h, jnp.exp(h / 2) * random.normal(y_key))

    return lax.scan(step, jnp.zeros(()), random.split(key, n))[1]


def systematic(key, weights):
    """Choose ancestors in proportion to weights, by one random number."""
    places = (jnp.arange(PARTICLES) + random.uniform(key)) / PARTICLES
    return jnp.searchsorted(jnp.cumsum(weights), places).clip(0, PARTICLES - 1)


@jax.jit
def particle_filter(key, ys):
    def step(particles, inputs):
        key, y = inputs
        move_key, choose_key = random.split(key)
        noise = random.normal(move_key, (PARTICLES,))
        particles = PERSISTENCE * particles + SHOCK * noise
        log_w = norm.logpdf(y, scale=jnp.exp(particles / 2))
        weights = jax.nn.softmax(log_w)
        mean = weights @ particles
        evidence = logsumexp(log_w) - jnp.log(PARTICLES)
        few = 1 / jnp.sum(weights**2) < 0.9 * PARTICLES
        resample = lambda: particles[systematic(choose_key, weights)]
        return lax.cond(few, resample, lambda: particles), (mean, evidence)

    keys = random.split(key, ys.shape[0])
    return lax.scan(step, jnp.zeros(PARTICLES), (keys, ys))[1]


def main():
    data_key, filter_key = random.split(random.key(26))
    h, ys = simulate(data_key, 100)
    means, evidence = particle_filter(filter_key, ys)
    return {"evidence": evidence.sum(), "correlation": jnp.corrcoef(means, h)[0, 1]}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
