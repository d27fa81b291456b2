"""For all tests: the compiler checks what each of its passes makes."""

import pytest

from functorch_lite.compile.check import check_passes


@pytest.fixture(autouse=True, scope="session")
def checked_passes():
    with check_passes():
        yield
