"""The primitives, one family a file; each primitive's rules stand in one block.

The core families are imported at once; the others by whoever uses them, or all by `load_all`.
"""

import importlib as _importlib

from . import arithmetic as arithmetic
from . import complexes as complexes
from . import dot as dot
from . import logical as logical
from . import reduction as reduction
from . import shape as shape
from . import transcendental as transcendental

FAMILIES = (
    "batchnorm",
    "bits",
    "callback",
    "collective",
    "conv",
    "cumulative",
    "fft",
    "indexing",
    "linalg",
    "random",
    "scatter",
    "searching",
    "sorting",
    "special",
    "window",
)


def load_all() -> None:
    """Import every family, so that the registry is complete."""
    for family in FAMILIES:
        _importlib.import_module(f".{family}", __name__)
