"""The negative binomial distribution (`scipy.stats.nbinom`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, not_a_count, operands, outside, quiet

__all__ = ["logpmf", "pmf"]


@quiet
def logpmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    """Logarithm of the probability of k. See `scipy.stats.nbinom.logpmf`."""
    k, n, p, loc = operands("nbinom.logpmf", k, n, p, loc)
    k = el.subtract(k, loc)
    far = not_a_count(k, 0, np.inf)
    k = el.where(far, constant(k, 0), k)
    ways = el.subtract(
        special.gammaln(el.add(k, n)), el.add(special.gammaln(el.add(k, 1)), special.gammaln(n))
    )
    value = el.add(el.multiply(n, el.log(p)), special.xlog1py(k, el.negative(p)))
    return outside(far, -np.inf, el.add(ways, value))


@quiet
def pmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    """Probability of k. See `scipy.stats.nbinom.pmf`."""
    return el.exp(logpmf(k, n, p, loc))
