"""Losses that ask for a margin between what is right and what is wrong, as PyTorch's."""

from typing import Any

from .. import numpy as fnp
from ..prims.elementwise import full_like
from ._common import array, inexact, reduce_loss
from .activations import log_sigmoid, softplus
from .normalization import pairwise_distance

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]


def _hinge(x: Any) -> Any:
    """max(x, 0) with derivative 1 at 0, as torch.clamp_min."""
    return fnp.clip(x, full_like(x, 0), None)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + exp(-target * input))."""
    x = inexact(input, "input")
    return reduce_loss(softplus(fnp.negative(fnp.multiply(x, target))), reduction)


def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """Mean over classes (the last axis) of binary cross-entropies of logits."""
    x, t = inexact(input, "input"), inexact(target, "target")
    one = full_like(x, 1)
    loss = fnp.negative(
        fnp.add(
            fnp.multiply(t, log_sigmoid(x)),
            fnp.multiply(fnp.subtract(one, t), log_sigmoid(fnp.negative(x))),
        )
    )
    if weight is not None:
        loss = fnp.multiply(loss, weight)
    return reduce_loss(fnp.mean(loss, axis=-1), reduction)


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: str = "mean"
) -> Any:
    """Return x where the target is 1, max(0, margin - x) where it is -1."""
    x, t = inexact(input, "input"), array(target, "target")
    zero = full_like(x, 0)
    far = fnp.where(fnp.not_equal(t, 1), _hinge(fnp.subtract(full_like(x, margin), x)), zero)
    near = fnp.where(fnp.not_equal(t, -1), x, zero)
    return reduce_loss(fnp.add(far, near), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """max(0, -target * (input1 - input2) + margin)."""
    d = fnp.negative(
        fnp.multiply(target, fnp.subtract(inexact(input1, "input1"), inexact(input2, "input2")))
    )
    return reduce_loss(_hinge(fnp.add(d, full_like(d, margin))), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1; cos over the last axis.

    The cosine adds 1e-12 to each squared norm, as PyTorch's kernel does.
    """
    x, y = inexact(input1, "input1"), inexact(input2, "input2")
    target = array(target, "target")
    product = fnp.sum(fnp.multiply(x, y), axis=-1)
    squares = [fnp.add(fnp.sum(fnp.square(v), axis=-1), full_like(x, 1e-12)) for v in (x, y)]
    cos = fnp.divide(product, fnp.sqrt(fnp.multiply(*squares)))
    zero = full_like(cos, 0)
    near = fnp.where(fnp.equal(target, 1), fnp.subtract(full_like(cos, 1), cos), zero)
    far = fnp.where(fnp.equal(target, -1), _hinge(fnp.subtract(cos, full_like(cos, margin))), zero)
    return reduce_loss(fnp.add(near, far), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, |anchor - positive| - |anchor - negative| + margin)."""
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = fnp.minimum(far, pairwise_distance(positive, negative, p, eps))
    d = fnp.subtract(near, far)
    return reduce_loss(_hinge(fnp.add(d, full_like(d, margin))), reduction)
