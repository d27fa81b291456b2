"""Attention layers."""

from typing import Any

from ..stateful.creation import empty
from . import functional as F
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention with several heads (Vaswani et al. 2017), with PyTorch's parameters.

    Parameters
    ----------
    embed_dim, num_heads : int
        `num_heads` must divide `embed_dim`.
    dropout : float
        Of the attention weights, in training.
    bias : bool
    batch_first : bool
        Whether inputs are (n, l, e) rather than (l, n, e).

    Attributes
    ----------
    in_proj_weight : Parameter, shape (3 * embed_dim, embed_dim)
    in_proj_bias : Parameter, shape (3 * embed_dim,), or None
    out_proj : Linear
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        batch_first: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError("embed_dim must be divisible by num_heads")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.in_proj_weight = Parameter(empty(3 * embed_dim, embed_dim, dtype=dtype))
        init.xavier_uniform_(self.in_proj_weight)
        in_bias = Parameter(empty(3 * embed_dim, dtype=dtype)) if bias else None
        self.register_parameter("in_proj_bias", in_bias)
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype)
        if bias:
            init.zeros_(self.out_proj.bias)

    def _heads(self, x: Any, part: int) -> Any:
        """Project an (n, l, e) input and return (n, heads, l, e / heads)."""
        e = self.embed_dim
        weight = self.in_proj_weight[part * e : (part + 1) * e]
        bias = None if self.in_proj_bias is None else self.in_proj_bias[part * e : (part + 1) * e]
        y = F.linear(x, weight, bias)
        n, length = y.shape[:2]
        return y.reshape(n, length, self.num_heads, e // self.num_heads).transpose(1, 2)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """Return the output and, if wanted, the weights.

        Masks are True (bool) where attention is forbidden, or are added to the scores (float).
        """
        single = query.ndim == 2
        if single:
            query, key, value = (
                t.unsqueeze(0 if self.batch_first else 1) for t in (query, key, value)
            )
        if not self.batch_first:
            query, key, value = (t.transpose(0, 1) for t in (query, key, value))
        q, k, v = self._heads(query, 0), self._heads(key, 1), self._heads(value, 2)
        scores = (q * (q.shape[-1] ** -0.5)) @ k.transpose(-2, -1)
        for mask in (attn_mask, key_padding_mask):
            if mask is not None:
                scores = self._masked(scores, mask, mask is key_padding_mask)
        weights = F.softmax(scores, -1)
        dropped = F.dropout(weights, self.dropout, self.training)
        out = (dropped @ v).transpose(1, 2)
        out = self.out_proj(out.reshape(*out.shape[:2], self.embed_dim))
        out = out if self.batch_first else out.transpose(0, 1)
        out = out.squeeze(0 if self.batch_first else 1) if single else out
        if not need_weights:
            return out, None
        weights = weights.mean(1) if average_attn_weights else weights
        return out, weights.squeeze(0) if single else weights

    def _masked(self, scores: Any, mask: Any, is_padding: bool) -> Any:
        """Apply a mask to (n, heads, l, s) scores."""
        if is_padding:
            mask = mask.reshape(-1, 1, 1, mask.shape[-1])
        elif mask.ndim == 3:
            mask = mask.reshape(-1, self.num_heads, *mask.shape[1:])
        if mask.dtype.kind == "b":
            return scores.masked_fill(mask, float("-inf"))
        return scores + mask
