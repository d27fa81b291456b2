"""Discrete Fourier transforms: `numpy.fft`, differentiable.

All functions keep single precision, as NumPy 2 does, and take ``norm`` (``"backward"``, ``"ortho"``
or ``"forward"``).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims import fft as prim
from ..prims.shape import pad, slice_
from ._axes import normalize_axis
from ._elementwise import conj, multiply, real
from ._manipulation import moveaxis, roll
from ._promotion import as_array, cast, is_plain, to_inexact_dtype

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

Axes = Sequence[int] | None
_INVERSE = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _resize(x: Any, axis: int, length: int) -> Any:
    """Cut or pad with zeros at the end of an axis."""
    shape = shape_of(x)
    n = shape[axis]
    if n > length:
        limit = tuple(length if d == axis else m for d, m in enumerate(shape))
        return slice_(x, (0,) * len(shape), limit)
    if n < length:
        config = [(0, length - n if d == axis else 0, 0) for d in range(len(shape))]
        return pad(x, dtype_of(x).type(0), config)
    return x


def _scale(kind: str, norm: str | None, total: int) -> float:
    """Factor that turns the primitive's normalization into the wanted one."""
    norm = "backward" if norm is None else norm
    if norm not in _INVERSE:
        raise ValueError(f"norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    forward = kind in ("fft", "rfft")
    if norm == "ortho":
        return total**-0.5 if forward else total**0.5
    if forward:
        return 1.0 / total if norm == "forward" else 1.0
    return float(total) if norm == "forward" else 1.0


def _float_dtype(d: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype in which `d` is transformed."""
    d = to_inexact_dtype(d) if d.kind in "fc" else np.dtype(np.float64)
    return np.dtype(np.float32) if d == np.float16 else d


def _sizes(
    kind: str, lengths: list[int | None], axes: list[int], shape: tuple[int, ...]
) -> list[int]:
    """Return the lengths of the transforms: by default those of the axes."""
    sizes = []
    for i, (n, d) in enumerate(zip(lengths, axes, strict=True)):
        if n is None:
            half = kind == "irfft" and i == len(axes) - 1
            n = 2 * (shape[d] - 1) if half else shape[d]
        if n < 1:
            raise ShapeError(
                f"numpy.fft: {n} points along axis {d} of shape {shape} "
                f"{summarize(current_source())}"
            )
        sizes.append(n)
    return sizes


def _transform(x: Any, kind: str, lengths: list[int | None], axes: list[int], norm: Any) -> Any:
    """Transform over `axes`; the last of them is the half axis of rfft and irfft."""
    shape = shape_of(x)
    sizes = _sizes(kind, lengths, axes, shape)
    dtype = _float_dtype(dtype_of(x))
    if kind == "rfft":
        if dtype.kind == "c":
            raise DTypeError(f"rfft needs real input {summarize(current_source())}; use fft")
    else:
        dtype = np.result_type(dtype, np.complex64)
    x = cast(x, dtype)
    for i, (n, d) in enumerate(zip(sizes, axes, strict=True)):
        half = kind == "irfft" and i == len(axes) - 1
        x = _resize(x, d, n // 2 + 1 if half else n)
    k = len(axes)
    back = list(range(len(shape) - k, len(shape)))
    y = prim.fft(moveaxis(x, axes, back), kind, sizes)
    factor = _scale(kind, norm, int(np.prod(sizes, dtype=np.int64)))
    if factor != 1.0:
        y = multiply(y, dtype_of(y).type(factor))
    return moveaxis(y, back, axes)


def _one(name: str, kind: str) -> Callable[..., Any]:
    def f(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
        x = _array(a, name)
        if is_plain(x):
            return getattr(np.fft, name)(x, n, axis, norm)
        return _transform(x, kind, [n], [normalize_axis(axis, len(shape_of(x)))], norm)

    return _document(f, name)


def _several(name: str, kind: str, default: Axes) -> Callable[..., Any]:
    def f(a: Any, s: Axes = None, axes: Axes = default, norm: str | None = None) -> Any:
        x = _array(a, name)
        if s is not None and axes is None:
            axes = range(-len(s), 0)
        if is_plain(x):
            return getattr(np.fft, name)(x, s, axes, norm)
        ndim = len(shape_of(x))
        chosen = list(range(ndim)) if axes is None else [normalize_axis(d, ndim) for d in axes]
        lengths: list[int | None] = [None] * len(chosen) if s is None else list(s)
        if len(lengths) != len(chosen):
            raise ShapeError(f"{name}: s and axes must have the same length, got {s} and {axes}")
        lengths = [shape_of(x)[d] if n == -1 else n for n, d in zip(lengths, chosen, strict=True)]
        if not chosen:
            return cast(x, np.result_type(_float_dtype(dtype_of(x)), np.complex64))
        return _repeated(x, kind, lengths, chosen, norm)

    return _document(f, name)


def _repeated(x: Any, kind: str, lengths: list[int | None], axes: list[int], norm: Any) -> Any:
    """Transform over axes, of which some may be given more than once, as NumPy allows."""
    if len(set(axes)) == len(axes):
        return _transform(x, kind, lengths, axes, norm)
    sizes = _sizes(kind, lengths, axes, shape_of(x))
    pairs: list[tuple[int, int]] = list(zip(sizes, axes, strict=True))
    if kind == "rfft":
        x = _transform(x, kind, [pairs[-1][0]], [pairs[-1][1]], norm)
    full = "fft" if kind in ("fft", "rfft") else "ifft"
    for n, d in pairs if kind in ("fft", "ifft") else pairs[:-1]:
        x = _transform(x, full, [n], [d], norm)
    return _transform(x, kind, [pairs[-1][0]], [pairs[-1][1]], norm) if kind == "irfft" else x


def _document(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Give a generated function its name and docstring."""
    f.__name__ = f.__qualname__ = name
    summary = next(
        ln.strip() for ln in (getattr(np.fft, name).__doc__ or name).splitlines() if ln.strip()
    )
    f.__doc__ = f"{summary}\n\nDifferentiable. See `numpy.fft.{name}`."
    return f


fft, ifft = _one("fft", "fft"), _one("ifft", "ifft")
rfft, irfft = _one("rfft", "rfft"), _one("irfft", "irfft")
fftn, ifftn = _several("fftn", "fft", None), _several("ifftn", "ifft", None)
rfftn, irfftn = _several("rfftn", "rfft", None), _several("irfftn", "irfft", None)
fft2, ifft2 = _several("fft2", "fft", (-2, -1)), _several("ifft2", "ifft", (-2, -1))
rfft2, irfft2 = _several("rfft2", "rfft", (-2, -1)), _several("irfft2", "irfft", (-2, -1))


def _swap_norm(norm: str | None) -> str:
    key = "backward" if norm is None else norm
    if key not in _INVERSE:
        raise ValueError(f"norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    return _INVERSE[key]


def hfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """Transform a signal with Hermitian symmetry: a real spectrum. See `numpy.fft.hfft`."""
    return irfft(conj(_array(a, "hfft")), n, axis, _swap_norm(norm))


def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """Invert `hfft`. See `numpy.fft.ihfft`."""
    x = _array(a, "ihfft")
    return conj(rfft(real(x) if dtype_of(x).kind == "c" else x, n, axis, _swap_norm(norm)))


def fftfreq(n: int, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Return the sample frequencies. See `numpy.fft.fftfreq`.

    Examples
    --------
    >>> fftfreq(4)
    array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return _frequencies(np.fft.fftfreq, n, d, dtype)


def rfftfreq(n: int, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Return the sample frequencies of `rfft`. See `numpy.fft.rfftfreq`.

    Examples
    --------
    >>> rfftfreq(4)
    array([0.  , 0.25, 0.5 ])
    """
    return _frequencies(np.fft.rfftfreq, n, d, dtype)


def _frequencies(f: Callable[..., Any], n: int, d: Any, dtype: Any) -> Any:
    if is_plain(d):
        out = f(n, d)
        return out if dtype is None else out.astype(dtype)
    from ._elementwise import divide

    out = divide(f(n), d)
    return out if dtype is None else cast(out, np.dtype(dtype))


def _shift(x: Any, axes: Any, sign: int, name: str) -> Any:
    x = _array(x, name)
    shape = shape_of(x)
    chosen = (
        range(len(shape)) if axes is None else ((axes,) if isinstance(axes, int) else tuple(axes))
    )
    normal = [normalize_axis(d, len(shape)) for d in chosen]
    shifts = [shape[d] // 2 if sign > 0 else -(shape[d] // 2) for d in normal]
    if is_plain(x):
        return np.roll(x, shifts, normal)
    for shift, d in zip(shifts, normal, strict=True):
        x = roll(x, shift, d)
    return x


def fftshift(x: Any, axes: Any = None) -> Any:
    """Shift the zero frequency to the middle. See `numpy.fft.fftshift`."""
    return _shift(x, axes, 1, "fftshift")


def ifftshift(x: Any, axes: Any = None) -> Any:
    """Undo `fftshift`. See `numpy.fft.ifftshift`."""
    return _shift(x, axes, -1, "ifftshift")
