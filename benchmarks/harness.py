"""Interleaved timing: every contender is run in turn, in one process; only ratios count."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["Row", "measure", "report"]


class Row:
    """One contest: medians and minima in seconds by contender, the first being ours."""

    def __init__(self, work: str, times: dict[str, list[float]], bars: dict[str, float]) -> None:
        self.work, self.bars = work, bars
        self.medians = {k: statistics.median(v) for k, v in times.items()}
        self.minima = {k: min(v) for k, v in times.items()}

    def ratio(self, peer: str) -> float:
        """Return our median divided by the peer's."""
        ours = next(iter(self.medians))
        return self.medians[ours] / self.medians[peer]


def measure(
    work: str,
    contenders: dict[str, Callable[[], object]],
    *,
    bars: dict[str, float] | None = None,
    rounds: int = 15,
    seconds: float = 0.02,
) -> Row:
    """Time contenders in turn; each sample runs a contender for about `seconds`."""
    repeats = {}
    for name, f in contenders.items():
        f()
        start = time.perf_counter()
        f()
        once = time.perf_counter() - start
        repeats[name] = max(1, int(seconds / max(once, 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, f in contenders.items():
            n = repeats[name]
            start = time.perf_counter()
            for _ in range(n):
                f()
            times[name].append((time.perf_counter() - start) / n)
    return Row(work, times, bars or {})


def report(rows: list[Row], json_file: str | None = None) -> str:
    """Return a table of medians, minima and ratios; write it as JSON too if asked."""
    lines = [
        "| work | ours, median (min) | peer | median (min) | ratio | bar |",
        "|---|---|---|---|---|---|",
    ]
    records = []
    for row in rows:
        ours, *peers = row.medians
        for peer in peers:
            ratio, bar = row.ratio(peer), row.bars.get(peer)
            mark = "" if bar is None else f"{bar:g}" + (" ✓" if ratio <= bar else " ✗")
            lines.append(
                f"| {row.work} | {_time(row.medians[ours])} ({_time(row.minima[ours])}) | {peer} "
                f"| {_time(row.medians[peer])} ({_time(row.minima[peer])}) | {ratio:.2f} | {mark} |"
            )
            records.append(
                {
                    "work": row.work,
                    "peer": peer,
                    "ratio": ratio,
                    "bar": bar,
                    "median": row.medians[ours],
                    "peer_median": row.medians[peer],
                }
            )
    if json_file is not None:
        Path(json_file).write_text(json.dumps(records, indent=1))
    return "\n".join(lines)


def _time(seconds: float) -> str:
    """Render a duration with three digits."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
