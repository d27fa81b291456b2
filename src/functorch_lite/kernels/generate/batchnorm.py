"""Batch normalisation fused with residual addition and ReLU, forward and backward."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba.core import types

from .simd import load_f64, load_i64, simd

__all__ = ["build_batchnorm_backward", "build_batchnorm_forward"]

Kernel = Callable[[Any, Any, Any, Any], None]


def build_batchnorm_forward(dtype: str, lanes: int) -> Kernel:
    """Build ``y = relu((x - mean) * gamma / sqrt(var + eps) + beta + residual)``.

    Arguments: 0 x, 1 y, 2 residual (0 for none), 3 gamma, 4 beta, 5 mean, 6 variance, 7 inverse
    deviation, 8 eps (float), 9 relu, 10 training, 11 n, 12 h, 13 w, then image, plane and row
    bytes of 14 x, 17 y, 20 residual. In training mean and variance are computed and written,
    else they are read. A work item is one vector of channels, over all images: two passes, each
    row summed in the element type around a first value and rows added in float64. The mean is
    subtracted before scaling, and its rounding error is made good in the offset.
    """
    v = simd(dtype, lanes)
    load, store, add, sub, fma, zero = v.load, v.store, v.add, v.sub, v.fma, v.zero
    load_one, store_one, add_wide, relu_of = v.load_scalar, v.store_scalar, v.add_wide, v.relu
    size, scalar = v.size, v.scalar
    pixel, parts = 16 * size, 16 // lanes
    wide = simd("float64", 8)
    load_wide, store_wide = wide.load_scalar, wide.store_scalar

    def batchnorm_forward(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        images = load_i64(args, 11)
        height = load_i64(args, 12)
        width = load_i64(args, 13)
        residual = load_i64(args, 2)
        relu = load_i64(args, 9)
        count = float(images * height * width)
        for item in range(lo, hi):
            block = item // parts
            part = (item - block * parts) * lanes * size
            at = (block * 16 * size) + part
            x = load_i64(args, 0) + block * load_i64(args, 15) + part
            y = load_i64(args, 1) + block * load_i64(args, 18) + part
            r = residual + block * load_i64(args, 21) + part
            gamma = load_i64(args, 3) + at
            beta = load_i64(args, 4) + at
            means = load_i64(args, 5) + at
            variances = load_i64(args, 6) + at
            inverses = load_i64(args, 7) + at
            for k in range(lanes):
                store_wide(scratch + 512 + 8 * k, 0.0)
            if load_i64(args, 10) != 0:
                for k in range(2 * lanes):
                    store_wide(scratch + 8 * k, 0.0)
                center = load(x)
                for n in range(images):
                    for h in range(height):
                        row = x + n * load_i64(args, 14) + h * load_i64(args, 16)
                        total = zero()
                        squares = zero()
                        for p in range(row, row + width * pixel, pixel):
                            d = sub(load(p), center)
                            total = add(total, d)
                            squares = fma(d, d, squares)
                        add_wide(scratch, total)
                        add_wide(scratch + 8 * lanes, squares)
                for k in range(lanes):
                    mean = load_wide(scratch + 8 * k) / count
                    var = max(load_wide(scratch + 8 * (lanes + k)) / count - mean * mean, 0.0)
                    mean += load_one(x + k * size)
                    store_one(means + k * size, scalar(mean))
                    store_wide(scratch + 512 + 8 * k, load_one(means + k * size) - mean)
                    store_one(variances + k * size, scalar(var))
            for k in range(lanes):
                var = types.float64(load_one(variances + k * size))
                inverse = 1.0 / math.sqrt(var + load_f64(args, 8))
                store_one(inverses + k * size, scalar(inverse))
                factor = inverse * load_one(gamma + k * size)
                store_one(scratch + k * size, scalar(factor))
                shift = load_one(beta + k * size) + load_wide(scratch + 512 + 8 * k) * factor
                store_one(scratch + (lanes + k) * size, scalar(shift))
            center = load(means)
            scale = load(scratch)
            offset = load(scratch + lanes * size)
            for n in range(images):
                for h in range(height):
                    at_x = x + n * load_i64(args, 14) + h * load_i64(args, 16)
                    at_y = y + n * load_i64(args, 17) + h * load_i64(args, 19)
                    at_r = r + n * load_i64(args, 20) + h * load_i64(args, 22)
                    if residual != 0 and relu != 0:
                        for p in range(0, width * pixel, pixel):
                            value = add(
                                fma(sub(load(at_x + p), center), scale, offset), load(at_r + p)
                            )
                            store(at_y + p, relu_of(value))
                    elif residual != 0:
                        for p in range(0, width * pixel, pixel):
                            value = add(
                                fma(sub(load(at_x + p), center), scale, offset), load(at_r + p)
                            )
                            store(at_y + p, value)
                    elif relu != 0:
                        for p in range(0, width * pixel, pixel):
                            store(
                                at_y + p, relu_of(fma(sub(load(at_x + p), center), scale, offset))
                            )
                    else:
                        for p in range(0, width * pixel, pixel):
                            store(at_y + p, fma(sub(load(at_x + p), center), scale, offset))

    return batchnorm_forward


def build_batchnorm_backward(dtype: str, lanes: int) -> Kernel:
    """Build the gradients of training batch normalisation.

    Arguments: 0 x, 1 y (0 without relu), 2 dy, 3 dx, 4 residual's gradient (0 for none), 5
    gamma, 6 mean, 7 inverse deviation, 8 dgamma, 9 dbeta, 10 n, 11 h, 12 w, then image, plane
    and row bytes of 13 x, 16 y, 19 dy, 22 dx, 25 residual's gradient. A work item is one vector
    of channels. With relu, dy counts where y > 0.
    """
    v = simd(dtype, lanes)
    load, store, add, sub, fma, zero = v.load, v.store, v.add, v.sub, v.fma, v.zero
    load_one, store_one, add_wide, masked = (
        v.load_scalar,
        v.store_scalar,
        v.add_wide,
        v.where_positive,
    )
    size, scalar = v.size, v.scalar
    pixel, parts = 16 * size, 16 // lanes
    wide = simd("float64", 8)
    load_wide, store_wide = wide.load_scalar, wide.store_scalar

    def batchnorm_backward(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        images = load_i64(args, 10)
        height = load_i64(args, 11)
        width = load_i64(args, 12)
        relu = load_i64(args, 1)
        carry = load_i64(args, 4)
        count = float(images * height * width)
        for item in range(lo, hi):
            block = item // parts
            part = (item - block * parts) * lanes * size
            at = (block * 16 * size) + part
            x = load_i64(args, 0) + block * load_i64(args, 14) + part
            y = relu + block * load_i64(args, 17) + part
            dy = load_i64(args, 2) + block * load_i64(args, 20) + part
            dx = load_i64(args, 3) + block * load_i64(args, 23) + part
            dr = carry + block * load_i64(args, 26) + part
            mean = load(load_i64(args, 6) + at)
            for k in range(2 * lanes):
                store_wide(scratch + 8 * k, 0.0)
            for n in range(images):
                for h in range(height):
                    at_x = x + n * load_i64(args, 13) + h * load_i64(args, 15)
                    at_y = y + n * load_i64(args, 16) + h * load_i64(args, 18)
                    at_d = dy + n * load_i64(args, 19) + h * load_i64(args, 21)
                    total = zero()
                    products = zero()
                    if relu != 0:
                        for p in range(0, width * pixel, pixel):
                            d = masked(load(at_y + p), load(at_d + p))
                            total = add(total, d)
                            products = fma(d, sub(load(at_x + p), mean), products)
                    else:
                        for p in range(0, width * pixel, pixel):
                            d = load(at_d + p)
                            total = add(total, d)
                            products = fma(d, sub(load(at_x + p), mean), products)
                    add_wide(scratch, total)
                    add_wide(scratch + 8 * lanes, products)
            for k in range(lanes):
                total_k = load_wide(scratch + 8 * k)
                product_k = load_wide(scratch + 8 * (lanes + k))
                offset = at + k * size
                inverse = types.float64(load_one(load_i64(args, 7) + offset))
                store_one(load_i64(args, 8) + offset, scalar(product_k * inverse))
                store_one(load_i64(args, 9) + offset, scalar(total_k))
                factor = inverse * load_one(load_i64(args, 5) + offset)
                slope = -factor * product_k * inverse * inverse / count
                store_one(scratch + 256 + k * size, scalar(factor))
                store_one(scratch + 384 + k * size, scalar(slope))
                store_one(scratch + 512 + k * size, scalar(-factor * total_k / count))
            scale = load(scratch + 256)
            slope_v = load(scratch + 384)
            shift = load(scratch + 512)
            for n in range(images):
                for h in range(height):
                    at_x = x + n * load_i64(args, 13) + h * load_i64(args, 15)
                    at_y = y + n * load_i64(args, 16) + h * load_i64(args, 18)
                    at_d = dy + n * load_i64(args, 19) + h * load_i64(args, 21)
                    to = dx + n * load_i64(args, 22) + h * load_i64(args, 24)
                    at_r = dr + n * load_i64(args, 25) + h * load_i64(args, 27)
                    for p in range(0, width * pixel, pixel):
                        d = load(at_d + p)
                        if relu != 0:
                            d = masked(load(at_y + p), d)
                        if carry != 0:
                            store(at_r + p, d)
                        store(to + p, fma(scale, d, fma(slope_v, sub(load(at_x + p), mean), shift)))

    return batchnorm_backward
