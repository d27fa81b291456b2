"""Kernels that are translated to LLVM here do what numba makes of them."""

import gc
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from functorch_lite.compile import build, native
from functorch_lite.compile.cache import DiskCache
from functorch_lite.compile.native import PRECISE, compile_source
from functorch_lite.compile.scalars import SCALARS, scalar_signatures
from functorch_lite.compile.signature import parse_signature
from functorch_lite.compile.syntax import syntax_tree
from functorch_lite.compile.translate import Untranslatable, translate


@pytest.fixture(autouse=True)
def nothing_is_compiled_yet(monkeypatch):
    monkeypatch.setattr(native, "_loaded", {})
    monkeypatch.setattr(native, "disk_cache", lambda: DiskCache(None))


MODULES = [SCALARS, "functorch_lite.kernels.names"]

# Each reads p (floats) and k (int64), n elements, and writes q.
BODIES = {
    "arithmetic": "q[i] = -p[i] * 3.0 + p[i] / (p[i] - 0.5) - 2",
    "casts": "q[i] = float64(float32(p[i])) + int32(k[i]) + int64(p[i]) + uint8(p[i] > 0)",
    "wrapping": "q[i] = float64(int32(int32(k[i]) * int32(1000003)))",
    "floor_division": "q[i] = k[i] // (k[i] - 3) + k[i] // 7 + k[i] // -4",
    "integer_division": "q[i] = k[i] / 3",
    "bits": "q[i] = (k[i] & 6) + (k[i] | 9) + (k[i] ^ 5)",
    "truth": "q[i] = float64((p[i] > 0) & (k[i] != 2) | (p[i] == 1.0) ^ (k[i] <= 1))",
    "not": "q[i] = 1.0 if not p[i] > 0.25 else 2.0",
    "comparisons": "q[i] = uint8(p[i] < 1) + uint8(p[i] >= 0.5) + uint8(p[i] != p[i])",
    "mixed_comparison": "q[i] = 1.0 if float32(p[i]) < k[i] else 0.0",
    "guarded_load": "q[i] = (p[i - 1] if i >= 1 and i < n - 1 else 7.0)",
    "lazy_or": "q[i] = 1.0 if i < 1 or p[i - 1] > 0 else 0.0",
    "extremes": "q[i] = min(k[i], 3) + max(k[i], -1) + abs(k[i]) + abs(p[i])",
    "not_finite": "q[i] = 1e999 if p[i] > 0 else (1e999 - 1e999)",
    "functions": "q[i] = sin_f64(p[i]) + exp_f32(float32(p[i])) + floor_divide_i64(k[i], 2)",
    "reassociated": "q[i] = rsum(p[i], 2.0 * p[i])",
    "ordered_by_nothing": "q[i] = rmax(p[i], p[0] / p[i]) + rmin(p[i], 1.0)",
    "augmented": "q[i] = 1.0\n        q[i] += p[i]\n        q[i] *= 2",
    "branches": (
        "if k[i] <= 0:\n            t = 1\n        elif k[i] <= 2:\n            t = 2\n"
        "        else:\n            t = 3\n        q[i] = t"
    ),
    "widened": "t = 1\n        t = t * 0.5\n        q[i] = t",
    "nested_loops": (
        "s = 0.0\n        for j in range(i):\n            for m in range(1, 4):\n"
        "                s = s + p[j] * m\n        q[i] = s"
    ),
    "steps": "s = 0\n        for j in range(1, n, 3):\n            s = s + j\n        q[i] = s",
    "while": (
        "t = p[i]\n        while True:\n            if not abs(t) < 100.0:\n                break\n"
        "            t = t * 2.0 + 1.0\n        q[i] = t"
    ),
    "break": (
        "s = 0.0\n        for j in range(n):\n            if j > i:\n                break\n"
        "            s = s + p[j]\n        q[i] = s"
    ),
    "nothing": "pass\n        q[i] = 0.0",
}


def source_of(body, mark):
    return f"def f(p, k, q, n):\n    for i in range(n):\n        {body}\n    # {mark}\n"


def run(body, mark):
    kernel = compile_source(
        source_of(body, mark), "f", "void(f64*, i64*, f64*, i64)", modules=MODULES
    )
    p = np.array([0.0, 1.0, -2.5, 0.3, 7.75, -0.1])
    k = np.array([2, 0, -5, 3, 1 << 40, -1])
    q = np.full(6, np.nan)
    with np.errstate(all="ignore"):
        kernel(p.ctypes.data, k.ctypes.data, q.ctypes.data, 6)
    return q


@pytest.mark.parametrize("name", sorted(BODIES))
def test_agrees_with_numba(name, monkeypatch):
    translated = []
    original = build.translate
    monkeypatch.setattr(
        build, "translate", lambda *a, **k: translated.append(original(*a, **k)) or translated[-1]
    )
    got = run(BODIES[name], f"here {name}")
    assert translated

    def refuse(*args, **kwargs):
        raise Untranslatable

    monkeypatch.setattr(build, "translate", refuse)
    np.testing.assert_array_equal(got, run(BODIES[name], f"numba {name}"))


def test_scratch_memory(monkeypatch):
    source = (
        "def f(p, n):\n    w = stack_f64(n)\n    for i in range(n):\n        w[i] = p[i] * 2.0\n"
        "    s = 0.0\n    for i in range(n):\n        s = s + w[n - 1 - i] * i\n    return s\n"
    )
    p = np.arange(5.0)
    kernel = compile_source(source, "f", "f64(f64*, i64)", modules=MODULES)
    assert kernel(p.ctypes.data, 5) == 2 * (p[::-1] * np.arange(5)).sum()
    assert "alloca double, i64" in translated(source)[0]


def translated(source, signature="f64(f64*, i64)", functions=()):
    return translate(
        source,
        "f",
        "f",
        parse_signature(signature),
        noalias=(),
        fastmath=PRECISE,
        attributes="nounwind",
        functions=dict(functions),
    )


@pytest.mark.parametrize(
    "body",
    [
        "    return p[0] ** 2.0",
        "    return p[0] % 2.0",
        "    x = [1.0]\n    return x[0]",
        "    raise ValueError",
        "    return q",
        "    return p",
        "    return sin(p[0])",
        "    return sin_f64(n)",
        "    return p[0.5]",
        "    return min(p[0], 1.0)",
        "    while n:\n        pass\n    return 1.0",
        "    for i in range(n):\n        pass",
        "    for i in range(0, n, -1):\n        pass\n    return 1.0",
        "    for i in p:\n        pass\n    return 1.0",
        "    x, y = 1.0, 2.0\n    return x",
        "    return 0.0 < p[0] < 1.0",
        "    return f(p, n)",
        "    for i in range(n):\n        w = stack_f64(n)\n    return 1.0",
        "    w = stack_f64(n)\n    w = stack_f64(n)\n    return 1.0",
        "    return 'text'",
        "    return 1.0\n    return 2.0",
        "    for i in range(n):\n        return 1.0\n    return 2.0",
    ],
)
def test_more_of_python_is_refused(body):
    with pytest.raises(Untranslatable):
        translated(f"def f(p, n):\n{body}\n", functions=scalar_signatures())


def test_signatures_that_do_not_fit_are_refused():
    with pytest.raises(Untranslatable):
        translated("def f(p):\n    return p[0]\n")
    with pytest.raises(Untranslatable):
        translated("def f(p):\n    return p[0]\n", "f64(i8*)")
    with pytest.raises(Untranslatable):
        translated("x = 1\ndef f(p, n):\n    return p[0]\n")


def test_a_choice_between_loads_branches_and_one_between_numbers_does_not():
    text, _ = translated("def f(p, n):\n    return 1.0 if n > 0 else 2.0\n")
    assert "select" in text and "phi" not in text
    text, _ = translated("def f(p, n):\n    return p[0] if n > 0 else 2.0\n")
    assert "phi" in text and "select" not in text


def test_programs_compile_without_numba(tmp_path):
    code = """
import sys
import numpy as np
import functorch_lite as fl
from functorch_lite import lax, numpy as fnp
from functorch_lite.compile import compile_mode

def loss(w, x):
    h = lax.fori_loop(0, 7, lambda i, h: fnp.tanh(h * w + fnp.sin(x)), x)
    return fnp.mean(h**2) + fnp.max(fnp.exp(w)) + fnp.where(x > 0, fnp.log1p(x), 0.0).sum()

with compile_mode("always"):
    fl.jit(fl.value_and_grad(loss))(np.linspace(0.1, 1, 50), np.linspace(-1, 1, 50))
print("numba" in sys.modules)
"""
    env = {"PATH": "", "FUNCTORCH_LITE_CACHE_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert out.stdout == "False\n"


def test_threads_may_parse_at_once():
    """Python 3.11 raises SystemError when a thread is interrupted in the middle of a tree."""
    source, trees = "x = " + "+".join(["f(a[(b * c)])"] * 60), []
    threads = [
        threading.Thread(target=lambda: trees.extend(syntax_tree(source) for _ in range(5)))
        for _ in range(2)
    ]

    def pause(phase, info):
        time.sleep(1e-4)

    gc.collect()
    threshold = gc.get_threshold()
    gc.callbacks.append(pause)
    gc.set_threshold(40)
    try:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        gc.callbacks.remove(pause)
        gc.set_threshold(*threshold)
    assert len(trees) == 10
