"""The machine that kernels are compiled for, and the engine that loads their object code.

Everything here needs `llvmlite.binding` only.  ``FUNCTORCH_LITE_TARGET`` picks the instruction set:
``native`` (the default), or on x86-64 one of the levels ``x86-64``, ``x86-64-v2``, ``x86-64-v3``
(AVX2) and ``x86-64-v4`` (AVX-512), which must be ones that the machine has.
"""

import ctypes
import ctypes.util
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import llvmlite
import llvmlite.binding as ll

from .objfile import undefined_symbols

__all__ = ["NativeError", "Target", "host_target", "load_object", "machine", "versions"]

# What LLVM itself or a kernel may call.  All are free of side effects on the process.
_LIBM = tuple(
    """
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs
    fdim floor fma fmax fmin fmod frexp hypot ldexp lgamma log log10 log1p log2 logb modf nearbyint
    nextafter pow remainder rint round scalbn sin sincos sinh sqrt tan tanh tgamma trunc
    """.split()  # noqa: SIM905 (a list of 52 quoted names is no easier to read)
)
_MEMORY = ("memcpy", "memmove", "memset", "bzero")
# The C API, for the METH_FASTCALL entries, and the locks of `threads`.
_PYTHON = (
    "PyErr_BadArgument",
    "PyErr_Occurred",
    "PyFloat_AsDouble",
    "PyFloat_FromDouble",
    "PyLong_AsLongLong",
    "PyLong_AsUnsignedLongLongMask",
    "PyLong_FromLongLong",
    "PyLong_FromUnsignedLongLong",
    "Py_BuildValue",
    "PyThread_acquire_lock",
    "PyThread_release_lock",
)
ALLOWED_SYMBOLS = frozenset([*_LIBM, *(n + "f" for n in _LIBM), *_MEMORY, *_PYTHON])

_X86_LEVELS = ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")


class NativeError(RuntimeError):
    """A kernel cannot be turned into machine code that is safe to load."""


@dataclass(frozen=True)
class Target:
    """A processor as LLVM names it.

    Attributes
    ----------
    triple, cpu, features : str
        The LLVM triple, the processor, and its ``+feature,-feature`` list.
    vector_bits : int
        Width of the vectors that loops are meant to use: 512, 256 or 128.
    """

    triple: str
    cpu: str
    features: str
    vector_bits: int


@lru_cache(maxsize=1)
def _initialize() -> None:
    """Set LLVM up for the host."""
    ll.initialize_native_target()
    ll.initialize_native_asmprinter()


def host_target() -> Target:
    """Return the target that ``FUNCTORCH_LITE_TARGET`` names, by default this very machine.

    Raises
    ------
    NativeError
        If the level does not exist here.

    Examples
    --------
    >>> host_target().vector_bits in (128, 256, 512)
    True
    """
    return _target(os.environ.get("FUNCTORCH_LITE_TARGET", "native"))


@lru_cache(maxsize=8)
def _target(level: str) -> Target:
    """Build the target of a level."""
    _initialize()
    triple = ll.get_process_triple()
    has = ll.get_host_cpu_features()
    if level == "native":
        bits = 512 if has.get("avx512f") else 256 if has.get("avx") else 128
        return Target(triple, ll.get_host_cpu_name(), has.flatten(), bits)
    if level not in _X86_LEVELS or not triple.startswith("x86_64"):
        raise NativeError(
            f"FUNCTORCH_LITE_TARGET={level!r} is not known here; use 'native'"
            + (f" or one of {', '.join(_X86_LEVELS)}" if triple.startswith("x86_64") else "")
        )
    needed = {"x86-64-v3": ("avx2", "fma"), "x86-64-v4": ("avx512f", "avx512vl")}.get(level, ())
    missing = [f for f in needed if not has.get(f)]
    if missing:
        raise NativeError(f"FUNCTORCH_LITE_TARGET={level!r}: this processor lacks {missing}")
    return Target(triple, level, "", {"x86-64-v4": 512, "x86-64-v3": 256}.get(level, 128))


@lru_cache(maxsize=8)
def machine(target: Target) -> Any:
    """Return LLVM's target machine for a target, at optimisation level 3."""
    _initialize()
    # LLVM's JIT on x86 needs static relocation.
    reloc = "static" if target.triple.startswith(("x86", "i686")) else "default"
    return ll.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu,
        features=target.features,
        opt=3,
        reloc=reloc,
        codemodel="jitdefault",
        jit=True,
    )


@lru_cache(maxsize=1)
def versions() -> str:
    """Describe the LLVM that generates code, for cache keys."""
    return f"llvmlite {llvmlite.__version__} LLVM {'.'.join(map(str, ll.llvm_version_info))}"


_lock = threading.Lock()
_engine: Any = None


def load_object(data: bytes, symbols: Iterable[str]) -> dict[str, int]:
    """Map object code into the process.

    Parameters
    ----------
    data : bytes
        An object file for this machine.
    symbols : iterable of str
        Functions to look up.

    Returns
    -------
    dict of str to int
        Their addresses, valid as long as the process lives.

    Raises
    ------
    NativeError
        If the object needs a symbol that is not allowed or not found (LLVM would abort), or lacks
        one that was asked for.
    """
    check_symbols(undefined_symbols(data))
    global _engine
    with _lock:
        if _engine is None:
            _initialize()
            _engine = ll.create_mcjit_compiler(ll.parse_assembly(""), machine(host_target()))
        _engine.add_object_file(ll.ObjectFileRef.from_data(data))
        _engine.finalize_object()
        found = {name: int(_engine.get_function_address(name)) for name in symbols}
    missing = [name for name, address in found.items() if address == 0]
    if missing:
        raise NativeError(f"object code lacks {missing}")
    return found


def check_symbols(names: Iterable[str]) -> None:
    """Raise NativeError unless each symbol is allowed and resolves in this process."""
    for name in names:
        if name not in ALLOWED_SYMBOLS:
            raise NativeError(
                f"a kernel calls {name!r}, which is neither libm's nor LLVM's; kernels may not "
                "raise, allocate, print or call Python"
            )
        if not _resolves(name):
            raise NativeError(f"a kernel calls {name!r}, which this process does not have")


@cache
def _resolves(name: str) -> bool:
    """Make sure that LLVM finds a symbol."""
    if ll.address_of_symbol(name):
        return True
    for library in _libraries():
        function = getattr(library, name, None)
        if function is not None:
            ll.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
            return True
    return False


@lru_cache(maxsize=1)
def _libraries() -> tuple[Any, ...]:
    """Open libm and Python's own library, for platforms where they are not global."""
    name = "ucrtbase" if os.name == "nt" else ctypes.util.find_library("m")
    return (ctypes.pythonapi, *((ctypes.CDLL(name),) if name else ()))
