"""The passes of a row group: what each computes, and what passes hand on within a row.

A reduction's result is there when its pass is over, so what reads it belongs to a later one. A
value that several passes need is computed in the first and *carried*: in the result's own memory
if it is stored anyway, else in scratch memory of one row. What costs no more than carrying it is
computed again, provided that it comes out the same to the last bit.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..ir import Eqn, Var
from .rows import LANES
from .steps import Rows, is_reduction

__all__ = ["RowPlan", "Stage", "is_across", "plan_rows", "spilled_vars"]

# Of one row. It lies on the stack, and in the first or second level of the cache.
_MOST_SCRATCH = 1 << 16
_ADDS = frozenset(["add", "sub"])
_PRODUCTS = frozenset(["mul", "square"])
_CHEAP = frozenset(
    [
        *("abs", "neg", "sign", "max", "min", "convert_element_type"),
        *("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "select_n"),
        *("broadcast_in_dim", "iota"),
    ]
)
_QUOTIENT = 3
_MOST_REPEATED = 3
_MOST_REPEATED_IN_LONG_ROWS = 6  # where carrying means going through memory


@dataclass
class Stage:
    """One pass over a row, and what is computed once before it.

    Attributes
    ----------
    before : list of Eqn
        Equations with one value for the row.
    tails_before : list of Eqn
        Tails of such values.
    eqns : list of Eqn
        Elementwise equations of the pass.
    reductions, tails : list of Eqn
        Over its values.
    carried_in, carried_out : list of Var
        What it takes from an earlier pass, and what it leaves to a later one.
    stored : list of Var
        Results that it writes.
    """

    before: list[Eqn] = field(default_factory=list)
    tails_before: list[Eqn] = field(default_factory=list)
    eqns: list[Eqn] = field(default_factory=list)
    reductions: list[Eqn] = field(default_factory=list)
    tails: list[Eqn] = field(default_factory=list)
    carried_in: list[Var] = field(default_factory=list)
    carried_out: list[Var] = field(default_factory=list)
    stored: list[Var] = field(default_factory=list)


@dataclass
class RowPlan:
    """All passes, and the values for which a row of scratch memory is needed."""

    stages: list[Stage]
    scratch: list[Var]


def is_across(step: Rows) -> bool:
    """Tell whether neighbours in memory belong to different rows."""
    last = max((d for d, n in enumerate(step.space) if n > 1), default=0)
    return last not in (step.axes or ())


def plan_rows(step: Rows, stored: Iterable[Var]) -> RowPlan:
    """Divide a row group into passes.

    Parameters
    ----------
    step : Rows
    stored : iterable of Var
        Values inside that others need.
    """
    needed = set(stored)
    plan = _Planner(step, needed, _MOST_REPEATED).plan()
    if _fitting(step, plan.scratch) < len(plan.scratch):
        plan = _Planner(step, needed, _MOST_REPEATED_IN_LONG_ROWS).plan()
    return plan


def spilled_vars(step: Rows, stored: Iterable[Var]) -> list[Var]:
    """Return the carried values for which a row of scratch memory would be too large."""
    scratch = plan_rows(step, stored).scratch
    return scratch[_fitting(step, scratch) :]


def _fitting(step: Rows, scratch: Sequence[Var]) -> int:
    """Count the values whose rows, one after the other, fit in scratch memory."""
    elements = math.prod(step.space[d] for d in step.axes or ())
    elements *= LANES if is_across(step) else 1
    left = _MOST_SCRATCH
    for n, v in enumerate(scratch):
        left -= elements * v.aval.dtype.itemsize
        if left < 0:
            return n
    return len(scratch)


class _Planner:
    def __init__(self, step: Rows, stored: set[Var], limit: int) -> None:
        self.step, self.stored, self.limit = step, stored, limit
        self.made = {e.outvars[0]: e for e in step.eqns}
        self.level: dict[Var, int] = {}
        for e in step.eqns:
            self.level[e.outvars[0]] = self._level(e) + is_reduction(e)
        self.n_stages = 1 + max(self.level.values(), default=0)
        self.home: dict[Var, int] = {}
        self.cost: dict[Var, float] = {}

    def _inside(self, e: Eqn) -> list[Var]:
        """Return the values of the group that an equation reads."""
        bases = (self.step.operands[a].base for a in e.inputs if isinstance(a, Var))
        return [b for b in bases if b in self.made]

    def _level(self, e: Eqn) -> int:
        """Return the pass in which, or before which, an equation's operands are there."""
        return max((self.level[b] for b in self._inside(e)), default=0)

    def plan(self) -> RowPlan:
        stages = [Stage() for _ in range(self.n_stages)]
        for e in self.step.eqns:
            if is_reduction(e):
                stages[self._level(e)].reductions.append(e)
            elif e.outvars[0] not in self.step.full:
                stages[self._level(e)].before.append(e)
        for e in self.step.reductions:
            base = self.step.operands[_operand(e)].base
            of_row = base in self.made and base not in self.step.full
            stage = stages[self._level(e)]
            (stage.tails_before if of_row else stage.tails).append(e)
        self._find_homes(stages)
        carried: set[Var] = set()
        for k in reversed(range(self.n_stages)):
            stage = stages[k]
            stage.carried_out = self._ordered(v for v in carried if self.home[v] == k)
            stage.stored = self._ordered(v for v in self.stored if self.home.get(v) == k)
            roots = [*stage.stored, *stage.carried_out, *self._reduced(stage)]
            needed, taken = self._closure(roots, k)
            stage.eqns = [e for e in self.step.eqns if e.outvars[0] in needed]
            stage.carried_in = self._ordered(taken)
            carried |= taken
        return RowPlan(stages, self._ordered(carried - self.stored))

    def _reduced(self, stage: Stage) -> list[Var]:
        """Return the values that a pass reduces."""
        return [b for e in [*stage.reductions, *stage.tails] for b in self._inside(e)]

    def _find_homes(self, stages: list[Stage]) -> None:
        """Find the pass that computes each full value: the first that needs it."""
        for k, stage in enumerate(stages):
            for v in self._closure(self._reduced(stage), -1)[0]:
                self.home.setdefault(v, k)
        for v in self._ordered(self.step.full & self.stored):
            if v not in self.home:
                k = self.level[v]
                for b in self._closure([v], -1)[0]:
                    self.home[b] = min(k, self.home.get(b, k))

    def _ordered(self, vs: Iterable[Var]) -> list[Var]:
        wanted = set(vs)
        return [v for v in self.made if v in wanted]

    def _closure(self, roots: list[Var], k: int) -> tuple[set[Var], set[Var]]:
        """Return the full values that pass `k` computes, and those it takes from earlier ones."""
        stack = list(roots)
        needed: set[Var] = set()
        taken: set[Var] = set()
        while stack:
            v = stack.pop()
            if v in needed or v in taken or v not in self.step.full:
                continue
            if self.home.get(v, k) < k and not self._is_repeated(v):
                taken.add(v)
            else:
                needed.add(v)
                stack += self._inside(self.made[v])
        return needed, taken

    def _is_repeated(self, v: Var) -> bool:
        """Tell whether computing a value again costs less than carrying it, and gives the same."""
        return self._cost(v) <= self.limit

    def _cost(self, v: Var) -> float:
        if v not in self.cost:
            self.cost[v] = math.inf  # (equations have no cycles)
            self.cost[v] = self._repeating(self.made[v])
        return self.cost[v]

    def _repeating(self, e: Eqn) -> float:
        """Count the operations of computing a value again, one for each value carried to it."""
        name = e.primitive.name
        if name != "div" and name not in _CHEAP | _ADDS | _PRODUCTS:
            return math.inf
        cost: float = _QUOTIENT if name == "div" else 1
        carried = 0
        for b in self._inside(e):
            if b not in self.step.full:
                continue
            if not self._is_repeated(b):
                carried += 1
            elif name in _ADDS and self.made[b].primitive.name in _PRODUCTS:
                return math.inf  # one rounding or two, as it suits the compiler
            else:
                cost += self._cost(b)
        return math.inf if carried > 1 else cost + carried


def _operand(e: Eqn) -> Var:
    a = e.inputs[0]
    assert isinstance(a, Var)
    return a
