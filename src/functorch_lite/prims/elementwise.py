"""What all elementwise primitives share.

Operands have one dtype and one shape; a rank-0 operand may meet any shape. That is the only
implicit broadcasting: everything else is an explicit `broadcast_in_dim`, so that no rule has to
undo it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, MissingRuleError, ShapeError
from ..ir import (
    REGISTRY,
    Linear,
    Primitive,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    no_tangent,
    not_linear,
    shape_of,
    summarize,
)
from .lowering import Library, Scalar

__all__ = [
    "add_any",
    "broadcast_scalar_to",
    "elementwise",
    "elementwise_aval",
    "elementwise_batch",
    "full_like",
    "unbroadcast_scalar",
    "zeros",
]

Partial = Callable[..., Any]
BOOL = np.dtype(np.bool_)
_KINDS = {
    "inexact": "fc",
    "float": "f",
    "complex": "c",
    "number": "iufc",
    "real": "biuf",
    "real number": "iuf",
    "integer": "iu",
    "bits": "biu",
    "any": "biufc",
}


def elementwise_aval(
    name: str, avals: Sequence[ShapedArray], kinds: str, out_dtype: np.dtype[Any] | None = None
) -> ShapedArray:
    """Check that operands agree and return the result's aval."""
    first = avals[0]
    shape, dtype = first.shape, first.dtype
    for a in avals[1:]:
        if a.dtype != dtype:
            raise DTypeError(
                f"{name} needs equal dtypes, got {', '.join(x.dtype.name for x in avals)} "
                f"{summarize(current_source())}; convert with x.astype(...) or use functorch_lite.numpy"
            )
        if a.shape != shape and a.shape != ():
            if shape != ():
                raise ShapeError(
                    f"{name} needs equal shapes, got {', '.join(str(x.shape) for x in avals)} "
                    f"{summarize(current_source())}; broadcast with functorch_lite.numpy.broadcast_to"
                )
            shape = a.shape
    if dtype.kind not in _KINDS[kinds]:
        raise DTypeError(
            f"{name} needs a dtype of kind {kinds!r}, got {dtype.name} "
            f"{summarize(current_source())}; convert with x.astype(...)"
        )
    return ShapedArray(shape, dtype if out_dtype is None else out_dtype)


def broadcast_scalar_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast a rank-0 value to `shape`; leave others alone."""
    if shape_of(x) == shape:
        return x
    return bind(REGISTRY["broadcast_in_dim"], x, shape=shape, broadcast_dimensions=())


def unbroadcast_scalar(ct: Any, aval: ShapedArray) -> Any:
    """Sum a cotangent down to the rank-0 operand that was broadcast."""
    if aval.shape == () and shape_of(ct) != ():
        return bind(REGISTRY["reduce_sum"], ct, axes=tuple(range(len(shape_of(ct)))))
    return ct


def zeros(aval: ShapedArray) -> np.ndarray[Any, Any]:
    """Return a plain array of zeros (a constant, whatever is being traced)."""
    return np.zeros(aval.shape, aval.dtype)


def full_like(x: Any, value: Any) -> Any:
    """Return a scalar constant of the dtype of `x`; elementwise primitives broadcast it."""
    return dtype_of(x).type(value)


def add_any(x: Any, y: Any) -> Any:
    """Add two tangents or cotangents, either of which may be a symbolic zero (None)."""
    if x is None:
        return y
    if y is None:
        return x
    if type(x) is np.ndarray and type(y) is np.ndarray and x.dtype.kind != "b":
        return x + y
    return bind(REGISTRY["add"], x, y)


def elementwise_batch(prim: Callable[[], Primitive]) -> Callable[..., Any]:
    """Return the batch rule of an elementwise primitive: align ranks, bind again."""

    def batch(size: int, args: Any, batched: Any, **params: Any) -> Any:
        ndim = max(len(shape_of(a)) - b for a, b in zip(args, batched, strict=True))
        if ndim == 0:
            return bind(prim(), *args, **params)
        return bind(prim(), *_align(args, batched, ndim), **params)

    return batch


def _align(args: Any, batched: Any, ndim: int) -> list[Any]:
    """Give every operand the mapped shape, unless it is an unmapped scalar."""
    broadcast_in_dim_p = REGISTRY["broadcast_in_dim"]
    shape = next(
        shape_of(a)[1:] if b else shape_of(a)
        for a, b in zip(args, batched, strict=True)
        if len(shape_of(a)) - b == ndim
    )
    size = next(shape_of(a)[0] for a, b in zip(args, batched, strict=True) if b)
    full = (size, *shape)
    out = []
    for a, b in zip(args, batched, strict=True):
        s = shape_of(a)
        if s != full and s != ():
            dims = (0,) if b else tuple(range(1, ndim + 1))
            a = bind(broadcast_in_dim_p, a, shape=full, broadcast_dimensions=dims)
        elif s == () and b:
            a = bind(broadcast_in_dim_p, a, shape=full, broadcast_dimensions=())
        out.append(a)
    return out


def elementwise(
    name: str,
    impl: Callable[..., Any],
    *,
    kinds: str,
    partials: Sequence[Partial | None] | None,
    linear_in: Sequence[int] = (),
    transpose: Callable[..., Any] | None = None,
    out_dtype: np.dtype[Any] | Callable[..., np.dtype[Any]] | None = None,
    lower: Scalar | Library | None,
) -> Primitive:
    """Declare an elementwise primitive.

    Parameters
    ----------
    kinds : str
        The dtypes it takes: a key of `_KINDS`.
    partials : sequence of callables, or None
        For each operand ``partial(t, out, *primals, **params)``: its tangent's contribution.
        None in place of one: the operand carries no tangent; None for all: no tangents at all.
    linear_in : sequence of int
        Operands in which it is linear, given the others.
    transpose : callable
        ``transpose(ct, i, *args, **params)``: the cotangent of linear operand `i`; needed when
        `linear_in` is given.
    out_dtype : dtype or callable of the operand's dtype
        The result's dtype if it differs from the operands'.
    """
    holder: list[Primitive] = []

    def abstract_eval(*avals: ShapedArray, **params: Any) -> ShapedArray:
        out = elementwise_aval(name, avals, kinds)
        if out_dtype is None:
            return out
        d = out_dtype(out.dtype) if not isinstance(out_dtype, np.dtype) else out_dtype
        return ShapedArray(out.shape, d)

    def jvp(tangents: Any, primals: Any, out: Any, **params: Any) -> Any:
        assert partials is not None
        total = None
        shape = shape_of(out)
        for t, partial in zip(tangents, partials, strict=True):
            if t is None or partial is None:
                continue
            term = partial(t, out, *primals, **params)
            if term is not None:
                total = add_any(total, broadcast_scalar_to(term, shape))
        return total

    def transpose_rule(ct: Any, *args: Any, **params: Any) -> list[Any]:
        assert transpose is not None
        cts: list[Any] = [None] * len(args)
        for i, arg in enumerate(args):
            if isinstance(arg, Linear):
                if i not in linear_in:
                    raise MissingRuleError(f"{name} is not linear in its operand {i}")
                cts[i] = unbroadcast_scalar(transpose(ct, i, *args, **params), args[i].aval)
        return cts

    prim = Primitive(
        name,
        impl=impl,
        abstract_eval=abstract_eval,
        jvp=no_tangent if partials is None else jvp,
        transpose=transpose_rule if linear_in else not_linear,
        batch=elementwise_batch(lambda: holder[0]),
        lower=lower,
        keeps_weak_type=not isinstance(out_dtype, np.dtype),
    )
    holder.append(prim)
    return prim
