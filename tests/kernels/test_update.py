"""Updates of flat arrays."""

from __future__ import annotations

import numpy as np
import pytest

from functorch_lite.kernels.host import use_lanes
from functorch_lite.kernels.launch import Serial
from functorch_lite.kernels.update import axpby_launch, sgd_launch


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("size", [1, 15, 16, 4096, 4097, 9000])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("momentum", "dampening", "decay", "nesterov"),
    [
        (0.0, 0.0, 0.0, False),
        (0.9, 0.0, 1e-2, False),
        (0.9, 0.3, 1e-2, False),
        (0.9, 0.0, 0.1, True),
    ],
)
def test_sgd(size, dtype, momentum, dampening, decay, nesterov, lanes):
    rng = np.random.default_rng(0)
    p, g, v = (rng.standard_normal(size).astype(dtype) for _ in range(3))
    g0, p64, g64, v64 = g.copy(), *(a.astype("f8") for a in (p, g, v))
    g64 = g64 + decay * p64
    step = g64
    if momentum:
        v64 = momentum * v64 + (1 - dampening) * g64
        step = g64 + momentum * v64 if nesterov else v64
    p64 = p64 - 0.1 * step
    velocity = v if momentum else None
    with use_lanes(lanes):
        launch = sgd_launch(p, g, velocity, 0.1, momentum, dampening, decay, nesterov)
    Serial().run([launch])
    tol = 1e-5 if dtype == "f4" else 1e-13
    np.testing.assert_allclose(p, p64, rtol=tol, atol=tol)
    np.testing.assert_array_equal(g, g0)
    if momentum:
        np.testing.assert_allclose(v, v64, rtol=tol, atol=tol)


@pytest.mark.parametrize("size", [3, 5000])
def test_axpby(size):
    x, y = np.arange(size, dtype="f4"), np.ones(size, "f4")
    Serial().run([axpby_launch(x, y, 2.0, -1.0)])
    np.testing.assert_array_equal(y, 2 * np.arange(size, dtype="f4") - 1)
    y[:] = np.nan
    Serial().run([axpby_launch(x, y, 3.0, 0.0)])
    np.testing.assert_array_equal(y, 3 * np.arange(size, dtype="f4"))


def test_refuses():
    with pytest.raises(ValueError, match="one size and dtype"):
        axpby_launch(np.ones(3), np.ones(4), 1.0, 1.0)
    with pytest.raises(ValueError, match="one size and dtype"):
        sgd_launch(np.ones(3), np.ones(3, "f4"), None, 1.0)
    with pytest.raises(ValueError, match="one size and dtype"):
        axpby_launch(np.ones(6)[::2], np.ones(3), 1.0, 1.0)
