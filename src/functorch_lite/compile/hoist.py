"""Products moved out of loops, where they become one large product for all steps.

Of a scan over ``h, x -> tanh(h @ W + x @ U)`` only ``h @ W`` must wait for the step before:
``x @ U`` is computed for all steps at once. In the backward pass the gradient of a weight is a
carry to which each step adds an outer product and which nothing else reads: the factors of all
steps are stacked, and their product is taken once, over the steps too. A matrix product of that
size runs at the speed of BLAS, those inside the loop at that of memory.

The price is memory for the stacked factors, as much as the residuals of the loop take; above
`_MOST_BYTES` the loop stays as it is. Sums run in another order than step by step.
"""

from collections.abc import Sequence
from typing import Any

from ..ir import (
    REGISTRY,
    Eqn,
    Jaxpr,
    Literal,
    Var,
    bind,
    dce_jaxpr,
    eval_jaxpr,
    override_source,
    subjaxprs,
    trace_to_jaxpr,
)
from ..prims.dot import dot_general
from ..prims.shape import transpose
from ..transforms.batch import batch_flat
from ..transforms.control.common import depends_on, split
from .inline import FlatProgram, inline_calls

__all__ = ["hoist_products"]

_FEWEST_STEPS = 4
_MOST_BYTES = 1 << 28


def hoist_products(program: FlatProgram) -> FlatProgram:
    """Return the program with products moved out of its scans.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> def f(w, h, xs):
    ...     return fl.lax.scan(lambda h, x: (np.tanh(h + x @ w), None), h, xs)[0]
    >>> jaxpr = fl.make_jaxpr(f)(np.ones((3, 3)), np.ones(3), np.ones((9, 3))).jaxpr
    >>> [e.primitive.name for e in hoist_products(inline_calls(jaxpr)).eqns]
    ['dot_general', 'scan']
    """
    out = FlatProgram(program.invars, program.consts)
    env: dict[Var, Any] = {}

    def atom(a: Any) -> Any:
        return a if isinstance(a, Literal) else env.get(a, a)

    for eqn, region in zip(program.eqns, program.regions, strict=True):
        eqn = eqn.replace(inputs=[atom(a) for a in eqn.inputs])
        parts = _divide(eqn) if eqn.primitive.name == "scan" else None
        if parts is None:
            out.eqns.append(eqn)
            out.regions.append(region)
            continue
        jaxpr, consts = parts
        held = [Var(v.aval) for v, _ in zip(jaxpr.invars, consts, strict=False)]
        out.consts += zip(held, consts, strict=True)
        inner = dict(zip(jaxpr.invars, [*held, *eqn.inputs], strict=True))

        def seen(a: Any, inner: dict[Var, Any] = inner) -> Any:
            return a if isinstance(a, Literal) else inner[a]

        for e in jaxpr.eqns:
            outvars = [Var(v.aval) for v in e.outvars]
            out.eqns.append(e.replace(inputs=[seen(a) for a in e.inputs], outvars=outvars))
            out.regions.append(region)
            inner.update(zip(e.outvars, outvars, strict=True))
        env.update(zip(eqn.outvars, map(seen, jaxpr.outs), strict=True))
    out.outs = [atom(o) for o in program.outs]
    return out


def _divide(eqn: Eqn) -> tuple[Jaxpr, list[Any]] | None:
    """Return a scan as a program with products before and after a smaller scan, or None."""
    if eqn.params["length"] < _FEWEST_STEPS or eqn.params["jaxpr"].effectful:
        return None
    flat = inline_calls(eqn.params["jaxpr"])
    if flat.consts or any(flat.regions):
        return None  # recomputation of a checkpoint must not be merged with the original
    body = flat.to_jaxpr()
    if not any(e.primitive.name == "dot_general" for e in body.eqns):
        return None
    loop = _Loop(body, eqn)
    before, sums = loop.products_ahead(), loop.sums_of_products()
    if not before and not sums:
        return None

    def run(*args: Any) -> list[Any]:
        with override_source(eqn.source):
            return _run(loop, before, sums, args)

    return trace_to_jaxpr(run, [a.aval for a in eqn.inputs], "scan")


class _Sum:
    """A carry that only collects products of two stacked factors."""

    def __init__(self, carry: int, product: Eqn, turns: list[tuple[int, ...]]) -> None:
        self.carry, self.product, self.turns = carry, product, turns


class _Loop:
    """The body of a scan, and what depends on what."""

    def __init__(self, body: Jaxpr, eqn: Eqn) -> None:
        p = eqn.params
        self.body, self.params, self.length = body, p, p["length"]
        self.consts, self.carry, self.xs = split(body.invars, p["n_consts"], p["n_carry"])
        self.made_by = {v: e for e in body.eqns for v in e.outvars}
        self.after_carry = depends_on(body, self.carry)
        self.after_xs = depends_on(body, self.xs)
        self.uses: dict[Any, int] = {}
        for a in [a for e in body.eqns for a in e.inputs] + list(body.outs):
            if isinstance(a, Var):
                self.uses[a] = self.uses.get(a, 0) + 1

    def products_ahead(self) -> list[Var]:
        """Return the products with a constant factor that need no step before them."""
        found = []
        for e in self.body.eqns:
            out = e.outvars[0]
            if e.primitive.name != "dot_general" or out in self.after_carry:
                continue
            stacked = sum(a in self.after_xs for a in e.inputs)
            if stacked < 2 and self._fits(out) and self._is_plain(out):
                found.append(out)
        return found

    def _is_plain(self, v: Var) -> bool:
        """Tell whether nothing but equations without inner programs and effects make `v`."""
        made = dce_jaxpr(Jaxpr([], self.body.invars, self.body.eqns, [v]))[0]
        return not any(e.primitive.effectful or any(subjaxprs(e)) for e in made.eqns)

    def _fits(self, v: Any) -> bool:
        return bool(self.length * v.aval.size * v.aval.dtype.itemsize <= _MOST_BYTES)

    def sums_of_products(self) -> list[_Sum]:
        """Return the carries that are only added to."""
        found = []
        for i, (v, o) in enumerate(zip(self.carry, self.body.outs, strict=False)):
            e = self.made_by.get(o) if isinstance(o, Var) else None
            if e is None or e.primitive.name != "add" or v not in e.inputs:
                continue
            if self.uses[v] != 1 or self.uses[o] != 1:
                continue
            term = e.inputs[1] if e.inputs[0] is v else e.inputs[0]
            turns: list[tuple[int, ...]] = []
            made = self.made_by.get(term) if isinstance(term, Var) else None
            while made is not None and made.primitive.name == "transpose":
                turns.append(made.params["permutation"])
                made = self.made_by.get(made.inputs[0]) if isinstance(made.inputs[0], Var) else None
            if made is None or made.primitive.name != "dot_general":
                continue
            if all(isinstance(a, Var) and self._fits(a) for a in made.inputs) and not any(
                a in self.consts for a in made.inputs
            ):
                found.append(_Sum(i, made, turns[::-1]))
        return found


def _run(loop: _Loop, before: list[Var], sums: list[_Sum], args: Sequence[Any]) -> list[Any]:
    """Run the products ahead, the rest of the loop, and the collected products."""
    consts, init, xs = split(args, len(loop.consts), len(loop.carry))
    fixed = [v for v in before if v not in loop.after_xs]
    stacked = [v for v in before if v in loop.after_xs]
    ahead = _all_steps(loop, before, consts, xs)
    summed = {s.carry for s in sums}
    kept = [i for i in range(len(loop.carry)) if i not in summed]
    n_ys = len(loop.body.outs) - len(loop.carry)
    stacks: dict[Var, Any] = dict(zip(loop.xs, xs, strict=True))
    read = [a for s in sums for a in s.product.inputs if isinstance(a, Var)]
    factors = dict.fromkeys(v for v in read if v not in stacks)
    outs = [loop.body.outs[i] for i in kept] + loop.body.outs[len(loop.carry) :] + [*factors]
    invars = [*loop.consts, *fixed, *(loop.carry[i] for i in kept), *loop.xs, *stacked]
    hoisted = set(before)
    eqns = [e for e in loop.body.eqns if e.outvars[0] not in hoisted]
    # The carries that are gone are read by additions that nothing reads.
    body, used = dce_jaxpr(Jaxpr([], invars, eqns, outs))
    values = [*consts, *(ahead[v] for v in fixed), *(init[i] for i in kept), *xs]
    values += [ahead[v] for v in stacked]
    first = len(loop.consts) + len(fixed)
    carried = range(first, first + len(kept))
    keep = [u or i in carried for i, u in enumerate(used)]
    body = Jaxpr([], [v for v, k in zip(invars, keep, strict=True) if k], body.eqns, body.outs)
    results = bind(
        REGISTRY["scan"],
        *[x for x, k in zip(values, keep, strict=True) if k],
        jaxpr=body,
        n_consts=sum(keep[:first]),
        n_carry=len(kept),
        length=loop.length,
        reverse=loop.params["reverse"],
    )
    final, ys, more = split(results, len(kept), n_ys)
    stacks |= zip(factors, more, strict=True)
    carry = dict(zip(kept, final, strict=True))
    for s in sums:
        carry[s.carry] = _total(s, init[s.carry], stacks)
    return [carry[i] for i in range(len(loop.carry))] + ys


def _all_steps(loop: _Loop, wanted: list[Var], consts: list[Any], xs: list[Any]) -> dict[Var, Any]:
    """Compute values that depend on constants and slices, for all steps at once."""
    if not wanted:
        return {}
    program, _ = dce_jaxpr(Jaxpr([], loop.body.invars, loop.body.eqns, wanted))
    program = Jaxpr([], [*loop.consts, *loop.xs], program.eqns, program.outs)
    batched = [False] * len(consts) + [True] * len(xs)
    outs, _ = batch_flat(
        lambda *args: eval_jaxpr(program, (), *args), loop.length, [*consts, *xs], batched
    )
    return dict(zip(wanted, outs, strict=True))


def _total(s: _Sum, start: Any, stacks: dict[Var, Any]) -> Any:
    """Return the carry after all steps: one product that sums over the steps too."""
    (xc, yc), (xb, yb) = s.product.params["dimension_numbers"]

    def shift(axes: Sequence[int]) -> tuple[int, ...]:
        return tuple(d + 1 for d in axes)

    x, y = (stacks[a] for a in s.product.inputs if isinstance(a, Var))
    dims = (((0, *shift(xc)), (0, *shift(yc))), (shift(xb), shift(yb)))
    with override_source(s.product.source):
        total = dot_general(x, y, dims)
        for permutation in s.turns:
            total = transpose(total, permutation)
        return bind(REGISTRY["add"], start, total)
