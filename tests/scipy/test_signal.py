"""Convolutions and spectra against SciPy."""

import warnings

import numpy as np
import pytest
import scipy.signal as theirs

import functorch_lite as fl
from functorch_lite.scipy import signal as ours
from tests.scipy.agree import check_agrees

RNG = np.random.default_rng(0)
LONG, SHORT = RNG.standard_normal(9), RNG.standard_normal(4)
IMAGE, PATCH = RNG.standard_normal((5, 6)), RNG.standard_normal((3, 2))
BLOCK = RNG.standard_normal((3, 4, 5))
X, Y = RNG.standard_normal((2, 2, 30))
PAIRS = {
    "1d": (LONG, SHORT),
    "swapped": (SHORT, LONG),
    "2d": (IMAGE, PATCH),
    "3d": (BLOCK, BLOCK[:2, :2, :2]),
}


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", ["convolve", "correlate", "fftconvolve"])
def test_convolutions(name, pair, mode):
    check_agrees(ours, theirs, lambda m, x, y: getattr(m, name)(x, y, mode), PAIRS[pair])


@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
def test_convolutions_of_matrices(name, mode, boundary):
    check_agrees(
        ours, theirs, lambda m, x, y: getattr(m, name)(x, y, mode, boundary), [IMAGE, PATCH]
    )
    if mode == "valid":
        f = getattr(theirs, name)
        np.testing.assert_allclose(getattr(ours, name)(PATCH, IMAGE, mode), f(PATCH, IMAGE, mode))


def test_convolutions_of_other_dtypes():
    z = LONG + 1j * LONG[::-1]
    for name in ("convolve", "correlate", "fftconvolve"):
        check_agrees(ours, theirs, lambda m, x, y: getattr(m, name)(x, y), [z, SHORT], order=0)  # noqa: B023
    i = np.arange(5)
    assert ours.convolve(i, i).dtype == np.int64
    np.testing.assert_array_equal(ours.convolve(i, i), np.convolve(i, i))
    np.testing.assert_array_equal(ours.fftconvolve(i, i), np.convolve(i, i))
    got = ours.convolve2d(IMAGE, PATCH, "full", "fill", 2.0)
    np.testing.assert_allclose(got, theirs.convolve2d(IMAGE, PATCH, "full", "fill", 2.0))
    np.testing.assert_allclose(ours.convolve(LONG, SHORT, method="fft"), np.convolve(LONG, SHORT))


OPTIONS = {
    "plain": {"nperseg": 8},
    "odd": {"nperseg": 9, "noverlap": 3},
    "padded": {"nperseg": 8, "nfft": 16},
    "lines": {"nperseg": 8, "detrend": "linear"},
    "window": {"nperseg": 8, "window": "hamming"},
    "array window": {"window": np.hanning(8), "nperseg": 8},
    "two-sided": {"nperseg": 8, "return_onesided": False},
}


@pytest.mark.parametrize("options", OPTIONS)
def test_spectra(options):
    kw = OPTIONS[options]
    check_agrees(ours, theirs, lambda m, x: m.stft(x, 2.0, **kw), [X], order=0)
    for scaling in ("density", "spectrum"):
        for average in ("mean", "median"):
            more = kw | {"scaling": scaling, "average": average}
            check_agrees(ours, theirs, lambda m, x: m.welch(x, 2.0, **more)[1], [X], order=0)  # noqa: B023
            got, want = ours.csd(X, Y, **more), theirs.csd(X, Y, **more)
            np.testing.assert_allclose(got[1], want[1], atol=1e-12)


def test_spectra_have_derivatives():
    check_agrees(ours, theirs, lambda m, x: m.welch(x, nperseg=8)[1], [X])
    check_agrees(ours, theirs, lambda m, x: abs(m.stft(x, nperseg=8)[2]), [X])


def test_axes_and_defaults():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns of 256 > 30
        for g, w in zip(ours.stft(X), theirs.stft(X), strict=True):
            np.testing.assert_allclose(g, w, atol=1e-12)
    for axis in (0, -2):
        got, want = (m.stft(X.T, nperseg=8, axis=axis)[2] for m in (ours, theirs))
        np.testing.assert_allclose(got, want, atol=1e-12)
        got, want = (m.welch(X.T, nperseg=8, axis=axis)[1] for m in (ours, theirs))
        np.testing.assert_allclose(got, want, atol=1e-12)


@pytest.mark.parametrize(
    "kw", [{"nperseg": 8}, {"nperseg": 9, "noverlap": 3}, {"nperseg": 8, "nfft": 16}]
)
def test_istft_undoes_stft(kw):
    z = theirs.stft(X, **kw)[2]
    np.testing.assert_allclose(ours.istft(z, **kw)[1], theirs.istft(z, **kw)[1], atol=1e-12)
    np.testing.assert_allclose(ours.istft(z, **kw)[1][:, :30], X, atol=1e-12)


@pytest.mark.parametrize("kind", ["linear", "constant"])
@pytest.mark.parametrize("axis", [0, 1])
def test_detrend(axis, kind):
    check_agrees(ours, theirs, lambda m, x: m.detrend(x, axis, kind), [IMAGE])


def test_detrend_pieces():
    check_agrees(ours, theirs, lambda m, x: m.detrend(x, 1, "linear", [10, 20]), [X])


def test_mistakes_are_explained():
    with pytest.raises(fl.ShapeError, match="equally many axes"):
        ours.convolve(IMAGE, LONG)
    with pytest.raises(fl.ShapeError, match="valid"):
        ours.convolve(IMAGE, IMAGE.T, "valid")
    with pytest.raises(ValueError, match="mode"):
        ours.correlate(LONG, SHORT, "all")
    with pytest.raises(fl.ShapeError, match="overlap"):
        ours.welch(X, nperseg=8, noverlap=8)
    with pytest.raises(fl.ShapeError, match="break points"):
        ours.detrend(X, bp=[99])
