"""Vector quantisation: `scipy.cluster.vq`."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ir import current_source, shape_of, summarize
from ...numpy import argmin
from ...numpy._index_update import at
from ...numpy._promotion import as_array, cast, promote_dtypes, promote_inexact
from ...numpy.linalg import norm

__all__ = ["vq"]


def vq(obs: Any, code_book: Any, check_finite: bool = True) -> tuple[Any, Any]:
    """Assign each observation to the nearest code; return codes and distances.

    See `scipy.cluster.vq.vq`. `check_finite` has no effect.

    Raises
    ------
    ShapeError
        If observations and codes have different numbers of features.

    Examples
    --------
    >>> vq(np.array([[0.0], [2.9]]), np.array([[0.0], [3.0]]))[0]
    array([0, 1], dtype=int32)
    """
    x, codes = promote_dtypes(*promote_inexact(as_array(obs, "vq"), as_array(code_book, "vq")))
    if len(shape_of(x)) not in (1, 2) or len(shape_of(codes)) != len(shape_of(x)):
        raise ShapeError(
            f"vq: observations and codes are vectors or matrices, got {shape_of(x)} and "
            f"{shape_of(codes)} {summarize(current_source())}"
        )
    if len(shape_of(x)) == 1:
        x, codes = x[:, None], codes[:, None]
    if shape_of(x)[1] != shape_of(codes)[1]:
        raise ShapeError(
            f"vq: {shape_of(x)[1]} features, but codes of {shape_of(codes)[1]} "
            f"{summarize(current_source())}"
        )
    distances = norm(x[:, None] - codes[None], axis=-1)
    nearest = argmin(distances, 1)
    rows = np.arange(shape_of(x)[0])
    return cast(nearest, np.dtype(np.int32)), at(distances)[rows, nearest].get()
