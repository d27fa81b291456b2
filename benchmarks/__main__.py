"""Run contests: ``python -m benchmarks [MODULE ...] [--match TEXT] [--threads 1]``.

Without a module all run. Results go into ``benchmarks/results/``, one set of files for each
setting; a contest that runs again replaces its own records and leaves the others.
"""

import argparse
import importlib
import sys

from .environment import MODULES, Options, prepare


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("--match", default="", help="only contests whose name has this text")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="default", choices=["default", "high", "highest"])
    parser.add_argument("--seconds", type=float, default=20.0, help="about this long for a contest")
    parser.add_argument("--list", action="store_true", help="name the contests and leave")
    parser.add_argument("--dry", action="store_true", help="write no files")
    arguments = parser.parse_args()
    for name in arguments.modules:
        if name not in MODULES:
            parser.error(f"there is no module {name!r}; there are {', '.join(MODULES)}")
    return arguments


def main() -> None:
    """Run what was asked for."""
    arguments = parse()
    options = Options(arguments.threads, arguments.precision, arguments.seconds)
    prepare(options)  # before anything imports NumPy
    from .results import HEAD, Results, lines

    results = Results(options)
    print(HEAD, flush=True)
    for name in arguments.modules or MODULES:
        module = importlib.import_module(f"benchmarks.{name}")
        for contest in module.contests():
            if arguments.match not in contest.work:
                continue
            if arguments.list:
                print(f"{name}: {contest.work}")
                continue
            records = contest.run(options).records(name)
            if not records:
                print(f"{contest.work}: no peer is installed to compare with", file=sys.stderr)
                continue
            print(*lines(records), sep="\n", flush=True)
            results.add(records)
            if not arguments.dry:
                results.save()
    if not arguments.dry and not arguments.list:
        results.write_table_and_plot()


if __name__ == "__main__":
    main()
