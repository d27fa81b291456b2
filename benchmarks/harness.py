"""Contests: every contender runs in turn, and only ratios count.

Children whose start is timed import this module, so it imports little itself.
"""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

import numpy as np

from .environment import Options

__all__ = ["Contest", "Result", "child", "in_turn", "timed", "write_bytecode"]

Samples = dict[str, list[float]]
Factory = Callable[[], Callable[[], object]]


@dataclass
class Result:
    """Samples by contender, the first being ours."""

    work: str
    samples: Samples
    bars: Mapping[str, float]
    unit: str

    def records(self, module: str) -> list[dict[str, object]]:
        """Return one record for each peer."""
        import statistics

        (_, ours), *peers = self.samples.items()
        mine = statistics.median(ours)
        return [
            {
                "module": module,
                "work": self.work,
                "peer": peer,
                "ratio": mine / statistics.median(theirs),
                "ratio_of_minima": min(ours) / min(theirs),
                "bar": self.bars.get(peer),
                "unit": self.unit,
                "median": mine,
                "minimum": min(ours),
                "peer_median": statistics.median(theirs),
                "peer_minimum": min(theirs),
                "samples": len(ours),
            }
            for peer, theirs in peers
        ]


@dataclass
class Contest:
    """Work, who does it, and how much of a peer's figure ours may be.

    Attributes
    ----------
    work : str
        What is measured.
    collect : callable
        From options to samples by contender, ours first. Smaller is better.
    bars : mapping
        The largest allowed ratio, ours to a peer's median, for each peer that has one.
    unit : {"s", "MB", ""}
        What the samples are.
    """

    work: str
    collect: Callable[[Options], Samples]
    bars: Mapping[str, float] = field(default_factory=dict)
    unit: str = "s"

    def run(self, options: Options) -> Result:
        """Measure."""
        return Result(self.work, self.collect(options), self.bars, self.unit)


def timed(
    contenders: Mapping[str, Factory], *, rtol: float = 1e-3, rounds: int = 31
) -> Callable[[Options], Samples]:
    """Return what times contenders in turn in this process.

    Each factory makes what is then called again and again; contenders whose library is absent are
    left out. All must return the same numbers, up to `rtol` of the largest. Before each sample
    there is a call that is not timed, so that nobody pays for caches and threads that the one
    before has left behind.
    """

    def collect(options: Options) -> Samples:
        calls = {}
        for name, factory in contenders.items():
            try:
                calls[name] = factory()
            except ModuleNotFoundError as e:
                print(f"{name} is left out: {e}", file=sys.stderr)
        _agree({name: call() for name, call in calls.items()}, rtol)
        counts, once = {}, {}
        for name, call in calls.items():
            call(), call()  # the second call of a jitted function compiles
            once[name] = min(_seconds(call, 1) for _ in range(2))
            counts[name] = max(1, int(0.02 / max(once[name], 1e-9)))
        spent = sum(once[name] * (counts[name] + 1) for name in calls)
        samples: Samples = {name: [] for name in calls}
        for _ in range(max(5, min(rounds, int(options.seconds / spent)))):
            for name, call in calls.items():
                call()
                samples[name].append(_seconds(call, counts[name]))
        return samples

    return collect


def _seconds(call: Callable[[], object], count: int) -> float:
    """Time `count` calls; return seconds for one."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def _agree(results: Mapping[str, object], rtol: float) -> None:
    """Raise if contenders differ from the first."""
    (_, first), *others = results.items()
    want = _leaves(first)
    for name, other in others:
        got = _leaves(other)
        assert len(got) == len(want), f"{name} returns {len(got)} arrays, ours {len(want)}"
        for a, b in zip(want, got, strict=True):
            scale = np.abs(b).max(initial=1e-30)
            error = np.abs(a - b).max(initial=0.0) / scale
            assert a.shape == b.shape and error <= rtol, f"{name} differs by {error:.1e}"


def _leaves(x: object) -> list[np.ndarray]:
    """Flatten nested tuples and lists to arrays."""
    if isinstance(x, (tuple, list)):
        return [leaf for item in x for leaf in _leaves(item)]
    return [np.asarray(x)]


def write_bytecode() -> None:
    """Compile our sources to bytecode, as installing a package does: that of the peers is there."""
    import compileall

    for package in ("functorch_lite", "benchmarks"):
        spec = find_spec(package)
        assert spec is not None
        for folder in spec.submodule_search_locations or ():
            compileall.compile_dir(folder, quiet=2)


def child(module: str, *arguments: str, env: Mapping[str, str] | None = None) -> float:
    """Run ``python -m benchmarks.<module>`` in a fresh process; return the number it prints last.

    A child that prints ``now`` is timed by the parent, from its start to that line.
    """
    import subprocess

    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return seconds if line == "now" else float(line)


def in_turn(runs: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Collect `rounds` numbers from each, in turn."""
    samples: Samples = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            samples[name].append(run())
    return samples
