"""Derived pullbacks: a primitive's jvp, transposed, once for each (primitive, types, params).

A pullback is never written. The jvp rule is recorded on abstract tangents, the linear jaxpr is
transposed and pruned, and what is left runs as straight NumPy from then on::

    mul, tangent in both:   pullback(y, x, ct) = [ct * y, x * ct]
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..ir import (
    Jaxpr,
    Primitive,
    Tracer,
    current_state,
    dce_jaxpr,
    eval_jaxpr,
    is_inexact,
    override_source,
    record,
    to_python,
    trace_to_jaxpr,
    typeof,
)
from .transpose import backward_pass

__all__ = ["LinearPullback", "Pullback", "linearized_pullback", "pullback_of"]


class Pullback:
    """The derived pullback of a primitive.

    `jaxpr` maps constants of the rules, the needed residuals and all output cotangents to the
    cotangents of the operands listed in `targets`; `needed` are positions in (operands, results).
    """

    __slots__ = ("_program", "consts", "jaxpr", "needed", "targets")

    def __init__(
        self, jaxpr: Jaxpr, consts: list[Any], needed: list[int], targets: list[int]
    ) -> None:
        self.jaxpr = jaxpr
        self.consts = consts
        self.needed = needed
        self.targets = targets
        self._program: Callable[..., list[Any]] | None = None

    @property
    def program(self) -> Callable[..., list[Any]]:
        """The pullback as straight NumPy."""
        f = self._program
        if f is None:
            f = to_python(self.jaxpr)
            self._program = f = functools.partial(f, *self.consts) if self.consts else f
        return f

    def __call__(self, residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Return the cotangents of the targets."""
        if current_state().omni is None and not _any_tracer(residuals) and not _any_tracer(cts):
            return self.program(*residuals, *cts)
        return eval_jaxpr(self.jaxpr, (), *self.consts, *residuals, *cts)


def _any_tracer(xs: Sequence[Any]) -> bool:
    return any(isinstance(x, Tracer) for x in xs)


def linearized_pullback(
    prim: Primitive, nonzero: tuple[bool, ...], values: list[Any], params: dict[str, Any]
) -> tuple[list[Any], Pullback, list[Any]]:
    """Pullback of a call-like primitive: record its linear map and transpose it."""
    outs, lin = prim.linearize(list(nonzero), values, **params)  # type: ignore[misc]
    targets = [i for i, nz in enumerate(nonzero) if nz]
    avals = [typeof(values[i]).strengthen() for i in targets]
    live: list[int] = []

    def linear(*tangents: Any) -> list[Any]:
        given = iter(tangents)
        out_tangents = lin([next(given) if nz else None for nz in nonzero])
        live.extend(i for i, t in enumerate(out_tangents) if t is not None)
        return [t for t in out_tangents if t is not None]

    lin_jaxpr, residuals = record(linear, avals, "linearize", omnistaging=False)
    return outs, LinearPullback(lin_jaxpr, live, targets), residuals


class LinearPullback(Pullback):
    """Transposes a recorded linear map when it is called."""

    __slots__ = ("live",)

    def __init__(self, jaxpr: Jaxpr, live: list[int], targets: list[int]) -> None:
        super().__init__(jaxpr, [], [], targets)
        self.live = live

    def __call__(self, residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Return the cotangents of the targets."""
        return backward_pass(self.jaxpr, residuals, [cts[i] for i in self.live])


def pullback_of(
    prim: Primitive,
    nonzero: tuple[bool, ...],
    values: list[Any],
    outs: Sequence[Any],
    params: dict[str, Any],
) -> Pullback:
    """Return the derived pullback, from the primitive's memory if it is there."""
    key: list[Any] = [nonzero]
    for v in values:
        try:
            key.append(v.shape)
            key.append(v.dtype)
        except AttributeError:  # a Python scalar
            key.append(type(v))
    if params:
        # By name: the same parameters may come in any order.
        key.extend(sorted(params.items()) if len(params) > 1 else params.items())
    try:
        found = prim.pullbacks.get(tuple(key))
    except TypeError:  # an unhashable parameter
        return _derive_pullback(prim, nonzero, values, outs, params)
    if found is None:
        found = _derive_pullback(prim, nonzero, values, outs, params)
        prim.pullbacks[tuple(key)] = found
    return found


def _derive_pullback(
    prim: Primitive,
    nonzero: tuple[bool, ...],
    values: list[Any],
    outs: Sequence[Any],
    params: dict[str, Any],
) -> Pullback:
    """Record the jvp on abstract tangents, transpose it, drop what is not needed."""
    in_avals = [typeof(v).strengthen() for v in values]
    out_avals = [typeof(o).strengthen() for o in outs]
    n_in, n_out = len(in_avals), len(out_avals)
    targets: list[int] = []

    def pullback(*args: Any) -> list[Any]:
        primals, results = args[:n_in], args[n_in : n_in + n_out]
        cts = args[n_in + n_out :]

        def linear(*tangents: Any) -> list[Any]:
            given = iter(tangents)
            ts = [next(given) if nz else None for nz in nonzero]
            if prim.multiple_results:
                return list(prim.jvp(ts, primals, results, **params))
            return [prim.jvp(ts, primals, results[0], **params)]

        lin_avals = [a for a, nz in zip(in_avals, nonzero, strict=True) if nz]
        live: list[bool] = []

        def live_outputs(*tangents: Any) -> list[Any]:
            ts = linear(*tangents)
            live.extend(t is not None for t in ts)
            return [t for t in ts if t is not None]

        jaxpr, consts = record(live_outputs, lin_avals, "linearize", omnistaging=False)
        given_cts = iter(cts)
        all_cts = [next(given_cts) if is_inexact(a.dtype) else None for a in out_avals]
        chosen = [c for c, alive in zip(all_cts, live, strict=True) if alive]
        in_cts = backward_pass(jaxpr, consts, chosen)
        positions = [i for i, nz in enumerate(nonzero) if nz]
        targets.extend(i for i, ct in zip(positions, in_cts, strict=True) if ct is not None)
        return [ct for ct in in_cts if ct is not None]

    ct_avals = [a for a in out_avals if is_inexact(a.dtype)]
    with override_source(None):
        jaxpr, consts = trace_to_jaxpr(pullback, in_avals + out_avals + ct_avals, "transpose")
    n_consts = len(consts)
    pruned, used = dce_jaxpr(jaxpr)
    needed = [i for i in range(n_in + n_out) if used[n_consts + i]]
    # Constants and cotangents stay inputs even when unused: all pullbacks are called alike.
    head, cts = jaxpr.invars[:n_consts], jaxpr.invars[n_consts + n_in + n_out :]
    invars = head + [jaxpr.invars[n_consts + i] for i in needed] + cts
    # Shared by all uses of the primitive, so the line of the first one must not stick.
    eqns = [e.replace(source=None) for e in pruned.eqns]
    return Pullback(Jaxpr([], invars, eqns, pruned.outs), consts, needed, targets)
