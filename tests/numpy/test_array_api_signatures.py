"""Every function of the array API standard is here, and takes the standard's arguments."""

import ast
import inspect

import numpy as np
import pytest

from functorch_lite import numpy as xp
from tests.numpy.array_api import SIGNATURES

CONSTANTS = {"e": np.e, "pi": np.pi, "inf": np.inf, "newaxis": None}
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
DTYPES += ["float32", "float64", "complex64", "complex128"]


# None stands for them.
IMPLIED = {"norm": "backward", "correction": 0.0, "step": 1}


def lookup(name):
    found = xp
    for part in name.split("."):
        found = getattr(found, part)
    return found


def standard(name):
    """Return the standard's signature, by letting Python read it."""
    scope = {}
    exec(f"def f({SIGNATURES[name].split('(', 1)[1][:-1]}): ...", scope)
    return inspect.signature(scope["f"])


@pytest.mark.parametrize("name", SIGNATURES)
def test_takes_the_arguments_of_the_standard(name):
    want, f = standard(name), lookup(name)
    ours = inspect.signature(f)
    kinds = {p.name: p.kind for p in want.parameters.values()}
    positional = [n for n, k in kinds.items() if k < inspect.Parameter.VAR_POSITIONAL]
    only = [n for n, k in kinds.items() if k == inspect.Parameter.POSITIONAL_ONLY]
    by_name = {n: None for n, k in kinds.items() if k != 2 and n not in only}
    if inspect.Parameter.VAR_POSITIONAL in kinds.values():
        ours.bind(None, None, None, **{n: None for n in by_name if n not in positional})
        return
    ours.bind(*[None] * len(positional), **{n: None for n in by_name if n not in positional})
    ours.bind(*[None] * len(only), **by_name)
    for n, p in want.parameters.items():
        if p.default is not p.empty and p.default is not None and n in ours.parameters:
            default = ours.parameters[n].default
            assert (IMPLIED[n] if default is None else default) == p.default, n


def test_constants_and_dtypes():
    assert all(getattr(xp, n) is v or getattr(xp, n) == v for n, v in CONSTANTS.items())
    assert np.isnan(xp.nan)
    assert all(np.dtype(getattr(xp, n)) == np.dtype(n) for n in DTYPES)


def test_inspection():
    info = xp.__array_namespace_info__()
    assert info.capabilities() == {
        "boolean indexing": True,
        "data-dependent shapes": True,
        "max dimensions": 64,
    }
    assert info.default_device() == "cpu" and info.devices() == ["cpu"]
    defaults = info.default_dtypes()
    assert defaults["real floating"] == np.float64 and defaults["indexing"] == np.int64
    assert sorted(info.dtypes()) == sorted(DTYPES)
    assert set(info.dtypes(kind="unsigned integer")) == {"uint8", "uint16", "uint32", "uint64"}
    assert set(info.dtypes(kind=("bool", "complex floating"))) == {
        "bool",
        "complex64",
        "complex128",
    }
    with pytest.raises(ValueError, match="cuda"):
        info.dtypes(device="cuda")


def test_arrays_and_tracers_know_the_namespace():
    import functorch_lite as fl

    assert xp.zeros(2).__array_namespace__() is xp
    assert xp.zeros(2).__array_namespace__(api_version="2024.12") is xp
    seen = []
    fl.jit(lambda x: seen.append(x.__array_namespace__(api_version="2024.12")) or x)(np.ones(2))
    assert seen[0] is xp
    with pytest.raises(ValueError, match="2099"):
        xp.zeros(2).__array_namespace__(api_version="2099.01")
    assert xp.zeros(2).device == "cpu" and xp.zeros(2).to_device("cpu").shape == (2,)
    assert xp.zeros((2, 3)).mT.shape == (3, 2)


def test_the_table_is_python():
    for text in SIGNATURES.values():
        ast.parse(f"def {text.replace('.', '_', 1) if '.' in text.split('(')[0] else text}: ...")
