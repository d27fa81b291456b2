"""Execute notebooks and keep their outputs, without what differs from machine to machine.

Run: ``python tools/execute_notebooks.py [NOTEBOOK ...]`` (all of ``notebooks/`` by default).
Execution times, kernel versions, cells' files and ids are dropped or made plain, so that the files change
only where a result does.
"""

import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
# The kernel gives each cell a file of its own.
CELL_FILE = re.compile(r"[^\s'\"(]*ipykernel_\d+[/\\]\d+\.py")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def clean(notebook: nbformat.NotebookNode) -> None:
    """Drop volatile metadata."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i:02d}"
        cell.metadata = {}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            if "text" in output:
                output.text = CELL_FILE.sub("<cell>", output.text)
            for kind, text in output.get("data", {}).items():
                if kind.startswith("text/") and isinstance(text, str):
                    output.data[kind] = CELL_FILE.sub("<cell>", text)
    notebook.nbformat, notebook.nbformat_minor = 4, 5


def execute(path: Path) -> None:
    """Run a notebook in its folder and write it back."""
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=300, coalesce_streams=True, resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    clean(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    print(f"{path.name}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    given = [Path(a) for a in sys.argv[1:]]
    for path in given or sorted((ROOT / "notebooks").glob("*.ipynb")):
        execute(path)
