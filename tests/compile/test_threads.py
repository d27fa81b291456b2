"""The team of threads: every element once, whatever else happens."""

import concurrent.futures
import ctypes
import itertools
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from functorch_lite.compile import threads
from functorch_lite.compile.cache import disk_cache
from functorch_lite.compile.native import compile_source
from functorch_lite.compile.thread_count import available_processors, default_threads
from functorch_lite.compile.threads import (
    blas_threads,
    get_num_threads,
    parallel_for,
    run_together,
    set_num_threads,
)

ADD = "def add(p, lo, hi, scratch):\n    for i in range(lo, hi):\n        p[i + 1] += p[0]\n"
can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
# CPython warns about fork in a process with threads; that it works is what is tested.
forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCTORCH_LITE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        disk_cache.cache_clear()
        yield
    disk_cache.cache_clear()


@pytest.fixture(autouse=True)
def four_threads():
    before = get_num_threads()
    set_num_threads(4)
    yield
    set_num_threads(before)


@pytest.fixture(scope="module")
def add(own_cache):
    return compile_source(ADD, "add", "void(i64*, i64, i64, i64)")


def counts(size):
    data = np.zeros(size + 1, np.int64)
    data[0] = 1
    return data


# --- the range ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 2, 7, 64, 1000])
@pytest.mark.parametrize("chunk", [1, 3, 64, 10_000])
def test_each_element_once(add, size, chunk):
    data = counts(size)
    for _ in range(20):
        parallel_for(add, 0, size, chunk, data.ctypes.data)
    assert (data[1:] == 20).all()


@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_any_number_of_threads(add, count):
    set_num_threads(count)
    data = counts(999)
    for _ in range(200):
        parallel_for(add, 0, 999, 10, data.ctypes.data)
    assert (data[1:] == 200).all()


def test_part_of_a_range_and_an_empty_one(add):
    data = counts(10)
    parallel_for(add, 3, 7, 2, data.ctypes.data)
    parallel_for(add, 7, 3, 2, data.ctypes.data)
    assert data[1:].tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]


def test_addresses_kernels_and_packed_arguments(add):
    data = counts(100)
    parallel_for(add.address, 0, 100, 9, data.ctypes.data)
    assert (data[1:] == 1).all()
    seen = []
    callback = threads._RANGE(
        lambda p, a, b, _: seen.append((a, b, list((ctypes.c_int64 * 3).from_address(p))))
    )
    parallel_for(ctypes.cast(callback, ctypes.c_void_p).value, 4, 5, 1, [40, -2, 2**62])
    assert seen == [(4, 5, [40, -2, 2**62])]


def test_members_run_at_the_same_time():
    gate = threading.Barrier(3)
    callback = threads._RANGE(lambda p, a, b, _: gate.wait(timeout=20))
    address = ctypes.cast(callback, ctypes.c_void_p).value
    assert run_together(address, 0, 3)
    refused = []
    outer = threads._RANGE(lambda p, a, b, _: refused.append(run_together(address, 0, 3)))
    assert run_together(ctypes.cast(outer, ctypes.c_void_p).value, 0, 2)
    assert refused == [False, False]


RANGE = """
def f(x, a, k, lo, hi, y, b, m):
    for i in range(lo, hi):
        y[i] = x[i] * a + b * k + m
"""


def test_kernels_with_a_range_among_their_arguments():
    kernel = compile_source(RANGE, "f", "void(f64*, f64, i32, i64, i64, f64*, f32, u8)", range_at=3)
    x, y = np.arange(1000.0), np.zeros(1000)
    args = (x.ctypes.data, 3, -7, y.ctypes.data, -0.25, 200)
    parallel_for(kernel, 10, 990, 33, args)
    expected = np.where((x >= 10) & (x < 990), x * 3 + 1.75 + 200, 0)
    np.testing.assert_array_equal(y, expected)
    with pytest.raises(TypeError, match="6 arguments"):
        parallel_for(kernel, 0, 1, 1, args[:-1])


def test_bad_arguments(add):
    with pytest.raises(ValueError, match="chunk"):
        parallel_for(add, 0, 1, 0)
    for bad in (0, -1, 10_000):
        with pytest.raises(ValueError, match="number of threads"):
            set_num_threads(bad)


def test_it_is_really_several_threads():
    seen, gate = set(), threading.Barrier(3)

    def meet(a, b):
        seen.add(threading.get_ident())
        gate.wait(timeout=20)  # passes only when three threads are here at once

    parallel_for(meet, 0, 3, 1)
    assert len(seen) == 3
    assert threading.get_ident() in seen


def test_native_work_leaves_the_gil_to_others(add):
    slow = compile_source(
        "def slow(p, lo, hi, scratch):\n"
        "    x = p[0] + 0.5\n"
        "    for i in range(40000000):\n"
        "        x = x * 0.999999 + 0.5\n"
        "    p[lo] = int(x)\n",
        "slow",
        "void(i64*, i64, i64, i64)",
    )
    data, done, count = np.zeros(2, np.int64), threading.Event(), 0
    worker = threading.Thread(
        target=lambda: (parallel_for(slow, 0, 2, 1, data.ctypes.data), done.set())
    )
    worker.start()
    while not done.is_set():
        count += 1
    worker.join()
    assert count > 1000


# --- Python callables ---------------------------------------------------------------------------


def test_callables_get_their_arguments():
    out = np.zeros(50)

    def fill(a, b, array, value):
        array[a:b] += value

    parallel_for(fill, 0, 50, 7, (out, 3.0))
    assert (out == 3).all()


def test_an_exception_arrives_and_the_team_survives(add):
    def fail(a, b):
        if a == 20:
            raise KeyError(f"piece {a}")

    for _ in range(10):
        with pytest.raises(KeyError, match="piece 20"):
            parallel_for(fail, 0, 100, 10)
    data = counts(100)
    parallel_for(add, 0, 100, 10, data.ctypes.data)
    assert (data[1:] == 1).all()


def test_nested_calls_run_on_their_own_thread(add):
    data = counts(64)
    where = []

    def outer(a, b):
        before = threading.get_ident()
        parallel_for(lambda c, d: where.append(threading.get_ident() == before), a, b, 1)
        parallel_for(add, a, b, 1, data.ctypes.data)

    parallel_for(outer, 0, 64, 8)
    assert (data[1:] == 1).all()
    assert len(where) == 64
    assert all(where)


# --- several Python threads ---------------------------------------------------------------------


def test_several_python_threads_at_once(add):
    arrays = [counts(500) for _ in range(6)]

    def work(data):
        for _ in range(300):
            parallel_for(add, 0, 500, 50, data.ctypes.data)

    workers = [threading.Thread(target=work, args=(d,)) for d in arrays]
    for w in workers:
        w.start()
    for w in workers:
        w.join(60)
        assert not w.is_alive()
    assert all((d[1:] == 300).all() for d in arrays)


def test_in_a_thread_pool(add):
    arrays = [counts(100) for _ in range(20)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda d: parallel_for(add, 0, 100, 10, d.ctypes.data), arrays))
    assert all((d[1:] == 1).all() for d in arrays)


def test_launches_far_apart_and_close_together(add):
    data = counts(100)
    for i in range(60):
        if i % 3 == 0:
            time.sleep(0.002)  # long enough for the helpers to fall asleep
        parallel_for(add, 0, 100, 10, data.ctypes.data)
    assert (data[1:] == 60).all()


# --- processes ----------------------------------------------------------------------------------


def child_work(size):
    add = compile_source(ADD, "add", "void(i64*, i64, i64, i64)")
    data = counts(size)
    set_num_threads(3)
    for _ in range(50):
        parallel_for(add, 0, size, 7, data.ctypes.data)
    return bool((data[1:] == 50).all())


@can_fork
@forks
def test_after_fork(add):
    data = counts(100)
    parallel_for(add, 0, 100, 10, data.ctypes.data)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            parallel_for(add, 0, 100, 10, data.ctypes.data)
            status = 0 if (data[1:] == 2).all() and child_work(300) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    parallel_for(add, 0, 100, 10, data.ctypes.data)
    assert (data[1:] == 2).all()


@can_fork
@forks
def test_fork_while_another_thread_is_at_work(add):
    stop = threading.Event()

    def work():
        data = counts(1000)
        while not stop.is_set():
            parallel_for(add, 0, 1000, 10, data.ctypes.data)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(5):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    status = 0 if child_work(100) else 2
                finally:
                    os._exit(status)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        stop.set()
        worker.join()


@pytest.mark.parametrize(
    "method",
    [
        pytest.param("fork", marks=[can_fork, forks]),
        "spawn",
    ],
)
def test_in_a_process_pool(add, method):
    data = counts(100)
    parallel_for(add, 0, 100, 10, data.ctypes.data)
    if method == "spawn":  # this test module cannot be imported by its name in a new process
        code = f"import sys; sys.argv = ['x']\n{SPAWN}"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
        return
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert all(pool.map(child_work, [100, 200, 300]))


SPAWN = """
import multiprocessing as mp
from functorch_lite.compile.threads import get_num_threads
if __name__ == "__main__":
    with mp.get_context("spawn").Pool(2) as pool:
        assert pool.apply(get_num_threads) >= 1
"""


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


USE = """
import numpy as np, threading, sys
from functorch_lite.compile.native import compile_source
from functorch_lite.compile.threads import parallel_for, set_num_threads
set_num_threads(3)
add = compile_source({source!r}, "add", "void(i64*, i64, i64, i64)")
data = np.zeros(101, np.int64); data[0] = 1
"""


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit(0)",
        "threading.Thread(target=work, daemon=True).start()",
        "threading.Thread(target=work).start()",
        "import atexit; atexit.register(once)",
    ],
    ids=["plain", "exit", "busy daemon", "busy thread", "atexit"],
)
def test_the_interpreter_ends_cleanly(own_cache, end):
    code = USE.format(source=ADD) + (
        "def once():\n"
        "    parallel_for(add, 0, 100, 10, data.ctypes.data)\n"
        "def work():\n"
        "    for _ in range(2000): once()\n"
        "once()\n"
    )
    for _ in range(3):
        result = run(code + end)
        assert (result.returncode, result.stderr) == (0, "")


def test_importing_starts_no_threads_and_helpers_appear_on_demand(own_cache):
    code = USE.format(source=ADD) + (
        "assert threading.active_count() == 1\n"
        "parallel_for(add, 0, 100, 100, data.ctypes.data)\n"
        "assert threading.active_count() == 1\n"
        "parallel_for(add, 0, 100, 10, data.ctypes.data)\n"
        "assert threading.active_count() == 3\n"
        "set_num_threads(1)\n"
        "parallel_for(add, 0, 100, 10, data.ctypes.data)\n"
        "assert (data[1:] == 3).all()\n"
    )
    result = run(code)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FUNCTORCH_LITE_NUM_THREADS": "3", "OMP_NUM_THREADS": "2"}, 3),
        ({"FUNCTORCH_LITE_NUM_THREADS": "", "OMP_NUM_THREADS": "5,2"}, 5),
        ({"FUNCTORCH_LITE_NUM_THREADS": "x", "OMP_NUM_THREADS": "0"}, None),
    ],
)
def test_the_environment_sets_the_default(monkeypatch, environment, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_threads() == (expected or available_processors())


# --- the machinery ------------------------------------------------------------------------------


def test_helpers_sleep_when_there_is_nothing_to_do(add):
    data = counts(100)
    parallel_for(add, 0, 100, 10, data.ctypes.data)
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1


def test_a_launch_does_not_wait_for_helpers_that_have_not_begun(add):
    set_num_threads(64)
    data = counts(64)
    start = time.perf_counter()
    for _ in range(200):
        parallel_for(add, 0, 64, 1, data.ctypes.data)
    assert (data[1:] == 200).all()
    assert (time.perf_counter() - start) / 200 < 0.02


def test_chunks_cover_the_range_in_order_of_claiming():
    pieces = []
    parallel_for(lambda a, b: pieces.append((a, b)), 5, 23, 4)
    pieces.sort()
    assert pieces[0][0] == 5
    assert pieces[-1][1] == 23
    assert all(b == c for (_, b), (c, _) in itertools.pairwise(pieces))


# --- BLAS ---------------------------------------------------------------------------------------


def test_blas_threads_are_bounded_and_restored():
    found = threads._blas()
    if found is None:
        pytest.skip("NumPy has no OpenBLAS of its own here")
    get, put = found
    before = get()
    try:
        put(2)
        with blas_threads(1):
            assert get() == 1
        assert get() == 2
        with pytest.raises(KeyError), blas_threads(1):
            raise KeyError
        assert get() == 2
    finally:
        put(before)


def test_without_openblas_it_does_nothing(monkeypatch):
    monkeypatch.setattr(threads, "_blas", lambda: None)
    with blas_threads(1):
        assert (np.ones((2, 2)) @ np.ones((2, 2))).sum() == 8


def test_locks_are_taken_when_made():
    lock = threads._taken_lock()
    acquire = ctypes.pythonapi.PyThread_acquire_lock
    assert acquire(ctypes.c_void_p(lock), 0) == 0
    ctypes.pythonapi.PyThread_release_lock(ctypes.c_void_p(lock))
    assert acquire(ctypes.c_void_p(lock), 0) == 1
