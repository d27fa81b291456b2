"""Products with Jacobians: vjp, jvp, linearize, linear_transpose."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, NonDifferentiableError, PytreeError, ShapeError
from ..ir import (
    Jaxpr,
    ShapedArray,
    Tracer,
    convert_if_needed,
    is_inexact,
    run_jaxpr,
    typeof,
)
from ..pytree import (
    PyTreeDef,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_map,
    tree_structure,
    tree_unflatten,
)
from .dual import jvp_flat, linearize_flat
from .flatten import (
    FlatFunction,
    array_output,
    check_array,
    finish_ct,
    function_name,
    quiet,
)
from .reverse import vjp_flat
from .transpose import instantiate, transpose_flat

__all__ = ["jvp", "linear_transpose", "linearize", "vjp"]


def vjp(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Evaluate `fun` and return its vector-Jacobian product.

    Parameters
    ----------
    fun : callable
        Maps pytrees of arrays to a pytree of arrays.
    *primals
        Where to evaluate; integer leaves are allowed and get a cotangent of ``None``.
    has_aux : bool
        Whether `fun` returns ``(out, aux)``.

    Returns
    -------
    out : pytree
        ``fun(*primals)``.
    vjp_fun : callable
        Maps a cotangent of the structure of `out` to a tuple of cotangents, one for each
        primal. It may be called again; later writes to the primals do not change it.
    aux : pytree
        Only if `has_aux`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> y, pull = fl.vjp(np.sin, 0.0)
    >>> float(y), float(pull(2.0)[0])
    (0.0, 2.0)
    """
    name = function_name(fun)
    leaves, treedef = tree_flatten((primals, {}))
    leaves = [check_array(x, f"an argument of {name}") for x in leaves]
    mask = [is_inexact(typeof(x).dtype) for x in leaves]
    flat = FlatFunction(fun, treedef, has_aux)
    with quiet():
        results, pullback = vjp_flat(flat, leaves, mask, copy_inputs=True)
    outs, aux = flat.split(results)
    n_aux = len(results) - len(outs)
    out_tree = flat.out_tree
    out_avals = [typeof(o) for o in outs]
    primal_avals = [typeof(x) for x in leaves]

    def vjp_fun(ct: Any) -> Any:
        """Map an output cotangent to a tuple of input cotangents."""
        cts = _check_cotangents(ct, out_tree, out_avals, name)
        with quiet():
            in_cts = iter(pullback(cts + [None] * n_aux))
            full = [
                finish_ct(next(in_cts), a) if d else None
                for a, d in zip(primal_avals, mask, strict=True)
            ]
        return tree_unflatten(treedef, full)[0]

    value = flat.unflatten(outs)
    return (value, vjp_fun, aux) if has_aux else (value, vjp_fun)


def _check_cotangents(
    ct: Any, out_tree: PyTreeDef | None, avals: list[ShapedArray], name: str
) -> list[Any]:
    """Flatten a cotangent and check it against the output; None leaves are zeros."""
    pairs, tree = tree_flatten_with_path(ct)
    if tree != out_tree:
        pairs, _ = tree_flatten_with_path(ct, is_leaf=lambda x: x is None)
        filled = tree_map(lambda x: 0, ct, is_leaf=lambda x: x is None)
        tree = tree_structure(filled)
    if tree != out_tree:
        raise PytreeError(
            f"the cotangent passed to the vjp of {name} has structure {tree}, but the output of "
            f"{name} has {out_tree}; pass one array for each output array, arranged alike"
        )
    out: list[Any] = []
    for (path, x), aval in zip(pairs, avals, strict=True):
        where = f"the cotangent{keystr(path)} passed to the vjp of {name}"
        if x is None or (not is_inexact(aval.dtype) and _is_float0(x)):
            out.append(None)
            continue
        got = typeof(check_array(x, where))
        if got.shape != aval.shape:
            raise ShapeError(f"{where} has shape {got.shape}, the output has {aval.shape}")
        if not is_inexact(aval.dtype):
            out.append(None)
            continue
        if got.dtype != aval.dtype and not got.weak_type:
            raise DTypeError(
                f"{where} is {got.dtype.name}, the output is {aval.dtype.name}; convert it with "
                f"x.astype({aval.dtype.name!r})"
            )
        out.append(convert_if_needed(x, aval.dtype))
    return out


def _is_float0(x: Any) -> bool:
    """Tell whether `x` is an array of the type that JAX gives cotangents of integers."""
    dtype = getattr(x, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.kind == "V" and dtype.itemsize == 0


def _is_no_tangent(t: Any) -> bool:
    """Tell whether `t` may stand for the tangent of an integer: zeros, or nothing."""
    return _is_float0(t) or isinstance(t, Tracer) or not np.any(t)


def jvp(
    fun: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """Evaluate `fun` and its directional derivative (forward mode).

    Parameters
    ----------
    fun : callable
        Maps pytrees of arrays to a pytree of arrays.
    primals, tangents : tuple or list
        Arguments and their tangents, of the same structure, shapes and dtypes. The tangent of
        an integer leaf is ``None`` (or an array of zeros).

    Returns
    -------
    out, tangent_out : pytrees
        And ``aux`` as a third if `has_aux`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> y, t = fl.jvp(lambda x: x**2, (3.0,), (1.0,))
    >>> float(y), float(t)
    (9.0, 6.0)
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError(
            "jvp takes tuples of primals and of tangents: jvp(f, (x, y), (x_dot, y_dot)), got "
            f"{type(primals).__name__} and {type(tangents).__name__}"
        )
    name = function_name(fun)
    leaves, treedef = tree_flatten((tuple(primals), {}))
    leaves = [check_array(x, f"a primal of {name}") for x in leaves]
    ts = _check_tangents(tuple(primals), tuple(tangents), leaves, name)
    flat = FlatFunction(fun, treedef, has_aux)
    with quiet():
        results, out_ts = jvp_flat(flat, leaves, ts)
        outs, aux = flat.split(results)
        out_ts = out_ts[: len(outs)]
        full = [finish_ct(t, o) for t, o in zip(out_ts, outs, strict=True)]
    outs = [array_output(o, name) for o in outs]
    result = (flat.unflatten(outs), flat.unflatten(full))
    return (*result, aux) if has_aux else result


def _check_tangents(primals: Any, tangents: Any, leaves: list[Any], name: str) -> list[Any]:
    """Flatten tangents beside the primals and check each against its primal."""
    pairs, treedef = tree_flatten_with_path(primals)
    given, tree = tree_flatten(tangents, is_leaf=lambda x: x is None)
    if len(given) != len(pairs) or (tree != treedef and None not in given):
        raise PytreeError(
            f"primals and tangents passed to jvp of {name} differ in structure: {treedef} and "
            f"{tree}"
        )
    out: list[Any] = []
    for (path, _), x, t in zip(pairs, leaves, given, strict=True):
        aval = typeof(x)
        where = f"tangent{keystr(path)} of {name}"
        if t is None or (not is_inexact(aval.dtype) and _is_no_tangent(t)):
            out.append(None)
            continue
        if not is_inexact(aval.dtype):
            raise DTypeError(
                f"{where} is not zero, but its primal is {aval.dtype.name}, which has no "
                "derivative; pass None, or make the primal a float"
            )
        got = typeof(check_array(t, where))
        if got.shape != aval.shape:
            raise ShapeError(f"{where} has shape {got.shape}, its primal has {aval.shape}")
        if got.dtype != aval.dtype and not got.weak_type:
            raise DTypeError(
                f"{where} is {got.dtype.name}, its primal is {aval.dtype.name}; convert it with "
                f"x.astype({aval.dtype.name!r})"
            )
        out.append(convert_if_needed(t, aval.dtype))
    return out


def linearize(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Evaluate `fun` and return its derivative at `primals` as a linear function.

    Unlike `jvp`, the work that depends only on `primals` is done once.

    Parameters
    ----------
    fun : callable
        Maps pytrees of arrays to a pytree of arrays.
    *primals
        Where to linearize.
    has_aux : bool
        Whether `fun` returns ``(out, aux)``.

    Returns
    -------
    out : pytree
        ``fun(*primals)``.
    f_jvp : callable
        Maps tangents (one argument for each primal) to the output's tangent.
    aux : pytree
        Only if `has_aux`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> y, f_jvp = fl.linearize(lambda x: x**2, 3.0)
    >>> float(f_jvp(1.0)), float(f_jvp(10.0))
    (6.0, 60.0)
    """
    name = function_name(fun)
    leaves, treedef = tree_flatten((primals, {}))
    leaves = [check_array(x, f"an argument of {name}") for x in leaves]
    leaves = [np.array(x, order="C") if isinstance(x, np.ndarray) else x for x in leaves]
    mask = [is_inexact(typeof(x).dtype) for x in leaves]
    flat = FlatFunction(fun, treedef, has_aux)
    with quiet():
        results, jaxpr, residuals, out_nonzero = linearize_flat(flat, leaves, mask)
    outs, aux = flat.split(results)
    out_nonzero = out_nonzero[: len(outs)]
    closed = Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs[: sum(out_nonzero)])

    def f_jvp(*tangents: Any) -> Any:
        """Map tangents to the output's tangent."""
        ts = _check_tangents(primals, tangents, leaves, name)
        given = [instantiate(t, typeof(x)) for t, x, d in zip(ts, leaves, mask, strict=True) if d]
        with quiet():
            out_ts = iter(run_jaxpr(closed, [*residuals, *given]))
            full = [
                finish_ct(next(out_ts) if nz else None, o)
                for o, nz in zip(outs, out_nonzero, strict=True)
            ]
        return flat.unflatten(full)

    value = flat.unflatten([array_output(o, name) for o in outs])
    return (value, f_jvp, aux) if has_aux else (value, f_jvp)


def linear_transpose(fun: Callable[..., Any], *primals: Any) -> Callable[..., Any]:
    """Transpose a function that promises to be linear.

    Parameters
    ----------
    fun : callable
        Linear in all its arguments.
    *primals
        Arrays, or anything with ``shape`` and ``dtype``; only those are used.

    Returns
    -------
    callable
        Maps a cotangent of the output to a tuple of cotangents of the arguments.

    Raises
    ------
    NonDifferentiableError
        If `fun` applies a primitive that is not linear, naming the line.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> transposed = fl.linear_transpose(lambda x: 3.0 * x, 1.0)
    >>> float(transposed(2.0)[0])
    6.0
    """
    name = function_name(fun)
    leaves, treedef = tree_flatten((primals, {}))
    avals = [
        ShapedArray(tuple(x.shape), np.dtype(x.dtype)) if hasattr(x, "dtype") else typeof(x)
        for x in leaves
    ]
    for a in avals:
        if not is_inexact(a.dtype):
            raise NonDifferentiableError(
                f"linear_transpose of {name} needs float or complex arguments, got {a.dtype.name}"
            )

    def transposed(ct: Any) -> Any:
        """Map an output cotangent to a tuple of input cotangents."""
        flat = FlatFunction(fun, treedef)

        def checked(*xs: Any) -> list[Any]:
            outs = flat(*xs)
            cts.extend(_check_cotangents(ct, flat.out_tree, [typeof(o) for o in outs], name))
            return outs

        cts: list[Any] = []
        with quiet():
            in_cts = transpose_flat(checked, avals, cts)
            full = [finish_ct(c, a) for c, a in zip(in_cts, avals, strict=True)]
        return tree_unflatten(treedef, full)[0]

    return transposed
