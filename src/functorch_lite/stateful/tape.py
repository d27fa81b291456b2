"""The tape: a reverse-mode trace at level 0 that is always open.

Operations on `Tensor` reach it through `bind`, as those on any tracer reach their trace. It
computes with NumPy and hangs what the backward pass needs off the results' nodes::

    y = x * w      ->  y.node.eqn: parents (x.node, w.node), pullback of mul, residuals (x, w)

so that a graph nobody can reach is freed by reference counting alone. Unlike a functional
`ReverseTrace` it returns Tensors also for results without a gradient, and it can hand residuals
out as Tensors that are connected to the graph, which is what ``create_graph=True`` needs.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import Primitive, Source, Trace, Tracer, bind, current_source, current_state
from ..ir.trace import INFERENCE_LEVEL, apply_impl
from ..prims.arithmetic import stop_gradient_p
from ..transforms.pullback import linearized_pullback, pullback_of
from ..transforms.reverse import Node, TapeEqn
from .lazy import DEFERRED, Borrowed, Graph, Lazy, begin_forward, is_wanted, lift

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "FUNCTIONAL",
    "TAPE",
    "Counter",
    "FunctionalTrace",
    "Tape",
    "TensorEqn",
    "TensorNode",
    "is_recording",
    "saved_version_error",
]

Saved = tuple["Counter", int, int]


class Counter:
    """How often a tensor (and the views that share it) was written to in place.

    `rebound` holds, by id, Tensors with the old data of bases that were given other data.
    """

    __slots__ = ("_rebound", "version")

    def __init__(self) -> None:
        self.version = 0
        self._rebound: dict[int, Tensor] | None = None

    @property
    def rebound(self) -> "dict[int, Tensor]":
        """Filled when ``x.data`` is assigned to while x may have views."""
        if self._rebound is None:
            self._rebound = {}
        return self._rebound


class TensorNode(Node):
    """A node of the tape: a leaf (``eqn`` is None) or the result of an equation.

    Attributes
    ----------
    tensor : weakref or None
        The leaf tensor, or one that asked to retain its gradient: where ``.grad`` is written.
    hooks : dict or None
        Gradient hooks by handle id.
    """

    __slots__ = ("after", "hooks", "tensor")

    def __init__(self, eqn: TapeEqn | None, position: int) -> None:
        self.eqn = eqn  # without super().__init__, as this is done for each operation
        self.position = position
        self.tensor: weakref.ref[Tensor] | None = None
        self.hooks: dict[int, Callable[..., Any]] | None = None
        self.after: dict[int, Callable[..., Any]] | None = None


class TensorEqn(TapeEqn):
    """An equation of the tape.

    Attributes
    ----------
    name : str
        Of the primitive, for ``grad_fn``.
    operands : list of Node or None
        The nodes of all operands: residuals are operands or results.
    saved : list of (Counter, version, position)
        Versions of the tensors that are residuals, checked before the backward pass.
    call : tuple or None
        ``(prim, nonzero, values, nodes, params)`` of a call-like primitive, to linearize it
        again on Tensors when the backward pass is itself to be differentiated.
    out_nodes : list of weakref
        The nodes of the results.
    """

    __slots__ = ("__weakref__", "call", "name", "operands", "out_nodes", "saved")

    def __init__(
        self,
        name: str,
        parents: list[Node | None],
        pullback: Any,
        residuals: list[Any],
        source: Source | None,
        out_types: list[tuple[tuple[int, ...], np.dtype[Any]]] | None = None,
    ) -> None:
        super().__init__(parents, pullback, residuals, source, out_types)
        self.name = name
        self.operands: Sequence[Node | None] = ()
        self.saved: list[Saved] = []
        self.call: Any = None
        self.out_nodes: list[weakref.ref[TensorNode] | None] = []

    def release(self) -> None:
        """Free what was saved; an equation that saved nothing can be walked again."""
        if self.residuals:
            self.residuals = None
            self.operands, self.saved, self.call = (), [], None

    def check_versions(self) -> None:
        """Raise if a residual was written to in place after it was saved."""
        for counter, version, position in self.saved:
            if counter.version != version:
                raise saved_version_error(self, counter.version, version, position)

    def tracked_residuals(self) -> tuple[Any, list[Any]]:
        """Return pullback and residuals as Tensors that are connected to the graph."""
        from .tensor import Tensor

        assert self.residuals is not None
        if self.call is not None:
            prim, nonzero, values, nodes, params = self.call
            args = [
                Tensor._make(v, n) if n is not None or type(v) is Lazy else v
                for v, n in zip(values, nodes, strict=True)
            ]
            _, pullback, residuals = linearized_pullback(prim, nonzero, args, params)
            return pullback, residuals
        n = len(self.operands)
        residuals = list(self.residuals)
        for k, i in enumerate(self.pullback.needed):
            node = self.operands[i] if i < n else self.node_of(i - n)
            if node is not None or type(residuals[k]) is Lazy:
                residuals[k] = Tensor._make(residuals[k], node)
        return self.pullback, residuals

    def node_of(self, position: int) -> TensorNode:
        """Return the node of a result, made anew if nobody holds it."""
        ref = self.out_nodes[position]
        node = None if ref is None else ref()
        if node is None:
            node = TensorNode(self, position)
            self.out_nodes[position] = weakref.ref(node)
        return node


def saved_version_error(eqn: TensorEqn, version: int, expected: int, position: int) -> RuntimeError:
    """Return PyTorch's error for a residual that was overwritten, with the user's line."""
    from ..ir import summarize

    what = f"operand {position} of" if position >= 0 else "the result of"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {what} {eqn.name} {summarize(eqn.source)} is at version {version}; expected "
        f"version {expected} instead. Write the operation out of place (x = x + 1 instead of "
        "x += 1), or clone the tensor before it is changed."
    )


def is_recording() -> bool:
    """Tell whether operations on Tensors are recorded for a backward pass."""
    return current_state().no_grad < 0


class ZeroPullback:
    """The pullback of a piecewise constant operation (floor, round, sign): zeros.

    PyTorch's results of these still require a gradient, which is zero.
    """

    def __init__(self, values: list[Any], nonzero: tuple[bool, ...]) -> None:
        self.needed: list[int] = []
        self.targets = [i for i, nz in enumerate(nonzero) if nz]
        self.types = [(values[i].shape, values[i].dtype) for i in self.targets]

    def __call__(self, residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Return zeros."""
        return [np.zeros(shape, dtype) for shape, dtype in self.types]


class Tape(Trace):
    """The trace of all Tensors; see the module's docstring."""

    name = "the tape of Tensors"

    def __init__(self) -> None:
        super().__init__()
        self.level = 0

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute with NumPy; record if an operand requires a gradient."""
        values: list[Any] = []
        nodes: list[Node | None] = []
        tracked = False
        for a in args:
            if isinstance(a, Tracer):
                values.append(a.raw)  # type: ignore[attr-defined]
                node = a._node  # type: ignore[attr-defined]
                nodes.append(node)
                tracked = tracked or node is not None
            else:
                values.append(a)
                nodes.append(None)
        mode = current_state().no_grad
        tracked = tracked and mode < 0 and prim is not stop_gradient_p
        defer = is_wanted(prim, values)
        if defer:
            if tracked:
                begin_forward()
            values = _settled(args, values, True)
        if not tracked:
            out = _evaluate(prim, values, params, defer)
            tensors = [_make(o, None) for o in (out if prim.multiple_results else (out,))]
            if mode >= INFERENCE_LEVEL:
                for t in tensors:
                    t._inference = True
            return tensors if prim.multiple_results else tensors[0]
        if prim.multiple_results or prim.linearize is not None:
            outs = self._record_many(prim, args, values, nodes, params, defer)
            return outs if prim.multiple_results else outs[0]
        return self._record(prim, args, values, nodes, params, defer)

    def _record(
        self,
        prim: Primitive,
        args: Sequence[Any],
        values: list[Any],
        nodes: list[Node | None],
        params: dict[str, Any],
        defer: bool,
    ) -> Any:
        """Compute, and leave an equation behind the result: the usual case, kept quick."""
        out = _evaluate(prim, values, params, defer)
        if out.dtype.kind not in "fc":
            return _make(out, None)
        pullback = _pullback(prim, values, nodes, (out,), params)
        needed, n = pullback.needed, len(values)
        eqn = TensorEqn(
            prim.name,
            [nodes[i] for i in pullback.targets],
            pullback,
            [values[i] if i < n else out for i in needed],
            current_source(4),
        )
        eqn.operands = nodes
        node = TensorNode(eqn, 0)
        eqn.out_nodes = [weakref.ref(node)]
        result = _make(out, node)
        if needed:
            _remember(eqn, needed, args, (result,))
        return result

    def _record_many(
        self,
        prim: Primitive,
        args: Sequence[Any],
        values: list[Any],
        nodes: list[Node | None],
        params: dict[str, Any],
        defer: bool,
    ) -> list[Any]:
        """Do so for several results, and for call-like primitives."""
        source = current_source()
        call = None
        pullback: Any = None
        needed: Sequence[int] = ()
        if prim.linearize is not None:
            nonzero = tuple([n is not None for n in nodes])
            values = [lift(v) for v in values] if defer else _settled(args, values, False)
            with np.errstate(all="ignore"):
                results, pullback, residuals = linearized_pullback(prim, nonzero, values, params)
            call = (prim, nonzero, values, nodes, params)
        else:
            results = _evaluate(prim, values, params, defer)
            if not any(o.dtype.kind in "fc" for o in results):
                return [_make(o, None) for o in results]
            pullback = _pullback(prim, values, nodes, results, params)
            needed, n = pullback.needed, len(values)
            residuals = [values[i] if i < n else results[i - n] for i in needed]
        parents = [nodes[i] for i in pullback.targets]
        types = [(o.shape, o.dtype) for o in results]
        eqn = TensorEqn(prim.name, parents, pullback, residuals, source, types)
        eqn.call = call
        eqn.operands = nodes
        tensors = []
        for i, o in enumerate(results):
            if o.dtype.kind in "fc":
                node = TensorNode(eqn, i)
                eqn.out_nodes.append(weakref.ref(node))
                tensors.append(_make(o, node))
            else:
                eqn.out_nodes.append(None)
                tensors.append(_make(o, None))
        if needed:
            _remember(eqn, needed, args, tensors)
        return tensors


def _pullback(
    prim: Primitive,
    values: list[Any],
    nodes: list[Node | None],
    results: Sequence[Any],
    params: dict[str, Any],
) -> Any:
    """Return the derived pullback, or the one of piecewise constant operations."""
    nonzero = tuple([n is not None for n in nodes])
    first = results[0]
    graph = first.graph if type(first) is Lazy else None
    kind = graph.kinds[-1] if type(graph) is Graph else None
    if kind is not None and nonzero in kind.pullbacks:
        return kind.pullbacks[nonzero]
    pullback: Any = None
    if prim.is_differentiable:
        pullback = pullback_of(prim, nonzero, values, results, params)
    if pullback is None or not pullback.targets:
        pullback = ZeroPullback(values, nonzero)
    if kind is not None:
        kind.pullbacks[nonzero] = pullback
    return pullback


def _settled(args: Sequence[Any], values: list[Any], defer: bool) -> list[Any]:
    """Return operands that are fit for use now, or for use later.

    Later, an array that somebody else may have written to by then needs a copy; now, a pending
    value has to be there.
    """
    if not defer:
        return [v.force() if type(v) is Lazy else v for v in values]
    for a, v in zip(args, values, strict=True):
        if type(v) is Borrowed or a is v:
            break
    else:
        return values
    foreign = (np.ndarray, Borrowed)
    return [
        np.array(v) if type(v) is Borrowed or (a is v and type(v) in foreign and v.ndim) else v
        for a, v in zip(args, values, strict=True)
    ]


_apply_quietly = np.errstate(all="ignore")(apply_impl)


def _evaluate(prim: Primitive, values: list[Any], params: dict[str, Any], defer: bool) -> Any:
    """Apply a primitive to the values of Tensors: now, or later."""
    if defer:
        return DEFERRED.process(prim, tuple(values), params)
    for v in values:
        if type(v) is Lazy or type(v) is Borrowed:
            break
    else:
        return _apply_quietly(prim, values, params)
    out = _apply_quietly(prim, _settled(values, values, False), params)
    if not any(type(v) is Borrowed for v in values):
        return out
    results = out if prim.multiple_results else [out]
    kept = [o if o.base is None else o.view(Borrowed) for o in results]
    return kept if prim.multiple_results else kept[0]


def _remember(
    eqn: TensorEqn, needed: Sequence[int], args: Sequence[Any], tensors: Sequence[Any]
) -> None:
    """Note the versions of the Tensors that are residuals."""
    n = len(args)
    for i in needed:
        t = args[i] if i < n else tensors[i - n]
        if not isinstance(t, Tracer):
            continue
        if t._inference:  # type: ignore[attr-defined]
            raise RuntimeError(
                "Inference tensors cannot be saved for backward. To work around you can make a "
                "clone to get a normal tensor and use it in autograd."
            )
        counter = t._shared_counter()  # type: ignore[attr-defined]
        eqn.saved.append((counter, counter.version, i if i < n else -1))


class FunctionalTrace(Trace):
    """Gives tracers of functional transforms the methods of a Tensor.

    A `FunctionalTensor` wraps such a tracer while a module runs under grad, vmap or jit. Its
    trace is above all others: it unwraps the operands, binds again, and wraps the results, so
    the transforms see their own tracers only.
    """

    name = "a Tensor under a transform"

    def __init__(self) -> None:
        super().__init__()
        self.level = 1 << 30

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Bind on what the operands wrap."""
        out = bind(prim, *map(_bare_operand, args), **params)
        return [_wrap(o) for o in out] if prim.multiple_results else _wrap(out)


def _bare_operand(x: Any) -> Any:
    """Return what the transforms see of an operand; a Tensor without a graph is an array."""
    if not isinstance(x, Tracer):
        return x
    bare = x.bare()
    if bare._trace is TAPE and bare.node is None:  # type: ignore[attr-defined]
        return bare.value  # type: ignore[attr-defined]
    return bare


# Set by the module `tensor`, which depends on this one.
_make: Any = None
_wrap: Any = None

TAPE = Tape()
FUNCTIONAL = FunctionalTrace()
