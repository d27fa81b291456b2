"""Padding as part of a kernel: `inside`, an elementwise choice, over `stretch`, a view.

``pad(x, value)`` is ``inside(stretch(x), value)``: `stretch` reads `x` in the padded shape, where
elements beyond `x` are unspecified (kernels read zeros there, and never touch memory outside);
`inside` puts the value in their place. Both are the compiler's own primitives.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Eqn, Primitive, Var
from ..prims.lowering import Scalar

__all__ = ["inside_p", "padding", "stretch_p", "stretched"]


def _stretch(x: Any, *, low: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, x.dtype)
    out[tuple(slice(a, a + n) for a, n in zip(low, x.shape, strict=True))] = x
    return out


def _inside(x: Any, value: Any, *, low: tuple[int, ...], size: tuple[int, ...]) -> Any:
    out = np.full(x.shape, value, x.dtype)
    part = tuple(slice(a, a + n) for a, n in zip(low, size, strict=True))
    out[part] = x[part]
    return out


stretch_p = Primitive(
    "stretch",
    impl=_stretch,
    abstract_eval=lambda x, *, low, shape: x.update(shape=shape),
    batch=_stretch,
    register=False,
)
inside_p = Primitive(
    "inside",
    impl=_inside,
    abstract_eval=lambda x, value, *, low, size: x,
    batch=_inside,
    lower=Scalar("select(index(0), {0}, {1})"),
    register=False,
)


def padding(eqn: Eqn) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return (low, shape) of a pad equation without holes and cuts by a scalar, else None."""
    config = eqn.params["padding_config"]
    x, value = eqn.inputs
    if any(lo < 0 or hi < 0 or k for lo, hi, k in config) or value.aval.shape or not x.aval.size:
        return None
    return tuple(lo for lo, _, _ in config), eqn.outvars[0].aval.shape


def stretched(x: Var, low: Sequence[int], shape: Sequence[int], like: Eqn) -> Eqn:
    """Return the equation that reads `x` in a larger shape."""
    params = {"low": tuple(low), "shape": tuple(shape)}
    out = Var(x.aval.update(shape=tuple(shape)))
    return like.replace(primitive=stretch_p, inputs=[x], outvars=[out], params=params)
