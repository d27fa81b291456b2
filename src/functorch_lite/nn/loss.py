"""Losses as layers."""

from typing import Any

from . import functional as F
from ._lift import given_options, options_signature
from .module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelSoftMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]


class _Loss(Module):
    """A loss whose options are keywords of its function.

    Subclasses set `function` and `defaults`, the options in the order of the constructor's
    arguments; those in `tensors` become buffers.
    """

    function: Any = None
    defaults: dict[str, Any] = {}
    tensors: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.__signature__ = options_signature(cls.defaults)  # type: ignore[attr-defined]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        given = given_options(self, args, kwargs)
        for name, default in self.defaults.items():
            value = given.get(name, default)
            if name in self.tensors:
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)
        if self.reduction not in ("none", "mean", "sum", "batchmean"):
            raise ValueError(f"{self.reduction} is not a valid value for reduction")

    def forward(self, *args: Any) -> Any:
        """Return the loss of inputs and targets."""
        options = {name: getattr(self, name) for name in self.defaults}
        return type(self).function(*args, **options)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits against class indices or probabilities.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.nn.CrossEntropyLoss()(fl.zeros(2, 4), fl.tensor([0, 3]))
    tensor(1.3863)
    """

    function = F.cross_entropy
    defaults = {
        "weight": None,
        "ignore_index": -100,
        "reduction": "mean",
        "label_smoothing": 0.0,
    }
    tensors = ("weight",)


class NLLLoss(_Loss):
    """Negative log likelihood of class indices."""

    function = F.nll_loss
    defaults = {"weight": None, "ignore_index": -100, "reduction": "mean"}
    tensors = ("weight",)


class MSELoss(_Loss):
    """Mean of squared differences."""

    function = F.mse_loss
    defaults = {"reduction": "mean"}


class L1Loss(_Loss):
    """Mean of absolute differences."""

    function = F.l1_loss
    defaults = {"reduction": "mean"}


class SmoothL1Loss(_Loss):
    """Quadratic below beta, linear above."""

    function = F.smooth_l1_loss
    defaults = {"reduction": "mean", "beta": 1.0}


class HuberLoss(_Loss):
    """Quadratic below delta, linear with slope delta above."""

    function = F.huber_loss
    defaults = {"reduction": "mean", "delta": 1.0}


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities."""

    function = F.binary_cross_entropy
    defaults = {"weight": None, "reduction": "mean"}
    tensors = ("weight",)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits, stable."""

    function = F.binary_cross_entropy_with_logits
    defaults = {"weight": None, "reduction": "mean", "pos_weight": None}
    tensors = ("weight", "pos_weight")


class KLDivLoss(_Loss):
    """Kullback-Leibler divergence of log-probabilities from targets."""

    function = F.kl_div
    defaults = {"reduction": "mean", "log_target": False}


class PoissonNLLLoss(_Loss):
    """Negative log likelihood of Poisson counts."""

    function = F.poisson_nll_loss
    defaults = {"log_input": True, "full": False, "eps": 1e-8, "reduction": "mean"}


class GaussianNLLLoss(_Loss):
    """Negative log likelihood of normal targets."""

    function = F.gaussian_nll_loss
    defaults = {"full": False, "eps": 1e-6, "reduction": "mean"}


class SoftMarginLoss(_Loss):
    """log(1 + exp(-target * input))."""

    function = F.soft_margin_loss
    defaults = {"reduction": "mean"}


class MultiLabelSoftMarginLoss(_Loss):
    """Mean over classes of binary cross-entropies of logits."""

    function = F.multilabel_soft_margin_loss
    defaults = {"weight": None, "reduction": "mean"}
    tensors = ("weight",)


class HingeEmbeddingLoss(_Loss):
    """x where the target is 1, max(0, margin - x) where it is -1."""

    function = F.hinge_embedding_loss
    defaults = {"margin": 1.0, "reduction": "mean"}


class MarginRankingLoss(_Loss):
    """max(0, -target * (input1 - input2) + margin)."""

    function = F.margin_ranking_loss
    defaults = {"margin": 0.0, "reduction": "mean"}


class CosineEmbeddingLoss(_Loss):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""

    function = F.cosine_embedding_loss
    defaults = {"margin": 0.0, "reduction": "mean"}


class TripletMarginLoss(_Loss):
    """max(0, |anchor - positive| - |anchor - negative| + margin)."""

    function = F.triplet_margin_loss
    defaults = {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False, "reduction": "mean"}
