"""The recorder: turns Python into equations, and functions into jaxprs."""

import sys
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..errors import ShapeError
from .aval import ShapedArray, aval_of_value, is_inexact
from .jaxpr import Eqn, Jaxpr, Literal, Var, subjaxprs
from .primitive import Primitive
from .source import Source, current_source, reset_source
from .trace import Trace, Tracer, bind, current_state, typeof

__all__ = ["RecordTracer", "Recorder", "dce_jaxpr", "record", "trace_to_jaxpr"]


class RecordTracer(Tracer):
    """A tracer that knows only its aval."""

    __slots__ = ("_aval",)

    def __init__(self, trace: Trace, aval: ShapedArray, source: Source | None) -> None:
        self._trace = trace
        self._aval = aval
        self.source = source

    @property
    def aval(self) -> ShapedArray:
        """The abstract value."""
        return self._aval


class Recorder(Trace):
    """Records every primitive that reaches it.

    Parameters
    ----------
    name : str
        The transform, for error messages.
    omnistaging : bool
        Record operations on constants too, so that nothing is computed while tracing.
    """

    stop_gradient: Primitive  # set by prims.elementwise, which depends on this module

    def __init__(self, name: str, omnistaging: bool) -> None:
        super().__init__()
        self.name = name
        self.omnistaging = omnistaging
        self.records: list[
            tuple[Primitive, tuple[Any, ...], list[RecordTracer], dict[str, Any]]
        ] = []

    def new_arg(self, aval: ShapedArray) -> RecordTracer:
        """Return the tracer of an input."""
        return RecordTracer(self, aval, current_source())

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Record one equation."""
        args = tuple([a.as_constant() if isinstance(a, Tracer) else a for a in args])
        avals = [typeof(a) for a in args]
        out = prim.abstract_eval(*avals, **params)
        out_avals = out if prim.multiple_results else [out]
        if prim.keeps_weak_type and all(a.weak_type for a in avals):
            out_avals = [a.update(weak_type=True) for a in out_avals]
        source = current_source()
        outs = [RecordTracer(self, a, source) for a in out_avals]
        self.records.append((prim, args, outs, params))
        state = current_state()
        if state.no_grad >= self.level and prim.is_differentiable and self.omnistaging:
            # Recorded under no_grad: later derivatives of this jaxpr must stop here.
            stopped = [bind(Recorder.stop_gradient, o) if is_inexact(o.dtype) else o for o in outs]
            return stopped if prim.multiple_results else stopped[0]
        return outs if prim.multiple_results else outs[0]

    def to_jaxpr(
        self, inputs: Sequence[RecordTracer], outputs: Sequence[Any]
    ) -> tuple[Jaxpr, list[Any]]:
        """Return the jaxpr and the values of its constvars; the records are given up."""
        env: dict[int, Var] = {id(t): Var(t.aval) for t in inputs}
        consts: dict[int, tuple[Var, Any]] = {}
        held = self._held_scalars(outputs)

        def atom(x: Any) -> Var | Literal:
            if isinstance(x, RecordTracer) and x._trace is self:
                return env[id(x)]
            if not isinstance(x, Tracer) and np.ndim(x) == 0 and id(x) not in held:
                return Literal(x[()] if isinstance(x, np.ndarray) else x)
            entry = consts.get(id(x))
            if entry is None:
                if isinstance(x, np.ndarray) and type(x) is not np.ndarray:
                    x = np.asarray(x)
                entry = consts[id(x)] = (Var(typeof(x)), x)
            return entry[0]

        eqns = []
        for prim, args, outs, params in self.records:
            inputs_ = [atom(a) for a in args]
            outvars = []
            for t in outs:
                v = env[id(t)] = Var(t._aval)
                outvars.append(v)
            eqns.append(Eqn(prim, inputs_, outvars, params, outs[0].source if outs else None))
        out_atoms = [atom(o) for o in outputs]
        invars = [env[id(t)] for t in inputs]
        self.records = []
        values = list(consts.values())
        return Jaxpr([v for v, _ in values], invars, eqns, out_atoms), [x for _, x in values]

    def _held_scalars(self, outputs: Sequence[Any]) -> set[int]:
        """Return the ids of 0-d arrays that someone else holds, who may write into them later.

        They must stay operands; those that only these records hold may become literals.
        """
        found: dict[int, list[Any]] = {}
        for a in chain(outputs, *[args for _, args, _, _ in self.records]):
            if isinstance(a, np.ndarray) and a.ndim == 0 and a.flags.writeable:
                found.setdefault(id(a), [0, a])[0] += 1
        a = None
        return {i for i, pair in found.items() if _is_shared(pair, pair[0])}


def _is_shared(pair: list[Any], uses: int) -> bool:
    """Tell whether the array in a pair has references beside the pair's and so many others."""
    if _references(pair) > _UNSHARED + uses:
        return True
    base = pair[1].base
    return base is not None and (
        not isinstance(base, np.ndarray) or _is_shared([0, pair[1].base], 2)
    )


def _references(pair: list[Any]) -> float:
    """Count the references to the second of a pair, where they can be counted."""
    exact = getattr(sys, "_is_gil_enabled", lambda: True)() and hasattr(sys, "getrefcount")
    return sys.getrefcount(pair[1]) if exact else float("inf")


# As many has an array that only its pair refers to.
_UNSHARED = _references([0, np.empty(())])


def record(
    f: Callable[..., Any],
    avals: Sequence[ShapedArray],
    name: str = "make_jaxpr",
    omnistaging: bool = True,
) -> tuple[Jaxpr, list[Any]]:
    """Record a flat function (lists of arrays in and out).

    Returns
    -------
    jaxpr : Jaxpr
        With constvars for the arrays and tracers that `f` closes over.
    consts : list
        Their values.
    """
    with Recorder(name, omnistaging) as rec:
        args = [rec.new_arg(a) for a in avals]
        outs = [o.bare() if isinstance(o, Tracer) else o for o in f(*args)]
    for o in outs:
        if not isinstance(o, Tracer):
            aval_of_value(o)
    return rec.to_jaxpr(args, outs)


def trace_to_jaxpr(
    f: Callable[..., Any], avals: Sequence[ShapedArray], name: str = "jit"
) -> tuple[Jaxpr, list[Any]]:
    """Record a flat function and make its constants leading inputs (closure conversion).

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import numpy as fnp
    >>> c = np.arange(2.0)
    >>> jaxpr, consts = trace_to_jaxpr(lambda x: [x * c], [ShapedArray((2,), np.dtype(float))])
    >>> len(jaxpr.constvars), len(jaxpr.invars), consts[0] is c
    (0, 2, True)
    """
    with reset_source():
        jaxpr, consts = record(f, avals, name)
    return Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs), consts


def dce_jaxpr(jaxpr: Jaxpr, used_outs: Sequence[bool] | None = None) -> tuple[Jaxpr, list[bool]]:
    """Drop equations that nobody needs, and inputs that become unused.

    Parameters
    ----------
    jaxpr : Jaxpr
        Without constvars.
    used_outs : sequence of bool, optional
        Which outputs to keep; all by default.

    Returns
    -------
    jaxpr : Jaxpr
        With only the used outputs and inputs.
    used_ins : list of bool
        Which inputs it still takes.
    """
    if jaxpr.constvars:
        raise ShapeError("dce_jaxpr needs a closed jaxpr")
    keep = [True] * len(jaxpr.outs) if used_outs is None else list(used_outs)
    outs = [o for o, k in zip(jaxpr.outs, keep, strict=True) if k]
    live = {o for o in outs if isinstance(o, Var)}
    eqns = []
    for eqn in reversed(jaxpr.eqns):
        effect = eqn.primitive.effectful or any(j.effectful for j in subjaxprs(eqn))
        if effect or any(v in live for v in eqn.outvars):
            live.update(a for a in eqn.inputs if isinstance(a, Var))
            eqns.append(eqn)
    used_ins = [v in live for v in jaxpr.invars]
    invars = [v for v, u in zip(jaxpr.invars, used_ins, strict=True) if u]
    return Jaxpr([], invars, eqns[::-1], outs), used_ins
