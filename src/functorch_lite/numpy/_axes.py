"""Axis arguments."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, summarize

__all__ = ["axes_tuple", "normalize_axis"]


def normalize_axis(axis: Any, ndim: int) -> int:
    """Return `axis` counted from the front, or raise ShapeError with the user's line."""
    try:
        a = axis.__index__()
    except (AttributeError, TypeError):
        raise TypeError(f"an axis must be an int, got {axis!r}") from None
    if not -ndim <= a < ndim:
        raise AxisError(a, ndim, summarize(current_source()))
    return a % ndim


class AxisError(ShapeError, np.exceptions.AxisError):
    """An axis that does not exist; also NumPy's AxisError."""

    def __init__(self, axis: int, ndim: int, where: str) -> None:
        Exception.__init__(self, f"axis {axis} does not exist in an array with {ndim} axes {where}")
        self.axis, self.ndim = axis, ndim
        self._msg = None

    def __str__(self) -> str:
        return str(self.args[0])


def axes_tuple(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Return the axes that an ``axis`` argument names; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    out = tuple(normalize_axis(a, ndim) for a in axes)
    if len(set(out)) != len(out):
        raise ShapeError(f"axis {axis} is given twice {summarize(current_source())}")
    return tuple(sorted(out))
