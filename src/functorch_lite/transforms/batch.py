"""vmap: carrying a mapped axis through primitives.

A `BatchTracer` holds an array whose axis 0 is the mapped one; it stands for one example. Batch
rules see the mapped axis always in front, so each has one case, not one for each axis.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from ..ir import (
    Jaxpr,
    Primitive,
    ShapedArray,
    Source,
    Trace,
    Tracer,
    bind,
    current_source,
    eval_jaxpr,
    override_source,
    trace_to_jaxpr,
    typeof,
)
from ..ir.trace import AXIS_FRAMES
from ..ir.trace import axis_frames as axis_frames
from ..prims.shape import broadcast_in_dim

__all__ = [
    "BatchTrace",
    "BatchTracer",
    "axis_frames",
    "batch_flat",
    "batch_jaxpr",
    "materialize",
]

# The named axes of the vmaps that are open, and the name the batch rule at work belongs to.
_frames = AXIS_FRAMES
_axis_at_work: ContextVar[Any] = ContextVar("functorch_lite_axis", default=None)


class BatchTracer(Tracer):
    """One example of a batch."""

    __slots__ = ("value", "weak")

    def __init__(self, trace: Trace, value: Any, weak: bool, source: Source | None) -> None:
        self._trace = trace
        self.value = value
        self.weak = weak
        self.source = source

    @property
    def aval(self) -> ShapedArray:
        """The example's aval."""
        aval = typeof(self.value)
        return ShapedArray(aval.shape[1:], aval.dtype, self.weak)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the example's axes."""
        return self.value.shape[1:]


class BatchTrace(Trace):
    """Applies batch rules.

    Parameters
    ----------
    size : int
        Length of the mapped axis.
    axis_name : hashable, optional
        The name by which collectives find this axis.
    """

    name = "vmap"

    def __init__(self, size: int, axis_name: Any = None) -> None:
        super().__init__()
        self.size = size
        self.axis_name = axis_name

    def __enter__(self) -> "BatchTrace":
        super().__enter__()
        if self.axis_name is not None:
            self._frame_token = _frames.set((*_frames.get(), self))
        return self

    def __exit__(self, *exc: object) -> None:
        if self.axis_name is not None:
            _frames.reset(self._frame_token)
        super().__exit__(*exc)

    def new_arg(self, value: Any, weak: bool = False) -> BatchTracer:
        """Return the tracer of an array whose axis 0 is mapped."""
        return BatchTracer(self, value, weak, current_source())

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply the batch rule, or bind as is when no operand is mapped."""
        values, batched, weak = [], [], prim.keeps_weak_type
        for a in args:
            mine = isinstance(a, BatchTracer) and a._trace is self
            values.append(a.value if mine else a)
            batched.append(mine)
            weak = weak and (getattr(a, "weak_type", False) or isinstance(a, int | float | complex))
        source = current_source()
        token = None if self.axis_name is None else _axis_at_work.set(self.axis_name)
        try:
            with override_source(source):
                if prim.names_axis:
                    here = self.axis_name is not None and params["axis_name"] == self.axis_name
                    params = {**params, "here": here}
                elif not any(batched):
                    return bind(prim, *values, **params)
                out = prim.batch(self.size, values, batched, **params)
        finally:
            if token is not None:
                _axis_at_work.reset(token)
        if not prim.multiple_results:
            return BatchTracer(self, out, weak, source)
        outs, out_batched = out
        return [
            BatchTracer(self, o, weak, source) if b else o
            for o, b in zip(outs, out_batched, strict=True)
        ]


def axis_name_at_work() -> Any:
    """Return the axis name of the vmap whose batch rule is being applied, or None."""
    return _axis_at_work.get()


def materialize(x: Any, size: int) -> Any:
    """Repeat an unmapped value along a new axis 0."""
    shape = getattr(x, "shape", ())
    return broadcast_in_dim(x, (size, *shape), range(1, len(shape) + 1))


def batch_flat(
    f: Callable[..., Sequence[Any]],
    size: int,
    args: Sequence[Any],
    batched: Sequence[bool],
    axis_name: Any = None,
) -> tuple[list[Any], list[bool]]:
    """Map a flat function over axis 0 of the `batched` arguments."""
    with BatchTrace(size, axis_name) as trace:
        xs = [trace.new_arg(a) if b else a for a, b in zip(args, batched, strict=True)]
        outs = f(*xs)
    values, out_batched = [], []
    for o in outs:
        if isinstance(o, Tracer):
            o = o.bare()
        mine = isinstance(o, BatchTracer) and o._trace is trace
        values.append(o.value if mine else o)
        out_batched.append(mine)
    return values, out_batched


def batch_jaxpr(
    jaxpr: Jaxpr, size: int, batched: tuple[bool, ...], all_out: bool | tuple[bool, ...] = False
) -> tuple[Jaxpr, list[Any], list[bool]]:
    """Batch a closed jaxpr, as a closed jaxpr.

    Parameters
    ----------
    all_out : bool or tuple of bool
        Make (these) outputs mapped even if they need not be, as loop carries must.

    Returns
    -------
    jaxpr : Jaxpr
        Takes (constants, inputs with axis 0 where `batched`); remembered on the original.
    consts : list
        Constants that the rules made.
    out_batched : list of bool
        Which outputs have the mapped axis.
    """
    name = axis_name_at_work()
    key = ("batch", size, batched, all_out, name)
    if key in jaxpr.memo:
        return jaxpr.memo[key]
    out_batched: list[bool] = []
    force = [all_out] * len(jaxpr.outs) if isinstance(all_out, bool) else list(all_out)

    def f(*args: Any) -> list[Any]:
        outs, mapped = batch_flat(lambda *xs: eval_jaxpr(jaxpr, (), *xs), size, args, batched, name)
        out_batched.extend(b or must for b, must in zip(mapped, force, strict=True))
        return [
            materialize(o, size) if must and not b else o
            for o, b, must in zip(outs, mapped, force, strict=True)
        ]

    avals = [
        v.aval.update(shape=(size, *v.aval.shape)) if b else v.aval
        for v, b in zip(jaxpr.invars, batched, strict=True)
    ]
    out, consts = trace_to_jaxpr(f, avals, "vmap")
    jaxpr.memo[key] = out, consts, out_batched
    return jaxpr.memo[key]
