"""How far float32 gradients of ResNet-18 are from float64's: ours against PyTorch's.

The distance of a tensor is the norm of the difference over the norm. One ReLU that flips moves
gradients by a thousandth or more, so only ratios of medians over several batches mean something; the
aim is 2.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from .harness import Contest
from .peers import torch
from .resnet18_functional import initial
from .resnet18_stateful import SIZES, batch, our_model, their_model

SEEDS = tuple(range(1, 10))
Gradients = dict[str, np.ndarray]


def stateful(x: np.ndarray, y: np.ndarray) -> Gradients:
    """Return our gradients by ``backward()``, of the fourth step, when all is compiled."""
    import functorch_lite as fl

    model, images, labels = our_model().train(), fl.tensor(x), fl.tensor(y)
    for _ in range(4):
        model.zero_grad()
        fl.nn.functional.cross_entropy(model(images), labels).backward()
    return {k: np.array(p.grad) for k, p in model.named_parameters()}


def jitted(x: np.ndarray, y: np.ndarray) -> Gradients:
    """Return our gradients by ``jit(grad)``, compiled."""
    import functorch_lite as fl

    model = our_model().train()
    buffers = {k: np.array(b) for k, b in model.named_buffers()}

    def loss(p: Any, x: Any, y: Any) -> Any:
        scores, _ = fl.functional_call(model, (p, buffers), x)
        return fl.nn.functional.cross_entropy(scores, y)

    g = fl.jit(fl.grad(loss))
    parameters = initial()[0]
    for _ in range(2):
        g(parameters, x, y)
    return g(parameters, x, y)


def theirs(x: np.ndarray, y: np.ndarray, double: bool) -> Gradients:
    """Return PyTorch's."""
    t = torch()
    model, images = their_model().train(), t.from_numpy(x)
    if double:
        model, images = model.double(), images.double()
    t.nn.functional.cross_entropy(model(images), t.from_numpy(y)).backward()
    return {k: p.grad.numpy() for k, p in model.named_parameters()}


@functools.cache
def distances(who: str, n: int, h: int, seed: int) -> list[float]:
    """Return the distance of each parameter's gradient from float64's, by PyTorch."""
    x, y = batch(n, h, seed)
    makers = {
        "stateful": lambda: stateful(x, y),
        "jitted": lambda: jitted(x, y),
        "PyTorch": lambda: theirs(x, y, False),
    }
    got, exact = makers[who](), exact_gradients(n, h, seed)
    return [float(np.linalg.norm(got[k] - v) / np.linalg.norm(v)) for k, v in exact.items()]


@functools.cache
def exact_gradients(n: int, h: int, seed: int) -> Gradients:
    """Return PyTorch's gradients in float64."""
    return theirs(*batch(n, h, seed), True)


def contests() -> Iterator[Contest]:
    """Yield both styles at three sizes, by the median and by the maximum over tensors."""
    for style in ("stateful", "jitted"):
        for n, h in SIZES:
            for name, how in (("median", np.median), ("maximum", np.max)):
                yield Contest(
                    f"distance of gradients from float64, {style}, {n}×3×{h}×{h}, {name}",
                    lambda _, n=n, h=h, style=style, how=how: {
                        "ours": [float(how(distances(style, n, h, s))) for s in SEEDS],
                        "PyTorch": [float(how(distances("PyTorch", n, h, s))) for s in SEEDS],
                    },
                    {"PyTorch": 2.0},
                    unit="",
                )
