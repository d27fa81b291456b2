"""Break each rule of each primitive in turn and see whether the OpSpec suite notices.

    python tools/mutation_test.py [--names sin,mul] [--kinds jvp,transpose,batch,type,kernel]

Mutants of a jvp rule, of a transpose rule and of the linear map of a call: wrong sign, lost factor
(twice too much), one term of several dropped. Of a batch rule: lanes in reverse order, the first
lane for all, the mapped axis moved behind the next. Of abstract_eval: wrong dtype, a wrong axis
length. Of the compiler: a wrong expression, a reduction that skips elements, its wrong start.

A mutant is caught if some law fails, or some rule raises, for the primitive's own samples. The
reasons for mutants that nothing can catch are in `EXCUSED`; the exit status is 1 if others
survive.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from functorch_lite import numpy as fnp
from functorch_lite.compile import emit
from functorch_lite.compile.executor import compile_mode
from functorch_lite.ir import (
    REGISTRY,
    Eqn,
    Primitive,
    ShapedArray,
    dtype_of,
    no_tangent,
    not_linear,
)
from functorch_lite.ir.primitive import Unsupported
from functorch_lite.testing import check_laws
from functorch_lite.testing.opspecs import OPSPECS, OpSpec
from functorch_lite.testing.verify import Case, cases, check_case

Rule = Callable[..., Any]

# (primitive, mutant): why no law can tell it from the right rule.
EXCUSED: dict[tuple[str, str], str] = {
    ("iota", f"batch: {mutant}"): "iota has no operands, so no vmap ever applies its batch rule"
    for mutant in ("lanes reversed", "first lane for all", "wrong axis")
}


class Mutant(NamedTuple):
    """A rule and what replaces it.

    `reached` is filled when the change makes a difference; None if it always does.
    """

    primitive: Primitive
    attribute: str
    name: str
    rule: Any
    reached: list[bool] | None = None


def _each(outs: Any, change: Callable[[Any], Any]) -> Any:
    """Change the arrays of a rule's result, leaving symbolic zeros."""
    if outs is None:
        return None
    if isinstance(outs, list | tuple):
        return [_each(o, change) for o in outs]
    return change(outs)


def _inexact(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: change(x) if dtype_of(x).kind in "fc" else x


_negate = _inexact(lambda x: -x)
_double = _inexact(lambda x: x * dtype_of(x).type(2))


def _linear_mutants(p: Primitive, attribute: str, rule: Rule, n: int) -> Iterator[Mutant]:
    """Break a rule that takes tangents first, or a transpose rule."""
    yield Mutant(p, attribute, "sign", lambda *a, **k: _each(rule(*a, **k), _negate))
    yield Mutant(p, attribute, "factor", lambda *a, **k: _each(rule(*a, **k), _double))
    if n < 2:
        return
    for i in range(n):
        reached: list[bool] = []
        if attribute == "jvp":

            def dropped(
                ts: Any, *a: Any, _i: int = i, _reached: list[bool] = reached, **k: Any
            ) -> Any:
                present = [j for j, t in enumerate(ts) if t is not None]
                if _i >= len(present):
                    return rule(ts, *a, **k)
                _reached.append(True)
                kept = [None if j == present[_i] else t for j, t in enumerate(ts)]
                if all(t is None for t in kept):
                    return [None] * len(a[1]) if p.multiple_results else None
                return rule(kept, *a, **k)

        else:

            def dropped(*a: Any, _i: int = i, _reached: list[bool] = reached, **k: Any) -> Any:  # type: ignore[misc]
                cts = rule(*a, **k)
                present = [j for j, ct in enumerate(cts) if ct is not None]
                if _i >= len(present):
                    return cts
                _reached.append(True)
                return [None if j == present[_i] else ct for j, ct in enumerate(cts)]

        yield Mutant(p, attribute, f"drop term {i}", dropped, reached)


def _linearize_mutants(p: Primitive, rule: Rule) -> Iterator[Mutant]:
    for name, change in (("sign", _negate), ("factor", _double)):

        def broken(*a: Any, _change: Any = change, **k: Any) -> Any:
            outs, lin = rule(*a, **k)
            return outs, lambda ts: _each(lin(ts), _change)

        yield Mutant(p, "linearize", name, broken)


def _batch_mutants(p: Primitive, rule: Rule) -> Iterator[Mutant]:
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

        yield Mutant(p, "batch", name, broken)


def _type_mutants(p: Primitive, rule: Rule) -> Iterator[Mutant]:
    def other_dtype(a: ShapedArray) -> ShapedArray:
        return a.update(dtype=np.dtype("f4" if a.dtype != np.float32 else "f8"))

    def longer(a: ShapedArray) -> ShapedArray:
        return a.update(shape=(*a.shape[:-1], a.shape[-1] + 1) if a.shape else (1,))

    for name, change in (("dtype", other_dtype), ("shape", longer)):

        def broken(*a: Any, _change: Any = change, **k: Any) -> Any:
            out = rule(*a, **k)
            return [_change(o) for o in out] if isinstance(out, list | tuple) else _change(out)

        yield Mutant(p, "abstract_eval", name, broken)


def _kernel_mutants(p: Primitive) -> Iterator[Mutant]:
    """Break the expression, or the reduction step, that the compiler writes for a primitive."""
    right = {"expression": emit.expression, "_combine": emit._combine, "_initial": emit._initial}

    def broken_value(reached: list[bool]) -> Rule:
        def expression(eqn: Eqn, *a: Any) -> str:
            text = right["expression"](eqn, *a)
            if eqn.primitive is not p:
                return text
            reached.append(True)
            return f"(not ({text}))" if eqn.outvars[0].aval.dtype.kind == "b" else f"(({text}) + 1)"

        return expression

    def broken_step(reached: list[bool]) -> Rule:
        def combine(r: Eqn, acc: str, value: str, chunk: bool = False) -> str:
            if r.primitive is not p:
                return right["_combine"](r, acc, value, chunk)
            reached.append(True)
            return acc

        return combine

    def broken_start(reached: list[bool]) -> Rule:
        def initial(r: Eqn, wide: bool = False, store: bool = False) -> str:
            text = right["_initial"](r, wide, store)
            if r.primitive is not p:
                return text
            reached.append(True)
            dtype = r.outvars[0].aval.dtype
            wrong = -9 if p.name == "reduce_min" else 9
            return f"(not {text})" if dtype.kind == "b" else f"{dtype.name}({wrong})"

        return initial

    for name, make in (
        ("expression", broken_value),
        ("_combine", broken_step),
        ("_initial", broken_start),
    ):
        reached: list[bool] = []
        yield Mutant(p, f"kernel {name}", "broken", make(reached), reached)


def mutants(p: Primitive, operands: int, kinds: set[str]) -> Iterator[Mutant]:
    """Yield the mutants of a primitive."""
    if "jvp" in kinds and p.jvp is not no_tangent and not isinstance(p.jvp, Unsupported):
        yield from _linear_mutants(p, "jvp", p.jvp, operands)
    if "jvp" in kinds and p.linearize is not None:
        yield from _linearize_mutants(p, p.linearize)
    if (
        "transpose" in kinds
        and p.transpose is not not_linear
        and not isinstance(p.transpose, Unsupported)
    ):
        yield from _linear_mutants(p, "transpose", p.transpose, operands)
    if "batch" in kinds and not isinstance(p.batch, Unsupported):
        yield from _batch_mutants(p, p.batch)
    if "type" in kinds:
        yield from _type_mutants(p, p.abstract_eval)
    if "kernel" in kinds:
        yield from _kernel_mutants(p)


_NO_JIT = ("types", "transpose", "vmap", "adjoint", "linearity", "vmap_grad", "checkpoint")


def caught(mutant: Mutant, samples: list[Case]) -> str:
    """Return what notices the mutant, or ""."""
    p, attribute = mutant.primitive, mutant.attribute
    kernel = attribute.startswith("kernel ")
    owner, attribute = (emit, attribute[7:]) if kernel else (p, attribute)
    right = getattr(owner, attribute)
    _forget()
    setattr(owner, attribute, mutant.rule)
    try:
        with np.errstate(all="ignore"), compile_mode("never"):
            for case in samples:
                try:
                    if kernel:
                        check_laws(case.fn, case.args, ["jit"])
                    elif attribute in ("batch", "abstract_eval") and case.reference is None:
                        check_laws(case.fn, case.args, ["vmap", "types"])
                    else:
                        check_case(case, _NO_JIT)
                except AssertionError as e:
                    return getattr(getattr(e, "violation", e), "law", type(e).__name__)
                except Exception as e:
                    return type(e).__name__
    finally:
        setattr(owner, attribute, right)
        _forget()
    return ""


def _forget() -> None:
    """Drop what was derived from the rules."""
    for p in REGISTRY.values():
        p.pullbacks.clear()


def samples_of(spec: OpSpec, kinds: set[str]) -> list[Case]:
    """Return the cases that a mutant has to survive, cheap ones first."""
    found: list[Case] = []
    for dtype in spec.dtypes:
        found.extend(cases(spec, dtype, 3 if kinds == {"kernel"} else 6))
    return found


def main() -> int:
    """Run the mutants; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--names", help="primitives, separated by commas; all by default")
    parser.add_argument("--kinds", default="jvp,transpose,batch,type,kernel")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    kinds = set(options.kinds.split(","))
    names = options.names.split(",") if options.names else [n for n in OPSPECS if n in REGISTRY]
    total = killed = 0
    survivors: list[str] = []
    excused: list[str] = []
    begin = time.monotonic()
    for name in names:
        spec, p = OPSPECS[name], REGISTRY[name]
        samples = samples_of(spec, kinds)
        operands = max(len(c.args) for c in samples)
        for mutant in mutants(p, operands, kinds):
            by = caught(mutant, samples)
            if mutant.reached == []:
                continue  # there is no such term: nothing was changed
            total += 1
            label = f"{name}.{mutant.attribute}: {mutant.name}"
            if options.verbose:
                print(f"{label}: {by or 'SURVIVES'}", flush=True)
            key = (name, f"{mutant.attribute}: {mutant.name}")
            if by:
                killed += 1
            elif key in EXCUSED:
                excused.append(f"{label}: {EXCUSED[key]}")
            else:
                survivors.append(label)
    print(
        f"{killed} of {total} mutants caught ({100 * killed / max(total, 1):.1f} %) in {time.monotonic() - begin:.0f} s"
    )
    for line in excused:
        print(f"  survives with a reason: {line}")
    for line in survivors:
        print(f"  SURVIVES: {line}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
