"""Results of programs: their memory is used again only when nobody has it."""

import gc

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode, get_precision, precision, set_precision
from functorch_lite.compile.outputs import SMALLEST, OutputSlot

N = SMALLEST // 4 + 3


def test_memory_comes_back_when_the_last_view_is_gone():
    slot = OutputSlot((N,), np.dtype("float32"))
    x = slot()
    where = x.ctypes.data
    view = memoryview(x[5:])
    del x
    assert slot().ctypes.data != where
    view.release()
    del view
    gc.collect()
    assert slot().ctypes.data == where


def test_more_results_alive_than_buffers():
    slot = OutputSlot((N, 2), np.dtype("float64"))
    many = [slot() for _ in range(6)]
    for k, x in enumerate(many):
        x[...] = k
    assert [x.max() for x in many] == list(range(6))
    assert all(x.shape == (N, 2) and x.ctypes.data % 64 == 0 for x in many)


def test_results_of_a_program_never_change_later():
    f = fl.jit(lambda x: (x * 2.0, fnp.exp(x), x * 2.0))
    x = np.linspace(0, 1, N)
    with compile_mode("always"):
        kept = [f(x + k) for k in range(5)]
    for k, (a, b, c) in enumerate(kept):
        np.testing.assert_array_equal(a, (x + k) * 2)
        np.testing.assert_allclose(b, np.exp(x + k), rtol=1e-14)
        assert not np.shares_memory(a, c)


def test_a_loop_uses_two_buffers_in_turn():
    f = fl.jit(lambda x: x * 0.5)
    with compile_mode("always"):
        x = f(np.ones(N))
        places = set()
        for _ in range(20):
            x = f(x)
            places.add(x.ctypes.data)
    assert len(places) == 2
    assert (x == 0.5**21).all()


def test_change_of_precision_compiles_again():
    from functorch_lite.functions import conv2d

    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((4, 64, 24, 24), "f4"), rng.standard_normal((64, 64, 3, 3), "f4")
    f = fl.jit(lambda x, w: conv2d(x, w, padding=1))
    want = conv2d(x.astype("f8"), w.astype("f8"), padding=1)
    errors = {}
    with compile_mode("always"):
        for level in ("default", "highest", "default"):
            with precision(level):
                errors[level] = np.linalg.norm(f(x, w) - want) / np.linalg.norm(want)
    assert errors["highest"] < 1e-6 and errors["default"] < 1e-5
    assert errors["default"] > 1.5 * errors["highest"]
    assert get_precision() == "default"
    with pytest.raises(ValueError, match="must be one of"):
        set_precision("exact")
