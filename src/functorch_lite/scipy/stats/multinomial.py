"""The multinomial distribution (`scipy.stats.multinomial`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from ...numpy import _reductions as rd
from ...numpy._promotion import as_array, promote_inexact
from .. import special
from ._common import not_a_count, outside, quiet

__all__ = ["logpmf", "pmf"]


@quiet
def logpmf(x: Any, n: Any, p: Any) -> Any:
    """Logarithm of the probability of the counts `x` (last axis) in `n` trials.

    -inf where the counts do not sum to `n`.
    """
    x, n, p = promote_inexact(*(as_array(v, "multinomial") for v in (x, n, p)), small_ints=False)
    terms = el.subtract(special.xlogy(x, p), special.gammaln(el.add(x, 1)))
    value = el.add(special.gammaln(el.add(n, 1)), rd.sum(terms, -1))
    bad = el.logical_or(el.not_equal(rd.sum(x, -1), n), rd.any(not_a_count(x, 0, np.inf), -1))
    return outside(bad, -np.inf, value)


@quiet
def pmf(x: Any, n: Any, p: Any) -> Any:
    """Probability of counts; see `logpmf`."""
    return el.exp(logpmf(x, n, p))
