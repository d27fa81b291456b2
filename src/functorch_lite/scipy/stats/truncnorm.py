"""The normal distribution truncated to [a, b] (in units of scale around loc) (`scipy.stats.truncnorm`)."""

from typing import Any

import numpy as np

from ...numpy import _elementwise as el
from .. import special
from ._common import constant, operands, outside, quiet

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

_LOG_SQRT_2PI = 0.5 * float(np.log(2 * np.pi))


def _log_mass(a: Any, b: Any) -> Any:
    """log(Phi(b) - Phi(a)) for a < b, in the tail where both are small or in the middle."""
    right = el.greater(a, 0)
    middle = el.logical_and(el.less_equal(a, 0), el.greater(b, 0))
    # Mirror the right tail to the left.
    lo, hi = el.where(right, el.negative(b), a), el.where(right, el.negative(a), b)
    hi_safe = el.where(middle, constant(a, -1), hi)
    lo_safe = el.where(middle, constant(a, -2), lo)
    log_hi, log_lo = special.log_ndtr(hi_safe), special.log_ndtr(lo_safe)
    tail = el.add(log_hi, el.log1p(el.negative(el.exp(el.subtract(log_lo, log_hi)))))
    a_safe, b_safe = el.where(middle, a, constant(a, -1)), el.where(middle, b, constant(a, 1))
    both = el.add(special.ndtr(a_safe), special.ndtr(el.negative(b_safe)))
    return el.where(middle, el.log1p(el.negative(both)), tail)


@quiet
def logpdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the density. See `scipy.stats.truncnorm.logpdf`."""
    x, a, b, loc, scale = operands("truncnorm.logpdf", x, a, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    far = el.logical_or(el.less(y, a), el.greater(y, b))
    inside = el.subtract(el.multiply(el.square(y), -0.5), _LOG_SQRT_2PI)
    return outside(far, -np.inf, el.subtract(inside, el.add(_log_mass(a, b), el.log(scale))))


@quiet
def pdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Density. See `scipy.stats.truncnorm.pdf`."""
    return el.exp(logpdf(x, a, b, loc, scale))


@quiet
def logcdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the distribution function. See `scipy.stats.truncnorm.logcdf`."""
    x, a, b, loc, scale = operands("truncnorm.logcdf", x, a, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    low, high = el.less_equal(y, a), el.greater_equal(y, b)
    inside = el.where(el.logical_or(low, high), el.multiply(el.add(a, b), 0.5), y)
    inside = el.where(el.isfinite(inside), inside, el.clip(constant(y, 0), a, b))
    value = el.subtract(_log_mass(a, inside), _log_mass(a, b))
    return outside(low, -np.inf, outside(high, 0.0, value))


@quiet
def cdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Distribution function. See `scipy.stats.truncnorm.cdf`."""
    return el.exp(logcdf(x, a, b, loc, scale))


@quiet
def logsf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Logarithm of the survival function. See `scipy.stats.truncnorm.logsf`."""
    x, a, b, loc, scale = operands("truncnorm.logsf", x, a, b, loc, scale)
    y = el.divide(el.subtract(x, loc), scale)
    low, high = el.less_equal(y, a), el.greater_equal(y, b)
    inside = el.where(el.logical_or(low, high), el.multiply(el.add(a, b), 0.5), y)
    inside = el.where(el.isfinite(inside), inside, el.clip(constant(y, 0), a, b))
    value = el.subtract(_log_mass(inside, b), _log_mass(a, b))
    return outside(high, -np.inf, outside(low, 0.0, value))


@quiet
def sf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """Survival function, 1 - cdf. See `scipy.stats.truncnorm.sf`."""
    return el.exp(logsf(x, a, b, loc, scale))
