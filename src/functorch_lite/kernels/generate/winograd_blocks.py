"""Winograd's convolutions taken block by block through transforms and products.

A block of tiles is transformed, multiplied and transformed back by one thread, in memory of its
own. The three stages are kernels of their own, called by address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .simd import call_kernel, load_i64, store_i64

__all__ = ["build_winograd_blocks", "build_winograd_gradient_blocks"]

Kernel = Callable[[Any, Any, Any, Any], None]


def build_winograd_blocks() -> Kernel:
    """Build the kernel that takes blocks of tiles through all three stages.

    Arguments: 0 tiles, 1 tiles of a block, 2 rows of the register tile, 3 input blocks, 4 groups
    of output blocks, 5 parts of the groups, 6 output blocks of a group, 7 elements of the
    transform, 8 bytes of transformed input, 9 of products, 10 of a pixel, then address of kernel
    and arguments of 11, 12 input transform, 13, 14 product, 15, 16 output transform. Arguments
    are copied to the scratch memory, which also holds the transformed block, and pointed at the
    block. A work item is one part of the groups for one block of tiles.
    """

    def winograd_blocks(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        block = load_i64(args, 1)
        rows = load_i64(args, 2)
        groups = load_i64(args, 4)
        parts = load_i64(args, 5)
        a = scratch
        b = scratch + 256
        c = scratch + 512
        transformed = scratch + 768
        products = transformed + load_i64(args, 8)
        spare = products + load_i64(args, 9)
        product = load_i64(args, 14)
        output = load_i64(args, 16)
        for i in range(15):
            store_i64(a, i, load_i64(load_i64(args, 12), i))
        for i in range(30):
            store_i64(b, i, load_i64(product, i))
        for i in range(16):
            store_i64(c, i, load_i64(output, i))
        store_i64(a, 1, transformed)
        store_i64(b, 0, transformed)
        store_i64(b, 2, products)
        store_i64(c, 0, products)
        plane = load_i64(output, 7)
        before = -1
        for item in range(lo, hi):
            k = item // parts
            part = item - k * parts
            start = part * groups // parts
            some = (part + 1) * groups // parts - start
            start_block = start * load_i64(args, 6)
            first = k * block
            count = min(block, load_i64(args, 0) - first)
            height = (count + rows - 1) // rows
            if k != before:
                store_i64(a, 2, first)
                store_i64(a, 3, count)
                call_kernel(load_i64(args, 11), a, 0, load_i64(args, 3) * count, spare)
                before = k
            store_i64(b, 1, load_i64(product, 1) + start * load_i64(product, 20))
            store_i64(b, 18, some)
            store_i64(b, 24, height)
            call_kernel(load_i64(args, 13), b, 0, load_i64(args, 7) * some * height, spare)
            store_i64(c, 1, load_i64(output, 1) + start_block * plane)
            store_i64(c, 2, first)
            store_i64(c, 3, count)
            if load_i64(output, 13) != 0:
                store_i64(c, 13, load_i64(output, 13) + start_block * plane)
            if load_i64(output, 14) != 0:
                store_i64(c, 14, load_i64(output, 14) + start_block * load_i64(args, 10))
            call_kernel(load_i64(args, 15), c, 0, some * load_i64(args, 6) * count, spare)

    return winograd_blocks


def build_winograd_gradient_blocks() -> Kernel:
    """Build the kernel that sums the weights' transformed gradient over blocks of tiles.

    Arguments: 0 tiles, 1 tiles of a block, 2 tiles of a share, 3 input blocks, 4 groups of output
    blocks, 5 parts of the groups, 6 output blocks of a group, 7 elements of the transform, 8
    bytes of transformed input, 9 of transformed gradient, 10 bytes of one share's sum, 11 of one
    group in it, then address of kernel and arguments of 12, 13 input transform, 14, 15 gradient
    transform, 16, 17 product. A work item is one part of the groups for one share of the tiles;
    each share has a sum of its own.
    """

    def winograd_gradient_blocks(args: Any, lo: Any, hi: Any, scratch: Any) -> None:
        groups = load_i64(args, 4)
        parts = load_i64(args, 5)
        a = scratch
        b = scratch + 256
        c = scratch + 512
        inputs = scratch + 768
        gradients = inputs + load_i64(args, 8)
        spare = gradients + load_i64(args, 9)
        source = load_i64(args, 15)
        product = load_i64(args, 17)
        for i in range(15):
            store_i64(a, i, load_i64(load_i64(args, 13), i))
            store_i64(b, i, load_i64(source, i))
        for i in range(20):
            store_i64(c, i, load_i64(product, i))
        store_i64(a, 1, inputs)
        store_i64(b, 1, gradients)
        store_i64(c, 0, inputs)
        store_i64(c, 1, gradients)
        block = load_i64(args, 1)
        for item in range(lo, hi):
            share = item // parts
            part = item - share * parts
            start = part * groups // parts
            some = (part + 1) * groups // parts - start
            first = share * load_i64(args, 2)
            stop = min(first + load_i64(args, 2), load_i64(args, 0))
            blocks = some * load_i64(args, 6)
            store_i64(b, 0, load_i64(source, 0) + start * load_i64(args, 6) * load_i64(source, 7))
            to = load_i64(product, 2) + share * load_i64(args, 10) + start * load_i64(args, 11)
            store_i64(c, 2, to)
            store_i64(c, 13, some)
            add = 0
            while first < stop:
                count = min(block, stop - first)
                store_i64(a, 2, first)
                store_i64(a, 3, count)
                store_i64(b, 2, first)
                store_i64(b, 3, count)
                store_i64(c, 5, count)
                store_i64(c, 16, add)
                call_kernel(load_i64(args, 12), a, 0, load_i64(args, 3) * count, spare)
                call_kernel(load_i64(args, 14), b, 0, blocks * count, spare)
                items = load_i64(args, 7) * some * load_i64(args, 3)
                call_kernel(load_i64(args, 16), c, 0, items, spare)
                first += block
                add = 1

    return winograd_gradient_blocks
