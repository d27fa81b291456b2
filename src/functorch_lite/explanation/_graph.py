"""A drawing of a program: a small layered layout, written as SVG.

Sugiyama, Tagawa & Toda (1981), "Methods for visual understanding of hierarchical system
structures": layers by longest path, order within layers by the mean place of neighbours.
"""

from html import escape
from typing import Any

from ..compile.inline import FlatProgram
from ..ir import Eqn, Var
from ..ir.pretty import _Names, short_aval
from ._stages import short_eqn

__all__ = ["draw"]

_ROW, _GAP, _HEIGHT, _LETTER = 58, 16, 26, 7.2
_COLOURS = {
    "input": "#e8eaed", "output": "#e8eaed", "elementwise": "#d6e9ff", "reduction": "#ffe3c2",
    "product": "#ffd3d3", "move": "#e6f4e1", "control": "#eadcff", "other": "#fff6bf",
}  # fmt: skip
_KINDS = {"Scalar": "elementwise", "Reduce": "reduction", "View": "move", "Inline": "control"}


class Node:
    """A box: an input, an equation or an output."""

    def __init__(self, label: str, kind: str, title: str, backward: bool = False) -> None:
        self.label = label
        self.kind = kind
        self.title = title
        self.backward = backward
        self.layer = 0
        self.x = 0.0
        self.above: list[tuple[Node, str]] = []
        self.below: list[Node] = []

    @property
    def width(self) -> float:
        """Width of the box."""
        return len(self.label) * _LETTER + 18


def _kind(eqn: Eqn) -> str:
    """Return the family of an equation, which decides its colour."""
    name = eqn.primitive.name
    if name in ("dot_general", "conv_general_dilated"):
        return "product"
    if name.startswith(("reduce_", "cum", "arg")):
        return "reduction"
    return _KINDS.get(type(eqn.primitive.lower).__name__, "other")


def _nodes(program: FlatProgram) -> list[Node]:
    """Make the boxes and connect them."""
    names = _Names()
    made: dict[Var, Node] = {}
    nodes = []
    for v in [*(v for v, _ in program.consts), *program.invars]:
        made[v] = Node(f"{names[v]}: {short_aval(v.aval)}", "input", "input")
        nodes.append(made[v])

    def connect(node: Node, atoms: Any) -> None:
        for a in dict.fromkeys(x for x in atoms if isinstance(x, Var)):
            made[a].below.append(node)
            node.above.append((made[a], short_aval(a.aval)))

    for eqn in program.eqns:
        backward = eqn.source is not None and eqn.source.backward
        title = f"{short_eqn(eqn, names)}\n{eqn.source or ''}"
        node = Node(eqn.primitive.name, _kind(eqn), title, backward)
        connect(node, eqn.inputs)
        made.update(dict.fromkeys(eqn.outvars, node))
        nodes.append(node)
    for i, out in enumerate(program.outs):
        node = Node(f"out {i}: {short_aval(out.aval)}", "output", "output")
        connect(node, [out])
        nodes.append(node)
    return nodes


def _layers(nodes: list[Node]) -> list[list[Node]]:
    """Put each box below all that it needs, and order the boxes of a layer."""
    for node in nodes:
        node.layer = max((p.layer + 1 for p, _ in node.above), default=0)
    for node in reversed(nodes):
        # Inputs stand just above their first use.
        if not node.above and node.below:
            node.layer = max(0, min(c.layer for c in node.below) - 1)
    layers: list[list[Node]] = [[] for _ in range(max((n.layer for n in nodes), default=0) + 1)]
    for node in nodes:
        layers[node.layer].append(node)
    for layer in layers:
        _place(layer)
    for sweep in range(4):
        down = sweep % 2 == 0
        for layer in layers if down else layers[::-1]:
            for node in layer:
                near = [p for p, _ in node.above] if down else node.below
                if near:
                    node.x = sum(n.x for n in near) / len(near)
            layer.sort(key=lambda n: n.x)
            _place(layer)
    return layers


def _place(layer: list[Node]) -> None:
    """Give the boxes of a layer places side by side, around the middle."""
    total = sum(n.width + _GAP for n in layer) - _GAP
    x = -total / 2
    for node in layer:
        node.x = x + node.width / 2
        x += node.width + _GAP


def draw(program: FlatProgram) -> str:
    """Return an SVG of a program: boxes are equations, lines values, dashed boxes derivatives.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite.compile.inline import inline_calls
    >>> svg = draw(inline_calls(fl.make_jaxpr(lambda x: x * 2.0 + 1.0)(1.0).jaxpr))
    >>> svg.startswith("<svg"), svg.count("<rect")
    (True, 4)
    """
    nodes = _nodes(program)
    layers = _layers(nodes)
    left = min((n.x - n.width / 2 for n in nodes), default=0.0)
    right = max((n.x + n.width / 2 for n in nodes), default=0.0)
    shift = 12 - left
    width, height = right - left + 24, len(layers) * _ROW + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="12">'
    ]
    parts += [_edge(p, n, shape, shift) for n in nodes for p, shape in n.above]
    parts += [_box(n, shift) for n in nodes]
    return "\n".join([*parts, "</svg>"])


def _top(node: Node) -> float:
    return node.layer * _ROW + 8.0


def _edge(start: Node, end: Node, shape: str, shift: float) -> str:
    """Draw a line from the foot of a box to the head of another."""
    x0, y0 = start.x + shift, _top(start) + _HEIGHT
    x1, y1 = end.x + shift, _top(end)
    middle = (y0 + y1) / 2
    path = f"M{x0:.1f},{y0:.1f} C{x0:.1f},{middle:.1f} {x1:.1f},{middle:.1f} {x1:.1f},{y1:.1f}"
    return f'<path d="{path}" fill="none" stroke="#888"><title>{escape(shape)}</title></path>'


def _box(node: Node, shift: float) -> str:
    """Draw a box with its label and a tooltip."""
    x, y = node.x - node.width / 2 + shift, _top(node)
    dash = ' stroke-dasharray="4 2"' if node.backward else ""
    return (
        f"<g><title>{escape(node.title)}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{node.width:.1f}" height="{_HEIGHT}" rx="5" '
        f'fill="{_COLOURS[node.kind]}" stroke="#555"{dash}/>'
        f'<text x="{node.x + shift:.1f}" y="{y + 17:.1f}" text-anchor="middle" fill="#111">'
        f"{escape(node.label)}</text></g>"
    )
