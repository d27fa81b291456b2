"""What the linear algebra functions share: checks of their arguments, and result types."""

from typing import Any, NamedTuple

import numpy as np
from numpy.linalg import LinAlgError

from ..errors import DTypeError, ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ._promotion import as_array, cast, promote_dtypes

__all__ = [
    "EigResult",
    "EighResult",
    "LinAlgShapeError",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "as_matrices",
    "as_matrix",
]


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Any
    eigenvectors: Any


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


def as_matrices(name: str, *args: Any) -> list[Any]:
    """Return arrays of one dtype that LAPACK knows; integers become float64."""
    xs = [as_array(a, name) for a in args]
    xs = promote_dtypes(*[x if hasattr(x, "shape") else np.asarray(x) for x in xs])
    d = dtype_of(xs[0])
    if d.kind not in "fc":
        return [cast(x, np.dtype(np.float64)) for x in xs]
    if d.char not in "fdFD":
        raise DTypeError(
            f"{name} does not take {d.name} {summarize(current_source())}; use x.astype('float32')"
        )
    return xs


def as_matrix(name: str, a: Any, square: bool = False) -> Any:
    """Return one (stack of) matrices."""
    (x,) = as_matrices(name, a)
    s = shape_of(x)
    if len(s) < 2 or (square and s[-1] != s[-2]):
        what = "square matrices" if square else "matrices"
        raise LinAlgShapeError(
            f"{name} needs {what} in the last two axes, got shape {s} {summarize(current_source())}"
        )
    return x


class LinAlgShapeError(ShapeError, LinAlgError):
    """A shape error that is also NumPy's LinAlgError."""
