"""Running reductions: values against NumPy, rules, special points."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.prims import cumulative as cu
from tests.rules import check_rules

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 5))
FUNCTIONS = {
    "cumsum": (cu.cumsum, np.add),
    "cumprod": (cu.cumprod, np.multiply),
    "cummax": (cu.cummax, np.maximum),
    "cummin": (cu.cummin, np.minimum),
    "cumlogsumexp": (cu.cumlogsumexp, np.logaddexp),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reverse", [False, True])
def test_rules(name, axis, reverse):
    f, ufunc = FUNCTIONS[name]
    got = f(X, axis, reverse)
    want = (
        np.flip(ufunc.accumulate(np.flip(X, axis), axis), axis)
        if reverse
        else ufunc.accumulate(X, axis)
    )
    np.testing.assert_array_equal(got, want)
    check_rules(lambda x: f(x, axis, reverse), [X], tol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_length_has_a_derivative(name, n):
    check_rules(lambda x: FUNCTIONS[name][0](x), [RNG.standard_normal(n)], order=1, vmap=False)


def test_cumprod_survives_zeros():
    x = np.array([2.0, 0.0, 3.0, 0.0, 5.0])
    check_rules(lambda x: cu.cumprod(x), [x], tol=1e-6)
    jac = fl.jacobian(lambda x: cu.cumprod(x))(x)
    np.testing.assert_array_equal(jac[2], [0.0, 6.0, 0.0, 0.0, 0.0])


def test_first_of_equals_gets_the_derivative_of_a_running_maximum():
    x = np.array([1.0, 3.0, 3.0, 2.0, 4.0, 4.0])
    jac = fl.jacobian(lambda x: cu.cummax(x))(x)
    np.testing.assert_array_equal(jac.argmax(1), [0, 1, 1, 1, 4, 4])
    np.testing.assert_array_equal(jac.sum(1), np.ones(6))
    back = fl.jacobian(lambda x: cu.cummin(x, reverse=True))(x)
    np.testing.assert_array_equal(back.argmax(1), [0, 3, 3, 3, 5, 5])


def test_cumlogsumexp_does_not_overflow_and_is_flat_at_minus_infinity():
    x = np.array([-np.inf, -1000.0, 1000.0, 1000.0])
    np.testing.assert_allclose(cu.cumlogsumexp(x), [-np.inf, -1000, 1000, 1000 + np.log(2)])
    jac = fl.jacobian(lambda x: cu.cumlogsumexp(x))(x)
    np.testing.assert_allclose(
        jac, [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0.5, 0.5]], atol=1e-12
    )


def test_nan_stays():
    x = np.array([1.0, np.nan, 2.0])
    with np.errstate(invalid="ignore"):
        for f, ufunc in FUNCTIONS.values():
            np.testing.assert_array_equal(f(x), ufunc.accumulate(x))


def test_integers_keep_their_dtype():
    x = np.array([[1, 2], [3, 4]], np.int8)
    for name in ("cumsum", "cumprod", "cummax", "cummin"):
        f, ufunc = FUNCTIONS[name]
        out = fl.jit(lambda x, f=f: f(x, 1))(x)
        assert out.dtype == np.int8
        np.testing.assert_array_equal(out, ufunc.accumulate(x, 1, dtype=np.int8))


def test_wrong_axis_and_dtype_name_the_line():
    with pytest.raises(fl.ShapeError, match=r"test_cumulative\.py"):
        fl.jit(lambda x: cu.cumsum(x, 2))(X)
    with pytest.raises(fl.DTypeError, match="cumlogsumexp"):
        fl.jit(lambda x: cu.cumlogsumexp(x))(np.arange(3))
