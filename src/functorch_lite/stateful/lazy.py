"""Operations on Tensors that are recorded now and computed later.

An operation on a large Tensor, or on one that is pending itself, is not computed: its types are
checked, and it is appended to the thread's `Graph`. The Tensor holds a `Lazy` value until
somebody looks at it. Then everything pending runs as one program, which `programs` finds by its
structure; so from the second identical step on ``loss.backward(); optimizer.step()`` is one
compiled program of forward, backward and update::

    loss = f(x, w); loss.backward(); optimizer.step(); loss.item()
    \\---------------- recorded ----------------------/  \\-- run --/

What runs is what somebody still holds: an intermediate that no Tensor refers to is never made.
A graph runs

- when a value is looked at (``numpy``, ``item``, ``bool``, ``print``), or at `synchronize`;
- when a new forward pass begins after a backward pass, so that a step is a program;
- when a module that records no gradients returns, so that an inference is a program;
- when it has grown to `MAX_EQNS` operations.

`Lazy` values are tracers of `DEFERRED`, the lowest trace of all, so pullbacks and call-like
primitives apply to them without knowing.
"""

import threading
import weakref
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InterruptedRunError
from ..ir import (
    Primitive,
    ShapedArray,
    Source,
    Trace,
    Tracer,
    current_source,
    current_state,
    summarize,
)
from ..ir.trace import apply_impl
from .execution import execution_mode
from .programs import Kind, kind_of, type_number
from .runs import Run

__all__ = [
    "DEFERRED",
    "Borrowed",
    "Graph",
    "Lazy",
    "Pending",
    "current_graph",
    "is_inside_module",
    "is_wanted",
    "lift",
    "number_of_type",
    "synchronize",
]

# Operands with fewer elements are computed at once: recording costs as much as NumPy.
SMALLEST = 4096
# So many operations may be pending.
MAX_EQNS = 5000


class Borrowed(np.ndarray[Any, Any]):
    """The value of a Tensor over memory that somebody else may write to (`from_numpy`)."""


class Deferred(Trace):
    """The trace of `Lazy` values: appends to the thread's graph."""

    name = "deferred execution"

    def __init__(self) -> None:
        super().__init__()
        self.level = -1

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Record one equation, or compute it if it cannot be deferred."""
        outs = None if prim.effectful else _append(prim, args, params, current_source())
        if outs is None:
            values = [a.force() if type(a) is Lazy else a for a in args]
            with np.errstate(all="ignore"):
                return apply_impl(prim, values, params)
        return outs if prim.multiple_results else outs[0]


DEFERRED = Deferred()


class Lazy(Tracer):
    """A value that is recorded; `result` is the array once it is computed."""

    __slots__ = ("_aval", "graph", "number", "result", "slot")
    _trace: Trace = DEFERRED
    source = None
    graph: "Pending | None"
    result: np.ndarray[Any, Any] | None

    def __init__(
        self,
        aval: ShapedArray,
        graph: "Pending | None",
        slot: int,
        result: Any = None,
        number: int = -1,
    ) -> None:
        self._aval = aval
        self.number = number
        self.graph = graph
        self.slot = slot
        self.result = result

    @property
    def aval(self) -> ShapedArray:
        """Shape and dtype."""
        return self._aval

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._aval.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self._aval.dtype

    def force(self) -> np.ndarray[Any, Any]:
        """Return the array, computing what is pending."""
        if self.result is None:
            graph = self.graph
            assert graph is not None
            graph.run(self.slot)
            assert self.result is not None
        return self.result

    def __reduce__(self) -> Any:
        return np.asarray, (self.force(),)

    def concrete(self, wanted: str) -> Any:
        """Return the value."""
        return self.force()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.force(), dtype, copy=copy)


class Pending:
    """What computes the results of `Lazy` values."""

    def run(self, wanted: int = -1) -> None:
        """Compute them; `wanted` is the slot of the one that somebody looks at."""
        raise NotImplementedError


class Graph(Pending):
    """What one thread has pending: equations in order, their operands by slot.

    Attributes
    ----------
    code : list of int
        The structure: for each equation its kind and the slots of its operands. A slot that
        appears first as an operand is an input.
    arrays : dict of slot to array
        Inputs.
    scalars : dict of slot to number
        Scalar operands; see `programs`.
    after_backward : bool
        Whether a backward pass has been recorded: a forward pass begins another program.
    closed : bool
        Whether it runs or has run: nothing is added any more.
    """

    def __init__(self) -> None:
        self.code: list[int] = []
        self.kinds: list[Kind] = []
        self.operands: list[list[int]] = []
        self.firsts: list[int] = []
        self.sources: list[Source | None] = []
        self.arrays: dict[int, np.ndarray[Any, Any]] = {}
        self.scalars: dict[int, Any] = {}
        self.handles: list[weakref.ref[Lazy]] = []
        self.after_backward = False
        self.closed = False
        self.lock = threading.RLock()
        self._slots: dict[int, int] = {}
        self._n_slots = 0
        self._run: Run | None = None  # what an exception has left of a run
        self._is_running = self._is_done = False

    def _input(self, array: np.ndarray[Any, Any]) -> int:
        """Return the slot of an array, which is kept alive so that its id stays its own."""
        slot = self._slots.get(id(array))
        if slot is None:
            slot = self._slots[id(array)] = self._n_slots
            self._n_slots += 1
            self.arrays[slot] = array
        return slot

    def _scalar(self, x: Any) -> int:
        """Return the slot of a scalar operand."""
        slot = self._n_slots
        self._n_slots += 1
        self.scalars[slot] = x
        return slot

    def record(
        self, prim: Primitive, args: Sequence[Any], params: dict[str, Any], source: Source | None
    ) -> list[Lazy] | None:
        """Append an equation; None if its parameters cannot be compared."""
        # (Hundreds of times a training step: written out rather than divided.)
        types: list[Any] = [prim]
        slots: list[int] = []
        for x in args:
            if type(x) is Lazy:
                if x.result is None and x.graph is self:
                    types.append(x.number)
                    slots.append(x.slot)
                    continue
                x = x.force()
            elif not isinstance(x, np.ndarray) or not x.shape:
                types += (getattr(x, "dtype", type(x)), None)
                slots.append(self._scalar(x))
                continue
            types.append(type_number(x.shape, x.dtype))
            slots.append(self._input(x if type(x) is np.ndarray else np.asarray(x)))
        kind = kind_of(prim, types, args, params)
        if kind is None:
            return None
        first, n_code, n_eqns = self._n_slots, len(self.code), len(self.kinds)
        n_handles = len(self.handles)
        try:
            self.code.append(kind.number)
            self.code += slots
            self.kinds.append(kind)
            self.operands.append(slots)
            self.firsts.append(first)
            self.sources.append(source)
            outs = []
            for aval, number in zip(kind.out_avals, kind.out_types, strict=True):
                out = Lazy(aval, self, first, None, number)
                outs.append(out)
                self.handles.append(weakref.ref(out))
                first += 1
            self._n_slots = first
        except BaseException:  # Ctrl-C
            del self.code[n_code:], self.handles[n_handles:]
            for part in (self.kinds, self.operands, self.firsts, self.sources):
                del part[n_eqns:]
            raise
        return outs

    def run(self, wanted: int = -1) -> None:
        """Compute what is still held; after an exception, go on with it if that is possible.

        Parameters
        ----------
        wanted : int
            The slot that somebody looks at.

        Raises
        ------
        InterruptedRunError
            If values are lost, or asked for while they are computed.
        """
        with self.lock:
            if self._is_running:
                raise InterruptedRunError(
                    f"the value of a Tensor that was deferred {self._line(wanted)} is being "
                    "computed; a callback or a handler of signals that is called meanwhile "
                    "cannot look at it. Let a handler set a flag that the training loop reads"
                )
            if self._run is not None and self._run.lost_by:
                raise InterruptedRunError(
                    f"the value of a Tensor that was deferred {self._line(wanted)} is lost: the "
                    "program that makes it was interrupted while it wrote new parameters over the "
                    f"old ones ({self._run.lost_by}). Reload the last state that was saved: "
                    "model.load_state_dict(...), optimizer.load_state_dict(...)"
                )
            if self._is_done:
                return
            self._is_running = True
            try:
                self._close()
                if self._run is not None:
                    self._run.call(self._finish)
                self._is_done = True
            finally:
                self._is_running = False

    def _close(self) -> None:
        """Choose the program for what is held, and hand it the inputs; nothing is added any more."""
        if self._run is None:
            self.closed = True
            live = [handle.slot for handle in self._live()]
            if live:
                self._run = Run(self, live)
        self.arrays, self.scalars, self._slots = {}, {}, {}

    def _finish(self) -> None:
        """Run the program and give the handles their results."""
        assert self._run is not None
        results = self._run.go()
        for handle in self._live():
            handle.result = results[handle.slot]
            handle.graph = None
        self._is_done = True
        self._run = None
        self.handles = []

    def _live(self) -> list[Lazy]:
        """Return the handles that somebody holds."""
        return [handle for handle in (ref() for ref in self.handles) if handle is not None]

    def _line(self, slot: int) -> str:
        """Say where the operation that makes a value was recorded."""
        return summarize(self.sources[bisect_right(self.firsts, slot) - 1])


class _Local(threading.local):
    """What a thread has pending."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.modules = 0


_local = _Local()


def current_graph() -> Graph:
    """Return the graph that this thread appends to."""
    graph = _local.graph
    if graph.closed:
        graph = _local.graph = Graph()
    return graph


def _append(
    prim: Primitive, args: Sequence[Any], params: dict[str, Any], source: Source | None
) -> list[Lazy] | None:
    """Append an equation to this thread's graph; None if its parameters cannot be compared."""
    graph = current_graph()
    with graph.lock:
        if not graph.closed:
            outs = graph.record(prim, args, params, source)
            if len(graph.kinds) >= MAX_EQNS:
                graph.run()
            return outs
    return _append(prim, args, params, source)  # another thread has just run this graph


def lift(value: Any) -> Any:
    """Return an array as a `Lazy` value that is known, so that what is made of it is deferred."""
    if type(value) is np.ndarray:
        return Lazy(ShapedArray(value.shape, value.dtype), None, -1, value)
    return value


def number_of_type(value: Any) -> int:
    """Return the number of the type of an array or a `Lazy` value."""
    if type(value) is Lazy and value.number >= 0:
        return value.number
    return type_number(value.shape, value.dtype)


def is_wanted(prim: Primitive, values: Sequence[Any]) -> bool:
    """Tell whether an operation on Tensors with these values is to be deferred."""
    mode = execution_mode()
    if mode == "eager" or prim.effectful:
        return False
    if mode == "deferred":
        return True
    for v in values:
        if type(v) is Lazy:
            if v.result is None:
                return True
        elif isinstance(v, np.ndarray) and v.size >= SMALLEST:
            return True
    return False


def synchronize() -> None:
    """Compute what this thread has pending; for measuring time.

    What an exception has kept from being computed before is not tried again here, but when
    somebody looks at it.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> y = fl.ones(100, 100) + 1
    >>> fl.synchronize()
    >>> y.is_pending
    False
    """
    current_graph().run()


def begin_forward() -> None:
    """Start another program if the present one has had its backward pass."""
    graph = _local.graph
    if graph.after_backward and not graph.closed:
        graph.run()


def end_backward() -> None:
    """Note that a backward pass has been recorded."""
    graph = _local.graph
    graph.after_backward = not graph.closed and bool(graph.kinds)


class _ModuleCall:
    """Runs an inference that a module makes as soon as the outermost module returns."""

    def __enter__(self) -> None:
        _local.modules += 1

    def __exit__(self, *exc: object) -> None:
        _local.modules -= 1
        graph = _local.graph
        if (
            exc[0] is not None
            or _local.modules
            or graph.closed
            or not graph.kinds
            or current_state().no_grad < 0
        ):
            return
        graph.run()


module_call = _ModuleCall()


def is_inside_module() -> bool:
    """Tell whether a module of this thread's is being called."""
    return _local.modules > 0
