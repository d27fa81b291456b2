"""From kernels' sources to an object file: translated here, or by numba.

A kernel of the compiler's own is translated to LLVM's language by `translate.py`; what uses more of
Python than that goes through numba.
"""

import contextlib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .assemble import Job, attributes, emit_object
from .keys import environment, source_digest
from .scalars import SCALARS, scalar_signatures
from .signature import parse_signature
from .target import host_target
from .translate import Untranslatable, translate

if TYPE_CHECKING:
    from .native import KernelSpec

__all__ = ["build"]

# Modules whose names `translate` knows.
_PLAIN_MODULES = frozenset([SCALARS, "functorch_lite.kernels.names"])


def build(
    specs: "Mapping[str, KernelSpec]", pyfunc: Callable[..., Any] | None, *, fast_entries: bool
) -> bytes:
    """Compile kernels into one object file.

    Parameters
    ----------
    specs : mapping of str to KernelSpec
        By symbol.
    pyfunc : callable or None
        The function, where it exists already.
    fast_entries : bool
        Whether to add a METH_FASTCALL entry for each.

    Returns
    -------
    bytes

    Raises
    ------
    NativeError, numba.core.errors.NumbaError
        As `native.compile_source`.
    """
    target = host_target()
    jobs = [_job(symbol, spec, pyfunc) for symbol, spec in specs.items()]
    if all(job.text for job in jobs):
        return emit_object(jobs, target, fast_entries=fast_entries)[0]
    from . import _numba_backend as backend  # here and in `_job` only: it imports numba

    return backend.emit_object(jobs, target, environment(target), fast_entries=fast_entries)[0]


def _job(symbol: str, spec: "KernelSpec", pyfunc: Callable[..., Any] | None) -> Job:
    """Translate a kernel, or load its function for numba."""
    signature = parse_signature(spec.signature)
    pointers = {i for i, a in enumerate(signature.args) if a[-1] == "*"}
    noalias = frozenset(pointers - set(spec.alias))
    job = Job(symbol, pyfunc, signature, noalias, spec.fastmath, spec.range_at)
    if pyfunc is not None:
        return job
    if _PLAIN_MODULES.issuperset(spec.modules):
        with contextlib.suppress(Untranslatable):
            text, called = translate(
                spec.source,
                spec.entry,
                symbol,
                signature,
                noalias=noalias,
                fastmath=spec.fastmath,
                attributes=attributes(host_target()),
                functions=scalar_signatures() if SCALARS in spec.modules else {},
            )
            return replace(job, text=text, called=frozenset(called))
    from . import _numba_backend as backend

    names: dict[str, Any] = {}
    for module in spec.modules:
        names |= backend.lent_names(importlib.import_module(module), source_digest(module))
    name = f"{spec.entry} {symbol[-40:][:12]}"
    return replace(job, function=backend.load_function(spec.source, spec.entry, name, names))
