"""Matrices taken apart by Householder reflections and rotations: Hessenberg and tridiagonal forms.

Results are packed as LAPACK does. Golub & Van Loan 2013, chapters 5, 7 and 8.
"""

from typing import Any

import numpy as np

from .. import numpy as fnp
from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy._index_update import at
from ..prims.linalg_common import adjoint, matmul
from ._operands import array

__all__ = ["cholesky_update", "hessenberg", "ormqr", "tridiagonal"]


def _square(name: str, a: Any) -> Any:
    x = array(a)
    if len(shape_of(x)) < 2 or shape_of(x)[-1] != shape_of(x)[-2]:
        raise ShapeError(
            f"{name} takes square matrices, got shape {shape_of(x)} {summarize(current_source())}"
        )
    return x if dtype_of(x).kind in "fc" else x.astype(float)


def _reflector(x: Any) -> tuple[Any, Any, Any]:
    """Return v (v[0] = 1), tau and beta with ``(1 - tau v v^H)^H x = beta e1``, as LAPACK's larfg."""
    alpha, rest = x[..., 0], x[..., 1:]
    below = fnp.sum(fnp.square(fnp.absolute(rest)), axis=-1)
    imaginary = fnp.imag(alpha) if dtype_of(x).kind == "c" else below * 0
    nothing = fnp.logical_and(fnp.equal(below, 0), fnp.equal(imaginary, 0))
    square = fnp.where(nothing, 1, fnp.square(fnp.absolute(alpha)) + below)
    beta = fnp.where(fnp.real(alpha) >= 0, -1.0, 1.0).astype(dtype_of(square)) * fnp.sqrt(square)
    beta = fnp.where(nothing, fnp.real(alpha), beta)
    safe = fnp.where(nothing, 1, beta)
    tau = fnp.where(nothing, 0, (safe - alpha) / safe)
    v = rest / fnp.where(nothing, 1, alpha - safe)[..., None]
    return fnp.concatenate([alpha[..., None] * 0 + 1, v], -1), tau, beta


def _outer(x: Any, y: Any) -> Any:
    return x[..., :, None] * y[..., None, :]


def _reduce(x: Any) -> tuple[Any, list[Any], list[Any]]:
    """Apply reflections from both sides until nothing stands below the second diagonal."""
    taus, vs = [], []
    n = shape_of(x)[-1]
    for k in range(n - 1):
        v, tau, _ = _reflector(x[..., k + 1 :, k])
        t = tau[..., None, None]
        block = x[..., k + 1 :, k:]
        row = matmul(fnp.conj(v)[..., None, :], block)[..., 0, :]
        x = at(x)[..., k + 1 :, k:].set(block - fnp.conj(t) * _outer(v, row))
        block = x[..., :, k + 1 :]
        column = matmul(block, v[..., None])[..., 0]
        x = at(x)[..., :, k + 1 :].set(block - t * _outer(column, fnp.conj(v)))
        taus.append(tau)
        vs.append(v)
    return x, taus, vs


def _packed(x: Any, vs: list[Any]) -> Any:
    """Store the reflectors below the second diagonal."""
    for k, v in enumerate(vs):
        x = at(x)[..., k + 2 :, k].set(v[..., 1:])
    return x


def _stacked(taus: list[Any], lead: tuple[int, ...], dtype: Any) -> Any:
    return fnp.stack(taus, -1) if taus else np.zeros((*lead, 0), dtype)


def hessenberg(a: Any) -> tuple[Any, Any]:
    """Hessenberg form with the reflectors packed below it, and their factors (LAPACK's gehrd).

    Examples
    --------
    >>> a = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> hessenberg(a)[0]
    array([[1., 2.],
           [3., 4.]])
    """
    x = _square("hessenberg", a)
    reduced, taus, vs = _reduce(x)
    lead = shape_of(x)[:-2]
    return _packed(reduced, vs), _stacked(taus, lead, dtype_of(x))


def tridiagonal(a: Any, *, lower: bool = True) -> tuple[Any, Any, Any, Any]:
    """Tridiagonal form of Hermitian matrices: packed reflectors, diagonal, the one beside it, factors.

    Only the lower triangle is read, or the upper one with ``lower=False`` (whose reflectors
    eliminate from the last row up, as LAPACK's hetrd does).

    Examples
    --------
    >>> tridiagonal(np.array([[2.0, 1.0], [1.0, 3.0]]))[1]
    array([2., 3.])
    """
    x = _square("tridiagonal", a)
    if not lower:
        packed, d, e, taus = tridiagonal(x[..., ::-1, ::-1])
        return packed[..., ::-1, ::-1], d[..., ::-1], e[..., ::-1], taus[..., ::-1]
    i = np.arange(shape_of(x)[-1])
    below = i[:, None] > i
    full = fnp.where(below, x, adjoint(x))
    diagonal = fnp.real(x[..., i, i])
    full = at(full)[..., i, i].set(diagonal.astype(dtype_of(x)))
    reduced, taus, vs = _reduce(full)
    d, e = fnp.real(reduced[..., i, i]), fnp.real(reduced[..., i[1:], i[:-1]])
    packed = _packed(fnp.where(i[:, None] >= i, reduced, x), vs)
    lead = shape_of(x)[:-2]
    return packed, d, e, _stacked(taus, lead, dtype_of(x))


def ormqr(a: Any, taus: Any, c: Any, *, left: bool = True, transpose: bool = False) -> Any:
    """Multiply `c` by the Q whose reflectors are packed in `a`; by its adjoint with `transpose`.

    Examples
    --------
    >>> ormqr(np.zeros((2, 1)), np.array([2.0]), np.eye(2))
    array([[-1.,  0.],
           [ 0.,  1.]])
    """
    x, t, out = array(a), array(taus), array(c)
    count = shape_of(t)[-1]
    # Q = H0 H1 ...; from the left Q c applies the last one first.
    order = range(count) if left == transpose else range(count - 1, -1, -1)
    for k in order:
        tail = x[..., k + 1 :, k]
        head = np.ones((*shape_of(x)[:-2], 1), dtype_of(x))
        v = fnp.concatenate([np.zeros((*shape_of(x)[:-2], k), dtype_of(x)), head, tail], -1)
        tau = t[..., k, None, None]
        tau = fnp.conj(tau) if transpose else tau
        if left:
            row = matmul(fnp.conj(v)[..., None, :], out)[..., 0, :]
            out = out - tau * _outer(v, row)
        else:
            column = matmul(out, v[..., None])[..., 0]
            out = out - tau * _outer(column, fnp.conj(v))
    return out


def cholesky_update(r_matrix: Any, w_vector: Any) -> Any:
    """Return the upper factor of ``R^T R + w w^T``, by rotations.

    Examples
    --------
    >>> cholesky_update(np.diag([3.0, 1.0]), np.array([4.0, 0.0]))
    array([[5., 0.],
           [0., 1.]])
    """
    r, w = _square("cholesky_update", r_matrix), array(w_vector)
    if shape_of(w)[-1:] != shape_of(r)[-1:]:
        raise ShapeError(
            f"cholesky_update: a factor of shape {shape_of(r)} and a vector of shape {shape_of(w)} "
            f"do not fit {summarize(current_source())}"
        )
    for k in range(shape_of(r)[-1]):
        row, a, b = r[..., k, :], r[..., k, k], w[..., k]
        size = fnp.sqrt(a * a + b * b)
        empty = fnp.equal(size, 0)
        safe = fnp.where(empty, 1, size)
        cos, sin = (fnp.where(empty, 1, a / safe)[..., None], (b / safe)[..., None])
        r = at(r)[..., k, :].set(cos * row + sin * w)
        w = cos * w - sin * row
    return r
