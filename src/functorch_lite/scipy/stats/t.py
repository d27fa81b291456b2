"""Student's t distribution (`scipy.stats.t`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import operands, quiet

__all__ = ["logpdf", "pdf"]


@quiet
def logpdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.t.logpdf`."""
    x, df, loc, scale = operands("t.logpdf", x, df, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    half = el.divide(df, 2)
    constants = el.subtract(special.gammaln(el.add(half, 0.5)), special.gammaln(half))
    constants = el.subtract(
        constants, el.add(el.multiply(el.log(el.multiply(df, np.pi)), 0.5), el.log(scale))
    )
    return el.subtract(
        constants, el.multiply(el.add(half, 0.5), el.log1p(el.divide(el.square(y), df)))
    )


@quiet
def pdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.t.pdf`."""
    return el.exp(logpdf(x, df, loc, scale))
