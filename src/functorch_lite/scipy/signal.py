"""Signals: `scipy.signal`, differentiable, as far as `jax.scipy.signal` has it."""

from ._convolve import convolve as convolve
from ._convolve import convolve2d as convolve2d
from ._convolve import correlate as correlate
from ._convolve import correlate2d as correlate2d
from ._convolve import fftconvolve as fftconvolve
from ._spectral import csd as csd
from ._spectral import detrend as detrend
from ._spectral import istft as istft
from ._spectral import stft as stft
from ._spectral import welch as welch

__all__ = [
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "csd",
    "detrend",
    "fftconvolve",
    "istft",
    "stft",
    "welch",
]
