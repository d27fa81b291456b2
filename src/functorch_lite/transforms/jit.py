"""jit: functions recorded once for each combination of argument types."""

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..ir import (
    Jaxpr,
    ShapedArray,
    Tracer,
    axis_frames,
    bind,
    current_state,
    dce_jaxpr,
    record,
)
from ..pytree import tree_flatten
from .abstract import abstractify
from .call import jit_p, settings
from .flatten import FlatFunction, check_array, function_name, observers
from .static import Static, as_tuple, resolve_static, with_static

__all__ = ["disable_jit", "jit"]

_enabled = [True]
_lowering: list[Callable[..., Any] | None] = [None]


def set_lowering(lower: Callable[..., Any] | None) -> None:
    """Install what `jit(f).lower` uses; the compiler does."""
    _lowering[0] = lower


class disable_jit:
    """Run jitted functions as plain Python, for debugging with prints and breakpoints.

    ``disable_jit(False)`` turns jit on again inside.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with fl.disable_jit():
    ...     y = fl.jit(lambda x: x + 1 if x > 0 else x)(1.0)
    >>> float(y)
    2.0
    """

    def __init__(self, disable: bool = True) -> None:
        self._disable = disable

    def __enter__(self) -> None:
        self._before = _enabled[0]
        _enabled[0] = not self._disable

    def __exit__(self, *exc: object) -> None:
        _enabled[0] = self._before


class TracedCall:
    """A recorded program and how to call it."""

    __slots__ = ("consts", "flat", "jaxpr")

    def __init__(self, jaxpr: Jaxpr, consts: list[Any], flat: FlatFunction) -> None:
        self.jaxpr = jaxpr
        self.consts = consts
        self.flat = flat


def trace_call(
    fun: Callable[..., Any], treedef: Any, avals: Sequence[ShapedArray], name: str
) -> TracedCall:
    """Record `fun` on abstract arguments; closed-over arrays become leading operands."""
    flat = FlatFunction(fun, treedef)
    raw, consts = record(lambda *xs: flat(*xs), avals, f"jit of {name}")
    closed = Jaxpr([], raw.constvars + raw.invars, raw.eqns, raw.outs)
    pruned, used = dce_jaxpr(closed)
    n = len(consts)
    kept = [v for v, u in zip(raw.constvars, used[:n], strict=True) if u]
    jaxpr = Jaxpr([], kept + raw.invars, pruned.eqns, pruned.outs)
    return TracedCall(jaxpr, [c for c, u in zip(consts, used[:n], strict=True) if u], flat)


class JitFunction:
    """What `jit` returns: a callable with a cache of recorded programs."""

    def __init__(
        self,
        fun: Callable[..., Any],
        static_argnums: Iterable[int],
        static_argnames: Iterable[str],
        options: dict[str, Any],
    ) -> None:
        functools.update_wrapper(self, fun, updated=())
        self.fun = fun
        self.name = function_name(fun)
        self.options = options
        self.static_argnums, self.static_argnames = resolve_static(
            fun, tuple(static_argnums), tuple(static_argnames)
        )
        self.cache: dict[Any, TracedCall] = {}
        self.compiled: dict[Any, tuple[int, Callable[..., Any], list[Any], FlatFunction]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, recording it first if these argument types are new."""
        if not _enabled[0]:
            return self.fun(*args, **kwargs)
        key = _array_key(args) if not kwargs else None
        if key is not None:
            ready = self.compiled.get(key)
            if ready is not None and ready[0] == settings[0] and current_state().omni is None:
                _, program, consts, flat = ready
                return flat.unflatten(program([*consts, *args]))
        call, leaves = self._lookup(args, kwargs)
        program = _ready(call)
        if program is not None and _all_values(call.consts, leaves):
            return call.flat.unflatten(program([*call.consts, *leaves]))
        with np.errstate(all="ignore"):
            outs = bind(jit_p, *call.consts, *leaves, jaxpr=call.jaxpr, name=self.name)
        program = _ready(call)
        if program is not None and key is not None and self._is_cached(call):
            # From now on a call with arrays of these types goes straight to the machine code.
            self.compiled[key] = (settings[0], program, call.consts, call.flat)
        return call.flat.unflatten([_own(o, call.consts, leaves) for o in outs])

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method."""
        return self if instance is None else functools.partial(self, instance)

    def _lookup(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[TracedCall, list[Any]]:
        """Return the recorded program for these arguments and their leaves."""
        static, dynamic_args, dynamic_kwargs = self._split(args, kwargs)
        leaves, treedef = tree_flatten((dynamic_args, dynamic_kwargs))
        avals = [abstractify(x, f"an argument of {self.name}") for x in leaves]
        leaves = [check_array(x, self.name) for x in leaves]
        axes = tuple([(f.axis_name, f.size) for f in axis_frames()])  # collectives see them
        key = (treedef, tuple(avals), static.key if static is not None else None, len(args), axes)
        # Who observes wants to see the function traced.
        call = self.cache.get(key) if not observers else None
        if call is None:
            fun = self.fun if static is None else with_static(self.fun, static, len(args))
            call = trace_call(fun, treedef, avals, self.name)
            if not observers and not any(isinstance(c, Tracer) for c in call.consts):
                self.cache[key] = call
        return call, leaves

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Static | None, tuple[Any, ...], dict[str, Any]]:
        """Separate static from traced arguments."""
        if not self.static_argnums and not self.static_argnames:
            return None, args, kwargs
        n = len(args)
        nums = {i % n if -n <= i < 0 else i for i in self.static_argnums}
        values: dict[Any, Any] = {i: args[i] for i in sorted(nums) if i < n}
        values |= {k: kwargs[k] for k in sorted(kwargs) if k in self.static_argnames}
        rest = tuple(a for i, a in enumerate(args) if i not in values)
        rest_kw = {k: v for k, v in kwargs.items() if k not in values}
        return Static(values, self.name), rest, rest_kw

    def _is_cached(self, call: TracedCall) -> bool:
        """Tell whether a program was kept: one that closes over tracers is not."""
        return not any(isinstance(c, Tracer) for c in call.consts)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """Record for arguments of these types and show each stage of compilation."""
        call, _ = self._lookup(args, kwargs)
        if _lowering[0] is None:
            raise RuntimeError("the compiler is not installed: import functorch_lite.compile")
        return _lowering[0](call.jaxpr, call.consts, call.flat)

    def __reduce__(self) -> Any:
        """Pickle the function without its programs: by name if it is a module's, else its parts."""
        qualname: str = getattr(self, "__qualname__", self.name)
        found: Any = sys.modules.get(self.__module__)
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if found is self:
            return qualname
        return JitFunction, (self.fun, self.static_argnums, self.static_argnames, self.options)

    def clear_cache(self) -> None:
        """Forget all recorded programs."""
        self.cache.clear()
        self.compiled.clear()


def _ready(call: TracedCall) -> Any:
    """Return the machine code of a call whose results share memory with nothing, or None."""
    ready: Any = call.jaxpr.memo.get("ready")
    return ready[1] if ready is not None and ready[0] == settings[0] else None


def _all_values(consts: list[Any], leaves: list[Any]) -> bool:
    """Tell whether a call has to do with arrays only, outside all traces."""
    if current_state().omni is not None:
        return False
    return not any(isinstance(x, Tracer) for x in (*consts, *leaves))


def _array_key(args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the types of arguments that are all plain arrays, or None."""
    key: list[Any] = []
    for a in args:
        if not isinstance(a, np.ndarray):
            return None
        key.append(a.dtype)
        key.append(a.shape)
    return tuple(key)


def _own(out: Any, consts: list[Any], args: list[Any]) -> Any:
    """Copy an output that shares memory with an input or a closed-over array."""
    if not isinstance(out, np.ndarray):
        return out
    out = np.asarray(out)
    for x in (*consts, *args):
        if out is x or (
            out.base is not None and isinstance(x, np.ndarray) and np.may_share_memory(out, x)
        ):
            return out.copy()
    return out if out.flags.writeable else out.copy()


def jit(
    fun: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    keep_unused: bool = False,
    inline: bool = False,
) -> Any:
    """Record `fun` once for each combination of argument types, and run the program.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays; must be pure.
    static_argnums, static_argnames : int, str or sequences
        Arguments that are Python values, known while tracing; hashable. Another value records
        again.
    donate_argnums, donate_argnames : int, str or sequences
        Arguments whose memory may be reused for outputs. NumPy arrays that the caller still
        holds are never overwritten.
    keep_unused : bool
        Keep arguments that the program does not use.
    inline : bool
        Put the program's equations into the caller's when it is recorded itself.

    Returns
    -------
    callable
        With the signature of `fun`.

    Raises
    ------
    ConcretizationError
        If `fun` needs the value of a traced argument (``if x > 0``), naming the line.
    ValueError
        If a static argument does not exist.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> f = fl.jit(lambda x: np.sum(np.tanh(x)))
    >>> float(f(np.zeros(3)))
    0.0
    """
    options = {
        "donate_argnums": as_tuple(donate_argnums),
        "donate_argnames": as_tuple(donate_argnames),
        "keep_unused": keep_unused,
        "inline": inline,
    }

    def wrap(f: Callable[..., Any]) -> JitFunction:
        return JitFunction(f, as_tuple(static_argnums), as_tuple(static_argnames), options)

    return wrap if fun is None else wrap(fun)
