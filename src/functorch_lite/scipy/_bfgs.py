"""BFGS on vectors, as a program of loops (Nocedal & Wright 2006, "Numerical optimization")."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import numpy as fnp
from ..ir import dtype_of, shape_of
from ..lax.control import while_loop
from ..numpy._promotion import cast
from ..pytree import tree_map
from ..transforms.gradient import value_and_grad

__all__ = ["CONVERGED", "State", "bfgs"]

# Constants of the strong Wolfe conditions (Nocedal & Wright 2006, section 3.1).
_C1, _C2 = 1e-4, 0.9
CONVERGED, _TOO_LONG, _NO_PROGRESS, _NOT_FINITE = 0, 1, 2, 3


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


class State(NamedTuple):
    """Where the search stands: point, value, gradient, inverse Hessian, status, counts."""

    x: Any
    f: Any
    g: Any
    h: Any
    status: Any
    nit: Any
    nfev: Any


def bfgs(f: Callable[..., Any], x0: Any, gtol: Any, norm: Any, maxiter: int, search: int) -> State:
    """Minimise a function of a vector (Nocedal & Wright 2006, algorithm 6.1)."""
    vg = value_and_grad(f)
    d = dtype_of(x0)
    running = -1

    def judge(g: Any, value: Any) -> Any:
        small = fnp.less_equal(fnp.linalg.norm(g, norm), gtol)
        finite = fnp.logical_and(fnp.isfinite(value), fnp.all(fnp.isfinite(g)))
        return fnp.where(finite, fnp.where(small, CONVERGED, running), _NOT_FINITE)

    def step(s: State) -> State:
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
        return State(
            x, found.f, found.g, h, cast(status, np.dtype(np.int64)), s.nit + 1, s.nfev + n
        )

    value, g = vg(x0)
    status = judge(g, value)
    status = fnp.where(fnp.logical_and(fnp.equal(status, running), maxiter <= 0), _TOO_LONG, status)
    start = State(
        x0, value, g, np.eye(shape_of(x0)[0], dtype=d), cast(status, np.dtype(np.int64)),
        np.int64(0), np.int64(1),
    )  # fmt: skip
    return while_loop(lambda s: fnp.equal(s.status, running), step, start)
