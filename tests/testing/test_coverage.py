"""The coverage matrix in the documentation."""

from pathlib import Path

from functorch_lite.ir import REGISTRY, unsupported
from functorch_lite.testing import opspecs
from functorch_lite.testing.coverage import coverage_gaps, coverage_text

DOCUMENT = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_there_is_no_gap():
    assert coverage_gaps() == []


def test_a_primitive_without_a_row_is_a_gap(monkeypatch):
    monkeypatch.delitem(opspecs.OPSPECS, "sin")
    assert coverage_gaps() == ["sin: neither a row nor a reason"]


def test_a_dtype_that_nobody_tests_is_a_gap(monkeypatch):
    sin = opspecs.OPSPECS["sin"]
    monkeypatch.setitem(opspecs.OPSPECS, "sin", sin._replace(dtypes=("float64", "float32")))
    assert coverage_gaps() == [
        "sin: takes complex128, which is not tested",
        "sin: takes complex64, which is not tested",
    ]
    why = dict.fromkeys(("complex128", "complex64"), "a reason")
    excused = sin._replace(dtypes=("float64", "float32"), untested=why)
    monkeypatch.setitem(opspecs.OPSPECS, "sin", excused)
    assert coverage_gaps() == []


def test_a_rule_without_a_reason_is_a_gap(monkeypatch):
    monkeypatch.setattr(REGISTRY["sin"], "batch", unsupported(""))
    assert coverage_gaps() == ["sin: a rule is missing without a reason"]


def test_the_document_is_up_to_date():
    message = "run: python -m functorch_lite.testing coverage docs/coverage.md"
    assert DOCUMENT.read_text(encoding="utf-8") == coverage_text(), message
