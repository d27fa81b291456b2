"""The modules that are compared, and their public names."""

import importlib
import pkgutil
import types
import typing
from typing import Any

__all__ = ["FAMILIES", "members", "ours", "public_names", "theirs"]


def _scipy_modules() -> list[str]:
    import jax.scipy

    found = pkgutil.walk_packages(jax.scipy.__path__, "jax.scipy.")
    return [m.name for m in found]


FAMILIES: dict[str, list[str]] = {
    "numpy": ["jax.numpy", "jax.numpy.linalg", "jax.numpy.fft"],
    "lax": ["jax.lax", "jax.lax.linalg"],
    "random": ["jax.random"],
    "nn": ["jax.nn", "jax.nn.initializers"],
    "scipy": [],
}


def members(family: str) -> list[str]:
    """Return the JAX modules of a family."""
    return FAMILIES[family] or _scipy_modules()


def theirs(module: str) -> Any:
    """Import a module of JAX."""
    return importlib.import_module(module)


def ours(module: str) -> Any:
    """Import our counterpart of a module of JAX; None if there is none."""
    try:
        return importlib.import_module(module.replace("jax", "functorch_lite", 1))
    except ModuleNotFoundError:
        found = importlib.import_module("functorch_lite")
        for part in module.split(".")[1:]:
            found = getattr(found, part, None)
        return found


def public_names(module: str) -> list[str]:
    """Return what a module of JAX offers: no submodules, and no primitives (``sin_p``)."""
    space = theirs(module)
    found = []
    for name in dir(space):
        value = getattr(space, name)
        junk = isinstance(value, types.ModuleType) or value in vars(typing).values()
        if not name.startswith("_") and not name.endswith("_p") and not junk:
            found.append(name)
    return found
