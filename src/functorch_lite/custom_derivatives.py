"""Rules of one's own, under the names of `jax.custom_derivatives`."""

import functools
from collections.abc import Callable
from typing import Any

from .pytree import Partial
from .transforms import closure_convert, custom_jvp, custom_vjp

__all__ = ["closure_convert", "custom_gradient", "custom_jvp", "custom_vjp"]


def custom_gradient(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function a reverse-mode rule that closes over what the forward pass computed.

    Parameters
    ----------
    fun : callable
        Returns ``(value, rule)``; ``rule(cotangent)`` returns the cotangents of the arguments: one,
        or a tuple.

    Returns
    -------
    callable
        Returns the value.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> @custom_gradient
    ... def exp(x):
    ...     y = np.exp(x)
    ...     return y, lambda ct: 10 * ct * y
    >>> float(exp(0.0)), float(fl.grad(exp)(0.0))
    (1.0, 10.0)
    """

    @custom_vjp
    @functools.wraps(fun)
    def value(*args: Any) -> Any:
        return fun(*args)[0]

    def forward(*args: Any) -> Any:
        out, rule = fun(*args)
        converted, consts = closure_convert(rule, out)
        return out, Partial(functools.partial(_apply, converted), *consts)

    def backward(rule: Any, ct: Any) -> Any:
        cts = rule(ct)
        return tuple(cts) if isinstance(cts, list | tuple) else (cts,)

    value.defvjp(forward, backward)
    return functools.wraps(fun)(lambda *args: value(*args))


def _apply(converted: Callable[..., Any], *consts_and_ct: Any) -> Any:
    *consts, ct = consts_and_ct
    return converted(ct, *consts)
