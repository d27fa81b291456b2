"""k-means (Lloyd 1982): a `while_loop` until no centre moves; restarts are a `vmap`."""

import functools

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp


def distances(points, centres):
    return jnp.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=-1)


def lloyd(points, centres):
    k = centres.shape[0]

    def move(state):
        centres, _, n = state
        nearest = jnp.argmin(distances(points, centres), axis=1)
        members = jax.ops.segment_sum(jnp.ones(points.shape[0]), nearest, num_segments=k)
        sums = jax.ops.segment_sum(points, nearest, num_segments=k)
        empty = (members == 0)[:, None]
        new = jnp.where(empty, centres, sums / jnp.maximum(members, 1)[:, None])
        return new, centres, n + 1

    def moved(state):
        centres, before, n = state
        return jnp.any(centres != before) & (n < 100)

    centres, _, n = lax.while_loop(moved, move, (centres, centres + 1.0, 0))
    return centres, jnp.mean(jnp.min(distances(points, centres), axis=1)), n


@functools.partial(jax.jit, static_argnames=("k", "restarts"))
def kmeans(key, points, k, restarts=8):
    def attempt(key):
        return lloyd(points, random.choice(key, points, (k,), replace=False))

    centres, inertia, n = jax.vmap(attempt)(random.split(key, restarts))
    best = jnp.argmin(inertia)
    return centres[best], inertia[best], n[best]


def main():
    where_key, noise_key, start_key = random.split(random.key(13), 3)
    truth = jnp.array([[0.0, 0.0], [4.0, 1.0], [1.0, 4.0]])
    which = random.randint(where_key, (150,), 0, 3)
    points = truth[which] + 0.5 * random.normal(noise_key, (150, 2))
    centres, inertia, n = kmeans(start_key, points, k=3)
    order = jnp.lexsort((centres[:, 1], centres[:, 0]))
    return {"centres": centres[order], "inertia": inertia, "iterations": n}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
