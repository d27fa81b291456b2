"""Reductions over axes, and argmax / argmin. The axes disappear from the result."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
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
from .arithmetic import add, convert_element_type, div, mul
from .lowering import Reduce
from .shape import broadcast_in_dim, concatenate, reshape, slice_, transpose

Axes = tuple[int, ...]


def _reduce_aval(name: str, kinds: str) -> Callable[..., ShapedArray]:
    def abstract_eval(x: ShapedArray, *, axes: Axes) -> ShapedArray:
        if len(set(axes)) != len(axes) or not all(0 <= a < x.ndim for a in axes):
            raise ShapeError(
                f"{name}: axes {axes} do not fit an array of shape {x.shape} "
                f"{summarize(current_source())}"
            )
        if x.dtype.kind not in kinds:
            raise DTypeError(f"{name} does not take {x.dtype.name} {summarize(current_source())}")
        return ShapedArray(tuple(n for d, n in enumerate(x.shape) if d not in axes), x.dtype)

    return abstract_eval


def _reduce(
    name: str,
    ufunc: np.ufunc,
    *,
    kinds: str,
    lower: Reduce,
    jvp: Callable[..., Any] = no_tangent,
    transpose: Callable[..., Any] = not_linear,
) -> Primitive:
    def impl(x: Any, *, axes: Axes) -> Any:
        if not axes:
            return np.array(x)
        x = np.asarray(x)
        return ufunc.reduce(x, axis=axes, dtype=x.dtype)

    def batch(size: int, args: Any, batched: Any, *, axes: Axes) -> Any:
        return bind(prim, args[0], axes=tuple(a + 1 for a in axes))

    prim = Primitive(
        name,
        impl=impl,
        abstract_eval=_reduce_aval(name, kinds),
        jvp=jvp,
        transpose=transpose,
        batch=batch,
        lower=lower,
    )
    return prim


def _kept(ndim: int, axes: Axes) -> Axes:
    return tuple(d for d in range(ndim) if d not in axes)


def _spread(y: Any, shape: tuple[int, ...], axes: Axes) -> Any:
    """Repeat a reduced array along the axes that were reduced."""
    return broadcast_in_dim(y, shape, _kept(len(shape), axes))


# --- sum ----------------------------------------------------------------------------------------

reduce_sum_p = _reduce(
    "reduce_sum",
    np.add,
    kinds="iufc",
    jvp=lambda ts, xs, o, *, axes: reduce_sum(ts[0], axes),
    transpose=lambda ct, x, *, axes: [_spread(ct, x.aval.shape, axes)],
    lower=Reduce("zero", "{0} + {1}"),
)

# --- prod ---------------------------------------------------------------------------------------


def _reduce_prod_jvp(ts: Any, xs: Any, o: Any, *, axes: Axes) -> Any:
    """Push the tangent through a balanced tree of products.

    Each factor's weight is the product of the others, so that a zero factor is no problem:
    nothing is ever divided by it.
    """
    x, t = xs[0], ts[0]
    kept = _kept(len(shape_of(x)), axes)
    out_shape = tuple(shape_of(x)[d] for d in kept)
    n = int(np.prod([shape_of(x)[d] for d in axes], dtype=np.int64))
    if n == 0:
        return None
    x, t = (reshape(transpose(v, kept + axes), (*out_shape, n)) for v in (x, t))
    lead = len(kept)

    def cut(v: Any, lo: int, hi: int) -> Any:
        return slice_(v, (0,) * lead + (lo,), (*out_shape, hi))

    while n > 1:
        h = n // 2
        xa, xb, ta, tb = cut(x, 0, h), cut(x, h, 2 * h), cut(t, 0, h), cut(t, h, 2 * h)
        x_new, t_new = mul(xa, xb), add(mul(ta, xb), mul(xa, tb))
        if n % 2:
            x_new = concatenate([x_new, cut(x, n - 1, n)], lead)
            t_new = concatenate([t_new, cut(t, n - 1, n)], lead)
        x, t, n = x_new, t_new, h + n % 2
    return reshape(t, out_shape)


reduce_prod_p = _reduce(
    "reduce_prod",
    np.multiply,
    kinds="iufc",
    jvp=_reduce_prod_jvp,
    lower=Reduce("one", "{0} * {1}"),
)

# --- extrema ------------------------------------------------------------------------------------


def _reduce_extremum_jvp(ts: Any, xs: Any, o: Any, *, axes: Axes) -> Any:
    """Share the derivative equally among the positions that attain the extremum."""
    hits = convert_element_type(
        bind(_eq_p(), xs[0], _spread(o, shape_of(xs[0]), axes)), dtype_of(o)
    )
    return div(reduce_sum(mul(ts[0], hits), axes), reduce_sum(hits, axes))


def _eq_p() -> Primitive:
    from .logical import eq_p

    return eq_p


def _require_elements(name: str) -> Callable[..., ShapedArray]:
    check = _reduce_aval(name, "biuf")

    def abstract_eval(x: ShapedArray, *, axes: Axes) -> ShapedArray:
        if any(x.shape[a] == 0 for a in axes if 0 <= a < x.ndim):
            raise ShapeError(
                f"{name} of no elements: shape {x.shape}, axes {axes} {summarize(current_source())}"
            )
        return check(x, axes=axes)

    return abstract_eval


reduce_max_p = _reduce(
    "reduce_max",
    np.maximum,
    kinds="biuf",
    jvp=_reduce_extremum_jvp,
    lower=Reduce("lowest", "maximum({0}, {1})"),
)
reduce_max_p.abstract_eval = _require_elements("reduce_max")

reduce_min_p = _reduce(
    "reduce_min",
    np.minimum,
    kinds="biuf",
    jvp=_reduce_extremum_jvp,
    lower=Reduce("highest", "minimum({0}, {1})"),
)
reduce_min_p.abstract_eval = _require_elements("reduce_min")

# --- logic --------------------------------------------------------------------------------------

reduce_and_p = _reduce(
    "reduce_and", np.bitwise_and, kinds="biu", lower=Reduce("all_ones", "{0} & {1}")
)
reduce_or_p = _reduce("reduce_or", np.bitwise_or, kinds="biu", lower=Reduce("zero", "{0} | {1}"))
reduce_xor_p = _reduce("reduce_xor", np.bitwise_xor, kinds="biu", lower=Reduce("zero", "{0} ^ {1}"))

# --- position of the extremum; the first NaN wins, as in NumPy -------------------------------------


def _arg_reduce(name: str, fn: Callable[..., Any]) -> Primitive:
    def abstract_eval(x: ShapedArray, *, axis: int, index_dtype: np.dtype[Any]) -> ShapedArray:
        if not 0 <= axis < x.ndim or x.shape[axis] == 0:
            raise ShapeError(
                f"{name} along axis {axis} of shape {x.shape} {summarize(current_source())}"
            )
        return ShapedArray(x.shape[:axis] + x.shape[axis + 1 :], index_dtype)

    prim = Primitive(
        name,
        impl=lambda x, *, axis, index_dtype: fn(x, axis=axis).astype(index_dtype),
        abstract_eval=abstract_eval,
        jvp=no_tangent,
        batch=lambda size, args, batched, *, axis, index_dtype: bind(
            prim, args[0], axis=axis + 1, index_dtype=index_dtype
        ),
        lower=Reduce("first", name),
    )
    return prim


argmax_p = _arg_reduce("argmax", np.argmax)
argmin_p = _arg_reduce("argmin", np.argmin)


# --- the primitives as functions ----------------------------------------------------------------


def reduce_sum(x: Any, axes: Sequence[int]) -> Any:
    """Sum over `axes`, in the dtype of `x`."""
    return bind(reduce_sum_p, x, axes=tuple(axes)) if len(axes) else x


def reduce_max(x: Any, axes: Sequence[int]) -> Any:
    """Maximum over `axes`."""
    return bind(reduce_max_p, x, axes=tuple(axes)) if len(axes) else x


__all__ = [n for n in dir() if n.endswith("_p") and n != "_eq_p"] + ["reduce_max", "reduce_sum"]
