"""The logistic distribution (`scipy.stats.logistic`)."""

from typing import Any

from ...numpy import _elementwise as el
from .. import special
from ._common import operands, quiet

__all__ = ["cdf", "isf", "logpdf", "pdf", "ppf", "sf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.logistic.logpdf`."""
    x, loc, scale = operands("logistic.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    size = el.absolute(y)
    tail = el.multiply(el.log1p(el.exp(el.negative(size))), 2)
    return el.negative(el.add(el.add(size, tail), el.log(scale)))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.logistic.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.logistic.cdf`."""
    x, loc, scale = operands("logistic.cdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.expit(y)


@quiet
def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.logistic.sf`."""
    x, loc, scale = operands("logistic.sf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.expit(el.negative(y))


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.logistic.ppf`."""
    q, loc, scale = operands("logistic.ppf", q, loc, scale)
    return el.add(el.multiply(special.logit(q), scale), loc)


@quiet
def isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Inverse of the survival function. See `scipy.stats.logistic.isf`."""
    q, loc, scale = operands("logistic.isf", q, loc, scale)
    return el.subtract(loc, el.multiply(special.logit(q), scale))
