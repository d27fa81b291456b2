"""Time to import, in fresh processes: ours, NumPy and the peers.

Run: ``python benchmarks/import_time.py``
"""

import importlib.util
import statistics
import subprocess
import sys
import time

MODULES = ["numpy", "functorch_lite", "autograd", "numba", "jax", "torch"]


def seconds(module: str) -> float:
    """Start a process that imports one module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    present = [m for m in MODULES if importlib.util.find_spec(m)]
    samples: dict[str, list[float]] = {m: [] for m in present}
    for _ in range(11):
        for m in present:
            samples[m].append(seconds(m))
    base = statistics.median(samples["numpy"])
    print("| module | median ms | more than NumPy, ms |\n|---|---|---|")
    for m in present:
        t = statistics.median(samples[m])
        print(f"| {m} | {t * 1e3:.0f} | {(t - base) * 1e3:.0f} |")
