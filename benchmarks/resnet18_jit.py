"""ResNet-18 written as a pure function, jitted: a training step and inference.

``python benchmarks/resnet18_jit.py [--threads 1,2] [--sizes 1x64,16x64,8x224] [--json FILE]``

Ours against PyTorch eager and JAX jit, run in turn in one process, medians and minima. The step
is forward, backward and SGD with momentum and weight decay; parameters go in and come out as
ordinary arrays. PyTorch's optimizer is ``torch.optim.SGD``, updating in place. JAX chooses its
own number of threads, so at one thread it is left out.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np
from harness import Row, measure, report

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode, precision
from functorch_lite.compile.threads import set_num_threads

RATE, MOMENTUM, DECAY = np.float32(1e-5), np.float32(0.9), np.float32(1e-4)
tree_map = fl.tree_util.tree_map


def units():
    """Yield name, input and output channels, kernel and stride of every convolution."""
    yield "stem", 3, 64, 7, 2
    c = 64
    for stage, o in enumerate((64, 128, 256, 512)):
        for k in range(2):
            stride = 2 if stage and k == 0 else 1
            yield f"{stage}{k}a", c, o, 3, stride
            yield f"{stage}{k}b", o, o, 3, 1
            if stride == 2:
                yield f"{stage}{k}d", c, o, 1, stride
            c = o


def initial(seed: int = 0):
    """Return parameters and running statistics."""
    rng = np.random.default_rng(seed)
    p, s = {}, {}
    for name, i, o, k, _ in units():
        scale = np.sqrt(2 / (i * k * k))
        p[name] = {
            "w": (rng.standard_normal((o, i, k, k)) * scale).astype("f4"),
            "g": np.ones(o, "f4"),
            "b": np.zeros(o, "f4"),
        }
        s[name] = {"mean": np.zeros(o, "f4"), "var": np.ones(o, "f4")}
    p["fc"] = {
        "w": (rng.standard_normal((1000, 512)) * 0.04).astype("f4"),
        "b": np.zeros(1000, "f4"),
    }
    return p, s


def resnet18(ops, p, s, x, training):
    """Apply the network with the operations of one library; return logits and statistics."""
    new = {}

    def unit(x, name, stride=1):
        k = p[name]["w"].shape[2]
        y = ops.conv(x, p[name]["w"], stride, k // 2)
        y, mean, var = ops.norm(y, s[name], p[name], training)
        new[name] = {"mean": mean, "var": var}
        return y

    x = ops.max_pool(ops.relu(unit(x, "stem", 2)))
    for stage in range(4):
        for k in range(2):
            stride, name = 2 if stage and k == 0 else 1, f"{stage}{k}"
            y = unit(ops.relu(unit(x, name + "a", stride)), name + "b")
            shortcut = unit(x, name + "d", stride) if stride == 2 else x
            x = ops.relu(y + shortcut)
    return ops.mean(x) @ p["fc"]["w"].T + p["fc"]["b"], new


class Ours:
    """Our functions."""

    conv = staticmethod(lambda x, w, stride, pad: F.conv2d(x, w, stride=stride, padding=pad))
    relu = staticmethod(F.relu)
    max_pool = staticmethod(lambda x: F.max_pool2d(x, 3, 2, 1))
    mean = staticmethod(lambda x: fnp.mean(x, axis=(2, 3)))

    @staticmethod
    def norm(x, s, p, training):
        return F.batch_norm(x, s["mean"], s["var"], p["g"], p["b"], training=training)


def our_functions():
    """Return jitted step and inference."""

    def loss(p, s, x, y):
        logits, new = resnet18(Ours, p, s, x, True)
        return F.cross_entropy(logits, y), new

    def step(p, v, s, x, y):
        (value, s), g = fl.value_and_grad(loss, has_aux=True)(p, s, x, y)
        v = tree_map(lambda v, g, p: MOMENTUM * v + (g + DECAY * p), v, g, p)
        return tree_map(lambda p, v: p - RATE * v, p, v), v, s, value

    return fl.jit(step), fl.jit(lambda p, s, x: resnet18(Ours, p, s, x, False)[0])


def jax_functions():
    """Return the same, written with lax.conv_general_dilated and reduce_window."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    class Jax:
        relu = staticmethod(jax.nn.relu)
        mean = staticmethod(lambda x: x.mean((2, 3)))

        @staticmethod
        def conv(x, w, stride, pad):
            return lax.conv_general_dilated(x, w, (stride, stride), [(pad, pad)] * 2)

        @staticmethod
        def max_pool(x):
            pads = [(0, 0), (0, 0), (1, 1), (1, 1)]
            return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 3, 3), (1, 1, 2, 2), pads)

        @staticmethod
        def norm(x, s, p, training):
            mean, var = (x.mean((0, 2, 3)), x.var((0, 2, 3))) if training else s.values()
            scale = p["g"] * lax.rsqrt(var + 1e-5)
            shift = p["b"] - mean * scale
            y = x * scale[:, None, None] + shift[:, None, None]
            n = x.size // x.shape[1]
            unbiased = var * (n / max(n - 1, 1))
            return y, 0.9 * s["mean"] + 0.1 * mean, 0.9 * s["var"] + 0.1 * unbiased

    def loss(p, s, x, y):
        logits, new = resnet18(Jax, p, s, x, True)
        rows = jnp.arange(len(y))
        return -jax.nn.log_softmax(logits)[rows, y].mean(), new

    @jax.jit
    def step(p, v, s, x, y):
        (value, s), g = jax.value_and_grad(loss, has_aux=True)(p, s, x, y)
        v = jax.tree.map(lambda v, g, p: MOMENTUM * v + (g + DECAY * p), v, g, p)
        return jax.tree.map(lambda p, v: p - RATE * v, p, v), v, s, value

    return step, jax.jit(lambda p, s, x: resnet18(Jax, p, s, x, False)[0])


def torch_functions(p, s, x, y):
    """Return the step and inference of PyTorch eager, with our parameters."""
    import torch
    import torch.nn.functional as TF
    from kernels_resnet18 import torch_pairs, torch_resnet18

    model = torch_resnet18()
    with torch.no_grad():
        for (conv, norm), (name, *_) in zip(torch_pairs(model), units(), strict=True):
            conv.weight.copy_(torch.from_numpy(p[name]["w"]))
            norm.weight.copy_(torch.from_numpy(p[name]["g"]))
            norm.bias.copy_(torch.from_numpy(p[name]["b"]))
        model.fc.weight.copy_(torch.from_numpy(p["fc"]["w"]))
        model.fc.bias.copy_(torch.from_numpy(p["fc"]["b"]))
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(RATE), momentum=0.9, weight_decay=1e-4)

    def step():
        model.train()
        optimizer.zero_grad()
        loss = TF.cross_entropy(model(tx), ty)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    def infer():
        model.eval()
        with torch.no_grad():
            return model(tx).numpy()

    return step, infer


class Runner:
    """A functional step that feeds its own results back."""

    def __init__(self, step, p, s, x, y, wait=lambda r: r) -> None:
        self.step, self.x, self.y, self.wait = step, x, y, wait
        self.state = (p, tree_map(np.zeros_like, p), s)

    def __call__(self):
        *state, loss = self.wait(self.step(*self.state, self.x, self.y))
        self.state = tuple(state)
        return float(loss)


def contest(n, size, threads, with_jax, rounds) -> list[Row]:
    """Measure one size at one number of threads."""
    import torch

    torch.set_num_threads(threads)
    set_num_threads(threads)
    p, s = initial()
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n, 3, size, size), dtype=np.float32)
    y = np.arange(n)
    step, infer = our_functions()
    torch_step, torch_infer = torch_functions(p, s, x, y)
    want = torch_infer()
    start = time.perf_counter()
    ours = Runner(step, p, s, x, y)
    loss, first = ours(), time.perf_counter() - start
    theirs = torch_step()
    out = infer(p, s, x)
    print(
        f"{n}x3x{size}x{size}, {threads} threads: first step after {first:.1f} s; loss differs by "
        f"{abs(loss - theirs):.1e}, logits by {np.abs(out - want).max() / np.abs(want).max():.1e}",
        flush=True,
    )
    steps = {"ours": ours, "PyTorch": torch_step}
    infers = {"ours": lambda: infer(p, s, x), "PyTorch": torch_infer}
    bars = {"PyTorch": {1: 0.6, 16: 0.7, 8: 0.6}.get(n, 0.6), "JAX": 0.3}
    if with_jax:
        import jax

        jax_step, jax_infer = jax_functions()
        jp, js, jx = jax.device_put((p, s, x))
        steps["JAX"] = Runner(jax_step, jp, js, jx, y, jax.block_until_ready)
        infers["JAX"] = lambda: jax_infer(jp, js, jx).block_until_ready()
    name = f"{n}×3×{size}×{size}, {threads} thread{'s' if threads > 1 else ''}"
    return [
        measure(f"step {name}", steps, bars=bars, rounds=rounds),
        measure(f"inference {name}", infers, bars={"PyTorch": 0.5}, rounds=rounds),
    ]


def main() -> None:
    """Run the contests that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--sizes", default="1x64,16x64,8x224")
    parser.add_argument("--precision", default="default")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--no-jax", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    rows: list[Row] = []
    with compile_mode("always"), precision(options.precision):
        for size in options.sizes.split(","):
            n, h = map(int, size.split("x"))
            for threads in map(int, options.threads.split(",")):
                with_jax = threads > 1 and not options.no_jax
                new = contest(n, h, threads, with_jax, options.rounds)
                print(report(new), flush=True)
                rows += new
    print(report(rows, options.json))


if __name__ == "__main__":
    main()
