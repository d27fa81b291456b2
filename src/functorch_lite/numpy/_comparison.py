"""Comparisons, bits and logic."""

from typing import Any

import numpy as np

from ..ir import bind, dtype_of, shape_of
from ..prims import complexes as cx
from ..prims import logical as lg
from ._promotion import as_array, is_plain, promote
from ._ufuncs import binary, unary

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "right_shift",
]

# --- comparisons and logic ----------------------------------------------------------------------

equal = binary("equal", lg.eq_p, np.equal)
not_equal = binary("not_equal", lg.ne_p, np.not_equal)
less = binary("less", lg.lt_p, np.less)
less_equal = binary("less_equal", lg.le_p, np.less_equal)
greater = binary("greater", lg.gt_p, np.greater)
greater_equal = binary("greater_equal", lg.ge_p, np.greater_equal)
bitwise_and = binary("bitwise_and", lg.and_p, np.bitwise_and)
bitwise_or = binary("bitwise_or", lg.or_p, np.bitwise_or)
bitwise_xor = binary("bitwise_xor", lg.xor_p, np.bitwise_xor)
bitwise_not = bitwise_invert = invert = unary("invert", lg.not_p, np.invert)
left_shift = bitwise_left_shift = binary("left_shift", lg.shift_left_p, np.left_shift)


def right_shift(x: Any, y: Any, /) -> Any:
    """Shift bits to the right, keeping the sign. See `numpy.right_shift`."""
    x, y = as_array(x, "right_shift"), as_array(y, "right_shift")
    if is_plain(x, y):
        return np.asanyarray(np.right_shift(x, y))
    x, y = promote(x, y)
    unsigned = dtype_of(x).kind == "u"
    return bind(lg.shift_right_logical_p if unsigned else lg.shift_right_arithmetic_p, x, y)


bitwise_right_shift = right_shift


def truth(x: Any) -> Any:
    """Return x != 0 as bool."""
    x = as_array(x)
    return x if dtype_of(x) == np.bool_ else not_equal(x, dtype_of(x).type(0))


def logical_and(x: Any, y: Any, /) -> Any:
    """Compute the truth value of x AND y. See `numpy.logical_and`."""
    return bitwise_and(truth(x), truth(y))


def logical_or(x: Any, y: Any, /) -> Any:
    """Compute the truth value of x OR y. See `numpy.logical_or`."""
    return bitwise_or(truth(x), truth(y))


def logical_xor(x: Any, y: Any, /) -> Any:
    """Compute the truth value of x XOR y. See `numpy.logical_xor`."""
    return bitwise_xor(truth(x), truth(y))


def logical_not(x: Any, /) -> Any:
    """Compute the truth value of NOT x. See `numpy.logical_not`."""
    return invert(truth(x))


def isfinite(x: Any, /) -> Any:
    """Test for finite elements. See `numpy.isfinite`."""
    x = as_array(x, "isfinite")
    if is_plain(x):
        return np.asanyarray(np.isfinite(x))
    if dtype_of(x).kind not in "fc":
        return np.ones(shape_of(x), np.bool_)
    return bind(lg.is_finite_p, x)


def isnan(x: Any, /) -> Any:
    """Test for NaN. See `numpy.isnan`."""
    x = as_array(x, "isnan")
    if is_plain(x):
        return np.asanyarray(np.isnan(x))
    return bind(lg.ne_p, x, x)


def isinf(x: Any, /) -> Any:
    """Test for positive or negative infinity. See `numpy.isinf`."""
    x = as_array(x, "isinf")
    if is_plain(x):
        return np.asanyarray(np.isinf(x))
    if dtype_of(x).kind == "c":
        from ._elementwise import imag, real

        return logical_or(isinf(real(x)), isinf(imag(x)))
    if dtype_of(x).kind != "f":
        return np.zeros(shape_of(x), np.bool_)
    return bind(lg.eq_p, bind(cx.abs_p, x), dtype_of(x).type(np.inf))
