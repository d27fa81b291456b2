"""The wrapped Cauchy distribution on [0, 2 pi] (`scipy.stats.wrapcauchy`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from ._common import operands, outside, quiet

__all__ = ["logpdf", "pdf"]


@quiet
def logpdf(x: Any, c: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.wrapcauchy.logpdf`."""
    x, c, loc, scale = operands("wrapcauchy.logpdf", x, c, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.logical_or(el.less(y, 0), el.greater(y, 2 * np.pi))
    # 1 + c^2 - 2 c cos(y), without cancellation
    square = el.square(el.sin(el.multiply(y, 0.5)))
    below = el.add(el.square(el.subtract(1, c)), el.multiply(el.multiply(c, square), 4))
    above = el.divide(el.multiply(el.subtract(1, c), el.add(1, c)), 2 * np.pi)
    return outside(far, -np.inf, el.subtract(el.log(el.divide(above, below)), el.log(scale)))


@quiet
def pdf(x: Any, c: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.wrapcauchy.pdf`."""
    return el.exp(logpdf(x, c, loc, scale))
