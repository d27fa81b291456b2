"""Launches, the thread team, the registry."""

from __future__ import annotations

import ctypes
import platform
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from functorch_lite.kernels import registry
from functorch_lite.kernels.launch import Serial, aligned_empty, chain, pack_args, pointer
from functorch_lite.kernels.program import Program
from functorch_lite.kernels.update import axpby_launch


def test_program_runs_in_order_and_again():
    x, y = np.ones(200_000), np.zeros(200_000)
    program = Program([axpby_launch(x, y, 1.0, 2.0) for _ in range(50)])
    for _ in range(3):
        y[:] = 0
        program.run()
        assert (y == 2.0**50 - 1).all()


@pytest.mark.parametrize("threads", [2, 3, 5])
@pytest.mark.parametrize("late", [False, True])
def test_every_item_runs_once_whoever_comes(threads, late):
    results = [np.zeros(4096 * items) for items in (1, 2, 7, 64, 100)]
    launches = [axpby_launch(np.ones_like(y), y, 1.0, 2.0) for y in results]

    def together(function, args, count):
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(function)
        members = [threading.Thread(target=call, args=(args, k, k + 1, 0)) for k in range(count)]
        for member in reversed(members):
            member.start()
            if late:
                time.sleep(0.01)
        for member in members:
            member.join()
        return True

    program = Program(launches, threads)
    for _ in range(3):
        program.run(together)
    for y in results:
        assert (y == 7).all()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="x86 alone needs it")
def test_streamed_results_are_there_before_they_count_as_done():
    source = registry.kernel_source("program:build_program")
    text = registry.compile_in_process(source).inspect_llvm()
    body = text[text.index("define") :]
    calls = re.findall(r"call void @llvm.x86.sse.sfence|call void %|atomicrmw add", body)
    kernel = calls.index("call void %")
    assert calls[kernel + 1] == "call void @llvm.x86.sse.sfence"
    assert calls[kernel + 2] == "atomicrmw add"


def test_program_runs_alone_when_nobody_helps():
    x, y = np.ones(200_000), np.zeros(200_000)
    program = Program([axpby_launch(x, y, 1.0, 1.0)] * 3, 4)
    program.run(lambda function, args, members: False)
    assert (y == 3).all()
    program.run()
    assert (y == 6).all()
    with pytest.raises(ValueError, match="at least one thread"):
        Program([], 0)


def test_importing_drivers_does_not_import_numba():
    names = ("batchnorm", "conv", "conv_nchw", "depthwise", "pool", "program", "update")
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
        chain([launch, launch], [(1, 0, 64)], 2)


def test_serial_grows_its_scratch_memory():
    serial = Serial()
    x, y = np.ones(10), np.zeros(10)
    launch = axpby_launch(x, y, 4.0, 0.0)
    launch.scratch = 1000
    serial.run([launch])
    assert serial._scratch.size == 1000
    assert (y == 4).all()
