"""Functions with custom rules that are right: random programs call them, tests break them."""

from typing import Any

from .. import numpy as fnp
from ..transforms import custom_jvp, custom_vjp

__all__ = ["scaled_sine", "soft_sign"]


@custom_jvp
def soft_sign(x: Any) -> Any:
    """Return x / (1 + x^2), with a forward rule of its own."""
    return x / (1 + x * x)


@soft_sign.defjvp
def _(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    d = 1 + x * x
    return soft_sign(x), t * (2 - d) / (d * d)


@custom_vjp
def scaled_sine(x: Any, y: Any) -> Any:
    """Return sin(x) y, with a reverse rule of its own."""
    return fnp.sin(x) * y


scaled_sine.defvjp(
    lambda x, y: (fnp.sin(x) * y, (x, y)),
    lambda res, ct: (ct * fnp.cos(res[0]) * res[1], ct * fnp.sin(res[0])),
)
