"""Understanding an index expression: ``x[index]`` as NumPy means it.

An index is taken apart into one entry for each axis of the array. Integers and integer arrays
("advanced" entries) are broadcast against each other when at least one array is among them;
their axes stand where the first of them stood if they are neighbours, else in front
(https://numpy.org/doc/stable/user/basics.indexing.html).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ConcretizationError
from ..ir import Tracer, bind, current_source, shape_of, summarize
from ..prims.arithmetic import add_p, select
from ..prims.gather import GatherDimensionNumbers
from ..prims.logical import lt
from ..prims.shape import concatenate, reshape
from ._promotion import as_array, broadcast_shapes, broadcast_to_shape, cast

__all__ = [
    "Entry",
    "IndexPlan",
    "Layout",
    "is_traced_mask",
    "layout",
    "parse_index",
    "slice_length",
]

_INT64 = np.dtype(np.int64)


def _where() -> str:
    return summarize(current_source())


def as_index_tuple(index: Any) -> tuple[Any, ...]:
    """Return the index as a tuple; lists become arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(map(_as_part, parts))


def _as_part(p: Any) -> Any:
    if p is None or p is Ellipsis or isinstance(p, slice | Tracer | np.ndarray | np.generic):
        return p
    if isinstance(p, bool | int):
        return p
    if isinstance(p, list | tuple):
        return np.zeros(0, np.intp) if not len(p) else as_array(p, "an index")
    if hasattr(p, "__index__"):
        return p.__index__()
    return as_array(p, "an index")


def is_mask(p: Any) -> bool:
    """Tell whether a part of an index is boolean."""
    return isinstance(p, bool) or (hasattr(p, "dtype") and p.dtype == np.bool_)


def is_traced_mask(index: Any) -> bool:
    """Tell whether the index is a single boolean mask whose values are not known."""
    return isinstance(index, Tracer) and index.dtype == np.bool_


class Entry(NamedTuple):
    """What an index says of one axis of the array.

    Attributes
    ----------
    kind : {"slice", "int", "array", "new", "flag"}
        ``flag`` is a scalar boolean: an advanced index along a new axis of length 1.
    value : slice, int, array or tracer
        Normalised: nothing negative is left of what is known.
    """

    kind: str
    value: Any


class IndexPlan(NamedTuple):
    """An index, taken apart.

    Attributes
    ----------
    entries : tuple of Entry
        One for each axis, and those of kind "new" and "flag" where they stood.
    shape : tuple of int
        The shape of the array.
    fancy : bool
        Whether an index array is involved, so that advanced entries broadcast.
    traced : bool
        Whether positions are unknown, or known but perhaps out of bounds.
    """

    entries: tuple[Entry, ...]
    shape: tuple[int, ...]
    fancy: bool
    traced: bool


def parse_index(index: Any, shape: tuple[int, ...], lenient: bool = False) -> IndexPlan:
    """Take an index apart.

    Parameters
    ----------
    lenient : bool
        Let known positions be out of bounds: a mode of gather or scatter deals with them.

    Raises
    ------
    IndexError
        For too many indices, an unknown kind of index or a known position out of bounds.
    ConcretizationError
        For a boolean mask whose values are not known: the shape would depend on them.
    """
    parts = _fill_ellipsis(as_index_tuple(index), shape)
    entries: list[Entry] = []
    axis = 0
    for p in parts:
        if p is None:
            entries.append(Entry("new", None))
        elif is_mask(p):
            axis = _parse_mask(p, entries, shape, axis)
        else:
            entries.append(_parse_axis(p, shape[axis], axis, lenient))
            axis += 1
    fancy = any(
        e.kind == "flag" or (e.kind == "array" and shape_of(e.value) != ()) for e in entries
    )
    traced = any(isinstance(e.value, Tracer) for e in entries)
    traced = traced or (lenient and any(e.kind == "array" for e in entries))
    return IndexPlan(tuple(entries), shape, fancy, traced)


def _consumed(p: Any) -> int:
    """Return how many axes of the array a part of an index speaks of."""
    if p is None or p is Ellipsis:
        return 0
    return len(shape_of(p)) if is_mask(p) else 1


def _fill_ellipsis(parts: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Replace the ellipsis, or the end, by full slices."""
    used = sum(map(_consumed, parts))
    if used > len(shape):
        raise IndexError(
            f"too many indices: the array has {len(shape)} axes, but {used} were indexed {_where()}"
        )
    full = (slice(None),) * (len(shape) - used)
    dots = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(dots) > 1:
        raise IndexError(f"an index can only have a single ellipsis ('...') {_where()}")
    if not dots:
        return parts + full
    return parts[: dots[0]] + full + parts[dots[0] + 1 :]


def _parse_mask(p: Any, entries: list[Entry], shape: tuple[int, ...], axis: int) -> int:
    """Turn a boolean mask into the positions of its true elements."""
    if isinstance(p, Tracer):
        raise ConcretizationError(
            f"the shape of x[mask] depends on the values of the mask, which are not known while "
            f"tracing: {p!r} {_where()}.\nWrite functorch_lite.numpy.where(mask, x, other) to keep "
            "the shape, x[functorch_lite.numpy.nonzero(mask, size=n)] for a known number of "
            "elements, or x.at[mask].set(value) to write."
        )
    mask = np.asarray(p)
    if mask.ndim == 0:
        entries.append(Entry("flag", np.zeros(int(mask), np.int64)))
        return axis
    there = shape[axis : axis + mask.ndim]
    if mask.shape != there:
        d = next(d for d, (a, b) in enumerate(zip(mask.shape, there, strict=True)) if a != b)
        raise IndexError(
            f"boolean index did not match indexed array along axis {axis + d}; size of axis is "
            f"{there[d]} but size of corresponding boolean axis is {mask.shape[d]} {_where()}"
        )
    entries.extend(Entry("array", i) for i in mask.nonzero())
    return axis + mask.ndim


def _parse_axis(p: Any, n: int, axis: int, lenient: bool) -> Entry:
    """Normalise a slice, an integer or an array of integers along an axis of length n."""
    if isinstance(p, slice):
        return Entry("slice", _parse_slice(p, n))
    if isinstance(p, int | np.integer) or (
        isinstance(p, np.ndarray) and p.ndim == 0 and p.dtype.kind in "iu"
    ):
        i = int(p)
        if lenient:
            return Entry("array", np.array(i + n if i < 0 else i, np.int64))
        if not -n <= i < n:
            raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n} {_where()}")
        return Entry("int", i + n if i < 0 else i)
    if not hasattr(p, "dtype") or p.dtype.kind not in "iu":
        kind = p.dtype.name if hasattr(p, "dtype") else type(p).__name__
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and integer or boolean arrays are "
            f"valid indices, got {kind} {_where()}"
        )
    if isinstance(p, Tracer):
        return Entry("array", _wrap_traced(p, n))
    p = np.asarray(p)
    if not lenient and p.size and not (-n <= p.min() and p.max() < n):
        bad = p[(p < -n) | (p >= n)].flat[0]
        raise IndexError(f"index {bad} is out of bounds for axis {axis} with size {n} {_where()}")
    p = p.astype(np.int64)
    return Entry("array", np.where(p < 0, p + n, p))


def _wrap_traced(p: Tracer, n: int) -> Any:
    """Count negative positions from the end, once."""
    signed = p.dtype.kind == "i"
    i = cast(p, _INT64)
    if not signed:
        return i
    return select(lt(i, np.int64(0)), bind(add_p, i, np.int64(n)), i)


def _parse_slice(s: slice, n: int) -> slice:
    """Resolve a slice to (start, stop, step) with the exact extent; bounds must be known."""
    for bound in (s.start, s.stop, s.step):
        if isinstance(bound, Tracer) and bound.ndim == 0:
            try:
                bound.__index__()
            except ConcretizationError as e:
                raise ConcretizationError(
                    f"{e}\nA slice x[i:j] needs bounds that are known; for a traced start write "
                    "lax.dynamic_slice(x, (i,), (size,)) or x[i + np.arange(size)]."
                ) from None
    start, stop, step = s.indices(n)
    count = len(range(start, stop, step))
    return slice(start, start + count * step, step)


def slice_length(s: slice) -> int:
    """Return how many positions a resolved slice has."""
    return (s.stop - s.start) // s.step


# --- the gather or scatter that an index with arrays stands for ----------------------------------


class Layout(NamedTuple):
    """How positions and axes are laid out for a gather or a scatter.

    Attributes
    ----------
    indices : array or tracer
        Index vectors along the last axis.
    numbers : GatherDimensionNumbers
        Their meaning.
    slice_sizes : tuple of int
        Window sizes along the axes of the array.
    core_shape : tuple of int
        The shape of ``x[index]`` without the axes that `None` inserts.
    shape : tuple of int
        The shape of ``x[index]``.
    """

    indices: Any
    numbers: GatherDimensionNumbers
    slice_sizes: tuple[int, ...]
    core_shape: tuple[int, ...]
    shape: tuple[int, ...]


def layout(plan: IndexPlan) -> Layout:
    """Lay out the positions that a plan speaks of.

    Full slices become windows, other slices and arrays components of the index vectors.
    """
    entries = plan.entries
    advanced = [i for i, e in enumerate(entries) if e.kind in ("array", "flag")]
    if plan.fancy:
        advanced = [i for i, e in enumerate(entries) if e.kind in ("array", "int", "flag")]
    common = broadcast_shapes(*(shape_of(entries[i].value) for i in advanced)) if advanced else ()
    adjacent = bool(advanced) and advanced[-1] - advanced[0] + 1 == len(advanced)
    at = advanced[0] if adjacent else 0
    # Axes of the result: ("common", length), ("slice", axis of the array), or ("new", 1).
    axes: list[tuple[str, int, int]] = []
    axis = 0
    for i, e in enumerate(entries):
        if i == at and advanced:
            axes.extend(("common", k, n) for k, n in enumerate(common))
        if e.kind == "new":
            axes.append(("new", 0, 1))
        elif e.kind == "slice":
            axes.append(("slice", axis, slice_length(e.value)))
        if e.kind not in ("new", "flag"):
            axis += 1
    core = [a for a in axes if a[0] != "new"]
    indices, numbers, sizes = _numbers(plan, core, common)
    return Layout(indices, numbers, sizes, tuple(n for *_, n in core), tuple(n for *_, n in axes))


def _numbers(
    plan: IndexPlan, core: Sequence[tuple[str, int, int]], common: tuple[int, ...]
) -> tuple[Any, GatherDimensionNumbers, tuple[int, ...]]:
    """Return index vectors, dimension numbers and window sizes; see `layout`."""
    entries = [e for e in plan.entries if e.kind not in ("new", "flag")]
    whole = [
        e.kind == "slice" and e.value == slice(0, n, 1)
        for e, n in zip(entries, plan.shape, strict=True)
    ]
    offset = tuple(i for i, (kind, axis, _) in enumerate(core) if kind == "slice" and whole[axis])
    batch = [a for i, a in enumerate(core) if i not in offset]
    shape = tuple(n for *_, n in batch)
    first = next((i for i, a in enumerate(batch) if a[0] == "common"), 0)
    columns, index_map = [], []
    for axis, e in enumerate(entries):
        if whole[axis]:
            continue
        index_map.append(axis)
        v = e.value
        if e.kind == "slice":
            position = next(i for i, a in enumerate(batch) if a[:2] == ("slice", axis))
            v = np.arange(v.start, v.stop, v.step)
            v = v.reshape((-1,) + (1,) * (len(batch) - 1 - position))
        elif e.kind == "array":
            trailing = (1,) * (len(batch) - first - len(common))
            padded = (1,) * (len(common) - len(shape_of(v))) + shape_of(v) + trailing
            v = reshape(v, padded) if isinstance(v, Tracer) else np.reshape(v, padded)
        columns.append(_column(v, shape))
    sizes = tuple(n if w else 1 for n, w in zip(plan.shape, whole, strict=True))
    numbers = GatherDimensionNumbers(offset, tuple(index_map), tuple(index_map))
    if not columns:
        return np.zeros((*shape, 0), np.int64), numbers, sizes
    if any(isinstance(c, Tracer) for c in columns):
        return concatenate(columns, len(shape)), numbers, sizes
    return np.concatenate(columns, -1), numbers, sizes


def _column(v: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast one component of the index vectors; what is known stays a constant."""
    if isinstance(v, Tracer):
        return reshape(broadcast_to_shape(v, shape), (*shape, 1))
    return np.broadcast_to(np.asarray(v, np.int64), shape)[..., None]
