"""Reductions over axes, by any computation, and running reductions, as in `jax.lax`."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of, record, shape_of, typeof
from ..prims import arithmetic as ar
from ..prims import logical as lg
from ..prims import reduction as rd
from ..prims import shape as sh
from ..prims.cumulative import cumlogsumexp as cumlogsumexp
from ..prims.cumulative import cummax as cummax
from ..prims.cumulative import cummin as cummin
from ..prims.cumulative import cumprod as cumprod
from ..prims.cumulative import cumsum as cumsum
from ..pytree import tree_flatten, tree_unflatten
from ..transforms.vmap import vmap
from ._operands import array, canonical_axis, fail

__all__ = [
    "argmax",
    "argmin",
    "cumlogsumexp",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "reduce",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_xor",
]

Ints = Sequence[int]

# --- over axes -----------------------------------------------------------------------------------


def _reduce_with(prim: Primitive, operand: Any, axes: Ints) -> Any:
    x = array(operand)
    return bind(prim, x, axes=tuple(canonical_axis(a, len(shape_of(x))) for a in axes))


def reduce_sum(operand: Any, axes: Ints) -> Any:
    """Sum over axes, in the operand's dtype."""
    return _reduce_with(rd.reduce_sum_p, operand, axes)


def reduce_prod(operand: Any, axes: Ints) -> Any:
    """Product over axes, in the operand's dtype."""
    return _reduce_with(rd.reduce_prod_p, operand, axes)


def reduce_max(operand: Any, axes: Ints) -> Any:
    """Maximum over axes; equal maxima share the derivative."""
    return _reduce_with(rd.reduce_max_p, operand, axes)


def reduce_min(operand: Any, axes: Ints) -> Any:
    """Minimum over axes; equal minima share the derivative."""
    return _reduce_with(rd.reduce_min_p, operand, axes)


def reduce_and(operand: Any, axes: Ints) -> Any:
    """Bitwise and over axes."""
    return _reduce_with(rd.reduce_and_p, operand, axes)


def reduce_or(operand: Any, axes: Ints) -> Any:
    """Bitwise or over axes."""
    return _reduce_with(rd.reduce_or_p, operand, axes)


def reduce_xor(operand: Any, axes: Ints) -> Any:
    """Bitwise exclusive or over axes."""
    return _reduce_with(rd.reduce_xor_p, operand, axes)


def _arg(prim: Primitive, operand: Any, axis: int, index_dtype: Any) -> Any:
    x = array(operand)
    axis = canonical_axis(axis, len(shape_of(x)))
    return bind(prim, x, axis=axis, index_dtype=np.dtype(index_dtype))


def argmax(operand: Any, axis: int, index_dtype: Any) -> Any:
    """Position of the first maximum along an axis; the first NaN wins."""
    return _arg(rd.argmax_p, operand, axis, index_dtype)


def argmin(operand: Any, axis: int, index_dtype: Any) -> Any:
    """Position of the first minimum along an axis; the first NaN wins."""
    return _arg(rd.argmin_p, operand, axis, index_dtype)


# --- by any computation --------------------------------------------------------------------------

_REDUCERS = {
    ar.add_p: rd.reduce_sum_p,
    ar.mul_p: rd.reduce_prod_p,
    ar.max_p: rd.reduce_max_p,
    ar.min_p: rd.reduce_min_p,
    lg.and_p: rd.reduce_and_p,
    lg.or_p: rd.reduce_or_p,
    lg.xor_p: rd.reduce_xor_p,
}
_KNOWN = {operator.add: ar.add_p, operator.mul: ar.mul_p, np.add: ar.add_p, np.multiply: ar.mul_p,
          np.maximum: ar.max_p, np.minimum: ar.min_p}  # fmt: skip


def monoid_of(computation: Callable[..., Any], x: Any) -> Primitive | None:
    """Return the primitive that a computation of two scalars is, if it is one of ours."""
    known = _KNOWN.get(computation)
    if known is not None:
        return known
    scalar = typeof(np.zeros((), dtype_of(x)))
    jaxpr, consts = record(lambda a, b: [computation(a, b)], [scalar, scalar], "reduce")
    if consts or len(jaxpr.eqns) != 1:
        return None
    (eqn,) = jaxpr.eqns
    same = set(map(id, eqn.inputs)) == set(map(id, jaxpr.invars)) and jaxpr.outs == eqn.outvars
    return eqn.primitive if same and eqn.primitive in _REDUCERS else None


def combine(
    computation: Callable[..., Any], xs: list[Any], ys: list[Any], treedef: Any
) -> list[Any]:
    """Apply a computation of scalars (or pytrees of scalars) elementwise."""

    def flat(*args: Any) -> list[Any]:
        n = len(xs)
        out = computation(tree_unflatten(treedef, args[:n]), tree_unflatten(treedef, args[n:]))
        return tree_flatten(out)[0]

    shape = shape_of(xs[0])
    size = int(np.prod(shape, dtype=np.int64))
    if size == 0:
        return xs
    outs = vmap(flat)(*[sh.reshape(v, (size,)) for v in (*xs, *ys)])
    return [sh.reshape(o, shape) for o in outs]


def reduce(
    operands: Any, init_values: Any, computation: Callable[[Any, Any], Any], dimensions: Ints
) -> Any:
    """Reduce over axes by an associative computation on scalars.

    Parameters
    ----------
    operands : pytree of arrays
    init_values : pytree of scalars
        The neutral elements of `computation`.
    computation : callable
        Takes two pytrees of scalars and returns one.
    dimensions : sequence of int

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import lax
    >>> float(reduce(np.arange(4.0), 0.0, lax.add, (0,)))
    6.0
    """
    leaves, treedef = tree_flatten(operands)
    inits, init_def = tree_flatten(init_values)
    if treedef != init_def:
        raise fail(f"reduce: operands {treedef} and init_values {init_def} differ in structure")
    xs = [array(x) for x in leaves]
    starts = [
        ar.convert_element_type(array(i), dtype_of(x)) for i, x in zip(inits, xs, strict=True)
    ]
    ndim = len(shape_of(xs[0]))
    axes = tuple(canonical_axis(d, ndim) for d in dimensions)
    if len(xs) == 1:
        prim = monoid_of(computation, xs[0])
        count = int(np.prod([shape_of(xs[0])[a] for a in axes], dtype=np.int64))
        if prim is not None and count > 0:
            total = bind(_REDUCERS[prim], xs[0], axes=axes)
            return tree_unflatten(treedef, [bind(prim, total, starts[0])])
    kept = tuple(d for d in range(ndim) if d not in axes)
    shape = tuple(shape_of(xs[0])[d] for d in kept)
    rows = [sh.transpose(x, axes + kept) for x in xs]
    count = int(np.prod([shape_of(xs[0])[a] for a in axes], dtype=np.int64))
    rows = [sh.reshape(r, (count, *shape)) for r in rows]
    full = [sh.broadcast_in_dim(s, shape, ()) for s in starts]
    return tree_unflatten(treedef, _fold(computation, rows, full, treedef))


def _fold(computation: Any, rows: list[Any], starts: list[Any], treedef: Any) -> list[Any]:
    """Combine axis 0 pairwise until one row is left, and that with the start."""

    def cut(v: Any, lo: int, hi: int) -> Any:
        rest = shape_of(v)[1:]
        return sh.slice_(v, (lo,) + (0,) * len(rest), (hi, *rest))

    n = shape_of(rows[0])[0]
    if n == 0:
        return starts
    while n > 1:
        h = n // 2
        merged = combine(
            computation, [cut(r, 0, h) for r in rows], [cut(r, h, 2 * h) for r in rows], treedef
        )
        if n % 2:
            merged = [
                sh.concatenate([m, cut(r, n - 1, n)], 0) for m, r in zip(merged, rows, strict=True)
            ]
        rows, n = merged, h + n % 2
    return combine(computation, starts, [sh.reshape(r, shape_of(r)[1:]) for r in rows], treedef)
