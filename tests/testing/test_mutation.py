"""The mutation test: mutants are caught, survivors are reported, the document is complete."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from functorch_lite.ir import REGISTRY
from functorch_lite.testing.opspecs import OPSPECS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "mutation.md"


@pytest.fixture(scope="module")
def tool():
    """Return the script as a module."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        spec = importlib.util.spec_from_file_location(
            "mutation_test", ROOT / "tools/mutation_test.py"
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "tools"))
    return module


@pytest.mark.parametrize("name", ["mul", "reduce_max", "scatter_add", "scan", "transpose"])
def test_all_mutants_are_caught(tool, name):
    kinds = {"jvp", "transpose", "batch", "type"}
    outcomes = tool.run([name], kinds)
    assert len(outcomes) >= 8
    assert [o.mutant.name for o in outcomes if not o.by] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mul", "reduce_max", "transpose"])
def test_mutants_of_kernels_are_caught(tool, name):
    outcomes = tool.run([name], {"kernel"})
    assert outcomes
    assert [o.mutant.name for o in outcomes if not o.by] == []


def test_rules_are_put_back(tool):
    rules = {kind: getattr(REGISTRY["mul"], kind) for kind in ("jvp", "transpose", "batch")}
    tool.run(["mul"], {"jvp", "transpose", "batch"})
    assert {kind: getattr(REGISTRY["mul"], kind) for kind in rules} == rules


def test_a_suite_that_fails_anyhow_catches_nothing(tool, monkeypatch):
    def fails(mutant, case):
        raise NameError("a mistake in the tool")

    monkeypatch.setattr(tool, "_check", fails)
    with pytest.raises(RuntimeError, match="though nothing is broken"):
        tool.run(["mul"], {"jvp"})


def test_a_survivor_is_reported(tool, monkeypatch, capsys):
    monkeypatch.setattr(tool, "samples_of", lambda spec, kind: tool.cases(spec, "int64", 1))
    assert tool.main(["--names", "mul", "--kinds", "jvp"]) == 1
    assert "| mul | jvp: wrong sign | NONE |" in capsys.readouterr().out


def test_the_document_has_all_primitives_and_a_reason_for_each_survivor():
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(r"(\d+) of (\d+) mutants of (\d+) primitives", text)
    assert found is not None
    assert int(found[3]) == len(OPSPECS), (
        "run: python tools/mutation_test.py --write docs/mutation.md"
    )
    assert "NONE" not in text
