"""The Cauchy distribution (`scipy.stats.cauchy`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from ._common import constant, operands, quiet

__all__ = ["cdf", "isf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.cauchy.logpdf`."""
    x, loc, scale = operands("cauchy.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.add(el.log1p(el.square(y)), el.log(el.multiply(scale, np.pi))))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.cauchy.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.cauchy.cdf`."""
    x, loc, scale = operands("cauchy.cdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.divide(el.arctan2(constant(y, 1), el.negative(y)), np.pi)


@quiet
def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.cauchy.logcdf`."""
    return el.log(cdf(x, loc, scale))


@quiet
def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.cauchy.sf`."""
    x, loc, scale = operands("cauchy.sf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.divide(el.arctan2(constant(y, 1), y), np.pi)


@quiet
def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.cauchy.logsf`."""
    return el.log(sf(x, loc, scale))


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.cauchy.ppf`."""
    q, loc, scale = operands("cauchy.ppf", q, loc, scale)
    return el.add(loc, el.multiply(scale, el.tan(el.multiply(el.subtract(q, 0.5), np.pi))))


@quiet
def isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Inverse of the survival function. See `scipy.stats.cauchy.isf`."""
    q, loc, scale = operands("cauchy.isf", q, loc, scale)
    return el.subtract(loc, el.multiply(scale, el.tan(el.multiply(el.subtract(q, 0.5), np.pi))))
