"""Slices of static size at computed starts: dynamic_slice and dynamic_update_slice.

A start that would let the slice stick out is moved so that it fits, for each mapped example by
itself. The functions count a negative start from the end first, once.
"""

from collections.abc import Sequence
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
    shape_of,
    summarize,
)
from .arithmetic import add, convert_element_type, select
from .elementwise import full_like, zeros
from .gather import GatherDimensionNumbers, gather, shift
from .logical import lt
from .lowering import Kernel
from .scatter import ScatterDimensionNumbers, scatter
from .shape import broadcast_in_dim, concatenate, reshape


def _where() -> str:
    return summarize(current_source())


# --- dynamic_slice: a slice of static size at a computed start -----------------------------------


def _clamped(x: Any, starts: Sequence[Any], sizes: Sequence[int]) -> tuple[slice, ...]:
    """Return the slices, moved so that they fit."""
    return tuple(
        slice(lo, lo + m)
        for n, m, lo in (
            (n, m, min(max(int(s), 0), n - m))
            for n, m, s in zip(x.shape, sizes, starts, strict=True)
        )
    )


def _check_starts(
    name: str, x: ShapedArray, starts: Sequence[ShapedArray], sizes: Sequence[int]
) -> None:
    if len(starts) != x.ndim or len(sizes) != x.ndim:
        raise ShapeError(f"{name} needs {x.ndim} starts and sizes {_where()}")
    if any(s.shape != () or s.dtype.kind not in "iu" for s in starts):
        raise DTypeError(f"{name} needs integer scalars as starts, got {list(starts)} {_where()}")
    if any(not 0 <= m <= n for n, m in zip(x.shape, sizes, strict=True)):
        raise ShapeError(f"{name}: a slice of {tuple(sizes)} does not fit {x.shape} {_where()}")


def _dynamic_slice_abstract(
    x: ShapedArray, *starts: ShapedArray, slice_sizes: tuple[int, ...]
) -> ShapedArray:
    _check_starts("dynamic_slice", x, starts, slice_sizes)
    return ShapedArray(slice_sizes, x.dtype)


def _stack_starts(size: int, starts: Any, batched: Any) -> Any:
    """Lay mapped and unmapped scalar starts side by side: shape (size, number of axes)."""
    columns = []
    for s, b in zip(starts, batched, strict=True):
        s = np.int64(s) if isinstance(s, int) else convert_element_type(s, np.dtype(np.int64))
        columns.append(reshape(s, (size, 1)) if b else broadcast_in_dim(s, (size, 1), ()))
    return concatenate(columns, 1)


def _dynamic_slice_batch(size: int, args: Any, batched: Any, *, slice_sizes: Any) -> Any:
    x, starts = args[0], args[1:]
    if not any(batched[1:]):
        return bind(dynamic_slice_p, x, np.int64(0), *starts, slice_sizes=(size, *slice_sizes))
    n = len(slice_sizes)
    axes = tuple(range(n))
    indices = _stack_starts(size, starts, batched[1:])
    mapped = bool(batched[0])
    numbers = GatherDimensionNumbers(
        shift(axes), (), shift(axes) if mapped else axes, (0,) * mapped, (0,) * mapped
    )
    sizes = (min(size, 1), *slice_sizes) if mapped else slice_sizes
    return gather(x, indices, numbers, sizes, mode="clip")


dynamic_slice_p: Primitive = Primitive(
    "dynamic_slice",
    impl=lambda x, *starts, slice_sizes: np.asarray(x)[_clamped(x, starts, slice_sizes)],
    abstract_eval=_dynamic_slice_abstract,
    jvp=lambda ts, xs, o, **params: bind(dynamic_slice_p, ts[0], *xs[1:], **params),
    transpose=lambda ct, x, *starts, slice_sizes: [
        bind(dynamic_update_slice_p, zeros(x.aval), ct, *starts),
        *(None for _ in starts),
    ],
    batch=_dynamic_slice_batch,
    lower=Kernel("dynamic_slice"),
)


# --- dynamic_update_slice -----------------------------------------------------------------------


def _dynamic_update_slice_impl(x: Any, update: Any, *starts: Any) -> Any:
    out = np.array(x)
    out[_clamped(out, starts, shape_of(update))] = update
    return out


def _dynamic_update_slice_abstract(
    x: ShapedArray, update: ShapedArray, *starts: ShapedArray
) -> ShapedArray:
    _check_starts("dynamic_update_slice", x, starts, update.shape)
    if x.dtype != update.dtype:
        raise DTypeError(
            f"dynamic_update_slice needs one dtype, got {x.dtype.name} and {update.dtype.name} {_where()}"
        )
    return x.strengthen()


def _dynamic_update_slice_jvp(ts: Any, xs: Any, o: Any) -> Any:
    tx = np.zeros(shape_of(xs[0]), dtype_of(o)) if ts[0] is None else ts[0]
    tu = np.zeros(shape_of(xs[1]), dtype_of(o)) if ts[1] is None else ts[1]
    return bind(dynamic_update_slice_p, tx, tu, *xs[2:])


def _dynamic_update_slice_transpose(ct: Any, x: Any, update: Any, *starts: Any) -> list[Any]:
    """Give the update what lies under it, and the operand the rest."""
    shape = update.aval.shape if isinstance(update, Linear) else shape_of(update)
    ct_x = ct_update = None
    if isinstance(x, Linear):
        ct_x = bind(dynamic_update_slice_p, ct, np.zeros(shape, dtype_of(ct)), *starts)
    if isinstance(update, Linear):
        ct_update = bind(dynamic_slice_p, ct, *starts, slice_sizes=shape)
    return [ct_x, ct_update, *(None for _ in starts)]


def _dynamic_update_slice_batch(size: int, args: Any, batched: Any) -> Any:
    x, update, *starts = args
    x, update = (
        a if b else broadcast_in_dim(a, (size, *shape_of(a)), range(1, len(shape_of(a)) + 1))
        for a, b in ((x, batched[0]), (update, batched[1]))
    )
    if not any(batched[2:]):
        return bind(dynamic_update_slice_p, x, update, np.int64(0), *starts)
    axes = tuple(range(1, len(shape_of(x))))
    indices = _stack_starts(size, starts, batched[2:])
    numbers = ScatterDimensionNumbers(axes, (), axes, (0,), (0,))
    return scatter(x, indices, update, numbers, mode="clip", unique_indices=True)


dynamic_update_slice_p: Primitive = Primitive(
    "dynamic_update_slice",
    impl=_dynamic_update_slice_impl,
    abstract_eval=_dynamic_update_slice_abstract,
    jvp=_dynamic_update_slice_jvp,
    transpose=_dynamic_update_slice_transpose,
    batch=_dynamic_update_slice_batch,
    lower=Kernel("dynamic_update_slice"),
)


# --- the primitives as functions ----------------------------------------------------------------


def wrap_starts(shape: Sequence[int], starts: Sequence[Any]) -> list[Any]:
    """Count negative starts from the end, once."""
    out: list[Any] = []
    for n, s in zip(shape, starts, strict=True):
        if isinstance(s, int | np.integer):
            out.append(np.int64(s + n if s < 0 else s))
        elif dtype_of(s).kind == "u":
            out.append(s)
        elif type(s) is np.ndarray:
            out.append(np.where(s < 0, s + dtype_of(s).type(n), s))
        else:
            moved = add(s, full_like(s, n))
            out.append(select(lt(s, full_like(s, 0)), moved, s))
    return out


def dynamic_slice(x: Any, start_indices: Sequence[Any], slice_sizes: Sequence[int]) -> Any:
    """Slice of static size at a computed start.

    A negative start counts from the end; then the slice is moved so that it fits.

    Examples
    --------
    >>> import numpy as np
    >>> dynamic_slice(np.arange(5), [-2], [3])
    array([2, 3, 4])
    """
    starts = wrap_starts(shape_of(x), start_indices)
    return bind(dynamic_slice_p, x, *starts, slice_sizes=tuple(slice_sizes))


def dynamic_update_slice(x: Any, update: Any, start_indices: Sequence[Any]) -> Any:
    """Copy of `x` with `update` written at a computed start, moved so that it fits.

    Examples
    --------
    >>> import numpy as np
    >>> dynamic_update_slice(np.zeros(4), np.ones(2), [-1])
    array([0., 0., 1., 1.])
    """
    return bind(dynamic_update_slice_p, x, update, *wrap_starts(shape_of(x), start_indices))


__all__ = [
    "dynamic_slice",
    "dynamic_slice_p",
    "dynamic_update_slice",
    "dynamic_update_slice_p",
]
