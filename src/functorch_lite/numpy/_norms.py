"""Norms of vectors and matrices: their derivatives are 0 where they have a kink at 0."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims import linalg as prim
from ..prims.shape import reshape
from ._axes import normalize_axis
from ._comparison import equal, not_equal
from ._elementwise import absolute, add, power, sqrt, square, where
from ._elementwise import imag as _imag
from ._elementwise import real as _real
from ._manipulation import moveaxis
from ._promotion import as_array, cast, is_plain
from ._reductions import max as _max
from ._reductions import min as _min
from ._reductions import sum as _sum

__all__ = ["matrix_norm", "norm", "vector_norm"]


def _inexact(x: Any, name: str) -> Any:
    """Return an array of floats or complex numbers; integers become float64."""
    x = as_array(x, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    d = dtype_of(x)
    return x if d.kind in "fc" else cast(x, np.dtype(np.float64))


def _guarded(x: Any, f: Any) -> Any:
    """Return f(x), and 0 with derivative 0 where x is 0."""
    zero = equal(x, 0)
    d = dtype_of(x)
    return where(zero, d.type(0), f(where(zero, d.type(1), x)))


def _vector(x: Any, order: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """Norm over axes taken as one vector."""
    if order is None or order == 2:
        is_complex = dtype_of(x).kind == "c"
        squares = add(square(_real(x)), square(_imag(x))) if is_complex else square(x)
        return _guarded(_sum(squares, axes, keepdims=keepdims), sqrt)
    size = absolute(x)
    if order == np.inf:
        return _max(size, axes, keepdims=keepdims)
    if order == -np.inf:
        return _min(size, axes, keepdims=keepdims)
    if order == 0:
        return _sum(cast(not_equal(x, 0), dtype_of(size)), axes, keepdims=keepdims)
    if order == 1:
        return _sum(size, axes, keepdims=keepdims)
    if isinstance(order, str):
        raise ValueError(f"norm: order {order!r} is for matrices; vectors take numbers")
    if order < 0:
        total = _sum(power(size, float(order)), axes, keepdims=keepdims)
        return power(total, 1.0 / order)
    total = _sum(_guarded(size, lambda s: power(s, float(order))), axes, keepdims=keepdims)
    return _guarded(total, lambda s: power(s, 1.0 / order))


def _matrix(x: Any, order: Any, row: int, col: int, keepdims: bool) -> Any:
    """Norm of the matrices in two axes."""
    if order is None or order in ("fro", "f"):
        return _vector(x, 2, (row, col), keepdims)
    if order in (1, -1, np.inf, -np.inf):
        inner, outer = (row, col) if abs(order) == 1 else (col, row)
        sums = _sum(absolute(x), inner, keepdims=True)
        out = (_max if order > 0 else _min)(sums, outer, keepdims=True)
    elif order in (2, -2, "nuc"):
        s = prim.svd(moveaxis(x, (row, col), (-2, -1)), compute_uv=False)
        s = where(equal(s, 0), dtype_of(s).type(0), s)
        reduce = _sum if order == "nuc" else (_max if order == 2 else _min)
        out = reduce(s, -1)
    else:
        raise ValueError(f"norm: {order!r} is no order of a matrix norm")
    lead = tuple(n for d, n in enumerate(shape_of(x)) if d not in (row, col))
    kept = tuple(1 if d in (row, col) else n for d, n in enumerate(shape_of(x)))
    return reshape(out, kept if keepdims else lead)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Matrix or vector norm; at 0 the derivative is 0.

    Parameters
    ----------
    x : array
    ord : number or {"fro", "nuc"}, optional
        As in `numpy.linalg.norm`; the 2-norm of all elements if both `ord` and `axis` are None.
    axis : int or pair of ints, optional
        One axis for vector norms, two for matrix norms.
    keepdims : bool

    Returns
    -------
    array
        Real.

    Examples
    --------
    >>> import numpy as np, functorch_lite as fl
    >>> fl.grad(norm)(np.array([3.0, 4.0])), fl.grad(norm)(np.zeros(2))
    (array([0.6, 0.8]), array([0., 0.]))
    """
    x = as_array(x, "norm")
    if is_plain(x):
        return np.asanyarray(np.linalg.norm(x, ord, axis, keepdims))
    x = _inexact(x, "norm")
    n = len(shape_of(x))
    if axis is None:
        if ord is None or n == 1:
            return _vector(x, ord, tuple(range(n)), keepdims)
        axes = tuple(range(n))
    else:
        given = axis if isinstance(axis, tuple | list) else (axis,)
        axes = tuple(normalize_axis(d, n) for d in given)
    if len(axes) == 1:
        return _vector(x, ord, axes, keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ShapeError(
            f"norm: axis {axis} of shape {shape_of(x)} must name one or two axes "
            f"{summarize(current_source())}"
        )
    return _matrix(x, ord, axes[0], axes[1], keepdims)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Vector norm over any axes; at 0 the derivative is 0. See `numpy.linalg.vector_norm`.

    Examples
    --------
    >>> vector_norm([[3.0, 0.0], [0.0, 4.0]])
    array(5.)
    """
    x = as_array(x, "vector_norm")
    if is_plain(x):
        return np.asanyarray(np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord))
    x = _inexact(x, "vector_norm")
    n = len(shape_of(x))
    given = range(n) if axis is None else (axis if isinstance(axis, tuple | list) else (axis,))
    return _vector(x, ord, tuple(normalize_axis(d, n) for d in given), keepdims)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of the matrices in the last two axes. See `numpy.linalg.matrix_norm`.

    Examples
    --------
    >>> matrix_norm([[3.0, 0.0], [0.0, 4.0]], ord="nuc")
    array(7.)
    """
    x = as_array(x, "matrix_norm")
    if is_plain(x):
        return np.asanyarray(np.linalg.matrix_norm(x, keepdims=keepdims, ord=ord))
    x = _inexact(x, "matrix_norm")
    n = len(shape_of(x))
    return _matrix(x, ord, normalize_axis(-2, n), normalize_axis(-1, n), keepdims)
