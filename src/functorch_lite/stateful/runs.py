"""One run of a program on what a graph was given, and what can be done after an exception.

An exception may come from an operation, or from outside at any moment: Ctrl-C, no memory. What is
left then can nearly always go on:

- the interpreter goes on with the operation it was at;
- machine code that overwrites nothing starts again;
- machine code that overwrites its inputs is not interrupted: signals wait for its end.

Only if the last is broken by something else (no memory, a callback that raises, a second Ctrl-C)
are values lost.
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compile.executor import compiled_program
from ..ir import Eqn, Handover, Jaxpr, Literal, Var, failed_eqn, summarize
from ..ir.trace import apply_impl
from ..transforms.call import run_call
from ..transforms.seal import break_seal, seal
from .programs import count_run, find_variant
from .signals import call_holding_signals

if TYPE_CHECKING:
    from .lazy import Graph

__all__ = ["Run"]

# Arrays below this size are not worth donating.
_SMALLEST_DONATED = 1 << 14


class Run:
    """A run of the program that computes the values of slots of a graph.

    Attributes
    ----------
    variant : Variant
        The program.
    lost_by : str
        What broke it while inputs were overwritten, so that values are lost; empty if they are not.
    """

    def __init__(self, graph: "Graph", live: Sequence[int]) -> None:
        variant = self.variant = find_variant(graph, live)
        arrays, inputs = graph.arrays, variant.inputs
        given = tuple(i for i, s in enumerate(inputs) if _is_given_up(arrays, s))
        variant.choose_donated(given)
        self.donated = variant.donated
        shared = {
            inputs[i]
            for i in self._overwritten()
            if i not in given or not _owns_memory(arrays[inputs[i]])
        }
        args: list[Any] = []
        for s in inputs:
            x = arrays.get(s)
            if x is None:
                args.append(np.asarray(graph.scalars[s]))
            else:
                args.append(np.array(x, order="C") if s in shared else x)
        for i in self._overwritten():
            break_seal(args[i])
        for i in getattr(self._program(), "watched", ()):
            seal(args[i])
        self._args = Handover(args)
        self._results: dict[int, np.ndarray[Any, Any]] | None = None
        self.lost_by = ""

    def _overwritten(self) -> Sequence[int]:
        """Return the positions of the inputs that machine code overwrites, or may once it is there.

        Empty of interpreted programs that stay so.
        """
        overwritten: Sequence[int] = getattr(self._program(), "overwritten", self.donated)
        return overwritten

    def _program(self) -> Any:
        """Return the compiled program, None while there is none or another precision is asked for."""
        return compiled_program(self.variant.jaxpr, self.donated)

    def _is_critical(self) -> bool:
        """Tell whether machine code that overwrites inputs is there: from then on it may run."""
        return bool(getattr(self._program(), "overwritten", ()))

    def call(self, function: Callable[[], None]) -> None:
        """Call what calls `go` and keeps the values; signals wait while inputs are overwritten."""
        if self.donated:
            call_holding_signals(function, self._is_critical)
        else:
            function()

    def go(self) -> dict[int, np.ndarray[Any, Any]]:
        """Return the values by slot; may be called again after an exception if none are lost."""
        if self._results is None:
            self.lost_by = "interrupted"  # until the contrary is known: exceptions come anywhere
            try:
                self._results = dict(zip(self.variant.slots, self._compute(), strict=True))
            except BaseException as error:
                self.lost_by = self._what_is_lost_by(error)
                if isinstance(error, Exception):
                    self._explain(error)
                if self.lost_by:
                    self._args = Handover([])
                raise
            count_run(self.variant)
        self.lost_by = ""
        return self._results

    def _compute(self) -> list[np.ndarray[Any, Any]]:
        with np.errstate(all="ignore"):
            if self._args.evaluation is not None:
                return self._args.evaluation.run()
            return run_call(self.variant.jaxpr, self._args, self.donated)

    def _what_is_lost_by(self, error: BaseException) -> str:
        """Return the text of `lost_by` for an exception."""
        if not self._is_critical() or _was_preparing(error):
            return ""
        return "".join(traceback.format_exception_only(error)).partition("\n")[0]

    def _explain(self, error: Exception) -> None:
        """Say which operation has raised."""
        eqn = failed_eqn(error)
        if eqn is None and not self.donated:
            eqn = _find_failing(self.variant.jaxpr, self._args)
        if eqn is not None:
            error.add_note(
                f"It was raised by {eqn.primitive.name}, an operation on Tensors that had been "
                f"deferred {summarize(eqn.source)}. Operations run at once in "
                "functorch_lite.eager()."
            )


def _was_preparing(error: BaseException) -> bool:
    """Tell whether a program was being made, or its memory: it has not overwritten anything."""
    from ..compile.drive import CompiledProgram

    preparing = {
        CompiledProgram.__init__.__code__,
        CompiledProgram.load.__code__,
        CompiledProgram._new_arena.__code__,
    }
    return any(f.f_code in preparing for f, _ in traceback.walk_tb(error.__traceback__))


def _find_failing(jaxpr: Jaxpr, args: Sequence[Any]) -> Eqn | None:
    """Run a program again, one operation at a time, and return the one that raises."""
    env: dict[Var, Any] = dict(zip(jaxpr.invars, args, strict=True))
    for eqn in jaxpr.eqns:
        values = [a.value if isinstance(a, Literal) else env[a] for a in eqn.inputs]
        try:
            out = apply_impl(eqn.primitive, values, eqn.params)
        except Exception:
            return eqn
        env.update(zip(eqn.outvars, out if eqn.primitive.multiple_results else [out], strict=True))
    return None


def _is_given_up(arrays: dict[int, np.ndarray[Any, Any]], slot: int) -> bool:
    """Tell whether nothing but `arrays` refers to an array that is large enough to matter."""
    x = arrays.get(slot)
    return x is not None and x.nbytes >= _SMALLEST_DONATED and sys.getrefcount(x) <= _ONE_HOLDER


def _owns_memory(x: np.ndarray[Any, Any]) -> bool:
    """Tell whether an array may be overwritten if nothing refers to it; a view may not."""
    return x.flags.owndata and x.flags.carray


def _count_of_one_holder() -> int:
    """Return the reference count that `_is_given_up` sees of an array that only a dict holds."""
    arrays = {0: np.empty(0)}
    x = arrays.get(0)
    return sys.getrefcount(x)


_ONE_HOLDER = _count_of_one_holder()
