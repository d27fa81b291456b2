"""Recording a function for `jit`."""

from collections.abc import Callable, Sequence
from typing import Any

from ..ir import (
    Jaxpr,
    ShapedArray,
    current_state,
    dce_jaxpr,
    record,
)
from .donate import is_donation, warn_unusable
from .flatten import FlatFunction

__all__ = ["TracedCall", "trace_call"]


class TracedCall:
    """A recorded program and how to call it.

    Attributes
    ----------
    jaxpr : Jaxpr
        Takes the closed-over arrays, then the leaves that are used.
    consts : list
        The closed-over arrays, and tracers of transforms around.
    flat : FlatFunction
        Knows the structures of arguments and results.
    avals : list of ShapedArray
        Of all leaves.
    kept : list of int or None
        Which leaves the program takes; None for all.
    donated : tuple of int
        Positions of the operands that the caller gives up.
    """

    __slots__ = ("avals", "consts", "donated", "flat", "jaxpr", "kept")

    def __init__(
        self,
        jaxpr: Jaxpr,
        consts: list[Any],
        flat: FlatFunction,
        avals: Sequence[ShapedArray],
        kept: list[int] | None,
    ) -> None:
        self.jaxpr = jaxpr
        self.consts = consts
        self.flat = flat
        self.avals = list(avals)
        self.kept = kept
        self.donated: tuple[int, ...] = ()

    def donate(self, leaves: Sequence[bool]) -> None:
        """Note which leaves are given up; warn if the program has no use for the memory of one."""
        kept = range(len(leaves)) if self.kept is None else self.kept
        given = [i for i in kept if leaves[i] and is_donation(self.avals[i])]
        positions = {leaf: len(self.consts) + k for k, leaf in enumerate(kept)}
        self.donated = tuple(positions[i] for i in given)
        if not current_state().level:
            warn_unusable(self.flat.name, [self.avals[i] for i in given], self.jaxpr.out_avals)

    def operands(self, leaves: Sequence[Any]) -> list[Any]:
        """Return what the program is called with."""
        if self.kept is None:
            return [*self.consts, *leaves]
        return [*self.consts, *[leaves[i] for i in self.kept]]


def trace_call(
    fun: Callable[..., Any],
    treedef: Any,
    avals: Sequence[ShapedArray],
    name: str,
    keep_unused: bool = True,
) -> TracedCall:
    """Record `fun` on abstract arguments; closed-over arrays become leading operands."""
    flat = FlatFunction(fun, treedef)
    raw, consts = record(lambda *xs: flat(*xs), avals, f"jit of {name}")
    closed = Jaxpr([], raw.constvars + raw.invars, raw.eqns, raw.outs)
    pruned, used = dce_jaxpr(closed)
    n = len(consts)
    kept = None
    if not keep_unused and not all(used[n:]):
        kept = [i for i, u in enumerate(used[n:]) if u]
    held = [v for v, u in zip(raw.constvars, used[:n], strict=True) if u]
    invars = raw.invars if kept is None else [raw.invars[i] for i in kept]
    jaxpr = Jaxpr([], held + invars, pruned.eqns, pruned.outs)
    values = [c for c, u in zip(consts, used[:n], strict=True) if u]
    return TracedCall(jaxpr, values, flat, avals, kept)
