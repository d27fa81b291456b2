"""A trace that computes at once and remembers every equation with its values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Primitive, ShapedArray, Source, Trace, Tracer, current_source, subjaxprs, typeof
from ..ir.jaxpr import Eqn
from ..ir.trace import apply_impl

__all__ = ["Record", "Watch", "WatchTracer", "has_nan", "known_value"]


def has_nan(x: Any) -> bool:
    """Tell whether a value is a float or complex array with a NaN."""
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return isinstance(x, float | complex) and x != x
    return dtype.kind in "fc" and bool(np.isnan(x).any())


def known_value(x: Any) -> Any:
    """Return the array that a Tensor or a WatchTracer holds."""
    return x.value if isinstance(x, Tracer) else x  # type: ignore[attr-defined]


class Record:
    """One equation that ran: operands and results are kept alive, so their ids stay theirs.

    Attributes
    ----------
    inner : range
        Indices of what ran inside it: the body of a loop, branch or call.
    """

    __slots__ = ("args", "index", "inner", "outs", "params", "prim", "source")

    def __init__(
        self,
        index: int,
        prim: Primitive,
        args: Sequence[Any],
        params: dict[str, Any],
        source: Source | None,
    ) -> None:
        self.index = index
        self.prim = prim
        self.args = args
        self.params = params
        self.source = source
        self.outs: list[Any] = []
        self.inner = range(0)

    @property
    def name(self) -> str:
        """The primitive's name."""
        return self.prim.name


class WatchTracer(Tracer):
    """A known value; what Python does with it is seen too."""

    __slots__ = ("value", "weak")

    def __init__(self, trace: Trace, value: Any, weak: bool, source: Source | None) -> None:
        self._trace = trace
        self.value = value
        self.weak = weak
        self.source = source

    @property
    def aval(self) -> ShapedArray:
        """The value's aval."""
        return typeof(self.value).update(weak_type=self.weak)

    def concrete(self, wanted: str) -> Any:
        """Return the value."""
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.value, dtype)


class Watch(Trace):
    """Sees everything that is computed while it is open, backward passes and loops included.

    Operations of plain arrays on plain arrays are NumPy's own and are not seen, unless the
    arguments are wrapped with `new_arg`.
    """

    omnistaging = True
    watching = True
    name = "debug"

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.producers: dict[int, Record] = {}
        # The record that a record ran inside, by index.
        self.outer: dict[int, Record] = {}
        self._open: list[Record] = []

    def new_arg(self, value: Any) -> WatchTracer:
        """Return the tracer of an input."""
        aval = typeof(value)
        return WatchTracer(self, np.asarray(value), aval.weak_type, current_source())

    def lower(self, x: Any) -> Any:
        """Return the value of a tracer."""
        return x.value if isinstance(x, WatchTracer) and x._trace is self else x

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute, and remember."""
        wrapped = any(isinstance(a, WatchTracer) for a in args)
        weak = prim.keeps_weak_type and all(typeof(a).weak_type for a in args)
        args = tuple(self.lower(a) for a in args)
        # A Tensor's tape computes for itself, and remembers.
        tape = next((a._trace for a in args if isinstance(a, Tracer)), None)
        values = tuple(known_value(a) for a in args)
        record = Record(len(self.records), prim, values, params, current_source())
        if self._open:
            self.outer[record.index] = self._open[-1]
        self.records.append(record)
        has_body = next(subjaxprs(Eqn(prim, [], [], params)), None) is not None
        if has_body:
            self._open.append(record)
        try:
            if tape is not None:
                out = tape.process(prim, args, params)
            else:
                out = apply_impl(prim, args, params)
        finally:
            if has_body:
                self._open.pop()
        record.inner = range(record.index + 1, len(self.records))
        outs = list(out) if prim.multiple_results else [out]
        record.outs = [known_value(o) for o in outs]
        for o in record.outs:
            # What a call hands through keeps the equation inside that made it.
            self.producers.setdefault(id(o), record)
        if tape is not None or not wrapped:
            return out
        tracers = [WatchTracer(self, o, weak, record.source) for o in record.outs]
        return tracers if prim.multiple_results else tracers[0]

    def producer(self, x: Any) -> Record | None:
        """Return the equation that made an array, or the one it is a view of."""
        found = self.producers.get(id(x))
        while found is None and getattr(x, "base", None) is not None:
            x = x.base
            found = self.producers.get(id(x))
        return found

    def unused_results(self) -> list[tuple[Record, Any]]:
        """Return results that no later equation reads, latest first."""
        used = {id(a) for r in self.records for a in r.args}
        return [
            (r, o)
            for r in reversed(self.records)
            if r.index not in self.outer
            for o in r.outs
            if id(o) not in used
        ]
