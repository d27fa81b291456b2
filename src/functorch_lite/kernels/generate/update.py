"""Updates of flat arrays: stochastic gradient descent and linear combinations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .simd import load_f64, load_i64, simd

__all__ = ["ITEM", "build_axpby", "build_sgd"]

Kernel = Callable[[Any, Any, Any, Any], None]
ITEM = 4096
"""Elements of a work item."""


def build_sgd(dtype: str, lanes: int) -> Kernel:
    """Build one step of SGD with momentum, weight decay and Nesterov's variant.

    Arguments: 0 parameters, 1 gradients, 2 momentum (0 for none), 3 elements, then floats 4
    learning rate, 5 momentum, 6 1 - dampening, 7 weight decay, and 8 nesterov. ``g += decay *
    p; v = momentum * v + (1 - dampening) * g; p -= rate * (g + momentum * v if nesterov else
    v)``. A work item is ``ITEM`` elements.
    """
    v = simd(dtype, lanes)
    load, store, fma, mul, splat, scalar = v.load, v.store, v.fma, v.mul, v.splat, v.scalar
    load_one, store_one = v.load_scalar, v.store_scalar
    size, width = v.size, lanes

    def sgd(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        p = load_i64(args, 0)
        g = load_i64(args, 1)
        m = load_i64(args, 2)
        nesterov = load_i64(args, 8)
        rate = scalar(-load_f64(args, 4))
        momentum = scalar(load_f64(args, 5))
        kept = scalar(load_f64(args, 6))
        decay = scalar(load_f64(args, 7))
        rates = splat(rate)
        momenta = splat(momentum)
        kepts = splat(kept)
        decays = splat(decay)
        first = lo * ITEM
        last = min(hi * ITEM, load_i64(args, 3))
        whole = first + (last - first) // width * width
        for i in range(first * size, whole * size, width * size):
            param = load(p + i)
            step = fma(decays, param, load(g + i))
            if m != 0:
                velocity = fma(momenta, load(m + i), mul(kepts, step))
                store(m + i, velocity)
                step = fma(momenta, velocity, step) if nesterov != 0 else velocity
            store(p + i, fma(rates, step, param))
        for i in range(whole * size, last * size, size):
            one = load_one(p + i)
            change = decay * one + load_one(g + i)
            if m != 0:
                speed = momentum * load_one(m + i) + kept * change
                store_one(m + i, speed)
                change = momentum * speed + change if nesterov != 0 else speed
            store_one(p + i, one + rate * change)

    return sgd


def build_axpby(dtype: str, lanes: int) -> Kernel:
    """Build ``y = a * x + b * y``; arguments: 0 x, 1 y, 2 elements, floats 3 a, 4 b.

    With b = 0, y is not read. A work item is ``ITEM`` elements.
    """
    v = simd(dtype, lanes)
    load, store, fma, mul, splat, scalar = v.load, v.store, v.fma, v.mul, v.splat, v.scalar
    load_one, store_one = v.load_scalar, v.store_scalar
    size, width = v.size, lanes

    def axpby(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        x = load_i64(args, 0)
        y = load_i64(args, 1)
        a = scalar(load_f64(args, 3))
        b = scalar(load_f64(args, 4))
        first = lo * ITEM
        last = min(hi * ITEM, load_i64(args, 2))
        whole = first + (last - first) // width * width
        for i in range(first * size, whole * size, width * size):
            value = mul(splat(a), load(x + i))
            if b != 0:
                value = fma(splat(b), load(y + i), value)
            store(y + i, value)
        for i in range(whole * size, last * size, size):
            one = a * load_one(x + i)
            if b != 0:
                one = one + b * load_one(y + i)
            store_one(y + i, one)

    return axpby
