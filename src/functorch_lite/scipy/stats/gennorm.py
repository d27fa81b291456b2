"""The generalized normal distribution (`scipy.stats.gennorm`)."""

from typing import Any

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, operands, outside, quiet

__all__ = ["cdf", "logpdf", "pdf"]


def _power(y: Any, beta: Any) -> Any:
    """|y| ** beta, with derivative 0 at 0."""
    zero = el.equal(y, 0)
    return outside(zero, 0.0, el.power(el.absolute(el.where(zero, constant(y, 1), y)), beta))


@quiet
def logpdf(x: Any, beta: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.gennorm.logpdf`."""
    x, beta, loc, scale = operands("gennorm.logpdf", x, beta, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    constants = el.subtract(el.log(el.multiply(beta, 0.5)), special.gammaln(el.divide(1, beta)))
    return el.subtract(constants, el.add(_power(y, beta), el.log(scale)))


@quiet
def pdf(x: Any, beta: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.gennorm.pdf`."""
    return el.exp(logpdf(x, beta, loc, scale))


@quiet
def cdf(x: Any, beta: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.gennorm.cdf`."""
    x, beta, loc, scale = operands("gennorm.cdf", x, beta, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    half = el.multiply(special.gammainc(el.divide(1, beta), _power(y, beta)), 0.5)
    return el.add(el.multiply(el.sign(y), half), 0.5)
