"""Vectors and matrices: normal vectors, balls, orthogonal matrices."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy._promotion import as_array, cast, promote_inexact
from ._common import float_dtype, sample_shape, sampler, single_key, split_key
from ._continuous import draw_exponential, draw_normal
from ._gamma import draw_gamma
from ._uniform import draw_rademacher

__all__ = ["ball", "generalized_normal", "multivariate_normal", "orthogonal"]

Shape = int | Sequence[int]


def _factor(cov: Any, method: str) -> Any:
    """Return a matrix L with ``L L^T = cov``."""
    if method == "cholesky":
        return fnp.linalg.cholesky(cov)
    if method == "eigh":
        values, vectors = fnp.linalg.eigh(cov)
        return vectors * fnp.sqrt(values[..., None, :])
    u, s, _ = fnp.linalg.svd(cov)
    return u * fnp.sqrt(s[..., None, :])


@sampler
def multivariate_normal(
    key: Any,
    mean: Any,
    cov: Any,
    shape: Shape | None = None,
    dtype: Any = None,
    method: str = "cholesky",
) -> Any:
    """Draw normal vectors of given mean and covariance.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    mean : array, shape (..., n)
    cov : array, shape (..., n, n)
        The sample is differentiable in both.
    shape : tuple of int
        Without the last axis; by default the batch shapes' broadcast.
    dtype : dtype
        By default that of the parameters.
    method : {"cholesky", "eigh", "svd"}
        How to factor the covariance; the latter two take singular ones.

    Returns
    -------
    array, shape (*shape, n)

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> random.multivariate_normal(random.key(0), np.zeros(2), np.eye(2), (3,)).shape
    (3, 2)
    """
    key = single_key("multivariate_normal", key)
    if method not in ("cholesky", "eigh", "svd"):
        raise ValueError(f"multivariate_normal: method is cholesky, eigh or svd, got {method!r}")
    mean, cov = promote_inexact(as_array(mean), as_array(cov))
    d = float_dtype("multivariate_normal", dtype_of(mean) if dtype is None else dtype)
    mean, cov = cast(mean, d), cast(cov, d)
    n = shape_of(mean)[-1:]
    if not n or shape_of(cov)[-2:] != (*n, *n):
        raise ShapeError(
            f"multivariate_normal needs a mean of shape (..., n) and a covariance of shape "
            f"(..., n, n), got {shape_of(mean)} and {shape_of(cov)} {summarize(current_source())}"
        )
    batch = [np.broadcast_to(False, s) for s in (shape_of(mean)[:-1], shape_of(cov)[:-2])]
    full = sample_shape("multivariate_normal", shape, *batch)
    z = draw_normal(key, (*full, *n), d)
    return mean + fnp.matmul(_factor(cov, method), z[..., None])[..., 0]


@sampler
def orthogonal(key: Any, n: int, shape: Shape = (), dtype: Any = None, m: int | None = None) -> Any:
    """Draw orthogonal matrices, uniformly (by Haar's measure).

    Parameters
    ----------
    key : array of uint32, shape (2,)
    n : int
        Rows.
    shape : tuple of int
        Batch axes.
    dtype : dtype
        Float (float64 by default).
    m : int, optional
        Columns, `n` by default; the shorter side is orthonormal.

    Notes
    -----
    Mezzadri (2007), "How to generate random matrices from the classical compact groups".

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> q = random.orthogonal(random.key(0), 3)
    >>> bool(np.allclose(q @ q.T, np.eye(3)))
    True
    """
    key = single_key("orthogonal", key)
    d = float_dtype("orthogonal", dtype, complex_too=True)
    n = operator.index(n)
    m = n if m is None else operator.index(m)
    full = sample_shape("orthogonal", shape)
    q, r = fnp.linalg.qr(draw_normal(key, (*full, max(n, m), min(n, m)), d))
    q = q * fnp.sign(fnp.diagonal(r, axis1=-2, axis2=-1))[..., None, :]
    return fnp.swapaxes(q, -1, -2) if n < m else q


def _draw_generalized(key: Any, p: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    keys = split_key(key)
    p = cast(as_array(p), dtype)
    g = draw_gamma(keys[0], 1 / p, shape, dtype)
    return draw_rademacher(keys[1], shape, dtype) * fnp.power(g, 1 / p)


@sampler
def generalized_normal(key: Any, p: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw from the density proportional to ``exp(-|x|**p)``.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.generalized_normal(random.key(0), 4.0, (3,)).shape
    (3,)
    """
    key = single_key("generalized_normal", key)
    d = float_dtype("generalized_normal", dtype)
    return _draw_generalized(key, p, sample_shape("generalized_normal", shape), d)


@sampler
def ball(key: Any, d: int, p: float = 2, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw points uniformly from the unit ball of the `p`-norm in `d` dimensions.

    Barthe, Guedon, Mendelson & Naor (2005), "A probabilistic approach to the geometry of the
    l_p^n ball".

    Returns
    -------
    array, shape (*shape, d)

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> x = random.ball(random.key(0), 3, shape=(100,))
    >>> bool(np.all(np.sum(x * x, -1) < 1))
    True
    """
    key = single_key("ball", key)
    kind = float_dtype("ball", dtype)
    full = sample_shape("ball", shape)
    keys = split_key(key)
    power = cast(as_array(p), kind)
    g = _draw_generalized(keys[0], power, (*full, operator.index(d)), kind)
    e = draw_exponential(keys[1], full, kind)
    length = fnp.power(fnp.sum(fnp.power(fnp.abs(g), power), axis=-1) + e, 1 / power)
    return g / length[..., None]
