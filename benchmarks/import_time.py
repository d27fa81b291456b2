"""How long ``import`` takes in a fresh process, beyond ``import numpy``."""

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec

from .environment import Options
from .harness import Contest, Samples, write_bytecode

MODULES = {"ours": "functorch_lite", "HIPS autograd": "autograd", "JAX": "jax", "PyTorch": "torch"}
ALLOWED = 0.150


def seconds(module: str) -> float:
    """Start a process that imports one module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - start


def collect(_: Options) -> Samples:
    """Start processes in turn; what counts is the time beyond that of the NumPy before it."""
    write_bytecode()
    present = {name: m for name, m in MODULES.items() if find_spec(m)}
    samples: Samples = {name: [] for name in present}
    for _ in range(15):
        for name, module in present.items():
            base = seconds("numpy")
            samples[name].append(max(seconds(module) - base, 1e-3))
    return {**samples, "150 ms": [ALLOWED]}


def contests() -> Iterator[Contest]:
    """Yield the one contest."""
    yield Contest("import, beyond NumPy's", collect, {"150 ms": 1.0})
