"""Losses, PyTorch's to the letter: reductions, ignored targets, class weights, smoothing."""

from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import Tracer, dtype_of, shape_of
from ..prims.elementwise import full_like
from ..transforms import custom_jvp
from ._common import array, fail, inexact, quiet, reduce_loss
from .activations import softplus
from .softmaxes import log_softmax

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]

# --- classification ------------------------------------------------------------------------------


def _class_axis(x: Any) -> int:
    return 0 if len(shape_of(x)) == 1 else 1


def _check_targets(target: Any, classes: int, ignore_index: int) -> None:
    """Raise for class indices that are known and out of range."""
    if isinstance(target, Tracer):
        return
    bad = (target != ignore_index) & ((target < 0) | (target >= classes))
    if np.any(bad):
        raise IndexError(
            f"target {np.asarray(target)[bad].flat[0]} is out of bounds for {classes} classes"
        )


def _by_class(weight: Any, x: Any, axis: int) -> Any:
    """Shape a value of each class to meet `x`."""
    n = shape_of(x)[axis]
    weight = array(weight, "weight")
    if shape_of(weight) != (n,):
        raise fail(f"weight must have shape ({n},), got {shape_of(weight)}")
    shape = [1] * len(shape_of(x))
    shape[axis] = n
    return fnp.reshape(weight, tuple(shape))


def _picker(target: Any, x: Any, axis: int) -> Any:
    """Return where the class axis' index is the target."""
    shape = [1] * len(shape_of(x))
    shape[axis] = shape_of(x)[axis]
    index = fnp.reshape(fnp.arange(shape_of(x)[axis], dtype=dtype_of(target)), tuple(shape))
    return fnp.equal(fnp.expand_dims(target, axis), index)


def _pick(picked: Any, x: Any, axis: int) -> Any:
    """Return the element of each target's class; 0 if there is none."""
    return fnp.sum(fnp.where(picked, x, full_like(x, 0)), axis=axis)


def _index_loss(
    log_p: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    """Negative log-likelihood of class indices, perhaps smoothed."""
    axis = _class_axis(log_p)
    expected = shape_of(log_p)[:axis] + shape_of(log_p)[axis + 1 :]
    if shape_of(target) != expected:
        raise fail(
            f"for an input of shape {shape_of(log_p)} class indices must have shape {expected}, "
            f"got {shape_of(target)}"
        )
    classes = shape_of(log_p)[axis]
    _check_targets(target, classes, ignore_index)
    kept = fnp.not_equal(target, dtype_of(target).type(ignore_index))
    # An ignored index may be a class; none of its terms count.
    picked = fnp.logical_and(_picker(target, log_p, axis), fnp.expand_dims(kept, axis))
    zero = full_like(log_p, 0)
    if weight is None:
        weighted, share = log_p, fnp.astype(kept, dtype_of(log_p))
    else:
        by_class = _by_class(weight, log_p, axis)
        weighted = fnp.multiply(log_p, by_class)
        share = _pick(picked, fnp.broadcast_to(by_class, shape_of(log_p)), axis)
    loss = fnp.negative(_pick(picked, weighted, axis))
    if smoothing:
        smooth = fnp.negative(fnp.sum(weighted, axis=axis))
        smooth = fnp.where(kept, smooth, zero)
        loss = fnp.add(
            fnp.multiply(loss, full_like(loss, 1 - smoothing)),
            fnp.multiply(smooth, full_like(loss, smoothing / classes)),
        )
    if reduction == "mean":
        return fnp.divide(fnp.sum(loss), fnp.sum(share))
    return reduce_loss(loss, reduction)


@quiet
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of logits, as `torch.nn.functional.cross_entropy`.

    Parameters
    ----------
    input : array, shape (c,), (n, c) or (n, c, d1, ...)
        Logits.
    target : array
        Class indices of the input's shape without the class axis (an integer dtype), or class
        probabilities of the input's shape (a float dtype).
    weight : array, shape (c,), optional
        Weight of each class.
    ignore_index : int
        Index whose terms do not count; the mean is over the others' weights.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        Share of the uniform distribution in the target.

    Examples
    --------
    >>> import numpy as np
    >>> float(cross_entropy(np.zeros((2, 4)), np.array([1, 3])).round(6))
    1.386294
    """
    x, target = inexact(input, "input"), array(target, "target")
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing must be between 0 and 1, got {label_smoothing}")
    axis = _class_axis(x)
    log_p = log_softmax(x, axis)
    if dtype_of(target).kind in "iu":
        return _index_loss(log_p, target, weight, ignore_index, reduction, label_smoothing)
    if shape_of(target) != shape_of(x):
        raise fail(
            f"class probabilities must have the input's shape {shape_of(x)}, got "
            f"{shape_of(target)}; class indices must be integers"
        )
    if label_smoothing:
        uniform = label_smoothing / shape_of(x)[axis]
        target = fnp.add(
            fnp.multiply(target, full_like(target, 1 - label_smoothing)), full_like(target, uniform)
        )
    terms = fnp.multiply(log_p, target)
    if weight is not None:
        terms = fnp.multiply(terms, _by_class(weight, x, axis))
    loss = fnp.negative(fnp.sum(terms, axis=axis))
    return reduce_loss(loss, reduction)


@quiet
def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """Negative log-likelihood of log-probabilities; arguments as of `cross_entropy`."""
    x, target = inexact(input, "input"), array(target, "target")
    if dtype_of(target).kind not in "iu":
        raise fail(f"nll_loss needs integer class indices, got {dtype_of(target).name}")
    return _index_loss(x, target, weight, ignore_index, reduction, 0.0)


def _clamped_log(x: Any) -> Any:
    return fnp.maximum(fnp.log(x), full_like(x, -100))


@custom_jvp
def _bce(x: Any, t: Any) -> Any:
    one = full_like(x, 1)
    return fnp.negative(
        fnp.add(
            fnp.multiply(t, _clamped_log(x)),
            fnp.multiply(
                fnp.subtract(one, t), fnp.maximum(fnp.log1p(fnp.negative(x)), full_like(x, -100))
            ),
        )
    )


@_bce.defjvp
def _bce_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Derivative (x - t) / max(x (1 - x), 1e-12), as in PyTorch: finite at 0 and 1."""
    x, t = primals
    one = full_like(x, 1)
    spread = fnp.maximum(fnp.multiply(x, fnp.subtract(one, x)), full_like(x, 1e-12))
    by_x = fnp.multiply(tangents[0], fnp.divide(fnp.subtract(x, t), spread))
    log_odds = fnp.subtract(
        fnp.maximum(fnp.log1p(fnp.negative(x)), full_like(x, -100)), _clamped_log(x)
    )
    return _bce(x, t), fnp.add(by_x, fnp.multiply(tangents[1], log_odds))


def _pair(input: Any, target: Any, name: str) -> tuple[Any, Any]:
    """Return both operands, which must have one shape."""
    x, t = inexact(input, "input"), inexact(target, "target")
    if shape_of(x) != shape_of(t):
        raise fail(f"{name}: input {shape_of(x)} and target {shape_of(t)} must have one shape")
    dtype = fnp.result_type(x, t)
    return fnp.astype(x, dtype, copy=False), fnp.astype(t, dtype, copy=False)


def _weighted(loss: Any, weight: Any, reduction: str) -> Any:
    return reduce_loss(loss if weight is None else fnp.multiply(loss, weight), reduction)


@quiet
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """Cross-entropy of probabilities; logarithms are at least -100.

    See `torch.nn.functional.binary_cross_entropy`.
    """
    x, t = _pair(input, target, "binary_cross_entropy")
    if not isinstance(x, Tracer) and np.any((x < 0) | (x > 1)):
        raise ValueError("binary_cross_entropy: all elements of input should be between 0 and 1")
    return _weighted(_bce(x, t), weight, reduction)


@quiet
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Cross-entropy of ``sigmoid(input)`` without overflow.

    See `torch.nn.functional.binary_cross_entropy_with_logits`.
    """
    x, t = _pair(input, target, "binary_cross_entropy_with_logits")
    one = full_like(x, 1)
    log_1_plus = softplus(fnp.negative(x))
    if pos_weight is not None:
        factor = fnp.add(fnp.multiply(fnp.subtract(pos_weight, one), t), one)
        log_1_plus = fnp.multiply(log_1_plus, factor)
    loss = fnp.add(fnp.multiply(fnp.subtract(one, t), x), log_1_plus)
    return _weighted(loss, weight, reduction)


@quiet
def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Return ``target * (log target - input)``, the input being log-probabilities.

    ``reduction="batchmean"`` divides the sum by the first axis' size. See
    `torch.nn.functional.kl_div`.
    """
    x, t = inexact(input, "input"), inexact(target, "target")
    if log_target:
        loss = fnp.multiply(fnp.exp(t), fnp.subtract(t, x))
    else:
        safe = fnp.where(fnp.equal(t, full_like(t, 0)), full_like(t, 1), t)
        loss = fnp.subtract(fnp.multiply(t, fnp.log(safe)), fnp.multiply(t, x))
    if reduction == "batchmean":
        n = shape_of(x)[0] if shape_of(x) else 1
        return fnp.divide(fnp.sum(loss), full_like(x, n))
    return reduce_loss(loss, reduction)


# --- regression ----------------------------------------------------------------------------------


def _difference(input: Any, target: Any) -> Any:
    return fnp.subtract(inexact(input, "input"), inexact(target, "target"))


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Squared difference.

    Examples
    --------
    >>> import numpy as np
    >>> float(mse_loss(np.array([1.0, 3.0]), np.array([1.0, 1.0])))
    2.0
    """
    return reduce_loss(fnp.square(_difference(input, target)), reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Absolute difference."""
    return reduce_loss(fnp.absolute(_difference(input, target)), reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d**2 / (2 beta) below beta, |d| - beta / 2 above."""
    if beta < 0:
        raise ValueError(f"smooth_l1_loss needs beta >= 0, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction)
    d = _difference(input, target)
    size = fnp.absolute(d)
    loss = fnp.where(
        fnp.less(size, full_like(d, beta)),
        fnp.multiply(fnp.square(d), full_like(d, 0.5 / beta)),
        fnp.subtract(size, full_like(d, 0.5 * beta)),
    )
    return reduce_loss(loss, reduction)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """d**2 / 2 up to delta, delta * (|d| - delta / 2) above (Huber 1964)."""
    if delta <= 0:
        raise ValueError(f"huber_loss needs delta > 0, got {delta}")
    d = _difference(input, target)
    size = fnp.absolute(d)
    loss = fnp.where(
        fnp.less_equal(size, full_like(d, delta)),
        fnp.multiply(fnp.square(d), full_like(d, 0.5)),
        fnp.multiply(fnp.subtract(size, full_like(d, 0.5 * delta)), full_like(d, delta)),
    )
    return _weighted(loss, weight, reduction)


@quiet
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """Negative log-likelihood of Poisson counts; see `torch.nn.functional`."""
    x, t = inexact(input, "input"), inexact(target, "target")
    if log_input:
        loss = fnp.subtract(fnp.exp(x), fnp.multiply(t, x))
    else:
        loss = fnp.subtract(x, fnp.multiply(t, fnp.log(fnp.add(x, full_like(x, eps)))))
    if full:
        is_large = fnp.greater(t, full_like(t, 1))
        safe = fnp.where(is_large, t, full_like(t, 1))
        half_log = fnp.multiply(
            fnp.log(fnp.multiply(safe, full_like(t, 2 * np.pi))), full_like(t, 0.5)
        )
        stirling = fnp.add(fnp.subtract(fnp.multiply(safe, fnp.log(safe)), safe), half_log)
        loss = fnp.add(loss, fnp.where(is_large, stirling, full_like(t, 0)))
    return reduce_loss(loss, reduction)


@quiet
def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """Negative log-likelihood of normal variables; the variance is at least `eps`, silently."""
    from ..prims.arithmetic import stop_gradient

    d, v = _difference(input, target), inexact(var, "var")
    # The clamp does not take part in the derivative, as in PyTorch.
    lift = stop_gradient(fnp.maximum(fnp.subtract(full_like(v, eps), v), full_like(v, 0)))
    v = fnp.add(v, lift)
    loss = fnp.multiply(fnp.add(fnp.log(v), fnp.divide(fnp.square(d), v)), 0.5)
    if full:
        loss = fnp.add(loss, 0.5 * float(np.log(2 * np.pi)))
    return reduce_loss(loss, reduction)
