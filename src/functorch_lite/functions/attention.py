"""Attention with `jax.nn`'s arguments: sequences before heads."""

from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..prims.shape import reshape
from ._common import array, fail, inexact
from .softmaxes import softmax

__all__ = ["dot_product_attention"]


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    query_seq_lengths: Any = None,
    key_value_seq_lengths: Any = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
) -> Any:
    """Attend: ``softmax(query @ key^T * scale + bias) @ value`` for each head.

    Parameters
    ----------
    query : array, shape (b, t, n, h) or (t, n, h)
    key, value : array, shape (b, s, k, h) or (s, k, h)
        n is a multiple of k: each key head serves n / k query heads (Ainslie et al. 2023).
    bias : array, broadcastable to (b, n, t, s), optional
    mask : bool array, broadcastable to (b, n, t, s), optional
        Where it is False nothing is attended to.
    scale : float, optional
        By default ``1 / sqrt(h)``.
    is_causal : bool
        Attend to earlier and the same positions only.
    query_seq_lengths, key_value_seq_lengths : int array, shape (b,), optional
        Positions beyond these are masked; results of masked queries are 0.
    local_window_size : int or pair of int, optional
        How many positions to the left and right are attended to.
    implementation : str, optional
        Accepted for JAX's sake.

    Returns
    -------
    array, of the shape of `query`

    Source
    ------
    Vaswani et al. 2017, "Attention is all you need".

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(6.0).reshape(3, 1, 2)
    >>> dot_product_attention(x, x, x, is_causal=True)[0]
    array([[0., 1.]])
    """
    q, k, v = inexact(query, "query"), inexact(key, "key"), inexact(value, "value")
    single = len(shape_of(q)) == 3
    if single:
        q, k, v = (reshape(x, (1, *shape_of(x))) for x in (q, k, v))
    b, t, n, h = shape_of(q)
    s, heads = shape_of(k)[1:3]
    if shape_of(k) != (b, s, heads, h) or shape_of(v)[:3] != (b, s, heads) or n % heads:
        raise fail(
            f"dot_product_attention: query {shape_of(q)}, key {shape_of(k)} and value "
            f"{shape_of(v)} do not fit"
        )
    factor = dtype_of(q).type(1 / np.sqrt(h) if scale is None else scale)
    grouped = reshape(q, (b, t, heads, n // heads, h))
    logits = fnp.multiply(fnp.einsum("btkgh,bskh->bkgts", grouped, k), factor)
    logits = reshape(logits, (b, n, t, s))
    if bias is not None:
        logits = fnp.add(logits, fnp.astype(array(bias), dtype_of(logits), copy=False))
    allowed = _allowed(t, s, is_causal, local_window_size, mask, key_value_seq_lengths)
    if query_seq_lengths is not None:
        rows = _shorter(t, query_seq_lengths)[:, None, :, None]
        allowed = rows if allowed is None else fnp.logical_and(allowed, rows)
    if allowed is not None:
        # The lowest finite number: a row without anything allowed has no NaN.
        low = dtype_of(logits).type(-0.7 * np.finfo(dtype_of(logits)).max)
        logits = fnp.where(allowed, logits, low)
    weights = reshape(softmax(logits, -1), (b, heads, n // heads, t, s))
    out = reshape(fnp.einsum("bkgts,bskh->btkgh", weights, v), (b, t, n, shape_of(v)[-1]))
    if query_seq_lengths is not None:
        kept = _shorter(t, query_seq_lengths)[:, :, None, None]
        out = fnp.where(kept, out, dtype_of(out).type(0))
    return reshape(out, shape_of(out)[1:]) if single else out


def _shorter(n: int, lengths: Any) -> Any:
    """Return ``[b, n]``: whether a position lies before each sequence's end."""
    return fnp.less(np.arange(n)[None, :], array(lengths)[:, None])


def _allowed(t: int, s: int, is_causal: bool, window: Any, mask: Any, key_lengths: Any) -> Any:
    """Combine all reasons not to attend, broadcastable to (b, n, t, s); None if there is none."""
    parts = []
    row, column = np.arange(t)[:, None], np.arange(s)[None, :]
    if is_causal:
        parts.append((column <= row)[None, None])
    if window is not None:
        left, right = (window, window) if isinstance(window, int) else window
        parts.append(((column >= row - left) & (column <= row + right))[None, None])
    if mask is not None:
        parts.append(array(mask))
    if key_lengths is not None:
        parts.append(_shorter(s, key_lengths)[:, None, None, :])
    total: Any = None
    for p in parts:
        total = p if total is None else fnp.logical_and(total, p)
    return total
