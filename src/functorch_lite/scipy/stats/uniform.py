"""The uniform distribution on [loc, loc + scale] (`scipy.stats.uniform`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from ._common import clip, operands, outside, quiet

__all__ = ["cdf", "logpdf", "pdf", "ppf"]


@quiet
def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.uniform.logpdf`."""
    x, loc, scale = operands("uniform.logpdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.logical_or(el.less(y, 0), el.greater(y, 1))
    return outside(far, -np.inf, el.add(el.negative(el.log(scale)), el.multiply(y, 0)))


@quiet
def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.uniform.pdf`."""
    return el.exp(logpdf(x, loc, scale))


@quiet
def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.uniform.cdf`."""
    x, loc, scale = operands("uniform.cdf", x, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    return clip(y, 0, 1)


@quiet
def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Quantile function, the inverse of cdf. See `scipy.stats.uniform.ppf`."""
    q, loc, scale = operands("uniform.ppf", q, loc, scale)
    far = el.logical_or(el.less(q, 0), el.greater(q, 1))
    return outside(far, np.nan, el.add(el.multiply(q, scale), loc))
