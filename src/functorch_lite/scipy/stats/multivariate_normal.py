"""The multivariate normal distribution (`scipy.stats.multivariate_normal`)."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ir import current_source, shape_of, summarize
from ...numpy import _elementwise as el
from ...numpy import _reductions as rd
from ...numpy._manipulation import broadcast_to
from ...numpy._promotion import as_array, broadcast_shapes, promote_inexact
from ...prims import linalg as prim
from ...prims.linalg_common import diagonal_of
from ...prims.shape import reshape
from . import norm
from ._common import quiet

__all__ = ["logpdf", "pdf"]


@quiet
def logpdf(x: Any, mean: Any, cov: Any, allow_singular: None = None) -> Any:
    """Logarithm of the density.

    Parameters
    ----------
    x, mean : array, shape (..., n) or ()
    cov : array, shape (..., n, n), or a scalar variance
        Positive definite; only the lower triangle is read. Otherwise the result is NaN.

    Returns
    -------
    array, shape (...)

    Examples
    --------
    >>> logpdf(np.zeros(2), np.zeros(2), np.eye(2)).round(4)
    np.float64(-1.8379)
    """
    if allow_singular is not None:
        raise NotImplementedError("multivariate_normal: allow_singular is not available")
    operands = [as_array(v, "multivariate_normal") for v in (x, mean, cov)]
    y, m, c = promote_inexact(*operands, small_ints=False)
    if not shape_of(c):
        terms = norm.logpdf(y, m, el.sqrt(c))
        return rd.sum(terms, -1) if shape_of(terms) else terms
    y = el.subtract(y, m)
    n = shape_of(c)[-1]
    if len(shape_of(c)) < 2 or shape_of(c)[-2] != n or shape_of(y)[-1:] not in ((n,), (1,), ()):
        raise ShapeError(
            f"multivariate_normal: x - mean of shape {shape_of(y)} and cov of shape {shape_of(c)} "
            f"do not fit {summarize(current_source())}"
        )
    y = broadcast_to(y, (*shape_of(y)[:-1], n))
    factor = prim.cholesky(c, symmetrize_input=False)
    half_logdet = rd.sum(el.log(diagonal_of(factor)), -1)
    white = _whiten(factor, y)
    square = rd.sum(el.square(white), -1)
    constants = el.add(half_logdet, 0.5 * n * float(np.log(2 * np.pi)))
    return el.negative(el.add(el.multiply(square, 0.5), constants))


def _whiten(factor: Any, y: Any) -> Any:
    """Solve factor @ z = y for stacks of vectors; one matrix takes them all as rows."""
    n = shape_of(y)[-1]
    if len(shape_of(factor)) == 2:
        rows = reshape(y, (int(np.prod(shape_of(y)[:-1], dtype=np.int64)), n))
        return reshape(
            prim.triangular_solve(factor, rows, lower=True, transpose_a=True), shape_of(y)
        )
    lead = broadcast_shapes(shape_of(factor)[:-2], shape_of(y)[:-1])
    factor = broadcast_to(factor, (*lead, n, n))
    column = reshape(broadcast_to(y, (*lead, n)), (*lead, n, 1))
    return reshape(prim.triangular_solve(factor, column, left_side=True, lower=True), (*lead, n))


@quiet
def pdf(x: Any, mean: Any, cov: Any) -> Any:
    """Density; see `logpdf`."""
    return el.exp(logpdf(x, mean, cov))
