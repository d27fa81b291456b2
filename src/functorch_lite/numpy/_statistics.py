"""Averages, covariance and correlation."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ._axes import axes_tuple
from ._diagonal import diag
from ._dispatch import numpy_first
from ._elementwise import clip, conj, imag, multiply, real, sqrt
from ._joining import concatenate
from ._manipulation import broadcast_to, reshape, transpose
from ._products import matmul
from ._promotion import as_array, cast, promote_dtypes, promote_inexact
from ._reductions import mean
from ._reductions import sum as _sum

__all__ = ["average", "corrcoef", "cov"]


def _array(x: Any, name: str) -> Any:
    x = as_array(x, name)
    return x if hasattr(x, "shape") else np.asarray(x)


@numpy_first(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Weighted average over axes; with `returned`, also the sum of weights. See `numpy.average`."""
    x = _array(a, "average")
    shape = shape_of(x)
    axes = axes_tuple(axis, len(shape))
    if weights is None:
        out = mean(x, axes, keepdims=keepdims)
        n = int(np.prod([shape[d] for d in axes], dtype=np.int64))
        scale = np.full(shape_of(out), n, dtype_of(out))
        return (out, scale) if returned else out
    w = _array(weights, "average")
    if shape_of(w) != shape:
        if tuple(shape[d] for d in axes) != shape_of(w):
            raise ShapeError(
                f"average: weights of shape {shape_of(w)} do not go with axes {axes} of {shape} "
                f"{summarize(current_source())}"
            )
        w = reshape(w, tuple(n if d in axes else 1 for d, n in enumerate(shape)))
    d = np.result_type(
        dtype_of(x), dtype_of(w), np.float64 if dtype_of(x).kind in "biu" else dtype_of(x)
    )
    x, w = cast(x, np.dtype(d)), broadcast_to(cast(w, np.dtype(d)), shape)
    scale = _sum(w, axes, keepdims=keepdims)
    out = _sum(multiply(x, w), axes, keepdims=keepdims) / scale
    return (out, scale) if returned else out


def _rows(m: Any, y: Any, rowvar: bool, name: str) -> Any:
    """Return the observations as a matrix with a row for each variable."""

    def matrix(v: Any) -> Any:
        v = _array(v, name)
        if len(shape_of(v)) > 2:
            raise ShapeError(
                f"{name} takes at most 2 axes, got {shape_of(v)} {summarize(current_source())}"
            )
        if len(shape_of(v)) < 2:
            return reshape(v, (1, -1))
        return v if rowvar else transpose(v)

    x = matrix(m)
    return x if y is None else concatenate(promote_dtypes(x, matrix(y)), 0)


@numpy_first(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Covariance matrix. See `numpy.cov`."""
    x = _rows(m, y, rowvar, "cov")
    d = np.result_type(dtype_of(x), np.float64) if dtype is None else np.dtype(dtype)
    x = cast(x, np.dtype(d))
    ddof = (0 if bias else 1) if ddof is None else ddof
    n = shape_of(x)[1]
    w = None
    if fweights is not None:
        w = cast(_array(fweights, "cov"), np.dtype(np.float64))
    if aweights is not None:
        aw = cast(_array(aweights, "cov"), np.dtype(np.float64))
        w = aw if w is None else w * aw
    if w is None:
        centre, total = mean(x, 1, keepdims=True), n
        norm: Any = n - ddof
    else:
        total = _sum(w)
        centre = reshape(_sum(x * w, 1) / total, (-1, 1))
        norm = (
            total - ddof if aweights is None or ddof == 0 else total - ddof * _sum(w * aw) / total
        )
    z = x - centre
    right = conj(transpose(z if w is None else z * w))
    norm = max(norm, 0) if isinstance(norm, int) else clip(norm, 0, None)
    out = (
        matmul(z, right) / norm if not isinstance(norm, int) or norm else matmul(z, right) * np.inf
    )
    return reshape(out, ()) if shape_of(out) == (1, 1) else out


@numpy_first(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlation coefficients, between -1 and 1. See `numpy.corrcoef`."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not shape_of(c):
        return c / c
    scale = sqrt(real(diag(c)))
    c = c / reshape(scale, (-1, 1)) / reshape(scale, (1, -1))
    if dtype_of(c).kind == "c":
        (i,) = promote_inexact(np.complex64(1j).astype(dtype_of(c)))
        return clip(real(c), -1, 1) + i * clip(imag(c), -1, 1)
    return clip(c, -1, 1)
