"""Mutants: rules of primitives, each broken in one way."""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from functorch_lite import numpy as fnp
from functorch_lite.compile import accumulate, drive, views
from functorch_lite.compile import expression as expressions
from functorch_lite.ir import Eqn, Primitive, ShapedArray, dtype_of, no_tangent, not_linear
from functorch_lite.ir.primitive import Unsupported
from functorch_lite.prims.lowering import Reduce, Scalar, View

__all__ = ["KINDS", "Mutant", "mutants"]

Rule = Callable[..., Any]
KINDS = ("jvp", "transpose", "batch", "type", "kernel")


class Mutant(NamedTuple):
    """A rule and what replaces it.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        What is broken and how.
    swap : callable
        Puts a rule in place.
    right, wrong : callable
        The rule and what replaces it.
    reached : list or None
        Filled when the change makes a difference; None if it always does.
    """

    kind: str
    name: str
    swap: Callable[[Any], None]
    right: Any
    wrong: Any
    reached: list[bool] | None = None


def _of(p: Primitive, attribute: str) -> tuple[Callable[[Any], None], Any]:
    """Return how to replace a rule, and the rule."""
    return lambda rule: setattr(p, attribute, rule), getattr(p, attribute)


def _each(outs: Any, change: Callable[[Any], Any]) -> Any:
    """Change the arrays of a rule's result, leaving symbolic zeros."""
    if outs is None:
        return None
    if isinstance(outs, list | tuple):
        return [_each(o, change) for o in outs]
    return change(outs)


def _inexact(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: change(x) if dtype_of(x).kind in "fc" else x


def _axis(reached: list[bool]) -> Callable[[Any], Any]:
    """Return a change that swaps the last two axes, or turns the last one around."""

    def change(x: Any) -> Any:
        shape = x.shape
        if not shape or max(shape) < 2:
            return x
        reached.append(True)
        if len(shape) > 1 and shape[-1] == shape[-2] > 1:
            return fnp.swapaxes(x, -1, -2)
        return fnp.flip(x, max(range(len(shape)), key=lambda i: shape[i]))

    return _inexact(change)


def _changes() -> Iterator[tuple[str, Callable[[Any], Any], list[bool] | None]]:
    """Yield the ways to break a linear map."""
    yield "wrong sign", _inexact(lambda x: -x), None
    yield "lost factor", _inexact(lambda x: x * dtype_of(x).type(2)), None
    reached: list[bool] = []
    yield "wrong axis", _axis(reached), reached


def _linear_mutants(p: Primitive, attribute: str, n: int) -> Iterator[Mutant]:
    """Break a rule that takes tangents first, or a transpose rule."""
    swap, rule = _of(p, attribute)
    for name, change, reached in _changes():

        def broken(*a: Any, _change: Any = change, **k: Any) -> Any:
            return _each(rule(*a, **k), _change)

        yield Mutant(attribute, f"{attribute}: {name}", swap, rule, broken, reached)
    for i in range(n if n > 1 else 0):
        reached = []
        make = _jvp_without if attribute == "jvp" else _transpose_without
        dropped = make(p, rule, i, reached)
        yield Mutant(attribute, f"{attribute}: dropped term {i}", swap, rule, dropped, reached)


def _jvp_without(p: Primitive, rule: Rule, i: int, reached: list[bool]) -> Rule:
    def dropped(ts: Any, *a: Any, **k: Any) -> Any:
        present = [j for j, t in enumerate(ts) if t is not None]
        if i >= len(present):
            return rule(ts, *a, **k)
        reached.append(True)
        kept = [None if j == present[i] else t for j, t in enumerate(ts)]
        if all(t is None for t in kept):
            return [None] * len(a[1]) if p.multiple_results else None
        return rule(kept, *a, **k)

    return dropped


def _transpose_without(p: Primitive, rule: Rule, i: int, reached: list[bool]) -> Rule:
    def dropped(*a: Any, **k: Any) -> Any:
        cts = rule(*a, **k)
        present = [j for j, ct in enumerate(cts) if ct is not None]
        if i >= len(present):
            return cts
        reached.append(True)
        return [None if j == present[i] else ct for j, ct in enumerate(cts)]

    return dropped


def _linearize_mutants(p: Primitive) -> Iterator[Mutant]:
    swap, rule = _of(p, "linearize")
    for name, change, reached in _changes():

        def broken(*a: Any, _change: Any = change, **k: Any) -> Any:
            outs, lin = rule(*a, **k)
            return outs, lambda ts: _each(lin(ts), _change)

        yield Mutant("jvp", f"linearize: {name}", swap, rule, broken, reached)


def _batch_mutants(p: Primitive) -> Iterator[Mutant]:
    swap, rule = _of(p, "batch")

    def reverse(x: Any) -> Any:
        return x[::-1]

    def first(x: Any) -> Any:
        return fnp.broadcast_to(x[:1], x.shape)

    def moved(x: Any) -> Any:
        return fnp.moveaxis(x, 0, 1) if len(x.shape) > 1 else x[::-1]

    for name, change in (
        ("lanes reversed", reverse),
        ("first lane for all", first),
        ("wrong axis", moved),
    ):

        def broken(*a: Any, _change: Any = change, **k: Any) -> Any:
            out = rule(*a, **k)
            if p.multiple_results:
                outs, mask = out
                return [_change(o) if m else o for o, m in zip(outs, mask, strict=True)], mask
            return _change(out)

        yield Mutant("batch", f"batch: {name}", swap, rule, broken)


def _type_mutants(p: Primitive) -> Iterator[Mutant]:
    swap, rule = _of(p, "abstract_eval")

    def other_dtype(a: ShapedArray) -> ShapedArray:
        return a.update(dtype=np.dtype("f4" if a.dtype != np.float32 else "f8"))

    def longer(a: ShapedArray) -> ShapedArray:
        return a.update(shape=(*a.shape[:-1], a.shape[-1] + 1) if a.shape else (1,))

    for name, change in (("wrong dtype", other_dtype), ("wrong shape", longer)):

        def broken(*a: Any, _change: Any = change, **k: Any) -> Any:
            out = rule(*a, **k)
            return [_change(o) for o in out] if isinstance(out, list | tuple) else _change(out)

        yield Mutant("type", f"abstract_eval: {name}", swap, rule, broken)


def _kernel_mutants(p: Primitive) -> Iterator[Mutant]:
    """Break the expression, the reduction step or the index map that the compiler writes."""
    makers = {Scalar: (_broken_value,), Reduce: (_broken_step, _broken_start)}
    for make in makers.get(type(p.lower), ()):
        reached: list[bool] = []
        right, wrong = make(p, reached)
        attribute, holders = right.__name__, _holders(right)

        def swap(rule: Any, _attribute: str = attribute, _holders: Any = holders) -> None:
            for module in _holders:
                setattr(module, _attribute, rule)

        yield Mutant("kernel", f"kernel: {attribute}", swap, right, wrong, reached)
    if isinstance(p.lower, View) and p.name in views._MAKERS:
        yield _view_mutant(p)


def _holders(function: Rule) -> list[Any]:
    """Return the compiler's modules that know a function by its name."""
    name = function.__name__
    modules = [m for key, m in sys.modules.items() if key.startswith(f"{drive.__package__}.")]
    return [m for m in modules if getattr(m, name, None) is function]


def _broken_value(p: Primitive, reached: list[bool]) -> tuple[Rule, Rule]:
    right = expressions.expression

    def expression(eqn: Eqn, *a: Any) -> str:
        text = right(eqn, *a)
        if eqn.primitive is not p:
            return text
        reached.append(True)
        return f"(not ({text}))" if eqn.outvars[0].aval.dtype.kind == "b" else f"(({text}) + 1)"

    return right, expression


def _broken_step(p: Primitive, reached: list[bool]) -> tuple[Rule, Rule]:
    right = accumulate.combine

    def combine(r: Eqn, acc: str, value: str, chunk: bool = False) -> str:
        if r.primitive is not p:
            return right(r, acc, value, chunk)
        reached.append(True)
        return acc

    return right, combine


def _broken_start(p: Primitive, reached: list[bool]) -> tuple[Rule, Rule]:
    right = accumulate.initial

    def initial(r: Eqn, wide: bool = False, store: bool = False) -> str:
        text = right(r, wide, store)
        if r.primitive is not p:
            return text
        reached.append(True)
        dtype = r.outvars[0].aval.dtype
        wrong = -9 if p.name == "reduce_min" else 9
        return f"(not {text})" if dtype.kind == "b" else f"{dtype.name}({wrong})"

    return right, initial


def _view_mutant(p: Primitive) -> Mutant:
    """Read the longest axis backwards."""
    right = views._MAKERS[p.name]
    reached: list[bool] = []

    def wrong(x: Any, **params: Any) -> Any:
        view = right(x, **params)
        if view is None or not view.shape or max(view.shape) < 2:
            return view
        axis = max(range(len(view.shape)), key=lambda i: view.shape[i])
        stride = view.strides[axis]
        if stride:
            reached.append(True)
        strides = tuple(-s if i == axis else s for i, s in enumerate(view.strides))
        offset = view.offset + stride * (view.shape[axis] - 1)
        return views.View(view.base, view.shape, strides, offset)

    def swap(rule: Any) -> None:
        views._MAKERS[p.name] = rule

    return Mutant("kernel", "kernel: index map", swap, right, wrong, reached)


def mutants(p: Primitive, operands: int, kinds: set[str]) -> Iterator[Mutant]:
    """Yield the mutants of a primitive."""
    if "jvp" in kinds and p.jvp is not no_tangent and not isinstance(p.jvp, Unsupported):
        yield from _linear_mutants(p, "jvp", operands)
    if "jvp" in kinds and p.linearize is not None:
        yield from _linearize_mutants(p)
    linear = p.transpose is not not_linear and not isinstance(p.transpose, Unsupported)
    if "transpose" in kinds and linear:
        yield from _linear_mutants(p, "transpose", operands)
    if "batch" in kinds and not isinstance(p.batch, Unsupported):
        yield from _batch_mutants(p)
    if "type" in kinds:
        yield from _type_mutants(p)
    if "kernel" in kinds:
        yield from _kernel_mutants(p)
