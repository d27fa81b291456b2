"""The beta-binomial distribution (`scipy.stats.betabinom`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, not_a_count, operands, outside, quiet

__all__ = ["logpmf", "pmf"]


@quiet
def logpmf(k: Any, n: Any, a: Any, b: Any, loc: Any = 0) -> Any:
    """Logarithm of the probability of k. See `scipy.stats.betabinom.logpmf`."""
    k, n, a, b, loc = operands("betabinom.logpmf", k, n, a, b, loc)
    k = el.subtract(k, loc)
    far = not_a_count(k, 0, n)
    k = el.where(far, constant(k, 0), k)
    rest = el.subtract(n, k)
    ways = el.negative(el.add(special.betaln(el.add(rest, 1), el.add(k, 1)), el.log1p(n)))
    value = el.subtract(special.betaln(el.add(k, a), el.add(rest, b)), special.betaln(a, b))
    return outside(far, -np.inf, el.add(ways, value))


@quiet
def pmf(k: Any, n: Any, a: Any, b: Any, loc: Any = 0) -> Any:
    """Probability of k. See `scipy.stats.betabinom.pmf`."""
    return el.exp(logpmf(k, n, a, b, loc))
