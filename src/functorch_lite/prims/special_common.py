"""How special functions are declared."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import MissingRuleError
from ..ir import Primitive, current_source, dtype_of, summarize
from .arithmetic import select
from .elementwise import elementwise, full_like
from .logical import eq
from .lowering import Library, Scalar

Partial = Callable[..., Any]


def _scipy(name: str, pick: int | None = None) -> Callable[..., Any]:
    """Return a function of scipy.special that keeps the dtype; SciPy is imported at first use."""

    def impl(*args: Any) -> Any:
        import scipy.special

        out = getattr(scipy.special, name)(*args)
        out = out if pick is None else out[pick]
        return np.asarray(out).astype(dtype_of(args[0]), copy=False)

    return impl


def special(
    name: str,
    scipy_name: str,
    partials: Sequence[Partial],
    lower: Scalar | None = None,
    pick: int | None = None,
) -> Primitive:
    """Declare an elementwise primitive computed by SciPy."""
    return elementwise(
        name,
        _scipy(scipy_name, pick),
        kinds="float",
        partials=partials,
        lower=lower or Library("scipy.special"),
    )


def no_derivative(function: str, operand: str) -> Partial:
    """Return the partial of an operand in which there is no derivative rule."""

    def partial(*args: Any, **params: Any) -> Any:
        raise MissingRuleError(
            f"{function} has no derivative rule in its operand {operand!r} "
            f"{summarize(current_source())}; pass it through functorch_lite.lax.stop_gradient if "
            "it is a constant"
        )

    return partial


def constant(x: Any, value: float) -> Any:
    """Return a scalar constant of the dtype of x."""
    return full_like(x, value)


def nonzero(x: Any, value: float = 1.0) -> Any:
    """Replace zeros, so that no derivative is taken there."""
    return select(eq(x, constant(x, 0)), constant(x, value), x)


__all__ = ["Partial", "constant", "no_derivative", "nonzero", "special"]
