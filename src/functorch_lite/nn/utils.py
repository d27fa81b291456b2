"""Looking at modules, and working on all their parameters at once."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..stateful.creation import zeros
from ..stateful.joining import cat, stack
from ..stateful.modes import no_grad
from ..stateful.reductions import norm
from ..stateful.tensor import Tensor, make
from .module import Module

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "summary",
    "vector_to_parameters",
]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """Join parameters in one vector."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Set the data of parameters from one vector."""
    at = 0
    for p in parameters:
        n = int(p.size)
        p.data = make(vec.value[at : at + n].reshape(p.shape), None)
        at += n


def _with_grads(parameters: Any) -> list[Tensor]:
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in given if p._grad is not None]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale gradients so that the norm of all together is at most `max_norm`; return that norm."""
    params = _with_grads(parameters)
    if not params:
        return zeros(())
    with no_grad():
        norms = [norm(p._grad, norm_type) for p in params]
        total = norm(stack(norms), norm_type)
        if error_if_nonfinite and not math.isfinite(total.item()):
            raise RuntimeError(
                f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
                "so it cannot be clipped."
            )
        factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
        for p in params:
            p._grad.mul_(factor.to(p.dtype))
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit each element of the gradients to [-clip_value, clip_value]."""
    with no_grad():
        for p in _with_grads(parameters):
            p._grad.clamp_(-clip_value, clip_value)


def summary(module: Module, input_shape: Sequence[int] | None = None, dtype: Any = None) -> str:
    """Return a table of submodules: output shapes and numbers of parameters.

    Parameters
    ----------
    module : Module
    input_shape : sequence of int, optional
        Of one input, the batch axis included; the module is then run on zeros, in evaluation
        mode, to learn output shapes.
    dtype : dtype, optional
        Of that input.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> net = fl.nn.Sequential(fl.nn.Linear(4, 3), fl.nn.ReLU())
    >>> print(fl.nn.utils.summary(net, (2, 4)))
    Module              Output shape    Parameters
    ----------------------------------------------
    Sequential          (2, 3)                  15
      0: Linear         (2, 3)                  15
      1: ReLU           (2, 3)                   0
    ----------------------------------------------
    Parameters: 15, trainable: 15, buffers: 0, bytes: 60
    """
    shapes = {} if input_shape is None else _output_shapes(module, tuple(input_shape), dtype)
    rows = []
    for path, m in module.named_modules():
        depth = path.count(".") + 1 if path else 0
        label = f"{'  ' * depth}{path.rpartition('.')[2]}: " if path else ""
        count = sum(int(p.size) for p in m.parameters())
        rows.append((label + m._get_name(), shapes.get(id(m), ""), f"{count:,}"))
    widths = [max(20, *(len(r[0]) + 2 for r in rows)), max(16, *(len(r[1]) + 2 for r in rows))]
    last = max(10, *(len(r[2]) for r in rows))
    line = "-" * (sum(widths) + last)
    head = f"{'Module':<{widths[0]}}{'Output shape':<{widths[1]}}{'Parameters':>{last}}"
    body = [f"{a:<{widths[0]}}{b:<{widths[1]}}{c:>{last}}" for a, b, c in rows]
    params = list(module.parameters())
    total = sum(int(p.size) for p in params)
    trained = sum(int(p.size) for p in params if p.requires_grad)
    buffers = list(module.buffers())
    size = sum(t.value.nbytes for t in [*params, *buffers])
    foot = (
        f"Parameters: {total:,}, trainable: {trained:,}, "
        f"buffers: {sum(int(b.size) for b in buffers):,}, bytes: {size:,}"
    )
    return "\n".join([head, line, *body, line, foot])


def _output_shapes(module: Module, input_shape: tuple[int, ...], dtype: Any) -> dict[int, str]:
    """Run the module on zeros and note what each submodule returns."""
    shapes: dict[int, str] = {}

    def note(m: Module, args: Any, out: Any) -> None:
        outs = out if isinstance(out, tuple | list) else [out]
        shapes[id(m)] = ", ".join(str(o.shape) for o in outs if hasattr(o, "shape"))

    handles = [m.register_forward_hook(note) for m in module.modules()]
    modes = [(m, m.training) for m in module.modules()]
    first = next((p.dtype for p in module.parameters()), np.dtype(np.float32))
    module.eval()
    try:
        with no_grad():
            module(zeros(input_shape, dtype=first if dtype is None else dtype))
    finally:
        for h in handles:
            h.remove()
        for m, mode in modes:
            m.training = mode
    return shapes
