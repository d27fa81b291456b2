"""The geometric distribution of the number of trials (`scipy.stats.geom`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import not_a_count, operands, outside, quiet

__all__ = ["logpmf", "pmf"]


@quiet
def logpmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """Logarithm of the probability of k. See `scipy.stats.geom.logpmf`."""
    k, p, loc = operands("geom.logpmf", k, p, loc)
    k = el.subtract(k, loc)
    value = el.add(special.xlog1py(el.subtract(k, 1), el.negative(p)), el.log(p))
    return outside(not_a_count(k, 1, np.inf), -np.inf, value)


@quiet
def pmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """Probability of k. See `scipy.stats.geom.pmf`."""
    return el.exp(logpmf(k, p, loc))
