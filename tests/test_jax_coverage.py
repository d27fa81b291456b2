"""The page docs/jax_coverage.md is true: its names are JAX's, its verdicts are what comes out.

All verdicts are compared by ``python -m tools.jax_coverage``, which takes minutes; here every
eleventh of each module is.
"""

import pytest

jax = pytest.importorskip("jax", reason="the table is about an installed JAX")
pytestmark = pytest.mark.peer

from tools.jax_coverage import table as tb  # noqa: E402

MODULES = sorted({module for module, _ in tb.table()})


def test_names_are_those_of_jax():
    if f"against JAX {jax.__version__}" not in tb.PAGE.read_text():
        pytest.skip(f"the page is about another JAX than {jax.__version__}")
    assert set(tb.all_names()) == set(tb.table())


def test_what_is_here_is_what_the_page_says():
    from tools.jax_coverage import names

    for (module, name), row in tb.table().items():
        space = names.ours(module)
        here = name not in getattr(space, "LEFT_OUT", {}) and hasattr(space, name)
        assert (row[0] == "yes") == here, f"{module}.{name}"


def test_nothing_differs_without_a_reason():
    surprises = {f"{m}.{n}": tb.surprise(row) for (m, n), row in tb.table().items()}
    assert {name: s for name, s in surprises.items() if s} == {}


def test_every_case_belongs_to_a_name():
    listed = set(tb.table())
    unknown = [(m, n) for m, cases in tb.CASES.items() for n in cases if (m, n) not in listed]
    assert unknown == []


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_verdicts_come_out_again(module):
    rows = {
        k: row
        for k, row in tb.table().items()
        if k[0] == module and k[1] in tb.CASES.get(module, {})
    }
    chosen = sorted(rows)[::11]
    for key in chosen:
        if "pending" in rows[key]:
            continue
        assert tb.compare_name(*key) == rows[key], key
