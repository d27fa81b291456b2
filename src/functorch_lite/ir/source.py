"""Where in the user's code an equation was born.

Walking frames costs about a tenth of a microsecond each, so only the code object and the
instruction offset are kept; file name and line are worked out when someone asks.
"""

import linecache
import os
import sys
from contextvars import ContextVar
from types import CodeType
from typing import NamedTuple

__all__ = [
    "Source",
    "backward_of",
    "current_source",
    "has_source",
    "is_internal",
    "override_source",
    "reset_source",
    "summarize",
]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
# Files of decorators and of tree functions, which stand between this package and the user.
_BETWEEN = ("optree/ops.py", "contextlib.py", "functools.py", "numpy/_core/_ufunc_config.py")
_is_internal: dict[CodeType, bool] = {}
# Rules that act on behalf of an equation (jvp, transpose, batch) keep that equation's line.
_override: ContextVar["Source | None"] = ContextVar("functorch_lite_source", default=None)


class Source(NamedTuple):
    """A position in user code; `backward` if the equation is of its derivative's transpose."""

    code: CodeType
    lasti: int
    backward: bool = False

    @property
    def file(self) -> str:
        """The file's path."""
        return self.code.co_filename

    @property
    def line(self) -> int:
        """The line number, counted from 1."""
        positions = list(self.code.co_positions())
        index = self.lasti // 2
        line = positions[index][0] if 0 <= index < len(positions) else None
        return line if line is not None else self.code.co_firstlineno

    @property
    def expression(self) -> str:
        """The expression of the user's code, if it stands in one line; else nothing."""
        positions = list(self.code.co_positions())
        index = self.lasti // 2
        if not 0 <= index < len(positions):
            return ""
        first, last, start, end = positions[index]
        if first is None or first != last or start is None or end is None:
            return ""
        # Offsets count bytes.
        return linecache.getline(self.file, first).encode()[start:end].decode()

    @property
    def function(self) -> str:
        """The name of the enclosing function."""
        return self.code.co_name

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.line).strip()
        where = f"{self.file}:{self.line} (in {self.function})"
        return f"{where}: {text}" if text else where


_new = tuple.__new__  # a third of the time of Source(...)


def _internal(code: CodeType) -> bool:
    """Tell whether a code object belongs to this package, and remember the answer."""
    answer = code.co_filename.startswith((_PACKAGE, "<functorch_lite", "<__array_function__"))
    answer = answer or code.co_filename.endswith(_BETWEEN)
    _is_internal[code] = answer
    return answer


def is_internal(code: CodeType) -> bool:
    """Tell whether a code object belongs to this package."""
    known = _is_internal.get(code)
    return _internal(code) if known is None else known


def has_source() -> bool:
    """Tell whether a source is set that equations carry, whatever code runs."""
    return _override.get() is not None


def current_source(skip: int = 1) -> Source | None:
    """Return the innermost frame outside this package, or the overriding source.

    `skip` is how many frames, this one included, are known to be of this package.
    """
    override = _override.get()
    if override is not None:
        return override
    frame = sys._getframe(skip)
    known = _is_internal.get
    while frame is not None:
        code = frame.f_code
        internal = known(code)
        if internal is None:
            internal = _internal(code)
        if not internal:
            return _new(Source, (code, frame.f_lasti, False))
        frame = frame.f_back  # type: ignore[assignment]
    return None


class override_source:
    """Let all equations recorded inside carry `source`."""

    __slots__ = ("source", "token")

    def __init__(self, source: Source | None) -> None:
        self.source = source

    def __enter__(self) -> None:
        self.token = _override.set(self.source)

    def __exit__(self, *exc: object) -> None:
        _override.reset(self.token)


def backward_of(source: Source | None) -> override_source:
    """Let all equations recorded inside carry `source`, marked as its backward pass."""
    return override_source(None if source is None else Source(source.code, source.lasti, True))


def reset_source() -> override_source:
    """Return to the user's own frames inside user functions called by a rule."""
    return override_source(None)


def summarize(source: Source | None) -> str:
    """Render a source for an error message."""
    return f"at {source}" if source is not None else "at an unknown place"
