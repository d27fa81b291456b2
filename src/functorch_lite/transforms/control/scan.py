"""scan_p: a loop of known length over a carry and stacked slices.

``jaxpr`` maps (consts, carry, slices) to (carry, outputs); the operands are consts, the initial
carry and the stacked slices, the results the final carry and the stacked outputs.

Linearizing scans forward, stacking the residuals that change from step to step, and hands out a
linear scan over them; transposing reverses the order, carries the cotangents of the carry and
adds up those of the constants. Both find by a fixpoint which carries take part at all, as does
batching. `linear.py` and `transposed.py` hold the two plans. Forward mode alone keeps nothing: it
scans over carries and their tangents together (`pushed.py`).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from ...ir import (
    Jaxpr,
    Primitive,
    ShapedArray,
    bind,
    run_jaxpr,
    shape_of,
    to_python,
    typeof,
)
from ...prims.lowering import Inline
from ...prims.shape import transpose
from ..batch import batch_jaxpr, materialize
from ..transpose import instantiate
from .common import record_body, split
from .linear import LinearPlan, linear_plan
from .pushed import pushed_body

__all__ = ["scan_p"]


@cache
def _driver(n_consts: int, n_carry: int, n_xs: int, n_ys: int) -> Callable[..., list[Any]]:
    """Write the loop for these numbers of operands: a step then costs one call and no lists."""
    consts = [f"k{i}" for i in range(n_consts)]
    carry = [f"c{i}" for i in range(n_carry)]
    xs = [f"x{i}" for i in range(n_xs)]
    ys = [f"y{i}" for i in range(n_ys)]
    outs = carry + [f"{y}_i" for y in ys]
    stacks = "".join(f", {x}s" for x in xs)
    lines = [
        f"def loop({', '.join(['body', 'steps', *consts, *carry, *(x + 's' for x in xs), *ys])}):",
        f"    for i{''.join(f', {x}' for x in xs)} in {f'zip(steps{stacks})' if xs else 'steps'}:",
        f"        [{', '.join(outs)}] = body({', '.join(consts + carry + xs)})",
        *[f"        {y}[i] = {y}_i" for y in ys],
        f"    return [{', '.join(carry)}]",
    ]
    space: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<functorch_lite scan>", "exec"), space)
    return space["loop"]


def _impl(
    *args: Any, jaxpr: Jaxpr, n_consts: int, n_carry: int, length: int, reverse: bool
) -> list[Any]:
    """Run the body as straight Python; outputs go into preallocated arrays."""
    first_x = n_consts + n_carry
    xs = args[first_x:]
    ys = [np.empty((length, *a.shape), a.dtype) for a in jaxpr.out_avals[n_carry:]]
    if reverse:
        xs = tuple([x[::-1] for x in xs])
    loop = _driver(n_consts, n_carry, len(xs), len(ys))
    steps = range(length - 1, -1, -1) if reverse else range(length)
    return [*loop(to_python(jaxpr), steps, *args[:first_x], *xs, *ys), *ys]


def _abstract(
    *avals: ShapedArray, jaxpr: Jaxpr, n_consts: int, n_carry: int, length: int, reverse: bool
) -> list[ShapedArray]:
    outs = jaxpr.out_avals
    stacked = [ShapedArray((length, *a.shape), a.dtype) for a in outs[n_carry:]]
    return [a.strengthen() for a in outs[:n_carry]] + stacked


def _linearize(
    nonzero: Sequence[bool],
    primals: Sequence[Any],
    *,
    jaxpr: Jaxpr,
    n_consts: int,
    n_carry: int,
    length: int,
    reverse: bool,
) -> tuple[list[Any], Callable[..., Any]]:
    plan = linear_plan(jaxpr, n_consts, n_carry, tuple(nonzero))
    consts, _, xs = split(primals, n_consts, n_carry)
    results = bind(
        scan_p,
        *plan.rule_consts,
        *primals,
        jaxpr=plan.forward,
        n_consts=len(plan.rule_consts) + n_consts,
        n_carry=n_carry,
        length=length,
        reverse=reverse,
    )
    outs = results[: plan.n_outs]
    fixed = run_jaxpr(plan.hoisted, [*plan.rule_consts, *consts])
    stacked = [xs[i] for i in plan.x_residuals] + [results[i] for i in plan.stacked_residuals]

    def linear(tangents: Sequence[Any]) -> list[Any]:
        return linear_scan(plan, fixed, stacked, tangents, primals, length=length, reverse=reverse)

    return outs, linear


def linear_scan(
    plan: LinearPlan,
    fixed: Sequence[Any],
    stacked: Sequence[Any],
    tangents: Sequence[Any],
    primals: Sequence[Any],
    *,
    length: int,
    reverse: bool,
) -> list[Any]:
    """Apply the linear scan of a plan; returns a tangent or None for each output."""
    if not any(plan.out_nonzero):
        return [None] * plan.n_outs
    wanted = [
        instantiate(t, typeof(p).strengthen()) if nz else None
        for t, p, nz in zip(tangents, primals, plan.nonzero, strict=True)
    ]
    c, k, x = [
        [t for t in part if t is not None] for part in split(wanted, plan.n_consts, plan.n_carry)
    ]
    ts = iter(
        bind(
            scan_p,
            *fixed,
            *c,
            *k,
            *stacked,
            *x,
            jaxpr=plan.linear,
            n_consts=len(fixed) + len(c),
            n_carry=len(k),
            length=length,
            reverse=reverse,
        )
    )
    return [next(ts) if nz else None for nz in plan.out_nonzero]


def _push(
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    jaxpr: Jaxpr,
    n_consts: int,
    n_carry: int,
    length: int,
    reverse: bool,
) -> tuple[list[Any], list[Any]]:
    """Carry the tangents along in one loop."""
    body = pushed_body(jaxpr, n_consts, n_carry, tuple([t is not None for t in tangents]))
    consts, carry, xs = split(primals, n_consts, n_carry)
    given = [
        instantiate(t, typeof(p).strengthen()) if nz else None
        for t, p, nz in zip(tangents, primals, body.nonzero, strict=True)
    ]
    tc, tk, tx = [[t for t in ts if t is not None] for ts in split(given, n_consts, n_carry)]
    n_ys = len(jaxpr.outs) - n_carry
    results = bind(
        scan_p,
        *body.consts,
        *consts,
        *tc,
        *carry,
        *tk,
        *xs,
        *tx,
        jaxpr=body.jaxpr,
        n_consts=len(body.consts) + n_consts + len(tc),
        n_carry=n_carry + len(tk),
        length=length,
        reverse=reverse,
    )
    new, new_t, ys, ys_t = split(results, n_carry, len(tk), n_ys)
    ts = iter(new_t + ys_t)
    return new + ys, [next(ts) if nz else None for nz in body.out_nonzero]


def _transpose(
    cts: Sequence[Any],
    *args: Any,
    jaxpr: Jaxpr,
    n_consts: int,
    n_carry: int,
    length: int,
    reverse: bool,
) -> list[Any]:
    from .transposed import transpose_scan

    return transpose_scan(
        scan_p, cts, args, jaxpr, n_consts, n_carry, length=length, reverse=reverse
    )


def _batch(
    size: int,
    args: Sequence[Any],
    batched: Sequence[bool],
    *,
    jaxpr: Jaxpr,
    n_consts: int,
    n_carry: int,
    length: int,
    reverse: bool,
) -> tuple[list[Any], list[bool]]:
    """Batch the body; a carry is mapped if it starts so or becomes so."""
    consts, carry, xs = split(args, n_consts, n_carry)
    c, k, x = split(batched, n_consts, n_carry)
    n_ys = len(jaxpr.outs) - n_carry
    while True:
        force = (*k, *[False] * n_ys)
        body, rule_consts, out = batch_jaxpr(jaxpr, size, (*c, *k, *x), force)
        if out[:n_carry] == k:
            break
        k = out[:n_carry]
    carry = [
        materialize(v, size) if want and not is_mapped else v
        for v, want, is_mapped in zip(carry, k, split(batched, n_consts, n_carry)[1], strict=True)
    ]
    xs = [swap_front(v) if b else v for v, b in zip(xs, x, strict=True)]
    results = bind(
        scan_p,
        *rule_consts,
        *consts,
        *carry,
        *xs,
        jaxpr=body,
        n_consts=len(rule_consts) + n_consts,
        n_carry=n_carry,
        length=length,
        reverse=reverse,
    )
    ys = [swap_front(y) if b else y for y, b in zip(results[n_carry:], out[n_carry:], strict=True)]
    return results[:n_carry] + ys, out


def swap_front(x: Any) -> Any:
    """Exchange the first two axes."""
    return transpose(x, (1, 0, *range(2, len(shape_of(x)))))


scan_p = Primitive(
    "scan",
    impl=_impl,
    abstract_eval=_abstract,
    linearize=_linearize,
    push=_push,
    transpose=_transpose,
    batch=_batch,
    lower=Inline("scan"),
    multiple_results=True,
)


def map_lanes(
    prim: Primitive,
    size: int,
    args: Sequence[Any],
    batched: Sequence[bool],
    params: dict[str, Any],
) -> tuple[list[Any], list[bool]]:
    """Apply a primitive to one lane after the other, so that side effects are those of a loop."""
    fixed = [a for a, b in zip(args, batched, strict=True) if not b]
    mapped = [a for a, b in zip(args, batched, strict=True) if b]

    def body(*xs: Any) -> list[Any]:
        shared, own = iter(xs[: len(fixed)]), iter(xs[len(fixed) :])
        full = [next(own) if b else next(shared) for b in batched]
        return bind(prim, *full, **params)

    avals = [typeof(a) for a in fixed]
    avals += [ShapedArray(typeof(a).shape[1:], typeof(a).dtype) for a in mapped]
    jaxpr, consts = record_body(body, avals, prim.name)
    outs = bind(
        scan_p,
        *consts,
        *fixed,
        *mapped,
        jaxpr=jaxpr,
        n_consts=len(consts) + len(fixed),
        n_carry=0,
        length=size,
        reverse=False,
    )
    return outs, [True] * len(outs)


__all__ += ["linear_scan", "map_lanes", "swap_front"]
