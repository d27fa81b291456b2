"""``autograd``: backward, grad, and functions with a derivative of one's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import autograd_functional as functional
from . import differentiation as _differentiation
from .engine import run_backward
from .function import Function as Function
from .function import once_differentiable as once_differentiable
from .tape import TensorNode
from .tensor import FunctionalTensor, Tensor, borrow, make

__all__ = ["Function", "backward", "functional", "grad", "once_differentiable"]

Tensors = Tensor | Sequence[Tensor]


def _tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if isinstance(x, Tensor) or x is None else tuple(x)


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Accumulate the gradients of `tensors` into the ``.grad`` of the graph's leaves.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        Where to start.
    grad_tensors : Tensor or sequence of Tensor or None, optional
        Their own gradients; may be None for scalars.
    retain_graph, create_graph, inputs
        See `Tensor.backward`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> x = fl.tensor([1.0, 2.0], requires_grad=True)
    >>> fl.autograd.backward([x.sum(), (x * x).sum()])
    >>> x.grad
    tensor([3., 5.])
    """
    outputs = _tuple(tensors)
    roots = _roots(outputs, grad_tensors)
    wanted = None
    if inputs is not None:
        given = _tuple(inputs)
        if not given:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
        for t in given:
            if t.node is not None and not t.is_leaf:
                t.retain_grad()
        wanted = [_node_of_input(t) for t in given]
    keep = create_graph if retain_graph is None else retain_graph
    run_backward(roots, wanted, keep, create_graph, accumulate=True)


def _node_of_input(t: Any) -> TensorNode:
    if not isinstance(t, Tensor):
        raise TypeError(
            f"expected a Tensor to differentiate with respect to, got {type(t).__name__}"
        )
    node = t.node
    if node is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return node


def _roots(outputs: tuple[Any, ...], grads: Any) -> list[tuple[TensorNode, Tensor]]:
    """Pair each output's node with its gradient, checked as PyTorch does."""
    given = (None,) * len(outputs) if grads is None else _tuple(grads)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    roots = []
    for i, (t, g) in enumerate(zip(outputs, given, strict=True)):
        if isinstance(t, FunctionalTensor):
            t.backward()
        if not isinstance(t, Tensor) or t.node is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        roots.append((t.node, _initial(t, g, i)))
    return roots


def _initial(t: Tensor, g: Any, i: int) -> Tensor:
    """Return the gradient to start from."""
    if g is None:
        if t.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if t.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{t.dtype.name}"
            )
        return make(np.ones(t.shape, t.dtype), None)
    if not isinstance(g, Tensor):
        if not isinstance(g, np.ndarray | float | int | complex):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
        g = borrow(np.asarray(g, t.dtype))
    if g.shape != t.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {list(g.shape)} and output[{i}] "
            f"has a shape of {list(t.shape)}."
        )
    if (g.dtype.kind == "c") != (t.dtype.kind == "c"):
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output[{i}] has a dtype of {g.dtype.name} and output[{i}] has "
            f"a dtype of {t.dtype.name}."
        )
    return g if g.dtype == t.dtype else g.to(t.dtype)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of `outputs` with respect to `inputs`; ``.grad`` is left alone.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        What is differentiated, and by what.
    grad_outputs : Tensor or sequence, optional
        Gradients of the outputs; needed for those that are not scalars.
    retain_graph, create_graph : bool, optional
        See `Tensor.backward`.
    allow_unused : bool, optional
        Give None for inputs that the outputs do not depend on, instead of raising.
    is_grads_batched : bool
        `grad_outputs` have a leading axis: one vector-Jacobian product for each entry.
    materialize_grads : bool
        Give zeros instead of None.

    Returns
    -------
    tuple of Tensor
        One for each input.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> x = fl.tensor(3.0, requires_grad=True)
    >>> (g,) = fl.autograd.grad(x**3, x, create_graph=True)
    >>> fl.autograd.grad(g, x)
    (tensor(18.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    outs, ins = _tuple(outputs), _tuple(inputs)
    keep = create_graph if retain_graph is None else retain_graph
    wanted = [_node_of_input(t) for t in ins]
    if is_grads_batched:
        rows = _batched(outs, _tuple(grad_outputs), wanted, keep, create_graph)
    else:
        rows = run_backward(_roots(outs, grad_outputs), wanted, keep, create_graph, False)
    result: list[Tensor | None] = []
    for i, (g, t) in enumerate(zip(rows, ins, strict=True)):
        if g is None and materialize_grads:
            shape = t.shape if not is_grads_batched else (len(_tuple(grad_outputs)[0]), *t.shape)
            g = make(np.zeros(shape, t.dtype), None)
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            )
        result.append(g)
    return tuple(result)


def _batched(
    outs: tuple[Any, ...],
    grads: tuple[Any, ...],
    wanted: list[TensorNode],
    keep: bool,
    create_graph: bool,
) -> list[Tensor | None]:
    """Walk the graph once for each entry of the gradients' leading axis, and stack."""
    from .methods import stack

    size = grads[0].shape[0]
    rows = []
    for k in range(size):
        chosen = [None if g is None else g[k] for g in grads]
        last = k == size - 1
        rows.append(
            run_backward(_roots(outs, chosen), wanted, keep or not last, create_graph, False)
        )
    columns: list[Tensor | None] = []
    for j in range(len(wanted)):
        column = [row[j] for row in rows]
        columns.append(None if column[0] is None else stack(column))
    return columns


_differentiation._backward = backward
