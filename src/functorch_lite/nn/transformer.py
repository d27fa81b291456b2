"""Transformer layers, with PyTorch's parameters (Vaswani et al. 2017)."""

import copy
from collections.abc import Callable
from typing import Any

from . import functional as F
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .norm import LayerNorm

__all__ = [
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Any], Any]


class _Layer(Module):
    """What encoder and decoder layers are made of: attentions, then a feed-forward block.

    Each block has a LayerNorm and a dropout of its own.
    """

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, dtype=dtype)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        names: dict[Any, Any] = {"relu": F.relu, "gelu": F.gelu}
        if isinstance(activation, str) and activation not in names:
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        self.activation = names[activation] if isinstance(activation, str) else activation
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for k in blocks:
            setattr(self, f"norm{k}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for k in blocks:
            setattr(self, f"dropout{k}", Dropout(dropout))

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feed-forward block, each with a residual and a LayerNorm.

    Parameters
    ----------
    d_model, nhead, dim_feedforward : int
    dropout : float
    activation : "relu", "gelu" or callable
    layer_norm_eps : float
    batch_first : bool
        Whether inputs are (n, length, d_model) rather than (length, n, d_model).
    norm_first : bool
        Normalise before each block rather than after it.
    bias : bool

    Examples
    --------
    >>> import functorch_lite as fl
    >>> layer = fl.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> fl.nn.TransformerEncoder(layer, 2)(fl.rand(3, 5, 8)).shape
    (3, 5, 8)
    """

    attentions = ("self_attn",)

    def _attend(self, x: Any, mask: Any, padding: Any) -> Any:
        return self.dropout1(self.self_attn(x, x, x, padding, False, mask)[0])

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """Return the encoded sequence; masks are those of `MultiheadAttention`."""
        masks = (src_mask, src_key_padding_mask)
        if self.norm_first:
            x = src + self._attend(self.norm1(src), *masks)
            return x + self.dropout2(self._feed_forward(self.norm2(x)))
        x = self.norm1(src + self._attend(src, *masks))
        return self.norm2(x + self.dropout2(self._feed_forward(x)))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's output, and a feed-forward block.

    Parameters are those of `TransformerEncoderLayer`.
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """Return the decoded sequence."""

        def attend(x: Any) -> Any:
            out = self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask)[0]
            return self.dropout1(out)

        def look_up(x: Any) -> Any:
            masks = (memory_key_padding_mask, False, memory_mask)
            return self.dropout2(self.multihead_attn(x, memory, memory, *masks)[0])

        def transform(x: Any) -> Any:
            return self.dropout3(self._feed_forward(x))

        x = tgt
        norms = (self.norm1, self.norm2, self.norm3)
        for block, norm in zip((attend, look_up, transform), norms, strict=True):
            x = x + block(norm(x)) if self.norm_first else norm(x + block(x))
        return x


class TransformerEncoder(Module):
    """Copies of an encoder layer, one after the other.

    The last two arguments are PyTorch's and change nothing.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """Return the encoded sequence."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Copies of a decoder layer, one after the other."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(self, tgt: Any, memory: Any, *masks: Any, **options: Any) -> Any:
        """Return the decoded sequence; arguments are those of `TransformerDecoderLayer`."""
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, **options)
        return tgt if self.norm is None else self.norm(tgt)
