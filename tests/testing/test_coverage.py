"""The coverage matrix in the documentation."""

from pathlib import Path

import functorch_lite as fl  # noqa: F401
from functorch_lite.testing.coverage import coverage_rows, coverage_text

DOCUMENT = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_no_primitive_is_a_gap():
    assert [row[0] for row in coverage_rows() if row[-1] == "GAP"] == []


def test_the_document_is_up_to_date():
    message = "run: python -m functorch_lite.testing coverage docs/coverage.md"
    assert DOCUMENT.read_text(encoding="utf-8") == coverage_text(), message
