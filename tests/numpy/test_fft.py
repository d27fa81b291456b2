"""numpy.fft: values, dtypes and shapes of NumPy, plain and traced."""

import numpy as np
import pytest

import functorch_lite as fl
import functorch_lite.numpy as fnp
from tests.rules import check_rules

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4, 5))
Z = X + 1j * RNG.standard_normal((3, 4, 5))
INTS = np.arange(12).reshape(3, 4)

ONE = [
    {},
    {"n": 3},
    {"n": 8},
    {"axis": 0},
    {"n": 2, "axis": 1, "norm": "ortho"},
    {"norm": "forward"},
]
MANY = [
    {},
    {"axes": (0, 2)},
    {"s": (3, 7), "axes": (1, 2)},
    {"s": (2, -1), "axes": (2, 0)},
    {"norm": "ortho"},
    {"axes": (1, 0), "norm": "forward"},
]


def same(name, x, kwargs):
    want = getattr(np.fft, name)(x, **kwargs)
    f = lambda x: getattr(fnp.fft, name)(x, **kwargs)  # noqa: E731
    for got in (f(x), fl.jit(f)(x), fl.vmap(lambda _: f(x))(np.zeros(2))[1]):
        assert got.dtype == want.dtype, name
        assert got.shape == want.shape, name
        np.testing.assert_allclose(
            got, want, atol=1e-5 if want.dtype.itemsize <= 8 and want.dtype.char in "fF" else 1e-12
        )


@pytest.mark.parametrize("kwargs", ONE)
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_one_axis(name, kwargs):
    real_only = name in ("rfft", "ihfft")
    for x in [X, X.astype(np.float32)] if real_only else [X, Z, Z.astype(np.complex64)]:
        same(name, x, kwargs)
    if "n" not in kwargs or kwargs["n"] != 3:
        same(name, INTS, kwargs)


@pytest.mark.parametrize("kwargs", MANY)
@pytest.mark.parametrize(
    "name", ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"]
)
def test_several_axes(name, kwargs):
    same(name, X if name.startswith("rfft") else Z, kwargs)


def test_repeated_axes():
    for name in ("fftn", "rfftn", "irfftn"):
        same(name, X if name == "rfftn" else Z, {"axes": (0, 0)})


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies(name):
    for n in (4, 5):
        for d in (1.0, 0.1):
            np.testing.assert_array_equal(getattr(fnp.fft, name)(n, d), getattr(np.fft, name)(n, d))
    assert getattr(fnp.fft, name)(4, dtype=np.float32).dtype == np.float32
    got = fl.jit(lambda d: getattr(fnp.fft, name)(4, d))(0.5)
    np.testing.assert_allclose(got, getattr(np.fft, name)(4, 0.5))


@pytest.mark.parametrize("axes", [None, 0, (1, 2), -1])
def test_shifts(axes):
    for name in ("fftshift", "ifftshift"):
        same(name, X, {"axes": axes})
    check_rules(lambda x: fnp.fft.ifftshift(fnp.fft.fftshift(x, axes) * x, axes), [X])


@pytest.mark.parametrize("n", [3, 4, 7])
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_derivatives_with_padding_and_cutting(n, norm):
    def f(x):
        y = fnp.fft.rfft(x, n, norm=norm)
        z = fnp.fft.irfft(y * y, 5, norm=norm)
        return z, fnp.fft.hfft(y, norm=norm), fnp.absolute(fnp.fft.fft2(y)) ** 2

    check_rules(f, [X[0]], tol=1e-5)


def test_numpy_dispatches_on_tracers():
    got = fl.grad(lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2))(X[0, 0])
    np.testing.assert_allclose(got, 2 * 5 * X[0, 0])


def test_errors():
    with pytest.raises(fl.DTypeError, match="use fft"):
        fl.jit(fnp.fft.rfft)(Z)
    with pytest.raises(fl.ShapeError, match="points"):
        fl.jit(lambda x: fnp.fft.fft(x, 0))(Z)
    with pytest.raises(ValueError, match="norm"):
        fl.jit(lambda x: fnp.fft.fft(x, norm="other"))(Z)


@pytest.mark.peer
def test_complex_gradients_match_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")

    def f(m, x):
        y = m.fft.ifft2(m.fft.fft(x, 6) * 2, norm="ortho")
        z = m.fft.irfftn(y, (4, 7))
        return m.sum(m.sin(z)) + m.sum(m.real(y) ** 3)

    with jax.enable_x64(True):
        want = jax.grad(lambda x: f(jax.numpy, x))(Z[0])
        np.testing.assert_allclose(fl.grad(lambda x: f(fnp, x))(Z[0]), np.asarray(want), atol=1e-10)
