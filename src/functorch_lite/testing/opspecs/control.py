"""OpSpecs of calls, control flow, custom rules, collectives and random numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import numpy as fnp
from ...lax import collectives
from ...transforms import checkpoint, grad, jit, jvp, vmap
from ..choices import Choices
from ..program import prim
from ..samples import scaled_sine, soft_sign
from .base import (
    ANYTHING,
    POSITIVE,
    REAL_AND_COMPLEX,
    Operand,
    OpSpec,
    Sample,
    Sampler,
    Shape,
)

__all__ = ["SPECS"]


def _jit(c: Choices, s: Shape) -> Sample:
    return Sample(jit(lambda x, y: fnp.sin(x) * y + x), [Operand(s), Operand(s)])


def _checkpoint(c: Choices, s: Shape) -> Sample:
    return Sample(checkpoint(lambda x, y: fnp.sin(x * y) * x), [Operand(s), Operand(s)])


def _cond(c: Choices, s: Shape) -> Sample:
    from ...transforms.control.choose import cond, switch

    wide = c.coin()

    def two(x: Any, y: Any) -> Any:
        return cond(x.sum() > 0.1, lambda a, b: fnp.sin(a) * b, lambda a, b: a - b * b, x, y)

    def three(x: Any, y: Any) -> Any:
        which = fnp.argmax(fnp.stack([x.sum(), y.sum(), (x * y).sum()]))
        branches = [lambda a, b: a * b, lambda a, b: fnp.cos(a), lambda a, b: b + 1.0]
        return switch(which, branches, x, y)

    return Sample(three if wide else two, [Operand(s), Operand(s)])


def _scan(c: Choices, s: Shape) -> Sample:
    from ...lax.control import scan

    length, reverse = c.integer(1, 3), c.coin()

    def fn(k: Any, carry: Any, xs: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            h = fnp.tanh(h * k + x)
            return h, h * x

        return scan(step, carry, xs, reverse=reverse)

    return Sample(fn, [Operand(()), Operand(s), Operand((length, *s))])


def _while(c: Choices, s: Shape) -> Sample:
    from ...lax.control import while_loop

    steps, linear = c.integer(0, 3), c.coin()

    def fn(x: Any, k: Any) -> Any:
        def body(state: Any) -> Any:
            i, h = state
            return i + 1, h * k if linear else fnp.sin(h * k) + h

        return while_loop(lambda state: state[0] < steps, body, (0, x))[1]

    return Sample(fn, [Operand(s), Operand(())])


def _custom_root(c: Choices, s: Shape) -> Sample:
    from ...transforms.control.root import custom_root

    def fn(k: Any) -> Any:
        def f(x: Any) -> Any:
            return x * x * x + x - k

        def solve(g: Any, x: Any) -> Any:
            for _ in range(15):
                x = x - g(x) / (3 * x * x + 1)
            return x

        return custom_root(f, fnp.zeros_like(k), solve, lambda g, y: y / g(fnp.ones_like(y)))

    return Sample(fn, [Operand(s, POSITIVE)])


def _custom_linear_solve(c: Choices, s: Shape) -> Sample:
    from ...transforms.control.solve import custom_linear_solve

    def fn(d: Any, b: Any) -> Any:
        def divide(matvec: Any, v: Any) -> Any:
            return v / matvec(fnp.ones_like(v))

        return custom_linear_solve(lambda v: d * v, b, divide, divide)

    return Sample(fn, [Operand(s, POSITIVE), Operand(s)])


def _custom_lin(c: Choices, s: Shape) -> Sample:
    return Sample(scaled_sine, [Operand(s), Operand(s)])


def _guard(c: Choices, s: Shape) -> Sample:
    return Sample(lambda x: bind_guard(fnp.ones((), bool), x), [Operand(s)])


def bind_guard(which: Any, x: Any) -> Any:
    """Apply guard with a predicate that lets everything through."""
    return prim.guard(fnp.broadcast_to(which, x.shape), x)


def _collective(call: Callable[[Any], Any], stacked: Callable[[Any], Any]) -> Sampler:
    """Return the sampler of a collective, next to the same on the stacked rows.

    Derivatives and jit are taken inside the vmap that names the axis, since outside of it the
    collective is gone; so is another vmap.
    """

    def f(row: Any) -> Any:
        y = call(fnp.sin(row))
        return y * np.ones(y.shape, y.dtype)

    def weighted(y: Any, shape: Shape) -> Any:
        """Weigh the elements of a row differently, so that no two can be mistaken."""
        weights = np.cos(np.arange(np.prod(shape))).reshape(shape)
        return (y * weights.astype(y.dtype)).sum()

    def over_rows(g: Callable[..., Any], *xs: Any) -> Any:
        return vmap(g, axis_name="rows")(*xs)

    def fn(x: Any) -> Any:
        pushed = over_rows(lambda r: jvp(f, (r,), (fnp.cos(r),))[1], x)
        pulled = over_rows(grad(lambda r: weighted(y := f(r), y.shape)), x)
        inside = over_rows(vmap(f), fnp.stack([x, 0.5 * x], axis=1))
        return [over_rows(f, x), over_rows(jit(f), x), pushed, pulled, inside]

    def reference(x: Any) -> Any:
        def whole(x: Any) -> Any:
            return stacked(fnp.sin(x))

        pulled = grad(lambda x: weighted(y := whole(x), y.shape[1:]))(x)
        inside = fnp.stack([whole(x), whole(0.5 * x)], axis=1)
        value = whole(x)
        return [value, value, jvp(whole, (x,), (fnp.cos(x),))[1], pulled, inside]

    return lambda c, s: Sample(fn, [Operand((2, 2, *s[:1]))], reference)


def _spread(name: str, stacked: Callable[[Any], Any], **params: Any) -> Sampler:
    return _collective(lambda x: getattr(prim, name)(x, axis_name="rows", **params)[0], stacked)


def _everywhere(reduce: Callable[..., Any]) -> Callable[[Any], Any]:
    """Give the reduction over rows to each row."""
    return lambda rows: fnp.broadcast_to(reduce(rows, axis=0), rows.shape)


def _key(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.integers(0, 2**31, shape)


def _random(fn: Callable[[Any], Any]) -> Sampler:
    from .base import Domain

    keys = Domain("key", _key, lambda x: x)
    return lambda c, s: Sample(fn, [Operand((2,), keys, "uint32")])


def _random_gamma(c: Choices, s: Shape) -> Sample:
    def draw(a: Any) -> Any:
        keys = np.full((*a.shape, 2), 7, np.uint32)
        return prim.random_gamma(keys, a, log_space=False)

    def fn(a: Any) -> Any:
        return list(jvp(draw, (a,), (fnp.ones_like(a),)))

    def reference(a: Any) -> Any:
        """Differentiate the quantile function: -(dF/da) / density."""
        from scipy.special import gammainc
        from scipy.stats import gamma

        a64 = np.asarray(a, np.float64)
        x = np.asarray(draw(a), np.float64)
        h = 1e-5
        slope = (gammainc(a64 + h, x) - gammainc(a64 - h, x)) / (2 * h)
        return [draw(a), -slope / gamma.pdf(x, a64)]

    return Sample(fn, [Operand(s, POSITIVE)], reference)


def _index_of_axis(c: Choices, s: Shape) -> Sample:
    def number(r: Any) -> Any:
        i = collectives.axis_index("rows")
        return r * (i * np.ones((*r.shape, *i.shape), r.dtype))

    def fn(x: Any) -> Any:
        rows = vmap(number, axis_name="rows")(x)
        inside = vmap(vmap(number), axis_name="rows")(fnp.stack([x, 0.5 * x], axis=1))
        return [rows, vmap(jit(number), axis_name="rows")(x), inside]

    def reference(x: Any) -> Any:
        steps = np.arange(2, dtype=x.dtype)
        rows = x * steps[:, None]
        return [rows, rows, np.stack([rows, 0.5 * rows], axis=1)]

    return Sample(fn, [Operand((2, 2))], reference)


_REPARAMETRIZED = {
    "jvp": "an accepted proposal may change; the implicit derivative is that of the distribution"
}

SPECS: list[OpSpec] = [
    OpSpec("jit", _jit, ANYTHING),
    OpSpec("checkpoint", _checkpoint, ANYTHING),
    OpSpec("cond", _cond),
    OpSpec("scan", _scan, REAL_AND_COMPLEX),
    OpSpec("while", _while, REAL_AND_COMPLEX),
    OpSpec("custom_jvp_call", lambda c, s: Sample(soft_sign, [Operand(s)]), ANYTHING),
    OpSpec("custom_vjp_call", _custom_lin, ANYTHING),
    OpSpec("custom_root", _custom_root, REAL_AND_COMPLEX, in_programs=False),
    OpSpec("custom_linear_solve", _custom_linear_solve, ANYTHING, in_programs=False),
    OpSpec("guard", _guard, ANYTHING, in_programs=False),
    OpSpec("psum", _spread("psum", _everywhere(fnp.sum)), in_programs=False),
    OpSpec("pmax", _spread("pmax", _everywhere(fnp.max)), in_programs=False),
    OpSpec("pmin", _spread("pmin", _everywhere(fnp.min)), in_programs=False),
    OpSpec("axis_index", _index_of_axis, ANYTHING, in_programs=False),
    OpSpec(
        "all_gather",
        _spread("all_gather", lambda rows: fnp.stack([rows, rows]), axis=0, axis_size=2),
        in_programs=False,
    ),
    OpSpec(
        "psum_scatter",
        _spread("psum_scatter", lambda rows: rows.sum(axis=0), axis=0, axis_size=2),
        in_programs=False,
    ),
    OpSpec(
        "ppermute",
        _spread("ppermute", lambda rows: rows[::-1], perm=((0, 1), (1, 0))),
        in_programs=False,
    ),
    OpSpec(
        "all_to_all",
        _spread(
            "all_to_all",
            lambda rows: fnp.swapaxes(rows, 0, 1),
            split_axis=0,
            concat_axis=0,
            axis_size=2,
        ),
        in_programs=False,
    ),
    OpSpec(
        "threefry2x32", _random(lambda k: prim.threefry2x32(k, k, k, k)), order=0, in_programs=False
    ),
    OpSpec(
        "random_split",
        _random(lambda k: prim.random_split(k, shape=(2,))),
        order=0,
        in_programs=False,
    ),
    OpSpec(
        "random_bits",
        _random(lambda k: prim.random_bits(k, shape=(2,), width=32)),
        order=0,
        in_programs=False,
    ),
    OpSpec(
        "random_unit",
        _random(lambda k: prim.random_unit(k, shape=(2,), dtype=np.dtype("f8"))),
        order=0,
        in_programs=False,
    ),
    OpSpec(
        "random_gamma",
        _random_gamma,
        order=1,
        skip=_REPARAMETRIZED,
        in_programs=False,
    ),
]
