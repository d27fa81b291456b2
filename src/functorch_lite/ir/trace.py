"""Tracers, trace levels and `bind`, the one way to apply a primitive.

A *trace* interprets primitives in its own way: it records (`record.Recorder`), pushes tangents,
remembers pullbacks, or carries a mapped axis. Traces nest, and each has a *level*. `bind` hands
a primitive to the trace with the highest level among the arguments' tracers, or to the
innermost *omnistaging* recorder (jit, make_jaxpr, loop bodies) if that is higher; with neither
it evaluates. A trace does its own part and binds again on the values one level below.

Levels are unique among open traces, which is what prevents perturbation confusion
(Siskind & Pearlmutter 2005, "Perturbation confusion and referential transparency").
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ConcretizationError, LeakedTracerError
from .aval import ShapedArray, aval_of_value
from .primitive import REGISTRY, Primitive
from .source import Source, current_source, summarize

__all__ = [
    "AXIS_FRAMES",
    "Trace",
    "Tracer",
    "apply_impl",
    "as_argument",
    "axis_frame",
    "axis_frames",
    "bind",
    "convert_if_needed",
    "current_state",
    "dtype_of",
    "is_tracer",
    "named_axes",
    "no_differentiation",
    "shape_of",
    "typeof",
]


class State:
    """What is open in this thread: immutable, kept in a ContextVar."""

    __slots__ = ("level", "no_grad", "omni")

    def __init__(self, level: int, omni: "Trace | None", no_grad: int) -> None:
        self.level = level
        self.omni = omni
        # Differentiation traces at or below this level treat results as constants.
        self.no_grad = no_grad


# `no_grad` of a mode in which derivatives are an error rather than zero.
INFERENCE_LEVEL = 1 << 29

_STATE: ContextVar[State] = ContextVar("functorch_lite_state", default=State(0, None, -1))  # noqa: B039
current_state = _STATE.get


@contextmanager
def without_recorder() -> Iterator[None]:
    """Evaluate what has no tracer among its arguments, as if nothing were being recorded."""
    state = _STATE.get()
    token = _STATE.set(State(state.level, None, state.no_grad))
    try:
        yield
    finally:
        _STATE.reset(token)


# The traces of named mapped axes that are open: each has `axis_name` and `size`.
AXIS_FRAMES: ContextVar[tuple[Any, ...]] = ContextVar("functorch_lite_axes", default=())
axis_frames = AXIS_FRAMES.get


class Trace:
    """An open level. Used as a context manager."""

    omnistaging = False
    # Computes at once, but must see each equation of every program that runs.
    watching = False
    name = "trace"

    def __init__(self) -> None:
        self.level = -1
        self.closed = False

    def __enter__(self) -> Any:
        state = _STATE.get()
        self.level = state.level + 1
        omni = self if self.omnistaging else state.omni
        self._token: Token[State] = _STATE.set(State(self.level, omni, state.no_grad))
        return self

    def __exit__(self, *exc: object) -> None:
        _STATE.reset(self._token)
        self.closed = True

    def process(self, prim: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply a primitive at this level."""
        raise NotImplementedError

    def check_open(self, args: tuple[Any, ...]) -> None:
        """Raise if this trace has ended: one of its tracers got out."""
        if not self.closed:
            return
        leaked = next(a for a in args if isinstance(a, Tracer) and a._trace is self)
        raise LeakedTracerError(
            f"a tracer of {self.name} was used after {self.name} had ended.\n"
            f"It stands for {leaked.aval} and was born {summarize(leaked.source)}.\n"
            "A function that is transformed must return its results; it must not store them in "
            "a global, an attribute or a list. Return the value instead (grad has has_aux=True)."
        )


class Tracer:
    """Stands for an array while a function is traced.

    Operators and methods are installed by `functorch_lite.numpy`.
    """

    __slots__ = ("__weakref__", "_trace", "source")
    __array_priority__ = 1000
    _trace: Trace
    source: Source | None

    @property
    def aval(self) -> ShapedArray:
        """The abstract value."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.aval.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.aval.size

    @property
    def weak_type(self) -> bool:
        """Whether this stands for a Python scalar, whose dtype gives way."""
        return self.aval.weak_type

    def bare(self) -> "Tracer":
        """Return the tracer that the transforms know, without a class that adds methods."""
        return self

    def as_constant(self) -> Any:
        """Return what a recorder that closes over this should keep: this, or a plain array."""
        return self

    def concrete(self, wanted: str) -> Any:
        """Return the value if it is known, else raise ConcretizationError."""
        raise ConcretizationError(
            f"{wanted} needs the value of a tracer of {self._trace.name}, which is not known "
            f"while tracing.\nThe tracer stands for {self.aval} and was born "
            f"{summarize(self.source)}.\nIt was asked for {summarize(current_source())}.\n"
            f"{_REMEDY.get(wanted.split()[0], _REMEDY['default'])}"
        )

    def __bool__(self) -> bool:
        return bool(self.concrete("bool() (an `if`, `while`, `and`, `or` or `not`)"))

    def __float__(self) -> float:
        return float(self.concrete("float()"))

    def __int__(self) -> int:
        return int(self.concrete("int()"))

    def __complex__(self) -> complex:
        return complex(self.concrete("complex()"))

    def __index__(self) -> int:
        return self.concrete("index() (a Python index, range or shape)").__index__()

    def item(self) -> Any:
        """Return the value as a Python scalar, where it is known."""
        return self.concrete("item()").item()

    def tolist(self) -> Any:
        """Return the value as nested lists, where it is known."""
        return self.concrete("tolist()").tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise ConcretizationError(
            f"a tracer of {self._trace.name} cannot become a NumPy array: its value would lose its "
            f"connection to the function being transformed.\nThe tracer stands for {self.aval} and "
            f"was born {summarize(self.source)}.\nIt was converted {summarize(current_source())}.\n"
            "Write np.sum(x), np.sin(x), x @ y ... or functorch_lite.numpy instead of np.array(x) "
            "and np.asarray(x); to look at a value use functorch_lite.debug.print."
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{self.aval}>"


_REMEDY = {
    "bool()": (
        "Write functorch_lite.numpy.where(condition, a, b) or lax.cond for a branch, "
        "lax.while_loop or lax.scan for a loop, & and | instead of `and` and `or`; or pass the "
        "deciding argument as static (jit: static_argnums) or unmapped (vmap: in_axes=None)."
    ),
    "index()": (
        "Sizes, shapes and loop bounds must be known while tracing: pass them as static "
        "(jit: static_argnums), or use lax.fori_loop, lax.dynamic_slice or x[i] with a traced i."
    ),
    "default": (
        "Keep the computation in arrays (x.astype, functorch_lite.numpy), or pass the argument as "
        "static (jit: static_argnums), or call this outside the transformed function."
    ),
}


def is_tracer(x: Any) -> bool:
    """Tell whether `x` is a tracer.

    Examples
    --------
    >>> is_tracer(1.0)
    False
    """
    return isinstance(x, Tracer)


def typeof(x: Any) -> ShapedArray:
    """Return the aval of a tracer, an array or a scalar.

    Examples
    --------
    >>> import numpy as np
    >>> typeof(np.zeros((2, 3), np.float32))
    float32[2,3]
    """
    return x.aval if isinstance(x, Tracer) else aval_of_value(x)


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a tracer, an array or a scalar."""
    return getattr(x, "shape", ())


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the dtype of a tracer, an array or a scalar."""
    d = getattr(x, "dtype", None)
    return d if d is not None else aval_of_value(x).dtype


def convert_if_needed(x: Any, dtype: np.dtype[Any]) -> Any:
    """Convert a scalar or weakly typed value to `dtype`; leave others alone."""
    if dtype_of(x) == dtype:
        return x
    if isinstance(x, Tracer) or (isinstance(x, np.ndarray) and _STATE.get().omni is not None):
        return bind(REGISTRY["convert_element_type"], x, new_dtype=dtype)
    return np.asarray(x, dtype)


def apply_impl(prim: Primitive, args: Any, params: dict[str, Any]) -> Any:
    """Evaluate a primitive on arrays; a failure is explained by its abstract_eval."""
    try:
        out = prim.impl(*args, **params)
    except Exception:
        prim.abstract_eval(*map(aval_of_value, args), **params)
        raise
    if prim.multiple_results:
        return [keep_class(o, args) for o in out]
    # NumPy hands a subclass on in most operations; the first operand decides in the others.
    if type(out) is np.ndarray:
        return out.view(_array_class) if args and type(args[0]) is _array_class else out
    return keep_class(out, args)


# The subclass of np.ndarray that is handed on from operands to results.
_array_class: type = type(None)


def set_array_class(cls: type) -> None:
    """Install the subclass of np.ndarray that operations hand on (`numpy.Array`)."""
    global _array_class
    _array_class = cls


def as_argument(x: Any) -> Any:
    """Return an array as a user's rule or branch gets it: with the methods that tracers have."""
    if type(x) is np.ndarray and issubclass(_array_class, np.ndarray):
        return x.view(_array_class)
    return x


def keep_class(out: Any, args: Any) -> Any:
    """Return a result as an array, of the installed subclass if an operand is."""
    if type(out) is _array_class:
        return out
    out = np.asarray(out)
    for a in args:
        if type(a) is _array_class:
            return out.view(_array_class)
    return out


def axis_frame(name: Any) -> Any:
    """Return the innermost trace of the mapped axis of that name.

    Raises
    ------
    NameError
        If no mapped axis has it.
    """
    for frame in reversed(AXIS_FRAMES.get()):
        if frame.axis_name == name:
            return frame
    raise NameError(
        f"no mapped axis is named {name!r} {summarize(current_source())}; name it with "
        f"vmap(f, axis_name={name!r})"
    )


@dataclass(frozen=True)
class NamedAxis:
    """A mapped axis that is known by name and size alone."""

    axis_name: Any
    size: int
    level: int = -1


@contextmanager
def named_axes(axes: Iterable[tuple[Any, int]]) -> Iterator[None]:
    """Let what is recorded inside name mapped axes that no trace carries."""
    token = AXIS_FRAMES.set((*AXIS_FRAMES.get(), *(NamedAxis(n, size) for n, size in axes)))
    try:
        yield
    finally:
        AXIS_FRAMES.reset(token)


def bind(prim: Primitive, *args: Any, **params: Any) -> Any:
    """Apply `prim` at the right level: see the module's docstring."""
    top: Trace | None = None
    level = -2  # (-1 is the level of values that a Tensor defers)
    for a in args:
        if isinstance(a, Tracer):
            t = a._trace
            if t.level > level:
                top, level = t, t.level
    if prim.names_axis:
        frame = axis_frame(params["axis_name"])
        if frame.level > level:
            top, level = frame, frame.level
    omni = _STATE.get().omni
    if omni is not None and omni.level > level:
        top = omni
    if top is None:
        return apply_impl(prim, args, params)
    if top.closed:
        top.check_open(args)
    return top.process(prim, args, params)


class no_differentiation:
    """Make every differentiation that is open now treat what is computed inside as constant."""

    __slots__ = ("enabled", "token")

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        state = _STATE.get()
        level = state.level if self.enabled else -1
        if state.no_grad >= INFERENCE_LEVEL:
            level = state.no_grad
        self.token = _STATE.set(State(state.level, state.omni, level))

    def __exit__(self, *exc: object) -> None:
        _STATE.reset(self.token)


def forbid_in_inference_mode(what: str) -> None:
    """Raise if derivatives would silently vanish in the mode that is on."""
    if _STATE.get().no_grad >= INFERENCE_LEVEL:
        raise RuntimeError(
            f"{what} inside inference_mode, where nothing is differentiated, would give zeros "
            f"{summarize(current_source())}. Leave inference_mode, or use no_grad instead: "
            "derivatives taken inside no_grad are right."
        )
