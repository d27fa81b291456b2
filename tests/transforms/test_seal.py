"""Seals of arrays: when there is one, when it is gone."""

import gc

import numpy as np
import pytest

from functorch_lite.compile.outputs import OutputSlot
from functorch_lite.transforms.seal import break_seal, seal, seal_number


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.ones((3, 4)),
        lambda: np.ones(12).reshape(3, 4),
        lambda: OutputSlot((300, 1000), np.dtype("f4"))(),
    ],
    ids=["owner", "only view", "result"],
)
def test_sealed_until_broken(make):
    x = make()
    seal(x)
    first = seal_number(x)
    seal(x)
    assert seal_number(x) == first > 0
    with pytest.raises(ValueError, match="read-only"):
        x[...] = 1
    if type(x.base) is np.ndarray:
        assert not x.base.flags.writeable
    break_seal(x)
    assert seal_number(x) == 0
    x[...] = 2
    seal(x)
    assert seal_number(x) not in (0, first)


def test_memory_of_others_is_not_sealed():
    base = np.ones(6)
    for x in (base[:3], np.frombuffer(bytearray(16)), np.ones(4).view(np.ma.MaskedArray)):
        seal(x)
        assert seal_number(x) == 0
        assert x.flags.writeable
        break_seal(x)
        assert x.flags.writeable


def test_a_seal_made_writeable_by_hand_is_none():
    x = np.ones(3)
    seal(x)
    x.flags.writeable = True
    assert seal_number(x) == 0


def test_numbers_end_with_their_arrays():
    numbers = set()
    for _ in range(100):
        x = np.ones(1000)  # as a rule at the same place
        assert seal_number(x) == 0
        seal(x)
        numbers.add(seal_number(x))
        del x
    gc.collect()
    assert len(numbers) == 100
