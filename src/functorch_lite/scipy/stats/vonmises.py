"""The von Mises distribution (`scipy.stats.vonmises`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import operands, quiet

__all__ = ["logpdf", "pdf"]


@quiet
def logpdf(x: Any, kappa: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.vonmises.logpdf`."""
    x, kappa, loc, scale = operands("vonmises.logpdf", x, kappa, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    powers = el.multiply(kappa, el.subtract(el.cos(y), 1))
    constants = el.log(el.multiply(special.i0e(kappa), 2 * np.pi))
    return el.subtract(powers, el.add(constants, el.log(scale)))


@quiet
def pdf(x: Any, kappa: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.vonmises.pdf`."""
    return el.exp(logpdf(x, kappa, loc, scale))
