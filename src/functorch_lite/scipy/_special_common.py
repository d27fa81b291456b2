"""What the functions of `scipy.special` share: their operands, and no warnings."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from ..errors import DTypeError
from ..ir import current_source, dtype_of, summarize
from ..numpy._promotion import as_array, broadcast_operands, promote_inexact

__all__ = ["real_operands", "quiet"]


def real_operands(name: str, *args: Any) -> list[Any]:
    """Promote to one floating dtype and broadcast."""
    xs = [as_array(a, name) for a in args]
    xs = promote_inexact(*xs, small_ints=False)
    if dtype_of(xs[0]).kind != "f":
        raise DTypeError(f"{name} takes real numbers only {summarize(current_source())}")
    return broadcast_operands(xs)


F = TypeVar("F", bound=Callable[..., Any])


def quiet(f: F) -> F:
    """Let a function be silent about the infinities and NaN that it computes, as SciPy is."""

    @functools.wraps(f)
    def g(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(*args, **kwargs)

    return cast(F, g)
