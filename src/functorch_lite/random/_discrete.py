"""Counts: geometric, Poisson, binomial, multinomial."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import bind, dtype_of, shape_of
from ..lax.control import scan, while_loop
from ..numpy._promotion import as_array, broadcast_to_shape, cast, promote_dtypes
from ..prims.special import lgamma_p
from ._common import (
    as_float,
    float_dtype,
    int_dtype,
    parameter,
    sample_shape,
    sampler,
    single_key,
    split_key,
)
from ._uniform import draw_uniform

__all__ = ["binomial", "geometric", "multinomial", "poisson"]

Shape = int | Sequence[int]
_F32 = np.dtype(np.float32)


@sampler
def geometric(key: Any, p: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw numbers of tosses until the first success, of probability `p`.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.geometric(random.key(0), 0.3) >= 1)
    True
    """
    key = single_key("geometric", key)
    d = int_dtype("geometric", dtype)
    p = as_float(p)
    shape = sample_shape("geometric", shape, p)
    u = draw_uniform(key, shape, dtype_of(p))
    u = fnp.where(fnp.equal(u, 0), 1, u)
    return cast(fnp.floor(fnp.log(u) / fnp.log1p(-p)) + 1, d)


# --- Poisson ----------------------------------------------------------------------------------------


def _poisson_knuth(key: Any, lam: Any, shape: tuple[int, ...], dtype: Any, limit: int) -> Any:
    """Multiply uniform numbers until the product is below exp(-lam) (Knuth)."""

    def body(carry: Any) -> Any:
        i, k, key, log_product = carry
        keys = split_key(key)
        k = fnp.where(fnp.greater(log_product, -lam), k + dtype.type(1), k)
        u = draw_uniform(keys[1], shape, _F32)
        return i + 1, k, keys[0], log_product + fnp.log(u)

    def more(carry: Any) -> Any:
        i, _, _, log_product = carry
        return fnp.logical_and(fnp.any(fnp.greater(log_product, -lam)), fnp.less(i, limit))

    init = (np.int64(0), np.zeros(shape, dtype), key, np.zeros(shape, _F32))
    return while_loop(more, body, init)[1] - dtype.type(1)


def _poisson_rejection(key: Any, lam: Any, shape: tuple[int, ...], dtype: Any, limit: int) -> Any:
    """Transformed rejection: Hoermann (1993), "The transformed rejection method", PTRS."""
    log_lam = fnp.log(lam)
    b = 0.931 + 2.53 * fnp.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inv_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)

    def body(carry: Any) -> Any:
        i, out, accepted, key = carry
        keys = split_key(key, 3)
        u = draw_uniform(keys[1], shape, _F32) - 0.5
        v = draw_uniform(keys[2], shape, _F32)
        us = 0.5 - fnp.abs(u)
        k = fnp.floor((2 * a / us + b) * u + lam + 0.43)
        s = fnp.log(v * inv_alpha / (a / (us * us) + b))
        t = -lam + k * log_lam - bind(lgamma_p, k + 1)
        return i + 1, *_accept(out, accepted, k, us, v, v_r, fnp.less(k, 0), s, t), keys[0]

    def more(carry: Any) -> Any:
        i, _, accepted, _ = carry
        return fnp.logical_and(fnp.logical_not(fnp.all(accepted)), fnp.less(i, limit))

    init = (np.int64(0), np.full(shape, -1, _F32), np.zeros(shape, np.bool_), key)
    return cast(while_loop(more, body, init)[1], dtype)


def _accept(
    out: Any, accepted: Any, k: Any, us: Any, v: Any, v_r: Any, outside: Any, s: Any, t: Any
) -> tuple[Any, Any]:
    """Keep proposals `k` that pass the squeeze or the full test; return (out, accepted)."""
    quick = fnp.logical_and(fnp.greater_equal(us, 0.07), fnp.less_equal(v, v_r))
    full = fnp.logical_and(fnp.logical_not(outside), fnp.less_equal(s, t))
    passed = fnp.logical_or(quick, full)
    return fnp.where(passed, k, out), fnp.logical_or(accepted, passed)


@sampler
def poisson(key: Any, lam: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw Poisson counts of rate `lam`.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    lam : array
        Rates, not negative; used in float32, as in JAX.
    shape : tuple of int
        By default the shape of `lam`.
    dtype : dtype
        An integer dtype, int64 by default.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.poisson(random.key(0), 4.0, (3,)).shape
    (3,)
    """
    key = single_key("poisson", key)
    d = int_dtype("poisson", dtype)
    shape = sample_shape("poisson", shape, as_array(lam))
    lam = parameter(lam, shape, _F32)
    small = fnp.logical_or(fnp.not_equal(lam, lam), fnp.less(lam, 10))
    limit = int(np.iinfo(d).max)
    few = _poisson_knuth(key, fnp.where(small, lam, np.float32(0)), shape, d, limit)
    many = _poisson_rejection(key, fnp.where(small, np.float32(1e5), lam), shape, d, limit)
    return fnp.where(fnp.equal(lam, 0), d.type(0), fnp.where(small, few, many))


# --- binomial -------------------------------------------------------------------------------------


def _binomial_inversion(key: Any, count: Any, p: Any, shape: tuple[int, ...]) -> Any:
    """Sum geometric numbers until they exceed the count (Devroye 1986, p. 525)."""
    d = dtype_of(p)
    log_q = fnp.log1p(-p)

    def body(carry: Any) -> Any:
        n, total, key = carry
        keys = split_key(key)
        n = fnp.where(fnp.less_equal(total, count), n + 1, n)
        u = draw_uniform(keys[0], shape, d)
        return n, total + fnp.ceil(fnp.log(u) / log_q), keys[1]

    def more(carry: Any) -> Any:
        return fnp.any(fnp.less_equal(carry[1], count))

    return while_loop(more, body, (np.zeros(shape, d), np.zeros(shape, d), key))[0] - 1


_STIRLING_TAIL = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
    0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.010411265261972,
    0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _stirling_tail(k: Any) -> Any:
    """log k! less Stirling's approximation."""
    d = dtype_of(k)
    table = np.array(_STIRLING_TAIL, d)
    small = fnp.floor(fnp.clip(k, 0, 9))
    index = cast(fnp.where(fnp.equal(small, small), small, 0), np.dtype(np.int64))
    square = (k + 1) * (k + 1)
    series = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)
    return fnp.where(fnp.less_equal(k, 9), fnp.take(table, index), series)


def _binomial_rejection(key: Any, count: Any, p: Any, shape: tuple[int, ...]) -> Any:
    """Transformed rejection with squeeze: Hoermann (1993), "The generation of binomial random
    variates", BTRS.
    """
    d = dtype_of(p)
    stddev = fnp.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * stddev
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = count * p + 0.5
    v_r = 0.92 - 4.2 / b
    r = p / (1 - p)
    alpha = (2.83 + 5.1 / b) * stddev
    m = fnp.floor((count + 1) * p)
    rest = count - m + 1
    fixed = (
        (m + 0.5) * fnp.log((m + 1) / (r * rest)) + _stirling_tail(m) + _stirling_tail(count - m)
    )

    def body(carry: Any) -> Any:
        out, accepted, key = carry
        keys = split_key(key, 3)
        u = draw_uniform(keys[1], shape, d) - 0.5
        v = draw_uniform(keys[2], shape, d)
        us = 0.5 - fnp.abs(u)
        k = fnp.floor((2 * a / us + b) * u + c)
        outside = fnp.logical_or(fnp.less(k, 0), fnp.greater(k, count))
        s = fnp.log(v * alpha / (a / (us * us) + b))
        left = count - k + 1
        t = fixed + (count + 1) * fnp.log(rest / left) + (k + 0.5) * fnp.log(r * left / (k + 1))
        t = t - _stirling_tail(k) - _stirling_tail(count - k)
        return *_accept(out, accepted, k, us, v, v_r, outside, s, t), keys[0]

    def more(carry: Any) -> Any:
        return fnp.logical_not(fnp.all(carry[1]))

    init = (np.full(shape, -1, d), np.zeros(shape, np.bool_), key)
    return while_loop(more, body, init)[0]


def _draw_binomial(key: Any, n: Any, p: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Draw binomial counts without checks; `p` has a float dtype."""
    count, p = parameter(n, shape, dtype_of(p)), broadcast_to_shape(p, shape)
    low = fnp.less(p, 0.5)
    q = fnp.where(low, p, 1.0 - p)
    no_count = fnp.logical_or(fnp.isnan(count), fnp.less(count, 0))
    infinite = fnp.isinf(count)
    no_p = fnp.logical_or(fnp.isnan(q), fnp.less(q, 0))
    nan_q = fnp.isnan(q)
    q = fnp.where(no_p, 0.01, q)
    direct = fnp.logical_or(no_count, fnp.less_equal(count * q, 10.0))
    # An infinite count would never be accepted.
    direct = fnp.logical_or(direct, infinite)
    count = fnp.floor(count)
    few = fnp.where(fnp.logical_and(direct, fnp.logical_not(infinite)), count, 0.0)
    by_inversion = _binomial_inversion(key, few, q, shape)
    many, q_many = fnp.where(direct, 1e4, count), fnp.where(direct, 0.5, q)
    by_rejection = _binomial_rejection(key, many, q_many, shape)
    out = cast(fnp.where(direct, by_inversion, by_rejection), dtype)
    invalid = fnp.logical_or(no_p, no_count)
    out = fnp.where(invalid, np.nan, out)
    out = fnp.where(fnp.logical_and(infinite, fnp.logical_not(invalid)), np.inf, out)
    keep = fnp.logical_or(fnp.logical_or(low, no_count), fnp.logical_or(nan_q, infinite))
    return fnp.where(keep, out, cast(count, dtype) - out)


@sampler
def binomial(key: Any, n: Any, p: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw numbers of successes in `n` tosses, each of probability `p`.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    n, p : array
        Broadcast against each other. Where they make no sense the result is NaN.
    shape : tuple of int
    dtype : dtype
        A float dtype, float64 by default.

    Examples
    --------
    >>> from functorch_lite import random
    >>> 0 <= float(random.binomial(random.key(0), 20, 0.3)) <= 20
    True
    """
    key = single_key("binomial", key)
    d = float_dtype("binomial", dtype)
    p = as_float(p)
    return _draw_binomial(key, n, p, sample_shape("binomial", shape, as_array(n), p), d)


@sampler
def multinomial(
    key: Any, n: Any, p: Any, *, shape: Shape | None = None, dtype: Any = None, unroll: int = 1
) -> Any:
    """Draw how often each of k outcomes occurs in `n` draws.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    n : array, shape (...)
    p : array, shape (..., k)
        Probabilities.
    shape : tuple of int
        With the last axis k; by default the shape of `p`.
    dtype : dtype
        By default float64.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> float(random.multinomial(random.key(0), 10, np.array([0.2, 0.3, 0.5])).sum())
    10.0
    """
    key = single_key("multinomial", key)
    n, p = promote_dtypes(as_float(n), as_float(p))
    full = shape_of(p) if shape is None else sample_shape("multinomial", shape, p)
    out_dtype = np.dtype(float if dtype is None else dtype)
    n = parameter(n, full[:-1], dtype_of(n))
    p = fnp.moveaxis(broadcast_to_shape(p, full), -1, 0)
    left = fnp.flip(fnp.cumsum(fnp.flip(p, 0), 0), 0)
    ratios = p / fnp.where(fnp.equal(left, 0), 1, left)

    def step(remainder: Any, ratio_key: Any) -> tuple[Any, Any]:
        ratio, key = ratio_key
        ratio = fnp.clip(ratio, 0, 1)
        count = _draw_binomial(key, remainder, ratio, full[:-1], dtype_of(remainder))
        return remainder - count, count

    _, counts = scan(step, n, (ratios, split_key(key, full[-1])), unroll=unroll)
    return cast(fnp.moveaxis(counts, 0, -1), out_dtype)
