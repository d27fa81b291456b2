"""grad and value_and_grad."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError
from ..ir import (
    is_inexact,
    typeof,
)
from ..pytree import PyTreeDef, tree_flatten, tree_unflatten
from .flatten import (
    FlatFunction,
    argnums_tuple,
    array_output,
    check_differentiable,
    finish_ct,
    function_name,
    is_single,
    quiet,
)
from .reverse import vjp_flat
from .transformed import transformed

__all__ = ["grad", "value_and_grad"]


def grad(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[..., Any]:
    """Return a function that computes the gradient of `fun`.

    Parameters
    ----------
    fun : callable
        Returns a scalar (0-d float), or a pair ``(scalar, aux)`` if `has_aux`. Its arguments
        are pytrees of arrays.
    argnums : int or sequence of int
        The positional arguments to differentiate.
    has_aux : bool
        Whether `fun` returns auxiliary data beside the scalar.
    holomorphic : bool
        Promise that `fun` is holomorphic; inputs and output are complex then.
    allow_int : bool
        Let differentiated arguments have integer leaves; their gradient is ``None``.

    Returns
    -------
    callable
        With the signature of `fun`; returns the gradient, of the structure, shapes and dtypes
        of the argument (a tuple of them if `argnums` is a sequence), or ``(gradient, aux)``.

    Raises
    ------
    NonDifferentiableError
        If an argument is an integer, or the output is not a float scalar.

    Notes
    -----
    Reverse mode: one forward and one backward pass whatever the size of the arguments
    (Griewank & Walther 2008, chapter 3). For complex arguments the convention is JAX's: the
    conjugate of PyTorch's.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> print(fl.grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0])))
    [2. 4.]
    """
    options: dict[str, Any] = {
        "argnums": argnums,
        "has_aux": has_aux,
        "holomorphic": holomorphic,
        "allow_int": allow_int,
    }
    vg = value_and_grad(fun, **options)

    @transformed(grad, fun, **options)
    def grad_f(*args: Any, **kwargs: Any) -> Any:
        value, gradient = vg(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return grad_f


def value_and_grad(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[..., Any]:
    """Return a function that computes the value of `fun` and its gradient.

    Parameters and errors are those of `grad`; the result is ``(value, gradient)``, or
    ``((value, aux), gradient)`` if `has_aux`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> value, g = fl.value_and_grad(lambda x: x**3)(2.0)
    >>> float(value), float(g)
    (8.0, 12.0)
    """
    name = function_name(fun)

    @transformed(
        value_and_grad,
        fun,
        argnums=argnums,
        has_aux=has_aux,
        holomorphic=holomorphic,
        allow_int=allow_int,
    )
    def value_and_grad_f(*args: Any, **kwargs: Any) -> Any:
        nums = argnums_tuple(argnums, len(args), name)
        leaves, treedef = tree_flatten(tuple(args[i] for i in nums))
        mask = _differentiable_mask(leaves, args, nums, name, holomorphic, allow_int)
        flat = _partial_flat(fun, args, kwargs, nums, treedef, has_aux)
        with quiet():
            results, pullback = vjp_flat(flat, leaves, mask, copy_inputs=False)
            outs, aux = flat.split(results)
            ct = _scalar_cotangent(outs, name, holomorphic)
            cts = iter(pullback([ct] + [None] * (len(results) - 1)))
            grads = [
                finish_ct(next(cts), leaf) if d else None
                for leaf, d in zip(leaves, mask, strict=True)
            ]
        gradient = tree_unflatten(treedef, grads)
        gradient = gradient[0] if is_single(argnums) else gradient
        value = flat.unflatten([array_output(outs[0], name)])
        return ((value, aux), gradient) if has_aux else (value, gradient)

    return value_and_grad_f


def _differentiable_mask(
    leaves: list[Any],
    args: tuple[Any, ...],
    nums: tuple[int, ...],
    name: str,
    holomorphic: bool,
    allow_int: bool,
) -> list[bool]:
    """Return which leaves get a gradient; raise for those that cannot have one."""
    mask = []
    for i, x in enumerate(leaves):
        if hasattr(x, "__functorch_lite_array__"):
            x = leaves[i] = x.__functorch_lite_array__()
        dtype = getattr(x, "dtype", None)
        kind = (
            dtype.kind if isinstance(dtype, np.dtype) else {float: "f", complex: "c"}.get(type(x))
        )
        mask.append(kind == "f" or kind == "c")
        if kind != "f" or holomorphic or not (dtype is None or dtype.isnative):
            for j in nums:
                check_differentiable(
                    args[j],
                    j,
                    name,
                    transform="grad",
                    holomorphic=holomorphic,
                    allow_int=allow_int,
                )
    return mask


def _partial_flat(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    nums: tuple[int, ...],
    treedef: PyTreeDef,
    has_aux: bool,
) -> FlatFunction:
    """Make `fun` a flat function of the leaves of the arguments `nums`."""

    def of_chosen(*chosen: Any) -> Any:
        full = list(args)
        for i, x in zip(nums, chosen, strict=True):
            full[i] = x
        return fun(*full, **kwargs)

    flat = FlatFunction(of_chosen, treedef, has_aux, takes_kwargs=False)
    flat.name = function_name(fun)
    return flat


def _scalar_cotangent(outs: list[Any], name: str, holomorphic: bool) -> Any:
    """Return the cotangent 1 for a scalar output, or raise."""
    if len(outs) != 1:
        raise NonDifferentiableError(
            f"grad needs a scalar output, but {name} returned {len(outs)} arrays. Return one "
            "scalar (sum the losses), use has_aux=True for what goes beside it, or jacrev / vjp."
        )
    aval = typeof(outs[0])
    if aval.shape != ():
        raise NonDifferentiableError(
            f"grad needs a scalar output, but {name} returned an array of shape {aval.shape}. "
            "Reduce it (.sum(), .mean()), or use jacrev / jacfwd / vjp; for one gradient per "
            "example use vmap(grad(f))."
        )
    if aval.dtype.kind == "c" and not holomorphic:
        raise NonDifferentiableError(
            f"grad needs a real output, but {name} returned {aval.dtype.name}. Return a real "
            "scalar (abs(x)**2, x.real), or pass holomorphic=True for a holomorphic function."
        )
    if not is_inexact(aval.dtype) or (holomorphic and aval.dtype.kind != "c"):
        needs = " with holomorphic=True needs a complex" if holomorphic else " needs a float"
        raise NonDifferentiableError(f"grad{needs} output, but {name} returned {aval.dtype.name}")
    return aval.dtype.type(1)
