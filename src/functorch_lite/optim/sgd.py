"""Stochastic gradient descent."""

from collections.abc import Iterable
from typing import Any

from ..stateful.rule import rule
from ..stateful.tensor import make
from ..stateful.views import write
from .optimizer import Optimizer, backend_options, check_option

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

    def _update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        buffer = state.get("momentum_buffer")
        has_momentum = group["momentum"] != 0
        value, g = p.raw, grad.raw
        new, new_buffer = _sgd(
            value,
            g,
            g if buffer is None or not has_momentum else buffer.raw,
            self._scalar(group, "lr", group["lr"], p),
            self._scalar(group, "momentum", group["momentum"], p),
            self._scalar(group, "undamped", 1 - group["dampening"], p),
            self._scalar(group, "weight_decay", group["weight_decay"], p),
            has_buffer=buffer is not None,
            has_momentum=has_momentum,
            has_decay=group["weight_decay"] != 0,
            nesterov=group["nesterov"],
            maximize=group["maximize"],
        )
        write(p, make(new, None))
        if not has_momentum:
            return
        if buffer is None:
            state["momentum_buffer"] = make(new_buffer, None)
        else:
            write(buffer, make(new_buffer, None))
