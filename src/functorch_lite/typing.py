"""Types for annotations and `isinstance`, as in `jax.typing`.

Examples
--------
>>> import numpy as np
>>> import functorch_lite as fl
>>> def f(x: fl.Array) -> fl.Array:
...     assert isinstance(x, fl.Array)
...     return 2 * x
>>> fl.jit(f)(np.ones(2))
array([2., 2.])
"""

from typing import Any, TypeAlias

import numpy as np

from .ir import Tracer

__all__ = ["Array", "ArrayLike", "DTypeLike"]


class _ArrayMeta(type):
    """Makes all arrays, traced or not, instances."""

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, np.ndarray | np.generic | Tracer)


class Array(metaclass=_ArrayMeta):
    """Any array: NumPy's and ours, tracers, Tensors. Only for annotations and `isinstance`.

    Examples
    --------
    >>> import numpy as np
    >>> isinstance(np.ones(2), Array), isinstance([1.0], Array)
    (True, False)
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> "Array":
        """Refuse."""
        raise TypeError("Array is a type to annotate with; make arrays by functorch_lite.numpy")


ArrayLike: TypeAlias = Array | np.ndarray[Any, Any] | np.generic | bool | int | float | complex
DTypeLike: TypeAlias = str | type[Any] | np.dtype[Any]
