"""Convolution and correlation of signals in any number of axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..lax import conv_general_dilated
from ..numpy import _elementwise as el
from ..numpy import fft as nfft
from ..numpy._manipulation import flip, pad
from ..numpy._promotion import as_array, promote_dtypes

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve"]


def _pair(name: str, in1: Any, in2: Any, mode: str) -> tuple[Any, Any]:
    xs = [as_array(a, name) for a in (in1, in2)]
    x, y = promote_dtypes(*[a if hasattr(a, "shape") else np.asarray(a) for a in xs])
    where = summarize(current_source())
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode must be 'full', 'same' or 'valid', got {mode!r} {where}")
    if len(shape_of(x)) != len(shape_of(y)):
        raise ShapeError(
            f"{name}: inputs must have equally many axes, got {shape_of(x)} and {shape_of(y)} {where}"
        )
    if mode == "valid":
        pairs = list(zip(shape_of(x), shape_of(y), strict=True))
        if all(m <= n for m, n in pairs):
            return y, x
        if not all(m >= n for m, n in pairs):
            raise ShapeError(
                f"{name}: for mode 'valid' one input must be the larger along every axis, got "
                f"{shape_of(x)} and {shape_of(y)} {where}"
            )
    return x, y


def _bounds(mode: str, n: int, k: int) -> tuple[int, int]:
    """Return where the wanted part of a full convolution starts and stops."""
    if mode == "full":
        return 0, n + k - 1
    return ((k - 1) // 2, (k - 1) // 2 + n) if mode == "same" else (k - 1, n)


def _direct(x: Any, y: Any, mode: str) -> Any:
    """Convolve by sums of products; complex numbers by their parts."""
    if dtype_of(x).kind == "c":
        a, b, c, d = el.real(x), el.imag(x), el.real(y), el.imag(y)
        re = _direct(a, c, mode) - _direct(b, d, mode)
        im = _direct(a, d, mode) + _direct(b, c, mode)
        return re + im * dtype_of(x).type(1j)
    if 0 in (*shape_of(x), *shape_of(y)):
        stops = [_bounds(mode, n, k) for n, k in zip(shape_of(x), shape_of(y), strict=True)]
        return np.zeros([max(stop - start, 0) for start, stop in stops], dtype_of(x))
    pads = []
    for n, k in zip(shape_of(x), shape_of(y), strict=True):
        start, stop = _bounds(mode, n, k)
        pads.append((k - 1 - start, stop - n))
    kernel = flip(y)[None, None]
    return conv_general_dilated(x[None, None], kernel, (1,) * len(pads), pads)[0, 0]


def _by_fft(x: Any, y: Any, axes: Sequence[int]) -> Any:
    """Return the full convolution along axes, by the convolution theorem."""
    import scipy.fft

    full = [shape_of(x)[d] + shape_of(y)[d] - 1 for d in axes]
    real = dtype_of(x).kind != "c"
    sizes = [scipy.fft.next_fast_len(n, real) for n in full]
    forward, back = (nfft.rfftn, nfft.irfftn) if real else (nfft.fftn, nfft.ifftn)
    out = back(forward(x, sizes, axes) * forward(y, sizes, axes), sizes, axes)
    index: list[Any] = [slice(None)] * len(shape_of(out))
    for d, n in zip(axes, full, strict=True):
        index[d] = slice(0, n)
    return out[tuple(index)]


def convolve(
    in1: Any, in2: Any, mode: str = "full", method: str = "auto", precision: Any = None
) -> Any:
    """Convolve two arrays over all axes. See `scipy.signal.convolve`.

    Parameters
    ----------
    mode : {"full", "same", "valid"}
        All, as much as `in1`, or where the inputs overlap in full.
    method : {"auto", "direct", "fft"}
        "auto" is direct; `fftconvolve` pays when both inputs are long.

    Raises
    ------
    ShapeError
        If the inputs have different numbers of axes, or neither contains the other for "valid".

    Examples
    --------
    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    array([0., 1., 2., 3.])
    """
    if method not in ("auto", "direct", "fft"):
        raise ValueError(f"convolve: method must be 'auto', 'direct' or 'fft', got {method!r}")
    if method == "fft":
        return fftconvolve(in1, in2, mode)
    x, y = _pair("convolve", in1, in2, mode)
    return el.multiply(x, y) if not shape_of(x) else _direct(x, y, mode)


def correlate(
    in1: Any, in2: Any, mode: str = "full", method: str = "auto", precision: Any = None
) -> Any:
    """Correlate two arrays over all axes; the second is conjugated. See `scipy.signal.correlate`.

    Examples
    --------
    >>> correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    array([1., 2., 3., 0.])
    """
    y = as_array(in2, "correlate")
    y = y if hasattr(y, "shape") else np.asarray(y)
    return convolve(in1, flip(el.conj(y)), mode, method)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """Convolve by FFT, over all or some axes. See `scipy.signal.fftconvolve`.

    Examples
    --------
    >>> fftconvolve(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])).round(9) + 0.0
    array([0., 1., 2., 3.])
    """
    x, y = _pair("fftconvolve", in1, in2, mode)
    ndim = len(shape_of(x))
    if axes is None:
        over = list(range(ndim))
    else:
        over = [d % ndim for d in ([axes] if isinstance(axes, int) else axes)]
    d = dtype_of(x)
    out = _by_fft(x, y, over)
    index: list[Any] = [slice(None)] * ndim
    for axis in over:
        index[axis] = slice(*_bounds(mode, shape_of(x)[axis], shape_of(y)[axis]))
    out = out[tuple(index)]
    return el.rint(out).astype(d) if d.kind in "biu" else out


_PADDING = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}


def convolve2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: float = 0,
    precision: Any = None,
) -> Any:
    """Convolve two matrices; `boundary` is "fill", "wrap" or "symm". See `scipy.signal.convolve2d`.

    Examples
    --------
    >>> convolve2d(np.eye(2), np.ones((2, 2)), boundary="wrap", mode="same")
    array([[2., 2.],
           [2., 2.]])
    """
    x, y = _pair("convolve2d", in1, in2, mode)
    where = summarize(current_source())
    if len(shape_of(x)) != 2:
        raise ShapeError(f"convolve2d takes matrices, got {shape_of(x)} and {shape_of(y)} {where}")
    if boundary not in _PADDING:
        raise ValueError(f"convolve2d: boundary must be 'fill', 'wrap' or 'symm', got {boundary!r}")
    if mode == "valid" or (boundary == "fill" and fillvalue == 0):
        return _direct(x, y, mode)
    widths = [(k - 1, k - 1) for k in shape_of(y)]
    extra = {"constant_values": fillvalue} if boundary == "fill" else {}
    full = _direct(pad(x, widths, _PADDING[boundary], **extra), y, "valid")
    rows, columns = (_bounds(mode, n, k) for n, k in zip(shape_of(x), shape_of(y), strict=True))
    return full[slice(*rows), slice(*columns)]


def correlate2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: float = 0,
    precision: Any = None,
) -> Any:
    """Correlate two matrices; arguments as for `convolve2d`. See `scipy.signal.correlate2d`.

    Examples
    --------
    >>> correlate2d(np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]]))
    array([[1., 2., 0.]])
    """
    x, y = (as_array(a, "correlate2d") for a in (in1, in2))
    x, y = (a if hasattr(a, "shape") else np.asarray(a) for a in (x, y))
    if mode == "same":
        # A window of even length reaches one further forward, not back as in a convolution.
        full = convolve2d(x, flip(el.conj(y)), "full", boundary, fillvalue)
        rows, columns = (
            slice(k // 2, k // 2 + n) for n, k in zip(shape_of(x), shape_of(y), strict=True)
        )
        return full[rows, columns]
    return convolve2d(x, flip(el.conj(y)), mode, boundary, fillvalue)
