"""The scalar functions that ship as LLVM text are those of `kernels.scalar`."""

import importlib.util
import re
from pathlib import Path

import pytest

from functorch_lite.compile import keys, scalars
from functorch_lite.compile.expression import scalar_functions
from functorch_lite.compile.native import compile_source
from functorch_lite.compile.target import host_target

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "scalar_llvm.py"
NAMES = sorted(scalars.scalar_signatures())


def tool():
    spec = importlib.util.spec_from_file_location("scalar_llvm", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_function_of_expressions_is_shipped():
    assert set(NAMES) == set(tool().names()) <= set(scalar_functions())
    assert {p.stem for p in Path(scalars.FOLDER).glob("*.ll")} == set(NAMES)


def test_what_is_shipped_is_that_of_the_source():
    digest = (Path(scalars.FOLDER) / scalars.INDEX).read_text().splitlines()[0]
    assert digest == keys.source_digest(scalars.SCALARS), "run python tools/scalar_llvm.py"


def test_signatures_are_those_of_the_source():
    from functorch_lite.kernels.scalar import SIGNATURES

    assert {n: str(s) for n, s in scalars.scalar_signatures().items()} == {
        n: SIGNATURES[n] for n in NAMES
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_what_the_tool_makes(name):
    maker = tool()
    made = (Path(scalars.FOLDER) / scalars.INDEX).read_text().splitlines()[1]
    if maker.versions() != made or not host_target().triple.startswith("x86_64"):
        pytest.skip(f"the texts were made with {made} on x86-64, this is {maker.versions()}")
    assert maker.generate(name) == scalars.scalar_text(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_of_no_processor(name):
    text = scalars.scalar_text(name)
    assert not re.search(r"target triple|target-cpu|x86|prefer-vector-width|NumbaEnv|_ZN", text)
    inner = set(re.findall(r"@(\w+)", text)) - {f"fl_scalar_{name}"}
    assert all(re.match(rf"llvm\.|llvm$|fl_rare_|fl_table_|fl_part_{name}_", f) for f in inner), (
        inner
    )


def test_a_changed_source_ships_nothing(monkeypatch):
    scalars.scalar_signatures.cache_clear()
    scalars.scalar_text.cache_clear()
    monkeypatch.setattr(scalars, "source_digest", lambda module: "another")
    try:
        assert scalars.scalar_signatures() == {} and scalars.scalar_text("sin_f64") is None
        source = "def f(x):\n    return sign_f64(x)  # by numba\n"
        assert compile_source(source, "f", "f64(f64)", modules=[scalars.SCALARS])(-3.0) == -1.0
    finally:
        scalars.scalar_signatures.cache_clear()
        scalars.scalar_text.cache_clear()


def test_an_older_llvm_ships_nothing(monkeypatch):
    scalars.scalar_signatures.cache_clear()
    monkeypatch.setattr(scalars.ll, "llvm_version_info", (1, 0, 0))
    try:
        assert scalars.scalar_signatures() == {}
    finally:
        scalars.scalar_signatures.cache_clear()
