"""Whole programs of known shapes as the statements of one native function.

Loops and branches are compiled with everything inside them, so an iteration costs nanoseconds:
rank-0 values are local variables, arrays live in scratch memory at fixed offsets, sizes are
constants, except the length of the outermost loop, which all lengths share. A scan over
``c, x -> (c * x + 1.0, c)`` comes out as::

    c0 = x0[0]
    for t0 in range(length):
        v0 = x1[t0]
        v1 = c0 * v0
        v2 = v1 + float64(1.0)
        y1[t0] = c0
        n0 = v2
        c0 = n0
    y0[0] = c0

What has no native form here raises `Unsupported`, and the primitive's own implementation runs.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir import Jaxpr, Literal, ShapedArray, Var
from .cluster import Call, Cluster, Fused, fuse
from .emit import _Emitter
from .expression import C_NAMES, literal_text
from .inline import inline_calls
from .plan import stored_vars
from .simplify import simplify
from .views import View

__all__ = ["LENGTH", "Place", "StaticWriter", "Unsupported"]

# Beyond these a loop body compiles too slowly, or its scratch memory leaves the cache.
_MOST_STATEMENTS = 3000
_MOST_SCRATCH = 1 << 24
LENGTH = "length"  # the argument that is the number of steps of the outermost scan
_ELEMENT = re.compile(r"\b([pq])(\d+)\[([^\]]*)\]")


class Unsupported(Exception):
    """A program has no native form."""


@dataclass(frozen=True)
class Place:
    """Where a value is: a local variable, or memory from an offset on.

    Attributes
    ----------
    name : str
        Of the variable or pointer; the text of a constant for a literal.
    aval : ShapedArray
    offset : str
        Text of the offset in elements; empty for a variable.
    """

    name: str
    aval: ShapedArray
    offset: str = ""

    @property
    def is_scalar(self) -> bool:
        """Whether this is a variable or constant."""
        return self.offset == ""

    def element(self, index: str) -> str:
        """Return the text of an element."""
        if self.is_scalar:
            return self.name
        parts = [p for p in (self.offset, index) if p != "0"]
        return f"{self.name}[{' + '.join(parts) or '0'}]"


class _InlineEmitter(_Emitter):
    """Writes a cluster's loops with constant sizes and strides."""

    def _number(self, name: str, value: int) -> str:
        return str(value)

    def lines(self, reads: Sequence[Place], writes: Sequence[Place]) -> list[str]:
        """Return the statements, reading and writing at places."""
        source = self.emit().spec.source.splitlines()[1:]
        size = self.loops[0].size
        places = {"p": reads, "q": writes}

        def element(match: "re.Match[str]") -> str:
            return places[match[1]][int(match[2])].element(match[3])

        out: list[str] = []
        for line in _hoist_loads(source, len(self.loops) - 1):
            text = re.sub(r"\blo\b", "0", re.sub(r"\bhi\b", str(size), line[4:]))
            out.append(_ELEMENT.sub(element, text))
        return out


class StaticWriter:
    """Collects the statements of one native function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self.scratch: dict[str, int] = {}
        self._names = 0
        self._in_place: dict[Var, Place] = {}

    # --- bookkeeping ----------------------------------------------------------------------------

    def fresh(self, prefix: str) -> str:
        """Return a new name."""
        self._names += 1
        return f"{prefix}{self._names}_"

    def put(self, line: str) -> None:
        """Add a statement."""
        self.lines.append("    " * self.depth + line)
        if len(self.lines) > _MOST_STATEMENTS:
            raise Unsupported("too many statements")

    def allocate(self, aval: ShapedArray) -> Place:
        """Return scratch memory for an array, or a variable for a scalar."""
        if aval.dtype.name not in C_NAMES:
            raise Unsupported(f"dtype {aval.dtype}")
        if aval.ndim == 0:
            return Place(self.fresh("z"), aval)
        kind = C_NAMES[aval.dtype.name]
        start = self.scratch.get(kind, 0)
        self.scratch[kind] = start + -(-max(1, aval.size) // 8) * 8
        if sum(self.scratch.values()) * 8 > _MOST_SCRATCH:
            raise Unsupported("too much scratch memory")
        return Place(f"w_{kind}", aval, str(start))

    def place(self, v: Var) -> Place:
        """Return where a new value goes: where it is wanted, else to new memory."""
        return self._in_place.pop(v) if v in self._in_place else self.allocate(v.aval)

    def copy(self, source: Place, target: Place) -> None:
        """Copy a value; for a bool in memory, bytes."""
        if target.is_scalar:
            self.put(f"{target.name} = {self.value(source, '0')}")
            return
        i = self.fresh("i")
        self.put(f"for {i} in range({target.aval.size}):")
        text = source.element(i)
        if source.is_scalar and target.aval.dtype.kind == "b":
            text = f"uint8({text})"
        self.put(f"    {target.element(i)} = {text}")

    def value(self, place: Place, index: str) -> str:
        """Return the text of an element as a value: bools in memory are bytes."""
        text = place.element(index)
        in_memory = not place.is_scalar and place.aval.dtype.kind == "b"
        return f"({text} != 0)" if in_memory else text

    # --- programs -------------------------------------------------------------------------------

    def program(
        self,
        jaxpr: Jaxpr,
        args: Sequence[Place],
        carry: tuple[int, int] = (0, 0),
        targets: Sequence[Place | None] = (),
    ) -> list[Place]:
        """Write a closed jaxpr; return where its outputs are.

        `carry` is the range of the arguments that the first outputs will replace: where an
        output is made from its own argument element by element, it is written over it.
        `targets` are places where outputs are wanted, if they can be made there.
        """
        flat = simplify(inline_calls(jaxpr))
        if flat.consts:
            raise Unsupported("array constants inside")
        fused = fuse(flat)
        places: dict[Var, Place] = dict(zip(flat.invars, args, strict=True))
        stored = stored_vars(fused)
        self._in_place |= _in_place_outputs(fused, stored, places, carry)
        for o, target in zip(flat.outs, targets, strict=False):
            if target is not None and isinstance(o, Var) and o.aval.ndim and o not in places:
                self._in_place.setdefault(o, target)
        for step in fused.steps:
            if isinstance(step, Cluster):
                self._cluster(fused, step, stored[step], places)
            else:
                self._call(fused, step, places)
        return [self._output(fused, o, places) for o in flat.outs]

    def _base(self, view: View, places: dict[Var, Place]) -> Place:
        """Return the place of a view's buffer, with the view's constant offset."""
        place = places[view.base]
        if place.is_scalar or not view.offset:
            return place
        return Place(place.name, place.aval, f"{place.offset} + {view.offset}")

    def _cluster(
        self, fused: Fused, step: Cluster, stored: list[Var], places: dict[Var, Place]
    ) -> None:
        emitter = _InlineEmitter(fused, step, stored)
        writes = [*emitter.stored, *(r.outvars[0] for r in step.reductions)]
        for v in writes:
            places[v] = self.place(v)
        for v in emitter.stored:
            if places[v].is_scalar and step.space != ():
                raise Unsupported("a scalar made in a loop")
        reads = [self._base(v, places) for v in emitter.reads]
        lines = emitter.lines(reads, [places[v] for v in writes])
        if step.space == () and not step.reductions:
            lines = [s.strip() for s in lines if not s.startswith("for ")]
        prefix = self.fresh("e")
        for line in lines:
            self.put(_private(line, prefix))

    def _output(self, fused: Fused, o: Any, places: dict[Var, Place]) -> Place:
        """Return an output's place, copied if it is a view."""
        if isinstance(o, Literal):
            return self._literal(o)
        view = fused.view(o)
        if view.base is o or (view.is_whole and view.shape == view.base.aval.shape):
            return places[view.base]
        return self._materialise(view, o.aval, places)

    def _literal(self, a: Literal) -> Place:
        return Place(literal_text(a.value, a.aval.dtype), a.aval)

    def _materialise(self, view: View, aval: ShapedArray, places: dict[Var, Place]) -> Place:
        """Copy a view to memory of its own."""
        source = self._base(view, places)
        target = self.allocate(aval)
        if target.is_scalar:
            self.put(f"{target.name} = {self.value(source, '0')}")
            return target
        index, step, loops = [], aval.size, []
        flat = []
        for n, s in zip(aval.shape, view.strides, strict=True):
            step = step // n if n else 0
            name = self.fresh("i")
            loops.append((name, n))
            if s:
                index.append(f"{name} * {s}")
            flat.append(f"{name} * {step}")
        depth = self.depth
        for name, n in loops:
            self.put(f"for {name} in range({n}):")
            self.depth += 1
        text = source.element(" + ".join(index) or "0")
        if source.is_scalar and aval.dtype.kind == "b":
            text = f"uint8({text})"
        self.put(f"{target.element(' + '.join(flat) or '0')} = {text}")
        self.depth = depth
        return target

    def operand(self, fused: Fused, a: Any, places: dict[Var, Place]) -> Place:
        """Return an operand of a call as a whole array or a scalar."""
        if isinstance(a, Literal):
            return self._literal(a)
        return self._output(fused, a, places)

    def strided(
        self, fused: Fused, a: Any, places: dict[Var, Place]
    ) -> tuple[Place, tuple[int, ...]]:
        """Return an operand of a call as memory and the strides to read it through."""
        if isinstance(a, Literal):
            return self._literal(a), ()
        view = fused.view(a)
        return self._base(view, places), view.strides

    def _call(self, fused: Fused, step: Call, places: dict[Var, Place]) -> None:
        from .static_calls import CALLS

        write: Callable[..., list[Place]] | None = CALLS.get(step.eqn.primitive.name)
        if write is None:
            raise Unsupported(f"primitive {step.eqn.primitive.name}")
        outs = write(self, fused, step.eqn, places)
        places.update(zip(step.eqn.outvars, outs, strict=True))


_LOAD = re.compile(r"^( *)(r\d+ = p\d+\[([^\]]*)\].*)$")


def _hoist_loads(lines: list[str], innermost: int) -> list[str]:
    """Move loads that do not change in the innermost loop in front of it.

    The optimiser cannot, where the same memory is written to.
    """
    out: list[str] = []
    head = None
    for line in lines:
        if re.match(rf" *for i{innermost} in ", line):
            head = len(out)
        load = _LOAD.match(line)
        if load and head is not None and not re.search(rf"\bi{innermost}\b", load[3]):
            pad = re.match(" *", out[head])
            assert pad is not None
            out.insert(head, pad[0] + load[2])
            head += 1
        else:
            out.append(line)
    return out


_LOCAL = re.compile(r"\b([rvtai]\d+|j)\b")


def _private(line: str, prefix: str) -> str:
    """Give a cluster's local names a prefix, so that clusters do not meet."""
    return _LOCAL.sub(lambda m: f"{prefix}{m[1]}", line)


def _in_place_outputs(
    fused: Fused, stored: dict[Cluster, list[Var]], places: dict[Var, Place], carry: tuple[int, int]
) -> dict[Var, Place]:
    """Return the outputs that may be written over the carry that they replace.

    The kernel that makes the output must be the only reader of the old value, and read it
    element by element.
    """
    found: dict[Var, Place] = {}
    first, last = carry
    invars = fused.program.invars
    for old, out in zip(invars[first:last], fused.program.outs, strict=False):
        step = fused.made_by.get(out) if isinstance(out, Var) else None
        if not isinstance(step, Cluster) or out in found or out not in stored[step]:
            continue
        same_type = out.aval.shape == old.aval.shape and out.aval.dtype == old.aval.dtype
        if same_type and old.aval.ndim and _only_reader(fused, old, step):
            found[out] = places[old]
    return found


def _only_reader(fused: Fused, v: Var, step: Cluster) -> bool:
    """Tell whether a cluster alone reads a buffer, as it lies in memory."""
    if any(isinstance(o, Var) and fused.view(o).base is v for o in fused.program.outs):
        return False
    for other in fused.steps:
        eqns = [other.eqn] if isinstance(other, Call) else [*other.eqns, *other.reductions]
        for a in (a for e in eqns for a in e.inputs if isinstance(a, Var)):
            if fused.view(a).base is v and (other is not step or a is not v):
                return False
    return v.aval.shape == step.space
