"""Running statistics of normalisation layers: buffers that training updates in place."""

import functools
from typing import Any

import numpy as np

from ..functions.normalization import (
    batch_norm,
    batch_normalized,
    check_channels,
    moved_statistics,
)
from ..stateful.modes import no_grad
from ..stateful.rule import rule, scalar
from ..stateful.tensor import FunctionalTensor, Tensor, wrap
from ..stateful.views import set_values

__all__ = ["batch_norm_eval", "batch_norm_train", "count_batch", "is_plain", "update_buffer"]

_moved = rule(moved_statistics)
# One input of a program, whatever the number of layers.
_weight_of_new = functools.lru_cache(maxsize=64)(scalar)


@rule
def _evaluated(
    x: Any, mean: Any, var: Any, *affine: Any, eps: float, has_weight: bool, has_bias: bool
) -> list[Any]:
    """Normalise with running statistics; `affine` is the weight, the bias, both or neither."""
    weight = affine[0] if has_weight else None
    bias = affine[-1] if has_bias else None
    return [batch_norm(x, mean, var, weight, bias, False, 0.0, eps)[0]]


def is_plain(input: Any, *others: Any) -> bool:
    """Tell whether these are Tensors (or None) outside every transform."""
    tensors = (input, *others)
    return isinstance(input, Tensor) and all(
        t is None or (isinstance(t, Tensor) and not isinstance(t, FunctionalTensor))
        for t in tensors
    )


def batch_norm_eval(
    input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, eps: float
) -> Any:
    """Normalise with running statistics as one operation, where no gradient is recorded."""
    operands = [t for t in (input, running_mean, running_var, weight, bias) if t is not None]
    (out,) = _evaluated(
        *[t.raw for t in operands],
        eps=eps,
        has_weight=weight is not None,
        has_bias=bias is not None,
    )
    return wrap(out)


def batch_norm_train(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    momentum: Any,
    eps: float,
) -> Any:
    """Normalise with the batch's statistics and move the running ones, which may be None."""
    channels = input.shape[1:2]
    if any(t.shape != channels for t in (running_mean, running_var, weight, bias) if t is not None):
        check_channels(
            input, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
        )
    out, mean, var, n = batch_normalized(input, weight, bias, eps)
    if running_mean is None:
        return out
    dtype = running_mean.dtype
    step = momentum.raw if isinstance(momentum, Tensor) else _weight_of_new(momentum, dtype)
    new = _moved(running_mean.raw, running_var.raw, mean.raw, var.raw, step, n=n)
    set_values((running_mean, running_var), new)
    return out


def count_batch(counter: Any) -> None:
    """Add one to the number of batches."""
    if is_plain(counter):
        set_values([counter], [np.asarray(counter.value + 1)])
        return
    with no_grad():
        counter.add_(1)


def update_buffer(buffer: Any, new: Any, name: str) -> None:
    """Write a new statistic to a buffer, outside any gradient."""
    if not isinstance(buffer, Tensor):
        raise TypeError(
            f"{name} is a plain {type(buffer).__name__}, which cannot be updated; use "
            "functorch_lite.functions.batch_norm, which returns the new statistics"
        )
    try:
        with no_grad():
            buffer.copy_(wrap(new).detach())
    except RuntimeError as e:
        if "from outside was written to" not in str(e):
            raise
        raise RuntimeError(f"the buffer {name!r} cannot be updated here: {e}") from None
