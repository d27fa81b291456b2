"""The tutorial from beginning to end: one ResNet-18 training step, then Q = 3a³ - b²."""

import time

import numpy as np

from .weights import load_resnet18

__all__ = ["run_tutorial"]


def run_tutorial(seed: int = 0, download: bool = True) -> int:
    """Run the tutorial and print what it does; return 0 if its check holds."""
    import functorch_lite as fl

    fl.manual_seed(seed)
    print("== ResNet-18: one training step ==")
    model, pretrained = load_resnet18(download)
    n = sum(p.numel() for p in model.parameters())
    print(f"model: ResNet-18, {n:,} parameters, {'pretrained' if pretrained else 'random'} weights")
    data, labels = fl.rand(1, 3, 64, 64), fl.rand(1, 1000)
    print(f"data: {tuple(data.shape)}, labels: {tuple(labels.shape)}")

    start = time.perf_counter()
    prediction = model(data)  # forward pass
    loss = (prediction - labels).sum()
    print(f"forward pass: prediction {tuple(prediction.shape)}, loss {loss.item():.4f}")
    loss.backward()  # backward pass
    grads = [p.grad for p in model.parameters()]
    norm = float(np.sqrt(sum(float((g.numpy().astype(np.float64) ** 2).sum()) for g in grads)))
    print(f"backward pass: {len(grads)} gradients, norm {norm:.4f}")
    optim = fl.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    before = model.conv1.weight.detach().numpy().copy()
    optim.step()  # gradient descent
    change = float(np.abs(model.conv1.weight.detach().numpy() - before).max())
    print(f"optim.step(): conv1.weight moved by at most {change:.3g}")
    print(f"the step took {time.perf_counter() - start:.2f} s")
    return 0 if differentiate_q() and np.isfinite(norm) and change > 0 else 1


def differentiate_q() -> bool:
    """Differentiate Q = 3a³ - b², print the gradients, and check them."""
    import functorch_lite as fl

    print("\n== Differentiation: Q = 3a³ - b² ==")
    a = fl.tensor([2.0, 3.0], requires_grad=True)
    b = fl.tensor([6.0, 4.0], requires_grad=True)
    Q = 3 * a**3 - b**2
    print(f"Q = {Q}")
    Q.backward(fl.tensor([1.0, 1.0]))
    print(f"a.grad = {a.grad}\nb.grad = {b.grad}")
    right_a = bool((9 * a**2 == a.grad).all().item())
    right_b = bool((-2 * b == b.grad).all().item())
    print(f"9a² == a.grad: {right_a}\n-2b == b.grad: {right_b}")
    return right_a and right_b
