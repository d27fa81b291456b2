"""The notebooks run from top to bottom, and the files hold clean outputs of such a run."""

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat reads the notebooks")

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MACHINE = re.compile(r"(?<![\w./])/(?:home|root|tmp|opt|usr|Users|work|mnt|var)/|[A-Z]:\\\\")


def code_cells(path: Path) -> list[Any]:
    """Return the cells of a notebook that have code."""
    notebook = nbformat.read(path, as_version=4)
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def test_the_notebooks_are_there():
    names = [p.name[:3] for p in NOTEBOOKS]
    assert {"01_", "02_", "03_"} <= set(names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
class TestFile:
    def test_every_cell_was_run_in_order_without_errors(self, path):
        cells = code_cells(path)
        assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
        outputs = [o for c in cells for o in c.outputs]
        assert [o for o in outputs if o.output_type == "error"] == []
        assert [o.text for o in outputs if o.get("name") == "stderr"] == []
        shows = [c for c in cells if "print(" in c.source or "plt.show()" in c.source]
        assert shows and all(c.outputs for c in shows if "def " not in c.source)

    def test_nothing_tells_of_the_machine(self, path):
        text = path.read_text()
        assert MACHINE.search(text) is None, MACHINE.search(text)
        assert "iopub" not in text and "ipykernel_" not in text

    def test_the_file_is_small(self, path):
        assert path.stat().st_size < 500_000


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the client's own, not the notebook's
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path, monkeypatch):
    # The notebooks go on without pretrained weights: tests do not depend on the network.
    monkeypatch.setenv("FUNCTORCH_LITE_WEIGHTS_URL", "http://127.0.0.1:9")
    nbclient = pytest.importorskip("nbclient", reason="nbclient runs the notebooks")
    pytest.importorskip("ipykernel", reason="ipykernel runs the notebooks' cells")
    pytest.importorskip("matplotlib", reason="the notebooks draw")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()  # raises CellExecutionError, which shows the cell and the error
