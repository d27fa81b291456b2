"""The Kalman filter twice: step by step with `scan`, and in parallel with `associative_scan`.

The parallel form is that of Särkkä & García-Fernández (2021), "Temporal parallelization of
Bayesian smoothers". The gradient of the likelihood goes through the filter.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

F = jnp.array([[1.0, 0.1], [0.0, 1.0]])  # position and velocity
H = jnp.array([[1.0, 0.0]])
Q0 = jnp.array([[1e-3, 1e-2], [1e-2, 1e-1]])


def sequential(log_scales, ys):
    q, r = jnp.exp(log_scales[0]) * Q0, jnp.exp(log_scales[1]) * jnp.eye(1)

    def step(carry, y):
        mean, cov = carry
        mean, cov = F @ mean, F @ cov @ F.T + q
        s = H @ cov @ H.T + r
        gain = cov @ H.T @ jnp.linalg.inv(s)
        surprise = y - H @ mean
        log_p = -0.5 * (surprise @ jnp.linalg.solve(s, surprise) + jnp.log(2 * jnp.pi * s[0, 0]))
        mean, cov = mean + gain @ surprise, (jnp.eye(2) - gain @ H) @ cov
        return (mean, cov), (mean, cov, log_p)

    means, covs, log_ps = lax.scan(step, (jnp.zeros(2), jnp.eye(2)), ys)[1]
    return means, covs, jnp.sum(log_ps)


def elements(q, r, y, first):
    """Return what one observation adds: the filter's update as an affine-Gaussian map."""
    prior = jnp.where(first, F @ F.T + q, q)
    s = H @ prior @ H.T + r
    gain = prior @ H.T @ jnp.linalg.inv(s)
    a = jnp.where(first, jnp.zeros((2, 2)), (jnp.eye(2) - gain @ H) @ F)
    information = F.T @ H.T @ jnp.linalg.inv(s)
    return a, gain @ y, (jnp.eye(2) - gain @ H) @ prior, information @ y, information @ H @ F


@jax.vmap
def combine(left, right):
    a1, b1, c1, e1, j1 = left
    a2, b2, c2, e2, j2 = right
    eye = jnp.eye(2)
    forwards = a2 @ jnp.linalg.inv(eye + c1 @ j2)
    backwards = a1.T @ jnp.linalg.inv(eye + j2 @ c1)
    return (
        forwards @ a1,
        forwards @ (b1 + c1 @ e2) + b2,
        forwards @ c1 @ a2.T + c2,
        backwards @ (e2 - j2 @ b1) + e1,
        backwards @ j2 @ a1 + j1,
    )


def parallel(log_scales, ys):
    q, r = jnp.exp(log_scales[0]) * Q0, jnp.exp(log_scales[1]) * jnp.eye(1)
    first = jnp.arange(ys.shape[0]) == 0
    maps = jax.vmap(elements, (None, None, 0, 0))(q, r, ys, first)
    _, means, covs, _, _ = lax.associative_scan(combine, maps)
    return means, covs


def main():
    t = jnp.arange(50) * 0.1
    ys = jnp.sin(t)[:, None] + 0.2 * random.normal(random.key(14), (50, 1))
    scales = jnp.array([0.0, 0.0])
    learn = jax.jit(jax.value_and_grad(lambda s: -sequential(s, ys)[2]))
    first, _ = learn(scales)
    for _ in range(40):
        value, g = learn(scales)
        scales = scales - 0.03 * g
    means, covs, _ = sequential(scales, ys)
    other_means, other_covs = jax.jit(parallel)(scales, ys)
    gap = jnp.max(jnp.abs(means - other_means)) + jnp.max(jnp.abs(covs - other_covs))
    return {"first": first, "last": value, "scales": scales, "end": means[-1], "gap": gap < 1e-4}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
