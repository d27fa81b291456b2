"""Stochastic gradient descent."""

from collections.abc import Iterable
from typing import Any

from ..stateful.rule import rule, scalar
from ..stateful.tensor import make
from ..stateful.views import set_values
from .optimizer import Optimizer, backend_options, by_kind, check_option

__all__ = ["SGD"]


@rule
def _sgd(
    p: Any,
    g: Any,
    buffer: Any,
    lr: Any,
    momentum: Any,
    undamped: Any,
    decay: Any,
    *,
    has_buffer: bool,
    has_momentum: bool,
    has_decay: bool,
    nesterov: bool,
    maximize: bool,
) -> list[Any]:
    """Return the new parameter and the new momentum buffer (the gradient, without momentum)."""
    if maximize:
        g = -g
    if has_decay:
        g = g + decay * p
    if not has_momentum:
        return [p - lr * g, g]
    buffer = momentum * buffer + undamped * g if has_buffer else g
    step = g + momentum * buffer if nesterov else buffer
    return [p - lr * step, buffer]


class SGD(Optimizer):
    """Stochastic gradient descent with momentum (Sutskever et al. 2013, in PyTorch's form).

    ``g += weight_decay * p``; the buffer starts as ``g`` (dampening does not apply to the first
    step) and then is ``momentum * buf + (1 - dampening) * g``; the step is ``lr * buf``, with
    nesterov ``lr * (g + momentum * buf)``. The rate multiplies at the end, so that changing it
    does not rescale the buffer.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, momentum, dampening, weight_decay : float
    nesterov : bool
        Needs momentum and no dampening.
    maximize : bool
        Climb instead of descending.
    foreach, fused, differentiable
        Accepted for compatibility; see `optimizer.backend_options`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> p = fl.tensor([1.0], requires_grad=True)
    >>> opt = fl.optim.SGD([p], lr=0.1, momentum=0.9)
    >>> (2 * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_option("learning rate", lr)
        check_option("momentum value", momentum)
        check_option("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                **backend_options(foreach=foreach, differentiable=differentiable, fused=fused),
            },
        )

    def _update_all(self, params: list[Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        numbers = (group["lr"], momentum, 1 - group["dampening"], group["weight_decay"])

        def kind(p: Any) -> Any:
            return p.dtype, momentum != 0 and self.state[p].get("momentum_buffer") is not None

        for (dtype, has_buffer), some in by_kind(params, kind).items():
            buffers = [self.state[p]["momentum_buffer"] if has_buffer else p._grad for p in some]
            news = _sgd.over(
                [(p.raw, p._grad.raw, b.raw) for p, b in zip(some, buffers, strict=True)],
                [scalar(x, dtype) for x in numbers],
                has_buffer=has_buffer,
                has_momentum=momentum != 0,
                has_decay=group["weight_decay"] != 0,
                nesterov=group["nesterov"],
                maximize=group["maximize"],
            )
            set_values(some, [new[0] for new in news])
            if has_buffer:
                set_values(buffers, [new[1] for new in news])
            elif momentum != 0:
                for p, new in zip(some, news, strict=True):
                    self.state[p]["momentum_buffer"] = make(new[1], None)
