"""Work that only weights decide, done once for many calls.

A program that only infers is called again and again with the same weights. The steps that pack
and transform them run when a weight has changed; their results stay in the arena. A weight is
unchanged if it has the same seal (`functorch_lite.transforms.seal`), as Tensors' arrays do, or if
it is at the same address as in the last call and its fingerprint, of 64 bits for every 64 KB, is
the same: the caller may write to an array of its own at any time, and that is seen. A fingerprint
costs one reading of the memory, packing about five times as much.

A program with gradients has no such steps: its weights change with each call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir import Eqn, Var
from ..kernels.fingerprint import fingerprint_launch
from ..kernels.program import Program
from ..transforms.seal import seal_number
from .cluster import Call, Cluster, Dense, Fused
from .dense import is_gradient, pack_weights_p, transform_weights_p
from .threads import get_num_threads, run_together

__all__ = ["Steady", "Watch", "plan_steady"]

Array = np.ndarray[Any, Any]
_LEAST_BYTES = 1 << 16  # of weights; below, packing costs less than asking
_PIECE = 1 << 16
_SMALL = 1 << 16  # elements of what is computed from weights on the way, such as scales
_MOST_PATIENCE = 1 << 10


@dataclass
class Steady:
    """The part of a program that only weights decide.

    Attributes
    ----------
    steps : int
        How many; they are the first of the program.
    weights : list of Var
        The inputs that decide it.
    kept : set of Var
        Its results.
    """

    steps: int = 0
    weights: list[Var] = field(default_factory=list)
    kept: set[Var] = field(default_factory=set)


def plan_steady(fused: Fused) -> Steady:
    """Move the steps that only weights decide to the front, and say what they are."""
    dense = [s for s in fused.steps if isinstance(s, Dense)]
    if any(is_gradient(s.eqn) for s in dense):
        return Steady()
    chosen: set[object] = set()
    for step in dense:
        if step.eqn.primitive in (pack_weights_p, transform_weights_p):
            chosen |= _before(fused, step)
    first = [s for s in fused.steps if s in chosen]
    rest = [s for s in fused.steps if s not in chosen]
    made = {v for s in first for v in _made(s)}
    results = {fused.view(o).base for o in fused.program.outs if isinstance(o, Var)}
    inputs = set(fused.program.invars)
    reads = dict.fromkeys(v for s in first for v in _read(fused, s))
    weights = [v for v in reads if v in inputs]
    if made & results or sum(v.aval.size * v.aval.dtype.itemsize for v in weights) < _LEAST_BYTES:
        return Steady()
    fused.steps = [*first, *rest]
    return Steady(len(first), weights, made & {v for s in rest for v in _read(fused, s)})


def _before(fused: Fused, step: object) -> set[object]:
    """Return a step and all that it depends on; nothing if that is more than some vectors."""
    found, stack = {step}, [step]
    while stack:
        for v in _read(fused, stack.pop()):
            maker = fused.made_by.get(v)
            if maker is None or maker in found:
                continue
            small = isinstance(maker, Cluster) and _size(maker.space) <= _SMALL
            if not small and not (
                isinstance(maker, Dense) and maker.eqn.primitive is pack_weights_p
            ):
                return set()
            found.add(maker)
            stack.append(maker)
    return found


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for d in shape:
        n *= d
    return n


def _eqns(step: object) -> list[Eqn]:
    if isinstance(step, Cluster):
        return [*step.eqns, *step.reductions]
    assert isinstance(step, Call)
    return [step.eqn]


def _made(step: object) -> list[Var]:
    return [v for e in _eqns(step) for v in e.outvars]


def _read(fused: Fused, step: object) -> list[Var]:
    """Return the buffers that a step reads, apart from its own values."""
    own = set(_made(step))
    bases = [fused.view(a).base for e in _eqns(step) for a in e.inputs if isinstance(a, Var)]
    return [v for v in bases if v not in own]


class Watch:
    """Tells whether arrays are what they were at the last call.

    It gives up for a while, longer each time, where arrays stay in place and their contents change.

    Parameters
    ----------
    sizes : sequence of int
        Bytes of each array.

    Examples
    --------
    >>> x = np.zeros(100)
    >>> watch, where = Watch([x.nbytes]), [x.ctypes.data]
    >>> def look():
    ...     changed = watch.changed([x], where)
    ...     watch.settle()
    ...     return changed
    >>> [look() for _ in range(4)]
    [True, True, False, False]
    >>> x[5] = 1
    >>> look()
    True
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        pieces = [
            (i, at, min(_PIECE, n - at)) for i, n in enumerate(sizes) for at in range(0, n, _PIECE)
        ]
        which, offsets, lengths = np.array(pieces, np.int64).reshape(-1, 3).T
        self._which, self._offsets = which, offsets
        self._pieces = np.stack([offsets, lengths], 1)
        self._now, self._before = np.zeros((2, len(which)), np.int64)
        self._program = Program([fingerprint_launch(self._pieces, self._now)], get_num_threads())
        self._addresses: list[int] = []
        self._taken = self._settled = False
        self._patience, self._pause = 1, 0
        self._seals: list[int] = []  # of the last call that was settled
        self._seen: list[int] = []

    def changed(self, arrays: Sequence[Array], addresses: Sequence[int]) -> bool:
        """Return whether there may have been a change since `settle`."""
        seals = [seal_number(x) for x in arrays]
        sealed = 0 not in seals
        if sealed and seals == self._seals:
            return False
        self._seals, self._seen = [], seals if sealed else []
        if not self._differs(list(addresses)):
            self._seals = self._seen
            return False
        return True

    def _differs(self, here: list[int]) -> bool:
        """Tell by addresses and fingerprints whether there may have been a change."""
        settled, self._settled = self._settled, False
        if here != self._addresses:
            self._addresses, self._taken = here, False
            self._pieces[:, 0] = np.array(here, np.int64)[self._which] + self._offsets
            return True
        if self._pause > 0:
            self._pause -= 1
            self._taken = False
            return True
        self._program.run(run_together)
        same = bool((self._now == self._before).all())
        if settled:
            self._patience = 1 if same else min(2 * self._patience, _MOST_PATIENCE)
            self._pause = 0 if same else self._patience
        self._before[...] = self._now
        self._taken = True
        self._settled = settled and same
        return not self._settled

    def settle(self) -> None:
        """Note that what depends on the arrays has been made."""
        self._settled = self._taken
        self._seals = self._seen
