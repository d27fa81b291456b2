"""Every test of Tensors runs in both ways of execution."""

import pytest

import functorch_lite as fl


@pytest.fixture(autouse=True, params=["auto", "deferred"])
def execution(request):
    """Operations on small Tensors are computed at once in ``auto``; all are deferred in the other."""
    before = fl.execution_mode()
    fl.set_execution_mode(request.param)
    yield request.param
    fl.set_execution_mode(before)
