"""Running sums and products, differences, and one-dimensional convolution."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import Primitive, bind, current_source, dtype_of, shape_of, summarize
from ..prims import cumulative as cu
from ._axes import axes_tuple, normalize_axis
from ._comparison import isnan, not_equal
from ._dispatch import numpy_first
from ._elementwise import conj, subtract, where
from ._joining import concatenate
from ._manipulation import flip, moveaxis, ravel, reshape
from ._promotion import as_array, broadcast_to_shape, cast, promote_dtypes, promote_inexact
from ._reductions import sum as _sum

__all__ = [
    "convolve",
    "correlate",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "ediff1d",
    "gradient",
    "nancumprod",
    "nancumsum",
    "trapezoid",
]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _where() -> str:
    return summarize(current_source())


def _accumulator(d: np.dtype[Any], dtype: Any) -> np.dtype[Any]:
    """NumPy's accumulator: small integers and bools go to (u)int64."""
    if dtype is not None:
        return np.dtype(dtype)
    return np.result_type(d, np.uint64 if d.kind == "u" else np.int64) if d.kind in "biu" else d


# --- running sums and products ------------------------------------------------------------------


def _running(x: Any, prim: Primitive, axis: int | None, dtype: Any) -> Any:
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(shape_of(x)))
    x = cast(x, _accumulator(dtype_of(x), dtype))
    if dtype_of(x) == np.bool_:
        out = bind(prim, cast(x, np.dtype(np.int64)), axis=axis, reverse=False)
        return cast(not_equal(out, 0), np.dtype(np.bool_))
    return bind(prim, x, axis=axis, reverse=False)


@numpy_first(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Running sum along an axis, or of the flattened array. See `numpy.cumsum`."""
    return _running(_array(a, "cumsum"), cu.cumsum_p, axis, dtype)


@numpy_first(np.cumprod)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Running product; its derivative is exact at zeros. See `numpy.cumprod`."""
    return _running(_array(a, "cumprod"), cu.cumprod_p, axis, dtype)


def _standard(
    name: str, x: Any, prim: Primitive, axis: int | None, dtype: Any, initial: Any
) -> Any:
    """The Array API's running functions: the axis is needed unless there is only one."""
    x = _array(x, name)
    ndim = len(shape_of(x))
    if axis is None:
        if ndim != 1:
            raise ValueError(
                f"{name} of an array with {ndim} axes needs the `axis` argument {_where()}"
            )
        axis = 0
    out = _running(x, prim, axis, dtype)
    if initial is None:
        return out
    axis = normalize_axis(axis, ndim)
    first = np.full(
        [1 if d == axis else n for d, n in enumerate(shape_of(out))], initial, dtype_of(out)
    )
    return concatenate([first, out], axis)


@numpy_first(np.cumulative_sum)
def cumulative_sum(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    out: None = None,
    include_initial: bool = False,
) -> Any:
    """Running sum, beginning with 0 if asked. See `numpy.cumulative_sum`."""
    return _standard("cumulative_sum", x, cu.cumsum_p, axis, dtype, 0 if include_initial else None)


@numpy_first(np.cumulative_prod)
def cumulative_prod(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    out: None = None,
    include_initial: bool = False,
) -> Any:
    """Running product, beginning with 1 if asked. See `numpy.cumulative_prod`."""
    return _standard(
        "cumulative_prod", x, cu.cumprod_p, axis, dtype, 1 if include_initial else None
    )


def _without_nan(x: Any, neutral: Any) -> Any:
    return where(isnan(x), dtype_of(x).type(neutral), x) if dtype_of(x).kind in "fc" else x


@numpy_first(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Running sum, NaN counting as 0. See `numpy.nancumsum`."""
    return _running(_without_nan(_array(a, "nancumsum"), 0), cu.cumsum_p, axis, dtype)


@numpy_first(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Running product, NaN counting as 1. See `numpy.nancumprod`."""
    return _running(_without_nan(_array(a, "nancumprod"), 1), cu.cumprod_p, axis, dtype)


# --- differences --------------------------------------------------------------------------------


def _cut(x: Any, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Any:
    return x[(slice(None),) * axis + (slice(start, stop, step),)]


def _np_diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Call numpy.diff, which marks absent arguments by an object of its own."""
    given = {k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    return np.diff(a, n, axis, **given)


@numpy_first(_np_diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """n-th difference along an axis. See `numpy.diff`."""
    if n < 0:
        raise ValueError(f"diff: the order must not be negative, got {n} {_where()}")
    x = _array(a, "diff")
    if not shape_of(x):
        raise ShapeError(f"diff needs at least one axis {_where()}")
    axis = normalize_axis(axis, len(shape_of(x)))
    if n == 0:
        return x
    edge = tuple(1 if d == axis else m for d, m in enumerate(shape_of(x)))
    parts = []
    for p in (prepend, x, append):
        if p is not None:
            p = _array(p, "diff")
            parts.append(p if shape_of(p) else broadcast_to_shape(p, edge))
    x = concatenate(parts, axis) if len(parts) > 1 else x
    step = not_equal if dtype_of(x) == np.bool_ else subtract
    for _ in range(n):
        x = step(_cut(x, axis, 1, None), _cut(x, axis, None, -1))
    return x


@numpy_first(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of the flattened array. See `numpy.ediff1d`."""
    x = ravel(_array(ary, "ediff1d"))
    out = [subtract(x[1:], x[:-1])]
    if to_begin is not None:
        out.insert(0, cast(ravel(_array(to_begin, "ediff1d")), dtype_of(x)))
    if to_end is not None:
        out.append(cast(ravel(_array(to_end, "ediff1d")), dtype_of(x)))
    return concatenate(out) if len(out) > 1 else out[0]


@numpy_first(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Second-order differences on a grid, uniform or not. See `numpy.gradient`."""
    (x,) = promote_inexact(_array(f, "gradient"))
    axes = axes_tuple(axis, len(shape_of(x)))
    if axis is not None and isinstance(axis, tuple | list):
        axes = tuple(normalize_axis(d, len(shape_of(x))) for d in axis)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(
            f"gradient along {len(axes)} axes takes 1 or {len(axes)} spacings, got {len(varargs)} "
            f"{_where()}"
        )
    spacings = varargs * (len(axes) if len(varargs) == 1 else 1) or (1.0,) * len(axes)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order} {_where()}")
    out = [
        _gradient(x, _array(h, "gradient"), d, edge_order)
        for h, d in zip(spacings, axes, strict=True)
    ]
    return out[0] if len(out) == 1 else tuple(out)


def _gradient(x: Any, h: Any, axis: int, edge_order: int) -> Any:
    """Differences along one axis, with a spacing or with coordinates."""
    y = moveaxis(x, axis, 0)
    n = shape_of(y)[0]
    if n < edge_order + 1:
        raise ShapeError(
            f"gradient with edge_order {edge_order} needs at least {edge_order + 1} points along "
            f"axis {axis}, got {n} {_where()}"
        )
    if shape_of(h):
        if shape_of(h) != (n,):
            raise ShapeError(f"gradient: {shape_of(h)} coordinates for an axis of {n} {_where()}")
        steps = reshape(h[1:] - h[:-1], (n - 1,) + (1,) * (len(shape_of(y)) - 1))
    else:
        steps = broadcast_to_shape(
            reshape(h, (1,) * len(shape_of(y))), (n - 1,) + (1,) * (len(shape_of(y)) - 1)
        )
    (steps,) = promote_inexact(steps)
    d1, d2 = steps[:-1], steps[1:]
    inner = (
        y[:-2] * (-d2 / (d1 * (d1 + d2)))
        + y[1:-1] * ((d2 - d1) / (d1 * d2))
        + y[2:] * (d1 / (d2 * (d1 + d2)))
    )
    if edge_order == 1:
        first = (y[1:2] - y[:1]) / steps[:1]
        last = (y[-1:] - y[-2:-1]) / steps[-1:]
    else:
        a, b = steps[:1], steps[1:2]
        first = (
            y[:1] * (-(2 * a + b) / (a * (a + b)))
            + y[1:2] * ((a + b) / (a * b))
            - y[2:3] * (a / (b * (a + b)))
        )
        a, b = steps[-2:-1], steps[-1:]
        last = (
            y[-3:-2] * (b / (a * (a + b)))
            - y[-2:-1] * ((a + b) / (a * b))
            + y[-1:] * ((2 * b + a) / (b * (a + b)))
        )
    return moveaxis(concatenate([first, inner, last], 0), 0, axis)


@numpy_first(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate by the trapezoidal rule. See `numpy.trapezoid`."""
    y = _array(y, "trapezoid")
    axis = normalize_axis(axis, len(shape_of(y)))
    if x is None:
        step = dx
    else:
        step = diff(x, axis=0 if len(shape_of(_array(x, "trapezoid"))) == 1 else axis)
        if len(shape_of(step)) == 1:
            step = reshape(step, (-1,) + (1,) * (len(shape_of(y)) - 1 - axis))
    return _sum(step * (_cut(y, axis, 1, None) + _cut(y, axis, None, -1)) / 2.0, axis)


# --- convolution --------------------------------------------------------------------------------


def _sliding(a: Any, v: Any, mode: str, name: str) -> Any:
    """Correlate `a` with the shorter `v` (not conjugated): a sum of shifted windows as a product."""
    from ._products import matmul

    n, m = shape_of(a)[0], shape_of(v)[0]
    lo = {"full": m - 1, "same": m // 2, "valid": 0}
    length = {"full": n + m - 1, "same": n, "valid": n - m + 1}
    if mode not in lo:
        raise ValueError(f"{name}: mode must be full, same or valid, got {mode!r} {_where()}")
    from ..prims.shape import pad

    count = length[mode]
    padded = pad(a, dtype_of(a).type(0), [(lo[mode], count + m - 1 - n - lo[mode], 0)])
    windows = padded[np.arange(count)[:, None] + np.arange(m)]
    return matmul(windows, v)


def _signals(a: Any, v: Any, name: str) -> tuple[Any, Any]:
    a, v = promote_dtypes(_array(a, name), _array(v, name))
    a, v = (reshape(x, (1,)) if not shape_of(x) else x for x in (a, v))
    if len(shape_of(a)) != 1 or len(shape_of(v)) != 1 or not shape_of(a)[0] or not shape_of(v)[0]:
        raise ShapeError(
            f"{name} takes two vectors that are not empty, got shapes {shape_of(a)} and "
            f"{shape_of(v)} {_where()}"
        )
    return a, v


@numpy_first(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Convolve two vectors. See `numpy.convolve`."""
    a, v = _signals(a, v, "convolve")
    if shape_of(v)[0] > shape_of(a)[0]:
        a, v = v, a
    return _sliding(a, flip(v), mode, "convolve")


@numpy_first(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Cross-correlate two vectors; the second is conjugated. See `numpy.correlate`."""
    a, v = _signals(a, v, "correlate")
    v = conj(v)
    if shape_of(v)[0] > shape_of(a)[0]:
        return flip(_sliding(v, a, mode, "correlate"))
    return _sliding(a, v, mode, "correlate")
