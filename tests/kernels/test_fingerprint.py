"""Fingerprints of memory."""

import numpy as np
import pytest

from functorch_lite.kernels.fingerprint import fingerprint_launch
from functorch_lite.kernels.host import use_lanes
from functorch_lite.kernels.launch import Serial, pointer

RNG = np.random.default_rng(0)


def fingerprint(x):
    out = np.zeros(1, np.int64)
    Serial().run([fingerprint_launch(np.array([[pointer(x), x.nbytes]]), out)])
    return int(out[0])


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("n_bytes", [0, 1, 63, 64, 255, 256, 257, 4096 + 3])
def test_any_change_shows(lanes, n_bytes):
    with use_lanes(lanes):
        x = RNG.integers(0, 256, n_bytes).astype(np.uint8)
        before = fingerprint(x)
        assert fingerprint(x.copy()) == before
        for at in {0, n_bytes // 3, n_bytes // 2, n_bytes - 1} if n_bytes else ():
            for flip in (1, 128):
                x[at] ^= flip
                assert fingerprint(x) != before
                x[at] ^= flip
        assert fingerprint(x) == before


CHANGES = {
    "all signs": lambda x: -x,
    "two signs a period apart": lambda x: np.where(np.isin(np.arange(x.size), (0, 128)), -x, x),
    "reversed": lambda x: x[::-1].copy(),
    "shifted by a period": lambda x: np.roll(x, 64),
    "zeros": np.zeros_like,
    "scaled": lambda x: 2 * x,
    "two words swapped": lambda x: np.concatenate([x[64:128], x[:64], x[128:]]),
}


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("name", CHANGES)
def test_regular_changes_show(lanes, name):
    x = RNG.standard_normal(4096).astype(np.float32)
    with use_lanes(lanes):
        assert fingerprint(CHANGES[name](x)) != fingerprint(x)


def test_shape_of_results_is_checked():
    with pytest.raises(ValueError, match="pieces int64"):
        fingerprint_launch(np.zeros((2, 2), np.int64), np.zeros(3, np.int64))
