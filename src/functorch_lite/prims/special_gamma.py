"""Gamma, beta and their incomplete functions, with derivatives in the parameters.

NIST DLMF (https://dlmf.nist.gov), chapters 5 and 8; `special_tail` for the parameters.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of
from .arithmetic import add, div, mul, neg, select, sub
from .elementwise import elementwise, full_like
from .logical import eq, lt
from .lowering import Library, Scalar
from .special_common import Partial, no_derivative, special
from .special_common import constant as _c
from .special_functions import xlog1py_p, xlogy_p
from .special_tail import bell, beta_sensitivity, gamma_sensitivity
from .transcendental import exp, log, log1p_p

__all__ = [
    "betainc_sensitivity",
    "betainc_sensitivity_p",
    "betaln_p",
    "binom_p",
    "digamma",
    "digamma_p",
    "gamma_p",
    "igamma_p",
    "igamma_sensitivity",
    "igamma_sensitivity_p",
    "igammac_p",
    "lgamma_p",
    "poch_p",
    "polygamma",
    "polygamma_p",
    "random_gamma_grad",
    "regularized_incomplete_beta_p",
]

# --- gamma and beta -------------------------------------------------------------------------------

lgamma_p: Primitive = special(
    "lgamma", "gammaln", [lambda t, o, x: mul(t, digamma(x))], Scalar("lgamma({0})")
)
digamma_p: Primitive = special(
    "digamma", "digamma", [lambda t, o, x: mul(t, polygamma(1, x))], Scalar("digamma({0})")
)
gamma_p: Primitive = special("gamma", "gamma", [lambda t, o, x: mul(t, mul(o, digamma(x)))])


def _polygamma_impl(m: Any, x: Any) -> Any:
    """SciPy's polygamma; its negative half-line is right for integer m."""
    import scipy.special

    return np.asarray(scipy.special.polygamma(m, x)).astype(dtype_of(x), copy=False)


polygamma_p: Primitive = elementwise(
    "polygamma",
    _polygamma_impl,
    kinds="float",
    partials=[
        no_derivative("polygamma", "m"),
        lambda t, o, m, x: mul(t, bind(polygamma_p, add(m, _c(m, 1)), x)),
    ],
    lower=Library("scipy.special"),
)

betaln_p: Primitive = special(
    "betaln",
    "betaln",
    [
        lambda t, o, a, b: mul(t, sub(digamma(a), digamma(add(a, b)))),
        lambda t, o, a, b: mul(t, sub(digamma(b), digamma(add(a, b)))),
    ],
)
poch_p: Primitive = special(
    "poch",
    "poch",
    [
        lambda t, o, z, m: mul(t, mul(o, sub(digamma(add(z, m)), digamma(z)))),
        lambda t, o, z, m: mul(t, mul(o, digamma(add(z, m)))),
    ],
)


def _upper(n: Any, k: Any) -> Any:
    return digamma(add(sub(n, k), _c(n, 1)))


binom_p: Primitive = special(
    "binom",
    "binom",
    [
        lambda t, o, n, k: mul(t, mul(o, sub(digamma(add(n, _c(n, 1))), _upper(n, k)))),
        lambda t, o, n, k: mul(t, mul(o, sub(_upper(n, k), digamma(add(k, _c(k, 1)))))),
    ],
)

# --- incomplete gamma -----------------------------------------------------------------------------


def _gamma_density(a: Any, x: Any) -> Any:
    """x^(a - 1) e^-x / Gamma(a), in logarithms."""
    powers = bind(xlogy_p, sub(a, _c(a, 1)), x)
    return exp(sub(sub(powers, x), bind(lgamma_p, a)))


def _gamma_da(a: Any, x: Any) -> Any:
    """dP(a, x)/da; 0 at x = 0 and at infinity."""
    inside = lt(_c(x, 0), x)
    safe = select(inside, x, _c(x, 1))
    out = mul(_gamma_density(a, safe), igamma_sensitivity(a, safe, 1))
    return select(inside, out, _c(out, 0))


igamma_p: Primitive = special(
    "igamma",
    "gammainc",
    [
        lambda t, o, a, x: mul(t, _gamma_da(a, x)),
        lambda t, o, a, x: mul(t, _gamma_density(a, x)),
    ],
)
igammac_p: Primitive = special(
    "igammac",
    "gammaincc",
    [
        lambda t, o, a, x: neg(mul(t, _gamma_da(a, x))),
        lambda t, o, a, x: neg(mul(t, _gamma_density(a, x))),
    ],
)


def _bell_ops(kappa: Callable[[int, int], Any], i: int, j: int) -> Any:
    """Bell polynomial of traced values."""

    def scale(x: Any, y: Any, n: int) -> Any:
        x = x if n == 1 else mul(x, _c(x, n))
        return x if y is None else mul(x, y)

    return bell(kappa, i, j, add, scale)


def _gamma_kappa(a: Any, x: Any) -> Callable[[int, int], Any]:
    """Derivatives of the log density in a."""
    return lambda i, j: sub(log(x), digamma(a)) if i == 1 else neg(polygamma(i - 1, a))


def _sensitivity_dx(t: Any, o: Any, a: Any, x: Any, *, order: int) -> Any:
    """(d^k F / p)' = B_k - (d^k F / p) (log p)'."""
    score = sub(div(sub(a, _c(a, 1)), x), _c(x, 1))
    return mul(t, sub(_bell_ops(_gamma_kappa(a, x), order, 0), mul(o, score)))


def _sensitivity_da(t: Any, o: Any, a: Any, x: Any, *, order: int) -> Any:
    score = _gamma_kappa(a, x)(1, 0)
    return mul(t, sub(igamma_sensitivity(a, x, order + 1), mul(o, score)))


igamma_sensitivity_p: Primitive = elementwise(
    "igamma_sensitivity",
    lambda a, x, *, order: gamma_sensitivity(a, x, order).astype(dtype_of(a)),
    kinds="float",
    partials=[_sensitivity_da, _sensitivity_dx],
    lower=Library("quadrature"),
)

# --- incomplete beta ------------------------------------------------------------------------------


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """x^(a - 1) (1 - x)^(b - 1) / B(a, b), in logarithms."""
    left = bind(xlogy_p, sub(a, _c(a, 1)), x)
    right = bind(xlog1py_p, sub(b, _c(b, 1)), neg(x))
    return exp(sub(add(left, right), bind(betaln_p, a, b)))


def _beta_dparameter(a: Any, b: Any, x: Any, i: int, j: int) -> Any:
    """Derivative of I_x(a, b) in a or b; 0 at x = 0 and x = 1."""
    inside = eq(lt(_c(x, 0), x), lt(x, _c(x, 1)))
    safe = select(inside, x, _c(x, 0.5))
    out = mul(_beta_density(a, b, safe), betainc_sensitivity(a, b, safe, i, j))
    return select(inside, out, _c(out, 0))


regularized_incomplete_beta_p: Primitive = special(
    "regularized_incomplete_beta",
    "betainc",
    [
        lambda t, o, a, b, x: mul(t, _beta_dparameter(a, b, x, 1, 0)),
        lambda t, o, a, b, x: mul(t, _beta_dparameter(a, b, x, 0, 1)),
        lambda t, o, a, b, x: mul(t, _beta_density(a, b, x)),
    ],
)


def _beta_kappa(a: Any, b: Any, x: Any) -> Callable[[int, int], Any]:
    """Derivatives of the log density in a and b."""

    def kappa(i: int, j: int) -> Any:
        k = i + j - 1
        both = polygamma(k, add(a, b)) if k else digamma(add(a, b))
        if i and j:
            return both
        c = a if i else b
        if k:
            return sub(both, polygamma(k, c))
        data = log(x) if i else bind(log1p_p, neg(x))
        return add(sub(data, digamma(c)), both)

    return kappa


def _beta_sensitivity_d(operand: str) -> Partial:
    def partial(t: Any, o: Any, a: Any, b: Any, x: Any, *, orders: tuple[int, int]) -> Any:
        kappa = _beta_kappa(a, b, x)
        i, j = orders
        if operand == "x":
            one = _c(x, 1)
            score = sub(div(sub(a, one), x), div(sub(b, one), sub(one, x)))
            return mul(t, sub(_bell_ops(kappa, i, j), mul(o, score)))
        more = (i + 1, j) if operand == "a" else (i, j + 1)
        score = kappa(*((1, 0) if operand == "a" else (0, 1)))
        return mul(t, sub(betainc_sensitivity(a, b, x, *more), mul(o, score)))

    return partial


betainc_sensitivity_p: Primitive = elementwise(
    "betainc_sensitivity",
    lambda a, b, x, *, orders: beta_sensitivity(a, b, x, *orders).astype(dtype_of(a)),
    kinds="float",
    partials=[_beta_sensitivity_d("a"), _beta_sensitivity_d("b"), _beta_sensitivity_d("x")],
    lower=Library("quadrature"),
)

# --- the primitives as functions ----------------------------------------------------------------


def digamma(x: Any) -> Any:
    """Logarithmic derivative of the gamma function."""
    return bind(digamma_p, x)


def polygamma(m: int, x: Any) -> Any:
    """Derivative m of digamma, for a Python int m."""
    return bind(polygamma_p, full_like(x, m), x)


def igamma_sensitivity(a: Any, x: Any, order: int) -> Any:
    """Return (d/da)^order P(a, x), divided by the gamma density at x."""
    return bind(igamma_sensitivity_p, a, x, order=order)


def random_gamma_grad(a: Any, sample: Any) -> Any:
    """Derivative of a gamma sample in its shape parameter, at fixed quantile."""
    return neg(igamma_sensitivity(a, sample, 1))


def betainc_sensitivity(a: Any, b: Any, x: Any, i: int, j: int) -> Any:
    """Return (d/da)^i (d/db)^j I_x(a, b), divided by the beta density at x."""
    return bind(betainc_sensitivity_p, a, b, x, orders=(i, j))
