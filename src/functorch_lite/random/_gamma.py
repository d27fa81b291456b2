"""Gamma numbers and the distributions made of them; all differentiable in their parameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..errors import ShapeError
from ..ir import bind, current_source, shape_of, summarize
from ..numpy._promotion import as_array, cast
from ..prims.random import random_gamma_p
from ._common import float_dtype, parameter, sample_shape, sampler, single_key, split_key
from ._continuous import draw_normal

__all__ = ["beta", "chisquare", "dirichlet", "f", "gamma", "loggamma", "t"]

Shape = int | Sequence[int]


def draw_gamma(
    key: Any, a: Any, shape: tuple[int, ...], dtype: np.dtype[Any], log_space: bool = False
) -> Any:
    """Draw gamma numbers without checks."""
    return bind(random_gamma_p, key, parameter(a, shape, dtype), log_space=log_space)


@sampler
def gamma(key: Any, a: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw gamma numbers of shape parameter `a` and scale one.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    a : array
        Positive. The sample is differentiable in it, implicitly: its quantile stays.
    shape : tuple of int
        By default the shape of `a`.
    dtype : dtype
        A float dtype, float64 by default.

    Notes
    -----
    Marsaglia & Tsang (2000), "A simple method for generating gamma variables". Where `a` is
    small the numbers underflow; `loggamma` does not.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.gamma(random.key(0), 3.0, (2,)).round(6)
    array([2.262911, 1.962139])
    """
    key = single_key("gamma", key)
    d = float_dtype("gamma", dtype)
    return draw_gamma(key, a, sample_shape("gamma", shape, as_array(a)), d)


@sampler
def loggamma(key: Any, a: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw logarithms of gamma numbers, accurate for small `a`.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> bool(random.loggamma(random.key(0), 1e-8) < np.log(1e-300))
    True
    """
    key = single_key("loggamma", key)
    d = float_dtype("loggamma", dtype)
    return draw_gamma(key, a, sample_shape("loggamma", shape, as_array(a)), d, True)


@sampler
def beta(key: Any, a: Any, b: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw beta numbers.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    a, b : array
        Positive; broadcast against each other. The sample is differentiable in them.
    shape : tuple of int
    dtype : dtype
        A float dtype, float64 by default.

    Examples
    --------
    >>> from functorch_lite import random
    >>> 0 < float(random.beta(random.key(0), 2.0, 3.0)) < 1
    True
    """
    key = single_key("beta", key)
    d = float_dtype("beta", dtype)
    shape = sample_shape("beta", shape, as_array(a), as_array(b))
    keys = split_key(key)
    x, y = (draw_gamma(keys[i], p, shape, d, True) for i, p in enumerate((a, b)))
    top = fnp.maximum(x, y)
    u, v = fnp.exp(x - top), fnp.exp(y - top)
    return u / (u + v)


@sampler
def dirichlet(key: Any, alpha: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw probability vectors.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    alpha : array, shape (..., n)
        Positive. The sample is differentiable in it.
    shape : tuple of int
        Without the last axis; by default that of `alpha`.
    dtype : dtype
        A float dtype, float64 by default.

    Returns
    -------
    array, shape (*shape, n)

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> round(float(random.dirichlet(random.key(0), np.ones(3)).sum()), 12)
    1.0
    """
    key = single_key("dirichlet", key)
    d = float_dtype("dirichlet", dtype)
    alpha = cast(as_array(alpha), d)
    if not shape_of(alpha):
        raise ShapeError(
            f"dirichlet needs parameters with at least one axis {summarize(current_source())}"
        )
    batch = shape_of(alpha)[:-1]
    full = batch if shape is None else sample_shape("dirichlet", shape)
    sample_shape("dirichlet", full, np.broadcast_to(False, batch))
    x = draw_gamma(key, alpha, (*full, shape_of(alpha)[-1]), d, True)
    e = fnp.exp(x - fnp.max(x, axis=-1, keepdims=True))
    return e / fnp.sum(e, axis=-1, keepdims=True)


@sampler
def t(key: Any, df: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw Student's t numbers of `df` degrees of freedom.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.t(random.key(0), 3.0, (2,)).shape
    (2,)
    """
    key = single_key("t", key)
    d = float_dtype("t", dtype)
    half = cast(as_array(df), d) / 2
    shape = sample_shape("t", shape, half)
    keys = split_key(key)
    n = draw_normal(keys[0], shape, d)
    return n * fnp.sqrt(half / draw_gamma(keys[1], half, shape, d))


def _draw_chisquare(key: Any, df: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return fnp.exp(draw_gamma(key, df / 2, shape, dtype, True)) * 2


@sampler
def chisquare(key: Any, df: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw chi-square numbers of `df` degrees of freedom.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.chisquare(random.key(0), 3.0) > 0)
    True
    """
    key = single_key("chisquare", key)
    d = float_dtype("chisquare", dtype)
    df = cast(as_array(df), d)
    return _draw_chisquare(key, df, sample_shape("chisquare", shape, df), d)


@sampler
def f(key: Any, dfnum: Any, dfden: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw F numbers: the ratio of two chi-square numbers over their degrees of freedom.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.f(random.key(0), 3.0, 4.0) > 0)
    True
    """
    key = single_key("f", key)
    d = float_dtype("f", dtype)
    num, den = cast(as_array(dfnum), d), cast(as_array(dfden), d)
    shape = sample_shape("f", shape, num, den)
    keys = split_key(key)
    upper = _draw_chisquare(keys[1], num, shape, d) / num
    return upper / (_draw_chisquare(keys[0], den, shape, d) / den)
