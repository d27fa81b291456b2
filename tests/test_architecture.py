"""The folder list is the architecture: dependencies point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import functorch_lite

ROOT = Path(functorch_lite.__file__).parent

# A package may import itself and what stands before it in its row.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "keypath": set(),
    "pytree": {"errors", "keypath"},
    "ir": {"errors", "pytree"},
    "prims": {"errors", "pytree", "ir"},
    "transforms": {"errors", "pytree", "ir", "prims"},
    "kernels": set(),
    "compile": {"errors", "pytree", "ir", "prims", "transforms", "kernels"},
    "numpy": {"errors", "pytree", "ir", "prims", "transforms"},
    "io": {"errors"},
}
NEVER_IMPORTED = {"testing"}


def _imports(path: Path) -> set[str]:
    """Return the first-level names of this package that a file imports."""
    package = path.relative_to(ROOT).parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - (node.level - 1)]
            module = (*base, *(node.module.split(".") if node.module else ()))
            targets = [module] if node.module else [(*base, a.name) for a in node.names]
            found.update(t[0] for t in targets if t)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("functorch_lite"):
            parts = node.module.split(".")
            found.update([parts[1]] if len(parts) > 1 else [a.name for a in node.names])
        elif isinstance(node, ast.Import):
            for a in node.names:
                parts = a.name.split(".")
                if parts[0] == "functorch_lite" and len(parts) > 1:
                    found.add(parts[1])
    return found


def _files(part: str) -> list[Path]:
    single = ROOT / f"{part}.py"
    return [single] if single.exists() else sorted((ROOT / part).rglob("*.py"))


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_imports_point_one_way(part):
    for path in _files(part):
        extra = _imports(path) - ALLOWED[part] - {part}
        assert not extra, f"{path.relative_to(ROOT)} imports {sorted(extra)}"


def test_nothing_imports_testing():
    for path in sorted(ROOT.rglob("*.py")):
        if path.relative_to(ROOT).parts[0] not in NEVER_IMPORTED:
            assert not _imports(path) & NEVER_IMPORTED, path


def test_import_is_light():
    heavy = ["numba", "llvmlite", "hypothesis", "pooch", "requests", "tqdm", "matplotlib"]
    heavy += ["scipy.special", "scipy.linalg", "scipy.stats", "scipy.optimize", "scipy.sparse"]
    code = f"import sys, functorch_lite\nprint([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_files_stay_small():
    sizes = {p: len(p.read_text().splitlines()) for p in ROOT.rglob("*.py")}
    large = {str(p.relative_to(ROOT)): n for p, n in sizes.items() if n > 460}
    assert not large, f"files that are two ideas: {large}"


def test_the_compiler_shows_its_public_names():
    code = "import sys; from functorch_lite import compile as c; s = set(sys.modules)\n"
    code += "assert not {'functorch_lite.compile.threads', 'functorch_lite.compile.cache'} & s\n"
    code += "assert all(getattr(c, n).__doc__ and n in dir(c) for n in c.__all__)\n"
    code += "assert 'numba' not in sys.modules\n"
    code += "try: c.nothing\nexcept AttributeError: print('none')"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "none"
