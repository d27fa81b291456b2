"""The left-skewed Gumbel distribution (`scipy.stats.gumbel_l`)."""

from typing import Any

from ...numpy import _elementwise as el
from ._common import operands, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.gumbel_l.logpdf`."""
    x, loc, scale = operands("gumbel_l.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.subtract(el.subtract(y, el.exp(y)), el.log(scale))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.gumbel_l.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.gumbel_l.cdf`."""
    return el.negative(el.expm1(logsf(x, loc, scale)))


@quiet
def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.gumbel_l.logcdf`."""
    return el.log(cdf(x, loc, scale))


@quiet
def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.gumbel_l.sf`."""
    return el.exp(logsf(x, loc, scale))


@quiet
def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.gumbel_l.logsf`."""
    x, loc, scale = operands("gumbel_l.logsf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.exp(y))


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.gumbel_l.ppf`."""
    q, loc, scale = operands("gumbel_l.ppf", q, loc, scale)
    return el.add(loc, el.multiply(scale, el.log(el.negative(el.log1p(el.negative(q))))))
