"""Reading at computed positions: gather.

It has the semantics of XLA's Gather (https://openxla.org/xla/operation_semantics#gather):
one general form in which every NumPy index can be said, which is closed under vmap (a mapped
index array adds a batching axis) and whose transpose is `scatter_add` with the same numbers.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    summarize,
)
from .elementwise import zeros
from .lowering import Kernel

MODES = ("clip", "fill", "promise_in_bounds")


def _where() -> str:
    return summarize(current_source())


class GatherDimensionNumbers(NamedTuple):
    """Which axes mean what in a gather, as in XLA.

    Attributes
    ----------
    offset_dims : tuple of int
        Axes of the result that run through a slice; sorted.
    collapsed_slice_dims : tuple of int
        Axes of the operand whose slices have length 1 (or 0) and are dropped; sorted.
    start_index_map : tuple of int
        For each component of an index vector, the operand's axis that it positions.
    operand_batching_dims, start_indices_batching_dims : tuple of int
        Axes of the operand and of the indices that run together.
    """

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()


# --- where a gather or scatter reads and writes --------------------------------------------------


def in_bounds(shape: Sequence[int], indices: Any, index_map: Sequence[int], sizes: Any) -> Any:
    """Tell for each index vector whether its whole slice lies inside the operand."""
    ok = np.ones(indices.shape[:-1], np.bool_)
    for k, d in enumerate(index_map):
        start = indices[..., k]
        ok &= (start >= 0) & (start <= shape[d] - sizes[d])
    return ok


def positions(
    shape: Sequence[int],
    indices: Any,
    dnums: GatherDimensionNumbers,
    sizes: Sequence[int],
    rank: int,
) -> dict[int, Any]:
    """Return, for each operand axis that is not read whole, an index array of `rank` axes.

    The arrays broadcast to the gather's result (the scatter's updates). Starts are clamped.
    """
    batch_axes = [d for d in range(rank) if d not in dnums.offset_dims]
    offsets = iter(dnums.offset_dims)
    out: dict[int, Any] = {}
    for d, (n, m) in enumerate(zip(shape, sizes, strict=True)):
        if d in dnums.operand_batching_dims:
            axis = batch_axes[
                dnums.start_indices_batching_dims[dnums.operand_batching_dims.index(d)]
            ]
            out[d] = _along(np.arange(n), axis, rank)
            continue
        offset = None if d in dnums.collapsed_slice_dims else next(offsets)
        if d in dnums.start_index_map:
            start = indices[..., dnums.start_index_map.index(d)]
            start = np.clip(start, 0, max(n - m, 0)).astype(np.intp)
            full = [1] * rank
            for axis, k in zip(batch_axes, start.shape, strict=True):
                full[axis] = k
            out[d] = start.reshape(full)
            if offset is not None and m != 1:
                out[d] = out[d] + _along(np.arange(m), offset, rank)
        elif m != n or offset is None:
            out[d] = np.zeros((1,) * rank, np.intp)
            if offset is not None:
                out[d] = _along(np.arange(m), offset, rank)
    return out


def _along(v: Any, axis: int, rank: int) -> Any:
    """Lay a vector along one of `rank` axes."""
    return v.reshape((1,) * axis + (-1,) + (1,) * (rank - 1 - axis))


def default_fill(dtype: np.dtype[Any]) -> Any:
    """Return what fills positions out of bounds: NaN, the lowest signed, the highest unsigned."""
    if dtype.kind in "fc":
        return dtype.type(np.nan)
    if dtype.kind == "b":
        return np.bool_(True)
    info = np.iinfo(dtype)
    return dtype.type(info.max if dtype.kind == "u" else info.min)


# --- gather -------------------------------------------------------------------------------------


def _gather_shape(
    indices: tuple[int, ...], dnums: GatherDimensionNumbers, sizes: Sequence[int]
) -> tuple[int, ...]:
    dropped = dnums.collapsed_slice_dims + dnums.operand_batching_dims
    offset = iter(m for d, m in enumerate(sizes) if d not in dropped)
    batch = iter(indices[:-1])
    rank = len(indices) - 1 + len(dnums.offset_dims)
    return tuple(next(offset) if d in dnums.offset_dims else next(batch) for d in range(rank))


def _gather_abstract(
    x: ShapedArray,
    indices: ShapedArray,
    *,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: tuple[int, ...],
    mode: str,
    fill_value: Any,
) -> ShapedArray:
    check_dimension_numbers("gather", x, indices, dimension_numbers, slice_sizes)
    if mode not in MODES:
        raise ValueError(f"gather: mode must be one of {MODES}, got {mode!r} {_where()}")
    return ShapedArray(_gather_shape(indices.shape, dimension_numbers, slice_sizes), x.dtype)


def check_dimension_numbers(
    name: str,
    x: ShapedArray,
    indices: ShapedArray,
    dnums: GatherDimensionNumbers,
    sizes: tuple[int, ...],
) -> None:
    """Raise if the numbers do not fit the operand and the indices."""
    if indices.dtype.kind not in "iu":
        raise DTypeError(f"{name} needs integer indices, got {indices.dtype.name} {_where()}")
    if indices.ndim == 0 or indices.shape[-1] != len(dnums.start_index_map):
        raise ShapeError(
            f"{name}: the last axis of the indices (shape {indices.shape}) must have one component "
            f"for each of the {len(dnums.start_index_map)} indexed axes {_where()}"
        )
    dropped = dnums.collapsed_slice_dims + dnums.operand_batching_dims
    problems = {
        f"slice sizes {sizes} for an operand of {x.ndim} axes": len(sizes) != x.ndim,
        f"an axis named twice in {dropped}": len(set(dropped)) != len(dropped),
        f"axes out of range in {dnums}": any(
            not 0 <= d < x.ndim for d in dropped + dnums.start_index_map
        ),
        f"an axis indexed twice in {dnums.start_index_map}": len(set(dnums.start_index_map))
        != len(dnums.start_index_map),
        f"{len(dnums.offset_dims)} offset axes for {x.ndim - len(dropped)} axes": len(
            dnums.offset_dims
        )
        != x.ndim - len(dropped),
    }
    for what, wrong in problems.items():
        if wrong:
            raise ShapeError(f"{name}: {what} {_where()}")
    for d, (n, m) in enumerate(zip(x.shape, sizes, strict=True)):
        if not 0 <= m <= n or (d in dropped and m > 1):
            raise ShapeError(f"{name}: slices of {m} do not fit axis {d} of {n} {_where()}")
    pairs = zip(dnums.operand_batching_dims, dnums.start_indices_batching_dims, strict=True)
    for d, e in pairs:
        if x.shape[d] != indices.shape[e]:
            raise ShapeError(
                f"{name}: batching axes {d} of {x.shape} and {e} of {indices.shape} differ {_where()}"
            )


def _gather_impl(
    x: Any,
    indices: Any,
    *,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: tuple[int, ...],
    mode: str,
    fill_value: Any,
) -> Any:
    x, indices, dnums = np.asarray(x), np.asarray(indices), dimension_numbers
    rank = indices.ndim - 1 + len(dnums.offset_dims)
    out = _take(x, indices, dnums, slice_sizes, rank)
    if out is None:
        out = _gather_general(x, indices, dnums, slice_sizes, rank)
    if mode == "fill":
        ok = in_bounds(x.shape, indices, dnums.start_index_map, slice_sizes)
        if not ok.all():
            fill = default_fill(x.dtype) if fill_value is None else x.dtype.type(fill_value)
            out = np.where(np.expand_dims(ok, dnums.offset_dims), out, fill)
    return out


def _take(
    x: Any, indices: Any, dnums: GatherDimensionNumbers, sizes: tuple[int, ...], rank: int
) -> Any:
    """Gather whole slices along one axis with np.take, or return None."""
    if len(dnums.start_index_map) != 1 or dnums.collapsed_slice_dims != dnums.start_index_map:
        return None
    (axis,) = dnums.start_index_map
    if dnums.operand_batching_dims or sizes[:axis] != x.shape[:axis]:
        return None
    if sizes[axis + 1 :] != x.shape[axis + 1 :] or sizes[axis] != 1:
        return None
    out = np.take(x, indices[..., 0], axis, mode="clip")
    batch = [d for d in range(rank) if d not in dnums.offset_dims]
    offset = list(dnums.offset_dims)
    return out.transpose(np.argsort(offset[:axis] + batch + offset[axis:]))


def _gather_general(
    x: Any, indices: Any, dnums: GatherDimensionNumbers, sizes: tuple[int, ...], rank: int
) -> Any:
    """Index with arrays along the axes that are not read whole, keep the others."""
    where = positions(x.shape, indices, dnums, sizes, rank)
    shape = _gather_shape(indices.shape, dnums, sizes)
    if 0 in shape:
        return np.empty(shape, x.dtype)
    dropped = dnums.collapsed_slice_dims + dnums.operand_batching_dims
    kept = [d for d in range(x.ndim) if d not in dropped]
    whole = [d for d in range(x.ndim) if d not in where]
    whole_axes = [dnums.offset_dims[kept.index(d)] for d in whole]
    partial_axes = [a for a in range(rank) if a not in whole_axes]
    index = tuple(
        v.reshape([v.shape[a] for a in partial_axes]) for v in (where[d] for d in sorted(where))
    )
    if index:
        index = (*np.broadcast_arrays(*index),)
        out = x.transpose([*sorted(where), *whole])[index]
    else:
        out = x
    full = [shape[a] for a in partial_axes] + [x.shape[d] for d in whole]
    out = np.broadcast_to(
        out.reshape(out.shape if index else (1,) * len(partial_axes) + out.shape), full
    )
    return out.transpose(np.argsort(partial_axes + whole_axes))


def _gather_jvp(ts: Any, xs: Any, o: Any, **params: Any) -> Any:
    return bind(gather_p, ts[0], xs[1], **(params | {"fill_value": 0}))


def _gather_transpose(ct: Any, x: Any, indices: Any, **params: Any) -> list[Any]:
    """Add the cotangent where it was read."""
    from .scatter import scatter_add_p, scatter_numbers

    out = bind(
        scatter_add_p,
        zeros(x.aval),
        indices,
        ct,
        dimension_numbers=scatter_numbers(params["dimension_numbers"]),
        mode=params["mode"],
        unique_indices=False,
    )
    return [out, None]


def shift(dims: Sequence[int]) -> tuple[int, ...]:
    """Make room for an axis in front."""
    return tuple(d + 1 for d in dims)


def _gather_batch(size: int, args: Any, batched: Any, **params: Any) -> Any:
    """Operand mapped: one more offset axis. Indices: one more batch axis. Both: batching axes."""
    d, sizes = params["dimension_numbers"], params["slice_sizes"]
    if not batched[0]:
        numbers = d._replace(
            offset_dims=shift(d.offset_dims),
            start_indices_batching_dims=shift(d.start_indices_batching_dims),
        )
    elif not batched[1]:
        numbers = GatherDimensionNumbers(
            (0, *shift(d.offset_dims)),
            shift(d.collapsed_slice_dims),
            shift(d.start_index_map),
            shift(d.operand_batching_dims),
            d.start_indices_batching_dims,
        )
        sizes = (size, *sizes)
    else:
        numbers = GatherDimensionNumbers(
            shift(d.offset_dims),
            shift(d.collapsed_slice_dims),
            shift(d.start_index_map),
            (0, *shift(d.operand_batching_dims)),
            (0, *shift(d.start_indices_batching_dims)),
        )
        sizes = (min(size, 1), *sizes)
    return bind(gather_p, *args, **(params | {"dimension_numbers": numbers, "slice_sizes": sizes}))


gather_p = Primitive(
    "gather",
    impl=_gather_impl,
    abstract_eval=_gather_abstract,
    jvp=_gather_jvp,
    transpose=_gather_transpose,
    batch=_gather_batch,
    lower=Kernel("gather"),
)

# --- the primitives as functions ----------------------------------------------------------------


def gather(
    x: Any,
    indices: Any,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: Sequence[int],
    mode: str = "fill",
    fill_value: Any = None,
) -> Any:
    """Read slices of `x` that start at index vectors; see `GatherDimensionNumbers`.

    Parameters
    ----------
    mode : {"fill", "clip", "promise_in_bounds"}
        A slice that does not fit is replaced by `fill_value` (NaN, or the extreme integer),
        or moved so that it fits; with a promise that cannot happen.
    """
    return bind(
        gather_p,
        x,
        indices,
        dimension_numbers=dimension_numbers,
        slice_sizes=tuple(slice_sizes),
        mode=mode,
        fill_value=fill_value,
    )


__all__ = [
    "MODES",
    "GatherDimensionNumbers",
    "check_dimension_numbers",
    "gather",
    "gather_p",
    "in_bounds",
    "positions",
    "shift",
]
