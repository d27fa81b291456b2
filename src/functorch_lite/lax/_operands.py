"""How lax functions read their operands: equal dtypes, equal shapes, no promotion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy._promotion import as_array, cast, is_weak
from ..prims.shape import broadcast_in_dim

__all__ = ["array", "canonical_axis", "fail", "operands"]

_ORDER = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def array(x: Any, name: str = "an operand") -> Any:
    """Return `x` as an array or a tracer."""
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def fail(message: str) -> ShapeError:
    """Return a ShapeError that names the user's line."""
    return ShapeError(f"{message} {summarize(current_source())}")


def canonical_axis(axis: int, ndim: int) -> int:
    """Count a negative axis from the end.

    Examples
    --------
    >>> canonical_axis(-1, 3)
    2
    """
    if not -ndim <= axis < ndim:
        raise fail(f"axis {axis} does not exist in an array of {ndim} axes")
    return axis % ndim


def operands(*args: Any) -> list[Any]:
    """Give Python scalars the dtype of the arrays they meet; stretch axes of size 1.

    Everything else is left to the primitive, which insists on equal dtypes and shapes.
    """
    xs = [as_array(a) for a in args]
    strong = [dtype_of(x) for x in xs if not is_weak(x)]
    if strong:
        xs = [_meet(x, strong[0]) for x in xs]
    xs = [x if hasattr(x, "shape") else np.asarray(x) for x in xs]
    return _stretch(xs)


def _meet(x: Any, dtype: np.dtype[Any]) -> Any:
    """Convert a Python scalar that loses nothing by it."""
    if is_weak(x) and _ORDER[dtype_of(x).kind] <= _ORDER[dtype.kind]:
        return cast(x, dtype)
    return x


def _stretch(xs: Sequence[Any]) -> list[Any]:
    shapes = {shape_of(x) for x in xs} - {()}
    if len(shapes) < 2 or len({len(s) for s in shapes}) > 1:
        return list(xs)
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        return list(xs)
    dims = range(len(shape))
    return [x if shape_of(x) == () else broadcast_in_dim(x, shape, dims) for x in xs]
