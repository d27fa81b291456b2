"""Writing at computed positions: scatter (set), scatter_add, _mul, _min and _max.

XLA's Scatter semantics (https://openxla.org/xla/operation_semantics#scatter) without its freedom:
updates are applied in row-major order, so with ``scatter`` the last one wins, and that one alone
gets a derivative. A window that does not fit is dropped (mode "fill"), moved ("clip") or promised
not to occur ("promise_in_bounds").
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Linear,
    Primitive,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    not_linear,
    shape_of,
    summarize,
)
from .arithmetic import convert_element_type, div, mul, select
from .elementwise import full_like
from .gather import (
    MODES,
    GatherDimensionNumbers,
    check_dimension_numbers,
    gather,
    in_bounds,
    positions,
    shift,
)
from .logical import eq
from .lowering import Kernel
from .shape import broadcast_in_dim, reshape

# Windows of at least this many elements are written one by one: each is a fast row operation.
_LONG_WINDOW = 512


class ScatterDimensionNumbers(NamedTuple):
    """Which axes mean what in a scatter, as in XLA: the mirror image of a gather.

    Attributes
    ----------
    update_window_dims : tuple of int
        Axes of the updates that run through a window; sorted.
    inserted_window_dims : tuple of int
        Axes of the operand along which windows have length 1 and the updates no axis; sorted.
    scatter_dims_to_operand_dims : tuple of int
        For each component of an index vector, the operand's axis that it positions.
    operand_batching_dims, scatter_indices_batching_dims : tuple of int
        Axes of the operand and of the indices that run together.
    """

    update_window_dims: tuple[int, ...]
    inserted_window_dims: tuple[int, ...]
    scatter_dims_to_operand_dims: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    scatter_indices_batching_dims: tuple[int, ...] = ()


def scatter_numbers(d: GatherDimensionNumbers) -> ScatterDimensionNumbers:
    """Return the numbers of the scatter that writes where a gather reads."""
    return ScatterDimensionNumbers(*d)


def gather_numbers(d: ScatterDimensionNumbers) -> GatherDimensionNumbers:
    """Return the numbers of the gather that reads where a scatter writes."""
    return GatherDimensionNumbers(*d)


def window_sizes(
    ndim: int, updates: tuple[int, ...], d: ScatterDimensionNumbers
) -> tuple[int, ...]:
    """Return the size of a window along each axis of the operand."""
    dropped = d.inserted_window_dims + d.operand_batching_dims
    window = iter(updates[a] for a in d.update_window_dims)
    return tuple(1 if axis in dropped else next(window) for axis in range(ndim))


# --- evaluation ---------------------------------------------------------------------------------


def _scatter_impl(ufunc: np.ufunc | None) -> Callable[..., Any]:
    def impl(
        x: Any,
        indices: Any,
        updates: Any,
        *,
        dimension_numbers: ScatterDimensionNumbers,
        mode: str,
        unique_indices: bool,
    ) -> Any:
        out = np.array(x, order="C")
        indices, updates = np.asarray(indices), np.asarray(updates)
        if updates.size == 0 or out.size == 0:
            return out
        d = gather_numbers(dimension_numbers)
        sizes = window_sizes(out.ndim, updates.shape, dimension_numbers)
        rows, width = _rows(out.shape, indices, updates.shape, d, sizes)
        values = updates.reshape(rows.size, width)
        if mode == "fill":
            ok = in_bounds(out.shape, indices, d.start_index_map, sizes)
            if not ok.all():
                ok = np.broadcast_to(np.expand_dims(ok, d.offset_dims), updates.shape)
                keep = ok.reshape(rows.size, width)[:, 0]
                rows, values = rows[keep], values[keep]
        _write(ufunc, out.reshape(-1, width), rows, values, unique_indices)
        return out

    return impl


def _rows(
    shape: tuple[int, ...],
    indices: Any,
    updates: tuple[int, ...],
    d: GatherDimensionNumbers,
    sizes: tuple[int, ...],
) -> tuple[Any, int]:
    """Return where each row of the updates goes, counted in rows of the operand, and their width.

    A row runs through the trailing axes that are written whole, if any.
    """
    ndim, rank = len(shape), len(updates)
    where = positions(shape, indices, d, sizes, rank)
    dropped = d.collapsed_slice_dims + d.operand_batching_dims
    offset = dict(zip([a for a in range(ndim) if a not in dropped], d.offset_dims, strict=True))
    w = 0
    while w < ndim and ndim - 1 - w not in where and offset[ndim - 1 - w] == rank - 1 - w:
        w += 1
    row: Any = np.zeros((1,) * rank, np.intp)
    stride = 1
    for axis in reversed(range(ndim - w)):
        at = where.get(axis)
        if at is None:
            at = np.arange(shape[axis]).reshape(
                tuple(-1 if a == offset[axis] else 1 for a in range(rank))
            )
        row = row + at * stride
        stride *= shape[axis]
    lead = updates[: rank - w]
    rows = np.broadcast_to(row.reshape(row.shape[: rank - w]), lead).ravel()
    return rows, int(np.prod(shape[ndim - w :], dtype=np.int64))


def _write(ufunc: np.ufunc | None, out: Any, rows: Any, values: Any, unique: bool) -> None:
    """Combine rows into `out`, in order."""
    width = out.shape[1]
    if width == 1:
        out, values = out[:, 0], values[:, 0]
    if ufunc is None:
        out[rows] = values
    elif unique:
        out[rows] = ufunc(out[rows], values)
    elif width == 1:
        ufunc.at(out, rows, values)
    elif width >= _LONG_WINDOW:
        for r, v in zip(rows.tolist(), values, strict=True):
            ufunc(out[r], v, out=out[r])
    else:
        flat = (rows[:, None] * width + np.arange(width)).ravel()
        ufunc.at(out.reshape(-1), flat, values.ravel())


# --- types --------------------------------------------------------------------------------------


def _scatter_abstract(name: str) -> Callable[..., ShapedArray]:
    def abstract_eval(
        x: ShapedArray,
        indices: ShapedArray,
        updates: ShapedArray,
        *,
        dimension_numbers: ScatterDimensionNumbers,
        mode: str,
        unique_indices: bool,
    ) -> ShapedArray:
        where = summarize(current_source())
        d = dimension_numbers
        if x.dtype != updates.dtype:
            raise DTypeError(
                f"{name} needs one dtype, got {x.dtype.name} and {updates.dtype.name} {where}"
            )
        if mode not in MODES:
            raise ValueError(f"{name}: mode must be one of {MODES}, got {mode!r} {where}")
        windows = x.ndim - len(d.inserted_window_dims) - len(d.operand_batching_dims)
        if len(d.update_window_dims) != windows or any(
            not 0 <= a < updates.ndim for a in d.update_window_dims
        ):
            raise ShapeError(f"{name}: {d} do not fit operand {x} and updates {updates} {where}")
        sizes = window_sizes(x.ndim, updates.shape, d)
        check_dimension_numbers(name, x, indices, gather_numbers(d), sizes)
        batch = tuple(n for a, n in enumerate(updates.shape) if a not in d.update_window_dims)
        if batch != indices.shape[:-1]:
            raise ShapeError(
                f"{name}: updates of shape {updates.shape} with window axes {d.update_window_dims} "
                f"do not go with indices of shape {indices.shape} {where}"
            )
        return x.strengthen()

    return abstract_eval


# --- batching -----------------------------------------------------------------------------------


def _scatter_batch(name: str) -> Callable[..., Any]:
    def batch(size: int, args: Any, batched: Any, **params: Any) -> Any:
        """Operand and updates mapped: a window axis more. Indices too: batching axes."""
        x, indices, updates = args
        d = params["dimension_numbers"]
        x, updates = (
            a if b else broadcast_in_dim(a, (size, *shape_of(a)), range(1, len(shape_of(a)) + 1))
            for a, b in ((x, batched[0]), (updates, batched[2]))
        )
        window = shift(d.update_window_dims)
        inserted, positioned = shift(d.inserted_window_dims), shift(d.scatter_dims_to_operand_dims)
        operand_batching = shift(d.operand_batching_dims)
        index_batching = d.scatter_indices_batching_dims
        if batched[1]:
            operand_batching = (0, *operand_batching)
            index_batching = (0, *shift(index_batching))
        else:
            window = (0, *window)
        numbers = ScatterDimensionNumbers(
            window, inserted, positioned, operand_batching, index_batching
        )
        return bind(_PRIMS[name], x, indices, updates, **(params | {"dimension_numbers": numbers}))

    return batch


# --- derivatives --------------------------------------------------------------------------------


def _read(x: Any, indices: Any, updates: Any, params: dict[str, Any]) -> Any:
    """Gather what lies where the updates go; zero for those that are dropped."""
    d = params["dimension_numbers"]
    sizes = window_sizes(len(shape_of(x)), shape_of(updates), d)
    return gather(x, indices, gather_numbers(d), sizes, params["mode"], fill_value=0)


def _one_window(indices: Any, params: dict[str, Any]) -> bool:
    """Tell whether no position can be written twice."""
    d = params["dimension_numbers"]
    free = [
        n for a, n in enumerate(shape_of(indices)[:-1]) if a not in d.scatter_indices_batching_dims
    ]
    return params["unique_indices"] or all(n <= 1 for n in free)


def _zeros_like(x: Any) -> Any:
    return np.zeros(shape_of(x), dtype_of(x))


def _scatter_jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
    """Take the operand's tangent where nothing was written, and the winners' where it was."""
    x, indices, updates = xs
    tx, _, tu = ts
    total = None
    if _one_window(indices, params):
        if tx is not None:
            written = bind(
                scatter_p,
                np.zeros(shape_of(x), np.bool_),
                indices,
                np.ones(shape_of(updates), np.bool_),
                **params,
            )
            total = select(written, full_like(tx, 0), tx)
    else:
        shape = shape_of(updates)
        size = int(np.prod(shape, dtype=np.int64))
        index = np.arange(1, size + 1).reshape(shape)
        winner = bind(scatter_p, np.zeros(shape_of(x), np.int64), indices, index, **params)
        if tx is not None:
            total = select(eq(winner, np.int64(0)), tx, full_like(tx, 0))
        if tu is not None:
            won = eq(_read(winner, indices, updates, params), index)
            tu = select(won, tu, full_like(tu, 0))
    if tu is None:
        return total
    total = _zeros_like(x) if total is None else total
    return bind(scatter_add_p, total, indices, tu, **params)


def _scatter_add_jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
    tx = _zeros_like(xs[0]) if ts[0] is None else ts[0]
    if ts[2] is None:
        return tx
    return bind(scatter_add_p, tx, xs[1], ts[2], **params)


def _scatter_add_transpose(ct: Any, x: Any, indices: Any, updates: Any, **params: Any) -> list[Any]:
    """Pass the cotangent to the operand, and gather it for the updates."""
    ct_x = ct if isinstance(x, Linear) else None
    if not isinstance(updates, Linear):
        return [ct_x, None, None]
    like = _ShapeOnly(updates.aval.shape)
    return [ct_x, None, _read(ct, indices, like, params)]


class _ShapeOnly:
    """Something with a shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def _scatter_mul_jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
    """Multiply each factor's tangent by the product of all the other factors."""
    x, indices, updates = xs
    tx, _, tu = ts
    total = None
    if tx is not None:
        ones = np.ones(shape_of(x), dtype_of(x))
        total = mul(tx, bind(scatter_mul_p, ones, indices, updates, **params))
    if tu is None:
        return total
    weight = _read(x, indices, updates, params)
    if not _one_window(indices, params):
        from .segments import product_of_others

        places = _places(x, indices, updates, params)
        weight = mul(weight, product_of_others(places, updates))
    total = _zeros_like(x) if total is None else total
    return bind(scatter_add_p, total, indices, mul(tu, weight), **params)


def _places(x: Any, indices: Any, updates: Any, params: dict[str, Any]) -> Any:
    """Return, for each update, where it goes: flat, counted from 1; 0 if it is dropped."""
    size = int(np.prod(shape_of(x), dtype=np.int64))
    places = reshape(np.arange(1, size + 1), shape_of(x))
    return _read(places, indices, updates, params)


def _scatter_extremum_jvp(name: str) -> Callable[..., Any]:
    def jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
        """Share the derivative equally among all that attain the extremum."""
        x, indices, updates = xs
        tx, _, tu = ts
        dtype = dtype_of(x)
        hit_x = convert_element_type(eq(x, o), dtype)
        hit_u = convert_element_type(eq(updates, _read(o, indices, updates, params)), dtype)
        count = bind(scatter_add_p, hit_x, indices, hit_u, **params)
        total = None if tx is None else mul(tx, hit_x)
        if tu is not None:
            total = _zeros_like(x) if total is None else total
            total = bind(scatter_add_p, total, indices, mul(tu, hit_u), **params)
        return None if total is None else div(total, count)

    return jvp


# --- the primitives -----------------------------------------------------------------------------

_PRIMS: dict[str, Primitive] = {}


def _scatter(
    name: str,
    ufunc: np.ufunc | None,
    jvp: Callable[..., Any],
    transpose: Callable[..., Any] = not_linear,
) -> Primitive:
    prim = Primitive(
        name,
        impl=_scatter_impl(ufunc),
        abstract_eval=_scatter_abstract(name),
        jvp=jvp,
        transpose=transpose,
        batch=_scatter_batch(name),
        lower=Kernel(name),
    )
    _PRIMS[name] = prim
    return prim


scatter_p = _scatter("scatter", None, _scatter_jvp)
scatter_add_p = _scatter("scatter_add", np.add, _scatter_add_jvp, _scatter_add_transpose)
scatter_mul_p = _scatter("scatter_mul", np.multiply, _scatter_mul_jvp)
scatter_min_p = _scatter("scatter_min", np.minimum, _scatter_extremum_jvp("scatter_min"))
scatter_max_p = _scatter("scatter_max", np.maximum, _scatter_extremum_jvp("scatter_max"))


def scatter(
    x: Any,
    indices: Any,
    updates: Any,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    op: str = "scatter",
    mode: str = "fill",
    unique_indices: bool = False,
) -> Any:
    """Write windows of `updates` into a copy of `x`; `op` names the primitive.

    Parameters
    ----------
    op : {"scatter", "scatter_add", "scatter_mul", "scatter_min", "scatter_max"}
        How an update meets what is there.
    mode : {"fill", "clip", "promise_in_bounds"}
        A window that does not fit is dropped, or moved so that it fits.
    unique_indices : bool
        A promise that no position is written twice, which makes some of this cheaper.

    Examples
    --------
    >>> import numpy as np
    >>> numbers = ScatterDimensionNumbers((), (0,), (0,))
    >>> scatter(np.zeros(3), np.array([[1], [1], [9]]), np.ones(3), numbers, op="scatter_add")
    array([0., 2., 0.])
    """
    return bind(
        _PRIMS[op],
        x,
        indices,
        updates,
        dimension_numbers=dimension_numbers,
        mode=mode,
        unique_indices=unique_indices,
    )


__all__ = [
    "ScatterDimensionNumbers",
    "scatter",
    "scatter_add_p",
    "scatter_max_p",
    "scatter_min_p",
    "scatter_mul_p",
    "scatter_p",
]
