"""From the start of a process to the first loss of a ResNet-18 step, 1×3×64×64."""

import os
import sys
from collections.abc import Iterator

from .environment import Options
from .harness import Contest, Samples, child, in_turn, write_bytecode


def contests() -> Iterator[Contest]:
    """Yield both styles, each with an empty and with a filled cache on disk."""
    for style in ("functional", "stateful"):
        for cache, bar in (("cold", 0.5), ("warm", 0.1)):
            yield Contest(
                f"first result of a fresh process, ResNet-18 step, {style}, {cache} cache",
                lambda _, style=style, cache=cache: collect(_, style, cache),
                {"JAX, cold": bar},
            )


def collect(_: Options, style: str, cache: str) -> Samples:
    """Start processes in turn."""
    import tempfile  # (the children, whose start is timed, do without)

    write_bytecode()
    with tempfile.TemporaryDirectory() as folder:
        runs = iter(range(1000))

        def ours() -> float:
            name = "warm" if cache == "warm" else f"cold{next(runs)}"
            env = {**os.environ, "FUNCTORCH_LITE_CACHE_DIR": os.path.join(folder, name)}
            return child("first_result", style, env=env)

        if cache == "warm":
            env = {**os.environ, "FUNCTORCH_LITE_CACHE_DIR": os.path.join(folder, "warm")}
            child("first_result", style, "fill", env=env)
        return in_turn(
            {
                "ours": ours,
                "JAX, cold": lambda: child("first_result", "jax"),
                "PyTorch": lambda: child("first_result", "torch"),
            },
            3,
        )


def main() -> None:
    """Be a child: take a step, say so; with ``fill`` take more, so that the cache is filled."""
    from .peers import jax_library, our_library
    from .resnet18_functional import training
    from .resnet18_stateful import our_step, their_step

    steps = {
        "functional": lambda: training(our_library(), 1, 64),
        "stateful": lambda: our_step(1, 64),
        "jax": lambda: training(jax_library(), 1, 64),
        "torch": lambda: their_step(1, 64),
    }
    step = steps[sys.argv[1]]()
    if "fill" in sys.argv:
        for _ in range(4):
            step()
    step()
    print("now", flush=True)


if __name__ == "__main__":
    main()
