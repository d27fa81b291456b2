"""Cosine transforms: `scipy.fft`, differentiable."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy import fft as nfft
from ..numpy._axes import normalize_axis
from ..numpy._joining import concatenate
from ..numpy._manipulation import flip, moveaxis
from ..numpy._promotion import as_array, promote_inexact
from ..numpy.fft import _resize

__all__ = ["dct", "dctn", "idct", "idctn"]


def _twisted(x: Any, shift: float) -> Any:
    """Return ``sum_n x[n] exp(-2 pi i n (k + shift) / 2N)`` for k < N."""
    n = shape_of(x)[-1]
    phase = np.exp(-1j * np.pi * shift * np.arange(n) / n).astype(_complex(x))
    return nfft.fft(el.multiply(x, phase), 2 * n)[..., :n]


def _complex(x: Any) -> Any:
    return np.result_type(dtype_of(x), np.complex64)


def _dct1(x: Any) -> Any:
    if shape_of(x)[-1] < 2:
        raise ShapeError(f"dct of type 1 needs two points or more {summarize(current_source())}")
    even = concatenate([x, flip(x[..., 1:-1], -1)], -1)
    return el.real(nfft.rfft(even))


def _dct2(x: Any) -> Any:
    n = shape_of(x)[-1]
    even = concatenate([x, flip(x, -1)], -1)
    phase = np.exp(-0.5j * np.pi * np.arange(n) / n).astype(_complex(x))
    return el.real(el.multiply(nfft.rfft(even)[..., :n], phase))


def _dct3(x: Any) -> Any:
    return 2 * el.real(_twisted(x, 0.5)) - x[..., :1]


def _dct4(x: Any) -> Any:
    n = shape_of(x)[-1]
    phase = np.exp(-0.25j * np.pi * (2 * np.arange(n) + 1) / n).astype(_complex(x))
    return 2 * el.real(el.multiply(_twisted(x, 0.5), phase))


_TRANSFORMS = {1: _dct1, 2: _dct2, 3: _dct3, 4: _dct4}
_INVERSE_TYPE = {1: 1, 2: 3, 3: 2, 4: 4}
_INVERSE_NORM = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def _ends(kind: int, n: int, before: bool) -> np.ndarray:
    """Return the weights that make the transform of `kind` orthogonal."""
    w = np.ones(n)
    if kind == 1:
        w[[0, -1]] = np.sqrt(2) if before else np.sqrt(0.5)
    elif kind == 2 and not before:
        w[0] = np.sqrt(0.5)
    elif kind == 3 and before:
        w[0] = np.sqrt(2)
    return w


def _transform(x: Any, kind: int, n: int | None, axis: int, norm: str) -> Any:
    if kind not in _TRANSFORMS or norm not in _INVERSE_NORM:
        raise ValueError(
            f"dct: type must be 1, 2, 3 or 4 and norm 'backward', 'ortho' or 'forward', got "
            f"{kind!r} and {norm!r} {summarize(current_source())}"
        )
    (x,) = promote_inexact(as_array(x, "dct"), small_ints=False)
    if dtype_of(x).kind == "c":
        parts = (_transform(p, kind, n, axis, norm) for p in (el.real(x), el.imag(x)))
        re, im = parts
        return re + im * dtype_of(x).type(1j)
    axis = normalize_axis(axis, len(shape_of(x)))
    x = moveaxis(x if n is None else _resize(x, axis, n), axis, -1)
    size, d = shape_of(x)[-1], dtype_of(x)
    total = 2 * (size - 1 if kind == 1 else size)
    if norm == "ortho":
        x = el.multiply(x, _ends(kind, size, True).astype(d))
    y = _TRANSFORMS[kind](x)
    if norm == "ortho":
        y = el.multiply(y, (_ends(kind, size, False) / np.sqrt(total)).astype(d))
    elif norm == "forward":
        y = el.multiply(y, d.type(1 / total))
    return moveaxis(y, -1, axis)


def dct(
    x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None
) -> Any:
    """Discrete cosine transform of type 1 to 4. See `scipy.fft.dct`.

    Parameters
    ----------
    x : array
        Complex input is transformed part by part.
    n : int, optional
        Number of points: the input is cut or padded with zeros.
    norm : {"backward", "ortho", "forward"}, optional
        Who divides by the number of points: the inverse (the default), both, or this transform.

    Raises
    ------
    ValueError
        If there is no such type or norm.

    Examples
    --------
    >>> dct(np.array([1.0, 2.0, 3.0]), norm="ortho").round(6) + 0.0
    array([ 3.464102, -1.414214,  0.      ])
    """
    return _transform(x, type, n, axis, norm or "backward")


def idct(
    x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None
) -> Any:
    """Undo `dct` of the same type and norm. See `scipy.fft.idct`.

    Examples
    --------
    >>> idct(dct(np.array([1.0, 2.0, 3.0]))).round(12)
    array([1., 2., 3.])
    """
    return _transform(
        x, _INVERSE_TYPE.get(type, type), n, axis, _INVERSE_NORM.get(norm or "backward", str(norm))
    )


def _over_axes(one: Any, x: Any, type: int, s: Any, axes: Any, norm: str | None) -> Any:
    ndim = len(shape_of(as_array(x, "dctn")))
    if axes is None:
        axes = range(ndim) if s is None else range(ndim - len(s), ndim)
    axes = [axes] if isinstance(axes, int) else list(axes)
    sizes = [None] * len(axes) if s is None else list(s)
    if len(sizes) != len(axes):
        raise ShapeError(
            f"dctn: {len(sizes)} sizes for {len(axes)} axes {summarize(current_source())}"
        )
    for n, axis in zip(sizes, axes, strict=True):
        x = one(x, type, n, axis, norm)
    return x


def dctn(
    x: Any,
    type: int = 2,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | int | None = None,
    norm: str | None = None,
) -> Any:
    """Cosine transform over several axes, all by default. See `scipy.fft.dctn`.

    Examples
    --------
    >>> dctn(np.ones((2, 2)), norm="ortho").round(12) + 0.0
    array([[2., 0.],
           [0., 0.]])
    """
    return _over_axes(dct, x, type, s, axes, norm)


def idctn(
    x: Any,
    type: int = 2,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | int | None = None,
    norm: str | None = None,
) -> Any:
    """Undo `dctn` of the same type and norm. See `scipy.fft.idctn`.

    Examples
    --------
    >>> idctn(dctn(np.ones((2, 2)))).round(12)
    array([[1., 1.],
           [1., 1.]])
    """
    return _over_axes(idct, x, type, s, axes, norm)
