"""Indexing: what ``x[index]`` and ``x.at`` are, and NumPy's functions that index."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConcretizationError, ShapeError
from ..ir import Tracer, current_source, dtype_of, shape_of, summarize
from ..prims.sorting import take_along
from ._axes import normalize_axis
from ._diagonal import diagonal as diagonal
from ._dispatch import numpy_first, write_in_place
from ._elementwise import clip, where
from ._getitem import getitem as getitem
from ._index_plan import parse_index
from ._index_update import IndexUpdate as IndexUpdate
from ._index_update import at as at
from ._joining import stack
from ._manipulation import broadcast_to, expand_dims, ravel, reshape
from ._promotion import (
    as_array,
    broadcast_shapes,
    broadcast_to_shape,
    cast,
    is_plain,
    promote_dtypes,
)

__all__ = [
    "at",
    "choose",
    "compress",
    "extract",
    "indices",
    "ix_",
    "piecewise",
    "place",
    "put",
    "put_along_axis",
    "putmask",
    "ravel_multi_index",
    "select",
    "take",
    "take_along_axis",
    "unravel_index",
]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _where() -> str:
    return summarize(current_source())


# --- taking and putting -------------------------------------------------------------------------


def take(
    a: Any,
    indices: Any,
    axis: int | None = None,
    out: None = None,
    mode: str | None = None,
    fill_value: Any = None,
) -> Any:
    """Take elements along an axis. See `numpy.take`.

    Parameters
    ----------
    mode : {None, "raise", "clip", "wrap", "fill"}
        What becomes of positions out of bounds. By default known ones raise IndexError and those
        that are known only at run time are clamped. As in NumPy, "clip" and "wrap" do not count
        negative positions from the end; "fill" does, and gives `fill_value` (or NaN).

    Examples
    --------
    >>> import numpy as np
    >>> take(np.array([10, 20, 30]), np.array([0, 5]), mode="wrap")
    array([10, 30])
    """
    x, i = _array(a, "take"), _array(indices, "take")
    if is_plain(x, i) and mode != "fill":
        how: Any = mode or "raise"
        return np.asanyarray(np.take(x, i, axis, mode=how))
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(shape_of(x)))
    n = shape_of(x)[axis]
    at_axis = (slice(None),) * axis
    if mode == "raise" and isinstance(i, Tracer):
        raise ConcretizationError(
            f"take(mode='raise') would have to look at positions that are not known while tracing "
            f"{_where()}; use mode='clip', 'wrap' or 'fill'"
        )
    if mode == "fill":
        return IndexUpdate(x)[(*at_axis, i)].get(mode="fill", fill_value=fill_value)
    if mode == "clip":
        i = clip(i, 0, n - 1)
    elif mode == "wrap":
        i = i % n
    elif mode not in (None, "raise"):
        raise ValueError(f"take: mode {mode!r} is not clip, wrap, fill or raise {_where()}")
    return getitem(x, (*at_axis, i))


def _along_axis(x: Any, indices: Any, axis: int, name: str) -> tuple[Any, Any]:
    """Broadcast an array and an index array against each other, except along `axis`."""
    s, t = shape_of(x), shape_of(indices)
    if len(s) != len(t):
        raise ShapeError(
            f"{name} needs indices with as many axes as the array, got shapes {t} and {s} {_where()}"
        )
    common = broadcast_shapes(*((*u[:axis], 1, *u[axis + 1 :]) for u in (s, t)))
    full = [(*common[:axis], u[axis], *common[axis + 1 :]) for u in (s, t)]
    return broadcast_to_shape(x, full[0]), broadcast_to_shape(indices, full[1])


def _checked(indices: Any, n: int, lenient: bool) -> Any:
    """Check known positions, and count negative ones from the end."""
    return parse_index(indices, (n,), lenient).entries[0].value


def take_along_axis(
    arr: Any, indices: Any, axis: int | None = -1, mode: str | None = None, fill_value: Any = None
) -> Any:
    """Take by an index array of the same rank, as `argsort` gives it. See `numpy.take_along_axis`.

    ``mode="fill"`` gives `fill_value` (or NaN) out of bounds; for others see `take`.
    """
    x, i = _array(arr, "take_along_axis"), _array(indices, "take_along_axis")
    if is_plain(x, i) and mode is None:
        return np.asanyarray(np.take_along_axis(x, i, axis))
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(shape_of(x)))
    x, i = _along_axis(x, i, axis, "take_along_axis")
    if shape_of(i) == ():
        raise ShapeError(f"take_along_axis needs at least one axis {_where()}")
    i = np.asarray(i) if not isinstance(i, Tracer) else i
    known = not isinstance(i, Tracer) and mode is None
    i = _checked(i, shape_of(x)[axis], mode is not None)
    if 0 in shape_of(i):
        return np.zeros(shape_of(i), dtype_of(x))
    return take_along(x, i, axis, "promise_in_bounds" if known else mode or "clip", fill_value)


def put_along_axis(
    arr: Any, indices: Any, values: Any, axis: int | None, inplace: bool = True
) -> Any:
    """Put values by an index array of the same rank. See `numpy.put_along_axis`.

    With ``inplace=False`` `arr` is left alone and an updated copy is returned.
    """
    if write_in_place(
        "put_along_axis",
        lambda a, i, v: np.put_along_axis(a, i, v, axis),
        inplace,
        arr,
        indices,
        values,
    ):
        return None
    x, i = _array(arr, "put_along_axis"), _array(indices, "put_along_axis")
    shape = shape_of(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(shape_of(x)))
    _, i = _along_axis(x, i, axis, "put_along_axis")
    s = shape_of(i)
    grid = [
        i if d == axis else np.arange(n).reshape((-1,) + (1,) * (len(s) - 1 - d))
        for d, n in enumerate(s)
    ]
    return reshape(IndexUpdate(x)[tuple(grid)].set(values), shape)


def put(a: Any, ind: Any, v: Any, mode: str | None = None, inplace: bool = True) -> Any:
    """Put values at flat positions; values are repeated as needed. See `numpy.put`.

    With ``inplace=False`` `a` is left alone and an updated copy is returned.
    """
    how: Any = mode or "raise"
    if write_in_place("put", lambda a, i, v: np.put(a, i, v, how), inplace, a, ind, v):
        return None
    x, i, values = _array(a, "put"), ravel(_array(ind, "put")), ravel(_array(v, "put"))
    n = int(np.prod(shape_of(x), dtype=np.int64))
    if mode == "clip":
        i = clip(i, 0, n - 1)
    elif mode == "wrap":
        i = i % n
    if shape_of(values)[0] == 0 or shape_of(i)[0] == 0:
        return x
    values = getitem(values, np.arange(shape_of(i)[0]) % shape_of(values)[0])
    return reshape(IndexUpdate(ravel(x))[i].set(values), shape_of(x))


def putmask(a: Any, mask: Any, values: Any, inplace: bool = True) -> Any:
    """Put values where the mask is true, from the same places. See `numpy.putmask`.

    With ``inplace=False`` `a` is left alone and an updated copy is returned.
    """
    if write_in_place("putmask", np.putmask, inplace, a, mask, values):
        return None
    x, v = _array(a, "putmask"), ravel(_array(values, "putmask"))
    n = int(np.prod(shape_of(x), dtype=np.int64))
    v = reshape(getitem(v, np.arange(n) % shape_of(v)[0]), shape_of(x))
    return where(mask, cast(v, dtype_of(x)), x)


def place(arr: Any, mask: Any, vals: Any, inplace: bool = True) -> Any:
    """Put the first values where the mask is true, one after the other. See `numpy.place`.

    With ``inplace=False`` `arr` is left alone and an updated copy is returned.
    """
    from ._cumulative import cumsum

    if write_in_place("place", np.place, inplace, arr, mask, vals):
        return None
    x, v = _array(arr, "place"), ravel(_array(vals, "place"))
    hit = ravel(_array(mask, "place")) != 0
    rank = (cumsum(hit) - 1) % shape_of(v)[0]
    chosen = getitem(v, where(hit, rank, 0))
    return where(reshape(hit, shape_of(x)), reshape(cast(chosen, dtype_of(x)), shape_of(x)), x)


# --- choosing -----------------------------------------------------------------------------------


@numpy_first(np.choose)
def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """Build an array by choosing among arrays. See `numpy.choose`.

    Positions that are known only at run time are clamped with ``mode="raise"``.
    """
    cases = promote_dtypes(*[_array(c, "choose") for c in choices])
    i = _array(a, "choose")
    n = len(cases)
    i = i % n if mode == "wrap" else clip(i, 0, n - 1)
    shape = broadcast_shapes(shape_of(i), *map(shape_of, cases))
    table = stack([broadcast_to_shape(c, shape) for c in cases], 0)
    chosen = take_along_axis(table, expand_dims(broadcast_to_shape(i, shape), 0), 0)
    return reshape(chosen, shape)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Choose by the first condition that holds. See `numpy.select`."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ShapeError(
            f"select needs as many conditions as choices, got {len(condlist)} and {len(choicelist)} "
            f"{_where()}"
        )
    *cases, out = promote_dtypes(*[as_array(c) for c in (*choicelist, default)])
    shape = broadcast_shapes(*(shape_of(as_array(c)) for c in (*condlist, *cases)))
    for c, case in zip(reversed(condlist), reversed(cases), strict=True):
        out = where(c, case, out)
    return broadcast_to(out, shape) if shape_of(out) != shape else out


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """Evaluate a function defined by pieces; the last condition that holds counts.

    While tracing, every piece is evaluated everywhere. See `numpy.piecewise`.
    """
    x = _array(x, "piecewise")
    conditions = list(condlist) if isinstance(condlist, list | tuple) else condlist
    if not isinstance(conditions, list):
        c = _array(conditions, "piecewise")
        conditions = [c] if shape_of(c) == shape_of(x) else [c[i] for i in range(shape_of(c)[0])]
    elif not conditions or (isinstance(conditions[0], bool) and shape_of(x) != ()):
        conditions = [np.asarray(conditions)]
    n = len(conditions)
    if len(funclist) not in (n, n + 1):
        raise ShapeError(
            f"piecewise: {n} conditions need {n} or {n + 1} functions, got {len(funclist)} {_where()}"
        )
    if is_plain(x, *conditions):
        return np.piecewise(x, conditions, list(funclist), *args, **kw)
    d = dtype_of(x)
    pieces = [cast(as_array(f(x, *args, **kw) if callable(f) else f), d) for f in funclist]
    out = pieces[n] if len(pieces) > n else d.type(0)
    for c, piece in zip(conditions, pieces, strict=False):
        out = where(c, piece, out)
    return broadcast_to(out, shape_of(x)) if shape_of(out) != shape_of(x) else out


@numpy_first(np.compress, ours=("size", "fill_value"))
def compress(
    condition: Any,
    a: Any,
    axis: int | None = None,
    out: None = None,
    *,
    size: int | None = None,
    fill_value: Any = 0,
) -> Any:
    """Return the slices where a condition holds. See `numpy.compress`.

    A traced condition needs `size`, the number of slices to return, padded with `fill_value`.
    """
    from ._search import nonzero

    x, keep = _array(a, "compress"), _array(condition, "compress")
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(shape_of(x)))
    n = shape_of(x)[axis]
    (i,) = nonzero(keep, size=size, fill_value=None if size is None else n)
    if size is None:
        return take(x, i, axis)
    fill = dtype_of(x).type(fill_value)
    return take(x, i, axis, mode="fill", fill_value=fill.item())


def extract(condition: Any, arr: Any, *, size: int | None = None, fill_value: Any = 0) -> Any:
    """Return the elements where a condition holds. See `numpy.extract` and `compress`."""
    keep = _array(condition, "extract")
    keep = ravel(keep) if isinstance(keep, Tracer) else np.ravel(keep)
    return compress(keep, ravel(arr), size=size, fill_value=fill_value)


# --- index arithmetic ---------------------------------------------------------------------------


@numpy_first(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Build an open mesh from sequences. See `numpy.ix_`."""
    out = []
    for d, a in enumerate(args):
        i = _array(a, "ix_")
        if len(shape_of(i)) != 1:
            raise ShapeError(f"ix_ takes vectors, got shape {shape_of(i)} {_where()}")
        if dtype_of(i) == np.bool_:
            from ._search import nonzero

            (i,) = nonzero(i)
        out.append(reshape(i, tuple(-1 if e == d else 1 for e in range(len(args)))))
    return tuple(out)


def indices(dimensions: Sequence[int], dtype: Any = int, sparse: bool = False) -> Any:
    """Return the positions of a grid. See `numpy.indices`."""
    return np.indices(dimensions, dtype, sparse)  # type: ignore[call-overload]


@numpy_first(np.unravel_index)
def unravel_index(indices: Any, shape: Sequence[int], order: str = "C") -> tuple[Any, ...]:
    """Turn flat positions into one position for each axis. See `numpy.unravel_index`.

    Positions that are known only at run time and out of bounds are clamped.
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    total = int(np.prod(sizes, dtype=np.int64))
    i = clip(_array(indices, "unravel_index"), 0, max(total - 1, 0))
    out = []
    for n in sizes if order == "F" else sizes[::-1]:
        out.append(cast(i % n, np.dtype(np.int64)))
        i = i // n
    return tuple(out if order == "F" else out[::-1])


@numpy_first(np.ravel_multi_index)
def ravel_multi_index(
    multi_index: Any, dims: Sequence[int], mode: Any = "raise", order: str = "C"
) -> Any:
    """Turn one position for each axis into flat ones. See `numpy.ravel_multi_index`.

    With ``mode="raise"``, what is known only at run time and out of bounds is clamped.
    """
    modes = (mode,) * len(dims) if isinstance(mode, str) else tuple(mode)
    axes = range(len(dims))
    flat: Any = np.int64(0)
    for d in axes if order == "C" else reversed(axes):
        i = cast(_array(multi_index[d], "ravel_multi_index"), np.dtype(np.int64))
        i = i % dims[d] if modes[d] == "wrap" else clip(i, 0, dims[d] - 1)
        flat = flat * dims[d] + i
    return flat
