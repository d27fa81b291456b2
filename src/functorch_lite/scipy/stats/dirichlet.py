"""The Dirichlet distribution (`scipy.stats.dirichlet`)."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ir import current_source, shape_of, summarize
from ...numpy import _elementwise as el
from ...numpy import _reductions as rd
from ...numpy._promotion import as_array, promote_inexact
from ...prims.shape import concatenate, reshape
from .. import special
from ._common import constant, outside, quiet

__all__ = ["logpdf", "pdf"]


@quiet
def logpdf(x: Any, alpha: Any) -> Any:
    """Logarithm of the density.

    Parameters
    ----------
    x : array, shape (k, ...) or (k - 1, ...)
        Points of the simplex along the first axis; a last coordinate that is left out is what
        remains to 1.
    alpha : array, shape (k,)

    Returns
    -------
    array, shape (...)
        -inf where a coordinate is negative or they do not sum to 1.
    """
    y, a = promote_inexact(as_array(x, "dirichlet"), as_array(alpha, "dirichlet"), small_ints=False)
    if len(shape_of(a)) != 1 or not shape_of(y) or shape_of(y)[0] - shape_of(a)[0] not in (0, -1):
        raise ShapeError(
            f"dirichlet: x of shape {shape_of(y)} and alpha of shape {shape_of(a)} do not fit "
            f"{summarize(current_source())}"
        )
    if shape_of(y)[0] < shape_of(a)[0]:
        rest = el.subtract(1, rd.sum(y, 0, keepdims=True))
        y = concatenate([y, rest], 0)
    weights = reshape(a, shape_of(a) + (1,) * (len(shape_of(y)) - 1))
    off = el.greater(el.absolute(el.subtract(rd.sum(y, 0), 1)), 1e-5)
    off = el.logical_or(off, rd.any(el.less(y, 0), 0))
    positive = el.where(el.less(y, 0), constant(y, 1), y)
    value = rd.sum(special.xlogy(el.subtract(weights, 1), positive), 0)
    constants = el.subtract(special.gammaln(rd.sum(a)), rd.sum(special.gammaln(a)))
    return outside(off, -np.inf, el.add(value, constants))


@quiet
def pdf(x: Any, alpha: Any) -> Any:
    """Density; see `logpdf`."""
    return el.exp(logpdf(x, alpha))
