"""explain: what becomes of a function, stage by stage, and what each equation costs."""

import functools
import linecache
import os
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from ..ir import Source
from ..pytree import tree_flatten
from ._cost import Row, measure
from ._graph import draw
from ._html import cost_table, page, section, stage_table
from ._stages import Line, Stage, collect

__all__ = ["Explanation", "explain"]

_Place = tuple[str, int]
_COSTS = ["flops", "bytes", "kept", "time", "line", "equation"]


def _place(source: Source | None) -> _Place:
    return ("", 0) if source is None else (source.file, source.line)


def _quantity(n: float | None, unit: str = "") -> str:
    """Write a count with a metric prefix."""
    if n is None or n != n:
        return "?"
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= factor:
            return f"{n / factor:.3g} {prefix}{unit}".rstrip()
    return f"{n:.3g} {unit}".rstrip()


class Explanation:
    """What `explain` found; print it, or let a notebook show it.

    Attributes
    ----------
    stages : list of Stage
        The program after each transform and each pass, innermost function first.
    rows : list of Row
        Costs of the equations of the simplified program: flops, bytes, bytes kept for the
        backward pass, seconds.
    svg : str
        A drawing of the simplified program.
    """

    def __init__(self, name: str, stages: list[Stage], rows: list[Row], svg: str) -> None:
        self.name = name
        self.stages = stages
        self.rows = rows
        self.svg = svg

    def places(self) -> list[tuple[_Place, list[list[Line]]]]:
        """Return, for each line of source, the equations of each stage that come from it."""
        table: dict[_Place, list[list[Line]]] = {}
        for i, stage in enumerate(self.stages):
            for line in stage.lines:
                cells = table.setdefault(_place(line.source), [[] for _ in self.stages])
                cells[i].append(line)
        return sorted(table.items(), key=lambda item: item[0])

    def totals(self) -> dict[str, float]:
        """Return sums over the equations: flops, bytes, kept, seconds."""
        return {
            "flops": sum(r.flops or 0 for r in self.rows),
            "bytes": sum(r.bytes for r in self.rows),
            "kept": sum(r.kept for r in self.rows),
            "seconds": sum(r.seconds for r in self.rows),
        }

    # --- text ---------------------------------------------------------------------------------

    def as_text(self) -> str:
        """Return stages and costs as text."""
        width = max(len(s.title) for s in self.stages)
        out = [f"=== {self.name}: stages, by line of source ==="]
        for place, cells in self.places():
            out += ["", _heading(place)]
            for stage, lines in zip(self.stages, cells, strict=True):
                for i, line in enumerate(lines):
                    out.append(f"  {stage.title if i == 0 else '':<{width}} | {line.text}")
        out += ["", "=== costs of the simplified program ===", self._cost_text()]
        return "\n".join(out)

    def _cost_text(self) -> str:
        table = [_COSTS, *(_cells(r) for r in self.rows), self._total_cells()]
        widths = [max(len(row[i]) for row in table) for i in range(5)]
        return "\n".join(
            "  ".join([*(c.rjust(w) for c, w in zip(row[:5], widths, strict=True)), row[5]])
            for row in table
        )

    def _total_cells(self) -> list[str]:
        t = self.totals()
        sizes = [_quantity(t["bytes"], "B"), _quantity(t["kept"], "B")]
        return [_quantity(t["flops"]), *sizes, _time(t["seconds"]), "", "total"]

    __str__ = as_text
    __repr__ = as_text

    # --- HTML ---------------------------------------------------------------------------------

    def _repr_html_(self) -> str:
        """Return stages side by side, costs and drawing, for a notebook."""
        places = [(_heading(place), cells) for place, cells in self.places()]
        total = self.totals()["seconds"]
        shares = [r.seconds / total if total > 0 else 0.0 for r in self.rows]
        rows = [_cells(r) for r in self.rows]
        return page(
            self.name,
            [
                section("stages by line of source",
                        stage_table([s.title for s in self.stages], places), open_=True),
                section("costs", cost_table(_COSTS, [*rows, self._total_cells()], [*shares, 0.0])),
                section("graph", self.svg),
            ],
        )  # fmt: skip

    def save(self, path: str) -> None:
        """Write an HTML page, or the drawing alone if `path` ends in ``.svg``."""
        document = (
            "<!doctype html><html><head><meta charset='utf-8'>"
            f"<title>{escape(self.name)}</title></head><body>{self._repr_html_()}</body></html>"
        )
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg if str(path).endswith(".svg") else document)


def _heading(place: _Place) -> str:
    """Name a line of source and quote it."""
    file, line = place
    if not file:
        return "(no line of source)"
    return f"{os.path.basename(file)}:{line}  {linecache.getline(file, line).strip()}".rstrip()


def _time(seconds: float) -> str:
    if seconds != seconds:
        return "?"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} us"


def _cells(row: Row) -> list[str]:
    """Render a row of costs."""
    file, line = _place(row.eqn.source)
    where = f"{os.path.basename(file)}:{line}" if file else ""
    backward = row.eqn.source is not None and row.eqn.source.backward
    return [
        _quantity(row.flops),
        _quantity(row.bytes, "B"),
        _quantity(row.kept, "B") if row.kept else "",
        _time(row.seconds),
        where,
        f"∂ {row.text}" if backward else row.text,
    ]


def explain(f: Callable[..., Any], *, repeats: int = 5) -> Callable[..., Explanation]:
    """Return a function that explains `f` instead of calling it.

    Parameters
    ----------
    f : callable
        A function, as it is or transformed: ``jit(vmap(grad(loss)))``.
    repeats : int
        How often each equation is run to measure its time; 0 runs nothing.

    Returns
    -------
    callable
        With the arguments of `f`; returns an `Explanation`: the program after each transform and
        each pass of the compiler, side by side and by line of source, a drawing, and the costs of
        each equation.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> def loss(w):
    ...     return np.sum(np.tanh(w) ** 2)
    >>> e = fl.explain(fl.jit(fl.grad(loss)))(np.ones(3))
    >>> [s.title for s in e.stages]
    ['loss', 'grad(loss)', 'jit(grad(loss))', 'simplified', 'compiled']
    >>> e.stages[0].lines[0].text
    '  b:f64[3] = tanh a'
    >>> e.totals()["kept"] > 0, "grad(loss)" in e.as_text(), "<table>" in e._repr_html_()
    (True, True, True)
    """

    @functools.wraps(f, updated=())
    def explain_f(*args: Any, **kwargs: Any) -> Explanation:
        stages, compiled, consts = collect(f, args, kwargs)
        leaves = [np.asarray(x) for x in tree_flatten((args, kwargs))[0]]
        rows = measure(compiled.program, [*consts, *leaves], repeats)
        name = stages[-3].title if len(stages) > 2 else stages[0].title
        return Explanation(name, stages, rows, draw(compiled.program))

    return explain_f
