"""Factors and functions of matrices that PyTorch has at its top level; the rest is in `linalg`."""

from typing import Any, NamedTuple

import numpy as np

from .. import numpy as fnp
from . import linalg
from .products import bmm, outer
from .tensor import wrap

__all__ = [
    "addbmm",
    "addr",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "ger",
    "logdet",
    "matrix_exp",
    "matrix_power",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
]

matrix_exp, matrix_power, slogdet = linalg.matrix_exp, linalg.matrix_power, linalg.slogdet
ger = outer


class USV(NamedTuple):
    """What `svd` returns: ``U @ diag(S) @ V.mH`` is the matrix."""

    U: Any
    S: Any
    V: Any


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Return beta * input + alpha * outer(vec1, vec2). See `torch.addr`."""
    return beta * wrap(input) + alpha * outer(vec1, vec2)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Return beta * input + alpha * the sum of products of a batch. See `torch.addbmm`."""
    return beta * wrap(input) + alpha * bmm(batch1, batch2).sum(0)


def cholesky(input: Any, upper: bool = False) -> Any:
    """Return the Cholesky factor. See `torch.cholesky`."""
    return linalg.cholesky(input, upper=upper)


def cholesky_solve(input: Any, L: Any, upper: bool = False) -> Any:
    """Solve ``A X = input``, given the Cholesky factor of A. See `torch.cholesky_solve`."""
    factor = wrap(L).mH if upper else wrap(L)
    half = linalg.solve_triangular(factor, input, upper=False)
    return linalg.solve_triangular(factor.mH, half, upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """Return the inverse of the matrix with a Cholesky factor. See `torch.cholesky_inverse`."""
    factor = wrap(L)
    return cholesky_solve(wrap(np.eye(factor.shape[-1], dtype=factor.dtype)), factor, upper)


def logdet(input: Any) -> Any:
    """Return the logarithm of the determinant, NaN where it is negative. See `torch.logdet`."""
    sign, logarithm = linalg.slogdet(input)
    return wrap(fnp.where(sign < 0, sign.dtype.type(np.nan), logarithm))


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """Return the pseudo-inverse. See `torch.pinverse`."""
    return linalg.pinv(input, rtol=rcond)


def qr(input: Any, some: bool = True) -> linalg.QR:
    """Return an orthonormal and an upper triangular factor. See `torch.qr`."""
    return linalg.qr(input, "reduced" if some else "complete")


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> USV:
    """Return the singular value decomposition, with V rather than its transpose. See `torch.svd`."""
    if not compute_uv:
        x, s = wrap(input), linalg.svdvals(input)
        m, n = x.shape[-2:]
        shapes = [(*x.shape[:-2], k, k) for k in (m, n)]
        u, v = (wrap(np.zeros(shape, x.dtype)) for shape in shapes)
        return USV(u, s, v)
    u, s, vh = linalg.svd(input, full_matrices=not some)
    return USV(u, s, vh.mH)
