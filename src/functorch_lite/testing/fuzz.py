"""Random programs under random stacks of transforms, by the thousand."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..compile.executor import compile_mode
from ..errors import MissingRuleError
from ..ir import Jaxpr
from .choices import Choices, SeededChoices
from .generate import RandomProgram, random_program
from .laws import LAWS, LawViolation
from .program import program_source
from .reduce import reduce_program
from .stacks import LAYERS, run_stack
from .subject import Subject
from .walk import all_eqns

__all__ = ["Disagreement", "FuzzResult", "fuzz", "fuzz_one"]


class Disagreement(NamedTuple):
    """A program for which two computations differ, or one fails.

    Attributes
    ----------
    seed : int
        Replays it: ``python -m functorch_lite.testing fuzz --replay SEED:NUMBER``.
    number : int
        Of the example.
    error : str
    source : str
        A minimal program, runnable.
    """

    seed: int
    number: int
    error: str
    source: str

    def __str__(self) -> str:
        return (
            f"example {self.number} (replay with --replay {self.seed}:{self.number}): {self.error}"
            f"\n\n{self.source}\n"
        )


class FuzzResult(NamedTuple):
    """What a run found.

    Attributes
    ----------
    examples : int
    disagreements : list of Disagreement
    unsupported : Counter
        Declared gaps that were met.
    primitives : Counter
        In how many programs each primitive occurred.
    notes : int
        Directions that were not counted because of kinks.
    seconds : float
    """

    examples: int
    disagreements: list[Disagreement]
    unsupported: Counter[str]
    primitives: Counter[str]
    notes: int
    seconds: float


class Example(NamedTuple):
    """A program and what to check."""

    program: RandomProgram
    layers: list[str]
    compiled: bool

    def check(self) -> int:
        """Check; return the number of directions that were not counted."""
        return check_example(self.program.__call__, self.program.args, self.layers, self.compiled)


def check_example(
    f: Callable[..., Any], args: Sequence[Any], layers: Sequence[str], compiled: bool
) -> int:
    """Check a stack; when compiled, also the program itself against the interpreter."""
    notes = len(run_stack(f, args, layers, compiled=compiled).notes)
    if compiled:
        LAWS["jit"].apply(Subject(f, args))
    else:
        with compile_mode("never"):
            subject = Subject(f, args)
            if subject.differentiable:
                LAWS["adjoint"].apply(subject)
    return notes


def make_example(
    seed: int, number: int, depth: int, size: int, compile_share: float, dtype: str = "float64"
) -> Example:
    """Return example `number` of a run."""
    c = SeededChoices([seed, number])
    program = random_program(c, size, dtype)
    return Example(program, random_stack(c, depth), float(c.rng.random()) < compile_share)


def random_stack(c: Choices, depth: int) -> list[str]:
    """Choose a stack of transforms."""
    return [c.pick(LAYERS) for _ in range(c.integer(1, depth))]


def fuzz_one(seed: int, number: int, **settings: Any) -> Disagreement | None:
    """Check one example and shrink it if it fails; MissingRuleError passes through."""
    example = make_example(seed, number, **settings)
    try:
        example.check()
    except MissingRuleError:
        raise
    except Exception as e:
        return _explain(seed, number, example, e)
    return None


def _explain(seed: int, number: int, example: Example, error: Exception) -> Disagreement:
    kind = type(error)

    def fails(jaxpr: Jaxpr, args: list[Any]) -> bool:
        program = RandomProgram(jaxpr, args)
        try:
            Example(program, example.layers, example.compiled).check()
        except MissingRuleError:
            return False
        except Exception as e:
            return isinstance(e, kind)
        return False

    jaxpr, args = reduce_program(example.program.jaxpr, example.program.args, fails, 20.0)
    call = f"check_stack(program, args, {example.layers}, compiled={example.compiled})"
    if (
        isinstance(error, LawViolation)
        and error.law in ("jit", "adjoint")
        and example.layers[0] != error.law
    ):
        call = f"check_laws(program, args, [{error.law!r}])"
    source = program_source(jaxpr, args, call)
    return Disagreement(seed, number, f"{kind.__name__}: {str(error)[:600]}", source)


def fuzz(
    examples: int = 20000,
    depth: int = 3,
    *,
    seed: int = 0,
    size: int = 8,
    compile_share: float = 0.02,
    dtype: str = "float64",
    start: int = 0,
    limit: int = 20,
    seconds: float = float("inf"),
    report: Callable[[str], None] | None = None,
) -> FuzzResult:
    """Check random programs under random stacks of transforms.

    Parameters
    ----------
    examples : int
        How many programs.
    depth : int
        Most transforms on top of each other.
    seed : int
        Example k of a seed is always the same.
    size : int
        Most operations of a program.
    compile_share : float
        The share of examples whose jit layers are compiled, which takes longer.
    dtype : str
        Of the inputs.
    start : int
        Number of the first example.
    limit : int
        Stop after so many disagreements.
    seconds : float
        Stop after so much time.
    report : callable, optional
        Given progress as text.

    Examples
    --------
    >>> fuzz(3, depth=1, compile_share=0.0).disagreements
    []
    """
    begin = time.monotonic()
    found: list[Disagreement] = []
    unsupported: Counter[str] = Counter()
    primitives: Counter[str] = Counter()
    notes = done = 0
    for number in range(start, start + examples):
        if time.monotonic() - begin > seconds or len(found) >= limit:
            break
        done += 1
        example = make_example(seed, number, depth, size, compile_share, dtype)
        primitives.update({e.primitive.name for e in all_eqns(example.program.jaxpr)})
        try:
            notes += example.check()
        except MissingRuleError as e:
            unsupported[str(e).splitlines()[0]] += 1
        except Exception as e:
            with np.errstate(all="ignore"):
                found.append(_explain(seed, number, example, e))
            if report is not None:
                report(str(found[-1]))
        if report is not None and done % 500 == 0:
            report(f"{done} programs, {len(found)} disagreements, {time.monotonic() - begin:.0f} s")
    return FuzzResult(done, found, unsupported, primitives, notes, time.monotonic() - begin)
