"""Bytes on disk of a package with all that it needs at run time, NumPy included."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import functorch_lite

from .environment import Options
from .harness import Contest, Samples


def closure(name: str) -> set[str]:
    """Return a distribution and all it requires, without extras."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    todo = [name]
    while todo:
        current = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if current in found:
            continue
        found.add(current)
        for text in metadata.requires(current) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return found


def megabytes(name: str) -> float:
    """Add up the installed files of a distribution and what it requires."""
    files: set[Path] = set()
    for distribution in closure(name):
        listed = metadata.files(distribution) or []
        files |= {Path(str(f.locate())).resolve() for f in listed if "__pycache__" not in f.parts}
    if name == "functorch-lite":  # an editable install lists a pointer to the sources only
        files |= set(Path(functorch_lite.__file__).resolve().parent.rglob("*.py"))
    return sum(f.stat().st_size for f in files if f.is_file()) / 1e6


def collect(_: Options) -> Samples:
    """Add up for everybody installed."""
    names = {"ours": "functorch-lite", "PyTorch": "torch", "JAX": "jax"}
    installed = {d.metadata["Name"].lower() for d in metadata.distributions()}
    return {who: [megabytes(name)] for who, name in names.items() if name in installed}


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest("install size with all dependencies", collect, {"PyTorch": 0.6}, unit="MB")
