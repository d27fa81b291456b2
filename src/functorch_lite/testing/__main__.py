"""``python -m functorch_lite.testing fuzz``: random programs; ``coverage``: the rule matrix."""

import argparse
import sys

from .fuzz import FuzzResult, fuzz, fuzz_one


def main(argv: list[str] | None = None) -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m functorch_lite.testing", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("fuzz", help="check random programs under stacks of transforms")
    run.add_argument("--examples", type=int, default=20000, help="how many programs")
    run.add_argument("--depth", type=int, default=3, help="most transforms on top of each other")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--start", type=int, default=0, help="number of the first example")
    run.add_argument("--size", type=int, default=8, help="most operations of a program")
    run.add_argument("--dtype", default="float64")
    run.add_argument("--compile-share", type=float, default=0.02, help="share that is compiled")
    run.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    run.add_argument("--limit", type=int, default=20, help="stop after so many disagreements")
    run.add_argument("--replay", metavar="SEED:NUMBER", help="check one example again")
    matrix = commands.add_parser("coverage", help="write the matrix of rules, dtypes and laws")
    matrix.add_argument("path", nargs="?", help="a file; standard output if not given")
    options = parser.parse_args(argv)
    if options.command == "coverage":
        from .coverage import coverage_text

        text = coverage_text()
        if options.path is None:
            print(text)
        else:
            with open(options.path, "w", encoding="utf-8") as file:
                file.write(text)
        return 0
    if options.replay:
        return _replay(options)
    result = fuzz(
        options.examples,
        options.depth,
        seed=options.seed,
        size=options.size,
        compile_share=options.compile_share,
        dtype=options.dtype,
        start=options.start,
        limit=options.limit,
        seconds=options.seconds,
        report=lambda text: print(text, flush=True),
    )
    _summary(result)
    return 1 if result.disagreements else 0


def _replay(options: argparse.Namespace) -> int:
    seed, number = map(int, options.replay.split(":"))
    found = fuzz_one(
        seed,
        number,
        depth=options.depth,
        size=options.size,
        compile_share=options.compile_share,
        dtype=options.dtype,
    )
    print("no disagreement" if found is None else found)
    return 0 if found is None else 1


def _summary(result: FuzzResult) -> None:
    print(
        f"{result.examples} programs over {len(result.primitives)} primitives in "
        f"{result.seconds:.0f} s: {len(result.disagreements)} disagreements; "
        f"{sum(result.unsupported.values())} met a declared gap, {result.notes} directions at kinks"
    )
    for reason, n in result.unsupported.most_common():
        print(f"  gap, {n} times: {reason}")


if __name__ == "__main__":
    sys.exit(main())
