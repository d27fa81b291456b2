"""Reductions over windows, as in `jax.lax`."""

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Tracer, bind, dtype_of, shape_of
from ..prims import arithmetic as ar
from ..prims import shape as sh
from ..prims import window as wn
from ..prims.conv_numpy import dilated_size
from ..prims.window_numpy import window_output_shape
from ..pytree import tree_flatten, tree_unflatten
from ._conv_shapes import Ints, padtype_to_pads
from ._operands import array, fail
from ._reduction import combine, monoid_of

__all__ = ["reduce_window", "reduce_window_shape_tuple"]

_WINDOWS = {
    ar.add_p: ("sum", wn.reduce_window_sum_p),
    ar.max_p: ("max", wn.reduce_window_max_p),
    ar.min_p: ("min", wn.reduce_window_min_p),
}


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
        monoid = monoid_of(computation, xs[0])
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
        merged = combine(computation, total, parts, treedef)
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
