"""``python -m tools.jax_coverage [family or name ...]``: compare, and write docs/jax_coverage.md.

A family is numpy, lax, random, nn or scipy; a name is ``jax.numpy.sin``. Rows that are not compared
again stay as they are. What differs without a documented reason is printed.
"""

import argparse
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Each program runs once: compiling is all the time there is.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

from .names import FAMILIES
from .table import all_names, write

parser = argparse.ArgumentParser(prog="python -m tools.jax_coverage", description=__doc__)
parser.add_argument("what", nargs="*", help="families or names; all by default")
what = parser.parse_args().what
families = [w for w in what if w in FAMILIES]
single = [tuple(w.rsplit(".", 1)) for w in what if w not in FAMILIES]
chosen = all_names(families) if families or not single else []
for module, name, problem in write([*chosen, *single]):  # type: ignore[list-item]
    if problem:
        print(f"{module}.{name}: {problem}", flush=True)
