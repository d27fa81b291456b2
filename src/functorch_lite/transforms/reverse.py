"""Reverse mode: linearize and transpose each primitive, remembered as a pullback.

Every `ReverseTracer` has a `Node`; the equation that made a node knows its parents' nodes and
the residuals that its pullback needs. A pullback is derived, never written: the primitive's
jvp is recorded on abstract tangents and transposed, once for each (primitive, avals, params),
and run as straight NumPy from then on::

    mul, tangent in both:   pullback(y, x, ct) = [ct * y, x * ct]

Nothing else is kept alive, dead branches are freed at once, and higher order works because
residuals and cotangents may themselves be tracers of an outer level.
"""

from collections.abc import Callable, Sequence
from itertools import count
from operator import attrgetter
from typing import Any

import numpy as np

from ..ir import (
    Primitive,
    ShapedArray,
    Source,
    Trace,
    Tracer,
    backward_of,
    bind,
    current_source,
    current_state,
    override_source,
    typeof,
)
from ..ir.trace import apply_impl, forbid_in_inference_mode
from ..prims.elementwise import add_any
from ..prims.shape import broadcast_in_dim
from .pullback import LinearPullback, Pullback, linearized_pullback, pullback_of

__all__ = ["Node", "ReverseTrace", "ReverseTracer", "backward", "vjp_flat"]

_next_index = count().__next__


class Node:
    """A differentiable value in the graph; `eqn` is None for an input."""

    __slots__ = ("__weakref__", "eqn", "position")

    def __init__(self, eqn: "TapeEqn | None", position: int) -> None:
        self.eqn = eqn
        self.position = position


class TapeEqn:
    """An applied primitive: parents, pullback and residuals."""

    __slots__ = ("index", "out_types", "parents", "pullback", "residuals", "source")

    def __init__(
        self,
        parents: list[Node | None],
        pullback: "Pullback",
        residuals: list[Any],
        source: Source | None,
        out_types: list[tuple[tuple[int, ...], np.dtype[Any]]] | None,
    ) -> None:
        self.parents = parents
        self.pullback = pullback
        self.residuals: list[Any] | None = residuals
        self.source = source
        # Types of the results; None for the usual case of one result.
        self.out_types = out_types
        self.index = _next_index()


class ReverseTracer(Tracer):
    """A value one level below, and its node."""

    __slots__ = ("node", "value", "weak")

    def __init__(
        self, trace: Trace, value: Any, node: Node, weak: bool, source: Source | None
    ) -> None:
        self._trace = trace
        self.value = value
        self.node = node
        self.weak = weak
        self.source = source

    @property
    def aval(self) -> ShapedArray:
        """The value's aval."""
        aval = typeof(self.value)
        return aval.update(weak_type=self.weak) if aval.weak_type != self.weak else aval

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return getattr(self.value, "shape", ())

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        d = getattr(self.value, "dtype", None)
        return self.aval.dtype if d is None else d

    @property
    def weak_type(self) -> bool:
        """Whether this stands for a Python scalar."""
        return self.weak

    def concrete(self, wanted: str) -> Any:
        """Return the value if it is known."""
        v = self.value
        return v.concrete(wanted) if isinstance(v, Tracer) else v


class ReverseTrace(Trace):
    """Remembers pullbacks.

    Parameters
    ----------
    copy_inputs : bool
        Copy what the user could still write to, so that a later write cannot change the
        result of a pullback that is kept.
    """

    name = "grad"

    def __init__(self, copy_inputs: bool = False) -> None:
        super().__init__()
        self.copy_inputs = copy_inputs

    def new_arg(self, value: Any) -> ReverseTracer:
        """Return the tracer of an input."""
        aval = typeof(value)
        if isinstance(value, np.ndarray) and (self.copy_inputs or type(value) is not np.ndarray):
            value = np.array(value, order="C") if self.copy_inputs else np.asarray(value)
        return ReverseTracer(self, value, Node(None, 0), aval.weak_type, current_source())

    def wrap(self, value: Any, node: Node, weak: bool, source: Source | None) -> Tracer:
        """Return the tracer of a result."""
        return ReverseTracer(self, value, node, weak, source)

    def lower(self, x: Any) -> Any:
        """Return the value one level below."""
        return x.value if isinstance(x, Tracer) and x._trace is self else x  # type: ignore[attr-defined]

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute one level below and remember the pullback."""
        values: list[Any] = []
        parents: list[Node | None] = []
        state = current_state()
        plain = state.omni is None
        weak = prim.keeps_weak_type
        for a in args:
            if isinstance(a, Tracer):
                weak = weak and a.weak_type
                if a._trace is self:
                    parents.append(a.node)  # type: ignore[attr-defined]
                    a = a.value  # type: ignore[attr-defined]
                    if isinstance(a, Tracer):
                        plain = False
                else:
                    parents.append(None)
                    plain = False
            else:
                parents.append(None)
                if weak and type(a) not in (float, int, complex):
                    weak = False
                if self.copy_inputs and isinstance(a, np.ndarray) and a.flags.writeable:
                    a = np.array(a, order="C")
            values.append(a)
        if state.no_grad >= self.level or not prim.is_differentiable:
            return bind(prim, *values, **params)
        source = current_source(3)
        nonzero = tuple([p is not None for p in parents])
        if prim.linearize is None and not prim.multiple_results:
            if plain:
                out = apply_impl(prim, values, params)
            else:
                with override_source(source):
                    out = bind(prim, *values, **params)
            if out.dtype.kind not in "fc":
                return out
            pullback = pullback_of(prim, nonzero, values, (out,), params)
            n = len(values)
            residuals = [values[i] if i < n else out for i in pullback.needed]
            eqn = TapeEqn([parents[i] for i in pullback.targets], pullback, residuals, source, None)
            return self.wrap(out, Node(eqn, 0), weak, source)
        return self._process_many(prim, values, parents, nonzero, params, source)

    def _process_many(
        self,
        prim: Primitive,
        values: list[Any],
        parents: list[Node | None],
        nonzero: tuple[bool, ...],
        params: dict[str, Any],
        source: Source | None,
    ) -> Any:
        """Handle primitives with several results, and call-like ones."""
        with override_source(source):
            if prim.linearize is not None:
                outs, pullback, residuals = linearized_pullback(prim, nonzero, values, params)
            else:
                outs = bind(prim, *values, **params)
                pullback = pullback_of(prim, nonzero, values, outs, params)
                n = len(values)
                residuals = [values[i] if i < n else outs[i - n] for i in pullback.needed]
        types = [(o.shape, o.dtype) for o in outs]
        eqn = TapeEqn([parents[i] for i in pullback.targets], pullback, residuals, source, types)
        wrapped = [
            self.wrap(o, Node(eqn, i), False, source) if d.kind in "fc" else o
            for i, (o, (_, d)) in enumerate(zip(outs, types, strict=True))
        ]
        return wrapped if prim.multiple_results else wrapped[0]


def backward(
    outputs: Sequence[Node], cts: Sequence[Any], inputs: Sequence[Node], release: bool = False
) -> list[Any]:
    """Walk the graph from `outputs` to `inputs`.

    Parameters
    ----------
    outputs, cts
        Nodes and their cotangents.
    inputs : sequence of Node
        Where cotangents are wanted.
    release : bool
        Drop residuals on the way (the graph can be walked once only).

    Returns
    -------
    list
        The cotangent, or None, of each input.
    """
    wanted = set(inputs)
    ct_of: dict[Node, Any] = {}
    pending: dict[TapeEqn, Any] = {}
    for node, ct in zip(outputs, cts, strict=True):
        _accumulate(node, ct, wanted, ct_of, pending, None)
    fast = current_state().omni is None
    for eqn in _reachable(outputs):
        out_cts = pending.pop(eqn, None)
        if out_cts is None:
            continue
        in_cts = _pull(eqn, out_cts, fast)
        if release:
            eqn.residuals = None
        source = None if fast else eqn.source
        for parent, ct in zip(eqn.parents, in_cts, strict=True):
            if parent is not None and ct is not None:
                _accumulate(parent, ct, wanted, ct_of, pending, source)
    return [ct_of.get(n) for n in inputs]


def _accumulate(
    node: Node,
    ct: Any,
    wanted: set[Node],
    ct_of: dict[Node, Any],
    pending: dict[TapeEqn, Any],
    source: Source | None,
) -> None:
    """Add a cotangent to a node: to the result, and to what its equation waits for."""
    if node in wanted:
        before = ct_of.get(node)
        ct_of[node] = ct if before is None else _sum(before, ct, source)
    eqn = node.eqn
    if eqn is None:
        return
    if eqn.out_types is None:
        before = pending.get(eqn)
        pending[eqn] = ct if before is None else _sum(before, ct, source)
    else:
        slots = pending.setdefault(eqn, [None] * len(eqn.out_types))
        slots[node.position] = _sum(slots[node.position], ct, source)


def _sum(before: Any, ct: Any, source: Source | None) -> Any:
    """Add cotangents; while a program is recorded, at the line that made the second."""
    if source is None:
        return add_any(before, ct)
    with backward_of(source):
        return add_any(before, ct)


def _pull(eqn: TapeEqn, out_cts: Any, fast: bool) -> list[Any]:
    """Run one pullback, with symbolic zeros made explicit where it needs them."""
    pullback, residuals = eqn.pullback, eqn.residuals
    assert residuals is not None
    if eqn.out_types is None:
        if fast and not isinstance(out_cts, Tracer):
            for r in residuals:
                if isinstance(r, Tracer):
                    break
            else:
                return pullback.program(*residuals, out_cts)
        cts = [out_cts]
    elif isinstance(pullback, LinearPullback):
        cts = out_cts
    else:
        cts = [
            _zeros(shape, dtype) if ct is None else ct
            for ct, (shape, dtype) in zip(out_cts, eqn.out_types, strict=True)
            if dtype.kind in "fc"
        ]
    with backward_of(eqn.source):
        return pullback(residuals, cts)


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Zeros; while a program is recorded, as an equation, so that the compiler sees them."""
    if current_state().omni is None:
        return np.zeros(shape, dtype)
    return broadcast_in_dim(dtype.type(0), shape, ())


_by_index = attrgetter("index")


def _reachable(outputs: Sequence[Node]) -> list[TapeEqn]:
    """Return the equations behind `outputs`, latest first."""
    seen: set[TapeEqn] = set()
    stack = [n.eqn for n in outputs if n.eqn is not None]
    while stack:
        eqn = stack.pop()
        if eqn in seen:
            continue
        seen.add(eqn)
        for p in eqn.parents:
            if p is not None and p.eqn is not None and p.eqn not in seen:
                stack.append(p.eqn)
    return sorted(seen, key=_by_index, reverse=True)


def vjp_flat(
    f: Callable[..., Sequence[Any]],
    primals: Sequence[Any],
    differentiate: Sequence[bool],
    copy_inputs: bool,
) -> tuple[list[Any], Callable[[Sequence[Any]], list[Any]]]:
    """Evaluate a flat function and return its pullback.

    The pullback takes a cotangent (or None) for each output and returns a cotangent (or None)
    for each differentiated input.
    """
    forbid_in_inference_mode("a derivative (grad, vjp)")
    with ReverseTrace(copy_inputs) as trace:
        bare = [p.bare() if isinstance(p, Tracer) else p for p in primals]
        args: list[Any] = [
            trace.new_arg(p) if d else p for p, d in zip(bare, differentiate, strict=True)
        ]
        outs = list(f(*args))
    in_nodes = [a.node for a, d in zip(args, differentiate, strict=True) if d]
    values, out_nodes = [], []
    for o in outs:
        if isinstance(o, Tracer):
            o = o.bare()
        mine = isinstance(o, ReverseTracer) and o._trace is trace
        values.append(o.value if mine else o)
        out_nodes.append(o.node if mine else None)

    def pullback(cts: Sequence[Any]) -> list[Any]:
        pairs = [
            (n, ct)
            for n, ct in zip(out_nodes, cts, strict=True)
            if n is not None and ct is not None
        ]
        return backward([n for n, _ in pairs], [ct for _, ct in pairs], in_nodes)

    return values, pullback
