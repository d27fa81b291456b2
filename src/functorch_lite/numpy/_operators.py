"""Operators and methods of tracers: those of NumPy's ndarray."""

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ConcretizationError
from ..ir import Tracer, current_source, shape_of, summarize
from . import _elementwise as el
from . import _manipulation as mp
from . import _products as pr
from . import _reductions as rd

__all__ = ["install"]


def _swap(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: f(y, x)


def _defer(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return NotImplemented for operands that are no arrays, so that theirs get a chance."""

    def op(x: Any, y: Any) -> Any:
        if isinstance(y, str | dict | set) or y is None:
            return NotImplemented
        return f(x, y)

    return op


_BINARY = {
    "add": el.add,
    "sub": el.subtract,
    "mul": el.multiply,
    "truediv": el.divide,
    "floordiv": el.floor_divide,
    "mod": el.remainder,
    "divmod": el.divmod,
    "pow": el.power,
    "matmul": pr.matmul,
    "and": el.bitwise_and,
    "or": el.bitwise_or,
    "xor": el.bitwise_xor,
    "lshift": el.left_shift,
    "rshift": el.right_shift,
}
_COMPARE = {
    "eq": el.equal,
    "ne": el.not_equal,
    "lt": el.less,
    "le": el.less_equal,
    "gt": el.greater,
    "ge": el.greater_equal,
}


def _getitem(x: Any, index: Any) -> Any:
    from ._indexing import getitem

    return getitem(x, index)


def _setitem(x: Any, index: Any, value: Any) -> None:
    raise TypeError(
        f"arrays under a transform cannot be written to: x[{index!r}] = ... "
        f"{summarize(current_source())}.\nWrite x = x.at[index].set(value) instead "
        "(also .add, .multiply, .min, .max)."
    )


def _iter(x: Any) -> Iterator[Any]:
    if not shape_of(x):
        raise ConcretizationError(
            f"a 0-d tracer cannot be iterated over {summarize(current_source())}"
        )
    return iter([x[i] for i in range(shape_of(x)[0])])


def _astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    return mp.astype(x, dtype)


def _reshape(x: Any, *shape: Any, order: str = "C") -> Any:
    return mp.reshape(x, shape[0] if len(shape) == 1 else shape, order)


def _transpose(x: Any, *axes: Any) -> Any:
    if not axes or axes[0] is None:
        return mp.transpose(x)
    return mp.transpose(x, axes[0] if isinstance(axes[0], tuple | list) else axes)


def _at(x: Any) -> Any:
    from ._indexing import IndexUpdate

    return IndexUpdate(x)


_METHODS: dict[str, Callable[..., Any]] = {
    "sum": rd.sum,
    "prod": rd.prod,
    "mean": rd.mean,
    "var": rd.var,
    "std": rd.std,
    "max": rd.max,
    "min": rd.min,
    "all": rd.all,
    "any": rd.any,
    "argmax": rd.argmax,
    "argmin": rd.argmin,
    "ptp": rd.ptp,
    "astype": _astype,
    "reshape": _reshape,
    "ravel": mp.ravel,
    "flatten": mp.ravel,
    "transpose": _transpose,
    "swapaxes": mp.swapaxes,
    "squeeze": mp.squeeze,
    "dot": pr.dot,
    "trace": pr.trace,
    "clip": el.clip,
    "round": el.round,
    "conj": el.conj,
    "conjugate": el.conj,
    "copy": lambda x: x,
}
# Methods whose functions live in modules that other families own; looked up when called.
_LATE = (
    "cumsum",
    "cumprod",
    "take",
    "diagonal",
    "repeat",
    "sort",
    "argsort",
    "searchsorted",
    "nonzero",
    "compress",
    "choose",
)
_PROPERTIES: dict[str, Callable[[Any], Any]] = {
    "T": mp.transpose,
    "mT": mp.matrix_transpose,
    "real": el.real,
    "imag": el.imag,
    "at": _at,
    "itemsize": lambda x: x.dtype.itemsize,
    "nbytes": lambda x: x.dtype.itemsize * x.size,
    "flat": lambda x: _iter(mp.ravel(x)),
    "device": lambda x: "cpu",
}


def _late(name: str) -> Callable[..., Any]:
    def method(x: Any, *args: Any, **kwargs: Any) -> Any:
        from .. import numpy as fnp

        return getattr(fnp, name)(x, *args, **kwargs)

    return method


def install(cls: type = Tracer) -> None:
    """Give tracers NumPy's operators and methods."""
    for name, f in _BINARY.items():
        setattr(cls, f"__{name}__", _defer(f))
        setattr(cls, f"__r{name}__", _defer(_swap(f)))
    for name, f in _COMPARE.items():
        setattr(cls, f"__{name}__", _defer(f))
    cls.__hash__ = _identity_hash  # type: ignore[method-assign,assignment]
    special: dict[str, Callable[..., Any]] = {
        "neg": el.negative,
        "pos": lambda x: x,
        "abs": el.absolute,
        "invert": el.invert,
        "getitem": _getitem,
        "setitem": _setitem,
        "iter": _iter,
        "round": el.round,
        "array_namespace": array_namespace,
    }
    for name, method in special.items():
        setattr(cls, f"__{name}__", method)
    for name, method in _METHODS.items():
        setattr(cls, name, method)
    for name in _LATE:
        setattr(cls, name, _late(name))
    for name, getter in _PROPERTIES.items():
        setattr(cls, name, property(getter))


def _identity_hash(x: Any) -> int:
    """Hash by identity: `==` compares elements."""
    return id(x) >> 4


def array_namespace(x: Any, *, api_version: str | None = None) -> Any:
    """Return this package's namespace, which follows the array API standard up to 2024.12."""
    from .. import numpy as fnp

    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12"):
        raise ValueError(
            f"there is no array API version {api_version!r} here; the newest is '2024.12'"
        )
    return fnp
