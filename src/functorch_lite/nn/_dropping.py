"""Dropout as functions."""

from typing import Any

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..stateful.generator import Generator
from ._lift import result, write_back
from .noise import keep_mask

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d"]


def _check_probability(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _dropped(input: Any, p: float, shape: tuple[int, ...], generator: Generator | None) -> Any:
    """Zero with probability p what shares an entry of a mask of `shape`; scale the rest."""
    if p == 1.0:
        return result(fnp.multiply(input, dtype_of(input).type(0)), input)
    keep = keep_mask(input, 1.0 - p, shape, generator)
    scale = fnp.multiply(keep, dtype_of(input).type(1.0 / (1.0 - p)))
    return result(fnp.multiply(input, scale), input)


def dropout(
    input: Any,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Any:
    """Zero elements with probability p and divide the rest by 1 - p.

    Under vmap and jit randomness must be explicit: call the module through
    ``functional_call(..., rng=key)``.
    """
    _check_probability(p)
    if not training or p == 0.0:
        return input
    out = _dropped(input, p, shape_of(input), generator)
    return write_back(input, out, inplace)


def _dropout_channels(nd: int) -> Any:
    def f(
        input: Any,
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
        *,
        generator: Generator | None = None,
    ) -> Any:
        _check_probability(p)
        if not training or p == 0.0:
            return input
        shape = shape_of(input)
        lead = len(shape) - nd
        mask = shape[:lead] + (1,) * nd
        return write_back(input, _dropped(input, p, mask, generator), inplace)

    f.__name__ = f.__qualname__ = f"dropout{nd}d"
    f.__doc__ = f"Zero whole channels, which have {nd} axes, with probability p."
    return f


dropout1d, dropout2d = _dropout_channels(1), _dropout_channels(2)


def alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, *, generator: Generator | None = None
) -> Any:
    """Dropout that keeps mean and variance of SELU outputs (Klambauer et al. 2017)."""
    _check_probability(p)
    if not training or p == 0.0:
        return input
    alpha = -1.7580993408473766
    a = ((1 - p) * (1 + p * alpha**2)) ** -0.5 if p < 1.0 else 0.0
    keep = keep_mask(input, 1.0 - p, shape_of(input), generator)
    d = dtype_of(input)
    kept = fnp.where(fnp.equal(keep, 1), input, d.type(alpha))
    return result(fnp.add(fnp.multiply(kept, d.type(a)), d.type(-a * alpha * p)), input)
