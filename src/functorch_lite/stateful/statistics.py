"""Order statistics, counts, differences, sets and searches of Tensors, under PyTorch's names."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import numpy as fnp
from . import elementwise as el
from .indexing import plain_index
from .promotion import promote, to_float
from .reductions import ValuesIndices, _pick, argsort, sort
from .tensor import Tensor, wrap

__all__ = [
    "bincount",
    "bucketize",
    "cdist",
    "corrcoef",
    "cov",
    "cross",
    "cummax",
    "cummin",
    "cumulative_trapezoid",
    "diff",
    "dist",
    "histc",
    "isin",
    "kthvalue",
    "logcumsumexp",
    "mode",
    "msort",
    "nanmedian",
    "nanquantile",
    "quantile",
    "renorm",
    "searchsorted",
    "trapezoid",
    "trapz",
    "unique",
    "unique_consecutive",
]


def _known(input: Any, name: str) -> Any:
    """Return the array of a Tensor; raise under transforms, where the result's size is unknown."""
    return wrap(input).concrete(f"{name}, whose result depends on values")


# --- order ----------------------------------------------------------------------------------------


def _quantile(on: Callable[..., Any]) -> Callable[..., Any]:
    def f(
        input: Any,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Any:
        x = wrap(input)
        if x.dtype.kind != "f":
            raise RuntimeError("quantile() input tensor must be either float or double dtype")
        at = q.value if isinstance(q, Tensor) else q
        if not np.all((np.asarray(at) >= 0) & (np.asarray(at) <= 1)):
            raise RuntimeError("quantile() q must be in the range [0, 1]")
        return wrap(on(x, np.asarray(at, x.dtype), dim, method=interpolation, keepdims=keepdim))

    f.__name__ = f.__qualname__ = on.__name__
    f.__doc__ = f"Return quantiles of all elements or along an axis. See `torch.{on.__name__}`."
    return f


quantile, nanquantile = _quantile(fnp.quantile), _quantile(fnp.nanquantile)


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """Return the k-th smallest element (from 1) and its index. See `torch.kthvalue`."""
    x = wrap(input)
    if x.ndim and not 1 <= k <= x.shape[dim]:
        raise RuntimeError("kthvalue(): selected number k out of range for dimension")
    return _pick(x, _at(argsort(x, dim), k - 1, dim), dim, keepdim)


def _at(index: Any, position: int, dim: int) -> Any:
    """Return one position along an axis, which is kept."""
    if not index.ndim:
        return index
    cut: list[Any] = [slice(None)] * index.ndim
    cut[dim] = slice(position, position + 1)
    return index[tuple(cut)]


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the lower median of what is not NaN. See `torch.nanmedian`."""
    x = wrap(input)
    if dim is None:
        x, dim = wrap(fnp.reshape(x, (-1,))), 0
        return nanmedian(x, 0).values
    count = wrap(fnp.sum(fnp.logical_not(fnp.isnan(x)), dim, keepdims=True))
    middle = wrap(fnp.maximum(fnp.floor_divide(count - 1, 2), 0))  # NaN sorts to the end
    index = wrap(fnp.take_along_axis(argsort(x, dim), plain_index(middle), dim))
    return _pick(x, index, dim, keepdim)


def mode(input: Any, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """Return the commonest value, the smallest of equally common ones. See `torch.mode`.

    The index is that of its last occurrence, as in PyTorch.
    """
    x = wrap(input)
    if not x.ndim:
        return ValuesIndices(x, wrap(np.zeros((), np.int64)))
    rows = np.moveaxis(_known(x.detach(), "mode"), dim, -1)
    flat = rows.reshape(-1, rows.shape[-1])
    found = []
    for row in flat:
        values, counts = np.unique(row, return_counts=True)
        found.append(np.flatnonzero(row == values[np.argmax(counts)])[-1])
    index = np.array(found, np.int64).reshape((*rows.shape[:-1], 1))
    return _pick(x, wrap(np.moveaxis(index, -1, dim)), dim, keepdim)


def msort(input: Any) -> Any:
    """Sort along the first axis. See `torch.msort`."""
    return sort(input, 0).values


def _running(name: str, better: Callable[..., Any]) -> Callable[..., Any]:
    def f(input: Any, dim: int) -> ValuesIndices:
        x = wrap(input)
        if not x.ndim:
            return ValuesIndices(x, wrap(np.zeros((), np.int64)))
        rows = np.moveaxis(_known(x.detach(), name), dim, 0)
        index = np.zeros(rows.shape, np.int64)
        best = rows[0].copy()
        for i in range(1, len(rows)):
            new = better(rows[i], best) | np.isnan(rows[i])
            best = np.where(new, rows[i], best)
            index[i] = np.where(new, i, index[i - 1])
        moved = np.moveaxis(index, 0, dim)
        return ValuesIndices(wrap(fnp.take_along_axis(x, moved, dim)), wrap(moved))

    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"Return the {name[3:]}imum so far and its index, the last of equal ones, along an axis.\n\n"
        f"See `torch.{name}`."
    )
    return f


cummax = _running("cummax", np.greater_equal)
cummin = _running("cummin", np.less_equal)


def logcumsumexp(input: Any, dim: int) -> Any:
    """Return the logarithm of the cumulative sum of exponentials. See `torch.logcumsumexp`."""
    from ..lax import cumlogsumexp

    x = to_float(input)
    return wrap(cumlogsumexp(x, dim % x.ndim)) if x.ndim else x


# --- differences and integrals --------------------------------------------------------------------


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Return differences of neighbours along an axis. See `torch.diff`."""
    options = {} if prepend is None else {"prepend": wrap(prepend)}
    options |= {} if append is None else {"append": wrap(append)}
    return wrap(fnp.diff(wrap(input), n, dim, **options))


def trapezoid(y: Any, x: Any = None, *, dx: float = 1.0, dim: int = -1) -> Any:
    """Integrate by the trapezoidal rule. See `torch.trapezoid`."""
    return wrap(fnp.trapezoid(wrap(y), None if x is None else wrap(x), dx, dim))


trapz = trapezoid


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1.0, dim: int = -1) -> Any:
    """Integrate by the trapezoidal rule, cumulatively. See `torch.cumulative_trapezoid`."""
    v = wrap(fnp.moveaxis(wrap(y), dim, -1))
    if x is None:
        width: Any = dx
    else:
        along = wrap(x)
        width = diff(along if along.ndim == 1 else wrap(fnp.moveaxis(along, dim, -1)))
    areas = (v[..., 1:] + v[..., :-1]) / 2.0 * width
    return wrap(fnp.moveaxis(areas.cumsum(-1), -1, dim))


def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """Return the cross product along the (first) axis of length 3. See `torch.cross`."""
    from .linalg import cross as on

    x = wrap(input)
    if dim is None:
        if 3 not in x.shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = x.shape.index(3)
    return on(x, other, dim=dim)


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """Return the p-norm of the difference. See `torch.dist`."""
    return el.sub(input, other).norm(p)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = None) -> Any:
    """Return distances between the rows of two (batches of) matrices. See `torch.cdist`."""
    x, y = promote(x1, x2)
    return wrap(fnp.expand_dims(x, -2) - fnp.expand_dims(y, -3)).norm(p, -1)


def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Scale slices along an axis down to a norm of at most `maxnorm`. See `torch.renorm`."""
    x = wrap(input)
    others = tuple(d for d in range(x.ndim) if d != dim % x.ndim)
    size = x.norm(p, others, keepdim=True)
    factor = wrap(fnp.where(fnp.greater(size, maxnorm), maxnorm / (size + 1e-7), 1.0))
    return x * factor.to(x.dtype)


# --- covariance and counts --------------------------------------------------------------------------


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Return the covariance of variables in rows. See `torch.cov`."""
    weights = [None if w is None else wrap(w).value for w in (fweights, aweights)]
    return wrap(fnp.cov(wrap(input), ddof=correction, fweights=weights[0], aweights=weights[1]))


def corrcoef(input: Any) -> Any:
    """Return the correlations of variables in rows. See `torch.corrcoef`."""
    return wrap(fnp.corrcoef(wrap(input)))


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Count how often each integer occurs. See `torch.bincount`."""
    x = _known(input, "bincount")
    length = max(int(x.max()) + 1 if x.size else 0, minlength)
    return wrap(fnp.bincount(x, None if weights is None else wrap(weights), length=length))


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """Count elements in bins of equal width. See `torch.histc`."""
    x = wrap(input).detach()
    lo, hi = float(min), float(max)
    if lo == hi:
        lo, hi = float(x.min()), float(x.max())
    if lo == hi:
        lo, hi = lo - 1.0, hi + 1.0
    counts, _ = np.histogram(_known(x, "histc"), bins, (lo, hi))
    return wrap(counts.astype(x.dtype))


# --- sets and searches ------------------------------------------------------------------------------


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the distinct elements, sorted. See `torch.unique`."""
    options: dict[str, Any] = {"return_inverse": return_inverse, "return_counts": return_counts}
    return _tensors(np.unique(_known(input, "unique"), axis=dim, **options))


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the elements without repetitions of their predecessor. See
    `torch.unique_consecutive`.
    """
    x = _known(input, "unique_consecutive")
    rows = x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0)
    changed = np.ones(len(rows), np.bool_)
    if len(rows) > 1:
        changed[1:] = (rows[1:] != rows[:-1]).reshape(len(rows) - 1, -1).any(1)
    starts = np.flatnonzero(changed)
    kept = rows[starts] if dim is None else np.moveaxis(rows[starts], 0, dim)
    out: list[Any] = [kept]
    if return_inverse:
        inverse = np.cumsum(changed) - 1
        out.append(inverse.reshape(x.shape) if dim is None else inverse)
    if return_counts:
        out.append(np.diff(np.append(starts, len(rows))))
    return _tensors(tuple(out) if len(out) > 1 else out[0])


def _tensors(found: Any) -> Any:
    return tuple(wrap(f) for f in found) if isinstance(found, tuple) else wrap(found)


def isin(elements: Any, test_elements: Any, *, invert: bool = False) -> Any:
    """Tell which elements are among others. See `torch.isin`."""
    x, y = promote(elements, test_elements)
    return wrap(fnp.isin(x, y, invert=invert))


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
) -> Any:
    """Return where elements would be inserted, row by row. See `torch.searchsorted`."""
    rows, x = wrap(sorted_sequence).detach(), wrap(_as_tensor(input)).detach()
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError("side and right can't be set to opposites")
    side = side or ("right" if right else "left")
    if rows.ndim == 1:
        found = wrap(fnp.searchsorted(rows, x, side))
    else:
        before = fnp.less_equal if side == "right" else fnp.less
        found = wrap(fnp.sum(before(fnp.expand_dims(rows, -2), fnp.expand_dims(x, -1)), -1))
    return found.to(np.int32 if out_int32 else np.int64)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """Return the bucket of each element. See `torch.bucketize`."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def _as_tensor(x: Any) -> Any:
    from .creation import as_tensor

    return x if isinstance(x, Tensor) else as_tensor(x)
