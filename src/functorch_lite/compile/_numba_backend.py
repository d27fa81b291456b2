"""The half of native compilation that needs numba: from Python functions to one object file.

numba translates each function to LLVM's language and stops there; linking, optimising and code
generation are done here, once, with a target machine of our own.  That is less than half the work
of ``numba.cfunc``, and gives wrappers whose pointer arguments are ``noalias`` and whose symbols are
ours.
"""

import hashlib
import linecache
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as ll
from numba.core import compiler, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.cpu_options import FastMathOptions
from numba.core.errors import NumbaRuntimeError
from numba.core.registry import cpu_target

from . import _numba_scalars as scalars
from . import fastcall
from .cache import disk_cache
from .objfile import undefined_symbols
from .signature import Signature
from .target import NativeError, Target, check_symbols, machine

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


@dataclass(frozen=True)
class Job:
    """One function to compile.

    Attributes
    ----------
    symbol : str
        The name that its machine code gets.
    function : callable
        The Python function.
    signature : Signature
        Its C signature.
    noalias : frozenset of int
        Positions of the pointers that overlap no other.
    fastmath : frozenset of str
        LLVM's flags.
    range_at : int or None
        Where the range is among the arguments of a kernel that gets an entry for ranges.
    """

    symbol: str
    function: Callable[..., Any]
    signature: Signature
    noalias: frozenset[int] = frozenset()
    fastmath: frozenset[str] = frozenset()
    range_at: int | None = None


_RAISED = "fl_raised"
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


def _translate(function: Callable[..., Any], signature: Signature, fastmath: frozenset[str]) -> Any:
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


def _wrapper_ir(job: Job, inner: str, result: str, target: Target) -> str:
    """Write the C function that calls numba's function.

    A status other than 0 means an exception.  When the optimiser proves that there is none, the
    call of the marker goes away; when the marker is left, the kernel is refused.
    """
    symbol, signature, noalias = job.symbol, job.signature, job.noalias
    args = [
        f"{t} noalias %p{i}" if i in noalias else f"{t} %p{i}"
        for i, t in enumerate(signature.llvm_args)
    ]
    passed = "".join(f", {t} %p{i}" for i, t in enumerate(signature.llvm_args))
    inner_args = "".join(f", {t}" for t in signature.llvm_args)
    # Without the width LLVM halves it on processors that lower their clock for wide vectors, which
    # those with AVX-512 of this decade no longer do to speak of.
    attributes = f'"prefer-vector-width"="{target.vector_bits}"'
    lines = [
        f"declare i32 @{inner}(ptr, ptr{inner_args})",
        f"define {signature.llvm_result} @{symbol}({', '.join(args)}) nounwind {attributes} {{",
        f"  %out = alloca {result}",
        "  %exception = alloca ptr",
        f"  %status = call i32 @{inner}(ptr %out, ptr %exception{passed})",
        "  %raised = icmp ne i32 %status, 0",
        "  br i1 %raised, label %bad, label %good",
        "bad:",
        f"  call void @{_RAISED}()",
        "  unreachable",
        "good:",
    ]
    if signature.result == "void":
        lines.append("  ret void")
    else:
        lines += [f"  %r = load {result}, ptr %out", f"  ret {result} %r"]
    return "\n".join([*lines, "}", ""])


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
            job = Job(symbol, _plain(function, len(signature.args)), signature)
            result = _translate(job.function, signature, job.fastmath)
            module, inner = _link([job], [result], target, environment, fast_entries=False)
            bitcode = scalars.prepare_bitcode(module, symbol, inner, machine(target))
            disk_cache().put(key, bitcode)
        _bitcode[known] = ll.parse_bitcode(bitcode)
    return _bitcode[known]


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
    """Compile functions into one object file.

    Parameters
    ----------
    jobs : sequence of Job
        What to compile.
    target : Target
        For which machine.
    environment : str
        Versions of everything, for the keys of cached parts.
    fast_entries : bool
        Whether to add a METH_FASTCALL entry ``<symbol>_py`` for each.

    Returns
    -------
    object : bytes
        The object file.
    ir : str
        The optimised LLVM text, for tests and curious people.

    Raises
    ------
    NativeError
        If a function may raise, or calls something that machine code cannot call safely.
    """
    with global_compiler_lock:
        translated = [_translate(job.function, job.signature, job.fastmath) for job in jobs]
        module, inner = _link(jobs, translated, target, environment, fast_entries=fast_entries)
        public = {job.symbol + suffix for job in jobs for suffix in ("", "_py", "_range")}
        for function in module.functions:
            if function.is_declaration or function.name in public:
                continue
            function.linkage = "internal"
            if function.name in inner:
                function.add_function_attribute("alwaysinline")
        tm = machine(target)
        options = ll.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = True
        options.slp_vectorization = True
        builder = ll.create_pass_builder(tm, options)
        builder.getModulePassManager().run(module, builder)
        # The vector variants of rarely taken calls (kernels/scalar_rare.py) appear with vectorising.
        cleanup = ll.create_new_module_pass_manager()
        cleanup.add_always_inliner_pass()
        cleanup.add_instruction_combine_pass()
        cleanup.add_simplify_cfg_pass()
        cleanup.run(module, builder)
        text = str(module)
        if f"@{_RAISED}(" in text:
            raise NativeError(
                "a kernel may raise an exception, for which machine code has no place to go; "
                "remove the raise or assert, or the call that contains one"
            )
        data: bytes = tm.emit_object(module)
    check_symbols(undefined_symbols(data))
    return data, text


def _link(
    jobs: Sequence[Job],
    translated: Sequence[Any],
    target: Target,
    environment: str,
    *,
    fast_entries: bool,
) -> tuple[Any, set[str]]:
    """Link numba's modules, what they call, and our wrappers; also name numba's functions."""
    pieces = [f"declare void @{_RAISED}()\n", fastcall.declarations_ir() if fast_entries else ""]
    libraries: list[Any] = []
    module, inner = None, set()
    for job, result in zip(jobs, translated, strict=True):
        own = result.library._final_module.clone()
        if module is None:
            module = own
        else:
            module.link_in(own)
        libraries += [x for x in result.library._linking_libraries if x not in libraries]
        name = result.fndesc.llvm_func_name
        inner.add(name)
        llvm_result = "ptr" if job.signature.result == "void" else job.signature.llvm_result
        pieces.append(_wrapper_ir(job, name, llvm_result, target))
        if fast_entries:
            pieces.append(fastcall.entry_ir(job.symbol, job.signature))
        if job.range_at is not None:
            pieces.append(fastcall.range_ir(job.symbol, job.signature, job.range_at))
    assert module is not None
    for library in libraries:
        module.link_in(library._get_module_for_linking(), preserve=True)
    for symbol in scalars.needed_scalars(module):
        module.link_in(_scalar_module(symbol, target, environment), preserve=True)
    wrappers = ll.parse_assembly("".join(pieces))
    wrappers.triple, wrappers.data_layout = module.triple, module.data_layout
    module.link_in(wrappers)
    module.verify()
    return module, inner
