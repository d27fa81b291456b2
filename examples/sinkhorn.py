"""Optimal transport (Cuturi 2013): points flow onto a shape along the gradient of a distance."""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp
from functorch_lite.scipy.special import logsumexp

BLUR = 0.05


def costs(x, y):
    return jnp.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1)


def transport(x, y):
    """Return the regularised transport cost between two clouds of equal weights."""
    cost = costs(x, y)
    log_a, log_b = -jnp.log(x.shape[0]), -jnp.log(y.shape[0])

    def sweep(potentials, _):
        f, g = potentials
        f = -BLUR * logsumexp(log_b + (g[None, :] - cost) / BLUR, axis=1)
        g = -BLUR * logsumexp(log_a + (f[:, None] - cost) / BLUR, axis=0)
        return (f, g), None

    start = (jnp.zeros(x.shape[0]), jnp.zeros(y.shape[0]))
    (f, g), _ = lax.scan(sweep, start, length=40)
    return f.mean() + g.mean()


def divergence(x, y):
    """Remove the bias of the regularisation (Feydy et al. 2019)."""
    return transport(x, y) - 0.5 * transport(x, x) - 0.5 * transport(y, y)


@jax.jit
def flow(x, y):
    value, slope = jax.value_and_grad(divergence)(x, y)
    return x - 0.5 * x.shape[0] * slope, value


def main():
    x = 0.3 * random.normal(random.key(25), (40, 2))
    angle = jnp.linspace(0.0, 2 * jnp.pi, 40, endpoint=False)
    y = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    first = divergence(x, y)
    for _ in range(10):
        x, value = flow(x, y)
    radius = jnp.linalg.norm(x, axis=1)
    return {"first": first, "last": value, "mean radius": radius.mean(), "spread": radius.std()}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
