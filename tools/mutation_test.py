"""Break each rule of each primitive in turn and see whether the OpSpec suite notices.

    python tools/mutation_test.py [--names sin,mul] [--kinds jvp,transpose] [--write docs/mutation.md]

Mutants of a jvp rule, of a transpose rule and of the linear map of a call: wrong sign, lost factor
(twice too much), wrong axis, one term of several dropped. Of a batch rule: lanes in reverse order,
the first lane for all, the mapped axis moved behind the next. Of abstract_eval: wrong dtype, a
wrong axis length. Of the compiler: a wrong expression, a reduction that skips elements, its wrong
start, an index map that runs backwards. (The implementation is what rules are compared with.)

A mutant is caught if some law fails, or some rule raises, for the primitive's own samples. The
reasons for mutants that nothing can catch are in `EXCUSED`; the exit status is 1 if others
survive.
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mutants import KINDS, Mutant, mutants

from functorch_lite.compile.executor import compile_mode
from functorch_lite.ir import REGISTRY
from functorch_lite.testing import check_laws
from functorch_lite.testing.opspecs import OPSPECS, OpSpec
from functorch_lite.testing.verify import Case, cases, check_case, fused

# (primitive, mutant): why no law can tell it from the right rule.
EXCUSED: dict[tuple[str, str], str] = {
    ("iota", f"batch: {mutant}"): "iota has no operands, so no vmap ever applies its batch rule"
    for mutant in ("lanes reversed", "first lane for all", "wrong axis")
} | {
    ("complex_digamma", f"jvp: {mutant}"): "the rule only raises: there is no such derivative here"
    for mutant in ("wrong sign", "lost factor")
}

_NO_JIT = ("types", "transpose", "vmap", "adjoint", "linearity", "vmap_grad", "checkpoint")


def caught(mutant: Mutant, samples: Sequence[Case]) -> str:
    """Return what notices the mutant, or ""."""
    _forget()
    mutant.swap(mutant.wrong)
    try:
        with np.errstate(all="ignore"), compile_mode("never"):
            for case in samples:
                try:
                    _check(mutant, case)
                except AssertionError as e:
                    return getattr(getattr(e, "violation", e), "law", type(e).__name__)
                except Exception as e:
                    return type(e).__name__
    finally:
        mutant.swap(mutant.right)
        _forget()
    return ""


def _check(mutant: Mutant, case: Case) -> None:
    """Put a case to the laws that have a chance, cheap ones first."""
    if mutant.kind == "kernel":
        check_laws(case.fn, case.args, ["jit"])
        check_laws(fused(case).fn, case.args, ["jit"])
    elif mutant.kind in ("batch", "type") and case.reference is None:
        check_laws(case.fn, case.args, ["vmap", "types"])
    else:
        check_case(case, _NO_JIT)


def _forget() -> None:
    """Drop what was derived from the rules."""
    for p in REGISTRY.values():
        p.pullbacks.clear()


def samples_of(spec: OpSpec, kind: str) -> list[Case]:
    """Return the cases that a mutant has to survive."""
    found: list[Case] = []
    for dtype in spec.dtypes:
        found.extend(cases(spec, dtype, 3 if kind == "kernel" else 6))
    return found


class Outcome(NamedTuple):
    """What became of a mutant: `by` is what caught it, `reason` why nothing could."""

    primitive: str
    mutant: Mutant
    by: str
    reason: str


def run(names: Sequence[str], kinds: set[str], verbose: bool = False) -> list[Outcome]:
    """Run the mutants of some primitives."""
    found = []
    for name in names:
        spec, p = OPSPECS[name], REGISTRY[name]
        samples = {kind: samples_of(spec, kind) for kind in kinds}
        for kind, group in samples.items():
            by = caught(Mutant(kind, "nothing", lambda rule: None, None, None), group[:1])
            if by:
                raise RuntimeError(f"{name}: {by!r} fails though nothing is broken")
        operands = max(len(c.args) for group in samples.values() for c in group)
        for mutant in mutants(p, operands, kinds):
            by = caught(mutant, samples[mutant.kind])
            if mutant.reached == []:
                continue  # there is no such term or axis: nothing was changed
            reason = "" if by else EXCUSED.get((name, mutant.name), "")
            found.append(Outcome(name, mutant, by, reason))
            if verbose:
                print(f"{name}.{mutant.name}: {by or 'SURVIVES'}", flush=True)
    return found


def report(outcomes: Sequence[Outcome]) -> str:
    """Return the result as Markdown."""
    total, killed = Counter[str](), Counter[str]()
    for o in outcomes:
        what = _what(o)
        total[what] += 1
        killed[what] += bool(o.by)
    n, k = sum(total.values()), sum(killed.values())
    primitives = len({o.primitive for o in outcomes})
    lines = [
        "# Mutation test",
        "",
        "Generated by `python tools/mutation_test.py --write docs/mutation.md`. Each rule of each",
        "primitive is broken in turn; a mutant is caught if some law fails, or a rule raises, for the",
        "samples of the primitive's row in `functorch_lite.testing.opspecs`.",
        "",
        f"**{k} of {n} mutants of {primitives} primitives are caught ({100 * k / max(n, 1):.2f} %).**",
        "",
        "| rule: mutation | mutants | caught |",
        "|---|---|---|",
        *(f"| {what} | {total[what]} | {killed[what]} |" for what in sorted(total)),
        "",
        "Survivors, and why nothing can tell them from the right rule:",
        "",
        "| primitive | mutant | reason |",
        "|---|---|---|",
    ]
    lines += [
        f"| {o.primitive} | {o.mutant.name} | {o.reason or 'NONE'} |" for o in outcomes if not o.by
    ]
    return "\n".join(lines) + "\n"


def _what(o: Outcome) -> str:
    """Name the mutation, terms not told apart."""
    return o.mutant.name.rstrip("0123456789").rstrip()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the mutants; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--names", help="primitives, separated by commas; all by default")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--write", type=Path, help="a file for the report")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    names = options.names.split(",") if options.names else list(OPSPECS)
    begin = time.monotonic()
    outcomes = run(names, set(options.kinds.split(",")), options.verbose)
    text = report(outcomes)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    print(f"{text}\n{time.monotonic() - begin:.0f} s")
    return 1 if any(not o.by and not o.reason for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
