"""Samplers under every transform: jit, vmap, derivatives, loops; and the reuse check."""

import sys
from pathlib import Path

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite import random
from functorch_lite.errors import DTypeError, KeyReuseError, ShapeError
from functorch_lite.lax.control import fori_loop, scan

sys.path.insert(0, str(Path(__file__).parents[1]))
from rules import check_rules

KEY = np.array([3, 9], np.uint32)
A = np.array([0.6, 1.7, 4.0])
S = np.array([[2.0, 0.3], [0.3, 1.0]])

# Differentiable in their parameters: f(key, *params).
SMOOTH = [
    ("uniform", lambda k, lo, hi: random.uniform(k, (3,), minval=lo, maxval=hi), (A, A + 2)),
    ("normal", lambda k, m: m + random.normal(k, (3,)), (A,)),
    ("lognormal", lambda k, s: random.lognormal(k, s), (A,)),
    ("truncated_normal", lambda k, lo, hi: random.truncated_normal(k, lo, hi), (-A, A)),
    ("pareto", lambda k, b: random.pareto(k, b), (A,)),
    ("rayleigh", lambda k, s: random.rayleigh(k, s), (A,)),
    ("weibull_min", lambda k, s, c: random.weibull_min(k, s, c, (3,)), (A, A + 1)),
    ("wald", lambda k, m: random.wald(k, m), (A,)),
    ("triangular", lambda k, a, m, b: random.triangular(k, a, m, b), (-A, A / 9, A)),
    ("double_sided_maxwell", lambda k, m, s: random.double_sided_maxwell(k, m, s), (A, A)),
    ("mvn", lambda k, m, c: random.multivariate_normal(k, m, c @ c.T), (A[:2], S)),
]
# Implicit derivatives: the rejection loop's own path has none, so no finite differences.
IMPLICIT = [
    ("gamma", lambda k, a: random.gamma(k, a), (A,)),
    ("loggamma", lambda k, a: random.loggamma(k, a), (A,)),
    ("beta", lambda k, a, b: random.beta(k, a, b), (A, A[::-1].copy())),
    ("dirichlet", lambda k, a: random.dirichlet(k, a), (A,)),
    ("t", lambda k, a: random.t(k, a), (A,)),
    ("chisquare", lambda k, a: random.chisquare(k, a), (A,)),
    ("f", lambda k, a, b: random.f(k, a, b), (A, A + 1)),
    ("generalized_normal", lambda k, a: random.generalized_normal(k, a, (3,)), (A,)),
]
NO_DERIVATIVE = [
    ("split", lambda k: random.split(k, 3), ()),
    ("fold_in", lambda k, i: random.fold_in(k, i), (np.int64(4),)),
    ("key", lambda s: random.key(s), ()),
    ("bits", lambda k: random.bits(k, (5,), "uint8"), ()),
    ("randint", lambda k, lo, hi: random.randint(k, (3,), lo, hi), (np.int64(-2), np.int64(9))),
    ("bernoulli", lambda k, p: random.bernoulli(k, p), (A / 5,)),
    ("rademacher", lambda k: random.rademacher(k, (3,)), ()),
    ("permutation", lambda k, x: random.permutation(k, x), (np.arange(6).reshape(3, 2),)),
    ("choice", lambda k, x: random.choice(k, x, (2,), replace=False), (np.arange(5),)),
    ("categorical", lambda k, x: random.categorical(k, x, shape=(4,)), (A,)),
    ("geometric", lambda k, p: random.geometric(k, p), (A / 5,)),
    ("poisson", lambda k, r: random.poisson(k, r), (A * 9,)),
    ("binomial", lambda k, p: random.binomial(k, 30.0, p), (A / 5,)),
    ("multinomial", lambda k, p: random.multinomial(k, 9.0, p / fnp.sum(p)), (A,)),
    ("ball", lambda k: random.ball(k, 3, shape=(2,)), ()),
    ("orthogonal", lambda k: random.orthogonal(k, 3), ()),
    ("gumbel", lambda k: random.gumbel(k, (3,), mode="high"), ()),
    ("cauchy", lambda k: random.cauchy(k, (3,), "float32"), ()),
    ("complex normal", lambda k: random.normal(k, (3,), complex), ()),
]


@pytest.mark.parametrize(("name", "f", "params"), SMOOTH)
def test_differentiable(name, f, params):
    check_rules(f, (KEY, *params), order=2, tol=1e-6)


@pytest.mark.parametrize(("name", "f", "params"), NO_DERIVATIVE)
def test_discrete(name, f, params):
    args = (np.int64(5),) if name == "key" else (KEY, *params)
    check_rules(f, args, order=0)


@pytest.mark.parametrize(("name", "f", "params"), IMPLICIT)
def test_implicit(name, f, params):
    check_rules(f, (KEY, *params), order=0)
    tangents = [np.linspace(0.5, 1.5, p.size).reshape(p.shape) for p in params]

    def g(*ps):
        return f(KEY, *ps)

    out, t = fl.jvp(g, params, tangents)
    ct = np.cos(out)
    cts = fl.vjp(g, *params)[1](ct)
    inner = sum(np.sum(c * u) for c, u in zip(cts, tangents, strict=True))
    np.testing.assert_allclose(inner, np.sum(ct * t), rtol=1e-9)
    np.testing.assert_allclose(fl.jit(lambda *ps: fl.jvp(g, ps, tangents)[1])(*params), t)


@pytest.mark.parametrize("a", [0.3, 1.0, 2.5, 30.0])
def test_gamma_derivative_keeps_the_quantile(a):
    """P(a, x(a)) is constant along the derivative, to second order."""
    from scipy.special import gammainc, gammaincinv

    x = float(random.gamma(KEY, a))
    q = gammainc(a, x)
    e = 1e-4 * a

    def fd(f):
        return (f(a + e) - f(a - e)) / (2 * e)

    slope = fl.grad(lambda a: random.gamma(KEY, a))
    np.testing.assert_allclose(slope(a), fd(lambda b: gammaincinv(b, q)), rtol=1e-5)
    log_slope = fl.grad(lambda a: random.loggamma(KEY, a))
    x_log = float(np.exp(random.loggamma(KEY, a)))
    q_log = gammainc(a, x_log)
    want = fd(lambda b: np.log(gammaincinv(b, q_log)))
    np.testing.assert_allclose(log_slope(a), want, rtol=1e-5)


def test_moments_of_large_samples():
    n = 200_000
    k = random.split(KEY, 6)
    z = random.normal(k[0], (n,))
    assert abs(z.mean()) < 5 / np.sqrt(n) and abs(z.var() - 1) < 5 * np.sqrt(2 / n)
    g = random.gamma(k[1], 0.4, (n,))
    assert abs(g.mean() - 0.4) < 5 * np.sqrt(0.4 / n)
    p = random.poisson(k[2], 25.0, (n,))
    assert abs(p.mean() - 25) < 5 * 5 / np.sqrt(n) and abs(p.var() / 25 - 1) < 0.03
    b = random.binomial(k[3], 100, 0.3, (n,))
    assert abs(b.mean() - 30) < 5 * np.sqrt(21 / n) and abs(b.var() / 21 - 1) < 0.03
    counts = np.bincount(random.categorical(k[4], np.log([0.2, 0.5, 0.3]), shape=(n,)))
    assert np.all(abs(counts / n - [0.2, 0.5, 0.3]) < 5 / np.sqrt(n))


def test_keys_in_loops():
    def step(key, _):
        key, sub = random.split(key)
        return key, random.normal(sub)

    key, outs = scan(step, KEY, None, length=4)
    expected, k = [], KEY
    for _ in range(4):
        k, sub = random.split(k)
        expected.append(random.normal(sub))
    np.testing.assert_array_equal(outs, expected)
    np.testing.assert_array_equal(key, k)
    total = fl.jit(
        lambda k: fori_loop(0, 5, lambda i, c: c + random.uniform(random.fold_in(k, i)), 0.0)
    )
    want = sum(random.uniform(random.fold_in(KEY, i)) for i in range(5))
    np.testing.assert_allclose(total(KEY), want)


def test_shapes_draw_a_common_stream():
    """A longer draw starts with the shorter one, also across the cipher's blocks."""
    long = random.bits(KEY, (20_000,))
    np.testing.assert_array_equal(long[:8200], random.bits(KEY, (8200,)))
    np.testing.assert_array_equal(long[:6], random.bits(KEY, (2, 3)).ravel())
    np.testing.assert_array_equal(random.split(KEY, 9), [random.fold_in(KEY, i) for i in range(9)])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: random.normal(np.zeros(3, np.uint32)), TypeError, "single key"),
        (lambda: random.normal(random.split(KEY, 4)), TypeError, "vmap"),
        (lambda: random.key(1.5), TypeError, "integer"),
        (lambda: random.normal(KEY, (2,), int), DTypeError, "float"),
        (lambda: random.bits(KEY, (2,), "int32"), DTypeError, "unsigned"),
        (lambda: random.gamma(KEY, np.ones(3), (2,)), ShapeError, "broadcast"),
        (lambda: random.bernoulli(KEY, 1), DTypeError, "probabilities"),
        (lambda: random.choice(KEY, 3, (4,), replace=False), ValueError, "4 of 3"),
        (lambda: random.choice(KEY, 3, p=np.ones(2)), ShapeError, "p has shape"),
        (lambda: random.permutation(KEY, 2.0), TypeError, "integer"),
        (lambda: random.key(0, impl="rbg"), ValueError, "rbg"),
        (lambda: random.gumbel(KEY, mode="x"), ValueError, "mode"),
    ],
)
def test_errors_name_the_line(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_reuse_is_found():
    key = random.key(17)
    with random.debug_key_reuse():
        a, b = random.split(key)
        random.normal(a)
        with pytest.raises(KeyReuseError, match=r"random\.uniform at .*test_rules") as e:
            random.uniform(a)
        assert "random.normal at" in str(e.value)
        random.poisson(b, 3.0)
        c = random.key(5)
        random.fold_in(c, 0), random.fold_in(c, 1)
        random.normal(c)
        random.normal(random.clone(c))
    random.normal(a)


def test_reuse_is_found_under_transforms():
    with random.debug_key_reuse():
        twice = fl.jit(lambda k: random.normal(k) + random.normal(k))
        with pytest.raises(KeyReuseError):
            twice(random.key(1))
        with pytest.raises(KeyReuseError):
            fl.vmap(random.normal)(np.stack([random.key(2), random.key(2)]))
        fl.vmap(random.normal)(random.split(random.key(3), 4))
        key = random.key(4)
        with pytest.raises(KeyReuseError):
            scan(lambda c, _: (c + random.normal(key), None), 0.0, None, length=2)
        fl.grad(lambda x: x * random.normal(random.key(6)))(1.0)
        # Recomputing is not using twice.
        k = random.key(7)
        fl.grad(fl.checkpoint(lambda x: fnp.sin(x * random.normal(k))))(1.0)


@pytest.mark.parametrize("dtype", ["uint32", "uint64", "uint8", "float16", "float32", "float64"])
def test_machine_code_draws_the_same(dtype):
    """Long draws are the same whatever makes them, tails and several keys included."""
    keys = random.split(KEY, 3)

    def draw(k, n):
        if dtype.startswith("u"):
            return random.bits(k, (n,), dtype)
        return random.uniform(k, (n,), dtype)

    def draws():
        one = [draw(KEY, n) for n in (2047, 2048, 5000, 70_001)]
        return [*one, fl.vmap(lambda k: draw(k, 4099))(keys), fl.jit(lambda k: draw(k, 9999))(KEY)]

    with fl.compile.compile_mode("never"):
        want = draws()
    with fl.compile.compile_mode("always"):
        got = draws()
    for g, w in zip(got, want, strict=True):
        assert g.dtype == w.dtype
        np.testing.assert_array_equal(g, w)
