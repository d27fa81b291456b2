"""Functions of networks that PyTorch also has at its top level (``torch.conv2d`` ...).

They are those of `functorch_lite.nn.functional`, which depends on this package: found when called.
"""

from collections.abc import Callable
from typing import Any

from .elementwise import _late, _named

_NAMES = [
    "adaptive_avg_pool1d",
    "avg_pool1d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "dropout",
    "embedding",
    "group_norm",
    "hinge_embedding_loss",
    "instance_norm",
    "kl_div",
    "layer_norm",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "rms_norm",
    "triplet_margin_loss",
]

__all__ = list(_NAMES)


def _make(name: str) -> Callable[..., Any]:
    text = f"`functorch_lite.nn.functional.{name}`."
    return _named(_late("nn.functional", name), name, text)


globals().update({name: _make(name) for name in _NAMES})
