"""associative_scan: all prefix sums of an associative operation, in logarithmic depth."""

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import PytreeError, ShapeError
from ...ir import as_argument, current_source, shape_of, summarize
from ...prims.shape import concatenate, reshape, rev, slice_
from ...pytree import tree_unflatten
from ..flatten import quiet
from .common import flatten_arrays

__all__ = ["associative_scan"]


def associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """Combine all prefixes of a sequence with an associative operation.

    Parameters
    ----------
    fn : callable
        ``fn(a, b)`` combines two pytrees like `elems`, elementwise along `axis`; associative.
    elems : pytree
        Arrays of equal length along `axis`.
    reverse : bool
        Combine suffixes instead; `fn` then gets the later element first.
    axis : int
        The axis of the sequence.

    Returns
    -------
    pytree
        Like `elems`; entry i is ``elems[0] . elems[1] . ... . elems[i]``.

    Raises
    ------
    ShapeError
        If lengths differ or an array has no such axis.

    Notes
    -----
    Work linear in the length, depth logarithmic: Blelloch 1990, "Prefix sums and their
    applications". Derivatives follow from those of `fn`.

    Examples
    --------
    >>> import operator
    >>> from functorch_lite import numpy as np
    >>> associative_scan(operator.mul, np.array([1, 2, 3, 4]))
    array([ 1,  2,  6, 24])
    """
    leaves, tree = flatten_arrays(elems, "elems of associative_scan")
    leaves = [as_argument(x) for x in leaves]
    axes = [_axis(x, axis) for x in leaves]
    lengths = {shape_of(x)[a] for x, a in zip(leaves, axes, strict=True)}
    if len(lengths) > 1:
        raise ShapeError(
            f"associative_scan: lengths along axis {axis} differ: "
            f"{[shape_of(x) for x in leaves]} {summarize(current_source())}"
        )

    def combine(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
        out, out_tree = flatten_arrays(
            fn(tree_unflatten(tree, list(a)), tree_unflatten(tree, list(b))),
            "what the operation of associative_scan returns",
        )
        if out_tree != tree:
            raise PytreeError(
                f"the operation of associative_scan returns {out_tree}, its operands have {tree}"
            )
        return out

    with quiet():
        if reverse:
            leaves = [rev(x, (a,)) for x, a in zip(leaves, axes, strict=True)]
        outs = _prefixes(combine, leaves, axes)
        if reverse:
            outs = [rev(x, (a,)) for x, a in zip(outs, axes, strict=True)]
    return tree_unflatten(tree, outs)


def _axis(x: Any, axis: int) -> int:
    ndim = len(shape_of(x))
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"associative_scan: axis {axis} does not exist in an element of shape {shape_of(x)} "
            f"{summarize(current_source())}"
        )
    return axis % ndim


def _prefixes(combine: Callable[..., list[Any]], xs: list[Any], axes: list[int]) -> list[Any]:
    """Solve the problem of half the length over pairs, then fill in every other prefix."""
    n = shape_of(xs[0])[axes[0]] if xs else 0
    if n < 2:
        return xs

    def cut(vs: list[Any], start: int, stop: int, step: int = 1) -> list[Any]:
        return [_slice(v, a, start, stop, step) for v, a in zip(vs, axes, strict=True)]

    half = n // 2
    pairs = combine(cut(xs, 0, 2 * half, 2), cut(xs, 1, 2 * half, 2))
    odd = _prefixes(combine, pairs, axes)
    first = cut(xs, 0, 1)
    if n == 2:
        even = first
    else:
        n_even = (n - 1) // 2
        later = combine(cut(odd, 0, n_even), cut(xs, 2, n, 2))
        even = [concatenate([f, e], a) for f, e, a in zip(first, later, axes, strict=True)]
    return [_interleave(e, o, a) for e, o, a in zip(even, odd, axes, strict=True)]


def _slice(x: Any, axis: int, start: int, stop: int, step: int) -> Any:
    """Slice along one axis."""
    shape = shape_of(x)
    lo, hi, steps = [0] * len(shape), list(shape), [1] * len(shape)
    lo[axis], hi[axis], steps[axis] = start, stop, step
    return slice_(x, lo, hi, steps)


def _interleave(even: Any, odd: Any, axis: int) -> Any:
    """Return e0, o0, e1, o1, ...; there may be one more even entry."""
    shape = shape_of(odd)
    n = shape[axis]
    last = shape_of(even)[axis]
    pair_shape = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    pairs = concatenate(
        [reshape(_slice(even, axis, 0, n, 1), pair_shape), reshape(odd, pair_shape)], axis + 1
    )
    flat = reshape(pairs, (*shape[:axis], 2 * n, *shape[axis + 1 :]))
    return flat if last == n else concatenate([flat, _slice(even, axis, n, last, 1)], axis)
