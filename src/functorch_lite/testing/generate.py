"""Random well-typed programs over the registered primitives.

A program is built step by step on concrete values: an operation is chosen, its operands are
taken from what is there, brought to its shapes and into its domain, and the result is kept if it
is finite. What comes out is data, a jaxpr and arguments, so it shrinks and prints.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import numpy as fnp
from ..compile.executor import compile_mode
from ..ir import Jaxpr, dce_jaxpr, dtype_of, eval_jaxpr, shape_of
from ..pytree import tree_leaves
from ..transforms import checkpoint, jit, make_jaxpr
from .choices import Choices
from .opspecs import OPSPECS, OpSpec
from .program import prim, program_source
from .walk import all_steps

__all__ = ["RandomProgram", "fit", "random_program"]

Array = np.ndarray[Any, Any]
Function = Callable[..., list[Any]]
_SHAPES: tuple[tuple[int, ...], ...] = ((3,), (), (2, 2), (1,), (2, 3), (3, 1), (2, 1, 2))
# Results beyond this are squashed, so that derivatives of derivatives stay comparable.
_LARGE = 6.0
# A program in which something is larger is not used.
_HUGE = 1e8


class RandomProgram(NamedTuple):
    """A program and arguments.

    Attributes
    ----------
    jaxpr : Jaxpr
        Closed; constants are inputs.
    args : list of ndarray
    """

    jaxpr: Jaxpr
    args: list[Array]

    def __call__(self, *args: Any) -> list[Any]:
        """Evaluate on arrays or tracers."""
        return eval_jaxpr(self.jaxpr, (), *args)

    def source(self, call: str = "") -> str:
        """Return runnable Python; see `program_source`."""
        return program_source(self.jaxpr, self.args, call)

    def __repr__(self) -> str:
        return self.source()


class Step(NamedTuple):
    """An operation on earlier values, by their numbers."""

    fn: Callable[..., Any]
    sources: list[int]


def fit(x: Any, shape: tuple[int, ...]) -> Any:
    """Bring any non-empty array to a shape: reshape, repeat or cut.

    Examples
    --------
    >>> fit(np.arange(3.0), (2, 2))
    array([[0., 1.],
           [2., 0.]])
    """
    if shape_of(x) == shape:
        return x
    size, wanted = int(np.prod(shape_of(x))), int(np.prod(shape))
    flat = fnp.reshape(x, (size,))
    if size < wanted:
        flat = fnp.concatenate([flat] * -(-wanted // size))
    if flat.shape[0] != wanted:
        flat = flat[:wanted]
    return fnp.reshape(flat, shape)


def as_float(x: Any, dtype: np.dtype[Any]) -> Any:
    """Turn any result into floats of one dtype."""
    if dtype_of(x).kind == "c":
        x = fnp.real(x) + fnp.imag(x)
    return x if dtype_of(x) == dtype else fnp.astype(x, dtype)


def squash(x: Any) -> Any:
    """Map smoothly into (-4, 4)."""
    return prim.tanh(x * dtype_of(x).type(0.25)) * dtype_of(x).type(4.0)


class Builder:
    """Builds a program on concrete values."""

    def __init__(self, choices: Choices, values: Sequence[Array], nesting: int) -> None:
        self.choices, self.nesting = choices, nesting
        self.values: list[Array] = list(values)
        self.n_inputs = len(values)
        self.steps: list[Step] = []
        self.dtype = values[0].dtype

    def run(self, *xs: Any) -> list[Any]:
        """Execute the steps on other inputs; return all values."""
        env = list(xs)
        for step in self.steps:
            env.extend(step.fn(*[env[i] for i in step.sources]))
        return env

    def pick_value(self) -> int:
        """Choose a value, late ones more often; the simplest choice is the latest."""
        n = len(self.values)
        back = self.choices.integer(0, n - 1)
        return n - 1 - (back if self.choices.coin() else min(back, 2))

    def grow_if(self, choices: Choices, may_stop: bool) -> bool:
        """Add an operation, or choose not to; a choice each time lets any one be taken out."""
        if may_stop and choices.integer(0, 9) == 0:
            return False
        mine, self.choices = self.choices, choices
        self.grow()
        self.choices = mine
        return True

    def grow(self) -> None:
        """Add one operation, unless its result is not finite or far too large."""
        c = self.choices
        first = self.pick_value()
        nested = self.nesting > 0 and c.integer(0, 5) == 5
        step = self._nested(first) if nested else self._primitive(c.pick(_names()), first)
        with np.errstate(all="ignore"):
            outs = step.fn(*[self.values[i] for i in step.sources])
        outs = [np.asarray(o) for o in outs]
        if not all(np.all(np.isfinite(o)) for o in outs) or any(o.size == 0 for o in outs):
            return
        if any(np.max(np.abs(o)) > _LARGE for o in outs):
            fn = step.fn
            step = Step(lambda *xs: [squash(o) for o in fn(*xs)], step.sources)
            outs = [np.asarray(squash(o)) for o in outs]
        if sum(o.size for o in outs) > 64 or (nested and not self.stays_tame(step)):
            return
        self.steps.append(step)
        self.values.extend(outs)

    def stays_tame(self, step: Step) -> bool:
        """Tell whether nothing overflows inside: values grow from one round to the next."""
        operands = [self.values[i] for i in step.sources]
        closed = make_jaxpr(step.fn)(*operands)
        jaxpr = closed.jaxpr
        flat = Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs)
        with np.errstate(all="ignore"):
            outs = [o for s in all_steps(flat, [*closed.consts, *operands]) for o in s.outs]
        return all(np.all(np.abs(np.where(np.isfinite(o), o, np.inf)) < _HUGE) for o in outs)

    def _primitive(self, spec: OpSpec, first: int) -> Step:
        """Apply a primitive by its row."""
        sample = spec.sample(self.choices, self.values[first].shape)
        sources = [first] + [self.pick_value() for _ in sample.operands[1:]]
        dtype = self.dtype

        def apply(*xs: Any) -> list[Any]:
            ready = [
                operand.domain.guard(fit(x, operand.shape))
                for x, operand in zip(xs, sample.operands, strict=True)
            ]
            return [as_float(o, dtype) for o in tree_leaves(sample.fn(*ready))]

        return Step(apply, sources)

    def _body(self, values: Sequence[Array], shape: tuple[int, ...]) -> Callable[..., Any]:
        """Return a random function of as many arguments, with a result of a shape, in (-4, 4)."""
        inner = Builder(self.choices, values, self.nesting - 1)
        for _ in range(self.choices.integer(1, 2)):
            inner.grow()
        return lambda *xs: squash(fit(inner.run(*xs)[-1], shape))

    def _nested(self, first: int) -> Step:
        """Apply control flow or a call around a random body."""
        from ..lax.control import fori_loop, scan, while_loop
        from ..transforms.control.choose import cond

        c, second = self.choices, self.pick_value()
        x, y = self.values[first], self.values[second]
        body = self._body([x, y], x.shape)
        kind = c.pick(["jit", "checkpoint", "cond", "scan", "while", "fori", "map"])
        steps, reverse = c.integer(1, 3), c.coin()
        if kind in ("jit", "checkpoint"):
            wrap = jit if kind == "jit" else checkpoint
            return Step(lambda a, b: [wrap(body)(a, b)], [first, second])
        if kind == "cond":
            other = self._body([x, y], x.shape)
            return Step(lambda a, b: [cond(a.sum() > 0.2, body, other, a, b)], [first, second])
        if kind == "scan":

            def scanned(a: Any, b: Any) -> list[Any]:
                xs = fnp.stack([a * dtype_of(a).type(k + 1) for k in range(steps)])
                end, ys = scan(lambda h, r: (body(h + r, b), h), a, xs, reverse=reverse)
                return [end, ys]

            return Step(scanned, [first, second])
        if kind == "while":

            def looped(a: Any, b: Any) -> list[Any]:
                start = (0, a)
                return [
                    while_loop(lambda s: s[0] < steps, lambda s: (s[0] + 1, body(s[1], b)), start)[
                        1
                    ]
                ]

            return Step(looped, [first, second])
        if kind == "fori":
            return Step(
                lambda a, b: [fori_loop(0, steps, lambda i, h: body(h, b), a)], [first, second]
            )

        def mapped(a: Any, b: Any) -> list[Any]:
            rows = fnp.stack([a, a * dtype_of(a).type(0.5)])
            return [vmap_rows(lambda row: body(row, b), rows)]

        return Step(mapped, [first, second])


def _chosen(values: list[Any], keep: Sequence[int]) -> list[Any]:
    return [values[i] for i in keep]


def vmap_rows(f: Callable[..., Any], rows: Any) -> Any:
    """Apply f to each row."""
    from ..transforms import vmap

    return vmap(f)(rows)


def _names() -> list[OpSpec]:
    """Return the rows that random programs use; simple operations first."""
    found = _USED.get("rows")
    if found is None:
        order = ["mul", "add", "sin", "tanh", "reduce_sum"]
        rest = [s for s in OPSPECS.values() if s.in_programs and s.order and s.name not in order]
        found = _USED["rows"] = [OPSPECS[n] for n in order] + rest
    return found


_USED: dict[str, list[OpSpec]] = {}


def random_program(
    choices: Choices, size: int = 8, dtype: str = "float64", nesting: int = 1
) -> RandomProgram:
    """Return a random program of about `size` operations.

    Parameters
    ----------
    choices : Choices
        Seeded, or drawn from hypothesis.
    size : int
        Most operations, not counting those that bring operands into shape and domain.
    dtype : str
        Of the inputs.
    nesting : int
        How deep loops, branches and calls may contain each other.

    Examples
    --------
    >>> from functorch_lite.testing.choices import SeededChoices
    >>> program = random_program(SeededChoices(3), size=2)
    >>> [o.shape for o in program(*program.args)] == [a.shape for a in program.jaxpr.out_avals]
    True
    """
    n = choices.integer(1, 3)
    rng = choices.generator()
    inputs = [rng.standard_normal(choices.pick(_SHAPES)).astype(dtype) for _ in range(n)]
    with compile_mode("never"), np.errstate(all="ignore"):
        builder = Builder(choices, inputs, nesting)
        for k in range(size):
            if not choices.together(lambda c, k=k: builder.grow_if(c, k > 0)):  # type: ignore[misc]
                break
        keep = [-1] + [builder.pick_value() for _ in range(choices.integer(0, 2))]
        closed = make_jaxpr(lambda *xs: _chosen(builder.run(*xs), keep))(*inputs)
    jaxpr = closed.jaxpr
    flat = Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs)
    pruned, used = dce_jaxpr(flat)
    args = [np.asarray(a) for a, u in zip((*closed.consts, *inputs), used, strict=True) if u]
    return RandomProgram(pruned, args)
