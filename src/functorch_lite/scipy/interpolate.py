"""Interpolation on regular grids: `scipy.interpolate`, differentiable in values and positions."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, is_tracer, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy._index_update import at
from ..numpy._joining import stack
from ..numpy._manipulation import broadcast_arrays, reshape
from ..numpy._promotion import as_array, promote_inexact
from ..numpy._search import searchsorted

__all__ = ["RegularGridInterpolator"]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


class RegularGridInterpolator:
    """Interpolate values that are given on a rectangular grid.

    Parameters
    ----------
    points : sequence of arrays
        The grid's positions along each axis, ascending.
    values : array
        Values at the grid points; further axes are channels.
    method : {"linear", "nearest"}
        How to interpolate.
    bounds_error : bool
        Raise for positions outside of the grid; possible only where they are known.
    fill_value : number or None
        The value outside of the grid; ``None`` extrapolates.

    Raises
    ------
    ShapeError
        If points and values do not fit.

    Examples
    --------
    >>> f = RegularGridInterpolator((np.arange(3.0),), np.array([0.0, 1.0, 4.0]))
    >>> f(np.array([[0.5], [1.5]]))
    array([0.5, 2.5])
    """

    def __init__(
        self,
        points: Sequence[Any],
        values: Any,
        method: str = "linear",
        bounds_error: bool = False,
        fill_value: Any = np.nan,
    ) -> None:
        if method not in ("linear", "nearest"):
            raise ValueError(
                f"RegularGridInterpolator: method must be 'linear' or 'nearest', got {method!r} "
                f"{summarize(current_source())}"
            )
        self.method, self.bounds_error, self.fill_value = method, bounds_error, fill_value
        self.grid = tuple(promote_inexact(_array(p, "points"), small_ints=False)[0] for p in points)
        (self.values,) = promote_inexact(_array(values, "values"), small_ints=False)
        sizes = tuple(shape_of(p)[0] for p in self.grid)
        if sizes != shape_of(self.values)[: len(sizes)]:
            raise ShapeError(
                f"RegularGridInterpolator: a grid of {sizes} does not fit values of shape "
                f"{shape_of(self.values)} {summarize(current_source())}"
            )

    def __call__(self, xi: Any, method: str | None = None) -> Any:
        """Return the values at positions of shape (..., number of axes)."""
        method = method or self.method
        n = len(self.grid)
        if isinstance(xi, tuple):
            xi = stack(broadcast_arrays(*xi), -1)
        x = _array(xi, "the positions")
        x = x[..., None] if n == 1 and (not shape_of(x) or shape_of(x)[-1] != 1) else x
        if not shape_of(x) or shape_of(x)[-1] != n:
            raise ShapeError(
                f"RegularGridInterpolator: positions on a grid of {n} axes have shape (..., {n}), "
                f"got {shape_of(x)} {summarize(current_source())}"
            )
        lead = shape_of(x)[:-1]
        flat = reshape(x, (-1, n))
        columns = [flat[:, d] for d in range(n)]
        outside = self._outside(columns)
        cells = [self._cell(g, c) for g, c in zip(self.grid, columns, strict=True)]
        out = self._linear(cells) if method == "linear" else self._nearest(cells)
        if self.fill_value is not None:
            mask = reshape(outside, (-1, *(1,) * (len(shape_of(out)) - 1)))
            out = el.where(mask, dtype_of(out).type(self.fill_value), out)
        return reshape(out, (*lead, *shape_of(self.values)[n:]))

    def _outside(self, columns: list[Any]) -> Any:
        outside: Any = np.asarray(False)
        for g, c in zip(self.grid, columns, strict=True):
            outside = el.logical_or(outside, el.logical_or(el.less(c, g[0]), el.greater(c, g[-1])))
        if self.bounds_error and not is_tracer(outside) and outside.any():
            raise ValueError(
                f"RegularGridInterpolator: a position is outside of the grid "
                f"{summarize(current_source())}"
            )
        return outside

    @staticmethod
    def _cell(grid: Any, x: Any) -> tuple[Any, Any]:
        """Return the cell that holds x, and how far x is across it."""
        n = shape_of(grid)[0]
        if n == 1:
            return np.zeros(shape_of(x), np.int64), x * 0
        i = el.clip(searchsorted(grid, x, side="right") - 1, 0, n - 2)
        left, right = at(grid)[i].get(mode="clip"), at(grid)[i + 1].get(mode="clip")
        return i, (x - left) / (right - left)

    def _corner(self, index: list[Any]) -> Any:
        return at(self.values)[tuple(index)].get(mode="clip")

    def _weighted(self, weight: Any, value: Any) -> Any:
        return reshape(weight, (-1, *(1,) * (len(shape_of(value)) - 1))) * value

    def _linear(self, cells: list[tuple[Any, Any]]) -> Any:
        total: Any = 0
        for corner in itertools.product((0, 1), repeat=len(cells)):
            weight: Any = 1
            for up, (_, t) in zip(corner, cells, strict=True):
                weight = weight * (t if up else 1 - t)
            index = [i + up for up, (i, _) in zip(corner, cells, strict=True)]
            total = total + self._weighted(weight, self._corner(index))
        return total

    def _nearest(self, cells: list[tuple[Any, Any]]) -> Any:
        return self._corner([el.where(t <= 0.5, i, i + 1) for i, t in cells])
