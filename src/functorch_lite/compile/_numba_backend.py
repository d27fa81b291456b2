"""The part of native compilation that needs numba: from Python functions to LLVM modules.

numba translates each function to LLVM's language and stops there; linking, optimising and code
generation are done in `assemble.py`, once, with a target machine of our own.  That is less than
half the work of ``numba.cfunc``.
"""

import hashlib
import linecache
import threading
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as ll
from numba.core import compiler, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.cpu_options import FastMathOptions
from numba.core.errors import NumbaRuntimeError
from numba.core.registry import cpu_target

from . import _numba_scalars as scalars
from . import assemble
from .assemble import RAISED, Job, wrapper_ir
from .cache import disk_cache
from .signature import Signature
from .target import NativeError, Target, machine

__all__ = ["Job", "emit_object", "lent_names", "load_function"]

_NUMBA_TYPES: dict[str, Any] = {
    "i8": types.int8,
    "i16": types.int16,
    "i32": types.int32,
    "i64": types.int64,
    "u8": types.uint8,
    "u16": types.uint16,
    "u32": types.uint32,
    "u64": types.uint64,
    "f32": types.float32,
    "f64": types.float64,
    "void": types.void,
}


_file_lock = threading.Lock()


def load_function(source: str, entry: str, name: str, names: dict[str, Any]) -> Callable[..., Any]:
    """Execute source text and return the function ``entry`` of it.

    The text is registered with `linecache` under ``<functorch_lite name>``, so that numba's errors
    and debuggers can show it.
    """
    filename = f"<functorch_lite {name}>"
    with _file_lock:
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    names.setdefault("__name__", f"functorch_lite_kernel_{name}")
    exec(compile(source, filename, "exec"), names)
    function: Callable[..., Any] = names[entry]
    return function


def _numba_type(name: str) -> Any:
    """Spell one type for numba."""
    return types.CPointer(_NUMBA_TYPES[name[:-1]]) if name[-1] == "*" else _NUMBA_TYPES[name]


def _translate(function: Any, signature: Signature, fastmath: frozenset[str]) -> Any:
    """Let numba translate one function, without optimising it."""
    flags: Any = compiler.Flags()
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.no_compile = True
    flags.enable_pyobject = False
    flags.error_model = "numpy"
    if fastmath:
        flags.fastmath = FastMathOptions(set(fastmath))
    try:
        return compiler.compile_extra(
            cpu_target.typing_context,
            cpu_target.target_context,
            function,
            tuple(_numba_type(a) for a in signature.args),
            _numba_type(signature.result),
            flags,
            {},
        )
    except NumbaRuntimeError as e:
        raise NativeError(
            "a kernel needs memory from numba's runtime (an array, a list, the message of an error "
            "it may raise); pass buffers as pointers instead"
        ) from e


def lent_names(module: Any, digest: str) -> dict[str, Any]:
    """Make the names that a module lends to kernels; see `_numba_scalars`."""
    return scalars.external_names(module, digest, _numba_type)


_bitcode: dict[tuple[str, str, Target], Any] = {}


def _scalar_module(symbol: str, target: Target, environment: str) -> Any:
    """Return the LLVM module of a scalar function: from memory, from the disk, or compiled."""
    function, signature, digest = scalars.scalar(symbol)
    known = (symbol, digest, target)
    if known not in _bitcode:
        text = "\n".join(["bitcode", symbol, digest, environment])
        key = hashlib.sha256(text.encode()).hexdigest()[:40]
        bitcode = disk_cache().get(key)
        if bitcode is None:
            bitcode = scalar_bitcode(symbol, function, signature, target)
            disk_cache().put(key, bitcode)
        _bitcode[known] = ll.parse_bitcode(bitcode)
    return _bitcode[known]


def scalar_bitcode(symbol: str, function: Any, signature: Signature, target: Target) -> bytes:
    """Compile one scalar function to bitcode that can be linked anywhere."""
    job = Job(symbol, _plain(function, len(signature.args)), signature)
    with global_compiler_lock:
        module, inner = _translated([job], target)
    return scalars.prepare_bitcode(module, symbol, inner, machine(target))


def _plain(function: Any, arity: int) -> Callable[..., Any]:
    """Wrap a numba function in a plain one, which `_translate` wants."""

    def unary(x: Any) -> Any:
        return function(x)

    def binary(x: Any, y: Any) -> Any:
        return function(x, y)

    return unary if arity == 1 else binary


def emit_object(
    jobs: Sequence[Job], target: Target, environment: str, *, fast_entries: bool
) -> tuple[bytes, str]:
    """Compile functions into one object file; see `assemble.emit_object`.

    Parameters
    ----------
    jobs : sequence of Job
        What to compile; numba translates those without text.
    target : Target
        For which machine.
    environment : str
        Versions of everything, for the keys of cached parts.
    fast_entries : bool
        Whether to add a METH_FASTCALL entry ``<symbol>_py`` for each.

    Returns
    -------
    object : bytes
    ir : str
    """
    with global_compiler_lock:
        foreign, inner = _translated([job for job in jobs if not job.text], target)
        return assemble.emit_object(
            jobs,
            target,
            fast_entries=fast_entries,
            foreign=foreign,
            inline=inner,
            make=lambda symbol: _scalar_module(symbol, target, environment),
        )


def _translated(jobs: Sequence[Job], target: Target) -> tuple[Any, set[str]]:
    """Link numba's modules, what they call, and our wrappers; also name numba's functions."""
    pieces = [f"declare void @{RAISED}()\n"]
    libraries: list[Any] = []
    module, inner = None, set()
    for job in jobs:
        result = _translate(job.function, job.signature, job.fastmath)
        own = result.library._final_module.clone()
        if module is None:
            module = own
        else:
            module.link_in(own)
        libraries += [x for x in result.library._linking_libraries if x not in libraries]
        name = result.fndesc.llvm_func_name
        inner.add(name)
        llvm_result = "ptr" if job.signature.result == "void" else job.signature.llvm_result
        pieces.append(wrapper_ir(job, name, llvm_result, target))
    assert module is not None
    for library in libraries:
        module.link_in(library._get_module_for_linking(), preserve=True)
    wrappers = ll.parse_assembly("".join(pieces))
    wrappers.triple, wrappers.data_layout = module.triple, module.data_layout
    module.link_in(wrappers)
    return module, inner
