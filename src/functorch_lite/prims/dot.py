"""dot_general: the one contraction, with batch axes, behind matmul, tensordot and einsum."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import Linear, Primitive, ShapedArray, bind, current_source, shape_of, summarize
from .elementwise import add_any
from .lowering import Kernel
from .shape import broadcast_in_dim, transpose

# ((lhs contracting, rhs contracting), (lhs batch, rhs batch))
DimensionNumbers = tuple[
    tuple[tuple[int, ...], tuple[int, ...]], tuple[tuple[int, ...], tuple[int, ...]]
]


def _free(ndim: int, *used: tuple[int, ...]) -> tuple[int, ...]:
    taken = {d for group in used for d in group}
    return tuple(d for d in range(ndim) if d not in taken)


def _dot_impl(x: Any, y: Any, *, dimension_numbers: DimensionNumbers) -> Any:
    """Contract through np.matmul: axes are ordered (batch, free, contracted)."""
    (xc, yc), (xb, yb) = dimension_numbers
    x, y = np.asarray(x), np.asarray(y)
    if not xb and x.ndim <= 2 and y.ndim <= 2 and len(xc) == 1:
        a = x if xc[0] == x.ndim - 1 else x.T
        b = y if yc[0] == 0 else y.T
        return a @ b
    xf, yf = _free(x.ndim, xc, xb), _free(y.ndim, yc, yb)
    batch = tuple(x.shape[d] for d in xb)
    m, n = tuple(x.shape[d] for d in xf), tuple(y.shape[d] for d in yf)
    k = int(np.prod([x.shape[d] for d in xc], dtype=np.int64))
    size_m, size_n = (int(np.prod(s, dtype=np.int64)) for s in (m, n))
    a = x.transpose(xb + xf + xc).reshape((*batch, size_m, k))
    b = y.transpose(yb + yc + yf).reshape((*batch, k, size_n))
    return np.matmul(a, b).reshape(batch + m + n)


def _dot_abstract(
    x: ShapedArray, y: ShapedArray, *, dimension_numbers: DimensionNumbers
) -> ShapedArray:
    (xc, yc), (xb, yb) = dimension_numbers
    where = summarize(current_source())
    if x.dtype != y.dtype:
        raise DTypeError(f"dot_general needs equal dtypes, got {x.dtype} and {y.dtype} {where}")
    for kind, xs, ys in (("contracted", xc, yc), ("batch", xb, yb)):
        sizes_x, sizes_y = [x.shape[d] for d in xs], [y.shape[d] for d in ys]
        if sizes_x != sizes_y:
            raise ShapeError(
                f"the {kind} axes of a product differ: shape {x.shape} along {xs} has sizes "
                f"{sizes_x}, shape {y.shape} along {ys} has {sizes_y} {where}"
            )
    shape = [x.shape[d] for d in xb]
    shape += [x.shape[d] for d in _free(x.ndim, xc, xb)]
    shape += [y.shape[d] for d in _free(y.ndim, yc, yb)]
    return ShapedArray(tuple(shape), x.dtype)


def _dot_jvp(ts: Any, xs: Any, o: Any, *, dimension_numbers: DimensionNumbers) -> Any:
    left = None if ts[0] is None else dot_general(ts[0], xs[1], dimension_numbers)
    right = None if ts[1] is None else dot_general(xs[0], ts[1], dimension_numbers)
    return add_any(left, right)


def _transpose_lhs(ct: Any, x: ShapedArray, y: Any, dims: DimensionNumbers, swapped: bool) -> Any:
    """Cotangent of the linear operand `x` of dot(x, y), or of dot(y, x) if `swapped`."""
    (xc, yc), (xb, yb) = dims
    y_ndim = len(shape_of(y))
    xf, yf = _free(x.ndim, xc, xb), _free(y_ndim, yc, yb)
    nb, nf = len(xb), len(xf)
    # ct's axes: batch, then the free axes of the left operand, then those of the right one.
    start = nb if swapped else nb + nf
    ct_yf = tuple(range(start, start + len(yf)))
    ct_batch = tuple(range(nb))
    out = dot_general(ct, y, ((ct_yf, yf), (ct_batch, yb)))
    # out's axes: batch, x's free axes, then y's contracted axes in y's order.
    order = sorted(range(len(yc)), key=lambda i: yc[i])
    out_axes = list(xb) + list(xf) + [xc[i] for i in order]
    return transpose(out, tuple(int(i) for i in np.argsort(out_axes)))


def _dot_transpose(ct: Any, x: Any, y: Any, *, dimension_numbers: DimensionNumbers) -> list[Any]:
    (xc, yc), (xb, yb) = dimension_numbers
    if isinstance(x, Linear):
        return [_transpose_lhs(ct, x.aval, y, dimension_numbers, False), None]
    flipped = ((yc, xc), (yb, xb))
    return [None, _transpose_lhs(ct, y.aval, x, flipped, True)]


def _shift(dims: Sequence[int]) -> tuple[int, ...]:
    return tuple(d + 1 for d in dims)


def _dot_batch(size: int, args: Any, batched: Any, *, dimension_numbers: DimensionNumbers) -> Any:
    """Both mapped: one more batch axis. One mapped: one more free axis, moved to the front."""
    (xc, yc), (xb, yb) = dimension_numbers
    x, y = args
    if batched[0] and batched[1]:
        dims = ((_shift(xc), _shift(yc)), ((0, *_shift(xb)), (0, *_shift(yb))))
        return dot_general(x, y, dims)
    if batched[0]:
        if xb:
            y = broadcast_in_dim(y, (size, *shape_of(y)), range(1, len(shape_of(y)) + 1))
            return _dot_batch(size, (x, y), (True, True), dimension_numbers=dimension_numbers)
        return dot_general(x, y, ((_shift(xc), yc), ((), ())))
    if yb:
        x = broadcast_in_dim(x, (size, *shape_of(x)), range(1, len(shape_of(x)) + 1))
        return _dot_batch(size, (x, y), (True, True), dimension_numbers=dimension_numbers)
    out = dot_general(x, y, ((xc, _shift(yc)), ((), ())))
    axis = len(shape_of(x)) - len(xc)
    ndim = len(shape_of(out))
    return transpose(out, (axis, *(d for d in range(ndim) if d != axis)))


dot_general_p = Primitive(
    "dot_general",
    impl=_dot_impl,
    abstract_eval=_dot_abstract,
    jvp=_dot_jvp,
    transpose=_dot_transpose,
    batch=_dot_batch,
    lower=Kernel("dot_general"),
)


def dot_general(x: Any, y: Any, dimension_numbers: DimensionNumbers) -> Any:
    """Contract and batch over the given axes.

    The result's axes are: batch, free axes of `x`, free axes of `y`.
    """
    return bind(dot_general_p, x, y, dimension_numbers=dimension_numbers)


__all__ = ["dot_general", "dot_general_p"]
