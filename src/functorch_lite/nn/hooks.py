"""Hooks of modules: around forward, and on the gradients of inputs and outputs.

Backward hooks put an identity before and behind the module's forward. The one behind sees the
gradients of the outputs, the one before those of the inputs, and may replace them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..stateful.autograd import Function
from ..stateful.tensor import Tensor, make

if TYPE_CHECKING:
    from .module import Module

__all__ = ["BackwardHooks"]


def _alias(x: Any) -> Any:
    from ..stateful.elementwise import clone
    from ..stateful.tensor import FunctionalTensor

    return clone(x) if isinstance(x, FunctionalTensor) else make(x.raw, None)


class _Outputs(Function):
    """The identity behind a module."""

    @staticmethod
    def forward(ctx: Any, hooks: "BackwardHooks", *tensors: Tensor) -> tuple[Any, ...]:
        """Return the outputs."""
        ctx.hooks = hooks
        return tuple(_alias(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        """Run the pre-hooks, and remember the gradients for the hooks."""
        return (None, *ctx.hooks.on_outputs(grads))


class _Inputs(Function):
    """The identity before a module."""

    @staticmethod
    def forward(ctx: Any, hooks: "BackwardHooks", *tensors: Tensor) -> tuple[Any, ...]:
        """Return the inputs."""
        ctx.hooks = hooks
        return tuple(_alias(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        """Run the hooks."""
        return (None, *ctx.hooks.on_inputs(grads))


class BackwardHooks:
    """The backward hooks of one call of a module.

    Parameters
    ----------
    module : Module
    hooks : list of callable
        ``hook(module, grad_input, grad_output)``; may return another grad_input.
    pre_hooks : list of callable
        ``hook(module, grad_output)``; may return another grad_output.
    """

    def __init__(
        self, module: "Module", hooks: list[Callable[..., Any]], pre_hooks: list[Callable[..., Any]]
    ) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_output: tuple[Any, ...] = ()
        self.inputs_tracked = False
        self.n_inputs = 0

    def wrap_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Put the identity before the module."""
        where = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        self.n_inputs = len(args)
        self.inputs_tracked = any(args[i].requires_grad for i in where)
        if not self.inputs_tracked or not self.hooks:
            return args
        self.where = where
        new = list(args)
        for i, t in zip(where, _Inputs.apply(self, *(args[i] for i in where)), strict=True):
            new[i] = t
        return tuple(new)

    def wrap_outputs(self, out: Any) -> Any:
        """Put the identity behind the module."""
        many = isinstance(out, tuple | list)
        outs = list(out) if many else [out]
        where = [i for i, o in enumerate(outs) if isinstance(o, Tensor)]
        if not where:
            return out
        for i, t in zip(where, _Outputs.apply(self, *(outs[i] for i in where)), strict=True):
            outs[i] = t
        return type(out)(outs) if many else outs[0]

    def on_outputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run the pre-hooks on the gradients of the outputs."""
        for hook in self.pre_hooks:
            new = hook(self.module, grads)
            if new is not None:
                grads = new if isinstance(new, tuple) else (new,)
        self.grad_output = grads
        if not self.inputs_tracked:
            for hook in self.hooks:
                if hook(self.module, (None,) * self.n_inputs, grads) is not None:
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always "
                        "return None or None for all gradients."
                    )
        return grads

    def on_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run the hooks on the gradients of the inputs."""
        full: list[Any] = [None] * self.n_inputs
        for i, g in zip(self.where, grads, strict=True):
            full[i] = g
        for hook in self.hooks:
            new = hook(self.module, tuple(full), self.grad_output)
            if new is not None:
                full = list(new) if isinstance(new, tuple | list) else [new]
        return tuple(full[i] for i in self.where)
