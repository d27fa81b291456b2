"""Launches, the thread team, the registry."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

import numpy as np
from functorch_lite.kernels import registry
from functorch_lite.kernels.conv_nchw import conv2d_backward_data, conv2d_forward
from functorch_lite.kernels.launch import Serial, aligned_empty, chain, pack_args, pointer
from functorch_lite.kernels.threads import Program, Team
from functorch_lite.kernels.update import axpby_launch


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_team_agrees_with_one_thread(threads):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 32, 24, 20)).astype("f4")
    w = rng.standard_normal((64, 32, 3, 3)).astype("f4")
    want = conv2d_forward(x, w, padding=1, precision="highest")
    dx = conv2d_backward_data(want, w, x.shape, padding=1, precision="highest")
    with Team(threads) as team:
        for _ in range(3):
            got = conv2d_forward(x, w, padding=1, precision="highest", pool=team)
            np.testing.assert_array_equal(got, want)
            got = conv2d_backward_data(want, w, x.shape, padding=1, precision="highest", pool=team)
            np.testing.assert_array_equal(got, dx)
            fast = conv2d_forward(x, w, padding=1, pool=team)
            np.testing.assert_allclose(fast, want, atol=1e-5 * np.abs(want).max())


def test_program_runs_in_order_and_again():
    x, y = np.ones(200_000), np.zeros(200_000)
    launches = [axpby_launch(x, y, 1.0, 2.0) for _ in range(50)]
    with Team(2) as team:
        program = Program(launches, 2)
        for _ in range(3):
            y[:] = 0
            team.run_program(program)
            assert (y == 2.0**50 - 1).all()
        with pytest.raises(ValueError, match="program for 3 threads"):
            team.run_program(Program(launches, 3))


def test_several_python_threads_share_a_team():
    with Team(2) as team:
        results = []

        def work(k):
            x, y = np.full(50_000, float(k)), np.zeros(50_000)
            for _ in range(20):
                team.run([axpby_launch(x, y, 1.0, 1.0)])
            results.append((y == 20.0 * k).all())

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert results == [True] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_of_a_fork_starts_its_own_helpers():
    code = """
import os, warnings
import numpy as np
from functorch_lite.kernels.threads import Team
from functorch_lite.kernels.update import axpby_launch
warnings.simplefilter("ignore")
team = Team(2)
def total():
    x, y = np.ones(100_000), np.zeros(100_000)
    team.run([axpby_launch(x, y, 2.0, 0.0)])
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


def test_importing_drivers_does_not_import_numba():
    names = ("batchnorm", "conv", "conv_nchw", "depthwise", "pool", "threads", "update")
    code = "import sys\n" + "\n".join(f"import functorch_lite.kernels.{n}" for n in names)
    code += "\nassert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_provider_gets_source_text():
    seen = []

    def provider(source):
        seen.append(source)
        return registry.compile_in_process(source)

    before = registry._provider
    registry.set_provider(provider)
    try:
        kernel = registry.get("update:build_axpby", dtype="float32", lanes=2)
        assert registry.get("update:build_axpby", lanes=2, dtype="float32") is kernel
    finally:
        registry.set_provider(before)
        registry._by_name.pop(kernel.name)
        registry._kernels.clear()
    assert [s.entry for s in seen] == ["build_axpby_float32_2"]
    assert seen[0].module == "functorch_lite.kernels.generate.update"
    x, y = np.arange(5, dtype="f4"), np.zeros(5, "f4")
    launch = axpby_launch(x, y, 2.0, 0.0)
    kernel.call(launch.address, 0, 1, 0)
    np.testing.assert_array_equal(y, 2 * x)


def test_arguments_keep_floats_and_integers():
    args = pack_args([7, 0.5, -1])
    assert args.tolist()[::2] == [7, -1]
    assert args.view("f8")[1] == 0.5
    assert pointer(aligned_empty((3,), "f4")) % 64 == 0
    assert pointer(None) == 0


def test_chain_wants_whole_units():
    x, y = np.ones(5 * 4096), np.ones(5 * 4096)
    launch = axpby_launch(x, y, 1.0, 0.0)
    with pytest.raises(ValueError, match="do not divide"):
        chain(launch, 1, launch, 0, 2, 64)


def test_serial_grows_its_scratch_memory():
    serial = Serial()
    x, y = np.ones(10), np.zeros(10)
    launch = axpby_launch(x, y, 4.0, 0.0)
    launch.scratch = 1000
    serial.run([launch])
    assert serial._scratch.size == 1000
    assert (y == 4).all()
