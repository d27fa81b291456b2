"""The binomial distribution (`scipy.stats.binom`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, not_a_count, operands, outside, quiet

__all__ = ["logpmf", "pmf"]


@quiet
def logpmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    """Logarithm of the probability of k. See `scipy.stats.binom.logpmf`."""
    k, n, p, loc = operands("binom.logpmf", k, n, p, loc)
    k = el.subtract(k, loc)
    far = not_a_count(k, 0, n)
    k = el.where(far, constant(k, 0), k)
    rest = el.subtract(n, k)
    ways = el.negative(el.add(special.betaln(el.add(rest, 1), el.add(k, 1)), el.log1p(n)))
    value = el.add(special.xlogy(k, p), special.xlog1py(rest, el.negative(p)))
    return outside(far, -np.inf, el.add(ways, value))


@quiet
def pmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    """Probability of k. See `scipy.stats.binom.pmf`."""
    return el.exp(logpmf(k, n, p, loc))
