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
from ..lax.control import custom_root
from ..numpy._promotion import cast
from ..pytree import tree_map
from ..transforms.flatten import quiet
from ..transforms.gradient import grad, value_and_grad
from ..transforms.jacobian import hessian, hvp, jacfwd, jacobian, jacrev
from ..transforms.jit import jit
from ._bfgs import CONVERGED, State, bfgs

__all__ = ["OptimizeResults", "least_squares_with_scipy", "minimize", "minimize_with_scipy"]


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

        def solve(_: Any, v: Any) -> tuple[Any, State]:
            last = bfgs(
                flat, v, chosen["gtol"], chosen["norm"], maxiter, chosen["line_search_maxiter"]
            )
            return last.x, last

        x, s = custom_root(grad(flat), vector, solve, _newton, has_aux=True)
        value = flat(x)
    return OptimizeResults(
        unravel(x), fnp.equal(s.status, CONVERGED), s.status, value, unravel(s.g), s.h,
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
