"""Stochastic gradient descent."""

from collections.abc import Iterable
from typing import Any

from .optimizer import Optimizer, check_option

__all__ = ["SGD"]


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
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
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
            },
        )

    def _update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        g = -grad if group["maximize"] else grad
        if group["weight_decay"] != 0:
            g = g.add(p, alpha=group["weight_decay"])
        momentum = group["momentum"]
        if momentum != 0:
            buf = state.get("momentum_buffer")
            if buf is None:
                buf = state["momentum_buffer"] = g.detach().clone()
            else:
                buf.mul_(momentum).add_(g, alpha=1 - group["dampening"])
            g = g.add(buf, alpha=momentum) if group["nesterov"] else buf
        p.add_(g, alpha=-group["lr"])
