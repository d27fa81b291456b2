"""Launching one fused kernel from a driver: on one thread or several, whole or split."""

from collections.abc import Callable

import numpy as np

from .emit import EmittedKernel
from .native import NativeFunction, compile_many
from .pointers import address
from .threads import get_num_threads, parallel_for

__all__ = ["PARALLEL_COST", "launcher"]

# Below so many element operations one thread is faster than two.
PARALLEL_COST = 100_000


def launcher(kernel: EmittedKernel, function: NativeFunction) -> Callable[..., None]:
    """Return what the driver calls with pointers; sizes are bound, threads used when they pay."""
    if kernel.combine is not None:
        return _split(kernel, function)
    outer, numbers = kernel.outer, tuple(kernel.numbers)
    if not kernel.parallel or kernel.cost < PARALLEL_COST or outer < 2:
        entry = function.fast_entry if kernel.cost < PARALLEL_COST else function

        def launch(*pointers: int) -> None:
            entry(*pointers, 0, outer, *numbers)

        return launch

    def launch_parallel(*pointers: int) -> None:
        threads = get_num_threads()
        if threads == 1:
            function(*pointers, 0, outer, *numbers)
        else:
            parallel_for(function, 0, outer, -(-outer // threads), (*pointers, *numbers))

    return launch_parallel


def _split(kernel: EmittedKernel, function: NativeFunction) -> Callable[..., None]:
    """Return the launch of a kernel whose pieces leave partial results."""
    assert kernel.combine is not None
    combine = compile_many([kernel.combine])[0].fast_entry
    outer, numbers, widths = kernel.outer, tuple(kernel.numbers), kernel.widths
    partials, k = list(zip(kernel.partials, widths, strict=True)), len(widths)

    def launch(*pointers: int) -> None:
        piece = -(-outer // get_num_threads())
        pieces = -(-outer // piece)
        results = [np.empty(pieces * n, d) for d, n in partials]
        places = [address(r) for r in results]
        arguments = (*pointers[:-k], *places, *numbers, piece)
        parallel_for(function, 0, outer, piece, arguments)
        combine(*places, *pointers[-k:], pieces, *widths)

    return launch
