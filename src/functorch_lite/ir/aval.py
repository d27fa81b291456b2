"""Abstract values: what is known of an array while tracing."""

from typing import Any

import numpy as np

from ..errors import DTypeError, NonDifferentiableError
from .source import current_source, summarize

__all__ = ["ShapedArray", "aval_of_value", "canonical_dtype", "is_inexact", "python_scalar_dtype"]

_SUPPORTED = frozenset("?bBhHiIlLqQefdFD")
_PYTHON_SCALARS: dict[type, np.dtype[Any]] = {
    bool: np.dtype(np.bool_),
    int: np.dtype(np.int64),
    float: np.dtype(np.float64),
    complex: np.dtype(np.complex128),
}


class ShapedArray:
    """Shape and dtype of an array.

    A *weak* type is that of a Python scalar: it takes the dtype of what it meets (NEP 50).

    Examples
    --------
    >>> ShapedArray((2, 3), np.dtype("float32"))
    float32[2,3]
    """

    __slots__ = ("_hash", "dtype", "shape", "weak_type")

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], weak_type: bool = False
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.weak_type = weak_type
        self._hash: int | None = None

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        n = 1
        for d in self.shape:
            n *= d
        return n

    def strengthen(self) -> "ShapedArray":
        """Return the same aval without the weak flag."""
        return ShapedArray(self.shape, self.dtype) if self.weak_type else self

    def update(self, **changes: Any) -> "ShapedArray":
        """Return a copy with some fields changed."""
        fields: dict[str, Any] = {
            "shape": self.shape,
            "dtype": self.dtype,
            "weak_type": self.weak_type,
        }
        return ShapedArray(**(fields | changes))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ShapedArray)
            and self.shape == other.shape
            and self.dtype == other.dtype
            and self.weak_type == other.weak_type
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.shape, self.dtype.char, self.weak_type))
        return self._hash

    def __repr__(self) -> str:
        weak = "*" if self.weak_type else ""
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]{weak}"


def canonical_dtype(dtype: Any) -> np.dtype[Any]:
    """Return a supported NumPy dtype or raise DTypeError.

    Examples
    --------
    >>> canonical_dtype("f4")
    dtype('float32')
    """
    try:
        d = np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"{dtype!r} is not a dtype") from None
    if d.char not in _SUPPORTED:
        raise DTypeError(
            f"dtype {d} is not supported; use bool, an integer, float16/32/64 or "
            "complex64/128 (convert with x.astype(...))"
        )
    if not d.isnative:
        raise DTypeError(
            f"dtype {d!r} has a non-native byte order; convert with x.astype(x.dtype.newbyteorder('='))"
        )
    return d


def python_scalar_dtype(x: Any) -> np.dtype[Any] | None:
    """Return the dtype of a Python scalar, or None for anything else."""
    return _PYTHON_SCALARS.get(type(x))


def is_inexact(dtype: np.dtype[Any]) -> bool:
    """Tell whether values of `dtype` can carry a tangent (float or complex)."""
    return dtype.kind in "fc"


class Linear:
    """Stands for a linear operand in a transpose rule."""

    __slots__ = ("aval",)

    def __init__(self, aval: ShapedArray) -> None:
        self.aval = aval

    def __repr__(self) -> str:
        return f"Linear({self.aval})"


def aval_of_value(x: Any) -> ShapedArray:
    """Return the aval of an array, a NumPy scalar or a Python scalar.

    Raises
    ------
    DTypeError
        If `x` is neither, or its dtype is not supported.
    NonDifferentiableError
        If `x` is a linear operand: a transpose rule needs the value of what it is linear in.
    """
    if type(x) is np.ndarray or isinstance(x, np.ndarray | np.generic):
        d = x.dtype
        if d.char not in _SUPPORTED or not d.isnative:
            canonical_dtype(d)
        return ShapedArray(x.shape, d)
    scalar = _PYTHON_SCALARS.get(type(x))
    if scalar is not None:
        return ShapedArray((), scalar, True)
    if isinstance(x, Linear):
        raise NonDifferentiableError(
            "a function to be transposed is not linear: two operands of one operation depend on "
            f"its input {summarize(current_source())}. Linearize it first: "
            "functorch_lite.linearize(f, x) or functorch_lite.vjp(f, x)."
        )
    raise DTypeError(
        f"a value of type {type(x).__name__!r} is not an array or a number: {str(x)[:80]!r}"
    )
