"""Normalisation with PyTorch's arguments and statistics."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import bind, dtype_of, shape_of
from ..prims.arithmetic import rsqrt_p, stop_gradient
from ..prims.batchnorm import batch_norm_train
from ..prims.shape import reshape
from ._common import array, count_of, fail, inexact

__all__ = [
    "batch_norm",
    "cosine_similarity",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "pairwise_distance",
    "rms_norm",
    "standardize",
    "vector_norm",
]


def _channel(v: Any, x: Any) -> Any:
    """Shape a value of each channel to meet ``x[n, c, ...]``."""
    return reshape(v, (1, shape_of(v)[0]) + (1,) * (len(shape_of(x)) - 2))


def check_channels(x: Any, **values: Any) -> None:
    c = shape_of(x)[1] if len(shape_of(x)) > 1 else None
    for name, v in values.items():
        if v is not None and shape_of(v) != (c,):
            raise fail(
                f"{name} must have one value for each of the {c} channels of {shape_of(x)}, "
                f"got {shape_of(v)}"
            )


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: float = 1e-5,
) -> tuple[Any, Any, Any]:
    """Normalise every channel, as `torch.nn.functional.batch_norm`, without side effects.

    Parameters
    ----------
    x : array, shape (n, c, ...)
    running_mean, running_var : array, shape (c,), or None
        Used in evaluation and updated in training. None: the batch's statistics always serve
        in training, and nothing is updated.
    weight, bias : array, shape (c,), optional
    training : bool
        Normalise with the batch's mean and biased variance.
    momentum : float
        Weight of the new statistic: ``(1 - momentum) * running + momentum * batch``. For a
        cumulative average pass ``1 / (number of batches so far, this one included)``.
    eps : float

    Returns
    -------
    out : array, of the shape of `x`
    new_running_mean, new_running_var : array or None
        The variance is updated with the unbiased batch variance. They carry no derivative.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0], [2.0], [4.0]])
    >>> out, mean, var = batch_norm(x, np.zeros(1), np.ones(1), training=True)
    >>> mean.round(5), var.round(5)
    (array([0.23333]), array([1.13333]))
    """
    x = inexact(x)
    if len(shape_of(x)) < 2:
        raise fail(f"batch_norm takes [n, c, ...], got {shape_of(x)}")
    check_channels(x, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    if training:
        return _batch_norm_train(x, running_mean, running_var, weight, bias, momentum, eps)
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm needs running_mean and running_var when it is not training")
    dtype = dtype_of(x)
    scale = bind(rsqrt_p, fnp.add(array(running_var), np.asarray(eps, dtype_of(running_var))))
    if weight is not None:
        scale = fnp.multiply(scale, weight)
    shift = fnp.negative(fnp.multiply(running_mean, scale))
    if bias is not None:
        shift = fnp.add(shift, bias)
    scale, shift = (_channel(fnp.astype(v, dtype, copy=False), x) for v in (scale, shift))
    return fnp.add(fnp.multiply(x, scale), shift), running_mean, running_var


def _batch_norm_train(
    x: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, momentum: Any, eps: float
) -> tuple[Any, Any, Any]:
    out, mean, var, n = batch_normalized(x, weight, bias, eps)
    new_mean, new_var = moved_statistics(
        running_mean, running_var, stop_gradient(mean), stop_gradient(var), momentum, n=n
    )
    return out, new_mean, new_var


def batch_normalized(x: Any, weight: Any, bias: Any, eps: float) -> tuple[Any, Any, Any, int]:
    """Normalise with the batch's statistics.

    Returns
    -------
    out, mean, var : array
        The variance is the biased one.
    n : int
        How many values each statistic is of.
    """
    shape, dtype = shape_of(x), dtype_of(x)
    n = math.prod((shape[0], *shape[2:]))
    if n == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shape}"
        )
    if weight is None:
        weight = np.ones(shape[1], dtype)
    elif dtype_of(weight) != dtype:
        weight = fnp.astype(weight, dtype)
    if bias is None:
        bias = np.zeros(shape[1], dtype)
    elif dtype_of(bias) != dtype:
        bias = fnp.astype(bias, dtype)
    return *batch_norm_train(x, weight, bias, eps), n


def moved_statistics(
    running_mean: Any, running_var: Any, mean: Any, var: Any, momentum: Any, *, n: int
) -> list[Any]:
    """Move running statistics toward a batch's; the variance toward the unbiased one."""
    unbiased = fnp.multiply(var, dtype_of(var).type(n / (n - 1) if n > 1 else np.nan))
    return [_moved(running_mean, mean, momentum), _moved(running_var, unbiased, momentum)]


def _moved(running: Any, new: Any, momentum: Any) -> Any:
    """Move a running statistic toward the new one."""
    if running is None:
        return None
    running = array(running)
    new = fnp.astype(new, dtype_of(running), copy=False)
    m = fnp.astype(array(momentum, "momentum"), dtype_of(running), copy=False)
    return fnp.add(
        fnp.multiply(running, fnp.subtract(dtype_of(running).type(1), m)), fnp.multiply(new, m)
    )


def instance_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Any, Any, Any]:
    """Normalise every channel of every example, as `torch.nn.functional.instance_norm`.

    Returns
    -------
    out, new_running_mean, new_running_var
        Running statistics move toward the mean over examples; see `batch_norm`.
    """
    x = inexact(x)
    check_channels(x, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    n, c, *spatial = shape_of(x)
    size = int(np.prod(spatial, dtype=np.int64))
    if size == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {shape_of(x)}"
        )
    dtype = dtype_of(x)
    one, zero = np.ones(n * c, dtype), np.zeros(n * c, dtype)
    y, mean, var = batch_norm_train(reshape(x, (1, n * c, *spatial)), one, zero, eps)
    y = reshape(y, shape_of(x))
    if weight is not None:
        y = fnp.multiply(y, _channel(weight, x))
    if bias is not None:
        y = fnp.add(y, _channel(bias, x))
    mean, var = (fnp.mean(reshape(stop_gradient(v), (n, c)), axis=0) for v in (mean, var))
    unbiased = fnp.multiply(var, dtype.type(size / (size - 1)))
    return y, _moved(running_mean, mean, momentum), _moved(running_var, unbiased, momentum)


def _statistics(x: Any, axes: Sequence[int], eps: float) -> tuple[Any, Any]:
    """Return x - mean and 1 / sqrt(var + eps) over axes, which are kept."""
    n = dtype_of(x).type(count_of(x, axes))
    centred = fnp.subtract(x, fnp.mean(x, axis=tuple(axes), keepdims=True))
    var = fnp.divide(fnp.sum(fnp.square(centred), axis=tuple(axes), keepdims=True), n)
    return centred, bind(rsqrt_p, fnp.add(var, dtype_of(x).type(eps)))


def layer_norm(
    x: Any,
    normalized_shape: int | Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """Normalise over the last axes, as `torch.nn.functional.layer_norm`.

    Source: Ba, Kiros & Hinton 2016, "Layer normalization".

    Examples
    --------
    >>> import numpy as np
    >>> layer_norm(np.array([[1.0, 3.0]]), 2).round(3)
    array([[-1.,  1.]])
    """
    x = inexact(x)
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not last or shape_of(x)[-len(last) :] != last:
        raise fail(f"layer_norm over {last} does not fit an input of shape {shape_of(x)}")
    axes = range(len(shape_of(x)) - len(last), len(shape_of(x)))
    centred, rstd = _statistics(x, axes, eps)
    return _affine(fnp.multiply(centred, rstd), weight, bias)


def _affine(y: Any, weight: Any, bias: Any) -> Any:
    if weight is not None:
        y = fnp.multiply(y, weight)
    return y if bias is None else fnp.add(y, bias)


def rms_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    """Divide by the root mean square over the last axes, as `torch.nn.functional.rms_norm`.

    Source: Zhang & Sennrich 2019, "Root mean square layer normalization".
    """
    x = inexact(x)
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not last or shape_of(x)[-len(last) :] != last:
        raise fail(f"rms_norm over {last} does not fit an input of shape {shape_of(x)}")
    axes = tuple(range(len(shape_of(x)) - len(last), len(shape_of(x))))
    small = np.finfo(dtype_of(x)).eps if eps is None else eps
    mean = fnp.mean(fnp.square(x), axis=axes, keepdims=True)
    return _affine(
        fnp.multiply(x, bind(rsqrt_p, fnp.add(mean, dtype_of(x).type(small)))), weight, None
    )


def group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Normalise groups of channels of every example, as `torch.nn.functional.group_norm`.

    Source: Wu & He 2018, "Group normalization".
    """
    x = inexact(x)
    check_channels(x, weight=weight, bias=bias)
    n, c, *spatial = shape_of(x)
    if c % num_groups:
        raise fail(f"{c} channels do not divide into {num_groups} groups")
    grouped = reshape(x, (n, num_groups, c // num_groups, *spatial))
    centred, rstd = _statistics(grouped, range(2, len(shape_of(grouped))), eps)
    y = reshape(fnp.multiply(centred, rstd), shape_of(x))
    if weight is not None:
        y = fnp.multiply(y, _channel(weight, x))
    return y if bias is None else fnp.add(y, _channel(bias, x))


def standardize(
    x: Any,
    axis: int | Sequence[int] | None = -1,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 1e-5,
) -> Any:
    """Subtract the mean and divide by ``sqrt(variance + epsilon)``, as `jax.nn.standardize`."""
    x = inexact(x)
    axes = None if axis is None else axis if isinstance(axis, int) else tuple(axis)
    if mean is None:
        mean = fnp.mean(x, axis=axes, keepdims=True)
    if variance is None:
        # jax.nn: mean of squares minus square of the mean, clipped; the centred form is safer.
        variance = fnp.mean(fnp.square(fnp.subtract(x, mean)), axis=axes, keepdims=True)
    rstd = bind(rsqrt_p, fnp.add(variance, dtype_of(x).type(epsilon)))
    return fnp.multiply(fnp.subtract(x, mean), rstd)


def local_response_norm(
    x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """Divide by the mean square of neighbouring channels; see `torch.nn.functional`."""
    from ..prims.window import reduce_window_sum

    x = inexact(x)
    ndim = len(shape_of(x))
    window = tuple(size if d == 1 else 1 for d in range(ndim))
    pads = [(size // 2, (size - 1) // 2) if d == 1 else (0, 0) for d in range(ndim)]
    total = reduce_window_sum(fnp.square(x), window, None, pads)
    mean = fnp.divide(total, dtype_of(x).type(size))
    return fnp.divide(x, fnp.power(fnp.add(fnp.multiply(mean, alpha), k), beta))


# --- norms of vectors; the derivative at the zero vector is 0 -------------------------------------


def vector_norm(
    x: Any, p: float = 2.0, axis: int | Sequence[int] | None = -1, keepdims: bool = False
) -> Any:
    """Return the p-norm along axes, with derivative 0 at the zero vector."""
    x = inexact(x)
    size = fnp.absolute(x)
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    if p == np.inf:
        return fnp.max(size, axis=axes, keepdims=keepdims)
    if p == 1:
        return fnp.sum(size, axis=axes, keepdims=keepdims)
    if p == 0:
        return fnp.sum(
            fnp.astype(fnp.not_equal(x, 0), dtype_of(size)), axis=axes, keepdims=keepdims
        )
    powers = fnp.square(size) if p == 2 else fnp.power(size, p)
    total = fnp.sum(powers, axis=axes, keepdims=keepdims)
    is_zero = fnp.equal(total, 0)
    safe = fnp.where(is_zero, dtype_of(total).type(1), total)
    root = fnp.sqrt(safe) if p == 2 else fnp.power(safe, 1.0 / p)
    return fnp.where(is_zero, dtype_of(total).type(0), root)


def normalize(x: Any, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Any:
    """Divide by ``max(norm, eps)`` along `dim`, as `torch.nn.functional.normalize`."""
    x = inexact(x)
    norm = vector_norm(x, p, dim, keepdims=True)
    return fnp.divide(x, _at_least(norm, eps))


def _at_least(x: Any, eps: float) -> Any:
    """max(x, eps), with derivative 1 at the bound, as torch.clamp_min."""
    return fnp.clip(x, dtype_of(x).type(eps), None)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """Return ``x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))`` along `dim`.

    See `torch.nn.functional.cosine_similarity`.
    """
    a, b = fnp.broadcast_arrays(inexact(x1, "x1"), inexact(x2, "x2"))
    product = fnp.sum(fnp.multiply(a, b), axis=dim)
    norms = [_at_least(vector_norm(v, 2.0, dim), eps) for v in (a, b)]
    return fnp.divide(product, fnp.multiply(*norms))


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """Return the p-norm of ``x1 - x2 + eps`` along the last axis, as PyTorch does."""
    difference = fnp.subtract(inexact(x1, "x1"), inexact(x2, "x2"))
    shifted = fnp.add(difference, dtype_of(difference).type(eps))
    return vector_norm(shifted, p, -1, keepdim)
