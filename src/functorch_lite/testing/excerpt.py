"""Cutting out of source files what a definition needs, as a program of its own."""

import ast
import builtins
import importlib.util
import inspect
import linecache
import os
import site
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["Excerpt", "array_text", "import_line"]


def is_installed(module: str) -> bool:
    """Tell whether a fresh interpreter can import a module, wherever it is started.

    Examples
    --------
    >>> is_installed("functorch_lite.numpy"), is_installed("__main__")
    (True, False)
    """
    root = module.split(".")[0]
    if root == "__main__":
        return False
    if root in sys.stdlib_module_names or root == __name__.split(".")[0]:
        return True
    try:
        spec = importlib.util.find_spec(root)
    except (ImportError, ValueError, AttributeError):
        return False
    if spec is None:
        return False
    if spec.origin in (None, "built-in", "frozen"):
        places = list(spec.submodule_search_locations or ())
    else:
        places = [spec.origin or ""]
    known = [*site.getsitepackages(), site.getusersitepackages()]
    known += [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    return any(os.path.abspath(p).startswith(os.path.abspath(k)) for p in places for k in known)


def import_line(value: Any, name: str) -> str | None:
    """Return the statement that imports a module, function or class under `name`, if any.

    Examples
    --------
    >>> import os.path
    >>> import_line(os.path.join, "join")
    'from posixpath import join'
    """
    if isinstance(value, types.ModuleType):
        own = value.__name__
        if not is_installed(own):
            return None
        return f"import {own}" if own == name else f"import {own} as {name}"
    module: Any = getattr(value, "__module__", None)
    attribute: Any = getattr(value, "__qualname__", None)
    if attribute is None:
        attribute = getattr(value, "__name__", None)
    if not module or not attribute or "." in attribute or module == "__main__":
        return None
    if getattr(sys.modules.get(module), attribute, None) is not value:
        return None
    if not is_installed(module):
        return None
    return f"from {module} import {attribute}" + ("" if attribute == name else f" as {name}")


def array_text(x: Any) -> str:
    """Return an expression for an array or a number.

    Examples
    --------
    >>> array_text(np.array([1.0, np.nan], np.float32))
    "np.array([1.0, np.nan], 'float32')"
    """
    if isinstance(x, np.ndarray | np.generic):
        a = np.asarray(x)
        text = repr(a.tolist()) if a.size or a.ndim == 1 else None
        if text is None:
            return f"np.zeros({a.shape}, {a.dtype.name!r})"
        return f"np.array({_special(text)}, {a.dtype.name!r})"
    return _special(repr(x))


def _special(text: str) -> str:
    """Qualify nan and inf as a list's repr writes them."""
    out: list[str] = []
    word = ""
    for ch in text + " ":
        if ch.isalnum() or ch in "_.":
            word += ch
            continue
        out.append(f"np.{word}" if word in ("nan", "inf") else word)
        out.append(ch)
        word = ""
    return "".join(out)[:-1]


def _bound(stmt: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement defines, or adds to (``f.defvjp(...)``)."""
    if isinstance(stmt, ast.FunctionDef | ast.ClassDef):
        yield stmt.name
        for d in stmt.decorator_list:
            yield from _roots(d)
    elif isinstance(stmt, ast.Import | ast.ImportFrom):
        for a in stmt.names:
            yield (a.asname or a.name).split(".")[0]
    elif isinstance(stmt, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = stmt.targets if isinstance(stmt, ast.Assign) else [stmt.target]
        for t in targets:
            yield from (n.id for n in ast.walk(t) if isinstance(n, ast.Name))
    elif isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Call):
        yield from _roots(stmt.value.func)


def _roots(node: ast.expr) -> Iterator[str]:
    """Yield `f` for ``f.defvjp`` and ``f.defjvp``."""
    if isinstance(node, ast.Attribute) and node.attr.startswith("def"):
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            yield node.id


class Excerpt:
    """Collects statements until every name that they use is defined.

    Attributes
    ----------
    imports : dict
        Import statements, in order (a set that keeps its order).
    missing : set of str
        Names for which nothing was found.
    """

    def __init__(self) -> None:
        self.imports: dict[str, None] = {}
        self.missing: set[str] = set()
        # Statements by file and line, each after what it needs.
        self._parts: dict[tuple[str, int], str] = {}
        self._seen: set[tuple[str, str]] = set()

    @property
    def statements(self) -> list[str]:
        """The definitions, each after what it needs."""
        return list(self._parts.values())

    def add(self, name: str, f: Any) -> bool:
        """Take in what defines `name` where the function or class `f` is defined, if possible."""
        found = source_of(f)
        if found is None:
            return False
        file, line, known = found
        return self._need(name, file, scopes(file, line), known)

    def attaches_rules(self, name: str, f: Any) -> bool:
        """Tell whether the file of `f` has a statement like ``name.defvjp(...)``."""
        found = source_of(f)
        for body in () if found is None else scopes(*found[:2]):
            bound = [s for s in body if name in set(_bound(s))]
            if bound:
                return any(
                    not isinstance(s, ast.Assign) and getattr(s, "name", "") != name for s in bound
                )
        return False

    def add_statement(self, text: str) -> None:
        """Add a statement of our own."""
        self._parts["", len(self._parts)] = text

    def expression(self, f: Any) -> str:
        """Return an expression for a function, and take in what it needs."""
        name = getattr(f, "__name__", "")
        if name != "<lambda>":
            if not (self._import(f, name) or self.add(name, f)):
                self.missing.add(name or repr(f))
            return name
        node = lambda_node(f)
        found = source_of(f)
        if node is None or found is None:
            self.missing.add("a lambda")
            return "a_lambda"
        file, line, known = found
        for needed in sorted(_free_names(node)):
            self._need(needed, file, scopes(file, line), known)
        return ast.unparse(node)

    def _import(self, value: Any, name: str) -> bool:
        line = import_line(value, name)
        if line is not None:
            self.imports[line] = None
        return line is not None

    def _need(
        self, name: str, file: str, chain: list[list[ast.stmt]], known: dict[str, Any]
    ) -> bool:
        """Define a name; tell whether that was possible."""
        if (file, name) in self._seen or (name not in known and hasattr(builtins, name)):
            return True
        self._seen.add((file, name))
        if name in known and (self._import(known[name], name) or self._small(name, known[name])):
            return True
        if self._alias(name, known.get(name)):
            return True
        for body in chain:
            found = [s for s in body if name in set(_bound(s))]
            for stmt in found:
                self._take(stmt, name, file, chain, known)
            if found:
                return True
        return self._from_elsewhere(name, known.get(name))

    def _take(
        self, stmt: ast.stmt, name: str, file: str, chain: list[list[ast.stmt]], known: Any
    ) -> None:
        if isinstance(stmt, ast.Import | ast.ImportFrom):
            self._take_import(stmt, name, known)
            return
        for needed in sorted(_free_names(stmt)):
            self._need(needed, file, chain, known)
        self._parts.setdefault((file, stmt.lineno), ast.unparse(stmt))

    def _take_import(self, stmt: ast.Import | ast.ImportFrom, name: str, known: Any) -> None:
        """Keep an import that works anywhere; else take in what it imports."""
        package = known.get("__package__") or ""
        if isinstance(stmt, ast.Import):
            module = next(a.name for a in stmt.names if (a.asname or a.name).split(".")[0] == name)
            text = f"import {module}" + ("" if name == module.split(".")[0] else f" as {name}")
        else:
            relative = "." * stmt.level + (stmt.module or "")
            module = importlib.util.resolve_name(relative, package) if stmt.level else relative
            imported = next(a.name for a in stmt.names if (a.asname or a.name) == name)
            text = f"from {module} import {imported}" + ("" if imported == name else f" as {name}")
        if not is_installed(module):
            if self._from_elsewhere(name, known.get(name), report=False):
                return
            self._reach(module)
        self.imports[text] = None

    def _reach(self, module: str) -> None:
        """Make a module that is not installed importable, by the folder that it was found in."""
        path = getattr(sys.modules.get(module), "__file__", None)
        if path is None:
            self.missing.add(module)
            return
        depth = module.count(".") + 1 + (os.path.basename(path) == "__init__.py")
        folder = os.path.abspath(path)
        for _ in range(depth):
            folder = os.path.dirname(folder)
        self.imports["import sys"] = None
        self.imports[f"sys.path.insert(0, {folder!r})"] = None

    def _alias(self, name: str, value: Any) -> bool:
        """Define another name of a function, and the name of a lambda, by what it stands for."""
        own = getattr(value, "__name__", name)
        if not isinstance(value, types.FunctionType) or own in (name, "_"):
            return False
        self.add_statement(f"{name} = {self.expression(value)}")
        return True

    def _small(self, name: str, value: Any) -> bool:
        """Write numbers and small arrays by their value: the file may compute them anew."""
        numbers = isinstance(value, int | float | complex | str | np.generic)
        if not numbers and not (isinstance(value, np.ndarray) and value.size <= 256):
            return False
        if not numbers:
            self.imports["import numpy as np"] = None
        self.add_statement(f"{name} = {array_text(value)}")
        return True

    def _from_elsewhere(self, name: str, value: Any, report: bool = True) -> bool:
        """Define a name that the file at hand only uses."""
        own = getattr(value, "__name__", None)
        if isinstance(value, types.ModuleType):
            return False
        if callable(value) and own and self.add(own, getattr(value, "fun", value)):
            if own != name:
                self.add_statement(f"{name} = {own}")
            return True
        if isinstance(value, tuple | np.ndarray):
            self.imports["import numpy as np"] = None
            self.add_statement(f"{name} = {array_text(value)}")
            return True
        if report and value is not None:
            self.missing.add(name)
        return False


def source_of(f: Any) -> tuple[str, int, dict[str, Any]] | None:
    """Return file and line of a function or class, and the names that are known there."""
    if isinstance(f, type):
        module = sys.modules.get(f.__module__)
        try:
            return inspect.getsourcefile(f) or "", inspect.getsourcelines(f)[1], vars(module)
        except (TypeError, OSError):
            return None
    raw: Any = inspect.unwrap(getattr(f, "fun", f))
    raw = getattr(raw, "__func__", raw)
    code = getattr(raw, "__code__", None)
    if code is None:
        return None
    return code.co_filename, code.co_firstlineno, {**raw.__globals__, **closed_over(raw)}


def closed_over(f: Any) -> dict[str, Any]:
    """Return what a function closes over, by name; what has no value yet is left out."""
    cells = getattr(f, "__closure__", None) or ()
    code = getattr(f, "__code__", None)
    found: dict[str, Any] = {}
    for var, cell in zip(() if code is None else code.co_freevars, cells, strict=True):
        try:
            found[var] = cell.cell_contents
        except ValueError:
            continue
    return found


def scopes(file: str, line: int) -> list[list[ast.stmt]]:
    """Return the bodies around a line of a file, innermost first."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return []
    chain = [tree.body]
    body: list[ast.stmt] = tree.body
    while True:
        inside = [
            s
            for s in body
            if isinstance(s, ast.FunctionDef | ast.ClassDef)
            and s.lineno < line <= (s.end_lineno or 0)
            and line not in {d.lineno for d in s.decorator_list}
        ]
        if not inside:
            return chain
        body = inside[0].body
        if isinstance(inside[0], ast.FunctionDef):
            chain.insert(0, body)


def lambda_node(f: Any) -> ast.Lambda | None:
    """Return the expression that made a lambda, found by the positions of its code.

    Examples
    --------
    >>> lambda_node(len) is None
    True
    """
    code = f.__code__ if hasattr(f, "__code__") else None
    if code is None:
        return None
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except SyntaxError:
        return None
    # (What prepares a frame has an empty span.)
    spans = [(a, b, c, d) for a, b, c, d in code.co_positions() if None not in (a, b, c, d)]
    body = {(a, c) for a, b, c, d in spans if (a, c) != (b, d)}
    names = list(code.co_varnames[: code.co_argcount])
    found = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Lambda)
        and [a.arg for a in (*n.args.posonlyargs, *n.args.args)] == names
        and all(
            (n.lineno, n.col_offset) <= at <= (n.end_lineno or 0, n.end_col_offset or 0)
            for at in body
        )
    ]
    return min(found, key=lambda n: len(ast.unparse(n)), default=None)


def _free_names(stmt: ast.AST) -> set[str]:
    """Return the names that a piece of code reads and does not define itself."""
    read = {n.id for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    local = {n.arg for n in ast.walk(stmt) if isinstance(n, ast.arg)}
    stored = {
        n.id for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return read - local - stored
