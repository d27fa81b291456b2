"""jit: functions recorded whole, run by the compiler or the interpreter."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..ir import (
    Tracer,
    axis_frames,
    bind,
    current_source,
    current_state,
    eval_jaxpr,
)
from ..pytree import tree_flatten
from .abstract import abstractify
from .arguments import ArgumentOptions, as_tuple, with_static
from .call import jit_p, settings
from .donate import own_results, run_donated
from .flatten import check_array, function_name, observers
from .retrace import Recordings, RetraceReport, Signature
from .traced import TracedCall, trace_call
from .transformed import global_name

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


def jit_is_enabled() -> bool:
    """Tell whether jitted functions are compiled."""
    return _enabled[0]


def enable_jit(enabled: bool) -> None:
    """Compile jitted functions, or run them as plain Python."""
    _enabled[0] = bool(enabled)


class JitFunction:
    """What `jit` returns: a callable with a cache of recorded programs."""

    def __init__(
        self, fun: Callable[..., Any], options: dict[str, Any], keep_unused: bool, inline: bool
    ) -> None:
        functools.update_wrapper(self, fun, updated=())
        self.fun = fun
        self.name = function_name(fun)
        self.options = ArgumentOptions(fun, **options)
        self.keep_unused, self.inline = keep_unused, inline
        self.cache: dict[Any, TracedCall] = {}
        # What runs a call with arrays of these types, while the settings are those.
        self.compiled: dict[Any, tuple[int, Callable[..., Any], TracedCall]] = {}
        self._given = options
        self._recordings = Recordings(fun, self.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, recording it first if these argument types are new."""
        if not _enabled[0]:
            return self.fun(*args, **kwargs)
        key = _array_key(args) if not kwargs else None
        if key is not None:
            ready = self.compiled.get(key)
            if ready is not None and ready[0] == settings[0] and current_state().omni is None:
                call = ready[2]
                return call.flat.unflatten(ready[1](call.operands(args)))
        call, leaves = self._lookup(args, kwargs)
        operands = call.operands(leaves)
        if call.donated and _all_values(operands):
            del leaves
            run = functools.partial(run_donated, call.jaxpr, call.donated)
            if key is not None and self._is_cached(call):
                self.compiled[key] = (settings[0], run, call)
            return call.flat.unflatten(run(operands))
        program = _ready(call)
        if program is not None and _all_values(operands):
            return call.flat.unflatten(program(operands))
        with np.errstate(all="ignore"):
            if self.inline and current_state().omni is not None:
                outs = eval_jaxpr(call.jaxpr, (), *operands)
            else:
                outs = bind(jit_p, *operands, jaxpr=call.jaxpr, name=self.name)
        program = _ready(call)
        if program is not None and key is not None and self._is_cached(call):
            # From now on a call with arrays of these types goes straight to the machine code.
            self.compiled[key] = (settings[0], program, call)
        return call.flat.unflatten(own_results(outs, operands))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method."""
        return self if instance is None else functools.partial(self, instance)

    def _lookup(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[TracedCall, list[Any]]:
        """Return the recorded program for these arguments and their leaves."""
        call, leaves = self._trace(args, kwargs)
        return call, [check_array(x, self.name) for x in leaves]

    def _trace(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[TracedCall, list[Any]]:
        """Return the recorded program; leaves may be shapes without values."""
        static, dynamic_args, dynamic_kwargs = self.options.split(args, kwargs, self.name)
        leaves, treedef = tree_flatten((dynamic_args, dynamic_kwargs))
        avals = [abstractify(x, f"an argument of {self.name}") for x in leaves]
        axes = tuple([(f.axis_name, f.size) for f in axis_frames()])  # collectives see them
        key = (treedef, tuple(avals), static.key if static is not None else None, len(args), axes)
        # Who observes wants to see the function traced.
        call = self.cache.get(key) if not observers else None
        if call is None:
            fun = self.fun if static is None else with_static(self.fun, static, len(args))
            call = trace_call(fun, treedef, avals, self.name, self.keep_unused)
            if self.options.donated_nums or self.options.donated_names:
                call.donate(self.options.donated_leaves(args, kwargs))
            why_not = ""
            if any(isinstance(c, Tracer) for c in call.consts):
                why_not = (
                    "it closes over a value that is being traced, so its program cannot be kept; "
                    "pass that value as an argument"
                )
            elif not observers:
                self.cache[key] = call
            if not observers:
                self._recordings.add(Signature(*key), current_source(), why_not)
        return call, leaves

    def _is_cached(self, call: TracedCall) -> bool:
        """Tell whether a program was kept: one that closes over tracers is not."""
        return not any(isinstance(c, Tracer) for c in call.consts)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """Record for arguments of these types and show each stage of compilation.

        Parameters
        ----------
        *args, **kwargs
            As for a call; arrays may be `ShapeDtypeStruct`.

        Returns
        -------
        Lowered
            With ``jaxpr``, ``simplified``, ``fused``, ``source`` and ``driver`` as text, `cost`,
            and `compile`, which compiles ahead of time.

        Examples
        --------
        >>> import functorch_lite as fl
        >>> f = fl.jit(lambda x: x @ x)
        >>> f.lower(fl.ShapeDtypeStruct((8, 8), "float32")).cost()["flops"]
        1024
        """
        call, _ = self._trace(args, kwargs)
        if _lowering[0] is None:
            raise RuntimeError("the compiler is not installed: import functorch_lite.compile")
        return _lowering[0](call)

    def retraces(self) -> RetraceReport:
        """Explain why this function was recorded more than once.

        Returns
        -------
        RetraceReport
            A list, which prints as text: for each recording but the first what differs from the
            nearest earlier signature. See also `explain_retraces`.

        Examples
        --------
        >>> import numpy as np
        >>> import functorch_lite as fl
        >>> f = fl.jit(lambda x, n: x * n, static_argnames="n")
        >>> y = f(np.ones(3), n=2), f(np.ones(3), n=3)
        >>> f.retraces()[0].reasons
        ('static argument n changed: 2 -> 3',)
        """
        return self._recordings.report()

    def __reduce__(self) -> Any:
        """Pickle the function without its programs: by name if it is a module's, else its parts."""
        made = JitFunction, (self.fun, self._given, self.keep_unused, self.inline)
        return global_name(self) or made

    def clear_cache(self) -> None:
        """Forget all recorded programs, and why they were recorded."""
        self.cache.clear()
        self.compiled.clear()
        self._recordings.clear()


def _ready(call: TracedCall) -> Any:
    """Return the machine code of a call whose results share memory with nothing, or None."""
    ready: Any = call.jaxpr.memo.get("ready")
    return ready[1] if ready is not None and ready[0] == settings[0] else None


def _all_values(operands: list[Any]) -> bool:
    """Tell whether a call has to do with arrays only, outside all traces."""
    if current_state().omni is not None:
        return False
    return not any(isinstance(x, Tracer) for x in operands)


def _array_key(args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the types of arguments that are all plain arrays, or None."""
    key: list[Any] = []
    for a in args:
        if not isinstance(a, np.ndarray):
            return None
        key.append(a.dtype)
        key.append(a.shape)
    return tuple(key)


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

    Arrays that `fun` closes over are operands of the program: what is written into them later is
    seen. Everything else about the surroundings (Python numbers, which array a name stands for)
    is read while recording and kept, as in JAX.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays; must be pure.
    static_argnums, static_argnames : int, str or sequences
        Arguments that are Python values, known while tracing; hashable. Another value records
        again.
    donate_argnums, donate_argnames : int, str or sequences
        Arguments (pytrees) that the caller promises not to use again, nor any view of them, as the
        old state in ``state = step(state, batch)``. Results of the same shape and dtype are
        written into their memory, and may be the very arrays; **what a donated array holds
        afterwards is undefined**. Only a NumPy array that is writeable, row-major, no view, and
        passed once is overwritten; another is copied first. Donation has no effect on Tensors, on
        arrays without axes, and where the call is itself transformed or recorded (under `grad`,
        `vmap`, an outer `jit`).
    keep_unused : bool
        Keep arguments in the program that it does not use. By default they are dropped: they are
        neither read nor copied at a call.
    inline : bool
        When another function that calls this one is recorded, put the equations in its program
        in place of a call.

    Returns
    -------
    callable
        With the signature of `fun`.

    Raises
    ------
    ValueError
        If a number or name is none of `fun`'s arguments, or an argument is static and donated.
    ConcretizationError
        When called, if `fun` needs the value of a traced argument (``if x > 0``), naming the line.
    TypeError
        When called, if a static argument is not hashable.

    Warns
    -----
    UserWarning
        When recorded, if no result can take the place of a donated array.

    See Also
    --------
    explain_retraces : why functions are recorded again.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> f = fl.jit(lambda x: np.sum(np.tanh(x)))
    >>> float(f(np.zeros(3)))
    0.0

    A step that updates its state in place:

    >>> step = fl.jit(lambda w, g: w - 0.1 * g, donate_argnums=0)
    >>> w = np.ones(2)
    >>> for _ in range(3):
    ...     w = step(w, np.full(2, 2.0))
    >>> w
    array([0.4, 0.4])
    """
    options = {
        "static_argnums": as_tuple(static_argnums),
        "static_argnames": as_tuple(static_argnames),
        "donate_argnums": as_tuple(donate_argnums),
        "donate_argnames": as_tuple(donate_argnames),
    }

    def wrap(f: Callable[..., Any]) -> JitFunction:
        return JitFunction(f, options, keep_unused, inline)

    return wrap if fun is None else wrap(fun)
