"""Trajectory optimisation: a pendulum is swung up by gradient descent on its torques.

`fori_loop` and `scan` nest; Gauss-Newton steps take the Jacobian by forward mode.
"""

import functorch_lite as jax
from functorch_lite import lax
from functorch_lite import numpy as jnp

STEPS = 40


def dynamics(state, torque):
    angle, speed = state
    speed = speed + 0.05 * (3.0 * jnp.tanh(torque) - 9.8 * jnp.sin(angle) - 0.1 * speed)
    return jnp.stack([angle + 0.05 * speed, speed])


def rollout(torques):
    def step(state, torque):
        state = lax.fori_loop(0, 2, lambda _, s: dynamics(s, torque), state)
        return state, state

    return lax.scan(step, jnp.zeros(2), torques)[1]


def residuals(torques):
    end = rollout(torques)[-1]
    goal = jnp.stack([end[0] - jnp.pi, end[1]]) * 3.0
    return jnp.concatenate([goal, 0.05 * torques])


@jax.jit
def levenberg_marquardt(torques):
    def step(carry, _):
        torques, damping, cost = carry
        r, j = residuals(torques), jax.jacfwd(residuals)(torques)
        new = torques - jnp.linalg.solve(j.T @ j + damping * jnp.eye(STEPS), j.T @ r)
        new_cost = jnp.sum(residuals(new) ** 2)
        better = new_cost < cost
        damping = jnp.where(better, damping * 0.5, damping * 4.0)
        torques = jnp.where(better, new, torques)
        return (torques, damping, jnp.minimum(cost, new_cost)), cost

    start = (torques, 1.0, jnp.sum(residuals(torques) ** 2))
    (torques, _, _), costs = lax.scan(step, start, length=60)
    return torques, costs


def main():
    torques, costs = levenberg_marquardt(0.1 * jnp.sin(jnp.arange(STEPS) / 2.0))
    return {"first cost": costs[0], "last cost": costs[-1], "end": rollout(torques)[-1]}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
