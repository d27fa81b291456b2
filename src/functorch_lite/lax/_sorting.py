"""Sorting, largest elements and the Fourier transform, as in `jax.lax`."""

import enum
from typing import Any

from .. import numpy as fnp
from ..ir import shape_of
from ..prims import arithmetic as ar
from ..prims import fft as ft
from ..prims import sorting as so
from ._conv_shapes import Ints
from ._operands import array, canonical_axis

__all__ = ["FftType", "approx_max_k", "approx_min_k", "fft", "sort", "sort_key_val", "top_k"]


def sort(operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1) -> Any:
    """Sort along an axis; several arrays together, by the first `num_keys`. NaN comes last.

    Returns
    -------
    array, or tuple of arrays if a sequence was given
    """
    if not isinstance(operand, list | tuple):
        return so.sort(array(operand), dimension, is_stable, num_keys)
    return tuple(so.sort([array(x) for x in operand], dimension, is_stable, num_keys))


def sort_key_val(keys: Any, values: Any, dimension: int = -1, is_stable: bool = True) -> Any:
    """Sort keys along an axis, and values with them."""
    return sort((keys, values), dimension, is_stable, 1)


class FftType(enum.IntEnum):
    """Kinds of Fourier transform."""

    FFT = 0
    IFFT = 1
    RFFT = 2
    IRFFT = 3


def fft(x: Any, fft_type: FftType | str, fft_lengths: Ints) -> Any:
    """Fourier transform over the last ``len(fft_lengths)`` axes.

    Examples
    --------
    >>> import numpy as np
    >>> fft(np.ones(4, complex), "FFT", (4,)).real
    array([4., 0., 0., 0.])
    """
    kind = fft_type.name if isinstance(fft_type, FftType) else str(fft_type)
    return ft.fft(array(x), kind, fft_lengths)


def top_k(operand: Any, k: int, *, axis: int = -1) -> tuple[Any, Any]:
    """Return the k largest along an axis, largest first, and their positions (int32)."""
    x = array(operand)
    axis = canonical_axis(axis, len(shape_of(x)))
    values, positions = so.top_k(fnp.moveaxis(x, axis, -1), k)
    return fnp.moveaxis(values, -1, axis), fnp.moveaxis(positions, -1, axis)


def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Any, Any]:
    """`top_k`: on the CPU the exact answer is no slower."""
    return top_k(operand, k, axis=reduction_dimension)


def approx_min_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Any, Any]:
    """Return the k smallest along an axis, smallest first, and their positions."""
    x = array(operand)
    values, positions = top_k(ar.neg(x), k, axis=reduction_dimension)
    return ar.neg(values), positions
