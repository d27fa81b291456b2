"""Repeating, inserting and deleting elements."""

from typing import Any

import numpy as np

from ..errors import ConcretizationError, ShapeError
from ..ir import Tracer, current_source, dtype_of, shape_of, summarize
from ._axes import normalize_axis
from ._dispatch import any_traced, numpy_first
from ._indexing import take
from ._joining import concatenate
from ._manipulation import moveaxis, ravel, reshape
from ._promotion import as_array, broadcast_to_shape, cast

__all__ = ["append", "delete", "insert", "repeat", "resize", "trim_zeros"]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _where() -> str:
    return summarize(current_source())


def _operand(a: Any, axis: int | None, name: str) -> tuple[Any, int]:
    """Return the array and its axis; flattened for None."""
    x = _array(a, name)
    if axis is None:
        return ravel(x), 0
    return x, normalize_axis(axis, len(shape_of(x)))


def _known(obj: Any, name: str) -> Any:
    """Return positions that must be known, as an index of NumPy's."""
    if any_traced((obj,)):
        raise ConcretizationError(
            f"the shape of {name} depends on positions that are not known while tracing {_where()}; "
            "pass them as static (jit: static_argnums), or use where or x.at[...]"
        )
    return obj if isinstance(obj, slice | int) else np.asarray(obj)


@numpy_first(np.repeat, ours=("total_repeat_length",))
def repeat(
    a: Any, repeats: Any, axis: int | None = None, *, total_repeat_length: int | None = None
) -> Any:
    """Repeat elements. See `numpy.repeat`.

    Parameters
    ----------
    total_repeat_length : int, optional
        The length of the result, needed when `repeats` is traced; the last element is repeated
        or dropped to fit.
    """
    x, axis = _operand(a, axis, "repeat")
    n = shape_of(x)[axis]
    counts = _array(repeats, "repeat")
    if isinstance(counts, Tracer):
        if total_repeat_length is None:
            raise ConcretizationError(
                f"repeat by counts that are not known while tracing needs the length of the result "
                f"{_where()}: pass total_repeat_length=n"
            )
        return take(x, _repeated(counts, n, total_repeat_length), axis)
    if total_repeat_length is None and counts.size == 1:
        k = int(counts.reshape(()))
        s = shape_of(x)
        y = reshape(x, (*s[: axis + 1], 1, *s[axis + 1 :]))
        y = broadcast_to_shape(y, (*s[: axis + 1], k, *s[axis + 1 :]))
        return reshape(y, (*s[:axis], n * k, *s[axis + 1 :]))
    index = np.repeat(np.arange(n), counts)
    if total_repeat_length is not None:
        missing = total_repeat_length - index.size
        index = index[:total_repeat_length] if missing <= 0 else np.pad(index, (0, missing), "edge")
    return take(x, index, axis)


def _repeated(counts: Any, n: int, total: int) -> Any:
    """Return, for each place of the result, which element is there."""
    from ._cumulative import cumsum
    from ._search import searchsorted

    ends = cumsum(broadcast_to_shape(counts, (n,)))
    index = searchsorted(ends, np.arange(total), "right")
    return cast(index, np.dtype(np.int64))


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Append values at the end of an axis, or of the flattened array. See `numpy.append`."""
    if axis is None:
        return concatenate([ravel(arr), ravel(values)], 0)
    return concatenate([arr, values], axis)


@numpy_first(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """Delete slices along an axis. See `numpy.delete`.

    A single position may be traced; several must be known, since equal ones are deleted once.
    """
    x, axis = _operand(arr, axis, "delete")
    n = shape_of(x)[axis]
    if isinstance(obj, Tracer) and obj.shape == () and obj.dtype.kind in "iu":
        from ._elementwise import clip, where

        at: Any = obj
        i = clip(where(at < 0, at + n, at), 0, n - 1)
        kept = np.arange(n - 1)
        return take(x, kept + cast(kept >= i, np.dtype(np.int64)), axis)
    return take(x, np.delete(np.arange(n), _known(obj, "delete")), axis)


@numpy_first(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Insert values before known positions along an axis. See `numpy.insert`."""
    x, axis = _operand(arr, axis, "insert")
    n, shape = shape_of(x)[axis], shape_of(x)
    obj = _known(obj, "insert")
    v = cast(_array(values, "insert"), dtype_of(x))
    v = reshape(v, (1,) * (len(shape) - len(shape_of(v))) + shape_of(v))
    if isinstance(obj, slice):
        at = np.arange(*obj.indices(n))
    else:
        at = np.asarray(obj)
        if at.dtype == np.bool_:
            at = np.flatnonzero(at)
    single = at.ndim == 0 or at.size == 1
    if at.ndim == 0:
        v = moveaxis(v, 0, axis)
    bad = at[(at < -n) | (at > n)] if at.size else at
    if bad.size:
        raise IndexError(
            f"index {bad.flat[0]} is out of bounds for axis {axis} with size {n} {_where()}"
        )
    at = np.atleast_1d(np.where(at < 0, at + n, at).astype(np.int64))
    count = shape_of(v)[axis] if single else at.size
    at = np.repeat(at, count) if single else at
    v = broadcast_to_shape(v, (*shape[:axis], count, *shape[axis + 1 :]))
    # Where each element of the result comes from, in the array followed by the values.
    order = np.argsort(at, kind="stable")
    source = np.insert(np.arange(n), at[order], n + order)
    return take(concatenate([x, v], axis), source, axis)


def resize(a: Any, new_shape: Any) -> Any:
    """Return an array of a new shape, repeated as often as needed. See `numpy.resize`."""
    x = ravel(a)
    new = (new_shape,) if isinstance(new_shape, int) else tuple(new_shape)
    if any(n < 0 for n in new):
        raise ShapeError(f"resize: sizes must not be negative, got {new} {_where()}")
    n, total = shape_of(x)[0], int(np.prod(new, dtype=np.int64))
    if n == 0 or total == 0:
        return np.zeros(new, dtype_of(x))
    return reshape(take(x, np.arange(total) % n), new)


@numpy_first(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Trim zeros at the ends; the values must be known. See `numpy.trim_zeros`."""
    raise ConcretizationError(
        f"the shape of trim_zeros depends on values that are not known while tracing {_where()}; "
        "trim outside the transformed function"
    )
