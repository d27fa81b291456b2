"""The normal distribution (`scipy.stats.norm`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import operands, quiet

__all__ = ["cdf", "isf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]

_LOG_SQRT_2PI = 0.5 * float(np.log(2 * np.pi))


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.norm.logpdf`."""
    x, loc, scale = operands("norm.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    square = el.multiply(el.square(y), -0.5)
    return el.subtract(square, el.add(el.log(scale), _LOG_SQRT_2PI))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.norm.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.norm.cdf`."""
    x, loc, scale = operands("norm.cdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.ndtr(y)


@quiet
def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.norm.logcdf`."""
    x, loc, scale = operands("norm.logcdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.log_ndtr(y)


@quiet
def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.norm.sf`."""
    x, loc, scale = operands("norm.sf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.ndtr(el.negative(y))


@quiet
def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.norm.logsf`."""
    x, loc, scale = operands("norm.logsf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.log_ndtr(el.negative(y))


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.norm.ppf`."""
    q, loc, scale = operands("norm.ppf", q, loc, scale)
    return el.add(el.multiply(special.ndtri(q), scale), loc)


@quiet
def isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Inverse of the survival function. See `scipy.stats.norm.isf`."""
    q, loc, scale = operands("norm.isf", q, loc, scale)
    return el.add(el.multiply(el.negative(special.ndtri(q)), scale), loc)
