"""Krylov solvers of linear systems of pytrees, differentiated implicitly.

`cg`: Hestenes & Stiefel (1952). `bicgstab`: van der Vorst (1992). `gmres`: Saad & Schultz (1986).
The matrix is a function, so it never needs to exist.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ... import numpy as fnp
from ...errors import ShapeError
from ...flatten_util import ravel_pytree
from ...ir import current_source, dtype_of, shape_of, summarize
from ...lax.control import custom_linear_solve, fori_loop, while_loop
from ...numpy._promotion import as_array, cast
from ...pytree import tree_map, tree_structure
from ...transforms.flatten import quiet

__all__ = ["bicgstab", "cg", "gmres"]

Vector = Any  # [n]
Operator = Callable[[Vector], Vector]


def _operator(a: Any, like: Any, name: str) -> Callable[[Any], Any]:
    """Return a matrix or function as a function of pytrees."""
    if callable(a):
        return a
    a = as_array(a, name)
    if len(shape_of(a)) != 2 or shape_of(a)[0] != shape_of(a)[1]:
        raise ShapeError(
            f"{name} must be a square matrix or a function, got shape {shape_of(a)} "
            f"{summarize(current_source())}"
        )
    return lambda x: a @ x


def _dot(x: Vector, y: Vector) -> Any:
    """Inner product, conjugate in its first argument."""
    return fnp.vdot(x, y)


def _size(x: Vector) -> Any:
    """Squared norm, real."""
    return fnp.real(_dot(x, x))


class _CG(NamedTuple):
    x: Any
    r: Any
    p: Any
    gamma: Any  # <r, M r>
    n: Any


def _cg(a: Operator, b: Vector, x0: Vector, m: Operator, enough: Any, maxiter: int) -> Vector:
    """Conjugate gradients, preconditioned by `m`, until the squared residual is `enough`."""
    r = b - a(x0)
    z = m(r)

    def more(s: _CG) -> Any:
        return fnp.logical_and(fnp.greater(_size(s.r), enough), fnp.less(s.n, maxiter))

    def step(s: _CG) -> _CG:
        ap = a(s.p)
        alpha = s.gamma / _dot(s.p, ap)
        r = s.r - alpha * ap
        z = m(r)
        gamma = _dot(r, z)
        return _CG(s.x + alpha * s.p, r, z + gamma / s.gamma * s.p, gamma, s.n + 1)

    return while_loop(more, step, _CG(x0, r, z, _dot(r, z), np.int64(0))).x


class _BiCG(NamedTuple):
    x: Any
    r: Any
    p: Any
    v: Any
    rho: Any
    alpha: Any
    omega: Any
    n: Any
    broken: Any


def _bicgstab(a: Operator, b: Vector, x0: Vector, m: Operator, enough: Any, maxiter: int) -> Vector:
    """Biconjugate gradients, stabilised."""
    r = shadow = b - a(x0)

    def more(s: _BiCG) -> Any:
        going = fnp.logical_and(fnp.greater(_size(s.r), enough), fnp.less(s.n, maxiter))
        return fnp.logical_and(going, fnp.logical_not(s.broken))

    def step(s: _BiCG) -> _BiCG:
        rho = _dot(shadow, s.r)
        beta = rho / s.rho * s.alpha / s.omega
        p = s.r + beta * (s.p - s.omega * s.v)
        better = m(p)
        v = a(better)
        alpha = rho / _dot(shadow, v)
        half = s.r - alpha * v
        done = fnp.less_equal(_size(half), enough)
        rest = m(half)
        t = a(rest)
        omega = _dot(t, half) / _dot(t, t)
        omega = fnp.where(done, fnp.zeros_like(omega), omega)
        x = s.x + alpha * better + fnp.where(done, 0, omega) * rest
        r = fnp.where(done, half, half - omega * t)
        broken = fnp.logical_or(fnp.equal(rho, 0), fnp.equal(omega, 0))
        return _BiCG(x, r, p, v, rho, alpha, omega, s.n + 1, broken)

    one = fnp.ones((), dtype_of(r))
    zero = fnp.zeros_like(r)
    start = _BiCG(x0, r, zero, zero, one, one, one, np.int64(0), np.False_)
    return while_loop(more, step, start).x


def _arnoldi(a: Operator, m: Operator, v0: Vector, k: int) -> tuple[Any, Any]:
    """Return an orthonormal basis [k + 1, n] of a Krylov space and the matrix [k + 1, k] in it."""
    n, dtype = shape_of(v0)[0], dtype_of(v0)
    basis = fnp.zeros((k + 1, n), dtype).at[0].set(v0)

    def step(j: Any, state: Any) -> Any:
        basis, h = state
        w = m(a(basis[j]))
        first = fnp.conj(basis) @ w
        w = w - first @ basis
        again = fnp.conj(basis) @ w  # Gram-Schmidt twice is enough (Kahan, Parlett).
        w = w - again @ basis
        norm = fnp.sqrt(_size(w))
        # The space is exhausted when the next vector is rounding error alone.
        scale = fnp.sqrt(_size(first)) * 100 * np.finfo(dtype).eps
        norm = fnp.where(fnp.greater(norm, scale), norm, fnp.zeros_like(norm))
        next_ = fnp.where(fnp.equal(norm, 0), 0, w / fnp.where(fnp.equal(norm, 0), 1, norm))
        column = cast(first + again, dtype).at[j + 1].set(cast(norm, dtype))
        return basis.at[j + 1].set(cast(next_, dtype)), h.at[:, j].set(column)

    return fori_loop(0, k, step, (basis, fnp.zeros((k + 1, k), dtype)))


def _gmres(
    a: Operator, b: Vector, x0: Vector, m: Operator, enough: Any, maxiter: int, restart: int
) -> Vector:
    """Generalised minimal residuals, restarted: least squares in each Krylov space."""
    k = min(restart, shape_of(b)[0])

    def more(state: Any) -> Any:
        _, size, n = state
        return fnp.logical_and(fnp.greater(size, enough), fnp.less(n, maxiter))

    def cycle(state: Any) -> Any:
        x, _, n = state
        r = m(b - a(x))
        beta = fnp.sqrt(_size(r))
        safe = fnp.where(fnp.equal(beta, 0), 1, beta)
        basis, h = _arnoldi(a, m, cast(r / safe, dtype_of(r)), k)
        right = fnp.zeros((k + 1,), dtype_of(r)).at[0].set(cast(beta, dtype_of(r)))
        y = fnp.linalg.pinv(h) @ right
        x = x + y @ basis[:k]
        return x, _size(m(b - a(x))), n + 1

    return while_loop(more, cycle, (x0, _size(m(b - a(x0))), np.int64(0)))[0]


def _solve(
    method: Callable[..., Vector],
    a: Any,
    b: Any,
    x0: Any,
    tol: float,
    atol: float,
    maxiter: int | None,
    preconditioner: Any,
    symmetric: bool,
) -> tuple[Any, None]:
    """Bring a system of pytrees to vectors, and solve it so that it can be differentiated."""
    with quiet():
        x0 = tree_map(fnp.zeros_like, b) if x0 is None else x0
        if tree_structure(x0) != tree_structure(b):
            raise ShapeError(
                f"x0 and b must be of the same structure, got {tree_structure(x0)} and "
                f"{tree_structure(b)} {summarize(current_source())}"
            )
        apply = _operator(a, b, "A")
        precondition = (
            (lambda x: x) if preconditioner is None else _operator(preconditioner, b, "M")
        )
        vector, unravel = ravel_pytree(b)
        dtype = np.result_type(dtype_of(vector), dtype_of(ravel_pytree(x0)[0]), np.float32)
        dtype = dtype_of(ravel_pytree(apply(unravel(vector)))[0]) if dtype.kind != "c" else dtype
        vector = cast(vector, dtype)
        unravel = ravel_pytree(tree_map(lambda l: fnp.asarray(l, dtype), b))[1]
        start = cast(ravel_pytree(x0)[0], dtype)
        limit = 10 * shape_of(vector)[0] if maxiter is None else maxiter
        flat = lambda f: lambda v: cast(ravel_pytree(f(unravel(v)))[0], dtype)  # noqa: E731
        m = flat(precondition)

        def solver(x0: Vector) -> Callable[[Operator, Vector], Vector]:
            def run(matvec: Operator, b: Vector) -> Vector:
                enough = fnp.maximum(tol**2 * _size(b), atol**2)
                return method(matvec, b, x0, m, enough, limit)

            return run

        transpose = solver(fnp.zeros_like(start))
        x = custom_linear_solve(flat(apply), vector, solver(start), transpose, symmetric=symmetric)
        return unravel(x), None


def cg(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
) -> tuple[Any, None]:
    """Solve ``A x = b`` by conjugate gradients, for a symmetric positive definite `A`.

    Parameters
    ----------
    A : callable or array, shape (n, n)
        The linear function x -> A x, on pytrees like `b`. What it closes over can be
        differentiated.
    b : pytree of arrays
    x0 : pytree, optional
        Where to start; zeros by default.
    tol, atol : float
        Stop when ``norm(residual) <= max(tol * norm(b), atol)``.
    maxiter : int, optional
        The most steps; ten times the number of unknowns by default.
    M : callable or array, optional
        Preconditioner: an approximation of the inverse of `A`, itself symmetric.

    Returns
    -------
    x : pytree
        Like `b`. Its derivatives are those of the exact solution, by further solves.
    info : None
        For SciPy's signature.

    Raises
    ------
    ShapeError
        If `A` is an array that is not square, or `x0` is not like `b`.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([[4.0, 1.0], [1.0, 3.0]])
    >>> x, _ = cg(lambda x: a @ x, np.array([1.0, 2.0]))
    >>> x.round(6)
    array([0.090909, 0.636364])
    """
    return _solve(_cg, A, b, x0, tol, atol, maxiter, M, symmetric=True)


def bicgstab(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
) -> tuple[Any, None]:
    """Solve ``A x = b`` by stabilised biconjugate gradients, for any square `A`.

    Parameters and results are those of `cg`.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([[4.0, 1.0], [-1.0, 3.0]])
    >>> x, _ = bicgstab(lambda x: a @ x, np.array([1.0, 2.0]))
    >>> x.round(6)
    array([0.076923, 0.692308])
    """
    return _solve(_bicgstab, A, b, x0, tol, atol, maxiter, M, symmetric=False)


def gmres(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    restart: int = 20,
    maxiter: int | None = None,
    M: Any = None,
    solve_method: str = "batched",
) -> tuple[Any, None]:
    """Solve ``A x = b`` by generalised minimal residuals, for any square `A`.

    Parameters and results are those of `cg`, and:

    Parameters
    ----------
    restart : int
        The dimension of the Krylov space before it starts again; memory grows with it.
    solve_method : {"batched", "incremental"}
        Accepted for compatibility: one method serves both.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> x, _ = gmres(lambda x: a @ x, np.array([1.0, 2.0]))
    >>> x.round(6)
    array([-2.,  1.])
    """
    if solve_method not in ("batched", "incremental"):
        raise ValueError(f"solve_method must be 'batched' or 'incremental', got {solve_method!r}")

    method = functools.partial(_gmres, restart=restart)
    return _solve(method, A, b, x0, tol, atol, maxiter, M, symmetric=False)
