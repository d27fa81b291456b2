"""The examples in docstrings run, and every public function has a docstring."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import functorch_lite

# Modules whose import needs an optional dependency or starts a program.
SKIPPED = {"functorch_lite.__main__"}


def modules():
    found = pkgutil.walk_packages(functorch_lite.__path__, "functorch_lite.")
    return sorted(m.name for m in found if m.name not in SKIPPED)


@pytest.mark.parametrize("name", ["functorch_lite", *modules()])
def test_examples_run(name):
    module = importlib.import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testmod(module, optionflags=flags).failed == 0


@pytest.mark.parametrize("name", ["functorch_lite", *modules()])
def test_all_is_true_and_documented(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        value = getattr(module, public)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert value.__doc__, f"{name}.{public} has no docstring"
