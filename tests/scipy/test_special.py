"""scipy.special: SciPy's values and dtypes, derivatives, special points."""

import numpy as np
import pytest
import scipy.special as sc

import functorch_lite as fl
import functorch_lite.numpy as fnp
from functorch_lite.scipy import special
from tests.rules import check_rules

ANY = np.array([-2.3, -0.4, 0.6, 3.1])
POS = np.array([0.3, 1.0, 2.7, 8.5])
SHAPE = np.array([0.4, 1.7, 6.0, 2.2])
UNIT = np.array([0.05, 0.4, 0.5, 0.93])

ROWS = {
    "gammaln": [ANY],
    "gamma": [ANY],
    "digamma": [ANY],
    "betaln": [POS, SHAPE],
    "beta": [POS, SHAPE],
    "gammainc": [SHAPE, POS],
    "gammaincc": [SHAPE, POS],
    "betainc": [SHAPE, POS, UNIT],
    "poch": [POS, SHAPE],
    "comb": [POS + 9, SHAPE],
    "factorial": [POS],
    "erf": [ANY],
    "erfc": [ANY],
    "erfcx": [ANY],
    "erfinv": [UNIT],
    "dawsn": [ANY],
    "expit": [ANY],
    "logit": [UNIT],
    "ndtr": [ANY],
    "ndtri": [UNIT],
    "log_ndtr": [ANY],
    "owens_t": [ANY, POS],
    "xlogy": [ANY, POS],
    "xlog1py": [ANY, POS],
    "entr": [POS],
    "rel_entr": [POS, SHAPE],
    "kl_div": [POS, SHAPE],
    "i0": [ANY],
    "i0e": [ANY],
    "i1": [ANY],
    "i1e": [ANY],
    "spence": [POS],
    "expi": [ANY],
    "exp1": [POS],
    "sici": [POS],
    "fresnel": [ANY],
    "boxcox": [POS, ANY],
    "boxcox1p": [POS, ANY],
    "logsumexp": [ANY],
    "softmax": [ANY],
    "log_softmax": [ANY],
}
WITH_INTEGERS = {
    "polygamma": (np.array([1, 2, 1, 3]), POS),
    "zeta": (np.array([2, 3, 3, 4]), POS),
    "expn": (np.array([0, 1, 2, 5]), POS),
}


def leaves(x):
    return list(x) if isinstance(x, tuple) else [x]


@pytest.mark.parametrize("name", ROWS)
def test_values_and_derivatives(name):
    f, args = getattr(special, name), ROWS[name]
    for got, want in zip(leaves(f(*args)), leaves(getattr(sc, name)(*args)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
        assert isinstance(got, np.ndarray)
    check_rules(f, args, tol=1e-5)
    small = [a.astype(np.float32) for a in args]
    for got in leaves(f(*small)):
        assert got.dtype == np.float32


@pytest.mark.parametrize("name", WITH_INTEGERS)
def test_integer_orders(name):
    f, (n, x) = getattr(special, name), WITH_INTEGERS[name]
    np.testing.assert_allclose(f(n, x), getattr(sc, name)(n, x), rtol=1e-13)
    check_rules(f, [n, x], tol=1e-5, vmap=False)
    assert f(int(n[1]), x[1]).shape == ()


@pytest.mark.parametrize("name", ["gammaln", "erf", "ndtr", "xlogy", "beta"])
def test_operands_broadcast_and_promote(name):
    f, g = getattr(special, name), getattr(sc, name)
    n = len(ROWS[name])
    args = [np.arange(1, 4)] if n == 1 else [np.arange(1, 4)[:, None], np.float32(2.5) * np.ones(2)]
    for got in (f(*args), fl.jit(f)(*args)):
        np.testing.assert_allclose(got, g(*args), rtol=1e-6)
        assert got.shape == g(*args).shape
    assert f(*[2] * n).dtype == np.float64


SPECIAL = [
    ("entr", (np.array([0.0, -1.0, np.nan, np.inf]),)),
    ("rel_entr", (np.array([0.0, 0.0, 1.0, -1.0, np.nan]), np.array([0.0, 1.0, 0.0, 1.0, 1.0]))),
    ("kl_div", (np.array([0.0, 0.0, 1.0, -1.0, 2.0]), np.array([0.0, 1.0, 0.0, 1.0, 2.0]))),
    ("gammasgn", (np.array([-2.5, -1.5, 0.0, -0.0, 1.0, -3.0, np.inf]),)),
    ("gammaln", (np.array([0.0, -1.0, 1e300, np.inf]),)),
    ("ndtr", (np.array([-40.0, 0.0, 40.0, -np.inf]),)),
    ("log_ndtr", (np.array([-40.0, 0.0, 40.0]),)),
    ("logit", (np.array([0.0, 1.0, 0.5]),)),
    ("factorial", (np.array([-1.0, 0.0, 5.0]),)),
    ("comb", (np.array([5.0, 5.0, 3.0]), np.array([2.0, -1.0, 4.0]))),
    ("boxcox", (np.array([2.0, 2.0, 1.0]), np.array([0.0, 1e-12, 3.0]))),
    ("xlogy", (np.array([0.0, 0.0, 1.0]), np.array([0.0, np.inf, 0.0]))),
]


@pytest.mark.parametrize(("name", "args"), SPECIAL)
def test_special_values_are_those_of_scipy(name, args):
    with np.errstate(all="ignore"):
        got = getattr(special, name)(*args)
        np.testing.assert_allclose(got, getattr(sc, name)(*args), rtol=1e-13)
        np.testing.assert_allclose(fl.jit(getattr(special, name))(*args), got, rtol=1e-13)


def test_derivatives_at_special_points():
    zeros = fl.grad(lambda x, y: special.xlogy(x, y), (0, 1))(0.0, 0.0)
    assert [float(z) for z in zeros] == [0, 0]
    assert float(fl.grad(special.entr)(0.0)) == 0
    assert float(fl.grad(lambda m: special.boxcox(2.0, m))(0.0)) == pytest.approx(
        np.log(2) ** 2 / 2
    )
    g = fl.grad(lambda x: special.logsumexp(x))(np.full(2, -np.inf))
    np.testing.assert_array_equal(g, [0, 0])
    assert float(fl.grad(special.log_ndtr)(-50.0)) == pytest.approx(50.02, rel=1e-5)


def test_logsumexp_with_signs_weights_and_masks():
    x = ANY.reshape(2, 2)
    b = np.array([[1.0, -2.0], [0.5, 3.0]])
    for axis in (None, 0, (0, 1)):
        for keepdims in (False, True):
            got = special.logsumexp(x, axis, b, keepdims, return_sign=True)
            want = sc.logsumexp(x, axis, b, keepdims, return_sign=True)
            for g, w in zip(got, want, strict=True):
                np.testing.assert_allclose(g, w)
                assert g.shape == np.shape(w)
    mask = np.array([[True, False], [True, True]])
    np.testing.assert_allclose(special.logsumexp(x, where=mask), sc.logsumexp(x[mask]))
    check_rules(lambda x: special.logsumexp(x, 0, b, return_sign=True)[0], [x], tol=1e-5)


def test_multigammaln_bernoulli_repetition():
    np.testing.assert_allclose(
        special.multigammaln(POS + 2, 3), [sc.multigammaln(a, 3) for a in POS + 2]
    )
    np.testing.assert_allclose(special.bernoulli(8), sc.bernoulli(8))
    np.testing.assert_allclose(special.comb(5, 3, repetition=True), sc.comb(5, 3, repetition=True))


def test_errors():
    with pytest.raises(fl.DTypeError, match="real numbers"):
        special.gammaln(1j)
    with pytest.raises(TypeError, match="takes 2 arguments"):
        special.xlogy(1.0)
    with pytest.raises(fl.errors.MissingRuleError, match="operand 'n'"):
        fl.grad(lambda n: special.expn(n, 1.0))(2.0)


@pytest.mark.peer
def test_names_of_jax():
    jsp = pytest.importorskip("jax.scipy.special", reason="compared with JAX where it is installed")
    assert {n for n in dir(jsp) if not n.startswith("_")} <= set(special.__all__)


@pytest.mark.peer
@pytest.mark.parametrize(
    "name", ["gammainc", "betainc", "ndtri", "log_ndtr", "expi", "poch", "i1e"]
)
def test_gradients_match_jax(name):
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    args = ROWS[name]
    last = len(args) - 1
    with jax.enable_x64(True):
        theirs = getattr(jax.scipy.special, name)
        want = jax.grad(lambda *a: jax.numpy.sum(theirs(*a)), last)(*args)
        got = fl.grad(lambda *a: fnp.sum(getattr(special, name)(*a)), last)(*args)
        np.testing.assert_allclose(got, np.asarray(want), rtol=1e-8)
