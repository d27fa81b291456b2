"""Running the steps of a program as native launch lists, without Python in between.

A *segment* is a maximal run of steps that are machine code: fused kernels and dense kernels. Its
launches are made once for each `Arena`, whose addresses they hold. Inputs, outputs and results
of calls lie elsewhere in each run: the launches are made for placeholders, the words that point
into one are noted, and before a run they are overwritten with the addresses of the day.

All launches run on the team of `threads`, the only one of the project.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..ir import Var
from ..kernels import registry
from ..kernels.launch import Launch, aligned_empty, pack_args, pointer
from ..kernels.layout import Layout, clear_halo_launch
from ..kernels.program import Program
from .cluster import Cluster, Dense, Fused
from .emit import EmittedKernel
from .native import NativeFunction, compile_source
from .plan import MemoryPlan
from .threads import get_num_threads, run_together
from .update_chain import chain_update, update_steps

__all__ = ["Segment", "SegmentRun", "TeamPool", "provide_kernels"]

Array = np.ndarray[Any, Any]
_RELOCATE = """
def relocate(words, at, which, shift, bases, n):
    for k in range(n):
        words[at[k]] = bases[which[k]] + shift[k]
"""
_GENERATE = "functorch_lite.kernels.generate"


def provide_kernels() -> None:
    """Let dense kernels come from the disk cache."""
    registry.set_provider(_from_cache)


def _from_cache(source: registry.KernelSource) -> NativeFunction:
    """Compile a dense kernel or load it; all generators build on the two shared modules."""
    shared = [f"{_GENERATE}.simd", f"{_GENERATE}.microkernel"]
    modules = [source.module, *(m for m in shared if m != source.module)]
    return compile_source(source.source, source.entry, source.signature, modules=modules)


class TeamPool:
    """The project's threads as a pool for launches; see `functorch_lite.kernels.launch.Pool`.

    Parameters
    ----------
    threads : int, optional
        By default `get_num_threads()`.

    Examples
    --------
    >>> from functorch_lite.kernels.update import axpby_launch
    >>> x, y = np.ones(10000), np.zeros(10000)
    >>> TeamPool(2).run([axpby_launch(x, y, 3.0, 0.0)])
    >>> float(y.sum())
    30000.0
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = get_num_threads() if threads is None else threads

    def run(self, launches: Iterable[Launch]) -> None:
        """Run launches in order."""
        Program(launches, self.threads).run(run_together)


class Segment:
    """Consecutive native steps of a program.

    Attributes
    ----------
    steps : list of Cluster or Dense
    outside : list of Var
        The vars that do not live in the arena, in the order in which addresses are passed.
    """

    def __init__(self, fused: Fused, plan: MemoryPlan, kernels: dict[Cluster, EmittedKernel]):
        self.fused, self.plan, self.kernels = fused, plan, kernels
        self.steps: list[Any] = []
        self.outside: list[Var] = []

    def add(self, step: Any) -> None:
        """Append a step."""
        self.steps.append(step)
        for v in map(self.plan.host, [*self._reads(step), *self.writes(step)]):
            if v not in self.plan.offsets and v not in self.outside:
                self.outside.append(v)

    def _reads(self, step: Any) -> list[Var]:
        if isinstance(step, Cluster):
            return [view.base for view in self.kernels[step].reads]
        return [self.fused.view(a).base for a in step.eqn.inputs if isinstance(a, Var)]

    def updates(self) -> dict[Any, list[Any]]:
        """Return, for each kernel that updates a weight, the steps to be chained with it."""
        found = {}
        first = self.fused.steps.index(self.steps[0])
        for k in range(len(self.steps)):
            steps = update_steps(self.fused, self.plan, self.kernels, first + k)
            if steps and k + len(steps) <= len(self.steps):
                found[steps[-1]] = steps
        return found

    def writes(self, step: Any) -> list[Var]:
        """Return the vars that a step writes."""
        if isinstance(step, Cluster):
            return self.kernels[step].writes
        return list(step.eqn.outvars)


class _Memory:
    """Where vars are while launches are made: in the arena or in placeholders."""

    def __init__(self, segment: Segment, arena: Array) -> None:
        self.fused, self.plan, self.arena = segment.fused, segment.plan, arena
        self.starts: list[int] = []
        at = 0
        for v in segment.outside:
            self.starts.append(at)
            at += -(-_nbytes(self.fused, v) // 64) * 64
        self.starts.append(at)
        # Never touched, so the system gives it no memory.
        self.placeholder = aligned_empty((at,), np.uint8)
        self.places = {
            v: self.placeholder[a:] for v, a in zip(segment.outside, self.starts, strict=False)
        }

    def storage(self, v: Any) -> Array:
        """Return the memory of a var."""
        place = self.places.get(self.plan.host(v))
        if place is None:
            place = self.arena[self.plan.offsets[v] :]
        shape = self.fused.storage(v)
        return place[: _nbytes(self.fused, v)].view(v.aval.dtype).reshape(shape)

    def read(self, v: Any) -> Array:
        """Return a var as an array of its aval's shape."""
        view = self.fused.view(v)
        flat = self.storage(view.base).reshape(-1)[view.offset :]
        steps = tuple(s * flat.itemsize for s in view.strides)
        return as_strided(flat, view.shape, steps)

    def address(self, v: Var) -> int:
        """Return where the elements of a var begin, behind the halo."""
        view = self.fused.view(v)
        return pointer(self.storage(view.base)) + view.offset * v.aval.dtype.itemsize

    def layout(self, v: Any) -> Layout:
        """Return the layout of a blocked var."""
        return self.fused.program.layouts[v]


def _nbytes(fused: Fused, v: Var) -> int:
    """Return the bytes of a var's memory, at least one."""
    n = v.aval.dtype.itemsize
    for d in fused.storage(v):
        n *= d
    return int(max(n, 1))


class SegmentRun:
    """A segment on one arena; one run at a time."""

    def __init__(
        self, segment: Segment, arena: Array, native: dict[Cluster, NativeFunction]
    ) -> None:
        memory = _Memory(segment, arena)
        launches: list[Launch] = []
        chained = segment.updates()
        for step in segment.steps:
            if isinstance(step, Dense):
                launches += step.eqn.primitive.lower.launches(step.eqn, memory)
            else:
                launches.append(_kernel_launch(segment.kernels[step], native[step], memory))
            if step in chained:
                steps = chained[step]
                parts = launches[-len(steps) :]
                launches[-len(steps) :] = [
                    chain_update(segment.plan, segment.kernels, steps, parts)
                ]
            for v in segment.writes(step):
                layout = segment.fused.program.layouts.get(v)
                if layout is not None and any(layout.halo):
                    launches.append(clear_halo_launch(memory.storage(v), layout))
        self.program = Program(launches, get_num_threads())
        self._find_words(launches, memory)
        self._function = compile_source(
            _RELOCATE, "relocate", "void(i64*, i64*, i64*, i64*, i64*, i64)"
        ).fast_entry

    def _find_words(self, launches: list[Launch], memory: _Memory) -> None:
        """Find the words of all arguments that point into placeholders."""
        blocks = _argument_blocks(launches)
        start, ends = pointer(memory.placeholder), np.array(memory.starts[1:])
        self.first = min((pointer(b) for b in blocks), default=0)
        at: list[int] = []
        which: list[int] = []
        shift: list[int] = []
        for block in blocks:
            inside = block - start
            for k in np.flatnonzero((inside >= 0) & (inside < memory.starts[-1])):
                i = int(np.searchsorted(ends, inside[k], side="right"))
                at.append((pointer(block) - self.first) // 8 + int(k))
                which.append(i)
                shift.append(int(inside[k]) - memory.starts[i])
        self.words = [np.array(x, np.int64) for x in (at, which, shift)]
        self.bases = np.zeros(len(memory.starts), np.int64)
        self.relocation = (self.first, *map(pointer, (*self.words, self.bases)), len(at))
        self.blocks = blocks

    def run(self, addresses: Sequence[int]) -> None:
        """Run with the memory of `Segment.outside` at the given addresses."""
        if addresses:
            self.bases[: len(addresses)] = addresses
            self._function(*self.relocation)
        self.program.run(run_together)


def _kernel_launch(kernel: EmittedKernel, native: NativeFunction, memory: _Memory) -> Launch:
    """Make the launch of a fused kernel."""
    pointers = [
        pointer(memory.storage(view.base)) + view.offset * view.base.aval.dtype.itemsize
        for view in kernel.reads
    ]
    pointers += [memory.address(v) for v in kernel.writes]
    args = pack_args([*pointers, *kernel.numbers])
    cost = float(kernel.cost) if kernel.parallel else 0.0
    code = registry.Kernel(native.name, _At(native.range_address))
    return Launch(code, kernel.outer, args, 0, cost, (native,))


class _At:
    """Code at an address."""

    def __init__(self, address: int) -> None:
        self.address = address


def _argument_blocks(launches: Iterable[Launch]) -> list[Array]:
    """Return the argument blocks of launches and of the launches inside them."""
    blocks, stack = [], list(launches)
    while stack:
        launch = stack.pop()
        blocks.append(launch.args)
        stack += [k for k in launch.keep if isinstance(k, Launch)]
    return blocks
