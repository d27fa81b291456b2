"""Running sums, differences and convolution against NumPy."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4))
V, W = RNG.standard_normal(7), RNG.standard_normal(4)
NAN = np.where(np.abs(X) > 1, np.nan, X)
ROWS = {
    "cumsum": (lambda n, x: n.cumsum(x), [X]),
    "cumsum axis": (lambda n, x: n.cumsum(x, axis=-1, dtype=np.float64), [X]),
    "cumprod": (lambda n, x: n.cumprod(x, 1), [X]),
    "cumulative_sum": (lambda n, x: n.cumulative_sum(x, axis=1, include_initial=True), [X]),
    "cumulative_prod": (lambda n, x: n.cumulative_prod(x, include_initial=True), [V]),
    "diff": (lambda n, x: n.diff(x), [X]),
    "diff twice": (lambda n, x: n.diff(x, 2, axis=0), [X]),
    "diff padded": (lambda n, x, y: n.diff(x, axis=0, prepend=0.0, append=y), [X, X[:2]]),
    "ediff1d": (lambda n, x: n.ediff1d(x, to_begin=[1.0], to_end=[3.0, 4.0]), [X]),
    "gradient": (lambda n, x: n.gradient(x), [X]),
    "gradient spacing": (lambda n, x: n.gradient(x, 0.5, axis=1), [X]),
    "gradient two": (lambda n, x: n.gradient(x, 0.5, 2.0, edge_order=2), [X]),
    "gradient coordinates": (
        lambda n, x, t: n.gradient(x, t, axis=1),
        [X, np.array([0, 1, 1.5, 4])],
    ),
    "gradient edge": (
        lambda n, x, t: n.gradient(x, t, edge_order=2),
        [W, np.array([0, 1, 1.5, 4])],
    ),
    "trapezoid": (lambda n, y: n.trapezoid(y, dx=0.5), [X]),
    "trapezoid axis": (lambda n, y, x: n.trapezoid(y, x, axis=0), [X, np.array([0.0, 1.0, 3.0])]),
    "trapezoid full": (lambda n, y, x: n.trapezoid(y, x), [X, np.sort(X)]),
    **{
        f"{name} {mode}": (lambda n, a, v, f=name, m=mode: getattr(n, f)(a, v, m), [V, W])
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
    },
    **{
        f"{name} {mode}, swapped": (lambda n, a, v, f=name, m=mode: getattr(n, f)(v, a, m), [V, W])
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
    },
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    check_agrees(*ROWS[name], order=2 if name in ("cumprod", "correlate same") else 1)


def test_nan_is_ignored():
    for name in ("nancumsum", "nancumprod"):
        check_agrees(lambda n, x, f=name: getattr(n, f)(x, axis=1), [NAN], order=0)
        g = fl.grad(lambda x, f=name: fnp.sum(getattr(fnp, f)(x, axis=1)))(NAN)
        assert (np.isnan(NAN) <= (g == 0)).all() and np.isfinite(g).all()


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int64", "uint64", "float32", "complex64"]
)
def test_dtypes(dtype):
    x = (X > 0).astype(dtype) if dtype == "bool" else np.abs(X * 10).astype(dtype)
    for f in (
        lambda n, x: n.cumsum(x, 1),
        lambda n, x: n.cumprod(x),
        lambda n, x: n.cumulative_sum(x, axis=0, include_initial=True),
        lambda n, x: n.cumsum(x, dtype=np.complex64),
        lambda n, x: n.diff(x),
        lambda n, x: n.trapezoid(x),
    ):
        check_agrees(f, [x], order=0, value_tol=1e-5)


def test_complex_correlation_conjugates():
    a, v = V + 1j * V[::-1], W - 2j * W
    for mode in ("full", "same", "valid"):
        check_agrees(lambda n, a, v, m=mode: n.correlate(a, v, m), [a, v], order=0)
        check_agrees(lambda n, a, v, m=mode: n.correlate(v, a, m), [a, v], order=0)
        check_agrees(lambda n, a, v, m=mode: n.convolve(a, v, m), [a, v], order=0)


def test_errors_name_the_line():
    for f in (
        lambda x: fnp.cumulative_sum(x),
        lambda x: fnp.diff(x, -1),
        lambda x: fnp.convolve(x, x),
        lambda x: fnp.gradient(x, edge_order=3),
        lambda x: fnp.convolve(x[0], x[1], "other"),
    ):
        with pytest.raises((ValueError, fl.ShapeError), match=r"test_cumulative\.py"):
            fl.jit(f)(X)
