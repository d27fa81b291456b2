"""Facts on semantics that are easily botched: kinks, transforms, dtypes. One test a fact."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp

INF, NAN = np.inf, np.nan


def grad_of(f, x):
    return np.asarray(fl.grad(f)(x))


# --- kinks and singular points: (name, function, point, derivative) ----------------------------------

KINKS = [
    ("max splits ties", lambda x: fnp.max(x), np.ones(4), np.full(4, 0.25)),
    ("min splits ties", lambda x: fnp.min(x), np.array([1.0, 2, 1]), np.array([0.5, 0, 0.5])),
    ("maximum of x and x", lambda x: fnp.maximum(x, x), 2.0, 1.0),
    ("maximum at a tie", lambda x: fnp.maximum(x, 2.0), 2.0, 0.5),
    ("maximum with 0 at 0", lambda x: fnp.maximum(x, 0.0), 0.0, 0.5),
    ("abs at 0", fnp.abs, 0.0, 0.0),
    ("relu at 0", lambda x: fl.nn.relu(x), 0.0, 0.0),
    ("clip at the lower bound", lambda x: fnp.clip(x, 0.0, 1.0), 0.0, 1.0),
    ("clip at the upper bound", lambda x: fnp.clip(x, 0.0, 1.0), 1.0, 1.0),
    ("clip outside", lambda x: fnp.clip(x, 0.0, 1.0), 1.5, 0.0),
    ("relu6 at 6", lambda x: fl.nn.relu6(x), 6.0, 0.0),
    ("hard_tanh at 1", lambda x: fl.nn.hard_tanh(x), 1.0, 0.0),
    ("sqrt at 0", fnp.sqrt, 0.0, INF),
    ("norm at 0", lambda x: fnp.linalg.norm(x), np.zeros(3), np.zeros(3)),
    ("std of a constant", fnp.std, np.full(3, 2.0), np.zeros(3)),
    ("where with sqrt at 0", lambda x: fnp.where(x > 0, fnp.sqrt(x), 0.0), 0.0, NAN),
    ("x**2 at 0", lambda x: x**2, 0.0, 0.0),
    ("x**0 at 0", lambda x: x**0, 0.0, 0.0),
    ("x**-1 at 0", lambda x: x**-1, 0.0, -INF),
    ("x**0. at 0", lambda x: x**0.0, 0.0, 0.0),
    ("0**y in y", lambda y: fnp.power(0.0, y), 2.0, 0.0),
    ("(-1)**y in y", lambda y: fnp.power(-1.0, y), 2.0, NAN),
    ("(-2)**3. in x", lambda x: fnp.power(x, 3.0), -2.0, 12.0),
    ("prod with a zero", lambda x: fnp.prod(x), np.array([0.0, 2, 3]), np.array([6.0, 0, 0])),
    ("prod with two zeros", lambda x: fnp.prod(x), np.array([0.0, 0, 3]), np.zeros(3)),
    ("median of an even number", lambda x: fnp.median(x), np.array([1.0, 2]), np.array([0.5, 0.5])),
    ("logsumexp of -inf", lambda x: fl.nn.logsumexp(x), np.full(2, -INF), np.zeros(2)),
    ("logaddexp of -inf", lambda x: fnp.logaddexp(x, -INF), -INF, 0.0),
    ("xlogy at (0, 0)", lambda x: fl.scipy.special.xlogy(x, 0.0), 0.0, 0.0),
    ("arctan2 at the origin", lambda x: fnp.arctan2(x, 0.0), 0.0, NAN),
    ("hypot at the origin", lambda x: fnp.hypot(x, 0.0), 0.0, 0.0),
    ("sinc at 0", fnp.sinc, 0.0, 0.0),
    ("softplus at 1e3", lambda x: fl.nn.softplus(x), 1e3, 1.0),
    ("softplus at -1e3", lambda x: fl.nn.softplus(x), -1e3, 0.0),
    ("log_sigmoid at 0", lambda x: fl.nn.log_sigmoid(x), 0.0, 0.5),
    (
        "det of a singular matrix",
        lambda x: fnp.linalg.det(x),
        np.array([[1.0, 2], [2, 4]]),
        np.array([[4.0, -2], [-2, 1]]),
    ),
    ("floor", fnp.floor, 2.0, 0.0),
    ("round", fnp.round, 2.5, 0.0),
    ("sign", fnp.sign, 0.0, 0.0),
    ("mod in x", lambda x: fnp.mod(x, 3.0), 7.0, 1.0),
    ("mod in y", lambda y: fnp.mod(7.0, y), 3.0, -2.0),
]


@pytest.mark.parametrize(("name", "f", "x", "want"), KINKS, ids=[k[0] for k in KINKS])
def test_kinks(name, f, x, want):
    for transform in (lambda g: g, fl.jit):
        got = np.asarray(transform(fl.grad(f))(x))
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def test_second_derivatives_at_kinks():
    assert float(fl.grad(fl.grad(lambda x: x**0.0))(0.0)) == 0.0
    assert float(fl.grad(fl.grad(lambda x: x**2))(0.0)) == 2.0
    hess = fl.hessian(lambda x: fnp.prod(x))(np.array([0.0, 2.0, 3.0]))
    np.testing.assert_allclose(hess, [[0, 3, 2], [3, 0, 0], [2, 0, 0]])


def test_values_at_singular_points():
    with np.errstate(all="ignore"):
        assert float(fl.nn.logsumexp(np.full(2, -INF))) == -INF
        assert float(fnp.logaddexp(-INF, -INF)) == -INF
        assert float(fl.nn.softplus(1e3)) == 1e3 and float(fl.nn.softplus(-1e3)) == 0.0
    assert int(fnp.argmax(np.array([1.0, NAN, NAN]))) == 1


def test_var_with_too_few_degrees_of_freedom_warns_and_is_nan():
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.isnan(fnp.var(np.ones(1), ddof=1))


def test_sort_is_stable_and_integer_outputs_have_no_tangent():
    x = np.array([1.0, 1.0, 0.0])
    np.testing.assert_array_equal(fl.jacfwd(fnp.sort)(x), np.eye(3)[[2, 0, 1]])
    _, t = fl.jvp(lambda x: (fnp.argsort(x), fnp.argmax(x), x), (x,), (np.ones(3),))
    assert not t[0].any() and not t[1].any() and t[2].all()


def test_cholesky_gradient_is_symmetric():
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    g = fl.grad(lambda a: fnp.sum(fnp.linalg.cholesky(a)))(a)
    np.testing.assert_allclose(g, g.T)


def test_eigenvalues_of_a_degenerate_matrix():
    g = fl.grad(lambda a: fnp.sum(fnp.linalg.eigvalsh(a)))(np.eye(3))
    np.testing.assert_allclose(g, np.eye(3), atol=1e-12)


def test_scatter_duplicates():
    index = np.array([0, 0])

    def put(u):
        return fnp.sum(fnp.at(np.zeros(2))[index].set(u))

    np.testing.assert_array_equal(fnp.at(np.zeros(2))[index].set(np.array([1.0, 2.0])), [2, 0])
    np.testing.assert_array_equal(fl.grad(put)(np.array([1.0, 2.0])), [0.0, 1.0])
    g = fl.grad(lambda u: fnp.sum(fnp.at(np.ones(2))[np.array([0])].max(u)))(np.ones(1))
    np.testing.assert_array_equal(g, [0.5])


# --- transforms ---------------------------------------------------------------------------------


def test_batched_cond_is_nan_safe():
    def f(x):
        return lax.cond(x > 0, fnp.sqrt, lambda x: 0 * x, x)

    g = fl.grad(lambda xs: fnp.sum(fl.vmap(f)(xs)))(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(g, [0.0, 0.25])


def test_batched_while_freezes_finished_lanes():
    def f(x):
        return lax.while_loop(lambda v: v < 10.0, lambda v: v * 2.0, x)

    np.testing.assert_array_equal(fl.vmap(f)(np.array([1.0, 3.0])), [16.0, 12.0])


def test_scan_of_length_zero_is_the_identity():
    def f(c):
        return lax.scan(lambda c, x: (c * x, None), c, np.zeros(0))[0]

    assert float(fl.grad(f)(3.0)) == 1.0


def test_scan_constants_sum_over_steps():
    def f(w):
        return lax.scan(lambda c, x: (c + w * x, None), 0.0, np.arange(4.0))[0]

    assert float(fl.grad(f)(2.0)) == 6.0


def test_fori_loop_with_static_bounds_is_reversible():
    assert float(fl.grad(lambda x: lax.fori_loop(0, 3, lambda i, v: v * 2.0, x))(1.0)) == 8.0


def test_scan_carry_types_must_match():
    with pytest.raises(TypeError):
        lax.scan(lambda c, x: (c + x, None), np.int32(0), np.arange(3.0))
    out, _ = lax.scan(lambda c, x: (c + x, None), 0.0, np.arange(3.0, dtype=np.float64))
    assert float(out) == 3.0


def test_psum_transposes_to_psum():
    g = fl.grad(lambda x: fnp.sum(fl.vmap(lambda v: lax.psum(v, "i"), axis_name="i")(x)))(
        np.ones(3)
    )
    np.testing.assert_array_equal(g, [3.0, 3.0, 3.0])


def test_dynamic_slice_wraps_once_then_clamps_each_lane():
    x = np.arange(5.0)
    starts = np.array([-1, 0, 4, 9, -9])
    got = fl.vmap(lambda s: lax.dynamic_slice(x, (s,), (2,)))(starts)
    np.testing.assert_array_equal(got[:, 0], [3.0, 0.0, 3.0, 3.0, 0.0])


def test_out_of_bounds_indices():
    x = np.arange(3.0)
    with pytest.raises(IndexError):
        fl.grad(lambda x: x[7])(x)
    assert float(fl.jit(lambda x, i: x[i])(x, 7)) == 2.0
    np.testing.assert_array_equal(fl.jit(lambda x, i: x.at[i].set(9.0))(x, 7), x)


# --- dtypes -------------------------------------------------------------------------------------


def test_promotion_is_numpys():
    f32, i64, i32 = np.ones(2, np.float32), np.ones(2, np.int64), np.ones(2, np.int32)
    cases = [
        (lambda: 2.0 * f32, np.float32),
        (lambda: fnp.multiply(2.0, f32), np.float32),
        (lambda: fnp.multiply(np.float64(1), f32), np.float64),
        (lambda: fnp.add(i64, f32), np.float64),
        (lambda: fnp.divide(i32, 2), np.float64),
        (lambda: fnp.sum(i32), np.int64),
        (lambda: fnp.sum(np.ones(2, bool)), np.int64),
        (lambda: fnp.mean(f32), np.float32),
        (lambda: fnp.mean(i32), np.float64),
        (lambda: fnp.add(np.ones(1, np.uint8), np.ones(1, np.int8)), np.int16),
    ]
    for f, want in cases:
        assert f().dtype == fl.jit(f)().dtype == want


def test_promotion_of_traced_operands_is_numpys():
    dtypes = [np.bool_, np.int8, np.uint8, np.int32, np.int64, np.float32, np.float64, np.complex64]
    for a in dtypes:
        for b in dtypes:
            x, y = np.ones(2, a), np.ones(2, b)
            for f, g in ((fnp.multiply, np.multiply), (fnp.add, np.add), (fnp.divide, np.divide)):
                assert fl.jit(f)(x, y).dtype == g(x, y).dtype, (a, b, g)
        for s in (2, 2.0, 2j):
            x = np.ones(2, a)
            assert fl.jit(lambda x, s=s: x * s)(x).dtype == (x * s).dtype, (a, s)


def test_cotangents_never_upcast():
    p = np.ones(3, np.float32)
    g = fl.grad(lambda p: fnp.sum(p * np.ones(3, np.float64)))(p)
    assert g.dtype == np.float32


def test_complex_conventions():
    z = 1 + 2j
    assert complex(fl.grad(lambda z: fnp.abs(z) ** 2)(z)) == pytest.approx(2 - 4j)
    t = fl.tensor(z, requires_grad=True)
    (t.abs() ** 2).backward()
    assert complex(t.grad.item()) == pytest.approx(2 + 4j)


def test_no_grad_inside_and_outside_a_functional_gradient():
    def f(x):
        with fl.no_grad():
            c = x**2
        return x * c

    assert float(fl.grad(f)(3.0)) == 9.0
    with fl.no_grad():
        assert float(fl.grad(lambda x: x**2)(3.0)) == 6.0
