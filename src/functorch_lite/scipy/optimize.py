"""Minimisation: BFGS as a program that can be jitted and mapped, and SciPy's own methods.

`minimize` is `jax.scipy.optimize.minimize`, for pytrees too. `minimize_with_scipy` and
`least_squares_with_scipy` hand our derivatives to `scipy.optimize`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import numpy as fnp
from ..flatten_util import ravel_pytree
from ..ir import dtype_of, shape_of
from ..lax.control import custom_root, while_loop
from ..numpy._promotion import cast
from ..pytree import tree_map
from ..transforms.flatten import quiet
from ..transforms.gradient import grad, value_and_grad
from ..transforms.jacobian import hessian, hvp, jacfwd, jacobian, jacrev
from ..transforms.jit import jit

__all__ = ["OptimizeResults", "least_squares_with_scipy", "minimize", "minimize_with_scipy"]

# Constants of the strong Wolfe conditions (Nocedal & Wright 2006, section 3.1).
_C1, _C2 = 1e-4, 0.9
_CONVERGED, _TOO_LONG, _NO_PROGRESS, _NOT_FINITE = 0, 1, 2, 3


class OptimizeResults(NamedTuple):
    """What a minimisation returns.

    Attributes
    ----------
    x : pytree
        The minimiser, of the structure of `x0`.
    success : bool
    status : int
        0: converged, 1: too many iterations, 2: no progress (often the limit of precision), 3:
        the function is not finite.
    fun : float
        The value at `x`.
    jac : pytree
        The gradient at `x`.
    hess_inv : array, shape (n, n)
        The approximation of the inverse Hessian.
    nfev, njev, nit : int
        Numbers of evaluations, of gradients, of iterations.
    """

    x: Any
    success: Any
    status: Any
    fun: Any
    jac: Any
    hess_inv: Any
    nfev: Any
    njev: Any
    nit: Any


class _Point(NamedTuple):
    """A trial step: its length, and value, slope along the line and gradient there."""

    a: Any
    f: Any
    slope: Any
    g: Any


class _Search(NamedTuple):
    """State of the line search: `lo` is the best step so far, `hi` the other end."""

    lo: _Point
    hi: _Point
    a: Any
    done: Any
    n: Any


def _select(condition: Any, x: Any, y: Any) -> Any:
    return tree_map(lambda u, v: fnp.where(condition, u, v), x, y)


def _cubic_step(lo: _Point, hi: _Point) -> Any:
    """Return the minimiser of the cubic through two points, well inside them; else the middle.

    Nocedal & Wright (2006), equation 3.59.
    """
    width = hi.a - lo.a
    d1 = lo.slope + hi.slope - 3 * (lo.f - hi.f) / (lo.a - hi.a)
    d2 = fnp.sign(width) * fnp.sqrt(fnp.maximum(d1 * d1 - lo.slope * hi.slope, 0))
    step = width * (hi.slope + d2 - d1) / (hi.slope - lo.slope + 2 * d2)
    cubic = hi.a - step
    fraction = (cubic - lo.a) / width
    inside = fnp.logical_and(fnp.greater(fraction, 0.1), fnp.less(fraction, 0.9))
    return fnp.where(inside, cubic, lo.a + 0.5 * width)


def _line_search(
    value_and_slope: Callable[..., Any], f0: Any, g0: Any, p: Any, first: Any, limit: int
) -> tuple[_Point, Any]:
    """Find a step that satisfies the strong Wolfe conditions; return it and evaluations.

    Algorithms 3.5 and 3.6 of Nocedal & Wright (2006) in one loop: as long as `hi` is infinite,
    steps grow; once it is not, it closes in on `lo`.
    """
    slope0 = fnp.sum(g0 * p)
    start = _Point(fnp.zeros_like(f0), f0, slope0, g0)
    infinite = start._replace(a=fnp.full_like(f0, np.inf))

    def step(s: _Search) -> _Search:
        f, g = value_and_slope(s.a)
        here = _Point(s.a, f, fnp.sum(g * p), g)
        low_enough = fnp.less_equal(f, f0 + _C1 * s.a * slope0)
        better = fnp.logical_or(fnp.less(f, s.lo.f), fnp.equal(s.lo.a, 0))
        good = fnp.logical_and(fnp.logical_and(low_enough, better), fnp.isfinite(here.slope))
        done = fnp.logical_and(good, fnp.less_equal(fnp.abs(here.slope), -_C2 * slope0))
        turned = fnp.greater_equal(here.slope * (s.hi.a - s.lo.a), 0)
        hi = _select(good, _select(turned, s.lo, s.hi), here)
        lo = _select(good, here, s.lo)
        bounded = fnp.isfinite(hi.a)
        a = fnp.where(bounded, _cubic_step(lo, hi), 2 * s.a)
        # Where the function is not finite there is no cubic.
        usable = fnp.logical_and(fnp.isfinite(hi.f), fnp.isfinite(hi.slope))
        a = fnp.where(fnp.logical_and(bounded, fnp.logical_not(usable)), 0.5 * (lo.a + hi.a), a)
        return _Search(lo, hi, a, done, s.n + 1)

    def more(s: _Search) -> Any:
        return fnp.logical_and(fnp.logical_not(s.done), fnp.less(s.n, limit))

    out = while_loop(more, step, _Search(start, infinite, first, np.bool_(False), np.int64(0)))
    return out.lo, out.n


def _update_inverse(h: Any, s: Any, y: Any, is_first: Any) -> Any:
    """BFGS update of the inverse Hessian (Nocedal & Wright 2006, 6.17; 6.20 at the start)."""
    ys = fnp.sum(y * s)
    yy = fnp.sum(y * y)
    n = shape_of(s)[0]
    h = fnp.where(is_first, fnp.eye(n, dtype=dtype_of(s)) * (ys / yy), h)
    rho = 1 / ys
    hy = h @ y
    outer = s[:, None] * hy[None, :]
    new = h - rho * (outer + outer.T) + (rho * rho * fnp.sum(y * hy) + rho) * (s[:, None] * s)
    positive = fnp.logical_and(fnp.greater(ys, 0), fnp.isfinite(rho))
    return fnp.where(positive, new, h)


class _State(NamedTuple):
    x: Any
    f: Any
    g: Any
    h: Any
    status: Any
    nit: Any
    nfev: Any


def _bfgs(
    f: Callable[..., Any], x0: Any, gtol: Any, norm: Any, maxiter: int, search: int
) -> _State:
    """Minimise a function of a vector (Nocedal & Wright 2006, algorithm 6.1)."""
    vg = value_and_grad(f)
    d = dtype_of(x0)
    running = -1

    def judge(g: Any, value: Any) -> Any:
        small = fnp.less_equal(fnp.linalg.norm(g, norm), gtol)
        finite = fnp.logical_and(fnp.isfinite(value), fnp.all(fnp.isfinite(g)))
        return fnp.where(finite, fnp.where(small, _CONVERGED, running), _NOT_FINITE)

    def step(s: _State) -> _State:
        p = -(s.h @ s.g)
        is_first = fnp.equal(s.nit, 0)
        size = fnp.sqrt(fnp.sum(s.g * s.g))
        one = fnp.ones_like(s.f)
        first = fnp.where(is_first, fnp.minimum(one, 1.01 / size), one)
        found, n = _line_search(lambda a: vg(s.x + a * p), s.f, s.g, p, first, search)
        moved = fnp.greater(found.a, 0)
        h = fnp.where(moved, _update_inverse(s.h, found.a * p, found.g - s.g, is_first), s.h)
        status = judge(found.g, found.f)
        last = fnp.logical_and(fnp.greater_equal(s.nit + 1, maxiter), fnp.equal(status, running))
        status = fnp.where(last, _TOO_LONG, status)
        status = fnp.where(moved, status, _NO_PROGRESS)
        x = s.x + found.a * p
        return _State(
            x, found.f, found.g, h, cast(status, np.dtype(np.int64)), s.nit + 1, s.nfev + n
        )

    value, g = vg(x0)
    status = judge(g, value)
    status = fnp.where(fnp.logical_and(fnp.equal(status, running), maxiter <= 0), _TOO_LONG, status)
    start = _State(
        x0, value, g, np.eye(shape_of(x0)[0], dtype=d), cast(status, np.dtype(np.int64)),
        np.int64(0), np.int64(1),
    )  # fmt: skip
    return while_loop(lambda s: fnp.equal(s.status, running), step, start)


def minimize(
    fun: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: str = "BFGS",
    tol: float | None = None,
    options: dict[str, Any] | None = None,
) -> OptimizeResults:
    """Minimise a scalar function by a program that can be jitted, mapped and differentiated.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` returns a float scalar.
    x0 : array or pytree of float arrays
        Where to start.
    args : tuple
        Further arguments of `fun`.
    method : {"BFGS"}
        For SciPy's other methods there is `minimize_with_scipy`.
    tol : float
        The same as ``options["gtol"]``.
    options : dict
        ``gtol``: bound of the gradient's norm, 1e-5 by default; ``norm``: its order, infinite by
        default; ``maxiter``: 200 for each variable by default; ``line_search_maxiter``: 20.

    Returns
    -------
    OptimizeResults

    Notes
    -----
    `x` and `fun` are differentiable in what `fun` depends on, implicitly: the gradient stays zero
    at the minimum, whose Hessian must be regular. They do not depend on `x0`.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite.scipy.optimize import minimize
    >>> result = minimize(lambda x: (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2, np.zeros(2))
    >>> bool(result.success), result.x.round(4)
    (True, array([1., 1.]))
    """
    if method.upper() != "BFGS":
        raise ValueError(
            f"minimize runs method 'BFGS', got {method!r}; use minimize_with_scipy(..., "
            f"method={method!r}) for SciPy's"
        )
    chosen: dict[str, Any] = {"gtol": 1e-5 if tol is None else tol, "norm": np.inf, "maxiter": None}
    chosen |= {"line_search_maxiter": 20} | (options or {})
    unknown = set(chosen) - {"gtol", "norm", "maxiter", "line_search_maxiter"}
    if unknown:
        raise ValueError(f"minimize has no option {', '.join(sorted(unknown))}")
    with quiet():
        vector, unravel = _as_vector(x0)
        maxiter = 200 * shape_of(vector)[0] if chosen["maxiter"] is None else chosen["maxiter"]
        flat = lambda v: fun(unravel(v), *args)  # noqa: E731

        def solve(_: Any, v: Any) -> tuple[Any, _State]:
            last = _bfgs(
                flat, v, chosen["gtol"], chosen["norm"], maxiter, chosen["line_search_maxiter"]
            )
            return last.x, last

        x, s = custom_root(grad(flat), vector, solve, _newton, has_aux=True)
        value = flat(x)
    return OptimizeResults(
        unravel(x), fnp.equal(s.status, _CONVERGED), s.status, value, unravel(s.g), s.h,
        s.nfev, s.nfev, s.nit,
    )  # fmt: skip


def _newton(hessian_product: Callable[..., Any], y: Any) -> Any:
    """Solve with the Hessian: how the minimiser moves with what the function depends on."""
    return fnp.linalg.solve(jacobian(hessian_product)(y), y)


def _as_vector(x0: Any) -> tuple[Any, Callable[..., Any]]:
    """Return a pytree as a vector of a float dtype."""
    vector, unravel = ravel_pytree(x0)
    if dtype_of(vector).kind != "f":
        raise TypeError(f"x0 must be of a float dtype, got {dtype_of(vector).name}")
    return vector, unravel


# --- SciPy's methods ------------------------------------------------------------------------------

_WITHOUT_GRADIENT = frozenset(["nelder-mead", "powell", "cobyla", "cobyqa"])
_WITH_HVP = frozenset(["newton-cg", "trust-ncg", "trust-krylov", "trust-constr"])
_WITH_HESSIAN = frozenset(["dogleg", "trust-exact"])


def _bounds_vector(bounds: Any, x0: Any) -> Any:
    """Return bounds for SciPy: its own objects as they are, else a pair of pytrees."""
    import scipy.optimize

    if bounds is None or isinstance(bounds, scipy.optimize.Bounds):
        return bounds
    low, high = (
        ravel_pytree(tree_map(lambda x, b=b: np.broadcast_to(b, np.shape(x)), x0))[0]
        if np.ndim(b) == 0 and not isinstance(b, dict | list | tuple)
        else ravel_pytree(tree_map(lambda x, v: np.broadcast_to(v, np.shape(x)), x0, b))[0]
        for b in bounds
    )
    return scipy.optimize.Bounds(low, high)


def minimize_with_scipy(
    fun: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str = "L-BFGS-B",
    *,
    bounds: Any = None,
    tol: float | None = None,
    callback: Callable[[Any], Any] | None = None,
    options: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Minimise with `scipy.optimize.minimize`: it gets our gradients and Hessian products.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` returns a float scalar; jitted here, with its derivatives.
    x0 : array or pytree of float arrays
    args : tuple
        Further arguments of `fun`.
    method : str
        Any of SciPy's.
    bounds : pair, optional
        Lowest and highest values: two numbers, two pytrees like `x0`, or SciPy's ``Bounds``.
    tol, options, **kwargs
        SciPy's.
    callback : callable
        Called with the current `x`, as a pytree, after each iteration.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With `x` and `jac` as pytrees like `x0`.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.scipy.optimize import minimize_with_scipy
    >>> f = lambda p: np.sum((p["a"] - 2.0)**2) + (p["b"] + 1.0)**4
    >>> out = minimize_with_scipy(f, {"a": np.zeros(3), "b": 0.0}, method="trust-ncg")
    >>> out.x["a"].round(4)
    array([2., 2., 2.])
    """
    import scipy.optimize

    vector, unravel = _as_vector(x0)
    name = method.lower()

    def flat(v: Any) -> Any:
        return fun(unravel(cast(v, dtype_of(vector))), *args)

    value = jit(flat)
    given: dict[str, Any] = {"fun": lambda v: float(value(v))}
    if name not in _WITHOUT_GRADIENT:
        both = jit(value_and_grad(flat))
        given = {"fun": lambda v: _as_doubles(both(v)), "jac": True}
    if name in _WITH_HVP:
        product = jit(lambda v, t: hvp(flat, (v,), (t,)))
        given["hessp"] = lambda v, t: np.asarray(product(v, np.asarray(t, v.dtype)), np.float64)
    if name in _WITH_HESSIAN:
        full = jit(hessian(flat))
        given["hess"] = lambda v: np.asarray(full(v), np.float64)
    if callback is not None:
        given["callback"] = lambda v, *rest: callback(unravel(np.asarray(v)))
    with np.errstate(all="ignore"):
        result = scipy.optimize.minimize(
            x0=np.asarray(vector, np.float64),
            method=method,
            tol=tol,
            options=options,
            bounds=_bounds_vector(bounds, x0),
            **(given | kwargs),
        )
    result.x = unravel(result.x)
    if "jac" in result and np.shape(result.jac) == np.shape(vector):
        result.jac = unravel(result.jac)
    return result


def _as_doubles(pair: Any) -> tuple[float, Any]:
    return float(pair[0]), np.asarray(pair[1], np.float64)


def least_squares_with_scipy(
    residuals: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    bounds: Any = None,
    **kwargs: Any,
) -> Any:
    """Minimise half the sum of squares with `scipy.optimize.least_squares` and our Jacobian.

    Parameters
    ----------
    residuals : callable
        ``residuals(x, *args)`` returns an array, or a pytree of arrays.
    x0 : array or pytree of float arrays
    args : tuple
        Further arguments.
    bounds : pair, optional
        As in `minimize_with_scipy`.
    **kwargs
        SciPy's: method, loss, ftol, xtol ...

    Returns
    -------
    scipy.optimize.OptimizeResult
        With `x` as a pytree like `x0`.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.scipy.optimize import least_squares_with_scipy
    >>> t = np.linspace(0.0, 1.0, 20)
    >>> model = lambda p: p["scale"] * np.exp(-p["rate"] * t) - 3.0 * np.exp(-2.0 * t)
    >>> out = least_squares_with_scipy(model, {"scale": 1.0, "rate": 1.0})
    >>> round(float(out.x["rate"]), 4)
    2.0
    """
    import scipy.optimize

    vector, unravel = _as_vector(x0)

    def flat(v: Any) -> Any:
        return ravel_pytree(residuals(unravel(cast(v, dtype_of(vector))), *args))[0]

    value = jit(flat)
    start = np.asarray(vector, np.float64)
    tall = np.size(value(start)) >= start.size
    jacobian = jit((jacfwd if tall else jacrev)(flat))
    limits = _bounds_vector(bounds, x0)
    if limits is not None:
        kwargs["bounds"] = (limits.lb, limits.ub)
    result = scipy.optimize.least_squares(
        lambda v: np.asarray(value(v), np.float64),
        start,
        jac=lambda v: np.asarray(jacobian(v), np.float64),
        **kwargs,
    )
    result.x = unravel(result.x)
    return result
