"""Batch normalisation in training, as one primitive with a fused derivative.

``y = (x - mean) * rstd * weight + bias`` over all axes but the channels' (axis 1), with
``rstd = 1 / sqrt(var + epsilon)`` and the biased variance. Its tangent map and the transpose of
that are primitives too, because a composition would pass over the data about three times as
often; their own derivatives are compositions, which gives every order (Ioffe & Szegedy 2015,
"Batch normalization").

Channel sums add 256 numbers at a time in the array's precision and the partial sums in double
precision, so that float32 statistics are exact to about 1e-7.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Linear,
    Primitive,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    not_linear,
    shape_of,
    summarize,
)
from .arithmetic import add, mul, neg, rsqrt_p, sub
from .conv import merge_axes, move_axis, split_axis
from .elementwise import add_any, full_like
from .lowering import Kernel
from .reduction import reduce_sum
from .shape import broadcast_in_dim

Array = np.ndarray[Any, Any]
_PARTIAL = 256

# --- on arrays: everything works on rows of channels ---------------------------------------------


def _rows(x: Array) -> Array:
    """View ``x[n, c, s...]`` as ``[rows, c]`` where strides allow, else copy."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _unrows(rows: Array, like: Array) -> Array:
    """Undo `_rows`."""
    shape = (like.shape[0], *like.shape[2:], like.shape[1])
    return np.moveaxis(rows.reshape(shape), -1, 1)


def _column_sums(rows: Array) -> Array:
    """Sum over rows, in double precision across blocks."""
    n, c = rows.shape
    whole = n // _PARTIAL * _PARTIAL
    ones = np.ones((1, _PARTIAL), rows.dtype)
    total = np.zeros(c, np.float64)
    if whole:
        blocks = np.matmul(ones, rows[:whole].reshape(-1, _PARTIAL, c))
        total += blocks.sum(axis=(0, 1), dtype=np.float64)
    if whole < n:
        total += rows[whole:].sum(axis=0, dtype=np.float64)
    return total


def _blocks(rows: Array) -> list[slice]:
    """Cut the rows into parts that stay in the cache."""
    step = max(_PARTIAL, (1 << 18) // max(rows.shape[1] * rows.itemsize, 1) // _PARTIAL * _PARTIAL)
    return [slice(i, i + step) for i in range(0, len(rows), step)]


def _train_impl(x: Any, weight: Any, bias: Any, *, epsilon: float) -> list[Array]:
    rows = _rows(x)
    count = len(rows)
    mean = (_column_sums(rows) / count).astype(x.dtype)
    y = np.empty(rows.shape, x.dtype)
    squares = np.zeros(x.shape[1], np.float64)
    offsets = np.zeros(x.shape[1], np.float64)
    for part in _blocks(rows):
        centred = np.subtract(rows[part], mean, out=y[part])
        offsets += _column_sums(centred)
        squares += _column_sums(centred * centred)
    # The rounding of the mean is corrected to first order.
    var = squares / count - (offsets / count) ** 2
    scale = (np.asarray(weight, np.float64) / np.sqrt(var + epsilon)).astype(x.dtype)
    for part in _blocks(rows):
        np.multiply(y[part], scale, out=y[part])
        np.add(y[part], bias, out=y[part])
    return [_unrows(y, x), mean, var.astype(x.dtype)]


def _tangent_impl(
    tx: Any, tw: Any, tb: Any, x: Any, weight: Any, mean: Any, rstd: Any
) -> list[Array]:
    rows, t = _rows(x), _rows(tx)
    count = len(rows)
    sums, products = _sums_with_centred(t, rows, mean)
    weight, rstd = np.asarray(weight, np.float64), np.asarray(rstd, np.float64)
    tmean, cross = sums / count, products / count
    scale = weight * rstd
    return [
        _affine(t, rows, mean, scale, tw * rstd - scale * cross * rstd**2, tb - scale * tmean, x),
        tmean.astype(x.dtype),
        (2 * cross).astype(x.dtype),
    ]


def _cotangent_impl(
    cy: Any, cm: Any, cv: Any, x: Any, weight: Any, mean: Any, rstd: Any
) -> list[Array]:
    rows, ct = _rows(x), _rows(cy)
    count = len(rows)
    sums, products = _sums_with_centred(ct, rows, mean)
    weight, rstd = np.asarray(weight, np.float64), np.asarray(rstd, np.float64)
    scale = weight * rstd
    slope = (2 * cv - scale * rstd**2 * products) / count
    return [
        _affine(ct, rows, mean, scale, slope, (cm - scale * sums) / count, x),
        (products * rstd).astype(x.dtype),
        sums.astype(x.dtype),
    ]


def _sums_with_centred(t: Array, rows: Array, mean: Array) -> tuple[Array, Array]:
    """Return the column sums of t and of t * (rows - mean)."""
    sums, products = np.zeros(t.shape[1]), np.zeros(t.shape[1])
    for part in _blocks(rows):
        sums += _column_sums(t[part])
        centred = rows[part] - mean
        products += _column_sums(np.multiply(centred, t[part], out=centred))
    return sums, products


def _affine(
    t: Array, rows: Array, mean: Array, scale: Array, slope: Array, shift: Array, like: Array
) -> Array:
    """Return t * scale + (rows - mean) * slope + shift."""
    scale, slope, shift = (v.astype(t.dtype) for v in (scale, slope, shift))
    out = np.empty(rows.shape, t.dtype)
    for part in _blocks(rows):
        centred = np.subtract(rows[part], mean, out=out[part])
        np.multiply(centred, slope, out=centred)
        centred += t[part] * scale
        centred += shift
    return _unrows(out, like)


# --- rules ---------------------------------------------------------------------------------------


def _spread(v: Any, like: Any) -> Any:
    """Repeat a value of each channel over `like`."""
    return broadcast_in_dim(v, shape_of(like), (1,))


def _zeros(like: Any) -> Any:
    """Zeros as an equation, not as an array: the compiler sees what they are."""
    return broadcast_in_dim(dtype_of(like).type(0), shape_of(like), ())


def _train_abstract(
    x: ShapedArray, weight: ShapedArray, bias: ShapedArray, *, epsilon: float
) -> list[ShapedArray]:
    where = summarize(current_source())
    if x.ndim < 2 or x.size == 0:
        raise ShapeError(f"batch_norm_train needs [n, c, ...] with elements, got {x.shape} {where}")
    c = (x.shape[1],)
    if weight.shape != c or bias.shape != c:
        raise ShapeError(
            f"batch_norm_train of {x.shape} needs weight and bias of shape {c}, got "
            f"{weight.shape} and {bias.shape} {where}"
        )
    if x.dtype.kind != "f" or weight.dtype != x.dtype or bias.dtype != x.dtype:
        raise DTypeError(
            f"batch_norm_train needs one float dtype, got {x.dtype}, {weight.dtype}, {bias.dtype} "
            f"{where}"
        )
    stats = ShapedArray(c, x.dtype)
    return [ShapedArray(x.shape, x.dtype), stats, stats]


def _train_jvp(ts: Any, xs: Any, outs: Any, *, epsilon: float) -> list[Any]:
    x, weight, _ = xs
    _, mean, var = outs
    if ts[0] is None and ts[1] is None:
        return [None if ts[2] is None else _spread(ts[2], x), None, None]
    rstd = bind(rsqrt_p, add(var, full_like(var, epsilon)))
    if ts[0] is None:
        normal = mul(sub(x, _spread(mean, x)), _spread(rstd, x))
        ty = mul(normal, _spread(ts[1], x))
        return [ty if ts[2] is None else add(ty, _spread(ts[2], x)), None, None]
    tw, tb = (_zeros(weight) if t is None else t for t in ts[1:])
    return bind(batch_norm_tangent_p, ts[0], tw, tb, x, weight, mean, rstd)


def _fold(x: Any) -> Any:
    """Join a mapped axis in front with the channels: b n c s -> n (b c) s, b c -> (b c)."""
    return merge_axes(move_axis(x, 0, 1), 1) if len(shape_of(x)) > 2 else merge_axes(x, 0)


def _unfold(x: Any, size: int) -> Any:
    """Undo `_fold`."""
    if len(shape_of(x)) == 1:
        return split_axis(x, 0, size)
    return move_axis(split_axis(x, 1, size), 1, 0)


def _batch_by_channels(prim: Callable[[], Primitive]) -> Callable[..., Any]:
    """Map by making more channels: they do not see each other."""

    def batch(size: int, args: Any, batched: Any, **params: Any) -> tuple[list[Any], list[bool]]:
        full = [
            a if b else broadcast_in_dim(a, (size, *shape_of(a)), range(1, len(shape_of(a)) + 1))
            for a, b in zip(args, batched, strict=True)
        ]
        outs = bind(prim(), *map(_fold, full), **params)
        return [_unfold(o, size) for o in outs], [True] * len(outs)

    return batch


batch_norm_train_p: Primitive = Primitive(
    "batch_norm_train",
    impl=_train_impl,
    abstract_eval=_train_abstract,
    jvp=_train_jvp,
    transpose=not_linear,
    batch=_batch_by_channels(lambda: batch_norm_train_p),
    lower=Kernel("batch_norm_train"),
    multiple_results=True,
)


# Derivatives of the two linear maps in x, weight, mean and rstd. In the names below c is
# x - mean, s is weight * rstd, and d_... is the tangent of ...; None is a zero tangent.


def _plus(*terms: Any) -> Any:
    total = None
    for t in terms:
        total = add_any(total, t)
    return total


def _times(t: Any, *factors: Any) -> Any:
    for f in factors:
        t = None if t is None else mul(t, f)
    return t


def _minus(t: Any) -> Any:
    return None if t is None else neg(t)


def _over(v: Any, like: Any) -> Any:
    return None if v is None else _spread(v, like)


def _sum_of_products(t: Any, u: Any) -> Any:
    if t is None:
        return None
    return reduce_sum(mul(t, u), (0, *range(2, len(shape_of(u)))))


def _common(ts: Any, xs: Any, u: Any) -> tuple[Any, ...]:
    """Return c, s, r², d_c, d_s, d_(s r²) and the sums of c u and d_c u."""
    (x, w, m, r), (dx, dw, dm, dr) = xs[3:], ts[3:]
    c, s, rr = sub(x, _spread(m, x)), mul(w, r), mul(r, r)
    d_c = _plus(dx, _over(_minus(dm), x))
    d_s = _plus(_times(dw, r), _times(dr, w))
    d_srr = _plus(_times(d_s, rr), _times(dr, s, r, full_like(r, 2)))
    return c, s, rr, d_c, d_s, d_srr, _sum_of_products(c, u), _sum_of_products(d_c, u)


def _count(x: Any) -> int:
    shape = shape_of(x)
    return int(np.prod(shape, dtype=np.int64)) // shape[1]


def _tangent_jvp(ts: Any, xs: Any, outs: Any) -> list[Any]:
    tx, tw, _ = xs[:3]
    _, _, _, r = xs[3:]
    each = full_like(tx, 1 / _count(tx))
    c, s, rr, d_c, d_s, d_srr, total, d_total = _common(ts, xs, tx)
    p, q, d_q = outs[1], mul(total, each), _times(d_total, each)
    slope = sub(mul(tw, r), mul(mul(s, rr), q))
    d_slope = _plus(_times(ts[6], tw), _minus(_times(d_srr, q)), _minus(_times(d_q, mul(s, rr))))
    d_ty = _plus(
        _times(_over(d_s, tx), tx),
        _times(d_c, _spread(slope, tx)),
        _times(_over(d_slope, tx), c),
        _over(_minus(_times(d_s, p)), tx),
    )
    return [d_ty, None, _times(d_q, full_like(q, 2))]


def _cotangent_jvp(ts: Any, xs: Any, outs: Any) -> list[Any]:
    cy, _, cv = xs[:3]
    _, _, _, r = xs[3:]
    each = full_like(cy, 1 / _count(cy))
    c, s, rr, d_c, d_s, d_srr, total, d_total = _common(ts, xs, cy)
    slope = mul(sub(mul(cv, full_like(cv, 2)), mul(mul(s, rr), total)), each)
    d_slope = _minus(_times(_plus(_times(d_srr, total), _times(d_total, mul(s, rr))), each))
    d_cx = _plus(
        _times(_over(d_s, cy), cy),
        _times(d_c, _spread(slope, cy)),
        _times(_over(d_slope, cy), c),
        _over(_minus(_times(d_s, outs[2], each)), cy),
    )
    return [d_cx, _plus(_times(d_total, r), _times(ts[6], total)), None]


def _linear_jvp(
    prim: Callable[[], Primitive], in_the_rest: Callable[..., list[Any]]
) -> Callable[..., list[Any]]:
    """Jvp of a primitive that is linear in its first three operands."""

    def jvp(ts: Any, xs: Any, outs: Any) -> list[Any]:
        total = [None] * 3
        if any(t is not None for t in ts[:3]):
            full = [_zeros(x) if t is None else t for t, x in zip(ts[:3], xs[:3], strict=True)]
            total = bind(prim(), *full, *xs[3:])
        if any(t is not None for t in ts[3:]):
            total = [add_any(a, b) for a, b in zip(total, in_the_rest(ts, xs, outs), strict=True)]
        return total

    return jvp


def _linear_transpose(other: Callable[[], Primitive]) -> Callable[..., list[Any]]:
    """Transpose a map that is linear in its first three operands: the other map."""

    def transpose(cts: Any, *args: Any) -> list[Any]:
        x, weight = args[3], args[4]
        likes = (x, weight, weight)
        full = [_zeros(like) if ct is None else ct for ct, like in zip(cts, likes, strict=True)]
        back = bind(other(), *full, *args[3:])
        given = [b if isinstance(a, Linear) else None for a, b in zip(args[:3], back, strict=True)]
        return given + [None] * 4

    return transpose


def _linear_abstract(t: ShapedArray, *rest: ShapedArray) -> list[ShapedArray]:
    c = ShapedArray((t.shape[1],), t.dtype)
    return [t.strengthen(), c, c]


batch_norm_tangent_p: Primitive = Primitive(
    "batch_norm_tangent",
    impl=_tangent_impl,
    abstract_eval=_linear_abstract,
    jvp=_linear_jvp(lambda: batch_norm_tangent_p, _tangent_jvp),
    transpose=_linear_transpose(lambda: batch_norm_cotangent_p),
    batch=_batch_by_channels(lambda: batch_norm_tangent_p),
    lower=Kernel("batch_norm_tangent"),
    multiple_results=True,
)

batch_norm_cotangent_p: Primitive = Primitive(
    "batch_norm_cotangent",
    impl=_cotangent_impl,
    abstract_eval=_linear_abstract,
    jvp=_linear_jvp(lambda: batch_norm_cotangent_p, _cotangent_jvp),
    transpose=_linear_transpose(lambda: batch_norm_tangent_p),
    batch=_batch_by_channels(lambda: batch_norm_cotangent_p),
    lower=Kernel("batch_norm_cotangent"),
    multiple_results=True,
)


def batch_norm_train(x: Any, weight: Any, bias: Any, epsilon: float) -> list[Any]:
    """Normalise ``x[n, c, ...]`` by its own statistics.

    Returns
    -------
    y : array
        Of the shape of `x`.
    mean, var : array
        Of each channel; the variance is biased.
    """
    return bind(batch_norm_train_p, x, weight, bias, epsilon=float(epsilon))


__all__ = ["batch_norm_train", "batch_norm_train_p", "batch_norm_tangent_p"]
__all__ += ["batch_norm_cotangent_p"]
