"""Creating arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import (
    Tracer,
    aval_of_value,
    canonical_dtype,
    current_source,
    dtype_of,
    shape_of,
    summarize,
)
from ..prims.arithmetic import convert_element_type
from ..prims.elementwise import broadcast_scalar_to
from ._promotion import as_array, cast, is_recorded

__all__ = [
    "arange",
    "array",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

Shape = int | Sequence[int]


def _shape(shape: Shape) -> tuple[int, ...]:
    if hasattr(shape, "__index__") and not isinstance(shape, tuple | list):
        return (shape.__index__(),)
    return tuple(n.__index__() for n in shape)


def _on_cpu(device: Any) -> None:
    """Check a device: there is one, the CPU."""
    if device is not None and str(getattr(device, "platform", device)) != "cpu":
        raise ValueError(
            f"there is no device {device!r}, only 'cpu' {summarize(current_source())}; leave it out"
        )


def asarray(a: Any, dtype: Any = None, *, copy: bool | None = None, device: Any = None) -> Any:
    """Return `a` as an array; tracers and sequences that hold tracers too. See `numpy.asarray`."""
    _on_cpu(device)
    x = as_array(a, "asarray")
    target = dtype_of(x) if dtype is None else canonical_dtype(dtype)
    if isinstance(x, Tracer) or (x is a and is_recorded(x) and target != x.dtype):
        return convert_element_type(x, target)
    out = np.array(x, dtype, copy=copy)
    aval_of_value(out)
    return out


def array(a: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0) -> Any:
    """Create an array. See `numpy.array`."""
    x = asarray(a, dtype)
    if ndmin > len(shape_of(x)):
        from ..prims.shape import reshape

        x = reshape(x, (1,) * (ndmin - len(shape_of(x))) + shape_of(x))
    return x.copy() if copy and type(x) is np.ndarray else x


def zeros(shape: Shape, dtype: Any = None, *, device: Any = None) -> Any:
    """Return an array of zeros (float64 by default). See `numpy.zeros`."""
    _on_cpu(device)
    return np.zeros(_shape(shape), canonical_dtype(float if dtype is None else dtype))


def ones(shape: Shape, dtype: Any = None, *, device: Any = None) -> Any:
    """Return an array of ones (float64 by default). See `numpy.ones`."""
    _on_cpu(device)
    return np.ones(_shape(shape), canonical_dtype(float if dtype is None else dtype))


def empty(shape: Shape, dtype: Any = None, *, device: Any = None) -> Any:
    """Return an array of zeros: there is no uninitialised memory here. See `numpy.empty`."""
    _on_cpu(device)
    return zeros(shape, dtype)


def full(shape: Shape, fill_value: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """Return an array filled with a value. See `numpy.full`."""
    _on_cpu(device)
    v = as_array(fill_value, "full")
    if is_recorded(v):
        v = cast(v, dtype_of(v) if dtype is None else canonical_dtype(dtype))
        from ._promotion import broadcast_to_shape

        s = _shape(shape)
        return broadcast_scalar_to(v, s) if shape_of(v) == () else broadcast_to_shape(v, s)
    return np.full(_shape(shape), v, dtype)


def _like(a: Any, dtype: Any, shape: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    x = as_array(a)
    d = dtype_of(x) if dtype is None else canonical_dtype(dtype)
    return (shape_of(x) if shape is None else _shape(shape)), d


def zeros_like(a: Any, dtype: Any = None, shape: Shape | None = None, *, device: Any = None) -> Any:
    """Return zeros of the shape and dtype of `a`. See `numpy.zeros_like`."""
    _on_cpu(device)
    return np.zeros(*_like(a, dtype, shape))


def ones_like(a: Any, dtype: Any = None, shape: Shape | None = None, *, device: Any = None) -> Any:
    """Return ones of the shape and dtype of `a`. See `numpy.ones_like`."""
    _on_cpu(device)
    return np.ones(*_like(a, dtype, shape))


def empty_like(a: Any, dtype: Any = None, shape: Shape | None = None, *, device: Any = None) -> Any:
    """Return zeros of the shape and dtype of `a`. See `numpy.empty_like`."""
    _on_cpu(device)
    return np.zeros(*_like(a, dtype, shape))


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, shape: Shape | None = None, *, device: Any = None
) -> Any:
    """Return an array of the shape and dtype of `a`, filled. See `numpy.full_like`."""
    _on_cpu(device)
    s, d = _like(a, dtype, shape)
    return full(s, fill_value, d)


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None
) -> Any:
    """Return evenly spaced values; the bounds must be known while tracing. See `numpy.arange`."""
    _on_cpu(device)
    if stop is None:
        start, stop = 0, start
    args = [
        x.concrete("index() of arange") if isinstance(x, Tracer) else x
        for x in (start, stop, 1 if step is None else step)
    ]
    return np.arange(*args, dtype=dtype)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Return evenly spaced numbers; `start` and `stop` may be traced. See `numpy.linspace`."""
    _on_cpu(device)
    a, b = as_array(start), as_array(stop)
    if not isinstance(a, Tracer) and not isinstance(b, Tracer):
        made: Any = np.linspace
        return made(a, b, num, endpoint, retstep, dtype, axis)
    from ._elementwise import add, multiply, subtract
    from ._manipulation import expand_dims, moveaxis
    from ._promotion import broadcast_operands, broadcast_to_shape, promote_inexact

    a, b = broadcast_operands(promote_inexact(a, b, small_ints=False))
    d = dtype_of(a) if isinstance(a, Tracer) else dtype_of(b)
    n = num - 1 if endpoint else num
    step = multiply(subtract(b, a), 1.0 / n if n > 0 else float("nan"))
    t = np.arange(num).astype(d).reshape((num,) + (1,) * len(shape_of(step)))
    out = add(expand_dims(a, 0) if shape_of(a) else a, multiply(t, step))
    if endpoint and num > 1:
        from ..prims.shape import concatenate

        last = broadcast_to_shape(b, shape_of(step))
        out = concatenate([out[:-1], expand_dims(last, 0)], 0)
    out = out if dtype is None else cast(out, np.dtype(dtype))
    out = moveaxis(out, 0, axis)
    return (out, step) if retstep else out


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None, *, device: Any = None) -> Any:
    """Return ones on a diagonal and zeros elsewhere. See `numpy.eye`."""
    _on_cpu(device)
    return np.eye(N, M, k, dtype=canonical_dtype(float if dtype is None else dtype))


def identity(n: int, dtype: Any = None) -> Any:
    """Return the identity matrix. See `numpy.identity`."""
    return eye(n, dtype=dtype)


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None
) -> Any:
    """Return numbers spaced evenly on a log scale. See `numpy.logspace`."""
    from ._elementwise import power

    out = power(as_array(base), linspace(start, stop, num, endpoint))
    return out if dtype is None else cast(out, np.dtype(dtype))


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return numbers with equal ratios; `start` and `stop` may be traced. See `numpy.geomspace`.

    Examples
    --------
    >>> geomspace(1, 8, 4)
    array([1., 2., 4., 8.])
    """
    a, b = as_array(start), as_array(stop)
    if not isinstance(a, Tracer) and not isinstance(b, Tracer):
        return np.geomspace(a, b, num, endpoint, dtype, axis)
    from ._elementwise import add, exp, log, where
    from ._manipulation import expand_dims, moveaxis
    from ._promotion import broadcast_operands, promote_inexact

    a, b = broadcast_operands(promote_inexact(a, b, small_ints=False))
    ratio = linspace(log(b / a) * 0, log(b / a), num, endpoint)
    rank = len(shape_of(ratio)) - 1
    out = exp(ratio) * (expand_dims(a, 0) if shape_of(a) else a)
    if endpoint and num > 1:
        # Rounding stays away from the last number, which is known.
        last = np.arange(num).reshape((num,) + (1,) * rank) == num - 1
        out = where(last, add(b, 0), out)
    out = out if dtype is None else cast(out, np.dtype(dtype))
    return moveaxis(out, 0, axis)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> list[Any]:
    """Return coordinate arrays from coordinate vectors. See `numpy.meshgrid`."""
    from ._manipulation import broadcast_arrays, reshape, swapaxes

    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}")
    n = len(xi)
    grids = [
        reshape(x, (1,) * i + (-1,) + (1,) * (n - 1 - i)) for i, x in enumerate(map(as_array, xi))
    ]
    out = grids if sparse else list(broadcast_arrays(*grids))
    return [swapaxes(g, 0, 1) for g in out] if indexing == "xy" and n > 1 else out
