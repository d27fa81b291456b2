"""The gamma distribution (`scipy.stats.gamma`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import clip, constant, operands, outside, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]


@quiet
def logpdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.gamma.logpdf`."""
    x, a, loc, scale = operands("gamma.logpdf", x, a, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.less(y, 0)
    y = el.where(far, constant(y, 1), y)
    powers = el.subtract(special.xlogy(el.subtract(a, 1), y), y)
    return outside(far, -np.inf, el.subtract(powers, el.add(special.gammaln(a), el.log(scale))))


@quiet
def pdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.gamma.pdf`."""
    return el.exp(logpdf(x, a, loc, scale))


@quiet
def cdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.gamma.cdf`."""
    x, a, loc, scale = operands("gamma.cdf", x, a, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.gammainc(a, clip(y, 0))


@quiet
def logcdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.gamma.logcdf`."""
    return el.log(cdf(x, a, loc, scale))


@quiet
def sf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.gamma.sf`."""
    x, a, loc, scale = operands("gamma.sf", x, a, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.gammaincc(a, clip(y, 0))


@quiet
def logsf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.gamma.logsf`."""
    return el.log(sf(x, a, loc, scale))
