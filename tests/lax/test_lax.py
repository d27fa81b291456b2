"""lax by itself: strictness, rules of its own primitives, windows and folds under transforms."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, ShapeError
from tests.rules import check_rules

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4))


def test_nothing_is_promoted():
    with pytest.raises(DTypeError, match="equal dtypes"):
        fl.make_jaxpr(lax.add)(X, X.astype(np.float32))
    with pytest.raises(ShapeError, match="equal shapes"):
        fl.make_jaxpr(lax.add)(X, X[0])
    with pytest.raises(DTypeError, match="'inexact'"):
        fl.make_jaxpr(lax.exp)(np.arange(3))
    with pytest.raises(DTypeError, match="equal dtypes"):
        fl.make_jaxpr(lambda x: lax.mul(x, 1.5))(np.arange(3))


def test_scalars_take_the_dtype_they_meet():
    for dtype in (np.float32, np.int8, np.complex64):
        assert lax.add(np.ones(2, dtype), 1).dtype == dtype
        assert lax.mul(2, np.ones(2, dtype)).dtype == dtype
    assert lax.max(1.0, 2.0) == 2.0


def test_rules_of_the_bits():
    check_rules(lambda x: lax.reduce_precision(x, 11, 52), [X])  # the identity, so smooth
    _, t = fl.jvp(lambda x: lax.reduce_precision(x, 5, 3), (X,), (X + 0.01,))
    np.testing.assert_array_equal(t, lax.reduce_precision(X + 0.01, 5, 3))
    f = lambda x: lax.bitcast_convert_type(x, np.uint32)  # noqa: E731
    check_rules(f, [X])
    back = lax.bitcast_convert_type(f(X), np.float64)
    np.testing.assert_array_equal(back, X)
    check_rules(lambda i: lax.clz(i), [np.array([1, 200, 0, -1])])
    with pytest.raises(ShapeError, match="last axis of 2"):
        fl.make_jaxpr(lambda x: lax.bitcast_convert_type(x, np.uint64))(np.ones(3, np.float32))


def test_rounding_half_numbers():
    x = np.array([-1.5, -0.5, 0.5, 1.5, 2.5, np.inf, np.nan])
    np.testing.assert_array_equal(lax.round(x), [-2, -1, 1, 2, 3, np.inf, np.nan])
    even = lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)
    np.testing.assert_array_equal(even, [-2, 0, 0, 2, 2, np.inf, np.nan])
    assert fl.grad(lambda v: lax.round(v) * v)(1.3) == 1.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: lax.reduce(x, 0.5, lambda a, b: a + b + a * b, (1,)),
        lambda x: lax.reduce(x, 1.0, lax.mul, (0,)),
        lambda x: lax.reduce_window(x, 1.0, lax.mul, (2, 2), (1, 2), "SAME"),
        lambda x: lax.reduce_window(x, 0.0, lax.add, (2, 1), None, [(1, 1), (0, 0)], (1, 2)),
        lambda x: lax.reduce_window(x, -1.0, lax.max, (2, 2), None, "VALID"),
        lambda x: lax.conv_general_dilated(
            x[None, :, :, None], fnp.ones((2, 2, 1, 2)) * x[0, 0], (1, 1), "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        ),
        lambda x: lax.dynamic_slice(x, (1, 1), (2, 2)) ** 2,
        lambda x: lax.dynamic_update_slice(x, x[:1, :2] ** 2, (2, 2)),
        lambda x: lax.select_n(np.array([[0, 1, 0, 1]] * 3), x, x**2),
        lambda x: lax.top_k(x, 2)[0] ** 2,
        lambda x: lax.split(x, (1, 3), 1)[1] ** 2,
        lambda x: lax.tile(x, (2, 1)) ** 2,
        lambda x: lax.index_take(x, (np.array([0, 2]), np.array([1, 1])), (0, 1)) ** 2,
        lambda x: lax.scatter_apply(
            x, np.array([[0], [0], [2]]), lax.sin,
            lax.ScatterDimensionNumbers((1,), (0,), (0,)), update_shape=(3, 4),
        ),
    ],
)  # fmt: skip
def test_rules(f):
    x = RNG.permutation(12).reshape(3, 4) * 0.13 + 0.1
    check_rules(f, [x], tol=1e-5)


def test_stop_gradient_takes_pytrees():
    def f(x):
        y = lax.stop_gradient({"a": x, "i": np.arange(3)})
        return fnp.sum(y["a"] * x)

    np.testing.assert_array_equal(fl.grad(f)(np.arange(3.0)), np.arange(3.0))


def test_windows_with_a_traced_start():
    def f(x, start):
        return lax.reduce_window(x, start, lax.add, (2,), None, "VALID")

    np.testing.assert_array_equal(fl.jit(f)(np.arange(4.0), 10.0), [11.0, 13.0, 15.0])
    np.testing.assert_array_equal(fl.grad(lambda s: fnp.sum(f(np.arange(4.0), s)))(0.0), 3.0)


def test_shape_errors_name_the_users_line():
    for call in (
        lambda: lax.squeeze(X, (0,)),
        lambda: lax.split(X, (1, 1), 1),
        lambda: lax.conv_general_dilated(
            X, X, (1, 1), "SAME", dimension_numbers=("NH", "OI", "NX")
        ),
        lambda: lax.batch_matmul(X, X[0]),
        lambda: lax.dot(X, X[None]),
        lambda: lax.tile(X, (2,)),
        lambda: lax.select(X > 0, X, X[0]),
        lambda: lax.expand_dims(X, (0, 0)),
        lambda: lax.reduce_sum(X, (2,)),
    ):
        with pytest.raises(ShapeError, match=r"test_lax\.py"):
            call()
    with pytest.raises(IndexError, match="out of bounds"):
        lax.index_in_dim(X, 3)
    with pytest.raises(ValueError, match="SAME"):
        lax.conv(X[None, None], X[None, None], (1, 1), "same?")
