"""Cache keys: hashes of everything that decides a kernel's machine code."""

import hashlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterable
from functools import lru_cache

from .target import NativeError, Target, versions

__all__ = ["digest", "environment", "source_changed", "source_digest"]

# Raised when the code that `translate`, `assemble` and `_numba_backend` generate changes.
_GENERATOR = "4"


def digest(parts: Iterable[str]) -> str:
    """Hash texts, unambiguously, to 40 hexadecimal digits."""
    h = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        h.update(len(raw).to_bytes(8, "little") + raw)
    return h.hexdigest()[:40]


@lru_cache(maxsize=8)
def environment(target: Target) -> str:
    """Describe everything outside a kernel that decides its machine code."""
    python = f"{sys.implementation.cache_tag} {sys.version_info[:3]}"
    machine = f"{target.triple} {target.cpu} {target.features} {target.vector_bits}"
    return "\n".join([_GENERATOR, python, _numba_version(), versions(), machine])


@lru_cache(maxsize=1)
def _numba_version() -> str:
    """Tell numba's version without importing it."""
    # importlib.metadata alone takes 50 ms to import; its answer is in this small file too.
    spec = importlib.machinery.PathFinder.find_spec("numba")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            with open(os.path.join(folder, "_version.py"), "rb") as f:
                return "numba " + hashlib.sha256(f.read()).hexdigest()
        except OSError:
            continue
    from importlib.metadata import version

    return "numba " + version("numba")


@lru_cache(maxsize=64)
def source_digest(module: str) -> str:
    """Hash a module's source without importing it, with the files beside it that begin alike.

    ``scalar`` stands for ``scalar.py``, ``scalar_exp.py`` and so on.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise NativeError(f"no module {module!r} with source to compile from")
    folder, stem = os.path.dirname(spec.origin), module.rpartition(".")[2]
    parts = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py") and name.startswith((stem, "__init__")):
            with open(os.path.join(folder, name), "rb") as f:
                parts += [name, hashlib.sha256(f.read()).hexdigest()]
    return digest(parts)


def source_changed(module: str) -> bool:
    """Tell whether a module's source is another one than when `source_digest` first hashed it."""
    return source_digest.__wrapped__(module) != source_digest(module)
