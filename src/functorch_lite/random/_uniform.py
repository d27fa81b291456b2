"""Bits, uniform numbers, integers, coins."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..errors import DTypeError, ShapeError
from ..ir import bind, canonical_dtype, current_source, dtype_of, shape_of, summarize
from ..numpy._promotion import as_array, cast
from ..prims.random import random_bits_p, random_unit_p
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

__all__ = ["bernoulli", "bits", "rademacher", "randint", "uniform"]

Shape = int | Sequence[int]


@sampler
def bits(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw random bits, as unsigned integers.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    shape : tuple of int
    dtype : dtype
        uint8, uint16, uint32 or uint64 (the default).

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.bits(random.key(0), (2,), "uint32")
    array([4070199207, 4202968722], dtype=uint32)
    """
    key = single_key("bits", key)
    d = canonical_dtype(np.uint64 if dtype is None else dtype)
    if d.kind != "u":
        raise DTypeError(
            f"bits draws unsigned integers, got {d.name} {summarize(current_source())}"
        )
    return bind(random_bits_p, key, shape=sample_shape("bits", shape), width=d.itemsize * 8)


def draw_uniform(
    key: Any, shape: tuple[int, ...], dtype: np.dtype[Any], low: Any = 0.0, high: Any = 1.0
) -> Any:
    """Draw from [low, high) without checks."""
    u = bind(random_unit_p, key, shape=shape, dtype=dtype)
    if type(low) is float and type(high) is float and (low, high) == (0.0, 1.0):
        return u
    low, high = (cast(as_array(x), dtype) for x in (low, high))
    return fnp.maximum(low, u * (high - low) + low)


@sampler
def uniform(
    key: Any, shape: Shape = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0
) -> Any:
    """Draw uniform numbers from [minval, maxval).

    Parameters
    ----------
    key : array of uint32, shape (2,)
    shape : tuple of int
    dtype : dtype
        A float dtype, float64 by default.
    minval, maxval : array
        Broadcast to `shape`; the sample is differentiable in them.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.uniform(random.key(0), (2,), "float32")
    array([0.947667 , 0.9785799], dtype=float32)
    """
    key = single_key("uniform", key)
    d = float_dtype("uniform", dtype)
    return draw_uniform(key, sample_shape("uniform", shape, minval, maxval), d, minval, maxval)


@sampler
def randint(key: Any, shape: Shape, minval: Any, maxval: Any, dtype: Any = None) -> Any:
    """Draw integers from [minval, maxval).

    Parameters
    ----------
    key : array of uint32, shape (2,)
    shape : tuple of int
    minval, maxval : array of int
        Broadcast to `shape`. Where ``maxval <= minval`` the result is `minval`.
    dtype : dtype
        An integer dtype, int64 by default.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.randint(random.key(0), (5,), 0, 10)
    array([5, 1, 5, 7, 3])
    """
    key = single_key("randint", key)
    return draw_randint(key, sample_shape("randint", shape, minval, maxval), minval, maxval, dtype)


def draw_randint(key: Any, shape: tuple[int, ...], minval: Any, maxval: Any, dtype: Any) -> Any:
    """Draw integers without checks of the key: two words modulo the span."""
    d = int_dtype("randint", dtype)
    info = np.iinfo(d)
    work = d if info.bits >= 32 else np.dtype(np.int32)
    limits = np.iinfo(work)
    low, high = as_array(minval), as_array(maxval)
    low, high = (x if dtype_of(x).kind in "iu" else cast(x, np.dtype(int)) for x in (low, high))
    if work != d:
        low = fnp.clip(cast(low, work), info.min, info.max)
        high = fnp.clip(cast(high, work), info.min, info.max + 1)
    beyond = _exceeds(high, limits.max)
    low, high = (parameter(_clip_to(x, limits), shape, work) for x in (low, high))
    unsigned = np.dtype(f"u{work.itemsize}")
    keys = split_key(key)
    upper, lower = (
        bind(random_bits_p, keys[i], shape=shape, width=work.itemsize * 8) for i in (0, 1)
    )
    span = cast(fnp.subtract(high, low), unsigned)
    one = unsigned.type(1)
    span = fnp.where(fnp.less_equal(high, low), one, span)
    span = fnp.where(fnp.logical_and(beyond, fnp.greater(high, low)), span + one, span)
    # A span of 2**bits has wrapped to 0: every word is in range then.
    whole = fnp.equal(span, unsigned.type(0))
    safe = fnp.where(whole, one, span)
    multiplier = unsigned.type(2 ** (work.itemsize * 4)) % safe
    multiplier = (multiplier * multiplier) % safe
    offset = ((upper % safe) * multiplier + lower % safe) % safe
    offset = fnp.where(whole, lower, offset)
    return cast(low + cast(offset, work), d)


def _exceeds(x: Any, limit: int) -> Any:
    """Tell where integers exceed a limit that their dtype may not hold."""
    if limit > np.iinfo(dtype_of(x)).max:
        return np.bool_(False)
    return fnp.greater(x, dtype_of(x).type(limit))


def _clip_to(x: Any, limits: Any) -> Any:
    """Clip integers to another dtype's range."""
    own = np.iinfo(dtype_of(x))
    if own.min >= limits.min and own.max <= limits.max:
        return x
    t = dtype_of(x).type
    return fnp.clip(x, t(max(limits.min, own.min)), t(min(limits.max, own.max)))


def draw_bernoulli(key: Any, p: Any, shape: tuple[int, ...], mode: str = "low") -> Any:
    """Toss coins without checks."""
    d = dtype_of(p)
    if mode == "low":
        return fnp.less(bind(random_unit_p, key, shape=shape, dtype=d), p)
    u = bind(random_unit_p, key, shape=(2, *shape), dtype=d)
    return fnp.less(u[1] * d.type(2.0 ** -np.finfo(d).nmant), p - u[0])


@sampler
def bernoulli(key: Any, p: Any = 0.5, shape: Shape | None = None, mode: str = "low") -> Any:
    """Draw True with probability `p`.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    p : array of a float dtype
        Its dtype decides the resolution of the draw.
    shape : tuple of int
        By default the shape of `p`.
    mode : {"low", "high"}
        "high" resolves probabilities below the spacing of the dtype, with twice as many bits.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.bernoulli(random.key(0), 0.5, (4,))
    array([ True,  True, False, False])
    """
    key = single_key("bernoulli", key)
    if mode not in ("low", "high"):
        raise ValueError(f"bernoulli: mode is 'low' or 'high', got {mode!r}")
    if dtype_of(as_array(p)).kind != "f":
        raise DTypeError(
            f"bernoulli needs probabilities of a float dtype, got {dtype_of(as_array(p)).name} "
            f"{summarize(current_source())}"
        )
    p = as_float(p)
    return draw_bernoulli(key, p, sample_shape("bernoulli", shape, p), mode)


@sampler
def rademacher(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw -1 or 1 with equal probability.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.rademacher(random.key(0), (4,))
    array([ 1,  1, -1, -1])
    """
    key = single_key("rademacher", key)
    d = canonical_dtype(int if dtype is None else dtype)
    return draw_rademacher(key, sample_shape("rademacher", shape), d)


def draw_rademacher(key: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Draw signs without checks."""
    coins = draw_bernoulli(key, np.float64(0.5), shape)
    if dtype.kind == "u" or dtype.kind == "b":
        raise DTypeError(f"rademacher draws -1 and 1, which {dtype.name} does not hold")
    return fnp.where(coins, dtype.type(1), dtype.type(-1))


def check_axis(axis: int, ndim: int, what: str) -> int:
    """Return an axis counted from the front."""
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"{what}: axis {axis} is out of range for {ndim} axes {summarize(current_source())}"
        )
    return axis % ndim


def length_of(x: Any) -> int:
    """Return the length of axis 0."""
    return shape_of(x)[0]
