"""Jitted programs on several threads: of several Python threads, after fork, in worker processes."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode, get_num_threads, set_num_threads
from functorch_lite.functions import conv2d, relu

can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
# CPython warns about fork in a process with threads; that it works is what is tested.
forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 8192))  # enough work for several threads
IMAGES = RNG.standard_normal((2, 16, 16, 16)).astype(np.float32)
WEIGHTS = RNG.standard_normal((16, 16, 3, 3)).astype(np.float32)

PROGRAMS = {
    "kernel": (fl.jit(lambda x: fnp.tanh(x) * 2.0 + x), (X,)),
    "reduction": (fl.jit(lambda x: fnp.sum(x * x)), (X,)),
    "product": (fl.jit(lambda x: fnp.exp(-((x[:, :64] @ x[:, :64].T) ** 2))), (X,)),
    "loop": (fl.jit(lambda x: lax.fori_loop(0, 50, lambda i, c: c * 0.9 + x[0, 0], x[1])), (X,)),
    "dense": (fl.jit(lambda x, w: relu(conv2d(x, w, padding=1)) * 2), (IMAGES, WEIGHTS)),
}


@pytest.fixture(autouse=True)
def several_threads():
    before = get_num_threads()
    set_num_threads(3)
    with compile_mode("always"):
        yield
    set_num_threads(before)


def expected():
    with compile_mode("never"):
        return {k: np.asarray(f(*args)) for k, (f, args) in PROGRAMS.items()}


def agrees(want, times=2):
    for _ in range(times):
        for k, (f, args) in PROGRAMS.items():
            np.testing.assert_allclose(f(*args), want[k], rtol=2e-4, atol=2e-4)
    return True


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_threads(count):
    set_num_threads(count)
    assert agrees(expected())


def test_the_number_may_change_between_calls():
    want = expected()
    for count in (1, 4, 2, 1, 3):
        set_num_threads(count)
        assert agrees(want, times=1)


def test_several_python_threads_run_the_same_programs():
    want = expected()
    agrees(want)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: agrees(want), range(8)))


def test_several_python_threads_compile_the_same_program_at_once():
    gate, found = threading.Barrier(4), []
    f = fl.jit(lambda x: fnp.sin(x) * 3.0 - fnp.sum(x, 0) + 7.125)
    x = X[:, :100]

    def work():
        gate.wait(timeout=30)
        found.append(f(x))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join(60)
    assert len(found) == 4
    for out in found:
        np.testing.assert_allclose(out, np.sin(x) * 3.0 - np.sum(x, 0) + 7.125)


def in_child(work):
    """Run in a forked child and tell whether it succeeded."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@can_fork
@forks
def test_after_fork():
    want = expected()
    agrees(want)

    def compiles_anew():
        f = fl.jit(lambda x: fnp.cos(x) * 5.0 + 1.0)
        np.testing.assert_allclose(f(X), np.cos(X) * 5.0 + 1.0)
        return agrees(want)

    assert in_child(lambda: agrees(want))
    assert in_child(compiles_anew)
    assert in_child(lambda: in_child(lambda: agrees(want)))  # and a grandchild
    agrees(want)


@can_fork
@forks
def test_fork_while_another_thread_runs_programs():
    want, stop = expected(), threading.Event()
    agrees(want)

    def work():
        while not stop.is_set():
            agrees(want, times=1)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert all(in_child(lambda: agrees(want)) for _ in range(4))
    finally:
        stop.set()
        worker.join()


SCRIPT = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import numpy as np
import functorch_lite as fl
from functorch_lite import compile as flc, numpy as fnp

flc.set_compile_mode("always")
flc.set_num_threads(3)
f = fl.jit(lambda x: fnp.tanh(x) * 2.0 + fnp.sum(x, 0))

def work(seed):
    flc.set_num_threads(3)
    x = np.random.default_rng(seed).standard_normal((64, 4096))
    for _ in range(3):
        np.testing.assert_allclose(f(x), np.tanh(x) * 2.0 + np.sum(x, 0), rtol=1e-9)
    return seed

if __name__ == "__main__":
    work(0)  # the parent's helpers are running
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        assert pool.map(work, range(6)) == list(range(6))
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(work, range(6))) == list(range(6))
    work(7)
    print("done")
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_in_workers_of_process_pools(tmp_path, method):
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    script = tmp_path / "pools.py"
    script.write_text(SCRIPT)
    args = [sys.executable, "-W", "ignore::DeprecationWarning", str(script), method]
    out = subprocess.run(args, capture_output=True, text=True, timeout=240)
    assert (out.returncode, out.stdout) == (0, "done\n"), out.stderr
    assert out.stderr == ""
