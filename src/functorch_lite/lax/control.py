"""Control flow: loops and branches that can be traced, differentiated and mapped."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    ShapedArray,
    bind,
    convert_if_needed,
    current_source,
    is_tracer,
    shape_of,
    summarize,
    typeof,
)
from ..prims.arithmetic import add
from ..prims.logical import lt
from ..prims.shape import concatenate, reshape, slice_
from ..pytree import PyTreeDef, tree_flatten, tree_map, tree_unflatten
from ..transforms.control.associative import associative_scan as associative_scan
from ..transforms.control.body import record_carry, stack_length
from ..transforms.control.choose import cond as cond
from ..transforms.control.choose import switch as switch
from ..transforms.control.common import (
    flatten_arrays,
    predicate,
    record_body,
)
from ..transforms.control.root import custom_root as custom_root
from ..transforms.control.scan import scan_p
from ..transforms.control.solve import custom_linear_solve as custom_linear_solve
from ..transforms.control.while_ import while_p
from ..transforms.flatten import check_array, function_name, quiet
from ..transforms.jit import _enabled
from ..transforms.vmap import vmap

__all__ = [
    "associative_scan",
    "cond",
    "custom_linear_solve",
    "custom_root",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "while_loop",
]


# --- scan -----------------------------------------------------------------------------------------


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
    return _scan_flat(f, name, init, xs_leaves, xs_tree, avals, n, reverse)


def _scan_flat(
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


# --- while and fori -------------------------------------------------------------------------------


def while_loop(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any
) -> Any:
    """Apply `body_fun` as long as `cond_fun` holds.

    Parameters
    ----------
    cond_fun : callable
        From the carry to a scalar bool.
    body_fun : callable
        From the carry to the next carry, of the same structure, shapes and dtypes.
    init_val : pytree
        The first carry. Python numbers take the dtype that `body_fun` gives them.

    Returns
    -------
    pytree
        The first carry for which `cond_fun` does not hold.

    Raises
    ------
    DTypeError, ShapeError, PytreeError
        If `cond_fun` does not return a scalar bool, or the carry changes its type.

    Notes
    -----
    Differentiable to any order in forward *and reverse* mode, under jit too. Reverse mode keeps
    the residuals of all steps (see `transforms.control.counted`); so does forward mode without
    jit, while under jit it keeps nothing. Under vmap with a predicate that differs from lane to
    lane the loop runs until all lanes have finished; finished lanes keep their values.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> double = lambda x: while_loop(lambda c: c < 10, lambda c: c * 2, x)
    >>> float(double(3.0)), float(fl.grad(double)(3.0))
    (12.0, 4.0)
    >>> fl.vmap(double)(np.array([1.0, 3.0]))
    array([16., 12.])
    """
    what = f"cond_fun {function_name(cond_fun)} of while_loop"
    if not _enabled[0]:
        value = init_val
        while predicate(cond_fun(value), what):
            value = body_fun(value)
        return value
    with quiet():
        body, consts, carry, tree = record_carry(
            lambda c, _: (body_fun(c), []),
            init_val,
            [],
            f"the while_loop body {function_name(body_fun)}",
        )

        def test(*leaves: Any) -> list[Any]:
            return [predicate(cond_fun(tree_unflatten(tree, leaves)), what)]

        cond_jaxpr, cond_consts = record_body(test, [typeof(x) for x in carry], what)
        outs = bind(
            while_p,
            *cond_consts,
            *consts,
            *carry,
            cond_jaxpr=cond_jaxpr,
            body_jaxpr=body,
            n_cond_consts=len(cond_consts),
            n_body_consts=len(consts),
        )
    return tree_unflatten(tree, outs)


def fori_loop(
    lower: Any,
    upper: Any,
    body_fun: Callable[[Any, Any], Any],
    init_val: Any,
    *,
    unroll: int | bool | None = None,
) -> Any:
    """Apply ``body_fun(i, carry)`` for i from `lower` to `upper`, exclusive.

    Parameters
    ----------
    lower, upper : int
        Known numbers make this a `scan`, traced ones a `while_loop`; both can be differentiated
        in forward and reverse mode.
    body_fun : callable
        From ``(i, carry)`` to the next carry, of the same structure, shapes and dtypes.
    init_val : pytree
        The first carry.
    unroll : int or bool, optional
        Accepted for compatibility, as in `scan`.

    Returns
    -------
    pytree
        The last carry; `init_val` if ``upper <= lower``.

    Examples
    --------
    >>> float(fori_loop(0, 4, lambda i, c: c + i, 0.0))
    6.0
    """
    lower, upper, aval = _bounds(lower, upper)
    if not _enabled[0]:
        value = init_val
        for i in range(operator.index(lower), operator.index(upper)):
            value = body_fun(i, value)
        return value
    name = function_name(body_fun)
    if not is_tracer(lower) and not is_tracer(upper):
        index = np.arange(int(lower), max(int(lower), int(upper)), dtype=aval.dtype)
        one_leaf = tree_flatten(0)[1]

        def step(carry: Any, i: Any) -> tuple[Any, None]:
            return body_fun(i, carry), None

        return _scan_flat(step, name, init_val, [index], one_leaf, [aval], len(index), False)[0]
    with quiet():
        return _fori_while(lower, upper, aval, body_fun, name, init_val)


def _bounds(lower: Any, upper: Any) -> tuple[Any, Any, ShapedArray]:
    """Check the bounds of a fori_loop; return them with one dtype, and the aval of the index."""
    for what, x in (("lower", lower), ("upper", upper)):
        aval = typeof(check_array(x, f"{what} of fori_loop"))
        if aval.shape != () or aval.dtype.kind not in "iu":
            raise DTypeError(
                f"fori_loop: {what} must be an int, got {aval} {summarize(current_source())}"
            )
    lo, hi = typeof(lower), typeof(upper)
    if lo.weak_type and hi.weak_type:
        dtype = np.result_type(lo.dtype, hi.dtype)
    elif lo.weak_type or hi.weak_type:
        dtype = (hi if lo.weak_type else lo).dtype
    else:
        dtype = np.result_type(lo.dtype, hi.dtype)
    # As in JAX the index starts from `lower`: from a Python number it gives way to what it meets.
    aval = ShapedArray((), dtype, lo.weak_type)
    if dtype.kind not in "iu":
        raise DTypeError(f"fori_loop: bounds of {lo.dtype} and {hi.dtype} have no common int type")
    return convert_if_needed(lower, dtype), convert_if_needed(upper, dtype), aval


def _fori_while(
    lower: Any, upper: Any, aval: ShapedArray, body_fun: Any, name: str, init_val: Any
) -> Any:
    """Count in the carry of a while loop."""

    def body(carry: Any, others: Sequence[Any]) -> tuple[Any, list[Any]]:
        return body_fun(others[0], carry), [add(others[0], aval.dtype.type(1))]

    step, consts, carry, tree = record_carry(body, init_val, [aval], f"the fori_loop body {name}")
    avals = [aval, *[typeof(x) for x in carry], aval]
    test, _ = record_body(lambda stop, *c: [lt(c[-1], stop)], avals, "fori_loop")
    outs = bind(
        while_p,
        upper,
        *consts,
        *carry,
        lower,
        cond_jaxpr=test,
        body_jaxpr=step,
        n_cond_consts=1,
        n_body_consts=len(consts),
    )
    return tree_unflatten(tree, outs[:-1])
