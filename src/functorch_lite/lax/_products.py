"""Contractions with the names and arguments of `jax.lax`."""

import enum
from typing import Any

import numpy as np

from ..ir import shape_of
from ..prims import dot as dt
from ..prims.arithmetic import convert_element_type
from ._operands import array, fail

__all__ = ["Precision", "batch_matmul", "dot", "dot_general"]


class Precision(enum.Enum):
    """Accepted for JAX's sake: products are always computed in the full precision of the dtype."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2


def prefer(x: Any, preferred: Any) -> Any:
    """Convert an operand to the dtype in which to accumulate."""
    return x if preferred is None else convert_element_type(x, np.dtype(preferred))


def dot_general(
    lhs: Any,
    rhs: Any,
    dimension_numbers: Any,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Contract and batch over axes.

    Parameters
    ----------
    dimension_numbers : ((lhs contracting, rhs contracting), (lhs batch, rhs batch))

    Returns
    -------
    array
        Axes: batch, free axes of `lhs`, free axes of `rhs`.

    Examples
    --------
    >>> import numpy as np
    >>> dot_general(np.ones((2, 3)), np.ones((3, 4)), (((1,), (0,)), ((), ()))).shape
    (2, 4)
    """
    x, y = prefer(array(lhs), preferred_element_type), prefer(array(rhs), preferred_element_type)
    (xc, yc), (xb, yb) = dimension_numbers
    nx, ny = len(shape_of(x)), len(shape_of(y))
    fixed = (
        (tuple(int(d) % nx for d in xc), tuple(int(d) % ny for d in yc)),
        (tuple(int(d) % nx for d in xb), tuple(int(d) % ny for d in yb)),
    )
    return dt.dot_general(x, y, fixed)


def dot(
    lhs: Any,
    rhs: Any,
    *,
    dimension_numbers: Any = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Product of vectors or matrices, or any contraction if `dimension_numbers` are given."""
    x, y = array(lhs), array(rhs)
    if dimension_numbers is None:
        if not 1 <= len(shape_of(x)) <= 2 or not 1 <= len(shape_of(y)) <= 2:
            raise fail(f"dot takes vectors and matrices, got {shape_of(x)} and {shape_of(y)}")
        dimension_numbers = (((len(shape_of(x)) - 1,), (0,)), ((), ()))
    return dot_general(x, y, dimension_numbers, None, preferred_element_type)


def batch_matmul(lhs: Any, rhs: Any, precision: Any = None) -> Any:
    """Product of stacks of matrices whose leading axes agree."""
    x, y = array(lhs), array(rhs)
    n = len(shape_of(x))
    if n < 2 or len(shape_of(y)) != n:
        raise fail(f"batch_matmul needs stacks of one rank, got {shape_of(x)} and {shape_of(y)}")
    lead = tuple(range(n - 2))
    return dt.dot_general(x, y, (((n - 1,), (n - 2,)), (lead, lead)))
