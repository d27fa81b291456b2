"""Views moved from results to operands, so that more equations share one iteration space.

``transpose(a * b)`` becomes ``transpose(a) * transpose(b)``, ``pad(a * b)`` becomes a choice over
``stretch(a) * stretch(b)``; the product need not be stored, and what reads the view can be in the
same kernel. Axes of length 1 that `vmap` and `jacrev` leave behind go the same way.

A view goes through an equation if it is the only reader, or if computing the equation once more
costs less than a kernel and a trip through memory: cheap equations on small arrays.
"""

from typing import Any

from ..ir import REGISTRY, Eqn, Literal, Var
from .expression import can_express
from .inline import FlatProgram
from .simplify import drop_dead
from .window import inside_p, padding, stretch_p, stretched

__all__ = ["sink_views"]

_SMALL = 1 << 16
_MOST_COPIES = 256  # of what is computed once more, beside twice the program's own equations
_CHEAP = (
    *("add", "sub", "mul", "neg", "max", "min", "abs", "sign", "integer_pow", "square"),
    *("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not"),
    *("select_n", "inside", "iota", "broadcast_in_dim", "convert_element_type"),
)
_MOVABLE = ("slice", "transpose", "reshape", "broadcast_in_dim", "stretch")


def sink_views(program: FlatProgram) -> FlatProgram:
    """Return the program with views as near to the inputs as they get.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.compile.inline import inline_calls
    >>> jaxpr = fl.make_jaxpr(lambda x: (x * 2.0)[1:] + 1.0)(np.ones(3)).jaxpr
    >>> [e.primitive.name for e in sink_views(inline_calls(jaxpr)).eqns]
    ['slice', 'mul', 'add']
    """
    return _Sinking(program).run()


class _Sinking:
    """The equations written so far, and where each var of the program went."""

    def __init__(self, program: FlatProgram) -> None:
        self.program = program
        self.out = FlatProgram(program.invars, program.consts)
        self.made_by: dict[Var, Eqn] = {}
        self.region = 0
        self.region_of: dict[Var, int] = {}
        self.moved: dict[Any, Any] = {}
        self.env: dict[Var, Any] = {}
        self.uses: dict[Var, int] = {}
        for e in program.eqns:
            for a in e.inputs:
                if isinstance(a, Var):
                    self.uses[a] = self.uses.get(a, 0) + 1
        for o in program.outs:
            if isinstance(o, Var):
                self.uses[o] = self.uses.get(o, 0) + 2  # it must exist

    def run(self) -> FlatProgram:
        """Rewrite the equations in order."""
        for eqn, region in zip(self.program.eqns, self.program.regions, strict=True):
            self.region = region
            eqn = eqn.replace(inputs=[self._atom(a) for a in eqn.inputs])
            x = eqn.inputs[0] if eqn.inputs else None
            if eqn.primitive.name == "pad" and isinstance(x, Var) and self._sinks(x):
                eqn = self._padded(eqn)
            elif isinstance(x, Var) and _is_movable(eqn):
                self.env[eqn.outvars[0]] = self._view(x, eqn)
                continue
            self._emit(eqn)
        self.out.outs = [self._atom(o) for o in self.program.outs]
        return drop_dead(self.out)

    def _atom(self, a: Any) -> Any:
        return a if isinstance(a, Literal) else self.env.get(a, a)

    def _emit(self, eqn: Eqn) -> None:
        self.out.eqns.append(eqn)
        self.out.regions.append(self.region)
        self.made_by.update(dict.fromkeys(eqn.outvars, eqn))
        self.region_of.update(dict.fromkeys(eqn.outvars, self.region))

    def _padded(self, eqn: Eqn) -> Eqn:
        """Write a pad as a choice over a stretched operand."""
        found = padding(eqn)
        x = eqn.inputs[0]
        if found is None or not isinstance(x, Var):
            return eqn
        low, shape = found
        params = {"low": low, "size": x.aval.shape}
        read = self._view(x, stretched(x, low, shape, eqn))
        choice = eqn.replace(primitive=inside_p, inputs=[read, eqn.inputs[1]], params=params)
        return choice if can_express(choice) else eqn

    def _sinks(self, x: Var) -> bool:
        """Tell whether a view of `x` can go through the equation that makes it."""
        made = self.made_by.get(x)
        if made is None or not can_express(made) or self.region_of[x] != self.region:
            return False
        if self.uses.get(x, 0) <= 1:
            return True
        # It would be computed more than once: cheap ones only, and not again and again.
        few = len(self.out.eqns) <= _MOST_COPIES + 2 * len(self.program.eqns)
        return few and made.primitive.name in _CHEAP and x.aval.size <= _SMALL

    def _view(self, x: Var, view: Eqn) -> Any:
        """Return the view of a var, as the result of an equation on views if possible."""
        key = (x, view.primitive.name, tuple(sorted(view.params.items())))
        if key not in self.moved:
            self.moved[key] = self._moved(x, view)
        return self.moved[key]

    def _moved(self, x: Var, view: Eqn) -> Any:
        out = Var(view.outvars[0].aval.update(dtype=x.aval.dtype))
        self.uses[out] = self.uses.get(x, 0)
        made = self.made_by.get(x)
        if made is not None and self._sinks(x) and _keeps_locality(x, view):
            new = self._through(made, view, out)
            if new is not None:
                self._emit(new)
                return out
        self._emit(view.replace(inputs=[x], outvars=[out]))
        return out

    def _through(self, made: Eqn, view: Eqn, out: Var) -> Eqn | None:
        """Return an elementwise equation on views of its operands, or None."""
        name, shape = made.primitive.name, out.aval.shape
        if name == "broadcast_in_dim":
            params = {"shape": shape, "broadcast_dimensions": ()}
            return made.replace(outvars=[out], params=params)
        if name == "iota":
            return self._iota(made, view, out)
        if name == "inside":
            return self._inside(made, view, out)
        inputs = [
            self._view(a, view) if isinstance(a, Var) and a.aval.shape == made.outvars[0].aval.shape
            else a
            for a in made.inputs
        ]  # fmt: skip
        return made.replace(inputs=inputs, outvars=[out])

    def _iota(self, made: Eqn, view: Eqn, out: Var) -> Eqn | None:
        """Count in the shape of the view, from where the view begins."""
        axis, name, p = made.params["dimension"], view.primitive.name, view.params
        shape, start = out.aval.shape, 0
        if name == "slice":
            if p["strides"][axis] != 1:
                return None
            start = p["start_indices"][axis]
        elif name == "stretch":
            start = -p["low"][axis]
        else:
            axis = _axis_after(view, axis)
            if axis is None:
                return None
        params = made.params | {"shape": shape, "dimension": axis}
        if not start:
            return made.replace(outvars=[out], params=params)
        count = Var(out.aval)
        self._emit(made.replace(outvars=[count], params=params))
        offset = Literal(out.aval.dtype.type(start))
        return made.replace(
            primitive=REGISTRY["add"], inputs=[count, offset], outvars=[out], params={}
        )

    def _inside(self, made: Eqn, view: Eqn, out: Var) -> Eqn | None:
        """Move the borders of a padded value along with the view."""
        name, p = view.primitive.name, view.params
        low, size = list(made.params["low"]), list(made.params["size"])
        if name == "slice":
            if any(s != 1 for s in p["strides"]):
                return None
            low = [a - s for a, s in zip(low, p["start_indices"], strict=True)]
        elif name == "stretch":
            low = [a + b for a, b in zip(low, p["low"], strict=True)]
        else:
            moved = [_axis_after(view, d) for d in range(len(low))]
            new_low, new_size = [0] * out.aval.ndim, [1] * out.aval.ndim
            for d, to in enumerate(moved):
                if to is not None:
                    new_low[to], new_size[to] = low[d], size[d]
                elif (low[d], size[d]) != (0, 1):
                    return None
            low, size = new_low, new_size
        x = made.inputs[0]
        assert isinstance(x, Var)
        params = {"low": tuple(low), "size": tuple(size)}
        return made.replace(
            inputs=[self._view(x, view), made.inputs[1]], outvars=[out], params=params
        )


def _is_movable(eqn: Eqn) -> bool:
    """Tell whether a view keeps all elements apart: no repetition, no regrouping."""
    name = eqn.primitive.name
    if name not in _MOVABLE:
        return False
    old, new = eqn.inputs[0].aval.shape, eqn.outvars[0].aval.shape
    if name in ("reshape", "broadcast_in_dim"):
        return [n for n in old if n != 1] == [n for n in new if n != 1] and bool(old and new)
    return True


def _keeps_locality(x: Var, view: Eqn) -> bool:
    """Tell whether reading the operands through the view is no worse than reading the result."""
    return view.primitive.name != "transpose" or x.aval.size <= _SMALL


def _axis_after(view: Eqn, axis: int) -> int | None:
    """Return where an axis is after a transpose, or a change of axes of length 1; None if gone."""
    name, p = view.primitive.name, view.params
    if name == "transpose":
        return int(p["permutation"].index(axis))
    if name == "broadcast_in_dim":
        return int(p["broadcast_dimensions"][axis])
    old, new = view.inputs[0].aval.shape, view.outvars[0].aval.shape
    if old[axis] == 1:
        return None
    before = sum(n != 1 for n in old[:axis])
    return [i for i, n in enumerate(new) if n != 1][before]


assert stretch_p.name in _MOVABLE
