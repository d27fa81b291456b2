"""Optimisers that scale each element by its history: RMSprop, Adagrad and their kin."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..stateful.tensor import make
from .optimizer import Optimizer, backend_options, check_option

__all__ = ["Adadelta", "Adagrad", "Adamax", "NAdam", "RAdam", "RMSprop"]

Betas = tuple[float, float]


class _Adaptive(Optimizer):
    """What they share: a count of steps, averages that start at zero, weight decay."""

    averages: tuple[str, ...] = ()

    def _start(self, p: Any, state: dict[str, Any], names: Iterable[str]) -> None:
        """Set up the state of a parameter."""
        if p.dtype.kind != "f":
            raise RuntimeError(f"{type(self).__name__} updates real parameters only, got {p.dtype}")
        state["step"] = make(np.zeros((), np.float32), None)
        for name in names:
            state[name] = make(np.zeros(p.shape, p.dtype), None)

    def _names(self, group: dict[str, Any]) -> Iterable[str]:
        """Return the averages that the options of a group need."""
        return self.averages

    def _update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            self._start(p, state, self._names(group))
        state["step"].add_(1)
        g = -grad if group["maximize"] else grad
        if group["weight_decay"] != 0:
            if group.get("decoupled_weight_decay"):
                p.mul_(1 - group["lr"] * group["weight_decay"])
            else:
                g = g.add(p, alpha=group["weight_decay"])
        self._move(p, g, state, group, state["step"].item())

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        """Update the averages and the parameter, in place."""
        raise NotImplementedError


def _check(lr: float, eps: float, weight_decay: float, betas: Betas | None = None) -> None:
    check_option("learning rate", lr)
    check_option("epsilon value", eps)
    check_option("weight_decay value", weight_decay)
    for i, beta in enumerate(betas or ()):
        check_option(f"beta parameter at index {i}", beta, high=1.0)


def _average_square(average: Any, x: Any, decay: float) -> Any:
    """Update a decaying average of squares in place, and return it."""
    return average.mul_(decay).addcmul_(x, x, value=1 - decay)


class RMSprop(_Adaptive):
    """The gradient over the root of its mean square (Tieleman & Hinton 2012).

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, alpha, eps, weight_decay, momentum : float
        `alpha` is the decay of the mean square; `eps` is added to its root.
    centered : bool
        Use the variance instead of the mean square (Graves 2013).
    maximize : bool
        Climb instead of descending.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> p = fl.tensor([1.0], requires_grad=True)
    >>> opt = fl.optim.RMSprop([p], lr=0.01)
    >>> (2 * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check(lr, eps, weight_decay)
        check_option("momentum value", momentum)
        check_option("alpha value", alpha)
        options = backend_options(
            foreach=foreach, capturable=capturable, differentiable=differentiable
        )
        defaults = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps}
        defaults |= {"centered": centered, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults | options)

    def _names(self, group: dict[str, Any]) -> Iterable[str]:
        extra = [("momentum_buffer", group["momentum"] > 0), ("grad_avg", group["centered"])]
        return ("square_avg", *(name for name, wanted in extra if wanted))

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        alpha = group["alpha"]
        square = _average_square(state["square_avg"], g, alpha)
        if group["centered"]:
            mean = state["grad_avg"].lerp_(g, 1 - alpha)
            root = square.addcmul(mean, mean, value=-1).sqrt().add_(group["eps"])
        else:
            root = square.sqrt().add_(group["eps"])
        if group["momentum"] > 0:
            buffer = state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(g, root)
            p.add_(buffer, alpha=-group["lr"])
        else:
            p.addcdiv_(g, root, value=-group["lr"])


class Adagrad(_Adaptive):
    """The gradient over the root of the sum of its squares (Duchi et al. 2011).

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, lr_decay, weight_decay, initial_accumulator_value, eps : float
    maximize : bool
        Climb instead of descending.
    """

    averages = ("sum",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        _check(lr, eps, weight_decay)
        check_option("lr_decay value", lr_decay)
        check_option("initial_accumulator_value value", initial_accumulator_value)
        options = backend_options(foreach=foreach, differentiable=differentiable, fused=fused)
        defaults = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        defaults |= {"initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
        super().__init__(params, defaults | options)
        for group in self.param_groups:
            for p in group["params"]:
                self._start(p, self.state[p], self.averages)
                self.state[p]["sum"].fill_(initial_accumulator_value)

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        total = state["sum"].addcmul_(g, g)
        rate = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        p.addcdiv_(g, total.sqrt().add_(group["eps"]), value=-rate)


class Adadelta(_Adaptive):
    """Steps in the units of earlier steps (Zeiler 2012).

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, rho, eps, weight_decay : float
        `rho` is the decay of the averages.
    maximize : bool
        Climb instead of descending.
    """

    averages = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check(lr, eps, weight_decay)
        check_option("rho value", rho, high=math.nextafter(1.0, 2.0))
        options = backend_options(
            foreach=foreach, capturable=capturable, differentiable=differentiable
        )
        defaults = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults | {"maximize": maximize} | options)

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        rho, eps = group["rho"], group["eps"]
        square, moved = _average_square(state["square_avg"], g, rho), state["acc_delta"]
        delta = moved.add(eps).sqrt().div_(square.add(eps).sqrt()).mul_(g)
        _average_square(moved, delta, rho)
        p.add_(delta, alpha=-group["lr"])


class Adamax(_Adaptive):
    """Adam with the largest gradient so far in place of the mean square (Kingma & Ba 2015).

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, eps, weight_decay : float
    betas : (float, float)
    maximize : bool
        Climb instead of descending.
    """

    averages = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        _check(lr, eps, weight_decay, betas)
        options = backend_options(
            foreach=foreach, differentiable=differentiable, capturable=capturable
        )
        defaults = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults | {"maximize": maximize} | options)

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        beta1, beta2 = group["betas"]
        average, largest = state["exp_avg"].lerp_(g, 1 - beta1), state["exp_inf"]
        largest.copy_((largest * beta2).maximum(g.abs().add_(group["eps"])))
        p.addcdiv_(average, largest, value=-group["lr"] / (1 - beta1**step))


class NAdam(_Adaptive):
    """Adam with Nesterov momentum (Dozat 2016).

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, eps, weight_decay, momentum_decay : float
    betas : (float, float)
    decoupled_weight_decay : bool
        Shrink the parameter itself.
    maximize : bool
        Climb instead of descending.
    """

    averages = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check(lr, eps, weight_decay, betas)
        check_option("momentum_decay value", momentum_decay)
        options = backend_options(
            foreach=foreach, capturable=capturable, differentiable=differentiable
        )
        defaults = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        defaults |= {"momentum_decay": momentum_decay, "maximize": maximize}
        defaults |= {"decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(params, defaults | options)

    def _start(self, p: Any, state: dict[str, Any], names: Iterable[str]) -> None:
        super()._start(p, state, ())
        state["mu_product"] = make(np.ones((), np.float32), None)
        for name in names:
            state[name] = make(np.zeros(p.shape, p.dtype), None)

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        (beta1, beta2), lr, decay = group["betas"], group["lr"], group["momentum_decay"]
        average = state["exp_avg"].lerp_(g, 1 - beta1)
        square = _average_square(state["exp_avg_sq"], g, beta2)
        now, then = (beta1 * (1.0 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product = state["mu_product"].mul_(now).item()
        root = square.div(1 - beta2**step).sqrt().add_(group["eps"])
        p.addcdiv_(g, root, value=-lr * (1.0 - now) / (1.0 - product))
        p.addcdiv_(average, root, value=-lr * then / (1.0 - product * then))


class RAdam(_Adaptive):
    """Adam that is careful while its averages are young (Liu et al. 2020).

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr, eps, weight_decay : float
    betas : (float, float)
    decoupled_weight_decay : bool
        Shrink the parameter itself.
    maximize : bool
        Climb instead of descending.
    """

    averages = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check(lr, eps, weight_decay, betas)
        options = backend_options(
            foreach=foreach, capturable=capturable, differentiable=differentiable
        )
        defaults = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        defaults |= {"decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize}
        super().__init__(params, defaults | options)

    def _move(self, p: Any, g: Any, state: Any, group: Any, step: float) -> None:
        beta1, beta2 = group["betas"]
        average = state["exp_avg"].lerp_(g, 1 - beta1)
        square = _average_square(state["exp_avg_sq"], g, beta2)
        rate = group["lr"] / (1 - beta1**step)
        grown = 1 - beta2**step
        end = 2 / (1 - beta2) - 1
        length = end - 2 * step * beta2**step / grown
        if length <= 5.0:
            p.add_(average, alpha=-rate)
            return
        rectified = (length - 4) * (length - 2) * end / ((end - 4) * (end - 2) * length)
        root = square.sqrt().add_(group["eps"])
        p.addcdiv_(average, root, value=-rate * math.sqrt(rectified) * math.sqrt(grown))
