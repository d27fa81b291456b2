"""Adam and AdamW."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..stateful.rule import rule, scalar
from ..stateful.tensor import make
from ..stateful.views import set_values
from .optimizer import Optimizer, backend_options, by_kind, check_option

__all__ = ["Adam", "AdamW"]


@rule
def _adam(
    p: Any,
    g: Any,
    average: Any,
    square: Any,
    largest: Any,
    rate: Any,
    correction: Any,
    eps: Any,
    near1: Any,
    beta2: Any,
    near2: Any,
    decay: Any,
    *,
    has_decay: bool,
    decoupled: bool,
    amsgrad: bool,
    maximize: bool,
) -> list[Any]:
    """Return the new parameter, first moment, second moment and largest second moment."""
    if maximize:
        g = -g
    if has_decay:
        p, g = (p * decay, g) if decoupled else (p, g + decay * p)
    average = average + near1 * (g - average)
    square = square * beta2 + near2 * (g * g)
    if amsgrad:
        largest = fnp.maximum(largest, square)
    denominator = fnp.sqrt(largest if amsgrad else square) / correction + eps
    return [p - rate * (average / denominator), average, square, largest]


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015), in PyTorch's form.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr : float
    betas : (float, float)
        Decay of the averages of the gradient and of its square.
    eps : float
        Added to the denominator.
    weight_decay : float
        Added to the gradient, times the parameter (see `AdamW` for the decoupled form).
    amsgrad : bool
        Use the maximum of the second moments so far (Reddi et al. 2018).
    maximize : bool
        Climb instead of descending.
    decoupled_weight_decay : bool
        Shrink the parameter itself, as `AdamW` does.
    foreach, fused, capturable, differentiable
        Accepted for compatibility; see `optimizer.backend_options`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> p = fl.tensor([1.0], requires_grad=True)
    >>> opt = fl.optim.Adam([p], lr=0.1)
    >>> (2 * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_option("learning rate", lr)
        check_option("epsilon value", eps)
        check_option("beta parameter at index 0", betas[0], high=1.0)
        check_option("beta parameter at index 1", betas[1], high=1.0)
        check_option("weight_decay value", weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": tuple(betas),
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                **backend_options(
                    foreach=foreach,
                    capturable=capturable,
                    differentiable=differentiable,
                    fused=fused,
                ),
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def _start(self, p: Any, state: dict[str, Any], amsgrad: bool) -> None:
        """Set up the state of a parameter."""
        if p.dtype.kind != "f":
            raise RuntimeError(f"{type(self).__name__} updates real parameters only, got {p.dtype}")
        state["step"] = make(np.zeros((), np.float32), None)
        for name in ("exp_avg", "exp_avg_sq", *(("max_exp_avg_sq",) if amsgrad else ())):
            state[name] = make(np.zeros(p.shape, p.dtype), None)

    def _count(self, p: Any, group: dict[str, Any]) -> float:
        """Set up the state of a parameter if it has none, and return the step's number."""
        state = self.state[p]
        if not state:
            self._start(p, state, group["amsgrad"])
        step = state["step"]
        set_values([step], [np.asarray(step.value + np.float32(1))])
        return float(step.item())

    def _update_all(self, params: list[Any], group: dict[str, Any]) -> None:
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        decoupled = group["decoupled_weight_decay"]
        names = ["exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if group["amsgrad"] else [])]
        kinds = by_kind(params, lambda p: (p.dtype, self._count(p, group)))
        for (dtype, step), some in kinds.items():
            moments = [[self.state[p][name] for name in names] for p in some]
            numbers = (
                lr / (1 - beta1**step),
                math.sqrt(1 - beta2**step),
                group["eps"],
                1 - beta1,
                beta2,
                1 - beta2,
                1 - lr * decay if decoupled else decay,
            )
            news = _adam.over(
                [
                    (p.raw, p._grad.raw, m[0].raw, m[1].raw, m[-1].raw)
                    for p, m in zip(some, moments, strict=True)
                ],
                [scalar(x, dtype) for x in numbers],
                has_decay=decay != 0,
                decoupled=decoupled,
                amsgrad=group["amsgrad"],
                maximize=group["maximize"],
            )
            for p, m, new in zip(some, moments, news, strict=True):
                set_values([p, *m], new[: 1 + len(m)])


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019): ``p *= 1 - lr * decay``.

    Parameters are those of `Adam`; `weight_decay` is 0.01 by default.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        options |= {"maximize": maximize, "decoupled_weight_decay": True}
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, **options)
