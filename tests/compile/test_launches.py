"""Launch lists on the project's threads."""

import ctypes
import subprocess
import sys
import threading

import numpy as np
import pytest

from functorch_lite.compile.launches import TeamPool, provide_kernels
from functorch_lite.compile.threads import get_num_threads, run_together, set_num_threads
from functorch_lite.kernels.conv_nchw import conv2d_backward_data, conv2d_forward
from functorch_lite.kernels.program import Program
from functorch_lite.kernels.update import axpby_launch


@pytest.fixture(autouse=True)
def kernels_from_the_cache():
    provide_kernels()
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_team_agrees_with_one_thread(threads):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 32, 24, 20)).astype("f4")
    w = rng.standard_normal((64, 32, 3, 3)).astype("f4")
    want = conv2d_forward(x, w, padding=1, precision="highest")
    dx = conv2d_backward_data(want, w, x.shape, padding=1, precision="highest")
    team = TeamPool(threads)
    for _ in range(3):
        got = conv2d_forward(x, w, padding=1, precision="highest", pool=team)
        np.testing.assert_array_equal(got, want)
        got = conv2d_backward_data(want, w, x.shape, padding=1, precision="highest", pool=team)
        np.testing.assert_array_equal(got, dx)
        fast = conv2d_forward(x, w, padding=1, pool=team)
        np.testing.assert_allclose(fast, want, atol=1e-5 * np.abs(want).max())


def test_program_of_two_threads_runs_in_order_and_again():
    x, y = np.ones(200_000), np.zeros(200_000)
    program = Program([axpby_launch(x, y, 1.0, 2.0) for _ in range(50)], 2)
    for _ in range(20):
        y[:] = 0
        program.run(run_together)
        assert (y == 2.0**50 - 1).all()


def test_program_does_not_wait_for_a_thread_that_comes_late():
    def one_after_the_other(function, args, members):
        piece = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(function)
        for k in range(members):
            piece(args, k, k + 1, 0)
        return True

    x, y = np.ones(200_000), np.zeros(200_000)
    Program([axpby_launch(x, y, 1.0, 2.0) for _ in range(50)], 2).run(one_after_the_other)
    assert (y == 2.0**50 - 1).all()


def test_several_python_threads_at_once():
    results = []

    def work(k):
        x, y = np.full(50_000, float(k)), np.zeros(50_000)
        for _ in range(20):
            TeamPool(2).run([axpby_launch(x, y, 1.0, 1.0)])
        results.append((y == 20.0 * k).all())

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [True] * 4


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_child_of_a_fork_starts_its_own_helpers():
    code = """
import os, warnings
import numpy as np
from functorch_lite.compile.launches import TeamPool, provide_kernels
from functorch_lite.kernels.update import axpby_launch
warnings.simplefilter("ignore")
provide_kernels()
def total():
    x, y = np.ones(100_000), np.zeros(100_000)
    TeamPool(2).run([axpby_launch(x, y, 2.0, 0.0)])
    return y.sum()
assert total() == 200_000
child = os.fork()
if child == 0:
    os._exit(0 if total() == 200_000 else 1)
assert os.waitpid(child, 0)[1] == 0
assert total() == 200_000
print("fine")
"""
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert out.stdout.strip() == "fine", out.stderr
