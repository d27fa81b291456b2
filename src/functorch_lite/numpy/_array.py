"""Array: a NumPy array with ``.at`` that may be indexed by tracers.

What the creation functions of this namespace return is an `Array`, a subclass of `numpy.ndarray`
that adds two things, so that JAX programs run unchanged outside transforms as well as inside:

- ``x.at[index].set(y)`` and its kin;
- ``x[i]`` for an `i` that is being traced, where `x` is closed over. A plain NumPy array would
  ask the tracer for its value, which has none.

An Array in gives an Array out: this namespace's functions and NumPy's own see to that, so do
operators, methods and slices. Primitives and transforms deal in plain arrays and return plain
arrays, so nothing inside them pays; for their results, ``fnp.asarray(y)`` (no copy) or
``fnp.at(y)`` do.

The price is NumPy's for any subclass: 0.1 us to create, 0.5 us more for a ufunc applied eagerly,
0.1 us more for an eager index. For plain NumPy arrays it is one Python call, 0.1 us.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ConcretizationError
from ..ir.trace import set_array_class

__all__ = ["Array", "creates_arrays"]

_getitem = np.ndarray.__getitem__


class Array(np.ndarray):
    """A NumPy array with ``.at``; see the module's docstring.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as fnp
    >>> x = fnp.arange(3.0)
    >>> fnp.sin(x).at[0].set(7.0)[:1]
    array([7.])
    >>> fl.vmap(lambda i: x[i])(fnp.array([2, 0]))
    array([2., 0.])
    """

    __slots__ = ()

    @property
    def at(self) -> Any:
        """The helper for updated copies: ``x.at[index].set(y)``."""
        from ._index_update import IndexUpdate

        return IndexUpdate(self)

    def __getitem__(self, index: Any) -> Any:
        try:
            return _getitem(self, index)
        except ConcretizationError:
            from ._getitem import getitem

            return getitem(self, index)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        from ._operators import array_namespace

        return array_namespace(self, api_version=api_version)

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()


def _as_arrays(out: Any) -> Any:
    """Make plain arrays Arrays, in lists and tuples too."""
    if type(out) is np.ndarray:
        return out.view(Array)
    if type(out) in (list, tuple):
        return type(out)(map(_as_arrays, out))
    if isinstance(out, tuple):
        return type(out)(*map(_as_arrays, out))
    return out


def creates_arrays(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` with the plain arrays in its result made Arrays."""

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return _as_arrays(f(*args, **kwargs))

    return wrapper


set_array_class(Array)
