"""Reading ``x[index]``."""

from typing import Any

import numpy as np

from ..ir import Tracer, bind, current_source, dtype_of, shape_of, summarize
from ..prims import shape as sh
from ..prims.indexing import dynamic_slice_p, gather
from ._index_plan import (
    Entry,
    IndexPlan,
    layout,
    parse_index,
    slice_length,
)
from ._promotion import as_array, is_plain

__all__ = ["basic_shape", "getitem", "holds_tracer", "read", "read_basic", "starts"]


def getitem(x: Any, index: Any) -> Any:
    """Return ``x[index]``, for tracers too.

    Everything NumPy takes is understood. A position that is known must be in bounds, else
    IndexError; one that is known only at run time counts from the end if negative and is then
    clamped to the nearest valid one.
    """
    if is_plain(x) and not holds_tracer(index):
        return np.asanyarray((x if isinstance(x, np.ndarray) else np.asarray(x))[index])
    x = as_array(x, "an indexed array")
    plan = parse_index(index, shape_of(x))
    return read(x, plan, None, None)


def holds_tracer(index: Any) -> bool:
    """Tell whether a tracer is in an index expression."""
    if isinstance(index, tuple | list):
        return any(map(holds_tracer, index))
    return isinstance(index, Tracer)


def read(x: Any, plan: IndexPlan, mode: str | None, fill_value: Any) -> Any:
    """Read by the cheapest primitive that can say it."""
    if not plan.fancy and not plan.traced:
        return read_basic(x, plan.entries)
    if not plan.fancy and mode in (None, "clip"):
        return _read_dynamic(x, plan)
    x, plan = _slice_first(x, plan)
    spec = layout(plan)
    if 0 in spec.shape:
        return np.zeros(spec.shape, dtype_of(x))
    mode = mode or ("clip" if plan.traced else "promise_in_bounds")
    if any(n < m for n, m in zip(plan.shape, spec.slice_sizes, strict=True)):
        raise IndexError(
            f"an axis of length 0 (shape {plan.shape}) has no elements to index "
            f"{summarize(current_source())}"
        )
    out = gather(x, spec.indices, spec.numbers, spec.slice_sizes, mode, fill_value)
    return sh.reshape(out, spec.shape)


def read_basic(x: Any, entries: tuple[Entry, ...]) -> Any:
    """Slices with known bounds, known integers and new axes: slice, rev and reshape."""
    start, limit, steps, flip = [], [], [], []
    axis = 0
    for e in entries:
        if e.kind == "new":
            continue
        s = e.value if e.kind == "slice" else slice(e.value, e.value + 1, 1)
        n = slice_length(s)
        if s.step < 0:
            flip.append(axis)
            s = slice(s.start + (n - 1) * s.step, s.start + 1, -s.step) if n else slice(0, 0, 1)
        last = s.start + (n - 1) * s.step + 1 if n else s.start
        start.append(s.start)
        limit.append(last)
        steps.append(s.step)
        axis += 1
    shape = shape_of(x)
    if (tuple(start), tuple(limit)) != ((0,) * axis, shape) or any(k != 1 for k in steps):
        x = sh.slice_(x, start, limit, steps)
    x = sh.rev(x, tuple(flip)) if flip else x
    return sh.reshape(x, basic_shape(entries))


def basic_shape(entries: tuple[Entry, ...]) -> tuple[int, ...]:
    """Shape of the result of an index without arrays."""
    return tuple(
        1 if e.kind == "new" else slice_length(e.value)
        for e in entries
        if e.kind in ("new", "slice")
    )


def _slice_first(x: Any, plan: IndexPlan) -> tuple[Any, IndexPlan]:
    """Apply the slices, so that only arrays and integers are left."""
    axes = [e for e in plan.entries if e.kind not in ("new", "flag")]
    full = tuple(
        e if e.kind == "slice" else Entry("slice", slice(0, n, 1))
        for e, n in zip(axes, plan.shape, strict=True)
    )
    x = read_basic(x, full)
    entries = tuple(
        Entry("slice", slice(0, slice_length(e.value), 1)) if e.kind == "slice" else e
        for e in plan.entries
    )
    return x, plan._replace(entries=entries, shape=shape_of(x))


def starts(plan: IndexPlan) -> list[Any]:
    """Return the first position along each axis."""
    axes = [e for e in plan.entries if e.kind != "new"]
    return [
        np.int64(e.value.start)
        if e.kind == "slice"
        else np.int64(e.value)
        if e.kind == "int"
        else e.value
        for e in axes
    ]


def _read_dynamic(x: Any, plan: IndexPlan) -> Any:
    """Traced scalars and slices: dynamic_slice, after the known part."""
    x, plan = _slice_first(x, plan)
    axes = [e for e in plan.entries if e.kind != "new"]
    sizes = tuple(n if e.kind == "slice" else 1 for e, n in zip(axes, plan.shape, strict=True))
    if any(m > n for n, m in zip(plan.shape, sizes, strict=True)):
        raise IndexError(
            f"an axis of length 0 (shape {plan.shape}) has no elements to index "
            f"{summarize(current_source())}"
        )
    out = bind(dynamic_slice_p, x, *starts(plan), slice_sizes=sizes)
    return sh.reshape(out, basic_shape(plan.entries))
