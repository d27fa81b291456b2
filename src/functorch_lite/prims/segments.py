"""Products within segments, for the derivative of scatter_mul."""

from typing import Any

import numpy as np

from ..ir import shape_of
from .arithmetic import mul, select
from .elementwise import full_like
from .gather import GatherDimensionNumbers, gather
from .logical import eq
from .shape import iota, pad, reshape
from .sorting import sort

__all__ = ["product_of_others"]


def product_of_others(places: Any, x: Any) -> Any:
    """Return, for each element, the product of the other elements with the same place.

    Elements are sorted by place; products of what precedes and follows within a place come from
    a segmented scan by doubling (Hillis & Steele 1986, "Data parallel algorithms"). Nothing is
    divided, so zeros are no problem, at any order of derivative.
    """
    n = int(np.prod(shape_of(x), dtype=np.int64))
    place = reshape(places, (n,))
    place, order = sort([place, iota(np.int64, (n,))], dimension=0, num_keys=1)
    factors = _take_1d(reshape(x, (n,)), order)
    before = _exclusive_scan(place, factors, n, reverse=False)
    after = _exclusive_scan(place, factors, n, reverse=True)
    _, inverse = sort([order, iota(np.int64, (n,))], dimension=0, num_keys=1)
    return reshape(_take_1d(mul(before, after), inverse), shape_of(x))


def _take_1d(x: Any, index: Any) -> Any:
    """x[index] for vectors and an index in bounds."""
    numbers = GatherDimensionNumbers((), (0,), (0,))
    index = reshape(index, (*shape_of(index), 1))
    return gather(x, index, numbers, (1,), mode="promise_in_bounds")


def _exclusive_scan(place: Any, x: Any, n: int, reverse: bool) -> Any:
    """Product of the earlier (or later) elements of the same place; `place` is sorted."""
    out = _shifted_if_same(place, x, 1, n, reverse)
    step = 1
    while step < n:
        out = mul(out, _shifted_if_same(place, out, step, n, reverse))
        step *= 2
    return out


def _shifted_if_same(place: Any, x: Any, step: int, n: int, reverse: bool) -> Any:
    """x[i - step] (x[i + step] if reverse) where that is the same place, else 1."""
    config = [(-step, step, 0) if reverse else (step, -step, 0)]
    there = pad(place, np.int64(-1), config)
    moved = pad(x, full_like(x, 1), config)
    return select(eq(there, place), moved, full_like(x, 1))
