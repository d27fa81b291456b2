"""cond and switch: the functions that users call."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import DTypeError
from ...ir import (
    Tracer,
    as_argument,
    bind,
    convert_if_needed,
    current_source,
    current_state,
    is_tracer,
    summarize,
    typeof,
)
from ...prims.arithmetic import clamp_p, convert_element_type
from ...prims.logical import ne_p
from ...pytree import PyTreeDef, tree_unflatten
from ..flatten import check_array, quiet
from ..jit import _enabled
from .body import Branches, as_operand, record_branches
from .branch import cond_p
from .common import flatten_arrays

__all__ = ["cond", "switch"]

_NOT_GIVEN: Any = object()
Functions = tuple[Callable[..., Any], ...]


def cond(pred: Any, *args: Any, operand: Any = _NOT_GIVEN, **named: Any) -> Any:
    """Apply one of two functions: ``cond(pred, true_fun, false_fun, *operands)``.

    Parameters
    ----------
    pred : bool
        A scalar. A number counts as true unless it is 0.
    true_fun, false_fun : callable
        Take the operands and return pytrees of equal structure, shapes and dtypes. Only the one
        that is chosen runs, unless `pred` differs between the lanes of a vmap.
    *operands : pytrees
        Arguments of both functions.
    operand : pytree, optional
        The only operand, by name.

    Returns
    -------
    pytree
        What the chosen function returns.

    Raises
    ------
    DTypeError, ShapeError, PytreeError
        If `pred` is not a scalar, or the functions return different types.

    Notes
    -----
    If `pred` is known (no jit, no mapped axis) the chosen function is called with the operands
    as they are; the other is recorded once, to check that both return the same types. The old
    form ``cond(pred, true_operand, true_fun, false_operand, false_fun)`` works too.

    Under vmap with a predicate that differs from lane to lane both functions run on all lanes;
    what a function does to lanes that did not choose it has no derivative.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> root = lambda x: cond(x > 0, np.sqrt, lambda x: 0.0 * x, x)
    >>> float(root(4.0)), float(root(-1.0)), float(fl.grad(root)(4.0))
    (2.0, -0.0, 0.25)
    >>> fl.vmap(fl.grad(root))(np.array([0.0, 4.0]))
    array([0.  , 0.25])
    """
    true_fun, false_fun, operands = _cond_arguments(args, operand, named)
    which = _bool(pred)
    return _choose(which, (false_fun, true_fun), operands, "cond")


def _cond_arguments(
    args: tuple[Any, ...], operand: Any, named: dict[str, Any]
) -> tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]:
    """Return (true_fun, false_fun, operands) of the new form and of the old one."""
    unknown = set(named) - {"true_fun", "false_fun"}
    if unknown:
        raise TypeError(f"cond got unexpected arguments {sorted(unknown)}")
    rest = list(args)
    if len(rest) == 4 and not named and operand is _NOT_GIVEN:
        true_operand, true_fun, false_operand, false_fun = rest
        is_new = callable(true_operand) and callable(true_fun)
        if not is_new and callable(true_fun) and callable(false_fun):
            both = (true_operand, false_operand)
            return (lambda t, f: true_fun(t)), (lambda t, f: false_fun(f)), both
    functions = []
    for name in ("true_fun", "false_fun"):
        if name not in named and not rest:
            raise TypeError("cond needs a predicate and two functions: cond(pred, f, g, *operands)")
        f = named[name] if name in named else rest.pop(0)
        if not callable(f):
            raise TypeError(
                f"cond: {name} must be a function, got {type(f).__name__} "
                f"{summarize(current_source())}"
            )
        functions.append(f)
    if operand is not _NOT_GIVEN:
        if rest:
            raise TypeError("cond got both operands and operand=")
        rest = [operand]
    return functions[0], functions[1], tuple(rest)


def switch(
    index: Any, branches: Sequence[Callable[..., Any]], *operands: Any, operand: Any = _NOT_GIVEN
) -> Any:
    """Apply ``branches[index]``; an index outside is clamped to the first or last.

    Parameters
    ----------
    index : int
        A scalar.
    branches : sequence of callables
        Take the operands and return pytrees of equal structure, shapes and dtypes.
    *operands : pytrees
        Arguments of all branches.
    operand : pytree, optional
        The only operand, by name.

    Returns
    -------
    pytree
        What the chosen branch returns.

    Raises
    ------
    DTypeError, ShapeError, PytreeError
        If `index` is not a scalar int, or the branches return different types.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> float(switch(1, [np.sin, np.exp, np.cos], 0.0)), float(switch(9, [np.sin, np.cos], 0.0))
    (1.0, 1.0)
    """
    functions = tuple(branches)
    if not functions or not all(callable(f) for f in functions):
        raise TypeError("switch needs a non-empty sequence of functions")
    if operand is not _NOT_GIVEN:
        if operands:
            raise TypeError("switch got both operands and operand=")
        operands = (operand,)
    value = check_array(index, "the index of switch")
    aval = typeof(value)
    if aval.shape != () or aval.dtype.kind not in "iu":
        raise DTypeError(
            f"the index of switch must be a scalar int, got {aval} {summarize(current_source())}"
        )
    return _choose(_clamped(value, len(functions)), functions, operands, "switch")


def _clamped(index: Any, n: int) -> Any:
    """Return an index as int32 in [0, n)."""
    if not is_tracer(index):
        return np.int32(min(max(int(index), 0), n - 1))
    dtype = index.dtype
    last = dtype.type(min(n - 1, np.iinfo(dtype).max))
    inside = bind(clamp_p, dtype.type(0), index, last)
    return convert_element_type(inside, np.dtype(np.int32))


def _bool(pred: Any) -> Any:
    """Return a predicate as a scalar bool."""
    value = check_array(pred, "the predicate of cond")
    aval = typeof(value)
    if aval.shape != ():
        raise DTypeError(
            f"the predicate of cond must be a scalar, got {aval} {summarize(current_source())}; "
            "use functorch_lite.numpy.where to choose elementwise, or vmap cond"
        )
    if aval.dtype.kind == "b":
        return value
    return bind(ne_p, value, aval.dtype.type(0)) if is_tracer(value) else np.bool_(value != 0)


def _choose(which: Any, functions: Functions, operands: tuple[Any, ...], what: str) -> Any:
    """Call a branch if it is known, else bind `cond_p`."""
    with quiet():
        leaves, tree = flatten_arrays(operands, f"an operand of {what}")
        known = not isinstance(which, Tracer)
        if known and (current_state().omni is None or not isinstance(which, np.ndarray)):
            leaves = [as_argument(x) for x in leaves]
            return _call(int(which), functions, leaves, tree, what)
        if len(functions) == 1:
            return functions[0](*operands)
        joined = record_branches(functions, tree, [typeof(x) for x in leaves], what)
        operands = tuple(as_operand(x) for x in leaves)
        outs = bind(cond_p, which, *joined.consts, *operands, branches=joined.jaxprs)
    return tree_unflatten(joined.out_tree, outs)


# What is known of the results of branches, by their code, so that each is recorded only once.
_checked: dict[Any, tuple[PyTreeDef, list[Any]]] = {}
_MAX_CHECKED = 512


def _call(i: int, functions: Functions, leaves: list[Any], tree: PyTreeDef, what: str) -> Any:
    """Call one branch and give its result the types that all branches agree on."""
    out = functions[i](*tree_unflatten(tree, leaves))
    if len(functions) == 1 or not _enabled[0]:
        return out
    values, out_tree = flatten_arrays(out, f"what a branch of {what} returns")
    codes = tuple(getattr(f, "__code__", None) for f in functions)
    key = (i, codes, tree, tuple(typeof(x) for x in leaves))
    known = _checked.get(key) if None not in codes else None
    types = [typeof(v) for v in values]
    if known is None or known[0] != out_tree or known[1] != types:
        joined = _join(functions, leaves, tree, what)
        known = (joined.out_tree, types)
        dtypes = [a.dtype for a in joined.out_avals]
        if None not in codes and dtypes == [a.dtype for a in types]:
            if len(_checked) >= _MAX_CHECKED:
                _checked.clear()
            _checked[key] = known
        values = [convert_if_needed(v, d) for v, d in zip(values, dtypes, strict=True)]
    return tree_unflatten(out_tree, [v if isinstance(v, Tracer) else np.asarray(v) for v in values])


def _join(functions: Functions, leaves: list[Any], tree: PyTreeDef, what: str) -> Branches:
    return record_branches(functions, tree, [typeof(x) for x in leaves], what)
