"""The Fourier transform primitive: every kind, odd and even lengths."""

import numpy as np
import pytest

import functorch_lite as fl
import functorch_lite.numpy as fnp
from functorch_lite.prims.fft import fft
from tests.rules import check_rules

RNG = np.random.default_rng(0)
LENGTHS = [(1,), (2,), (5,), (6,), (3, 4), (4, 5), (2, 3, 4)]


def parts(z):
    return [fnp.real(z), fnp.imag(z)]


def samples(lengths, half=False):
    shape = (*lengths[:-1], lengths[-1] // 2 + 1) if half else lengths
    return [RNG.standard_normal((2, *shape)) for _ in range(2)]


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("kind", ["fft", "ifft"])
def test_complex_kinds(kind, lengths):
    x, y = samples(lengths)
    check_rules(lambda x, y: parts(fft(x + 1j * y, kind, lengths)), [x, y], order=1)
    axes = range(1, 1 + len(lengths))
    want = getattr(np.fft, kind + "n")(x + 1j * y, axes=axes)
    np.testing.assert_allclose(fft(x + 1j * y, kind, lengths), want)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_real_to_complex(lengths):
    x, _ = samples(lengths)
    check_rules(lambda x: parts(fft(x, "rfft", lengths)), [x], order=1)
    np.testing.assert_allclose(
        fft(x, "rfft", lengths), np.fft.rfftn(x, axes=range(1, 1 + len(lengths)))
    )


@pytest.mark.parametrize("lengths", LENGTHS)
def test_complex_to_real(lengths):
    x, y = samples(lengths, half=True)
    check_rules(lambda x, y: fft(x + 1j * y, "irfft", lengths), [x, y], order=1)
    want = np.fft.irfftn(x + 1j * y, lengths, axes=range(1, 1 + len(lengths)))
    np.testing.assert_allclose(fft(x + 1j * y, "irfft", lengths), want)


def test_second_order():
    x = samples((5,))[0]
    check_rules(lambda x: fnp.absolute(fft(x, "rfft", (5,))) ** 3, [x], order=2, tol=1e-5)


@pytest.mark.parametrize("kind", ["fft", "rfft", "irfft"])
def test_single_precision_is_kept(kind):
    x = np.ones((2, 4), np.float32 if kind == "rfft" else np.complex64)
    n = 6 if kind == "irfft" else 4
    f = lambda x: fft(x, kind, (n,))  # noqa: E731
    want = np.float32 if kind == "irfft" else np.complex64
    assert f(x).dtype == want
    out, pull = fl.vjp(f, x)
    (ct,) = pull(out)
    assert out.dtype == want
    assert ct.dtype == x.dtype


@pytest.mark.parametrize(
    ("x", "kind", "lengths", "error"),
    [
        (np.ones(4), "fft", (4,), fl.DTypeError),
        (np.ones(4, complex), "rfft", (4,), fl.DTypeError),
        (np.ones(4, complex), "fft", (3,), fl.ShapeError),
        (np.ones(4, complex), "irfft", (4,), fl.ShapeError),
        (np.ones(4), "dct", (4,), ValueError),
    ],
)
def test_errors(x, kind, lengths, error):
    with pytest.raises(error):
        fl.make_jaxpr(lambda x: fft(x, kind, lengths))(x)
