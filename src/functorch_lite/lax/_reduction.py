"""Reductions over axes and windows, running reductions and sorting, as in `jax.lax`."""

import builtins
import enum
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import Primitive, Tracer, bind, dtype_of, record, shape_of, typeof
from ..prims import arithmetic as ar
from ..prims import fft as ft
from ..prims import logical as lg
from ..prims import reduction as rd
from ..prims import shape as sh
from ..prims import sorting as so
from ..prims import window as wn
from ..prims.conv_numpy import dilated_size
from ..prims.cumulative import cumlogsumexp as cumlogsumexp
from ..prims.cumulative import cummax as cummax
from ..prims.cumulative import cummin as cummin
from ..prims.cumulative import cumprod as cumprod
from ..prims.cumulative import cumsum as cumsum
from ..prims.window_numpy import window_output_shape
from ..pytree import tree_flatten, tree_unflatten
from ..transforms.vmap import vmap
from ._convolution import padtype_to_pads
from ._operands import array, canonical_axis, fail

__all__ = [
    "FftType",
    "approx_max_k",
    "approx_min_k",
    "argmax",
    "argmin",
    "cumlogsumexp",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "fft",
    "reduce",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_window",
    "reduce_window_shape_tuple",
    "reduce_xor",
    "sort",
    "sort_key_val",
    "top_k",
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
_WINDOWS = {
    ar.add_p: ("sum", wn.reduce_window_sum_p),
    ar.max_p: ("max", wn.reduce_window_max_p),
    ar.min_p: ("min", wn.reduce_window_min_p),
}
_KNOWN = {operator.add: ar.add_p, operator.mul: ar.mul_p, np.add: ar.add_p, np.multiply: ar.mul_p,
          np.maximum: ar.max_p, np.minimum: ar.min_p}  # fmt: skip


def _monoid(computation: Callable[..., Any], x: Any) -> Primitive | None:
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


def _combine(
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
        prim = _monoid(computation, xs[0])
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
        merged = _combine(
            computation, [cut(r, 0, h) for r in rows], [cut(r, h, 2 * h) for r in rows], treedef
        )
        if n % 2:
            merged = [
                sh.concatenate([m, cut(r, n - 1, n)], 0) for m, r in zip(merged, rows, strict=True)
            ]
        rows, n = merged, h + n % 2
    return _combine(computation, starts, [sh.reshape(r, shape_of(r)[1:]) for r in rows], treedef)


# --- over windows --------------------------------------------------------------------------------


def reduce_window(
    operand: Any,
    init_value: Any,
    computation: Callable[[Any, Any], Any],
    window_dimensions: Ints,
    window_strides: Ints | None = None,
    padding: str | Sequence[tuple[int, int]] = "VALID",
    base_dilation: Ints | None = None,
    window_dilation: Ints | None = None,
) -> Any:
    """Reduce every window by an associative computation on scalars.

    Sums, maxima and minima have primitives; any other computation is folded over the window's
    positions. Padding and holes are skipped. The derivative of a maximum goes to the
    first element that attains it.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import lax
    >>> reduce_window(np.arange(4.0), -np.inf, lax.max, (2,), (2,))
    array([1., 3.])
    """
    leaves, treedef = tree_flatten(operand)
    inits = [array(i) for i in tree_flatten(init_value)[0]]
    xs = [array(x) for x in leaves]
    if len(inits) != len(xs):
        raise fail(f"reduce_window: {len(xs)} operands need as many init_values, got {len(inits)}")
    starts = [ar.convert_element_type(i, dtype_of(x)) for i, x in zip(inits, xs, strict=True)]
    shape = shape_of(xs[0])
    ones = (1,) * len(shape)
    steps = ones if window_strides is None else tuple(window_strides)
    bases = ones if base_dilation is None else tuple(base_dilation)
    holes = ones if window_dilation is None else tuple(window_dilation)
    window = tuple(window_dimensions)
    if isinstance(padding, str):
        padding = padtype_to_pads(
            [dilated_size(n, d) for n, d in zip(shape, bases, strict=True)],
            [dilated_size(k, r) for k, r in zip(window, holes, strict=True)],
            steps,
            padding,
        )
    pads = tuple((int(lo), int(hi)) for lo, hi in padding)
    if len(xs) == 1:
        monoid = _monoid(computation, xs[0])
        if monoid in _WINDOWS:
            name, prim = _WINDOWS[monoid]
            total = bind(prim, xs[0], **wn._params(xs[0], window, steps, pads, bases, holes))
            if not _is_identity(name, starts[0]):
                total = bind(monoid, total, starts[0])
            return tree_unflatten(treedef, [total])
    outs = _fold_window(computation, xs, starts, treedef, window, steps, pads, bases, holes)
    return tree_unflatten(treedef, outs)


def _is_identity(op: str, start: Any) -> bool:
    if isinstance(start, Tracer):
        return False
    identity = wn.identity_of(op, dtype_of(start))
    return bool(np.asarray(start) == identity)


def _fold_window(
    computation: Any,
    xs: list[Any],
    starts: list[Any],
    treedef: Any,
    window: Any,
    steps: Any,
    pads: Any,
    bases: Any,
    holes: Any,
) -> list[Any]:
    """Fold a computation over the window's positions, in row-major order."""
    shape = shape_of(xs[0])
    out_shape = window_output_shape(shape, window, steps, pads, bases, holes)
    config = [(lo, hi, d - 1) for (lo, hi), d in zip(pads, bases, strict=True)]
    padded = [sh.pad(x, s, config) for x, s in zip(xs, starts, strict=True)]
    inside = sh.pad_p.impl(np.ones(shape, np.bool_), np.bool_(False), padding_config=config)
    total = [sh.broadcast_in_dim(s, out_shape, ()) for s in starts]
    if 0 in out_shape:
        return total
    for offset in np.ndindex(*window):
        lo = tuple(a * r for a, r in zip(offset, holes, strict=True))
        hi = tuple(b + (m - 1) * s + 1 for b, m, s in zip(lo, out_shape, steps, strict=True))
        parts = [sh.slice_(x, lo, hi, steps) for x in padded]
        merged = _combine(computation, total, parts, treedef)
        valid = inside[tuple(map(builtins.slice, lo, hi, steps))]
        if not valid.all():
            merged = [ar.select(valid, m, t) for m, t in zip(merged, total, strict=True)]
        total = merged
    return total


def reduce_window_shape_tuple(
    operand_shape: Ints,
    window_dimensions: Ints,
    window_strides: Ints,
    padding: Sequence[tuple[int, int]],
    base_dilation: Ints | None = None,
    window_dilation: Ints | None = None,
) -> tuple[int, ...]:
    """Return the shape of `reduce_window`."""
    ones = (1,) * len(operand_shape)
    return window_output_shape(
        tuple(operand_shape),
        tuple(window_dimensions),
        tuple(window_strides),
        tuple(padding),
        ones if base_dilation is None else tuple(base_dilation),
        ones if window_dilation is None else tuple(window_dilation),
    )


# --- sorting -------------------------------------------------------------------------------------


def sort(operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1) -> Any:
    """Sort along an axis; several arrays together, by the first `num_keys`. NaN comes last.

    Returns
    -------
    array, or tuple of arrays if a sequence was given
    """
    if not isinstance(operand, list | tuple):
        return so.sort(array(operand), dimension, is_stable, num_keys)
    return tuple(so.sort([array(x) for x in operand], dimension, is_stable, num_keys))


def sort_key_val(keys: Any, values: Any, dimension: int = -1, is_stable: bool = True) -> Any:
    """Sort keys along an axis, and values with them."""
    return sort((keys, values), dimension, is_stable, 1)


class FftType(enum.IntEnum):
    """Kinds of Fourier transform."""

    FFT = 0
    IFFT = 1
    RFFT = 2
    IRFFT = 3


def fft(x: Any, fft_type: FftType | str, fft_lengths: Ints) -> Any:
    """Fourier transform over the last ``len(fft_lengths)`` axes.

    Examples
    --------
    >>> import numpy as np
    >>> fft(np.ones(4, complex), "FFT", (4,)).real
    array([4., 0., 0., 0.])
    """
    kind = fft_type.name if isinstance(fft_type, FftType) else str(fft_type)
    return ft.fft(array(x), kind, fft_lengths)


def top_k(operand: Any, k: int, *, axis: int = -1) -> tuple[Any, Any]:
    """Return the k largest along an axis, largest first, and their positions (int32)."""
    x = array(operand)
    axis = canonical_axis(axis, len(shape_of(x)))
    values, positions = so.top_k(fnp.moveaxis(x, axis, -1), k)
    return fnp.moveaxis(values, -1, axis), fnp.moveaxis(positions, -1, axis)


def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Any, Any]:
    """`top_k`: on the CPU the exact answer is no slower."""
    return top_k(operand, k, axis=reduction_dimension)


def approx_min_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Any, Any]:
    """Return the k smallest along an axis, smallest first, and their positions."""
    x = array(operand)
    values, positions = top_k(ar.neg(x), k, axis=reduction_dimension)
    return ar.neg(values), positions
