"""Jacobians, Hessians and their products with vectors."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError
from ..ir import ShapedArray, current_state, is_inexact, typeof
from ..prims.arithmetic import add, convert_element_type
from ..prims.logical import eq
from ..prims.shape import broadcast_in_dim, iota, reshape
from ..pytree import tree_flatten, tree_unflatten
from .flatten import (
    FlatFunction,
    argnums_tuple,
    check_array,
    check_differentiable,
    function_name,
    is_single,
)
from .gradient import grad
from .products import jvp, vjp
from .transformed import transformed
from .vmap import vmap

__all__ = ["hessian", "hvp", "jacfwd", "jacobian", "jacrev"]


def _standard_basis(avals: Sequence[ShapedArray]) -> list[Any]:
    """Return, for each aval, the unit vectors of the whole space: arrays (total, *shape)."""
    total = sum(a.size for a in avals)
    out, start = [], 0
    if current_state().omni is not None:
        return _computed_basis(avals, total)
    for a in avals:
        block = np.zeros((total, a.size), a.dtype)
        block[start : start + a.size] = np.eye(a.size, dtype=a.dtype)
        out.append(block.reshape((total, *a.shape)))
        start += a.size
    return out


def _computed_basis(avals: Sequence[ShapedArray], total: int) -> list[Any]:
    """Return the basis as operations, which a compiler makes part of what reads it."""
    out, start = [], 0
    for a in avals:
        if total == 1 and a.size == 1:
            out.append(broadcast_in_dim(a.dtype.type(1), (1, *a.shape), ()))
            continue
        column = iota(np.int64, (total, a.size), 1)
        if start:
            column = add(column, np.int64(start))
        ones = eq(iota(np.int64, (total, a.size), 0), column)
        out.append(reshape(convert_element_type(ones, a.dtype), (total, *a.shape)))
        start += a.size
    return out


class _Problem:
    """A Jacobian's arguments, flat."""

    def __init__(
        self,
        fun: Callable[..., Any],
        argnums: int | Sequence[int],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: dict[str, Any],
        has_aux: bool,
    ) -> None:
        name = function_name(fun)
        self.nums = argnums_tuple(argnums, len(args), name)
        for i in self.nums:
            check_differentiable(args[i], i, name, **options)
        self.single = is_single(argnums)
        chosen = tuple(args[i] for i in self.nums)
        leaves, self.in_tree = tree_flatten(chosen)
        self.leaves = [check_array(x, name) for x in leaves]

        def f(*xs: Any) -> Any:
            full = list(args)
            for i, x in zip(self.nums, xs, strict=True):
                full[i] = x
            return fun(*full, **kwargs)

        self.flat = FlatFunction(f, self.in_tree, has_aux, takes_kwargs=False)
        self.flat.name = name

    def call(self, *leaves: Any) -> tuple[list[Any], Any]:
        """Return the output's leaves, and aux."""
        return self.flat.split(self.flat(*leaves))

    def check_output(self, avals: Sequence[ShapedArray], transform: str, holomorphic: bool) -> None:
        """Raise unless the output can be differentiated."""
        for a in avals:
            if not is_inexact(a.dtype):
                raise NonDifferentiableError(
                    f"{transform} needs float or complex outputs, but {self.flat.name} returned "
                    f"{a.dtype.name}"
                )
            if a.dtype.kind == "c" and not holomorphic and transform == "jacrev":
                raise NonDifferentiableError(
                    f"jacrev of a complex output ({self.flat.name}) needs holomorphic=True"
                )

    def assemble(self, columns: list[list[Any]]) -> Any:
        """Build the pytree: out structure, and the arguments' structure at each leaf."""
        per_out = []
        for row in columns:
            tree = tree_unflatten(self.in_tree, row)
            per_out.append(tree[0] if self.single else tree)
        return self.flat.unflatten(per_out)


def jacfwd(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that computes the Jacobian of `fun` in forward mode.

    One forward pass for each input element, vectorised: best for few inputs.

    Parameters
    ----------
    fun : callable
        Maps pytrees of arrays to a pytree of arrays.
    argnums : int or sequence of int
        Arguments to differentiate.
    has_aux : bool
        Whether `fun` returns ``(out, aux)``; the result is then ``(jacobian, aux)``.
    holomorphic : bool
        Promise that `fun` is holomorphic, for complex inputs.
    chunk_size : int, optional
        How many columns to compute at a time, to bound memory.

    Returns
    -------
    callable
        Returns the structure of the output, each leaf a tree like the argument; an array has
        shape ``out.shape + arg.shape``.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> print(fl.jacfwd(lambda x: x**2)(np.array([1.0, 2.0])))
    [[2. 0.]
     [0. 4.]]
    """

    @transformed(
        jacfwd,
        fun,
        argnums=argnums,
        has_aux=has_aux,
        holomorphic=holomorphic,
        chunk_size=chunk_size,
    )
    def jacfwd_f(*args: Any, **kwargs: Any) -> Any:
        options = {"transform": "jacfwd", "holomorphic": holomorphic, "allow_int": False}
        p = _Problem(fun, argnums, args, kwargs, options, has_aux)
        in_avals = [typeof(x) for x in p.leaves]
        primal_outs: list[Any] = []
        found: list[Any] = []

        def push(*tangents: Any) -> list[Any]:
            # Nothing but tangents is mapped here, so outputs and aux are the caller's values.
            outs, ts, aux = jvp(p.call, tuple(p.leaves), tangents, has_aux=True)
            primal_outs[:] = [typeof(o) for o in outs]
            found[:] = [aux]
            return ts

        cols = vmap(push, out_axes=-1, chunk_size=chunk_size)(*_standard_basis(in_avals))
        p.check_output(primal_outs, "jacfwd", holomorphic)
        rows = []
        for col, out in zip(cols, primal_outs, strict=True):
            rows.append(_split_last(col, out, in_avals))
        jac = p.assemble(rows)
        return (jac, found[0]) if has_aux else jac

    return jacfwd_f


def _split_last(col: Any, out: ShapedArray, in_avals: Sequence[ShapedArray]) -> list[Any]:
    """Cut the axis of all inputs into one block for each input."""
    from ..prims.shape import slice_

    blocks, start = [], 0
    lead = out.shape
    for a in in_avals:
        lo = (0,) * len(lead) + (start,)
        hi = (*lead, start + a.size)
        blocks.append(reshape(slice_(col, lo, hi), (*lead, *a.shape)))
        start += a.size
    return blocks


def jacrev(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that computes the Jacobian of `fun` in reverse mode.

    One backward pass for each output element, vectorised: best for few outputs. Parameters and
    result are those of `jacfwd`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> print(fl.jacrev(np.sum)(np.ones(3)))
    [1. 1. 1.]
    """

    @transformed(
        jacrev,
        fun,
        argnums=argnums,
        has_aux=has_aux,
        holomorphic=holomorphic,
        allow_int=allow_int,
        chunk_size=chunk_size,
    )
    def jacrev_f(*args: Any, **kwargs: Any) -> Any:
        options = {"transform": "jacrev", "holomorphic": holomorphic, "allow_int": allow_int}
        p = _Problem(fun, argnums, args, kwargs, options, has_aux)
        outs, pull, aux = vjp(p.call, *p.leaves, has_aux=True)
        out_avals = [typeof(o) for o in outs]
        p.check_output(out_avals, "jacrev", holomorphic)
        basis = _standard_basis(out_avals)
        grads = vmap(lambda *cts: pull(list(cts)), chunk_size=chunk_size)(*basis)
        rows, start = [], 0
        for a in out_avals:
            row = [
                None if g is None else _rows(g, start, a, typeof(x))
                for g, x in zip(grads, p.leaves, strict=True)
            ]
            rows.append(row)
            start += a.size
        jac = p.assemble(rows)
        return (jac, aux) if has_aux else jac

    return jacrev_f


def _rows(g: Any, start: int, out: ShapedArray, arg: ShapedArray) -> Any:
    """Take the rows of one output from the stacked gradients."""
    from ..prims.shape import slice_

    lo = (start,) + (0,) * arg.ndim
    hi = (start + out.size, *arg.shape)
    return reshape(slice_(g, lo, hi), (*out.shape, *arg.shape))


jacobian = jacrev


def hessian(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that computes the Hessian of `fun`, forward over reverse.

    Parameters
    ----------
    fun : callable
        Returns a scalar (or an array, for one Hessian each).
    argnums, has_aux, holomorphic, chunk_size
        As in `jacfwd`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> print(fl.hessian(lambda x: np.sum(x**3))(np.array([1.0, 2.0])))
    [[ 6.  0.]
     [ 0. 12.]]
    """
    inner = jacrev(fun, argnums, has_aux=has_aux, holomorphic=holomorphic)
    return jacfwd(inner, argnums, has_aux=has_aux, holomorphic=holomorphic, chunk_size=chunk_size)


def hvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of the Hessian of a scalar `fun` with a vector.

    Forward over reverse: about the cost of two gradients (Pearlmutter 1994, "Fast exact
    multiplication by the Hessian").

    Parameters
    ----------
    fun : callable
        Returns a scalar.
    primals, tangents : tuple
        One entry for each argument.

    Returns
    -------
    pytree
        Like the argument, or a tuple if there are several.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    >>> print(fl.hvp(lambda x: np.sum(x**3), (x,), (v,)))
    [6. 0.]
    """
    argnums: int | tuple[int, ...] = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(fun, argnums), tuple(primals), tuple(tangents))[1]
