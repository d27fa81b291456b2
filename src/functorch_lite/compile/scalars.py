"""The scalar functions of `kernels.scalar` as LLVM text that ships with the package.

numba takes up to ten seconds for a function such as ``lgamma_f32``, and half a second to be
imported. ``kernels/scalar_llvm`` holds what it made of each, one file a function, written by
``tools/scalar_llvm.py`` and checked by ``tests/compile/test_scalars.py``. The text is that of no
particular processor: LLVM gives it the vectors of the machine when a kernel inlines it.

If the source in ``kernels/scalar*.py`` has changed since, or LLVM is older than that which wrote the
text, nothing is shipped, and numba is asked.
"""

import os
from functools import lru_cache

import llvmlite.binding as ll

from .keys import source_digest
from .signature import Signature, parse_signature

__all__ = ["FOLDER", "INDEX", "PREFIX", "SCALARS", "scalar_signatures", "scalar_text"]

PREFIX = "fl_scalar_"
SCALARS = "functorch_lite.kernels.scalar"
FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "kernels", "scalar_llvm")
INDEX = "index.txt"  # the digest of the source, the versions that made the texts, the functions


def _read(name: str) -> str:
    with open(os.path.join(FOLDER, name), encoding="ascii") as f:
        return f.read()


@lru_cache(maxsize=1)
def scalar_signatures() -> dict[str, Signature]:
    """Return the functions that are shipped, and their signatures."""
    try:
        digest, versions, *lines = _read(INDEX).splitlines()
    except OSError:
        return {}
    if digest != source_digest(SCALARS) or ll.llvm_version_info[0] < int(versions.split()[-1]):
        return {}
    return {name: parse_signature(text) for name, text in (s.split(" ", 1) for s in lines)}


@lru_cache(maxsize=32)
def scalar_text(name: str) -> str | None:
    """Return the LLVM text of a function, or None if it is not shipped.

    Examples
    --------
    >>> "define linkonce_odr double @fl_scalar_max_f64(double" in scalar_text("max_f64")
    True
    """
    return _read(f"{name}.ll") if name in scalar_signatures() else None
