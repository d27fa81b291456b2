"""Indexing: what ``x[index]`` and ``x.at`` are, and NumPy's functions that index."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConcretizationError, ShapeError
from ..ir import Tracer, current_source, dtype_of, shape_of, summarize
from ..ir.trace import keep_class
from ..prims.sorting import take_along
from ._axes import normalize_axis
from ._dispatch import numpy_first
from ._elementwise import clip, where
from ._getitem import getitem as getitem
from ._index_plan import parse_index
from ._index_update import IndexUpdate as IndexUpdate
from ._index_update import at as at
from ._manipulation import broadcast_to, expand_dims, ravel, reshape, stack
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
    "diag",
    "diag_indices",
    "diag_indices_from",
    "diagflat",
    "diagonal",
    "extract",
    "fill_diagonal",
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
    "tri",
    "tril",
    "tril_indices",
    "tril_indices_from",
    "triu",
    "triu_indices",
    "triu_indices_from",
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
        return np.asanyarray(np.take(x, i, axis, mode=mode or "raise"))
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


def _in_place(name: str, np_f: Any, inplace: bool, *args: Any) -> bool:
    """Let NumPy write in place, or explain why that cannot be."""
    if not inplace:
        return False
    if not is_plain(*args):
        raise TypeError(
            f"{name} writes in place, which cannot be traced {_where()}; pass inplace=False and "
            "use the returned array"
        )
    np_f(*args)
    return True


def put_along_axis(
    arr: Any, indices: Any, values: Any, axis: int | None, inplace: bool = True
) -> Any:
    """Put values by an index array of the same rank. See `numpy.put_along_axis`.

    With ``inplace=False`` `arr` is left alone and an updated copy is returned.
    """
    if _in_place(
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
    if _in_place("put", lambda a, i, v: np.put(a, i, v, mode or "raise"), inplace, a, ind, v):
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
    if _in_place("putmask", np.putmask, inplace, a, mask, values):
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

    if _in_place("place", np.place, inplace, arr, mask, vals):
        return None
    x, v = _array(arr, "place"), ravel(_array(vals, "place"))
    hit = ravel(_array(mask, "place")) != 0
    rank = (cumsum(hit) - 1) % shape_of(v)[0]
    chosen = getitem(v, where(hit, rank, 0))
    return where(reshape(hit, shape_of(x)), reshape(cast(chosen, dtype_of(x)), shape_of(x)), x)


# --- diagonals and triangles --------------------------------------------------------------------


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return a diagonal; its axis comes last. See `numpy.diagonal`.

    A diagonal is a strided slice of the flattened matrix, so that nothing is gathered.
    """
    x = _array(a, "diagonal")
    if is_plain(x):
        return np.diagonal(x, offset, axis1, axis2)
    ndim = len(shape_of(x))
    if ndim < 2:
        raise ShapeError(f"diagonal needs at least two axes, got shape {shape_of(x)} {_where()}")
    i, j = normalize_axis(axis1, ndim), normalize_axis(axis2, ndim)
    if i == j:
        raise ShapeError(f"diagonal needs two different axes {_where()}")
    from ..prims.shape import transpose

    x = transpose(x, (*(d for d in range(ndim) if d not in (i, j)), i, j))
    *lead, m, n = shape_of(x)
    length = max(0, min(m, n - offset) if offset >= 0 else min(m + offset, n))
    start = (offset if offset >= 0 else -offset * n) if length else 0
    flat = reshape(x, (*lead, m * n))
    stop = start + (length - 1) * (n + 1) + 1 if length else start
    return getitem(flat, (..., slice(start, stop, n + 1)))


def diag(v: Any, k: int = 0) -> Any:
    """Return the diagonal of a matrix, or the matrix with that diagonal. See `numpy.diag`."""
    x = _array(v, "diag")
    if is_plain(x):
        return keep_class(np.diag(x, k), (x,))
    if len(shape_of(x)) == 2:
        return diagonal(x, k)
    if len(shape_of(x)) != 1:
        raise ShapeError(f"diag takes a vector or a matrix, got shape {shape_of(x)} {_where()}")
    from ..prims.shape import pad

    length = shape_of(x)[0]
    n = length + abs(k)
    if not length:
        return np.zeros((n, n), dtype_of(x))
    start = k if k >= 0 else -k * n
    covered = start + (length - 1) * (n + 1) + 1
    return reshape(pad(x, dtype_of(x).type(0), [(start, n * n - covered, n)]), (n, n))


def diagflat(v: Any, k: int = 0) -> Any:
    """Return the matrix whose diagonal is the flattened input. See `numpy.diagflat`."""
    return diag(ravel(v), k)


def fill_diagonal(a: Any, val: Any, wrap: bool = False, inplace: bool = True) -> Any:
    """Fill the main diagonal. See `numpy.fill_diagonal`.

    With ``inplace=False`` `a` is left alone and an updated copy is returned.
    """
    if _in_place("fill_diagonal", lambda a, v: np.fill_diagonal(a, v, wrap), inplace, a, val):
        return None
    x, v = _array(a, "fill_diagonal"), ravel(_array(val, "fill_diagonal"))
    s = shape_of(x)
    if len(s) < 2 or (len(s) > 2 and len(set(s)) != 1):
        raise ShapeError(f"fill_diagonal: shape {s} has no main diagonal {_where()}")
    if len(s) == 2 and wrap:
        flat = np.arange(0, s[0] * s[1], s[1] + 1)
    else:
        flat = np.ravel_multi_index((np.arange(min(s)),) * len(s), s)
    v = getitem(v, np.arange(flat.size) % shape_of(v)[0])
    return reshape(IndexUpdate(ravel(x))[flat].set(v, unique_indices=True), s)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Any:
    """Return ones at and below a diagonal. See `numpy.tri`."""
    return np.tri(N, M, k, dtype)


def _triangle(name: str, m: Any, k: int, lower: bool) -> Any:
    x = _array(m, name)
    s = shape_of(x)
    if len(s) == 1:
        x, s = broadcast_to(x, s * 2), s * 2
    if len(s) < 2:
        raise ShapeError(f"{name} needs at least one axis {_where()}")
    mask = np.broadcast_to(np.tri(s[-2], s[-1], k if lower else k - 1, np.bool_), s)
    zero = dtype_of(x).type(0)
    return where(mask, x, zero) if lower else where(mask, zero, x)


def tril(m: Any, k: int = 0) -> Any:
    """Return the lower triangle, zeros elsewhere. See `numpy.tril`."""
    return _triangle("tril", m, k, True)


def triu(m: Any, k: int = 0) -> Any:
    """Return the upper triangle, zeros elsewhere. See `numpy.triu`."""
    return _triangle("triu", m, k, False)


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, ...]:
    """Return the positions of a lower triangle. See `numpy.tril_indices`."""
    return np.tril_indices(n, k, m)


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, ...]:
    """Return the positions of an upper triangle. See `numpy.triu_indices`."""
    return np.triu_indices(n, k, m)


def _matrix_shape(arr: Any, name: str) -> tuple[int, int]:
    s = shape_of(_array(arr, name))
    if len(s) != 2:
        raise ShapeError(f"{name} takes a matrix, got shape {s} {_where()}")
    return s  # type: ignore[return-value]


def tril_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """Return the positions of the lower triangle of `arr`. See `numpy.tril_indices_from`."""
    m, n = _matrix_shape(arr, "tril_indices_from")
    return np.tril_indices(m, k, n)


def triu_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """Return the positions of the upper triangle of `arr`. See `numpy.triu_indices_from`."""
    m, n = _matrix_shape(arr, "triu_indices_from")
    return np.triu_indices(m, k, n)


def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """Return the positions of a main diagonal. See `numpy.diag_indices`."""
    return np.diag_indices(n, ndim)


def diag_indices_from(arr: Any) -> tuple[Any, ...]:
    """Return the positions of the main diagonal of `arr`. See `numpy.diag_indices_from`."""
    s = shape_of(_array(arr, "diag_indices_from"))
    if len(s) < 2 or len(set(s)) != 1:
        raise ShapeError(f"diag_indices_from needs equal axes, got shape {s} {_where()}")
    return np.diag_indices(s[0], len(s))


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
