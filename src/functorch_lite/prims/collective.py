"""Collectives over a mapped axis with a name: psum, pmax, pmin, all_gather and the like.

Each acts on the axis that its parameter ``axis_name`` names (`Primitive.names_axis`): `bind`
takes it to the trace of that axis, whose batch rule, told ``here=True``, replaces it by ordinary
operations on the mapped axis. Other mapped axes pass through (``here=False``).

Results that are the same for all examples come back unmapped. The transposes are those of the
maps from all examples' operands to all examples' results, as in JAX: psum is its own.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    no_tangent,
    not_linear,
    shape_of,
    summarize,
)
from .arithmetic import convert_element_type, div, mul
from .conv import move_axis
from .indexing import GatherDimensionNumbers, gather
from .logical import eq
from .lowering import Library
from .reduction import reduce_max, reduce_min_p, reduce_sum
from .shape import broadcast_in_dim, iota

Rule = Callable[..., Any]


def _all_mapped(x: Any, is_mapped: bool, size: int) -> Any:
    """Repeat an unmapped operand along the axis."""
    if is_mapped:
        return x
    return broadcast_in_dim(x, (size, *shape_of(x)), range(1, len(shape_of(x)) + 1))


def _not_alone(*args: Any, axis_name: Any, **params: Any) -> Any:
    raise AssertionError(f"a collective over {axis_name!r} was evaluated without its axis")


def _collective(
    name: str,
    *,
    here: Rule,
    elsewhere: Rule | None = None,
    shape: Callable[..., tuple[int, ...]] = lambda s, **params: s,
    jvp: Rule | None = None,
    transpose: Rule = not_linear,
) -> Primitive:
    """Declare a collective of one operand.

    Parameters
    ----------
    here : callable
        ``here(x, size, **params) -> (out, out_is_mapped)`` on the whole mapped array.
    elsewhere : callable
        Parameters that act on one more axis in front; unchanged by default.
    shape : callable
        The result's shape from the operand's and the parameters.
    transpose : callable
        ``transpose(ct, **params)``.
    """

    def batch(size: int, args: Any, batched: Any, *, here: bool, **params: Any) -> Any:
        if here:
            shape(shape_of(args[0])[1 if batched[0] else 0 :], **params)  # checks it
            out, is_mapped = here_rule(_all_mapped(args[0], batched[0], size), size, **params)
            return [out], [is_mapped]
        moved = params if elsewhere is None or not batched[0] else elsewhere(**params)
        return bind(prim, args[0], **moved), [batched[0]]

    here_rule = here
    prim = Primitive(
        name,
        impl=_not_alone,
        abstract_eval=lambda x, **params: [ShapedArray(shape(x.shape, **params), x.dtype)],
        jvp=(lambda ts, xs, o, **params: bind(prim, ts[0], **params)) if jvp is None else jvp,
        transpose=transpose
        if transpose is not_linear
        else (lambda cts, x, **params: [transpose(cts[0], x, **params)]),
        batch=batch,
        lower=Library("it is gone before anything is lowered"),
        multiple_results=True,
        names_axis=True,
    )
    return prim


# --- reductions over the axis --------------------------------------------------------------------

psum_p: Primitive = _collective(
    "psum",
    here=lambda x, size, *, axis_name: (reduce_sum(x, (0,)), False),
    transpose=lambda ct, x, *, axis_name: psum(ct, axis_name),
)


def _extremum_jvp(ts: Any, xs: Any, outs: Any, *, axis_name: Any) -> list[Any]:
    """Share the derivative equally among the examples that attain the extremum."""
    hits = convert_element_type(eq(xs[0], outs[0]), dtype_of(xs[0]))
    return [div(psum(mul(ts[0], hits), axis_name), psum(hits, axis_name))]


pmax_p: Primitive = _collective(
    "pmax",
    here=lambda x, size, *, axis_name: (reduce_max(x, (0,)), False),
    jvp=_extremum_jvp,
)
pmin_p: Primitive = _collective(
    "pmin",
    here=lambda x, size, *, axis_name: (bind(reduce_min_p, x, axes=(0,)), False),
    jvp=_extremum_jvp,
)


def _index_batch(size: int, args: Any, batched: Any, *, here: bool, **params: Any) -> Any:
    if here:
        return [iota(np.int32, (size,))], [True]
    return bind(axis_index_p, **params), [False]


axis_index_p: Primitive = Primitive(
    "axis_index",
    impl=_not_alone,
    abstract_eval=lambda *, axis_name: [ShapedArray((), np.dtype(np.int32))],
    jvp=no_tangent,
    batch=_index_batch,
    lower=Library("it is gone before anything is lowered"),
    multiple_results=True,
    names_axis=True,
)

# --- moving data among examples ------------------------------------------------------------------


def _inserted(s: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*s[:axis], size, *s[axis:])


all_gather_p: Primitive = _collective(
    "all_gather",
    here=lambda x, size, *, axis_name, axis, axis_size: (move_axis(x, 0, axis), False),
    elsewhere=lambda *, axis, **rest: {"axis": axis + 1, **rest},
    shape=lambda s, *, axis_name, axis, axis_size: _inserted(s, axis, axis_size),
    transpose=lambda ct, x, **params: bind(psum_scatter_p, ct, **params)[0],
)


def _scatter_shape(s: tuple[int, ...], *, axis_name: Any, axis: int, axis_size: int) -> Any:
    if not 0 <= axis < len(s) or s[axis] != axis_size:
        raise ShapeError(
            f"a collective over {axis_name!r} needs {axis_size} entries along axis {axis} of shape "
            f"{s} {summarize(current_source())}"
        )
    return s[:axis] + s[axis + 1 :]


psum_scatter_p: Primitive = _collective(
    "psum_scatter",
    here=lambda x, size, *, axis_name, axis, axis_size: (
        move_axis(reduce_sum(x, (0,)), axis, 0),
        True,
    ),
    elsewhere=lambda *, axis, **rest: {"axis": axis + 1, **rest},
    shape=_scatter_shape,
    transpose=lambda ct, x, **params: bind(all_gather_p, ct, **params)[0],
)


def _permute(x: Any, size: int, *, axis_name: Any, perm: tuple[tuple[int, int], ...]) -> Any:
    """Take each example's source; who receives nothing gets zeros."""
    source = np.full((size, 1), -1)
    for src, dst in perm:
        source[dst] = src
    ndim = len(shape_of(x))
    numbers = GatherDimensionNumbers(tuple(range(1, ndim)), (0,), (0,))
    sizes = (1, *shape_of(x)[1:])
    return gather(x, source, numbers, sizes, fill_value=dtype_of(x).type(0).item()), True


ppermute_p: Primitive = _collective(
    "ppermute",
    here=_permute,
    transpose=lambda ct, x, *, axis_name, perm: ppermute(
        ct, axis_name, tuple((dst, src) for src, dst in perm)
    ),
)


def _all_to_all_shape(
    s: tuple[int, ...], *, axis_name: Any, split_axis: int, concat_axis: int, axis_size: int
) -> tuple[int, ...]:
    rest = _scatter_shape(s, axis_name=axis_name, axis=split_axis, axis_size=axis_size)
    return _inserted(rest, concat_axis, axis_size)


def _all_to_all_here(
    x: Any, size: int, *, axis_name: Any, split_axis: int, concat_axis: int, axis_size: int
) -> Any:
    # Axis 0 are the senders, axis split_axis + 1 the receivers, who come to the front.
    return move_axis(move_axis(x, split_axis + 1, 0), 1, concat_axis + 1), True


all_to_all_p: Primitive = _collective(
    "all_to_all",
    here=_all_to_all_here,
    elsewhere=lambda *, split_axis, concat_axis, **rest: {
        "split_axis": split_axis + 1,
        "concat_axis": concat_axis + 1,
        **rest,
    },
    shape=_all_to_all_shape,
    transpose=lambda ct, x, *, axis_name, split_axis, concat_axis, axis_size: bind(
        all_to_all_p,
        ct,
        axis_name=axis_name,
        split_axis=concat_axis,
        concat_axis=split_axis,
        axis_size=axis_size,
    )[0],
)


# --- the primitives as functions -----------------------------------------------------------------


def psum(x: Any, axis_name: Any) -> Any:
    """Sum over the examples of a mapped axis."""
    return bind(psum_p, x, axis_name=axis_name)[0]


def ppermute(x: Any, axis_name: Any, perm: Sequence[tuple[int, int]]) -> Any:
    """Send each example's value to another; pairs are (source, destination)."""
    pairs = tuple((int(src), int(dst)) for src, dst in perm)
    return bind(ppermute_p, x, axis_name=axis_name, perm=pairs)[0]


__all__ = [
    "all_gather_p",
    "all_to_all_p",
    "axis_index_p",
    "pmax_p",
    "pmin_p",
    "ppermute",
    "ppermute_p",
    "psum",
    "psum_p",
    "psum_scatter_p",
]
