"""The backward pass over the tape.

Equations are walked latest first, so when one is reached all uses of its results have been seen
and their cotangents are complete: that is when hooks run. Only equations on a path to a wanted
node are pulled back. The arithmetic is on plain arrays, except under ``create_graph``, where
residuals and cotangents are Tensors and the pass is itself recorded.

Inside, cotangents are those of a real-bilinear pairing, as everywhere in this package; PyTorch's
gradients of complex tensors are their conjugates, so the boundary conjugates.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from ..ir import Tracer, backward_of, current_state, no_differentiation
from ..numpy import conj
from ..prims.elementwise import add_any
from ..prims.shape import broadcast_in_dim_p
from ..transforms.call import jit_p
from ..transforms.pullback import LinearPullback, Pullback
from ..transforms.reverse import Node
from .function import FunctionPullback
from .lazy import DEFERRED, Lazy, end_backward
from .tape import TensorEqn, TensorNode
from .tensor import Tensor, make, wrap
from .views import write

__all__ = ["run_backward"]

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


@np.errstate(all="ignore")
def run_backward(
    roots: Sequence[tuple[TensorNode, Any]],
    wanted: Sequence[TensorNode] | None,
    keep: bool,
    create_graph: bool,
    accumulate: bool,
) -> list[Any]:
    """Walk the graph from `roots`.

    Parameters
    ----------
    roots : sequence of (node, Tensor)
        Where to start, and PyTorch's gradient there.
    wanted : sequence of nodes, or None
        Where gradients are wanted; None for every leaf.
    keep : bool
        Keep what the graph saved.
    create_graph : bool
        Record the pass.
    accumulate : bool
        Add gradients to ``.grad``, rather than only return them.

    Returns
    -------
    list
        The gradient (a Tensor) or None of each wanted node.
    """
    omni = current_state().omni
    if omni is not None and not omni.watching:
        raise RuntimeError(
            "backward() inside a function that is recorded (jit, make_jaxpr): return the loss and "
            "use functorch_lite.grad, or call backward() outside"
        )
    with no_differentiation(not create_graph):
        grads = _Pass(wanted, keep, create_graph, accumulate).run(roots)
    if not create_graph:
        end_backward()
    return grads


class _Pass:
    """One backward pass."""

    def __init__(
        self, wanted: Sequence[TensorNode] | None, keep: bool, create_graph: bool, accumulate: bool
    ) -> None:
        self.wanted = wanted
        self.targets = None if wanted is None else set(wanted)
        self.keep = keep
        self.create_graph = create_graph
        self.accumulate = accumulate
        self.captured: dict[Node, Tensor] = {}
        self.pending: dict[Any, list[Any]] = {}
        self.leaves: dict[Node, Any] = {}
        self.zeros: dict[Any, Lazy] = {}

    def run(self, roots: Sequence[tuple[TensorNode, Any]]) -> list[Any]:
        """Walk and return the captured gradients."""
        for node, grad in roots:
            self._add(node, _inward(grad, self.create_graph))
        eqns = _reachable([n for n, _ in roots])
        needed = None if self.targets is None else _leading_to(self.targets, eqns)
        for eqn in reversed(eqns):
            self._step(eqn, needed is None or eqn in needed)
        for leaf, ct in self.leaves.items():
            self._finish_leaf(leaf, ct)
        return [self.captured.get(n) for n in self.wanted or ()]

    def _add(self, node: Node, ct: Any) -> None:
        """Add a contribution to a node's cotangent."""
        eqn = node.eqn
        if eqn is None:
            before = self.leaves.get(node)
            self.leaves[node] = ct if before is None else add_any(before, ct)
            return
        slots = self.pending.get(eqn)
        if slots is None:
            assert isinstance(eqn, TensorEqn)
            slots = self.pending[eqn] = [None] * len(eqn.out_nodes)
        before = slots[node.position]
        slots[node.position] = ct if before is None else add_any(before, ct)

    def _step(self, eqn: TensorEqn, leads_on: bool) -> None:
        """Pull the cotangents of one equation's results back to its operands."""
        cts = self.pending.pop(eqn, None)
        if cts is None:
            return
        for i, ref in enumerate(eqn.out_nodes):
            node = None if ref is None else ref()
            if node is None or cts[i] is None:
                continue
            if node.hooks or node.tensor is not None or self.targets is not None:
                cts[i] = self._visit(node, cts[i])
        if not leads_on:
            return
        if eqn.residuals is None:
            raise RuntimeError(FREED)
        eqn.check_versions()
        in_cts = None if self.create_graph else _pull_arrays(eqn, cts)
        if in_cts is None:
            in_cts = _pull(eqn, cts, self.create_graph, self.zeros)
        if not self.keep:
            eqn.release()
        for parent, ct in zip(eqn.parents, in_cts, strict=True):
            if parent is not None and ct is not None:
                self._add(parent, ct)

    def _visit(self, node: TensorNode, ct: Any) -> Any:
        """Run the hooks of a complete node; keep its gradient where it is wanted."""
        if node.hooks:
            ct = self._run_hooks(node, ct)
        retained = None if node.tensor is None else node.tensor()
        if retained is not None:
            _accumulate(retained, _outward(ct), self.create_graph)
        if self.targets is not None and node in self.targets:
            self.captured[node] = _outward(ct)
        return ct

    def _run_hooks(self, node: TensorNode, ct: Any) -> Any:
        """Let each hook look at the gradient, or replace it."""
        assert node.hooks is not None
        for hook in list(node.hooks.values()):
            grad = _outward(ct)
            new = hook(grad)
            if new is None:
                continue
            if not isinstance(new, Tensor) or new.shape != grad.shape:
                raise RuntimeError(
                    f"a gradient hook returned {type(new).__name__} of shape "
                    f"{getattr(new, 'shape', None)}; expected a Tensor of shape {grad.shape}, or None"
                )
            ct = _inward(new, self.create_graph)
        return ct

    def _finish_leaf(self, node: Node, ct: Any) -> None:
        """Run a leaf's hooks and accumulate into its ``.grad``."""
        assert isinstance(node, TensorNode)
        if self.targets is not None and node not in self.targets:
            return
        if node.hooks:
            ct = self._run_hooks(node, ct)
        grad = _outward(ct)
        self.captured[node] = grad
        leaf = None if node.tensor is None else node.tensor()
        if leaf is None or not leaf.requires_grad or not self.accumulate:
            return
        _accumulate(leaf, grad, self.create_graph)
        for hook in list((node.after or {}).values()):
            hook(leaf)


def _outward(ct: Any) -> Tensor:
    """Return a cotangent as PyTorch's gradient."""
    return wrap(conj(wrap(ct)) if ct.dtype.kind == "c" else ct)


def _inward(grad: Tensor, create_graph: bool) -> Any:
    """Return PyTorch's gradient as a cotangent: an array, or a Tensor when recording."""
    t = wrap(conj(grad)) if grad.dtype.kind == "c" else grad
    return t if create_graph else t.raw


def _accumulate(t: Tensor, grad: Tensor, create_graph: bool) -> None:
    """Add to ``.grad``: in place, or as a recorded sum."""
    old = t._grad
    if old is None:
        t._grad = grad if create_graph else make(grad.raw, None)
    elif create_graph:
        t._grad = wrap(add_any(old, grad))
    else:
        write(old, make(add_any(old.raw, grad.raw), None))


_by_index = attrgetter("index")


def _reachable(outputs: Sequence[TensorNode]) -> list[TensorEqn]:
    """Return the equations behind `outputs`, earliest first."""
    seen: set[TensorEqn] = set()
    stack = [n.eqn for n in outputs if n.eqn is not None]
    while stack:
        eqn = stack.pop()
        if eqn in seen:
            continue
        assert isinstance(eqn, TensorEqn)
        seen.add(eqn)
        for p in eqn.parents:
            if p is not None and p.eqn is not None and p.eqn not in seen:
                stack.append(p.eqn)
    return sorted(seen, key=_by_index)


def _leading_to(targets: set[TensorNode], eqns: list[TensorEqn]) -> set[Any]:
    """Return the equations that have a wanted node behind them."""
    needed: set[Any] = set()
    for eqn in eqns:
        if any(p is not None and (p in targets or p.eqn in needed) for p in eqn.parents):
            needed.add(eqn)
    return needed


def _pull_arrays(eqn: TensorEqn, cts: list[Any]) -> list[Any] | None:
    """Run a derived pullback of which all is there, in the usual case; else return None."""
    pullback, residuals = eqn.pullback, eqn.residuals
    if type(pullback) is not Pullback or current_state().omni is not None:
        return None
    for x in cts:
        if x is None or isinstance(x, Tracer):
            return None
    for x in residuals or ():
        if isinstance(x, Tracer):
            return None
    return pullback.program(*residuals, *cts)  # type: ignore[misc]


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any], known: dict[Any, Lazy] | None) -> Any:
    """Return zeros; in a deferred pass as an operation, so that the compiler sees them, once."""
    if known is None:
        return np.zeros(shape, dtype)
    zeros = known.get((shape, dtype))
    if zeros is None:
        params = {"shape": shape, "broadcast_dimensions": ()}
        zeros = DEFERRED.process(broadcast_in_dim_p, (dtype.type(0),), params)
        known[shape, dtype] = zeros
    return zeros


def _pull(eqn: TensorEqn, cts: list[Any], create_graph: bool, zeros: dict[Any, Lazy]) -> list[Any]:
    """Run one pullback; `zeros` are those that the pass has needed so far."""
    pullback, residuals = eqn.pullback, eqn.residuals
    if create_graph:
        pullback, residuals = eqn.tracked_residuals()
    assert residuals is not None
    with backward_of(eqn.source):
        if isinstance(pullback, LinearPullback | FunctionPullback):
            return pullback(residuals, cts)
        deferred = not create_graph and type(pullback) is Pullback
        deferred = deferred and any(type(x) is Lazy for x in (*residuals, *cts))
        full = cts
        if eqn.out_types is not None:
            full = [
                _zeros(shape, dtype, zeros if deferred else None) if ct is None else ct
                for ct, (shape, dtype) in zip(cts, eqn.out_types, strict=True)
                if dtype.kind in "fc"
            ]
        if deferred:
            # One operation rather than many: recording is what costs.
            args = (*pullback.consts, *residuals, *full)
            return DEFERRED.process(jit_p, args, {"jaxpr": pullback.jaxpr, "name": eqn.name})
        return pullback(residuals, full)
