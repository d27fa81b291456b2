"""Convolution on NumPy arrays: copies into matrices, and one BLAS product.

Three formulations, chosen by shape. With x[n, c, s], w[o, c, k] and output position t:

- *gather* (im2col): every window is copied to a row of a matrix, which meets the weights.
- *scatter* (col2im): x meets the weights first and each product is added where it belongs; no
  zeros are ever multiplied when x is dilated (the gradient of a strided convolution).
- *shifts*, for depthwise convolution: a multiply-add of whole arrays for each window offset.

Work is cut into chunks that fit the cache. Results have the channels innermost in memory: the
next convolution then reads whole rows of channels, and elementwise NumPy keeps the order.
The kernel-gradient form (large window, small output) gives row-major results, as weights are.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import conv_layout
from .conv_layout import (
    Array,
    Index,
    Ints,
    channels_last,
    chunks,
    conv_output_size,
    dilate,
    dilated_size,
    merge_groups,
    offsets,
    pad,
    split_groups,
    strided_slices,
    windows_of,
)

__all__ = ["conv_numpy", "conv_output_size", "dilated_size"]

_MOST_SHIFTS = 512  # offsets of a depthwise kernel, one array operation each


def conv_numpy(
    x: Array,
    w: Array,
    *,
    window_strides: Ints,
    padding: tuple[tuple[int, int], ...],
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    feature_group_count: int,
    batch_group_count: int,
) -> Array:
    """Convolve ``x[n, c, s...]`` with ``w[o, c, k...]``; see `lax.conv_general_dilated`."""
    x, w = np.asarray(x), np.asarray(w)
    if x.dtype == np.float16:  # BLAS has no half precision
        x, w = x.astype(np.float32), w.astype(np.float32)
        half = conv_numpy(
            x,
            w,
            window_strides=window_strides,
            padding=padding,
            lhs_dilation=lhs_dilation,
            rhs_dilation=rhs_dilation,
            feature_group_count=feature_group_count,
            batch_group_count=batch_group_count,
        )
        return half.astype(np.float16)
    out_spatial = tuple(
        conv_output_size(n, k, lo, hi, s, d, r)
        for n, k, (lo, hi), s, d, r in zip(
            x.shape[2:],
            w.shape[2:],
            padding,
            window_strides,
            lhs_dilation,
            rhs_dilation,
            strict=True,
        )
    )
    out_shape = (x.shape[0] // batch_group_count, w.shape[0], *out_spatial)
    if 0 in out_shape or x.size == 0 or w.size == 0:
        return np.zeros(out_shape, x.dtype)
    xg, wg = split_groups(x, w, feature_group_count, batch_group_count)
    is_dilated = any(d > 1 for d in lhs_dilation)
    is_large = math.prod(w.shape[2:]) > math.prod(out_spatial)
    if is_dilated and is_large and not any(v > 1 for v in (*window_strides, *rhs_dilation)):
        return merge_groups(_with_roles_swapped(xg, wg, out_spatial, padding, lhs_dilation))
    if is_dilated and (is_large or any(s > 1 for s in window_strides)):
        xg, is_dilated, lhs_dilation = dilate(xg, lhs_dilation), False, (1,) * len(out_spatial)
    scatters = is_dilated or _prefers_scatter(xg, wg, window_strides, out_spatial)
    if scatters and not (wg.shape[1] == wg.shape[2] == 1 and not is_dilated):
        out = _scatter(xg, wg, out_spatial, padding, lhs_dilation, rhs_dilation)
    else:
        out = _convolved(xg, wg, out_spatial, padding, window_strides, rhs_dilation)
    return merge_groups(out)


def _with_roles_swapped(
    x: Array, w: Array, out_spatial: Ints, padding: Any, dilation: Ints
) -> Array:
    """Slide the dilated input over a large kernel: the kernel gradient of a dilated convolution.

    Where ``t + k == d * q + low``, position ``T - 1 - t`` of the kernel, padded by T - 1 - low,
    meets q with dilation d.
    """
    pads = []
    for t, k, q, (lo, _), d in zip(
        out_spatial, w.shape[3:], x.shape[3:], padding, dilation, strict=True
    ):
        before = t - 1 - lo
        pads.append((before, t + d * (q - 1) - k - before))
    ones = (1,) * len(out_spatial)
    out = _convolved(w, x, out_spatial, tuple(pads), ones, dilation)
    flips: Index = (..., *(slice(None, None, -1) for _ in ones))
    return out.swapaxes(1, 2)[flips]


def _convolved(
    x: Array, w: Array, out_spatial: Ints, padding: Any, strides: Ints, dilation: Ints
) -> Array:
    """Pad and gather, or shift."""
    groups, window, positions = x.shape[0], math.prod(w.shape[3:]), math.prod(out_spatial)
    if window > 1 or any(lo or hi for lo, hi in padding):
        x = pad(x, padding, window > positions)
    if groups == 1:
        return _gather(x[0], w[0], out_spatial, strides, dilation)[None]
    if w.shape[2] == 1 and window <= _MOST_SHIFTS:
        return _shifts(x, w, out_spatial, strides, dilation)
    if w.shape[1] == x.shape[1] == 1 and positions <= _MOST_SHIFTS:
        return _shifted_sums(x, w, out_spatial, strides, dilation)
    return _grouped(x, w, out_spatial, strides, dilation)


# --- groups: everything below sees x[g, n, c, s...], w[g, o, c, k...] -> out[g, n, o, t...] ------


# --- gather ----------------------------------------------------------------------------------------


def _gather(x: Array, w: Array, out_spatial: Ints, strides: Ints, dilation: Ints) -> Array:
    """Copy windows to rows (``x[n, c, s...]``, already padded) and multiply."""
    kernel = w.shape[2:]
    if math.prod(kernel) == 1:
        return _pointwise(x, w, out_spatial, strides)
    windows = windows_of(x, kernel, out_spatial, strides, dilation)
    if math.prod(kernel) > math.prod(out_spatial):
        return _gather_for_kernel(windows, w, out_spatial)
    nd, (n, c), o = len(kernel), x.shape[:2], w.shape[0]
    t, k = tuple(range(2, 2 + nd)), tuple(range(2 + nd, 2 + 2 * nd))
    rows = n * math.prod(out_spatial)
    depth = c * math.prod(kernel)
    # Copying windows is fast in the order (kernel, channels), but then weights must be copied too.
    if rows >= o // 2:
        order = (0, *t, *k, 1)
        matrix = np.ascontiguousarray(np.moveaxis(w, 1, -1)).reshape(o, depth).T
    else:
        order = (0, *t, 1, *k)
        matrix = w.reshape(o, depth).T
    source = windows.transpose(order)
    out = np.empty((n, *out_spatial, o), x.dtype)
    each = math.prod(out_spatial[1:])
    buffer: Array | None = None
    for i, j in chunks(n, out_spatial[0], depth * x.itemsize, each):
        part = source[i, j]
        if buffer is None or buffer.shape != part.shape:
            buffer = np.empty(part.shape, x.dtype)
        np.copyto(buffer, part)
        target = out[i, j].reshape(-1, o)  # a view: whole images, or rows of one image
        np.matmul(buffer.reshape(-1, depth), matrix, out=target)
    return np.moveaxis(out, -1, 1)


def _gather_for_kernel(windows: Array, w: Array, out_spatial: Ints) -> Array:
    """Gather where the window is larger than the output: sums over chunks of the window.

    ``windows[n, c, t..., k...]`` is contracted with ``w[o, c, k...]`` over c and k; in a kernel
    gradient n are the channels, c the examples and k the positions.
    """
    nd = len(out_spatial)
    n, c = windows.shape[:2]
    o, kernel = w.shape[0], w.shape[2:]
    t, k = tuple(range(2, 2 + nd)), tuple(range(2 + nd, 2 + 2 * nd))
    width = n * math.prod(out_spatial)
    is_fast = c * math.prod(kernel) >= o // 2
    source = windows.transpose((1, *k, *t, 0) if is_fast else (1, *k, 0, *t))
    weights = np.moveaxis(w, 0, -1)  # c, k..., o: how a cotangent lies in memory
    total: Array | None = None
    buffer: Array | None = None
    # A chunk costs one more pass over the result, so chunks are deeper than wide.
    row_bytes = min(width * windows.itemsize, conv_layout.CHUNK_BYTES // max(256, 2 * min(o, 2048)))
    for i, j in chunks(c, kernel[0], row_bytes, math.prod(kernel[1:])):
        part = source[i, j]
        if buffer is None or buffer.shape != part.shape:
            buffer = np.empty(part.shape, windows.dtype)
        np.copyto(buffer, part)
        product = weights[i, j].reshape(-1, o).T @ buffer.reshape(-1, width)
        if total is None:
            total = product
        else:
            total += product
    assert total is not None
    if not is_fast:
        return total.reshape((o, n, *out_spatial)).swapaxes(0, 1)
    row_major = np.ascontiguousarray(np.moveaxis(total.reshape((o, *out_spatial, n)), -1, 1))
    return row_major.swapaxes(0, 1)


def _pointwise(x: Array, w: Array, out_spatial: Ints, strides: Ints) -> Array:
    """Multiply by a kernel of one position: no copy where strides allow."""
    n, c = x.shape[:2]
    o = w.shape[0]
    matrix = w.reshape(o, c)
    used: Index = (..., *strided_slices((0,) * len(strides), out_spatial, strides))
    x = x[used]
    size = math.prod(out_spatial)
    if x.flags.c_contiguous and size >= 16 and n * size * c > 1:
        return np.matmul(matrix, x.reshape(n, c, size)).reshape((n, o, *out_spatial))
    rows = np.moveaxis(x, 1, -1).reshape(-1, c)
    return np.moveaxis((rows @ matrix.T).reshape((n, *out_spatial, o)), -1, 1)


def _grouped(x: Array, w: Array, out_spatial: Ints, strides: Ints, dilation: Ints) -> Array:
    """Gather for several groups: batched products, a few groups at a time."""
    g, n, c = x.shape[:3]
    o, kernel = w.shape[1], w.shape[3:]
    nd = len(kernel)
    windows = windows_of(x, kernel, out_spatial, strides, dilation)
    t, k = tuple(range(3, 3 + nd)), tuple(range(3 + nd, 3 + 2 * nd))
    rows, depth = n * math.prod(out_spatial), c * math.prod(kernel)
    is_kernel_gradient = math.prod(kernel) > math.prod(out_spatial)
    if is_kernel_gradient:
        source = windows.transpose((0, 2, *k, *t, 1))
        weights = np.moveaxis(w, 1, -1)
    else:
        source = windows.transpose((0, 1, *t, *k, 2))
        weights = np.moveaxis(w, (1, 2), (-1, -2))
    out = np.empty((g, rows, o), x.dtype)
    step = max(1, conv_layout.CHUNK_BYTES // (rows * depth * x.itemsize))
    for i in range(0, g, step):
        part = slice(i, i + step)
        a = source[part]
        a = (
            a.reshape(-1, depth, rows).swapaxes(1, 2)
            if is_kernel_gradient
            else a.reshape(-1, rows, depth)
        )
        np.matmul(a, weights[part].reshape(-1, depth, o), out=out[part])
    if is_kernel_gradient:
        return out.reshape((g, *out_spatial, n, o)).transpose(
            (0, nd + 1, nd + 2, *range(1, nd + 1))
        )
    return np.moveaxis(out.reshape((g, n, *out_spatial, o)), -1, 2)


# --- shifts ----------------------------------------------------------------------------------------


def _shifts(x: Array, w: Array, out_spatial: Ints, strides: Ints, dilation: Ints) -> Array:
    """Depthwise: one channel a group, so every offset is a product of arrays."""
    g, n = x.shape[:2]
    o, kernel = w.shape[1], w.shape[3:]
    out = channels_last(x.dtype, (g, n, o, *out_spatial))
    each = g * o * math.prod(out_spatial) * x.itemsize
    step = max(1, conv_layout.CHUNK_BYTES // (8 * each))
    product: Array | None = None
    for i in range(0, n, step):
        images, target = x[:, i : i + step], out[:, i : i + step]
        if product is None or product.shape != target.shape:
            product = np.empty_like(target)
        for k in offsets(kernel):
            start = tuple(a * r for a, r in zip(k, dilation, strict=True))
            index: Index = (..., *strided_slices(start, out_spatial, strides))
            at: Index = (..., *k)
            factor = w[:, :, 0][at].reshape((g, 1, o) + (1,) * len(kernel))
            np.multiply(images[index], factor, out=product)
            np.add(target, product, out=target)
    return out


def _shifted_sums(x: Array, w: Array, out_spatial: Ints, strides: Ints, dilation: Ints) -> Array:
    """Kernel gradient of a depthwise convolution: one sum of products for each output position."""
    g, kernel = x.shape[0], w.shape[3:]
    out = np.empty((g, 1, 1, *out_spatial), x.dtype)
    axes = "abcdefghijkl"[: len(kernel) + 1]
    for t in offsets(out_spatial):
        start = tuple(a * s for a, s in zip(t, strides, strict=True))
        index: Index = (..., *strided_slices(start, kernel, dilation))
        at: Index = (..., *t)
        out[:, 0, 0][at] = np.einsum(f"z{axes},z{axes}->z", x[:, 0][index], w[:, 0])
    return out


# --- scatter ---------------------------------------------------------------------------------------


def _prefers_scatter(x: Array, w: Array, strides: Ints, out_spatial: Ints) -> bool:
    """Tell whether copying transposed weights would cost more than adding products up."""
    if any(s > 1 for s in strides) or w.shape[0] > 1:
        return False
    kernel, size = w.shape[3:], math.prod(x.shape[3:])
    rows = x.shape[1] * size
    if math.prod(kernel) == 1 or max(math.prod(kernel), size) > 4 * math.prod(out_spatial):
        return False
    return rows < w.shape[2] // 2 and _memory_order(w[0]) is not None


def _memory_order(w: Array) -> tuple[slice, ...] | None:
    """Return the flips that make ``w[o, c, k...]``, read as (c, o, k), contiguous; else None."""
    flips = tuple(slice(None, None, -1) if s < 0 else slice(None) for s in w.strides[2:])
    return flips if w.swapaxes(0, 1)[(..., *flips)].flags.c_contiguous else None


def _scatter(
    x: Array, w: Array, out_spatial: Ints, padding: Any, lhs_dilation: Ints, rhs_dilation: Ints
) -> Array:
    """Multiply first, then add each product at ``d * q + low - r * k`` (window strides are 1)."""
    g, n, c = x.shape[:3]
    spatial, o, kernel = x.shape[3:], w.shape[1], w.shape[3:]
    size, count = math.prod(spatial), math.prod(kernel)
    flips = _memory_order(w[0]) if g == 1 and n * size < 2 * c else None
    if flips is not None:  # products in the order (o, k)
        matrix = w[0].swapaxes(0, 1)[(..., *flips)].reshape(1, c, o * count)
        product_shape, last = (o, *kernel), True
    else:
        matrix = np.moveaxis(w, (2, 1), (1, -1)).reshape(g, c, count * o)
        product_shape, last, flips = (*kernel, o), False, (slice(None),) * len(kernel)
    out = np.zeros((g, n, *out_spatial, o), x.dtype)
    rows = np.moveaxis(x, 2, -1)
    moves = list(_scatter_moves(spatial, out_spatial, kernel, padding, lhs_dilation, rhs_dilation))
    step = max(
        1,
        conv_layout.CHUNK_BYTES // (g * size * count * o * x.itemsize),
        conv_layout.LEAST_ROWS // max(size, 1),
    )
    for i in range(0, n, step):
        part = rows[:, i : i + step]
        products = np.matmul(part.reshape(g, -1, c), matrix)
        products = products.reshape((g, part.shape[1], *spatial, *product_shape))
        if last:
            products = np.moveaxis(products, 2 + len(spatial), -1)
        index = (slice(None),) * (2 + len(spatial))
        products = products[(*index, *flips)]
        target = out[:, i : i + step]
        for k, source, destination in moves:
            values = products[(slice(None), slice(None), *source, *k)]
            target[(slice(None), slice(None), *destination)] += values
    return np.moveaxis(out, -1, 2)


def _scatter_moves(
    spatial: Ints, out_spatial: Ints, kernel: Ints, padding: Any, d: Ints, r: Ints
) -> Iterator[tuple[Ints, tuple[slice, ...], tuple[slice, ...]]]:
    """Yield for each offset k which q are added and where they go."""
    for k in offsets(kernel):
        source, destination = [], []
        for n, m, (lo, _), step, dilation, a in zip(
            spatial, out_spatial, padding, d, r, k, strict=True
        ):
            shift = lo - dilation * a
            first = max(0, -(shift // step))  # smallest q with d * q + shift >= 0
            stop = min(n, -(-(m - shift) // step))
            if stop <= first:
                break
            source.append(slice(first, stop))
            begin = first * step + shift
            destination.append(slice(begin, begin + (stop - first - 1) * step + 1, step))
        else:
            yield k, tuple(source), tuple(destination)
