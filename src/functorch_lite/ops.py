"""Reductions within segments, as in `jax.ops`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import numpy as fnp
from .errors import DTypeError
from .ir import current_source, dtype_of, is_tracer, shape_of, summarize
from .numpy._promotion import as_array

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def _smallest(dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "b":
        return False
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def _largest(dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "b":
        return True
    return np.iinfo(dtype).max if dtype.kind in "iu" else np.inf


_DOC = """{what} of the elements of each segment.

    Parameters
    ----------
    data : array
    segment_ids : array of int
        For each element (or row) of `data` its segment. Those that are negative or too large
        belong to none.
    num_segments : int, optional
        The length of the result; if None, one more than the largest id. Needed under jit.
    indices_are_sorted, unique_indices, bucket_size
        Accepted for compatibility: promises and a choice of summation that change no result
        beyond rounding.
    mode : str, optional
        As in ``x.at[ids]``; "drop" by default.

    Returns
    -------
    array, shape (num_segments, ...)
        {empty} for empty segments.

    Raises
    ------
    DTypeError
        If `segment_ids` are not integers.

    Examples
    --------
    >>> import numpy as np
    >>> import functorch_lite as fl
    >>> x, ids = np.array([1.0, 2.0, 3.0]), np.array([0, 2, 0])
    >>> fl.grad(lambda x: fl.ops.{name}(x, ids)[2])(x)
    array([0., 1., 0.])
    """


def _define(
    name: str, method: str, start: Callable[[np.dtype[Any]], Any], what: str, empty: str
) -> Callable[..., Any]:
    """Make one of the four functions."""

    def segment_reduction(
        data: Any,
        segment_ids: Any,
        num_segments: int | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        bucket_size: int | None = None,
        mode: Any = None,
    ) -> Any:
        data, ids = as_array(data, "data"), as_array(segment_ids, "segment_ids")
        if dtype_of(ids).kind not in "iu":
            raise DTypeError(
                f"{name} needs integer segment_ids, got {dtype_of(ids).name} "
                f"{summarize(current_source())}"
            )
        if num_segments is None:
            if is_tracer(ids):
                raise TypeError(
                    f"{name} of traced segment_ids needs num_segments: the shape of the result "
                    f"cannot depend on values {summarize(current_source())}"
                )
            num_segments = int(ids.max(initial=-1)) + 1
        shape = (num_segments, *shape_of(data)[len(shape_of(ids)) :])
        out = fnp.full(shape, start(dtype_of(data)), dtype_of(data))
        # Negative ids belong to no segment; `at` would count from the end.
        ids = fnp.where(fnp.less(ids, 0), num_segments, ids)
        return getattr(out.at[ids], method)(data, mode="drop" if mode is None else mode)

    segment_reduction.__name__ = segment_reduction.__qualname__ = name
    segment_reduction.__doc__ = _DOC.format(name=name, what=what, empty=empty)
    return segment_reduction


segment_sum = _define("segment_sum", "add", lambda dtype: 0, "Sum", "0")
segment_prod = _define("segment_prod", "mul", lambda dtype: 1, "Product", "1")
segment_max = _define("segment_max", "max", _smallest, "Maximum", "The least value of the dtype")
segment_min = _define("segment_min", "min", _largest, "Minimum", "The largest value of the dtype")
