"""A whole ResNet-18 training step on the bare kernels against PyTorch eager.

``python -m benchmarks.kernels_resnet18 [--threads 1] [--sizes 1x64,16x64,8x224] [--precision
default]``. Both sides run interleaved in this process; medians and minima in milliseconds, ratios
ours / PyTorch of the medians of paired runs.
"""

from __future__ import annotations

import argparse
import functools
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from functorch_lite.compile.launches import provide_kernels
from functorch_lite.compile.threads import run_together, set_num_threads
from functorch_lite.kernels import batchnorm, registry
from functorch_lite.kernels.conv import Conv2dPlan
from functorch_lite.kernels.conv_direct import Epilogue
from functorch_lite.kernels.launch import aligned_empty, pointer
from functorch_lite.kernels.layout import Layout, pack_launch, pack_weights, unpack_weights
from functorch_lite.kernels.pool import Pool2d
from functorch_lite.kernels.program import Program
from functorch_lite.kernels.update import fuse_update, sgd_launch

from .peers import torch_resnet18

F32 = np.dtype(np.float32)
HALO = (1, 1, 1, 1)
RATE = 1e-5  # with a large one, batch 1 is soon fitted and both sides crawl through denormals


class Block:
    """A convolution with its batch normalisation, buffers and parameters."""

    def __init__(self, net, x_layout, oc, k, stride):
        self.net, self.x_layout, self.oc, self.k = net, x_layout, oc, k
        h = (x_layout.h + 2 * (k // 2) - k) // stride + 1
        self.y_layout = Layout(x_layout.n, oc, h, h, HALO)
        self.plan, self.frozen_plan = (
            Conv2dPlan(
                x_layout.n, x_layout.c, x_layout.h, x_layout.w, oc, k, k, (stride, stride), k // 2,
                precision=net.precision, threads_hint=net.threads, x_layout=x_layout,
                y_layout=self.y_layout, frozen_weights=frozen,
            )
            for frozen in (False, True)
        )  # fmt: skip
        self.conv, self.dconv = self.y_layout.zeros(), self.y_layout.zeros()
        self.y, self.dy = self.y_layout.zeros(), self.y_layout.zeros()
        self.mean, self.var, self.inverse = (np.zeros(oc, F32) for _ in range(3))

    def bind(self, take):
        """Take parameters and gradients from the flat arrays."""
        self.w, self.dw, self.velocity = take(self.plan.packed_weights().shape)
        self.gamma, self.dgamma, _ = take((self.oc,))
        self.beta, self.dbeta, _ = take((self.oc,))

    def forward(self, x, relu, residual=None):
        self.x, self.relu, self.residual = x, relu, residual
        layouts = (self.y_layout, self.y_layout)
        work = self.net.workspace
        yield from self.plan.forward_launches(x, self.w, self.conv, workspace=work)
        yield batchnorm.forward_launch(
            self.conv, self.y, layouts, self.gamma, self.beta, self.mean, self.var, self.inverse,
            relu=relu, residual=residual,
        )  # fmt: skip

    def infer(self, x, relu, residual=None):
        """Normalisation is folded into packed weights and bias; the rest is the epilogue."""
        epilogue = Epilogue(residual, self.folded_bias, relu)
        plan, work = self.frozen_plan, self.net.workspace
        frozen = plan.freeze(self.folded_w)
        yield from plan.forward_launches(x, self.folded_w, self.y, epilogue, work, frozen)

    def backward(self, dx, accumulate=False, dresidual=None):
        layouts = (self.y_layout, self.y_layout, self.y_layout)
        work = self.net.workspace
        yield batchnorm.backward_launch(
            self.conv, self.dy, self.dconv, layouts, self.gamma, self.mean, self.inverse,
            self.dgamma, self.dbeta, y=self.y if self.relu else None, dresidual=dresidual,
        )  # fmt: skip
        if dx is not None:
            yield from self.plan.backward_data_launches(
                self.dconv, self.w, dx, accumulate, workspace=work
            )
        gradient = self.plan.backward_weights_launches(self.x, self.dconv, self.dw, workspace=work)
        self.fused = False
        if self.net.fuse and len(gradient) == 1:
            fused = fuse_update(gradient[0], self.net.sgd(self.w, self.dw, self.velocity))
            self.fused = fused is not None
            gradient = [fused] if fused else gradient
        yield from gradient


class Net:
    """ResNet-18 with every buffer allocated once."""

    def __init__(self, n, size, threads=1, precision="default", fuse=True, classes=1000):
        self.n, self.threads, self.precision = n, threads, precision
        # a gradient that the update consumes at once need not be stored; to inspect gradients, do
        self.fuse = fuse
        self.workspace = None
        half, quarter = size // 2, size // 4
        self.in_layout = Layout(n, 3, size, size, (3, 3, 3, 3), 3)
        self.image = self.in_layout.zeros()
        self.stem = Block(self, self.in_layout, 64, 7, 2)
        pooled = Layout(n, 64, quarter, quarter, HALO)
        assert self.stem.y_layout.h == half
        self.pool = Pool2d(self.stem.y_layout, pooled, (3, 3), (2, 2), (1, 1), maximum=True)
        self.pooled, self.dpooled = pooled.zeros(), pooled.zeros()
        self.indices = self.pool.indices()
        self.blocks, layout = [], pooled
        for stage, channels in enumerate((64, 128, 256, 512)):
            for k in range(2):
                stride = 2 if stage and k == 0 else 1
                a = Block(self, layout, channels, 3, stride)
                b = Block(self, a.y_layout, channels, 3, 1)
                down = Block(self, layout, channels, 1, stride) if stride == 2 else None
                self.blocks.append((a, b, down))
                layout = b.y_layout
        features = Layout(n, 512, 1, 1)
        self.average = Pool2d(layout, features, (layout.h, layout.w), (1, 1))
        self.features, self.dfeatures = features.zeros(), features.zeros()
        self.convs = [self.stem] + [c for blk in self.blocks for c in blk if c is not None]
        self._bind(classes)
        self.x = np.zeros((n, 3, size, size), F32)
        # nobody asks for the images' gradient, so the stem needs no workspace
        plans = [p for c in self.convs[1:] for p in (c.plan, c.frozen_plan)]
        size = max(p.workspace for p in plans)
        self.workspace = aligned_empty((size,), np.uint8)
        self.workspace[...] = 0
        self.forward_program = Program(self._forward(), threads)
        self.backward_program = Program(self._backward(), threads)
        self.update_program = Program(self._update(), threads)
        self._infer_program = None

    def _bind(self, classes):
        """Lay all parameters out in one flat array, gradients and velocities in two others."""
        shapes = []
        for block in self.convs:
            block.bind(lambda s: (shapes.append(s), None, None))
        shapes += [(classes, 512), (classes,)]
        sizes = [-(-int(np.prod(s)) // 16) * 16 for s in shapes]
        self.p, self.g, self.v = (aligned_empty((sum(sizes),), F32) for _ in range(3))
        for flat in (self.p, self.g, self.v):
            flat[...] = 0
        at = 0

        def take(shape):
            nonlocal at
            size = int(np.prod(shape))
            views = [flat[at : at + size].reshape(shape) for flat in (self.p, self.g, self.v)]
            at += -(-size // 16) * 16
            return views

        for block in self.convs:
            block.bind(take)
        self.fc, self.dfc, _ = take((classes, 512))
        self.fb, self.dfb, _ = take((classes,))

    def _blocks_forward(self, method):
        x = self.pooled
        for a, b, down in self.blocks:
            yield from getattr(a, method)(x, True)
            shortcut = x
            if down:
                yield from getattr(down, method)(x, False)
                shortcut = down.y
            yield from getattr(b, method)(a.y, True, shortcut)
            x = b.y
        yield self.average.forward_launch(x, self.features, None)

    def _forward(self):
        yield pack_launch(self.x, self.image, self.in_layout)
        yield from self.stem.forward(self.image, True)
        yield self.pool.forward_launch(self.stem.y, self.pooled, self.indices)
        yield from self._blocks_forward("forward")

    def _backward(self):
        yield self.average.backward_launch(self.dfeatures, self.blocks[-1][1].dy, None)
        for i in reversed(range(len(self.blocks))):
            a, b, down = self.blocks[i]
            before = self.blocks[i - 1][1].dy if i else self.dpooled
            yield from b.backward(a.dy, dresidual=down.dy if down else before)
            # the shortcut's gradient is already in `before`, or comes through `down`
            yield from a.backward(before, accumulate=down is None)
            if down:
                yield from down.backward(before, accumulate=True)
        yield self.pool.backward_launch(self.dpooled, self.stem.dy, self.indices)
        yield from self.stem.backward(None)

    def sgd(self, p, g, v):
        return sgd_launch(p, g, v, RATE, 0.9, 0.0, 1e-4)

    def _update(self):
        """Update what no fused gradient has updated: the gaps between fused weights."""
        at = 0
        for block in [*self.convs, None]:
            start = self.p.size if block is None else (pointer(block.w) - pointer(self.p)) // 4
            if block is not None and not block.fused:
                continue
            if start > at:
                yield self.sgd(self.p[at:start], self.g[at:start], self.v[at:start])
            at = start if block is None else start + block.w.size

    def forward(self, x):
        np.copyto(self.x, x)
        self.forward_program.run(run_together)
        return self.features.reshape(self.n, 512) @ self.fc.T + self.fb

    def backward(self, logits, y):
        z = logits - logits.max(1, keepdims=True)
        e = np.exp(z)
        p = e / e.sum(1, keepdims=True)
        rows = np.arange(self.n)
        loss = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        p /= F32.type(self.n)
        np.matmul(p.T, self.features.reshape(self.n, 512), out=self.dfc)
        np.sum(p, axis=0, out=self.dfb)
        np.matmul(p, self.fc, out=self.dfeatures.reshape(self.n, 512))
        self.backward_program.run(run_together)
        return loss

    def step(self, x, y):
        loss = self.backward(self.forward(x), y)
        self.update_program.run(run_together)
        return loss

    def fold(self):
        """Fold the normalisation's running statistics into weights and biases."""
        for block in self.convs:
            scale = block.gamma / np.sqrt(block.running_var + F32.type(1e-5))
            block.folded_bias = block.beta - block.running_mean * scale
            width = block.w.shape[-1]
            by_group = scale.reshape(1, -1, 1, 1, 1, 1, width)
            block.folded_w = aligned_empty(block.w.shape, F32)
            block.folded_w[...] = block.w * by_group
        launches = [pack_launch(self.x, self.image, self.in_layout)]
        launches += self.stem.infer(self.image, True)
        launches.append(self.pool.forward_launch(self.stem.y, self.pooled, None))
        launches += self._blocks_forward("infer")
        self._infer_program = Program(launches, self.threads)

    def infer(self, x):
        np.copyto(self.x, x)
        self._infer_program.run(run_together)
        return self.features.reshape(self.n, 512) @ self.fc.T + self.fb


def torch_pairs(model):
    """Convolutions and normalisations in the order of ``Net.convs``."""
    pairs = [(model.conv1, model.bn1)]
    for k in range(1, 5):
        for block in getattr(model, f"layer{k}"):
            pairs += [(block.conv1, block.bn1), (block.conv2, block.bn2)]
            if block.downsample is not None:
                pairs.append(tuple(block.downsample))
    return pairs


def load(net, model):
    """Copy PyTorch's parameters."""
    for block, (conv, norm) in zip(net.convs, torch_pairs(model), strict=True):
        pack_weights(conv.weight.detach().numpy(), block.plan.w_layout, out=block.w[0])
        block.gamma[:], block.beta[:] = norm.weight.detach().numpy(), norm.bias.detach().numpy()
        block.running_mean = norm.running_mean.numpy().copy()
        block.running_var = norm.running_var.numpy().copy()
    net.fc[...], net.fb[...] = model.fc.weight.detach().numpy(), model.fc.bias.detach().numpy()


def gradient_errors(net, model, x, y):
    """L2 errors of all convolutions' gradients against float64: ours, PyTorch's."""
    import copy

    import torch
    import torch.nn.functional as F

    exact = copy.deepcopy(model).double()
    for m, dtype in ((model, torch.float32), (exact, torch.float64)):
        m.zero_grad()
        F.cross_entropy(m(torch.from_numpy(x).to(dtype)), torch.from_numpy(y)).backward()
    net.backward(net.forward(x), y)
    ours, theirs = [], []
    for block, (conv, _), (ref, _) in zip(
        net.convs, torch_pairs(model), torch_pairs(exact), strict=True
    ):
        want = ref.weight.grad.numpy()
        got = unpack_weights(block.dw[0], block.plan.w_layout)
        norm = np.linalg.norm(want)
        ours.append(np.linalg.norm(got - want) / norm)
        theirs.append(np.linalg.norm(conv.weight.grad.numpy() - want) / norm)
    return ours, theirs


def check_fused(net, plain, model, x, y):
    """Run one step with and without fused updates from the same state; return the difference."""
    for each in (net, plain):
        load(each, model)
        each.v[...] = 0
        each.step(x, y)
    difference = float(np.abs(net.p - plain.p).max() / np.abs(plain.p).max())
    load(net, model)
    load(plain, model)
    net.v[...] = 0
    return difference


def compare(pairs, repeats):
    """Time pairs of functions alternately; print medians, minima and the ratio of medians."""
    for name, ours, theirs in pairs:
        times = [[], []]
        for f in (ours, theirs) * 2:
            f()
        for _ in range(repeats):
            for k, f in enumerate((ours, theirs)):
                start = time.perf_counter()
                f()
                times[k].append(1e3 * (time.perf_counter() - start))
        a, b = (np.array(t) for t in times)
        print(
            f"  {name:10s} ours {np.median(a):7.2f} / {a.min():7.2f}   torch {np.median(b):7.2f} / "
            f"{b.min():7.2f}   ratio {np.median(a / b):.2f} (minima {a.min() / b.min():.2f})",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", default="1x64,16x64,8x224")
    parser.add_argument("--precision", default="default")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    import torch
    import torch.nn.functional as F

    set_num_threads(options.threads)
    provide_kernels()
    for size in options.sizes.split(","):
        n, h = map(int, size.split("x"))
        torch.manual_seed(0)
        model = torch_resnet18().train()
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((n, 3, h, h), dtype=F32), np.arange(n)
        start = time.perf_counter()
        net = Net(n, h, options.threads, options.precision)
        load(net, model)
        net.step(x, y)
        spent = time.perf_counter() - start
        plain = Net(n, h, options.threads, options.precision, fuse=False)
        difference = check_fused(net, plain, model, x, y)
        print(
            f"{n}x3x{h}x{h}, {options.threads} threads, precision {options.precision}: set up "
            f"in {spent:.1f} s, {len(registry._by_name)} kernels, tiles "
            f"{''.join(str(c.plan.tile) for c in net.convs)}"
        )
        print(f"  fused and separate updates differ by {difference:.1e}")
        ours, theirs = gradient_errors(plain, model, x, y)
        del plain
        print(
            f"  L2 gradient error against float64: ours max {max(ours):.1e} median "
            f"{np.median(ours):.1e}, torch max {max(theirs):.1e} median {np.median(theirs):.1e}"
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4)
        tx, ty = torch.from_numpy(x), torch.from_numpy(y)

        def torch_step(model=model, optimizer=optimizer, tx=tx, ty=ty):
            optimizer.zero_grad()
            F.cross_entropy(model(tx), ty).backward()
            optimizer.step()

        repeats = options.repeats * (4 if n * h * h < 10000 else 1)
        compare([("step", functools.partial(net.step, x, y), torch_step)], repeats)
        model.eval()
        load(net, model)
        net.fold()

        def torch_infer(model=model, tx=tx):
            with torch.no_grad():
                return model(tx)

        difference = np.abs(net.infer(x) - torch_infer().numpy()).max()
        scale = np.abs(torch_infer().numpy()).max()
        print(f"  inference differs by {difference / scale:.1e} relative")
        compare([("inference", functools.partial(net.infer, x), torch_infer)], repeats)


if __name__ == "__main__":
    main()
