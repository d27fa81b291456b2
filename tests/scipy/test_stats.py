"""scipy.stats: SciPy's values everywhere, derivatives inside the support, zeros outside."""

import inspect

import numpy as np
import pytest
import scipy.stats as ss

import functorch_lite as fl
import functorch_lite.numpy as fnp
from functorch_lite.scipy import stats
from tests.rules import check_rules

X = np.array([-2.5, -0.3, 0.0, 0.4, 0.8, 1.0, 1.7, 5.5])
LOC, SCALE = 0.2, 1.5
# distribution: shape parameters, points inside the standard support
CONTINUOUS = {
    "norm": ([], [-1.0, 0.5]),
    "uniform": ([], [0.2, 0.7]),
    "expon": ([], [0.3, 2.0]),
    "gamma": ([2.3], [0.3, 2.0]),
    "chi2": ([3.5], [0.3, 2.0]),
    "beta": ([1.7, 2.2], [0.3, 0.8]),
    "laplace": ([], [-1.0, 0.5]),
    "logistic": ([], [-1.0, 0.5]),
    "cauchy": ([], [-1.0, 0.5]),
    "t": ([3.3], [-1.0, 0.5]),
    "pareto": ([2.5], [1.3, 4.0]),
    "gennorm": ([1.7], [-1.0, 0.5]),
    "gumbel_l": ([], [-1.0, 0.5]),
    "gumbel_r": ([], [-1.0, 0.5]),
    "vonmises": ([2.0], [-1.0, 0.5]),
    "wrapcauchy": ([0.4], [0.5, 2.0]),
    "truncnorm": ([-0.7, 1.2], [-0.5, 0.9]),
}
DISCRETE = {
    "bernoulli": ([0.3], [0.0, 1.0]),
    "binom": ([7.0, 0.3], [0.0, 3.0]),
    "poisson": ([2.7], [0.0, 3.0]),
    "geom": ([0.3], [1.0, 3.0]),
    "nbinom": ([4.5, 0.3], [0.0, 3.0]),
    "betabinom": ([7.0, 1.5, 2.5], [0.0, 3.0]),
}
ALL = {**CONTINUOUS, **DISCRETE}


def functions(name):
    return list(getattr(stats, name).__all__)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_values_match_scipy(name):
    shape, _ = CONTINUOUS[name]
    ours, theirs = getattr(stats, name), getattr(ss, name)
    for f in functions(name):
        x = np.array([0.0, 0.02, 0.5, 0.97, 1.0, -0.1, 1.1]) if f in ("ppf", "isf") else X
        for loc, scale in ((0.0, 1.0), (LOC, SCALE)):
            with np.errstate(all="ignore"):
                want = getattr(theirs, f)(x, *shape, loc, scale)
                got = getattr(ours, f)(x, *shape, loc, scale)
                jitted = fl.jit(getattr(ours, f))(x, *shape, loc, scale)
            if (name == "cauchy" and f in ("ppf", "isf")) or name.startswith("gumbel"):
                keep = np.isfinite(want)  # the ends: tan(pi / 2) is finite in floating point
                got, want, jitted = got[keep], want[keep], jitted[keep]
            if name == "pareto" and f == "ppf":
                keep = (x >= 0) & (x <= 1)
                got, want, jitted = got[keep], want[keep], jitted[keep]
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-13, err_msg=f)
            np.testing.assert_allclose(jitted, got, rtol=1e-12, atol=1e-14, err_msg=f)


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_values_match_scipy(name):
    shape, _ = DISCRETE[name]
    ours, theirs = getattr(stats, name), getattr(ss, name)
    for f in set(functions(name)) - {"entropy"}:
        k = np.array([0.1, 0.7, 0.9, 1.0]) if f == "ppf" else np.array([-1, 0, 1, 2, 3, 7, 8])
        for loc in (0, 1):
            with np.errstate(all="ignore"):
                want = getattr(theirs, f)(k, *shape, loc)
                np.testing.assert_allclose(
                    getattr(ours, f)(k, *shape, loc), want, rtol=1e-10, atol=1e-14
                )
    if "entropy" in functions(name):
        np.testing.assert_allclose(ours.entropy(*shape), theirs.entropy(*shape), rtol=1e-10)
    if "logpmf" in functions(name):
        assert ours.logpmf(0.5, *shape) == -np.inf


@pytest.mark.parametrize("name", ALL)
def test_derivatives_of_log_densities(name):
    shape, inside = ALL[name]
    f = getattr(getattr(stats, name), "logpdf" if name in CONTINUOUS else "logpmf")
    args = [np.array([p, p]) for p in shape]
    if name in CONTINUOUS:
        x = np.array(inside) * SCALE + LOC
        extra = [np.array([LOC, LOC]), np.array([SCALE, SCALE])]
        if name == "vonmises":
            x, extra = np.array(inside), []
        check_rules(f, [x, *args, *extra], tol=1e-4, vmap=len(args) < 2)
        return
    counts = 1 if name in ("binom", "betabinom") else 0  # n is a count
    k = np.array(inside)
    check_rules(lambda *p: f(k, *args[:counts], *p), args[counts:], tol=1e-4)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_derivatives_of_distribution_functions(name):
    shape, inside = CONTINUOUS[name]
    args = [np.array([p, p]) for p in shape]
    for f in ("cdf", "logcdf", "sf", "logsf"):
        if f in functions(name):
            check_rules(
                getattr(getattr(stats, name), f),
                [np.array(inside), *args],
                order=1,
                tol=1e-5,
                vmap=False,
            )


@pytest.mark.parametrize(
    "name", ["expon", "gamma", "beta", "uniform", "pareto", "truncnorm", "chi2"]
)
def test_outside_of_the_support_derivatives_are_zero(name):
    shape, _ = CONTINUOUS[name]
    module = getattr(stats, name)
    args = (-3.0, *shape)
    gs = fl.grad(module.logpdf, tuple(range(len(args))))(*args)
    assert [float(g) for g in gs] == [0.0] * len(args)
    assert float(fl.grad(module.pdf)(*args)) == 0


def test_far_tails():
    assert float(stats.norm.logcdf(-40.0)) == pytest.approx(ss.norm.logcdf(-40.0))
    assert float(stats.norm.logsf(40.0)) == pytest.approx(ss.norm.logsf(40.0))
    for x, a, b in ((21.0, 20.0, 25.0), (-21.0, -25.0, -20.0), (0.3, -30.0, 40.0)):
        for f in ("logpdf", "logcdf", "logsf"):
            got = getattr(stats.truncnorm, f)(x, a, b)
            assert float(got) == pytest.approx(getattr(ss.truncnorm, f)(x, a, b), rel=1e-9), (f, x)
    assert float(stats.expon.logcdf(1e-300)) == pytest.approx(ss.expon.logcdf(1e-300))
    assert float(fl.grad(stats.logistic.logpdf)(800.0)) == -1
    assert float(fl.grad(stats.laplace.logpdf)(0.0)) == 0


RNG = np.random.default_rng(0)
A = RNG.standard_normal((3, 3))
COV = A @ A.T + np.eye(3)


def test_multivariate_normal():
    x, mean = RNG.standard_normal((5, 3)), RNG.standard_normal(3)
    for f in ("logpdf", "pdf"):
        ours, theirs = getattr(stats.multivariate_normal, f), getattr(ss.multivariate_normal, f)
        np.testing.assert_allclose(ours(x, mean, COV), theirs(x, mean, COV))
        np.testing.assert_allclose(fl.jit(ours)(x[0], mean, COV), theirs(x[0], mean, COV))
        np.testing.assert_allclose(ours(0.3, 0.1, 2.0), theirs(0.3, 0.1, 2.0))
    covs = np.stack([COV, 2 * COV])
    want = [[ss.multivariate_normal.logpdf(p, mean, c) for p in x[:2]] for c in covs]
    got = stats.multivariate_normal.logpdf(x[:2], mean, covs[:, None])
    np.testing.assert_allclose(got, want)
    f = lambda x, m, a: stats.multivariate_normal.logpdf(x, m, a @ a.T + np.eye(3))  # noqa: E731
    check_rules(f, [x[:2], mean, A], tol=1e-4)


def test_dirichlet_and_multinomial():
    alpha = np.array([1.5, 2.0, 0.7])
    x = np.array([[0.2, 0.5], [0.3, 0.4], [0.5, 0.1]])
    want = ss.dirichlet.logpdf(x, alpha)
    np.testing.assert_allclose(stats.dirichlet.logpdf(x, alpha), want)
    np.testing.assert_allclose(stats.dirichlet.logpdf(x[:2], alpha), want)
    np.testing.assert_allclose(stats.dirichlet.pdf(x[:, 0], alpha), np.exp(want[0]))
    assert stats.dirichlet.logpdf(np.array([0.5, 0.6, 0.1]), alpha) == -np.inf
    check_rules(lambda x, a: stats.dirichlet.logpdf(x, a), [x[:2], alpha], tol=1e-4)
    k, p = np.array([[1, 2, 3], [0, 0, 6]]), np.array([0.2, 0.3, 0.5])
    np.testing.assert_allclose(stats.multinomial.logpmf(k, 6, p), ss.multinomial.logpmf(k, 6, p))
    assert (stats.multinomial.pmf(k, 5, p) == 0).all()
    check_rules(lambda p: stats.multinomial.logpmf(k, 6, p), [p], tol=1e-4)


def test_single_precision_is_kept():
    x = np.float32([0.3, 0.4])
    for name, (shape, _) in CONTINUOUS.items():
        assert getattr(stats, name).logpdf(x, *shape).dtype == np.float32, name


def test_maximum_likelihood_by_gradient():
    """A gradient of a likelihood in all parameters, mapped over data sets."""
    data = RNG.gamma(2.0, 1.5, (4, 50))
    loss = lambda p, x: -fnp.sum(stats.gamma.logpdf(x, p[0], 0, p[1]))  # noqa: E731
    g = fl.vmap(fl.grad(loss), (None, 0))(np.array([2.0, 1.5]), data)
    h = fl.vmap(fl.hessian(loss), (None, 0))(np.array([2.0, 1.5]), data)
    want = [fl.grad(loss)(np.array([2.0, 1.5]), row) for row in data]
    np.testing.assert_allclose(g, want)
    np.testing.assert_allclose(h, h.swapaxes(1, 2))


@pytest.mark.peer
def test_modules_of_jax():
    jst = pytest.importorskip("jax.scipy.stats", reason="compared with JAX where it is installed")
    for name in filter(lambda n: inspect.ismodule(getattr(stats, n)), stats.__all__):
        theirs = {n for n in dir(getattr(jst, name)) if not n.startswith("_")}
        missing = theirs - set(functions(name)) - {"entropy"}
        assert not missing, (name, missing)
