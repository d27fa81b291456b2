"""Row groups: equations around reductions whose results come back to the elements they are of.

A softmax takes the largest element of each row, then sums over the row, then divides the row. As
three kernels it goes through memory three times; as one kernel it finds the row in the cache. What
belongs together follows from the dependences alone: beginning with a reduction over some axes, a
group takes in, from its operands and from its readers,

- elementwise equations with one value for each element, or one for each row,
- reductions over the same axes, and
- *tails*: reductions over all axes, or over exactly the other ones,

in any shape that regroups the axes of the space, as long as values inside are read where they are
made, element by element or row by row. No path may lead out of a group and back: the group must
be able to run as a whole, in one place.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from ..ir import Eqn, Literal, Var, subjaxprs
from .steps import Fused, Rows, is_fusable, is_reduction
from .threads import get_num_threads
from .views import View, axis_groups, reshaped, row_major

__all__ = ["LANES", "in_groups", "row_groups"]

LANES = 128
"""Columns that are worked on together where rows lie across memory."""
_MOST_EQNS = 96
# Sets of equations are bits of whole numbers, which grow with the program.
_LONGEST_PROGRAM = 6000
# A kernel that costs less runs on one thread, however many rows it has; see `launcher`.
_ONE_THREAD = 100_000
_MOST_SOURCES = 16
_FULL, _ROW, _TAIL = "full", "row", "tail"


def row_groups(fused: Fused) -> list[Rows]:
    """Find the row groups of a program whose views are known.

    Parameters
    ----------
    fused : Fused
        Without steps.

    Returns
    -------
    list of Rows
        Not yet connected with other steps.
    """
    graph = _Graph(fused)
    if len(graph.eqns) > _LONGEST_PROGRAM:
        return []
    found = []
    for i, eqn in enumerate(graph.eqns):
        if not graph.taken >> i & 1 and is_reduction(eqn) and _is_seed(eqn):
            group = _Group(graph, i)
            group.grow()
            if group.pays():
                graph.contract(group.bits)
                found.append(group.rows())
    return found


def in_groups(fused: Fused, groups: Sequence[Rows]) -> Iterator[Rows | Eqn]:
    """Yield groups, and the equations that are in none, in an order that respects dependences."""
    group_of = {id(e): g for g in groups for e in [*g.eqns, *g.reductions]}
    maker = {v: e for e in fused.program.eqns for v in e.outvars if v not in fused.views}
    earlier = _earlier_effects(fused.program.eqns)

    def item_of(eqn: Eqn) -> Rows | Eqn:
        return group_of.get(id(eqn), eqn)

    def before(item: Rows | Eqn) -> list[Rows | Eqn]:
        eqns = [*item.eqns, *item.reductions] if isinstance(item, Rows) else [item]
        bases = (fused.view(a).base for e in eqns for a in e.inputs if isinstance(a, Var))
        items = [item_of(maker[b]) for b in bases if b in maker]
        items += [earlier[id(e)] for e in eqns if id(e) in earlier]
        return [x for x in items if x is not item]

    done: set[int] = set()
    for eqn in fused.program.eqns:
        stack = [item_of(eqn)]
        while stack:
            item = stack[-1]
            waiting = [x for x in before(item) if id(x) not in done] if id(item) not in done else []
            if waiting:
                stack.append(waiting[0])
                continue
            stack.pop()
            if id(item) not in done:
                done.add(id(item))
                yield item


def _earlier_effects(eqns: Sequence[Eqn]) -> dict[int, Eqn]:
    """Return, for each equation with a side effect, the one before it, by identity."""
    found = [e for e in eqns if e.primitive.effectful or any(j.effectful for j in subjaxprs(e))]
    return {id(b): a for a, b in itertools.pairwise(found)}


def _is_seed(eqn: Eqn) -> bool:
    shape = eqn.inputs[0].aval.shape
    return math.prod(shape[d] for d in eqn.params["axes"]) > 1


def _bits(x: int) -> Iterator[int]:
    """Yield the positions of ones."""
    while x:
        low = x & -x
        yield low.bit_length() - 1
        x ^= low


def _is_view(fused: Fused, eqn: Eqn) -> bool:
    return bool(eqn.outvars) and all(v in fused.views for v in eqn.outvars)


class _Graph:
    """The equations that are no views, and for each the sets of those before and after it."""

    def __init__(self, fused: Fused) -> None:
        self.fused = fused
        self.eqns = [e for e in fused.program.eqns if not _is_view(fused, e)]
        self.taken = 0
        self.maker = {v: i for i, e in enumerate(self.eqns) for v in e.outvars}
        self.bases = [self._bases(e) for e in self.eqns]
        self.made_from = [[self.maker[b] for b in bases if b in self.maker] for bases in self.bases]
        self._order_effects()
        self.reduced_by: dict[Var, list[int]] = {}
        self.used_by: list[list[int]] = [[] for _ in self.eqns]
        for i, operands in enumerate(self.made_from):
            for j in operands:
                self.used_by[j].append(i)
        for i, e in enumerate(self.eqns):
            if is_reduction(e):
                for base in self._sources(i):
                    self.reduced_by.setdefault(base, []).append(i)
        self._before: list[int] | None = None
        self._after: list[int] = []

    def _order_effects(self) -> None:
        """Let side effects depend on those before them."""
        place = {id(e): i for i, e in enumerate(self.eqns)}
        for later, e in _earlier_effects(self.eqns).items():
            self.made_from[place[later]].append(place[id(e)])

    def _bases(self, eqn: Eqn) -> list[Var]:
        """Return the buffers that an equation reads."""
        bases = (self.fused.view(a).base for a in eqn.inputs if isinstance(a, Var))
        return list(dict.fromkeys(bases))

    def _sources(self, i: int) -> set[Var]:
        """Return what a reduction is computed from element by element: values of its size."""
        size = self.eqns[i].inputs[0].aval.size
        stack, seen = [i], {i}
        sources: set[Var] = set()
        while stack and len(seen) < _MOST_SOURCES:
            for base in self.bases[stack.pop()]:
                if base.aval.size != size:
                    continue
                sources.add(base)
                j = self.maker.get(base)
                if j is not None and j not in seen and is_fusable(self.eqns[j]):
                    seen.add(j)
                    stack.append(j)
        return sources

    def reach(self) -> tuple[list[int], list[int]]:
        """Return, for each equation, the sets that it depends on and that depend on it."""
        if self._before is None:
            n = len(self.eqns)
            self._before, self._after = [0] * n, [0] * n
            for i, operands in enumerate(self.made_from):
                for j in operands:
                    self._before[i] |= self._before[j] | 1 << j
            for i in reversed(range(n)):
                for j in self.used_by[i]:
                    self._after[i] |= self._after[j] | 1 << j
        return self._before, self._after

    def contract(self, group: int) -> None:
        """Let a set be one step from now on: all before it are before all after it."""
        before, after = self.reach()
        ahead = behind = 0
        for i in _bits(group):
            ahead |= before[i]
            behind |= after[i]
        ahead, behind = ahead & ~group, behind & ~group
        for i in _bits(ahead):
            after[i] |= behind | group
        for i in _bits(behind):
            before[i] |= ahead | group
        for i in _bits(group):
            before[i], after[i] = ahead, behind
        self.taken |= group


class _Group:
    """A group that grows around a reduction."""

    def __init__(self, graph: _Graph, seed: int) -> None:
        eqn = graph.eqns[seed]
        self.graph, self.fused = graph, graph.fused
        self.space: tuple[int, ...] = eqn.inputs[0].aval.shape
        self.axes: tuple[int, ...] = eqn.params["axes"]
        self.row_shape = tuple(1 if d in self.axes else n for d, n in enumerate(self.space))
        self.n_rows = math.prod(self.row_shape)
        self.size = math.prod(self.space)
        last = max((d for d, n in enumerate(self.space) if n > 1), default=0)
        self.across = last not in self.axes
        self.kinds: dict[int, str] = {}
        self.bits = 0
        if self._kind(seed, self.kinds) == _ROW:
            self.kinds[seed] = _ROW
            self.bits = 1 << seed

    def grow(self) -> None:
        """Take in neighbours until none fits."""
        grows = bool(self.bits)
        while grows:
            grows = False
            for i in sorted(self._near()):
                if not (self.bits | self.graph.taken) >> i & 1:
                    grows |= self._take(i)

    def _near(self) -> set[int]:
        """Return what the group reads or is read by, and reductions of what it reads."""
        near: set[int] = set()
        for i in _bits(self.bits):
            near.update(self.graph.made_from[i], self.graph.used_by[i])
            near.update(j for b in self.graph.bases[i] for j in self.graph.reduced_by.get(b, ()))
        return near

    def _take(self, new: int) -> bool:
        """Take an equation in, with all that is between it and the group, if all fit."""
        before, after = self.graph.reach()
        ahead, behind = before[new], after[new]
        for i in _bits(self.bits):
            ahead |= before[i]
            behind |= after[i]
        added = (ahead & behind | 1 << new) & ~self.bits
        whole = self.bits | added
        if added & self.graph.taken or whole.bit_count() > _MOST_EQNS:
            return False
        kinds = dict(self.kinds)
        for i in _bits(added):
            kind = self._kind(i, kinds)
            if kind is None:
                return False
            kinds[i] = kind
        for i in _bits(added):
            for j in self.graph.used_by[i]:
                if self.bits >> j & 1 and self._kind(j, kinds) != kinds[j]:
                    return False
        self.kinds, self.bits = kinds, whole
        return True

    def _kind(self, i: int, kinds: dict[int, str]) -> str | None:
        """Tell what an equation is in this group, beside others of known kinds; None if nothing."""
        eqn = self.graph.eqns[i]
        layouts = self.fused.program.layouts
        variables = [
            *eqn.outvars,
            *(self.fused.view(a).base for a in eqn.inputs if isinstance(a, Var)),
        ]
        if any(v in layouts for v in variables):
            return None
        kind = self._reduction(eqn) if is_reduction(eqn) else self._elementwise(eqn)
        if kind is None:
            return None
        reads_full = (
            eqn.inputs[0].aval.size if is_reduction(eqn) else eqn.outvars[0].aval.size
        ) > self.n_rows
        for a in eqn.inputs:
            if isinstance(a, Literal):
                continue
            view = self.operand(a, reads_full)
            if view is None:
                return None
            maker = self.graph.maker.get(view.base)
            if maker in kinds and not self._is_aligned(view, kinds[maker], reads_full):
                return None
        return kind

    def _elementwise(self, eqn: Eqn) -> str | None:
        if not is_fusable(eqn):
            return None
        shape = eqn.outvars[0].aval.shape
        if eqn.primitive.name in ("iota", "inside") and shape != self.space:
            return None
        size = math.prod(shape)
        return _FULL if size == self.size else _ROW if size == self.n_rows else None

    def _reduction(self, eqn: Eqn) -> str | None:
        """Tell whether a reduction is over the group's axes, or a tail."""
        shape, axes = eqn.inputs[0].aval.shape, eqn.params["axes"]
        size = math.prod(shape)
        if size == self.n_rows > 1:
            total = math.prod(shape[d] for d in axes) == size
            return _TAIL if total else None
        if size != self.size:
            return None
        reduced: set[int] = set()
        for mine, ours in axis_groups(shape, self.space):
            if len({d in axes for d in mine}) > 1:
                return None
            if mine[0] in axes:
                reduced.update(ours)
        real = {d for d, n in enumerate(self.space) if n > 1}
        if reduced == real & set(self.axes):
            return _ROW
        is_tail = reduced == real or (reduced == real - set(self.axes) and not self.across)
        return _TAIL if is_tail else None

    def operand(self, a: Var, full: bool) -> View | None:
        """Return how an operand is read in terms of the space, or of its rows."""
        view = self.fused.view(a)
        target = self.space if full else self.row_shape
        if view.shape == ():
            return View(view.base, target, (0,) * len(target), view.offset)
        if math.prod(view.shape) != math.prod(target) or (view.bounds and view.shape != self.space):
            return None
        return reshaped(view, target)

    def _is_aligned(self, view: View, kind: str, full: bool) -> bool:
        """Tell whether a value that is made inside is read by the element or row it belongs to."""
        if view.offset or view.bounds or kind == _TAIL or (kind == _FULL and not full):
            return False
        return view.strides == row_major(self.space if kind == _FULL else self.row_shape)

    def pays(self) -> bool:
        """Tell whether one kernel is better than several: there are several, and enough rows."""
        return self._has_stages() and self._occupies_threads()

    def _has_stages(self) -> bool:
        """Tell whether something follows a reduction, or two different ones meet."""
        eqns = self.graph.eqns
        reductions = {i for i in self.kinds if is_reduction(eqns[i])}
        follows = any(j in self.kinds for i in reductions for j in self.graph.used_by[i])
        tails = {eqns[i].params["axes"] for i in reductions if self.kinds[i] == _TAIL}
        return follows or (bool(tails) and len(reductions) > 1)

    def _occupies_threads(self) -> bool:
        units = self.n_rows
        if self.across:
            lanes = next(n for n in reversed(self.row_shape) if n > 1)
            units = self.n_rows // lanes * -(-lanes // LANES)
        return units >= get_num_threads() or self.size * len(self.kinds) < _ONE_THREAD

    def rows(self) -> Rows:
        """Return the group as a step."""
        members = sorted(self.kinds)
        eqns = self.graph.eqns
        full = {eqns[i].outvars[0] for i in members if self.kinds[i] == _FULL}
        operands: dict[Var, View] = {}
        for i in members:
            e = eqns[i]
            shaped = e.inputs[0] if is_reduction(e) else e.outvars[0]
            for a in _variables(e.inputs):
                view = self.operand(a, shaped.aval.size > self.n_rows)
                assert view is not None
                operands[a] = view
        step = Rows(self.space, self.axes, full, operands)
        step.eqns = [eqns[i] for i in members if self.kinds[i] != _TAIL]
        step.reductions = [eqns[i] for i in members if self.kinds[i] == _TAIL]
        return step


def _variables(atoms: Iterable[object]) -> list[Var]:
    return [a for a in atoms if isinstance(a, Var)]
