"""The discrete Fourier transform over the last axes, in four kinds.

``fft_type`` is ``"fft"``, ``"ifft"``, ``"rfft"`` or ``"irfft"`` and ``fft_lengths`` are the lengths
of the transformed axes in the time domain. As in NumPy the inverse kinds divide by their product.
float32 and complex64 are kept.

Transposes, N being the product of the lengths (no conjugation, as for all complex primitives):
the DFT matrix is symmetric, so fft and ifft are their own transposes. irfft computes
Re(sum_k w_k X_k e^{i k t}) / N, where w_k is 2 for the frequencies whose negative is left out and
1 for the others, which gives irfft^T(y) = w / N * conj(rfft(y)) and
rfft^T(Y) = N irfft(conj(Y) / w).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import Primitive, ShapedArray, bind, current_source, dtype_of, shape_of, summarize
from .arithmetic import mul
from .complexes import conj
from .lowering import Library
from .shape import broadcast_in_dim

__all__ = ["fft", "fft_p"]

_FUNCTIONS = {"fft": "fftn", "ifft": "ifftn", "rfft": "rfftn", "irfft": "irfftn"}


def _fft_impl(x: Any, *, fft_type: str, fft_lengths: tuple[int, ...]) -> Any:
    x = np.asarray(x)
    axes = tuple(range(x.ndim - len(fft_lengths), x.ndim))
    if not x.size:
        aval = ShapedArray(x.shape, x.dtype)
        out = _fft_abstract(aval, fft_type=fft_type, fft_lengths=fft_lengths)
        return np.zeros(out.shape, out.dtype)
    return getattr(np.fft, _FUNCTIONS[fft_type])(x, fft_lengths, axes)


def _fft_abstract(x: ShapedArray, *, fft_type: str, fft_lengths: tuple[int, ...]) -> ShapedArray:
    where = summarize(current_source())
    if fft_type not in _FUNCTIONS:
        raise ValueError(
            f"fft_type must be one of {', '.join(_FUNCTIONS)}, got {fft_type!r} {where}"
        )
    wanted = "fd" if fft_type == "rfft" else "FD"
    if x.dtype.char not in wanted:
        kind = "float32 or float64" if fft_type == "rfft" else "complex64 or complex128"
        raise DTypeError(
            f"{fft_type} needs {kind}, got {x.dtype.name} {where}; convert with astype"
        )
    k = len(fft_lengths)
    half = (*fft_lengths[:-1], fft_lengths[-1] // 2 + 1) if k else ()
    expected = half if fft_type == "irfft" else fft_lengths
    if not 1 <= k <= x.ndim or x.shape[-k:] != expected or min(fft_lengths) < 1:
        raise ShapeError(
            f"{fft_type} of lengths {fft_lengths} needs last axes {expected} (lengths of at least "
            f"1), got shape {x.shape} {where}"
        )
    lead = x.shape[:-k]
    if fft_type == "rfft":
        return ShapedArray(lead + half, np.result_type(x.dtype, np.complex64))
    if fft_type == "irfft":
        return ShapedArray(lead + fft_lengths, np.dtype(x.dtype.char.lower()))
    return ShapedArray(x.shape, x.dtype)


def _weighted(x: Any, n: int, power: int, scale: float) -> Any:
    """Multiply by scale * w**power along the last axis, the half spectrum of length n."""
    w = np.full(n // 2 + 1, 2.0)
    w[0] = 1
    if n % 2 == 0:
        w[-1] = 1
    shape = shape_of(x)
    weights = (scale * w**power).astype(dtype_of(x))
    return mul(x, broadcast_in_dim(weights, shape, (len(shape) - 1,)))


def _fft_transpose(ct: Any, x: Any, *, fft_type: str, fft_lengths: tuple[int, ...]) -> list[Any]:
    total, n = float(np.prod(fft_lengths)), fft_lengths[-1]
    if fft_type == "irfft":
        return [_weighted(conj(fft(ct, "rfft", fft_lengths)), n, 1, 1 / total)]
    if fft_type == "rfft":
        return [fft(_weighted(conj(ct), n, -1, total), "irfft", fft_lengths)]
    return [fft(ct, fft_type, fft_lengths)]


fft_p: Primitive = Primitive(
    "fft",
    impl=_fft_impl,
    abstract_eval=_fft_abstract,
    jvp=lambda ts, xs, o, **params: bind(fft_p, ts[0], **params),
    transpose=_fft_transpose,
    batch=lambda size, args, batched, **params: bind(fft_p, args[0], **params),
    lower=Library("pocketfft"),
)


def fft(x: Any, fft_type: str, fft_lengths: Sequence[int]) -> Any:
    """Fourier transform over the last ``len(fft_lengths)`` axes; see the module's docstring."""
    return bind(fft_p, x, fft_type=fft_type.lower(), fft_lengths=tuple(fft_lengths))
