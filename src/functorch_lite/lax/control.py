"""Control flow: loops and branches that can be traced, differentiated and mapped."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..ir import (
    ShapedArray,
    bind,
    convert_if_needed,
    current_source,
    is_tracer,
    summarize,
    typeof,
)
from ..prims.arithmetic import add
from ..prims.logical import lt
from ..pytree import tree_flatten, tree_unflatten
from ..transforms.control.associative import associative_scan as associative_scan
from ..transforms.control.body import record_carry
from ..transforms.control.choose import cond as cond
from ..transforms.control.choose import switch as switch
from ..transforms.control.common import (
    predicate,
    record_body,
)
from ..transforms.control.root import custom_root as custom_root
from ..transforms.control.solve import custom_linear_solve as custom_linear_solve
from ..transforms.control.while_ import while_p
from ..transforms.flatten import check_array, function_name, quiet
from ..transforms.jit import _enabled
from ._scan import map as map
from ._scan import scan as scan
from ._scan import scan_flat

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

        return scan_flat(step, name, init_val, [index], one_leaf, [aval], len(index), False)[0]
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
