"""The beta distribution (`scipy.stats.beta`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import clip, constant, operands, outside, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]


@quiet
def logpdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.beta.logpdf`."""
    x, a, b, loc, scale = operands("beta.logpdf", x, a, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.logical_or(el.less(y, 0), el.greater(y, 1))
    y = el.where(far, constant(y, 0.5), y)
    powers = el.add(
        special.xlogy(el.subtract(a, 1), y), special.xlog1py(el.subtract(b, 1), el.negative(y))
    )
    return outside(far, -np.inf, el.subtract(powers, el.add(special.betaln(a, b), el.log(scale))))


@quiet
def pdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.beta.pdf`."""
    return el.exp(logpdf(x, a, b, loc, scale))


@quiet
def cdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.beta.cdf`."""
    x, a, b, loc, scale = operands("beta.cdf", x, a, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.betainc(a, b, clip(y, 0, 1))


@quiet
def logcdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.beta.logcdf`."""
    return el.log(cdf(x, a, b, loc, scale))


@quiet
def sf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.beta.sf`."""
    x, a, b, loc, scale = operands("beta.sf", x, a, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return special.betainc(b, a, el.subtract(1, clip(y, 0, 1)))


@quiet
def logsf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.beta.logsf`."""
    return el.log(sf(x, a, b, loc, scale))
