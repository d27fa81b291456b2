"""The right-skewed Gumbel distribution (`scipy.stats.gumbel_r`)."""

from typing import Any

from ...numpy import _elementwise as el
from ._common import operands, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.gumbel_r.logpdf`."""
    x, loc, scale = operands("gumbel_r.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.add(el.add(y, el.exp(el.negative(y))), el.log(scale)))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.gumbel_r.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.gumbel_r.logcdf`."""
    x, loc, scale = operands("gumbel_r.logcdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.exp(el.negative(y)))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.gumbel_r.cdf`."""
    return el.exp(logcdf(x, loc, scale))


@quiet
def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.gumbel_r.sf`."""
    return el.negative(el.expm1(logcdf(x, loc, scale)))


@quiet
def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.gumbel_r.logsf`."""
    return el.log(sf(x, loc, scale))


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.gumbel_r.ppf`."""
    q, loc, scale = operands("gumbel_r.ppf", q, loc, scale)
    return el.subtract(loc, el.multiply(scale, el.log(el.negative(el.log(q)))))
