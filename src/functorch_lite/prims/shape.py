"""Moving data about: broadcast, reshape, transpose, slice, pad, reverse, concatenate, iota.

All are linear. In batch rules the mapped axis is in front.
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
    no_tangent,
    not_linear,
    shape_of,
    summarize,
)
from ..ir.primitive import REGISTRY
from .elementwise import add_any
from .lowering import Library, Scalar, View


def _where() -> str:
    return summarize(current_source())


# --- broadcast_in_dim: out[..., i_d, ...] = x[i_{dims[0]}, ...], size-1 axes stretch -------------


def _expanded_shape(x_shape: tuple[int, ...], ndim: int, dims: tuple[int, ...]) -> tuple[int, ...]:
    full = [1] * ndim
    for d, n in zip(dims, x_shape, strict=True):
        full[d] = n
    return tuple(full)


def _broadcast_impl(x: Any, *, shape: tuple[int, ...], broadcast_dimensions: Any) -> Any:
    x = np.asarray(x)
    expanded = x.reshape(_expanded_shape(x.shape, len(shape), broadcast_dimensions))
    return np.broadcast_to(expanded, shape)


def _broadcast_abstract(
    x: ShapedArray, *, shape: tuple[int, ...], broadcast_dimensions: tuple[int, ...]
) -> ShapedArray:
    dims = broadcast_dimensions
    fits = len(dims) == x.ndim and list(dims) == sorted(set(dims))
    fits = fits and all(0 <= d < len(shape) for d in dims)
    if not fits or any(n not in (1, shape[d]) for d, n in zip(dims, x.shape, strict=True)):
        raise ShapeError(
            f"cannot broadcast shape {x.shape} to {shape} along axes {dims} {_where()}"
        )
    return ShapedArray(shape, x.dtype)


def _broadcast_transpose(
    ct: Any, x: Linear, *, shape: tuple[int, ...], broadcast_dimensions: tuple[int, ...]
) -> list[Any]:
    """Sum over the new axes and over the stretched ones."""
    new = [d for d in range(len(shape)) if d not in broadcast_dimensions]
    stretched = [
        d
        for d, n in zip(broadcast_dimensions, x.aval.shape, strict=True)
        if n == 1 and shape[d] != 1
    ]
    axes = tuple(sorted(new + stretched))
    out = bind(REGISTRY["reduce_sum"], ct, axes=axes) if axes else ct
    return [reshape(out, x.aval.shape)]


def _broadcast_batch(
    size: int, args: Any, batched: Any, *, shape: tuple[int, ...], broadcast_dimensions: Any
) -> Any:
    dims = (0, *(d + 1 for d in broadcast_dimensions))
    return broadcast_in_dim(args[0], (size, *shape), dims)


broadcast_in_dim_p: Primitive = Primitive(
    "broadcast_in_dim",
    impl=_broadcast_impl,
    abstract_eval=_broadcast_abstract,
    jvp=lambda ts, xs, o, **params: bind(broadcast_in_dim_p, ts[0], **params),
    transpose=_broadcast_transpose,
    batch=_broadcast_batch,
    lower=View("broadcast"),
)

# --- reshape ------------------------------------------------------------------------------------


def _reshape_abstract(x: ShapedArray, *, new_sizes: tuple[int, ...]) -> ShapedArray:
    out = ShapedArray(new_sizes, x.dtype)
    if out.size != x.size:
        raise ShapeError(
            f"cannot reshape an array of shape {x.shape} ({x.size} elements) to {new_sizes} "
            f"({out.size} elements) {_where()}"
        )
    return out


reshape_p = Primitive(
    "reshape",
    impl=lambda x, *, new_sizes: np.reshape(x, new_sizes),
    abstract_eval=_reshape_abstract,
    jvp=lambda ts, xs, o, *, new_sizes: reshape(ts[0], new_sizes),
    transpose=lambda ct, x, *, new_sizes: [reshape(ct, x.aval.shape)],
    batch=lambda size, args, batched, *, new_sizes: reshape(args[0], (size, *new_sizes)),
    lower=View("reshape"),
)

# --- transpose ----------------------------------------------------------------------------------


def _transpose_abstract(x: ShapedArray, *, permutation: tuple[int, ...]) -> ShapedArray:
    if sorted(permutation) != list(range(x.ndim)):
        raise ShapeError(
            f"{permutation} is not a permutation of the {x.ndim} axes of {x.shape} {_where()}"
        )
    return ShapedArray(tuple(x.shape[p] for p in permutation), x.dtype)


transpose_p = Primitive(
    "transpose",
    impl=lambda x, *, permutation: np.transpose(x, permutation),
    abstract_eval=_transpose_abstract,
    jvp=lambda ts, xs, o, *, permutation: transpose(ts[0], permutation),
    transpose=lambda ct, x, *, permutation: [
        transpose(ct, tuple(int(i) for i in np.argsort(permutation)))
    ],
    batch=lambda size, args, batched, *, permutation: transpose(
        args[0], (0, *(p + 1 for p in permutation))
    ),
    lower=View("transpose"),
)

# --- slice: static start, limit and (positive) strides -------------------------------------------


def _slice_impl(x: Any, *, start_indices: Any, limit_indices: Any, strides: Any) -> Any:
    index = map(slice, start_indices, limit_indices, strides)
    return np.asarray(x)[tuple(index)]


def _slice_abstract(
    x: ShapedArray, *, start_indices: Any, limit_indices: Any, strides: Any
) -> ShapedArray:
    if not len(start_indices) == len(limit_indices) == len(strides) == x.ndim:
        raise ShapeError(f"slice needs {x.ndim} starts, limits and strides {_where()}")
    shape = []
    for n, lo, hi, step in zip(x.shape, start_indices, limit_indices, strides, strict=True):
        if not (0 <= lo <= hi <= n and step > 0):
            raise ShapeError(f"slice {lo}:{hi}:{step} does not fit an axis of {n} {_where()}")
        shape.append(-(-(hi - lo) // step))
    return ShapedArray(tuple(shape), x.dtype)


def _slice_transpose(
    ct: Any, x: Linear, *, start_indices: Any, limit_indices: Any, strides: Any
) -> list[Any]:
    """Put the cotangent back where it came from, zeros elsewhere."""
    config = []
    for n, lo, k, step in zip(x.aval.shape, start_indices, shape_of(ct), strides, strict=True):
        covered = lo + (k - 1) * step + 1 if k else lo
        config.append((lo, n - covered, step - 1))
    return [pad(ct, dtype_of(ct).type(0), config)]


slice_p: Primitive = Primitive(
    "slice",
    impl=_slice_impl,
    abstract_eval=_slice_abstract,
    jvp=lambda ts, xs, o, **params: bind(slice_p, ts[0], **params),
    transpose=_slice_transpose,
    batch=lambda size, args, batched, *, start_indices, limit_indices, strides: bind(
        slice_p,
        args[0],
        start_indices=(0, *start_indices),
        limit_indices=(size, *limit_indices),
        strides=(1, *strides),
    ),
    lower=View("slice"),
)

# --- pad: (low, high, interior) for each axis; low and high may be negative -----------------------


def _pad_impl(x: Any, value: Any, *, padding_config: Any) -> Any:
    x = np.asarray(x)
    out_shape = _pad_abstract(
        ShapedArray(x.shape, x.dtype), ShapedArray((), x.dtype), padding_config=padding_config
    ).shape
    out = np.empty(out_shape, x.dtype)
    out[...] = value
    src, dst = [], []
    for n, m, (lo, _, interior) in zip(x.shape, out_shape, padding_config, strict=True):
        step = interior + 1
        first = -(-max(0, -lo) // step)
        last = min(n, (m - lo + step - 1) // step)
        src.append(slice(first, max(first, last)))
        begin = lo + first * step
        dst.append(slice(begin, begin + max(0, last - first - 1) * step + (last > first), step))
    out[tuple(dst)] = x[tuple(src)]
    return out


def _pad_abstract(x: ShapedArray, value: ShapedArray, *, padding_config: Any) -> ShapedArray:
    if x.dtype != value.dtype or value.shape != ():
        raise DTypeError(f"pad needs a scalar value of dtype {x.dtype}, got {value} {_where()}")
    if len(padding_config) != x.ndim:
        raise ShapeError(f"pad needs {x.ndim} (low, high, interior) triples {_where()}")
    shape = []
    for n, (lo, hi, interior) in zip(x.shape, padding_config, strict=True):
        m = lo + n + max(0, n - 1) * interior + hi
        if m < 0 or interior < 0:
            raise ShapeError(f"padding {(lo, hi, interior)} does not fit an axis of {n} {_where()}")
        shape.append(m)
    return ShapedArray(tuple(shape), x.dtype)


def _pad_jvp(ts: Any, xs: Any, o: Any, *, padding_config: Any) -> Any:
    tx = np.zeros(shape_of(xs[0]), dtype_of(o)) if ts[0] is None else ts[0]
    tv = dtype_of(o).type(0) if ts[1] is None else ts[1]
    return pad(tx, tv, padding_config)


def _pad_transpose(ct: Any, x: Any, value: Any, *, padding_config: Any) -> list[Any]:
    """Cut the padding off (a negative pad adds zeros back); the value gets what is left over."""
    ct_x = ct_value = None
    unpadded = None
    zero = dtype_of(ct).type(0)
    edges = tuple((-lo, -hi, 0) for lo, hi, _ in padding_config)
    strides = tuple(i + 1 for _, _, i in padding_config)
    cut = pad(ct, zero, edges)
    unpadded = slice_(cut, (0,) * len(edges), shape_of(cut), strides)
    if isinstance(x, Linear):
        ct_x = unpadded
    if isinstance(value, Linear):
        axes = tuple(range(len(edges)))
        reduce_sum_p = REGISTRY["reduce_sum"]
        kept = bind(REGISTRY["neg"], bind(reduce_sum_p, unpadded, axes=axes))
        ct_value = add_any(bind(reduce_sum_p, ct, axes=axes), kept)
    return [ct_x, ct_value]


def _pad_batch(size: int, args: Any, batched: Any, *, padding_config: Any) -> Any:
    x, value = args
    config = ((0, 0, 0), *padding_config)
    if not batched[1]:
        return pad(x, value, config)
    # A value for each example: pad with zeros, then add the value where nothing was copied.
    if not batched[0]:
        x = broadcast_in_dim(x, (size, *shape_of(x)), tuple(range(1, len(shape_of(x)) + 1)))
    select_n_p = REGISTRY["select_n"]
    copied = pad(np.ones(shape_of(x), np.bool_), np.bool_(False), config)
    padded = pad(x, dtype_of(x).type(0), config)
    filled = broadcast_in_dim(value, shape_of(padded), (0,))
    return bind(select_n_p, copied, filled, padded)


pad_p = Primitive(
    "pad",
    impl=_pad_impl,
    abstract_eval=_pad_abstract,
    jvp=_pad_jvp,
    transpose=_pad_transpose,
    batch=_pad_batch,
    lower=View("pad"),
)

# --- rev ----------------------------------------------------------------------------------------

rev_p = Primitive(
    "rev",
    impl=lambda x, *, dimensions: np.flip(x, dimensions),
    abstract_eval=lambda x, *, dimensions: ShapedArray(x.shape, x.dtype),
    jvp=lambda ts, xs, o, *, dimensions: rev(ts[0], dimensions),
    transpose=lambda ct, x, *, dimensions: [rev(ct, dimensions)],
    batch=lambda size, args, batched, *, dimensions: rev(args[0], tuple(d + 1 for d in dimensions)),
    lower=View("reverse"),
)

# --- concatenate --------------------------------------------------------------------------------


def _concatenate_abstract(*xs: ShapedArray, dimension: int) -> ShapedArray:
    first = xs[0]
    for x in xs:
        same = x.ndim == first.ndim and all(
            m == n
            for d, (m, n) in enumerate(zip(x.shape, first.shape, strict=True))
            if d != dimension
        )
        if not same or not 0 <= dimension < x.ndim:
            raise ShapeError(
                f"cannot concatenate shapes {[a.shape for a in xs]} along axis {dimension} {_where()}"
            )
        if x.dtype != first.dtype:
            raise DTypeError(
                f"concatenate needs one dtype, got {[a.dtype.name for a in xs]} {_where()}"
            )
    shape = list(first.shape)
    shape[dimension] = sum(x.shape[dimension] for x in xs)
    return ShapedArray(tuple(shape), first.dtype)


def _concatenate_jvp(ts: Any, xs: Any, o: Any, *, dimension: int) -> Any:
    full = [
        np.zeros(shape_of(x), dtype_of(o)) if t is None else t for t, x in zip(ts, xs, strict=True)
    ]
    return concatenate(full, dimension)


def _concatenate_transpose(ct: Any, *xs: Any, dimension: int) -> list[Any]:
    """Cut the cotangent into the operands' shares."""
    cts, start = [], 0
    shape = shape_of(ct)
    for x in xs:
        n = (x.aval.shape if isinstance(x, Linear) else shape_of(x))[dimension]
        if isinstance(x, Linear):
            lo, hi = [0] * len(shape), list(shape)
            lo[dimension], hi[dimension] = start, start + n
            cts.append(slice_(ct, lo, hi))
        else:
            cts.append(None)
        start += n
    return cts


def _concatenate_batch(size: int, args: Any, batched: Any, *, dimension: int) -> Any:
    full = [
        a if b else broadcast_in_dim(a, (size, *shape_of(a)), range(1, len(shape_of(a)) + 1))
        for a, b in zip(args, batched, strict=True)
    ]
    return concatenate(full, dimension + 1)


concatenate_p = Primitive(
    "concatenate",
    impl=lambda *xs, dimension: np.concatenate(xs, dimension),
    abstract_eval=_concatenate_abstract,
    jvp=_concatenate_jvp,
    transpose=_concatenate_transpose,
    batch=_concatenate_batch,
    lower=Library("a copy of each operand"),
)

# --- iota ---------------------------------------------------------------------------------------


def _iota_impl(*, dtype: np.dtype[Any], shape: tuple[int, ...], dimension: int) -> Any:
    index = np.arange(shape[dimension], dtype=dtype)
    return _broadcast_impl(index, shape=shape, broadcast_dimensions=(dimension,)).copy()


iota_p: Primitive = Primitive(
    "iota",
    impl=_iota_impl,
    abstract_eval=lambda *, dtype, shape, dimension: ShapedArray(shape, dtype),
    jvp=no_tangent,
    transpose=not_linear,
    batch=lambda size, args, batched, **params: bind(iota_p, **params),
    lower=Scalar("cast(index({dimension}), {dtype})"),
)


# --- the primitives as functions ----------------------------------------------------------------


def broadcast_in_dim(x: Any, shape: Sequence[int], broadcast_dimensions: Sequence[int]) -> Any:
    """Broadcast `x` to `shape`; its axes become `broadcast_dimensions`, in increasing order."""
    dims = tuple(broadcast_dimensions)
    if shape_of(x) == tuple(shape) and dims == tuple(range(len(shape))):
        return x
    return bind(broadcast_in_dim_p, x, shape=tuple(shape), broadcast_dimensions=dims)


def reshape(x: Any, new_sizes: Sequence[int]) -> Any:
    """Give `x` another shape with as many elements, in row-major order."""
    if shape_of(x) == tuple(new_sizes):
        return x
    return bind(reshape_p, x, new_sizes=tuple(new_sizes))


def transpose(x: Any, permutation: Sequence[int]) -> Any:
    """Permute the axes."""
    if tuple(permutation) == tuple(range(len(permutation))):
        return x
    return bind(transpose_p, x, permutation=tuple(permutation))


def slice_(
    x: Any, start: Sequence[int], limit: Sequence[int], strides: Sequence[int] | None = None
) -> Any:
    """Static slice ``x[start:limit:strides]``; the strides are positive."""
    steps = (1,) * len(start) if strides is None else tuple(strides)
    return bind(slice_p, x, start_indices=tuple(start), limit_indices=tuple(limit), strides=steps)


def pad(x: Any, value: Any, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """Pad each axis by (low, high, interior); negative low and high cut."""
    config = tuple(tuple(c) for c in padding_config)
    return bind(pad_p, x, value, padding_config=config)


def rev(x: Any, dimensions: Sequence[int]) -> Any:
    """Reverse the order along `dimensions`."""
    return bind(rev_p, x, dimensions=tuple(dimensions)) if dimensions else x


def concatenate(xs: Sequence[Any], dimension: int) -> Any:
    """Join arrays along an axis."""
    return xs[0] if len(xs) == 1 else bind(concatenate_p, *xs, dimension=dimension)


def iota(dtype: Any, shape: Sequence[int], dimension: int = 0) -> Any:
    """Index along `dimension`, as an array of `shape`."""
    return bind(iota_p, dtype=np.dtype(dtype), shape=tuple(shape), dimension=dimension)


__all__ = [n for n in dir() if n.endswith("_p")] + [
    "broadcast_in_dim",
    "concatenate",
    "iota",
    "pad",
    "reshape",
    "rev",
    "slice_",
    "transpose",
]
