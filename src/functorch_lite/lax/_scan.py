"""`scan`, and `map` by it."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import (
    ShapedArray,
    bind,
    current_source,
    shape_of,
    summarize,
    typeof,
)
from ..prims.shape import concatenate, reshape, slice_
from ..pytree import PyTreeDef, tree_map, tree_unflatten
from ..transforms.control.body import record_carry, stack_length
from ..transforms.control.common import (
    flatten_arrays,
)
from ..transforms.control.scan import scan_p
from ..transforms.flatten import function_name, quiet
from ..transforms.jit import _enabled
from ..transforms.vmap import vmap

__all__ = ["map", "scan"]


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Loop over the leading axis of `xs`, carrying a state along.

    As this loop, but recorded once whatever the length::

        def scan(f, init, xs):
            carry, ys = init, []
            for x in xs:
                carry, y = f(carry, x)
                ys.append(y)
            return carry, np.stack(ys)

    Parameters
    ----------
    f : callable
        ``f(carry, x) -> (carry, y)`` on pytrees of arrays; the carry keeps its structure,
        shapes and dtypes.
    init : pytree
        The first carry. Python numbers take the dtype that `f` gives them.
    xs : pytree, optional
        Arrays with a common leading axis, of which `f` gets one slice a step. None with `length`
        for a loop over nothing.
    length : int, optional
        Number of steps.
    reverse : bool
        Go from the last slice to the first; outputs stay in the order of `xs`.
    unroll : int or bool
        Accepted for compatibility; it changes no result, and the compiler unrolls by itself.

    Returns
    -------
    carry : pytree
        The last carry.
    ys : pytree
        The outputs, stacked along a new leading axis.

    Raises
    ------
    ShapeError, DTypeError, PytreeError
        If leading axes differ, or the carry changes its type: the leaf and both types are named.

    Notes
    -----
    Differentiable to any order in forward and reverse mode. Reverse mode keeps the residuals of
    each step; wrap `f` in `checkpoint` to keep the carries only (Griewank & Walther 2008,
    chapter 12).

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> total, sums = scan(lambda c, x: (c + x, c + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> float(total), sums
    (6.0, array([1., 3., 6.]))
    >>> print(fl.grad(lambda x: scan(lambda c, _: (c * x, None), 1.0, length=3)[0])(2.0))
    12.0
    """
    name = function_name(f)
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(f"scan: unroll must be a positive int or a bool, got {unroll!r}")
    xs_leaves, xs_tree = flatten_arrays(xs, "xs of scan")
    n = stack_length(xs, xs_leaves, length, f"scan of {name}")
    if not _enabled[0]:
        return _scan_python(f, init, xs_leaves, xs_tree, n, reverse)
    avals = [ShapedArray(typeof(x).shape[1:], typeof(x).dtype) for x in xs_leaves]
    return scan_flat(f, name, init, xs_leaves, xs_tree, avals, n, reverse)


def scan_flat(
    f: Callable[..., Any],
    name: str,
    init: Any,
    xs: list[Any],
    xs_tree: PyTreeDef,
    avals: list[ShapedArray],
    length: int,
    reverse: bool,
) -> tuple[Any, Any]:
    """Record the body and bind."""
    y_tree: list[PyTreeDef] = []

    def body(carry: Any, x: Sequence[Any]) -> tuple[Any, list[Any]]:
        out = f(carry, tree_unflatten(xs_tree, list(x)))
        if not isinstance(out, tuple | list) or len(out) != 2:
            raise TypeError(
                f"the body of scan, {name}, must return a pair (carry, y), got "
                f"{type(out).__name__} {summarize(current_source())}; return (carry, None) if "
                "there is no output"
            )
        ys, tree = flatten_arrays(out[1], f"an output of {name}")
        y_tree.append(tree)
        return out[0], ys

    with quiet():
        jaxpr, consts, carry, tree = record_carry(body, init, avals, f"the scan body {name}")
        outs = bind(
            scan_p,
            *consts,
            *carry,
            *xs,
            jaxpr=jaxpr,
            n_consts=len(consts),
            n_carry=len(carry),
            length=length,
            reverse=bool(reverse),
        )
    k = len(carry)
    return tree_unflatten(tree, outs[:k]), tree_unflatten(y_tree[-1], outs[k:])


def _scan_python(
    f: Callable[..., Any], init: Any, xs: list[Any], tree: PyTreeDef, n: int, reverse: bool
) -> tuple[Any, Any]:
    """Loop in Python, for disable_jit."""
    if n == 0:
        raise ShapeError("scan under disable_jit needs at least one step")
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, tree_unflatten(tree, [_row(x, i) for x in xs]))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, tree_map(lambda *rows: _stack(rows), *ys)


def _row(x: Any, i: int) -> Any:
    """Return ``x[i]``."""
    shape = shape_of(x)
    row = slice_(x, (i,) + (0,) * (len(shape) - 1), (i + 1, *shape[1:]))
    return reshape(row, shape[1:])


def _stack(rows: Sequence[Any]) -> Any:
    """Join arrays along a new leading axis."""
    parts = [r if hasattr(r, "shape") else np.asarray(r) for r in rows]
    return concatenate([reshape(r, (1, *shape_of(r))) for r in parts], 0)


def map(f: Callable[[Any], Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """Apply `f` to one slice of `xs` after the other and stack the results.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of arrays.
    xs : pytree
        Arrays with a common leading axis.
    batch_size : int, optional
        Apply ``vmap(f)`` to so many slices at a time; the last batch may be smaller.

    Returns
    -------
    pytree
        Results stacked along a new leading axis.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> map(lambda x: x**2, np.arange(4.0))
    array([0., 1., 4., 9.])
    """
    if batch_size is None:
        return scan(lambda _, x: ((), f(x)), (), xs)[1]
    size = operator.index(batch_size)
    if size < 1:
        raise ValueError(f"map: batch_size must be positive, got {batch_size}")
    leaves, tree = flatten_arrays(xs, "xs of map")
    n = stack_length(xs, leaves, None, f"map of {function_name(f)}")
    full, rest = divmod(n, size)
    if full == 0:
        return vmap(f)(xs)
    cut = full * size

    def part(x: Any, lo: int, hi: int) -> Any:
        shape = shape_of(x)
        return slice_(x, (lo,) + (0,) * (len(shape) - 1), (hi, *shape[1:]))

    batches = [reshape(part(x, 0, cut), (full, size, *shape_of(x)[1:])) for x in leaves]
    out = map(vmap(f), tree_unflatten(tree, batches))
    out = tree_map(lambda y: reshape(y, (cut, *shape_of(y)[2:])), out)
    if rest == 0:
        return out
    tail = vmap(f)(tree_unflatten(tree, [part(x, cut, n) for x in leaves]))
    return tree_map(lambda a, b: concatenate([a, b], 0), out, tail)
