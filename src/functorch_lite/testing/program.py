"""Writing a jaxpr as Python that runs, and the helpers that such a program uses."""

import keyword
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import REGISTRY, Jaxpr, Literal, Primitive, ShapedArray, Var, bind, trace_to_jaxpr
from ..pytree import tree_unflatten
from .excerpt import (
    Excerpt,
    array_text,
    closed_over,
    import_line,
    is_installed,
    source_of,
)

__all__ = ["jaxpr_of", "prim", "program_source"]


class _Prims:
    """Primitives as functions, by name: ``prim.mul(x, y)``.

    Examples
    --------
    >>> float(prim.mul(2.0, 3.0))
    6.0
    """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in REGISTRY:
            from . import opspecs as opspecs  # registers every family of primitives

        if name not in REGISTRY:
            raise AttributeError(f"no primitive is named {name!r}")
        p = REGISTRY[name]
        return lambda *args, **params: bind(p, *args, **params)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """Return a primitive whose name is a keyword: ``prim["while"]``."""
        return getattr(self, name)


prim: Any = _Prims()


def jaxpr_of(f: Callable[..., Any], *types: tuple[str, tuple[int, ...]]) -> Jaxpr:
    """Record a function that returns a list, for primitives that take a program.

    Examples
    --------
    >>> jaxpr_of(lambda x: [x], ("float64", (2,))).in_avals
    [float64[2]]
    """
    avals = [ShapedArray(tuple(shape), np.dtype(dtype)) for dtype, shape in types]
    jaxpr, consts = trace_to_jaxpr(f, avals)
    if consts:
        raise ValueError("the function closes over arrays; pass them as arguments")
    return jaxpr


class _Name(str):
    """A variable, printed without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Writer:
    """Collects the definitions that a program needs."""

    def __init__(self) -> None:
        self.excerpt = Excerpt()
        self.imports: dict[str, None] = {"import numpy as np": None}
        self.helpers: set[str] = set()
        self.functions: list[str] = []
        self.names: dict[int, str] = {}

    def function(self, jaxpr: Jaxpr, name: str) -> None:
        """Write one jaxpr as a function that returns a list."""
        names: dict[Var, str] = {}

        def var(v: Var) -> str:
            return names.setdefault(v, _letters(len(names)))

        def atom(a: Any) -> str:
            return array_text(a.value) if isinstance(a, Literal) else var(a)

        head = ", ".join(var(v) for v in (*jaxpr.constvars, *jaxpr.invars))
        lines = [f"def {name}({head}):"]
        for eqn in jaxpr.eqns:
            call = self.call(eqn.primitive, [_Name(atom(a)) for a in eqn.inputs], eqn.params)
            outs = [var(v) for v in eqn.outvars]
            target = f"[{', '.join(outs)}]" if eqn.primitive.multiple_results else outs[0]
            lines.append(f"    {target} = {call}")
        lines.append(f"    return [{', '.join(atom(o) for o in jaxpr.outs)}]")
        self.functions.append("\n".join(lines))

    def call(self, primitive: Primitive, args: list[_Name], params: dict[str, Any]) -> str:
        """Write one application."""
        rule = params.get("rule")
        owner = getattr(rule, "owner", None)
        if rule is not None and owner is not None:
            return self.custom_call(rule, owner, args[params["n_consts"] :])
        given = [str(a) for a in args] + [f"{k}={self.param(v)}" for k, v in params.items()]
        if not _is_ours(primitive):
            self.imports["from functorch_lite.ir import bind"] = None
            return f"bind({', '.join([self.foreign(primitive), *given])})"
        self.helpers.add("prim")
        name = primitive.name
        plain = name.isidentifier() and not keyword.iskeyword(name)
        return f"{f'prim.{name}' if plain else f'prim[{name!r}]'}({', '.join(given)})"

    def custom_call(self, rule: Any, owner: Any, args: list[_Name]) -> str:
        """Write a call of a function that has a custom rule; it returns pytrees, made a list."""
        self.imports["from functorch_lite import tree_util"] = None
        cls = getattr(owner, "autograd_function", None)
        if cls is not None:
            given = ", ".join(map(str, owner.all_arguments(args)))
            self.define(cls.__name__, cls, cls)
            return f"tree_util.tree_leaves({cls.__name__}.apply({given}))"
        shown = owner._merge(rule.static, tree_unflatten(rule.tree, args))
        name = self.custom_function(rule.name, owner)
        return f"tree_util.tree_leaves({name}({', '.join(repr(a) for a in shown)}))"

    def custom_function(self, name: str, owner: Any) -> str:
        """Take in a function with a custom rule, under the name that is returned."""
        found = source_of(owner.fun)
        there = found is not None and found[2].get(name, owner) is owner
        there = there and self.excerpt.attaches_rules(name, owner.fun)
        if name.isidentifier() and there and self.define(name, owner, owner.fun):
            return name
        excerpt, new = self.excerpt, f"custom_{name}" if name.isidentifier() else "function"
        kind = type(owner).__name__
        self.imports[f"from functorch_lite import {kind}"] = None
        static = f", nondiff_argnums={owner.nondiff_argnums}" if owner.nondiff_argnums else ""
        excerpt.add_statement(f"{new} = {kind}({excerpt.expression(owner.fun)}{static})")
        rules = [owner.jvp] if kind == "custom_jvp" else [owner.fwd, owner.bwd]
        define = "defjvp" if kind == "custom_jvp" else "defvjp"
        excerpt.add_statement(f"{new}.{define}({', '.join(map(excerpt.expression, rules))})")
        return new

    def define(self, name: str, value: Any, f: Any) -> bool:
        """Import a value, or take its definition out of the file of `f`."""
        line = import_line(value, name)
        if line is not None:
            self.imports[line] = None
            return True
        return self.excerpt.add(name, f)

    def foreign(self, primitive: Primitive) -> str:
        """Take in the definition of a user's primitive; return its name there."""
        kinds = ("impl", "abstract_eval", "jvp", "transpose", "batch", "linearize")
        rules = [getattr(primitive, kind) for kind in kinds]
        # A rule may come from a helper that was given a function of the user's.
        given = [v for rule in rules for v in closed_over(rule).values() if callable(v)]
        for rule in (*rules, *given):
            found = source_of(rule)
            known = {} if found is None else found[2]
            name = next((k for k, v in known.items() if v is primitive), None)
            if name is not None:
                line = _import_global(known.get("__name__", ""), name, primitive)
                if line is not None:
                    self.imports[line] = None
                else:
                    self.excerpt.add(name, rule)
                return name
        self.excerpt.missing.add(f"the primitive {primitive.name!r}")
        return primitive.name

    def param(self, value: Any) -> str:
        """Write a parameter."""
        if isinstance(value, Jaxpr):
            name = self.names.get(id(value))
            if name is None:
                name = self.names[id(value)] = f"body{len(self.names)}"
                self.function(value, name)
            self.helpers.add("jaxpr_of")
            types = [f"({a.dtype.name!r}, {a.shape})" for a in value.in_avals]
            return f"jaxpr_of({', '.join([name, *types])})"
        if isinstance(value, np.dtype):
            return f"np.dtype({value.name!r})"
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            line = import_line(type(value), type(value).__name__)
            if line:
                self.imports[line] = None
            pairs = zip(value._fields, value, strict=True)
            fields = ", ".join(f"{k}={self.param(v)}" for k, v in pairs)
            return f"{type(value).__name__}({fields})"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.param, value))}{',' if len(value) == 1 else ''})"
        if callable(value):
            return getattr(value, "__name__", repr(value))
        return array_text(value)


def _is_ours(primitive: Primitive) -> bool:
    """Tell whether a primitive is one that this package registers."""
    from .opspecs import EXEMPT, OPSPECS

    name = primitive.name
    return REGISTRY.get(name) is primitive and (name in OPSPECS or name in EXEMPT)


def _import_global(module: str, name: str, value: Any) -> str | None:
    """Return the import of a module's global, if a fresh interpreter can import the module."""
    found = getattr(sys.modules.get(module), name, None) is value and is_installed(module)
    return f"from {module} import {name}" if found else None


def _letters(n: int) -> str:
    """Name the n-th variable: a, b, ..., z, a1, b1, ..."""
    letter = "abcdefghijklmnopqrstuvwxyz"[n % 26]
    return letter if n < 26 else f"{letter}{n // 26}"


def program_source(jaxpr: Jaxpr, args: Sequence[Any], call: str = "", name: str = "program") -> str:
    """Return Python that defines a jaxpr as a function, its arguments, and a call.

    Parameters
    ----------
    jaxpr : Jaxpr
    args : sequence of arrays
        For constvars and inputs.
    call : str
        The last line, in terms of `name` and ``args``; its first word is imported from
        `functorch_lite.testing`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> jaxpr = fl.make_jaxpr(lambda x: x * 2.0)(1.0).jaxpr
    >>> print(program_source(jaxpr, [np.array(1.0)], "check_grads(program, args)"))
    import numpy as np
    from functorch_lite.testing import check_grads, prim
    <BLANKLINE>
    def program(a):
        b = prim.mul(a, 2.0)
        return [b]
    <BLANKLINE>
    args = (np.array(1.0, 'float64'),)
    check_grads(program, args)
    """
    writer = _Writer()
    writer.function(jaxpr, name)
    helpers = set(writer.helpers)
    if call:
        helpers.add(call.split("(")[0])
    imports = [*writer.imports, *writer.excerpt.imports]
    if helpers:
        imports.append(f"from functorch_lite.testing import {', '.join(sorted(helpers))}")
    values = "".join(f"{array_text(a)}, " for a in args)
    values = values[:-1] if len(args) == 1 else values[:-2]
    blocks = ["\n".join(dict.fromkeys(imports)), *writer.excerpt.statements, *writer.functions]
    if writer.excerpt.missing:
        blocks.append(f"# define first: {', '.join(sorted(writer.excerpt.missing))}")
    blocks.append("\n".join([f"args = ({values})", *([call] if call else [])]))
    return "\n\n".join(blocks)
