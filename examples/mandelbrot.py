"""The Mandelbrot set: a `while_loop` for one point, a `vmap` for the picture, in ASCII."""

import functorch_lite as jax
from functorch_lite import lax
from functorch_lite import numpy as jnp

LIMIT = 50


def escape_time(c):
    def bounded(state):
        z, n = state
        return (z.real**2 + z.imag**2 < 4.0) & (n < LIMIT)

    return lax.while_loop(bounded, lambda s: (s[0] ** 2 + c, s[1] + 1), (0.0 * c, 0))[1]


@jax.jit
def picture():
    x = jnp.linspace(-2.1, 0.7, 64)
    y = jnp.linspace(-1.1, 1.1, 24)
    return jax.vmap(jax.vmap(escape_time))(x[None, :] + 1j * y[:, None])


def main():
    times = picture()
    return {"times": times, "area": jnp.mean(times == LIMIT) * 2.8 * 2.2}


if __name__ == "__main__":
    results = main()
    for row in results["times"].tolist():
        print("".join(" .:-=+*%@#"[min(n, LIMIT - 1) * 10 // LIMIT] for n in row))
    print(f"area: {jnp.round(results['area'], 3)}")
