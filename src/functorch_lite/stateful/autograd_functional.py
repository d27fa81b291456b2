"""``autograd.functional``: Jacobians, Hessians and products with them, of functions of Tensors.

These are the functional transforms with PyTorch's signatures; `func` takes and returns Tensors and
may use their methods.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from .modes import no_grad
from .tensor import Tensor, make, wrap

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Func = Callable[..., Any]


def _inputs(inputs: Any) -> tuple[tuple[Any, ...], bool]:
    """Return inputs as a tuple, and whether there were several."""
    many = isinstance(inputs, tuple | list)
    given = tuple(inputs) if many else (inputs,)
    for i, x in enumerate(given):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"The inputs given must be Tensors, but the value at index {i} has type "
                f"{type(x).__name__}"
            )
    return given, many


def _of_tensors(func: Func) -> Func:
    return lambda *xs: func(*map(wrap, xs))


def _mode(create_graph: bool) -> Any:
    return nullcontext() if create_graph else no_grad()


def _one(x: Any, many: bool) -> Any:
    return x if many else x[0]


def _tensors(x: Any) -> Any:
    """Return arrays in nested tuples as Tensors."""
    if isinstance(x, tuple | list):
        return tuple(map(_tensors, x))
    return wrap(x)


def jacobian(
    func: Func, inputs: Any, create_graph: bool = False, strategy: str = "reverse-mode"
) -> Any:
    """Return the Jacobian of `func`.

    Parameters
    ----------
    func : callable
        Takes Tensors, returns a Tensor or a tuple of them.
    inputs : Tensor or tuple of Tensor
    create_graph : bool
        Record, so that the result can be differentiated.
    strategy : "reverse-mode" or "forward-mode"

    Returns
    -------
    Tensor or nested tuples
        For each output and each input, of the output's shape followed by the input's.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.autograd.functional.jacobian(lambda x: x.exp(), fl.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    from ..transforms import jacfwd, jacrev

    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(
            f"Expected strategy to be 'reverse-mode' or 'forward-mode', got {strategy!r}"
        )
    given, many = _inputs(inputs)
    transform = jacrev if strategy == "reverse-mode" else jacfwd
    several: list[bool] = []

    def f(*xs: Any) -> Any:
        out = func(*map(wrap, xs))
        several.append(isinstance(out, tuple | list))
        return tuple(out) if several[-1] else (out,)

    with _mode(create_graph):
        rows = transform(f, argnums=tuple(range(len(given))))(*given)
    table = tuple(_one(_tensors(row), many) for row in rows)
    return table if several[0] else table[0]


def hessian(func: Func, inputs: Any, create_graph: bool = False) -> Any:
    """Return the Hessian of a function with one scalar output.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.autograd.functional.hessian(lambda x: (x**3).sum(), fl.ones(2))
    tensor([[6., 0.],
            [0., 6.]])
    """
    from ..transforms import hessian as transform

    given, many = _inputs(inputs)
    with _mode(create_graph):
        rows = transform(_of_tensors(func), argnums=tuple(range(len(given))))(*given)
    return _one(tuple(_one(_tensors(row), many) for row in rows), many)


def _cotangent(v: Any, out: Any) -> Any:
    """Return the vector of a vjp, 1 for a scalar output that needs none."""
    if v is None:
        if isinstance(out, tuple) or out.size != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor "
                "with a single element."
            )
        return make(np.ones(out.shape, out.dtype), None)
    return tuple(v) if isinstance(v, list) else v


def vjp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return the output of `func` and the product of `v` with its Jacobian."""
    from ..transforms import vjp as transform

    given, many = _inputs(inputs)
    with _mode(create_graph):
        out, pullback = transform(_of_tensors(func), *given)
        cts = pullback(_cotangent(v, out))
    return _tensors(out), _one(_tensors(cts), many)


def jvp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return the output of `func` and the product of its Jacobian with `v`."""
    from ..transforms import jvp as transform

    given, _ = _inputs(inputs)
    tangents = tuple(v) if isinstance(v, tuple | list) else (_cotangent(v, given[0]),)
    with _mode(create_graph):
        out, tangent = transform(_of_tensors(func), given, tangents)
    return _tensors(out), _tensors(tangent)


def hvp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return the output of a scalar function and the product of its Hessian with `v`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.autograd.functional.hvp(lambda x: (x**3).sum(), fl.ones(2), fl.tensor([1.0, 2.0]))
    (tensor(2.), tensor([ 6., 12.]))
    """
    from ..transforms import grad
    from ..transforms import jvp as push

    given, many = _inputs(inputs)
    tangents = tuple(v) if isinstance(v, tuple | list) else (_cotangent(v, given[0]),)
    f = _of_tensors(func)
    gradient = grad(f, argnums=tuple(range(len(given))))
    with _mode(create_graph):
        out = f(*given)
        _, product = push(gradient, given, tangents)
    return _tensors(out), _one(_tensors(product), many)


def vhp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return the output and the product of `v` with the Hessian; the Hessian is symmetric."""
    return hvp(func, inputs, v, create_graph)
