"""Collectives over the axes that vmap names, with JAX's names; they take pytrees."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import Primitive, axis_frame, bind, dtype_of, shape_of
from ..numpy._promotion import as_array
from ..prims import collective as cl
from ..prims.arithmetic import div, mul
from ..prims.shape import reshape
from ..pytree import tree_map

__all__ = [
    "all_gather",
    "all_to_all",
    "axis_index",
    "axis_size",
    "pmax",
    "pmean",
    "pmin",
    "ppermute",
    "pshuffle",
    "psum",
    "psum_scatter",
    "pswapaxes",
]


def _names(axis_name: Any) -> tuple[Any, ...]:
    return axis_name if isinstance(axis_name, tuple) else (axis_name,)


def _no_groups(axis_index_groups: Any) -> None:
    if axis_index_groups is not None:
        raise NotImplementedError(
            "axis_index_groups is not supported; split the axis by nesting two vmaps with names"
        )


def _array(x: Any) -> Any:
    x = as_array(x, "a collective's operand")
    return x if hasattr(x, "shape") else np.asarray(x)


def _over_axes(prim: Primitive, x: Any, axis_name: Any) -> Any:
    """Reduce leaf by leaf, one axis after the other."""

    def reduce_leaf(leaf: Any) -> Any:
        leaf = _array(leaf)
        for name in _names(axis_name):
            leaf = bind(prim, leaf, axis_name=name)[0]
        return leaf

    return tree_map(reduce_leaf, x)


def axis_size(axis_name: Any) -> int:
    """Return the number of examples along a named axis, as a Python int.

    Raises
    ------
    NameError
        If no mapped axis has that name.
    """
    size = 1
    for name in _names(axis_name):
        size *= axis_frame(name).size
    return size


def axis_index(axis_name: Any) -> Any:
    """Return the index of the example along a named axis (int32).

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import vmap
    >>> vmap(lambda x: x + axis_index("i"), axis_name="i")(np.zeros(3))
    array([0., 1., 2.])
    """
    index: Any = None
    for name in _names(axis_name):
        position = bind(cl.axis_index_p, axis_name=name)[0]
        if index is None:
            index = position
        else:
            index = mul(index, np.int32(axis_frame(name).size)) + position
    return index


def psum(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """Sum over a named axis; its transpose is itself.

    Parameters
    ----------
    x : pytree of arrays
    axis_name : hashable or tuple of hashable

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import vmap
    >>> vmap(lambda x: x / psum(x, "i"), axis_name="i")(np.array([1.0, 3.0]))
    array([0.25, 0.75])
    """
    _no_groups(axis_index_groups)
    return _over_axes(cl.psum_p, x, axis_name)


def pmean(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """Mean over a named axis."""
    total = psum(x, axis_name, axis_index_groups=axis_index_groups)
    size = axis_size(axis_name)

    def divide(leaf: Any) -> Any:
        if dtype_of(leaf).kind not in "fc":
            leaf = leaf.astype(np.float64)
        return div(leaf, dtype_of(leaf).type(size))

    return tree_map(divide, total)


def pmax(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """Maximum over a named axis; equal maxima share the derivative."""
    _no_groups(axis_index_groups)
    return _over_axes(cl.pmax_p, x, axis_name)


def pmin(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """Minimum over a named axis; equal minima share the derivative."""
    _no_groups(axis_index_groups)
    return _over_axes(cl.pmin_p, x, axis_name)


def _single(axis_name: Any, what: str) -> Any:
    names = _names(axis_name)
    if len(names) != 1:
        raise NotImplementedError(f"{what} takes one axis name, got {axis_name!r}")
    return names[0]


def ppermute(x: Any, axis_name: Any, perm: Sequence[tuple[int, int]]) -> Any:
    """Send values along a named axis by (source, destination) pairs; others receive zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import vmap
    >>> vmap(lambda x: ppermute(x, "i", [(0, 1), (1, 2)]), axis_name="i")(np.array([1.0, 2.0, 3.0]))
    array([0., 1., 2.])
    """
    name = _single(axis_name, "ppermute")
    size = axis_size(name)
    for ends in zip(*perm, strict=True):
        if len(set(ends)) < len(ends) or not all(0 <= e < size for e in ends):
            raise ValueError(
                f"ppermute: {perm} needs distinct sources and destinations below {size}"
            )
    return tree_map(lambda leaf: cl.ppermute(_array(leaf), name, perm), x)


def pshuffle(x: Any, axis_name: Any, perm: Sequence[int]) -> Any:
    """Give example i the value of example ``perm[i]``."""
    size = axis_size(axis_name)
    if sorted(perm) != list(range(size)):
        raise ValueError(f"pshuffle: {perm} is not a permutation of {size} examples")
    return ppermute(x, axis_name, [(int(p), i) for i, p in enumerate(perm)])


def _merged(x: Any, axis: int) -> Any:
    s = shape_of(x)
    return reshape(x, (*s[:axis], s[axis] * s[axis + 1], *s[axis + 2 :]))


def _by_leaf(x: Any, f: Callable[[Any], Any]) -> Any:
    return tree_map(lambda leaf: f(_array(leaf)), x)


def all_gather(
    x: Any, axis_name: Any, *, axis_index_groups: Any = None, axis: int = 0, tiled: bool = False
) -> Any:
    """Stack all examples' values along a new axis, or join them along one (`tiled`).

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import vmap
    >>> vmap(lambda x: all_gather(x, "i"), axis_name="i", out_axes=None)(np.array([1.0, 2.0]))
    array([1., 2.])
    """
    _no_groups(axis_index_groups)
    name = _single(axis_name, "all_gather")

    def gather(leaf: Any) -> Any:
        at = axis % (len(shape_of(leaf)) + (not tiled))
        out = bind(cl.all_gather_p, leaf, axis_name=name, axis=at, axis_size=axis_size(name))[0]
        return _merged(out, at) if tiled else out

    return _by_leaf(x, gather)


def psum_scatter(
    x: Any,
    axis_name: Any,
    *,
    scatter_dimension: int = 0,
    axis_index_groups: Any = None,
    tiled: bool = False,
) -> Any:
    """Sum over a named axis, of which each example gets its part along an axis.

    That axis has one entry for each example and disappears, or (`tiled`) is divided.
    """
    _no_groups(axis_index_groups)
    name = _single(axis_name, "psum_scatter")
    size = axis_size(name)

    def scatter(leaf: Any) -> Any:
        at = scatter_dimension % len(shape_of(leaf))
        if tiled:
            leaf = _divided(leaf, at, size)
        return bind(cl.psum_scatter_p, leaf, axis_name=name, axis=at, axis_size=size)[0]

    return _by_leaf(x, scatter)


def _divided(x: Any, axis: int, size: int) -> Any:
    s = shape_of(x)
    if s[axis] % size:
        raise ShapeError(f"axis {axis} of shape {s} does not divide among {size} examples")
    return reshape(x, (*s[:axis], size, s[axis] // size, *s[axis + 1 :]))


def all_to_all(
    x: Any,
    axis_name: Any,
    split_axis: int,
    concat_axis: int,
    *,
    axis_index_groups: Any = None,
    tiled: bool = False,
) -> Any:
    """Exchange the named axis with `split_axis`; senders are stacked along `concat_axis`.

    With `tiled` the split axis is divided among the examples, and what each receives is joined
    along the concat axis.
    """
    _no_groups(axis_index_groups)
    name = _single(axis_name, "all_to_all")
    size = axis_size(name)

    def exchange(leaf: Any) -> Any:
        ndim = len(shape_of(leaf))
        split, concat = split_axis % ndim, concat_axis % ndim
        if tiled:
            leaf = _divided(leaf, split, size)
        out = bind(
            cl.all_to_all_p,
            leaf,
            axis_name=name,
            split_axis=split,
            concat_axis=concat,
            axis_size=size,
        )[0]
        return _merged(out, concat) if tiled else out

    return _by_leaf(x, exchange)


def pswapaxes(x: Any, axis_name: Any, axis: int, *, axis_index_groups: Any = None) -> Any:
    """Exchange the named axis with an axis of the same size."""
    return all_to_all(x, axis_name, axis, axis, axis_index_groups=axis_index_groups)
