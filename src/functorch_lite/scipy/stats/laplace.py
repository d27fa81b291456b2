"""The Laplace distribution (`scipy.stats.laplace`)."""

from typing import Any

from ...numpy import _elementwise as el
from ._common import operands, quiet

__all__ = ["cdf", "logpdf", "pdf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.laplace.logpdf`."""
    x, loc, scale = operands("laplace.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.add(el.absolute(y), el.log(el.multiply(scale, 2))))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.laplace.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.laplace.cdf`."""
    x, loc, scale = operands("laplace.cdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    half = el.multiply(el.exp(el.negative(el.absolute(y))), 0.5)
    return el.where(el.less(y, 0), half, el.subtract(1, half))
