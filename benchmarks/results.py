"""Tables, JSON and the plot of results."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .environment import MODULES, Options

__all__ = ["HEAD", "Results", "lines"]

FOLDER = Path(__file__).parent / "results"
HEAD = """\
| work | ours, median (min) | peer | its median (min) | ratio (of minima) | aim |
|---|---|---|---|---|---|"""

Record = dict[str, Any]


def lines(records: Sequence[Record]) -> list[str]:
    """Render records as rows of a Markdown table."""
    return [
        f"| {r['work']} | {_figure(r['median'], r)} ({_figure(r['minimum'], r)}) | {r['peer']} | "
        f"{_figure(r['peer_median'], r)} ({_figure(r['peer_minimum'], r)}) | {_ratio(r)} | "
        f"{_verdict(r)} |"
        for r in records
    ]


def _verdict(r: Record) -> str:
    """Render the bar and whether it is kept."""
    return "" if r["bar"] is None else f"{r['bar']:g} {'✓' if r['ratio'] <= r['bar'] else '✗'}"


def _ratio(r: Record) -> str:
    """Render the ratio of medians, and that of minima."""
    return f"{r['ratio']:.2g} ({r['ratio_of_minima']:.2g})"


def _figure(value: float, r: Record) -> str:
    """Render a figure with three digits and its unit."""
    if r["unit"] != "s":
        return f"{value:.3g} {r['unit']}".strip()
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


class Results:
    """The records of one setting, kept in a file."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.file = FOLDER / f"{options.name}.json"
        self.records: list[Record] = []
        if self.file.exists():
            self.records = json.loads(self.file.read_text())["records"]

    def add(self, records: Sequence[Record]) -> None:
        """Put records in, instead of older ones of the same work."""
        new = {r["work"] for r in records}
        place = {r["work"]: i for i, r in reversed(list(enumerate(self.records)))}
        self.records = [r for r in self.records if r["work"] not in new] + list(records)
        self.records.sort(
            key=lambda r: (MODULES.index(r["module"]), place.get(r["work"], len(place)))
        )

    def save(self) -> None:
        """Write the JSON file."""
        FOLDER.mkdir(exist_ok=True)
        content = {
            "threads": self.options.threads,
            "precision": self.options.precision,
            "processor": _processor(),
            "versions": _versions(),
            "records": self.records,
        }
        self.file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def write_table_and_plot(self) -> None:
        """Write the table, and the plot where matplotlib is installed."""
        table = "\n".join([HEAD, *lines(self.records)])
        self.file.with_suffix(".md").write_text(table + "\n")
        try:
            import matplotlib
        except ModuleNotFoundError:
            print("no plot: matplotlib is not installed")
            return
        matplotlib.use("svg")
        matplotlib.rcParams["svg.hashsalt"] = "functorch_lite"
        matplotlib.rcParams["svg.fonttype"] = "none"  # a tenth of the size
        _plot(self.records, self.options, self.file.with_suffix(".svg"))


def _plot(records: Sequence[Record], options: Options, file: Path) -> None:
    """Draw each ratio as a bar on a logarithmic axis, and its limit as a tick."""
    from matplotlib import pyplot as plt

    colours = {"PyTorch": "#d9572b", "JAX": "#3b6fb6", "torch.func": "#e9a13b"}
    figure, axes = plt.subplots(figsize=(9, 0.24 * len(records) + 1.2), layout="constrained")
    for i, r in enumerate(records):
        colour = colours.get(r["peer"].split(",")[0], "#777777")
        axes.barh(i, r["ratio"] - 1, left=1, color=colour, height=0.7)
        if r["bar"] is not None:
            axes.plot([r["bar"]] * 2, [i - 0.45, i + 0.45], color="black", linewidth=2)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(records)), [f"{r['work']}  /  {r['peer']}" for r in records])
    axes.tick_params(axis="y", labelsize=7)
    axes.invert_yaxis()
    axes.set_ylim(len(records) - 0.4, -0.6)
    figure.suptitle(
        f"our median / the peer's, {options.threads} thread(s) each, precision "
        f"{options.precision}; smaller is better, black ticks are the aims",
        fontsize=8,
    )
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def _processor() -> str:
    """Name the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _versions() -> dict[str, str]:
    """Return the versions of what was compared."""
    from importlib import metadata

    versions = {"python": platform.python_version()}
    for name in ("numpy", "numba", "jax", "torch", "autograd"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
