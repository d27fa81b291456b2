"""Pytest plugin: prints the minimal program of a failed check, and how to replay it.

Registered as ``functorch_lite``. It imports nothing but pytest.
"""

from collections.abc import Generator
from typing import Any

import pytest

from .replay import replay_seed, set_replay_seed


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that replays random programs."""
    group = parser.getgroup("functorch_lite", "property-testing of gradients")
    group.addoption(
        "--functorch-lite-seed",
        type=int,
        default=0,
        metavar="N",
        help="where random programs and stacks of transforms start from",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Remember the seed before tests are collected."""
    set_replay_seed(config.getoption("--functorch-lite-seed"))


def program_of(error: BaseException | None) -> str:
    """Return the runnable program that an error carries, or ""."""
    while error is not None:
        text = getattr(error, "functorch_lite_program", "")
        culprit = getattr(error, "culprit", None)
        if text:
            return str(text() if callable(text) else text)
        if culprit is not None:
            return str(culprit.program)
        error = error.__cause__ or error.__context__
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the program and the replay command to the report of a failure."""
    report = yield
    if report.failed and call.excinfo is not None:
        program = program_of(call.excinfo.value)
        if program:
            report.sections.append(("functorch_lite: minimal program", program))
            replay = f"pytest {item.nodeid!r} --functorch-lite-seed={replay_seed()}"
            report.sections.append(("functorch_lite: replay", replay))
    return report
