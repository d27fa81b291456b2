"""Lagrangian mechanics (as in Cranmer et al. 2020): a double pendulum from its energies alone.

The equations of motion come from derivatives of the Lagrangian; the orbit keeps its energy.
"""

import functorch_lite as jax
from functorch_lite import lax
from functorch_lite import numpy as jnp


def kinetic(q, v):
    both = v[0] ** 2 + 0.5 * v[1] ** 2
    return both + v[0] * v[1] * jnp.cos(q[0] - q[1])


def potential(q):
    return -9.8 * (2 * jnp.cos(q[0]) + jnp.cos(q[1]))


def lagrangian(q, v):
    return kinetic(q, v) - potential(q)


def acceleration(q, v):
    mass = jax.hessian(lagrangian, 1)(q, v)
    force = jax.grad(lagrangian, 0)(q, v)
    turning = jax.jacobian(jax.grad(lagrangian, 1), 0)(q, v) @ v
    return jnp.linalg.solve(mass, force - turning)


def runge_kutta(state, h):
    f = lambda s: jnp.stack([s[1], acceleration(s[0], s[1])])
    k1 = f(state)
    k2 = f(state + h / 2 * k1)
    k3 = f(state + h / 2 * k2)
    k4 = f(state + h * k3)
    return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@jax.jit
def orbit(start):
    def step(state, _):
        energy = kinetic(state[0], state[1]) + potential(state[0])
        return runge_kutta(state, 0.01), energy

    return lax.scan(step, start, length=300)


def main():
    start = jnp.array([[1.0, 0.5], [0.0, 0.0]])
    end, energies = orbit(start)
    sensitivity = jax.jacfwd(lambda s: orbit(s)[0])(start)[0, :, 0, :]
    drift = jnp.max(jnp.abs(energies - energies[0]))
    return {"end": end, "energy is kept": drift < 1e-2, "d angles / d start": sensitivity}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
