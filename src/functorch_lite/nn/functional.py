"""``nn.functional``: the layers as functions, with PyTorch's arguments.

They take Tensors, arrays, and tracers of any transform; Tensors give Tensors, arrays give arrays.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import functions as fn
from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..stateful.tape import is_recording
from ._activations import celu as celu
from ._activations import elu as elu
from ._activations import gelu as gelu
from ._activations import glu as glu
from ._activations import hardshrink as hardshrink
from ._activations import hardsigmoid as hardsigmoid
from ._activations import hardswish as hardswish
from ._activations import hardtanh as hardtanh
from ._activations import leaky_relu as leaky_relu
from ._activations import log_softmax as log_softmax
from ._activations import logsigmoid as logsigmoid
from ._activations import mish as mish
from ._activations import prelu as prelu
from ._activations import relu as relu
from ._activations import relu6 as relu6
from ._activations import selu as selu
from ._activations import sigmoid as sigmoid
from ._activations import silu as silu
from ._activations import softmax as softmax
from ._activations import softmin as softmin
from ._activations import softplus as softplus
from ._activations import softshrink as softshrink
from ._activations import softsign as softsign
from ._activations import tanh as tanh
from ._activations import tanhshrink as tanhshrink
from ._activations import threshold as threshold
from ._dropping import alpha_dropout as alpha_dropout
from ._dropping import dropout as dropout
from ._dropping import dropout1d as dropout1d
from ._dropping import dropout2d as dropout2d
from ._lift import index_array, lift, result
from ._rearranging import bilinear as bilinear
from ._rearranging import channel_shuffle as channel_shuffle
from ._rearranging import pixel_shuffle as pixel_shuffle
from ._rearranging import pixel_unshuffle as pixel_unshuffle
from ._running import batch_norm_eval, batch_norm_train, is_plain, update_buffer
from ._tables import embedding as embedding
from ._tables import one_hot as one_hot
from .resize import interpolate as interpolate

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "elu",
    "embedding",
    "fold",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "group_norm",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mish",
    "mse_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "rms_norm",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "triplet_margin_loss",
    "unfold",
]

# --- products, convolutions, pooling -----------------------------------------------------------

linear = lift(fn.linear)
conv1d, conv2d, conv3d = lift(fn.conv1d), lift(fn.conv2d), lift(fn.conv3d)
conv_transpose1d = lift(fn.conv_transpose1d)
conv_transpose2d = lift(fn.conv_transpose2d)
conv_transpose3d = lift(fn.conv_transpose3d)
unfold, fold = lift(fn.unfold), lift(fn.fold)
max_pool1d, max_pool2d, max_pool3d = lift(fn.max_pool1d), lift(fn.max_pool2d), lift(fn.max_pool3d)
avg_pool1d, avg_pool2d, avg_pool3d = lift(fn.avg_pool1d), lift(fn.avg_pool2d), lift(fn.avg_pool3d)
adaptive_avg_pool1d = lift(fn.adaptive_avg_pool1d)
adaptive_avg_pool2d = lift(fn.adaptive_avg_pool2d)
adaptive_max_pool1d = lift(fn.adaptive_max_pool1d)
adaptive_max_pool2d = lift(fn.adaptive_max_pool2d)


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Pad the last axes, given as (left, right, top, bottom, ...). See `torch.nn.functional.pad`.

    Modes: constant, reflect, replicate, circular; negative widths of constant mode crop.
    """
    ndim = len(shape_of(input))
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)]
    widths = [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]
    if mode != "constant":
        names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        return result(fnp.pad(input, widths, names[mode]), input)
    crop = tuple(
        slice(-min(lo, 0), n + min(hi, 0))
        for n, (lo, hi) in zip(shape_of(input), widths, strict=True)
    )
    x = input
    if any(lo < 0 or hi < 0 for lo, hi in widths):
        x = input[crop]
    full = [(max(lo, 0), max(hi, 0)) for lo, hi in widths]
    return result(fnp.pad(x, full, constant_values=0 if value is None else value), input)


# --- normalisation ------------------------------------------------------------------------------


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise every channel; in training running statistics are updated in place.

    See `torch.nn.functional.batch_norm`; `functorch_lite.functions.batch_norm` returns the new
    statistics instead.
    """
    if is_plain(input, running_mean, running_var, weight, bias):
        if training:
            return batch_norm_train(input, running_mean, running_var, weight, bias, momentum, eps)
        if not is_recording() and running_mean is not None and running_var is not None:
            return batch_norm_eval(input, running_mean, running_var, weight, bias, eps)
    out, mean, var = fn.batch_norm(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )
    if training and running_mean is not None:
        update_buffer(running_mean, mean, "running_mean")
        update_buffer(running_var, var, "running_var")
    return result(out, input, weight)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise every channel of every example. See `torch.nn.functional.instance_norm`."""
    out, mean, var = fn.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )
    if use_input_stats and running_mean is not None:
        update_buffer(running_mean, mean, "running_mean")
        update_buffer(running_var, var, "running_var")
    return result(out, input, weight)


layer_norm, group_norm, rms_norm = lift(fn.layer_norm), lift(fn.group_norm), lift(fn.rms_norm)
local_response_norm, normalize = lift(fn.local_response_norm), lift(fn.normalize)
cosine_similarity, pairwise_distance = lift(fn.cosine_similarity), lift(fn.pairwise_distance)

# --- attention ----------------------------------------------------------------------------------


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    """softmax(q k^T / sqrt(d)) v. See `torch.nn.functional.scaled_dot_product_attention`."""
    d = dtype_of(query)
    n, m = shape_of(query)[-2], shape_of(key)[-2]
    factor = 1.0 / float(np.sqrt(shape_of(query)[-1])) if scale is None else scale
    scores = fnp.multiply(fnp.matmul(query, fnp.swapaxes(key, -1, -2)), d.type(factor))
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError("attn_mask must be None when is_causal is True")
        attn_mask = np.tril(np.ones((n, m), np.bool_))
    if attn_mask is not None:
        if dtype_of(attn_mask) == np.bool_:
            scores = fnp.where(attn_mask, scores, d.type(-np.inf))
        else:
            scores = fnp.add(scores, attn_mask)
    weights = fn.softmax(scores, -1)
    weights = dropout(weights, dropout_p) if dropout_p else weights
    return result(fnp.matmul(weights, value), query, key, value)


# --- losses -------------------------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of logits against class indices or probabilities.

    See `functorch_lite.functions.cross_entropy`.
    """
    out = fn.cross_entropy(
        input, index_array(target), weight, ignore_index, reduction, label_smoothing
    )
    return result(out, input, target)


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """Negative log likelihood of class indices."""
    out = fn.nll_loss(input, index_array(target), weight, ignore_index, reduction)
    return result(out, input, target)


mse_loss, l1_loss = lift(fn.mse_loss), lift(fn.l1_loss)
smooth_l1_loss, huber_loss, kl_div = lift(fn.smooth_l1_loss), lift(fn.huber_loss), lift(fn.kl_div)
binary_cross_entropy = lift(fn.binary_cross_entropy)
poisson_nll_loss, gaussian_nll_loss = lift(fn.poisson_nll_loss), lift(fn.gaussian_nll_loss)
soft_margin_loss, hinge_embedding_loss = lift(fn.soft_margin_loss), lift(fn.hinge_embedding_loss)
multilabel_soft_margin_loss = lift(fn.multilabel_soft_margin_loss)
margin_ranking_loss = lift(fn.margin_ranking_loss)
cosine_embedding_loss = lift(fn.cosine_embedding_loss)
triplet_margin_loss = lift(fn.triplet_margin_loss)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """Binary cross-entropy of logits, stable."""
    out = fn.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)
    return result(out, input, target)
