"""Conway's game of life: neighbours counted by a convolution, generations by a `scan`."""

import functorch_lite as jax
from functorch_lite import lax
from functorch_lite import numpy as jnp

GLIDER = jnp.array([[0, 1, 0], [0, 0, 1], [1, 1, 1]])


def generation(board):
    padded = jnp.pad(board, 1, mode="wrap").astype(jnp.float32)
    ring = jnp.ones((3, 3), jnp.float32).at[1, 1].set(0.0)
    counts = lax.conv(padded[None, None], ring[None, None], (1, 1), "VALID")[0, 0]
    return ((counts == 3) | ((counts == 2) & (board == 1))).astype(board.dtype)


@jax.jit
def play(board):
    return lax.scan(lambda b, _: (generation(b), b.sum()), board, length=40)


def main():
    board = jnp.zeros((12, 12), int).at[1:4, 1:4].set(GLIDER)
    end, population = play(board)
    moved = jnp.roll(board, (10, 10), axis=(0, 1))  # a cell in each direction in four generations
    return {"population": population[-1], "is a glider": jnp.array_equal(end, moved), "board": end}


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {result}")
