"""Sorting: sort of several operands by the first ones, and top_k."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    not_linear,
    shape_of,
    summarize,
)
from .indexing import GatherDimensionNumbers, gather
from .lowering import Library
from .shape import broadcast_in_dim, iota, reshape


def take_along(
    x: Any, index: Any, axis: int, mode: str = "promise_in_bounds", fill_value: Any = None
) -> Any:
    """Read `x` at an index array of its own rank, along one axis; all others run together."""
    ndim = len(shape_of(x))
    others = tuple(d for d in range(ndim) if d != axis)
    numbers = GatherDimensionNumbers((), (axis,), (axis,), others, others)
    index = reshape(index, (*shape_of(index), 1))
    sizes = tuple(min(n, 1) for n in shape_of(x))
    return gather(x, index, numbers, sizes, mode, fill_value)


# --- sort ---------------------------------------------------------------------------------------


def _sort_impl(*xs: Any, dimension: int, num_keys: int, is_stable: bool) -> list[Any]:
    xs = tuple(np.asarray(x) for x in xs)
    kind: Any = "stable" if is_stable else None
    if len(xs) == 1:
        return [np.sort(xs[0], dimension, kind)]
    if num_keys == 1:
        order = np.argsort(xs[0], dimension, kind)
    else:
        order = np.lexsort(xs[num_keys - 1 :: -1], dimension)
    return [np.take_along_axis(x, order, dimension) for x in xs]


def _sort_abstract(
    *xs: ShapedArray, dimension: int, num_keys: int, is_stable: bool
) -> list[ShapedArray]:
    where = summarize(current_source())
    if len({x.shape for x in xs}) != 1:
        raise ShapeError(f"sort needs equal shapes, got {[x.shape for x in xs]} {where}")
    if not 0 <= dimension < xs[0].ndim or not 1 <= num_keys <= len(xs):
        raise ShapeError(
            f"sort of {len(xs)} operands of shape {xs[0].shape} along axis {dimension} by "
            f"{num_keys} keys {where}"
        )
    return [x.strengthen() for x in xs]


def _sort_jvp(
    ts: Any, xs: Any, outs: Any, *, dimension: int, num_keys: int, is_stable: bool
) -> list[Any]:
    """Permute the tangents as the operands."""
    index = iota(np.int64, shape_of(xs[0]), dimension)
    order = bind(
        sort_p,
        *xs[:num_keys],
        index,
        dimension=dimension,
        num_keys=num_keys,
        is_stable=is_stable,
    )[-1]
    return [None if t is None else take_along(t, order, dimension) for t in ts]


def _sort_batch(
    size: int, args: Any, batched: Any, *, dimension: int, num_keys: int, is_stable: bool
) -> tuple[list[Any], list[bool]]:
    full = [
        a if b else broadcast_in_dim(a, (size, *shape_of(a)), range(1, len(shape_of(a)) + 1))
        for a, b in zip(args, batched, strict=True)
    ]
    outs = bind(sort_p, *full, dimension=dimension + 1, num_keys=num_keys, is_stable=is_stable)
    return outs, [True] * len(outs)


sort_p = Primitive(
    "sort",
    impl=_sort_impl,
    abstract_eval=_sort_abstract,
    jvp=_sort_jvp,
    transpose=not_linear,
    batch=_sort_batch,
    lower=Library("NumPy's sorts are vectorised"),
    multiple_results=True,
)

# --- top_k --------------------------------------------------------------------------------------


def _top_k_impl(x: Any, *, k: int) -> list[Any]:
    """The k largest, largest first, the earlier of equals first; NaN counts as largest."""
    x = np.asarray(x)
    flipped = x[..., ::-1]
    n = x.shape[-1]
    order = n - 1 - np.argsort(flipped, -1, "stable")[..., ::-1][..., :k]
    return [np.take_along_axis(x, order, -1), order.astype(np.int32)]


def _top_k_abstract(x: ShapedArray, *, k: int) -> list[ShapedArray]:
    if x.ndim == 0 or not 0 <= k <= x.shape[-1]:
        raise ShapeError(
            f"top_k: k = {k} of an array of shape {x.shape} {summarize(current_source())}"
        )
    if x.dtype.kind == "c":
        raise DTypeError(f"top_k does not order complex numbers {summarize(current_source())}")
    shape = (*x.shape[:-1], k)
    return [ShapedArray(shape, x.dtype), ShapedArray(shape, np.dtype(np.int32))]


def _top_k_jvp(ts: Any, xs: Any, outs: Any, *, k: int) -> list[Any]:
    axis = len(shape_of(xs[0])) - 1
    return [take_along(ts[0], outs[1], axis), None]


top_k_p: Primitive = Primitive(
    "top_k",
    impl=_top_k_impl,
    abstract_eval=_top_k_abstract,
    jvp=_top_k_jvp,
    transpose=not_linear,
    batch=lambda size, args, batched, *, k: (bind(top_k_p, args[0], k=k), [True, True]),
    lower=Library("NumPy's sorts are vectorised"),
    multiple_results=True,
)

# --- the primitives as functions ----------------------------------------------------------------


def sort(operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1) -> Any:
    """Sort along an axis; several operands are sorted together by the first `num_keys`.

    NaN comes last, as in NumPy.

    Examples
    --------
    >>> import numpy as np
    >>> sort([np.array([3, 1, 2]), np.array([10, 20, 30])])
    [array([1, 2, 3]), array([20, 30, 10])]
    """
    many = isinstance(operand, list | tuple)
    xs: Sequence[Any] = operand if many else [operand]
    dimension %= max(len(shape_of(xs[0])), 1)
    outs = bind(sort_p, *xs, dimension=dimension, num_keys=num_keys, is_stable=is_stable)
    return type(operand)(outs) if many else outs[0]


def top_k(operand: Any, k: int) -> list[Any]:
    """Return the `k` largest along the last axis, largest first, and their positions (int32).

    Examples
    --------
    >>> import numpy as np
    >>> top_k(np.array([1.0, 5.0, 3.0]), 2)
    [array([5., 3.]), array([1, 2], dtype=int32)]
    """
    return bind(top_k_p, operand, k=k)


__all__ = ["sort", "sort_p", "take_along", "top_k", "top_k_p"]
