"""Calling a kernel from Python in some tens of nanoseconds.

`ctypes` takes about half a microsecond for a call with a few integers.  A kernel of a few hundred
nanoseconds therefore gets a second entry in its object code, a C function of CPython's
``METH_FASTCALL`` convention, which is wrapped in a built-in function object here.  Both the entry
and the wrapping use the stable C API alone (``PyMethodDef`` is part of it since 3.10), hence no
knowledge of how a version of CPython lays out its objects.

The entry keeps the GIL: it is for short kernels.
"""

import ctypes
import platform
from collections.abc import Callable
from typing import Any

from .signature import Signature

__all__ = ["builtin_function", "entry_ir", "range_ir", "supported"]

_METH_FASTCALL = 0x0080


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


# The interpreter keeps pointers to the definitions for as long as their functions live.
_definitions: list[_MethodDef] = []

supported: bool = platform.python_implementation() == "CPython" and hasattr(
    ctypes.pythonapi, "PyCFunction_NewEx"
)


def builtin_function(address: int, name: str) -> Callable[..., Any]:
    """Make a built-in function from the address of a METH_FASTCALL entry.

    Parameters
    ----------
    address : int
        Address of a function that `entry_ir` defined.
    name : str
        Its ``__name__``.

    Returns
    -------
    callable
        Takes integers (pointers are integers too) and floats.  Raises TypeError when their number
        is wrong, and what ``int`` and ``float`` conversion raise when they are of a wrong type.
    """
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    new.restype = ctypes.py_object
    definition = _MethodDef(name.encode(), address, _METH_FASTCALL, None)
    _definitions.append(definition)
    function: Callable[..., Any] = new(ctypes.addressof(definition), None, None)
    return function


_DECLARATIONS = """
declare i64 @PyLong_AsLongLong(ptr)
declare i64 @PyLong_AsUnsignedLongLongMask(ptr)
declare double @PyFloat_AsDouble(ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyLong_FromUnsignedLongLong(i64)
declare ptr @PyFloat_FromDouble(double)
declare ptr @Py_BuildValue(ptr, ...)
declare ptr @PyErr_Occurred()
declare i32 @PyErr_BadArgument()
@fl_empty = private constant [1 x i8] zeroinitializer
"""


def declarations_ir() -> str:
    """Return the LLVM text that entries of one module share."""
    return _DECLARATIONS


def entry_ir(symbol: str, signature: Signature) -> str:
    """Write the METH_FASTCALL entry ``<symbol>_py`` of a kernel.

    Parameters
    ----------
    symbol : str
        The kernel's symbol in the same module.
    signature : Signature
        Its C signature.

    Returns
    -------
    str
        LLVM text: ``PyObject *symbol_py(PyObject *self, PyObject **args, Py_ssize_t n)``.
    """
    lines = [
        f"define ptr @{symbol}_py(ptr %self, ptr %args, i64 %n) {{",
        f"  %right = icmp eq i64 %n, {len(signature.args)}",
        "  br i1 %right, label %convert, label %count",
        "count:",
        "  %ignored = call i32 @PyErr_BadArgument()",  # data outside may be out of reach
        "  ret ptr null",
        "convert:",
    ]
    converted, doubtful = [], []
    for i, (name, type_) in enumerate(zip(signature.args, signature.llvm_args, strict=True)):
        lines += [
            f"  %a{i} = getelementptr ptr, ptr %args, i64 {i}",
            f"  %o{i} = load ptr, ptr %a{i}",
        ]
        lines += _convert(i, name, type_)
        # A result of -1 may mean an error; only then is the interpreter asked.
        floating = type_ in ("float", "double")
        wide, compare = ("double", "fcmp oeq") if floating else ("i64", "icmp eq")
        minus = "-1.0" if floating else "-1"
        lines.append(f"  %m{i} = {compare} {wide} %w{i}, {minus}")
        doubtful.append(f"%m{i}")
        converted.append(f"{type_} %v{i}")
    any_minus = "false"
    for i, flag in enumerate(doubtful):
        lines.append(f"  %d{i} = or i1 {any_minus}, {flag}")
        any_minus = f"%d{i}"
    result = "" if signature.result == "void" else "%r = "
    lines += [
        f"  br i1 {any_minus}, label %doubt, label %call",
        "doubt:",
        "  %error = call ptr @PyErr_Occurred()",
        "  %bad = icmp ne ptr %error, null",
        "  br i1 %bad, label %fail, label %call",
        "fail:",
        "  ret ptr null",
        "call:",
        f"  {result}call {signature.llvm_result} @{symbol}({', '.join(converted)}) noinline",
        *_return(signature),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _convert(i: int, name: str, type_: str) -> list[str]:
    """Convert Python object ``%o<i>`` to ``%v<i>``, leaving the wide value in ``%w<i>``."""
    if type_ in ("float", "double"):
        narrow = "fptrunc double %w{0} to float" if type_ == "float" else "fadd double %w{0}, -0.0"
        return [
            f"  %w{i} = call double @PyFloat_AsDouble(ptr %o{i})",
            f"  %v{i} = {narrow.format(i)}",
        ]
    getter = (
        "PyLong_AsLongLong"
        if name[0] == "i" and type_ != "ptr"
        else "PyLong_AsUnsignedLongLongMask"
    )
    if type_ == "ptr":
        narrow = f"inttoptr i64 %w{i} to ptr"
    else:
        narrow = f"add i64 %w{i}, 0" if type_ == "i64" else f"trunc i64 %w{i} to {type_}"
    return [f"  %w{i} = call i64 @{getter}(ptr %o{i})", f"  %v{i} = {narrow}"]


def _return(signature: Signature) -> list[str]:
    """Turn the kernel's result into a Python object and return it."""
    type_, result = signature.llvm_result, signature.result
    if type_ == "void":  # None, with whatever reference counting this version of Python has
        return ["  %none = call ptr (ptr, ...) @Py_BuildValue(ptr @fl_empty)", "  ret ptr %none"]
    if type_ in ("float", "double"):
        wide = "fpext float %r to double" if type_ == "float" else "fadd double %r, -0.0"
        maker = "PyFloat_FromDouble(double %wide)"
    else:
        extend = "sext" if result[0] == "i" else "zext"
        wide = "add i64 %r, 0" if type_ == "i64" else f"{extend} {type_} %r to i64"
        maker = (
            "PyLong_FromLongLong" if result[0] == "i" else "PyLong_FromUnsignedLongLong"
        ) + "(i64 %wide)"
    return [f"  %wide = {wide}", f"  %object = call ptr @{maker}", "  ret ptr %object"]


def range_ir(symbol: str, signature: Signature, at: int) -> str:
    """Write the entry ``<symbol>_range`` of a kernel that works on a range.

    Parameters
    ----------
    symbol : str
        The kernel's symbol in the same module.
    signature : Signature
        Its C signature, with result ``void``.
    at : int
        Position of the beginning of the range, an ``i64``; its end follows.

    Returns
    -------
    str
        LLVM text of ``void symbol_range(i64 *args, i64 lo, i64 hi, i64 scratch)``, where ``args``
        holds the other arguments, one in each 64-bit word: what `threads` runs, and what the
        kernels of `functorch_lite.kernels` are. It needs no scratch memory.
    """
    lines = [f"define void @{symbol}_range(ptr %args, i64 %lo, i64 %hi, i64 %scratch) {{"]
    passed, word = [], 0
    for i, type_ in enumerate(signature.llvm_args):
        if i in (at, at + 1):
            passed.append("i64 %lo" if i == at else "i64 %hi")
            continue
        lines += [
            f"  %a{i} = getelementptr i64, ptr %args, i64 {word}",
            # Little-endian words: a narrow value is at their beginning.
            f"  %v{i} = load {type_}, ptr %a{i}",
        ]
        passed.append(f"{type_} %v{i}")
        word += 1
    lines += [f"  call void @{symbol}({', '.join(passed)}) noinline", "  ret void", "}"]
    return "\n".join(lines) + "\n"
