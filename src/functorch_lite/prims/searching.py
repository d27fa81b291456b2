"""searchsorted: where values belong in a sorted array."""

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    no_tangent,
    shape_of,
    summarize,
)
from .lowering import Library
from .shape import broadcast_in_dim


def _impl(a: Any, v: Any, *, side: str, batch_dims: int) -> Any:
    a, v = np.asarray(a), np.asarray(v)
    if not batch_dims:
        return np.searchsorted(a, v, side)  # type: ignore[call-overload]
    lead = a.shape[:batch_dims]
    rows = a.reshape((-1, a.shape[-1]))
    wanted = v.reshape((rows.shape[0], *v.shape[batch_dims:]))
    out = np.empty(wanted.shape, np.int64)
    for i in range(rows.shape[0]):
        out[i] = np.searchsorted(rows[i], wanted[i], side)  # type: ignore[call-overload]
    return out.reshape(lead + v.shape[batch_dims:])


def _abstract(a: ShapedArray, v: ShapedArray, *, side: str, batch_dims: int) -> ShapedArray:
    where = summarize(current_source())
    if a.ndim != batch_dims + 1 or a.shape[:batch_dims] != v.shape[:batch_dims]:
        raise ShapeError(
            f"searchsorted needs a sorted vector, got shape {a.shape} for values of shape {v.shape} "
            f"{where}"
        )
    if a.dtype != v.dtype:
        raise DTypeError(
            f"searchsorted needs one dtype, got {a.dtype.name} and {v.dtype.name} {where}"
        )
    return ShapedArray(v.shape, np.dtype(np.int64))


def _batch(size: int, args: Any, batched: Any, *, side: str, batch_dims: int) -> Any:
    """Only values mapped: they are simply more values. Else the rows run together."""
    a, v = args
    if not batched[0] and not batch_dims:
        return bind(searchsorted_p, a, v, side=side, batch_dims=0)
    a, v = (
        x if b else broadcast_in_dim(x, (size, *shape_of(x)), range(1, len(shape_of(x)) + 1))
        for x, b in zip(args, batched, strict=True)
    )
    return bind(searchsorted_p, a, v, side=side, batch_dims=batch_dims + 1)


searchsorted_p: Primitive = Primitive(
    "searchsorted",
    impl=_impl,
    abstract_eval=_abstract,
    jvp=no_tangent,
    batch=_batch,
    lower=Library("NumPy's binary search"),
)


def searchsorted(a: Any, v: Any, side: str = "left") -> Any:
    """Return where each value belongs in the sorted vector `a` (int64).

    Examples
    --------
    >>> import numpy as np
    >>> searchsorted(np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0]))
    array([1, 3])
    """
    return bind(searchsorted_p, a, v, side=side, batch_dims=0)


__all__ = ["searchsorted", "searchsorted_p"]
