"""Axes, paddings and shapes of convolutions, as in `jax.lax`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..prims.conv_numpy import dilated_size
from ._operands import fail

__all__ = [
    "ConvDimensionNumbers",
    "conv_dimension_numbers",
    "conv_general_permutations",
    "conv_general_shape_tuple",
    "conv_shape_tuple",
    "conv_transpose_shape_tuple",
    "padtype_to_pads",
]


Ints = Sequence[int]


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


def inverse(order: Ints) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argsort(order))


def transpose_padding(k: int, s: int, padding: str) -> tuple[int, int]:
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
    return tuple(out[i] for i in inverse(numbers.out_spec))


def conv_transpose_shape_tuple(
    lhs_shape: Ints, rhs_shape: Ints, window_strides: Ints, padding: Any, dimension_numbers: Any
) -> tuple[int, ...]:
    """Return the shape of a convolution whose input is dilated by `window_strides`."""
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    lhs = [lhs_shape[d] for d in numbers.lhs_spec]
    rhs = [rhs_shape[d] for d in numbers.rhs_spec]
    if isinstance(padding, str):
        padding = [
            transpose_padding(k, s, padding) for k, s in zip(rhs[2:], window_strides, strict=True)
        ]
    dilated = [dilated_size(n, s) for n, s in zip(lhs[2:], window_strides, strict=True)]
    out = conv_shape_tuple([*lhs[:2], *dilated], rhs, [1] * len(dilated), padding)
    return tuple(out[i] for i in inverse(numbers.out_spec))
