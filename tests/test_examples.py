"""The example programs run, and agree with JAX when only the import line changes."""

import types
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


def _for_jax(source: str) -> str:
    """Change the import lines, and see that nothing else names us."""
    source = source.replace("import functorch_lite as jax\n", "import jax\n")
    source = source.replace("\nfrom functorch_lite", "\nfrom jax")
    assert "functorch_lite" not in source
    return source


def _run(path: Path, source: str) -> dict[str, np.ndarray]:
    """Return what an example's main returns."""
    module = types.ModuleType(f"example_{path.stem}")
    exec(compile(source, path, "exec"), module.__dict__)
    return {name: np.asarray(value) for name, value in module.main().items()}


@pytest.fixture
def jax_in_double_precision():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def test_there_are_enough():
    assert len(EXAMPLES) >= 20
    listed = (Path(__file__).parent.parent / "examples" / "README.md").read_text()
    assert [p.name for p in EXAMPLES if f"({p.name})" not in listed] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_runs(path):
    results = _run(path, path.read_text())
    assert results and all(np.all(np.isfinite(v)) for v in results.values())


@pytest.mark.slow
@pytest.mark.peer
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_agrees_with_jax(path, jax_in_double_precision):
    source = path.read_text()
    ours, theirs = _run(path, source), _run(path, _for_jax(source))
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-5, atol=1e-7, err_msg=name)
