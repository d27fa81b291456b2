"""From LLVM modules to one object file: linking, wrappers, optimising, code generation.

A job comes either as LLVM text of our own (`translate.py`) or as a module that numba made; this
module needs llvmlite alone. numba's functions are called by wrappers whose pointer arguments are
``noalias`` and whose symbols are ours, and are inlined into them.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as ll

from . import fastcall
from .objfile import undefined_symbols
from .scalars import PREFIX, scalar_signatures, scalar_text
from .signature import Signature
from .target import NativeError, Target, check_symbols, machine

__all__ = ["Job", "attributes", "emit_object", "link_scalars", "wrapper_ir"]


@dataclass(frozen=True)
class Job:
    """One function to compile.

    Attributes
    ----------
    symbol : str
        The name that its machine code gets.
    function : callable or None
        The Python function, for numba.
    signature : Signature
        Its C signature.
    noalias : frozenset of int
        Positions of the pointers that overlap no other.
    fastmath : frozenset of str
        LLVM's flags.
    range_at : int or None
        Where the range is among the arguments of a kernel that gets an entry for ranges.
    text : str
        Its definition in LLVM's language, if numba is not needed.
    called : frozenset of str
        The scalar functions that the text calls.
    """

    symbol: str
    function: Callable[..., Any] | None
    signature: Signature
    noalias: frozenset[int] = frozenset()
    fastmath: frozenset[str] = frozenset()
    range_at: int | None = None
    text: str = ""
    called: frozenset[str] = frozenset()


RAISED = "fl_raised"  # the marker of an exception; see `wrapper_ir`
_DECLARATIONS = """
declare float @llvm.fabs.f32(float)
declare double @llvm.fabs.f64(double)
declare i64 @llvm.abs.i64(i64, i1)
declare float @llvm.maximum.f32(float, float)
declare double @llvm.maximum.f64(double, double)
declare float @llvm.minimum.f32(float, float)
declare double @llvm.minimum.f64(double, double)
"""


def attributes(target: Target) -> str:
    """Return the attributes of functions of ours."""
    # Without the width LLVM halves it on processors that lower their clock for wide vectors, which
    # those with AVX-512 of this decade no longer do to speak of.
    return f'nounwind "prefer-vector-width"="{target.vector_bits}"'


def wrapper_ir(job: Job, inner: str, result: str, target: Target) -> str:
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
    lines = [
        f"declare i32 @{inner}(ptr, ptr{inner_args})",
        f"define {signature.llvm_result} @{symbol}({', '.join(args)}) {attributes(target)} {{",
        f"  %out = alloca {result}",
        "  %exception = alloca ptr",
        f"  %status = call i32 @{inner}(ptr %out, ptr %exception{passed})",
        "  %raised = icmp ne i32 %status, 0",
        "  br i1 %raised, label %bad, label %good",
        "bad:",
        f"  call void @{RAISED}()",
        "  unreachable",
        "good:",
    ]
    if signature.result == "void":
        lines.append("  ret void")
    else:
        lines += [f"  %r = load {result}, ptr %out", f"  ret {result} %r"]
    return "\n".join([*lines, "}", ""])


def link_scalars(module: Any, make: Callable[[str], Any] | None = None) -> None:
    """Link the scalar functions that a module calls: the shipped ones, or what `make` makes."""
    for function in [f.name for f in module.functions if f.is_declaration]:
        if not function.startswith(PREFIX):
            continue
        text = scalar_text(function.removeprefix(PREFIX))
        if text is not None:
            scalar = ll.parse_assembly(text)
            scalar.triple, scalar.data_layout = module.triple, module.data_layout
        else:
            assert make is not None
            scalar = make(function)
        module.link_in(scalar, preserve=True)


def emit_object(
    jobs: Sequence[Job],
    target: Target,
    *,
    fast_entries: bool,
    foreign: Any = None,
    inline: Collection[str] = (),
    make: Callable[[str], Any] | None = None,
) -> tuple[bytes, str]:
    """Compile functions into one object file.

    Parameters
    ----------
    jobs : sequence of Job
        What to compile.
    target : Target
        For which machine.
    fast_entries : bool
        Whether to add a METH_FASTCALL entry ``<symbol>_py`` for each.
    foreign : LLVM module, optional
        Defines the functions of the jobs without text.
    inline : collection of str
        Functions of `foreign` that are inlined wherever they are called.
    make : callable, optional
        Makes the module of a scalar function that is not shipped.

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
    module = _module(jobs, target, fast_entries, foreign)
    link_scalars(module, make)
    module.verify()
    public = {job.symbol + suffix for job in jobs for suffix in ("", "_py", "_range")}
    for function in module.functions:
        if function.is_declaration or function.name in public:
            continue
        function.linkage = "internal"
        if function.name in inline:
            function.add_function_attribute("alwaysinline")
    tm = machine(target)
    module = _optimise(module, tm)
    text = str(module)
    if f"@{RAISED}(" in text:
        raise NativeError(
            "a kernel may raise an exception, for which machine code has no place to go; "
            "remove the raise or assert, or the call that contains one"
        )
    data: bytes = tm.emit_object(module)
    check_symbols(undefined_symbols(data))
    return data, text


def _module(jobs: Sequence[Job], target: Target, fast_entries: bool, foreign: Any) -> Any:
    """Join the jobs' texts, their entries, and the foreign module."""
    pieces = [fastcall.declarations_ir() if fast_entries else ""]
    pieces += [job.text for job in jobs]
    for job in jobs:
        if fast_entries:
            pieces.append(fastcall.entry_ir(job.symbol, job.signature))
        if job.range_at is not None:
            pieces.append(fastcall.range_ir(job.symbol, job.signature, job.range_at))
    pieces += [_declaration(job.symbol, job.signature) for job in jobs if not job.text]
    if any(job.text for job in jobs):
        pieces.append(_DECLARATIONS)
    known = scalar_signatures()
    called = sorted(frozenset().union(*[job.called for job in jobs]))
    pieces += [_declaration(PREFIX + name, known[name]) for name in called]
    module = ll.parse_assembly("".join(pieces))
    module.triple = target.triple
    module.data_layout = str(machine(target).target_data)
    if foreign is not None:
        module.link_in(foreign)
    return module


def _declaration(symbol: str, signature: Signature) -> str:
    """Declare a function that another module defines."""
    return f"declare {signature.llvm_result} @{symbol}({', '.join(signature.llvm_args)})\n"


def _optimise(module: Any, tm: Any) -> Any:
    """Run LLVM's passes."""
    options = ll.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    options.slp_vectorization = True
    builder = ll.create_pass_builder(tm, options)
    builder.getModulePassManager().run(module, builder)
    # The vector variants of rarely taken calls (kernels/scalar_rare.py) appear with vectorising;
    # those of other widths are kept by a list of what must be kept, and take long to compile.
    text, n = re.subn(r"(?m)^@llvm\.compiler\.used = .*$", "", str(module))
    if n:
        module = ll.parse_assembly(text)
    cleanup = ll.create_new_module_pass_manager()
    cleanup.add_always_inliner_pass()
    cleanup.add_instruction_combine_pass()
    cleanup.add_simplify_cfg_pass()
    cleanup.add_global_dead_code_eliminate_pass()
    cleanup.run(module, builder)
    return module
