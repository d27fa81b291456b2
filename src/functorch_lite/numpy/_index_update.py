"""Writing without mutation: ``x.at[index].set(y)`` and its kin."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import Tracer, bind, current_source, dtype_of, shape_of, summarize
from ..prims import arithmetic as ar
from ..prims.arithmetic import select
from ..prims.elementwise import broadcast_scalar_to
from ..prims.indexing import dynamic_update_slice_p
from ..prims.scatter import scatter, scatter_numbers
from ..prims.shape import broadcast_in_dim, reshape
from ._getitem import getitem, holds_tracer, read, read_basic, starts
from ._index_plan import Entry, IndexPlan, is_traced_mask, layout, parse_index, slice_length
from ._promotion import as_array, broadcast_to_shape, cast, is_plain

__all__ = ["IndexUpdate", "IndexedArray", "at"]

_MODES = {
    None: None,
    "clip": "clip",
    "fill": "fill",
    "drop": "fill",
    "promise_in_bounds": "promise_in_bounds",
}
_UFUNCS = {
    "scatter_add": np.add,
    "scatter_mul": np.multiply,
    "scatter_min": np.minimum,
    "scatter_max": np.maximum,
}
_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "scatter": lambda old, new: new,
    "scatter_add": ar.add,
    "scatter_mul": ar.mul,
    "scatter_min": lambda old, new: bind(ar.min_p, old, new),
    "scatter_max": lambda old, new: bind(ar.max_p, old, new),
}


def at(x: Any) -> "IndexUpdate":
    """Return the indexed-update helper of an array: ``at(x)[index].set(y)``.

    The same as the property ``x.at``; this function works on every NumPy array, and never
    writes to it.

    Examples
    --------
    >>> import numpy as np
    >>> at(np.zeros(3))[1].set(5.0)
    array([0., 5., 0.])
    """
    return IndexUpdate(x)


class IndexUpdate:
    """``x.at``: index it, then call set, add, multiply, ... for an updated copy.

    ==============================  ======================================================
    ``x.at[i].set(y)``              ``x[i] = y``; the last of repeated positions wins
    ``x.at[i].add(y)``              ``x[i] += y``; repeated positions add up
    ``x.at[i].subtract(y)``         ``x[i] -= y``; likewise
    ``x.at[i].multiply(y)``         ``x[i] *= y``; repeated positions multiply
    ``x.at[i].divide(y)``           ``x[i] /= y``; likewise
    ``x.at[i].power(y)``            ``x[i] **= y``; likewise
    ``x.at[i].min(y)``, ``max``     ``x[i] = minimum(x[i], y)``; ties share the derivative
    ``x.at[i].apply(f)``            ``x[i] = f(x[i])``
    ``x.at[i].get()``               ``x[i]``
    ==============================  ======================================================

    With ``set``, the last of repeated positions alone gets the derivative. Values are converted
    to the dtype of `x`. Known positions must be in bounds. Of positions that are known only at
    run time, those out of bounds are dropped when writing and clamped when reading; ``mode``
    ("clip", "drop" or "fill", "promise_in_bounds") asks for something else. A boolean mask whose
    values are not known may be written through with a value that is broadcast to each element.

    Examples
    --------
    >>> import numpy as np
    >>> x = at(np.zeros(4))[1:3].add(2.0)
    >>> at(x)[np.array([1, 1])].multiply(3.0)
    array([ 0., 18.,  2.,  0.])
    """

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    def __getitem__(self, index: Any) -> "IndexedArray":
        return IndexedArray(self.array, index)

    def __repr__(self) -> str:
        return f"IndexUpdate({self.array!r})"


class IndexedArray:
    """``x.at[index]``; see `IndexUpdate`.

    All methods take ``mode``, ``unique_indices`` (a promise that makes things cheaper),
    ``indices_are_sorted`` (accepted, of no use here) and ``wrap_negative_indices``.
    """

    __slots__ = ("array", "index")

    def __init__(self, array: Any, index: Any) -> None:
        self.array = as_array(array, "x.at")
        self.index = index

    def __repr__(self) -> str:
        return f"IndexedArray({self.array!r}, {self.index!r})"

    def get(
        self,
        *,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        mode: str | None = None,
        fill_value: Any = None,
    ) -> Any:
        """Return ``x[index]``; out of bounds by `mode`: "fill" gives `fill_value` (or NaN)."""
        mode = _mode("fill" if mode is None and fill_value is not None else mode)
        if mode is None:
            return getitem(self.array, self.index)
        plan = parse_index(self.index, shape_of(self.array), lenient=True)
        return read(self.array, plan, mode, fill_value)

    def set(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] = values``."""
        return _update("scatter", self.array, self.index, values, **options)

    def add(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] += values``; repeated positions add up."""
        return _update("scatter_add", self.array, self.index, values, **options)

    def subtract(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] -= values``; repeated positions add up."""
        from ._elementwise import negative

        values = cast(as_array(values), dtype_of(self.array))
        return _update("scatter_add", self.array, self.index, negative(values), **options)

    sub = subtract

    def multiply(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] *= values``; repeated positions multiply."""
        return _update("scatter_mul", self.array, self.index, values, **options)

    mul = multiply

    def divide(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] /= values``; repeated positions divide again."""
        from ._elementwise import divide

        ones = np.ones(shape_of(self.array), dtype_of(self.array))
        return divide(self.array, _update("scatter_mul", ones, self.index, values, **options))

    def power(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] **= values``; repeated exponents multiply."""
        from ._elementwise import power

        ones = np.ones(shape_of(self.array), dtype_of(self.array))
        return power(self.array, _update("scatter_mul", ones, self.index, values, **options))

    def min(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] = minimum(x[index], values)``."""
        return _update("scatter_min", self.array, self.index, values, **options)

    def max(self, values: Any, **options: Any) -> Any:
        """Return a copy with ``x[index] = maximum(x[index], values)``."""
        return _update("scatter_max", self.array, self.index, values, **options)

    def apply(self, f: Callable[[Any], Any], **options: Any) -> Any:
        """Return a copy with ``x[index] = f(x[index])``, applied once to repeated positions."""
        if is_traced_mask(self.index):
            return self.set_through_mask(f(self.array))
        options_get = {k: v for k, v in options.items() if k == "mode"}
        return self.set(f(self.get(**options_get)), **options)

    def set_through_mask(self, values: Any) -> Any:
        """Return ``where(mask, values, x)`` for values of the array's own shape."""
        x = self.array
        mask = _spread_mask(self.index, shape_of(x))
        return select(mask, broadcast_to_shape(cast(values, dtype_of(x)), shape_of(x)), x)


def _mode(mode: Any) -> str | None:
    try:
        return _MODES[mode]
    except (KeyError, TypeError):
        raise ValueError(
            f"mode must be 'clip', 'drop', 'fill' or 'promise_in_bounds', got {mode!r} "
            f"{summarize(current_source())}"
        ) from None


def _update(op: str, x: Any, index: Any, values: Any, **options: Any) -> Any:
    """Return a copy of `x` with `values` combined in at `index`; an Array stays one."""
    out = _updated(op, x, index, values, **options)
    if type(out) is np.ndarray and type(x) is not np.ndarray and isinstance(x, np.ndarray):
        return out.view(type(x))
    return out


def _updated(
    op: str,
    x: Any,
    index: Any,
    values: Any,
    *,
    mode: str | None = None,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    wrap_negative_indices: bool = True,
) -> Any:
    """See `_update`; primitives return plain arrays."""
    mode = _mode(mode)
    values = cast(as_array(values, "a value to write"), dtype_of(x))
    plain = is_plain(x, values) and not holds_tracer(index)
    if plain and mode is None:
        return _update_plain(op, np.asarray(x), index, values)
    if is_traced_mask(index):
        return _update_masked(op, x, index, values)
    if not wrap_negative_indices:
        index = _push_negatives_out(index)
    plan = parse_index(index, shape_of(x), lenient=mode is not None)
    if not plan.fancy and not plan.traced and _unit_steps(plan):
        return _update_box(op, x, plan, values)
    spec = layout(plan)
    values = _fit(values, spec.shape)
    if 0 in spec.shape or any(n < m for n, m in zip(plan.shape, spec.slice_sizes, strict=True)):
        return _keep(x)
    return scatter(
        x,
        spec.indices,
        reshape(values, spec.core_shape),
        scatter_numbers(spec.numbers),
        op=op,
        mode=mode or ("fill" if plan.traced else "promise_in_bounds"),
        unique_indices=unique_indices or not plan.fancy,
    )


def _keep(x: Any) -> Any:
    """Return `x` as an array of its own."""
    return np.array(x) if not isinstance(x, Tracer) else x


def _push_negatives_out(index: Any) -> Any:
    """Make negative integers so large that they are out of bounds and are dropped or clamped."""
    from ._elementwise import where

    def push(p: Any) -> Any:
        if p is None or p is Ellipsis or isinstance(p, slice | bool):
            return p
        p = as_array(p)
        return where(p < 0, np.iinfo(np.int32).max, p) if dtype_of(p).kind == "i" else p

    return tuple(map(push, index)) if isinstance(index, tuple) else push(index)


def _update_plain(op: str, x: Any, index: Any, values: Any) -> Any:
    """Let NumPy write into a copy."""
    out = x.copy()
    if isinstance(index, list):
        index = np.asarray(index) if index else np.zeros(0, np.intp)
    if op == "scatter":
        out[index] = values
    else:
        _UFUNCS[op].at(out, index, values)
    return out


def _spread_mask(mask: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast a mask of the leading axes over the trailing ones."""
    lead = shape_of(mask)
    if shape[: len(lead)] != lead:
        raise IndexError(
            f"a boolean index of shape {lead} does not match an array of shape {shape} "
            f"{summarize(current_source())}"
        )
    return broadcast_in_dim(mask, shape, range(len(lead)))


def _update_masked(op: str, x: Any, mask: Any, values: Any) -> Any:
    """Write through a mask whose values are not known: select."""
    shape, m = shape_of(x), len(shape_of(mask))
    full = _spread_mask(mask, shape)
    if len(shape_of(values)) > len(shape) - m:
        raise ShapeError(
            f"a value of shape {shape_of(values)} cannot be written through a traced mask of shape "
            f"{shape_of(mask)} {summarize(current_source())}: which elements it goes to depends "
            "on the mask. Write functorch_lite.numpy.where(mask, values, x) for values of the "
            "shape of x."
        )
    values = broadcast_to_shape(values, shape)
    return select(full, _COMBINE[op](x, values), x)


def _unit_steps(plan: IndexPlan) -> bool:
    return all(e.kind != "slice" or e.value.step == 1 for e in plan.entries)


def _update_box(op: str, x: Any, plan: IndexPlan, values: Any) -> Any:
    """Write a box whose place is known."""
    axes = [e for e in plan.entries if e.kind != "new"]
    box = tuple(slice_length(e.value) if e.kind == "slice" else 1 for e in axes)
    shape = tuple(
        1 if e.kind == "new" else slice_length(e.value) for e in plan.entries if e.kind != "int"
    )
    values = reshape(_fit(values, shape), box)
    if op != "scatter":
        entries = tuple(
            e if e.kind == "slice" else Entry("slice", slice(e.value, e.value + 1, 1)) for e in axes
        )
        values = _COMBINE[op](read_basic(x, entries), values)
    return bind(dynamic_update_slice_p, x, values, *starts(plan))


def _fit(values: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast a value to where it is written; leading axes of length 1 may be too many."""
    s = shape_of(values)
    while len(s) > len(shape) and s[0] == 1:
        s = s[1:]
    if s != shape_of(values):
        values = reshape(values, s)
    if s == ():
        return broadcast_scalar_to(values, shape)
    if len(s) > len(shape) or any(
        n not in (1, m) for n, m in zip(s[::-1], shape[::-1], strict=False)
    ):
        raise ShapeError(
            f"a value of shape {s} cannot be written to a place of shape {shape} "
            f"{summarize(current_source())}"
        )
    return broadcast_to_shape(values, shape)
