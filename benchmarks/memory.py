"""Peak memory of ResNet-18 steps: the largest resident set, less that after the imports.

What is loaded by then includes each library's machine code: libtorch comes with PyTorch's import,
ours (llvmlite's library) is imported explicitly, since a program would load it later.
"""

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


def peak_resident() -> float:
    """Return the largest resident set so far in megabytes.

    (``ru_maxrss`` would count the parent, from which a child process is forked.)
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


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
    from .resnet18_stateful import batch, our_step, torch_resnet18
    from .resnet18_stateful import step as training_step

    who, n, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    library = torch() if who == "torch" else our_library()
    if who != "torch":
        from functorch_lite import models, optim, stateful  # noqa: F401
    before = resident()
    if who == "functional":
        step = training(library, n, size)
    elif who == "stateful":
        step = our_step(n, size)
    else:  # (its own random parameters: making ours too would leave free memory behind)
        x, y = map(library.from_numpy, batch(n, size))
        step = training_step(library, library.nn.functional, torch_resnet18().train(), x, y)
    for _ in range(5):
        step()
    print(peak_resident() - before, flush=True)


if __name__ == "__main__":
    main()
