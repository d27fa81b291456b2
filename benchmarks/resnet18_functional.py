"""ResNet-18 as a pure function, jitted: a training step against JAX and PyTorch eager.

The program is written once, with ``lax.conv_general_dilated`` and ``lax.reduce_window``, and
run by both libraries. Parameters go in and come out as ordinary arrays; the old ones are donated,
as JAX's users write a training step.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import jax_library, our_library
from .resnet18_stateful import RATE, SIZES, batch, our_model, their_step

MOMENTUM = np.float32(0.9)


def initial() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return parameters and BatchNorm's statistics as arrays, under torchvision's names."""
    model = our_model()
    parameters = {k: np.array(p.detach()) for k, p in model.named_parameters()}
    statistics = {k: np.array(b) for k, b in model.named_buffers() if "running" in k}
    return parameters, statistics


def network(library: Any, p: Any, s: Any, x: Any) -> Any:
    """Apply the network in training mode; return logits and new statistics."""
    lax, np_ = library.lax, library.np
    new = {}

    def unit(x: Any, conv: str, norm: str, stride: int, pad: int) -> Any:
        x = lax.conv_general_dilated(x, p[f"{conv}.weight"], (stride, stride), [(pad, pad)] * 2)
        mean, var = np_.mean(x, axis=(0, 2, 3)), np_.var(x, axis=(0, 2, 3))
        n = x.size // x.shape[1]
        for name, value in (("mean", mean), ("var", var * (n / max(n - 1, 1)))):
            key = f"{norm}.running_{name}"
            new[key] = 0.9 * s[key] + 0.1 * value
        scale = p[f"{norm}.weight"] * lax.rsqrt(var + 1e-5)
        x = (x - mean[:, None, None]) * scale[:, None, None]
        return x + p[f"{norm}.bias"][:, None, None]

    x = library.nn.relu(unit(x, "conv1", "bn1", 2, 3))
    window, strides = (1, 1, 3, 3), (1, 1, 2, 2)
    pads = [(0, 0), (0, 0), (1, 1), (1, 1)]
    x = lax.reduce_window(x, -np.inf, lax.max, window, strides, pads)
    for layer in range(1, 5):
        for k in range(2):
            name, stride = f"layer{layer}.{k}", 2 if layer > 1 and k == 0 else 1
            y = library.nn.relu(unit(x, f"{name}.conv1", f"{name}.bn1", stride, 1))
            y = unit(y, f"{name}.conv2", f"{name}.bn2", 1, 1)
            if stride == 2:
                x = unit(x, f"{name}.downsample.0", f"{name}.downsample.1", 2, 0)
            x = library.nn.relu(y + x)
    return np_.mean(x, axis=(2, 3)) @ p["fc.weight"].T + p["fc.bias"], new


def step(library: Any) -> Callable[..., Any]:
    """Return the jitted step: forward, backward, SGD with momentum."""

    def loss(p: Any, s: Any, x: Any, y: Any) -> Any:
        logits, s = network(library, p, s, x)
        scores = library.nn.log_softmax(logits)
        return -library.np.mean(library.np.take_along_axis(scores, y[:, None], axis=1)), s

    @functools.partial(library.api.jit, donate_argnums=(0, 1, 2))
    def run(p: Any, v: Any, s: Any, x: Any, y: Any) -> Any:
        (value, s), g = library.api.value_and_grad(loss, has_aux=True)(p, s, x, y)
        v = library.tree_map(lambda v, g: MOMENTUM * v + g, v, g)
        p = library.tree_map(lambda p, v: p - np.float32(RATE) * v, p, v)
        return p, v, s, value

    return run


def training(library: Any, n: int, size: int) -> Callable[[], float]:
    """Return a step that goes on from its own results."""
    p, s = library.tree_map(library.array, initial())
    x, y = map(library.array, batch(n, size))
    run, state = step(library), [(p, library.tree_map(lambda a: a * 0, p), s)]

    def one() -> float:
        *new, loss = library.wait(run(*state.pop(), x, y))
        state.append(tuple(new))
        return float(loss)

    return one


def contests() -> Iterator[Contest]:
    """Yield the step at three sizes."""
    for size in SIZES:
        n, h = size
        yield Contest(
            f"ResNet-18 step, functional, {n}×3×{h}×{h}",
            timed(
                {
                    "ours": lambda size=size: training(our_library(), *size),
                    "JAX": lambda size=size: training(jax_library(), *size),
                    "PyTorch": lambda size=size: their_step(*size),
                }
            ),
            {"JAX": 0.3},
        )
