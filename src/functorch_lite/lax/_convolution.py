"""Convolutions and contractions with the names and arguments of `jax.lax`."""

import enum
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir import dtype_of, shape_of
from ..prims import conv as cv
from ..prims import dot as dt
from ..prims.arithmetic import convert_element_type
from ..prims.conv_numpy import dilated_size
from ..prims.shape import rev, transpose
from ._operands import array, fail

__all__ = [
    "ConvDimensionNumbers",
    "Precision",
    "batch_matmul",
    "conv",
    "conv_dimension_numbers",
    "conv_general_dilated",
    "conv_general_dilated_local",
    "conv_general_dilated_patches",
    "conv_general_permutations",
    "conv_general_shape_tuple",
    "conv_shape_tuple",
    "conv_transpose",
    "conv_transpose_shape_tuple",
    "conv_with_general_padding",
    "dot",
    "dot_general",
    "padtype_to_pads",
]

Ints = Sequence[int]
Padding = str | Sequence[tuple[int, int]]


class Precision(enum.Enum):
    """Accepted for JAX's sake: products are always computed in the full precision of the dtype."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2


class ConvDimensionNumbers(NamedTuple):
    """Where the axes of a convolution are.

    Attributes
    ----------
    lhs_spec : tuple of int
        Axes of batch, features and space in the input.
    rhs_spec : tuple of int
        Axes of output features, input features and space in the kernel.
    out_spec : tuple of int
        Axes of batch, features and space in the output.
    """

    lhs_spec: tuple[int, ...]
    rhs_spec: tuple[int, ...]
    out_spec: tuple[int, ...]


def conv_general_permutations(dimension_numbers: Sequence[str]) -> ConvDimensionNumbers:
    """Read specifications such as ``("NHWC", "HWIO", "NHWC")``.

    Examples
    --------
    >>> conv_general_permutations(("NHC", "HIO", "NHC")).rhs_spec
    (2, 1, 0)
    """
    lhs, rhs, out = dimension_numbers
    spatial = [c for c in rhs if c not in "OI"]
    for name, spec, letters in (("lhs", lhs, "NC"), ("rhs", rhs, "OI"), ("out", out, "NC")):
        if sorted(spec) != sorted([*letters, *spatial]) or len(set(spec)) != len(spec):
            raise fail(f"convolution {name}_spec {spec!r} needs {letters} and the axes {spatial}")
    return ConvDimensionNumbers(
        *(
            tuple(spec.index(c) for c in [*letters, *spatial])
            for spec, letters in ((lhs, "NC"), (rhs, "OI"), (out, "NC"))
        )
    )


def conv_dimension_numbers(
    lhs_shape: Ints, rhs_shape: Ints, dimension_numbers: Any
) -> ConvDimensionNumbers:
    """Complete dimension numbers: None is (NC..., OI..., NC...); strings are read."""
    if isinstance(dimension_numbers, ConvDimensionNumbers):
        return dimension_numbers
    if len(lhs_shape) != len(rhs_shape):
        raise fail(f"convolution of {tuple(lhs_shape)} by {tuple(rhs_shape)}: ranks must be equal")
    if dimension_numbers is None:
        order = tuple(range(len(lhs_shape)))
        return ConvDimensionNumbers(order, order, order)
    if len(dimension_numbers) != 3:
        raise fail(f"convolution dimension_numbers must have 3 entries, got {dimension_numbers}")
    if all(isinstance(s, str) for s in dimension_numbers):
        numbers = conv_general_permutations(dimension_numbers)
        if len(numbers.lhs_spec) != len(lhs_shape):
            raise fail(f"dimension_numbers {dimension_numbers} do not fit shape {tuple(lhs_shape)}")
        return numbers
    return ConvDimensionNumbers(*(tuple(s) for s in dimension_numbers))


def padtype_to_pads(
    in_shape: Ints, window_shape: Ints, window_strides: Ints, padding: str
) -> list[tuple[int, int]]:
    """Return the (low, high) pairs of ``"SAME"``, ``"SAME_LOWER"`` or ``"VALID"``.

    Examples
    --------
    >>> padtype_to_pads((5,), (2,), (1,), "SAME")
    [(0, 1)]
    """
    kind = padding.upper()
    if kind == "VALID":
        return [(0, 0)] * len(in_shape)
    if kind not in ("SAME", "SAME_LOWER"):
        raise ValueError(f'padding must be "SAME", "SAME_LOWER", "VALID" or pairs, got {padding!r}')
    pads = []
    for n, k, s in zip(in_shape, window_shape, window_strides, strict=True):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        small, large = total // 2, total - total // 2
        pads.append((small, large) if kind == "SAME" else (large, small))
    return pads


def _inverse(order: Ints) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argsort(order))


def _prefer(x: Any, preferred: Any) -> Any:
    """Convert an operand to the dtype in which to accumulate."""
    return x if preferred is None else convert_element_type(x, np.dtype(preferred))


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
    x, w = _prefer(array(lhs), preferred_element_type), _prefer(array(rhs), preferred_element_type)
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
    return transpose(y, _inverse(numbers.out_spec))


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


def _transpose_padding(k: int, s: int, padding: str) -> tuple[int, int]:
    """Pad so that the gradient of a ``"SAME"`` or ``"VALID"`` convolution comes out."""
    if padding == "SAME":
        total = k + s - 2
        before = k - 1 if s > k - 1 else -(-total // 2)
    elif padding == "VALID":
        total = k + s - 2 + max(k - s, 0)
        before = k - 1
    else:
        raise ValueError(f'padding must be "SAME", "VALID" or pairs, got {padding!r}')
    return before, total - before


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
            _transpose_padding(dilated_size(shape_of(w)[a], r), s, padding)
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
    x = _prefer(array(lhs), preferred_element_type)
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
    return transpose(y, _inverse(numbers.out_spec))


# --- shapes of results ---------------------------------------------------------------------------


def conv_shape_tuple(
    lhs_shape: Ints, rhs_shape: Ints, strides: Ints, pads: Any, batch_group_count: int = 1
) -> tuple[int, ...]:
    """Return the shape of `conv` for shapes NC... and OI...."""
    if isinstance(pads, str):
        pads = padtype_to_pads(lhs_shape[2:], rhs_shape[2:], strides, pads)
    spatial = tuple(
        max(0, (n + lo + hi - k) // s + 1)
        for n, k, s, (lo, hi) in zip(lhs_shape[2:], rhs_shape[2:], strides, pads, strict=True)
    )
    return (lhs_shape[0] // batch_group_count, rhs_shape[0], *spatial)


def conv_general_shape_tuple(
    lhs_shape: Ints, rhs_shape: Ints, window_strides: Ints, padding: Any, dimension_numbers: Any
) -> tuple[int, ...]:
    """Return the shape of `conv_general_dilated` without dilation."""
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    lhs = [lhs_shape[d] for d in numbers.lhs_spec]
    rhs = [rhs_shape[d] for d in numbers.rhs_spec]
    out = conv_shape_tuple(lhs, rhs, window_strides, padding)
    return tuple(out[i] for i in _inverse(numbers.out_spec))


def conv_transpose_shape_tuple(
    lhs_shape: Ints, rhs_shape: Ints, window_strides: Ints, padding: Any, dimension_numbers: Any
) -> tuple[int, ...]:
    """Return the shape of a convolution whose input is dilated by `window_strides`."""
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    lhs = [lhs_shape[d] for d in numbers.lhs_spec]
    rhs = [rhs_shape[d] for d in numbers.rhs_spec]
    if isinstance(padding, str):
        padding = [
            _transpose_padding(k, s, padding) for k, s in zip(rhs[2:], window_strides, strict=True)
        ]
    dilated = [dilated_size(n, s) for n, s in zip(lhs[2:], window_strides, strict=True)]
    out = conv_shape_tuple([*lhs[:2], *dilated], rhs, [1] * len(dilated), padding)
    return tuple(out[i] for i in _inverse(numbers.out_spec))


# --- products ------------------------------------------------------------------------------------


def dot_general(
    lhs: Any,
    rhs: Any,
    dimension_numbers: Any,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Contract and batch over axes.

    Parameters
    ----------
    dimension_numbers : ((lhs contracting, rhs contracting), (lhs batch, rhs batch))

    Returns
    -------
    array
        Axes: batch, free axes of `lhs`, free axes of `rhs`.

    Examples
    --------
    >>> import numpy as np
    >>> dot_general(np.ones((2, 3)), np.ones((3, 4)), (((1,), (0,)), ((), ()))).shape
    (2, 4)
    """
    x, y = _prefer(array(lhs), preferred_element_type), _prefer(array(rhs), preferred_element_type)
    (xc, yc), (xb, yb) = dimension_numbers
    nx, ny = len(shape_of(x)), len(shape_of(y))
    fixed = (
        (tuple(int(d) % nx for d in xc), tuple(int(d) % ny for d in yc)),
        (tuple(int(d) % nx for d in xb), tuple(int(d) % ny for d in yb)),
    )
    return dt.dot_general(x, y, fixed)


def dot(
    lhs: Any,
    rhs: Any,
    *,
    dimension_numbers: Any = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Product of vectors or matrices, or any contraction if `dimension_numbers` are given."""
    x, y = array(lhs), array(rhs)
    if dimension_numbers is None:
        if not 1 <= len(shape_of(x)) <= 2 or not 1 <= len(shape_of(y)) <= 2:
            raise fail(f"dot takes vectors and matrices, got {shape_of(x)} and {shape_of(y)}")
        dimension_numbers = (((len(shape_of(x)) - 1,), (0,)), ((), ()))
    return dot_general(x, y, dimension_numbers, None, preferred_element_type)


def batch_matmul(lhs: Any, rhs: Any, precision: Any = None) -> Any:
    """Product of stacks of matrices whose leading axes agree."""
    x, y = array(lhs), array(rhs)
    n = len(shape_of(x))
    if n < 2 or len(shape_of(y)) != n:
        raise fail(f"batch_matmul needs stacks of one rank, got {shape_of(x)} and {shape_of(y)}")
    lead = tuple(range(n - 2))
    return dt.dot_general(x, y, (((n - 1,), (n - 2,)), (lead, lead)))
