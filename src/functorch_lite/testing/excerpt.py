"""Cutting out of source files what a definition needs, as a program of its own."""

import ast
import builtins
import importlib.util
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["Excerpt", "array_text", "import_line"]


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
        return f"import {own}" if own == name else f"import {own} as {name}"
    module: Any = getattr(value, "__module__", None)
    attribute: Any = getattr(value, "__qualname__", None)
    if attribute is None:
        attribute = getattr(value, "__name__", None)
    if not module or not attribute or "." in attribute or module == "__main__":
        return None
    if getattr(sys.modules.get(module), attribute, None) is not value:
        return None
    try:
        if importlib.util.find_spec(module) is None:
            return None
    except (ImportError, ValueError, AttributeError):
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
    imports, statements : list of str
        The program's parts.
    missing : set of str
        Names for which nothing was found.
    """

    def __init__(self) -> None:
        self.imports: dict[str, None] = {}
        self.parts: dict[tuple[int, int], str] = {}
        self.missing: set[str] = set()
        self._files: dict[str, int] = {}
        self._seen: set[tuple[str, str]] = set()

    @property
    def statements(self) -> list[str]:
        """The definitions, each file's in its own order."""
        return [self.parts[k] for k in sorted(self.parts, key=lambda k: (-k[0], k[1]))]

    def add_function(self, f: Callable[..., Any], name: str) -> None:
        """Take in what defines `name`, which belongs to the function `f`."""
        raw: Any = inspect.unwrap(getattr(f, "fun", f))
        raw = getattr(raw, "__func__", raw)
        code = getattr(raw, "__code__", None)
        if code is None:
            self.missing.add(name)
            return
        known: dict[str, Any] = dict(raw.__globals__)
        if raw.__closure__:
            for var, cell in zip(code.co_freevars, raw.__closure__, strict=True):
                try:
                    known[var] = cell.cell_contents
                except ValueError:
                    continue
        chain = self._scopes(code.co_filename, code.co_firstlineno)
        self._need(name, code.co_filename, chain, known)

    def _scopes(self, file: str, line: int) -> list[list[ast.stmt]]:
        """Return the bodies around a line, innermost first."""
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
            chain.insert(0, body)

    def _need(
        self, name: str, file: str, chain: list[list[ast.stmt]], known: dict[str, Any]
    ) -> None:
        if (file, name) in self._seen or (name not in known and hasattr(builtins, name)):
            return
        self._seen.add((file, name))
        line = import_line(known[name], name) if name in known else None
        if line is not None:
            self.imports[line] = None
            return
        for body in chain:
            found = [s for s in body if name in set(_bound(s))]
            if found:
                for stmt in found:
                    self._take(stmt, file, chain, known)
                return
        self._literal(name, known)

    def _take(
        self, stmt: ast.stmt, file: str, chain: list[list[ast.stmt]], known: dict[str, Any]
    ) -> None:
        index = self._files.setdefault(file, len(self._files))
        if (index, stmt.lineno) in self.parts:
            return
        text = ast.unparse(stmt)
        if isinstance(stmt, ast.Import | ast.ImportFrom):
            self.imports[text] = None
            return
        self.parts[index, stmt.lineno] = text
        for name in sorted(_free_names(stmt)):
            self._need(name, file, chain, known)

    def _literal(self, name: str, known: dict[str, Any]) -> None:
        value = known.get(name)
        if callable(value) and not isinstance(value, type):
            self.add_function(value, name)
        elif isinstance(value, int | float | complex | str | tuple | np.ndarray | np.generic):
            self.imports["import numpy as np"] = None
            self.parts[len(self._files) + 1, len(self.parts)] = f"{name} = {array_text(value)}"
        elif name not in known or value is not None:
            self.missing.add(name)


def _free_names(stmt: ast.stmt) -> set[str]:
    """Return the names that a statement reads and does not define itself."""
    read = {n.id for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    local = {n.arg for n in ast.walk(stmt) if isinstance(n, ast.arg)}
    stored = {
        n.id for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return read - local - stored
