"""Peak memory of ResNet-18 steps: the largest resident set, less that after the imports."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from .environment import Options
from .harness import Contest, Samples, child, in_turn
from .resnet18_stateful import SIZES


def resident() -> float:
    """Return the resident set in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def contests() -> Iterator[Contest]:
    """Yield both styles at three sizes."""
    for style in ("stateful", "functional"):
        for size in SIZES:
            n, h = size
            yield Contest(
                f"peak memory, ResNet-18 step, {style}, {n}×3×{h}×{h}",
                lambda _, style=style, size=size: collect(_, style, size),
                {"PyTorch": 1.0},
                unit="MB",
            )


def collect(_: Options, style: str, size: tuple[int, int]) -> Samples:
    """Start processes in turn; compilers are kept out by a first one that fills the cache."""
    sizes = [str(s) for s in size]
    child("memory", style, *sizes)
    return in_turn(
        {
            "ours": lambda: child("memory", style, *sizes),
            "PyTorch": lambda: child("memory", "torch", *sizes),
        },
        3,
    )


def main() -> None:
    """Be a child: import, take five steps, print the peak above what was there before."""
    from .peers import our_library, torch
    from .resnet18_functional import training
    from .resnet18_stateful import our_model, our_step, their_step

    who, n, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    library = torch() if who == "torch" else our_library()
    if who == "stateful":
        from functorch_lite import models, optim, stateful  # noqa: F401
    if who == "torch":
        our_model()  # its parameters are copied from ours
    before = resident()
    if who == "functional":
        step = training(library, n, size)
    else:
        step = (their_step if who == "torch" else our_step)(n, size)
    for _ in range(5):
        step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(peak - before, flush=True)


if __name__ == "__main__":
    main()
