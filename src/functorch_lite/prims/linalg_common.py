"""What the linear algebra primitives share: checks, products, masks, loops over batches.

All of them take any number of leading batch axes, equal in all operands. Their implementations
never raise for a matrix that is singular or not positive definite: its result is NaN (or inf),
and the other matrices of the batch are not affected. `functorch_lite.numpy.linalg` raises
LinAlgError where it works on plain arrays.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import Primitive, ShapedArray, bind, current_source, dtype_of, shape_of, summarize
from .arithmetic import select
from .complexes import conj, imag, real
from .dot import dot_general
from .elementwise import full_like
from .lowering import Library
from .reduction import reduce_sum
from .shape import broadcast_in_dim, pad, slice_, transpose

__all__ = [
    "LAPACK",
    "adjoint",
    "batch_leading",
    "check_inexact",
    "check_matrix",
    "conj_if_complex",
    "diag_matrix",
    "diagonal_of",
    "each_matrix",
    "eye_like",
    "hermitian_part",
    "inner",
    "keep_where",
    "lapack",
    "mT",
    "matmul",
    "matrix_slice",
    "pad_matrix",
    "real_if_complex",
    "spread",
    "tril",
    "triu",
]

LAPACK = Library("LAPACK")


# --- checks -------------------------------------------------------------------------------------


def check_inexact(name: str, *avals: ShapedArray) -> None:
    """Raise unless all operands have one dtype, and it is one that LAPACK knows."""
    dtype = avals[0].dtype
    if any(a.dtype != dtype for a in avals) or dtype.char not in "fdFD":
        raise DTypeError(
            f"{name} needs one dtype among float32, float64, complex64 and complex128, got "
            f"{', '.join(a.dtype.name for a in avals)} {summarize(current_source())}; "
            "convert with x.astype(...)"
        )


def check_matrix(name: str, a: ShapedArray, *, square: bool = False) -> tuple[int, ...]:
    """Return the shape of a (stack of) matrices, or raise."""
    check_inexact(name, a)
    if a.ndim < 2 or (square and a.shape[-1] != a.shape[-2]):
        what = "square matrices" if square else "matrices"
        raise ShapeError(
            f"{name} needs {what}: the last two axes of shape {a.shape} "
            f"{'are not equal' if a.ndim >= 2 else 'do not exist'} {summarize(current_source())}"
        )
    return a.shape


# --- small matrix algebra on traced values --------------------------------------------------------


def mT(x: Any) -> Any:
    """Swap the last two axes."""
    n = len(shape_of(x))
    return transpose(x, (*range(n - 2), n - 1, n - 2))


def conj_if_complex(x: Any) -> Any:
    """Complex conjugate; real arrays as they are."""
    return conj(x) if dtype_of(x).kind == "c" else x


def real_if_complex(x: Any) -> Any:
    """Real part; real arrays as they are."""
    return real(x) if dtype_of(x).kind == "c" else x


def adjoint(x: Any) -> Any:
    """Conjugate transpose."""
    return conj_if_complex(mT(x))


def hermitian_part(x: Any) -> Any:
    """Half the sum of a matrix and its adjoint."""
    from .arithmetic import add, mul

    return mul(add(x, adjoint(x)), full_like(x, 0.5))


def matmul(x: Any, y: Any) -> Any:
    """Matrix product with equal leading axes."""
    n = len(shape_of(x))
    lead = tuple(range(n - 2))
    return dot_general(x, y, (((n - 1,), (n - 2,)), (lead, lead)))


def inner(x: Any, y: Any) -> Any:
    """Sum of products over the last two axes."""
    from .arithmetic import mul

    n = len(shape_of(x))
    return reduce_sum(mul(x, y), (n - 2, n - 1))


def spread(x: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Repeat vectors (..., n) to matrices of `shape`, along rows (axis=-2) or columns (-1)."""
    n = len(shape)
    dims = (*range(n - 2), n - 1 if axis == -2 else n - 2)
    return broadcast_in_dim(x, shape, dims)


def keep_where(mask: np.ndarray[Any, Any], x: Any) -> Any:
    """Keep entries of matrices where the constant `mask` holds, zeros elsewhere."""
    shape = shape_of(x)
    n = len(shape)
    return select(broadcast_in_dim(mask, shape, (n - 2, n - 1)), x, full_like(x, 0))


def tril(x: Any, k: int = 0) -> Any:
    """Lower triangle."""
    m, n = shape_of(x)[-2:]
    return keep_where(np.tri(m, n, k, dtype=bool), x)


def triu(x: Any, k: int = 0) -> Any:
    """Upper triangle."""
    m, n = shape_of(x)[-2:]
    return keep_where(~np.tri(m, n, k - 1, dtype=bool), x)


def diagonal_of(x: Any) -> Any:
    """Diagonals of square matrices."""
    masked = keep_where(np.eye(shape_of(x)[-1], dtype=bool), x)
    return reduce_sum(masked, (len(shape_of(x)) - 1,))


def diag_matrix(d: Any) -> Any:
    """Diagonal matrices of vectors."""
    n = shape_of(d)[-1]
    return keep_where(np.eye(n, dtype=bool), spread(d, (*shape_of(d), n), -2))


def eye_like(x: Any, n: int | None = None) -> Any:
    """Identity matrices with the leading axes and dtype of `x`; constants."""
    shape = shape_of(x)
    n = shape[-1] if n is None else n
    out = np.broadcast_to(np.eye(n, dtype=dtype_of(x)), (*shape[:-2], n, n))
    return np.ascontiguousarray(out)


def matrix_slice(x: Any, rows: tuple[int, int], cols: tuple[int, int]) -> Any:
    """Static block of matrices."""
    lead = shape_of(x)[:-2]
    zeros = (0,) * len(lead)
    return slice_(x, (*zeros, rows[0], cols[0]), (*lead, rows[1], cols[1]))


def pad_matrix(x: Any, rows: int, cols: int) -> Any:
    """Append rows and columns of zeros up to the given numbers."""
    m, n = shape_of(x)[-2:]
    if (m, n) == (rows, cols):
        return x
    lead = [(0, 0, 0)] * (len(shape_of(x)) - 2)
    return pad(x, full_like(x, 0), [*lead, (0, rows - m, 0), (0, cols - n, 0)])


def imaginary_only(x: Any) -> Any:
    """Return i Im(x) for complex x."""
    from .complexes import complex as make_complex

    return make_complex(full_like(real(x), 0), imag(x))


__all__ += ["imaginary_only"]


# --- implementations ------------------------------------------------------------------------------


def each_matrix(
    f: Callable[..., Sequence[Any]],
    arrays: Sequence[Any],
    out_shapes: Sequence[tuple[int, ...]],
    dtypes: Sequence[Any],
    core_ndims: Sequence[int] | None = None,
) -> list[np.ndarray[Any, Any]]:
    """Apply `f` to each matrix of a stack; NaN where LAPACK fails or SciPy refuses infs and NaNs."""
    arrays = [np.asarray(a) for a in arrays]
    cores = [2] * len(arrays) if core_ndims is None else list(core_ndims)
    lead = arrays[0].shape[: arrays[0].ndim - cores[0]]
    flat = [
        a.reshape((-1, *a.shape[a.ndim - c :])) if a.size else a
        for a, c in zip(arrays, cores, strict=True)
    ]
    outs = [np.empty((*lead, *s), d) for s, d in zip(out_shapes, dtypes, strict=True)]
    count = int(np.prod(lead, dtype=np.int64))
    views = [o.reshape((count, *s)) for o, s in zip(outs, out_shapes, strict=True)]
    if all(a.size for a in arrays):
        for i in range(count):
            try:
                results = f(*(a[i] for a in flat))
            except np.linalg.LinAlgError:
                results = [_invalid(d) for d in dtypes]
            except ValueError as error:
                if "infs or NaNs" not in str(error):
                    raise
                results = [_invalid(d) for d in dtypes]
            for view, r in zip(views, results, strict=True):
                view[i] = r
    return outs


def _invalid(dtype: Any) -> Any:
    return np.nan if np.dtype(dtype).kind in "fc" else 0


def lapack(name: str, *arrays: Any) -> Callable[..., Any]:
    """Return the LAPACK routine of this name for the arrays' dtype."""
    import scipy.linalg.lapack

    return scipy.linalg.lapack.get_lapack_funcs((name,), arrays)[0]


def batch_leading(prim: Callable[[], Primitive]) -> Callable[..., Any]:
    """Return the batch rule of a primitive that takes leading axes: the mapped one is another."""

    def batch(size: int, args: Any, batched: Any, **params: Any) -> Any:
        full = [
            a if b else broadcast_in_dim(a, (size, *shape_of(a)), range(1, len(shape_of(a)) + 1))
            for a, b in zip(args, batched, strict=True)
        ]
        out = bind(prim(), *full, **params)
        return (out, [True] * len(out)) if prim().multiple_results else out

    return batch
