"""The exponential distribution (`scipy.stats.expon`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from ._common import clip, constant, operands, outside, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.expon.logpdf`."""
    x, loc, scale = operands("expon.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return outside(el.less(y, 0), -np.inf, el.subtract(el.negative(y), el.log(scale)))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.expon.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.expon.cdf`."""
    x, loc, scale = operands("expon.cdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.expm1(el.negative(clip(y, 0))))


@quiet
def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.expon.logcdf`."""
    x, loc, scale = operands("expon.logcdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.less_equal(y, 0)
    safe = el.where(far, constant(y, 1), y)
    small = el.less(safe, float(np.log(2)))
    near = el.log(el.negative(el.expm1(el.negative(el.where(small, safe, constant(y, 1))))))
    large = el.where(small, constant(y, 1), safe)
    value = el.where(small, near, el.log1p(el.negative(el.exp(el.negative(large)))))
    return outside(far, -np.inf, value)


@quiet
def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.expon.sf`."""
    x, loc, scale = operands("expon.sf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.exp(el.negative(clip(y, 0)))


@quiet
def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.expon.logsf`."""
    x, loc, scale = operands("expon.logsf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(clip(y, 0))


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.expon.ppf`."""
    q, loc, scale = operands("expon.ppf", q, loc, scale)
    far = el.logical_or(el.less(q, 0), el.greater(q, 1))
    return outside(far, np.nan, el.subtract(loc, el.multiply(scale, el.log1p(el.negative(q)))))
