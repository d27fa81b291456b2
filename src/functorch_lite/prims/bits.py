"""Operations on the representation of numbers: bitcast, reduced precision, leading zeros."""

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    no_tangent,
    summarize,
)
from .elementwise import elementwise
from .lowering import Library

_UNSIGNED = {2: np.uint16, 4: np.uint32, 8: np.uint64}

# --- bitcast: a dtype k times smaller adds a trailing axis of k, a larger one takes it away -------


def _bitcast_impl(x: Any, *, new_dtype: np.dtype[Any]) -> Any:
    x = np.ascontiguousarray(x).reshape(np.shape(x))
    old, new = x.dtype.itemsize, new_dtype.itemsize
    if old == new:
        return x.view(new_dtype)
    if old > new:
        return x[..., None].view(new_dtype)
    return x.view(new_dtype)[..., 0]


def _bitcast_abstract(x: ShapedArray, *, new_dtype: np.dtype[Any]) -> ShapedArray:
    where = summarize(current_source())
    if (x.dtype.kind == "b") != (new_dtype.kind == "b"):
        raise DTypeError(f"bool cannot be bitcast: {x.dtype.name} to {new_dtype.name} {where}")
    old, new = x.dtype.itemsize, new_dtype.itemsize
    if old >= new:
        return ShapedArray((*x.shape, *((old // new,) if old > new else ())), new_dtype)
    if not x.shape or x.shape[-1] * old != new:
        raise ShapeError(
            f"bitcast of {x} to {new_dtype.name} needs a last axis of {new // old} {where}"
        )
    return ShapedArray(x.shape[:-1], new_dtype)


bitcast_convert_type_p: Primitive = Primitive(
    "bitcast_convert_type",
    impl=_bitcast_impl,
    abstract_eval=_bitcast_abstract,
    jvp=no_tangent,
    batch=lambda size, args, batched, *, new_dtype: bind(
        bitcast_convert_type_p, args[0], new_dtype=new_dtype
    ),
    lower=Library("a view of the same bytes"),
)

# --- reduced precision -----------------------------------------------------------------------------


def _reduce_precision_impl(x: Any, *, exponent_bits: int, mantissa_bits: int) -> Any:
    """Round the mantissa to nearest, ties to even; exponents beyond the range give inf or 0."""
    x = np.asarray(x)
    info = np.finfo(x.dtype)
    unsigned: Any = _UNSIGNED[x.dtype.itemsize]
    u = x.view(unsigned) if x.ndim else x.reshape(1).view(unsigned).reshape(())
    y = x
    shift = info.nmant - mantissa_bits
    if shift > 0:
        one = unsigned(1)
        odd = (u >> unsigned(shift)) & one
        rounded = u + (one << unsigned(shift - 1)) - one + odd
        kept = rounded & ~((one << unsigned(shift)) - one)
        y = np.where(np.isfinite(x), np.asarray(kept, unsigned).view(x.dtype), x)
    if exponent_bits < info.iexp:
        bias = 2 ** (exponent_bits - 1) - 1
        _, exponent = np.frexp(y)
        exponent = exponent - 1
        finite = np.isfinite(y) & (y != 0)
        y = np.where(finite & (exponent > bias), np.copysign(x.dtype.type(np.inf), y), y)
        y = np.where(finite & (exponent < 1 - bias), np.copysign(x.dtype.type(0), y), y)
    return np.array(y, x.dtype)


def _same(t: Any, **params: Any) -> Any:
    return bind(reduce_precision_p, t, **params)


reduce_precision_p: Primitive = elementwise(
    "reduce_precision",
    _reduce_precision_impl,
    kinds="float",
    partials=[lambda t, o, x, **params: _same(t, **params)],
    linear_in=(0,),
    transpose=lambda ct, i, x, **params: _same(ct, **params),
    lower=None,
)
reduce_precision_p.lower = Library("a debugging aid, not worth compiling")


# --- leading zeros -------------------------------------------------------------------------------


def _clz_impl(x: Any) -> Any:
    x = np.asarray(x)
    width = 8 * x.dtype.itemsize
    u = x.view(np.dtype(f"u{x.dtype.itemsize}")) if x.ndim else x.astype(f"u{x.dtype.itemsize}")
    filled = u.copy()
    step = 1
    while step < width:
        filled |= filled >> u.dtype.type(step)
        step *= 2
    return (width - np.bitwise_count(filled).astype(np.int64)).astype(x.dtype)


clz_p: Primitive = elementwise("clz", _clz_impl, kinds="integer", partials=None, lower=None)
clz_p.lower = Library("rare")


def bitcast_convert_type(x: Any, new_dtype: Any) -> Any:
    """Read the bytes of `x` as another dtype.

    Examples
    --------
    >>> import numpy as np
    >>> bitcast_convert_type(np.float32(1.0), np.uint32)
    array(1065353216, dtype=uint32)
    """
    new = np.dtype(new_dtype)
    return x if dtype_of(x) == new else bind(bitcast_convert_type_p, x, new_dtype=new)


__all__ = ["bitcast_convert_type", "bitcast_convert_type_p", "clz_p", "reduce_precision_p"]
