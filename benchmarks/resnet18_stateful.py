"""ResNet-18 as a PyTorch user writes it: a training step, and inference, against PyTorch eager."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .harness import Contest, timed
from .peers import torch, torch_resnet18

# A larger rate soon fits one image, and then everybody crawls through denormals.
RATE = 1e-5
SIZES = {(1, 64): 0.6, (16, 64): 0.7, (8, 224): 0.6}


def batch(n: int, size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels."""
    images = np.random.default_rng(seed).standard_normal((n, 3, size, size), dtype=np.float32)
    return images, np.arange(n)


def our_model() -> Any:
    """Return our network, from a fixed seed."""
    import functorch_lite as fl

    fl.manual_seed(0)
    return fl.models.resnet18()


def their_model() -> Any:
    """Return PyTorch's network with our parameters."""
    t, model = torch(), torch_resnet18()
    state = {k: t.from_numpy(np.array(v)) for k, v in our_model().state_dict().items()}
    model.load_state_dict(state)
    return model


def step(library: Any, functional: Any, model: Any, x: Any, y: Any) -> Callable[[], float]:
    """Return a training step; the code is the same for both libraries."""
    optimizer = library.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)

    def run() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def our_step(n: int, size: int) -> Callable[[], float]:
    """Return our training step."""
    import functorch_lite as fl

    x, y = map(fl.tensor, batch(n, size))
    return step(fl, fl.nn.functional, our_model().train(), x, y)


def their_step(n: int, size: int) -> Callable[[], float]:
    """Return PyTorch's."""
    t = torch()
    x, y = map(t.from_numpy, batch(n, size))
    return step(t, t.nn.functional, their_model().train(), x, y)


def inference(library: Any, model: Any, x: Any) -> Callable[[], Any]:
    """Return inference; the code is the same for both libraries."""

    def run() -> Any:
        with library.no_grad():
            return model(x).numpy()

    return run


def our_inference(n: int, size: int) -> Callable[[], Any]:
    """Return our inference."""
    import functorch_lite as fl

    return inference(fl, our_model().eval(), fl.tensor(batch(n, size)[0]))


def their_inference(n: int, size: int) -> Callable[[], Any]:
    """Return PyTorch's."""
    t = torch()
    return inference(t, their_model().eval(), t.from_numpy(batch(n, size)[0]))


def contests() -> Iterator[Contest]:
    """Yield step and inference at three sizes."""
    kinds = (
        ("step", our_step, their_step, lambda size: SIZES[size]),
        ("inference", our_inference, their_inference, lambda size: 0.5),
    )
    for kind, ours, theirs, bar in kinds:
        for size in SIZES:
            n, h = size
            yield Contest(
                f"ResNet-18 {kind}, stateful, {n}×3×{h}×{h}",
                timed(
                    {
                        "ours": lambda f=ours, size=size: f(*size),
                        "PyTorch": lambda f=theirs, size=size: f(*size),
                    }
                ),
                {"PyTorch": bar(size)},
            )
