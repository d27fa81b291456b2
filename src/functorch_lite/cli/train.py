"""Training ResNet-18 on the handwritten digits that scikit-learn carries."""

import argparse
import time
from typing import Any

import numpy as np

from .weights import load_resnet18

__all__ = ["evaluate", "load_digits", "run_training", "train"]

Array = np.ndarray[Any, Any]
Data = tuple[Array, Array]


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


def train(
    model: Any,
    data: Data,
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
) -> list[float]:
    """Train with SGD and one learning-rate cycle; return the loss of every step.

    A step is recorded, and from the third on (the second with momentum) it runs as one compiled
    program. A last batch that is not full is left out: its images come in another epoch, and a
    program is for one shape.
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
    loss_fn = fl.nn.CrossEntropyLoss()
    with tqdm(total=epochs * steps, unit="step") as bar:
        for epoch in range(epochs):
            order = rng.permutation(len(y))
            for k in range(steps):
                index = order[k * batch_size : (k + 1) * batch_size]
                optim.zero_grad()
                loss = loss_fn(model(fl.tensor(x[index])), fl.tensor(y[index]))
                loss.backward()
                optim.step()
                losses.append(float(loss.item()))
                schedule.step()
                bar.set_postfix(epoch=epoch + 1, loss=f"{losses[-1]:.3f}")
                bar.update()
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
    )
    took = time.perf_counter() - start
    accuracy = evaluate(model, testing, args.batch_size)
    print(f"{len(losses)} steps in {took:.0f} s; loss {losses[0]:.3f} -> {losses[-1]:.3f}")
    print(f"test accuracy: {accuracy:.2%} (goal: {args.goal:.0%})")
    if args.plot:
        plot_losses(losses, args.plot)
        print(f"loss curve: {args.plot}")
    return 0 if accuracy >= args.goal else 1
