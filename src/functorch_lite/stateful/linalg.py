"""Linear algebra of Tensors: PyTorch's ``torch.linalg``. Matrices are the last two axes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import numpy as fnp
from .joining import stack
from .products import det as det
from .products import inverse as inv
from .products import matmul as matmul
from .promotion import promote
from .reductions import norm as _flat_norm
from .shaping import diagonal as _diagonal
from .tensor import Tensor, wrap

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

Dim = int | Sequence[int] | None


class SVD(NamedTuple):
    """What `svd` returns: ``U @ diag(S) @ Vh`` is the matrix."""

    U: Any
    S: Any
    Vh: Any


class QR(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


class Eigen(NamedTuple):
    """What `eig` and `eigh` return."""

    eigenvalues: Any
    eigenvectors: Any


class SignLog(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


class LeastSquares(NamedTuple):
    """What `lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def _float(input: Any, name: str) -> Tensor:
    """Return a Tensor of floats, of at least two axes."""
    x = wrap(input)
    if x.dtype.kind not in "fc":
        raise RuntimeError(
            f"linalg.{name}: Expected a floating point or complex tensor as input. "
            f"Got {x.dtype.name}; convert with x.float()"
        )
    if x.ndim < 2:
        raise RuntimeError(
            f"linalg.{name}: The input tensor A must have at least 2 dimensions, got {x.ndim}"
        )
    return x


def _square(input: Any, name: str) -> Tensor:
    x = _float(input, name)
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are "
            f"{x.shape[-2]} by {x.shape[-1]} matrices"
        )
    return x


def cholesky(A: Any, *, upper: bool = False) -> Any:
    """Return the Cholesky factor, lower unless `upper`. See `torch.linalg.cholesky`."""
    return wrap(fnp.linalg.cholesky(_square(A, "cholesky"), upper=upper))


def qr(A: Any, mode: str = "reduced") -> QR:
    """Return an orthonormal and an upper triangular factor. See `torch.linalg.qr`."""
    x = _float(A, "qr")
    if mode == "r":
        return QR(wrap(np.zeros(0, x.dtype)), wrap(fnp.linalg.qr(x, "r")))
    if mode not in ("reduced", "complete"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', "
            "or 'complete'"
        )
    return QR(*(wrap(m) for m in fnp.linalg.qr(x, mode)))


def svd(A: Any, full_matrices: bool = True) -> SVD:
    """Return the singular value decomposition. See `torch.linalg.svd`."""
    return SVD(*(wrap(m) for m in fnp.linalg.svd(_float(A, "svd"), full_matrices)))


def svdvals(A: Any) -> Any:
    """Return the singular values, in descending order. See `torch.linalg.svdvals`."""
    return wrap(fnp.linalg.svdvals(_float(A, "svdvals")))


def eigh(A: Any, UPLO: str = "L") -> Eigen:
    """Return eigenvalues and vectors of Hermitian matrices. See `torch.linalg.eigh`."""
    return Eigen(*(wrap(m) for m in fnp.linalg.eigh(_square(A, "eigh"), UPLO)))


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Return the eigenvalues of Hermitian matrices. See `torch.linalg.eigvalsh`."""
    return wrap(fnp.linalg.eigvalsh(_square(A, "eigvalsh"), UPLO))


def eig(A: Any) -> Eigen:
    """Return complex eigenvalues and eigenvectors. See `torch.linalg.eig`."""
    return Eigen(*(wrap(m) for m in fnp.linalg.eig(_complex(_square(A, "eig")))))


def eigvals(A: Any) -> Any:
    """Return complex eigenvalues. See `torch.linalg.eigvals`."""
    return wrap(fnp.linalg.eigvals(_complex(_square(A, "eigvals"))))


def _complex(x: Tensor) -> Tensor:
    """Return a complex Tensor: eigenvalues of a real matrix need not be real."""
    return x if x.dtype.kind == "c" else x.to(np.result_type(x.dtype, np.complex64))


def slogdet(A: Any) -> SignLog:
    """Return sign and logarithm of the magnitude of the determinant. See `torch.slogdet`."""
    return SignLog(*(wrap(m) for m in fnp.linalg.slogdet(_square(A, "slogdet"))))


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """Solve ``A X = B``, or ``X A = B`` if not `left`. See `torch.linalg.solve`."""
    a, b = _square(A, "solve"), wrap(B)
    if not left:
        return wrap(fnp.swapaxes(solve(a.mT, b.mT), -1, -2))
    if b.ndim == 1 or (a.ndim > 2 and b.ndim == a.ndim - 1 and b.shape == a.shape[:-1]):
        return wrap(fnp.squeeze(fnp.linalg.solve(a, fnp.expand_dims(b, -1)), -1))
    return wrap(fnp.linalg.solve(a, b))


def solve_triangular(
    A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """Solve with triangular matrices. See `torch.linalg.solve_triangular`."""
    from ..scipy.linalg import solve_triangular as on

    a, b = _square(A, "solve_triangular"), wrap(B)
    if not left:
        flipped = solve_triangular(a.mT, b.mT, upper=not upper, unitriangular=unitriangular)
        return wrap(fnp.swapaxes(flipped, -1, -2))
    return wrap(on(a, b, lower=not upper, unit_diagonal=unitriangular))


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """Solve in the sense of least squares. See `torch.linalg.lstsq`.

    By way of the pseudo-inverse, so that it can be differentiated and batched; `driver` is not
    used. Residuals are given where there are more equations than unknowns.
    """
    a, b = _float(A, "lstsq"), wrap(B)
    x = matmul(pinv(a) if rcond is None else pinv(a, rtol=rcond), b)
    none = wrap(np.zeros(0, a.dtype))
    tall = a.shape[-2] > a.shape[-1]
    residuals = wrap(fnp.sum(fnp.square(fnp.abs(matmul(a, x) - b)), -2)) if tall else none
    return LeastSquares(x, residuals, matrix_rank(a), svdvals(a))


def pinv(
    A: Any, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Any:
    """Return the Moore-Penrose pseudo-inverse. See `torch.linalg.pinv`."""
    x = _float(A, "pinv")
    if atol is not None:
        largest = float(svdvals(x).max())
        rtol = max(rtol or 0.0, atol / largest) if largest else rtol
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    return wrap(fnp.linalg.pinv(x, rtol=rtol, hermitian=hermitian))


def matrix_rank(
    A: Any, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Any:
    """Count singular values above the tolerance. See `torch.linalg.matrix_rank`."""
    s = svdvals(wrap(A).detach())
    if rtol is None:
        rtol = 0.0 if atol else max(wrap(A).shape[-2:]) * float(np.finfo(s.dtype).eps)
    bound = wrap(fnp.maximum(fnp.max(s, -1, keepdims=True) * rtol, atol or 0.0))
    return (s > bound).sum(-1)


def matrix_power(A: Any, n: int) -> Any:
    """Multiply a matrix by itself, or its inverse. See `torch.linalg.matrix_power`."""
    return wrap(fnp.linalg.matrix_power(_square(A, "matrix_power"), n))


def matrix_exp(A: Any) -> Any:
    """Return the matrix exponential. See `torch.linalg.matrix_exp`."""
    from ..scipy.linalg import expm

    return wrap(expm(_square(A, "matrix_exp")))


def multi_dot(tensors: Sequence[Any]) -> Any:
    """Multiply matrices in the cheapest order. See `torch.linalg.multi_dot`."""
    return wrap(fnp.linalg.multi_dot([wrap(t) for t in tensors]))


def vector_norm(
    x: Any, ord: float = 2, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Return the norm of the elements along axes. See `torch.linalg.vector_norm`."""
    axes = tuple(dim) if isinstance(dim, Sequence) else dim
    return _flat_norm(x, ord, axes, keepdim, dtype)


def matrix_norm(
    A: Any,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """Return the norm of matrices. See `torch.linalg.matrix_norm`."""
    x = _float(A, "matrix_norm") if dtype is None else _float(A, "matrix_norm").to(dtype)
    if ord == "fro":
        return _flat_norm(x, "fro", tuple(dim), keepdim)
    return wrap(fnp.linalg.norm(x, ord, tuple(dim), keepdim))


def norm(
    A: Any,
    ord: float | str | None = None,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """Return a vector's or a matrix's norm. See `torch.linalg.norm`."""
    x = wrap(A)
    pair = isinstance(dim, Sequence) and len(dim) == 2
    if ord is not None and (pair or (dim is None and x.ndim == 2)):
        axes = tuple(dim) if isinstance(dim, Sequence) else (-2, -1)
        return matrix_norm(x, ord, axes, keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.norm: ord={ord!r} needs a matrix: give two axes as dim")
    return vector_norm(x, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def cond(A: Any, p: float | str | None = None) -> Any:
    """Return the condition number. See `torch.linalg.cond`."""
    x = _float(A, "cond")
    if p in (None, 2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    assert p is not None
    return matrix_norm(x, p) * matrix_norm(inv(x), p)


def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """Return the cross product of vectors of length 3. See `torch.linalg.cross`."""
    x, y = promote(input, other)
    if x.shape[dim] != 3 or y.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {x.shape[dim]} and "
            f"{y.shape[dim]}"
        )
    return wrap(fnp.cross(x, y, axis=dim))


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Return dot products along an axis, the first conjugated. See `torch.linalg.vecdot`."""
    a, b = promote(x, y)
    return wrap(fnp.sum(fnp.multiply(fnp.conj(a), b), dim))


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Return diagonals of the last two axes. See `torch.linalg.diagonal`."""
    return _diagonal(A, offset, dim1, dim2)


def tensorinv(A: Any, ind: int = 2) -> Any:
    """Return the inverse of `tensordot`. See `torch.linalg.tensorinv`."""
    return wrap(fnp.linalg.tensorinv(wrap(A), ind))


def tensorsolve(A: Any, B: Any, dims: Sequence[int] | None = None) -> Any:
    """Solve ``tensordot(A, X, B.ndim) = B``. See `torch.linalg.tensorsolve`."""
    return wrap(fnp.linalg.tensorsolve(wrap(A), wrap(B), axes=dims))


def vander(x: Any, *, N: int | None = None) -> Any:
    """Return increasing powers of the elements. See `torch.linalg.vander`."""
    v = wrap(x)
    n = v.shape[-1] if N is None else N
    return stack([v**k for k in range(n)], -1)
