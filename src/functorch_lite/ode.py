"""Ordinary differential equations: Dormand-Prince steps, gradients by the adjoint equation.

``from functorch_lite.ode import odeint`` stands for ``from jax.experimental.ode import odeint``.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import numpy as fnp
from .errors import DTypeError, ShapeError
from .flatten_util import ravel_pytree
from .ir import current_source, dtype_of, shape_of, summarize
from .lax.control import scan, while_loop
from .numpy._promotion import as_array, cast
from .prims.arithmetic import stop_gradient
from .pytree import tree_flatten, tree_map
from .transforms.closure import closure_convert
from .transforms.custom_vjp import custom_vjp
from .transforms.flatten import quiet
from .transforms.products import vjp

__all__ = ["odeint"]

# Dormand & Prince (1980), "A family of embedded Runge-Kutta formulae": nodes, stages, weights of
# the solution (the last stage), of its error, and of the continuous extension (Hairer, Norsett &
# Wanner 1993, section II.6).
_NODES = (0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
_STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_DENSE = (
    -12715105075 / 11282082432, 0, 87487479700 / 32700410799, -10690763975 / 1880347072,
    701980252875 / 199316789632, -1453857185 / 822651844, 69997945 / 29380423,
)  # fmt: skip
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 10.0

Field = Callable[[Any, Any], Any]


class _Step(NamedTuple):
    """The last accepted step: from `t0` to `t`, where value and slope are `y` and `f`."""

    t0: Any
    t: Any
    y: Any
    f: Any
    h: Any  # length of the next step to try
    dense: Any  # [5, n], coefficients of the continuous extension
    n: Any


def _combine(weights: tuple[float, ...], slopes: list[Any]) -> Any:
    """Return the weighted sum of slopes."""
    total = None
    for w, k in zip(weights, slopes, strict=True):
        if w:
            total = k * w if total is None else total + k * w
    return total


def _norm(x: Any, scale: Any) -> Any:
    """Root mean square of x / scale."""
    ratio = x / scale
    return fnp.sqrt(fnp.mean(ratio * ratio))


def _first_step(f: Field, t: Any, y: Any, slope: Any, rtol: Any, atol: Any) -> Any:
    """Guess a first step (Hairer, Norsett & Wanner 1993, section II.4)."""
    scale = atol + rtol * fnp.abs(y)
    d0, d1 = _norm(y, scale), _norm(slope, scale)
    flat = fnp.logical_or(fnp.less(d0, 1e-5), fnp.less(d1, 1e-5))
    h0 = fnp.where(flat, 1e-6, 0.01 * d0 / fnp.where(flat, 1.0, d1))
    d2 = _norm(f(y + h0 * slope, t + h0) - slope, scale) / h0
    top = fnp.maximum(d1, d2)
    tiny = fnp.less_equal(top, 1e-15)
    h1 = fnp.where(tiny, fnp.maximum(1e-6, h0 * 1e-3), (0.01 / fnp.where(tiny, 1, top)) ** 0.2)
    return stop_gradient(fnp.minimum(100 * h0, h1))


def _try_step(f: Field, s: _Step, rtol: Any, atol: Any, hmax: Any) -> _Step:
    """Take a step if its error is small enough, and choose the next one's length."""
    h = s.h
    slopes = [s.f]
    y1 = s.y
    for node, stage in zip(_NODES[1:], _STAGES[1:], strict=True):
        y1 = s.y + h * _combine(stage, slopes)
        slopes.append(f(y1, s.t + node * h))
    scale = atol + rtol * fnp.maximum(fnp.abs(s.y), fnp.abs(y1))
    error = stop_gradient(_norm(h * _combine(_ERROR, slopes), scale))
    factor = _SAFETY * fnp.where(fnp.equal(error, 0), 1.0, error) ** -0.2
    factor = fnp.where(fnp.equal(error, 0), _GROW, fnp.clip(factor, _SHRINK, _GROW))
    finite = fnp.isfinite(error)
    accepted = fnp.logical_and(finite, fnp.less_equal(error, 1))
    change = y1 - s.y
    bend = h * s.f - change
    dense = fnp.stack(
        [s.y, change, bend, change - h * slopes[-1] - bend, h * _combine(_DENSE, slopes)]
    )
    next_h = stop_gradient(fnp.minimum(fnp.where(finite, factor, _SHRINK) * h, hmax))
    new = _Step(s.t, s.t + h, y1, slopes[-1], next_h, dense, s.n + 1)
    same = s._replace(h=next_h, n=s.n + 1)
    return tree_map(lambda a, b: fnp.where(accepted, a, b), new, same)


def _interpolate(s: _Step, t: Any) -> Any:
    """Evaluate the continuous extension of the last step."""
    width = s.t - s.t0
    theta = (t - s.t0) / fnp.where(fnp.equal(width, 0), 1, width)
    r1, r2, r3, r4, r5 = (s.dense[i] for i in range(5))
    rest = 1 - theta
    return r1 + theta * (r2 + rest * (r3 + theta * (r4 + rest * r5)))


class _Options(NamedTuple):
    """What the user may choose; hashable."""

    rtol: float
    atol: float
    mxstep: float
    hmax: float


def _solve(f: Field, y0: Any, ts: Any, opts: _Options) -> Any:
    """Integrate a vector field to each of the increasing times; [len(ts), n]."""
    t0 = ts[0]
    slope = f(y0, t0)
    h = fnp.minimum(_first_step(f, t0, y0, slope, opts.rtol, opts.atol), opts.hmax)
    zero = fnp.zeros_like(y0)
    start = _Step(t0, t0, y0, slope, h, fnp.stack([y0, zero, zero, zero, zero]), np.int64(0))

    def to_time(s: _Step, t: Any) -> tuple[_Step, Any]:
        def more(s: _Step) -> Any:
            # A step that no longer moves the time would go on forever.
            moves = fnp.logical_or(fnp.not_equal(s.t + s.h, s.t), fnp.equal(s.n, 0))
            return fnp.logical_and(
                fnp.logical_and(fnp.less(s.t, t), fnp.less(s.n, opts.mxstep)), moves
            )

        s = while_loop(
            more,
            lambda s: _try_step(f, s, opts.rtol, opts.atol, opts.hmax),
            s._replace(n=np.int64(0)),
        )
        reached = fnp.greater_equal(s.t, t)
        return s, fnp.where(reached, _interpolate(s, t), np.nan)

    _, ys = scan(to_time, start, ts[1:])
    return fnp.concatenate([y0[None], ys])


def _directed(func: Callable[..., Any], sign: Any, args: Any) -> Field:
    """Return the field in a time that increases: ``s = sign * t``."""
    return lambda y, s: sign * func(y, sign * s, *args)


def _forward(func: Any, opts: _Options, y0: Any, ts: Any, args: Any) -> Any:
    sign = stop_gradient(fnp.where(fnp.less(ts[-1], ts[0]), -1.0, 1.0).astype(dtype_of(ts)))
    return _solve(_directed(func, sign, args), y0, sign * ts, opts)


def _adjoint_fwd(func: Any, opts: _Options, y0: Any, ts: Any, args: Any) -> tuple[Any, Any]:
    ys = _forward(func, opts, y0, ts, args)
    return ys, (ys, ts, args)


def _adjoint_bwd(func: Any, opts: _Options, residuals: Any, cts: Any) -> tuple[Any, Any, Any]:
    """Solve the adjoint equation backwards, from each time to the one before.

    Pontryagin; Chen, Rubanova, Bettencourt & Duvenaud (2018), "Neural ordinary differential
    equations", algorithm 1.
    """
    ys, ts, args = residuals
    leaves, _ = tree_flatten(args)
    inexact = [dtype_of(a).kind in "fc" for a in leaves]

    def field(y: Any, t: Any, moving: list[Any]) -> Any:
        given = iter(moving)
        full = [next(given) if m else a for m, a in zip(inexact, leaves, strict=True)]
        return func(y, t, *_rebuild(args, full))

    moving = [a for m, a in zip(inexact, leaves, strict=True) if m]
    zeros = tree_map(lambda a: fnp.zeros_like(a), moving)

    def backwards(state: Any, at: Any) -> tuple[Any, Any]:
        y_bar, t_end_bar, args_bar = state
        y, t, t_before, ct, ct_before = at
        t_bar = fnp.sum(field(y, t, moving) * ct)
        vector, unravel = ravel_pytree((y, y_bar, t_end_bar - t_bar, args_bar))
        sign = fnp.where(fnp.less(t_before, t), -1.0, 1.0).astype(dtype_of(ts))

        def augmented(v: Any, s: Any) -> Any:
            y, y_bar, _, _ = unravel(v)
            slope, pull = vjp(field, y, sign * s, moving)
            y_ct, t_ct, args_ct = pull(y_bar)
            return sign * ravel_pytree((slope, -y_ct, -t_ct, tree_map(lambda c: -c, args_ct)))[0]

        times = fnp.stack([sign * t, sign * t_before])
        _, y_bar, t_first, args_bar = unravel(_solve(augmented, vector, times, opts)[1])
        return (y_bar + ct_before, t_first, args_bar), t_bar

    at = (ys[1:], ts[1:], ts[:-1], cts[1:], cts[:-1])
    zero = fnp.zeros((), dtype_of(ts))
    state, t_bars = scan(backwards, (cts[-1], zero, zeros), at, reverse=True)
    y_bar, t_first, args_bar = state
    given = iter(args_bar)
    full = [next(given) if m else None for m in inexact]
    return y_bar, fnp.concatenate([t_first[None], t_bars]), _rebuild(args, full)


def _rebuild(like: Any, leaves: list[Any]) -> Any:
    """Return a pytree like another one with other leaves."""
    given = iter(leaves)
    return tree_map(lambda _: next(given), like)


_with_adjoint = custom_vjp(_forward, nondiff_argnums=(0, 1))
_with_adjoint.defvjp(_adjoint_fwd, _adjoint_bwd)


def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    *args: Any,
    rtol: float = 1.4e-8,
    atol: float = 1.4e-8,
    mxstep: float = np.inf,
    hmax: float = np.inf,
    adjoint: bool = True,
) -> Any:
    """Solve ``dy/dt = func(y, t, *args)`` by the Dormand-Prince method with adaptive steps.

    Parameters
    ----------
    func : callable
        Returns the derivative of `y`: a pytree like `y0`. It may close over arrays that are
        differentiated.
    y0 : pytree of float arrays
        The value at ``t[0]``.
    t : array, shape (n,)
        Times at which the solution is wanted, all increasing or all decreasing.
    *args
        Pytrees of arrays, handed to `func`.
    rtol, atol : float
        Relative and absolute tolerance of each step's error.
    mxstep : float
        The most steps between two times; if it is not enough, the solution is NaN from there on.
    hmax : float
        The longest step.
    adjoint : bool
        Take gradients by solving the adjoint equation backwards, whose memory does not grow with
        the number of steps (reverse mode, first order). If False, differentiate the steps
        themselves: exact for the computed solution, in forward and reverse mode, of any order.

    Returns
    -------
    pytree
        The solution at the times `t`, along a new first axis.

    Raises
    ------
    ShapeError, DTypeError
        If `t` is not a vector of floats, or `func` returns other types than `y0` has.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> decay = lambda y, t, rate: -rate * y
    >>> solution = odeint(decay, 1.0, np.linspace(0.0, 1.0, 3), 2.0)
    >>> solution.round(6)
    array([1.      , 0.367879, 0.135335])
    >>> end = lambda rate: odeint(decay, 1.0, np.array([0.0, 1.0]), rate)[-1]
    >>> round(float(fl.grad(end)(2.0)), 6)
    -0.135335
    """
    with quiet():
        y, unravel = ravel_pytree(y0)
        ts = as_array(t)
        if len(shape_of(ts)) != 1 or dtype_of(ts).kind != "f":
            raise ShapeError(
                f"odeint needs a vector of float times, got {dtype_of(ts).name}"
                f"{list(shape_of(ts))} {summarize(current_source())}"
            )
        if dtype_of(y).kind != "f":
            raise DTypeError(
                f"odeint needs a float initial value, got {dtype_of(y).name} "
                f"{summarize(current_source())}; write complex equations in real and imaginary parts"
            )

        def field(v: Any, t: Any, *args: Any) -> Any:
            slope, _ = ravel_pytree(func(unravel(v), t, *args))
            if shape_of(slope) != shape_of(v):
                raise ShapeError(
                    f"func of odeint returned {shape_of(slope)[0]} numbers for a y of "
                    f"{shape_of(v)[0]} {summarize(current_source())}"
                )
            return cast(slope, dtype_of(v))

        args = tree_map(lambda a: a if hasattr(a, "dtype") else np.asarray(a), args)
        opts = _Options(float(rtol), float(atol), float(mxstep), float(hmax))
        if adjoint:
            converted, consts = closure_convert(field, y, ts[0], *args)
            ys = _with_adjoint(converted, opts, y, ts, (*args, *consts))
        else:
            ys = _forward(field, opts, y, ts, args)
        return _stack(ys, unravel)


def _stack(ys: Any, unravel: Callable[[Any], Any]) -> Any:
    """Turn rows of vectors into a pytree with a leading axis."""
    from .transforms.vmap import vmap

    return vmap(unravel)(ys)
