"""Pytrees as vectors, as in `jax.flatten_util`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import numpy as fnp
from .errors import DTypeError, ShapeError
from .ir import current_source, dtype_of, shape_of, summarize
from .numpy._promotion import as_array, cast, result_type
from .pytree import tree_flatten, tree_unflatten

__all__ = ["ravel_pytree"]


def ravel_pytree(pytree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Put the leaves of a pytree one behind the other.

    Parameters
    ----------
    pytree : pytree of arrays

    Returns
    -------
    vector : array, shape (n,)
        Of the leaves' common dtype.
    unravel : callable
        From such a vector to a pytree of the same structure, shapes and dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> vector, unravel = ravel_pytree({"a": np.eye(2), "b": 3.0})
    >>> vector
    array([1., 0., 0., 1., 3.])
    >>> unravel(2 * vector)["a"]
    array([[2., 0.],
           [0., 2.]])
    """
    leaves, tree = tree_flatten(pytree)
    arrays = [as_array(x, "a leaf of the pytree") for x in leaves]
    if not arrays:
        return np.zeros(0), lambda vector: tree_unflatten(tree, [])
    shapes, dtypes = [shape_of(a) for a in arrays], [dtype_of(a) for a in arrays]
    sizes = [int(np.prod(s, dtype=np.int64)) for s in shapes]
    dtype = result_type(*dtypes)
    vector = fnp.concatenate([fnp.reshape(cast(a, dtype), (-1,)) for a in arrays])
    stops = np.cumsum(sizes).tolist()

    def unravel(flat: Any) -> Any:
        flat = as_array(flat)
        if shape_of(flat) != (sum(sizes),):
            raise ShapeError(
                f"unravel needs a vector of {sum(sizes)} elements, got shape {shape_of(flat)} "
                f"{summarize(current_source())}"
            )
        if dtype_of(flat).kind == "c" and dtype.kind != "c":
            raise DTypeError(
                f"unravel needs a vector of dtype {dtype}, got {dtype_of(flat)} "
                f"{summarize(current_source())}"
            )
        parts = [flat[stop - n : stop] for stop, n in zip(stops, sizes, strict=True)]
        out = [cast(fnp.reshape(p, s), d) for p, s, d in zip(parts, shapes, dtypes, strict=True)]
        return tree_unflatten(tree, out)

    return vector, unravel
