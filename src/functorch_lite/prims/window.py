"""Reductions over windows, behind pooling and `lax.reduce_window`.

Windows slide over all axes; parameters have an entry for each. Padding never wins: it counts as
the operation's identity. The derivative of a maximum goes to the first element, in row-major
order of the window, that attains it; positions carry no tangent, so later derivatives are right.
"""

from collections.abc import Callable, Sequence
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
from .conv_numpy import dilated_size
from .lowering import Kernel
from .shape import broadcast_in_dim
from .window_numpy import (
    index_of_result,
    put_add_numpy,
    reduce_window_numpy,
    take_numpy,
    window_output_shape,
)

Ints = tuple[int, ...]
_NAMES = ("window_dimensions", "window_strides", "padding", "base_dilation", "window_dilation")


def identity_of(op: str, dtype: np.dtype[Any]) -> Any:
    """Return the identity of ``"sum"``, ``"max"`` or ``"min"``.

    Examples
    --------
    >>> identity_of("max", np.dtype("float32")), identity_of("min", np.dtype("uint8"))
    (np.float32(-inf), np.uint8(255))
    """
    if op == "sum":
        return dtype.type(0)
    if dtype.kind == "f":
        return dtype.type(-np.inf if op == "max" else np.inf)
    if dtype.kind == "b":
        return np.bool_(op == "min")
    info = np.iinfo(dtype)
    return dtype.type(info.min if op == "max" else info.max)


def _check(name: str, x: ShapedArray, p: dict[str, Any]) -> Ints:
    """Check the parameters and return the result's shape."""
    where = summarize(current_source())
    for key in _NAMES:
        if len(p[key]) != x.ndim:
            raise ShapeError(f"{name}: {key} {p[key]} must have {x.ndim} entries {where}")
        if key != "padding" and any(v < 1 for v in p[key]):
            raise ShapeError(f"{name}: {key} {p[key]} must be positive {where}")
    return window_output_shape(x.shape, *(p[key] for key in _NAMES))


def _shifted(p: dict[str, Any]) -> dict[str, Any]:
    """Add a leading axis that no window touches."""
    one = {key: (1, *p[key]) for key in _NAMES if key != "padding"}
    return one | {"padding": ((0, 0), *p["padding"])}


def _reduce_window(
    name: str, ufunc: np.ufunc, kinds: str, jvp: Callable[..., Any], transpose: Callable[..., Any]
) -> Primitive:
    def impl(x: Any, **p: Any) -> Any:
        return reduce_window_numpy(x, ufunc, identity_of(name, dtype_of(x)), **p)

    def abstract_eval(x: ShapedArray, **p: Any) -> ShapedArray:
        if x.dtype.kind not in kinds:
            raise DTypeError(
                f"reduce_window_{name} does not take {x.dtype.name} {summarize(current_source())}"
            )
        return ShapedArray(_check(f"reduce_window_{name}", x, p), x.dtype)

    prim = Primitive(
        f"reduce_window_{name}",
        impl=impl,
        abstract_eval=abstract_eval,
        jvp=jvp,
        transpose=transpose,
        batch=lambda size, args, batched, **p: bind(prim, args[0], **_shifted(p)),
        lower=Kernel(f"reduce_window_{name}"),
    )
    return prim


# --- sum: linear ---------------------------------------------------------------------------------


def _sum_transpose(ct: Any, x: Linear, **p: Any) -> list[Any]:
    """Sum the windows of the dilated cotangent that meet each element."""
    padding = []
    for n, m, k, s, (lo, _), d, r in zip(
        x.aval.shape, shape_of(ct), *(p[key] for key in _NAMES), strict=True
    ):
        k_dilated = dilated_size(k, r)
        before = k_dilated - lo - 1
        after = dilated_size(n, d) + k_dilated - 1 - dilated_size(m, s) - before
        padding.append((before, after))
    swapped = p | {
        "padding": tuple(padding),
        "window_strides": p["base_dilation"],
        "base_dilation": p["window_strides"],
    }
    return [bind(reduce_window_sum_p, ct, **swapped)]


reduce_window_sum_p: Primitive = _reduce_window(
    "sum",
    np.add,
    "iufc",
    lambda ts, xs, o, **p: bind(reduce_window_sum_p, ts[0], **p),
    _sum_transpose,
)

# --- maximum and minimum -------------------------------------------------------------------------


def _extremum_jvp(ts: Any, xs: Any, o: Any, **p: Any) -> Any:
    """Take the tangent where the extremum came from."""
    dims = _untouched_axes(p)
    indices = bind(window_index_p, xs[0], o, batch_dims=dims, **p)
    return bind(window_take_p, ts[0], indices, batch_dims=dims)


def _untouched_axes(p: dict[str, Any]) -> int:
    """Count the leading axes along which windows are single elements."""
    plain = (1, 1, (0, 0), 1)
    count = 0
    for values in zip(*(p[key] for key in _NAMES[:4]), strict=True):
        if values != plain:
            break
        count += 1
    return count


reduce_window_max_p: Primitive = _reduce_window(
    "max", np.maximum, "biuf", _extremum_jvp, not_linear
)
reduce_window_min_p: Primitive = _reduce_window(
    "min", np.minimum, "biuf", _extremum_jvp, not_linear
)

# --- where the extremum came from ----------------------------------------------------------------


def _materialize(x: Any, is_batched: bool, size: int) -> Any:
    """Repeat an unmapped operand along a new axis 0."""
    if is_batched:
        return x
    return broadcast_in_dim(x, (size, *shape_of(x)), range(1, len(shape_of(x)) + 1))


def _index_abstract(x: ShapedArray, o: ShapedArray, *, batch_dims: int, **p: Any) -> ShapedArray:
    shape = _check("window_index", x, p)
    if shape != o.shape or x.dtype != o.dtype or not 0 <= batch_dims <= x.ndim:
        raise ShapeError(f"window_index: {o} is no result of windows over {x}, expected {shape}")
    return ShapedArray(shape, np.dtype(np.int64))


def _index_batch(size: int, args: Any, batched: Any, *, batch_dims: int, **p: Any) -> Any:
    x, o = (_materialize(a, b, size) for a, b in zip(args, batched, strict=True))
    return bind(window_index_p, x, o, batch_dims=batch_dims + 1, **_shifted(p))


window_index_p: Primitive = Primitive(
    "window_index",
    impl=lambda x, o, **p: index_of_result(np.asarray(x), np.asarray(o), **p),
    abstract_eval=_index_abstract,
    jvp=no_tangent,
    batch=_index_batch,
    lower=Kernel("window_index"),
)

# --- reading there, and its transpose ------------------------------------------------------------


def _take_abstract(x: ShapedArray, indices: ShapedArray, *, batch_dims: int) -> ShapedArray:
    if x.shape[:batch_dims] != indices.shape[:batch_dims] or indices.dtype.kind != "i":
        raise ShapeError(f"window_take: {indices} are no positions in {x} after {batch_dims} axes")
    return ShapedArray(indices.shape, x.dtype)


def _take_transpose(ct: Any, x: Any, indices: Any, *, batch_dims: int) -> list[Any]:
    shape = x.aval.shape[batch_dims:]
    return [bind(window_put_add_p, ct, indices, batch_dims=batch_dims, shape=shape), None]


def _take_batch(size: int, args: Any, batched: Any, *, batch_dims: int) -> Any:
    x, indices = (_materialize(a, b, size) for a, b in zip(args, batched, strict=True))
    return bind(window_take_p, x, indices, batch_dims=batch_dims + 1)


window_take_p: Primitive = Primitive(
    "window_take",
    impl=take_numpy,
    abstract_eval=_take_abstract,
    jvp=lambda ts, xs, o, *, batch_dims: bind(window_take_p, ts[0], xs[1], batch_dims=batch_dims),
    transpose=_take_transpose,
    batch=_take_batch,
    lower=Kernel("window_take"),
)


def _put_abstract(
    ct: ShapedArray, indices: ShapedArray, *, batch_dims: int, shape: Ints
) -> ShapedArray:
    if ct.shape != indices.shape or indices.dtype.kind != "i":
        raise ShapeError(f"window_put_add: {ct} and {indices} must have one shape")
    return ShapedArray((*ct.shape[:batch_dims], *shape), ct.dtype)


def _put_batch(size: int, args: Any, batched: Any, *, batch_dims: int, shape: Ints) -> Any:
    ct, indices = (_materialize(a, b, size) for a, b in zip(args, batched, strict=True))
    return bind(window_put_add_p, ct, indices, batch_dims=batch_dims + 1, shape=shape)


window_put_add_p: Primitive = Primitive(
    "window_put_add",
    impl=put_add_numpy,
    abstract_eval=_put_abstract,
    jvp=lambda ts, xs, o, **p: bind(window_put_add_p, ts[0], xs[1], **p),
    transpose=lambda ct, x, indices, *, batch_dims, shape: [
        bind(window_take_p, ct, indices, batch_dims=batch_dims),
        None,
    ],
    batch=_put_batch,
    lower=Kernel("window_put_add"),
)


# --- the primitives as functions -----------------------------------------------------------------


def _params(
    x: Any,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None,
    padding: Sequence[tuple[int, int]] | None,
    base_dilation: Sequence[int] | None,
    window_dilation: Sequence[int] | None,
) -> dict[str, Any]:
    ones = (1,) * len(shape_of(x))
    pads = ((0, 0),) * len(ones) if padding is None else padding
    return {
        "window_dimensions": tuple(window_dimensions),
        "window_strides": ones if window_strides is None else tuple(window_strides),
        "padding": tuple((int(lo), int(hi)) for lo, hi in pads),
        "base_dilation": ones if base_dilation is None else tuple(base_dilation),
        "window_dilation": ones if window_dilation is None else tuple(window_dilation),
    }


def reduce_window_sum(
    x: Any,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Any:
    """Sum every window of `x`."""
    p = _params(x, window_dimensions, window_strides, padding, base_dilation, window_dilation)
    return bind(reduce_window_sum_p, x, **p)


def reduce_window_max(
    x: Any,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Any:
    """Maximum of every window of `x`; padding is the lowest value."""
    p = _params(x, window_dimensions, window_strides, padding, base_dilation, window_dilation)
    return bind(reduce_window_max_p, x, **p)


def reduce_window_min(
    x: Any,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Any:
    """Minimum of every window of `x`; padding is the highest value."""
    p = _params(x, window_dimensions, window_strides, padding, base_dilation, window_dilation)
    return bind(reduce_window_min_p, x, **p)


def window_index(x: Any, result: Any, **params: Any) -> Any:
    """Return for each window the position of the first element equal to its result.

    Positions count the axes after `batch_dims` in row-major order; -1 if there is none.
    """
    return bind(window_index_p, x, result, **params)


def window_take(x: Any, indices: Any, batch_dims: int) -> Any:
    """Return the elements at the positions that `window_index` gives, 0 at -1."""
    return bind(window_take_p, x, indices, batch_dims=batch_dims)


def window_put_add(values: Any, indices: Any, batch_dims: int, shape: Sequence[int]) -> Any:
    """Add values at positions in an array of zeros whose axes after `batch_dims` are `shape`."""
    return bind(window_put_add_p, values, indices, batch_dims=batch_dims, shape=tuple(shape))


__all__ = [n for n in dir() if n.endswith("_p")] + [
    "identity_of",
    "reduce_window_max",
    "reduce_window_min",
    "reduce_window_sum",
    "window_index",
    "window_put_add",
    "window_take",
]
