"""Functions of all values along an axis: softmax and its kin, one-hot vectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..numpy._axes import normalize_axis
from ..prims.arithmetic import stop_gradient
from ..prims.elementwise import full_like
from ._common import array, inexact, quiet

__all__ = ["log_softmax", "logmeanexp", "logsumexp", "one_hot", "softmax", "softmin"]

Axis = int | Sequence[int] | None


def _shifted(x: Any, axis: Axis, where: Any) -> tuple[Any, Any]:
    """Return x minus its maximum over `axis`, and x masked by -inf."""
    if where is not None:
        x = fnp.where(where, x, full_like(x, -np.inf))
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    return fnp.subtract(x, stop_gradient(fnp.max(x, axis=axes, keepdims=True))), axes


@quiet
def softmax(x: Any, axis: Axis = -1, where: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis.

    Parameters
    ----------
    axis : int or sequence of int, optional
    where : bool array, optional
        Elements to include; the others get 0.

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.array([0.0, 0.0, 1000.0]))
    array([0., 0., 1.])
    """
    shifted, axes = _shifted(inexact(x), axis, where)
    weights = fnp.exp(shifted)
    y = fnp.divide(weights, fnp.sum(weights, axis=axes, keepdims=True))
    return y if where is None else fnp.where(where, y, full_like(y, 0))


@quiet
def log_softmax(x: Any, axis: Axis = -1, where: Any = None) -> Any:
    """Return x - logsumexp(x) along an axis; see `softmax`."""
    shifted, axes = _shifted(inexact(x), axis, where)
    y = fnp.subtract(shifted, fnp.log(fnp.sum(fnp.exp(shifted), axis=axes, keepdims=True)))
    return y if where is None else fnp.where(where, y, full_like(y, -np.inf))


@quiet
def logsumexp(
    a: Any,
    axis: Axis = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: Any = None,
) -> Any:
    """log(sum(b * exp(a))) without overflow; -inf with derivative 0 where all terms vanish.

    Parameters
    ----------
    b : array, optional
        Factors, which may be negative.
    return_sign : bool
        Return the logarithm of the sum's size and its sign (then `b` may make it negative;
        without, such a logarithm is NaN).
    where : bool array, optional
        Terms to include.

    Examples
    --------
    >>> import numpy as np
    >>> float(logsumexp(np.array([1000.0, 1000.0])).round(4))
    1000.6931
    """
    x = inexact(a)
    if where is not None:
        x = fnp.where(where, x, full_like(x, -np.inf))
    if not return_sign:
        return fnp.logsumexp(x, axis=axis, b=b, keepdims=keepdims)
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    top = fnp.max(x, axis=axes, keepdims=True)
    shift = stop_gradient(fnp.where(fnp.isfinite(top), top, full_like(x, 0)))
    terms = fnp.exp(fnp.subtract(x, shift))
    total = fnp.sum(terms if b is None else fnp.multiply(terms, b), axis=axes, keepdims=True)
    size = fnp.absolute(total)
    is_zero = fnp.equal(size, full_like(x, 0))
    log_size = fnp.add(fnp.log(fnp.where(is_zero, full_like(x, 1), size)), shift)
    y = fnp.where(is_zero, full_like(x, -np.inf), log_size)
    sign = stop_gradient(fnp.sign(total))
    if keepdims:
        return y, sign
    return fnp.squeeze(y, axes), fnp.squeeze(sign, axes)


def logmeanexp(x: Any, axis: Axis = None, where: Any = None, keepdims: bool = False) -> Any:
    """log(mean(exp(x))) without overflow."""
    x = inexact(x)
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    included = fnp.ones_like(x) if where is None else fnp.astype(where, dtype_of(x))
    count = fnp.sum(fnp.broadcast_to(included, shape_of(x)), axis=axes, keepdims=keepdims)
    return fnp.subtract(logsumexp(x, axis, None, keepdims, False, where), fnp.log(count))


def softmin(x: Any, axis: Axis = -1) -> Any:
    """softmax(-x)."""
    return softmax(fnp.negative(inexact(x)), axis)


def one_hot(x: Any, num_classes: int, *, dtype: Any = np.float64, axis: int = -1) -> Any:
    """Return an array with 1 where the new axis' index equals `x`, as `jax.nn.one_hot`.

    Indices outside ``[0, num_classes)`` give zeros.

    Examples
    --------
    >>> import numpy as np
    >>> one_hot(np.array([0, 2]), 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    x = array(x)
    position = normalize_axis(axis, len(shape_of(x)) + 1)
    index = fnp.arange(num_classes, dtype=dtype_of(x))
    index = fnp.reshape(index, (num_classes,) + (1,) * (len(shape_of(x)) - position))
    return fnp.astype(fnp.equal(fnp.expand_dims(x, position), index), np.dtype(dtype))
