"""Sampling of images: `scipy.ndimage`, differentiable in the image and in the coordinates."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy._index_update import at
from ..numpy._promotion import as_array, cast, promote_inexact

__all__ = ["map_coordinates"]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


def _mirror(i: Any, n: int) -> Any:
    """Fold indices into 0..n-1 with the border elements in the mirror."""
    s = n - 1
    return i * 0 if s == 0 else el.absolute((i + s) % (2 * s) - s)


def _reflect(i: Any, n: int) -> Any:
    """Fold indices with mirrors between the border elements and their images."""
    return el.floor_divide(_mirror(2 * i + 1, 2 * n + 1), 2)


_FOLD = {
    "constant": lambda i, n: i,
    "nearest": lambda i, n: el.clip(i, 0, n - 1),
    "wrap": lambda i, n: i % n,
    "mirror": _mirror,
    "reflect": _reflect,
}


def _neighbours(x: Any, order: int) -> list[tuple[Any, Any]]:
    """Return (index, weight) of the elements that a coordinate is computed from."""
    integer = np.dtype(np.int64)
    if order == 0:
        return [(cast(el.floor(x + 0.5), integer), 1.0)]
    below = el.floor(x)
    up = x - below
    i = cast(below, integer)
    return [(i, 1 - up), (i + 1, up)]


def map_coordinates(
    input: Any, coordinates: Sequence[Any], order: int, mode: str = "constant", cval: Any = 0.0
) -> Any:
    """Return the elements at (fractional) coordinates. See `scipy.ndimage.map_coordinates`.

    Parameters
    ----------
    coordinates : sequence of arrays
        One array for each axis of the input.
    order : {0, 1}
        Nearest element, or linear interpolation.
    mode : {"constant", "nearest", "wrap", "mirror", "reflect"}
        What stands beyond the borders.
    cval : number
        What stands there with "constant".

    Raises
    ------
    ShapeError
        If there is not one coordinate array for each axis.

    Examples
    --------
    >>> map_coordinates(np.array([0.0, 10.0, 40.0]), [np.array([0.5, 1.5])], order=1)
    array([ 5., 25.])
    """
    x = _array(input, "map_coordinates")
    positions = [
        promote_inexact(_array(c, "a coordinate"), small_ints=False)[0] for c in coordinates
    ]
    where = summarize(current_source())
    if len(positions) != len(shape_of(x)):
        raise ShapeError(
            f"map_coordinates: {len(positions)} coordinates for {len(shape_of(x))} axes {where}"
        )
    if order not in (0, 1) or mode not in _FOLD:
        raise ValueError(
            f"map_coordinates: order must be 0 or 1, got {order}, and mode one of "
            f"{', '.join(_FOLD)}, got {mode!r} {where}"
        )
    d = dtype_of(x)
    total: Any = 0
    for corner in itertools.product(*(_neighbours(c, order) for c in positions)):
        index, inside, weight = [], True, 1.0
        for (i, w), n in zip(corner, shape_of(x), strict=True):
            if mode == "constant":
                inside = el.logical_and(inside, el.logical_and(i >= 0, i < n))
            index.append(_FOLD[mode](i, n))
            weight = weight * w
        value = at(x)[tuple(index)].get(mode="clip")
        if mode == "constant":
            value = el.where(inside, value, d.type(cval))
        total = total + weight * value
    if d.kind in "iu":
        total = el.rint(total)
    return cast(total, d)
