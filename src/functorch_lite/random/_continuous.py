"""Continuous distributions whose numbers are functions of uniform numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import bind, shape_of
from ..numpy._promotion import as_array, cast
from ..prims.arithmetic import stop_gradient
from ..prims.transcendental import erf_inv_p, erf_p
from ._common import float_dtype, parameter, sample_shape, sampler, single_key, split_key
from ._uniform import draw_rademacher, draw_uniform

__all__ = [
    "cauchy",
    "double_sided_maxwell",
    "exponential",
    "gumbel",
    "laplace",
    "logistic",
    "lognormal",
    "maxwell",
    "normal",
    "pareto",
    "rayleigh",
    "triangular",
    "truncated_normal",
    "wald",
    "weibull_min",
]

Shape = int | Sequence[int]


def draw_normal(key: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Draw standard normal numbers without checks."""
    if dtype.kind == "c":
        real = np.dtype(f"f{dtype.itemsize // 2}")
        keys = split_key(key)
        re, im = (draw_normal(keys[i], shape, real) for i in (0, 1))
        return (re + im * dtype.type(1j)) / np.sqrt(dtype.type(2))
    low = np.nextafter(dtype.type(-1), dtype.type(0), dtype=dtype)
    u = draw_uniform(key, shape, dtype, low, dtype.type(1))
    return bind(erf_inv_p, u) * np.sqrt(dtype.type(2))


@sampler
def normal(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw standard normal numbers.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    shape : tuple of int
    dtype : dtype
        Float (float64 by default) or complex, of variance one in total.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.normal(random.key(0), (2,), "float32").round(4)
    array([1.6226, 2.0253], dtype=float32)
    """
    key = single_key("normal", key)
    d = float_dtype("normal", dtype, complex_too=True)
    return draw_normal(key, sample_shape("normal", shape), d)


@sampler
def lognormal(key: Any, sigma: Any = 1.0, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw ``exp(sigma * z)`` with z normal.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.lognormal(random.key(0), 0.5) > 0)
    True
    """
    key = single_key("lognormal", key)
    d = float_dtype("lognormal", dtype)
    shape = sample_shape("lognormal", shape, as_array(sigma))
    return fnp.exp(draw_normal(key, shape, d) * cast(as_array(sigma), d))


@sampler
def truncated_normal(
    key: Any, lower: Any, upper: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Draw standard normal numbers that fall into (lower, upper).

    Parameters
    ----------
    key : array of uint32, shape (2,)
    lower, upper : array
        Broadcast against each other; the sample is differentiable in them.
    shape : tuple of int
    dtype : dtype
        A float dtype, float64 by default.

    Examples
    --------
    >>> from functorch_lite import random
    >>> x = random.truncated_normal(random.key(0), -1.0, 2.0, (100,))
    >>> bool(((x > -1) & (x < 2)).all())
    True
    """
    key = single_key("truncated_normal", key)
    d = float_dtype("truncated_normal", dtype)
    lower, upper = cast(as_array(lower), d), cast(as_array(upper), d)
    shape = sample_shape("truncated_normal", shape, lower, upper)
    root = np.sqrt(d.type(2))
    a, b = bind(erf_p, lower / root), bind(erf_p, upper / root)
    x = bind(erf_inv_p, draw_uniform(key, shape, d, a, b)) * root
    inside = fnp.nextafter(stop_gradient(lower), d.type(np.inf))
    return fnp.clip(x, inside, fnp.nextafter(stop_gradient(upper), d.type(-np.inf)))


def draw_exponential(key: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Draw exponential numbers without checks."""
    return -fnp.log1p(-draw_uniform(key, shape, dtype))


@sampler
def exponential(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw exponential numbers of mean one.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.exponential(random.key(0)) >= 0)
    True
    """
    key = single_key("exponential", key)
    d = float_dtype("exponential", dtype)
    return draw_exponential(key, sample_shape("exponential", shape), d)


@sampler
def cauchy(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw standard Cauchy numbers.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.cauchy(random.key(0), (3,)).shape
    (3,)
    """
    key = single_key("cauchy", key)
    d = float_dtype("cauchy", dtype)
    u = draw_uniform(key, sample_shape("cauchy", shape), d, np.finfo(d).eps, 1.0)
    return fnp.tan((u - 0.5) * d.type(np.pi))


@sampler
def laplace(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw standard Laplace numbers.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.laplace(random.key(0), (3,)).shape
    (3,)
    """
    key = single_key("laplace", key)
    d = float_dtype("laplace", dtype)
    low = -1.0 + np.finfo(d).epsneg
    u = draw_uniform(key, sample_shape("laplace", shape), d, low, 1.0)
    return fnp.sign(u) * fnp.log1p(-fnp.abs(u))


@sampler
def logistic(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw standard logistic numbers.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.logistic(random.key(0), (3,)).shape
    (3,)
    """
    key = single_key("logistic", key)
    d = float_dtype("logistic", dtype)
    u = draw_uniform(key, sample_shape("logistic", shape), d, np.finfo(d).tiny, 1.0)
    return fnp.log(u) - fnp.log1p(-u)


def draw_gumbel(
    key: Any, shape: tuple[int, ...], dtype: np.dtype[Any], mode: str | None = None
) -> Any:
    """Draw Gumbel numbers without checks of the key."""
    if mode not in (None, "low", "high"):
        raise ValueError(f"gumbel: mode is 'low' or 'high', got {mode!r}")
    info = np.finfo(dtype)
    if mode != "high":
        return -fnp.log(-fnp.log(draw_uniform(key, shape, dtype, info.tiny, 1.0)))
    u = draw_uniform(key, (2, *shape), dtype)
    high, low = u[0], u[1]
    fine = high + dtype.type(2.0**-info.nmant) * low + info.tiny
    return -fnp.log(-fnp.log1p(-fnp.where(fnp.greater_equal(high, 0.5), high, fine)))


@sampler
def gumbel(key: Any, shape: Shape = (), dtype: Any = None, mode: str | None = None) -> Any:
    """Draw standard Gumbel numbers.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    shape : tuple of int
    dtype : dtype
        A float dtype, float64 by default.
    mode : {None, "low", "high"}
        "high" spends twice as many bits on the lower tail.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.gumbel(random.key(0), (3,)).shape
    (3,)
    """
    key = single_key("gumbel", key)
    d = float_dtype("gumbel", dtype)
    return draw_gumbel(key, sample_shape("gumbel", shape), d, mode)


@sampler
def pareto(key: Any, b: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw Pareto numbers of shape `b`, at least one.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.pareto(random.key(0), 3.0) >= 1)
    True
    """
    key = single_key("pareto", key)
    d = float_dtype("pareto", dtype)
    b = cast(as_array(b), d)
    return fnp.exp(draw_exponential(key, sample_shape("pareto", shape, b), d) / b)


@sampler
def rayleigh(key: Any, scale: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw Rayleigh numbers: the length of a plane normal vector times `scale`.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.rayleigh(random.key(0), 2.0) >= 0)
    True
    """
    key = single_key("rayleigh", key)
    d = float_dtype("rayleigh", dtype)
    scale = cast(as_array(scale), d)
    u = draw_uniform(key, sample_shape("rayleigh", shape, scale), d)
    return scale * fnp.sqrt(fnp.log(u) * d.type(-2))


@sampler
def weibull_min(
    key: Any, scale: Any, concentration: Any, shape: Shape = (), dtype: Any = None
) -> Any:
    """Draw Weibull numbers.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.weibull_min(random.key(0), 1.0, 2.0) >= 0)
    True
    """
    key = single_key("weibull_min", key)
    d = float_dtype("weibull_min", dtype)
    e = draw_exponential(key, sample_shape("weibull_min", shape), d)
    return fnp.power(e, 1.0 / cast(as_array(concentration), d)) * cast(as_array(scale), d)


def _draw_maxwell(key: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Return the length of a normal vector in three dimensions."""
    z = draw_normal(key, (*shape, 3), dtype)
    return fnp.sqrt(fnp.sum(z * z, axis=-1))


@sampler
def maxwell(key: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Draw Maxwell numbers: lengths of normal vectors in three dimensions.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.maxwell(random.key(0)) > 0)
    True
    """
    key = single_key("maxwell", key)
    return _draw_maxwell(key, sample_shape("maxwell", shape), float_dtype("maxwell", dtype))


@sampler
def double_sided_maxwell(
    key: Any, loc: Any, scale: Any, shape: Shape = (), dtype: Any = None
) -> Any:
    """Draw ``loc + scale * sign * m`` with m Maxwell.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.double_sided_maxwell(random.key(0), 0.0, 1.0, (3,)).shape
    (3,)
    """
    key = single_key("double_sided_maxwell", key)
    d = float_dtype("double_sided_maxwell", dtype)
    loc, scale = cast(as_array(loc), d), cast(as_array(scale), d)
    params = np.broadcast_shapes(shape_of(loc), shape_of(scale))
    # As in JAX: the parameters' shape comes behind the sample's, or twice.
    full = (*(sample_shape("double_sided_maxwell", shape) or params), *params)
    keys = split_key(key)
    return draw_rademacher(keys[1], full, d) * _draw_maxwell(keys[0], full, d) * scale + loc


@sampler
def wald(key: Any, mean: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Draw Wald (inverse Gaussian) numbers of scale one.

    Method of Michael, Schucany & Haas (1976).

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(random.wald(random.key(0), 2.0) > 0)
    True
    """
    key = single_key("wald", key)
    d = float_dtype("wald", dtype)
    shape = sample_shape("wald", shape, as_array(mean))
    mean = parameter(mean, shape, d)
    keys = split_key(key)
    y = draw_normal(keys[0], shape, d) ** 2
    z = draw_uniform(keys[1], shape, d)
    square = mean**2
    x = mean + square * y / 2 - mean / 2 * fnp.sqrt(4 * mean * y + square * y**2)
    return fnp.where(fnp.less_equal(z, mean / (mean + x)), x, square / x)


@sampler
def triangular(
    key: Any, left: Any, mode: Any, right: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Draw from the triangular density on [left, right] with its peak at `mode`.

    Examples
    --------
    >>> from functorch_lite import random
    >>> 0 <= float(random.triangular(random.key(0), 0.0, 0.3, 1.0)) <= 1
    True
    """
    key = single_key("triangular", key)
    d = float_dtype("triangular", dtype)
    shape = sample_shape("triangular", shape, *(as_array(x) for x in (left, mode, right)))
    left, mode, right = (parameter(x, shape, d) for x in (left, mode, right))
    u = draw_uniform(key, shape, d)
    width = right - left
    rising = fnp.less(u, (mode - left) / width)
    # The root of the side that is not taken is kept away from zero, for the derivative.
    below = fnp.where(rising, u * width * (mode - left), 1)
    above = fnp.where(rising, 1, (1 - u) * width * (right - mode))
    return fnp.where(rising, left + fnp.sqrt(below), right - fnp.sqrt(above))
