"""Forward mode: pushing tangents through primitives.

A `DualTracer` pairs a primal (a value one level below) with a tangent. The same trace serves
`jvp`, where tangents are arrays, and `linearize`, where they are tracers of a recorder: primal
work then happens at once and only tangent work is recorded. Dispatch is the binding-time
analysis (as in JAX's LinearizeTrace); no partial evaluator is needed.

A call-like primitive is linearized, which keeps residuals. Where nobody records the linear map it
is pushed instead, if it has such a rule: values and tangents go through it together.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..ir import (
    Jaxpr,
    Primitive,
    Recorder,
    RecordTracer,
    ShapedArray,
    Source,
    Trace,
    Tracer,
    bind,
    current_source,
    current_state,
    is_inexact,
    override_source,
    typeof,
)
from ..ir.trace import forbid_in_inference_mode

__all__ = ["DualTrace", "DualTracer", "jvp_flat", "linearize_flat"]


class DualTracer(Tracer):
    """A primal value and its tangent."""

    __slots__ = ("primal", "tangent", "weak")

    def __init__(
        self, trace: Trace, primal: Any, tangent: Any, weak: bool, source: Source | None
    ) -> None:
        self._trace = trace
        self.primal = primal
        self.tangent = tangent
        self.weak = weak
        self.source = source

    @property
    def aval(self) -> ShapedArray:
        """The primal's aval."""
        aval = typeof(self.primal)
        return aval.update(weak_type=self.weak) if aval.weak_type != self.weak else aval

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return getattr(self.primal, "shape", ())

    def concrete(self, wanted: str) -> Any:
        """Return the primal's value if it is known."""
        p = self.primal
        return p.concrete(wanted) if isinstance(p, Tracer) else p


class DualTrace(Trace):
    """Pushes tangents forward."""

    name = "jvp"

    def new_arg(self, primal: Any, tangent: Any) -> DualTracer:
        """Return the tracer of an input."""
        return DualTracer(self, primal, tangent, typeof(primal).weak_type, current_source())

    def lower(self, x: Any) -> Any:
        """Return the value one level below."""
        return x.primal if isinstance(x, DualTracer) and x._trace is self else x

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute the primal one level below, then the tangent."""
        primals, tangents, weak = [], [], prim.keeps_weak_type
        for a in args:
            if isinstance(a, DualTracer) and a._trace is self:
                primals.append(a.primal)
                tangents.append(a.tangent)
                weak = weak and a.weak
            else:
                primals.append(a)
                tangents.append(None)
                weak = weak and (
                    isinstance(a, int | float | complex) or getattr(a, "weak_type", False)
                )
        if current_state().no_grad >= self.level or not prim.is_differentiable:
            return bind(prim, *primals, **params)
        source = current_source()
        with override_source(source):
            outs, out_tangents = push_tangents(prim, primals, tangents, params)
        wrapped = [
            o if t is None else DualTracer(self, o, t, weak, source)
            for o, t in zip(outs, out_tangents, strict=True)
        ]
        return wrapped if prim.multiple_results else wrapped[0]


def push_tangents(
    prim: Primitive, primals: list[Any], tangents: list[Any], params: dict[str, Any]
) -> tuple[list[Any], list[Any]]:
    """Return the results of a primitive and their tangents, as lists."""
    if prim.push is not None and not _is_recording(tangents):
        return prim.push(primals, tangents, **params)
    if prim.linearize is not None:
        outs, lin = prim.linearize([t is not None for t in tangents], primals, **params)
        return outs, lin(tangents)
    out = bind(prim, *primals, **params)
    if prim.multiple_results:
        return out, prim.jvp(tangents, primals, out, **params)
    return [out], [prim.jvp(tangents, primals, out, **params)]


def _is_recording(tangents: Sequence[Any]) -> bool:
    """Tell whether the linear map is being recorded, to be kept or transposed."""
    return any(isinstance(t, RecordTracer) and not t._trace.omnistaging for t in tangents)


def jvp_flat(
    f: Callable[..., Sequence[Any]], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """Push tangents through a flat function; None is a zero tangent."""
    forbid_in_inference_mode("a derivative (jvp, linearize)")
    with DualTrace() as trace:
        args = [
            p if t is None else trace.new_arg(p, t) for p, t in zip(primals, tangents, strict=True)
        ]
        outs = f(*args)
    return _split(trace, outs)


def _split(trace: DualTrace, outs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Separate primals from tangents in a function's results."""
    values, out_tangents = [], []
    for o in outs:
        if isinstance(o, Tracer):
            o = o.bare()
        mine = isinstance(o, DualTracer) and o._trace is trace
        values.append(o.primal if mine else o)
        out_tangents.append(o.tangent if mine else None)
    return values, out_tangents


def linearize_flat(
    f: Callable[..., Sequence[Any]], primals: Sequence[Any], nonzero: Sequence[bool]
) -> tuple[list[Any], Jaxpr, list[Any], list[bool]]:
    """Evaluate a flat function and record how its outputs depend on tangents.

    Returns
    -------
    outs : list
        The function's value.
    jaxpr : Jaxpr
        Linear: from the tangents of the `nonzero` inputs to those of the outputs that have
        one. Its constvars are the residuals.
    residuals : list
        Values of the constvars.
    out_nonzero : list of bool
        Which outputs have a tangent.
    """
    with Recorder("linearize", omnistaging=False) as rec:
        tangents: list[RecordTracer | None] = []
        for p, nz in zip(primals, nonzero, strict=True):
            aval = typeof(p)
            assert not nz or is_inexact(aval.dtype)
            tangents.append(rec.new_arg(aval.strengthen()) if nz else None)
        outs, out_tangents = jvp_flat(f, primals, tangents)
    out_nonzero = [t is not None for t in out_tangents]
    jaxpr, residuals = rec.to_jaxpr(
        [t for t in tangents if t is not None], [t for t in out_tangents if t is not None]
    )
    return outs, jaxpr, residuals, out_nonzero
