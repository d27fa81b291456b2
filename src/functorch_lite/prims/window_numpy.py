"""Windowed reductions on NumPy arrays: one axis after the other, one array operation an offset."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .conv_numpy import conv_output_size, dilated_size

__all__ = [
    "index_of_result",
    "put_add_numpy",
    "reduce_window_numpy",
    "take_numpy",
    "window_output_shape",
]

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def window_output_shape(
    shape: Ints,
    window_dimensions: Ints,
    window_strides: Ints,
    padding: Pads,
    base_dilation: Ints,
    window_dilation: Ints,
) -> Ints:
    """Return the number of windows along each axis.

    Examples
    --------
    >>> window_output_shape((5,), (3,), (2,), ((1, 1),), (1,), (1,))
    (3,)
    """
    return tuple(
        conv_output_size(n, k, lo, hi, s, d, r)
        for n, k, s, (lo, hi), d, r in zip(
            shape,
            window_dimensions,
            window_strides,
            padding,
            base_dilation,
            window_dilation,
            strict=True,
        )
    )


def _empty_in_order(like: Array, shape: Ints, dtype: Any = None) -> Array:
    """Allocate an array whose axes lie in memory in the order of those of `like`."""
    order = memory_order(like)
    out = np.empty([shape[d] for d in order], like.dtype if dtype is None else dtype)
    return out.transpose(np.argsort(order))


def memory_order(x: Array) -> list[int]:
    """Return the axes from the outermost in memory to the innermost."""
    return sorted(range(x.ndim), key=lambda d: (-abs(x.strides[d]), d))


def _moves(
    n: int, m: int, k: int, stride: int, low: int, d: int, r: int
) -> Iterator[tuple[int, slice, slice]]:
    """Yield (offset, elements, windows) for one axis: element q meets window t at offset a.

    They meet where ``stride * t + r * a == d * q + low``; either the stride or the dilation d of
    the input is 1.
    """
    for a in range(k):
        shift = low - r * a
        if d == 1:  # q = stride * t - shift
            first = max(0, -(-shift // stride))
            stop = min(m, (n - 1 + shift) // stride + 1)
            if stop > first:
                q = first * stride - shift
                yield a, slice(q, q + (stop - first - 1) * stride + 1, stride), slice(first, stop)
        else:  # t = d * q + shift
            first = max(0, -(shift // d))
            stop = min(n, -(-(m - shift) // d))
            if stop > first:
                t = first * d + shift
                yield a, slice(first, stop), slice(t, t + (stop - first - 1) * d + 1, d)


def _undilated(x: Array, axis: int, d: int, fill: Any) -> Array:
    """Put `fill` between the elements of an axis."""
    shape = list(x.shape)
    shape[axis] = dilated_size(shape[axis], d)
    out = _empty_in_order(x, tuple(shape))
    out[...] = fill
    out[_at(x.ndim, axis, slice(None, None, d))] = x
    return out


def _at(ndim: int, axis: int, index: slice) -> tuple[slice, ...]:
    full = [slice(None)] * ndim
    full[axis] = index
    return tuple(full)


def _reduce_axis(
    x: Array,
    axis: int,
    ufunc: np.ufunc,
    identity: Any,
    m: int,
    k: int,
    s: int,
    lo: int,
    d: int,
    r: int,
) -> Array:
    """Reduce windows along one axis."""
    n = x.shape[axis]
    if d > 1 and s > 1:
        x, n, d = _undilated(x, axis, d, identity), dilated_size(n, d), 1
    if m == 1 and d == 1 and r == 1 and lo <= 0 and -lo + k <= n:
        part = x[_at(x.ndim, axis, slice(-lo, -lo + k))]
        return ufunc.reduce(part, axis=axis, dtype=x.dtype, keepdims=True)
    out = _empty_in_order(x, (*x.shape[:axis], m, *x.shape[axis + 1 :]))
    moves = list(_moves(n, m, k, s, lo, d, r))
    whole = next((i for i, (_, _, t) in enumerate(moves) if t == slice(0, m)), None)
    if whole is None:
        out[...] = identity
    else:  # this offset meets every window: start from it
        _, source, _ = moves.pop(whole)
        np.copyto(out, x[_at(x.ndim, axis, source)])
    for _, source, windows in moves:
        target = out[_at(x.ndim, axis, windows)]
        ufunc(target, x[_at(x.ndim, axis, source)], out=target)
    return out


def reduce_window_numpy(
    x: Array,
    ufunc: np.ufunc,
    identity: Any,
    *,
    window_dimensions: Ints,
    window_strides: Ints,
    padding: Pads,
    base_dilation: Ints,
    window_dilation: Ints,
) -> Array:
    """Reduce every window of `x` by an associative and commutative ufunc."""
    x = np.asarray(x)
    out_shape = window_output_shape(
        x.shape, window_dimensions, window_strides, padding, base_dilation, window_dilation
    )
    if 0 in out_shape or x.size == 0:
        return np.full(out_shape, identity, x.dtype)
    half = x.dtype == np.float16 and ufunc is np.add
    y = x.astype(np.float32) if half else x
    for axis in reversed(range(x.ndim)):
        k, s, (lo, hi) = window_dimensions[axis], window_strides[axis], padding[axis]
        d, r = base_dilation[axis], window_dilation[axis]
        if (k, s, lo, hi, d) != (1, 1, 0, 0, 1):
            y = _reduce_axis(y, axis, ufunc, identity, out_shape[axis], k, s, lo, d, r)
    if half:
        return y.astype(np.float16)
    return y.copy() if y is x else y


def index_of_result(
    x: Array,
    result: Array,
    *,
    batch_dims: int,
    window_dimensions: Ints,
    window_strides: Ints,
    padding: Pads,
    base_dilation: Ints,
    window_dilation: Ints,
) -> Array:
    """Return for each window the position of the first element equal to its result.

    Positions count the axes after the first `batch_dims` in row-major order; -1 where nothing
    matches (a window that lies in the padding). A NaN result is matched by the last NaN.
    """
    shape, out_shape = x.shape[batch_dims:], result.shape[batch_dims:]
    if result.size == 0 or x.size == 0:
        return np.full(result.shape, -1, np.int64)
    axis_moves = [
        _all_moves(
            x.shape[axis],
            result.shape[axis],
            window_dimensions[axis],
            window_strides[axis],
            padding[axis][0],
            base_dilation[axis],
            window_dilation[axis],
        )
        for axis in range(batch_dims, x.ndim)
    ]
    steps = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    if any(d > 1 for d in base_dilation[batch_dims:]):
        return _positions_found(x, result, batch_dims, axis_moves)
    window = window_dimensions[batch_dims:]
    local = _offset_found(x, result, batch_dims, axis_moves, window)
    offsets = np.zeros(math.prod(window) + 1, np.int64)
    starts = np.zeros((1,) * result.ndim, np.int64)
    for i, (k, step) in enumerate(zip(window, steps, strict=True)):
        axis = batch_dims + i
        along = np.arange(k) * window_dilation[axis] * step
        along = along.reshape((-1,) + (1,) * (len(window) - 1 - i))
        offsets[:-1] += np.broadcast_to(along, window).ravel()
        begin = (np.arange(out_shape[i]) * window_strides[axis] - padding[axis][0]) * step
        starts = starts + begin.reshape((-1,) + (1,) * (result.ndim - 1 - axis))
    found = offsets[local]
    found += starts
    missing = local == math.prod(window)
    if missing.any():
        found[missing] = -1
    return found


def _offset_found(
    x: Array, result: Array, batch_dims: int, axis_moves: list[Any], window: Ints
) -> Array:
    """Number the window's offset where each result was found; the count of offsets if nowhere.

    Every hit scores more the earlier its offset, and the best score is kept: three passes over
    small integers an offset.
    """
    count = math.prod(window)
    small = np.min_scalar_type(count)
    best = _empty_in_order(result, result.shape, small)
    best[...] = 0
    hits = _empty_in_order(result, result.shape, np.bool_)
    scores = _empty_in_order(result, result.shape, small)
    lead = (slice(None),) * batch_dims
    combined = list(itertools.product(*axis_moves))

    def keep_best(match: Any, score: Any) -> None:
        for moves in combined:
            source, at = ((*lead, *(m[i] for m in moves)) for i in (1, 2))
            hit = match(x[source], at)
            k = int(np.ravel_multi_index([m[0] for m in moves], window))
            np.multiply(hit.view(np.uint8), small.type(score(k)), out=scores[at])
            np.maximum(best[at], scores[at], out=best[at])

    keep_best(lambda part, at: np.equal(part, result[at], out=hits[at]), lambda k: count - k)
    is_nan = np.isnan(result) if x.dtype.kind == "f" else np.zeros((), np.bool_)
    if is_nan.any():  # a NaN is matched by the last NaN; nothing has matched it above
        keep_best(lambda part, at: np.isnan(part) & is_nan[at], lambda k: k + 1)
        return np.where(is_nan & (best > 0), best - small.type(1), small.type(count) - best)
    return small.type(count) - best


def _all_moves(
    n: int, m: int, k: int, s: int, lo: int, d: int, r: int
) -> list[tuple[int, slice, slice]]:
    """Return `_moves`, also where both the stride and the dilation exceed 1."""
    if d == 1 or s == 1:
        return list(_moves(n, m, k, s, lo, d, r))
    moves = []
    for a, t in itertools.product(range(k), range(m)):
        q, rest = divmod(s * t + r * a - lo, d)
        if rest == 0 and 0 <= q < n:
            moves.append((a, slice(q, q + 1), slice(t, t + 1)))
    return moves


def _positions_found(x: Array, result: Array, batch_dims: int, axis_moves: list[Any]) -> Array:
    """Find positions one by one, where windows do not start at regular ones."""
    found = np.full(result.shape, -1, np.int64)
    combined = list(itertools.product(*axis_moves))
    lead = (slice(None),) * batch_dims
    shape = x.shape[batch_dims:]
    positions = np.arange(math.prod(shape), dtype=np.int64).reshape((1,) * batch_dims + shape)
    is_nan = np.isnan(result) if x.dtype.kind == "f" else np.zeros(result.shape, np.bool_)
    for moves in reversed(combined):
        source, windows = ((*lead, *(m[i] for m in moves)) for i in (1, 2))
        np.copyto(found[windows], positions[source], where=x[source] == result[windows])
    for moves in combined if is_nan.any() else ():
        source, windows = ((*lead, *(m[i] for m in moves)) for i in (1, 2))
        np.copyto(found[windows], positions[source], where=np.isnan(x[source]) & is_nan[windows])
    return found


# --- reading and adding at such positions --------------------------------------------------------


def _memory_plan(x: Array, batch_dims: int, size: int) -> tuple[list[int], list[int], int]:
    """Say how (batch..., one axis of `size`) lies in memory if it follows the order of `x`.

    Returns the order of the batch axes (the long axis is number `batch_dims`), the step of each
    batch axis and the step of the long axis, in elements.
    """
    spatial = range(batch_dims, x.ndim)
    inner = min((abs(x.strides[d]) for d in spatial if x.shape[d] > 1), default=0)
    batch = sorted(range(batch_dims), key=lambda d: (-abs(x.strides[d]), d))
    outside = [d for d in batch if abs(x.strides[d]) >= inner]
    order = [*outside, batch_dims, *(d for d in batch if d not in outside)]
    steps, step = [0] * (batch_dims + 1), 1
    for d in reversed(order):
        steps[d] = step
        step *= size if d == batch_dims else x.shape[d]
    return order, steps[:batch_dims], steps[batch_dims]


def _linear(indices: Array, batch_dims: int, steps: list[int], step: int) -> Array:
    """Turn positions into offsets in memory."""
    out = indices * step
    for d, s in enumerate(steps):
        shape = [1] * indices.ndim
        shape[d] = indices.shape[d]
        out += (np.arange(indices.shape[d]) * s).reshape(shape)
    return out


def take_numpy(x: Array, indices: Array, *, batch_dims: int) -> Array:
    """Return ``x[b..., position]`` for each position; 0 where it is -1."""
    x, indices = np.asarray(x), np.asarray(indices)
    if x.size == 0 or indices.size == 0:
        return np.zeros(indices.shape, x.dtype)
    size = math.prod(x.shape[batch_dims:])
    order, steps, step = _memory_plan(x, batch_dims, size)
    flat = x.reshape((*x.shape[:batch_dims], size)).transpose(order).ravel()
    out = flat[_linear(np.maximum(indices, 0), batch_dims, steps, step)]
    missing = indices < 0
    if missing.any():
        out[missing] = 0
    return out


def put_add_numpy(ct: Array, indices: Array, *, batch_dims: int, shape: Ints) -> Array:
    """Add each element of `ct` at its position in zeros of ``ct.shape[:batch_dims] + shape``."""
    ct, indices = np.asarray(ct), np.asarray(indices)
    size = math.prod(shape)
    full = (*ct.shape[:batch_dims], *shape)
    if ct.size == 0 or size == 0:
        return np.zeros(full, ct.dtype)
    missing = indices < 0
    if missing.any():
        ct, indices = np.where(missing, ct.dtype.type(0), ct), np.maximum(indices, 0)
    order, steps, step = _memory_plan(ct, batch_dims, size)
    along = memory_order(ct)
    where = _linear(indices, batch_dims, steps, step).transpose(along).ravel()
    values = ct.transpose(along).ravel()
    flat = _bincount(where, values, math.prod(full))
    lead = [size if d == batch_dims else ct.shape[d] for d in order]
    return flat.reshape(lead).transpose(np.argsort(order)).reshape(full)


def _bincount(where: Array, values: Array, length: int) -> Array:
    """Sum values by position, in double precision."""
    if values.dtype.kind == "c":
        total = np.empty(length, values.dtype)
        total.real = np.bincount(where, values.real, length)
        total.imag = np.bincount(where, values.imag, length)
        return total
    if values.dtype.kind == "f":
        return np.bincount(where, values, length).astype(values.dtype, copy=False)
    out = np.zeros(length, values.dtype)
    np.add.at(out, where, values)
    return out
