"""What `custom_root` and `custom_linear_solve` share: recorded functions of one kind of pytree.

Their primitives carry several jaxprs; their operands are the constants of each, then the leaves
of one tree.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import PytreeError, ShapeError
from ...ir import (
    Jaxpr,
    Primitive,
    bind,
    convert_if_needed,
    current_source,
    shape_of,
    summarize,
    typeof,
)
from ...pytree import PyTreeDef, tree_unflatten
from ..batch import batch_jaxpr, materialize
from .common import check_same_tree, flatten_arrays, record_body, split

__all__ = ["Recorded", "Unknown", "batch_recorded", "bind_recorded", "operand_parts"]

Recorded = tuple[Jaxpr, list[Any]]


class Unknown:
    """The kind of pytree that an equation is solved for.

    Parameters
    ----------
    like : pytree
        One of that kind.
    name : str
        What errors call it.
    has_aux : bool
        Whether a solver returns a pair ``(x, aux)``.
    """

    def __init__(self, like: Any, name: str, has_aux: bool) -> None:
        leaves, self._tree = flatten_arrays(like, name)
        self.avals = [typeof(x).strengthen() for x in leaves]
        self.leaves = [
            convert_if_needed(x, a.dtype) for x, a in zip(leaves, self.avals, strict=True)
        ]
        self._name, self._has_aux = name, has_aux
        self._aux_tree: PyTreeDef | None = None

    def __len__(self) -> int:
        return len(self.avals)

    def build(self, leaves: Sequence[Any]) -> Any:
        """Return the tree of some leaves."""
        return tree_unflatten(self._tree, list(leaves))

    def flatten(self, x: Any, what: str) -> list[Any]:
        """Return the leaves of a tree of this kind, Python numbers in the dtypes of this kind.

        Raises
        ------
        PytreeError, ShapeError
            For a tree of another kind.
        """
        values, tree = flatten_arrays(x, what)
        check_same_tree(tree, self._tree, what, self._name)
        out = []
        for v, a in zip(values, self.avals, strict=True):
            if shape_of(v) != a.shape:
                raise ShapeError(
                    f"{what} has shape {shape_of(v)}, expected {a.shape} "
                    f"{summarize(current_source())}"
                )
            out.append(convert_if_needed(v, a.dtype))
        return out

    def record(self, f: Callable[[Any], Any], name: str) -> Recorded:
        """Record a function from this kind to this kind."""
        return record_body(
            lambda *xs: self.flatten(f(self.build(xs)), f"what {name} returns"), self.avals, name
        )

    def record_solver(self, solver: Callable[[Any], Any], name: str) -> Recorded:
        """Record a solver, which may return something beside the solution."""
        if not self._has_aux:
            return self.record(solver, name)

        def flat(*xs: Any) -> list[Any]:
            out = solver(self.build(xs))
            if not isinstance(out, tuple) or len(out) != 2:
                raise PytreeError(f"{name} must return a pair (x, aux) with has_aux=True")
            extra, aux_tree = flatten_arrays(out[1], f"aux of {name}")
            self._aux_tree = self._aux_tree or aux_tree
            return self.flatten(out[0], f"what {name} returns") + extra

        return record_body(flat, self.avals, name)

    def result(self, outs: Sequence[Any]) -> Any:
        """Return what the user gets for the results of a solver."""
        x = self.build(outs[: len(self)])
        if not self._has_aux:
            return x
        assert self._aux_tree is not None
        return x, tree_unflatten(self._aux_tree, outs[len(self) :])


def operand_parts(
    args: Sequence[Any], lengths: tuple[int, ...]
) -> tuple[list[list[Any]], list[Any]]:
    """Cut operands into the constants of each jaxpr and the tree's leaves."""
    *consts, leaves = split(args, *lengths)
    return consts, leaves


def bind_recorded(
    prim: Primitive, parts: Sequence[Recorded], leaves: Sequence[Any], **params: Any
) -> list[Any]:
    """Bind a primitive of several recorded functions."""
    outs: list[Any] = bind(
        prim,
        *[c for _, consts in parts for c in consts],
        *leaves,
        jaxprs=tuple(jaxpr for jaxpr, _ in parts),
        lengths=tuple(len(consts) for _, consts in parts),
        **params,
    )
    return outs


def batch_recorded(prim: Callable[[], Primitive]) -> Callable[..., tuple[list[Any], list[bool]]]:
    """Return the batch rule that batches each function; all leaves become mapped."""

    def batch(
        size: int,
        args: Sequence[Any],
        batched: Sequence[bool],
        *,
        jaxprs: tuple[Jaxpr, ...],
        lengths: tuple[int, ...],
        **params: Any,
    ) -> tuple[list[Any], list[bool]]:
        consts, leaves = operand_parts(args, lengths)
        masks, leaf_mask = operand_parts(batched, lengths)
        parts = []
        for jaxpr, part, mask in zip(jaxprs, consts, masks, strict=True):
            every = (True,) * (len(jaxpr.invars) - len(part))
            mapped, rule_consts, _ = batch_jaxpr(jaxpr, size, (*mask, *every), True)
            parts.append((mapped, [*rule_consts, *part]))
        full = [v if m else materialize(v, size) for v, m in zip(leaves, leaf_mask, strict=True)]
        outs = bind_recorded(prim(), parts, full, **params)
        return outs, [True] * len(outs)

    return batch
