"""Native kernels: compiled by numba once, then loaded from object code by anyone."""

import ctypes
import json
import logging
import math
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import llvmlite.binding as ll
import numpy as np
import pytest

from functorch_lite.compile import keys as keys_module
from functorch_lite.compile import native, target
from functorch_lite.compile.cache import disk_cache
from functorch_lite.compile.native import (
    KernelSpec,
    NativeError,
    compile_cfunc,
    compile_many,
    compile_source,
)
from functorch_lite.compile.objfile import undefined_symbols
from functorch_lite.compile.signature import parse_signature

AXPY = """
import numpy as np
def axpy(x, y, o, n, a):
    for i in range(n):
        o[i] = np.float32({scale}) * a * x[i] + y[i]
"""
AXPY_SIGNATURE = "void(f32*, f32*, f32*, i64, f32)"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCTORCH_LITE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("FUNCTORCH_LITE_CACHE", raising=False)
    disk_cache.cache_clear()
    yield tmp_path
    disk_cache.cache_clear()


def call(function, *args):
    return function(*(a.ctypes.data if isinstance(a, np.ndarray) else a for a in args))


# --- what is computed ---------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ctypes", "fast"])
@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 1000])
def test_a_kernel_computes(how, n):
    kernel = compile_source(AXPY.format(scale=2), "axpy", AXPY_SIGNATURE)
    x = np.arange(n, dtype=np.float32)
    y = np.ones(n, np.float32)
    out = np.full(n + 1, -1, np.float32)
    call(kernel if how == "ctypes" else kernel.fast_entry, x, y, out, n, 3.0)
    np.testing.assert_array_equal(out, np.append(6 * x + 1, np.float32(-1)))


SCALARS = {
    "i8": (-128, 127),
    "i16": (-32768, 32767),
    "i32": (-(2**31), 2**31 - 1),
    "i64": (-(2**63), -1, 2**63 - 1),
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 2**32 - 1),
    "u64": (0, 2**64 - 1),
    "f32": (-1.0, -0.0, 1.5, float("inf"), float("nan")),
    "f64": (-1.0, -0.0, 0.1, float("-inf"), float("nan")),
}


@pytest.mark.parametrize("type_", SCALARS)
def test_scalars_pass_through_both_entries(type_):
    spec = KernelSpec(
        "def f(p, a, b):\n    p[0] = a\n    return b\n", "f", f"{type_}({type_}*, {type_}, {type_})"
    )
    (kernel,) = compile_many([spec])
    cell = kernel.signature.ctypes_args[1](0)
    for value in SCALARS[type_]:
        for entry in (kernel, kernel.fast_entry):
            cell.value = 0
            result = entry(ctypes.addressof(cell), value, value)
            assert struct_bits(result) == struct_bits(value)
            assert struct_bits(cell.value) == struct_bits(value)


def struct_bits(value):
    return np.float64(value).tobytes() if isinstance(value, float) else value


def test_the_fast_entry_checks_its_arguments():
    kernel = compile_source("def f(p, n, a):\n    p[n] = a\n", "f", "void(f64*, i64, f64)")
    cell = np.zeros(1)
    entry, p = kernel.fast_entry, cell.ctypes.data
    assert entry(p, 0, 2) is None
    assert cell[0] == 2
    for bad in [
        (),
        (p,),
        (p, 0, 1.0, 1),
        (p, 0, "x"),
        (p, 1.5, 1.0),
        (None, 0, 1.0),
        (p, 2**70, 1.0),
    ]:
        with pytest.raises((TypeError, OverflowError)):
            entry(*bad)
    assert cell[0] == 2


def test_the_fast_entry_keeps_reference_counts():
    kernel = compile_source("def f(a):\n    return a + 1.0\n", "f", "f64(f64)")
    value, index = 12345.678, 10**15
    before = sys.getrefcount(value), sys.getrefcount(index)
    for _ in range(1000):
        kernel.fast_entry(value)
        kernel.fast_entry(index)
        with pytest.raises(TypeError):
            kernel.fast_entry(None)
    assert (sys.getrefcount(value), sys.getrefcount(index)) == before


def test_division_is_numpys():
    source = "def f(o, a, b):\n    o[0] = a // b\n    o[1] = a % b\n"
    kernel = compile_source(source, "f", "void(i64*, i64, i64)")
    out = np.empty(2, np.int64)
    for a, b in [(7, 2), (-7, 2), (7, -2), (7, 0)]:
        call(kernel, out, a, b)
        with np.errstate(divide="ignore"):
            assert out.tolist() == [np.int64(a) // np.int64(b), np.int64(a) % np.int64(b)]


def test_specials_survive_the_optimiser():
    source = """
import math
def f(o, a, b):
    o[0] = 1.0 if math.isnan(a) else 0.0
    o[1] = a + 0.0
    o[2] = a - a
    o[3] = (a + b) - b
    o[4] = a / 3.0
"""
    kernel = compile_source(source, "f", "void(f64*, f64, f64)")
    out = np.empty(5)
    call(kernel, out, float("nan"), 1.0)
    assert out[0] == 1
    call(kernel, out, float("inf"), 1.0)
    assert np.isnan(out[2])
    call(kernel, out, -0.0, 1.0)
    assert not np.signbit(out[1])
    assert np.signbit(out[4])
    call(kernel, out, 1e-30, 1.0)
    assert out[3] == 0
    call(kernel, out, 5.0, 1.0)
    assert out[4] == 5.0 / 3.0


def test_libm_is_found():
    body = "math.lgamma(a) + math.atan2(a, b) + math.hypot(a, b)"
    source = f"import math\ndef f(a, b):\n    return {body}\n"
    kernel = compile_source(source, "f", "f64(f64, f64)")
    expected = eval(body, {"math": math, "a": 5.5, "b": 2.0})
    assert kernel(5.5, 2.0) == pytest.approx(expected, rel=1e-15)


def test_modules_lend_their_names(tmp_path, monkeypatch):
    package = tmp_path / "lent_names"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "m.py").write_text(
        "import numba\n__all__ = ['twice']\n@numba.njit\ndef twice(x):\n    return x + x\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    spec = KernelSpec("def f(a):\n    return twice(a)\n", "f", "f64(f64)", ("lent_names.m",))
    assert compile_many([spec])[0](4.0) == 8.0
    first = spec.key
    (package / "m.py").write_text("changed")
    keys_module.source_digest.cache_clear()
    assert KernelSpec(spec.source, "f", "f64(f64)", ("lent_names.m",)).key != first


def test_source_that_changes_under_a_process_is_noticed(tmp_path, monkeypatch):
    """Old Python code would call new machine code, which the cache might keep under an old key."""
    module = tmp_path / "changing_names.py"
    module.write_text("import numba\n__all__ = ['g']\n@numba.njit\ndef g(x):\n    return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    spec = KernelSpec("def f(a):\n    return g(a)\n", "f", "f64(f64)", ("changing_names",))
    assert spec.key
    module.write_text(module.read_text().replace("return x", "return x + 1"))
    with pytest.raises(NativeError, match="changing_names has changed since this process"):
        compile_many([spec])
    keys_module.source_digest.cache_clear()
    again = KernelSpec(spec.source, "f", "f64(f64)", ("changing_names",))
    assert compile_many([again])[0](1.0) == 2.0


def test_compile_cfunc_takes_a_function():
    offset = 3.0

    def add(a):
        return a + offset

    kernel = compile_cfunc(add, "f64(f64)", key="add three")
    assert kernel(1.0) == 4.0
    assert compile_cfunc(add, "f64(f64)", key="add three") is kernel


# --- code quality -------------------------------------------------------------------------------


def optimised(source, entry, signature, alias=()):
    from functorch_lite.compile import _numba_backend as backend

    parsed = parse_signature(signature)
    function = backend.load_function(source, entry, "test", {})
    pointers = {i for i, a in enumerate(parsed.args) if a[-1] == "*"} - set(alias)
    job = backend.Job("fl_test", function, parsed, frozenset(pointers), native.PRECISE)
    return backend.emit_object([job], target.host_target(), "test", fast_entries=False)[1]


def test_pointers_are_noalias_unless_told_otherwise():
    text = optimised(AXPY.format(scale=5), "axpy", AXPY_SIGNATURE)
    (head,) = [line for line in text.splitlines() if line.startswith("define void @fl_test(")]
    assert head.count("noalias") == 3
    assert "vector.memcheck" not in text
    text = optimised(AXPY.format(scale=5), "axpy", AXPY_SIGNATURE, alias=(0, 1, 2))
    assert "vector.memcheck" in text


def test_loops_use_the_full_vector_width_and_fused_multiply_add():
    text = optimised(AXPY.format(scale=5), "axpy", AXPY_SIGNATURE)
    assert f"<{target.host_target().vector_bits // 32} x float>" in text
    assert "fmul contract" in text


def test_aliased_pointers_may_overlap():
    source = "def f(x, y, n):\n    for i in range(n):\n        y[i] = x[i] + 1.0\n"
    (kernel,) = compile_many([KernelSpec(source, "f", "void(f64*, f64*, i64)", alias=(0, 1))])
    x = np.zeros(9)
    kernel(x.ctypes.data, x.ctypes.data + 8, 8)
    assert x.tolist() == list(range(9))


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["raise ValueError('no')", "assert p[0] > 0", "raise ValueError(p[0])"]
)
def test_kernels_that_raise_are_refused(body):
    with pytest.raises(NativeError, match="raise"):
        compile_source(f"def f(p):\n    if p[0] < 1:\n        {body}\n", "f", "void(f64*)")


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\ndef f(n):\n    return np.ones(n).sum()\n",
        "def f(n):\n    print(n)\n    return 1.0\n",
    ],
    ids=["allocates", "prints"],
)
def test_kernels_that_need_a_runtime_are_refused(source):
    from numba.core.errors import NumbaError

    with pytest.raises((NativeError, NumbaError)):
        compile_source(source, "f", "f64(i64)")


def test_object_code_with_unknown_symbols_is_not_loaded():
    text = (
        "declare i32 @system(ptr)\n"
        "define i32 @f() {\n %r = call i32 @system(ptr null)\n ret i32 %r\n}\n"
    )
    module = ll.parse_assembly(text)
    code = target.machine(target.host_target()).emit_object(module)
    with pytest.raises(NativeError, match="'system'"):
        target.load_object(code, ["f"])
    module = ll.parse_assembly(text.replace("system", "cbrt"))
    code = target.machine(target.host_target()).emit_object(module)
    with pytest.raises(NativeError, match="lacks"):
        target.load_object(code, ["another"])


@pytest.mark.parametrize(
    "bad", ["", "void", "void(f32", "void(f16*)", "f32*(i64)", "void(f32**)", "int(i64)", "void(,)"]
)
def test_bad_signatures(bad):
    with pytest.raises(ValueError, match=r"signature|return"):
        parse_signature(bad)


@pytest.mark.parametrize(
    ("signature", "at"),
    [("void(i64, f64)", 0), ("void(i64, i64)", 1), ("i64(i64, i64)", 0), ("void(i64, i64)", -2)],
)
def test_bad_ranges_are_refused(signature, at):
    with pytest.raises(ValueError, match="range"):
        KernelSpec("", "f", signature, range_at=at)


def test_unsafe_fastmath_is_refused():
    with pytest.raises(ValueError, match="nnan"):
        compile_source("def f():\n    return 1.0\n", "f", "f64()", fastmath={"nnan"})


def test_errors_of_numba_show_the_source():
    with pytest.raises(Exception, match="undefined_name"):
        compile_source("def f(a):\n    return a + undefined_name\n", "f", "f64(f64)")


# --- object files -------------------------------------------------------------------------------

OBJECT_IR = """
declare double @sin(double)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
@table = constant [4 x double] [double 1.0, double 2.0, double 3.0, double 4.0]
define internal double @local(double %x) noinline { %r = fadd double %x, 1.0  ret double %r }
define double @f(double %x, ptr %p, i64 %n) {
  call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 %n, i1 false)
  %s = call double @sin(double %x)
  %l = call double @local(double %s)
  %m = frem double %l, 3.0
  ret double %m
}
"""


@pytest.mark.parametrize(
    ("triple", "memset"),
    [
        ("x86_64-unknown-linux-gnu", {"memset"}),
        ("aarch64-unknown-linux-gnu", {"memset"}),
        ("x86_64-apple-darwin", {"memset", "bzero", "_bzero"}),
        ("arm64-apple-darwin", {"memset", "bzero", "_bzero"}),
        ("x86_64-pc-windows-msvc", {"memset", "_fltused"}),
    ],
)
def test_undefined_symbols_of_every_platform(triple, memset):
    ll.initialize_all_targets()
    ll.initialize_all_asmprinters()
    try:
        machine = ll.Target.from_triple(triple).create_target_machine()
    except RuntimeError:
        pytest.skip(f"this LLVM lacks {triple}")
    module = ll.parse_assembly(f'target triple = "{triple}"\n' + OBJECT_IR)
    found = undefined_symbols(machine.emit_object(module))
    assert {"sin", "fmod"} <= found <= {"sin", "fmod"} | memset
    assert found & memset


def test_garbage_is_no_object_file():
    for data in (b"", b"\x7fELF\x02\x01", b"\xcf\xfa\xed\xfe", b"\x64\x86", os.urandom(100)):
        with pytest.raises(ValueError, match="object file"):
            undefined_symbols(data)


# --- keys and the cache -------------------------------------------------------------------------


def test_everything_that_matters_is_in_the_key(monkeypatch):
    base = {"source": "def f(p):\n    p[0] = 1\n", "entry": "f", "signature": "void(f64*)"}
    variants = [
        {},
        {"source": base["source"] + "\n"},
        {"entry": "g"},
        {"signature": "void(f32*)"},
        {"alias": (0,)},
        {"fastmath": frozenset()},
        {"signature": "void(f64*, i64, i64)"},
        {"signature": "void(f64*, i64, i64)", "range_at": 1},
        {"modules": ("functorch_lite.kernels",)},
    ]
    keys = [KernelSpec(**{**base, **v}).key for v in variants]
    assert len(set(keys)) == len(variants)
    assert KernelSpec(**{**base, "signature": " void( f64 * ) "}).key == keys[0]
    monkeypatch.setattr(keys_module, "_GENERATOR", "other")
    keys_module.environment.cache_clear()
    assert KernelSpec(**base).key != keys[0]
    keys_module.environment.cache_clear()
    monkeypatch.setattr(keys_module, "_GENERATOR", keys_module._GENERATOR)


def test_the_target_is_in_the_key(monkeypatch):
    keys = set()
    for level in ("native", "x86-64", "x86-64-v2"):
        monkeypatch.setenv("FUNCTORCH_LITE_TARGET", level)
        try:
            keys.add(KernelSpec("def f():\n    return 1.0\n", "f", "f64()").key)
        except NativeError:
            pytest.skip("levels are for x86-64")
    assert len(keys) == 3
    monkeypatch.setenv("FUNCTORCH_LITE_TARGET", "pdp11")
    with pytest.raises(NativeError, match="pdp11"):
        target.host_target()


RUN = """
import json, logging, sys, time
import numpy as np
from functorch_lite.compile.native import KernelSpec, compile_many
from functorch_lite.compile.cache import cache_info
records = []
handler = logging.Handler()
handler.emit = lambda r: records.append([r.levelname, r.getMessage()])
logging.getLogger("functorch_lite").addHandler(handler)
logging.getLogger("functorch_lite").setLevel(logging.DEBUG)
source = {source!r}
scales = {scales!r}
kernels = compile_many([KernelSpec(source.format(scale=s), "axpy", {signature!r}) for s in scales])
x, y, o = (np.arange(20, dtype=np.float32) for _ in range(3))
right = True
for s, k in zip(scales, kernels):
    k.fast_entry(x.ctypes.data, y.ctypes.data, o.ctypes.data, 20, 1.5)
    right = right and bool((o == np.float32(s) * np.float32(1.5) * x + y).all())
print(json.dumps(dict(right=right, cached=[k.from_cache for k in kernels],
    numba="numba" in sys.modules, target=sorted(m for m in sys.modules if m == "llvmlite"),
    hits=cache_info().hits, stores=cache_info().stores, corrupt=cache_info().corrupt,
    addresses=len({{k.address for k in kernels}}), log=records)))
"""


def start(scales, **environment):
    code = textwrap.dedent(RUN.format(source=AXPY, scales=scales, signature=AXPY_SIGNATURE))
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def run(scales, **environment):
    return finish(start(scales, **environment))


def test_a_warm_process_needs_no_numba(own_cache):
    cold = run([1, 2, 3])
    assert cold["right"]
    assert cold["numba"]
    assert cold["stores"] == 1  # one object for the batch
    warm = run([1, 2, 3])
    assert warm["right"]
    assert not warm["numba"]
    assert warm["cached"] == [True] * 3
    assert warm["addresses"] == 3
    (entry,) = (own_cache / "kernels").iterdir()
    raw = bytearray(entry.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    entry.write_bytes(raw)
    repaired = run([1, 2, 3])
    assert repaired["right"]
    assert repaired["corrupt"] == 1
    assert repaired["stores"] == 1
    damaged = [level for level, text in repaired["log"] if "damaged" in text]
    assert damaged == ["DEBUG"]
    assert not run([1, 2, 3])["numba"]


def test_batches_overlap(own_cache):
    run([1])
    mixed = run([1, 2])
    assert mixed["cached"] == [True, False]
    again = run([1, 2])
    assert again["right"]
    assert again["cached"] == [True, True]
    assert not again["numba"]


def test_a_cache_that_is_off_or_unusable_changes_nothing_else(own_cache):
    off = run([1, 1], FUNCTORCH_LITE_CACHE="0")
    assert off["right"]
    assert off["stores"] == 0
    assert not (own_cache / "kernels").exists()
    (own_cache / "file").write_text("")
    blocked = run([1], FUNCTORCH_LITE_CACHE_DIR=str(own_cache / "file"))
    assert blocked["right"]
    assert blocked["stores"] == 0


def test_processes_that_start_together_agree(own_cache):
    processes = [start([1, 2]) for _ in range(3)]
    assert all(finish(p)["right"] for p in processes)
    assert not run([1, 2])["numba"]


def test_a_process_killed_at_any_moment_does_no_harm(own_cache):
    import time

    for delay in (0.3, 0.9, 1.2, 1.5):
        process = start([1, 2])
        time.sleep(delay)
        process.kill()
        process.communicate()
    after = run([1, 2])
    assert after["right"]
    assert after["corrupt"] == 0


@pytest.mark.parametrize("level", ["x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"])
def test_every_instruction_set_gives_the_same(own_cache, monkeypatch, level):
    monkeypatch.setenv("FUNCTORCH_LITE_TARGET", level)
    try:
        target.host_target()
    except NativeError:
        pytest.skip(f"no {level} here")
    assert run([1], FUNCTORCH_LITE_TARGET=level)["right"]


def test_importing_costs_no_numba():
    code = (
        "import sys, functorch_lite.compile.native; "
        "assert not {'numba', 'importlib.metadata'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- threads ------------------------------------------------------------------------------------


def test_threads_get_one_kernel():
    spec = KernelSpec(AXPY.format(scale=77), "axpy", AXPY_SIGNATURE)
    found, barrier = [], threading.Barrier(6)

    def work():
        barrier.wait()
        found.append(compile_many([spec])[0])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 6
    assert len({id(k) for k in found}) == 1
    assert disk_cache().info().stores == 1


SLOW = """
def slow(n, x):
    for i in range(n):
        x = x * 0.999999 + 0.5
    return x
"""


def counted_while_running(entry):
    """Count what the main thread gets done while another one is in the kernel."""
    started, finished, count = threading.Event(), threading.Event(), 0

    def work():
        started.set()
        entry(100_000_000, 1.0)
        finished.set()

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    while not finished.is_set():
        count += 1
    thread.join()
    return count


def test_the_call_releases_the_gil_and_the_fast_entry_keeps_it():
    kernel = compile_source(SLOW, "slow", "f64(i64, f64)")
    released = counted_while_running(kernel)
    kept = counted_while_running(kernel.fast_entry)
    assert released > 1000
    if kernel.fast_entry is not kernel._foreign and getattr(sys, "_is_gil_enabled", lambda: True)():
        assert kept * 3 < released


def test_logging_is_silent_by_default(own_cache, caplog):
    with caplog.at_level(logging.INFO):
        compile_source(AXPY.format(scale=31), "axpy", AXPY_SIGNATURE)
    assert not caplog.records
    assert list(Path(own_cache / "kernels").glob("*.tmp")) == []


def test_scalar_functions_that_are_not_shipped_are_compiled_once_for_all_kernels(own_cache):
    code = """
import sys
from functorch_lite.compile import _numba_backend as backend
from functorch_lite.compile.native import compile_source
translated = []
original = backend._translate
backend._translate = lambda f, s, m: translated.append(f.__name__) or original(f, s, m)
kernel = compile_source(
    "def f(x, n):\\n    for i in range(n):\\n        x[i] = sign_i8(x[i]) + SHIFT\\n".replace(
        "SHIFT", sys.argv[1]),
    "f", "void(i8*, i64)", modules=["functorch_lite.kernels.scalar"])
import numpy as np
x = np.zeros(3, np.int8)
kernel(x.ctypes.data, 3)
assert (x == int(sys.argv[1])).all()
print(translated)
"""
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, shift], capture_output=True, text=True, check=True
        ).stdout
        for shift in ("1", "2")
    )
    assert first == "['f', 'unary']\n"
    assert second == "['f']\n"


def test_scalar_functions_want_their_exact_type():
    from numba.core.errors import TypingError

    with pytest.raises(TypingError):
        compile_source(
            "def f(x):\n    return exp_f32(x)\n",
            "f",
            "f64(f64)",
            modules=["functorch_lite.kernels.scalar"],
        )
