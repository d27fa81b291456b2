"""The Bernoulli distribution (`scipy.stats.bernoulli`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, not_a_count, operands, outside, quiet

__all__ = ["cdf", "logpmf", "pmf", "ppf"]


@quiet
def logpmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """Logarithm of the probability of k. See `scipy.stats.bernoulli.logpmf`."""
    k, p, loc = operands("bernoulli.logpmf", k, p, loc)
    k = el.subtract(k, loc)
    value = el.add(special.xlogy(k, p), special.xlog1py(el.subtract(1, k), el.negative(p)))
    return outside(not_a_count(k, 0, 1), -np.inf, value)


@quiet
def pmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """Probability of k. See `scipy.stats.bernoulli.pmf`."""
    return el.exp(logpmf(k, p, loc))


@quiet
def cdf(k: Any, p: Any, loc: Any = 0) -> Any:
    """Distribution function. See `scipy.stats.bernoulli.cdf`."""
    k, p, loc = operands("bernoulli.cdf", k, p, loc)
    k = el.subtract(k, loc)
    low, high = el.less(k, 0), el.greater_equal(k, 1)
    return outside(low, 0.0, outside(high, 1.0, el.subtract(1, el.add(p, el.multiply(k, 0)))))


@quiet
def ppf(q: Any, p: Any, loc: Any = 0) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.bernoulli.ppf`."""
    q, p, loc = operands("bernoulli.ppf", q, p, loc)
    far = el.logical_or(el.less(q, 0), el.greater(q, 1))
    value = el.where(el.less_equal(q, el.subtract(1, p)), constant(q, 0), constant(q, 1))
    value = outside(el.equal(q, 0), -1.0, value)
    return outside(far, np.nan, el.add(value, loc))
