"""Products of matrices with rows in groups, as mixtures of experts need them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import UnsupportedNumPyError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy._cumulative import cumsum
from ..numpy._manipulation import moveaxis
from ..numpy._promotion import cast
from ..numpy._reductions import sum as _sum
from ..prims.dot import dot_general
from ..prims.shape import broadcast_in_dim
from ._operands import array, fail

__all__ = ["RaggedDotDimensionNumbers", "ragged_dot", "ragged_dot_general"]


class RaggedDotDimensionNumbers(NamedTuple):
    """Which axes `ragged_dot_general` contracts, which one is ragged, which one counts groups.

    The ragged axis is one of the left operand. If it is contracted, the result has a leading axis
    of groups, and the right operand has none.
    """

    dot_dimension_numbers: Any
    lhs_ragged_dimensions: Sequence[int]
    rhs_group_dimensions: Sequence[int]


def _members(sizes: Any, length: int) -> Any:
    """Tell which of `length` positions each group has: bools (groups, length)."""
    ends = cumsum(sizes)[:, None]
    starts = ends - sizes[:, None]
    position = np.arange(length)
    return el.logical_and(position >= starts, position < ends)


def ragged_dot_general(
    lhs: Any,
    rhs: Any,
    group_sizes: Any,
    ragged_dot_dimension_numbers: RaggedDotDimensionNumbers,
    precision: Any = None,
    preferred_element_type: Any = None,
    group_offset: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Contract each group of a ragged axis with its own operand, or into its own result.

    Parameters
    ----------
    group_sizes : array
        How many positions of the ragged axis belong to each group, in order; what is left over
        counts as zeros.
    ragged_dot_dimension_numbers : RaggedDotDimensionNumbers
        The axes.

    Raises
    ------
    ShapeError
        If there is not one ragged axis, or it is a batch axis.
    """
    x, y, sizes = array(lhs), array(rhs), array(group_sizes)
    numbers, ragged, grouped = ragged_dot_dimension_numbers
    (contract, _), (batch, _) = numbers
    if group_offset is not None or out_sharding is not None:
        raise UnsupportedNumPyError(
            "ragged_dot: group_offset and out_sharding are for many devices "
            f"{summarize(current_source())}; leave them out"
        )
    if len(ragged) != 1 or ragged[0] in batch:
        raise fail(f"ragged_dot_general takes one ragged axis that is no batch axis, got {ragged}")
    axis = ragged[0]
    members = _members(sizes, shape_of(x)[axis])
    groups = shape_of(members)[0]
    shape = (groups, *shape_of(x))
    mask = broadcast_in_dim(members, shape, (0, axis + 1))
    parts = el.where(mask, broadcast_in_dim(x, shape, range(1, len(shape))), dtype_of(x).type(0))
    if axis in contract:
        many = broadcast_in_dim(y, (groups, *shape_of(y)), range(1, len(shape_of(y)) + 1))
    else:
        many = moveaxis(y, grouped[0], 0)
    if shape_of(many)[0] != groups:
        raise fail(f"ragged_dot: {groups} group sizes, but {shape_of(many)[0]} right operands")
    (xc, yc), (xb, yb) = (tuple(map(tuple, pair)) for pair in numbers)
    rest = grouped[0] if axis not in contract else len(shape_of(y))
    left = tuple(d + 1 for d in xc), tuple(d + 1 for d in xb)
    right = tuple(d + (d < rest) for d in yc), tuple(d + (d < rest) for d in yb)
    dims = ((left[0], right[0]), ((0, *left[1]), (0, *right[1])))
    out = dot_general(parts, many, dims)
    out = out if axis in contract else _sum(out, 0, dtype_of(out))
    return out if preferred_element_type is None else cast(out, np.dtype(preferred_element_type))


def ragged_dot(
    lhs: Any,
    rhs: Any,
    group_sizes: Any,
    precision: Any = None,
    preferred_element_type: Any = None,
    group_offset: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Multiply each group of rows of ``lhs (m, k)`` by its own matrix of ``rhs (groups, k, n)``.

    Examples
    --------
    >>> rows = np.array([[1.0], [2.0], [3.0]])
    >>> ragged_dot(rows, np.array([[[10.0]], [[100.0]]]), np.array([1, 2]))
    array([[ 10.],
           [200.],
           [300.]])
    """
    numbers = RaggedDotDimensionNumbers((((1,), (1,)), ((), ())), [0], [0])
    return ragged_dot_general(
        lhs,
        rhs,
        group_sizes,
        numbers,
        precision,
        preferred_element_type,
        group_offset,
        out_sharding,
    )
