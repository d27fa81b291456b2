"""When to compile: the executor of jitted programs.

A program is interpreted the first time and compiled when it comes again, so nobody waits for a
first result. ``FUNCTORCH_LITE_COMPILE`` or `set_compile_mode` changes that: ``"never"`` is the
debug switch that always interprets, ``"always"`` compiles at once.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..ir import Jaxpr, Tracer, current_state, names_axis, run_jaxpr
from ..transforms.call import settings
from .precision import get_precision

__all__ = ["compile_mode", "compiled_program", "execute", "program_name", "set_compile_mode"]

_MODES = ("auto", "never", "always")
# The run at which a program is compiled.
_COMPILE_AT = {"auto": 2, "always": 1}
_mode = [os.environ.get("FUNCTORCH_LITE_COMPILE", "auto")]


def set_compile_mode(mode: str) -> None:
    """Choose when jitted programs are compiled.

    Parameters
    ----------
    mode : {"auto", "never", "always"}
        At the second run, not at all, or at the first run.
    """
    if mode not in _MODES:
        raise ValueError(f"compile mode must be one of {_MODES}, got {mode!r}")
    _mode[0] = mode
    settings[0] += 1


@contextmanager
def compile_mode(mode: str) -> Iterator[None]:
    """Choose when jitted programs are compiled, for a while.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with compile_mode("never"):
    ...     y = fl.jit(lambda x: x + 1)(1.0)
    """
    before = _mode[0]
    set_compile_mode(mode)
    try:
        yield
    finally:
        _mode[0] = before
        settings[0] += 1


def execute(jaxpr: Jaxpr, args: Sequence[Any], donated: tuple[int, ...] = ()) -> list[Any]:
    """Run a closed jaxpr: interpreted or compiled, by how often it came.

    Parameters
    ----------
    jaxpr : Jaxpr
    args : sequence of arrays
    donated : tuple of int
        Positions of arguments that the caller gives up, see `drive.compile_program`; results may
        be the very arrays. The interpreter takes them out of `args`, if
        that is a `Handover`, so that their memory is free after their last use, and writes into
        those that others refer to.
    """
    memo = jaxpr.memo
    mode = _mode[0]
    if mode == "never" or current_state().omni is not None:
        return run_jaxpr(jaxpr, args, donated)
    program = compiled_program(jaxpr, donated)
    if program is None:
        runs = memo["runs"] = memo.get("runs", 0) + 1
        if runs < _COMPILE_AT[mode] or any(isinstance(a, Tracer) for a in args):
            return run_jaxpr(jaxpr, args, donated, once=True)
        program = memo[program_name(donated)] = _compile(jaxpr, donated)
        memo["compiled"] = True
    if not donated and getattr(program, "owns_outputs", False):
        memo["ready"] = (settings[0], program)
    return program(args)


def program_name(donated: tuple[int, ...]) -> Any:
    """Return under which name a jaxpr's memo keeps the program that is given these arguments."""
    return ("program", donated) if donated else "program"


def compiled_program(jaxpr: Jaxpr, donated: tuple[int, ...]) -> Any:
    """Return the program that a jaxpr was compiled to, None if there is none for this precision."""
    program = jaxpr.memo.get(program_name(donated))
    level = getattr(program, "precision", None)
    return program if level is None or level == get_precision() else None


def _compile(jaxpr: Jaxpr, donated: tuple[int, ...]) -> Callable[[Sequence[Any]], list[Any]]:
    """Compile a program; one without work for a kernel stays with the interpreter."""
    from .drive import compile_program

    if names_axis(jaxpr):  # the trace of its axis must see a collective
        return lambda args: run_jaxpr(jaxpr, args)
    program = compile_program(jaxpr, get_precision(), donated)
    if not program.has_work:
        return lambda args: run_jaxpr(jaxpr, args)
    with np.errstate(all="ignore"):
        program.load()
    return program
