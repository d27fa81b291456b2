"""Convolutions with the names and arguments of `jax.lax`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import dtype_of, shape_of
from ..prims import conv as cv
from ..prims import dot as dt
from ..prims.conv_numpy import dilated_size
from ..prims.shape import rev, transpose
from ._conv_shapes import (
    ConvDimensionNumbers,
    Ints,
    conv_dimension_numbers,
    inverse,
    padtype_to_pads,
    transpose_padding,
)
from ._operands import array
from ._products import prefer

__all__ = [
    "conv",
    "conv_general_dilated",
    "conv_general_dilated_local",
    "conv_general_dilated_patches",
    "conv_transpose",
    "conv_with_general_padding",
]

Padding = str | Sequence[tuple[int, int]]


def conv_general_dilated(
    lhs: Any,
    rhs: Any,
    window_strides: Ints,
    padding: Padding,
    lhs_dilation: Ints | None = None,
    rhs_dilation: Ints | None = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Convolve (in truth: correlate) with all options of XLA's operator.

    Parameters
    ----------
    lhs, rhs : array
        Input and kernel, of one dtype and rank.
    window_strides : sequence of int
    padding : str or sequence of pairs
        ``"SAME"``, ``"SAME_LOWER"``, ``"VALID"``, or (low, high), which may be negative.
    lhs_dilation, rhs_dilation : sequence of int, optional
        Zeros put between the elements of the input (transposed convolution), and of the kernel.
    dimension_numbers : ConvDimensionNumbers or triple of str, optional
        Such as ``("NHWC", "HWIO", "NHWC")``; by default (NC..., OI..., NC...).
    feature_group_count, batch_group_count : int
        Split the input's features, or its batch, and the kernel's output features into groups.
    precision, preferred_element_type
        `precision` changes nothing here; the operands are converted to the element type first.

    Source
    ------
    https://openxla.org/xla/operation_semantics#conv_convolution

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.ones((1, 4, 4, 3)), np.ones((3, 3, 3, 2))
    >>> conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")).shape
    (1, 4, 4, 2)
    """
    x, w = prefer(array(lhs), preferred_element_type), prefer(array(rhs), preferred_element_type)
    numbers = conv_dimension_numbers(shape_of(x), shape_of(w), dimension_numbers)
    x, w = transpose(x, numbers.lhs_spec), transpose(w, numbers.rhs_spec)
    nd = len(shape_of(x)) - 2
    holes = (1,) * nd if rhs_dilation is None else tuple(rhs_dilation)
    if isinstance(padding, str):
        if lhs_dilation is not None and any(d != 1 for d in lhs_dilation):
            raise ValueError("padding by name does not go with lhs_dilation; use conv_transpose")
        kernel = [dilated_size(k, r) for k, r in zip(shape_of(w)[2:], holes, strict=True)]
        padding = padtype_to_pads(shape_of(x)[2:], kernel, window_strides, padding)
    y = cv.conv_general_dilated(
        x, w, window_strides, padding, lhs_dilation, holes, feature_group_count, batch_group_count
    )
    return transpose(y, inverse(numbers.out_spec))


def conv(
    lhs: Any,
    rhs: Any,
    window_strides: Ints,
    padding: str,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """`conv_general_dilated` of NC... by OI... without dilation."""
    return conv_general_dilated(
        lhs, rhs, window_strides, padding, preferred_element_type=preferred_element_type
    )


def conv_with_general_padding(
    lhs: Any,
    rhs: Any,
    window_strides: Ints,
    padding: Padding,
    lhs_dilation: Ints | None,
    rhs_dilation: Ints | None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """`conv_general_dilated` of NC... by OI...."""
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        preferred_element_type=preferred_element_type,
    )


_CHANNELS_LAST = {
    3: ("NHC", "HIO", "NHC"),
    4: ("NHWC", "HWIO", "NHWC"),
    5: ("NHWDC", "HWDIO", "NHWDC"),
}


def conv_transpose(
    lhs: Any,
    rhs: Any,
    strides: Ints,
    padding: Padding,
    rhs_dilation: Ints | None = None,
    dimension_numbers: Any = None,
    transpose_kernel: bool = False,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Transposed convolution; by default channels are last, as in `jax.lax.conv_transpose`.

    `strides` dilate the input. With `transpose_kernel` the kernel is flipped and its feature axes
    are swapped: the gradient of the convolution by that kernel.
    """
    x, w = array(lhs), array(rhs)
    ndim = len(shape_of(x))
    if dimension_numbers is None:
        dimension_numbers = _CHANNELS_LAST.get(ndim)
    numbers = conv_dimension_numbers(shape_of(x), shape_of(w), dimension_numbers)
    spatial = numbers.rhs_spec[2:]
    holes = (1,) * len(spatial) if rhs_dilation is None else tuple(rhs_dilation)
    pads: Any = padding
    if isinstance(padding, str):
        pads = [
            transpose_padding(dilated_size(shape_of(w)[a], r), s, padding)
            for a, r, s in zip(spatial, holes, strides, strict=True)
        ]
    if transpose_kernel:
        order = list(range(ndim))
        o, i = numbers.rhs_spec[:2]
        order[o], order[i] = i, o
        w = transpose(rev(w, spatial), order)
    ones = (1,) * (ndim - 2)
    return conv_general_dilated(
        x, w, ones, pads, strides, holes, numbers, preferred_element_type=preferred_element_type
    )


def conv_general_dilated_patches(
    lhs: Any,
    filter_shape: Ints,
    window_strides: Ints,
    padding: Padding,
    lhs_dilation: Ints | None = None,
    rhs_dilation: Ints | None = None,
    dimension_numbers: Any = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Return windows as features: (channel, window position) in row-major order."""
    x = prefer(array(lhs), preferred_element_type)
    kernel = tuple(filter_shape)
    numbers = conv_dimension_numbers(shape_of(x), (1, 1, *kernel), dimension_numbers)
    c = shape_of(x)[numbers.lhs_spec[1]]
    count = int(np.prod(kernel, dtype=np.int64))
    picks = np.tile(
        np.eye(count, dtype=dtype_of(x)).reshape((count, 1, *kernel)), (c, 1) + (1,) * len(kernel)
    )
    # The picks are row-major whatever the order of the axes of a kernel would be.
    order = tuple(range(len(shape_of(x))))
    plain = ConvDimensionNumbers(numbers.lhs_spec, order, numbers.out_spec)
    return conv_general_dilated(
        x, picks, window_strides, padding, lhs_dilation, rhs_dilation, plain, c
    )


def conv_general_dilated_local(
    lhs: Any,
    rhs: Any,
    window_strides: Ints,
    padding: Padding,
    filter_shape: Ints,
    lhs_dilation: Ints | None = None,
    rhs_dilation: Ints | None = None,
    dimension_numbers: Any = None,
    precision: Any = None,
) -> Any:
    """Convolve with another kernel at every position (unshared weights).

    The kernel has (input features, window) merged, row-major, on its input axis, and the
    output's spatial axes in place of the window's.
    """
    x, w = array(lhs), array(rhs)
    numbers = conv_dimension_numbers(shape_of(x), shape_of(w), dimension_numbers)
    nd = len(numbers.lhs_spec) - 2
    order = tuple(range(nd + 2))
    inner = ConvDimensionNumbers(numbers.lhs_spec, order, order)
    patches = conv_general_dilated_patches(
        x, filter_shape, window_strides, padding, lhs_dilation, rhs_dilation, inner
    )
    w = transpose(w, numbers.rhs_spec)  # o, (c k), t...
    spatial = tuple(range(2, nd + 2))
    y = dt.dot_general(patches, w, (((1,), (1,)), (spatial, spatial)))  # t..., n, o
    y = transpose(y, (nd, nd + 1, *range(nd)))
    return transpose(y, inverse(numbers.out_spec))
