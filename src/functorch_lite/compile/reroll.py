"""Loops found again in what Python unrolled.

Two hundred steps written out by a Python loop are two hundred times the same few equations. They
would take seconds to compile; as a scan they take as long as one step, and run as fast. Here
runs of equations that repeat with a period become scans: what a step reads from the step before
is a carry, what stays the same a constant, what differs a slice of an earlier scan's results. So
the backward pass of an unrolled loop, which reads the steps of the forward pass from the last to
the first, becomes a scan too.

Only small arrays: on large ones the fused kernels of the unrolled form need less memory traffic.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, Jaxpr, Literal, Var, subjaxprs
from .inline import FlatProgram
from .loops import native_loop

__all__ = ["reroll"]

_FEWEST_STEPS = 8
_FEWEST_EQNS = 96
_LONGEST_PERIOD = 128
_LARGEST_ARRAY = 4096


def reroll(program: FlatProgram) -> FlatProgram:
    """Return the program with scans in place of long repetitions.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.compile.inline import inline_calls
    >>> def f(x):
    ...     for _ in range(100):
    ...         x = x - 0.1 * np.sin(x)
    ...     return x
    >>> program = reroll(inline_calls(fl.make_jaxpr(f)(np.ones(3)).jaxpr))
    >>> [e.primitive.name for e in program.eqns]
    ['scan']
    """
    if len(program.eqns) < _FEWEST_EQNS:
        return program
    rolling = _Rolling(program)
    for start, period, steps in _repetitions(rolling.signatures):
        rolling.roll(start, period, steps)
    return rolling.result() if rolling.scans else program


# --- finding --------------------------------------------------------------------------------------


def _signature(eqn: Eqn, region: int) -> Any:
    """Return what is equal for equations that differ in their operands only, or None."""
    avals = [a.aval for a in [*eqn.inputs, *eqn.outvars]]
    if (
        eqn.primitive.effectful
        or any(subjaxprs(eqn))
        or max(a.size for a in avals) > _LARGEST_ARRAY
    ):
        return None
    atoms = tuple(
        np.asarray(a.value).tobytes() if isinstance(a, Literal) else None for a in eqn.inputs
    )
    types = tuple((a.shape, a.dtype) for a in avals)
    key = (eqn.primitive.name, types, atoms, tuple(sorted(eqn.params.items())), region)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _repetitions(signatures: Sequence[Any]) -> Iterator[tuple[int, int, int]]:
    """Yield (start, period, steps) of runs that repeat, the likeliest periods first."""
    last: dict[Any, int] = {}
    distances: Counter[int] = Counter()
    for i, s in enumerate(signatures):
        if s is not None:
            if s in last and i - last[s] <= _LONGEST_PERIOD:
                distances[i - last[s]] += 1
            last[s] = i
    n = len(signatures)
    for period, count in distances.most_common(16):
        if count < _FEWEST_STEPS:
            break
        start = 0
        for i in range(n - period + 1):
            same = i < n - period and signatures[i] == signatures[i + period] is not None
            if same:
                continue
            length = i - start + period
            if i > start and length // period >= _FEWEST_STEPS and length >= _FEWEST_EQNS:
                yield start, period, length // period
            start = i + 1


# --- rolling --------------------------------------------------------------------------------------


class _Stack:
    """The stacked results of a scan: which entry belongs to which var."""

    def __init__(self, var: Var, entries: Sequence[Var]) -> None:
        self.var, self.entries = var, entries


class _Slot:
    """What one operand of a period's equations is: its var in each step, and of what kind."""

    def __init__(self, kind: str, read: list[Any], made: int = 0, out: int = 0) -> None:
        self.kind, self.read, self.made, self.out = kind, read, made, out


class _Rolling:
    """A program in which repetitions are replaced one by one."""

    def __init__(self, program: FlatProgram) -> None:
        self.program, self.eqns = program, program.eqns
        self.signatures = [
            _signature(e, r) for e, r in zip(program.eqns, program.regions, strict=True)
        ]
        self.made_at = {v: i for i, e in enumerate(self.eqns) for v in e.outvars}
        self.taken = [False] * len(self.eqns)
        self.scans: dict[int, list[Eqn]] = {}  # what replaces the equations from here on
        self.stacked: dict[Var, tuple[_Stack, int]] = {}
        self.alias: dict[Var, Any] = {}
        self.used_at: dict[Var, list[int]] = {}
        for i, e in enumerate(self.eqns):
            for a in e.inputs:
                if isinstance(a, Var):
                    self.used_at.setdefault(a, []).append(i)
        for o in program.outs:
            if isinstance(o, Var):
                self.used_at.setdefault(o, []).append(len(self.eqns))

    def roll(self, start: int, period: int, steps: int) -> None:
        """Replace a repetition, if it is a loop; the borders may take some tries."""
        if any(self.taken[start : start + period * steps]):
            return
        spare = period * steps - _FEWEST_EQNS
        for shift in range(min(3 * period, spare)):
            n = steps - -(-shift // period)
            found = self._slots(start + shift, period, n)
            if found is None:
                continue
            first, n, direction, slots = found
            if n >= _FEWEST_STEPS and self._emit(first, period, n, direction, slots):
                return

    def _slots(
        self, start: int, period: int, n: int
    ) -> tuple[int, int, int, dict[tuple[int, int], _Slot]] | None:
        """Sort the operands of a period; return (start, steps, direction, slots) or None."""
        slots: dict[tuple[int, int], _Slot] = {}
        for j in range(period):
            for q, a in enumerate(self.eqns[start + period + j].inputs):
                if isinstance(a, Literal):
                    continue
                read = [self.eqns[start + k * period + j].inputs[q] for k in range(n)]
                slot = self._slot(read, start, period)
                if slot is None:
                    return None
                slots[j, q] = slot
        low, high, direction = 0, n, 1
        sliced = [s for s in slots.values() if s.kind == "slice"]
        if sliced:
            found = self._common_range(sliced, n)
            if found is None:
                return None
            low, high, direction = found
        for s in slots.values():
            s.read = s.read[low:high]
        return start + low * period, high - low, direction, slots

    def _slot(self, read: list[Any], start: int, period: int) -> _Slot | None:
        """Tell of what kind an operand is, from its vars in all steps."""
        at = [self.made_at.get(v, -1) - start for v in read]
        position = at[1] - period
        if 0 <= position < period:
            if any(a != k * period + position for k, a in enumerate(at)):
                return None
            return _Slot("inner", read, position, self._out(read[0]))
        if 0 <= at[1] < period:
            if any(a != (k - 1) * period + at[1] for k, a in enumerate(at) if k):
                return None
            return _Slot("carry", read, at[1], self._out(read[1]))
        if all(v is read[0] for v in read):
            return _Slot("const", read)
        return _Slot("slice", read)

    def _out(self, v: Var) -> int:
        return self.eqns[self.made_at[v]].outvars.index(v)

    def _common_range(self, sliced: Sequence[_Slot], n: int) -> tuple[int, int, int] | None:
        """Return the longest range of steps in which all slices walk along stacks together."""
        best: tuple[int, int, int] | None = None
        for direction in (1, -1):
            low = 0
            for k in range(n + 1):
                holds = k < n and all(v.read[k] in self.stacked for v in sliced)
                walks = holds and (k == low or all(self._follows(v, k, direction) for v in sliced))
                if walks:
                    continue
                if best is None or k - low > best[1] - best[0]:
                    best = (low, k, direction)
                low = k if holds else k + 1
        return best

    def _follows(self, slot: _Slot, k: int, direction: int) -> bool:
        stack, i = self.stacked[slot.read[k]]
        before, j = self.stacked[slot.read[k - 1]]
        return stack is before and i == j + direction

    # --- the scan -------------------------------------------------------------------------------

    def _emit(
        self, start: int, period: int, n: int, direction: int, slots: dict[tuple[int, int], _Slot]
    ) -> bool:
        """Make the scan and note what becomes of the results; False if it cannot be compiled."""
        body = _Body(self.eqns[start : start + period], slots)
        if not body.is_consistent:
            return False
        stop = start + n * period
        finals, kept = self._uses(start, period, n)
        zeros = body.carry_finals(finals)
        stacks = body.stack_outputs(kept)
        xs, more = self._stacks_of(body.slices, n, direction)
        inputs = [*body.consts, *body.inits, *xs]
        outvars = [Var(v.aval) for v in body.carries]
        outvars += [Var(v.aval.update(shape=(n, *v.aval.shape))) for v in stacks]
        params = {
            "jaxpr": body.jaxpr(),
            "n_consts": len(body.consts),
            "n_carry": len(body.carries),
            "length": n,
            "reverse": direction < 0,
        }
        scan = self.eqns[start].replace(
            primitive=REGISTRY["scan"], inputs=inputs, outvars=outvars, params=params
        )
        if native_loop(scan) is None:
            return False
        for key, v in zip(body.carried, outvars, strict=False):
            self.alias[self.eqns[stop - period + key[0]].outvars[key[1]]] = v
        for key, v in zip(kept, outvars[len(body.carries) :], strict=True):
            entries = [self.eqns[start + k * period + key[0]].outvars[key[1]] for k in range(n)]
            stack = _Stack(v, entries[::direction])
            self.stacked |= {e: (stack, i) for i, e in enumerate(stack.entries)}
        self.scans[start] = [*zeros, *more, scan]
        self.taken[start:stop] = [True] * (stop - start)
        return True

    def _uses(
        self, start: int, period: int, n: int
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the positions of results read after the loop: of the last step, of others."""
        stop = start + n * period
        finals, kept = [], []
        for j in range(period):
            for o in range(len(self.eqns[start + j].outvars)):
                made = [self.eqns[start + k * period + j].outvars[o] for k in range(n)]
                late = [any(i >= stop for i in self.used_at.get(v, ())) for v in made]
                if any(late[:-1]):
                    kept.append((j, o))
                elif late[-1]:
                    finals.append((j, o))
        return finals, kept

    def _stacks_of(
        self, slices: Sequence[_Slot], n: int, direction: int
    ) -> tuple[list[Any], list[Eqn]]:
        """Return the stacked operands, and the equations that cut them out."""
        xs: list[Any] = []
        eqns: list[Eqn] = []
        for s in slices:
            stack, first = self.stacked[s.read[0] if direction > 0 else s.read[-1]]
            xs.append(stack.var)
            if n != len(stack.entries):
                shape = stack.var.aval.shape[1:]
                part = Var(stack.var.aval.update(shape=(n, *shape)))
                eqns.append(_slice(stack.var, part, first, first + n))
                xs[-1] = part
        return xs, eqns

    def result(self) -> FlatProgram:
        """Return the program with the scans; single entries of stacks are cut out."""
        out = FlatProgram(self.program.invars, self.program.consts)
        cut: dict[Var, Var] = {}

        def add(eqn: Eqn, region: int) -> None:
            out.eqns.append(eqn.replace(inputs=[atom(a, region) for a in eqn.inputs]))
            out.regions.append(region)

        def atom(a: Any, region: int) -> Any:
            if not isinstance(a, Var):
                return a
            known = self.alias.get(a) or cut.get(a)
            if known is not None or a not in self.stacked:
                return known or a
            stack, i = self.stacked[a]
            row = Var(a.aval.update(shape=(1, *a.aval.shape)))
            cut[a] = Var(a.aval)
            for e in (
                _slice(stack.var, row, i, i + 1),
                Eqn(REGISTRY["reshape"], [row], [cut[a]], {"new_sizes": a.aval.shape}),
            ):
                out.eqns.append(e)
                out.regions.append(region)
            return cut[a]

        for i, (eqn, region) in enumerate(zip(self.eqns, self.program.regions, strict=True)):
            for e in self.scans.get(i, ()):
                add(e, region)
            if not self.taken[i]:
                add(eqn, region)
        out.outs = [atom(o, 0) for o in self.program.outs]
        return out


def _slice(x: Var, out: Var, start: int, stop: int) -> Eqn:
    """Return the equation that cuts out entries of the first axis."""
    shape = x.aval.shape
    params = {
        "start_indices": (start, *(0 for _ in shape[1:])),
        "limit_indices": (stop, *shape[1:]),
        "strides": (1,) * len(shape),
    }
    return Eqn(REGISTRY["slice"], [x], [out], params)


class _Body:
    """The body of a scan, made from the equations of one period."""

    def __init__(self, eqns: Sequence[Eqn], slots: dict[tuple[int, int], _Slot]) -> None:
        self.new = [[Var(v.aval) for v in e.outvars] for e in eqns]
        self.consts: list[Any] = []
        self.const_vars: list[Var] = []
        self.carried: list[tuple[int, int]] = []
        self.carries: list[Var] = []
        self.inits: list[Any] = []
        self.slices: list[_Slot] = []
        self.slice_vars: list[Var] = []
        self.stacks: list[Var] = []
        self.is_consistent = True
        self.eqns = []
        for j, e in enumerate(eqns):
            inputs = [
                a if isinstance(a, Literal) else self._atom(slots[j, q])
                for q, a in enumerate(e.inputs)
            ]
            self.eqns.append(e.replace(inputs=inputs, outvars=self.new[j]))

    def _atom(self, s: _Slot) -> Var:
        """Return what stands for an operand in the body."""
        if s.kind == "inner":
            return self.new[s.made][s.out]
        if s.kind == "carry":
            key = (s.made, s.out)
            if key not in self.carried:
                self.carried.append(key)
                self.carries.append(Var(self.new[s.made][s.out].aval))
                self.inits.append(s.read[0])
            i = self.carried.index(key)
            self.is_consistent &= self.inits[i] is s.read[0]
            return self.carries[i]
        if s.kind == "const":
            if s.read[0] not in self.consts:
                self.consts.append(s.read[0])
                self.const_vars.append(Var(s.read[0].aval))
            return self.const_vars[self.consts.index(s.read[0])]
        for known, v in zip(self.slices, self.slice_vars, strict=True):
            if known.read[0] is s.read[0] and known.read[-1] is s.read[-1]:
                return v
        self.slices.append(s)
        self.slice_vars.append(Var(s.read[0].aval))
        return self.slice_vars[-1]

    def carry_finals(self, finals: Sequence[tuple[int, int]]) -> list[Eqn]:
        """Carry results of the last step along; return the equations of their initial values."""
        zeros = []
        for j, o in finals:
            if (j, o) not in self.carried:
                aval = self.new[j][o].aval
                self.carried.append((j, o))
                self.carries.append(Var(aval))
                self.inits.append(Var(aval))
                params = {"shape": aval.shape, "broadcast_dimensions": ()}
                zero = Literal(aval.dtype.type(0))
                zeros.append(Eqn(REGISTRY["broadcast_in_dim"], [zero], [self.inits[-1]], params))
        return zeros

    def stack_outputs(self, kept: Sequence[tuple[int, int]]) -> list[Var]:
        """Stack results of all steps."""
        self.stacks = [self.new[j][o] for j, o in kept]
        return self.stacks

    def jaxpr(self) -> Jaxpr:
        """Return the body as a closed jaxpr."""
        invars = [*self.const_vars, *self.carries, *self.slice_vars]
        return Jaxpr([], invars, self.eqns, [self.new[j][o] for j, o in self.carried] + self.stacks)
