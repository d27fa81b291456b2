"""Programs of pending operations: found by structure, compiled when they come again.

A graph's structure is a list of small integers: for each equation the number of its *kind*
(primitive, operand types, parameters) and the slots of its operands. Programs are kept under it.

Scalar operands are not part of the structure. They are constants of a program, which lets the
compiler simplify with them, until one is seen to change (a loss scale); from then on that one is
an input. What is known to change, such as a learning rate, is given as an array from the start.

A program returns what was still held when it ran. Another set of held values makes another
variant, except that a compiled variant which returns more will do.

When a program is compiled, those of its inputs that nobody else refers to by then are donated:
parameters and the optimiser's state, which their Tensors have given up for pending values. Should
somebody refer to such an array in a later run, the program gets a copy.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import (
    Atom,
    Eqn,
    Jaxpr,
    Literal,
    Primitive,
    ShapedArray,
    Source,
    Var,
    dce_jaxpr,
    typeof,
)
from ..transforms.call import jit_p

if TYPE_CHECKING:
    from .lazy import Graph

__all__ = [
    "Kind",
    "Variant",
    "count_run",
    "execution_info",
    "find_variant",
    "kind_of",
    "type_number",
]

_MAX_KINDS = 50_000
_MAX_PROGRAMS = 64


class Kind:
    """An operation on operands of given types."""

    __slots__ = ("number", "out_avals", "out_types", "params", "prim", "pullbacks")

    def __init__(
        self, number: int, prim: Primitive, params: dict[str, Any], out_avals: list[ShapedArray]
    ) -> None:
        self.number = number
        self.prim = prim
        self.params = params
        self.out_avals = out_avals
        self.out_types = [type_number(a.shape, a.dtype) for a in out_avals]
        # By which operands have a gradient; kept by the tape, which finds it here at once.
        self.pullbacks: dict[tuple[bool, ...], Any] = {}


_kinds: dict[tuple[Any, ...], Kind] = {}
_next_number = count().__next__


_types: dict[tuple[Any, ...], int] = {}


def type_number(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return the number of a type: hashed in no time, unlike a shape and a dtype."""
    number = _types.get((shape, dtype))
    return _types.setdefault((shape, dtype), _next_number()) if number is None else number


def kind_of(
    prim: Primitive, types: list[Any], args: Sequence[Any], params: dict[str, Any]
) -> Kind | None:
    """Return the kind of an operation, or None if its parameters cannot be compared.

    Raises
    ------
    ShapeError, DTypeError
        What the primitive says of operands that do not fit.
    """
    for k, v in params.items():
        types += (k, _frozen(v) if type(v) in _HOLDERS else v)
    key = tuple(types)
    try:
        kind = _kinds.get(key)
    except TypeError:
        return None
    if kind is None:
        out = prim.abstract_eval(*map(typeof, args), **params)
        avals = [a.strengthen() for a in (out if prim.multiple_results else (out,))]
        if len(_kinds) >= _MAX_KINDS:
            _kinds.clear()
            _types.clear()
            _programs.clear()
        kind = _kinds[key] = Kind(_next_number(), prim, params, avals)
    return kind


# Types of parameters that may hold a jaxpr.
_HOLDERS = (Jaxpr, tuple)


def _frozen(x: Any) -> Any:
    """Return a parameter in a form that is equal for equal programs."""
    if isinstance(x, Jaxpr):
        return ("jaxpr", _structure_number(x))
    if type(x) is tuple and x and isinstance(x[0], Jaxpr):
        return tuple(map(_frozen, x))
    return x


_structures: dict[tuple[Any, ...], int] = {}


def _structure_number(jaxpr: Jaxpr) -> int:
    """Return a number that equal closed jaxprs share; remembered on the jaxpr."""
    number: int | None = jaxpr.memo.get("structure")
    if number is None:
        number = _structures.setdefault(_structure_of(jaxpr), _next_number())
        jaxpr.memo["structure"] = number
    return number


def _structure_of(jaxpr: Jaxpr) -> tuple[Any, ...]:
    """Return a closed jaxpr as nested tuples, equal for equal programs."""
    number: dict[Var, int] = {v: i for i, v in enumerate(jaxpr.invars)}

    def atom(a: Any) -> Any:
        if isinstance(a, Literal):
            return (type(a.value), str(a.value), a.aval)
        return number[a]

    parts: list[Any] = [tuple(jaxpr.in_avals)]
    for e in jaxpr.eqns:
        inputs = tuple(map(atom, e.inputs))
        for v in e.outvars:
            number[v] = len(number)
        params = tuple([(k, _frozen(v)) for k, v in e.params.items()])
        parts.append((e.primitive, inputs, params, tuple([v.aval for v in e.outvars])))
    parts.append(tuple(map(atom, jaxpr.outs)))
    return tuple(parts)


class Variant:
    """A program that returns the values in certain slots.

    Attributes
    ----------
    jaxpr : Jaxpr
        Closed.
    slots : tuple of int
        What it returns.
    inputs : list of int
        The slots of its inputs.
    donated : tuple of int
        Positions of the inputs that it may overwrite.
    """

    def __init__(self, jaxpr: Jaxpr, slots: tuple[int, ...], inputs: list[int]) -> None:
        self.jaxpr, self.slots, self.inputs = jaxpr, slots, inputs
        self.donated: tuple[int, ...] = ()
        self.runs = 0
        self._more_given = 0

    @property
    def is_compiled(self) -> bool:
        """Whether machine code is there."""
        return "compiled" in self.jaxpr.memo

    def choose_donated(self, given: tuple[int, ...]) -> None:
        """Count a run that gives up inputs at certain positions, and decide which to donate.

        In the first run all, and again when the program is compiled. Later, what is found to be
        given up more than once in a row.
        """
        self.runs += 1
        if set(given) <= set(self.donated) and self.runs > _COMPILED_AT:
            self._more_given = 0
            return
        self._more_given += 1
        if self.runs <= _COMPILED_AT or self._more_given >= _PATIENCE:
            self.donated, self._more_given = given, 0


# The interpreter of the first run only lets go of what is donated; machine code overwrites it.
_COMPILED_AT = 2
# So many runs in a row with more to donate make a program be compiled again.
_PATIENCE = 3


class Program:
    """The variants of one structure, and which of its scalars have been seen to change."""

    def __init__(self, scalars: dict[int, Any]) -> None:
        self.scalars = {slot: _comparable(x) for slot, x in scalars.items()}
        self.varying: set[int] = set()
        self.variants: dict[tuple[int, ...], Variant] = {}

    def note_scalars(self, scalars: dict[int, Any]) -> None:
        """Make inputs of scalars that have changed."""
        changed = {
            slot
            for slot, x in scalars.items()
            # (A scalar of an operation that was not recorded after all need not be known.)
            if slot in self.scalars and slot not in self.varying
            if self.scalars[slot] != _comparable(x)
        }
        if changed:
            self.varying |= changed
            self.variants.clear()

    def variant(self, graph: "Graph", live: tuple[int, ...]) -> Variant:
        """Return the variant that returns these slots, or a compiled one that returns more."""
        found = self.variants.get(live)
        if found is not None and found.is_compiled:
            return found
        wanted = set(live)
        enough = [v for v in self.variants.values() if v.is_compiled and wanted <= set(v.slots)]
        if enough:
            return min(enough, key=lambda v: len(v.slots))
        if found is None:
            found = self.variants[live] = _build(graph, live, self.varying)
        return found


def _comparable(x: Any) -> Any:
    """Return a number so that those that a program can tell apart differ: 0.0 and -0.0."""
    return x if x else repr(x)


_programs: OrderedDict[tuple[int, ...], Program] = OrderedDict()
_counts = {"programs": 0, "runs": 0, "compiled_runs": 0}


def execution_info() -> dict[str, int]:
    """Return how often deferred operations have run.

    Returns
    -------
    dict
        ``programs``: how many structures have been seen; ``runs``: how many programs have run;
        ``compiled_runs``: how many of those by machine code.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> before = fl.execution_info()["runs"]
    >>> with fl.deferred():
    ...     x = fl.ones(3) + 1
    >>> y = x.numpy()
    >>> fl.execution_info()["runs"] - before
    1
    """
    return dict(_counts)


def find_variant(graph: "Graph", live: Sequence[int]) -> Variant:
    """Return the program that computes the values of slots of a graph, and perhaps of more."""
    key = tuple(graph.code)
    program = _programs.get(key)
    if program is None:
        program = _programs[key] = Program(graph.scalars)
        _counts["programs"] += 1
        if len(_programs) > _MAX_PROGRAMS:
            _programs.popitem(last=False)
    else:
        _programs.move_to_end(key)
        program.note_scalars(graph.scalars)
    return program.variant(graph, tuple(live))


def count_run(variant: Variant) -> None:
    """Note for `execution_info` that a program has run."""
    _counts["runs"] += 1
    _counts["compiled_runs"] += variant.is_compiled


def _build(graph: "Graph", live: tuple[int, ...], varying: set[int]) -> Variant:
    """Return the program of a graph that computes the values of some slots."""
    env: dict[int, Atom] = {}
    inputs: list[int] = []
    invars: list[Var] = []

    def atom(slot: int) -> Atom:
        if slot in graph.scalars and slot not in varying:
            x = graph.scalars[slot]
            return Literal(x[()] if isinstance(x, np.ndarray) else x)
        v = env.get(slot)
        if v is None:
            x = graph.arrays[slot] if slot in graph.arrays else graph.scalars[slot]
            v = env[slot] = Var(typeof(x).strengthen())
            inputs.append(slot)
            invars.append(v)
        return v

    eqns: list[Eqn] = []
    for kind, operands, source, first in zip(
        graph.kinds, graph.operands, graph.sources, graph.firsts, strict=True
    ):
        atoms = [atom(s) for s in operands]
        if kind.prim is jit_p:
            outs = _inlined(kind.params["jaxpr"], atoms, source, eqns)
        else:
            outvars = [Var(a) for a in kind.out_avals]
            eqns.append(Eqn(kind.prim, atoms, outvars, kind.params, source))
            outs = [*outvars]
        env.update(zip(range(first, first + len(outs)), outs, strict=True))
    whole = Jaxpr([], invars, eqns, [env[s] for s in live])
    pruned, used = dce_jaxpr(whole)
    return Variant(pruned, live, [s for s, u in zip(inputs, used, strict=True) if u])


def _inlined(
    jaxpr: Jaxpr, atoms: Sequence[Atom], source: Source | None, eqns: list[Eqn]
) -> list[Atom]:
    """Append the equations of a call, and return its results."""
    env: dict[Var, Atom] = dict(zip(jaxpr.invars, atoms, strict=True))
    for e in jaxpr.eqns:
        inputs = [a if isinstance(a, Literal) else env[a] for a in e.inputs]
        if e.primitive is jit_p:
            outs = _inlined(e.params["jaxpr"], inputs, e.source or source, eqns)
        else:
            outvars = [Var(v.aval) for v in e.outvars]
            eqns.append(Eqn(e.primitive, inputs, outvars, e.params, e.source or source))
            outs = [*outvars]
        env.update(zip(e.outvars, outs, strict=True))
    return [o if isinstance(o, Literal) else env[o] for o in jaxpr.outs]
