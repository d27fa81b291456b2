"""Special functions: `scipy.special`, differentiable.

Values are SciPy's, in the floating dtype of the operands (integers are computed in float64).
Functions of several operands broadcast them. Where there is no derivative in an operand (the order of
`polygamma` or `expn`) asking for it raises MissingRuleError.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of
from ..numpy import _elementwise as el
from ..prims import special as sp
from ..prims import transcendental as tr
from . import _special_statistics
from ._special_common import quiet, real_operands
from ._special_complex import bessel_jn as bessel_jn
from ._special_complex import loggamma as loggamma
from ._special_complex import sph_harm_y as sph_harm_y
from ._special_complex import wofz as wofz
from ._special_statistics import *  # noqa: F403

__all__ = [
    "bernoulli",
    "bessel_jn",
    "beta",
    "betainc",
    "betaln",
    "binom",
    "comb",
    "dawsn",
    "digamma",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp1",
    "expi",
    "expit",
    "expn",
    "factorial",
    "fresnel",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gammasgn",
    "hyp1f1",
    "hyp2f1",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log_ndtr",
    "loggamma",
    "multigammaln",
    "ndtr",
    "ndtri",
    "owens_t",
    "poch",
    "polygamma",
    "psi",
    "sici",
    "spence",
    "sph_harm_y",
    "wofz",
    "xlog1py",
    "xlogy",
    "zeta",
]
__all__ += _special_statistics.__all__


def _function(name: str, prims: Any, operands: str, summary: str) -> Callable[..., Any]:
    """Make a function of one or more primitives of the same operands."""
    names = operands.split()
    many = not isinstance(prims, Primitive)

    def f(*args: Any) -> Any:
        if len(args) != len(names):
            raise TypeError(
                f"{name} takes {len(names)} arguments ({', '.join(names)}), got {len(args)}"
            )
        xs = real_operands(name, *args)
        return tuple(bind(p, *xs) for p in prims) if many else bind(prims, *xs)

    f = quiet(f)
    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"{summary}\n\n    Parameters\n    ----------\n    {', '.join(names)} : array\n"
        f"        Real; broadcast against each other.\n\n    See `scipy.special.{name}`.\n    "
    )
    return f


gammaln = _function("gammaln", sp.lgamma_p, "x", "Logarithm of the absolute gamma function.")
gamma = _function("gamma", sp.gamma_p, "x", "Gamma function.")
digamma = _function("digamma", sp.digamma_p, "x", "Derivative of the logarithm of gamma.")
psi = digamma
betaln = _function("betaln", sp.betaln_p, "a b", "Logarithm of the absolute beta function.")
gammainc = _function("gammainc", sp.igamma_p, "a x", "Regularized lower incomplete gamma function.")
gammaincc = _function(
    "gammaincc", sp.igammac_p, "a x", "Regularized upper incomplete gamma function."
)
betainc = _function(
    "betainc", sp.regularized_incomplete_beta_p, "a b x", "Regularized incomplete beta function."
)
poch = _function("poch", sp.poch_p, "z m", "Rising factorial gamma(z + m) / gamma(z).")
binom = _function("binom", sp.binom_p, "n k", "Binomial coefficient of real arguments.")
erf = _function("erf", tr.erf_p, "x", "Error function.")
erfc = _function("erfc", tr.erfc_p, "x", "Complementary error function, 1 - erf(x).")
erfcx = _function(
    "erfcx", sp.erfcx_p, "x", "Scaled complementary error function, exp(x**2) erfc(x)."
)
erfinv = _function("erfinv", tr.erf_inv_p, "x", "Inverse of the error function.")
dawsn = _function("dawsn", sp.dawsn_p, "x", "Dawson's integral.")
expit = _function("expit", tr.logistic_p, "x", "Logistic sigmoid, 1 / (1 + exp(-x)).")
ndtri = _function("ndtri", sp.ndtri_p, "p", "Quantile of the standard normal distribution.")
owens_t = _function("owens_t", sp.owens_t_p, "h a", "Owen's T function.")
xlogy = _function("xlogy", sp.xlogy_p, "x y", "x log(y), 0 where x is 0; d/dx at (0, 0) is 0.")
xlog1py = _function("xlog1py", sp.xlog1py_p, "x y", "x log1p(y), 0 where x is 0.")
i0 = _function("i0", sp.bessel_i0_p, "x", "Modified Bessel function of order 0.")
i0e = _function("i0e", sp.bessel_i0e_p, "x", "exp(-|x|) i0(x).")
i1 = _function("i1", sp.bessel_i1_p, "x", "Modified Bessel function of order 1.")
i1e = _function("i1e", sp.bessel_i1e_p, "x", "exp(-|x|) i1(x).")
spence = _function(
    "spence", sp.spence_p, "z", "Dilogarithm, the integral of log(t) / (1 - t) from 1."
)
expi = _function("expi", sp.expi_p, "x", "Exponential integral Ei.")
exp1 = _function("exp1", sp.exp1_p, "x", "Exponential integral E1.")
expn = _function(
    "expn", sp.expn_p, "n x", "Generalized exponential integral En; differentiable in x."
)
hyp1f1 = _function("hyp1f1", sp.hyp1f1_p, "a b x", "Confluent hypergeometric function 1F1.")
hyp2f1 = _function("hyp2f1", sp.hyp2f1_p, "a b c x", "Gauss's hypergeometric function 2F1.")
polygamma = _function(
    "polygamma", sp.polygamma_p, "n x", "Derivative n of digamma; differentiable in x."
)
sici = _function(
    "sici", (sp.sine_integral_p, sp.cosine_integral_p), "x", "Sine and cosine integrals, a pair."
)
fresnel = _function("fresnel", (sp.fresnel_s_p, sp.fresnel_c_p), "x", "Fresnel integrals S and C.")


@quiet
def log_ndtr(x: Any, series_order: int = 3) -> Any:
    """Logarithm of the standard normal distribution function, accurate in the far tail too.

    `series_order` is JAX's; it is not needed here. See `scipy.special.log_ndtr`.

    Examples
    --------
    >>> log_ndtr(-40.0).round(3)
    np.float64(-804.608)
    """
    return bind(sp.log_ndtr_p, *real_operands("log_ndtr", x))


@quiet
def ndtr(x: Any) -> Any:
    """Standard normal distribution function. See `scipy.special.ndtr`."""
    (x,) = real_operands("ndtr", x)
    return el.multiply(erfc(el.multiply(x, -float(np.sqrt(0.5)))), 0.5)


@quiet
def zeta(x: Any, q: Any = None) -> Any:
    """Hurwitz zeta function, Riemann's for q = 1. See `scipy.special.zeta`."""
    return bind(sp.zeta_p, *real_operands("zeta", x, 1.0 if q is None else q))


@quiet
def gammasgn(x: Any) -> Any:
    """Sign of the gamma function. See `scipy.special.gammasgn`.

    Examples
    --------
    >>> gammasgn(np.array([2.5, -0.5, -1.5]))
    array([ 1., -1.,  1.])
    """
    (x,) = real_operands("gammasgn", x)
    d = dtype_of(x)
    floor = el.floor(x)
    odd = el.not_equal(el.remainder(floor, d.type(2)), 0)
    below = el.where(el.equal(x, floor), d.type(np.nan), el.where(odd, d.type(-1), d.type(1)))
    zero = el.copysign(d.type(1), x)
    return el.where(el.greater(x, 0), d.type(1), el.where(el.equal(x, 0), zero, below))


@quiet
def beta(a: Any, b: Any) -> Any:
    """Beta function gamma(a) gamma(b) / gamma(a + b). See `scipy.special.beta`."""
    x, y = real_operands("beta", a, b)
    sign = el.multiply(el.multiply(gammasgn(x), gammasgn(y)), gammasgn(el.add(x, y)))
    return el.multiply(sign, el.exp(bind(sp.betaln_p, x, y)))


@quiet
def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """Return how many ways there are to choose `k` of `N` things.

    With `repetition` things may be chosen more than once. See `scipy.special.comb`.

    Examples
    --------
    >>> comb(5, 2)
    array(10.)
    """
    if exact:
        raise ValueError("comb: exact=True needs Python ints; use math.comb")
    n, r = real_operands("comb", N, k)
    if repetition:
        return comb(el.subtract(el.add(n, r), 1), r)
    valid = el.logical_and(
        el.greater_equal(n, 0), el.logical_and(el.greater_equal(r, 0), el.greater_equal(n, r))
    )
    return el.where(valid, bind(sp.binom_p, n, r), dtype_of(n).type(0))


@quiet
def factorial(n: Any, exact: bool = False) -> Any:
    """Factorial gamma(n + 1), 0 for negative n. See `scipy.special.factorial`.

    Examples
    --------
    >>> factorial(5)
    array(120.)
    """
    if exact:
        raise ValueError("factorial: exact=True needs Python ints; use math.factorial")
    (x,) = real_operands("factorial", n)
    zero = dtype_of(x).type(0)
    return el.where(el.less(x, 0), zero, bind(sp.gamma_p, el.add(el.maximum(x, zero), 1)))


@quiet
def bernoulli(n: int) -> np.ndarray[Any, Any]:
    """Bernoulli numbers B0 ... Bn. See `scipy.special.bernoulli`.

    Examples
    --------
    >>> bernoulli(2).round(4)
    array([ 1.    , -0.5   ,  0.1667])
    """
    import scipy.special

    return np.asarray(scipy.special.bernoulli(n.__index__()))


@quiet
def multigammaln(a: Any, d: int) -> Any:
    """Logarithm of the multivariate gamma function of dimension `d`, a Python int.

    See `scipy.special.multigammaln`.
    """
    (x,) = real_operands("multigammaln", a)
    k = d.__index__()
    total: Any = k * (k - 1) / 4 * float(np.log(np.pi))
    for j in range(k):
        total = el.add(bind(sp.lgamma_p, el.subtract(x, j / 2)), total)
    return total
