"""Functions of statistics in `scipy.special`: softmax, entropies, Box-Cox transforms."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import bind, dtype_of, shape_of
from ..numpy import _elementwise as el
from ..numpy._axes import axes_tuple
from ..numpy._promotion import as_array, promote_inexact
from ..numpy._reductions import logsumexp as _logsumexp
from ..numpy._reductions import max as _max
from ..numpy._reductions import sum as _sum
from ..prims import special as sp
from ..prims.arithmetic import stop_gradient
from ._special_common import quiet, real_operands

__all__ = [
    "boxcox",
    "boxcox1p",
    "entr",
    "kl_div",
    "log_softmax",
    "logit",
    "logsumexp",
    "rel_entr",
    "softmax",
]


@quiet
def logit(x: Any) -> Any:
    """Inverse of `expit`: log(x / (1 - x)). See `scipy.special.logit`."""
    (x,) = real_operands("logit", x)
    return el.subtract(el.log(x), el.log1p(el.negative(x)))


@quiet
def boxcox(x: Any, lmbda: Any) -> Any:
    """(x**lmbda - 1) / lmbda, log(x) for lmbda = 0. See `scipy.special.boxcox`."""
    x, m = real_operands("boxcox", x, lmbda)
    return _boxcox(x, m, el.log)


@quiet
def boxcox1p(x: Any, lmbda: Any) -> Any:
    """((1 + x)**lmbda - 1) / lmbda, log1p(x) for lmbda = 0. See `scipy.special.boxcox1p`."""
    x, m = real_operands("boxcox1p", x, lmbda)
    return _boxcox(x, m, el.log1p)


def _boxcox(x: Any, lmbda: Any, log: Callable[[Any], Any]) -> Any:
    """expm1(lmbda y) / lmbda for y = log(x), by its Taylor series where lmbda y is tiny."""
    y = log(x)
    z = el.multiply(lmbda, y)
    small = el.less(el.absolute(z), 1e-4)
    one = dtype_of(z).type(1)
    far = el.divide(el.expm1(el.where(small, one, z)), el.where(small, one, z))
    near: Any = 1 / 120
    for c in (1 / 24, 1 / 6, 0.5, 1.0):
        near = el.add(el.multiply(z, near), c)
    return el.multiply(y, el.where(small, near, far))


@quiet
def entr(x: Any) -> Any:
    """-x log(x), 0 at 0 and -inf below. See `scipy.special.entr`."""
    (x,) = real_operands("entr", x)
    return el.where(el.less(x, 0), dtype_of(x).type(-np.inf), el.negative(bind(sp.xlogy_p, x, x)))


@quiet
def rel_entr(p: Any, q: Any) -> Any:
    """p log(p / q), 0 where p = 0 <= q, else inf. See `scipy.special.rel_entr`."""
    x, y = real_operands("rel_entr", p, q)
    d = dtype_of(x)
    both = el.logical_and(el.greater(x, 0), el.greater(y, 0))
    zero = el.logical_and(el.equal(x, 0), el.greater_equal(y, 0))
    safe_x, safe_y = el.where(both, x, d.type(1)), el.where(both, y, d.type(1))
    value = el.multiply(safe_x, el.log(el.divide(safe_x, safe_y)))
    nan = el.isnan(el.add(x, y))
    other = el.where(nan, d.type(np.nan), d.type(np.inf))
    return el.where(both, value, el.where(zero, d.type(0), other))


@quiet
def kl_div(p: Any, q: Any) -> Any:
    """p log(p / q) - p + q, q where p = 0 <= q, else inf. See `scipy.special.kl_div`."""
    x, y = real_operands("kl_div", p, q)
    return el.add(el.subtract(rel_entr(x, y), x), y)


@quiet
def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: Any = None,
) -> Any:
    """log(sum(b * exp(a))) without overflow; see `scipy.special.logsumexp`.

    Where all terms are -inf the value is -inf and the derivative 0. With `return_sign` the result
    is the pair of log(abs(sum)) and its sign. `where` leaves terms out.

    Examples
    --------
    >>> logsumexp(np.array([1000.0, 1000.0])).round(4)
    np.float64(1000.6931)
    """
    (x,) = promote_inexact(as_array(a, "logsumexp"), small_ints=False)
    x = x if hasattr(x, "shape") else np.asarray(x)
    if where is not None:
        x = el.where(where, x, dtype_of(x).type(-np.inf))
    if not return_sign:
        return _logsumexp(x, axis, b, keepdims)
    axes = axes_tuple(axis, len(shape_of(x)))
    shift = _max(el.real(x), axes, keepdims=True)
    shift = stop_gradient(el.where(el.isfinite(shift), shift, dtype_of(shift).type(0)))
    terms = el.exp(el.subtract(x, shift))
    total = _sum(terms if b is None else el.multiply(terms, b), axes, keepdims=True)
    size = el.absolute(total)
    empty = el.equal(size, 0)
    d = dtype_of(size)
    out = el.where(empty, d.type(-np.inf), el.add(el.log(el.where(empty, d.type(1), size)), shift))
    sign = el.sign(total)
    if keepdims:
        return out, sign
    from ..prims.shape import reshape

    kept = tuple(n for i, n in enumerate(shape_of(x)) if i not in axes)
    return reshape(out, kept), reshape(sign, kept)


def _shifted(x: Any, axis: Any, name: str) -> tuple[Any, tuple[int, ...]]:
    (x,) = real_operands(name, x)
    axes = axes_tuple(axis, len(shape_of(x)))
    top = stop_gradient(_max(x, axes, keepdims=True))
    top = el.where(el.isfinite(top), top, dtype_of(x).type(0))
    return el.subtract(x, top), axes


@quiet
def softmax(x: Any, /, axis: Any = None) -> Any:
    """exp(x) / sum(exp(x)) over `axis`. See `scipy.special.softmax`.

    Examples
    --------
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    y, axes = _shifted(x, axis, "softmax")
    e = el.exp(y)
    return el.divide(e, _sum(e, axes, keepdims=True))


@quiet
def log_softmax(x: Any, /, axis: Any = None) -> Any:
    """Logarithm of `softmax`, without overflow. See `scipy.special.log_softmax`."""
    y, axes = _shifted(x, axis, "log_softmax")
    return el.subtract(y, el.log(_sum(el.exp(y), axes, keepdims=True)))
