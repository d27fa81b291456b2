"""Deep Q-learning (Mnih et al. 2015) learns to catch a falling ball from pixels.

Replay memory, target network and eight games side by side, all inside one `scan`.
"""

import functorch_lite as jax
from functorch_lite import lax, random
from functorch_lite import numpy as jnp

ROWS, COLS, HIDDEN = 6, 5, 64
GAMES, MEMORY, BATCH, STEPS = 8, 2048, 64, 800
DISCOUNT, RATE = 0.9, 0.01


def observe(game):
    row, ball, paddle = game
    pixels = ROWS * COLS
    board = jax.nn.one_hot(row * COLS + ball, pixels, dtype=float)
    return board + jax.nn.one_hot(pixels - COLS + paddle, pixels, dtype=float)


def play(game, action, key):
    """Move the paddle left, not or right; the ball falls by a row, and starts again at the end."""
    row, ball, paddle = game
    paddle = jnp.clip(paddle + action - 1, 0, COLS - 1)
    done = row + 1 == ROWS - 1
    reward = jnp.where(done, jnp.where(ball == paddle, 1.0, -1.0), 0.0)
    ball = jnp.where(done, random.randint(key, (), 0, COLS), ball)
    return (jnp.where(done, 0, row + 1), ball, paddle), reward, done


def values(params, seen):
    return jnp.tanh(seen @ params["w1"] + params["b1"]) @ params["w2"]


def loss(params, target, seen, action, reward, done, then):
    best = jnp.max(values(target, then), axis=-1)
    aim = reward + DISCOUNT * jnp.where(done, 0.0, best)
    chosen = jnp.take_along_axis(values(params, seen), action[:, None], axis=-1)[:, 0]
    error = jnp.abs(chosen - lax.stop_gradient(aim))
    return jnp.mean(jnp.where(error < 1.0, 0.5 * error**2, error - 0.5))


def adam(params, moments, grads, t):
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], grads)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, moments[1], grads)
    rate = RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, m, v), (m, v)


def step(carry, now):
    params, target, moments, games, memory = carry
    i, key = now
    explore_key, action_key, play_key, batch_key = random.split(key, 4)

    seen = jax.vmap(observe)(games)
    greedy = jnp.argmax(values(params, seen), axis=-1)
    anything = random.randint(action_key, (GAMES,), 0, 3)
    curious = random.uniform(explore_key, (GAMES,)) < jnp.maximum(0.1, 1 - i / 200)
    action = jnp.where(curious, anything, greedy)
    games, reward, done = jax.vmap(play)(games, action, random.split(play_key, GAMES))

    new = (seen, action, reward, done, jax.vmap(observe)(games))
    at = (i * GAMES + jnp.arange(GAMES)) % MEMORY
    memory = jax.tree.map(lambda old, x: old.at[at].set(x), memory, new)
    chosen = random.randint(batch_key, (BATCH,), 0, jnp.minimum((i + 1) * GAMES, MEMORY))
    batch = jax.tree.map(lambda x: x[chosen], memory)

    value, grads = jax.value_and_grad(loss)(params, target, *batch)
    params, moments = adam(params, moments, grads, i + 1)
    target = jax.tree.map(lambda p, q: jnp.where(i % 25 == 0, p, q), params, target)
    return (params, target, moments, games, memory), value


@jax.jit
def share_caught(params, key):
    """Play greedily from every place of the ball and of the paddle."""
    balls, paddles = jnp.divmod(jnp.arange(COLS * COLS), COLS)
    games = (jnp.zeros_like(balls), balls, paddles)

    def move(games, _):
        action = jnp.argmax(values(params, jax.vmap(observe)(games)), axis=-1)
        games, reward, _ = jax.vmap(play, (0, 0, None))(games, action, key)
        return games, reward

    rewards = lax.scan(move, games, None, length=ROWS - 1)[1]
    return jnp.mean(rewards[-1] == 1.0)


@jax.jit
def train(params, key):
    game_key, step_key = random.split(key)
    place = random.randint(game_key, (2, GAMES), 0, COLS)
    games = (jnp.zeros_like(place[0]), place[0], place[1])
    board = jnp.zeros((MEMORY, ROWS * COLS))
    number = jnp.zeros(MEMORY, int)
    memory = (board, number, jnp.zeros(MEMORY), number == 1, board)
    zeros = jax.tree.map(jnp.zeros_like, params)
    start = (params, params, (zeros, zeros), games, memory)
    (params, *_), losses = lax.scan(step, start, (jnp.arange(STEPS), random.split(step_key, STEPS)))
    return params, losses


def main():
    k1, k2, train_key = random.split(random.key(5), 3)
    params = {
        "w1": random.normal(k1, (ROWS * COLS, HIDDEN)) * 0.3,
        "b1": jnp.zeros(HIDDEN),
        "w2": random.normal(k2, (HIDDEN, 3)) * 0.1,
    }
    before = share_caught(params, train_key)
    params, losses = train(params, train_key)
    after = share_caught(params, train_key)
    return {"caught before": before, "caught after": after, "loss": jnp.mean(losses[-50:])}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {jnp.round(result, 4)}")
