"""The disk cache under real processes: warm, killed, racing, damaged, of another machine."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and permissions")

# Compiles a kernel, a loop and a matrix product, and says what it found on disk.
PROGRAM = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, format="%(name)s:%(levelname)s:%(message)s")
logging.getLogger("numba").setLevel(logging.WARNING)
import numpy as np
import functorch_lite as fl
from functorch_lite import compile as flc, lax, numpy as fnp

size, body = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "fnp.tanh(x) * 2.0 + 1.0"
f = fl.jit(eval(f"lambda x: fnp.sum({body}, 0)"))
g = fl.jit(lambda x: lax.fori_loop(0, 10, lambda i, c: c * 1.5 + x[0, 0], x[0]))
x = np.linspace(0.0, 1.0, size * 4).reshape(size, 4)
print("ready", flush=True)
with flc.compile_mode("always"):
    got = [f(x).tolist(), g(x).tolist()]
with flc.compile_mode("never"):
    want = [f(x).tolist(), g(x).tolist()]
np.testing.assert_allclose(got[0], want[0], rtol=1e-12)
np.testing.assert_allclose(got[1], want[1], rtol=1e-12)
info = flc.cache_info()
compiled = "functorch_lite.compile.build" in sys.modules
assert "numba" not in sys.modules
print(json.dumps(info._asdict() | {"compiled": compiled}), flush=True)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("FUNCTORCH_LITE_CACHE", "FUNCTORCH_LITE_CACHE_SIZE", "FUNCTORCH_LITE_COMPILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FUNCTORCH_LITE_CACHE_DIR", str(tmp_path))
    return tmp_path / "kernels"


def start(*args, prelude="", **environment):
    return subprocess.Popen(
        [sys.executable, "-c", prelude + PROGRAM, *map(str, args)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    info = json.loads(out.splitlines()[-1])
    info["log"] = [line for line in err.splitlines() if line.startswith("functorch_lite.cache")]
    return info


def run(*args, **options):
    return finish(start(*args, **options))


def test_a_warm_process_compiles_nothing(folder):
    cold = run(8)
    assert cold["compiled"] and cold["stores"] > 0 and cold["directory"] == str(folder)
    warm = run(8)
    assert not warm["compiled"]
    assert warm["stores"] == 0 and warm["misses"] == 0 and warm["corrupt"] == 0
    assert warm["hits"] > 0 and warm["log"] == []
    assert warm["entries"] == cold["entries"]


@posix
def test_the_cache_is_on_by_default_and_private(folder, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "XDG_CACHE_HOME": "", "FUNCTORCH_LITE_CACHE_DIR": ""}
    info = run(8, **environment)
    assert info["entries"] > 0
    place = Path(info["directory"])
    assert home in place.parents
    assert place.stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_mode & 0o077 == 0 for p in place.iterdir())
    off = run(8, FUNCTORCH_LITE_CACHE="0", **environment)
    assert off["directory"] is None and off["compiled"]


@posix
def test_processes_killed_while_they_compile(folder):
    for delay in (0.0, 0.3, 0.8):
        process = start(8)
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for path in folder.glob("*.bin") if folder.exists() else ():
            assert path.stat().st_size > 48  # nothing half written has an entry's name
    after = run(8)
    assert after["corrupt"] == 0 and after["log"] == []
    assert run(8)["compiled"] is False


@posix
def test_processes_killed_in_the_middle_of_a_write(folder):
    # The process stops between writing the temporary file and moving it into place.
    prelude = "import os, signal\nos.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
    process = start(8, prelude=prelude)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert [p.suffix for p in folder.iterdir()] == [".tmp"]
    after = run(8)
    assert after["corrupt"] == 0 and after["compiled"]
    assert run(8)["compiled"] is False


def test_processes_that_compile_the_same_at_the_same_time(folder):
    racing = [start(8) for _ in range(3)]
    found = [finish(p) for p in racing]
    assert all(i["corrupt"] == 0 and i["log"] == [] for i in found)
    warm = run(8)
    assert not warm["compiled"] and warm["misses"] == 0
    assert not list(folder.glob("*.tmp"))


DAMAGE = {
    "truncated": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "one bit": lambda raw: raw[:-100] + bytes([raw[-100] ^ 1]) + raw[-99:],
    "bytes in the header": lambda raw: raw[:9] + b"\xff" * 4 + raw[13:],
    "another file": lambda raw: b"something else entirely" * 100,
    "longer": lambda raw: raw + b"tail",
}


def test_damaged_entries_are_made_again_and_reported_once(folder):
    entries = run(8)["entries"]
    kinds = list(DAMAGE.values())
    for first in range(0, len(kinds), entries):
        for i, path in enumerate(sorted(folder.glob("*.bin"))):
            path.write_bytes(kinds[(first + i) % len(kinds)](path.read_bytes()))
        again = run(8)
        assert again["compiled"]
        assert again["corrupt"] == entries == again["stores"]
        assert len(again["log"]) == entries  # once for each
        assert all(":DEBUG:dropped a damaged kernel cache entry" in s for s in again["log"])
    warm = run(8)
    assert warm["log"] == [] and not warm["compiled"]


KEYS = "import functorch_lite.compile.keys as k\n"


@pytest.mark.parametrize(
    "change",
    [
        KEYS + "k._GENERATOR = 'another'; k._numba_version = lambda: 'numba 1000'\n",
        "import llvmlite.binding as ll\n"
        "host = ll.get_host_cpu_features()\n"
        "host.pop('avx512f', None); host['none'] = False\n"
        "ll.get_host_cpu_features = lambda: host\n",
    ],
    ids=["version", "processor"],
)
def test_another_version_or_processor_compiles_anew(folder, change):
    first = run(8)
    other = run(8, prelude=change)
    assert other["compiled"] and other["hits"] == 0 and other["stores"] == first["stores"]
    assert other["entries"] == 2 * first["entries"]
    assert run(8)["compiled"] is False  # and what was there is still good


def test_kernels_on_disk_serve_other_sizes(folder):
    run(8, "fnp.tanh(x) * 2.0")
    for size in (2, 100):
        warm = run(size, "fnp.tanh(x) * 2.0")
        assert warm["compiled"] is False or warm["stores"] == 1  # (steps of loops are of one size)


def test_the_bound_holds_over_processes(folder):
    bodies = [f"x * {i}.0 + {i}.5" for i in range(2)]
    one = run(8, bodies[0])
    bound = one["bytes"]
    for body in bodies:
        info = run(8, body, FUNCTORCH_LITE_CACHE_SIZE=str(bound))
        assert info["max_bytes"] == bound
        assert info["bytes"] <= bound


def test_a_kernel_that_cannot_be_kept_still_runs(folder):
    info = run(8, FUNCTORCH_LITE_CACHE_SIZE="10")
    assert info["entries"] == 0 and info["stores"] == 0


def test_clearing_is_for_all_processes(folder):
    assert run(8)["entries"] > 0
    code = "from functorch_lite.compile import cache_clear, cache_info\n"
    code += "n = cache_clear(); assert cache_info().entries == 0; print(n)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) > 0
    assert run(8)["compiled"]
