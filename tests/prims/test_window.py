"""Windowed reductions: values against the definition and JAX, rules, ties, NaN and infinities."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, ShapeError
from functorch_lite.prims import window as wn
from tests.rules import check_rules

OPS = {
    "sum": (wn.reduce_window_sum, np.sum, 0.0),
    "max": (wn.reduce_window_max, np.max, -np.inf),
    "min": (wn.reduce_window_min, np.min, np.inf),
}
# shape, window, strides, padding, input dilation, window dilation
CASES = {
    "pooling": (
        (2, 3, 6, 5),
        (1, 1, 3, 2),
        (1, 1, 2, 1),
        ((0, 0), (0, 0), (1, 1), (0, 1)),
        None,
        None,
    ),
    "all axes": ((6, 5), (2, 2), (1, 2), ((1, 1), (0, 0)), None, (1, 2)),
    "whole axis": ((4, 5), (4, 1), None, None, None, None),
    "negative padding": ((7,), (2,), (2,), ((-1, -2),), None, None),
    "holes": ((5, 4), (3, 2), (1, 1), ((1, 0), (0, 0)), (2, 1), (1, 2)),
    "holes and strides": ((5,), (4,), (3,), ((1, 2),), (2,), (1,)),
    "nothing": ((3, 2), (1, 1), None, None, None, None),
}


def direct(reduce, identity, x, window, strides, padding, bd, wd):
    """Reduce each window in Python: the definition."""
    ones = (1,) * x.ndim
    strides, bd, wd = strides or ones, bd or ones, wd or ones
    padding = padding or ((0, 0),) * x.ndim
    dilated = np.full([d * (n - 1) + 1 for n, d in zip(x.shape, bd, strict=True)], identity)
    dilated[tuple(slice(None, None, d) for d in bd)] = x
    wide = np.pad(dilated, [(max(a, 0), max(b, 0)) for a, b in padding], constant_values=identity)
    wide = wide[
        tuple(
            slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(wide.shape, padding, strict=True)
        )
    ]
    reach = [r * (k - 1) + 1 for k, r in zip(window, wd, strict=True)]
    out = np.empty([(n - k) // s + 1 for n, k, s in zip(wide.shape, reach, strides, strict=True)])
    for t in np.ndindex(*out.shape):
        index = tuple(
            slice(a * s, a * s + k, r) for a, s, k, r in zip(t, strides, reach, wd, strict=True)
        )
        out[t] = reduce(wide[index])
    return out


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("layout", ["C", "F"])
def test_is_the_definition(op, case, layout):
    f, reduce, identity = OPS[op]
    shape, *rest = CASES[case]
    x = np.asarray(np.random.default_rng(0).standard_normal(shape), order=layout)
    np.testing.assert_allclose(f(x, *rest), direct(reduce, identity, x, *rest), rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("op", OPS)
def test_rules(op, case):
    f = OPS[op][0]
    shape, *rest = CASES[case]
    # Distinct values, far apart: finite differences meet no tie.
    x = np.random.default_rng(0).permutation(int(np.prod(shape))).reshape(shape) * 0.1

    def squares(x):
        y = f(x, *rest)
        return fnp.where(fnp.isinf(y), 0.0, y) ** 2 + 0.0 * fnp.sum(x)

    check_rules(squares, [x], tol=1e-5)


def test_random_against_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    lax = jax.lax
    rng = np.random.default_rng(0)
    theirs = {"sum": (lax.add, 0.0), "max": (lax.max, -np.inf), "min": (lax.min, np.inf)}
    with jax.enable_x64(True):
        for _ in range(12):
            nd = int(rng.integers(1, 4))
            x = rng.standard_normal(rng.integers(1, 8, nd))
            window, strides = (tuple(int(v) for v in rng.integers(1, 4, nd)) for _ in range(2))
            pads = tuple((int(a), int(b)) for a, b in rng.integers(0, 4, (nd, 2)))
            bd, wd = (tuple(int(v) for v in rng.choice([1, 1, 2, 3], nd)) for _ in range(2))
            for op, (computation, init) in theirs.items():
                want = lax.reduce_window(x, init, computation, window, strides, pads, bd, wd)
                got = OPS[op][0](x, window, strides, pads, bd, wd)
                np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def max_pool(x):
    return wn.reduce_window_max(x, (1, 3, 3), (1, 2, 2), ((0, 0), (1, 1), (1, 1)))


def test_ties_go_to_the_first_in_row_major_order():
    """Windows 3/1/1 over ones give [2, 1, 1, 0]: each window's first element inside."""

    def f(x):
        return fnp.sum(wn.reduce_window_max(x, (3,), (1,), ((1, 1),)))

    np.testing.assert_array_equal(fl.grad(f)(np.ones(4)), [2.0, 1.0, 1.0, 0.0])
    np.testing.assert_array_equal(fl.jit(fl.grad(f))(np.ones(4)), [2.0, 1.0, 1.0, 0.0])
    x = np.array([[[0.0, 5.0], [5.0, 5.0]]])
    g = fl.grad(lambda x: fnp.sum(wn.reduce_window_max(x, (1, 2, 2))))(x)
    np.testing.assert_array_equal(g, [[[0.0, 1.0], [0.0, 0.0]]])


def test_nan_wins_and_minus_infinity_stays():
    x = np.zeros((1, 5, 5))
    x[0, 2, 2] = np.nan
    y = max_pool(x)
    assert np.isnan(y[0, 1, 1])
    g = fl.grad(lambda x: fnp.sum(max_pool(x)))(x)
    assert g[0, 2, 2] == 1.0  # of the one window that holds it
    low = np.full((1, 5, 5), -np.inf)
    np.testing.assert_array_equal(max_pool(low), np.full((1, 3, 3), -np.inf))
    g = fl.grad(
        lambda x: fnp.sum(fnp.where(fnp.isinf(max_pool(x)), max_pool(x) * 0 + max_pool(x), 0.0))
    )(low)
    assert np.all(g[np.isfinite(g)] >= 0)
    g = fl.vjp(max_pool, low)[1](np.ones((1, 3, 3)))[0]
    np.testing.assert_array_equal(np.sum(g), 9.0)


def test_windows_of_padding_only():
    x = np.array([1.0, 2.0])
    y = wn.reduce_window_max(x, (1,), (1,), ((1, 1),))
    np.testing.assert_array_equal(y, [-np.inf, 1.0, 2.0, -np.inf])
    ct = np.array([10.0, 20.0, 30.0, 40.0])
    g = fl.vjp(lambda x: wn.reduce_window_max(x, (1,), (1,), ((1, 1),)), x)[1](ct)[0]
    np.testing.assert_array_equal(g, [20.0, 30.0])


def test_second_derivative_goes_through_the_winner():
    """d2/dx2 of sum(max(window)**3) is 6 times each winner, on the diagonal."""
    x = np.array([3.0, 1.0, 2.0, 5.0])
    h = fl.hessian(lambda x: fnp.sum(wn.reduce_window_max(x, (2,), (2,)) ** 3))(x)
    np.testing.assert_allclose(h, np.diag([18.0, 0.0, 0.0, 30.0]))


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float16, np.float32])
def test_dtypes(dtype):
    x = np.array([[3, 1, 2], [7, 5, 6]], dtype)
    assert wn.reduce_window_sum(x, (2, 1)).dtype == dtype
    np.testing.assert_array_equal(wn.reduce_window_sum(x, (2, 1)), [[10, 6, 8]])
    y = wn.reduce_window_max(x, (1, 2), None, ((0, 0), (1, 0)))
    np.testing.assert_array_equal(y, [[3, 3, 2], [7, 7, 6]])
    assert y.dtype == dtype


def test_take_and_put_are_transposes():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 4, 5))
    indices = rng.integers(-1, 20, (2, 3, 2, 2))
    taken = wn.window_take(x, indices, 2)
    ct = rng.standard_normal(taken.shape)
    put = wn.window_put_add(ct, indices, 2, (4, 5))
    np.testing.assert_allclose(np.sum(taken * ct), np.sum(x * put))
    flat = x.reshape(2, 3, 20)
    want = np.where(
        indices < 0,
        0.0,
        np.take_along_axis(flat, np.maximum(indices, 0).reshape(2, 3, 4), 2).reshape(indices.shape),
    )
    np.testing.assert_array_equal(taken, want)
    for order in ((1, 0, 2, 3), (2, 3, 0, 1), (2, 3, 1, 0), (0, 2, 3, 1)):  # other layouts
        back = np.argsort(order)
        moved = np.ascontiguousarray(x.transpose(order)).transpose(back)
        ct_moved = np.ascontiguousarray(ct.transpose(order)).transpose(back)
        np.testing.assert_array_equal(wn.window_take(moved, indices, 2), taken)
        np.testing.assert_allclose(wn.window_put_add(ct_moved, indices, 2, (4, 5)), put)
    check_rules(lambda x: wn.window_take(x, indices, 2) ** 2, [x])
    check_rules(lambda v: wn.window_put_add(v, indices, 2, (4, 5)) ** 2, [ct])
    values = rng.standard_normal((2, 3, 2, 2)) + 1j * rng.standard_normal((2, 3, 2, 2))
    both = wn.window_put_add(values, indices, 2, (4, 5))
    np.testing.assert_allclose(both.real, wn.window_put_add(values.real, indices, 2, (4, 5)))
    np.testing.assert_allclose(both.imag, wn.window_put_add(values.imag, indices, 2, (4, 5)))


def test_errors():
    with pytest.raises(ShapeError, match="must have 2 entries"):
        fl.make_jaxpr(lambda x: wn.reduce_window_sum(x, (2,)))(np.ones((3, 3)))
    with pytest.raises(ShapeError, match="must be positive"):
        fl.make_jaxpr(lambda x: wn.reduce_window_max(x, (0, 1)))(np.ones((3, 3)))
    with pytest.raises(DTypeError, match="complex"):
        fl.make_jaxpr(lambda x: wn.reduce_window_max(x, (2,)))(np.ones(3, complex))
