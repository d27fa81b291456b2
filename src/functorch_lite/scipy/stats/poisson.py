"""The Poisson distribution (`scipy.stats.poisson`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, not_a_count, operands, outside, quiet

__all__ = ["cdf", "logpmf", "pmf"]


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
