"""while_p: a loop that runs as long as a predicate of its carry holds.

Operands are the constants of the predicate, those of the body and the initial carry; results
are the final carry.

Forward mode carries the tangents along in the same loop. Reverse mode counts the steps and lets
`counted.py` differentiate a scan of that length: see there. A loop on plain arrays records its
residuals as it runs instead, in a tape that grows.

Batching: if the predicate stays the same for all lanes the loop stays as it is. Otherwise it
runs until all lanes have finished, and finished lanes keep every leaf of their carry; the body
still sees them (guarded, so that what it does to them has no derivative).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import NonDifferentiableError
from ...ir import (
    Eqn,
    Jaxpr,
    Linear,
    Literal,
    Primitive,
    ShapedArray,
    Var,
    bind,
    eval_jaxpr,
    is_inexact,
    run_jaxpr,
    shape_of,
    to_python,
    typeof,
)
from ...prims.arithmetic import add_p, select
from ...prims.logical import and_p
from ...prims.lowering import Inline
from ...prims.reduction import reduce_or_p
from ...prims.shape import broadcast_in_dim
from ..batch import axis_name_at_work, batch_jaxpr, materialize
from ..transpose import instantiate
from .common import depends_on, guard, is_known, record_body, split
from .counted import counted, counted_loop
from .linear import LinearPlan, linear_plan
from .pushed import pushed_body
from .scan import linear_scan, map_lanes
from .transposed import inline_calls

__all__ = ["while_p"]


def _impl(
    *args: Any, cond_jaxpr: Jaxpr, body_jaxpr: Jaxpr, n_cond_consts: int, n_body_consts: int
) -> list[Any]:
    cond_consts, body_consts, carry = split(args, n_cond_consts, n_body_consts)
    goes_on, body = to_python(cond_jaxpr), to_python(body_jaxpr)
    while goes_on(*cond_consts, *carry)[0]:
        carry = body(*body_consts, *carry)
    return carry


def _abstract(
    *avals: ShapedArray,
    cond_jaxpr: Jaxpr,
    body_jaxpr: Jaxpr,
    n_cond_consts: int,
    n_body_consts: int,
) -> list[ShapedArray]:
    return [a.strengthen() for a in body_jaxpr.out_avals]


# --- counting -------------------------------------------------------------------------------------


def _count_steps(args: Sequence[Any], params: dict[str, Any]) -> tuple[list[Any], Any]:
    """Run the loop; return the final carry and the number of steps."""
    cond_jaxpr, body_jaxpr = params["cond_jaxpr"], params["body_jaxpr"]
    n_cond, n_body = params["n_cond_consts"], params["n_body_consts"]
    key = ("counting", cond_jaxpr, n_cond, n_body)
    if key not in body_jaxpr.memo:
        body_jaxpr.memo[key] = _counting(cond_jaxpr, body_jaxpr)
    cond, body = body_jaxpr.memo[key]
    new = params | {"cond_jaxpr": cond, "body_jaxpr": body}
    outs = bind(while_p, *args, np.int64(0), **new)
    return outs[:-1], outs[-1]


def _counting(cond: Jaxpr, body: Jaxpr) -> tuple[Jaxpr, Jaxpr]:
    """Add a counter to the carry."""
    count = ShapedArray((), np.dtype(np.int64))
    before, after = Var(count), Var(count)
    line = body.eqns[-1].source if body.eqns else None
    step = Eqn(add_p, [before, Literal(np.int64(1))], [after], {}, line)
    return (
        Jaxpr([], [*cond.invars, Var(count)], cond.eqns, cond.outs),
        Jaxpr([], [*body.invars, before], [*body.eqns, step], [*body.outs, after]),
    )


# --- derivatives ----------------------------------------------------------------------------------


def _linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], **params: Any
) -> tuple[list[Any], Callable[..., Any]]:
    body = params["body_jaxpr"]
    n_cond, n_body = params["n_cond_consts"], params["n_body_consts"]
    body_nonzero = tuple(nonzero[n_cond:])
    if not any(body_nonzero):
        outs = bind(while_p, *primals, **params)
        return outs, lambda tangents: [None] * len(outs)
    plan = linear_plan(body, n_body, len(body.outs), body_nonzero)
    if is_known(*primals):
        return _record_tape(plan, primals, params)
    outs, n = _count_steps(primals, params)

    def linear(tangents: Sequence[Any]) -> list[Any]:
        args = primals[n_cond:]
        full = [
            instantiate(t, typeof(p).strengthen()) if nz else None
            for t, p, nz in zip(tangents[n_cond:], args, plan.nonzero, strict=True)
        ]
        program = counted_loop(body, n_body).linear(tuple(plan.nonzero))
        ts = iter(counted(n, [*args, *[t for t in full if t is not None]], program))
        return [None if a is None else next(ts) for a in program.outs]

    return outs, linear


def _record_tape(
    plan: LinearPlan, primals: Sequence[Any], params: dict[str, Any]
) -> tuple[list[Any], Callable[..., Any]]:
    """Run the loop on arrays and keep the residuals of each step."""
    cond_consts, body_consts, carry = split(
        primals, params["n_cond_consts"], params["n_body_consts"]
    )
    goes_on, step = to_python(params["cond_jaxpr"]), to_python(plan.forward)
    consts = [*plan.rule_consts, *body_consts]
    n_carry, n = len(carry), 0
    residual_avals = plan.forward.out_avals[n_carry:]
    tape: list[list[Any]] = [[] for _ in residual_avals]
    while goes_on(*cond_consts, *carry)[0]:
        results = step(*consts, *carry)
        carry = results[:n_carry]
        for kept, r in zip(tape, results[n_carry:], strict=True):
            kept.append(r)
        n += 1
    stacked = [_stack(kept, a) for kept, a in zip(tape, residual_avals, strict=True)]
    del tape
    fixed = run_jaxpr(plan.hoisted, consts)
    residuals = [stacked[i - n_carry] for i in plan.stacked_residuals]
    args = [*body_consts, *carry]

    def linear(tangents: Sequence[Any]) -> list[Any]:
        ts = tangents[params["n_cond_consts"] :]
        return linear_scan(plan, fixed, residuals, ts, args, length=n, reverse=False)

    return [np.asarray(v) for v in carry], linear


def _stack(values: list[Any], aval: ShapedArray) -> Any:
    """Join the entries of a tape."""
    out = np.empty((len(values), *aval.shape), aval.dtype)
    for i, v in enumerate(values):
        out[i] = v
    return out


def _push(
    primals: Sequence[Any], tangents: Sequence[Any], **params: Any
) -> tuple[list[Any], list[Any]]:
    """Carry the tangents along in one loop."""
    body, cond = params["body_jaxpr"], params["cond_jaxpr"]
    n_cond, n_body = params["n_cond_consts"], params["n_body_consts"]
    n_carry = len(body.outs)
    nonzero = tuple([t is not None for t in tangents[n_cond:]])
    if not any(nonzero):
        return bind(while_p, *primals, **params), [None] * n_carry
    pushed = pushed_body(body, n_body, n_carry, nonzero)
    given = [
        instantiate(t, typeof(p).strengthen()) if nz else None
        for t, p, nz in zip(tangents[n_cond:], primals[n_cond:], pushed.nonzero, strict=True)
    ]
    tc, tk = [[t for t in ts if t is not None] for ts in split(given, n_body)]
    key = ("wider", tuple(pushed.nonzero[n_body:]))
    if key not in cond.memo:
        cond.memo[key] = Jaxpr(
            [], [*cond.invars, *[Var(typeof(t)) for t in tk]], cond.eqns, cond.outs
        )
    cond_consts, body_consts, init = split(primals, n_cond, n_body)
    results = bind(
        while_p,
        *cond_consts,
        *pushed.consts,
        *body_consts,
        *tc,
        *init,
        *tk,
        cond_jaxpr=cond.memo[key],
        body_jaxpr=pushed.jaxpr,
        n_cond_consts=n_cond,
        n_body_consts=len(pushed.consts) + n_body + len(tc),
    )
    ts = iter(results[n_carry:])
    return results[:n_carry], [next(ts) if nz else None for nz in pushed.out_nonzero]


def _transpose(cts: Sequence[Any], *args: Any, **params: Any) -> list[Any]:
    """Transpose a loop that is linear in some carries and counted by the others."""
    n_cond, n_body = params["n_cond_consts"], params["n_body_consts"]
    n, body = _known_steps(args, params)
    rest = args[n_cond:]
    linear = tuple(isinstance(a, Linear) for a in rest)
    kept = [ct if ct is not None and is_inexact(typeof(ct).dtype) else None for ct in cts]
    program = counted_loop(body, n_body).transposed(linear, tuple(ct is not None for ct in kept))
    known = [a for a in rest if not isinstance(a, Linear)]
    outs = iter(counted(n, [*known, *[ct for ct in kept if ct is not None]], program))
    results = iter([None if a is None else next(outs) for a in program.outs])
    return [None] * n_cond + [next(results) if lin else None for lin in linear]


def _known_steps(args: Sequence[Any], params: dict[str, Any]) -> tuple[Any, Jaxpr]:
    """Count the steps by running the part of the loop that is not linear."""
    n_cond, n_body = params["n_cond_consts"], params["n_body_consts"]
    body, cond = inline_calls(params["body_jaxpr"]), params["cond_jaxpr"]
    cond_consts, body_consts, init = split(args, n_cond, n_body)
    k = [isinstance(a, Linear) for a in init]
    c = [isinstance(a, Linear) for a in body_consts]
    while True:
        starts = [v for v, lin in zip(body.invars, [*c, *k], strict=True) if lin]
        reached = depends_on(body, starts)
        grown = [
            lin or (isinstance(o, Var) and o in reached)
            for lin, o in zip(k, body.outs, strict=True)
        ]
        if grown == k:
            break
        k = grown
    asked = depends_on(cond, [v for v, lin in zip(cond.invars[n_cond:], k, strict=True) if lin])
    if cond.outs[0] in asked:
        raise NonDifferentiableError(
            "a while_loop to be transposed decides by a value that depends on the linear input"
        )
    known = [i for i, lin in enumerate(k) if not lin]
    ahead = Jaxpr(
        [],
        [v for v, lin in zip(body.invars, [*c, *k], strict=True) if not lin],
        [e for e in body.eqns if not any(v in reached for v in e.outvars)],
        [body.outs[i] for i in known],
    )
    test = Jaxpr(
        [], cond.invars[:n_cond] + [cond.invars[n_cond + i] for i in known], cond.eqns, cond.outs
    )
    known_consts = [a for a, lin in zip(body_consts, c, strict=True) if not lin]
    new = {
        "cond_jaxpr": test,
        "body_jaxpr": ahead,
        "n_cond_consts": n_cond,
        "n_body_consts": len(known_consts),
    }
    _, n = _count_steps([*cond_consts, *known_consts, *[init[i] for i in known]], new)
    return n, body


# --- batching -------------------------------------------------------------------------------------


def _batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], **params: Any
) -> tuple[list[Any], list[bool]]:
    cond, body = params["cond_jaxpr"], params["body_jaxpr"]
    n_cond, n_body = params["n_cond_consts"], params["n_body_consts"]
    cond_consts, body_consts, init = split(args, n_cond, n_body)
    cb, bb, start = split(batched, n_cond, n_body)
    k = start
    while True:
        mapped, rule_consts, out = batch_jaxpr(body, size, (*bb, *k), tuple(k))
        if out == k:
            break
        k = out
    test, test_consts, pred = batch_jaxpr(cond, size, (*cb, *k))
    if pred[0]:
        if body.effectful or cond.effectful:
            return map_lanes(while_p, size, args, batched, params)
        init = [v if b else materialize(v, size) for v, b in zip(init, start, strict=True)]
        return _batched_predicate(size, cond_consts, body_consts, init, cb, bb, params)
    init = [
        materialize(v, size) if want and not b else v
        for v, b, want in zip(init, start, k, strict=True)
    ]
    outs = bind(
        while_p,
        *test_consts,
        *cond_consts,
        *rule_consts,
        *body_consts,
        *init,
        cond_jaxpr=test,
        body_jaxpr=mapped,
        n_cond_consts=len(test_consts) + n_cond,
        n_body_consts=len(rule_consts) + n_body,
    )
    return outs, k


def _batched_predicate(
    size: int,
    cond_consts: list[Any],
    body_consts: list[Any],
    init: list[Any],
    cond_batched: list[bool],
    body_batched: list[bool],
    params: dict[str, Any],
) -> tuple[list[Any], list[bool]]:
    """Run until the last lane has finished; the lanes' predicates are part of the carry."""
    cond, body = params["cond_jaxpr"], params["body_jaxpr"]
    n_cond, n_body = len(cond_consts), len(body_consts)
    every = [True] * len(init)
    mapped, body_rules, _ = batch_jaxpr(body, size, (*body_batched, *every), True)
    test, test_rules, _ = batch_jaxpr(cond, size, (*cond_batched, *every), True)
    key = ("lanes", cond, size, tuple(cond_batched), tuple(body_batched), axis_name_at_work())
    if key not in body.memo:
        n_tests = len(test_rules) + n_cond

        def step(*args: Any) -> list[Any]:
            tests, consts, (active, *carry) = split(args, n_tests, len(body_rules) + n_body)
            seen = [guard(active, v) if is_inexact(typeof(v).dtype) else v for v in carry]
            new = eval_jaxpr(mapped, (), *consts, *seen)
            kept = [_select(active, a, b) for a, b in zip(new, carry, strict=True)]
            goes_on = eval_jaxpr(test, (), *tests, *kept)[0]
            return [bind(and_p, active, goes_on), *kept]

        pred_aval = test.out_avals[0]
        avals = test.in_avals[:n_tests] + mapped.in_avals[: len(body_rules) + n_body]
        step_jaxpr, more = record_body(
            step, [*avals, pred_aval, *[a.strengthen() for a in mapped.out_avals]], "while_loop"
        )
        assert not more
        any_jaxpr, _ = record_body(
            lambda active, *carry: [bind(reduce_or_p, active, axes=(0,))],
            [pred_aval, *mapped.out_avals],
            "while_loop",
        )
        body.memo[key] = any_jaxpr, step_jaxpr
    any_jaxpr, step_jaxpr = body.memo[key]
    tests = [*test_rules, *cond_consts]
    active = eval_jaxpr(test, (), *tests, *init)[0]
    consts = [*tests, *body_rules, *body_consts]
    outs = bind(
        while_p,
        *consts,
        active,
        *init,
        cond_jaxpr=any_jaxpr,
        body_jaxpr=step_jaxpr,
        n_cond_consts=0,
        n_body_consts=len(consts),
    )
    return outs[1:], every


def _select(which: Any, on_true: Any, on_false: Any) -> Any:
    """Choose lane by lane."""
    shape = shape_of(on_true)
    return select(broadcast_in_dim(which, shape, (0,)), on_true, on_false)


while_p = Primitive(
    "while",
    impl=_impl,
    abstract_eval=_abstract,
    linearize=_linearize,
    push=_push,
    transpose=_transpose,
    batch=_batch,
    lower=Inline("while"),
    multiple_results=True,
)
