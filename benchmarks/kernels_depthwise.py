"""Depthwise convolution on NCHW arrays against PyTorch: ``python benchmarks/kernels_depthwise.py``.

Interleaved in one process, one thread each; medians and minima in milliseconds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from functorch_lite.kernels.conv_nchw import (
    conv2d_backward_data,
    conv2d_backward_weights,
    conv2d_forward,
)


def cases(shape, kernel, stride, padding):
    """Yield (name, ours, PyTorch's) for the three directions."""
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(0)
    c = shape[1]
    x = rng.standard_normal(shape, dtype=np.float32)
    w = rng.standard_normal((c, 1, kernel, kernel), dtype=np.float32)
    ours = ((stride, stride), padding, (1, 1), c)
    y = conv2d_forward(x, w, *ours)
    tx, tw, ty = (torch.from_numpy(a) for a in (x, w, y))
    s, p = [stride] * 2, [padding] * 2

    def gradient(mask):
        return lambda: torch.ops.aten.convolution_backward(
            ty, tx, tw, None, s, p, [1, 1], False, [0, 0], c, mask
        )

    yield (
        "forward",
        lambda: conv2d_forward(x, w, *ours),
        lambda: F.conv2d(tx, tw, None, stride, padding, 1, c),
    )
    yield (
        "data",
        lambda: conv2d_backward_data(y, w, x.shape, *ours),
        gradient([True, False, False]),
    )
    yield (
        "weights",
        lambda: conv2d_backward_weights(x, y, w.shape, *ours),
        gradient([False, True, False]),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=31)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    for shape, kernel, stride, padding in (
        ((8, 64, 56, 56), 3, 1, 1),
        ((8, 64, 56, 56), 3, 2, 1),
        ((8, 96, 28, 28), 5, 1, 2),
        ((8, 384, 14, 14), 3, 1, 1),
    ):
        print(f"{shape}, {kernel}x{kernel}, stride {stride}")
        for name, ours, theirs in cases(shape, kernel, stride, padding):
            times = [[], []]
            for f in (ours, theirs):
                f()
            for _ in range(options.repeats):
                for k, f in enumerate((ours, theirs)):
                    start = time.perf_counter()
                    f()
                    times[k].append(1e3 * (time.perf_counter() - start))
            a, b = (np.array(t) for t in times)
            print(
                f"  {name:8s} ours {np.median(a):6.2f} / {a.min():6.2f}   torch "
                f"{np.median(b):6.2f} / {b.min():6.2f}   ratio {np.median(a / b):.2f}"
            )


if __name__ == "__main__":
    main()
