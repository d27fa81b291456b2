"""The chi-squared distribution (`scipy.stats.chi2`)."""

from typing import Any

from ...numpy import _elementwise as el

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

from . import gamma
from ._common import operands, quiet


@quiet
def logpdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.chi2.logpdf`."""
    x, df, loc, scale = operands("chi2.logpdf", x, df, loc, scale)
    return gamma.logpdf(x, el.divide(df, 2), loc, el.multiply(scale, 2))


@quiet
def pdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.chi2.pdf`."""
    x, df, loc, scale = operands("chi2.pdf", x, df, loc, scale)
    return gamma.pdf(x, el.divide(df, 2), loc, el.multiply(scale, 2))


@quiet
def cdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.chi2.cdf`."""
    x, df, loc, scale = operands("chi2.cdf", x, df, loc, scale)
    return gamma.cdf(x, el.divide(df, 2), loc, el.multiply(scale, 2))


@quiet
def logcdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.chi2.logcdf`."""
    x, df, loc, scale = operands("chi2.logcdf", x, df, loc, scale)
    return gamma.logcdf(x, el.divide(df, 2), loc, el.multiply(scale, 2))


@quiet
def sf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.chi2.sf`."""
    x, df, loc, scale = operands("chi2.sf", x, df, loc, scale)
    return gamma.sf(x, el.divide(df, 2), loc, el.multiply(scale, 2))


@quiet
def logsf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.chi2.logsf`."""
    x, df, loc, scale = operands("chi2.logsf", x, df, loc, scale)
    return gamma.logsf(x, el.divide(df, 2), loc, el.multiply(scale, 2))
