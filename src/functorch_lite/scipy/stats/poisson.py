"""The Poisson distribution (`scipy.stats.poisson`)."""

from typing import Any

import numpy as np

from ...ir import dtype_of, shape_of
from ...numpy import _elementwise as el
from ...numpy._reductions import sum as _sum
from .. import special
from ._common import constant, not_a_count, operands, outside, quiet

__all__ = ["cdf", "entropy", "logpmf", "pmf"]


@quiet
def logpmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """Logarithm of the probability of k. See `scipy.stats.poisson.logpmf`."""
    k, mu, loc = operands("poisson.logpmf", k, mu, loc)
    k = el.subtract(k, loc)
    far = not_a_count(k, 0, np.inf)
    k = el.where(far, constant(k, 0), k)
    value = el.subtract(special.xlogy(k, mu), el.add(special.gammaln(el.add(k, 1)), mu))
    return outside(far, -np.inf, value)


@quiet
def pmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """Probability of k. See `scipy.stats.poisson.pmf`."""
    return el.exp(logpmf(k, mu, loc))


@quiet
def cdf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """Distribution function. See `scipy.stats.poisson.cdf`."""
    k, mu, loc = operands("poisson.cdf", k, mu, loc)
    k = el.subtract(k, loc)
    far = el.less(k, 0)
    k = el.floor(el.where(far, constant(k, 0), k))
    return outside(far, 0.0, special.gammaincc(el.add(k, 1), mu))


@quiet
def entropy(mu: Any, loc: Any = 0) -> Any:
    """Entropy in nats. See `scipy.stats.poisson.entropy`.

    Below 100 the sum over all counts that matter; above, the asymptotic series (Evans, Boersma,
    Blachman & Jagers 1988), whose error there is below 1e-13.

    Examples
    --------
    >>> entropy(np.array([1.0, 1e6])).round(6)
    array([1.304842, 8.326694])
    """
    (mu,) = operands("poisson.entropy", mu)
    large = el.greater(mu, 100)
    small = el.where(large, constant(mu, 100), mu)
    k = np.arange(240.0).reshape((-1,) + (1,) * len(shape_of(mu))).astype(dtype_of(mu))
    log_p = el.subtract(special.xlogy(k, small), el.add(special.gammaln(k + 1), small))
    exact = el.negative(_sum(el.multiply(el.exp(log_p), log_p), 0))
    m = el.where(large, mu, constant(mu, 100))
    inverse = el.divide(1, m)
    series: Any = constant(mu, -863 / 2520)
    for c in (-9 / 80, -19 / 360, -1 / 24, -1 / 12):
        series = el.add(el.multiply(series, inverse), constant(mu, c))
    far = el.add(el.multiply(0.5, el.log(2 * np.pi * np.e * m)), el.multiply(series, inverse))
    out = el.where(large, far, exact)
    out = el.where(el.equal(mu, 0), constant(mu, 0), out)
    return el.where(el.less(mu, 0), constant(mu, np.nan), out)
