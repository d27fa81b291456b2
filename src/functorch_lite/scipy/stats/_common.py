"""What the distributions share: promotion, masks, and functions that follow from others."""

from typing import Any

import numpy as np

from ...ir import dtype_of
from ...numpy import _elementwise as el
from .._special_common import quiet
from .._special_common import real_operands as operands

__all__ = ["clip", "constant", "not_a_count", "operands", "outside", "quiet"]


def constant(x: Any, value: float) -> Any:
    """Return a scalar of the dtype of x."""
    return dtype_of(x).type(value)


def outside(mask: Any, value: Any, inside: Any) -> Any:
    """Return `value` where the mask holds, else `inside`."""
    return el.where(mask, constant(inside, value), inside)


def clip(x: Any, lo: float, hi: float = np.inf) -> Any:
    """Limit to an interval."""
    return el.clip(x, constant(x, lo), constant(x, hi))


def not_a_count(k: Any, lo: Any, hi: Any) -> Any:
    """Tell where k is no integer in [lo, hi]."""
    return el.logical_or(
        el.not_equal(k, el.floor(k)), el.logical_or(el.less(k, lo), el.greater(k, hi))
    )
