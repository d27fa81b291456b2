"""Reductions of matrices to simpler form, and functions of matrices through them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..lax import linalg as lax_linalg
from ..numpy import _elementwise as el
from ..numpy import linalg as nla
from ..numpy._getitem import getitem
from ..numpy._index_update import at
from ..numpy._linalg_common import as_matrix
from ..numpy._manipulation import broadcast_to, reshape
from ..numpy._promotion import as_array, promote_dtypes, promote_inexact
from ..numpy._reductions import sum as _sum
from ..prims.linalg_common import adjoint, matmul

__all__ = ["eigh_tridiagonal", "funm", "hessenberg", "qr_multiply", "rsf2csf"]


def hessenberg(
    a: Any, *, calc_q: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Hessenberg form H, and Q with ``a = Q @ H @ Q^H`` if `calc_q`. See `scipy.linalg.hessenberg`.

    Examples
    --------
    >>> h, q = hessenberg(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]), calc_q=True)
    >>> bool(np.allclose(q @ h @ q.T, [[1, 2, 3], [4, 5, 6], [7, 8, 10]])), bool(abs(h[2, 0]) < 1e-12)
    (True, True)
    """
    packed, taus = lax_linalg.hessenberg(as_matrix("hessenberg", a))
    n = shape_of(packed)[-1]
    i = np.arange(n)
    h = el.where(i[:, None] <= i + 1, packed, dtype_of(packed).type(0))
    if not calc_q:
        return h
    eye = broadcast_to(np.eye(n, dtype=dtype_of(packed)), shape_of(packed))
    if n < 2:
        return h, eye
    inner = lax_linalg.householder_product(packed[..., 1:, :-1], taus)
    return h, at(eye)[..., 1:, 1:].set(inner)


def eigh_tridiagonal(
    d: Any,
    e: Any,
    *,
    eigvals_only: bool = False,
    select: str = "a",
    select_range: tuple[int, int] | None = None,
    tol: float | None = None,
    key: Any = None,
) -> Any:
    """Eigenvalues (and vectors) of real symmetric tridiagonal matrices.

    Parameters
    ----------
    d, e : array
        The diagonal, and the one beside it.
    select : {"a", "i"}
        All eigenvalues, or those with indices from ``select_range[0]`` to ``select_range[1]``.
    tol, key : optional
        Accepted for JAX's sake, without effect.

    Raises
    ------
    ShapeError
        If `e` is not one shorter than `d`.

    Examples
    --------
    >>> eigh_tridiagonal(np.array([1.0, 1.0]), np.array([2.0]), eigvals_only=True)
    array([-1.,  3.])
    """
    x, y = promote_inexact(as_array(d, "eigh_tridiagonal"), as_array(e, "eigh_tridiagonal"))
    n = shape_of(x)[-1]
    where = summarize(current_source())
    if shape_of(y)[-1] != n - 1:
        raise ShapeError(f"eigh_tridiagonal: diagonals of {n} and {shape_of(y)[-1]} {where}")
    if select not in ("a", "i") or (select == "i") != (select_range is not None):
        raise ValueError(
            f"eigh_tridiagonal: select 'a' (all) or 'i' (indices, with select_range), got {select!r} "
            f"and {select_range} {where}"
        )
    lower = np.eye(n, n - 1, -1, dtype=dtype_of(x))
    side = matmul(el.multiply(lower, y[..., None, :]), np.eye(n - 1, n, dtype=dtype_of(x)))
    matrix = el.add(el.multiply(x[..., None], np.eye(n, dtype=dtype_of(x))), side + adjoint(side))
    lo, hi = select_range if select_range is not None else (0, n - 1)
    if eigvals_only:
        return nla.eigvalsh(matrix)[..., lo : hi + 1]
    w, v = nla.eigh(matrix)
    return w[..., lo : hi + 1], v[..., :, lo : hi + 1]


def qr_multiply(
    a: Any,
    c: Any,
    mode: str = "right",
    pivoting: bool = False,
    conjugate: bool = False,
    overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> Any:
    """Return ``c @ Q`` (mode "right") or ``Q @ c`` ("left"), and R, of a QR decomposition.

    See `scipy.linalg.qr_multiply`.

    Examples
    --------
    >>> a = np.array([[3.0, 1.0], [4.0, 2.0]])
    >>> cq, r = qr_multiply(a, np.eye(2))
    >>> bool(np.allclose(cq @ r, a))
    True
    """
    if pivoting or mode not in ("left", "right"):
        raise ValueError(
            "qr_multiply: mode must be 'left' or 'right', and there is no pivoting "
            f"{summarize(current_source())}"
        )
    x, y = promote_dtypes(as_matrix("qr_multiply", a), as_array(c, "qr_multiply"))
    vector = len(shape_of(y)) == 1
    y = (y[:, None] if mode == "left" else y[None]) if vector else y
    q, r = nla.qr(x)
    q = el.conj(q) if conjugate else q
    k, m = shape_of(q)[-1], shape_of(q)[-2]
    if mode == "left" and shape_of(y)[-2] == m and k < m:
        q = nla.qr(x, mode="complete")[0]
    out = matmul(q, y) if mode == "left" else matmul(y, q)
    return (reshape(out, (-1,)) if vector else out), r


def rsf2csf(T: Any, Z: Any, check_finite: bool = True) -> tuple[Any, Any]:
    """Turn a real Schur form into a complex, triangular one. See `scipy.linalg.rsf2csf`.

    Examples
    --------
    >>> t, z = rsf2csf(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(2))
    >>> t.diagonal().imag.round(12)
    array([ 1., -1.])
    """
    t, z = promote_inexact(as_matrix("rsf2csf", T), as_matrix("rsf2csf", Z))
    d = np.result_type(dtype_of(t), np.complex64)
    t, z = el.add(t, np.zeros((), d)), el.add(z, np.zeros((), d))
    n = shape_of(t)[-1]
    for m in range(n - 1, 0, -1):
        # A rotation of rows m-1 and m makes the entry below the diagonal vanish.
        a, b = t[m - 1, m - 1], t[m - 1, m]
        c, e = t[m, m - 1], t[m, m]
        half = (a - e) / 2
        mu = half + el.sqrt(half * half + b * c)
        mu = el.where(el.absolute(mu) >= el.absolute(2 * half - mu), mu, 2 * half - mu)
        size = el.sqrt(el.absolute(mu) ** 2 + el.absolute(c) ** 2)
        done = el.equal(c, 0)
        size = el.where(done, 1, size)
        cs, sn = el.where(done, 1, mu / size), el.where(done, 0, c / size)
        g = _rotation(cs, sn)
        t = at(t)[m - 1 : m + 1, :].set(matmul(g, t[m - 1 : m + 1, :]))
        t = at(t)[:, m - 1 : m + 1].set(matmul(t[:, m - 1 : m + 1], adjoint(g)))
        z = at(z)[:, m - 1 : m + 1].set(matmul(z[:, m - 1 : m + 1], adjoint(g)))
        t = at(t)[m, m - 1].set(0)
    return t, z


def _rotation(c: Any, s: Any) -> Any:
    from ..numpy._joining import stack

    return stack([stack([el.conj(c), s]), stack([-s, c])])


def funm(A: Any, func: Callable[[Any], Any], disp: bool = True) -> Any:
    """Evaluate a function of a matrix by its Schur form and Parlett's recurrence.

    Equal eigenvalues cancel in the recurrence; for symmetric matrices use `eigh`. See
    `scipy.linalg.funm` and Golub & Van Loan 2013, section 9.1.4.

    Parameters
    ----------
    func : callable
        The function of scalars, applied to the array of eigenvalues.
    disp : bool
        With False, the estimated error is returned too.

    Examples
    --------
    >>> funm(np.array([[1.0, 2.0], [0.0, 3.0]]), lambda x: x * x).real.round(9)
    array([[1., 8.],
           [0., 9.]])
    """
    from .linalg import schur

    x = as_matrix("funm", A)
    t, z = schur(x, output="complex")
    n = shape_of(t)[-1]
    i = np.arange(n)
    w = getitem(t, (..., i, i))
    f = el.multiply(func(w)[..., None], np.eye(n, dtype=dtype_of(t)))
    for p in range(1, n):
        rows = np.arange(n - p)
        columns = rows + p
        between = rows[:, None] + np.arange(1, p)
        gap = w[..., columns] - w[..., rows]
        top = getitem(t, (..., rows, columns)) * (
            getitem(f, (..., columns, columns)) - getitem(f, (..., rows, rows))
        )
        if p > 1:
            r, c = rows[:, None], columns[:, None]
            left = getitem(f, (..., r, between)) * getitem(t, (..., between, c))
            right = getitem(t, (..., r, between)) * getitem(f, (..., between, c))
            top = top + _sum(right - left, -1)
        equal = el.equal(gap, 0)
        value = top / el.where(equal, 1, gap)
        f = at(f)[..., rows, columns].set(value)
    out = matmul(matmul(z, f), adjoint(z))
    if disp:
        return out
    error = np.finfo(dtype_of(t)).eps * n
    return out, np.asarray(error)
