"""One element picked from each row, as a comparison with the row's indices.

``take_along_axis(log_softmax(x), y[:, None], 1)``, the usual cross entropy, gathers one element of
each row of a value that is computed for nothing else, and its gradient scatters one element into
each row of zeros. As calls they need the whole value in memory. As ``sum(where(indices == y, v,
0))``, and ``where(indices == y, ct, 0)``, they join the kernel that computes the value, where they
cost a comparison.
"""

import math
from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, Literal, ShapedArray, Var
from .expression import can_express
from .inline import FlatProgram
from .simplify import drop_dead

__all__ = ["pick_by_comparison"]

_SHORT = np.dtype(np.int32)
_LONGEST = 1 << 15  # longer rows are better looked up than searched


def pick_by_comparison(program: FlatProgram) -> FlatProgram:
    """Return the program with gathers and scatters of one element a row as comparisons.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.compile.inline import inline_calls
    >>> f = lambda x, y: np.take_along_axis(np.exp(x), y, 1)
    >>> jaxpr = fl.make_jaxpr(f)(np.ones((5, 7)), np.ones((5, 1), int)).jaxpr
    >>> names = [e.primitive.name for e in pick_by_comparison(inline_calls(jaxpr)).eqns]
    >>> "gather" in names, names[-2:]
    (False, ['reduce_sum', 'reshape'])
    """
    return _Picking(program).run()


class _Picking:
    """The equations written so far."""

    def __init__(self, program: FlatProgram) -> None:
        self.program = program
        self.out = FlatProgram(program.invars, program.consts)
        self.out.outs = program.outs
        self.made_by = {v: e for e in program.eqns for v in e.outvars}
        self.region = 0
        self.like: Eqn

    def run(self) -> FlatProgram:
        """Rewrite the equations in order."""
        changed = False
        for eqn, region in zip(self.program.eqns, self.program.regions, strict=True):
            axis = _picked_axis(eqn)
            self.region, self.like = region, eqn
            if axis is not None and eqn.primitive.name == "gather" and self._is_made(eqn):
                self._gather(eqn, axis)
            elif axis is not None and eqn.primitive.name == "scatter_add":
                self._scatter(eqn, axis)
            else:
                self._emit(eqn)
                continue
            changed = True
        return drop_dead(self.out) if changed else self.program

    def _emit(self, eqn: Eqn) -> None:
        self.out.eqns.append(eqn)
        self.out.regions.append(self.region)

    def _add(self, name: str, inputs: list[Any], out: Var, **params: Any) -> Var:
        """Write an equation, at the user's line of the one that it replaces."""
        primitive = REGISTRY[name]
        self._emit(
            self.like.replace(primitive=primitive, inputs=inputs, outvars=[out], params=params)
        )
        return out

    def _is_made(self, eqn: Eqn) -> bool:
        """Tell whether the value that is picked from is computed element by element."""
        x = eqn.inputs[0]
        made = self.made_by.get(x) if isinstance(x, Var) else None
        return made is not None and can_express(made)

    def _chosen(self, eqn: Eqn, axis: int) -> Var:
        """Write the comparison of each element's index with that of its row."""
        indices = eqn.inputs[1]
        shape = eqn.inputs[0].aval.shape
        rows = tuple(1 if d == axis else n for d, n in enumerate(shape))
        kind = indices.aval.dtype
        index = self._add("reshape", [indices], _var(rows, kind), new_sizes=rows)
        zero, last = Literal(kind.type(0)), Literal(kind.type(shape[axis] - 1))
        index = self._add("max", [index, zero], _var(rows, kind))
        index = self._add("min", [index, last], _var(rows, kind))
        short = self._add("convert_element_type", [index], _var(rows, _SHORT), new_dtype=_SHORT)
        spread = self._spread(short, shape)
        count = self._add(
            "iota", [], _var(shape, _SHORT), dtype=_SHORT, shape=shape, dimension=axis
        )
        return self._add("eq", [count, spread], _var(shape, np.dtype(bool)))

    def _spread(self, x: Var, shape: tuple[int, ...]) -> Var:
        """Repeat along the axes of length 1."""
        axes = tuple(range(len(shape)))
        out = _var(shape, x.aval.dtype)
        return self._add("broadcast_in_dim", [x], out, shape=shape, broadcast_dimensions=axes)

    def _gather(self, eqn: Eqn, axis: int) -> None:
        x, out = eqn.inputs[0], eqn.outvars[0]
        shape, kind = x.aval.shape, x.aval.dtype
        chosen, zero = self._chosen(eqn, axis), Literal(kind.type(0))
        found = self._add("select_n", [chosen, zero, x], _var(shape, kind))
        rows = tuple(n for d, n in enumerate(shape) if d != axis)
        total = self._add("reduce_sum", [found], _var(rows, kind), axes=(axis,))
        self._add("reshape", [total], out, new_sizes=out.aval.shape)

    def _scatter(self, eqn: Eqn, axis: int) -> None:
        x, _, updates = eqn.inputs
        shape, kind = x.aval.shape, x.aval.dtype
        chosen, zero = self._chosen(eqn, axis), Literal(kind.type(0))
        rows = tuple(1 if d == axis else n for d, n in enumerate(shape))
        update = self._add("reshape", [updates], _var(rows, kind), new_sizes=rows)
        spread = self._spread(update, shape)
        added = self._add("select_n", [chosen, zero, spread], _var(shape, kind))
        self._add("add", [x, added], eqn.outvars[0])


def _var(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Var:
    return Var(ShapedArray(shape, dtype))


def _picked_axis(eqn: Eqn) -> int | None:
    """Return the axis along which one element of each row is gathered or scattered, else None."""
    if eqn.primitive.name not in ("gather", "scatter_add") or eqn.params["mode"] != "clip":
        return None
    x, indices = eqn.inputs[:2]
    window = eqn.outvars[0] if eqn.primitive.name == "gather" else eqn.inputs[2]
    numbers, shape = eqn.params["dimension_numbers"], x.aval.shape
    if eqn.primitive.name == "gather":
        along, batch = numbers.start_index_map, numbers.operand_batching_dims
        paired = numbers.start_indices_batching_dims
    else:
        along, batch = numbers.scatter_dims_to_operand_dims, numbers.operand_batching_dims
        paired = numbers.scatter_indices_batching_dims
    if len(along) != 1 or x.aval.dtype.name not in ("float32", "float64"):
        return None
    (axis,) = along
    others = tuple(d for d in range(len(shape)) if d != axis)
    n_rows = math.prod(shape[d] for d in others)
    fits = (
        tuple(batch) == others
        and tuple(paired) == tuple(range(len(others)))
        and indices.aval.dtype.name in ("int32", "int64")
        and isinstance(indices, Var)
        and isinstance(window, Var)
        and indices.aval.size == window.aval.size == n_rows > 0
        and 1 < shape[axis] <= _LONGEST
    )
    return axis if fits else None
