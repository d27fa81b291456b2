"""Special function primitives: SciPy's values, derivatives against differences and mpmath."""

import numpy as np
import pytest
import scipy.special as sc

import functorch_lite as fl
import functorch_lite.numpy as fnp
from functorch_lite.ir import bind
from functorch_lite.prims import special as S
from tests.rules import check_rules

POS = np.array([0.3, 1.0, 2.7, 8.5])
ANY = np.array([-2.3, -0.4, 0.6, 3.1])
UNIT = np.array([0.05, 0.4, 0.5, 0.93])
SHAPE = np.array([0.4, 1.7, 6.0, 2.2])

# primitive, SciPy's function, operands, indices of operands with a derivative
ROWS = {
    "lgamma": (S.lgamma_p, sc.gammaln, [ANY]),
    "digamma": (S.digamma_p, sc.digamma, [ANY]),
    "gamma": (S.gamma_p, sc.gamma, [ANY]),
    "betaln": (S.betaln_p, sc.betaln, [POS, SHAPE]),
    "poch": (S.poch_p, sc.poch, [POS, SHAPE]),
    "binom": (S.binom_p, sc.binom, [POS + 9, SHAPE]),
    "igamma": (S.igamma_p, sc.gammainc, [SHAPE, POS]),
    "igammac": (S.igammac_p, sc.gammaincc, [SHAPE, POS]),
    "betainc": (S.regularized_incomplete_beta_p, sc.betainc, [SHAPE, POS, UNIT]),
    "i0e": (S.bessel_i0e_p, sc.i0e, [ANY]),
    "i1e": (S.bessel_i1e_p, sc.i1e, [ANY]),
    "i0": (S.bessel_i0_p, sc.i0, [ANY]),
    "i1": (S.bessel_i1_p, sc.i1, [ANY]),
    "spence": (S.spence_p, sc.spence, [POS]),
    "expi": (S.expi_p, sc.expi, [ANY]),
    "exp1": (S.exp1_p, sc.exp1, [POS]),
    "si": (S.sine_integral_p, lambda x: sc.sici(x)[0], [ANY]),
    "ci": (S.cosine_integral_p, lambda x: sc.sici(x)[1], [POS]),
    "fresnel_s": (S.fresnel_s_p, lambda x: sc.fresnel(x)[0], [ANY]),
    "fresnel_c": (S.fresnel_c_p, lambda x: sc.fresnel(x)[1], [ANY]),
    "erfcx": (S.erfcx_p, sc.erfcx, [ANY]),
    "dawsn": (S.dawsn_p, sc.dawsn, [ANY]),
    "ndtri": (S.ndtri_p, sc.ndtri, [UNIT]),
    "log_ndtr": (S.log_ndtr_p, sc.log_ndtr, [ANY * 3]),
    "owens_t": (S.owens_t_p, sc.owens_t, [ANY, POS]),
    "zeta": (S.zeta_p, sc.zeta, [np.array([2.0, 1.5, 3.0, 4.2]), POS]),
    "xlogy": (S.xlogy_p, sc.xlogy, [ANY, POS]),
    "xlog1py": (S.xlog1py_p, sc.xlog1py, [ANY, POS]),
}
# The first operands are constants here: they have no derivative.
FIXED = {
    "polygamma": (S.polygamma_p, sc.polygamma, [np.array([1.0, 2.0, 1.0, 3.0])], [POS]),
    "expn": (S.expn_p, sc.expn, [np.array([0.0, 1.0, 2.0, 5.0])], [POS]),
}


@pytest.mark.parametrize("name", ROWS)
def test_rules(name):
    prim, scipy_f, args = ROWS[name]
    np.testing.assert_allclose(bind(prim, *args), scipy_f(*args), rtol=1e-13)
    check_rules(lambda *xs: bind(prim, *xs), args, tol=1e-5)


@pytest.mark.parametrize("name", FIXED)
def test_rules_in_the_last_operand(name):
    prim, scipy_f, fixed, args = FIXED[name]
    np.testing.assert_allclose(bind(prim, *fixed, *args), scipy_f(*fixed, *args), rtol=1e-13)
    check_rules(lambda *xs: bind(prim, *fixed, *xs), args, tol=1e-5)
    with pytest.raises(fl.errors.MissingRuleError, match="no derivative rule in its operand"):
        fl.grad(lambda a: fnp.sum(bind(prim, a, *fixed[1:], *args)))(fixed[0])


@pytest.mark.parametrize("name", ROWS)
def test_single_precision_is_kept(name):
    prim, _, args = ROWS[name]
    small = [a.astype(np.float32) for a in args]
    out = bind(prim, *small)
    assert out.dtype == np.float32
    for t in fl.grad(lambda *xs: fnp.sum(bind(prim, *xs)), tuple(range(len(args))))(*small):
        assert t.dtype == np.float32


def test_sensitivities_have_every_derivative():
    a, b, x = np.array([0.7, 3.0]), np.array([2.0, 0.8]), np.array([0.9, 2.0])
    check_rules(lambda a, x: S.igamma_sensitivity(a, x, 2), [a, x], order=1, tol=1e-5)
    check_rules(
        lambda a, b, x: S.betainc_sensitivity(a, b, x, 1, 1), [a, b, x / 3], order=1, tol=1e-5
    )
    third = lambda a, x: fl.grad(fl.grad(fl.grad(lambda a: bind(S.igamma_p, a, x))))(a)  # noqa: E731
    eps = 1e-4
    second = lambda a: fl.grad(fl.grad(lambda a: bind(S.igamma_p, a, 0.9)))(a)  # noqa: E731
    want = (second(0.7 + eps) - second(0.7 - eps)) / (2 * eps)
    assert third(0.7, 0.9) == pytest.approx(want, rel=1e-6)


HYPERGEOMETRIC = {
    "hyp1f1": (S.hyp1f1_p, sc.hyp1f1, [SHAPE, POS, ANY]),
    "hyp2f1": (S.hyp2f1_p, sc.hyp2f1, [SHAPE, POS, POS + 2, UNIT / 2]),
    "hyp2f1 left of 0": (S.hyp2f1_p, sc.hyp2f1, [SHAPE, POS, POS + 2, -POS]),
}


@pytest.mark.parametrize("name", HYPERGEOMETRIC)
def test_hypergeometric_functions_have_derivatives_in_all_operands(name):
    prim, scipy_f, args = HYPERGEOMETRIC[name]
    np.testing.assert_allclose(bind(prim, *args), scipy_f(*args), rtol=1e-13)
    check_rules(lambda *xs: bind(prim, *xs), args, order=1, tol=1e-5)
    # Beyond the first: all that are not twice in parameters.
    check_rules(lambda x: bind(prim, *args[:-1], x), args[-1:], tol=1e-5)
    for i in range(len(args) - 1):
        in_parameter = fl.grad(lambda *xs: fnp.sum(bind(prim, *xs)), i)
        slope = lambda x, f=in_parameter: f(*args[:-1], x)  # noqa: E731
        check_rules(slope, args[-1:], order=1, tol=1e-4)
        twice = fl.grad(lambda p, i=i, f=in_parameter: fnp.sum(f(*args[:i], p, *args[i + 1 :])))
        with pytest.raises(fl.errors.MissingRuleError, match="the derivative of hyp"):
            twice(args[i])


SERIES = [
    ("zeta", (1.1, 0.1)),
    ("zeta", (2.0, 1.0)),
    ("zeta", (40.0, 2.5)),
    ("hyp1f1", (0.7, 1.3, -60.0)),
    ("hyp1f1", (-2.0, 6.0, 3.0)),
    ("hyp1f1", (8.0, -1.5, -5.0)),
    ("hyp2f1", (0.7, 1.3, 1.9, 0.95)),
    ("hyp2f1", (-2.0, 0.5, 4.0, -3.0)),
    ("hyp2f1", (3.0, 6.0, -1.5, -30.0)),
]


@pytest.mark.parametrize(("name", "at"), SERIES)
def test_parameter_derivatives_of_series_to_eleven_digits(name, at):
    """Against 30 digits of mpmath, also where terms alternate and at negative integers."""
    mp = pytest.importorskip("mpmath", reason="compared with mpmath where it is installed")
    prim, parameters = getattr(S, f"{name}_p"), range(len(at) - 1)
    gradients = fl.grad(lambda *xs: bind(prim, *xs), tuple(parameters))(*at)
    with mp.workdps(30):
        for i in parameters:
            orders = tuple(int(i == j) for j in range(len(at)))
            exact = mp.diff(getattr(mp, name), at, orders)
            assert float(gradients[i]) == pytest.approx(float(exact), rel=1e-11)


def test_a_series_that_does_not_converge_is_not_a_number():
    assert np.isnan(fl.grad(lambda a: bind(S.hyp2f1_p, a, 0.5, 2.0, 0.99999))(0.7))


GAMMA_POINTS = [
    (a, a * f) for a in (1e-3, 0.1, 1.0, 2.5, 100.0, 1e4) for f in (1e-4, 0.3, 0.97, 1.1, 2.0)
]


def test_gamma_parameter_derivative_to_eleven_digits():
    """Against 80 digits of mpmath, over eight orders of magnitude."""
    mp = pytest.importorskip("mpmath", reason="compared with mpmath where it is installed")
    with mp.workdps(80):
        for a, x in GAMMA_POINTS:
            if a > 1e3 and not 0.9 < x / a < 1.2:
                continue
            lower = x < a

            def f(q, x=x, lower=lower):
                bounds = (0, x) if lower else (x, mp.inf)
                value = mp.gammainc(q, *map(mp.mpf, bounds), regularized=True)
                return value if lower else -value

            for k in (1, 2):
                d = mp.diff(f, mp.mpf(a), k, h=mp.mpf(a) * mp.mpf(10) ** -15)
                m, y = mp.mpf(a), mp.mpf(x)
                want = d / mp.exp((m - 1) * mp.log(y) - y - mp.loggamma(m))
                got = float(S.igamma_sensitivity(np.float64(a), np.float64(x), k))
                assert got == pytest.approx(float(want), rel=1e-11), (a, x, k)


def test_beta_parameter_derivatives_to_ten_digits():
    mp = pytest.importorskip("mpmath", reason="compared with mpmath where it is installed")
    with mp.workdps(60):
        for a, b in ((0.1, 0.2), (2.5, 0.7), (30.0, 4.0), (0.01, 50.0), (200.0, 300.0)):
            for x in (0.01, 0.3, 0.9):
                for orders in ((1, 0), (0, 1), (1, 1)):
                    f = lambda p, q: mp.betainc(p, q, 0, mp.mpf(x), regularized=True)  # noqa: B023, E731
                    d = mp.diff(f, (mp.mpf(a), mp.mpf(b)), orders, h=mp.mpf(10) ** -12)
                    y = mp.mpf(x)
                    want = d / (y ** (mp.mpf(a) - 1) * (1 - y) ** (mp.mpf(b) - 1) / mp.beta(a, b))
                    if abs(want) > 1e12 or abs(d) < mp.mpf(10) ** -20:
                        continue
                    got = float(S.betainc_sensitivity(*map(np.float64, (a, b, x)), *orders))
                    assert got == pytest.approx(float(want), rel=1e-8), (a, b, x, orders)


# --- special points -------------------------------------------------------------------------------


def grads(prim, *args):
    g = fl.grad(lambda *xs: bind(prim, *xs), tuple(range(len(args))))(*map(np.float64, args))
    return [float(x) for x in g]


def test_xlogy_at_zero():
    assert grads(S.xlogy_p, 0.0, 0.0) == [0, 0]
    assert grads(S.xlogy_p, 0.0, 2.0) == [np.log(2.0), 0]
    assert grads(S.xlog1py_p, 0.0, -1.0) == [0, 0]
    assert grads(S.xlog1py_p, 0.0, 1.0) == [np.log(2.0), 0]
    assert float(bind(S.xlogy_p, np.float64(0), np.float64(0))) == 0


def test_points_where_formulas_divide_by_zero():
    assert grads(S.spence_p, 1.0) == [-1]
    assert grads(S.bessel_i1e_p, 0.0) == [0.5]
    assert grads(S.bessel_i0_p, 0.0) == [0]
    assert float(fl.grad(fl.grad(lambda x: bind(S.bessel_i0_p, x)))(0.0)) == 0.5
    assert grads(S.sine_integral_p, 0.0) == [1]
    for prim, at, third in (
        (S.sine_integral_p, 0.0, -1 / 3),
        (S.bessel_i1_p, 0.0, 3 / 8),
        (S.spence_p, 1.0, -2 / 3),
    ):
        d3 = fl.grad(fl.grad(fl.grad(lambda x: bind(prim, x))))(at)  # noqa: B023
        assert float(d3) == pytest.approx(third, rel=1e-12)
    assert grads(S.log_ndtr_p, -40.0)[0] == pytest.approx(40.02496886, rel=1e-8)
    assert grads(S.igamma_p, 1.0, 0.0) == [0, 1]
    assert grads(S.igamma_p, 2.0, 0.0) == [0, 0]
    assert grads(S.regularized_incomplete_beta_p, 1.0, 1.0, 0.0) == [0, 0, 1]
    assert grads(S.regularized_incomplete_beta_p, 1.0, 1.0, 1.0) == [0, 0, 1]


def test_no_elements_and_chunks():
    assert S.igamma_sensitivity(np.zeros((0, 2)), np.zeros((0, 2)), 1).shape == (0, 2)
    a = np.full(10_000, 1.5)
    out = S.igamma_sensitivity(a, a + 1, 1)
    assert out.shape == a.shape
    assert np.ptp(out) == 0


@pytest.mark.peer
def test_random_gamma_grad_matches_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):
        a, x = np.meshgrid(np.array([0.1, 0.8, 3.0, 40.0]), np.array([0.2, 1.0, 5.0]))
        want = np.asarray(jax.lax.random_gamma_grad(a, x))
        np.testing.assert_allclose(S.random_gamma_grad(a, x), want, rtol=1e-9)
        got = fl.vmap(fl.vmap(fl.grad(lambda a, x: bind(S.igamma_p, a, x))))(a, x)
        np.testing.assert_allclose(
            got, np.asarray(jax.lax.igamma_grad_a(a, x)), rtol=1e-9, atol=1e-30
        )
