"""PyTorch's type promotion, for operators and functions of Tensors.

It differs from NumPy's in two points: a category (bool, integer, float, complex) decides before a
size does, so int64 and float32 give float32; and a 0-d Tensor or a Python number gives way to a
Tensor with axes of the same category. Functions of `functorch_lite.numpy` keep NumPy's rules, also on
Tensors.
"""

from typing import Any

import numpy as np

from ..ir import Tracer
from ..numpy._promotion import cast
from .tensor import Tensor, borrow, wrap

__all__ = [
    "as_operand",
    "default_dtype",
    "get_default_dtype",
    "promote",
    "result_type",
    "set_default_dtype",
    "to_float",
]

_default = [np.dtype(np.float32)]
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


def get_default_dtype() -> np.dtype[Any]:
    """Return the dtype that Python floats become in Tensors.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.get_default_dtype()
    dtype('float32')
    """
    return _default[0]


default_dtype = get_default_dtype


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that Python floats become in Tensors: float16, float32 or float64."""
    d = np.dtype(dtype)
    if d.kind != "f":
        raise TypeError("only floating-point types are supported as the default type")
    _default[0] = d


def _default_complex() -> np.dtype[Any]:
    return np.result_type(_default[0], np.complex64)


def _promote_types(x: np.dtype[Any], y: np.dtype[Any]) -> np.dtype[Any]:
    """Return the common dtype of two tensors of equal standing."""
    a, b = _CATEGORY[x.kind], _CATEGORY[y.kind]
    if a == b or (a >= 2 and b >= 2):
        return np.promote_types(x, y)
    return x if a > b else y


def _combine(high: np.dtype[Any] | None, low: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """Let a category of lower standing in only where it is the higher category."""
    if high is None or low is None:
        return low if high is None else high
    a, b = _CATEGORY[high.kind], _CATEGORY[low.kind]
    if b <= a:
        return high
    if a == 2:
        return np.result_type(high, np.complex64)
    return low


def result_type(*args: Any) -> np.dtype[Any]:
    """Return the dtype of the result of an operation between Tensors and numbers.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.result_type(fl.tensor([1, 2]), 2.5)
    dtype('float32')
    >>> fl.result_type(fl.ones(2), fl.tensor(1.0, dtype=fl.float64))
    dtype('float32')
    """
    dims = scalars = numbers = None
    for x in args:
        if isinstance(x, Tracer | np.ndarray | np.generic):
            if x.ndim:
                dims = x.dtype if dims is None else _promote_types(dims, x.dtype)
            else:
                scalars = x.dtype if scalars is None else _promote_types(scalars, x.dtype)
        else:
            d = _number_dtype(x)
            numbers = d if numbers is None else _promote_types(numbers, d)
    out = _combine(_combine(dims, scalars), numbers)
    assert out is not None
    return out


def _number_dtype(x: Any) -> np.dtype[Any]:
    if isinstance(x, bool):
        return np.dtype(np.bool_)
    if isinstance(x, int):
        return np.dtype(np.int64)
    if isinstance(x, float):
        return _default[0]
    if isinstance(x, complex):
        return _default_complex()
    raise TypeError(f"expected a Tensor or a number, got {type(x).__name__}")


def as_operand(x: Any) -> Any:
    """Return an operand as a Tensor, or a Python number as it is."""
    if isinstance(x, Tensor) or type(x) in (int, float, bool, complex):
        return x
    if isinstance(x, Tracer | np.ndarray | np.generic):
        return borrow(x)
    raise TypeError(f"expected a Tensor or a number, got {type(x).__name__}")


def promote(x: Any, y: Any) -> tuple[Any, Any]:
    """Convert two operands to their common dtype."""
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        if x.dtype == y.dtype:
            return x, y
    else:
        x, y = as_operand(x), as_operand(y)
    if isinstance(x, Tensor):
        if not isinstance(y, Tensor) and x.dtype.kind == "f" and type(y) is not complex:
            return x, y
    elif isinstance(y, Tensor) and y.dtype.kind == "f" and type(x) is not complex:
        return x, y
    dtype = result_type(x, y)
    return _cast(x, dtype), _cast(y, dtype)


def _cast(x: Any, dtype: np.dtype[Any]) -> Any:
    if not isinstance(x, Tensor) and dtype.kind in "fc":
        return complex(x) if dtype.kind == "c" else float(x)
    return cast(x, dtype)


def to_float(x: Any) -> Any:
    """Return a Tensor whose dtype is inexact: integers become the default dtype."""
    x = as_operand(x)
    if not isinstance(x, Tensor):
        return wrap(np.asarray(x, _number_dtype(x) if isinstance(x, complex) else _default[0]))
    return x if x.dtype.kind in "fc" else wrap(cast(x, _default[0]))
