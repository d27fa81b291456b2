"""Reductions of Tensors, under PyTorch's names."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import numpy as fnp
from .promotion import as_operand, to_float
from .tensor import Tensor, wrap

__all__ = [
    "ValuesIndices",
    "all",
    "amax",
    "amin",
    "any",
    "aminmax",
    "argmax",
    "argmin",
    "argsort",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "nanmean",
    "nansum",
    "norm",
    "prod",
    "sort",
    "std",
    "std_mean",
    "sum",
    "topk",
    "var",
    "var_mean",
]

Dim = int | tuple[int, ...] | None


class ValuesIndices(NamedTuple):
    """What max, min, sort, topk and median along an axis return."""

    values: Any
    indices: Any


def _axis(dim: Any, axis: Any) -> Any:
    """Return the axes; NumPy's keyword is understood too. An empty list means all."""
    d = dim if dim is not None else axis
    if isinstance(d, list | tuple):
        return tuple(d) if len(d) else None
    return d


def _float_only(name: str, x: Any) -> None:
    if x.dtype.kind not in "fc":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {x.dtype.name}"
        )


def sum(
    input: Any,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Dim = None,
    keepdims: bool = False,
) -> Any:
    """Sum over axes; integers and bools give int64. See `torch.sum`."""
    x = wrap(input)
    return wrap(fnp.sum(x, _axis(dim, axis), _dtype(dtype), keepdims=keepdim or keepdims))


def _dtype(dtype: Any) -> Any:
    return None if dtype is None else np.dtype(dtype)


def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Product over an axis, or over all. See `torch.prod`."""
    return wrap(fnp.prod(wrap(input), dim, _dtype(dtype), keepdims=keepdim))


def mean(
    input: Any,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Dim = None,
    keepdims: bool = False,
) -> Any:
    """Mean over axes, of floats only. See `torch.mean`."""
    x = wrap(input)
    x = x if dtype is None else x.to(dtype)
    _float_only("mean", x)
    return wrap(fnp.mean(x, _axis(dim, axis), keepdims=keepdim or keepdims))


def _correction(args: tuple[Any, ...], unbiased: Any, correction: Any) -> tuple[Any, float]:
    """Read var's two signatures: (dim, unbiased) and (unbiased,)."""
    dim = None
    if args and isinstance(args[0], bool):
        unbiased = args[0]
    elif args:
        dim = args[0]
        unbiased = args[1] if len(args) > 1 else unbiased
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return dim, correction


def var(
    input: Any,
    *args: Any,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    correction: float | None = None,
    axis: Dim = None,
) -> Any:
    """Variance over axes; ``correction=1`` (unbiased) by default. See `torch.var`."""
    x = wrap(input)
    _float_only("var", x)
    first, ddof = _correction(args, unbiased, correction)
    axes = _axis(first if dim is None else dim, axis)
    n = np.prod([x.shape[d] for d in _all(axes, x.ndim)], dtype=int)
    if n <= ddof:
        mu = fnp.mean(x, axes, keepdims=True)
        total = fnp.sum(fnp.square(fnp.absolute(x - mu)), axes, keepdims=keepdim)
        return wrap(total / float("nan") if n <= ddof else total)
    return wrap(fnp.var(x, axes, correction=ddof, keepdims=keepdim))


def _all(axes: Any, ndim: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(ndim))
    return tuple(axes) if isinstance(axes, tuple) else (axes,)


def std(input: Any, *args: Any, **kwargs: Any) -> Any:
    """Standard deviation; the gradient of constants is 0. Arguments are those of `var`."""
    v = var(input, *args, **kwargs)
    zero = v == 0
    safe = fnp.where(zero, v.dtype.type(1), v)
    return wrap(fnp.where(zero, v.dtype.type(0), fnp.sqrt(safe)))


def var_mean(input: Any, dim: Dim = None, **kwargs: Any) -> tuple[Any, Any]:
    """Return variance and mean. See `torch.var_mean`."""
    return var(input, dim=dim, **kwargs), mean(input, dim, kwargs.get("keepdim", False))


def std_mean(input: Any, dim: Dim = None, **kwargs: Any) -> tuple[Any, Any]:
    """Return standard deviation and mean. See `torch.std_mean`."""
    return std(input, dim=dim, **kwargs), mean(input, dim, kwargs.get("keepdim", False))


def _extremum(name: str, over_all: Callable[..., Any], arg: Callable[..., Any]) -> Any:
    def f(
        input: Any,
        dim: Any = None,
        keepdim: bool = False,
        *,
        other: Any = None,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        x = wrap(input)
        second = dim if isinstance(dim, Tensor) else other
        if second is not None:
            from .elementwise import maximum, minimum

            return (maximum if name == "max" else minimum)(x, second)
        if axis is not None or (dim is None):
            return wrap(over_all(x, axis, keepdims=keepdims))
        index = wrap(arg(x, dim, keepdims=True))
        return _pick(x, index, dim, keepdim)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"Return the {name}imum of all elements, of two Tensors, or along an axis.\n\n"
        "Over all, ties share the gradient equally; along an axis the result is "
        "``(values, indices)``\nand the gradient goes to the first of equal elements. See "
        f"`torch.{name}`."
    )
    return f


def _pick(x: Tensor, index: Tensor, dim: int, keepdim: bool) -> ValuesIndices:
    """Return the elements at `index` along an axis, and the index."""
    values = wrap(fnp.take_along_axis(x, _index(index), dim)) if x.ndim else x
    if keepdim:
        return ValuesIndices(values, index)
    if not x.ndim:
        return ValuesIndices(values, index)
    return ValuesIndices(wrap(fnp.squeeze(values, dim)), wrap(fnp.squeeze(index, dim)))


def _index(index: Tensor) -> Any:
    """Return an index for a function of the NumPy namespace."""
    from .indexing import plain_index

    return plain_index(index)


max = _extremum("max", fnp.max, fnp.argmax)
min = _extremum("min", fnp.min, fnp.argmin)


def amax(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """Maximum over axes; ties share the gradient. See `torch.amax`."""
    return wrap(fnp.max(wrap(input), _axis(dim, None), keepdims=keepdim))


def amin(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """Minimum over axes; ties share the gradient. See `torch.amin`."""
    return wrap(fnp.min(wrap(input), _axis(dim, None), keepdims=keepdim))


def aminmax(input: Any, *, dim: Any = None, keepdim: bool = False) -> tuple[Any, Any]:
    """Return minimum and maximum. See `torch.aminmax`."""
    d = () if dim is None else dim
    return amin(input, d, keepdim), amax(input, d, keepdim)


def argmax(
    input: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None
) -> Any:
    """Return the index of the maximum; the first of equal ones. See `torch.argmax`."""
    return wrap(fnp.argmax(wrap(input), _axis(dim, axis), keepdims=keepdim))


def argmin(
    input: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None
) -> Any:
    """Return the index of the minimum; the first of equal ones. See `torch.argmin`."""
    return wrap(fnp.argmin(wrap(input), _axis(dim, axis), keepdims=keepdim))


def all(input: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> Any:
    """Whether all elements are true. See `torch.all`."""
    return wrap(fnp.all(wrap(input), _axis(dim, axis), keepdims=keepdim))


def any(input: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> Any:
    """Whether any element is true. See `torch.any`."""
    return wrap(fnp.any(wrap(input), _axis(dim, axis), keepdims=keepdim))


def count_nonzero(input: Any, dim: Dim = None) -> Any:
    """Count the elements that are not zero. See `torch.count_nonzero`."""
    return wrap(fnp.count_nonzero(wrap(input), _axis(dim, None)))


def nansum(input: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Sum, NaN counting as zero. See `torch.nansum`."""
    return wrap(fnp.nansum(wrap(input), _axis(dim, None), keepdims=keepdim))


def nanmean(input: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Mean of what is not NaN. See `torch.nanmean`."""
    return wrap(fnp.nanmean(wrap(input), _axis(dim, None), keepdims=keepdim))


def logsumexp(input: Any, dim: Dim, keepdim: bool = False) -> Any:
    """log(sum(exp(x))) without overflow. See `torch.logsumexp`."""
    return wrap(fnp.logsumexp(to_float(input), _axis(dim, None), keepdims=keepdim))


def cumsum(input: Any, dim: int, *, dtype: Any = None, axis: int | None = None) -> Any:
    """Cumulative sum along an axis. See `torch.cumsum`."""
    return wrap(fnp.cumsum(wrap(input), _axis(dim, axis), _dtype(dtype)))


def cumprod(input: Any, dim: int, *, dtype: Any = None, axis: int | None = None) -> Any:
    """Cumulative product along an axis. See `torch.cumprod`."""
    return wrap(fnp.cumprod(wrap(input), _axis(dim, axis), _dtype(dtype)))


def norm(
    input: Any, p: Any = "fro", dim: Dim = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    """Return the p-norm of all elements, or over axes; its gradient at 0 is 0. See `torch.norm`."""
    x = wrap(input) if dtype is None else wrap(input).to(dtype)
    _float_only("norm", x)
    axes = _axis(dim, None)
    size = fnp.absolute(x)
    if p in ("fro", None, 2, 2.0):
        total = wrap(fnp.sum(fnp.square(size), axes, keepdims=keepdim))
        return _root(total, 0.5)
    if p == float("inf"):
        return wrap(fnp.max(size, axes, keepdims=keepdim))
    if p == -float("inf"):
        return wrap(fnp.min(size, axes, keepdims=keepdim))
    if p == 0:
        return wrap(fnp.sum(fnp.astype(x != 0, size.dtype), axes, keepdims=keepdim))
    if p == 1:
        return wrap(fnp.sum(size, axes, keepdims=keepdim))
    return _root(wrap(fnp.sum(fnp.power(size, float(p)), axes, keepdims=keepdim)), 1.0 / p)


def _root(total: Tensor, exponent: float) -> Any:
    """Return a root whose gradient at 0 is 0."""
    zero = fnp.equal(total, 0)
    safe = fnp.where(zero, total.dtype.type(1), total)
    root = fnp.sqrt(safe) if exponent == 0.5 else fnp.power(safe, exponent)
    return wrap(fnp.where(zero, total.dtype.type(0), root))


# --- order --------------------------------------------------------------------------------------


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the indices that sort along an axis; always stable. See `torch.argsort`."""
    x = wrap(input)
    if not x.ndim:
        return wrap(np.zeros((), np.int64))
    if not descending:
        return wrap(fnp.argsort(x.detach(), axis=dim))
    n = x.shape[dim]
    backwards = fnp.argsort(fnp.flip(x.detach(), dim), axis=dim)
    return wrap(fnp.flip(n - 1 - backwards, dim))


def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> ValuesIndices:
    """Sort along an axis, stably; return values and indices. See `torch.sort`."""
    x = wrap(input)
    index = argsort(x, dim, descending)
    values = wrap(fnp.take_along_axis(x, _index(index), dim)) if x.ndim else x
    return ValuesIndices(values, index)


def topk(
    input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesIndices:
    """Return the k largest (or smallest) elements and their indices, in order. See `torch.topk`."""
    x = wrap(input)
    if not 0 <= k <= (x.shape[dim] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    index = argsort(x, dim, descending=largest)
    cut = [slice(None)] * x.ndim
    if x.ndim:
        cut[dim] = slice(0, k)
    index = index[tuple(cut)]
    values = wrap(fnp.take_along_axis(x, _index(index), dim)) if x.ndim else x
    return ValuesIndices(values, index)


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the lower median of all, or (values, indices) along an axis. See `torch.median`."""
    x = wrap(as_operand(input))
    if dim is None:
        flat = wrap(fnp.reshape(x, (-1,)))
        return sort(flat, 0).values[(flat.shape[0] - 1) // 2]
    middle = (x.shape[dim] - 1) // 2
    index = argsort(x, dim)
    cut: list[Any] = [slice(None)] * x.ndim
    cut[dim] = slice(middle, middle + 1)
    return _pick(x, index[tuple(cut)], dim, keepdim)
