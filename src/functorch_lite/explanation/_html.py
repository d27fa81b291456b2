"""Explanations as HTML: stages side by side, costs with bars, the drawing."""

import re
from html import escape

from ._stages import Line

__all__ = ["page", "stage_table", "cost_table", "section"]

# Classes of our own, so that a notebook's style stays what it is.
_STYLE = """<style>
.fl-explain table{border-collapse:collapse;font-size:12px}
.fl-explain td,.fl-explain th{text-align:left;vertical-align:top;padding:2px 10px 2px 4px;
font-family:monospace;white-space:pre;border-top:1px solid #ddd}
.fl-explain th{background:#f3f4f6;color:#111}
.fl-explain .fl-scroll{overflow-x:auto}
.fl-explain .fl-source{position:sticky;left:0;max-width:26em;white-space:pre-wrap}
.fl-explain .fl-d{color:#b3470f}
.fl-explain .fl-n{text-align:right}
.fl-explain summary{cursor:pointer;font-weight:600;margin-top:6px}
</style>"""
_SHORT = 44


def _line(line: Line) -> str:
    """Render an equation; long parameters move to the tooltip."""
    text = line.text
    if len(text) > _SHORT:
        text = re.sub(r"( = \w+)\[.*\]", r"\1[…]", text)
    kind = " class='fl-d'" if text.startswith("∂") else ""
    return f"<div{kind} title='{escape(line.text)}'>{escape(text)}</div>"


def stage_table(titles: list[str], places: list[tuple[str, list[list[Line]]]]) -> str:
    """Return the table of stages: a row for each line of source, a column for each stage."""
    head = "".join(f"<th>{escape(t)}</th>" for t in titles)
    rows = []
    for heading, cells in places:
        columns = "".join(f"<td>{''.join(map(_line, lines))}</td>" for lines in cells)
        rows.append(f"<tr><th class='fl-source'>{escape(heading)}</th>{columns}</tr>")
    return f"<table><tr><th class='fl-source'>source</th>{head}</tr>{''.join(rows)}</table>"


def cost_table(head: list[str], rows: list[list[str]], shares: list[float]) -> str:
    """Return the table of costs; the bar behind a time is its share of the sum."""
    out = ["<tr>" + "".join(f"<th>{escape(h)}</th>" for h in head) + "</tr>"]
    for row, share in zip(rows, shares, strict=True):
        percent = f"{100 * share:.0f}%"
        bar = (
            f" style='background:linear-gradient(to right,#ffd9b0 {percent},transparent {percent})'"
        )
        cells = [
            f"<td class='fl-n'{bar if h == 'time' else ''}>{escape(c)}</td>"
            if h not in ("line", "equation")
            else f"<td>{escape(c)}</td>"
            for h, c in zip(head, row, strict=True)
        ]
        out.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(out)}</table>"


def section(title: str, content: str, open_: bool = False) -> str:
    """Return a part that can be folded."""
    return (
        f"<details{' open' if open_ else ''}><summary>{escape(title)}</summary>"
        f"<div class='fl-scroll'>{content}</div></details>"
    )


def page(name: str, sections: list[str]) -> str:
    """Put the parts together."""
    return f"<div class='fl-explain'>{_STYLE}<h4>{escape(name)}</h4>{''.join(sections)}</div>"
