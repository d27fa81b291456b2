"""Why a jitted function was recorded again: what differs from the nearest earlier signature."""

import inspect
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple

from ..ir import Source
from ..pytree import keystr, tree_flatten_with_path, tree_unflatten

__all__ = ["Recordings", "Retrace", "RetraceReport", "Signature", "explain_retraces"]

_log = logging.getLogger("functorch_lite.jit")

# So many recordings of one function are remembered.
_MOST = 100


_numbers = count()


class Signature(NamedTuple):
    """What a program is recorded for: the key of a jitted function's cache."""

    treedef: Any
    avals: tuple[Any, ...]
    static: tuple[tuple[Any, type, Any], ...] | None
    n_args: int
    axes: tuple[tuple[Any, int], ...]


class Retrace(NamedTuple):
    """One time that a jitted function was recorded again.

    Attributes
    ----------
    function : str
        Its name.
    where : Source or None
        The line that called it.
    reasons : tuple of str
        What differs from the nearest earlier signature, an argument each.
    """

    function: str
    where: Source | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        at = "" if self.where is None else f" at {self.where.file}:{self.where.line}"
        return f"{self.function} was recorded again{at}: " + "; ".join(self.reasons)


class RetraceReport(list[Retrace]):
    """A list of retraces that prints as text, one a line."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "nothing was recorded again"


class _Listener:
    """Collects for `explain_retraces`."""

    def __init__(self) -> None:
        self.report = RetraceReport()
        self.seen: dict[Any, int] = {}  # code of functions recorded, and by which jitted function


_listeners: list[_Listener] = []


@contextmanager
def explain_retraces() -> Iterator[RetraceReport]:
    """Collect why jitted functions are recorded again while the block runs.

    A function that is jitted anew in each turn of a loop is found as well. The same lines go to
    the logger ``functorch_lite.jit`` at level DEBUG, with or without the block.

    Yields
    ------
    RetraceReport
        A list of `Retrace` that grows while the block runs; print it.

    Examples
    --------
    >>> import numpy as np
    >>> import functorch_lite as fl
    >>> f = fl.jit(lambda x: x * 2.0)
    >>> with fl.explain_retraces() as report:
    ...     y = f(np.ones(3)), f(np.ones(4))
    >>> report[0].reasons
    ('x changed shape: (3,) -> (4,)',)
    """
    listener = _Listener()
    _listeners.append(listener)
    try:
        yield listener.report
    finally:
        _listeners.remove(listener)


class Recordings:
    """What one jitted function was recorded for, in order."""

    def __init__(self, fun: Callable[..., Any], name: str) -> None:
        self.fun, self.name = fun, name
        self._number = next(_numbers)  # (an id is used again once its object is gone)
        self._all: deque[tuple[Signature, Source | None, str]] = deque(maxlen=_MOST)

    def add(self, signature: Signature, where: Source | None, not_kept: str = "") -> None:
        """Remember a recording; `not_kept` says why its program cannot be used again."""
        first = not self._all
        self._all.append((signature, where, not_kept))
        for listener in _listeners:
            code = getattr(self.fun, "__code__", None)
            if (
                first
                and listener.seen.setdefault(code, self._number) != self._number
                and code is not None
            ):
                again = (
                    "it is a new jitted function of the same code as one before; call jit once, "
                    "outside of the loop or function",
                )
                listener.report.append(Retrace(self.name, where, again))
        if not first and (_listeners or _log.isEnabledFor(logging.DEBUG)):
            retrace = self._explain(len(self._all) - 1)
            _log.debug("%s", retrace)
            for listener in _listeners:
                listener.report.append(retrace)

    def clear(self) -> None:
        """Forget all."""
        self._all.clear()

    def report(self) -> RetraceReport:
        """Explain all recordings but the first."""
        return RetraceReport(self._explain(i) for i in range(1, len(self._all)))

    def _explain(self, i: int) -> Retrace:
        signature, where, _ = self._all[i]
        before = [s for s, _, _ in self._all][:i]
        if signature in before:
            last = next(r for s, _, r in reversed([*self._all][:i]) if s == signature)
            return Retrace(self.name, where, (last or "its recorded program was dropped",))
        # The latest of those that differ least.
        found = min((differences(self.fun, s, signature) for s in reversed(before)), key=len)
        return Retrace(self.name, where, tuple(found))


def differences(fun: Callable[..., Any], old: Signature, new: Signature) -> list[str]:
    """List what differs between two signatures of a function."""
    out = _static_differences(fun, old, new)
    if old.axes != new.axes:
        out.append(f"mapped axes in scope changed: {dict(old.axes)} -> {dict(new.axes)}")
    was, now = _named_leaves(fun, old), _named_leaves(fun, new)
    if list(was) != list(now):
        gone, came = [k for k in was if k not in now], [k for k in now if k not in was]
        changes = [f"without {', '.join(gone)}"] * bool(gone)
        changes += [f"with {', '.join(came)}"] * bool(came)
        out.append(f"structure of the arguments changed: {' and '.join(changes) or 'order'}")
    elif old.treedef != new.treedef:
        out.append(f"containers of the arguments changed: {old.treedef} -> {new.treedef}")
    for name in was:
        if name in now and was[name] != now[name]:
            out += _aval_differences(name, was[name], now[name])
    return out


def _aval_differences(name: str, a: Any, b: Any) -> list[str]:
    out = []
    if a.shape != b.shape:
        out.append(f"{name} changed shape: {a.shape} -> {b.shape}")
    if a.dtype != b.dtype:
        out.append(f"{name} changed dtype: {a.dtype.name} -> {b.dtype.name}")
    if a.weak_type != b.weak_type:
        kinds = {True: "a Python number", False: "an array"}
        out.append(f"{name} was {kinds[a.weak_type]} and is {kinds[b.weak_type]}")
    return out


def _static_differences(fun: Callable[..., Any], old: Signature, new: Signature) -> list[str]:
    def named(signature: Signature) -> dict[str, tuple[type, Any]]:
        names = _positional_names(fun, signature.n_args)
        pairs = signature.static or ()
        return {(names[k] if isinstance(k, int) else k): (t, v) for k, t, v in pairs}

    was, now, out = named(old), named(new), []
    for name in {**was, **now}:
        if was.get(name) != now.get(name):
            a, b = (repr(d[name][1]) if name in d else "not given" for d in (was, now))
            out.append(f"static argument {name} changed: {a} -> {b}")
    return out


def _positional_names(fun: Callable[..., Any], n: int) -> list[str]:
    """Name the first `n` positional arguments of a function."""
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for i in range(n):
        p = parameters[min(i, len(parameters) - 1)] if parameters else None
        if p is None or p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD):
            names.append(f"argument {i}")
        elif p.kind is p.VAR_POSITIONAL:
            names.append(f"{p.name}[{i - len(parameters[: parameters.index(p)])}]")
        else:
            names.append(p.name)
    return names


def _named_leaves(fun: Callable[..., Any], signature: Signature) -> dict[str, Any]:
    """Return the avals of a signature's leaves by how the user would write them."""
    static = {k for k, _, _ in signature.static or ()}
    names = _positional_names(fun, signature.n_args)
    traced = [name for i, name in enumerate(names) if i not in static]
    tree = tree_unflatten(signature.treedef, signature.avals)

    def name(path: Sequence[Any]) -> str:
        head = traced[path[1]] if path[0] == 0 else str(path[1])
        return head + keystr(path[2:])

    return {name(path): aval for path, aval in tree_flatten_with_path(tree)[0]}
