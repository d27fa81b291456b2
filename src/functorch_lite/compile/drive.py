"""The driver: straight-line Python that runs a program's steps.

It looks like this, shown by ``jit(f).lower(*args).driver``::

    def drive(arena, x0, x1):
        p0 = peek(id(x0) + 16)
        o0 = empty((8,), float64)
        q0 = peek(id(o0) + 16)
        kernel0(p0, arena.start + 0, 0, 64)
        c0 = dot_general(arena.view0, x1, **params0)
        p1 = peek(id(c0) + 16)
        kernel1(p1, q0, 0, 8, 8)
        return [o0]
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..ir import Jaxpr, Literal, Var
from .blocked import choose_layouts
from .check import check_stage
from .cluster import Call, Cluster, Dense, Fused, fuse
from .dense import Native
from .emit import EmittedKernel, emit_cluster
from .hoist import hoist_products
from .inline import inline_calls
from .launcher import PARALLEL_COST, launcher
from .launches import Segment, SegmentRun, provide_kernels
from .loops import NativeLoop, native_loop
from .native import NativeFunction, compile_many
from .outputs import SMALLEST, OutputSlot
from .pick import pick_by_comparison
from .plan import MemoryPlan, plan_memory
from .pointers import DATA_OFFSET, address, layout_is_known, peek
from .reroll import reroll
from .simplify import simplify
from .sink import sink_views
from .steady import Steady, Watch, plan_steady
from .threads import blas_threads, get_num_threads
from .trim import trim_memory
from .views import View

__all__ = ["CompiledProgram", "compile_program"]


class Arena:
    """Memory for the temporaries of one run, and the launches that work on it."""

    __slots__ = ("buffer", "segments", "start", "threads", "views", "watch")

    def __init__(
        self,
        n_bytes: int,
        views: Sequence[tuple[View, int]],
        segments: Sequence[Segment] = (),
        native: dict[Cluster, NativeFunction] | None = None,
        watched: Sequence[int] = (),
    ) -> None:
        raw = np.empty(n_bytes + 64, np.uint8)
        shift = -address(raw) % 64
        self.buffer = raw[shift : shift + n_bytes]
        self.start = address(self.buffer) if n_bytes else 0
        self.views = [_view_of(self.buffer, v, offset) for v, offset in views]
        self.segments = [SegmentRun(s, self.buffer, native or {}) for s in segments]
        self.threads = get_num_threads()
        self.watch = Watch(watched) if watched else None


def _view_of(buffer: np.ndarray[Any, Any], view: View, offset: int) -> np.ndarray[Any, Any]:
    """Return a view of part of the arena as an array that cannot be written to."""
    dtype = view.base.aval.dtype
    n = max(1, view.base.aval.size) * dtype.itemsize
    flat = buffer[offset : offset + n].view(dtype)
    return strided(flat, view)


def strided(flat: np.ndarray[Any, Any], view: View) -> np.ndarray[Any, Any]:
    """Apply a view to a contiguous array."""
    size = flat.dtype.itemsize
    steps = tuple(s * size for s in view.strides)
    base = flat.reshape(-1)[view.offset :]
    return as_strided(base, view.shape, steps, writeable=False)


class CompiledProgram:
    """A compiled jaxpr; call it with arrays, get a list of arrays.

    Attributes
    ----------
    fused : Fused
        The steps.
    plan : MemoryPlan
    kernels : dict of Cluster to EmittedKernel
    loops : list of NativeLoop
    segments : list of Segment
        Runs of native steps, in programs with dense kernels.
    precision : str or None
        Which algorithms dense kernels were chosen from; None without any.
    source : str
        The driver's text.
    watched : list of int
        The arguments that results kept from call to call depend on, see `steady`.
    overwritten : list of int
        The donated arguments whose memory is that of results.
    """

    owns_outputs = True  # what it returns shares memory with nothing

    def __init__(
        self, jaxpr: Jaxpr, precision: str = "default", donated: Sequence[int] = ()
    ) -> None:
        flat = hoist_products(inline_calls(jaxpr))
        check_stage("inline", flat)
        simple = simplify(flat)
        check_stage("simplify", simple)
        self.program = reroll(simple)
        check_stage("reroll", self.program)
        self.lowered = choose_layouts(self.program, precision, get_num_threads())
        if self.lowered is self.program:  # nothing dense, whose operands must be as they are
            self.lowered = simplify(sink_views(pick_by_comparison(self.lowered)))
        check_stage("layout", self.lowered)
        is_dense = any(isinstance(e.primitive.lower, Native) for e in self.lowered.eqns)
        self.fused = fuse(self.lowered, rows=not is_dense)
        self.steady = plan_steady(self.fused)
        check_stage("fuse", self.fused)
        has_dense = any(isinstance(s, Dense) for s in self.fused.steps)
        self.precision = precision if has_dense else None
        inputs = self.program.invars
        self.plan = plan_memory(self.fused, [inputs[i] for i in donated], self.steady.kept)
        check_stage("plan", self.fused, self.plan)
        reuse = self.plan.reuse
        self.watched = [inputs.index(v) for v in self.steady.weights]
        self.overwritten = [i for i, v in enumerate(inputs) if v in reuse.given]
        self.kernels = {
            # (The steps of a segment are launched alike, without Python that could combine.)
            s: emit_cluster(
                self.fused,
                s,
                self.plan.stored[s],
                math.inf if has_dense else PARALLEL_COST,
                {v: reuse.home[v] for v in reuse.in_place.get(s, ())},
            )
            for s in self.fused.steps
            if isinstance(s, Cluster)
        }
        check_stage("emit", self.kernels)
        writer = _Writer(self.fused, self.plan, self.kernels, has_dense, self.steady)
        self.source = writer.write()
        self.loops = writer.loops
        self.segments = writer.segments
        self._native: dict[Cluster, NativeFunction] = {}
        self._space = writer.space
        self._arena_views = writer.arena_views
        self._arenas: deque[Arena] = deque(maxlen=4)
        self._drive: Callable[..., list[Any]] | None = None
        self._has_calls = any(isinstance(s, Call) for s in self.fused.steps)

    @property
    def has_work(self) -> bool:
        """Whether there is anything for machine code to do."""
        return bool(self.kernels or self.loops or self.segments)

    def load(self) -> None:
        """Compile the kernels, or load them from the cache."""
        if self.segments:
            trim_memory()  # (the compiler needs memory too)
        steps = list(self.kernels)
        combining = [k.combine for k in self.kernels.values() if k.combine is not None]
        specs = [self.kernels[s].spec for s in steps] + combining
        native = compile_many(specs + [loop.kernel.spec for loop in self.loops])
        self._native = dict(zip(steps, native, strict=False))
        if self.segments:
            provide_kernels()
            self._arenas.append(self._new_arena())
        if layout_is_known():
            self._space["peek"] = peek()
        for loop in self.loops:
            loop.kernel.load()
        for i, step in enumerate(steps):
            self._space[f"kernel{i}"] = launcher(self.kernels[step], self._native[step])
        exec(compile(self.source, "<functorch_lite driver>", "exec"), self._space)
        self._drive = self._space["drive"]

    def __call__(self, args: Sequence[Any]) -> list[Any]:
        """Run the program; donated arguments are overwritten, and some are returned as results."""
        drive = self._drive
        if drive is None:
            self.load()
            drive = self._drive
            assert drive is not None
        values = [
            x if type(x) is np.ndarray and x.flags.c_contiguous else _contiguous(x) for x in args
        ]
        for i in self.overwritten:
            if not values[i].flags.writeable:
                values[i] = values[i].copy()
        if self.segments:
            # Another team of threads on the same processors would stall ours.
            with np.errstate(all="ignore"), blas_threads(1):
                return self._run(drive, values)
        if self._has_calls:
            with np.errstate(all="ignore"):
                return self._run(drive, values)
        return self._run(drive, values)

    def _new_arena(self) -> Arena:
        watched = [v.aval.size * v.aval.dtype.itemsize for v in self.steady.weights]
        return Arena(self.plan.arena_bytes, self._arena_views, self.segments, self._native, watched)

    def _run(self, drive: Callable[..., list[Any]], values: list[Any]) -> list[Any]:
        """Run the driver with an arena that no other thread uses."""
        if not self.plan.arena_bytes and not self.segments:
            return drive(None, *values)
        try:
            arena = self._arenas.pop()
        except IndexError:
            arena = self._new_arena()
        if self.segments and arena.threads != get_num_threads():
            arena = self._new_arena()
        try:
            return drive(arena, *values)
        finally:
            self._arenas.append(arena)


def _contiguous(x: Any) -> np.ndarray[Any, Any]:
    """Return a row-major array; 0-d stays 0-d."""
    return np.ascontiguousarray(x).reshape(np.shape(x))


class _Writer:
    """Writes the driver's text."""

    def __init__(
        self,
        fused: Fused,
        plan: MemoryPlan,
        kernels: dict[Cluster, EmittedKernel],
        in_segments: bool,
        steady: Steady,
    ) -> None:
        self.fused, self.plan, self.kernels = fused, plan, kernels
        self.steady = steady
        self.space: dict[str, Any] = {
            "address": address,
            "array": np.array,
            "asarray": np.asarray,
            "ascontiguousarray": np.ascontiguousarray,
            "empty": np.empty,
            "own": _own,
            "strided": strided,
        }
        self.arena_views: list[tuple[View, int]] = []
        self.arrays: dict[Var, str] = {}
        self.addresses: dict[Var, str] = {}
        self.outputs = {fused.view(o).base for o in fused.program.outs if isinstance(o, Var)}
        self.lines: list[str] = []
        self._names = 0
        self.peeks = layout_is_known()
        self.loops: list[NativeLoop] = []
        self.segments: list[Segment] = []
        self.in_segments = in_segments
        self.fresh: set[Var] = set()  # results of loops, which own their memory
        self.returned: set[Var] = set()

    def write(self) -> str:
        """Return the text; the globals that it needs are in `space`."""
        program = self.fused.program
        names = [f"x{i}" for i in range(len(program.invars))]
        self.arrays.update(zip(program.invars, names, strict=True))
        homes = self.plan.reuse.home
        self.arrays.update({v: self.arrays[d] for v, d in homes.items()})
        for i, (v, value) in enumerate(program.consts):
            self.space[f"const{i}"] = np.ascontiguousarray(value)
            self.arrays[v] = f"const{i}"
        n_kernels = 0
        segment: list[int] = []
        for i, step in enumerate(self.fused.steps):
            if i == self.steady.steps and i:
                watched = "".join(f"{self._address(v)}, " for v in self.steady.weights)
                arrays = "".join(f"{self.arrays[v]}, " for v in self.steady.weights)
                self._segment(segment, f"if arena.watch.changed(({arrays}), ({watched})):")
                self.lines.append("    arena.watch.settle()")
            if self.in_segments and isinstance(step, Cluster | Dense):
                segment.append(i)
                continue
            self._segment(segment)
            if isinstance(step, Cluster):
                self._kernel(step, n_kernels)
                n_kernels += 1
            else:
                self._call(step, i)
            self._free(i)
        self._segment(segment)
        outs = ", ".join(self._output(o) for o in program.outs)
        head = f"def drive({', '.join(['arena', *names])}):"
        return "\n".join([head, *("    " + s for s in self.lines), f"    return [{outs}]", ""])

    def _name(self, prefix: str) -> str:
        """Return a name that is used once only."""
        self._names += 1
        return f"{prefix}{self._names}"

    def _constant(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.space)}"
        self.space[name] = value
        return name

    def _address(self, v: Var) -> str:
        """Return the text of a buffer's address."""
        if v in self.plan.offsets:
            return f"arena.start + {self.plan.offsets[v]}"
        known = self.addresses.get(v)
        if known is None:
            known = self.addresses[v] = self._name("p")
            if self.peeks:
                text = f"peek(id({self.arrays[v]}) + {DATA_OFFSET})"
            else:
                text = f"address({self.arrays[v]})"
            self.lines.append(f"{known} = {text}")
        return known

    def _read_address(self, view: View) -> str:
        base = self._address(view.base)
        shift = view.offset * view.base.aval.dtype.itemsize
        return f"{base} + {shift}" if shift else base

    def _segment(self, indices: list[int], condition: str = "") -> None:
        """Write the run of a segment, on a condition, and forget its steps."""
        if not indices:
            return
        segment = Segment(self.fused, self.plan, self.kernels)
        for i in indices:
            segment.add(self.fused.steps[i])
            self._allocate(segment.writes(self.fused.steps[i]))
        addresses = "".join(f"{self._address(v)}, " for v in segment.outside)
        run = f"arena.segments[{len(self.segments)}].run(({addresses}))"
        self.lines += [condition, f"    {run}"] if condition else [run]
        self.segments.append(segment)
        for i in indices:
            self._free(i)
        indices.clear()

    def _allocate(self, written: Sequence[Var]) -> None:
        """Write the allocation of results that do not live in the arena, once."""
        for v in map(self.plan.host, written):
            if v not in self.plan.offsets and v not in self.arrays:
                name = self.arrays[v] = self._name("o")
                slot = OutputSlot(v.aval.shape, v.aval.dtype)
                if slot.nbytes >= SMALLEST:
                    self.lines.append(f"{name} = {self._constant('fresh', slot)}()")
                else:
                    dtype = self._constant("dtype", v.aval.dtype)
                    self.lines.append(f"{name} = empty({v.aval.shape!r}, {dtype})")

    def _kernel(self, step: Cluster, number: int) -> None:
        kernel = self.kernels[step]
        self._allocate(kernel.writes)
        pointers = [self._read_address(v) for v in kernel.reads]
        pointers += [self._address(v) for v in kernel.writes]
        self.lines.append(f"kernel{number}({', '.join(pointers)})")

    def _array(self, a: Any) -> str:
        """Return the text of an operand as an array."""
        if isinstance(a, Literal):
            return self._constant("literal", a.value)
        view = self.fused.view(a)
        if view.base in self.plan.offsets:
            self.arena_views.append((view, self.plan.offsets[view.base]))
            return f"arena.views[{len(self.arena_views) - 1}]"
        name = self.arrays[view.base]
        if view.is_whole and view.shape == view.base.aval.shape:
            return name
        return f"strided({name}, {self._constant('view', view)})"

    def _call(self, step: Call, number: int) -> None:
        eqn = step.eqn
        args = [self._array(a) for a in eqn.inputs]
        args += [f"{k}={self._constant('param', v)}" for k, v in eqn.params.items()]
        function = eqn.primitive.impl
        loop = native_loop(eqn)
        if loop is not None:
            self.loops.append(loop)
            function = loop
        impl = self._constant(f"{eqn.primitive.name.replace('-', '_')}_", function)
        names = [f"c{number}_{k}" for k in range(len(eqn.outvars))]
        target = f"[{', '.join(names)}]" if eqn.primitive.multiple_results else names[0]
        prefix = f"{target} = " if names else ""
        self.lines.append(f"{prefix}{impl}({', '.join(args)})")
        for v, name in zip(eqn.outvars, names, strict=True):
            if self.plan.last_use.get(v) is None:
                continue
            self.arrays[v] = name
            if loop is None:
                self.lines.append(f"{name} = ascontiguousarray({name}).reshape({v.aval.shape!r})")
            else:
                self.fresh.add(v)

    def _free(self, i: int) -> None:
        """Let go of arrays that no later step needs."""
        dead = [
            v
            for v, name in self.arrays.items()
            if name[0] == "c" and name[1].isdigit() and self.plan.last_use.get(v, -1) == i
        ]
        for v in dead:
            self.lines.append(f"del {self.arrays.pop(v)}")
            self.addresses.pop(v, None)

    def _output(self, o: Any) -> str:
        if isinstance(o, Literal):
            return f"array({self._constant('literal', o.value)})"
        text = self._array(o)
        base = self.fused.view(o).base
        own = text[0] == "o" or base in self.plan.reuse.home or base in self.plan.reuse.passed
        if own and text == self.arrays.get(base) and base not in self.returned:
            self.returned.add(base)
            return text
        held = (
            base in self.returned
            or base in self.fused.program.invars
            or any(base is v for v, _ in self.fused.program.consts)
        )
        self.returned.add(base)
        return f"array({text})" if held else f"own({text})"


def _own(x: Any) -> np.ndarray[Any, Any]:
    """Return an array that owns its memory and is the caller's alone."""
    return x if x.base is None and x.flags.writeable else np.array(x)


def compile_program(
    jaxpr: Jaxpr, precision: str = "default", donated: Sequence[int] = ()
) -> CompiledProgram:
    """Compile a closed jaxpr.

    Parameters
    ----------
    jaxpr : Jaxpr
    precision : {"default", "high", "highest"}
        Which algorithms dense kernels may use.
    donated : sequence of int
        Positions of arguments that every call gives up. The program writes results of the same
        shape and dtype into their memory where it can, and then returns the very arrays. The
        caller answers for it that nobody else reads them or an array that shares their memory,
        and that no two arguments share memory if one of them is donated. An argument that cannot
        be written to, or is not in row-major order, is copied first.
    """
    return CompiledProgram(jaxpr, precision, donated)
