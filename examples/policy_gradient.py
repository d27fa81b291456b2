"""REINFORCE (Williams 1992): balances a pole on a cart; the episode is a `scan`.

The cart-pole of Barto, Sutton & Anderson (1983), with a reward at each step still upright.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

STEPS, EPISODES = 60, 32


def physics(state, action):
    x, v, angle, spin = state
    force = jnp.where(action == 1, 10.0, -10.0)
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    push = (force + 0.05 * spin**2 * sin) / 1.1
    turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
    drive = push - 0.05 * turn * cos / 1.1
    return jnp.stack([x + 0.02 * v, v + 0.02 * drive, angle + 0.02 * spin, spin + 0.02 * turn])


def logits(params, state):
    return jnp.tanh(state @ params["w1"]) @ params["w2"]


def episode(params, key):
    start_key, action_key = random.split(key)
    start = random.uniform(start_key, (4,), minval=-0.05, maxval=0.05)

    def step(carry, key):
        state, alive = carry
        action = random.categorical(key, logits(params, state))
        state_new = physics(state, action)
        upright = (jnp.abs(state_new[2]) < 0.2) & (jnp.abs(state_new[0]) < 2.4)
        return (state_new, alive & upright), (state, action, alive)

    return lax.scan(step, (start, True), random.split(action_key, STEPS))[1]


def surrogate(params, states, actions, alive):
    rewards = alive.astype(float)
    to_go = jnp.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    advantage = (to_go - to_go.mean(axis=0)) / 10.0
    log_p = jax.nn.log_softmax(logits(params, states))
    chosen = jnp.take_along_axis(log_p, actions[..., None], axis=-1)[..., 0]
    return -jnp.mean(jnp.sum(chosen * lax.stop_gradient(advantage) * rewards, axis=1))


@jax.jit
def update(params, key):
    states, actions, alive = jax.vmap(episode, (None, 0))(params, random.split(key, EPISODES))
    grads = jax.grad(surrogate)(params, states, actions, alive)
    norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(grads)))
    params = jax.tree.map(lambda p, g: p - 0.3 * g / jnp.maximum(norm, 1.0), params, grads)
    return params, jnp.mean(jnp.sum(alive, axis=1))


def main():
    k1, k2, train_key = random.split(random.key(22), 3)
    params = {"w1": random.normal(k1, (4, 8)), "w2": random.normal(k2, (8, 2)) * 0.1}
    lengths = []
    for key in random.split(train_key, 25):
        params, length = update(params, key)
        lengths.append(length)
    return {"first length": lengths[0], "last length": lengths[-1], "of": STEPS}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
