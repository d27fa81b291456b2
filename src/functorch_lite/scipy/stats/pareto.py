"""The Pareto distribution (`scipy.stats.pareto`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from ._common import clip, constant, operands, outside, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


@quiet
def logpdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.pareto.logpdf`."""
    x, b, loc, scale = operands("pareto.logpdf", x, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.less(y, 1)
    y = el.where(far, constant(y, 1), y)
    powers = el.multiply(el.add(b, 1), el.log(y))
    return outside(far, -np.inf, el.subtract(el.log(b), el.add(powers, el.log(scale))))


@quiet
def pdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.pareto.pdf`."""
    return el.exp(logpdf(x, b, loc, scale))


@quiet
def cdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.pareto.cdf`."""
    return el.negative(el.expm1(logsf(x, b, loc, scale)))


@quiet
def logcdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.pareto.logcdf`."""
    return el.log(cdf(x, b, loc, scale))


@quiet
def sf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.pareto.sf`."""
    return el.exp(logsf(x, b, loc, scale))


@quiet
def logsf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.pareto.logsf`."""
    x, b, loc, scale = operands("pareto.logsf", x, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return el.negative(el.multiply(b, el.log(clip(y, 1))))


@quiet
def ppf(q: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.pareto.ppf`."""
    q, b, loc, scale = operands("pareto.ppf", q, b, loc, scale)
    return el.add(
        loc, el.multiply(scale, el.exp(el.divide(el.negative(el.log1p(el.negative(q))), b)))
    )
