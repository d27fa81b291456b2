"""All kernels of these tests go through the on-disk cache, which also refuses code that raises."""

from __future__ import annotations

import pytest

from functorch_lite.compile.native import compile_source
from functorch_lite.kernels import registry


@pytest.fixture(autouse=True, scope="session")
def _cached_kernels():
    """Compile every kernel once a machine."""
    registry.set_provider(
        lambda s: compile_source(s.source, s.entry, s.signature, modules=[s.module])
    )
    yield
    registry.set_provider(None)
