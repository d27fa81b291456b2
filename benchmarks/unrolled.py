"""Compile time of 200 unrolled steps of a small recurrence: tracing to machine code.

In fresh processes with an empty cache, after the import of the library: the first program of the
process, and another one after it, when what a compiler sets up once is there.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from .environment import Options
from .harness import Contest, Samples, child, in_turn, write_bytecode


def pendulum(library: Any, x: Any, dt: float, steps: int) -> Any:
    """Follow pendulums for some steps."""
    angle, speed = x, x * 0.0
    for _ in range(steps):
        speed = speed - dt * library.np.sin(angle)
        angle = angle + dt * speed
    return angle


def compile_seconds(library: Any, gradient: bool, which: str) -> float:
    """Compile one program; return what it took."""
    x = library.array(np.linspace(0.1, 1.0, 10))

    def compile_one(dt: float, steps: int) -> float:
        def f(x: Any) -> Any:
            return library.np.sum(pendulum(library, x, dt, steps))

        start = time.perf_counter()
        compiled = library.api.jit(library.api.grad(f) if gradient else f).lower(x).compile()
        seconds = time.perf_counter() - start
        library.wait(compiled(x))
        return seconds

    if which == "further":
        compile_one(0.02, 5)
    return compile_one(0.01, 200)


def contests() -> Iterator[Contest]:
    """Yield the recurrence and its gradient, as the first and as a further program."""
    for gradient in (False, True):
        for which in ("first", "further"):
            yield Contest(
                f"compile 200 unrolled steps{', gradient' if gradient else ''}, {which} program",
                lambda _, g=gradient, which=which: collect(_, g, which),
                {"JAX": 1.0},
            )


def collect(_: Options, gradient: bool, which: str) -> Samples:
    """Start processes in turn."""
    arguments = (str(int(gradient)), which)
    write_bytecode()

    def ours() -> float:
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, "FUNCTORCH_LITE_CACHE_DIR": folder}
            return child("unrolled", "ours", *arguments, env=env)

    return in_turn({"ours": ours, "JAX": lambda: child("unrolled", "jax", *arguments)}, 5)


def main() -> None:
    """Be a child: compile, print the seconds."""
    from .peers import jax_library, our_library

    library = {"ours": our_library, "jax": jax_library}[sys.argv[1]]()
    print(compile_seconds(library, sys.argv[2] == "1", sys.argv[3]), flush=True)


if __name__ == "__main__":
    main()
