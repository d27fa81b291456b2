"""Depthwise convolution: forward, and forward with backward, against PyTorch and JAX."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library, torch

# input, kernel size, stride; the first is the one with bars
CASES = (((8, 64, 56, 56), 3, 1), ((8, 64, 56, 56), 3, 2), ((8, 96, 28, 28), 5, 1))
BARS = {"PyTorch": 1.0, "JAX": 0.1}


def operands(shape: tuple[int, ...], k: int, stride: int) -> list[np.ndarray]:
    """Return input, kernel and cotangent."""
    rng, c = np.random.default_rng(0), shape[1]
    out = (*shape[:2], *(-(-n // stride) for n in shape[2:]))
    return [rng.standard_normal(s, dtype=np.float32) for s in (shape, (c, 1, k, k), out)]


def functional(library: Any, case: Any, backward: bool) -> Callable[[], Any]:
    """Return the work, written for JAX and for us alike."""
    shape, k, stride = case
    x, w, ct = map(library.array, operands(*case))

    def conv(x: Any, w: Any) -> Any:
        pads, groups = [(k // 2, k // 2)] * 2, shape[1]
        return library.lax.conv_general_dilated(
            x, w, (stride, stride), pads, feature_group_count=groups
        )

    @library.api.jit
    def both(x: Any, w: Any, ct: Any) -> Any:
        y, pullback = library.api.vjp(conv, x, w)
        return y, *pullback(ct)

    forward = library.api.jit(conv)
    if backward:
        return lambda: library.wait(both(x, w, ct))
    return lambda: library.wait(forward(x, w))


def pytorch(case: Any, backward: bool) -> Callable[[], Any]:
    """Return PyTorch's."""
    t = torch()
    shape, k, stride = case
    x, w, ct = map(t.from_numpy, operands(*case))
    if backward:
        x.requires_grad_(), w.requires_grad_()

    def run() -> Any:
        y = t.nn.functional.conv2d(x, w, None, stride, k // 2, 1, shape[1])
        return (y.detach(), *t.autograd.grad(y, (x, w), ct)) if backward else y

    return run


def contests() -> Iterator[Contest]:
    """Yield both directions of each case."""
    for case in CASES:
        for backward in (False, True):
            shape, k, stride = case
            yield Contest(
                f"depthwise {k}×{k}{f' stride {stride}' if stride > 1 else ''}, "
                f"{'×'.join(map(str, shape))}, forward{' and backward' if backward else ''}",
                timed(
                    {
                        "ours": lambda c=case, b=backward: functional(our_library(), c, b),
                        "PyTorch": lambda c=case, b=backward: pytorch(c, b),
                        "JAX": lambda c=case, b=backward: functional(jax_library(), c, b),
                    }
                ),
                BARS if case is CASES[0] else {},
            )
