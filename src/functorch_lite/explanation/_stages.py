"""The stages of a program: after each transform, and after each pass of the compiler."""

from collections.abc import Callable, Sequence
from typing import Any

from ..compile.cluster import Cluster
from ..compile.drive import CompiledProgram
from ..compile.inline import FlatProgram, inline_calls
from ..ir import Eqn, Jaxpr, Source, Tracer, current_state, record, subjaxprs, typeof
from ..ir.pretty import _atom, _Names, _param, _typed
from ..transforms.abstract import make_jaxpr
from ..transforms.flatten import FlatFunction, observers

__all__ = ["Line", "Stage", "Trail", "closed", "collect", "short_eqn"]

_LONGEST = 96


def closed(jaxpr: Jaxpr) -> Jaxpr:
    """Make constvars inputs."""
    return Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs)


def short_eqn(eqn: Eqn, names: _Names) -> str:
    """Render an equation in one line, without inner programs."""
    shown = []
    for key, value in sorted(eqn.params.items()):
        inner = value if isinstance(value, tuple) and value else (value,)
        if not any(isinstance(v, Jaxpr) for v in inner):
            shown.append(f"{key}={_param(value, '')}")
    params = f"[{' '.join(shown)}]" if shown else ""
    args = " ".join(_atom(a, names) for a in eqn.inputs)
    outs = " ".join(_typed(v, names) for v in eqn.outvars)
    text = f"{outs} = {eqn.primitive.name}{params} {args}".strip()
    if len(text) > _LONGEST and params:
        text = f"{outs} = {eqn.primitive.name}[...] {args}".strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


class Line:
    """One line of a stage: an equation's text and where it comes from."""

    __slots__ = ("source", "text")

    def __init__(self, text: str, source: Source | None) -> None:
        self.text = text
        self.source = source


class Stage:
    """A program at one stage.

    Attributes
    ----------
    title : str
    lines : list of Line
        Its equations; those of a backward pass start with a ``d``.
    """

    def __init__(self, title: str, lines: list[Line]) -> None:
        self.title = title
        self.lines = lines


def _lines(program: FlatProgram, names: _Names | None = None) -> list[Line]:
    """Render a flat program."""
    names = _Names() if names is None else names
    for v in [*(v for v, _ in program.consts), *program.invars]:
        _typed(v, names)
    return [line for e in program.eqns for line in _with_bodies(e, names)]


def _with_bodies(eqn: Eqn, names: _Names, depth: int = 0) -> list[Line]:
    """Render an equation, and below it those of the loop bodies and branches inside."""
    indent = "    " * depth
    lines = [Line(_marked(eqn, indent + short_eqn(eqn, names)), eqn.source)]
    for body in subjaxprs(eqn):
        for v in body.invars:
            _typed(v, names)
        inner = inline_calls(closed(body))
        lines += [x for e in inner.eqns for x in _with_bodies(e, names, depth + 1)]
    return lines


def _marked(eqn: Eqn, text: str) -> str:
    """Mark an equation of a backward pass."""
    return f"∂ {text}" if eqn.source is not None and eqn.source.backward else f"  {text}"


class Trail:
    """Observes what the transforms call while a program is traced."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str, str, Jaxpr]] = []
        self._seen: set[tuple[str, str, int]] = set()

    def __call__(self, flat: FlatFunction, leaves: Sequence[Any]) -> None:
        """Record what is called, the first time."""
        traces = [x.bare()._trace for x in leaves if isinstance(x, Tracer)]
        if not traces:
            return
        kind = max(traces, key=lambda t: t.level).name.split()[0]
        level = current_state().level
        key = (flat.name, kind, level)
        if key in self._seen:
            return
        self._seen.add(key)
        observers.append(lambda *ignored: None)
        outcome = (flat.out_tree, flat.aux_tree, flat.n_out)
        try:
            jaxpr, _ = record(lambda *xs: flat(*xs), [typeof(x) for x in leaves], "explain")
        finally:
            observers.pop()
            flat.out_tree, flat.aux_tree, flat.n_out = outcome
        self.found.append((level, kind, flat.name, jaxpr))


def _transform_stages(found: list[tuple[int, str, str, Jaxpr]]) -> list[Stage]:
    """Name what was observed: the innermost function first, then what transforms made of it."""
    stages: list[Stage] = []
    title = last_name = transform = ""
    for _, kind, name, jaxpr in sorted(found, key=lambda f: -f[0]):
        title = f"{transform}({title})" if name == last_name else name
        last_name, transform = name, kind
        stages.append(Stage(title, _lines(inline_calls(closed(jaxpr)))))
    return stages


def _compiled_stage(program: CompiledProgram) -> Stage:
    """Render the kernels and calls that run."""
    names = _Names()
    for v in program.program.invars:
        _typed(v, names)
    lines = []
    for i, step in enumerate(program.fused.steps):
        is_kernel = isinstance(step, Cluster)
        eqns = [*step.eqns, *step.reductions] if is_kernel else [step.eqn]
        what = "kernel" if is_kernel else type(step).__name__.lower()
        for e in eqns:
            lines.append(Line(f"{what} {i}: {_marked(e, short_eqn(e, names)).strip()}", e.source))
    return Stage("compiled", lines)


def collect(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Stage], CompiledProgram, list[Any]]:
    """Trace and compile (without making machine code); return stages, program, constants."""
    trail = Trail()
    observers.append(trail)
    try:
        traced = make_jaxpr(f)(*args, **kwargs)
    finally:
        observers.pop()
    inner = [s for s in trail.found if s[1] != "make_jaxpr"]
    outer = next((s for s in trail.found if s[1] == "make_jaxpr"), None)
    whole = closed(traced.jaxpr)
    found = [*inner, (0, "make_jaxpr", outer[2] if outer else "program", traced.jaxpr)]
    program = CompiledProgram(whole)
    stages = _transform_stages(found)
    # A jit around everything changes nothing that can be seen.
    distinct = [s for i, s in enumerate(stages) if i == 0 or not _same(s, stages[i - 1])]
    stages = [*distinct, Stage("simplified", _lines(program.program)), _compiled_stage(program)]
    return stages, program, traced.consts


def _same(a: Stage, b: Stage) -> bool:
    return [x.text for x in a.lines] == [x.text for x in b.lines]
