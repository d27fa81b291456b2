"""The rest of NumPy's elementwise functions, and polynomials: values, dtypes, derivatives."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from tests.rules import check_rules

X = np.array([-2.3, -0.4, 0.7, 1.9])
Y = np.array([0.6, -1.2, 2.2, 0.3])
P, Q = np.array([2.0, -1.0, 0.5]), np.array([1.0, 3.0])

DIFFERENTIABLE = {
    "sinc": (fnp.sinc, np.sinc, X),
    "logaddexp2": (fnp.logaddexp2, np.logaddexp2, X, Y),
    "nan_to_num": (fnp.nan_to_num, np.nan_to_num, X),
    "modf": (fnp.modf, np.modf, X),
    "ldexp": (lambda x: fnp.ldexp(x, 3), lambda x: np.ldexp(x, 3), X),
    "unwrap": (fnp.unwrap, np.unwrap, 4 * X),
    "polyval": (fnp.polyval, np.polyval, P, X),
    "polyadd": (fnp.polyadd, np.polyadd, P, Q),
    "polysub": (fnp.polysub, np.polysub, Q, P),
    "polymul": (fnp.polymul, np.polymul, P, Q),
    "polydiv": (fnp.polydiv, np.polydiv, P, Q),
    "polyder": (fnp.polyder, np.polyder, P),
    "polyint": (lambda p: fnp.polyint(p, 2, 1.5), lambda p: np.polyint(p, 2, 1.5), P),
    "poly": (fnp.poly, np.poly, P),
    "vander": (fnp.vander, np.vander, X),
    "polyfit": (lambda x, y: fnp.polyfit(x, y, 2), lambda x, y: np.polyfit(x, y, 2), X, Y),
}


@pytest.mark.parametrize("name", sorted(DIFFERENTIABLE))
def test_differentiable(name):
    f, np_f, *args = DIFFERENTIABLE[name]
    outs = [o if isinstance(o, tuple) else (o,) for o in (f(*args), np_f(*args))]
    for got, want in zip(*outs, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    check_rules(f, args, vmap=name not in ("poly",))


INTS = np.array([12, -18, 0, 7]), np.array([8, 12, 5, 0])
PLAIN = {
    "gcd": (fnp.gcd, np.gcd, *INTS),
    "lcm": (fnp.lcm, np.lcm, *INTS),
    "bitwise_count": (fnp.bitwise_count, np.bitwise_count, INTS[0]),
    "heaviside": (fnp.heaviside, np.heaviside, np.array([-1.0, 0.0, 2.0, np.nan]), 0.5),
    "isclose": (
        fnp.isclose,
        np.isclose,
        np.array([1.0, np.inf, np.nan]),
        np.array([1 + 1e-9, np.inf, np.nan]),
    ),
    "isposinf": (fnp.isposinf, np.isposinf, np.array([np.inf, -np.inf, 1.0])),
    "isneginf": (fnp.isneginf, np.isneginf, np.array([np.inf, -np.inf, 1.0])),
    "isreal": (fnp.isreal, np.isreal, np.array([1.0, 1j])),
    "fix": (fnp.fix, np.fix, X),
    "frexp": (fnp.frexp, np.frexp, np.array([0.0, 1.0, 0.5, 3.7, -1e-300, 8.0])),
    "array_equal": (fnp.array_equal, np.array_equal, X, X.copy()),
    "array_equiv": (fnp.array_equiv, np.array_equiv, X, np.stack([X, X])),
    "nan_to_num": (fnp.nan_to_num, np.nan_to_num, np.array([np.nan, np.inf, -np.inf, 1.0])),
}


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_eager_and_traced_are_numpys(name):
    f, np_f, *args = PLAIN[name]
    want = np_f(*args)
    for got in (f(*args), fl.jit(f)(*args)):
        pairs = zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]
        for g, w in pairs:
            np.testing.assert_allclose(g, w, rtol=1e-15)
            assert np.asarray(g).dtype == np.asarray(w).dtype


def test_sinc_is_smooth_at_zero():
    # sinc(x) = 1 - (pi x)^2 / 6 + ...
    f = fnp.sinc
    for order, want in enumerate([1.0, 0.0, -(np.pi**2) / 3, 0.0, np.pi**4 / 5]):
        assert float(f(0.0)) == pytest.approx(want, abs=1e-9), order
        f = fl.grad(f)


def test_roots():
    for p in (P, np.array([1.0, -6.0, 11.0, -6.0])):
        got = np.sort_complex(fl.jit(fnp.roots)(p))
        np.testing.assert_allclose(got, np.sort_complex(np.roots(p)), rtol=1e-10)


def test_polyfit_full_and_covariance():
    got, want = fnp.polyfit(X, Y, 1, full=True), np.polyfit(X, Y, 1, full=True)
    np.testing.assert_allclose(got[0], want[0])
    np.testing.assert_allclose(got[1], want[1])
    for g, w in zip(fnp.polyfit(X, Y, 1, cov=True), np.polyfit(X, Y, 1, cov=True), strict=True):
        np.testing.assert_allclose(g, w)


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_quotients_of_booleans_are_int8_traced_or_not(name):
    f, b = getattr(fnp, name), np.array([True, True])
    assert fl.eval_shape(f, b, b).dtype == getattr(np, name)(b, b).dtype == np.int8
    np.testing.assert_array_equal(fl.jit(f)(b, b), getattr(np, name)(b, b))
