"""The stream of a key by machine code is the stream by NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from functorch_lite.kernels.host import use_lanes
from functorch_lite.kernels.launch import Serial
from functorch_lite.kernels.threefry import KINDS, stream_lanes, stream_launch
from functorch_lite.prims import threefry

KEYS = [(0, 0), (3, 9), (0xFFFFFFFF, 0x80000001)]


@pytest.fixture(autouse=True)
def _numpy_only(monkeypatch):
    monkeypatch.setattr(threefry, "_filler", [None])


def by_numpy(key, n, kind):
    key = np.array(key, np.uint32)
    if kind.startswith("float"):
        return threefry.unit(key, (n,), np.dtype(kind))
    return threefry.bits(key, (n,), int(kind[4:]))


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_words(kind, lanes):
    with use_lanes(lanes):
        for key in KEYS:
            for blocks in (1, 3, 700):
                out = np.zeros(blocks * stream_lanes(), kind)
                Serial().run([stream_launch(out, key)])
                np.testing.assert_array_equal(out, by_numpy(key, out.size, kind))


def test_ranges_of_items():
    """Any split into ranges gives the same numbers."""
    n = 5 * 8192 + stream_lanes()
    out = np.zeros(n, np.float64)
    launch = stream_launch(out, KEYS[1])
    for lo, hi in ((3, 6), (0, 1), (1, 3)):
        launch.kernel.call(launch.address, lo, hi, 0)
    np.testing.assert_array_equal(out, by_numpy(KEYS[1], n, "float64"))


def test_known_answer():
    """Random123's test vectors for threefry2x32, 20 rounds."""
    rows = [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ]
    for key, counter, want in rows:
        words = threefry.block(*(np.uint32(w) for w in (*key, *counter)))
        assert tuple(int(w) for w in words) == want
        assert threefry._block_int(*key, *counter) == want


def test_refuses_odd_sizes():
    with pytest.raises(ValueError, match="multiple"):
        stream_launch(np.zeros(stream_lanes() + 1, np.uint32), (0, 0))
    with pytest.raises(ValueError, match="flat"):
        stream_launch(np.zeros((stream_lanes(), 2), np.uint32)[:, 0], (0, 0))
