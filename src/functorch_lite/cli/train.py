"""Training ResNet-18 on the handwritten digits that scikit-learn carries."""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .weights import load_resnet18

__all__ = ["evaluate", "load_digits", "run_training", "train"]

Array = np.ndarray[Any, Any]
Data = tuple[Array, Array]
Step = Callable[[Array, Array], float]
Finish = Callable[[], None]


def load_digits(size: int, limit: int | None, seed: int) -> tuple[Data, Data]:
    """Return (images, labels) for training and for testing.

    1797 grey images of 8×8 (Alpaydin & Kaynak 1998, "Optical Recognition of Handwritten
    Digits", UCI), resized to `size`, as three equal channels, normalised; a fifth is for testing.
    """
    try:
        from PIL import Image
        from sklearn.datasets import load_digits as sklearn_digits
    except ImportError as e:
        raise SystemExit(
            f"training needs {e.name}: python -m pip install 'functorch-lite[train]'"
        ) from None
    digits = sklearn_digits()
    images = np.stack(
        [
            np.asarray(
                Image.fromarray(np.uint8(x * 255 / 16)).resize(
                    (size, size), Image.Resampling.BILINEAR
                )
            )
            for x in digits.images
        ]
    )
    x = (images.astype(np.float32) / 255 - 0.3) / 0.35
    x = np.repeat(x[:, None], 3, axis=1)
    y = digits.target.astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(y))[:limit]
    x, y = x[order], y[order]
    n_test = len(y) // 5
    return (x[n_test:], y[n_test:]), (x[:n_test], y[:n_test])


def evaluate(model: Any, data: Data, batch_size: int) -> float:
    """Return the share of images that are classified rightly."""
    import functorch_lite as fl

    x, y = data
    model.eval()
    right = 0
    with fl.no_grad():
        for lo in range(0, len(y), batch_size):
            scores = model(fl.tensor(x[lo : lo + batch_size]))
            right += int((scores.numpy().argmax(1) == y[lo : lo + batch_size]).sum())
    model.train()
    return right / len(y)


def stateful_step(model: Any, optim: Any) -> tuple[Step, Finish]:
    """Return a training step by ``backward()`` and ``optim.step()``; it is interpreted."""
    import functorch_lite as fl

    loss_fn = fl.nn.CrossEntropyLoss()

    def step(x: Array, y: Array) -> float:
        optim.zero_grad()
        loss = loss_fn(model(fl.tensor(x)), fl.tensor(y))
        loss.backward()
        optim.step()
        return float(loss.item())

    return step, lambda: None


def compiled_step(model: Any, optim: Any) -> tuple[Step, Finish]:
    """Return the same step as one jitted function, and what puts its state into the model.

    Learning rate, momentum and weight decay are read from the optimiser, which has no gradients
    and so does no work.
    """
    import functorch_lite as fl

    tree_map = fl.tree_util.tree_map
    params = {k: p.detach().numpy().copy() for k, p in model.named_parameters()}
    buffers = {k: b.numpy().copy() for k, b in model.named_buffers()}
    state = params, tree_map(np.zeros_like, params), buffers

    @fl.jit
    def update(state: Any, rates: Any, x: Any, y: Any) -> Any:
        params, velocity, buffers = state
        lr, momentum, decay = rates

        def loss_of(params: Any) -> Any:
            scores, new = fl.functional_call(model, (params, buffers), x)
            return fl.nn.functional.cross_entropy(scores, y), new

        (loss, buffers), grads = fl.value_and_grad(loss_of, has_aux=True)(params)
        velocity = tree_map(lambda v, g, p: momentum * v + g + decay * p, velocity, grads, params)
        params = tree_map(lambda p, v: p - lr * v, params, velocity)
        return loss, (params, velocity, buffers)

    def step(x: Array, y: Array) -> float:
        nonlocal state
        group = optim.param_groups[0]
        rates = tuple(x.dtype.type(group[k]) for k in ("lr", "momentum", "weight_decay"))
        loss, state = update(state, rates, x, y)
        optim.step()  # does nothing, for lack of gradients, but the schedule waits for it
        return float(loss)

    def finish() -> None:
        model.load_state_dict({**state[0], **state[2]})

    return step, finish


def train(
    model: Any,
    data: Data,
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    stateful: bool = False,
) -> list[float]:
    """Train with SGD and one learning-rate cycle; return the loss of every step.

    A last batch that is not full is left out: its images come in another epoch, and the compiled
    step is for one shape.
    """
    from tqdm import tqdm

    import functorch_lite as fl

    x, y = data
    batch_size = min(batch_size, len(y))
    steps = len(y) // batch_size
    optim = fl.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    schedule = fl.optim.lr_scheduler.OneCycleLR(
        optim, max_lr=lr, epochs=epochs, steps_per_epoch=steps
    )
    rng = np.random.default_rng(seed)
    losses: list[float] = []
    model.train()
    step, finish = (stateful_step if stateful else compiled_step)(model, optim)
    with tqdm(total=epochs * steps, unit="step") as bar:
        for epoch in range(epochs):
            order = rng.permutation(len(y))
            for k in range(steps):
                index = order[k * batch_size : (k + 1) * batch_size]
                losses.append(step(x[index], y[index]))
                schedule.step()
                bar.set_postfix(epoch=epoch + 1, loss=f"{losses[-1]:.3f}")
                bar.update()
    finish()
    return losses


def plot_losses(losses: list[float], path: str) -> None:
    """Draw the loss of every step, and its running mean."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    window = max(1, len(losses) // 25)
    mean = np.convolve(losses, np.ones(window) / window, mode="valid")
    fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    ax.plot(losses, color="0.75", linewidth=0.8, label="each step")
    ax.plot(np.arange(window - 1, len(losses)), mean, color="C0", label=f"mean of {window}")
    ax.set(xlabel="step", ylabel="cross entropy", title="ResNet-18 on digits", yscale="log")
    ax.legend()
    fig.savefig(path, dpi=120)
    plt.close(fig)


def run_training(args: argparse.Namespace) -> int:
    """Train, test, plot; return 0 if the goal was reached."""
    import functorch_lite as fl

    fl.manual_seed(args.seed)
    training, testing = load_digits(args.size, args.limit, args.seed)
    print(
        f"{len(training[1])} images to train on, {len(testing[1])} to test, {args.size}×{args.size}"
    )
    model, pretrained = load_resnet18(not args.no_download)
    model.fc = fl.nn.Linear(512, 10)  # ten digits in place of ImageNet's thousand classes
    print(f"model: ResNet-18, {'pretrained' if pretrained else 'random'} weights")
    start = time.perf_counter()
    losses = train(
        model,
        training,
        epochs=args.epochs,
        batch_size=args.batch_size,
        lr=args.lr,
        seed=args.seed,
        stateful=args.stateful,
    )
    took = time.perf_counter() - start
    accuracy = evaluate(model, testing, args.batch_size)
    print(f"{len(losses)} steps in {took:.0f} s; loss {losses[0]:.3f} -> {losses[-1]:.3f}")
    print(f"test accuracy: {accuracy:.2%} (goal: {args.goal:.0%})")
    if args.plot:
        plot_losses(losses, args.plot)
        print(f"loss curve: {args.plot}")
    return 0 if accuracy >= args.goal else 1
