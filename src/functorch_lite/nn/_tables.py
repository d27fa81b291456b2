"""Reading rows of a table, and one-hot vectors, with PyTorch's arguments."""

from typing import Any

import numpy as np

from .. import functions as fn
from .. import numpy as fnp
from ..ir import Tracer, dtype_of, shape_of
from ._lift import index_array, result
from ._running import is_plain

__all__ = ["embedding", "one_hot"]


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Return rows of `weight`; the row `padding_idx` gets no gradient.

    With `max_norm`, rows that are read and longer than it are first scaled to that norm, in
    place; with `scale_grad_by_freq`, a row's gradient is divided by how often it is read.
    Gradients are never sparse. See `torch.nn.functional.embedding`.
    """
    from ..prims.arithmetic import stop_gradient

    index = index_array(input)
    if not isinstance(index, Tracer) and np.size(index):
        n = shape_of(weight)[0]
        low, high = int(np.min(index)), int(np.max(index))
        if low < 0 or high >= n:
            bad = low if low < 0 else high
            raise IndexError(f"index out of range in self: {bad} for an embedding of {n} rows")
    if max_norm is not None:
        _renorm_rows(weight, index, max_norm, norm_type)
    out = fnp.take(weight, index, axis=0)
    if scale_grad_by_freq:
        hits = fnp.sum(fnp.equal(fnp.expand_dims(fnp.ravel(index), 1), fnp.ravel(index)), 1)
        share = 1.0 / fnp.reshape(hits, (*shape_of(index), 1))
        kept = stop_gradient(out)
        out = kept + (out - kept) * fnp.astype(share, dtype_of(out))
    if padding_idx is not None:
        n = shape_of(weight)[0]
        is_pad = fnp.equal(index, padding_idx % n)
        out = fnp.where(fnp.expand_dims(is_pad, -1), stop_gradient(out), out)
    return result(out, weight, input)


def _renorm_rows(weight: Any, index: Any, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are read down to a norm, in place."""
    from ..stateful.modes import no_grad
    from ..stateful.tensor import Tensor

    if isinstance(index, Tracer) or not is_plain(weight) or not isinstance(weight, Tensor):
        raise RuntimeError(
            "embedding with max_norm writes to its weight, so it works on Tensors outside of "
            "transforms only"
        )
    rows = np.unique(index)
    with no_grad():
        weight[rows] = weight.detach()[rows].renorm(norm_type, 0, max_norm)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Return int64 one-hot vectors. See `torch.nn.functional.one_hot`."""
    index = index_array(tensor)
    if num_classes == -1:
        if isinstance(index, Tracer):
            raise ValueError("one_hot under a transform needs num_classes: it decides the shape")
        num_classes = int(np.max(index)) + 1
    if not isinstance(index, Tracer) and np.size(index):
        if int(np.min(index)) < 0:
            raise RuntimeError("Class values must be non-negative.")
        if int(np.max(index)) >= num_classes:
            raise RuntimeError("Class values must be smaller than num_classes.")
    return result(fn.one_hot(index, num_classes, dtype=np.int64), tensor)
