"""Loops whose number of steps is known only when the program runs, made differentiable.

A `while` loop that has run n steps is a scan of length n, and a scan has all derivatives. So
the derivatives of a loop are programs "given n, scan n steps and ...", and all that stands in
their way is that n may be unknown while tracing (jit). `counted_p` closes that gap: it applies
a `CountedProgram`, a function of n and arrays that is built from scans and other transforms. If
n is at hand the program is simply called; otherwise the equation waits until it is. Its rules
need nothing but the program: the jvp, the transpose and the batched form of a counted program
are counted programs, so derivatives nest to any order, through jit and vmap alike. Result types
do not depend on n and are found by recording the program with one step.

When the equation runs, the program is recorded with the n that it is given, and runs as a jitted
function does: interpreted when it comes for the first time, compiled from then on. Recording and
planning take some milliseconds for each new n; the machine code of a scan does not depend on its
length, so all n share it.

Under vmap lanes may run for different numbers of steps: n is then an array with an entry for
each lane, the scan has the length of the longest, and a lane that has finished is left alone.

Memory: like any scan, the backward pass keeps the residuals of n steps, at run time. Nothing of
a tape appears in the types, which is what lets jit trace it. Under jit the forward loop runs
once for the value and once more, from the initial carry, when the backward pass wants its
residuals (as with `checkpoint`); without jit the loop records as it runs and is not repeated.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from ...ir import (
    Jaxpr,
    Linear,
    Primitive,
    ShapedArray,
    Tracer,
    bind,
    current_state,
    eval_jaxpr,
    record,
    trace_to_jaxpr,
    typeof,
)
from ...prims.logical import lt
from ...prims.lowering import Inline
from ..batch import BatchTracer, axis_name_at_work, batch_flat, materialize
from ..call import run_call
from ..dual import DualTracer, linearize_flat
from ..reverse import ReverseTracer
from ..transpose import instantiate, transpose_flat
from .branch import cond_p
from .common import record_body
from .scan import scan_p

__all__ = ["CountedProgram", "counted", "counted_loop", "counted_p"]

Call = Callable[[int, Any, Sequence[Any]], list[Any]]
_MOST_RECORDED = 64


class CountedProgram:
    """A flat function of a step count and arrays.

    Parameters
    ----------
    name : str
        Shown in jaxprs.
    call : callable
        ``call(steps, n, args) -> list``; `steps` is the number of steps of the slowest lane, `n`
        that of each lane, or None if all are alike. None in the list is a derivative that is zero.
    n_shape : tuple of int
        Of n: () or the mapped axes.
    in_avals : sequence of ShapedArray
        Of args.
    """

    def __init__(
        self,
        name: str,
        call: Call,
        n_shape: tuple[int, ...],
        in_avals: Sequence[ShapedArray],
    ) -> None:
        self.name = name
        self.call = call
        self.n_shape = n_shape
        self.in_avals = [a.strengthen() for a in in_avals]
        self.derived: dict[Any, CountedProgram] = {}
        self._outs: list[ShapedArray | None] | None = None
        self._recorded: OrderedDict[int, tuple[Jaxpr, list[Any]]] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        return self.name

    @property
    def outs(self) -> list[ShapedArray | None]:
        """Types of the results, None for zeros."""
        if self._outs is None:
            present: list[bool] = []

            def f(*args: Any) -> list[Any]:
                n = np.ones(self.n_shape, np.int64) if self.n_shape else None
                results = self.call(1, n, args)
                present.extend(r is not None for r in results)
                return [r for r in results if r is not None]

            jaxpr, _ = record(f, self.in_avals, "while_loop")
            avals = iter(jaxpr.out_avals)
            self._outs = [next(avals).strengthen() if p else None for p in present]
        return self._outs

    @property
    def out_avals(self) -> list[ShapedArray]:
        """Types of the results that are not zero."""
        return [a for a in self.outs if a is not None]

    def run(self, steps: int, n: Any, args: Sequence[Any]) -> list[Any]:
        """Return the results that are not zero."""
        results = zip(self.call(steps, n, args), self.outs, strict=True)
        return [instantiate(r, a) for r, a in results if a is not None]

    def at(self, steps: int) -> tuple[Jaxpr, list[Any]]:
        """Return the program for a number of steps, from (constants, n if lanes differ, args).

        Also the constants. A few dozen numbers of steps are remembered. One that is new counts
        as having run as often as the program was recorded: it is compiled at once, not when it
        comes again.
        """
        with self._lock:
            if steps in self._recorded:
                self._recorded.move_to_end(steps)
                return self._recorded[steps]

            def f(*xs: Any) -> list[Any]:
                n, args = (xs[0], xs[1:]) if self.n_shape else (None, xs)
                return self.run(steps, n, args)

            count = [ShapedArray(self.n_shape, np.dtype(np.int64))] if self.n_shape else []
            found = self._recorded[steps] = trace_to_jaxpr(f, count + self.in_avals, self.name)
            found[0].memo["runs"] = len(self._recorded) - 1
            if len(self._recorded) > _MOST_RECORDED:
                self._recorded.popitem(last=False)
            return found

    def linear(self, nonzero: tuple[bool, ...]) -> "CountedProgram":
        """Return the program from (args, nonzero tangents) to tangents."""
        n_args = len(self.in_avals)

        def call(steps: int, n: Any, args: Sequence[Any]) -> list[Any]:
            given = iter(args[n_args:])
            tangents = [next(given) if nz else None for nz in nonzero]
            # (Not pushed: this is to be transposed, for which the forward scan must stand apart.)
            _, linear, residuals, out_nonzero = linearize_flat(
                lambda *xs: self.run(steps, n, xs), args[:n_args], nonzero
            )
            ts = iter(eval_jaxpr(linear, residuals, *[t for t in tangents if t is not None]))
            return [next(ts) if nz else None for nz in out_nonzero]

        avals = self.in_avals + [a for a, nz in zip(self.in_avals, nonzero, strict=True) if nz]
        return self._derive(("linear", nonzero), f"jvp({self.name})", call, self.n_shape, avals)

    def transposed(self, linear: tuple[bool, ...], nonzero: tuple[bool, ...]) -> "CountedProgram":
        """Return the program from (other args, cotangents) to cotangents of `linear` args."""
        avals = list(zip(self.in_avals, linear, strict=True))
        lin_avals = [a for a, lin in avals if lin]
        known_avals = [a for a, lin in avals if not lin]

        def call(steps: int, n: Any, args: Sequence[Any]) -> list[Any]:
            known, given = args[: len(known_avals)], iter(args[len(known_avals) :])

            def f(*xs: Any) -> list[Any]:
                k, x = iter(known), iter(xs)
                return self.run(steps, n, [next(x) if lin else next(k) for lin in linear])

            return transpose_flat(f, lin_avals, [next(given) if nz else None for nz in nonzero])

        ct_avals = [a for a, nz in zip(self.out_avals, nonzero, strict=True) if nz]
        key = ("transposed", linear, nonzero)
        name = f"transpose({self.name})"
        return self._derive(key, name, call, self.n_shape, known_avals + ct_avals)

    def batched(self, size: int, n_batched: bool, batched: tuple[bool, ...]) -> "CountedProgram":
        """Return the program on operands with the mapped axis in front; so are all results."""
        axis = axis_name_at_work()

        def call(steps: int, n: Any, args: Sequence[Any]) -> list[Any]:
            def f(*xs: Any) -> list[Any]:
                return self.run(steps, *((None, xs) if n is None else (xs[0], xs[1:])))

            given, lanes = ([], []) if n is None else ([n], [n_batched])
            outs, mapped = batch_flat(f, size, [*given, *args], [*lanes, *batched], axis)
            return [o if b else materialize(o, size) for o, b in zip(outs, mapped, strict=True)]

        avals = [
            a.update(shape=(size, *a.shape)) if b else a
            for a, b in zip(self.in_avals, batched, strict=True)
        ]
        n_shape = (size, *self.n_shape) if n_batched else self.n_shape
        key = ("batched", size, n_batched, batched, axis)
        return self._derive(key, f"vmap({self.name})", call, n_shape, avals)

    def _derive(self, key: Any, *args: Any) -> "CountedProgram":
        if key not in self.derived:
            self.derived[key] = CountedProgram(*args)
        return self.derived[key]


def _known(n: Any) -> tuple[int, bool] | None:
    """Return the steps of the slowest lane and whether lanes may differ; None while unknown."""
    differ = False
    while isinstance(n, Tracer):
        if isinstance(n, BatchTracer):
            n, differ = n.value, True
        elif isinstance(n, ReverseTracer):
            n = n.value
        elif isinstance(n, DualTracer):
            n = n.primal
        else:
            return None
    return int(np.max(n, initial=0)), differ or np.ndim(n) > 0


def counted(n: Any, args: Sequence[Any], program: CountedProgram) -> list[Any]:
    """Apply a counted program: now if n is known, else by an equation."""
    known = _known(n) if current_state().omni is None else None
    if known is None:
        return bind(counted_p, n, *args, program=program)
    steps, differ = known
    return program.run(steps, n if differ else None, args)


# --- the rules ------------------------------------------------------------------------------------


def _impl(n: Any, *args: Any, program: CountedProgram) -> list[Any]:
    jaxpr, consts = program.at(int(np.max(n, initial=0)))
    return run_call(jaxpr, [*consts, *([n] if program.n_shape else []), *args])


def _linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, program: CountedProgram
) -> tuple[list[Any], Callable[..., Any]]:
    n, args = primals[0], primals[1:]
    mask = tuple(nonzero[1:])

    def linear(tangents: Sequence[Any]) -> list[Any]:
        pushed = program.linear(mask)
        given = [
            instantiate(t, typeof(a))
            for t, a, nz in zip(tangents[1:], args, mask, strict=True)
            if nz
        ]
        ts = iter(counted(n, [*args, *given], pushed))
        return [None if a is None else next(ts) for a in pushed.outs]

    return counted(n, args, program), linear


def _transpose(cts: Sequence[Any], n: Any, *args: Any, program: CountedProgram) -> list[Any]:
    linear = tuple(isinstance(a, Linear) for a in args)
    pulled = program.transposed(linear, tuple(ct is not None for ct in cts))
    known = [a for a, lin in zip(args, linear, strict=True) if not lin]
    given = [ct for ct in cts if ct is not None]
    outs = iter(counted(n, [*known, *given], pulled))
    results = iter([None if a is None else next(outs) for a in pulled.outs])
    return [None, *[next(results) if lin else None for lin in linear]]


def _batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, program: CountedProgram
) -> tuple[list[Any], list[bool]]:
    mapped = program.batched(size, batched[0], tuple(batched[1:]))
    outs = counted(args[0], args[1:], mapped)
    return outs, [True] * len(outs)


counted_p = Primitive(
    "counted",
    impl=_impl,
    abstract_eval=lambda n, *avals, program: program.out_avals,
    linearize=_linearize,
    transpose=_transpose,
    batch=_batch,
    lower=Inline("counted"),
    multiple_results=True,
)

# --- the program of a plain loop --------------------------------------------------------------------


def counted_loop(body: Jaxpr, n_consts: int) -> CountedProgram:
    """Return the program that applies a body n times; remembered on the body.

    Operands are (consts, carry), results the carry.
    """
    key = ("counted_loop", n_consts)
    if key not in body.memo:
        n_carry = len(body.invars) - n_consts

        def call(steps: int, n: Any, args: Sequence[Any]) -> list[Any]:
            return _run_loop(body, n_consts, n_carry, steps, n, args)

        body.memo[key] = CountedProgram("loop", call, (), body.in_avals)
    return body.memo[key]


def _run_loop(
    body: Jaxpr, n_consts: int, n_carry: int, steps: int, n: Any, args: Sequence[Any]
) -> list[Any]:
    """Scan the body; lanes with fewer steps than the slowest stand still at their end."""
    common: dict[str, Any] = {"n_carry": n_carry, "length": steps, "reverse": False}
    if n is None:
        return bind(scan_p, *args, jaxpr=body, n_consts=n_consts, **common)
    index = np.arange(steps)
    masked = _masked(body, n_consts)
    return bind(scan_p, n, *args, index, jaxpr=masked, n_consts=n_consts + 1, **common)


def _masked(body: Jaxpr, n_consts: int) -> Jaxpr:
    """Return the body (n, consts, carry, i) to carry that does nothing from step n on."""
    key = ("masked", n_consts)
    if key in body.memo:
        return body.memo[key]
    still = Jaxpr([], body.invars, [], body.invars[n_consts:])

    def f(n: Any, *args: Any) -> list[Any]:
        which = lt(args[-1], n)
        return bind(cond_p, which, *args[:-1], branches=(still, body))

    count = ShapedArray((), np.dtype(np.int64))
    body.memo[key], consts = record_body(f, [count, *body.in_avals, count], "while_loop")
    assert not consts
    return body.memo[key]
