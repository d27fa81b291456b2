"""What the functions share: operands, sizes given as a number or a tuple, reductions of losses."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from .. import numpy as fnp
from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy._promotion import as_array, promote_inexact

__all__ = ["array", "count_of", "each_axis", "fail", "inexact", "quiet", "reduce_loss"]

F = TypeVar("F", bound=Callable[..., Any])


def quiet(f: F) -> F:
    """Make a function follow IEEE arithmetic without warnings, on plain arrays too."""
    return np.errstate(all="ignore")(f)


def array(x: Any, name: str = "input") -> Any:
    """Return `x` as an array or a tracer."""
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def inexact(x: Any, name: str = "x") -> Any:
    """Return `x` as an array or a tracer of float or complex dtype."""
    (y,) = promote_inexact(as_array(x, name))
    return y if hasattr(y, "shape") else np.asarray(y)


def fail(message: str) -> ShapeError:
    """Return a ShapeError that names the user's line."""
    return ShapeError(f"{message} {summarize(current_source())}")


def each_axis(value: int | Sequence[int], nd: int, name: str) -> tuple[int, ...]:
    """Return one int for each of `nd` axes.

    Examples
    --------
    >>> each_axis(3, 2, "kernel_size"), each_axis((1, 2), 2, "stride")
    ((3, 3), (1, 2))
    """
    if hasattr(value, "__index__"):
        return (value.__index__(),) * nd
    out = tuple(v.__index__() for v in value)
    if len(out) == 1:
        return out * nd
    if len(out) != nd:
        raise fail(f"{name} {out} must be a number or have {nd} entries")
    return out


def count_of(x: Any, axes: Sequence[int]) -> int:
    """Return the number of elements along `axes`."""
    shape = shape_of(x)
    return math.prod([shape[a] for a in axes])


def reduce_loss(loss: Any, reduction: str) -> Any:
    """Apply ``"none"``, ``"mean"`` or ``"sum"``."""
    if reduction == "none":
        return loss
    if reduction == "sum":
        return fnp.sum(loss)
    if reduction != "mean":
        raise ValueError(f'reduction must be "none", "mean" or "sum", got {reduction!r}')
    n = int(np.prod(shape_of(loss), dtype=np.int64))
    return fnp.divide(fnp.sum(loss), dtype_of(loss).type(n))
