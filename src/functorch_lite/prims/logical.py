"""Comparisons, bits and predicates: no tangents anywhere."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Primitive, bind
from .elementwise import BOOL, elementwise
from .lowering import Scalar


def _compare(name: str, impl: Callable[..., Any], kinds: str, symbol: str) -> Primitive:
    return elementwise(
        name,
        impl,
        kinds=kinds,
        partials=None,
        out_dtype=BOOL,
        lower=Scalar(f"{{0}} {symbol} {{1}}"),
    )


eq_p = _compare("eq", np.equal, "any", "==")
ne_p = _compare("ne", np.not_equal, "any", "!=")
lt_p = _compare("lt", np.less, "real", "<")
le_p = _compare("le", np.less_equal, "real", "<=")
gt_p = _compare("gt", np.greater, "real", ">")
ge_p = _compare("ge", np.greater_equal, "real", ">=")


def _bits(name: str, impl: Callable[..., Any], lower: str, kinds: str = "bits") -> Primitive:
    return elementwise(name, impl, kinds=kinds, partials=None, lower=Scalar(lower))


and_p = _bits("and", np.bitwise_and, "{0} & {1}")
or_p = _bits("or", np.bitwise_or, "{0} | {1}")
xor_p = _bits("xor", np.bitwise_xor, "{0} ^ {1}")
not_p = _bits("not", np.invert, "invert({0})")


def _shift(op: Callable[..., Any], unsigned: bool) -> Callable[..., Any]:
    """Shift by any amount: beyond the width the result is 0 (or the sign)."""

    def impl(x: Any, y: Any) -> Any:
        x, y = np.asarray(x), np.asarray(y)
        bits = x.dtype.itemsize * 8
        too_far = (y < 0) | (y >= bits)
        view = x.view(x.dtype.str.replace("i", "u")) if unsigned else x
        shifted = op(view, np.where(too_far, 0, y).astype(view.dtype)).astype(x.dtype)
        sign = np.where(x < 0, -1, 0) if op is np.right_shift and not unsigned else 0
        return np.where(too_far, np.asarray(sign).astype(x.dtype), shifted)

    return impl


shift_left_p = _bits("shift_left", _shift(np.left_shift, False), "shl({0}, {1})", "integer")
shift_right_logical_p = _bits(
    "shift_right_logical", _shift(np.right_shift, True), "lshr({0}, {1})", "integer"
)
shift_right_arithmetic_p = _bits(
    "shift_right_arithmetic", _shift(np.right_shift, False), "ashr({0}, {1})", "integer"
)


def _population_count(x: Any) -> Any:
    """Count the bits of two's complement (np.bitwise_count takes the absolute value)."""
    x = np.asarray(x)
    return np.bitwise_count(x.view(f"u{x.dtype.itemsize}")).astype(x.dtype)


population_count_p = _bits(
    "population_count",
    _population_count,
    "popcount({0})",
    "integer",
)

is_finite_p = elementwise(
    "is_finite",
    np.isfinite,
    kinds="inexact",
    partials=None,
    out_dtype=BOOL,
    lower=Scalar("isfinite({0})"),
)


def eq(x: Any, y: Any) -> Any:
    """x == y."""
    return bind(eq_p, x, y)


def lt(x: Any, y: Any) -> Any:
    """x < y."""
    return bind(lt_p, x, y)


__all__ = [n for n in dir() if n.endswith("_p")] + ["eq", "lt"]
