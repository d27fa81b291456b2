"""Systems with structure: tridiagonal ones, and the Sylvester equation."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    shape_of,
    summarize,
)
from .arithmetic import mul, neg
from .elementwise import add_any, full_like
from .linalg_common import (
    LAPACK,
    batch_leading,
    check_inexact,
    check_matrix,
    each_matrix,
    lapack,
    matmul,
    mT,
)
from .linalg_solve import fit_error
from .shape import broadcast_in_dim, pad

__all__ = ["sylvester", "sylvester_p", "tridiagonal_solve", "tridiagonal_solve_p"]


def _tridiagonal_impl(dl: Any, d: Any, du: Any, b: Any) -> Any:
    gtsv = lapack("gtsv", np.asarray(d))

    def one(dl: Any, d: Any, du: Any, b: Any) -> Any:
        if len(d) == 1:
            return [b / d[:, None]]
        *_, x, info = gtsv(dl[1:], d, du[:-1], b)
        return [x if info == 0 else np.nan]

    shape = np.shape(b)[-2:]
    return each_matrix(one, [dl, d, du, b], [shape], [np.asarray(b).dtype], [1, 1, 1, 2])[0]


def _tridiagonal_abstract(
    dl: ShapedArray, d: ShapedArray, du: ShapedArray, b: ShapedArray
) -> ShapedArray:
    check_inexact("tridiagonal_solve", dl, d, du, b)
    if not (dl.shape == d.shape == du.shape == b.shape[:-1]) or d.ndim < 1:
        raise ShapeError(
            f"tridiagonal_solve: diagonals of shapes {dl.shape}, {d.shape}, {du.shape} and "
            f"right-hand sides of shape {b.shape} do not fit {summarize(current_source())}; the "
            "diagonals are (..., n), padded with a zero, and the right-hand sides (..., n, k)"
        )
    return ShapedArray(b.shape, b.dtype)


def _shift(x: Any, by: int, axis: int) -> Any:
    """Move along an axis by one place, with zeros coming in."""
    config = [(0, 0, 0)] * len(shape_of(x))
    config[axis % len(config)] = (by, -by, 0)
    return pad(x, full_like(x, 0), config)


def _tridiagonal_jvp(ts: Any, xs: Any, x: Any) -> Any:
    """T dx = db - dT x."""
    dl, d, du, _ = xs
    rhs = ts[3]
    for t, by in zip(ts[:3], (1, 0, -1), strict=True):
        if t is not None:
            neighbour = _shift(x, by, -2) if by else x
            column = broadcast_in_dim(t, shape_of(x), range(len(shape_of(t))))
            rhs = add_any(rhs, neg(mul(column, neighbour)))
    return bind(tridiagonal_solve_p, dl, d, du, rhs)


def _tridiagonal_transpose(ct: Any, dl: Any, d: Any, du: Any, b: Any) -> list[Any]:
    lower, upper = _shift(du, 1, -1), _shift(dl, -1, -1)
    return [None, None, None, bind(tridiagonal_solve_p, lower, d, upper, ct)]


tridiagonal_solve_p: Primitive = Primitive(
    "tridiagonal_solve",
    impl=_tridiagonal_impl,
    abstract_eval=_tridiagonal_abstract,
    jvp=_tridiagonal_jvp,
    transpose=_tridiagonal_transpose,
    batch=batch_leading(lambda: tridiagonal_solve_p),
    lower=LAPACK,
)


def _sylvester_impl(a: Any, b: Any, c: Any) -> Any:
    import scipy.linalg

    c = np.asarray(c)

    def one(a: Any, b: Any, c: Any) -> Any:
        return [scipy.linalg.solve_sylvester(a, b, c)]

    return each_matrix(one, [a, b, c], [c.shape[-2:]], [c.dtype])[0]


def _sylvester_abstract(a: ShapedArray, b: ShapedArray, c: ShapedArray) -> ShapedArray:
    check_matrix("sylvester", a, square=True)
    check_matrix("sylvester", b, square=True)
    check_inexact("sylvester", a, b, c)
    if c.shape != (*a.shape[:-1], b.shape[-1]) or a.shape[:-2] != b.shape[:-2]:
        raise fit_error("sylvester", a, c)
    return ShapedArray(c.shape, c.dtype)


def _sylvester_jvp(ts: Any, xs: Any, x: Any) -> Any:
    """A dX + dX B = dC - dA X - X dB."""
    rhs = ts[2]
    if ts[0] is not None:
        rhs = add_any(rhs, neg(matmul(ts[0], x)))
    if ts[1] is not None:
        rhs = add_any(rhs, neg(matmul(x, ts[1])))
    return bind(sylvester_p, xs[0], xs[1], rhs)


sylvester_p: Primitive = Primitive(
    "sylvester",
    impl=_sylvester_impl,
    abstract_eval=_sylvester_abstract,
    jvp=_sylvester_jvp,
    transpose=lambda ct, a, b, c: [None, None, bind(sylvester_p, mT(a), mT(b), ct)],
    batch=batch_leading(lambda: sylvester_p),
    lower=LAPACK,
)


def tridiagonal_solve(dl: Any, d: Any, du: Any, b: Any) -> Any:
    """Solve tridiagonal systems with partial pivoting (LAPACK gtsv).

    Parameters
    ----------
    dl, d, du : array, shape (..., n)
        Diagonals; ``dl[..., 0]`` and ``du[..., -1]`` are not used.
    b : array, shape (..., n, k)
        Right-hand sides.
    """
    return bind(tridiagonal_solve_p, dl, d, du, b)


def sylvester(a: Any, b: Any, c: Any) -> Any:
    """Solve a x + x b = c (Bartels & Stewart 1972)."""
    return bind(sylvester_p, a, b, c)
