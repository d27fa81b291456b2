"""What README.md and the pages in docs/ say is run, and its results are compared."""

import ast
import contextlib
import io
import linecache
import re
from pathlib import Path

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import nn
from functorch_lite import numpy as fnp

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?:<!-- raises: (?P<error>\w+) -->\n)?```python\n(?P<code>.*?)```(?:\n```text\n(?P<text>.*?)```)?",
    re.S,
)


def blocks(page):
    """Return (code, expected text or None, exception's name or None) of a page's Python blocks."""
    found = BLOCK.finditer(page.read_text())
    return [(m["code"], m["text"], m["error"]) for m in found]


def run(code, name, namespace):
    """Run a block; return what it printed. A `# ->` after an expression is its value."""
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for node in ast.parse(code).body:
            comment = code.splitlines()[node.end_lineno - 1].partition("# -> ")[2]
            if not comment:
                exec(compile(ast.Module([node], []), name, "exec"), namespace)
                continue
            assert isinstance(node, ast.Expr), f"a result after something without one: {comment}"
            value = eval(compile(ast.Expression(node.value), name, "eval"), namespace)
            assert repr(value) == comment.replace(r"\n", "\n")
    return printed.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_blocks_run(page):
    namespace = {}
    for code, text, error in blocks(page):
        if error is None:
            printed = run(code, page.name, namespace)
            assert text is None or printed.strip() == text.strip()
            continue
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the page names the class
            run(code, page.name, namespace)
        assert type(caught.value).__name__ == error
        for line in text.strip().splitlines():
            assert line in str(caught.value)


def test_the_tour_is_run():
    assert len(blocks(ROOT / "README.md")) >= 10
    assert sum(code.count("# -> ") for code, _, _ in blocks(ROOT / "README.md")) >= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_commands_are_there_once():
    text = (ROOT / "README.md").read_text()
    for name in ("main", "test"):
        found = re.findall(rf"<!-- command: {name} -->\n```sh\n(.*?)```", text, re.S)
        assert len(found) == 1


def kinks():
    """Return (case, expression, value) from the table of derivatives at kinks."""
    text = (ROOT / "docs" / "subgradients.md").read_text()
    return re.findall(r"^\| (.+?) \| `(.+?)` \| (.+?) \|", text, re.M)


def test_the_table_of_kinks_is_read():
    assert len(kinks()) >= 35


@pytest.mark.parametrize(("case", "expression", "value"), kinks(), ids=[k[0] for k in kinks()])
def test_kink(case, expression, value):
    names = {"np": np, "fl": fl, "fnp": fnp, "nn": nn, "grad": fl.grad}
    with np.errstate(all="ignore"):
        got = eval(expression, names)
    want = eval(value, {"inf": np.inf, "nan": np.nan})
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)
