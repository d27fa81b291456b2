"""Bits and bytes, and the spacing of floating-point numbers."""

from typing import Any

import numpy as np

from ..errors import DTypeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims.arithmetic import stop_gradient
from ._axes import normalize_axis
from ._comparison import not_equal
from ._dispatch import numpy_first
from ._elementwise import absolute, copysign, nextafter, subtract
from ._joining import concatenate
from ._manipulation import moveaxis, ravel, reshape
from ._promotion import as_array, cast, promote_inexact
from ._reductions import sum as _sum

__all__ = ["packbits", "spacing", "unpackbits"]


def _weights(bitorder: str) -> np.ndarray:
    if bitorder not in ("big", "little"):
        raise ValueError(f"bitorder must be 'big' or 'little', got {bitorder!r}")
    order = np.arange(8)
    return np.left_shift(1, order[::-1] if bitorder == "big" else order).astype(np.uint8)


@numpy_first(np.packbits)
def packbits(a: Any, axis: int | None = None, bitorder: str = "big") -> Any:
    """Pack truth values into bytes; missing ones count as 0. See `numpy.packbits`.

    Examples
    --------
    >>> import numpy as np
    >>> packbits(np.array([True, False, True]))
    array([160], dtype=uint8)
    """
    x = as_array(a, "packbits")
    if dtype_of(x).kind not in "biu":
        raise DTypeError(
            f"packbits packs bools or integers, got {dtype_of(x).name} {summarize(current_source())}"
        )
    x = ravel(x) if axis is None else x
    at = normalize_axis(0 if axis is None else axis, len(shape_of(x)))
    x = moveaxis(not_equal(x, 0), at, -1)
    *lead, n = shape_of(x)
    x = concatenate([x, np.zeros((*lead, -n % 8), bool)], -1)
    x = reshape(cast(x, np.dtype(np.uint8)), (*lead, (n + 7) // 8, 8))
    return moveaxis(_sum(x * _weights(bitorder), -1, np.uint8), -1, at)


@numpy_first(np.unpackbits)
def unpackbits(
    a: Any, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> Any:
    """Unpack bytes into eight 0 or 1 each. See `numpy.unpackbits`.

    Examples
    --------
    >>> import numpy as np
    >>> unpackbits(np.array([160], np.uint8), count=3)
    array([1, 0, 1], dtype=uint8)
    """
    x = as_array(a, "unpackbits")
    if dtype_of(x) != np.uint8:
        raise DTypeError(
            f"unpackbits unpacks uint8, got {dtype_of(x).name} {summarize(current_source())}"
        )
    x = ravel(x) if axis is None else x
    at = normalize_axis(0 if axis is None else axis, len(shape_of(x)))
    x = moveaxis(x, at, -1)
    *lead, n = shape_of(x)
    bits = cast(not_equal(x[..., None] & _weights(bitorder), 0), np.dtype(np.uint8))
    bits = reshape(bits, (*lead, n * 8))
    if count is not None:
        missing = count - n * 8
        zeros = np.zeros((*lead, max(missing, 0)), np.uint8)
        bits = concatenate([bits, zeros], -1) if missing > 0 else bits[..., :count]
    return moveaxis(bits, -1, at)


@numpy_first(np.spacing)
def spacing(x: Any, /) -> Any:
    """Return the distance to the next number away from 0, with the sign of `x`; its derivative is 0.

    See `numpy.spacing`.

    Examples
    --------
    >>> spacing(1.0)
    array(2.22044605e-16)
    """
    (x,) = promote_inexact(as_array(x, "spacing"))
    x = stop_gradient(x)
    size = absolute(x)
    return copysign(subtract(nextafter(size, dtype_of(x).type(np.inf)), size), x)
