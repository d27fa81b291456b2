"""Spectra of signals: short-time Fourier transforms and Welch's method.

Welch 1967, "The use of fast Fourier transform for the estimation of power spectra".
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy import fft as fourier
from ..numpy._index_update import at
from ..numpy._joining import concatenate
from ..numpy._manipulation import broadcast_arrays, moveaxis
from ..numpy._products import matmul
from ..numpy._promotion import as_array, promote_inexact
from ..numpy._quantile import median
from ..numpy._reductions import mean

__all__ = ["csd", "detrend", "istft", "stft", "welch"]


def _floats(x: Any, name: str) -> Any:
    x = as_array(x, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    return promote_inexact(x, small_ints=False)[0]


def _zeros(x: Any, n: int) -> Any:
    """Append n zeros to the last axis."""
    return concatenate([x, np.zeros((*shape_of(x)[:-1], n), dtype_of(x))], -1) if n > 0 else x


def detrend(
    data: Any,
    axis: int = -1,
    type: str = "linear",
    bp: int | Sequence[int] = 0,
    overwrite_data: Any = None,
) -> Any:
    """Subtract the mean ("constant"), or lines fitted between the break points ("linear").

    See `scipy.signal.detrend`.

    Examples
    --------
    >>> detrend(np.array([1.0, 2.0, 3.0, 5.0])).round(9) + 0.0
    array([ 0.2, -0.1, -0.4,  0.3])
    """
    if type not in ("linear", "constant"):
        raise ValueError(f"detrend: type must be 'linear' or 'constant', got {type!r}")
    x = _floats(data, "detrend")
    if type == "constant":
        return x - mean(x, axis, keepdims=True)
    x = moveaxis(x, axis, -1)
    n = shape_of(x)[-1]
    breaks = sorted({0, n, *np.atleast_1d(np.asarray(bp)).tolist()})
    if breaks[0] < 0 or breaks[-1] > n:
        raise ShapeError(
            f"detrend: break points {bp} are not in an axis of {n} {summarize(current_source())}"
        )
    parts = []
    for lo, hi in itertools.pairwise(breaks):
        basis = np.stack([np.ones(hi - lo), np.arange(1, hi - lo + 1) / (hi - lo)], 1)
        # The projection onto lines is a constant matrix.
        projection = (basis @ np.linalg.pinv(basis)).astype(dtype_of(x))
        piece = x[..., lo:hi]
        parts.append(piece - matmul(projection, piece[..., None])[..., 0])
    return moveaxis(concatenate(parts, -1), -1, axis)


class _Frames:
    """Sizes of segments and their window, as the functions here take them."""

    def __init__(
        self, name: str, n: int, window: Any, nperseg: Any, noverlap: Any, nfft_size: Any
    ) -> None:
        import scipy.signal

        given = not isinstance(window, str | tuple | float)
        if given:
            w = np.asarray(window)
            nperseg = w.shape[0] if nperseg is None else nperseg
        else:
            nperseg = min(256 if nperseg is None else int(nperseg), n)
            w = scipy.signal.get_window(window, nperseg)
        self.window, self.size = w, int(nperseg)
        self.overlap = self.size // 2 if noverlap is None else int(noverlap)
        self.nfft = self.size if nfft_size is None else int(nfft_size)
        self.step = self.size - self.overlap
        if self.size < 1 or self.step < 1 or self.nfft < self.size or w.shape != (self.size,):
            raise ShapeError(
                f"{name}: segments of {self.size} with a window of {w.shape}, overlap "
                f"{self.overlap} and {self.nfft} points do not fit: the overlap must be smaller "
                f"than a segment, and nfft at least as large {summarize(current_source())}"
            )

    def index(self, n: int) -> np.ndarray:
        """Return the positions of each segment's samples in a signal of n."""
        starts = np.arange(0, n - self.size + 1, self.step)
        return starts[:, None] + np.arange(self.size)


def _detrended(x: Any, how: Any) -> Any:
    if how is False:
        return x
    return how(x) if callable(how) else detrend(x, -1, how)


def _spectra(x: Any, frames: _Frames, how: Any, onesided: bool) -> Any:
    """Return the transforms of the windowed segments: (..., segment, frequency)."""
    segments = _detrended(x[..., frames.index(shape_of(x)[-1])], how)
    segments = segments * frames.window.astype(np.float32 if dtype_of(x).itemsize == 4 else float)
    return (fourier.rfft if onesided else fourier.fft)(segments, frames.nfft)


def _frequencies(frames: _Frames, fs: float, onesided: bool) -> np.ndarray:
    return (np.fft.rfftfreq if onesided else np.fft.fftfreq)(frames.nfft, 1 / fs)


def stft(
    x: Any,
    fs: Any = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = False,
    return_onesided: bool = True,
    boundary: str | None = "zeros",
    padded: bool = True,
    axis: int = -1,
) -> tuple[Any, Any, Any]:
    """Short-time Fourier transform: frequencies, times, and the transforms of segments.

    See `scipy.signal.stft`; `boundary` is "zeros" or None.

    Examples
    --------
    >>> f, t, z = stft(np.ones(16), nperseg=8)
    >>> z.shape, z[0, 2].real.round(9)
    ((5, 5), np.float64(1.0))
    """
    y = moveaxis(_floats(x, "stft"), axis, -1)
    frames = _Frames("stft", shape_of(y)[-1], window, nperseg, noverlap, nfft)
    if boundary not in ("zeros", None):
        raise ValueError(f"stft: boundary must be 'zeros' or None, got {boundary!r}")
    if boundary == "zeros":
        half = np.zeros((*shape_of(y)[:-1], frames.size // 2), dtype_of(y))
        y = concatenate([half, y, half], -1)
    if padded:
        y = _zeros(y, -(shape_of(y)[-1] - frames.size) % frames.step)
    onesided = return_onesided and dtype_of(y).kind != "c"
    z = _spectra(y, frames, detrend, onesided) / dtype_of(y).type(frames.window.sum())
    count = shape_of(z)[-2]
    times = (np.arange(count) * frames.step + frames.size / 2) / fs
    if boundary == "zeros":
        times = times - frames.size / 2 / fs
    z = moveaxis(z, -1, axis if axis >= 0 else axis - 1)
    return _frequencies(frames, fs, onesided), times, z


def istft(
    Zxx: Any,
    fs: Any = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    input_onesided: bool = True,
    boundary: bool = True,
    time_axis: int = -1,
    freq_axis: int = -2,
) -> tuple[Any, Any]:
    """Undo `stft` by weighted overlap-add; return times and the signal. See `scipy.signal.istft`.

    Examples
    --------
    >>> x = np.arange(16.0)
    >>> istft(stft(x, nperseg=8)[2], nperseg=8)[1].round(9)[:4] + 0.0
    array([0., 1., 2., 3.])
    """
    z = as_array(Zxx, "istft")
    z = moveaxis(z, (time_axis, freq_axis), (-2, -1))
    bins = shape_of(z)[-1]
    default = 2 * (bins - 1) if input_onesided else bins
    size = default if nperseg is None else int(nperseg)
    points = nfft
    if points is None:
        points = size if input_onesided and size == default + 1 else default
    frames = _Frames("istft", size, window, size, noverlap, points)
    segments = (fourier.irfft if input_onesided else fourier.ifft)(z, points)
    d = dtype_of(segments)
    w = frames.window.astype(np.float32 if d.itemsize == 4 or d == np.complex64 else float)
    segments = segments[..., : frames.size] * w * d.type(frames.window.sum())
    count = shape_of(segments)[-2]
    n = frames.size + (count - 1) * frames.step
    index = frames.index(n)
    out = at(np.zeros((*shape_of(segments)[:-2], n), d))[..., index].add(segments)
    weight = np.bincount(index.ravel(), np.tile(frames.window**2, count), n)
    if boundary:
        cut = slice(frames.size // 2, n - frames.size // 2)
        out, weight = out[..., cut], weight[cut]
    out = out / np.where(weight > 1e-10, weight, 1.0).astype(w.dtype)
    times = np.arange(shape_of(out)[-1]) / fs
    last = len(shape_of(z)) - 2
    axis = min(time_axis % len(shape_of(z)), freq_axis % len(shape_of(z)), last)
    return times, moveaxis(out, -1, axis)


def csd(
    x: Any,
    y: Any,
    fs: Any = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[Any, Any]:
    """Cross spectral density by Welch's method: frequencies, and density. See `scipy.signal.csd`.

    Parameters
    ----------
    detrend : str, callable or False
        What is subtracted from each segment.
    scaling : {"density", "spectrum"}
        Per hertz, or in all.
    average : {"mean", "median"}
        How segments are averaged.

    Examples
    --------
    >>> f, p = csd(np.arange(8.0), np.arange(8.0), nperseg=4)
    >>> f
    array([0.  , 0.25, 0.5 ])
    """
    if scaling not in ("density", "spectrum") or average not in ("mean", "median"):
        raise ValueError(
            f"csd: scaling must be 'density' or 'spectrum', got {scaling!r}; average 'mean' or "
            f"'median', got {average!r}"
        )
    a = moveaxis(_floats(x, "csd"), axis, -1)
    same = y is x or y is None
    b = a if same else moveaxis(_floats(y, "csd"), axis, -1)
    n = max(shape_of(a)[-1], shape_of(b)[-1])
    a, b = _zeros(a, n - shape_of(a)[-1]), b if same else _zeros(b, n - shape_of(b)[-1])
    frames = _Frames("csd", n, window, nperseg, noverlap, nfft)
    onesided = return_onesided and "c" not in (dtype_of(a).kind, dtype_of(b).kind)
    left = _spectra(a, frames, detrend, onesided)
    right = left if same else _spectra(b, frames, detrend, onesided)
    w = frames.window
    scale = 1 / (fs * (w * w).sum()) if scaling == "density" else 1 / w.sum() ** 2
    weights = np.full(shape_of(left)[-1], scale)
    if onesided:
        weights[1 : None if frames.nfft % 2 else -1] *= 2
    left, right = broadcast_arrays(left, right)
    p = el.real(left * el.conj(left)) if same else el.conj(left) * right
    p = p * weights.astype(np.float32 if dtype_of(p).char in "fF" else float)
    p = mean(p, -2) if average == "mean" else _unbiased_median(p)
    return _frequencies(frames, fs, onesided), moveaxis(p, -1, axis)


def _unbiased_median(p: Any) -> Any:
    """Median over segments, divided by its bias for exponential variables (Allen et al. 2012)."""
    n = shape_of(p)[-2]
    even = 2 * np.arange(1.0, (n - 1) // 2 + 1)
    bias = dtype_of(p).type(1 + np.sum(1 / (even + 1) - 1 / even))
    if dtype_of(p).kind == "c":
        return (median(el.real(p), -2) + median(el.imag(p), -2) * dtype_of(p).type(1j)) / bias
    return median(p, -2) / bias


def welch(
    x: Any,
    fs: Any = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[Any, Any]:
    """Power spectral density by Welch's method; arguments as for `csd`. See `scipy.signal.welch`.

    Examples
    --------
    >>> f, p = welch(np.sin(np.arange(64.0)), nperseg=16)
    >>> f[p.argmax()] * 2 * np.pi  # about 1
    np.float64(1.1780972450961724)
    """
    return csd(
        x,
        None,
        fs,
        window,
        nperseg,
        noverlap,
        nfft,
        detrend,
        return_onesided,
        scaling,
        axis,
        average,
    )
