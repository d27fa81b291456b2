"""Integrals of samples: `scipy.integrate`. (Differential equations: `functorch_lite.ode`.)"""

from typing import Any

from ..numpy import trapezoid as _trapezoid

__all__ = ["trapezoid"]


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate samples by the trapezoidal rule. See `scipy.integrate.trapezoid`.

    Examples
    --------
    >>> import numpy as np
    >>> trapezoid(np.array([1.0, 2.0, 3.0]))
    array(4.)
    """
    return _trapezoid(y, x, dx, axis)
